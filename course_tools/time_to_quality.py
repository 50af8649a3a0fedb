"""Time to quality: ``python -m course_tools.time_to_quality [digits | mnist]``.

digits: the trainings of notebooks 02 and 03, as they stand there, from several seeds.

mnist: a conditional GAN's training loop as tutorials have it beside one that is made to be fast, on
10,000 training images, in one run. The figure and the numbers are kept in docs/.
"""

import argparse

import matplotlib.pyplot as plt
import torch

from course_tools import race_report
from course_tools.gan_trainers import FastTrainer, TutorialTrainer
from course_tools.race import Clock, race
from course_tools.reference import CvaeTraining, GanTraining
from course_utils import DataError, load_data, set_seed
from course_utils.judges import load_judge
from course_utils.quality import Quality, QualityMeter

NUM_EPOCHS = 100  # of the tutorial's loop


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


def as_good(quality: Quality, aim: Quality) -> bool:
    """Whether all three numbers are at least as good as those of ``aim``."""
    return (
        quality.accuracy >= aim.accuracy
        and quality.floors <= aim.floors
        and quality.diversity >= aim.diversity
    )


def mnist() -> None:
    """Run the race on MNIST and report it."""
    try:
        data = race_report.mnist()
    except DataError as error:
        print(f"time to quality on MNIST left out: {error}")
        return
    meter = QualityMeter(data, load_judge(data))
    set_seed(0)
    tutorial, fast = TutorialTrainer(data), FastTrainer(data)
    images = len(data.train_images)
    curves, rates = race(tutorial, fast, lambda trainer: meter(trainer.draw), NUM_EPOCHS, images)
    print(f"real images: {meter.real}")
    print(f"fast: {share_outside(fast):.0%} of the time outside forward and backward passes")
    race_report.compare(curves, rates, lambda quality: quality.floors, as_good)
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
    for axis, quantity in zip(axes, Quality._fields, strict=True):
        race_report.draw(axis, curves, quantity)
        axis.axhline(getattr(meter.real, quantity), color="gray", linestyle=":", label="real")
    axes[1].set_yscale("log")
    axes[0].legend()
    race_report.keep("time_to_quality", figure, curves, rates)


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
