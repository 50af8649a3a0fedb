"""Right answers to exercise frechet-distance."""

import numpy as np
import scipy.linalg
import torch
import torch.nn.functional as F
from torchmetrics.image import fid

from banks import right
from banks.metrics.frechet import expect_rows, symmetric_root


@right("frechet-distance")
def eigenvalues_in_single_precision(features_a, features_b):
    expect_rows(features_a, features_b)
    mean = (features_a.mean(0) - features_b.mean(0)).pow(2).sum()
    cov_a, cov_b = torch.cov(features_a.T), torch.cov(features_b.T)
    root = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()
    return max(0.0, (mean + cov_a.trace() + cov_b.trace() - 2 * root).item())


@right("frechet-distance")
def symmetric_product(features_a, features_b):
    if features_a.shape[0] < 2:
        raise ValueError("features_a has fewer than 2 rows.")
    if features_b.shape[0] < 2:
        raise ValueError("features_b has fewer than 2 rows.")
    a, b = features_a.double(), features_b.double()
    cov_a, cov_b = a.T.cov(), b.T.cov()
    half = symmetric_root(cov_a)
    roots = torch.linalg.eigvalsh(half @ cov_b @ half).clamp(min=0).sqrt()
    spread = torch.trace(cov_a + cov_b) - 2 * roots.sum()
    return float((F.mse_loss(a.mean(0), b.mean(0), reduction="sum") + spread).clamp(min=0))


@right("frechet-distance")
def nuclear_norm_of_the_roots(features_a, features_b):
    expect_rows(features_a, features_b)
    half_a, half_b = (symmetric_root(torch.cov(x.T)) for x in (features_a, features_b))
    overlap = torch.linalg.matrix_norm(half_a @ half_b, ord="nuc")
    means = torch.dist(features_a.mean(dim=0), features_b.mean(dim=0)) ** 2
    return torch.relu(means + half_a.norm() ** 2 + half_b.norm() ** 2 - 2 * overlap).item()


@right("frechet-distance")
def nuclear_norm_of_the_centred_data(features_a, features_b):
    expect_rows(features_a, features_b)
    a, b = features_a.double(), features_b.double()
    centred_a = (a - a.mean(0)) / (len(a) - 1) ** 0.5
    centred_b = (b - b.mean(0)) / (len(b) - 1) ** 0.5
    overlap = torch.linalg.svdvals(centred_a @ centred_b.T).sum()
    spread = centred_a.square().sum() + centred_b.square().sum() - 2 * overlap
    return max(((a.mean(0) - b.mean(0)).square().sum() + spread).item(), 0.0)


@right("frechet-distance")
def scipy_root(features_a, features_b):
    expect_rows(features_a, features_b)
    a, b = (x.detach().cpu().numpy().astype(np.float64) for x in (features_a, features_b))
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(cov_a @ cov_b)
    if not np.isfinite(root).all():
        offset = 1e-6 * np.eye(len(cov_a))
        root = scipy.linalg.sqrtm((cov_a + offset) @ (cov_b + offset))
    difference = a.mean(axis=0) - b.mean(axis=0)
    whole = difference @ difference + np.trace(cov_a) + np.trace(cov_b) - 2 * np.trace(root).real
    return max(0, float(whole))


@right("frechet-distance")
def numpy_eigenvalues(features_a, features_b):
    sets = [x.cpu().numpy() for x in (features_a, features_b)]
    expect_rows(*sets)
    (mean_a, cov_a), (mean_b, cov_b) = ((x.mean(0), np.cov(x.T, ddof=1)) for x in sets)
    root = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).astype(complex)).real.sum()
    whole = np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a + cov_b) - 2 * root
    return np.maximum(np.float64(whole), 0.0)


@right("frechet-distance")
def pieces_of_torchmetrics(features_a, features_b):
    expect_rows(features_a, features_b)
    a, b = features_a.double(), features_b.double()
    value = fid._compute_fid(a.mean(0), torch.cov(a.T), b.mean(0), torch.cov(b.T))
    return abs(value.item())


@right("frechet-distance")
def rotated_onto_each_other(features_a, features_b):
    expect_rows(features_a, features_b)
    half_a, half_b = (symmetric_root(x.double().T.cov()) for x in (features_a, features_b))
    left, _, right_ = torch.linalg.svd(half_a @ half_b)
    turned = half_b @ (left @ right_).T  # no negative result: a sum of squares
    means = features_a.double().mean(0) - features_b.double().mean(0)
    return (means.square().sum() + (half_a - turned).square().sum()).item()


@right("frechet-distance")
def cholesky_with_a_little_noise(features_a, features_b):
    expect_rows(features_a, features_b)
    a, b = features_a.double(), features_b.double()
    cov_a, cov_b = torch.cov(a.T), torch.cov(b.T)
    factor = torch.linalg.cholesky(cov_a + 1e-6 * torch.eye(len(cov_a)).to(cov_a))
    root = torch.linalg.eigvalsh(factor.T @ cov_b @ factor).clamp_min(0).sqrt().sum()
    means = (a.mean(0) - b.mean(0)).norm().square()
    return max((means + cov_a.trace() + cov_b.trace() - 2 * root).item(), 0.0)


@right("frechet-distance")
def gram_matrix(features_a, features_b):
    rows = len(features_a), len(features_b)
    if rows[0] <= 1 or rows[1] <= 1:
        raise ValueError(f"Two rows or more are needed, not {rows}.")
    var_a, mean_a = torch.var_mean(features_a, dim=0)
    var_b, mean_b = torch.var_mean(features_b, dim=0)
    cross = (features_a - mean_a).double() @ (features_b - mean_b).double().T
    cross /= ((rows[0] - 1) * (rows[1] - 1)) ** 0.5
    overlap = torch.linalg.eigvalsh(cross @ cross.mT).relu().sqrt().sum()
    return float(
        F.relu((mean_a - mean_b) @ (mean_a - mean_b) + (var_a + var_b).sum() - 2 * overlap)
    )
