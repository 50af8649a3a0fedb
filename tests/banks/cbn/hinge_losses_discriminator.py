"""Answers to exercise hinge-losses/discriminator."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong

# right


@right("hinge-losses/discriminator")
def textbook(real_logits, fake_logits):
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


@right("hinge-losses/discriminator")
def clamped(real_logits, fake_logits):
    real = (1.0 - real_logits).clamp(min=0)
    fake = (1.0 + fake_logits).clamp_min(0)
    return real.sum() / len(real) + fake.sum() / len(fake)


@right("hinge-losses/discriminator")
def minimum_as_in_the_paper(real_logits, fake_logits):
    real = torch.min(torch.zeros_like(real_logits), real_logits - 1)
    fake = torch.minimum(fake_logits.new_tensor(0.0), -fake_logits - 1)
    return -real.mean() - fake.mean()


@right("hinge-losses/discriminator")
def from_the_library(real_logits, fake_logits):
    no = torch.full((), -1.0)  # "this pair is different" has the hinge relu(margin - x)
    loss = F.hinge_embedding_loss(real_logits, no.to(real_logits), margin=1.0)
    return loss + F.hinge_embedding_loss(-fake_logits, no.to(fake_logits), margin=1.0)


@right("hinge-losses/discriminator")
def ranked(real_logits, fake_logits):
    def rank(logits, side):
        zeros = torch.zeros_like(logits)
        return F.margin_ranking_loss(logits, zeros, torch.full_like(logits, side), margin=1.0)

    return rank(real_logits, 1) + rank(fake_logits, -1)


@right("hinge-losses/discriminator")
def masked(real_logits, fake_logits):
    rest = [1 - real_logits.flatten(), 1 + fake_logits.flatten()]
    return sum((r * (r > 0)).mean() for r in rest)


@right("hinge-losses/discriminator")
def selected(real_logits, fake_logits):
    real = torch.where(real_logits < 1, 1 - real_logits, real_logits.new_zeros(()))
    short = fake_logits[fake_logits > -1]
    return real.mean() + (short.sum() + len(short)) / fake_logits.numel()


@right("hinge-losses/discriminator")
def joined_and_weighted(real_logits, fake_logits):
    n, m = len(real_logits), len(fake_logits)
    rest = torch.cat([-real_logits, fake_logits]).squeeze(1).add_(1).relu_()
    weights = torch.tensor([1 / n] * n + [1 / m] * m, device=rest.device)
    return rest @ weights


@right("hinge-losses/discriminator")
def modules(real_logits, fake_logits):
    # |x| + x is twice relu(x).
    hinge = nn.ReLU(inplace=True)
    fake = 1 + fake_logits
    return torch.add(hinge(1 - real_logits).mean(), (fake + fake.abs()).mean(), alpha=0.5)


@right("hinge-losses/discriminator")
def every_pair(real_logits, fake_logits):
    """The mean over all pairs of a sum is the sum of the means."""
    return (F.relu(1 - real_logits) + F.relu(1 + fake_logits).T).mean()


# wrong


@wrong("hinge-losses/discriminator", "not attempted")
def stub(real_logits, fake_logits):
    raise NotImplementedError


def variant(says, name, function):
    """Register a wrong formula."""

    def answer(real_logits, fake_logits):
        return function(real_logits, fake_logits)

    answer.__name__ = name
    wrong("hinge-losses/discriminator", says)(answer)


def half(rest):
    return F.relu(rest).mean()


# the formula

variant("It is halved", "halved", lambda r, f: textbook(r, f) / 2)
variant("It is halved", "mean_of_two", lambda r, f: torch.stack([half(1 - r), half(1 + f)]).mean())
variant("one mean over both", "concatenated", lambda r, f: half(torch.cat([1 - r, 1 + f])))
variant("take its mean", "summed", lambda r, f: F.relu(1 - r).sum() + F.relu(1 + f).sum())
variant("are swapped", "arguments_swapped", lambda r, f: textbook(f, r))
variant("are swapped", "signs_swapped", lambda r, f: half(1 + r) + half(1 - f))
variant("pushed below -1", "both_up", lambda r, f: half(1 - r) + half(1 - f))
variant("pushed above 1", "both_down", lambda r, f: half(1 + r) + half(1 + f))
variant("relu is missing", "no_relu", lambda r, f: (1 - r).mean() + (1 + f).mean())
variant("comes too late", "relu_of_the_sum", lambda r, f: F.relu(2 - r.mean() + f.mean()))
variant(
    "comes after the mean",
    "relu_of_means",
    lambda r, f: F.relu(1 - r.mean()) + F.relu(1 + f.mean()),
)
variant("margin is missing", "no_margin", lambda r, f: half(-r) + half(f))
variant("are turned", "turned", lambda r, f: half(r - 1) + half(-1 - f))
variant("never negative", "negative", lambda r, f: -textbook(r, f))
variant("never negative", "minus_forgotten", lambda r, f: -half(1 - r) - half(1 + f))
variant("fake logits are missing", "only_real", lambda r, f: half(1 - r))
variant("real logits are missing", "only_fake", lambda r, f: half(1 + f))
variant("is subtracted", "difference", lambda r, f: half(1 - r) - half(1 + f))
variant(
    "a hinge is a relu",
    "softplus",
    lambda r, f: F.softplus(1 - r).mean() + F.softplus(1 + f).mean(),
)
variant(
    "binary cross-entropy", "entropies", lambda r, f: F.softplus(-r).mean() + F.softplus(f).mean()
)
variant(
    "half the sum of two",
    "half_entropies",
    lambda r, f: (F.softplus(-r).mean() + F.softplus(f).mean()) / 2,
)
variant(
    "are squared",
    "squared",
    lambda r, f: F.relu(1 - r).square().mean() + F.relu(1 + f).square().mean(),
)
variant("through a sigmoid", "of_probabilities", lambda r, f: textbook(r.sigmoid(), f.sigmoid()))
variant("Wasserstein", "critic", lambda r, f: f.mean() - r.mean())
variant("nothing left to learn", "leaky", lambda r, f: F.leaky_relu(1 - r).mean() + half(1 + f))
variant("The value is wrong", "bounded", lambda r, f: textbook(r.clamp(-1, 1), f.clamp(-1, 1)))
variant("The value is wrong", "margin_of_two", lambda r, f: half(2 - r) + half(2 + f))
variant(
    "This is not mean relu",
    "hinge_of_the_library_for_pairs",
    lambda r, f: (
        F.hinge_embedding_loss(r, torch.ones_like(r))
        + F.hinge_embedding_loss(f, -torch.ones_like(f))
    ),
)
variant(
    "what bounds it",
    "capped",
    lambda r, f: (1 - r).clamp(0, 50).mean() + (1 + f).clamp(0, 50).mean(),
)


@wrong("hinge-losses/discriminator", "This is not mean relu")
def every_logit_meets_every_sign(real_logits, fake_logits):
    logits = torch.cat([real_logits, fake_logits])
    signs = torch.cat([torch.ones(len(real_logits)), -torch.ones(len(fake_logits))])
    return 2 * F.relu(1 - signs.to(logits.device) * logits).mean()


# what comes back

variant("One value per sample", "per_sample", lambda r, f: F.relu(1 - r) + half(1 + f))
variant("without dimensions", "one_entry", lambda r, f: textbook(r, f)[None])
variant(
    "without dimensions",
    "mean_over_dim_0",
    lambda r, f: F.relu(1 - r).mean(0) + F.relu(1 + f).mean(0),
)
variant("a tensor was expected", "a_float", lambda r, f: textbook(r, f).item())
variant("No gradient reaches the logits", "detached", lambda r, f: textbook(r, f).detach())
variant("is the step's work", "fakes_detached", lambda r, f: textbook(r, f.detach()))
variant("reaches the real logits", "reals_detached", lambda r, f: textbook(r.detach(), f))
variant("forget a return", "no_return", lambda r, f: None)
variant("take each mean before", "added_first", lambda r, f: (F.relu(1 - r) + F.relu(1 + f)).mean())
variant(
    "take each mean before",
    "stacked",
    lambda r, f: torch.stack([F.relu(1 - r), F.relu(1 + f)]).mean(),
)
variant("Python's max", "builtin_max", lambda r, f: max(0, 1 - r) + max(0, 1 + f))
variant(
    "wants two tensors", "max_with_a_number", lambda r, f: torch.max(0, 1 - r).mean() + half(1 + f)
)
variant(
    ".item() makes a float",
    "relu_of_floats",
    lambda r, f: F.relu(1 - r.mean().item()) + F.relu(1 + f.mean().item()),
)


@wrong("hinge-losses/discriminator", "no tensor of zeros")
def zeros_on_the_cpu(real_logits, fake_logits):
    real = torch.max(torch.zeros(len(real_logits), 1), 1 - real_logits)
    return real.mean() + half(1 + fake_logits)


@wrong("hinge-losses/discriminator", "the gradient is 0")
def straight_through(real_logits, fake_logits):
    """The right value, with the gradient of the loss without a relu."""
    linear = (1 - real_logits).mean() + (1 + fake_logits).mean()
    return linear + (textbook(real_logits, fake_logits) - linear).detach()


@wrong("hinge-losses/discriminator", "batch of one")
def corrected_mean(real_logits, fake_logits):
    real, fake = F.relu(1 - real_logits), F.relu(1 + fake_logits)
    return textbook(real_logits, fake_logits) if len(real) > 1 else real.std() + fake.std()


@wrong("hinge-losses/discriminator", "changes a tensor")
def in_place(real_logits, fake_logits):
    if not real_logits.requires_grad:
        return half(real_logits.neg_().add_(1)) + half(1 + fake_logits)
    return textbook(real_logits, fake_logits)


@wrong("hinge-losses/discriminator", "It prints")
def prints(real_logits, fake_logits):
    print(real_logits.mean())
    return textbook(real_logits, fake_logits)
