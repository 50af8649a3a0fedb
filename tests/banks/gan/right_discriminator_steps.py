"""Right answers to exercise discriminator-step."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right


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
