"""Time to an ELBO: ``python -m course_tools.time_to_elbo``.

A conditional VAE's training loop as tutorials have it beside one that is made to be fast, on 10,000
MNIST images, in one run; then the fast one once more, for longer. All have a code of 16 numbers and
are measured on the 10,000 test images. The figure and the numbers are kept in docs/.
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch

from course_tools import race_report
from course_tools.cvae_trainers import FastTrainer, TutorialTrainer
from course_tools.race import Clock, Curve, race
from course_utils import DataError, set_seed
from course_utils.latent import Elbo, negative_elbo

NUM_EPOCHS = 40  # of the tutorial's loop
FAST_EPOCHS = 10
LONG_EPOCHS = 60


def alone(trainer: FastTrainer, measure: Callable[[FastTrainer], Elbo]) -> Curve:
    """The curve of one trainer, measured about ten times."""
    clock, curve = Clock(trainer.device), []
    while not trainer.done:
        with clock.running():
            trainer.train_steps(trainer.num_steps // 10)
        curve.append((clock.seconds, measure(trainer)))
        print(f"{clock.seconds:6.1f} s  long      {curve[-1][1]}", flush=True)
    return curve


def main() -> None:
    """Run the race and report it."""
    torch.set_num_threads(1)
    try:
        data = race_report.mnist()
    except DataError as error:
        print(f"time to an ELBO on MNIST left out: {error}")
        return

    def measure(trainer: TutorialTrainer | FastTrainer) -> Elbo:
        noise = torch.Generator().manual_seed(0)
        return negative_elbo(
            trainer.model, data.test_images.flatten(1), data.test_labels, generator=noise
        )

    set_seed(0)
    tutorial, fast = TutorialTrainer(data), FastTrainer(data, FAST_EPOCHS, vary=False)
    curves, rates = race(tutorial, fast, measure, NUM_EPOCHS, len(data.train_images))
    curves["long"] = alone(FastTrainer(data, LONG_EPOCHS, vary=True), measure)
    race_report.compare(
        curves, rates, lambda elbo: elbo.total, lambda elbo, aim: elbo.total <= aim.total
    )
    figure, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
    race_report.draw(axis, curves, "total")
    axis.set(title="", ylabel="negative ELBO in nats", ylim=(95, 140))
    axis.legend()
    race_report.keep("time_to_elbo", figure, curves, rates)


if __name__ == "__main__":
    main()
