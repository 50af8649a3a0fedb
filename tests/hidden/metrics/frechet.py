"""What the hidden tests of both Fréchet exercises share: the distance, in double precision."""

import torch


def moments(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean (F,) and the covariance (F, F), with N - 1, as doubles."""
    mean = features.double().mean(dim=0)
    centred = features.double() - mean
    return mean, centred.T @ centred / (len(features) - 1)


def root(matrix: torch.Tensor) -> torch.Tensor:
    """The root of a symmetric matrix without negative eigenvalues."""
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ values.clamp(min=0).sqrt().diag() @ vectors.T


def trace_of_root(cov_a: torch.Tensor, cov_b: torch.Tensor) -> torch.Tensor:
    """tr (Sa Sb)^½: the symmetric Sa^½ Sb Sa^½ has the eigenvalues of Sa Sb."""
    half = root(cov_a)
    return torch.linalg.eigvalsh(half @ cov_b @ half).clamp(min=0).sqrt().sum()


def traces(features_a: torch.Tensor, features_b: torch.Tensor) -> torch.Tensor:
    """tr Sa + tr Sb, which tolerances are shares of."""
    return moments(features_a)[1].trace() + moments(features_b)[1].trace()


def frechet(features_a: torch.Tensor, features_b: torch.Tensor) -> torch.Tensor:
    """The Fréchet distance, a double without dimensions."""
    (mean_a, cov_a), (mean_b, cov_b) = moments(features_a), moments(features_b)
    spread = (cov_a + cov_b).trace() - 2 * trace_of_root(cov_a, cov_b)
    return ((mean_a - mean_b).square().sum() + spread).clamp(min=0)
