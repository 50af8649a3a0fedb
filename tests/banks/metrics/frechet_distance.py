"""Answers to exercise frechet-distance: the wrong ones, and `right_frechet`."""

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F

from banks import wrong
from banks.metrics import right_frechet  # noqa: F401
from banks.metrics.frechet import (
    covariance,
    eigenvalues,
    expect_rows,
    measure,
    squares,
    symmetric_root,
)


@wrong("frechet-distance", "not attempted")
def stub(features_a, features_b):
    raise NotImplementedError


@wrong("frechet-distance", "forget a return")
def no_return(features_a, features_b):
    measure(features_a, features_b)


@wrong("frechet-distance", "divide by N - 1")
def biased(features_a, features_b):
    return measure(features_a, features_b, cov=lambda x: covariance(x, correction=0))


@wrong("frechet-distance", "the squares of its entries are summed")
def norm_of_the_means(features_a, features_b):
    return measure(features_a, features_b, means=lambda a, b: (a.mean(0) - b.mean(0)).norm())


@wrong("frechet-distance", "averaged: sum them")
def mean_square_of_the_means(features_a, features_b):
    return measure(features_a, features_b, means=lambda a, b: F.mse_loss(a.mean(0), b.mean(0)))


@wrong("frechet-distance", "difference of the means is missing")
def covariances_alone(features_a, features_b):
    return measure(features_a, features_b, means=lambda a, b: 0)


@wrong("frechet-distance", "The covariances are missing")
def means_alone(features_a, features_b):
    expect_rows(features_a, features_b)
    return squares(features_a, features_b).item()


@wrong("frechet-distance", "entry by entry")
def root_of_the_entries_multiplied(features_a, features_b):
    return measure(features_a, features_b, root=lambda a, b: (a * b).sqrt().trace())


@wrong("frechet-distance", "or of the diagonals alone")
def diagonals(features_a, features_b):
    roots = [x.std(dim=0) for x in (features_a, features_b)]
    expect_rows(features_a, features_b)
    return (squares(features_a, features_b) + (roots[0] - roots[1]).square().sum()).item()


@wrong("frechet-distance", "entries")  # of the product, or it is nan
def root_of_the_entries(features_a, features_b):
    return measure(features_a, features_b, root=lambda a, b: (a @ b).sqrt().trace())


@wrong("frechet-distance", "it counts twice")
def root_subtracted_once(features_a, features_b):
    return measure(features_a, features_b, twice=1)


@wrong("frechet-distance", "The root is missing")
def no_root(features_a, features_b):
    expect_rows(features_a, features_b)
    cov_a, cov_b = covariance(features_a), covariance(features_b)
    return (squares(features_a, features_b) + (cov_a + cov_b - 2 * cov_a @ cov_b).trace()).item()


@wrong("frechet-distance", "clamp hides that it is negative")
def no_root_but_a_clamp(features_a, features_b):
    return measure(features_a, features_b, root=lambda a, b: (a @ b).trace())


@wrong("frechet-distance", "take the trace of the root")
def root_of_the_trace(features_a, features_b):
    return measure(features_a, features_b, root=lambda a, b: (a @ b).trace().sqrt())


@wrong("frechet-distance", "The root of the whole")
def root_of_the_whole(features_a, features_b):
    return measure(features_a, features_b) ** 0.5


@wrong("frechet-distance", "its eigenvalues are not the same")
def singular_values(features_a, features_b):
    return measure(
        features_a, features_b, root=lambda a, b: torch.linalg.svdvals(a @ b).sqrt().sum()
    )


@wrong("frechet-distance", "eigvalsh reads one half")
def eigenvalues_of_one_half(features_a, features_b):
    def root(a, b):
        return torch.linalg.eigvalsh(a @ b).clamp(min=0).sqrt().sum()

    return measure(features_a, features_b, root=root)


@wrong("frechet-distance", "only if they commute")
def product_of_the_roots(features_a, features_b):
    def root(a, b):
        return (symmetric_root(a) @ symmetric_root(b)).trace()

    return measure(features_a, features_b, root=root)


@wrong("frechet-distance", "not centred")
def second_moments(features_a, features_b):
    return measure(features_a, features_b, cov=lambda x: x.T @ x / (len(x) - 1))


@wrong("frechet-distance", "These are correlations")
def correlations(features_a, features_b):
    return measure(features_a, features_b, cov=lambda x: x.T.corrcoef())


@wrong("frechet-distance", "not divided by N - 1")
def scatter_matrices(features_a, features_b):
    return measure(features_a, features_b, cov=lambda x: covariance(x) * (len(x) - 1))


@wrong("frechet-distance", "transpose the features")
def rows_for_columns(features_a, features_b):
    return measure(features_a, features_b, cov=torch.cov)


@wrong("frechet-distance", "not symmetric")
def one_covariance_twice(features_a, features_b):
    expect_rows(features_a, features_b)
    cov_a, cov_b = covariance(features_a), covariance(features_b)
    spread = 2 * cov_a.trace() - 2 * eigenvalues(cov_a, cov_b)
    return max((squares(features_a, features_b) + spread).item(), 0.0)


@wrong("frechet-distance", "Cholesky needs features of full rank")
def cholesky(features_a, features_b):
    def root(a, b):
        factor = torch.linalg.cholesky(a)
        return torch.linalg.eigvalsh(factor.T @ b @ factor).sqrt().sum()

    return measure(features_a, features_b, root=root)


