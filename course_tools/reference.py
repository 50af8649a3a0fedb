"""The trainings of the notebooks, run outside of them from any seed, with the reference answers."""

from collections.abc import Callable
from typing import Any

import jupytext
import torch
from nbformat import NotebookNode
from torch import Tensor

from course_tools.gradebook import SOLUTIONS
from course_utils.data import Data

Draw = Callable[[Tensor], Tensor]
"""Draws images ``(B, 1, H, W)`` in [0, 1] for labels ``(B,)``."""


def code_cells(notebook: str) -> list[NotebookNode]:
    """The code cells of a notebook's source."""
    source = jupytext.read(SOLUTIONS / f"{notebook}.py", fmt="py:percent")
    return [cell for cell in source.cells if cell.cell_type == "code"]


def run_cells(
    cells: list[NotebookNode], beginnings: tuple[str, ...], given: dict[str, Any]
) -> dict[str, Any]:
    """The names ``given`` and those that some of a notebook's code cells define.

    These are its imports, its exercises with the reference answers, and cells that begin so.
    """
    names = dict(given)
    exercises = [cell for cell in cells if "exercise" in cell.metadata]
    wanted = [cell for cell in cells if cell.source.startswith(beginnings)]
    for cell in (cells[0], *exercises, *wanted):
        exec(cell.source, names)
    return names


class Training:
    """The training in a notebook, with the reference answers, on ``data``.

    Its cells are run as they stand there, so nothing here has to follow when a recipe changes.
    """

    notebook: str
    sizes: str
    """How the cell begins that chooses sizes."""
    functions: tuple[str, ...]
    """The names of the functions that its cells define for it; the last one trains."""

    def __init__(self, data: Data) -> None:
        given = {
            "data": data,
            "labels": data.train_labels,
            "num_classes": len(data.class_names),
            "image_shape": tuple(data.train_images.shape[1:]),
            **self.inputs(data.train_images),
        }
        functions = (f"def {function}(" for function in self.functions)
        cells = code_cells(self.notebook)
        self.names = run_cells(cells, (self.sizes, *functions), given)
        self._call = next(c.source for c in cells if f"= {self.functions[-1]}(" in c.source)

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
            *averaged, epoch = seen  # notebooks 02 and 04 hand over the averaged generator, too
            if averaged:
                self.names["generator"] = averaged[0]
            after_epoch(epoch)

        self.names["watch"] = watch if after_epoch else None
        exec(self._call.replace("set_seed(0)", f"set_seed({seed})"), self.names)


class GanTraining(Training):
    """Notebook 02's."""

    notebook, sizes, functions = "02_conditional_gan", "latent_dim, num_epochs = ", ("train_gan",)

    def inputs(self, images: Tensor) -> dict[str, Any]:
        """Images in [-1, 1]."""
        return {"images": images * 2 - 1}

    def draw(self, labels: Tensor) -> Tensor:
        """Draw with the averaged generator."""
        names = self.names
        return (names["generate"](names["generator"], labels, names["latent_dim"]) + 1) / 2


class CbnTraining(GanTraining):
    """Notebook 04's."""

    notebook = "04_conditional_batchnorm"
    functions = ("discriminator_step", "generator_step", "train_cbn")

    @torch.no_grad()
    def draw(self, labels: Tensor) -> Tensor:
        """Draw with the averaged generator."""
        z = torch.randn(len(labels), self.names["latent_dim"], device=labels.device)
        return (self.names["generator"](z, labels) + 1) / 2


class CvaeTraining(Training):
    """Notebook 03's."""

    notebook, sizes, functions = "03_conditional_vae", "latent_dim, hidden_dim = ", ("train_cvae",)

    def inputs(self, images: Tensor) -> dict[str, Any]:
        """Images in rows of pixels."""
        return {"images": images.flatten(1), "input_dim": images[0].numel()}

    def draw(self, labels: Tensor) -> Tensor:
        """Draw with the trained model."""
        drawn = self.names["generate"](self.names["cvae"], labels)
        return drawn.view(-1, *self.names["image_shape"])
