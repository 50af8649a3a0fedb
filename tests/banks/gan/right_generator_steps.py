"""Right answers to exercise generator-step."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right


def loss_of(logits):
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))


def draw(g, batch_size, latent_dim, num_classes):
    device = next(g.parameters()).device
    z = torch.randn(batch_size, latent_dim, device=device)
    return z, torch.randint(num_classes, (batch_size,), device=device)


@right("generator-step")
def library_step(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    d.train()
    opt.zero_grad()
    z, labels = draw(g, batch_size, latent_dim, num_classes)
    loss = loss_of(d(g(z, labels), labels))
    loss.backward()
    opt.step()
    return loss.item()


@right("generator-step")
def discriminator_frozen_meanwhile(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    for parameter in d.parameters():
        parameter.requires_grad = False
    device = next(iter(g.state_dict().values())).device
    z = torch.normal(0.0, 1.0, (batch_size, latent_dim)).to(device)
    labels = torch.multinomial(torch.ones(num_classes), batch_size, replacement=True).to(device)
    loss = F.softplus(-d(g(z, labels), labels)).mean()
    opt.zero_grad(set_to_none=False)
    loss.backward()
    opt.step()
    for parameter in d.parameters():
        parameter.requires_grad = True
    return float(loss.detach())


@right("generator-step")
def balanced_labels(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    g.zero_grad()
    device = next(g.parameters()).device
    in_turn = torch.arange(batch_size, device=device) % num_classes
    labels = in_turn[torch.randperm(batch_size, device=device)]
    z = torch.empty(batch_size, latent_dim, device=device).normal_()
    logits = d(g(z, labels), labels).squeeze(1)
    loss = nn.BCEWithLogitsLoss()(logits, torch.ones(batch_size, device=device))
    loss.backward()
    d.zero_grad()
    opt.step()
    return loss.tolist()


@right("generator-step")
def closure(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    z, labels = draw(g, batch_size, latent_dim, num_classes)

    def evaluate():
        opt.zero_grad()
        loss = -F.logsigmoid(d(g(z, labels), labels)).mean()
        loss.backward()
        return loss

    return opt.step(evaluate).item()


@right("generator-step")
def gradients_by_hand(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    d.eval()
    z, labels = draw(g, batch_size, latent_dim, num_classes)
    parameters = list(g.parameters())
    loss = -d(g(z, labels), labels).sigmoid().log().sum() / batch_size
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = gradient
    opt.step()
    opt.zero_grad()
    d.train()
    return loss.item()


@right("generator-step")
def discriminator_as_a_function(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    d.train()
    z, labels = draw(g, batch_size, latent_dim, num_classes)
    values = {name: value.detach() for name, value in d.named_parameters()}
    logits = torch.func.functional_call(d, values, (g(z, labels), labels))
    loss = torch.logaddexp(-logits, torch.zeros_like(logits)).mean()
    for parameter in g.parameters():
        parameter.grad = None
    loss.backward()
    opt.step()
    return loss.item()


@right("generator-step")
def with_looks_before_and_after(g, d, opt, batch_size, latent_dim, num_classes):
    z, labels = draw(g, batch_size, latent_dim, num_classes)
    d(g(z, labels), labels)
    loss = library_step(g, d, opt, batch_size, latent_dim, num_classes)
    z, labels = draw(g, batch_size, latent_dim, num_classes)
    with torch.no_grad():
        d.eval()(g.eval()(z, labels), labels)
    return loss


@right("generator-step")
def in_micro_batches(g, d, opt, batch_size, latent_dim, num_classes):
    g.train()
    opt.zero_grad()
    total = 0.0
    for size in (batch_size // 2, batch_size - batch_size // 2):
        if size:
            z, labels = draw(g, size, latent_dim, num_classes)
            loss = loss_of(d(g(z, labels), labels)) * size / batch_size
            loss.backward()
            total += loss.item()
    opt.step()
    return total
