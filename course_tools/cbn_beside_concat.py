"""Two GANs side by side: ``python -m course_tools.cbn_beside_concat [digits | mnist]``.

Notebook 04's, with conditional batch normalization, is trained for its length. Then notebook 02's,
whose label is concatenated, is trained until it has seen as many images and taken as many seconds.
They are compared after equal numbers of images, and after equal seconds. The figure and the numbers
of what the command line names, by default both, are kept in docs/.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from functools import partial
from io import StringIO
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from course_tools import race_report
from course_tools.race import Clock
from course_tools.reference import CbnTraining, Draw, GanTraining, Training
from course_utils import DataError, load_data
from course_utils.data import Data
from course_utils.judges import load_judge
from course_utils.quality import Quality, QualityMeter

SEED = 0
MEASUREMENTS = 10
MNIST_EPOCHS = 20  # of notebook 04's GAN, on 10,000 images
CBN, CONCATENATION = "CBN", "concatenation"
DATA = {"digits": partial(load_data, "digits"), "mnist": race_report.mnist}


class Seen(NamedTuple):
    """The quality after so many images."""

    images: int
    accuracy: float
    floors: float
    diversity: float

    def __str__(self) -> str:
        return f"{self.images:9,} images: {Quality(*self[1:])}"


Curve = list[tuple[float, Seen]]
"""Seconds of training, and what was measured then."""
Meter = Callable[[Draw], Quality]


class Enough(Exception):
    """Ends a training."""


def measured(training: Training, meter: Meter, images: list[int], seconds: list[float]) -> Curve:
    """Train, and measure whenever one more of these ``images`` or ``seconds`` is reached.

    The training ends when all of them are. Seconds of measuring do not count.
    """
    curve: Curve = []
    clock = Clock(training.names["images"].device)
    passed, out = 0, sys.stdout

    def after_epoch(epoch: int) -> None:
        nonlocal passed
        clock.stop()
        seen, before = epoch * len(training.names["images"]), passed
        passed = sum(n <= seen for n in images) + sum(s <= clock.seconds for s in seconds)
        if passed > before:
            with torch.random.fork_rng():  # the training goes on as if nobody had looked
                curve.append((clock.seconds, Seen(seen, *meter(training.draw))))
            line = f"{training.notebook} {clock.seconds:6.1f} s {curve[-1][1]}"
            print(line, file=out, flush=True)
        if passed == len(images) + len(seconds):
            raise Enough
        clock.start()

    clock.start()
    with suppress(Enough), redirect_stdout(StringIO()):  # a bar would not know the end
        training.run(SEED, after_epoch)
    return curve


def side_by_side(data: Data, meter: Meter) -> dict[str, Curve]:
    """The curves of both on ``data``."""
    few = data._replace(train_images=data.train_images[:64], train_labels=data.train_labels[:64])
    for warm_up in (CbnTraining(few), GanTraining(few)):  # torch imports more at a first step
        warm_up.names["num_epochs"] = 1
        warm_up.run(SEED)
    cbn, concatenation = CbnTraining(data), GanTraining(data)
    if data.name == "mnist":
        cbn.names["num_epochs"] = MNIST_EPOCHS
    concatenation.names["num_epochs"] = 10_000  # it is ended; its learning rate stays the same
    all_images = cbn.names["num_epochs"] * len(data.train_images)
    images = [all_images * k // MEASUREMENTS for k in range(1, MEASUREMENTS + 1)]
    first = measured(cbn, meter, images, [])
    return {
        CBN: first,
        CONCATENATION: measured(concatenation, meter, images, [seconds for seconds, _ in first]),
    }


def rates(curves: dict[str, Curve]) -> dict[str, float]:
    """Images per second of training, by name."""
    return {name: curve[-1][1].images / curve[-1][0] for name, curve in curves.items()}


def compare(curves: dict[str, Curve]) -> None:
    """Print both, at the end of the first one's training, at equal images and at equal seconds."""
    for name, rate in rates(curves).items():
        print(f"{name}: {rate:,.0f} images/s")
    (seconds, end), other = curves[CBN][-1], curves[CONCATENATION]
    same_images = next(point for point in other if point[1].images >= end.images)
    same_seconds = next(point for point in other if point[0] >= seconds)
    in_time = other[: other.index(same_seconds) + 1]
    best = min(in_time, key=lambda point: point[1].floors)
    print(f"{CBN}, at its end: {seconds:.0f} s {end}")
    for when, (taken, seen) in (
        ("at equal images", same_images),
        ("at equal seconds", same_seconds),
        ("at best within equal seconds", best),
    ):
        ratio = seen.floors / end.floors
        print(f"{CONCATENATION}, {when}: {taken:.0f} s {seen}; ratio of floors {ratio:.2f}")


def drawn(all_curves: dict[str, dict[str, Curve]]) -> Figure:
    """The distance over images and over seconds, one row for each data set."""
    figure, axes = plt.subplots(
        len(all_curves), 2, figsize=(9, 3.2 * len(all_curves)), squeeze=False, layout="constrained"
    )
    for (left, right), (name, curves) in zip(axes, all_curves.items(), strict=True):
        over_images = {k: [(seen.images / 1000, seen) for _, seen in c] for k, c in curves.items()}
        race_report.draw(left, over_images, "floors")
        race_report.draw(right, curves, "floors")
        left.set(xlabel="thousands of images seen", ylabel="distance in floors")
        left.legend()
        for axis in (left, right):
            axis.set(title=name, yscale="log")
            axis.minorticks_off()
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
    return figure


def main() -> None:
    """Compare on the data that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(DATA), metavar=" | ".join(DATA))
    torch.set_num_threads(1)
    all_curves: dict[str, dict[str, Curve]] = {}
    for name in parser.parse_args().names:
        try:
            data = DATA[name]()
        except DataError as error:
            print(f"two GANs side by side on {name} left out: {error}")
            continue
        meter = QualityMeter(data, load_judge(data))
        print(f"{name}; real images: {meter.real}")
        all_curves[name] = side_by_side(data, meter)
        compare(all_curves[name])
    if not all_curves:
        return
    kept = {f"{name}, {k}": c for name, curves in all_curves.items() for k, c in curves.items()}
    race_report.keep("cbn_beside_concat", drawn(all_curves), kept, rates(kept))


if __name__ == "__main__":
    main()
