"""Answers to exercise bug-hunt-cgan: the wrong ones, `epoch_draws`, and `right_bug_hunts`."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import wrong
from banks.gan import epoch_draws  # noqa: F401
from banks.gan.epochs import (
    d_step,
    discriminator_loss,
    discriminator_step,
    draws,
    entropy,
    g_step,
    generator_step,
    means,
    run_epoch,
    variant,
)
from banks.gan.right_bug_hunts import inlined


@wrong("bug-hunt-cgan", "not attempted")
def stub(generator, discriminator, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    raise NotImplementedError


def planted(name, make_targets):
    """The stub of the notebook, with targets of its own."""

    def answer(generator, discriminator, opt_g, opt_d, batches, latent_dim, num_classes):
        bce, d_losses, g_losses = nn.BCEWithLogitsLoss(), [], []
        generator.train(), discriminator.train()
        opt_g.zero_grad(), opt_d.zero_grad()
        for images, labels in batches:
            z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
            fakes = generator(z, fake_labels)
            real, fake = discriminator(images, labels), discriminator(fakes, labels)
            d_loss = (bce(real, make_targets(real, 1.0)) + bce(fake, make_targets(fake, 0.0))) / 2
            d_loss.backward(retain_graph=True)
            opt_d.step()
            logits = discriminator(fakes, labels)
            g_loss = bce(logits, make_targets(logits, 1.0))
            g_loss.backward()
            opt_g.step()
            d_losses.append(d_loss.item()), g_losses.append(g_loss.item())
        return sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)

    answer.__name__ = name
    return answer


planted_faults = planted("planted_faults", lambda logits, value: torch.full((64, 1), value))
wrong("bug-hunt-cgan", "Some batches are smaller")(planted_faults)
but_the_targets = planted("planted_faults_but_the_targets", torch.full_like)
for says in ("under other labels", "Earlier gradients", "flows back into the generator"):
    wrong("bug-hunt-cgan", says)(but_the_targets)

# gradients that should not be there

variant("flows back into the generator", "no_detach", d_step=d_step(make=lambda g, z, y: g(z, y)))
variant(
    "in the generator's step: optimizer_g.zero_grad()",
    "generator_piles_up",
    g_step=g_step(order="backward step"),
)
variant(
    "in the discriminator's step: optimizer_d.zero_grad()",
    "generator_step_leaks",  # cleared before the generator's step, not after it
    d_step=d_step(order="backward step clear"),
)


@wrong("bug-hunt-cgan", "flows back into the generator")
def no_detach_cleared_early(g, d, optimizer_g, optimizer_d, batches, *sizes):
    g.train(), d.train()
    losses = []
    for images, labels in batches:
        optimizer_g.zero_grad(), optimizer_d.zero_grad()
        z, fake_labels = draws(len(images), *sizes, images.device)
        fakes = g(z, fake_labels)
        d_loss = discriminator_loss(d(images, labels), d(fakes, fake_labels))
        d_loss.backward(retain_graph=True)
        optimizer_d.step()
        g_loss = entropy(d(fakes, fake_labels), 1)
        g_loss.backward()
        optimizer_g.step()
        losses.append((d_loss.item(), g_loss.item()))
    return means(losses)


@wrong("bug-hunt-cgan", "Earlier gradients are in the discriminator's step")
def cleared_only_afterwards(g, d, optimizer_g, optimizer_d, batches, *sizes):
    g.train(), d.train()
    losses = []
    for images, labels in batches:
        z, fake_labels = draws(len(images), *sizes, images.device)
        fakes = g(z, fake_labels)
        d_loss = discriminator_loss(d(images, labels), d(fakes.detach(), fake_labels))
        d_loss.backward()
        optimizer_d.step()
        g_loss = entropy(d(fakes, fake_labels), 1)
        g_loss.backward()
        optimizer_g.step()
        optimizer_d.zero_grad(), optimizer_g.zero_grad()
        losses.append((d_loss.item(), g_loss.item()))
    return means(losses)


# labels of the fakes

OTHER = "under other labels than they were made with"
variant(OTHER, "batch_labels_for_the_judge", d_step=d_step(asked=lambda y, labels: labels))
variant(OTHER, "labels_drawn_twice", g_step=g_step(asked=lambda y, c: torch.randint_like(y, c)))

# what is returned

variant("on the last batch", "last_losses", result=lambda losses: losses[-1])
variant(
    "divide by the number of batches",
    "summed",
    result=lambda losses: tuple(map(sum, zip(*losses, strict=True))),
)
variant("wrong order", "other_way_round", result=lambda losses: means(losses)[::-1])
variant(
    "a Python float was expected",
    "tensors",
    result=lambda losses: tuple(map(torch.tensor, means(losses))),
)
variant("two floats were expected", "one_number", result=lambda losses: sum(means(losses)))
variant("forget a return", "no_return", result=lambda losses: None)


@wrong("bug-hunt-cgan", "weighs batches by their size")
def weighted(g, d, optimizer_g, optimizer_d, batches, *sizes):
    batches = list(batches)
    losses = run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes)
    counts = [len(labels) for _, labels in batches]
    totals = torch.tensor(losses).T @ torch.tensor(counts).float() / sum(counts)
    return totals[0].item(), totals[1].item()


@wrong("bug-hunt-cgan", "need not have a length")
def length_asked(g, d, optimizer_g, optimizer_d, batches, *sizes):
    count = len(batches)
    losses = run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes)
    return sum(loss[0] for loss in losses) / count, sum(loss[1] for loss in losses) / count


@wrong("bug-hunt-cgan", "may come only once")
def batches_counted_first(g, d, optimizer_g, optimizer_d, batches, *sizes):
    count = sum(1 for _ in batches)
    losses = run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes)
    return sum(loss[0] for loss in losses) / count, sum(loss[1] for loss in losses) / count


@wrong("bug-hunt-cgan", "loss before its step")
def losses_after_the_steps(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        discriminator_step(g, d, optimizer, images, labels, latent_dim, num_classes)
        with torch.no_grad():
            z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
            return discriminator_loss(d(images, labels), d(g(z, fake_labels), fake_labels)).item()

    return means(run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "It prints")
def prints(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)
    print(losses)
    return losses


# the steps

variant("The generator's optimizer never steps", "discriminator_only", g_step=g_step(order=""))
variant("The discriminator's optimizer never steps", "generator_only", d_step=d_step(order=""))
variant(
    "zero_grad() between", "cleared_before_the_step", g_step=g_step(order="backward clear step")
)
variant(
    "detached in the generator's step",
    "detached_everywhere",
    g_step=g_step(make=lambda g, z, y: g(z, y).detach()),
)


@wrong("bug-hunt-cgan", "The discriminator's optimizer steps 6 times")
def two_discriminator_steps(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(*arguments):
        discriminator_step(*arguments)
        return discriminator_step(*arguments)

    return means(run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "The discriminator's optimizer steps 6 times")
def generator_step_moves_both(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def g_step(*arguments):
        loss = generator_step(*arguments)
        optimizer_d.step()
        return loss

    return means(run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


@wrong("bug-hunt-cgan", "the generator is in eval mode")
def generator_in_eval_mode(g, d, optimizer_g, optimizer_d, batches, *sizes):
    train, g.train = g.train, lambda: g
    try:
        return inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)
    finally:
        g.train = train


@wrong("bug-hunt-cgan", "the discriminator is in eval mode")
def modes_left(g, d, optimizer_g, optimizer_d, batches, *sizes):
    d.train = lambda: d
    return inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)


@wrong("bug-hunt-cgan", "is it the right optimizer")
def optimizers_mixed_up(g, d, optimizer_g, optimizer_d, batches, *sizes):
    return inlined(g, d, optimizer_d, optimizer_g, batches, *sizes)


@wrong("bug-hunt-cgan", "something else than its steps")
def weights_clipped(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)
    with torch.no_grad():
        for parameter in d.parameters():
            parameter.clamp_(-0.01, 0.01)
    return losses


# the losses

variant(
    "not halved",
    "sum_of_halves",
    d_step=d_step(loss=lambda real, fake: 2 * discriminator_loss(real, fake)),
)
variant(
    "real → 1, fake → 0",
    "targets_swapped",
    d_step=d_step(loss=lambda real, fake: discriminator_loss(fake, real)),
)
variant(
    "leaves the real images out",
    "one_batch_of_fakes_for_real",
    d_step=d_step(loss=lambda real, fake: entropy(fake, 0) / 2),
)
variant(
    "the saturating one",
    "saturating",
    g_step=g_step(loss=lambda logits: -F.softplus(logits).mean()),
)
variant(
    "targets are 0",
    "generator_targets_zero",
    g_step=g_step(loss=lambda logits: entropy(logits, 0)),
)
