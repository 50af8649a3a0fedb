"""Answers to exercise discriminator-step: the wrong ones, and `right_discriminator_steps`."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import wrong
from banks.gan.right_discriminator_steps import descend, fakes_for, loss_of, own_labels
from banks.steps import register_orders


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
variant("the batch away", "squeezed", lambda r, f: loss_of(torch.cat([r.squeeze()]), f.squeeze()))

# the draws

variant("never negative", "z_from_rand", z_from=torch.rand_like)
variant("standard deviation 1", "z_in_minus_1_to_1", z_from=lambda z: 2 * torch.rand_like(z) - 1)
variant("not normally distributed", "z_flat", z_from=lambda z: 12**0.5 * (torch.rand_like(z) - 0.5))
variant("standard deviation 1", "z_too_wide", z_from=lambda z: 2 * z)
variant("share one z", "one_z_for_all", z_from=lambda z: z[:1].expand_as(z))
variant("one row of z", "a_single_z", z_from=lambda z: z[:1])
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

register_orders(variant)
variant(
    "zero_grad() first",
    "the_other_network_cleared",
    order="backward step",
    prepare=lambda g, d: (d.train(), g.zero_grad()),
)
variant("asked in eval mode", "eval_mode", prepare=lambda g, d: d.eval())
variant("asked in eval mode", "mode_left_as_it_was", prepare=lambda g, d: None)
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
