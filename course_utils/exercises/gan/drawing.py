"""What the exercises that draw with a generator share: a spy, and how an answer has to treat it.

The spy's images show the z and the label that they come from, so that the images alone are judged:
an answer may ask for all of them at once or one by one, in any order.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from course_utils.evidence import Evidence, Recorder
from course_utils.judging import Sheet, close, expect, expect_shape

CLASSES = 16  # more than any case has
UNKNOWN = 99  # a label that the spy does not know
Z_SCALE = 8  # keeps the pixels of z in [-1, 1]; a power of 2, so that they are exact

EITHER_MODE = ("images", "again")
"""What every exercise calls its runs with a generator in eval mode and in training mode."""

STACKED = (
    "There is a dimension too many: join batches of one with torch.cat, where torch.stack adds a "
    "dimension."
)


class SpyGenerator(nn.Module):
    """A generator whose pixels are z / 8, then sin(z), then label / 16 up to the end.

    It notes in which mode it was asked. With ``fails`` it raises when it is asked.
    """

    def __init__(self, case: Evidence, fails: bool = False) -> None:
        super().__init__()
        latent_dim = case["latent_dim"]
        self.image_shape = tuple(case["image_shape"].tolist())
        self.fails = fails
        self.scale = nn.Linear(latent_dim, latent_dim, bias=False)
        self.scale.weight = nn.Parameter(torch.eye(latent_dim) / Z_SCALE)
        codes = _codes(torch.arange(CLASSES), math.prod(self.image_shape) - 2 * latent_dim)
        self.codes = nn.Embedding.from_pretrained(codes, freeze=False)
        self.inner = nn.Dropout(0.0)
        self.modes: list[bool] = []
        self.note = self.modes.append  # a copy of the spy notes its mode here too

    def forward(self, z: torch.Tensor, labels: torch.Tensor, /) -> torch.Tensor:
        self.note(self.training or self.inner.training)
        if self.fails:
            raise RuntimeError("the generator fails on purpose, to see if its mode is restored")
        shapes = [tuple(getattr(part, "shape", ())) for part in (z, labels)]
        if len(shapes[0]) != 2 or shapes[1] != shapes[0][:1]:
            raise ValueError(
                f"the generator was given z of shape {shapes[0]} and labels of shape {shapes[1]}, "
                "where it takes (B, Z) and (B,)"
            )
        rows = torch.cat([self.scale(z), z.sin(), self.inner(self.codes(labels))], dim=1)
        return rows.view(-1, *self.image_shape)

    def is_as_before(self, training: bool) -> bool:
        """Whether all parts are in the mode in which they came and can still be trained."""
        modes = {module.training for module in self.modules()}
        return modes == {training} and all(p.requires_grad for p in self.parameters())


def gray(case: Evidence) -> Evidence:
    """The case with as many pixels in one channel, a dimension that squeeze() would take away."""
    channels, height, width = case["image_shape"].tolist()
    return {**case, "image_shape": torch.tensor([1, channels * height, width])}


def draw(
    run: Recorder,
    name: str,
    answer: Callable,
    case: Evidence,
    *args: Any,
    training: bool = False,
    fails: bool = False,
) -> None:
    """Record what ``answer(spy, *args)`` returns, and how it treats the spy."""
    spy = SpyGenerator(case, fails).train(training)
    run(name, answer, spy, *args)
    mode = "training" if any(spy.modes) else "eval"
    run.evidence[f"{name} mode"] = mode if spy.modes else "never asked"
    run.evidence[f"{name} as before"] = spy.is_as_before(training)


def draw_on_devices(run: Recorder, answer: Callable, case: Evidence, *args: Any) -> None:
    """Record where the images are if everything is on a GPU, and if everything is on the CPU."""

    def on(to: Callable) -> torch.Tensor | None:
        spy, place = to(SpyGenerator(case)), to(torch.zeros(1)).device
        images = answer(spy, *(to(a) if isinstance(a, torch.Tensor) else a for a in args))
        weight = spy.codes.weight.detach()
        return images if weight.device == place else weight  # the spy must not move either

    run.on_devices("images", on)


def fail(run: Recorder, answer: Callable, case: Evidence, *args: Any) -> None:
    """Record how a spy that raises is treated, from either mode."""
    for training in (False, True):
        draw(run, f"failing {training}", answer, case, *args, training=training, fails=True)


def images_of(
    case: Evidence,
    sheet: Sheet,
    name: str,
    size: tuple[int, ...],
    mistakes: Mapping[tuple[int, ...], str],
) -> torch.Tensor:
    """The images of the run ``name``; a fault unless their shape is (*size, *image_shape).

    ``mistakes`` explains other sizes.
    """
    images, shape = sheet.tensor(name), tuple(case["image_shape"].tolist())
    right = (*size, *shape)
    squeezed = tuple(length for length in right if length != 1)
    known = {squeezed: "A dimension of length 1 is gone: look for squeeze()."}
    known |= {(*other, *shape): message for other, message in mistakes.items()}
    expect_shape(images, right, known)
    return images


def read(images: torch.Tensor, latent_dim: int) -> tuple[torch.Tensor, torch.Tensor]:
    """z (N, Z) and labels (N,) behind the spy's images (N, *image_shape); a fault for others."""
    expect(images.dtype == torch.float32, "The images are not float32.", "", str(images.dtype))
    pixels = images.flatten(1)
    z = pixels[:, :latent_dim] * Z_SCALE
    labels = (pixels[:, -1] * CLASSES).round().long()
    codes = _codes(labels, pixels.shape[1] - 2 * latent_dim)
    expect(
        close(pixels, torch.cat([z / Z_SCALE, z.sin(), codes], dim=1)),
        "These are not images that the generator makes: return them as they come, neither "
        "rescaled, reordered nor mixed with each other.",
    )
    return z, labels


