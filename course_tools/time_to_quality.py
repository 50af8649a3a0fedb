"""Time to quality: ``python -m course_tools.time_to_quality [digits | mnist]``.

digits: the training of notebook 02, as it stands there, from several seeds.

mnist: a training loop as tutorials have it beside one that is made to be fast, on 10,000 training
images, in one run. They take turns: after each epoch of the tutorial's loop, the fast one trains
until both have used the same time, so that a busy machine is equally busy for both. The figure and
the numbers are kept in docs/.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jupytext
import matplotlib.pyplot as plt
import torch

from course_tools.gradebook import ROOT, SOLUTIONS
from course_tools.trainers import FastTrainer, TutorialTrainer
from course_utils import DataError, get_device, load_data, set_seed
from course_utils.data import Data
from course_utils.judges import load_judge
from course_utils.plots import COLORS, DASHES
from course_utils.quality import Quality, QualityMeter

NUM_EPOCHS = 100  # of the tutorial's loop
TRAINING_IMAGES = 10_000
FIGURE = ROOT / "docs" / "time_to_quality.png"
NUMBERS = FIGURE.with_suffix(".json")

Curve = list[tuple[float, Quality]]
"""Seconds of training, and the quality reached then."""


class Clock:
    """Sums up seconds of training, without those of measuring.

    On a CPU it counts this process's own seconds of one core, which other processes do not stretch.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.seconds = 0.0

    def now(self) -> float:
        """The time, in seconds since some moment."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
            return time.perf_counter()
        return time.process_time()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the seconds of the block."""
        started = self.now()
        yield
        self.seconds += self.now() - started


def race(data: Data, meter: QualityMeter) -> tuple[dict[str, Curve], dict[str, float]]:
    """Train both in turns; return their curves and their rates in images per second."""
    device = data.train_images.device
    set_seed(0)
    tutorial, fast = TutorialTrainer(data), FastTrainer(data)
    clocks = {"tutorial": Clock(device), "fast": Clock(device)}
    curves: dict[str, Curve] = {"tutorial": [], "fast": []}
    for epoch in range(1, NUM_EPOCHS + 1):
        with clocks["tutorial"].running():
            tutorial.train_epoch()
        while clocks["fast"].seconds < clocks["tutorial"].seconds and not fast.done:
            with clocks["fast"].running():
                fast.train_steps(10)
        if epoch <= 20 or epoch % 4 == 0:
            for name, trainer in (("tutorial", tutorial), ("fast", fast)):
                if curves[name] and curves[name][-1][0] == clocks[name].seconds:
                    continue  # it had finished already
                curves[name].append((clocks[name].seconds, meter(trainer.draw)))
                print(f"{curves[name][-1][0]:6.1f} s  {name:8}  {curves[name][-1][1]}", flush=True)
    images = {"tutorial": NUM_EPOCHS * len(data.train_images)}
    images["fast"] = fast.steps * fast.batch_size
    print(f"fast: {share_outside(fast):.0%} of the time outside forward and backward passes")
    return curves, {name: images[name] / clocks[name].seconds for name in images}


def share_outside(trainer: FastTrainer, count: int = 100) -> float:
    """The share of a step's time that is not spent in forward and backward passes."""
    whole, passes = Clock(trainer.device), Clock(trainer.device)
    with whole.running():
        trainer.train_steps(count)
    images, labels = next(trainer.batches)
    with passes.running():
        for _ in range(count):
            trainer.discriminator_loss(images, labels).backward()
            trainer.generator_loss(labels).backward()
    return max(0.0, 1 - passes.seconds / whole.seconds)


def first_as_good(curve: Curve, aim: Quality) -> float | None:
    """The seconds after which the curve is at least as good as ``aim`` in all three numbers."""
    return next(
        (
            seconds
            for seconds, quality in curve
            if quality.accuracy >= aim.accuracy
            and quality.floors <= aim.floors
            and quality.diversity >= aim.diversity
        ),
        None,
    )


