"""Time to quality: ``python -m course_tools.time_to_quality [digits | mnist]``.

digits: the trainings of notebooks 02 and 03, as they stand there, from several seeds.

mnist: a conditional GAN's training loop as tutorials have it beside one that is made to be fast, on
10,000 training images, in one run. The figure and the numbers are kept in docs/.
"""

import argparse
import json
import platform

import matplotlib.pyplot as plt
import torch

from course_tools.gan_trainers import FastTrainer, TutorialTrainer
from course_tools.gradebook import ROOT
from course_tools.race import Clock, Curve, race
from course_tools.reference import CvaeTraining, GanTraining
from course_utils import DataError, load_data, set_seed
from course_utils.judges import load_judge
from course_utils.plots import COLORS, DASHES
from course_utils.quality import Quality, QualityMeter

NUM_EPOCHS = 100  # of the tutorial's loop
TRAINING_IMAGES = 10_000
FIGURE = ROOT / "docs" / "time_to_quality.png"
NUMBERS = FIGURE.with_suffix(".json")


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
    set_seed(0)
    tutorial, fast = TutorialTrainer(data), FastTrainer(data)
    results = race(tutorial, fast, lambda t: meter(t.draw), NUM_EPOCHS, TRAINING_IMAGES)
    print(f"fast: {share_outside(fast):.0%} of the time outside forward and backward passes")
    report(*results, meter)


def digits(seeds: range = range(5)) -> None:
    """Run the trainings of notebooks 02 and 03 from several seeds, with a judge at the end."""
    data = load_data("digits")
    meter = QualityMeter(data, load_judge(data))
    print(f"digits; real images: {meter.real}")
    for training in (GanTraining(data), CvaeTraining(data)):
        for seed in seeds:
            clock = Clock(data.train_images.device)
            with clock.running():
                training.run(seed)
            taken = f"seed {seed}: {clock.seconds:.0f} s"
            print(f"{training.notebook}, {taken}, {meter(training.draw)}", flush=True)


def main() -> None:
    """Run what the command line names, by default both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=["digits", "mnist"], metavar="digits | mnist")
    torch.set_num_threads(1)
    for name in parser.parse_args().names:
        {"digits": digits, "mnist": mnist}[name]()


if __name__ == "__main__":
    main()
