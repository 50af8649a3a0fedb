"""Answers to exercise thickness-levels."""

import numpy as np
import torch

from banks import right, wrong


def inner_edges(thickness, num_levels):
    fractions = torch.arange(1, num_levels, device=thickness.device) / num_levels
    return torch.quantile(thickness, fractions)


# right


@right("thickness-levels")
def bucketize_quantiles(thickness, num_levels=3):
    fractions = torch.linspace(0, 1, num_levels + 1, device=thickness.device)[1:-1]
    return torch.bucketize(thickness, torch.quantile(thickness, fractions))


@right("thickness-levels")
def right_edges(thickness, num_levels=3):
    return torch.searchsorted(inner_edges(thickness, num_levels), thickness, right=True)


@right("thickness-levels")
def edges_one_by_one(thickness, num_levels=3):
    levels = torch.zeros_like(thickness, dtype=torch.int64)
    for level in range(1, num_levels):
        levels += thickness > thickness.quantile(level / num_levels)
    return levels


@right("thickness-levels")
def numpy_quantiles(thickness, num_levels=3):
    values = thickness.detach().cpu().numpy()
    edges = np.quantile(values, [level / num_levels for level in range(1, num_levels)])
    return torch.from_numpy(np.digitize(values, edges)).long().to(thickness.device)


@right("thickness-levels")
def count_of_thinner_ones(thickness, num_levels=3):
    thinner = (thickness[None] < thickness[:, None]).sum(1)
    return thinner * num_levels // thickness.numel()


@right("thickness-levels")
def place_of_the_first_equal(thickness, num_levels=3):
    ranks = torch.searchsorted(thickness.sort().values, thickness)
    return torch.div(ranks * num_levels, len(thickness), rounding_mode="floor")


@right("thickness-levels")
def ranks_of_the_different_values(thickness, num_levels=3):
    values, ranks = torch.unique(thickness, return_inverse=True)
    return (ranks * num_levels) // len(values)