def report(curves: dict[str, Curve], rates: dict[str, float], meter: QualityMeter) -> None:
    """Print the comparison, and keep it as a figure and as JSON."""
    taken, best = min(curves["tutorial"], key=lambda point: point[1].floors)
    needed = first_as_good(curves["fast"], best)
    print(f"real images: {meter.real}")
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f} images/s")
    print(f"tutorial, best in {NUM_EPOCHS} epochs, after {taken:.0f} s: {best}")
    if needed is None:
        print("fast: not as good in the same time")
    else:
        print(f"fast, as good in all three after {needed:.1f} s: ratio {taken / needed:.1f}")
    seconds, last = curves["fast"][-1]
    full = curves["tutorial"][-1][0]
    print(f"fast, finished after {seconds:.0f} s of the tutorial's {full:.0f} s: {last}")
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    for axis, quantity in zip(axes, Quality._fields, strict=True):
        for index, (name, curve) in enumerate(curves.items()):
            x, y = zip(*((s, getattr(quality, quantity)) for s, quality in curve), strict=True)
            axis.plot(x, y, DASHES[index], color=COLORS[index], label=name)
        axis.axhline(getattr(meter.real, quantity), color="gray", linestyle=":", label="real")
        axis.set(xlabel="seconds of training", title=quantity)
    axes[1].set_yscale("log")
    axes[0].legend()
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=100)
    kept = {
        "machine": f"{platform.machine()}, one thread, torch {torch.__version__}",
        "images per second": rates,
        "curves": {
            name: [{"seconds": round(s, 2), **q._asdict()} for s, q in curve]
            for name, curve in curves.items()
        },
    }
    NUMBERS.write_text(json.dumps(kept, indent=1) + "\n")


def mnist() -> None:
    """Run the race on MNIST and report it."""
    try:
        data = load_data("mnist")
    except DataError as error:
        print(f"time to quality on MNIST left out: {error}")
        return
    data = data._replace(
        train_images=data.train_images[:TRAINING_IMAGES],
        train_labels=data.train_labels[:TRAINING_IMAGES],
    )
    meter = QualityMeter(data, load_judge(data))
    report(*race(data, meter), meter)


def digits(seeds: range = range(5)) -> None:
    """Run the training of notebook 02 from several seeds, with a judge at the end."""
    data = load_data("digits")
    meter = QualityMeter(data, load_judge(data))
    device = get_device()
    train = notebook_training(data)
    print(f"notebook 02 on digits; real images: {meter.real}")
    for seed in seeds:
        clock = Clock(device)
        with clock.running():
            draw, steps = train(seed)
        rate = steps / clock.seconds
        print(f"seed {seed}: {clock.seconds:.0f} s, {rate:.0f} steps/s, {meter(draw)}", flush=True)


def notebook_training(data: Data) -> Callable[[int], tuple[Callable, int]]:
    """The training of notebook 02 as a function of the seed: returns draw, and the steps taken."""
    cells = [
        cell
        for cell in jupytext.read(SOLUTIONS / "02_conditional_gan.py", fmt="py:percent").cells
        if cell.cell_type == "code"
    ]
    wanted = [cells[0]]
    wanted += [cell for cell in cells if "exercise" in cell.metadata]
    training = ("latent_dim, num_epochs = ", "def train_gan(")
    wanted += [cell for cell in cells if cell.source.startswith(training)]
    (run,) = (cell for cell in cells if "generator, history = train_gan(" in cell.source)
    names = {
        "data": data,
        "images": data.train_images * 2 - 1,
        "labels": data.train_labels,
        "num_classes": len(data.class_names),
        "image_shape": tuple(data.train_images.shape[1:]),
        "watch": None,
    }
    for cell in wanted:
        exec(cell.source, names)

    def train(seed: int) -> tuple[Callable, int]:
        exec(run.source.replace("set_seed(0)", f"set_seed({seed})"), names)
        generator = names["generator"]
        steps = names["num_epochs"] * -(-len(data.train_labels) // 64)
        return (
            lambda labels: (names["generate"](generator, labels, names["latent_dim"]) + 1) / 2,
            steps,
        )

    return train


def main() -> None:
    """Run what the command line names, by default both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["digits", "mnist"], metavar="digits | mnist")
    torch.set_num_threads(1)
    for name in parser.parse_args().names:
        {"digits": digits, "mnist": mnist}[name]()


if __name__ == "__main__":
    main()
