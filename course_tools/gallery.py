"""Draw docs/gallery.png, the README's picture: ``python -m course_tools.gallery`` (two minutes).

It trains the models of notebooks 02, 03 and 04 on the digits, from seed 0, and shows what they
draw.
"""

from pathlib import Path

import matplotlib
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torchvision.transforms.functional import resize, to_pil_image
from torchvision.utils import make_grid

from course_tools.gradebook import ROOT
from course_tools.reference import CbnTraining, CvaeTraining, GanTraining, Training
from course_utils.data import Data, load_data
from course_utils.label_layers import blended, label_layers

PICTURE = ROOT / "docs" / "gallery.png"
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
BLENDS = ((3, 8), (4, 9), (0, 6), (7, 1), (5, 6))

BORDER, TILE, MARGIN, TITLE, GREYS = 2, 72, 40, 56, 16
"""Pixels cut off a drawing; then, at twice the size at which the README shows them, the side of a
drawing, the margins and the height of a title. Sixteen greys keep the file small."""

Panels = dict[str, Tensor]
"""Title -> drawings ``(rows, 10, 1, H, W)`` in [0, 1]."""


def draw_panels(data: Data) -> tuple[Panels, Panels]:
    """Train the models; returns what stands on the left of the picture, and what on the right."""
    gan, cvae, cbn = GanTraining(data), CvaeTraining(data), CbnTraining(data)
    left = {
        "02 · a GAN": three_of_each(gan),
        "03 · a variational autoencoder": three_of_each(cvae),
        "04 · a GAN with conditional batch norm": three_of_each(cbn),
    }
    right = {
        "02 · same noise along a row, labels 0 to 9": same_noise(gan),
        "04 · from one class to another, step by step": from_class_to_class(cbn),
    }
    return left, right


def three_of_each(training: Training) -> Tensor:
    """Train, and draw each class three times: the first ones that come, not the best."""
    training.run(0)
    torch.manual_seed(0)
    return training.draw(torch.arange(10).repeat(3)).unflatten(0, (3, 10))


def same_noise(gan: GanTraining) -> Tensor:
    """Four points of noise, one per row, under each label."""
    torch.manual_seed(3)
    z = torch.randn(4, gan.names["latent_dim"])
    return (gan.names["interference_grid"](gan.names["generator"], z, 10) + 1) / 2


@torch.no_grad()
def from_class_to_class(cbn: CbnTraining) -> Tensor:
    """One pair of classes per row, their tables blended in ten steps."""
    torch.manual_seed(1)
    generator, z = cbn.names["generator"], torch.randn(len(BLENDS), cbn.names["latent_dim"])
    first, last = torch.tensor(BLENDS).T
    layers, steps = label_layers(generator, z, first), []
    for share in torch.linspace(0, 1, 10).tolist():
        with blended(layers, last, share):
            steps.append(generator(z, first))
    return (torch.stack(steps, dim=1) + 1) / 2


def picture(*columns: Panels) -> Image.Image:
    """The panels of each column below each other, with their titles, on black."""
    width = MARGIN + 10 * TILE
    heights = [sum(TITLE + TILE * len(d) for d in panels.values()) for panels in columns]
    page = Image.new("L", (len(columns) * width + MARGIN, max(heights) + MARGIN))
    draw, font = ImageDraw.Draw(page), ImageFont.truetype(FONT, 26)
    for number, (panels, height) in enumerate(zip(columns, heights, strict=True)):
        x, y = MARGIN + number * width, 0
        for title, drawings in panels.items():
            draw.text((x, y + TITLE - 10), title, fill=255, font=font, anchor="ls")
            page.paste(_mosaic(drawings), (x, y + TITLE))
            # Columns end at the same height: the shorter one has more room between its panels.
            y += TITLE + TILE * len(drawings) + (max(heights) - height) // max(len(panels) - 1, 1)
    return page.quantize(GREYS, dither=Image.Dither.NONE)


def _mosaic(drawings: Tensor) -> Image.Image:
    tiles = drawings.flatten(0, 1)[..., BORDER:-BORDER, BORDER:-BORDER]
    tiles = resize(tiles, [TILE, TILE], antialias=True).clamp(0, 1)
    return to_pil_image(make_grid(tiles, nrow=drawings.shape[1], padding=0)[:1])


def main() -> None:
    """Train, draw, and write the picture."""
    torch.set_num_threads(1)
    picture(*draw_panels(load_data("digits", torch.device("cpu")))).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
