"""The models that notebooks 02, 03 and 04 train: the learner's own, or else those of the course."""

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.export.passes import move_to_device_pass

from course_utils.data import Data
from course_utils.inputs import expect_images
from course_utils.own_work import NotebookError, assign
from course_utils.saved import saved_folder
from course_utils.weights import load_weights

SHIPPED = Path(__file__).parent / "trained_models"
"""Models of digits as programs of torch.export: they run without the classes that they come from.

Written by ``python -m course_tools.train_models``.
"""


class NoModel(RuntimeError):
    """There is no trained model. The message says which notebook trains one."""


class GanDrawing(nn.Module):
    """A generator's drawings, moved from [-1, 1] to [0, 1]."""

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Images `(B, C, H, W)` in [0, 1]."""
        return (self.generator(z, labels) + 1) / 2


class CvaeDrawing(nn.Module):
    """A conditional VAE's drawings, made pictures of rows of pixels."""

    def __init__(self, cvae: nn.Module, image_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.cvae, self.image_shape = cvae, image_shape

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Images `(B, *image_shape)` in [0, 1]."""
        codes = F.one_hot(labels, self.cvae.num_classes).float()
        return self.cvae.decode(z, codes).unflatten(1, self.image_shape)


class Source(NamedTuple):
    """Where a model comes from: its notebook makes ``variable = network(...)`` and saves it."""

    notebook: str
    weights: str
    variable: str
    network: str
    drawing: Callable[[nn.Module, tuple[int, ...]], nn.Module]


SOURCES = {
    "GAN": Source(
        "02_conditional_gan", "02_generator", "generator", "Generator", lambda g, _: GanDrawing(g)
    ),
    "CVAE": Source("03_conditional_vae", "03_cvae", "cvae", "ConditionalVAE", CvaeDrawing),
    "CBN": Source(
        "04_conditional_batchnorm",
        "04_generator",
        "generator",
        "CBNGenerator",
        lambda g, _: GanDrawing(g),
    ),
}


class TrainedModel(NamedTuple):
    """A model that draws: ``decode(z, labels)`` gives images `(B, C, H, W)` in [0, 1]."""

    decode: Callable[[Tensor, Tensor], Tensor]
    latent_dim: int
    origin: str
    """A sentence that says whose it is."""

    @torch.no_grad()
    def draw(self, labels: Tensor) -> Tensor:
        """One image for each of ``labels`` `(B,)`, each from a z of its own, from N(0, I)."""
        return self.decode(torch.randn(len(labels), self.latent_dim, device=labels.device), labels)


def load_models(data: Data) -> dict[str, TrainedModel]:
    """The models of notebooks 02, 03 and 04 that were trained on ``data``, by name.

    A learner's own model is made again from the notebook next door, as it was saved last, and gets
    the weights that were saved there. Where that fails, a model of digits comes with the course,
    and its ``origin`` says why. Raises `NoModel` for other data, with all that is missing.
    """
    models, missing = {}, []
    for name, source in SOURCES.items():
        model = _load(source, data)
        if isinstance(model, TrainedModel):
            models[name] = model
        else:
            missing.append(f"{source.notebook[:2]} ({model})")
    if missing:
        raise NoModel(
            f"There is no model of {data.name} from notebook {', '.join(missing)}: run "
            f"{'it' if len(missing) == 1 else 'them'} with COURSE_DATASET={data.name}, then this "
            "cell again."
        )
    return models


def _load(source: Source, data: Data) -> TrainedModel | str:
    """The model, or else why there is none."""
    weights = saved_folder() / f"{source.weights}_{data.name}.safetensors"
    reason = "you have not trained yours yet"
    if weights.exists():
        try:
            return _own(source, weights, data)
        except Exception as error:  # learners' code may raise anything
            reason = f"yours cannot be used: {_in_one_line(error)}"
    shipped = SHIPPED / f"{source.weights}_{data.name}.pt2"
    if not shipped.exists():
        return reason
    return _shipped(shipped, data.train_images.device, reason)


def _own(source: Source, weights: Path, data: Data) -> TrainedModel:
    """The learner's model. Raises whatever is wrong with it."""
    notebook = Path("..", source.notebook, f"{source.notebook}.ipynb")
    image_shape = tuple(data.train_images.shape[1:])
    names = {
        "data": data,
        "num_classes": len(data.class_names),
        "image_shape": image_shape,
        "input_dim": math.prod(image_shape),
        "device": data.train_images.device,
    }
    network = assign(notebook, source.variable, source.network, names, "latent_dim")
    load_weights(network, weights).eval().requires_grad_(False)
    decode = source.drawing(network, image_shape).to(data.train_images.device)
    model = TrainedModel(decode, names["latent_dim"], f"yours, from {weights.name}")
    expect_images(model.draw(data.train_labels[:2]), image_shape, "drawings")
    return model


def _in_one_line(error: Exception) -> str:
    """What it says, if that is a sentence, as it is where weights or images are wrong."""
    message = next(iter(str(error).strip().splitlines()), "")
    if message and isinstance(error, NotebookError | ValueError):
        return message.rstrip(".")
    return f"its code raises {type(error).__name__}" + (f": {message}" if message else "")


def _shipped(path: Path, device: torch.device, reason: str) -> TrainedModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch 2.11 reads the file into memory it may not write
        program = torch.export.load(path)
    z, _ = program.example_inputs[0]
    decode = move_to_device_pass(program, device).module()
    return TrainedModel(decode, z.shape[1], f"the course's, because {reason}")
