"""The trainings of the notebooks, run outside of them from any seed, with the reference answers."""

from collections.abc import Callable
from typing import Any

import jupytext
from torch import Tensor

from course_tools.gradebook import SOLUTIONS
from course_utils.data import Data

Draw = Callable[[Tensor], Tensor]
"""Draws images ``(B, 1, H, W)`` in [0, 1] for labels ``(B,)``."""


class Training:
    """The training in a notebook, with the reference answers, on ``data``.

    Its cells are run as they stand there, so nothing here has to follow when a recipe changes.
    """

    notebook: str
    sizes: str
    """How the cell begins that chooses sizes."""
    function: str
    """The name of the function that trains."""

    def __init__(self, data: Data) -> None:
        source = jupytext.read(SOLUTIONS / f"{self.notebook}.py", fmt="py:percent")
        cells = [cell for cell in source.cells if cell.cell_type == "code"]
        wanted = [cells[0], *(cell for cell in cells if "exercise" in cell.metadata)]
        wanted += [c for c in cells if c.source.startswith((self.sizes, f"def {self.function}("))]
        self._call = next(c.source for c in cells if f"= {self.function}(" in c.source)
        self.names: dict[str, Any] = {
            "data": data,
            "labels": data.train_labels,
            "num_classes": len(data.class_names),
            "image_shape": tuple(data.train_images.shape[1:]),
            **self.inputs(data.train_images),
        }
        for cell in wanted:
            exec(cell.source, self.names)

    def inputs(self, images: Tensor) -> dict[str, Any]:
        """The names that the notebook's cells use for the images."""
        raise NotImplementedError

    def draw(self, labels: Tensor) -> Tensor:
        """Draw with the model that was trained last."""
        raise NotImplementedError

    def run(self, seed: int, after_epoch: Callable[[int], None] | None = None) -> None:
        """Train a model from ``seed``, as the notebook does from 0.

        ``after_epoch(epoch)`` is called with 1, 2, ...; it may `draw`.
        """

        def watch(*seen: Any) -> None:
            *averaged, epoch = seen  # notebook 02 hands over the averaged generator as well
            if averaged:
                self.names["generator"] = averaged[0]
            after_epoch(epoch)

        self.names["watch"] = watch if after_epoch else None
        exec(self._call.replace("set_seed(0)", f"set_seed({seed})"), self.names)


class GanTraining(Training):
    """Notebook 02's."""

    notebook, sizes, function = "02_conditional_gan", "latent_dim, num_epochs = ", "train_gan"

    def inputs(self, images: Tensor) -> dict[str, Any]:
        """Images in [-1, 1]."""
        return {"images": images * 2 - 1}

    def draw(self, labels: Tensor) -> Tensor:
        """Draw with the averaged generator."""
        names = self.names
        return (names["generate"](names["generator"], labels, names["latent_dim"]) + 1) / 2


class CvaeTraining(Training):
    """Notebook 03's."""

    notebook, sizes, function = "03_conditional_vae", "latent_dim, hidden_dim = ", "train_cvae"

    def inputs(self, images: Tensor) -> dict[str, Any]:
        """Images in rows of pixels."""
        return {"images": images.flatten(1), "input_dim": images[0].numel()}

    def draw(self, labels: Tensor) -> Tensor:
        """Draw with the trained model."""
        drawn = self.names["generate"](self.names["cvae"], labels)
        return drawn.view(-1, *self.names["image_shape"])
