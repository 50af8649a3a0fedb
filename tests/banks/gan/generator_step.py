"""Answers to exercise generator-step: the wrong ones, and `right_generator_steps`."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import wrong
from banks.gan.right_generator_steps import draw, library_step, loss_of
from banks.steps import register_orders


@wrong("generator-step", "not attempted")
def generator_step_stub(g, d, opt, batch_size, latent_dim, num_classes):
    raise NotImplementedError


def variant(
    says,
    name,
    loss=loss_of,
    order="clear backward step",
    prepare=lambda g, d: g.train(),
    z_from=lambda z: z,
    labels_from=lambda y, c: y,
    make=lambda g, z, y: g(z, y),
    asked=lambda x, y, c: (x, y),
    result=lambda loss: loss.item(),
):
    """Register a step that differs from a right one in one place.

    z, the labels, and what the discriminator is asked come from the right ones.
    """

    def answer(g, d, opt, batch_size, latent_dim, num_classes):
        calls = {"clear": opt.zero_grad, "step": opt.step}
        prepare(g, d)
        z, labels = draw(g, batch_size, latent_dim, num_classes)
        z, labels = z_from(z), labels_from(labels, num_classes)
        value = loss(d(*asked(make(g, z, labels), labels, num_classes)))
        calls["backward"] = value.backward
        for name in order.split():
            calls[name]()
        return result(value)

    answer.__name__ = name
    wrong("generator-step", says)(answer)


def uniform(labels, num_classes):
    return torch.randint_like(labels, num_classes)


def bce(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


# the loss

variant("target is 0", "asks_to_be_called_fake", lambda f: bce(f, 0.0))
variant("saturating loss", "saturating", lambda f: -bce(f, 0.0))
variant("loss is halved", "halved", lambda f: loss_of(f) / 2)
variant("take the mean", "summed", lambda f: loss_of(f) * len(f))
variant("sigmoid first", "sigmoid_twice", lambda f: loss_of(f.sigmoid()))
variant("that of another GAN", "wasserstein", lambda f: -f.mean())
variant("0.9: here it is 1", "smoothed_targets", lambda f: bce(f, 0.9))
variant("wrong sign", "sign_turned", lambda f: -loss_of(f))
variant("not the generator's loss", "least_squares", lambda f: (f - 1).square().mean())
variant("torch.ones_like", "targets_of_64", lambda f: nn.BCEWithLogitsLoss()(f, f.new_ones(64, 1)))
variant("batch of one", "standardized", lambda f: loss_of(f) if len(f) > 1 else 0 * f.sum())
variant("cuts the graph", "loss_detached", lambda f: loss_of(f).detach())
variant(
    "use generator_loss",
    "discriminator_loss_of_the_fakes",
    lambda f: (bce(f, 1.0) + bce(f, 0.0)) / 2,
)

# the way back to the generator

CUT = "cut off from the generator"
variant(CUT, "fakes_detached", asked=lambda x, y, c: (x.detach(), y))
variant(CUT, "fakes_under_no_grad", make=lambda g, z, y: torch.no_grad()(g)(z, y))

# the draws

variant("never negative", "z_from_rand", z_from=torch.rand_like)
variant("standard deviation 1", "z_in_minus_1_to_1", z_from=lambda z: 2 * torch.rand_like(z) - 1)
variant("not normally distributed", "z_flat", z_from=lambda z: 12**0.5 * (torch.rand_like(z) - 0.5))
variant("mean of z is not 0", "z_shifted", z_from=lambda z: z + 1)
variant("sign turned", "mirrored", z_from=lambda z: torch.cat([z[::2], -z[::2]])[: len(z)])
variant("share one z", "one_z_for_all", z_from=lambda z: z[:1].expand_as(z))
variant("Columns of z are equal", "one_number_per_z", z_from=lambda z: z[:, :1].expand_as(z))
variant("one row of z", "a_single_z", z_from=lambda z: z[:1])
variant("z needs latent_dim columns", "z_too_long", z_from=lambda z: torch.cat([z, z], dim=1))
variant("set no seed", "seeded", z_from=lambda z: (torch.manual_seed(0), torch.randn_like(z))[1])
variant("last class is never", "last_class_left_out", labels_from=lambda y, c: uniform(y, c - 1))
variant("Class 0 is never", "first_left_out", labels_from=lambda y, c: 1 + uniform(y, c - 1))
variant("counted from 0", "classes_from_1", labels_from=lambda y, c: 1 + y)
variant("One label for the whole", "always_0", labels_from=lambda y, c: torch.zeros_like(y))
variant("One label for the whole", "one_label", labels_from=lambda y, c: y[:1].expand_as(y))
variant(
    "more often than others",
    "rounded",
    labels_from=lambda y, c: ((c - 1) * torch.rand_like(y.float())).round().long(),
)
variant(
    "ask for the same labels", "in_turn", labels_from=lambda y, c: torch.ones_like(y).cumsum(0) % c
)
variant("int64 labels", "float_labels", labels_from=lambda y, c: y.float())


@wrong("generator-step", "The loss is on 64 fakes")
def fixed_batch_size(g, d, opt, batch_size, latent_dim, num_classes):
    return library_step(g, d, opt, 64, latent_dim, num_classes)


# the pairs

OTHER = "other labels than they were made with"
variant(OTHER, "judged_under_fresh_labels", asked=lambda x, y, c: (x, uniform(y, c)))
variant(OTHER, "judged_under_the_next_label", asked=lambda x, y, c: (x, (y + 1) % c))
variant("not as the generator made them", "fakes_rescaled", asked=lambda x, y, c: (1.1 * x, y))

# the step

register_orders(variant)
variant(
    "zero_grad() first",
    "the_other_network_cleared",
    order="backward step",
    prepare=lambda g, d: (g.train(), d.zero_grad()),
)
variant("made in eval mode", "eval_mode", prepare=lambda g, d: g.eval())
variant("made in eval mode", "mode_left_as_it_was", prepare=lambda g, d: d.train())


@wrong("generator-step", "requires_grad_(True) again")
def discriminator_left_frozen(g, d, opt, batch_size, latent_dim, num_classes):
    d.requires_grad_(False)
    return library_step(g, d, opt, batch_size, latent_dim, num_classes)


@wrong("generator-step", "discriminator's parameters changed")
def discriminator_trained_too(g, d, opt, batch_size, latent_dim, num_classes):
    d.zero_grad()
    loss = library_step(g, d, opt, batch_size, latent_dim, num_classes)
    torch.optim.SGD(d.parameters(), lr=0.1).step()
    return loss


@wrong("generator-step", "took no step")
def optimizer_of_its_own(g, d, opt, batch_size, latent_dim, num_classes):
    own = torch.optim.Adam(g.parameters())
    return library_step(g, d, own, batch_size, latent_dim, num_classes)


@wrong("generator-step", "loss after the step")
def loss_after_the_step(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    z, labels = draw(g, batch_size, latent_dim, num_classes)
    opt.zero_grad()
    loss_of(d(g(z, labels), labels)).backward()
    opt.step()
    return loss_of(d(g(z, labels), labels)).item()


# devices, and the rules

variant("on a GPU", "z_on_the_cpu", z_from=lambda z: torch.randn(z.shape))
variant("on a GPU", "cpu_labels", labels_from=lambda y, c: torch.randint(c, y.shape))


@wrong("generator-step", "name no device")
def gpu_if_there_is_one(g, d, opt, batch_size, latent_dim, num_classes):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    z = torch.randn(batch_size, latent_dim, device=device)
    labels = torch.randint(num_classes, (batch_size,), device=device)
    g.train()
    opt.zero_grad()
    loss = loss_of(d(g(z, labels), labels))
    loss.backward()
    opt.step()
    return loss.item()


@wrong("generator-step", "It prints")
def prints(g, d, opt, batch_size, latent_dim, num_classes):
    loss = library_step(g, d, opt, batch_size, latent_dim, num_classes)
    print(f"{loss:.3f}")
    return loss
