"""Answers to exercise bug-hunt-cgan."""

import statistics

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong


def entropy(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def discriminator_loss(real, fake):
    return (entropy(real, 1) + entropy(fake, 0)) / 2


def draws(batch_size, latent_dim, num_classes, device):
    z = torch.randn(batch_size, latent_dim, device=device)
    return z, torch.randint(num_classes, (batch_size,), device=device)


def discriminator_step(g, d, optimizer, images, labels, latent_dim, num_classes):
    g.train(), d.train()
    z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
    loss = discriminator_loss(d(images, labels), d(g(z, fake_labels).detach(), fake_labels))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def generator_step(g, d, optimizer, batch_size, latent_dim, num_classes):
    g.train(), d.train()
    z, labels = draws(batch_size, latent_dim, num_classes, next(g.parameters()).device)
    loss = entropy(d(g(z, labels), labels), 1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def means(losses):
    """The column means of [(discriminator loss, generator loss), ...]."""
    return tuple(sum(column) / len(losses) for column in zip(*losses, strict=True))


# right


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


# wrong


def faulty(networks, optimizers, batches, sizes, d_step=None, g_step=None):
    """An epoch with steps of one's own: the losses of all batches."""
    losses = []
    for images, labels in batches:
        d_loss = (d_step or discriminator_step)(*networks, optimizers[1], images, labels, *sizes)
        g_loss = (g_step or generator_step)(*networks, optimizers[0], len(images), *sizes)
        losses.append((d_loss, g_loss))
    return losses


@wrong("bug-hunt-cgan", "not attempted")
def stub(generator, discriminator, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    raise NotImplementedError


def planted_faults_but_the_targets(
    generator, discriminator, opt_g, opt_d, batches, latent_dim, num_classes
):
    """The stub of the notebook, with its targets mended: the other three faults are there."""
    generator.train(), discriminator.train()
    opt_g.zero_grad(), opt_d.zero_grad()
    d_losses, g_losses = [], []
    for images, labels in batches:
        z = torch.randn(len(images), latent_dim, device=images.device)
        fake_labels = torch.randint(num_classes, (len(images),), device=images.device)
        fakes = generator(z, fake_labels)
        real_logits, fake_logits = discriminator(images, labels), discriminator(fakes, labels)
        d_loss = discriminator_loss(real_logits, fake_logits)
        d_loss.backward(retain_graph=True)
        opt_d.step()
        g_loss = entropy(discriminator(fakes, labels), 1)
        g_loss.backward()
        opt_g.step()
        d_losses.append(d_loss.item())
        g_losses.append(g_loss.item())
    return sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)


@wrong("bug-hunt-cgan", "Some batches are smaller")
def planted_faults(generator, discriminator, opt_g, opt_d, batches, latent_dim, num_classes):
    """The stub of the notebook."""
    bce, d_losses, g_losses = nn.BCEWithLogitsLoss(), [], []
    real_targets, fake_targets = torch.ones(64, 1), torch.zeros(64, 1)
    generator.train(), discriminator.train()
    opt_g.zero_grad(), opt_d.zero_grad()
    for images, labels in batches:
        z = torch.randn(len(images), latent_dim, device=images.device)
        fake_labels = torch.randint(num_classes, (len(images),), device=images.device)
        fakes = generator(z, fake_labels)
        real_logits, fake_logits = discriminator(images, labels), discriminator(fakes, labels)
        d_loss = (bce(real_logits, real_targets) + bce(fake_logits, fake_targets)) / 2
        d_loss.backward(retain_graph=True)
        opt_d.step()
        g_loss = bce(discriminator(fakes, labels), real_targets)
        g_loss.backward()
        opt_g.step()
        d_losses.append(d_loss.item()), g_losses.append(g_loss.item())
    return sum(d_losses) / len(d_losses), sum(g_losses) / len(g_losses)


for says in ("under other labels", "Earlier gradients", "flows back into the generator"):
    wrong("bug-hunt-cgan", says)(planted_faults_but_the_targets)


@wrong("bug-hunt-cgan", "flows back into the generator")
def no_detach(g, d, optimizer_g, optimizer_d, batches, *sizes):
    """The generator's gradients are cleared before its own step: only the detach is missing."""

    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        loss = discriminator_loss(d(images, labels), d(g(z, fake_labels), fake_labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


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


@wrong("bug-hunt-cgan", "in the discriminator's step: optimizer_d.zero_grad()")
def generator_step_leaks(g, d, optimizer_g, optimizer_d, batches, *sizes):
    """The discriminator's gradients are cleared before the generator's step, not after it."""

    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        fakes = g(z, fake_labels).detach()
        loss = discriminator_loss(d(images, labels), d(fakes, fake_labels))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    optimizer_d.zero_grad()
    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "in the generator's step: optimizer_g.zero_grad()")
def generator_piles_up(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def g_step(g, d, optimizer, batch_size, latent_dim, num_classes):
        g.train(), d.train()
        z, labels = draws(batch_size, latent_dim, num_classes, next(g.parameters()).device)
        loss = entropy(d(g(z, labels), labels), 1)
        loss.backward()
        optimizer.step()
        return loss.item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


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


@wrong("bug-hunt-cgan", "under other labels than they were made with")
def batch_labels_for_the_judge(g, d, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        loss = discriminator_loss(d(images, labels), d(g(z, fake_labels).detach(), labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    sizes = latent_dim, num_classes
    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "under other labels than they were made with")
def labels_drawn_twice(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def g_step(g, d, optimizer, batch_size, latent_dim, num_classes):
        g.train(), d.train()
        device = next(g.parameters()).device
        z, labels = draws(batch_size, latent_dim, num_classes, device)
        other = torch.randint(num_classes, (batch_size,), device=device)
        loss = entropy(d(g(z, labels), other), 1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


@wrong("bug-hunt-cgan", "on the last batch")
def last_losses(g, d, optimizer_g, optimizer_d, batches, *sizes):
    return faulty((g, d), (optimizer_g, optimizer_d), batches, sizes)[-1]


@wrong("bug-hunt-cgan", "divide by the number of batches")
def summed(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = faulty((g, d), (optimizer_g, optimizer_d), batches, sizes)
    return sum(loss[0] for loss in losses), sum(loss[1] for loss in losses)


@wrong("bug-hunt-cgan", "weighs batches by their size")
def weighted(g, d, optimizer_g, optimizer_d, batches, *sizes):
    batches = list(batches)
    losses = faulty((g, d), (optimizer_g, optimizer_d), batches, sizes)
    counts = [len(labels) for _, labels in batches]
    totals = torch.tensor(losses).T @ torch.tensor(counts).float() / sum(counts)
    return totals[0].item(), totals[1].item()


@wrong("bug-hunt-cgan", "wrong order")
def other_way_round(g, d, optimizer_g, optimizer_d, batches, *sizes):
    return inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)[::-1]


@wrong("bug-hunt-cgan", "a Python float was expected")
def tensors(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)
    return torch.tensor(losses[0]), torch.tensor(losses[1])


@wrong("bug-hunt-cgan", "two floats were expected")
def one_number(g, d, optimizer_g, optimizer_d, batches, *sizes):
    return sum(inlined(g, d, optimizer_g, optimizer_d, batches, *sizes))


@wrong("bug-hunt-cgan", "forget a return")
def no_return(g, d, optimizer_g, optimizer_d, batches, *sizes):
    inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)


@wrong("bug-hunt-cgan", "need not have a length")
def length_asked(g, d, optimizer_g, optimizer_d, batches, *sizes):
    count = len(batches)
    losses = faulty((g, d), (optimizer_g, optimizer_d), batches, sizes)
    return sum(loss[0] for loss in losses) / count, sum(loss[1] for loss in losses) / count


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


@wrong("bug-hunt-cgan", "The generator's optimizer never steps")
def discriminator_only(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def g_step(g, d, optimizer, batch_size, latent_dim, num_classes):
        z, labels = draws(batch_size, latent_dim, num_classes, next(g.parameters()).device)
        return entropy(d(g(z, labels), labels), 1).item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


@wrong("bug-hunt-cgan", "The discriminator's optimizer never steps")
def generator_only(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        return discriminator_loss(d(images, labels), d(g(z, fake_labels), fake_labels)).item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "The discriminator's optimizer steps 6 times")
def two_discriminator_steps(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(*arguments):
        discriminator_step(*arguments)
        return discriminator_step(*arguments)

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "The discriminator's optimizer steps 6 times")
def generator_step_moves_both(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def g_step(*arguments):
        loss = generator_step(*arguments)
        optimizer_d.step()
        return loss

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


@wrong("bug-hunt-cgan", "something else than its steps")
def weights_clipped(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)
    with torch.no_grad():
        for parameter in d.parameters():
            parameter.clamp_(-0.01, 0.01)
    return losses


@wrong("bug-hunt-cgan", "not halved")
def sum_of_halves(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        loss = 2 * discriminator_loss(d(images, labels), d(g(z, fake_labels).detach(), fake_labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "real → 1, fake → 0")
def targets_swapped(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        loss = discriminator_loss(d(g(z, fake_labels).detach(), fake_labels), d(images, labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


def with_generator_loss(loss_of):
    """A generator step on another loss."""

    def g_step(g, d, optimizer, batch_size, latent_dim, num_classes):
        g.train(), d.train()
        z, labels = draws(batch_size, latent_dim, num_classes, next(g.parameters()).device)
        loss = loss_of(d(g(z, labels), labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return g_step


@wrong("bug-hunt-cgan", "the saturating one")
def saturating(g, d, optimizer_g, optimizer_d, batches, *sizes):
    g_step = with_generator_loss(lambda logits: -F.softplus(logits).mean())
    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


@wrong("bug-hunt-cgan", "targets are 0")
def generator_targets_zero(g, d, optimizer_g, optimizer_d, batches, *sizes):
    g_step = with_generator_loss(lambda logits: entropy(logits, 0))
    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


@wrong("bug-hunt-cgan", "detached in the generator's step")
def detached_everywhere(g, d, optimizer_g, optimizer_d, batches, *sizes):
    g.train(), d.train()
    losses = []
    for images, labels in batches:
        z, fake_labels = draws(len(images), *sizes, images.device)
        fakes = g(z, fake_labels).detach()
        optimizer_d.zero_grad()
        d_loss = discriminator_loss(d(images, labels), d(fakes, fake_labels))
        d_loss.backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        g_loss = entropy(d(fakes, fake_labels), 1)
        g_loss.backward()
        optimizer_g.step()
        losses.append((d_loss.item(), g_loss.item()))
    return means(losses)


@wrong("bug-hunt-cgan", "zero_grad() between")
def cleared_before_the_step(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def g_step(g, d, optimizer, batch_size, latent_dim, num_classes):
        g.train(), d.train()
        z, labels = draws(batch_size, latent_dim, num_classes, next(g.parameters()).device)
        loss = entropy(d(g(z, labels), labels), 1)
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        return loss.item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, g_step=g_step))


def with_draws(draw):
    """Both steps, with other draws."""

    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draw(len(images), latent_dim, num_classes, images.device)
        loss = discriminator_loss(d(images, labels), d(g(z, fake_labels).detach(), fake_labels))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    def g_step(g, d, optimizer, batch_size, latent_dim, num_classes):
        g.train(), d.train()
        z, labels = draw(batch_size, latent_dim, num_classes, next(g.parameters()).device)
        loss = entropy(d(g(z, labels), labels), 1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return d_step, g_step


@wrong("bug-hunt-cgan", "z is never negative")
def uniform_z(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def draw(n, latent_dim, num_classes, device):
        z, labels = draws(n, latent_dim, num_classes, device)
        return torch.rand_like(z), labels

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, *with_draws(draw)))


@wrong("bug-hunt-cgan", "z is not normally distributed")
def uniform_z_of_variance_one(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def draw(n, latent_dim, num_classes, device):
        z, labels = draws(n, latent_dim, num_classes, device)
        return (2 * torch.rand_like(z) - 1) * 3**0.5, labels

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, *with_draws(draw)))


@wrong("bug-hunt-cgan", "Two batches use the same z")
def fixed_z(g, d, optimizer_g, optimizer_d, batches, latent_dim, num_classes):
    noise = torch.randn(1000, latent_dim)

    def draw(n, latent_dim, num_classes, device):
        _, labels = draws(n, latent_dim, num_classes, device)
        return noise[:n].to(device), labels

    sizes = latent_dim, num_classes
    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, *with_draws(draw)))


@wrong("bug-hunt-cgan", "Two epochs use the same z")
def seed_set(g, d, optimizer_g, optimizer_d, batches, *sizes):
    torch.manual_seed(0)
    return inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)


@wrong("bug-hunt-cgan", "may come only once")
def batches_counted_first(g, d, optimizer_g, optimizer_d, batches, *sizes):
    count = sum(1 for _ in batches)
    losses = faulty((g, d), (optimizer_g, optimizer_d), batches, sizes)
    return sum(loss[0] for loss in losses) / count, sum(loss[1] for loss in losses) / count


@wrong("bug-hunt-cgan", "One label for the whole batch")
def one_class_of_fakes(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def draw(n, latent_dim, num_classes, device):
        z, labels = draws(n, latent_dim, num_classes, device)
        return z, torch.zeros_like(labels)

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, *with_draws(draw)))


@wrong("bug-hunt-cgan", "last class is never asked for")
def last_class_left_out(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def draw(n, latent_dim, num_classes, device):
        return draws(n, latent_dim, num_classes - 1, device)

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, *with_draws(draw)))


@wrong("bug-hunt-cgan", "With its inputs on a GPU")
def draws_on_the_cpu(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def draw(n, latent_dim, num_classes, device):
        return draws(n, latent_dim, num_classes, "cpu")

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, *with_draws(draw)))


@wrong("bug-hunt-cgan", "each of them as it came")
def images_scaled_again(g, d, optimizer_g, optimizer_d, batches, *sizes):
    scaled = ((2 * images - 1, labels) for images, labels in batches)
    return inlined(g, d, optimizer_g, optimizer_d, scaled, *sizes)


@wrong("bug-hunt-cgan", "changes a tensor")
def images_changed_in_place(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, *sizes):
        loss = discriminator_step(g, d, optimizer, images, labels, *sizes)
        images.mul_(0.5).add_(0.5)
        return loss

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "under other labels than their own")
def real_labels_shuffled(g, d, optimizer_g, optimizer_d, batches, *sizes):
    shuffled = ((images, labels.roll(1)) for images, labels in batches)
    return inlined(g, d, optimizer_g, optimizer_d, shuffled, *sizes)


@wrong("bug-hunt-cgan", "leaves the real images out")
def one_batch_of_fakes_for_real(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        g.train(), d.train()
        z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
        loss = entropy(d(g(z, fake_labels).detach(), fake_labels), 0) / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))


@wrong("bug-hunt-cgan", "It prints")
def prints(g, d, optimizer_g, optimizer_d, batches, *sizes):
    losses = inlined(g, d, optimizer_g, optimizer_d, batches, *sizes)
    print(losses)
    return losses


@wrong("bug-hunt-cgan", "loss before its step")
def losses_after_the_steps(g, d, optimizer_g, optimizer_d, batches, *sizes):
    def d_step(g, d, optimizer, images, labels, latent_dim, num_classes):
        discriminator_step(g, d, optimizer, images, labels, latent_dim, num_classes)
        with torch.no_grad():
            z, fake_labels = draws(len(images), latent_dim, num_classes, images.device)
            return discriminator_loss(d(images, labels), d(g(z, fake_labels), fake_labels)).item()

    return means(faulty((g, d), (optimizer_g, optimizer_d), batches, sizes, d_step=d_step))
