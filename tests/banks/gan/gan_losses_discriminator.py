"""Answers to exercise gan-losses/discriminator."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong

# right


@right("gan-losses/discriminator")
def library(real_logits, fake_logits):
    real = F.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    fake = F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return (real + fake) / 2


@right("gan-losses/discriminator")
def softplus(real_logits, fake_logits):
    return 0.5 * (F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean())


@right("gan-losses/discriminator")
def logsigmoid(real_logits, fake_logits):
    return -(F.logsigmoid(real_logits).mean() + F.logsigmoid(-fake_logits).mean()) / 2


@right("gan-losses/discriminator")
def module_and_new_full(real_logits, fake_logits):
    criterion = nn.BCEWithLogitsLoss()
    losses = [
        criterion(logits, logits.new_full(logits.shape, target))
        for logits, target in ((real_logits, 1.0), (fake_logits, 0.0))
    ]
    return torch.stack(losses).mean()


@right("gan-losses/discriminator")
def written_out(real_logits, fake_logits):
    def entropy(x, t):
        return (x.relu() - x * t + torch.log1p(torch.exp(-x.abs()))).mean()

    return entropy(real_logits, 1) / 2 + entropy(fake_logits, 0) / 2


@right("gan-losses/discriminator")
def joined_and_weighted(real_logits, fake_logits):
    n, m = len(real_logits), len(fake_logits)
    logits = torch.cat([real_logits, fake_logits]).squeeze(1)
    targets = torch.tensor([1.0] * n + [0.0] * m, device=logits.device)
    weights = torch.tensor([0.5 / n] * n + [0.5 / m] * m, device=logits.device)
    return F.binary_cross_entropy_with_logits(logits, targets, weights, reduction="sum")


@right("gan-losses/discriminator")
def logaddexp(real_logits, fake_logits):
    zero = real_logits.new_zeros(())
    real = torch.logaddexp(zero, -real_logits).sum() / real_logits.numel()
    fake = torch.logaddexp(zero, fake_logits).sum() / fake_logits.numel()
    return torch.lerp(real, fake, 0.5)


@right("gan-losses/discriminator")
def two_classes(real_logits, fake_logits):
    def entropy(logits, target):
        both = F.pad(logits, (1, 0))
        targets = torch.full_like(logits[:, 0], target, dtype=torch.long)
        return F.cross_entropy(both, targets)

    return (entropy(real_logits, 1) + entropy(fake_logits, 0)).div(2)


# wrong


@wrong("gan-losses/discriminator", "not attempted")
def stub(real_logits, fake_logits):
    raise NotImplementedError


@wrong("gan-losses/discriminator", "not halved")
def not_halved(real_logits, fake_logits):
    return 2 * library(real_logits, fake_logits)


@wrong("gan-losses/discriminator", "targets are swapped")
def swapped(real_logits, fake_logits):
    return library(fake_logits, real_logits)


@wrong("gan-losses/discriminator", "that is the generator's wish")
def both_real(real_logits, fake_logits):
    return (F.softplus(-real_logits).mean() + F.softplus(-fake_logits).mean()) / 2


@wrong("gan-losses/discriminator", "one mean over both batches")
def one_mean(real_logits, fake_logits):
    logits = torch.cat([real_logits, fake_logits])
    targets = torch.cat([torch.ones_like(real_logits), torch.zeros_like(fake_logits)])
    return F.binary_cross_entropy_with_logits(logits, targets)


@wrong("gan-losses/discriminator", "take its mean")
def summed(real_logits, fake_logits):
    return 0.5 * (F.softplus(-real_logits).sum() + F.softplus(fake_logits).sum())


@wrong("gan-losses/discriminator", "one sigmoid too many")
def sigmoid_twice(real_logits, fake_logits):
    return library(torch.sigmoid(real_logits), torch.sigmoid(fake_logits))


@wrong("gan-losses/discriminator", "takes probabilities, and these are logits")
def raw_logits(real_logits, fake_logits):
    real = F.binary_cross_entropy(real_logits, torch.ones_like(real_logits))
    fake = F.binary_cross_entropy(fake_logits, torch.zeros_like(fake_logits))
    return (real + fake) / 2


@wrong("gan-losses/discriminator", "Logits are not probabilities")
def log_of_logits(real_logits, fake_logits):
    return -(real_logits.log().mean() + (1 - fake_logits).log().mean()) / 2


@wrong("gan-losses/discriminator", "whose log ends at -100")
def clamped_by_the_library(real_logits, fake_logits):
    real, fake = real_logits.sigmoid(), fake_logits.sigmoid()
    loss = F.binary_cross_entropy(real, torch.ones_like(real))
    return (loss + F.binary_cross_entropy(fake, torch.zeros_like(fake))) / 2


@wrong("gan-losses/discriminator", "the gradient is lost")
def epsilon_in_the_log(real_logits, fake_logits):
    real, fake = real_logits.sigmoid(), fake_logits.sigmoid()
    return -((real + 1e-8).log().mean() + (1 - fake + 1e-8).log().mean()) / 2


@wrong("gan-losses/discriminator", "the gradient is lost")
def logits_clamped(real_logits, fake_logits):
    return library(real_logits.clamp(-50, 50), fake_logits.clamp(-50, 50))


@wrong("gan-losses/discriminator", "the loss is not finite")
def log_of_sigmoid(real_logits, fake_logits):
    return -(real_logits.sigmoid().log().mean() + (1 - fake_logits.sigmoid()).log().mean()) / 2


@wrong("gan-losses/discriminator", "the gradient is not finite")
def nan_replaced(real_logits, fake_logits):
    def entropy(x):
        return torch.where(x > 50, x, torch.log(1 + torch.exp(x)))

    return (entropy(-real_logits).mean() + entropy(fake_logits).mean()) / 2


@wrong("gan-losses/discriminator", "fake logits are missing")
def real_only(real_logits, fake_logits):
    return F.softplus(-real_logits).mean()


@wrong("gan-losses/discriminator", "real logits are missing")
def fake_only(real_logits, fake_logits):
    return F.softplus(fake_logits).mean()


@wrong("gan-losses/discriminator", "never negative")
def negative(real_logits, fake_logits):
    return -library(real_logits, fake_logits)


@wrong("gan-losses/discriminator", "label smoothing")
def smoothed(real_logits, fake_logits):
    real = F.binary_cross_entropy_with_logits(real_logits, torch.full_like(real_logits, 0.9))
    return (real + F.softplus(fake_logits).mean()) / 2


@wrong("gan-losses/discriminator", "least-squares")
def least_squares(real_logits, fake_logits):
    return 0.5 * ((real_logits - 1) ** 2).mean() + 0.5 * (fake_logits**2).mean()


@wrong("gan-losses/discriminator", "a tensor was expected")
def a_float(real_logits, fake_logits):
    return library(real_logits, fake_logits).item()


@wrong("gan-losses/discriminator", "No gradient reaches the logits")
def detached(real_logits, fake_logits):
    return library(real_logits, fake_logits).detach()


@wrong("gan-losses/discriminator", "is the step's work")
def fakes_detached(real_logits, fake_logits):
    return library(real_logits, fake_logits.detach())


@wrong("gan-losses/discriminator", "torch.ones_like")
def targets_on_the_cpu(real_logits, fake_logits):
    ones, zeros = torch.ones(len(real_logits), 1), torch.zeros(len(fake_logits), 1)
    real = F.binary_cross_entropy_with_logits(real_logits, ones)
    return (real + F.binary_cross_entropy_with_logits(fake_logits, zeros)) / 2


@wrong("gan-losses/discriminator", "whatever the size of the batch")
def targets_of_the_real_batch(real_logits, fake_logits):
    ones = torch.ones_like(real_logits)
    real = F.binary_cross_entropy_with_logits(real_logits, ones)
    return (real + F.binary_cross_entropy_with_logits(fake_logits, ones - 1)) / 2


@wrong("gan-losses/discriminator", "One value per sample")
def per_sample(real_logits, fake_logits):
    return F.softplus(-real_logits) + F.softplus(fake_logits).mean()


@wrong("gan-losses/discriminator", "changes a tensor")
def in_place(real_logits, fake_logits):
    if not real_logits.requires_grad:
        real_logits.neg_()
        return 0.5 * (F.softplus(real_logits).mean() + F.softplus(fake_logits).mean())
    return library(real_logits, fake_logits)


@wrong("gan-losses/discriminator", "It prints")
def prints(real_logits, fake_logits):
    loss = library(real_logits, fake_logits)
    print(loss)
    return loss


@wrong("gan-losses/discriminator", "forget a return")
def no_return(real_logits, fake_logits):
    library(real_logits, fake_logits)


@wrong("gan-losses/discriminator", "The target is a tensor like the logits")
def numbers_for_targets(real_logits, fake_logits):
    real = F.binary_cross_entropy_with_logits(real_logits, 1)
    return (real + F.binary_cross_entropy_with_logits(fake_logits, 0)) / 2


@wrong("gan-losses/discriminator", "logits first, targets second")
def arguments_swapped(real_logits, fake_logits):
    real = F.binary_cross_entropy_with_logits(torch.ones_like(real_logits), real_logits)
    fake = F.binary_cross_entropy_with_logits(torch.zeros_like(fake_logits), fake_logits)
    return (real + fake) / 2