@right("thickness-levels")
def edges_from_the_sorted_values(thickness, num_levels=3):
    ordered = sorted(thickness.tolist())
    first = [ordered[level * len(ordered) // num_levels] for level in range(1, num_levels)]
    levels = [sum(value >= edge for edge in first) for value in thickness.tolist()]
    return torch.tensor(levels, device=thickness.device)


@right("thickness-levels")
def mean_rank_of_equal_values(thickness, num_levels=3):
    below = (thickness[:, None] > thickness).sum(1)
    equal = (thickness[:, None] == thickness).sum(1)
    middle = (below + (equal - 1) / 2) / len(thickness)
    return (middle * num_levels + 1e-4).floor().clamp(max=num_levels - 1).to(torch.int64)


# wrong


@wrong("thickness-levels", "not attempted")
def stub(thickness, num_levels=3):
    raise NotImplementedError


@wrong("thickness-levels", "forget a return")
def no_return(thickness, num_levels=3):
    bucketize_quantiles(thickness, num_levels)


@wrong("thickness-levels", "bins of equal width")
def equal_width(thickness, num_levels=3):
    low, high = thickness.min(), thickness.max()
    share = (thickness - low) / (high - low).clamp(min=1e-6)
    return (share * num_levels).long().clamp(max=num_levels - 1)


@wrong("thickness-levels", "0 is the thinnest")
def thickest_first(thickness, num_levels=3):
    return num_levels - 1 - right_edges(thickness, num_levels)


@wrong("thickness-levels", "count from 1")
def levels_from_one(thickness, num_levels=3):
    return bucketize_quantiles(thickness, num_levels) + 1


@wrong("thickness-levels", "one level too many")
def outer_edges_too(thickness, num_levels=3):
    fractions = torch.linspace(0, 1, num_levels + 1, device=thickness.device)
    return torch.bucketize(thickness, torch.quantile(thickness, fractions))


@wrong("thickness-levels", "one level too many")
def largest_has_its_own_level(thickness, num_levels=3):
    fractions = torch.linspace(0, 1, num_levels + 1, device=thickness.device)
    return torch.bucketize(thickness, torch.quantile(thickness, fractions), right=True) - 1


@wrong("thickness-levels", "its inverse is needed")
def argsort_once(thickness, num_levels=3):
    return thickness.argsort() * num_levels // len(thickness)


@wrong("thickness-levels", "Equal values got different levels")
def ranks_split_ties(thickness, num_levels=3):
    return thickness.argsort(stable=True).argsort() * num_levels // len(thickness)


@wrong("thickness-levels", "in sorted order")
def order_lost(thickness, num_levels=3):
    return bucketize_quantiles(thickness.sort().values, num_levels)


@wrong("thickness-levels", "not int64")
def floats(thickness, num_levels=3):
    return bucketize_quantiles(thickness, num_levels).float()


@wrong("thickness-levels", "not int64")
def short_integers(thickness, num_levels=3):
    return torch.bucketize(thickness, inner_edges(thickness, num_levels), out_int32=True)


@wrong("thickness-levels", "three levels whatever num_levels is")
def always_three(thickness, num_levels=3):
    return bucketize_quantiles(thickness)


@wrong("thickness-levels", "its default is 3")
def other_default(thickness, num_levels=4):
    return bucketize_quantiles(thickness, num_levels)


@wrong("thickness-levels", "The rest is not spread")
def rest_in_the_last_level(thickness, num_levels=3):
    thinner = (thickness[None] < thickness[:, None]).sum(1)
    return (thinner // (len(thickness) // num_levels)).clamp(max=num_levels - 1)


@wrong("thickness-levels", "The rest is not spread")
def last_level_too_small(thickness, num_levels=3):
    thinner = (thickness[None] < thickness[:, None]).sum(1)
    return thinner // -(-len(thickness) // num_levels)


@wrong("thickness-levels", "just above each edge")
def edge_in_the_wrong_bin(thickness, num_levels=3):
    fractions = torch.arange(1, num_levels, device=thickness.device) / num_levels
    edges = torch.quantile(thickness, fractions, interpolation="higher")
    return torch.bucketize(thickness, edges)


@wrong("thickness-levels", "come from the mean and the standard deviation")
def mean_and_deviation(thickness, num_levels=3):
    steps = torch.arange(1, num_levels, device=thickness.device) - num_levels / 2
    return torch.bucketize(thickness, thickness.mean() + thickness.std() * steps)


@wrong("thickness-levels", "the thinnest third into level 0")
def fixed_thresholds(thickness, num_levels=3):
    return torch.bucketize(thickness, torch.tensor([0.5, 1.0], device=thickness.device))


@wrong("thickness-levels", "These are the edges")
def edges_only(thickness, num_levels=3):
    return inner_edges(thickness, num_levels)


@wrong("thickness-levels", "not a one-hot row")
def one_hot_levels(thickness, num_levels=3):
    return torch.nn.functional.one_hot(right_edges(thickness, num_levels), num_levels)


@wrong("thickness-levels", "With its inputs on a GPU")
def fractions_on_the_cpu(thickness, num_levels=3):
    fractions = torch.linspace(0, 1, num_levels + 1)[1:-1]
    return torch.bucketize(thickness, torch.quantile(thickness, fractions))


@wrong("thickness-levels", "the result is on the CPU")
def result_on_the_cpu(thickness, num_levels=3):
    return torch.tensor(bucketize_quantiles(thickness, num_levels).tolist())


@wrong("thickness-levels", "that is no error")
def edges_must_differ(thickness, num_levels=3):
    edges = inner_edges(thickness, num_levels)
    if len(edges.unique()) < len(edges):
        raise ValueError("edges must be unique")
    return torch.bucketize(thickness, edges)


@wrong("thickness-levels", "changes a tensor")
def sorts_in_place(thickness, num_levels=3):
    levels = bucketize_quantiles(thickness, num_levels)
    thickness.copy_(thickness.sort().values)
    return levels


@wrong("thickness-levels", "It prints")
def prints(thickness, num_levels=3):
    print(thickness.mean())
    return bucketize_quantiles(thickness, num_levels)
