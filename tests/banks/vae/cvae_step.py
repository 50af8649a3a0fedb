"""Answers to exercise cvae-step: the wrong ones, and `right_steps`."""

import torch
import torch.nn.functional as F

from banks import wrong
from banks.steps import register_orders
from banks.vae.right_steps import ask, bce, cvae_loss, kl_of, library_step


@wrong("cvae-step", "not attempted")
def step_stub(model, optimizer, images, labels, kl_weight=1.0):
    raise NotImplementedError


def variant(
    says,
    name,
    loss=cvae_loss,
    ask=ask,
    order="clear backward step",
    mode=True,
    result=lambda loss: loss.item(),
):
    """Register a step that differs from a right one in one place."""

    def answer(model, optimizer, images, labels, kl_weight=1.0):
        calls = {"clear": optimizer.zero_grad, "step": optimizer.step}
        if mode is not None:
            model.train(mode)
        value = loss(*ask(model, images, labels), kl_weight)
        calls["backward"] = value.backward
        for call in order.split():
            calls[call]()
        return result(value)

    answer.__name__ = name
    wrong("cvae-step", says)(answer)


def parts(encode=lambda m, x, c: m.encode(x, c), draw=lambda m, mu, lv: m.reparameterize(mu, lv)):
    """What `ask` does, written out, with an encoder and a way to draw z."""

    def ask(model, images, labels):
        codes = F.one_hot(labels, model.num_classes).float()
        mu, logvar = encode(model, images, codes)
        return model.decode(draw(model, mu, logvar), codes), images, mu, logvar

    return ask


# the loss


def loss_of(combine):
    """A loss from the cross-entropy, the KL and the weight."""
    return lambda r, x, mu, lv, w: combine(bce(r, x), kl_of(mu, lv).mean(), w, len(x))


variant("kl_weight is ignored", "weight_ignored", loss_of(lambda e, k, w, n: e + k))
variant("on the cross-entropy", "weight_on_the_entropy", loss_of(lambda e, k, w, n: w * e + k))
variant("on both parts", "weight_on_both", loss_of(lambda e, k, w, n: w * (e + k)))
variant("weighed twice", "weighed_twice", loss_of(lambda e, k, w, n: e + w * w * k))
variant("KL is missing", "no_kl", loss_of(lambda e, k, w, n: e))
variant("cross-entropy is missing", "no_entropy", loss_of(lambda e, k, w, n: w * k))
variant("it is added", "kl_negative", loss_of(lambda e, k, w, n: e - w * k))
variant("or detached", "kl_item", loss_of(lambda e, k, w, n: e + w * k.item()))
variant("mean over the pixels", "mean_over_pixels", loss_of(lambda e, k, w, n: e / 784 + w * k))
variant("sum over the batch: take", "summed", loss_of(lambda e, k, w, n: n * (e + w * k)))
variant("once more", "divided_twice", loss_of(lambda e, k, w, n: (e + w * k) / n))
variant("cross-entropy is summed", "entropy_summed", loss_of(lambda e, k, w, n: n * e + w * k))
variant("KL is summed", "kl_summed", loss_of(lambda e, k, w, n: e + w * n * k))
variant("loss has the wrong sign", "sign_turned", loss_of(lambda e, k, w, n: -e - w * k))
variant("cuts the graph", "loss_detached", loss_of(lambda e, k, w, n: (e + w * k).detach()))
variant(
    "mean squared error",
    "mse",
    lambda r, x, mu, lv, w: F.mse_loss(r, x) + w * kl_of(mu, lv).mean(),
)
variant(
    "squared errors",
    "squares",
    lambda r, x, mu, lv, w: (r - x).square().sum(1).mean() + w * kl_of(mu, lv).mean(),
)
variant(
    "not the model's loss",
    "logits",
    lambda r, x, mu, lv, w: (
        F.binary_cross_entropy_with_logits(r, x, reduction="sum") / len(x)
        + w * kl_of(mu, lv).mean()
    ),
)
variant("cross-entropy are swapped", "swapped", lambda r, x, *rest: cvae_loss(x, r, *rest))
variant("mu and logvar are swapped", "moments", lambda r, x, mu, lv, w: cvae_loss(r, x, lv, mu, w))
variant("batch of one", "at_least_two", lambda r, x, *rest: cvae_loss(r, x, *rest) * (len(x) > 1))

# the model