def judge_treatment(sheet: Sheet, unknown: tuple[str, ...] = ()) -> None:
    """Criteria: no gradient, and the generator's mode in the runs of `EITHER_MODE` and `fail`.

    ``unknown`` names further runs, with labels that make the generator raise.
    """
    with sheet.criterion("the images need no gradient", points=1):
        for name in EITHER_MODE:
            sheet.tensor(name)
            expect(
                not sheet.evidence.get(f"{name}.requires_grad", True),
                "The images carry a graph for gradients: draw them under torch.no_grad().",
            )
    with sheet.criterion("eval mode inside, the old mode afterwards", points=1):
        for name in EITHER_MODE:
            sheet.tensor(name)
            _expect_eval(sheet, name)
    with sheet.criterion("the old mode also after an error", points=1):
        for name in EITHER_MODE:  # who never switches the mode has nothing to restore
            sheet.tensor(name)
            _expect_asked_in_eval(sheet, name)
        for name in ("failing False", "failing True", *unknown):
            swallowed = (
                "A label that the generator does not know raises nothing: hand labels on as they "
                "are, and let errors through."
                if name in unknown
                else "When the generator raises, the error is swallowed: let it through."
            )
            expect(bool(sheet.error(name)), swallowed)
            expect(
                bool(sheet.evidence.get(f"{name} as before")),
                "When the generator raises, its mode is not restored: use try ... finally.",
            )


def _expect_asked_in_eval(sheet: Sheet, name: str) -> None:
    mode = sheet.evidence.get(f"{name} mode")
    expect(mode != "never asked", "The generator was never asked.")
    expect(
        mode == "eval",
        "The generator was in training mode inside: call generator.eval() before you draw.",
    )


def _expect_eval(sheet: Sheet, name: str) -> None:
    _expect_asked_in_eval(sheet, name)
    expect(
        bool(sheet.evidence.get(f"{name} as before")),
        "Afterwards the generator is not as it came: keep generator.training, restore it with "
        "generator.train(...), and leave requires_grad alone.",
    )


def _codes(labels: torch.Tensor, width: int) -> torch.Tensor:
    return (labels / CLASSES)[:, None].repeat(1, width)
