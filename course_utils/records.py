"""What was recorded on digits, to compare with: see course_tools/record_runs.py."""

import json
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from course_utils.data import Data
from course_utils.quality import Quality

FOLDER = Path(__file__).parent / "records"
DRAWINGS = FOLDER / "gan_digits.png"
RUNS = FOLDER / "runs_digits.json"


def gan_drawings(data: Data) -> Tensor:
    """What the GAN of notebook 02 drew for the training labels of ``data``, `(N, 1, 28, 28)`.

    Raises ValueError for data other than the digits.
    """
    if data.name != "digits":
        raise ValueError(f"Drawings were recorded for the digits only, not for {data.name}.")
    mosaic = torch.from_numpy(plt.imread(DRAWINGS))
    height, width = data.train_images.shape[2:]
    drawings = mosaic.unfold(0, height, height).unfold(1, width, width).flatten(0, 1)[:, None]
    return drawings[: len(data.train_labels)].to(data.train_labels.device)


def training_runs() -> dict[str, list[list[Quality]]]:
    """The quality after each tenth of a training, by seed.

    It is kept for the GAN of notebook 02, the CVAE of 03, and the GAN of 04, named CBN.
    """
    runs = json.loads(RUNS.read_text())
    return {name: [[Quality(*q) for q in run] for run in seeds] for name, seeds in runs.items()}
