"""Fidelity and diversity apart: precision, recall, density and coverage, between sets of features.

Each feature is the centre of a ball that reaches to its k-th nearest neighbour in its own set, not
counting itself. The balls around a set estimate the manifold that it lies on, and each measure asks
which features of the other set lie in which balls:

- *precision* (fidelity): the share of fakes that lie in any real ball,
- *recall* (diversity): the share of real ones that lie in any fake ball,
- *density* (fidelity): in how many real balls a fake lies, in units of k; it may exceed 1,
- *coverage* (diversity): the share of real balls that hold any fake.

Precision and recall are those of Kynkäänniemi et al. 2019, equations 1 and 2; density and coverage
are those of Naeem et al. 2020, section 3.2. A ball that a single outlier makes large counts whole
for precision and recall; density and coverage hardly feel it.

A ball holds its surface, distance <= radius, as in equation 1 of Kynkäänniemi et al. The difference
shows where features are equal: a set of more than k copies has balls of radius 0, and without their
surface these would not hold another copy.
"""

from typing import NamedTuple

from torch import Tensor, cdist


class PRDC(NamedTuple):
    """Shares in [0, 1], and density, whose expectation is 1 where fake and real ones are alike."""

    precision: float
    recall: float
    density: float
    coverage: float


def precision_recall_density_coverage(
    real_features: Tensor, fake_features: Tensor, k: int = 5
) -> PRDC:
    """All four, for real features `(N, F)` and fake ones `(M, F)`.

    With B(x) the ball around x, for real x_i and fake y_j:

    - precision = 1/M Σ_j [y_j lies in any B(x_i)]
    - recall = 1/N Σ_i [x_i lies in any B(y_j)]
    - density = 1/(k M) Σ_j Σ_i [y_j lies in B(x_i)]
    - coverage = 1/N Σ_i [B(x_i) holds any y_j]

    Raises ValueError unless both N and M exceed k.
    """
    _expect_at_least(k + 1, real=len(real_features), fake=len(fake_features))
    in_real_balls = _in_balls(real_features, fake_features, k)
    in_fake_balls = _in_balls(fake_features, real_features, k)
    return PRDC(
        precision=_share(in_real_balls.any(dim=0)),
        recall=_share(in_fake_balls.any(dim=0)),
        density=in_real_balls.sum(dim=0).double().mean().item() / k,
        coverage=_share(in_real_balls.any(dim=1)),
    )


def coverage(real_features: Tensor, fake_features: Tensor, k: int = 5) -> float:
    """Coverage alone, which has no ball around a fake: one fake is enough.

    Raises ValueError unless N > k and M > 0.
    """
    _expect_at_least(k + 1, real=len(real_features))
    _expect_at_least(1, fake=len(fake_features))
    return _share(_in_balls(real_features, fake_features, k).any(dim=1))


def _expect_at_least(least: int, **counts: int) -> None:
    for name, count in counts.items():
        if count < least:
            raise ValueError(f"There are {count} {name} features; at least {least} are needed.")


def _in_balls(centres: Tensor, features: Tensor, k: int) -> Tensor:
    """Whether the ball around each centre holds each of the features, (centres, features)."""
    # A centre is its own neighbour at distance 0, so the k-th other one is the k + 1-th.
    radii = _distances(centres, centres).kthvalue(k + 1, dim=1).values
    return _distances(centres, features) <= radii[:, None]


def _distances(a: Tensor, b: Tensor) -> Tensor:
    # Not by the matrix product, which loses the distance of nearly equal features.
    return cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _share(held: Tensor) -> float:
    return held.double().mean().item()