CUT = "back to the encoder"
variant(CUT, "z_detached", ask=parts(draw=lambda m, mu, lv: m.reparameterize(mu, lv).detach()))
variant(CUT, "z_from_the_prior", ask=parts(draw=lambda m, mu, lv: torch.randn_like(mu)))
variant(
    CUT,
    "sample_not_rsample",
    ask=parts(draw=lambda m, mu, lv: torch.distributions.Normal(mu, (lv / 2).exp()).sample()),
)
variant(
    "encoder gets no gradient",
    "encoder_under_no_grad",
    ask=parts(encode=lambda m, x, c: torch.no_grad()(m.encode)(x, c)),
)
variant("z is mu itself", "z_is_mu", ask=parts(draw=lambda m, mu, lv: mu))
variant(
    "exp(logvar)",
    "std_is_exp_logvar",
    ask=parts(draw=lambda m, mu, lv: mu + lv.exp() * torch.randn_like(mu)),
)
variant("set no seed", "seeded", ask=lambda m, x, y: (torch.manual_seed(0), ask(m, x, y))[1])
OTHER = "other labels than their own"
variant(OTHER, "labels_in_reverse", ask=lambda m, x, y: ask(m, x, y.flip(0)))
variant(OTHER, "labels_zero", ask=lambda m, x, y: ask(m, x, torch.zeros_like(y)))
variant(OTHER, "labels_forgotten_in_encode", ask=parts(encode=lambda m, x, c: m.encode(x, 0 * c)))
variant(OTHER, "codes_scaled", ask=parts(encode=lambda m, x, c: m.encode(x, 2 * c)))
variant(
    "Some images are left out",
    "without_the_last",
    ask=lambda m, x, y: ask(m, x[:-1] if len(x) > 1 else x, y[:-1] if len(x) > 1 else y),
)
variant("hand them on as they are", "images_rescaled", ask=lambda m, x, y: ask(m, 0.9 * x, y))
variant(
    "takes (B, 784)", "images_unflattened", ask=lambda m, x, y: ask(m, x.view(-1, 1, 28, 28), y)
)
variant(".float() makes", "double_codes", ask=parts(encode=lambda m, x, c: m.encode(x, c.double())))
variant("takes labels of shape", "codes_for_labels", ask=lambda m, x, y: ask(m, x, F.one_hot(y, 4)))

# the step

register_orders(variant)
variant("asked in eval mode", "eval_mode", mode=False)
variant("asked in eval mode", "mode_left_as_it_was", mode=None)


@wrong("cvae-step", "took no step")
def optimizer_of_its_own(model, optimizer, images, labels, kl_weight=1.0):
    return library_step(model, torch.optim.Adam(model.parameters()), images, labels, kl_weight)


@wrong("cvae-step", "Something else than optimizer.step()")
def weights_clamped(model, optimizer, images, labels, kl_weight=1.0):
    loss = library_step(model, optimizer, images, labels, kl_weight)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.clamp_(-0.1, 0.1)
    return loss


@wrong("cvae-step", "loss after the step")
def loss_after_the_step(model, optimizer, images, labels, kl_weight=1.0):
    state = torch.get_rng_state()
    library_step(model, optimizer, images, labels, kl_weight)
    torch.set_rng_state(state)
    with torch.no_grad():
        return cvae_loss(*ask(model, images, labels), kl_weight).item()


@wrong("cvae-step", "not the model's loss")
def loss_of_another_draw(model, optimizer, images, labels, kl_weight=1.0):
    library_step(model, optimizer, images, labels, kl_weight)
    with torch.no_grad():
        return cvae_loss(*ask(model, images, labels), kl_weight).item()


@wrong("cvae-step", "its default is 1.0")
def default_of_one_half(model, optimizer, images, labels, kl_weight=0.5):
    return library_step(model, optimizer, images, labels, kl_weight)


@wrong("cvae-step", "on a GPU")
def codes_on_the_cpu(model, optimizer, images, labels, kl_weight=1.0):
    model.train()
    optimizer.zero_grad()
    codes = torch.zeros(len(labels), model.num_classes).scatter_(1, labels[:, None].cpu(), 1.0)
    mu, logvar = model.encode(images, codes)
    reconstruction = model.decode(model.reparameterize(mu, logvar), codes)
    loss = cvae_loss(reconstruction, images, mu, logvar, kl_weight)
    loss.backward()
    optimizer.step()
    return loss.item()


@wrong("cvae-step", "name no device")
def gpu_if_there_is_one(model, optimizer, images, labels, kl_weight=1.0):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return library_step(model, optimizer, images.to(device), labels.to(device), kl_weight)


@wrong("cvae-step", "It prints")
def prints(model, optimizer, images, labels, kl_weight=1.0):
    print(kl_weight)
    return library_step(model, optimizer, images, labels, kl_weight)


@wrong("cvae-step", "changes a tensor")
def images_clamped_in_place(model, optimizer, images, labels, kl_weight=1.0):
    loss = library_step(model, optimizer, images, labels, kl_weight)
    images.clamp_(0.3, 0.7)
    return loss
