"""Answers to exercise discriminator-step."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong


def loss_of(real_logits, fake_logits):
    real = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    fake = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return (real + fake) / 2


def fakes_for(g, labels, latent_dim):
    with torch.no_grad():
        return g(torch.randn(len(labels), latent_dim, device=labels.device), labels)


def descend(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()


# right


@right("discriminator-step")
def own_labels(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    fakes = fakes_for(g, labels, latent_dim)
    loss = loss_of(d(images, labels), d(fakes, labels))
    return descend(opt, loss)


@right("discriminator-step")
def one_pass_over_both(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    opt.zero_grad(set_to_none=False)
    batch = images.size(0)
    z = images.new_empty(batch, latent_dim).normal_()
    fake_labels = torch.randint_like(labels, num_classes)
    fakes = g(z, fake_labels).detach()
    logits = d(torch.cat([images, fakes]), torch.cat([labels, fake_labels]))
    targets = torch.cat([logits.new_ones(batch), logits.new_zeros(batch)])
    loss = nn.BCEWithLogitsLoss()(logits[:, 0], targets)
    loss.backward()
    opt.step()
    return float(loss)


@right("discriminator-step")
def two_backward_calls(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    g.eval()
    for parameter in d.parameters():
        parameter.grad = None
    real_loss = 0.5 * F.softplus(-d(images, labels)).mean()
    real_loss.backward()
    fake_labels = labels[torch.randperm(len(labels), device=labels.device)]
    z = torch.normal(0.0, 1.0, (len(labels), latent_dim), device=images.device)
    fakes = g(z, fake_labels).detach()
    fake_loss = 0.5 * F.softplus(d(fakes, fake_labels)).mean()
    fake_loss.backward()
    opt.step()
    return (real_loss + fake_loss).item()


@right("discriminator-step")
def generator_frozen_meanwhile(g, d, opt, images, labels, latent_dim, num_classes):
    g.requires_grad_(False)
    try:
        d.train()
        fake_labels = torch.randint(0, num_classes, labels.shape, device=labels.device)
        z = torch.randn(len(images), latent_dim).to(images)
        fakes = g(z, fake_labels)
        loss = loss_of(d(images, labels), d(fakes, fake_labels))
        return descend(opt, loss)
    finally:
        g.requires_grad_(True)


@right("discriminator-step")
def closure(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    fakes = fakes_for(g, labels, latent_dim)

    def evaluate():
        d.zero_grad()
        real_logits, fake_logits = d(images, labels), d(fakes, labels)
        losses = -F.logsigmoid(real_logits).mean(), -F.logsigmoid(-fake_logits).mean()
        loss = torch.stack(losses).mean()
        loss.backward()
        return loss

    return opt.step(evaluate).item()


@right("discriminator-step")
def gradients_by_hand(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    parameters = list(d.parameters())
    shuffled = torch.arange(len(labels), device=labels.device) % num_classes
    fake_labels = shuffled[torch.randperm(len(labels), device=labels.device)]  # balanced
    fakes = fakes_for(g, fake_labels, latent_dim)
    loss = loss_of(d(images, labels), d(fakes, fake_labels))
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    opt.step()
    opt.zero_grad()
    return loss.item()


@right("discriminator-step")
def more_fakes_and_a_look_afterwards(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    fake_labels = torch.multinomial(
        torch.ones(num_classes, device=labels.device), 2 * len(labels), replacement=True
    )
    fakes = fakes_for(g, fake_labels, latent_dim)
    d(fakes, fake_labels)
    loss = loss_of(d(images, labels), d(fakes, fake_labels))
    value = descend(opt, loss)
    d.eval()
    d(fakes_for(g, labels, latent_dim), labels)
    return value


@right("discriminator-step")
def in_micro_batches(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    opt.zero_grad()
    total = 0.0
    for part in range(0, len(images), 250):
        rows = slice(part, part + 250)
        fakes = fakes_for(g, labels[rows], latent_dim)
        real_logits = d(images[rows], labels[rows])
        loss = loss_of(real_logits, d(fakes, labels[rows]))
        loss = loss * len(real_logits) / len(images)
        loss.backward()
        total += loss.item()
    opt.step()
    return total


# wrong


@wrong("discriminator-step", "not attempted")
def discriminator_step_stub(g, d, opt, images, labels, latent_dim, num_classes):
    raise NotImplementedError


def variant(
    says,
    name,
    loss=loss_of,
    order="clear backward step",
    prepare=lambda g, d: d.train(),
    z_from=lambda z: z,
    labels_from=lambda y, c: y,
    make=lambda g, z, y: g(z, y).detach(),
    real=lambda x, y, fake_y: (x, y),
    fake=lambda x, y, c: (x, y),
    result=lambda loss: loss.item(),
):
    """Register a step that differs from a right one in one place.

    z, the fakes' labels, and what the discriminator is asked come from the right ones.
    """

    def answer(g, d, opt, images, labels, latent_dim, num_classes):
        calls = {"clear": opt.zero_grad, "step": opt.step}
        prepare(g, d)
        fake_labels = labels_from(labels, num_classes)
        z = z_from(torch.randn(len(fake_labels), latent_dim, device=images.device))
        fakes = make(g, z, fake_labels)
        logits = d(*real(images, labels, fake_labels)), d(*fake(fakes, fake_labels, num_classes))
        value = loss(*logits)
        calls["backward"] = value.backward
        for name in order.split():
            calls[name]()
        return result(value)

    answer.__name__ = name
    wrong("discriminator-step", says)(answer)


def uniform(labels, num_classes):
    return torch.randint_like(labels, num_classes)


def bce(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


# the way back into the generator

DETACH = "under torch.no_grad(), or give"
variant(DETACH, "detach_forgotten", make=lambda g, z, y: g(z, y))
variant(
    DETACH,
    "generator_cleared_before_backward",
    prepare=lambda g, d: (d.train(), g.zero_grad()),
    make=lambda g, z, y: g(z, y),
)


@wrong("discriminator-step", "requires_grad_(True) again")
def generator_left_frozen(g, d, opt, images, labels, latent_dim, num_classes):
    g.requires_grad_(False)
    return own_labels(g, d, opt, images, labels, latent_dim, num_classes)


@wrong("discriminator-step", "generator's parameters changed")
def generator_trained_too(g, d, opt, images, labels, latent_dim, num_classes):
    z = torch.randn(len(images), latent_dim, device=images.device)
    bce(d(g(z, labels), labels), 1.0).backward()
    with torch.no_grad():
        for parameter in g.parameters():
            parameter -= 0.1 * parameter.grad
            parameter.grad = None
    return own_labels(g, d, opt, images, labels, latent_dim, num_classes)


# the loss

variant("targets are swapped", "targets_swapped", lambda r, f: (bce(r, 0.0) + bce(f, 1.0)) / 2)
variant("have the target 1", "fakes_called_real", lambda r, f: (bce(r, 1.0) + bce(f, 1.0)) / 2)
variant("halve the sum", "sum_of_both", lambda r, f: 2 * loss_of(r, f))
variant("no part for the fakes", "real_images_only", lambda r, f: bce(r, 1.0))
variant("no part for the real images", "fakes_only", lambda r, f: bce(f, 0.0))
variant("0.9: here it is 1", "smoothed_targets", lambda r, f: (bce(r, 0.9) + bce(f, 0.0)) / 2)
variant("sigmoid first", "sigmoid_twice", lambda r, f: loss_of(r.sigmoid(), f.sigmoid()))
variant("wrong sign", "sign_turned", lambda r, f: -loss_of(r, f))
variant("take the mean", "summed_over_the_batch", lambda r, f: len(r) * loss_of(r, f))
variant(
    "torch.ones_like", "targets_of_64", lambda r, f: nn.BCEWithLogitsLoss()(r, r.new_ones(64, 1))
)
variant(
    "not the discriminator's loss", "hinge", lambda r, f: ((1 - r).relu() + (1 + f).relu()).mean()
)
variant("zero-dimensional", "squeezed", lambda r, f: loss_of(torch.cat([r.squeeze()]), f.squeeze()))

# the draws

variant("never negative", "z_from_rand", z_from=torch.rand_like)
variant("standard deviation 1", "z_in_minus_1_to_1", z_from=lambda z: 2 * torch.rand_like(z) - 1)
variant("not normally distributed", "z_flat", z_from=lambda z: 12**0.5 * (torch.rand_like(z) - 0.5))
variant("standard deviation 1", "z_too_wide", z_from=lambda z: 2 * z)
variant("share one z", "one_z_for_all", z_from=lambda z: z[:1].expand_as(z))
variant("1 samples with", "a_single_z", z_from=lambda z: z[:1])
variant("z needs latent_dim columns", "z_too_long", z_from=lambda z: torch.cat([z, z], dim=1))
variant("set no seed", "seeded", z_from=lambda z: (torch.manual_seed(0), torch.randn_like(z))[1])
variant("last class is never", "last_class_left_out", labels_from=lambda y, c: uniform(y, c - 1))
variant("counted from 0", "classes_from_1", labels_from=lambda y, c: 1 + uniform(y, c))
variant("One label for the whole", "always_0", labels_from=lambda y, c: torch.zeros_like(y))
variant(
    "ask for the same labels", "in_turn", labels_from=lambda y, c: y.new_ones(len(y)).cumsum(0) % c
)
variant("int64 labels", "float_labels", labels_from=lambda y, c: c * torch.rand_like(y.float()))

# the pairs

variant(
    "other labels than they were made with",
    "fakes_judged_under_fresh_labels",
    labels_from=uniform,
    fake=lambda x, y, c: (x, uniform(y, c)),
)
variant(
    "real images are judged under other labels",
    "real_images_judged_under_the_fakes_labels",
    labels_from=uniform,
    real=lambda x, y, fake_y: (x, fake_y),
)
variant("real images are left out", "first_images_only", real=lambda x, y, _: (x[:3], y[:3]))
variant("change no image", "real_images_rescaled", real=lambda x, y, _: (2 * x - 1, y))
variant("change no image", "fakes_rescaled", fake=lambda x, y, c: (1.1 * x, y))


@wrong("discriminator-step", "other labels than they were made with")
def fakes_judged_under_the_batchs_labels(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    fakes = fakes_for(g, uniform(labels, num_classes), latent_dim)
    return descend(opt, loss_of(d(images, labels), d(fakes, labels)))


# the step

CLEAR = "zero_grad() first"
variant(CLEAR, "gradients_pile_up", order="backward step")
variant(
    CLEAR,
    "the_other_network_cleared",
    order="backward step",
    prepare=lambda g, d: (d.train(), g.zero_grad()),
)
variant(CLEAR, "cleared_only_afterwards", order="backward step clear")
variant("backward() comes before step()", "cleared_too_late", order="backward clear step")
variant("backward() comes before step()", "backward_forgotten", order="clear step")
variant("took no step", "no_step", order="clear backward")
variant("took 2 steps", "stepped_twice", order="clear backward step step")
variant("asked in eval mode", "eval_mode", prepare=lambda g, d: d.eval())
variant("asked in eval mode", "mode_left_as_it_was", prepare=lambda g, d: None)
variant("a Python float was expected", "loss_as_tensor", result=lambda loss: loss.detach())
variant("forget a return", "no_return", result=lambda loss: None)
variant("cuts the graph", "loss_detached", lambda r, f: loss_of(r, f).detach())


@wrong("discriminator-step", "Something else than optimizer.step()")
def weights_clipped(g, d, opt, images, labels, latent_dim, num_classes):
    loss = own_labels(g, d, opt, images, labels, latent_dim, num_classes)
    for parameter in d.parameters():
        parameter.data.clamp_(-0.01, 0.01)
    return loss


@wrong("discriminator-step", "took 2 steps")
def a_step_for_each_half(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    fakes = fakes_for(g, labels, latent_dim)
    real = descend(opt, bce(d(images, labels), 1.0))
    return (real + descend(opt, bce(d(fakes, labels), 0.0))) / 2


@wrong("discriminator-step", "loss after the step")
def loss_after_the_step(g, d, opt, images, labels, latent_dim, num_classes):
    d.train()
    fakes = fakes_for(g, labels, latent_dim)
    descend(opt, loss_of(d(images, labels), d(fakes, labels)))
    return loss_of(d(images, labels), d(fakes, labels)).item()


# devices, and the rules

variant("on a GPU", "z_on_the_cpu", z_from=lambda z: torch.randn(z.shape))
variant("on a GPU", "cpu_labels", labels_from=lambda y, c: torch.randint(c, (len(y),)))


@wrong("discriminator-step", "It prints")
def prints(g, d, opt, images, labels, latent_dim, num_classes):
    loss = own_labels(g, d, opt, images, labels, latent_dim, num_classes)
    print(f"{loss:.3f}")
    return loss


@wrong("discriminator-step", "It changes a tensor")
def labels_overwritten(g, d, opt, images, labels, latent_dim, num_classes):
    loss = own_labels(g, d, opt, images, labels, latent_dim, num_classes)
    labels.random_(num_classes)
    return loss


variant("one row for each fake", "z_without_a_batch", z_from=lambda z: z[0])
