"""What the answers to exercise bug-hunt-cgan share: losses, draws, steps, and variants of them."""

import torch
import torch.nn.functional as F

from banks import wrong


def entropy(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def discriminator_loss(real, fake):
    return (entropy(real, 1) + entropy(fake, 0)) / 2


def draws(batch_size, latent_dim, num_classes, device):
    z = torch.randn(batch_size, latent_dim, device=device)
    return z, torch.randint(num_classes, (batch_size,), device=device)


def means(losses):
    """The column means of [(discriminator loss, generator loss), ...]."""
    return tuple(sum(column) / len(losses) for column in zip(*losses, strict=True))


def _descend(optimizer, loss, order):
    calls = {"clear": optimizer.zero_grad, "backward": loss.backward, "step": optimizer.step}
    for call in order.split():
        calls[call]()
    return loss.item()


def d_step(
    draw=draws,
    make=lambda g, z, y: g(z, y).detach(),
    asked=lambda fake_labels, labels: fake_labels,
    loss=discriminator_loss,
    order="clear backward step",
):
    """A discriminator's step that may differ from a right one in one place."""

    def step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draw(len(images), latent_dim, num_classes, images.device)
        fakes = make(g, z, fake_labels)
        logits = d(images, labels), d(fakes, asked(fake_labels, labels))
        return _descend(optimizer, loss(*logits), order)

    return step


def g_step(
    draw=draws,
    make=lambda g, z, y: g(z, y),
    asked=lambda labels, num_classes: labels,
    loss=lambda logits: entropy(logits, 1),
    order="clear backward step",
):
    """A generator's step that may differ from a right one in one place."""

    def step(g, d, optimizer, batch_size, latent_dim, num_classes):
        g.train(), d.train()
        z, labels = draw(batch_size, latent_dim, num_classes, next(g.parameters()).device)
        logits = d(make(g, z, labels), asked(labels, num_classes))
        return _descend(optimizer, loss(logits), order)

    return step


discriminator_step, generator_step = d_step(), g_step()


def run_epoch(
    networks, optimizers, batches, sizes, d_step=discriminator_step, g_step=generator_step
):
    """An epoch of these steps: the losses of all batches."""
    losses = []
    for images, labels in batches:
        d_loss = d_step(*networks, optimizers[1], images, labels, *sizes)
        losses.append((d_loss, g_step(*networks, optimizers[0], len(images), *sizes)))
    return losses


def variant(says, name, result=means, **steps):
    """Register an epoch with one step of another kind, or another result of its losses."""

    def answer(g, d, optimizer_g, optimizer_d, batches, *sizes):
        return result(run_epoch((g, d), (optimizer_g, optimizer_d), batches, sizes, **steps))

    answer.__name__ = name
    wrong("bug-hunt-cgan", says)(answer)


def with_draws(draw):
    """Both steps, with other draws."""
    return {"d_step": d_step(draw=draw), "g_step": g_step(draw=draw)}
