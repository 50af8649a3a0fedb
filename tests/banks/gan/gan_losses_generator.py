"""Answers to exercise gan-losses/generator."""

import torch
import torch.nn.functional as F
from torch import nn

from banks import right, wrong

# right


@right("gan-losses/generator")
def library(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))


@right("gan-losses/generator")
def softplus(fake_logits):
    return F.softplus(-fake_logits).mean()


@right("gan-losses/generator")
def logsigmoid(fake_logits):
    return -nn.LogSigmoid()(fake_logits).sum() / len(fake_logits)


@right("gan-losses/generator")
def module_and_new_ones(fake_logits):
    return nn.BCEWithLogitsLoss()(fake_logits.squeeze(1), fake_logits.new_ones(len(fake_logits)))


@right("gan-losses/generator")
def written_out(fake_logits):
    x = fake_logits.flatten()
    return torch.mean(torch.clamp(-x, min=0) + torch.log1p(torch.exp(-torch.abs(x))))


@right("gan-losses/generator")
def logsumexp(fake_logits):
    both = torch.cat([torch.zeros_like(fake_logits), -fake_logits], dim=1)
    return both.logsumexp(dim=1).mean()


@right("gan-losses/generator")
def two_classes(fake_logits):
    targets = torch.zeros(len(fake_logits), dtype=torch.long, device=fake_logits.device)
    return F.cross_entropy(F.pad(fake_logits, (0, 1)), targets)


# wrong


@wrong("gan-losses/generator", "not attempted")
def stub(fake_logits):
    raise NotImplementedError


@wrong("gan-losses/generator", "the saturating loss")
def saturating(fake_logits):
    return -F.softplus(fake_logits).mean()


@wrong("gan-losses/generator", "the saturating loss")
def saturating_with_sigmoid(fake_logits):
    return torch.log(1 - torch.sigmoid(fake_logits)).mean()


@wrong("gan-losses/generator", "The target is 0")
def swapped(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))


@wrong("gan-losses/generator", "one term only")
def halved(fake_logits):
    return library(fake_logits) / 2


@wrong("gan-losses/generator", "take its mean")
def summed(fake_logits):
    return F.softplus(-fake_logits).sum()


@wrong("gan-losses/generator", "one sigmoid too many")
def sigmoid_twice(fake_logits):
    return library(fake_logits.sigmoid())


@wrong("gan-losses/generator", "takes probabilities, and these are logits")
def raw_logits(fake_logits):
    return F.binary_cross_entropy(fake_logits, torch.ones_like(fake_logits))


@wrong("gan-losses/generator", "Logits are not probabilities")
def log_of_logits(fake_logits):
    return -fake_logits.log().mean()


@wrong("gan-losses/generator", "whose log ends at -100")
def clamped_by_the_library(fake_logits):
    probabilities = fake_logits.sigmoid()
    return F.binary_cross_entropy(probabilities, torch.ones_like(probabilities))


@wrong("gan-losses/generator", "the gradient is lost")
def probabilities_clamped(fake_logits):
    return -fake_logits.sigmoid().clamp(1e-6, 1 - 1e-6).log().mean()


@wrong("gan-losses/generator", "the loss is not finite")
def log_of_sigmoid(fake_logits):
    return -fake_logits.sigmoid().log().mean()


@wrong("gan-losses/generator", "the loss is not finite")
def exponential(fake_logits):
    return (1 + (-fake_logits).exp()).log().mean()


@wrong("gan-losses/generator", "never negative")
def negative(fake_logits):
    return -library(fake_logits)


@wrong("gan-losses/generator", "label smoothing")
def smoothed(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.full_like(fake_logits, 0.9))


@wrong("gan-losses/generator", "least-squares")
def least_squares(fake_logits):
    return F.mse_loss(fake_logits, torch.ones_like(fake_logits))


@wrong("gan-losses/generator", "minus the mean of the logits")
def critic(fake_logits):
    return -fake_logits.mean()


@wrong("gan-losses/generator", "a tensor was expected")
def a_float(fake_logits):
    return library(fake_logits).item()


@wrong("gan-losses/generator", "No gradient reaches the logits")
def a_new_tensor(fake_logits):
    return torch.tensor(library(fake_logits).item())


@wrong("gan-losses/generator", "torch.ones_like")
def targets_on_the_cpu(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones(len(fake_logits), 1))


@wrong("gan-losses/generator", "whatever the size of the batch")
def fixed_batch_size(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, torch.ones(64, 1))


@wrong("gan-losses/generator", "One value per sample")
def per_sample(fake_logits):
    return F.softplus(-fake_logits)


@wrong("gan-losses/generator", "forget a return")
def no_return(fake_logits):
    library(fake_logits)


@wrong("gan-losses/generator", "It prints")
def prints(fake_logits):
    print(fake_logits.mean())
    return library(fake_logits)


@wrong("gan-losses/generator", "The target is a tensor like the logits")
def a_number_for_the_targets(fake_logits):
    return F.binary_cross_entropy_with_logits(fake_logits, 1.0)


@wrong("gan-losses/generator", "logits first, targets second")
def arguments_swapped(fake_logits):
    return F.binary_cross_entropy_with_logits(torch.ones_like(fake_logits), fake_logits)
