"""A Fréchet distance, and its parts, for the answers that take one of them from elsewhere."""

import torch


def expect_rows(*sets):
    if min(len(features) for features in sets) < 2:
        raise ValueError("A covariance takes at least 2 rows of features.")


def symmetric_root(matrix):
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def squares(a, b):
    return (a.mean(0) - b.mean(0)).square().sum()


def eigenvalues(cov_a, cov_b):
    return torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()


def covariance(x, correction=1):
    return torch.cov(x.T, correction=correction)


def measure(features_a, features_b, means=squares, cov=covariance, root=eigenvalues, twice=2):
    """The right answer, with one part exchanged."""
    expect_rows(features_a, features_b)
    a, b = features_a.double(), features_b.double()
    cov_a, cov_b = cov(a), cov(b)
    spread = cov_a.trace() + cov_b.trace() - twice * root(cov_a, cov_b)
    return max((means(a, b) + spread).item(), 0.0)
