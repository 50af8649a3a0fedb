"""What the races on MNIST share: their data, the comparison in words, figure and numbers."""

import json
import platform
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_tools.gradebook import ROOT
from course_tools.race import Curve
from course_utils import load_data
from course_utils.data import Data
from course_utils.plots import COLORS, DASHES

DOCS = ROOT / "docs"
TRAINING_IMAGES = 10_000


def mnist() -> Data:
    """MNIST with its first 10,000 training images. Raises DataError if it cannot be had."""
    data = load_data("mnist")
    return data._replace(
        train_images=data.train_images[:TRAINING_IMAGES],
        train_labels=data.train_labels[:TRAINING_IMAGES],
    )


def first(curve: Curve, good_enough: Callable[[object], bool]) -> float | None:
    """The seconds after which something good enough was measured for the first time."""
    return next((seconds for seconds, measured in curve if good_enough(measured)), None)


def compare(
    curves: dict[str, Curve],
    rates: dict[str, float],
    distance: Callable[[object], float],
    as_good: Callable[[object, object], bool],
) -> None:
    """Print the tutorial's best, by ``distance``, and when the fast one was as good as that."""
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f} images/s")
    taken, best = min(curves["tutorial"], key=lambda point: distance(point[1]))
    full = curves["tutorial"][-1][0]
    print(f"tutorial, best in {full:.0f} s, after {taken:.0f} s: {best}")
    needed = first(curves["fast"], lambda measured: as_good(measured, best))
    if needed is None:
        print("fast: not as good in the same time")
    else:
        print(f"fast, as good after {needed:.1f} s: ratio {taken / needed:.1f}")
    for name, curve in curves.items():
        seconds, last = curve[-1]
        print(f"{name}, finished after {seconds:.0f} s: {last}")


def draw(axis: Axes, curves: dict[str, Curve], quantity: str) -> None:
    """Draw one quantity of all curves over the seconds of training."""
    for index, (name, curve) in enumerate(curves.items()):
        x, y = zip(*((seconds, getattr(m, quantity)) for seconds, m in curve), strict=True)
        axis.plot(x, y, DASHES[index], color=COLORS[index], label=name)
    axis.set(xlabel="seconds of training", title=quantity)


def keep(name: str, figure: Figure, curves: dict[str, Curve], rates: dict[str, float]) -> None:
    """Keep the figure and the numbers as docs/NAME.png and docs/NAME.json."""
    DOCS.mkdir(exist_ok=True)
    figure.savefig(DOCS / f"{name}.png", dpi=100)
    plt.close(figure)
    kept = {
        "machine": f"{platform.machine()}, one thread, torch {torch.__version__}",
        "images per second": rates,
        "curves": {
            name: [{"seconds": round(s, 2), **measured._asdict()} for s, measured in curve]
            for name, curve in curves.items()
        },
    }
    (DOCS / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
