"""γ and β of a module whose parameters are unknown, read off its outputs γ · x̂ + β."""

from typing import NamedTuple

import torch


class Tables(NamedTuple):
    """γ and β per condition and channel, each (G, F).

    ``error`` says how far the outputs are from γ · x̂ + β, relative to their size.
    """

    gamma: torch.Tensor
    beta: torch.Tensor
    error: float

    @property
    def exact(self) -> bool:
        """Whether the outputs are γ · x̂ + β up to rounding."""
        return self.error < 1e-4

    def applied(self, normalized: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
        """γ · x̂ + β for other values of x̂."""
        gamma, beta = (table[groups].unsqueeze(-1) for table in (self.gamma, self.beta))
        return (gamma * _pixels(normalized) + beta).view(normalized.shape).float()


def fit(normalized: torch.Tensor, outputs: torch.Tensor, groups: torch.Tensor) -> Tables:
    """Least squares: γ and β for x̂ ``normalized`` (B, F, ...) and ``outputs`` of its shape.

    ``groups`` (B,) numbers the condition of each sample, from 0; each number occurs.
    Raises ValueError for outputs of another shape.
    """
    if outputs.shape != normalized.shape:
        raise ValueError(f"the outputs have the shape {tuple(outputs.shape)}")
    x, y = _pixels(normalized), _pixels(outputs)
    gamma, beta = [], []
    for group in range(int(groups.max()) + 1):
        own_x, own_y = x[groups == group], y[groups == group]
        mean_x, mean_y = own_x.mean((0, 2), keepdim=True), own_y.mean((0, 2), keepdim=True)
        covariance = ((own_x - mean_x) * (own_y - mean_y)).sum((0, 2))
        gamma.append(covariance / (own_x - mean_x).square().sum((0, 2)))
        beta.append(mean_y.flatten() - gamma[-1] * mean_x.flatten())
    found = Tables(torch.stack(gamma), torch.stack(beta), error=0.0)
    distance = (found.applied(normalized, groups) - outputs).abs().max()
    error = distance / outputs.abs().max().clamp(min=1)
    return found._replace(error=float(error.nan_to_num(torch.inf)))


def _pixels(x: torch.Tensor) -> torch.Tensor:
    """As (B, F, pixels); one number is one pixel."""
    return x.double().flatten(2) if x.dim() > 2 else x.double().unsqueeze(2)