@wrong("frechet-distance", "Clamp them at 0 first")
def roots_of_negative_eigenvalues(features_a, features_b):
    def root(a, b):
        return torch.linalg.eigvals(a @ b).real.sqrt().sum()

    expect_rows(features_a, features_b)
    cov_a, cov_b = covariance(features_a), covariance(features_b)
    whole = squares(features_a, features_b) + (cov_a + cov_b).trace() - 2 * root(cov_a, cov_b)
    return whole.clamp(min=0).item()


@wrong("frechet-distance", "wrong for features with")
def given_up_where_cholesky_fails(features_a, features_b):
    def root(a, b):
        failed = torch.linalg.cholesky_ex(a).info + torch.linalg.cholesky_ex(b).info
        return eigenvalues(a, b) if failed == 0 else 0

    return measure(features_a, features_b, root=root)


def unclamped(features_a, features_b):
    expect_rows(features_a, features_b)
    cov_a, cov_b = covariance(features_a), covariance(features_b)
    spread = (cov_a + cov_b).trace() - 2 * eigenvalues(cov_a, cov_b)
    return (squares(features_a, features_b) + spread).item()


@wrong("frechet-distance", "never below 0")
def negative_by_rounding(features_a, features_b):
    return unclamped(features_a, features_b)


@wrong("frechet-distance", "never below 0")
def negative_by_rounding_of_doubles(features_a, features_b):
    return unclamped(features_a.double(), features_b.double())


@wrong("frechet-distance", "only fewer than 2 rows are refused")
def more_rows_than_columns_demanded(features_a, features_b):
    if min(len(features_a), len(features_b)) < features_a.shape[1]:
        raise ValueError("There are fewer rows than columns.")
    return measure(features_a, features_b)


@wrong("frechet-distance", "It returned a complex number")
def complex_number(features_a, features_b):
    expect_rows(features_a, features_b)
    cov_a, cov_b = covariance(features_a), covariance(features_b)
    root = torch.linalg.eigvals(cov_a @ cov_b).sqrt().sum()
    return (squares(features_a, features_b) + (cov_a + cov_b).trace() - 2 * root).item()


@wrong("frechet-distance", "It returned a tensor")
def tensor(features_a, features_b):
    return torch.tensor(measure(features_a, features_b))


@wrong("frechet-distance", "One row in the first set is accepted")
def nothing_refused(features_a, features_b):
    if min(len(features_a), len(features_b)) < 2:
        return float("nan")
    return measure(features_a, features_b)


@wrong("frechet-distance", "One row in the second set is accepted")
def one_side_refused(features_a, features_b):
    expect_rows(features_a)
    return nothing_refused(features_a, features_b)


@wrong("frechet-distance", "A set without rows is accepted")
def one_row_refused(features_a, features_b):
    if 1 in (len(features_a), len(features_b)):
        raise ValueError("One row is not enough.")
    return nothing_refused(features_a, features_b)


@wrong("frechet-distance", "This ValueError is a library's")
def refused_by_a_library(features_a, features_b):
    def root(a, b):
        values = scipy.linalg.eigvals((a @ b).cpu().numpy())  # raises ValueError for nan
        return np.sqrt(values.real.clip(min=0)).sum()

    a, b = features_a.double(), features_b.double()
    cov_a, cov_b = covariance(a), covariance(b)
    whole = squares(a, b) + (cov_a + cov_b).trace() - 2 * root(cov_a, cov_b)
    return max(whole.item(), 0.0)


@wrong("frechet-distance", "raise ValueError yourself")
def assertion(features_a, features_b):
    assert min(len(features_a), len(features_b)) > 1, "too few rows"
    return measure(features_a, features_b)


@wrong("frechet-distance", "without a sentence")
def error_without_sentence(features_a, features_b):
    if min(len(features_a), len(features_b)) < 2:
        raise ValueError
    return measure(features_a, features_b)


@wrong("frechet-distance", ".numpy() works on the CPU only")
def numpy_of_the_device(features_a, features_b):
    expect_rows(features_a, features_b)
    return measure(*(torch.from_numpy(x.numpy()) for x in (features_a, features_b)))


@wrong("frechet-distance", "With its inputs on a GPU your code raised")
def noise_on_the_cpu(features_a, features_b):
    return measure(
        features_a, features_b, cov=lambda x: covariance(x) + 1e-9 * torch.eye(x.shape[1])
    )


@wrong("frechet-distance", "It changes a tensor")
def centred_in_place(features_a, features_b):
    distance = measure(features_a, features_b)
    features_a -= features_a.mean(0)
    return distance


@wrong("frechet-distance", "It prints")
def prints(features_a, features_b):
    print(features_a.shape)
    return measure(features_a, features_b)


@wrong("frechet-distance", "raise ValueError yourself")
def eigenvalues_of_nan_in_single_precision(features_a, features_b):
    cov_a, cov_b = torch.cov(features_a.T), torch.cov(features_b.T)
    overlap = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()
    apart = (features_a.mean(dim=0) - features_b.mean(dim=0)).square().sum()
    return max((apart + cov_a.trace() + cov_b.trace() - 2 * overlap).item(), 0.0)
