"""Answers to exercise active-units."""

import numpy as np
import torch

from banks import right, wrong

# right


@right("active-units")
def variance(mu, threshold=0.01):
    return (mu.var(dim=0) > threshold).sum().item()


@right("active-units")
def biased_by_hand(mu, threshold=0.01):
    centered = mu - mu.mean(0, keepdim=True)
    return int((centered.square().mean(0) > threshold).sum())


@right("active-units")
def mean_of_squares_less_square_of_mean(mu, threshold=0.01):
    return sum(v > threshold for v in ((mu**2).mean(0) - mu.mean(0) ** 2).tolist())


@right("active-units")
def diagonal_of_the_covariance(mu, threshold=0.01):
    return torch.count_nonzero(torch.cov(mu.T).diagonal() > threshold).item()


@right("active-units")
def numpy_variance(mu, threshold=0.01):
    return int(np.sum(mu.detach().cpu().numpy().var(axis=0) > threshold))


@right("active-units")
def loop_over_columns(mu, threshold=0.01):
    active = 0
    for unit in range(mu.shape[1]):
        column = mu[:, unit]
        if column.var(unbiased=False) > threshold:
            active += 1
    return active


@right("active-units")
def selected_indices(mu, threshold=0.01):
    return len((mu.std(0) > threshold**0.5).nonzero())


@right("active-units")
def step_function(mu, threshold=0.01):
    variances, _ = torch.var_mean(mu.double(), 0)
    return round(float(torch.heaviside(variances - threshold, variances.new_zeros(())).nansum()))


# wrong


@wrong("active-units", "not attempted")
def stub(mu, threshold=0.01):
    raise NotImplementedError


@wrong("active-units", "forget a return")
def no_return(mu, threshold=0.01):
    variance(mu, threshold)


@wrong("active-units", "standard deviations above")
def deviation(mu, threshold=0.01):
    return int((mu.std(0) > threshold).sum())


@wrong("active-units", "a mean of squares is not it")
def mean_of_squares(mu, threshold=0.01):
    return int((mu.square().mean(0) > threshold).sum())


@wrong("active-units", "a constant mu is not active")
def mean_size(mu, threshold=0.01):
    return int((mu.abs().mean(0) > threshold).sum())


@wrong("active-units", "looks at the means of mu")
def size_of_the_mean(mu, threshold=0.01):
    return int((mu.mean(0).abs() > threshold).sum())


@wrong("active-units", "count over dim 0")
def variance_over_units(mu, threshold=0.01):
    return int((mu.var(dim=1) > threshold).sum())


@wrong("active-units", "columns of mu")
def variance_of_everything(mu, threshold=0.01):
    return int((mu.var() > threshold).sum())


@wrong("active-units", "the type Tensor")
def tensor(mu, threshold=0.01):
    return (mu.var(0) > threshold).sum()


@wrong("active-units", "the type Tensor")
def mask(mu, threshold=0.01):
    return mu.var(0) > threshold


@wrong("active-units", "the type bool")
def any_active(mu, threshold=0.01):
    return bool((mu.var(0) > threshold).any())


@wrong("active-units", "the type float")
def fraction(mu, threshold=0.01):
    return (mu.var(0) > threshold).float().mean().item()


@wrong("active-units", "a Python int was expected")
def count_as_float(mu, threshold=0.01):
    return (mu.var(0) > threshold).float().sum().item()


@wrong("active-units", "dimensions that are not active")
def inactive(mu, threshold=0.01):
    return int((mu.var(0) <= threshold).sum())


@wrong("active-units", "threshold that was handed over is ignored")
def threshold_ignored(mu, threshold=0.01):
    return variance(mu)


@wrong("active-units", "not that for 0.01")
def other_default(mu, threshold=0.5):
    return variance(mu, threshold)


@wrong("active-units", "every dimension that varies")
def any_change(mu, threshold=0.01):
    return int((mu.var(0) > 0).sum())


@wrong("active-units", "This counts every dimension")
def all_units(mu, threshold=0.01):
    return mu.shape[1]


@wrong("active-units", "has to exceed it")
def at_least(mu, threshold=0.01):
    return int((mu.var(0) >= threshold).sum())


@wrong("active-units", "0 counts as the default")
def zero_for_none(mu, threshold=None):
    return variance(mu, threshold or 0.01)


@wrong("active-units", "columns of mu")
def variance_of_steps(mu, threshold=0.01):
    return int((mu.diff(dim=0).var(0) > threshold).sum())


@wrong("active-units", "columns of mu")
def relative(mu, threshold=0.01):
    return int((mu.var(0) / mu.var(0).max() > threshold).sum())


@wrong("active-units", "columns of mu")
def principal_directions(mu, threshold=0.01):
    return int((torch.linalg.eigvalsh(torch.cov(mu.T, correction=0)) > threshold).sum())


@wrong("active-units", "With its inputs on a GPU")
def numpy_only(mu, threshold=0.01):
    return int((mu.numpy().var(axis=0) > threshold).sum())


@wrong("active-units", "With its inputs on a GPU")
def compared_on_the_cpu(mu, threshold=0.01):
    return int((mu.var(0) > torch.full((mu.shape[1],), threshold)).sum())


@wrong("active-units", "changes a tensor")
def centers_in_place(mu, threshold=0.01):
    mu -= mu.mean(0)
    return int((mu.square().mean(0) > threshold).sum())


@wrong("active-units", "With a single row nothing varies")
def inactive_subtracted(mu, threshold=0.01):
    return mu.shape[1] - int((mu.var(0) <= threshold).sum())


@wrong("active-units", "It prints")
def prints(mu, threshold=0.01):
    print(mu.var(0))
    return variance(mu, threshold)
