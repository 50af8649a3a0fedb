"""Answers to exercise hinge-losses/generator."""

import torch
import torch.nn.functional as F

from banks import right, wrong

# right


@right("hinge-losses/generator")
def textbook(fake_logits):
    return -fake_logits.mean()


@right("hinge-losses/generator")
def mean_of_the_negated(fake_logits):
    return torch.mean(-1.0 * fake_logits)


@right("hinge-losses/generator")
def divided_sum(fake_logits):
    return -fake_logits.sum() / fake_logits.numel()


@right("hinge-losses/generator")
def neg_in_place(fake_logits):
    return fake_logits.squeeze(1).mean().neg_()


@right("hinge-losses/generator")
def product_with_weights(fake_logits):
    weights = fake_logits.new_full((len(fake_logits),), -1 / len(fake_logits))
    return weights @ fake_logits.flatten()


@right("hinge-losses/generator")
def subtracted_in_a_loop(fake_logits):
    loss = torch.zeros((), device=fake_logits.device)
    for logit in fake_logits.view(-1):
        loss = loss - logit / len(fake_logits)
    return loss


@right("hinge-losses/generator")
def two_relus(fake_logits):
    """-x = relu(-x) - relu(x)."""
    return (F.relu(-fake_logits) - F.relu(fake_logits)).mean()


# wrong


@wrong("hinge-losses/generator", "not attempted")
def stub(fake_logits):
    raise NotImplementedError


def variant(says, name, function):
    """Register a wrong formula."""

    def answer(fake_logits):
        return function(fake_logits)

    answer.__name__ = name
    wrong("hinge-losses/generator", says)(answer)


variant("minus is missing", "plus", lambda f: f.mean())
variant("take its mean", "summed", lambda f: -f.sum())
variant("mean relu(1 - fake)", "hinge", lambda f: F.relu(1 - f).mean())
variant("the discriminator's half", "as_the_discriminator", lambda f: F.relu(1 + f).mean())
variant("minus the discriminator's", "against_it", lambda f: -F.relu(1 + f).mean())
variant("mean relu(-fake)", "relu_of_the_negated", lambda f: F.relu(-f).mean())
variant("cuts off negative", "minus_relu", lambda f: -F.relu(f).mean())
variant("1 - mean", "with_a_margin", lambda f: (1 - f).mean())
variant("halved", "halved", lambda f: -0.5 * f.mean())
variant("binary cross-entropy", "entropy", lambda f: F.softplus(-f).mean())
variant(
    "binary cross-entropy",
    "entropy_of_the_library",
    lambda f: F.binary_cross_entropy_with_logits(f, torch.ones_like(f)),
)
variant("through a sigmoid", "of_probabilities", lambda f: -f.sigmoid().mean())
variant("through a tanh", "of_tanh", lambda f: -f.tanh().mean())
variant("least-squares", "least_squares", lambda f: F.mse_loss(f, torch.ones_like(f)))
variant("The value is wrong", "clamped", lambda f: -f.clamp(-1, 1).mean())
variant("what bounds it", "clamped_far", lambda f: -f.clamp(-10, 10).mean())
variant("not minus the mean", "absolute", lambda f: f.abs().mean())
variant("not minus the mean", "first_only", lambda f: -f[0, 0])
variant("One value per sample", "per_sample", lambda f: -f)
variant("One value per sample", "mean_over_dim_1", lambda f: -f.mean(dim=1))
variant("without dimensions", "mean_over_dim_0", lambda f: -f.mean(dim=0))
variant("a tensor was expected", "a_float", lambda f: -f.mean().item())
variant("No gradient reaches the logits", "a_new_tensor", lambda f: torch.tensor(-f.mean().item()))
variant("No gradient reaches the logits", "detached", lambda f: -f.detach().mean())
variant("forget a return", "no_return", lambda f: None)
variant("needs no new tensor", "on_the_cpu", lambda f: (torch.full((len(f), 1), -1.0) * f).mean())
variant("batch of one", "divided_by_n_minus_1", lambda f: -f.mean() * len(f) / max(2, len(f)))


@wrong("hinge-losses/generator", "gradient is not -1/B")
def gradient_of_the_hinge(fake_logits):
    hinge = F.relu(1 - fake_logits).mean()
    return hinge + (-fake_logits.mean() - hinge).detach()


@wrong("hinge-losses/generator", "changes a tensor")
def in_place(fake_logits):
    return fake_logits.neg_().mean() if not fake_logits.requires_grad else -fake_logits.mean()


@wrong("hinge-losses/generator", "It prints")
def prints(fake_logits):
    print(fake_logits.shape)
    return -fake_logits.mean()
