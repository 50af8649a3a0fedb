"""How good a conditional generator is, in three numbers that are fooled by different things.

- *Conditional accuracy*: how often the judge sees the class that was asked for.
- *Fréchet distance* per class, on the judge's features, between generated and held-out images
  (Heusel et al. 2017, equation 6). Its size depends on the judge, so it is given in floors: one
  floor is the distance between real training images and the same held-out images.
- *Diversity* within a class: the mean distance between two images of a class, as a share of that of
  real images.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from course_utils.data import Data
from course_utils.judges import Judge
from course_utils.training import execution_mode

CHUNK = 2000  # images drawn or judged at once: those of all of MNIST would not fit into memory

MOST = 10_000  # images of training, and as many drawings: more would tell little that is new
MOST_WHILE_MARKED = 300


class Quality(NamedTuple):
    """Three numbers: shares in [0, 1], and a distance in floors (1 is as near as real images)."""

    accuracy: float
    floors: float
    diversity: float

    def __str__(self) -> str:
        return (
            f"accuracy {self.accuracy:.3f}, distance {self.floors:.1f} floors, "
            f"diversity {self.diversity:.0%} of real"
        )


class QualityMeter:
    """Measures generators against the real images of ``data``, through ``judge``.

    ``real`` is the quality of the held-out real images.
    """

    def __init__(self, data: Data, judge: Judge) -> None:
        self.judge = judge
        most = MOST if execution_mode() == "interactive" else MOST_WHILE_MARKED
        self.labels = data.train_labels[:most]
        self.num_classes = len(data.class_names)
        self._distances = [self._distance() for _ in range(self.num_classes)]
        features = self._features(data.test_images)
        for k, distance in enumerate(self._distances):
            distance.update(features[data.test_labels == k], real=True)
        self._floor = self._spread = 1.0
        floor = self.measure(data.train_images[:most], self.labels)
        self._floor, self._spread = floor.floors, floor.diversity
        held_out = self.measure(data.test_images, data.test_labels)
        # The distance is the same both ways: held-out images are one floor from training images.
        self.real = held_out._replace(floors=1.0)

    @torch.no_grad()
    def __call__(self, draw: Callable[[Tensor], Tensor]) -> Quality:
        """The quality of ``draw(labels)``, asked for as many images as there are in training.

        It asks for `MOST` at most. ``draw`` returns images in [0, 1], one for each label, and is
        called on chunks of the labels.
        """
        images = torch.cat([draw(labels) for labels in self.labels.split(CHUNK)])
        return self.measure(images, self.labels)

    @torch.no_grad()
    def measure(self, images: Tensor, labels: Tensor) -> Quality:
        """The quality of ``images`` `(N, C, H, W)` in [0, 1], made for ``labels`` `(N,)`.

        Raises ValueError for a class of fewer than two images.
        """
        spread = within_class_diversity(images, labels, self.num_classes)
        features = self._features(images)
        seen = self.judge.classify(features).argmax(dim=1)
        distances = []
        for k, distance in enumerate(self._distances):
            distance.reset()
            distance.update(features[labels == k], real=False)
            distances.append(distance.compute())
        return Quality(
            (seen == labels).float().mean().item(),
            torch.stack(distances).mean().item() / self._floor,
            spread.mean().item() / self._spread,
        )

    @torch.no_grad()
    def _features(self, images: Tensor) -> Tensor:
        return torch.cat([self.judge.features(chunk) for chunk in images.split(CHUNK)])

    def _distance(self) -> FrechetInceptionDistance:
        # The features are computed outside, once, so the metric's own extractor does nothing.
        extractor = nn.Identity()
        extractor.num_features = self.judge.num_features
        distance = FrechetInceptionDistance(extractor, reset_real_features=False)
        return distance.to(self.labels.device)


def within_class_diversity(images: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    """Mean Euclidean distance between two images of a class, `(num_classes,)`.

    Raises ValueError for a class of fewer than two images: it has no distance to take the mean of.
    """
    rows = [images[labels == k].flatten(1) for k in range(num_classes)]
    for k, x in enumerate(rows):
        if len(x) < 2:
            raise ValueError(f"Measure at least 2 images of each class; class {k} has {len(x)}.")
    # Not cdist, whose matrix product loses the distance of nearly equal images.
    return torch.stack([torch.pdist(x).mean() for x in rows])
