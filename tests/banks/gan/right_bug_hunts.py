"""Right answers to exercise bug-hunt-cgan."""

import statistics

import torch
import torch.nn.functional as F
from torch import nn

from banks import right
from banks.gan.epochs import (
    discriminator_loss,
    discriminator_step,
    draws,
    entropy,
    generator_step,
    means,
)


@right("bug-hunt-cgan")
def inlined(g, d, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    g.train()
    d.train()
    d_total = g_total = count = 0
    for images, labels in batches:
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        fakes = g(z, fake_labels)

        optimizer_d.zero_grad()
        loss = discriminator_loss(d(images, labels), d(fakes.detach(), fake_labels))
        loss.backward()
        optimizer_d.step()
        d_total += loss.item()

        optimizer_g.zero_grad()
        loss = entropy(d(fakes, fake_labels), 1)
        loss.backward()
        optimizer_g.step()
        g_total += loss.item()
        count += 1
    return d_total / count, g_total / count


@right("bug-hunt-cgan")
def with_steps(generator, discriminator, optimizer_g, optimizer_d, batches, latent_dim, classes):
    networks, sizes = (generator, discriminator), (latent_dim, classes)
    d_losses, g_losses = [], []
    for images, labels in batches:
        d_losses.append(discriminator_step(*networks, optimizer_d, images, labels, *sizes))
        g_losses.append(generator_step(*networks, optimizer_g, len(images), *sizes))
    return statistics.mean(d_losses), statistics.mean(g_losses)


@right("bug-hunt-cgan")
def generator_first(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = []
    for images, labels in batches:
        g_loss = generator_step(g, d, optimizer_g, images.shape[0], *sizes)
        losses.append((discriminator_step(g, d, optimizer_d, images, labels, *sizes), g_loss))
    return means(losses)


@right("bug-hunt-cgan")
def one_question_for_both(g, d, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    """Real and fake images in one batch, the fakes with the batch's own labels."""
    d.train().requires_grad_(True)
    g.train()
    losses = []
    for images, labels in batches:
        n = labels.numel()
        with torch.no_grad():
            fakes = g(images.new_empty(n, latent_dim).normal_(), labels)
        logits = d(torch.cat([images, fakes]), labels.repeat(2))
        d_loss = (F.softplus(-logits[:n]).mean() + F.softplus(logits[n:]).mean()) / 2
        d.zero_grad()
        d_loss.backward()
        optimizer_d.step()

        d.requires_grad_(False)
        g_loss = -F.logsigmoid(d(g(images.new_empty(n, latent_dim).normal_(), labels), labels))
        g.zero_grad()
        g_loss.mean().backward()
        optimizer_g.step()
        d.requires_grad_(True)
        losses.append(torch.stack([d_loss.detach(), g_loss.detach().mean()]))
    d_mean, g_mean = torch.stack(losses).mean(0).tolist()
    return d_mean, g_mean


@right("bug-hunt-cgan")
def both_gradients_then_both_steps(g, d, optimizer_g, optimizer_d, batches, *sizes):
    g.train(), d.train()
    losses = []
    for images, labels in batches:
        z, fake_labels = draws(len(images), *sizes, images.device)
        fakes = g(z, fake_labels)
        optimizer_g.zero_grad()
        g_loss = entropy(d(fakes, fake_labels), 1)
        g_loss.backward()
        optimizer_d.zero_grad()
        d_loss = discriminator_loss(d(images, labels), d(fakes.detach(), fake_labels))
        d_loss.backward()
        optimizer_d.step()
        optimizer_g.step()
        losses.append((float(d_loss), float(g_loss)))
    return means(losses)


@right("bug-hunt-cgan")
def gradients_for_named_parameters(g, d, optimizer_g, optimizer_d, batches, *sizes):
    """No detach: backward() is told whose gradients are wanted. One graph for both losses."""
    g.train(), d.train()
    losses = []
    for images, labels in batches:
        z, fake_labels = draws(len(images), *sizes, images.device)
        fake_logits = d(g(z, fake_labels), fake_labels)
        d_loss = discriminator_loss(d(images, labels), fake_logits)
        g_loss = entropy(fake_logits, 1)
        optimizer_d.zero_grad(), optimizer_g.zero_grad()
        d_loss.backward(inputs=list(d.parameters()), retain_graph=True)
        g_loss.backward(inputs=list(g.parameters()))
        optimizer_d.step(), optimizer_g.step()
        losses.append((d_loss.item(), g_loss.item()))
    return means(losses)


@right("bug-hunt-cgan")
def gradients_by_hand(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def step(network, optimizer, loss):
        parameters = list(network.parameters())
        gradients = torch.autograd.grad(loss, parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()
        return loss.item()

    g.train(), d.train()
    losses = []
    for images, labels in batches:
        z, fake_labels = draws(len(images), *sizes, images.device)
        d_loss = discriminator_loss(d(images, labels), d(g(z, fake_labels), fake_labels))
        d_loss = step(d, optimizer_d, d_loss)
        z, fake_labels = draws(len(images), *sizes, images.device)
        g_loss = step(g, optimizer_g, entropy(d(g(z, fake_labels), fake_labels), 1))
        losses.append((d_loss, g_loss))
    return means(losses)


@right("bug-hunt-cgan")
def two_backwards(g, d, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    """The two halves of the discriminator's loss go backward one by one; gradients cleared last."""
    criterion = nn.BCEWithLogitsLoss()
    d_mean = g_mean = 0.0
    optimizer_d.zero_grad()
    optimizer_g.zero_grad()
    for number, (images, labels) in enumerate(batches, start=1):
        g.train(), d.train()
        z, fake_labels = draws(len(labels), latent_dim, num_classes, labels.device)
        fakes = g(z, fake_labels)
        ones = images.new_ones(len(images), 1)
        real_half = criterion(d(images, labels), ones) / 2
        real_half.backward()
        fake_half = criterion(d(fakes.detach(), fake_labels), 1 - ones) / 2
        fake_half.backward()
        optimizer_d.step()
        g_loss = criterion(d(fakes, fake_labels), ones)
        g_loss.backward()
        optimizer_g.step()
        optimizer_d.zero_grad()
        optimizer_g.zero_grad()
        d_loss = (real_half + fake_half).item()
        d_mean += (d_loss - d_mean) / number
        g_mean += (g_loss.item() - g_mean) / number
    return d_mean, g_mean


@right("bug-hunt-cgan")
def closures_and_monitoring(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = []
    for images, labels in batches:
        g.train(), d.train()
        z, fake_labels = draws(len(images), *sizes, images.device)

        def d_closure(z=z, fake_labels=fake_labels, images=images, labels=labels):
            optimizer_d.zero_grad()
            fakes = g(z, fake_labels).detach()
            loss = discriminator_loss(d(images, labels), d(fakes, fake_labels))
            loss.backward()
            return loss

        def g_closure(z=z, fake_labels=fake_labels):
            optimizer_g.zero_grad()
            loss = entropy(d(g(z, fake_labels), fake_labels), 1)
            loss.backward()
            return loss

        losses.append((optimizer_d.step(d_closure).item(), optimizer_g.step(g_closure).item()))
        (d(images, labels) > 0).float().mean()  # how often the discriminator is right
    return means(losses)
