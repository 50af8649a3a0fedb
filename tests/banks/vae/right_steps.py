"""Right answers to exercise cvae-step."""

import torch
import torch.nn.functional as F

from banks import right


def kl_of(mu, logvar):
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(dim=1)


def bce(r, x):
    """The cross-entropy, summed over the pixels, mean over the batch."""
    return F.binary_cross_entropy(r, x, reduction="sum") / len(x)


def cvae_loss(r, x, mu, logvar, kl_weight=1.0):
    return bce(r, x) + kl_weight * kl_of(mu, logvar).mean()


@right("cvae-step")
def library_step(model, optimizer, images, labels, kl_weight=1.0):
    model.train()
    optimizer.zero_grad()
    loss = cvae_loss(*ask(model, images, labels), kl_weight)
    loss.backward()
    optimizer.step()
    return loss.item()


def ask(model, images, labels):
    reconstruction, mu, logvar = model(images, labels)
    return reconstruction, images, mu, logvar


@right("cvae-step")
def part_by_part(model, optimizer, images, labels, kl_weight=1.0):
    model.train()
    codes = F.one_hot(labels, model.num_classes)  # int64: torch.cat makes floats of them
    mu, logvar = model.encode(images, codes)
    reconstruction = model.decode(model.reparameterize(mu, logvar), codes)
    pixels = F.binary_cross_entropy(reconstruction, images, reduction="none").sum(1)
    loss = (pixels + kl_weight * kl_of(mu, logvar)).mean()
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


@right("cvae-step")
def sampling_of_its_own(model, optimizer, images, labels, kl_weight=1.0):
    model.train(True)
    model.zero_grad()
    codes = torch.eye(model.num_classes, device=images.device)[labels]
    mu, logvar = model.encode(images, codes)
    z = torch.distributions.Normal(mu, (logvar / 2).exp()).rsample()
    loss = cvae_loss(model.decode(z, codes), images, mu, logvar, kl_weight)
    loss.backward()
    optimizer.step()
    model.zero_grad()
    return loss.tolist()


@right("cvae-step")
def closure(model, optimizer, images, labels, kl_weight=1.0):
    model.train()

    def evaluate():
        optimizer.zero_grad()
        loss = cvae_loss(*ask(model, images, labels), kl_weight)
        loss.backward()
        return loss

    return optimizer.step(evaluate).item()


@right("cvae-step")
def gradients_by_hand(model, optimizer, images, labels, kl_weight=1.0):
    model.train()
    reconstruction, mu, logvar = model.forward(images, labels)
    r = reconstruction.clamp(1e-6, 1 - 1e-6)
    logs = images * r.log() + (1 - images) * (1 - r).log()
    loss = (kl_weight * kl_of(mu, logvar) - logs.sum(1)).mean()
    parameters = list(model.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    optimizer.step()
    return loss.item()


@right("cvae-step")
def two_losses_backward(model, optimizer, images, labels, kl_weight=1.0):
    """The parts go backward one after the other; their gradients add up."""
    for parameter in model.parameters():
        parameter.grad = None
    reconstruction, mu, logvar = model.train()(images, labels)
    entropy, kl = bce(reconstruction, images), kl_weight * kl_of(mu, logvar).mean()
    entropy.backward(retain_graph=True)
    kl.backward()
    optimizer.step()
    return entropy.item() + kl.item()


@right("cvae-step")
def with_looks_before_and_after(model, optimizer, images, labels, kl_weight=1.0):
    with torch.no_grad():
        model.eval()(images, labels)
    model(images, labels)
    loss = library_step(model, optimizer, images, labels, kl_weight)
    with torch.no_grad():
        model.eval()(images, labels)
    return loss


@right("cvae-step")
def in_shuffled_micro_batches(model, optimizer, images, labels, kl_weight=1.0):
    model.train()
    optimizer.zero_grad()
    total = 0.0
    for part in torch.randperm(len(images), device=images.device).split(2):
        loss = cvae_loss(*ask(model, images[part], labels[part]), kl_weight)
        loss = loss * len(part) / len(images)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total
