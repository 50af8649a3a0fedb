"""Time to an ELBO: ``python -m course_tools.time_to_elbo``.

A conditional VAE's training loop as tutorials have it beside one that is made to be fast, on 10,000
MNIST images, in one run; then the fast one once more, for longer. All have a code of 16 numbers and
are measured on the 10,000 test images. The figure and the numbers are kept in docs/.
"""

import json
import platform
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch

from course_tools.cvae_trainers import FastTrainer, TutorialTrainer
from course_tools.gradebook import ROOT
from course_tools.race import Clock, Curve, race
from course_utils import DataError, load_data, set_seed
from course_utils.latent import Elbo, negative_elbo
from course_utils.plots import COLORS, DASHES

NUM_EPOCHS = 40  # of the tutorial's loop
FAST_EPOCHS = 10
LONG_EPOCHS = 60
TRAINING_IMAGES = 10_000
FIGURE = ROOT / "docs" / "time_to_elbo.png"
NUMBERS = FIGURE.with_suffix(".json")


def alone(trainer: FastTrainer, measure: Callable[[FastTrainer], Elbo]) -> Curve:
    """The curve of one trainer, measured about ten times."""
    clock, curve = Clock(trainer.device), []
    while not trainer.done:
        with clock.running():
            trainer.train_steps(trainer.num_steps // 10)
        curve.append((clock.seconds, measure(trainer)))
        print(f"{clock.seconds:6.1f} s  long      {curve[-1][1]}", flush=True)
    return curve


def first_below(curve: Curve, total: float) -> float | None:
    """The seconds after which the curve is at ``total`` nats or below."""
    return next((seconds for seconds, elbo in curve if elbo.total <= total), None)


def report(curves: dict[str, Curve], rates: dict[str, float]) -> None:
    """Print the comparison, and keep it as a figure and as JSON."""
    taken, best = min(curves["tutorial"], key=lambda point: point[1].total)
    needed = first_below(curves["fast"], best.total)
    for name, rate in rates.items():
        print(f"{name}: {rate:,.0f} images/s")
    print(f"tutorial, best in {NUM_EPOCHS} epochs, after {taken:.0f} s: {best}")
    if needed is None:
        print("fast: not as good in the same time")
    else:
        print(f"fast, as good after {needed:.1f} s: ratio {taken / needed:.1f}")
    for name in ("fast", "long"):
        seconds, last = curves[name][-1]
        print(f"{name}, finished after {seconds:.0f} s: {last}")
    figure, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
    for index, (name, curve) in enumerate(curves.items()):
        x, y = zip(*((s, elbo.total) for s, elbo in curve), strict=True)
        axis.plot(x, y, DASHES[index], color=COLORS[index], label=name)
    axis.set(xlabel="seconds of training", ylabel="negative ELBO in nats", ylim=(95, 140))
    axis.legend()
    FIGURE.parent.mkdir(exist_ok=True)
    figure.savefig(FIGURE, dpi=100)
    kept = {
        "machine": f"{platform.machine()}, one thread, torch {torch.__version__}",
        "images per second": rates,
        "curves": {
            name: [{"seconds": round(s, 2), **elbo._asdict()} for s, elbo in curve]
            for name, curve in curves.items()
        },
    }
    NUMBERS.write_text(json.dumps(kept, indent=1) + "\n")


def main() -> None:
    """Run the race and report it."""
    torch.set_num_threads(1)
    try:
        data = load_data("mnist")
    except DataError as error:
        print(f"time to an ELBO on MNIST left out: {error}")
        return
    data = data._replace(
        train_images=data.train_images[:TRAINING_IMAGES],
        train_labels=data.train_labels[:TRAINING_IMAGES],
    )

    def measure(trainer: TutorialTrainer | FastTrainer) -> Elbo:
        noise = torch.Generator().manual_seed(0)
        return negative_elbo(
            trainer.model, data.test_images.flatten(1), data.test_labels, generator=noise
        )

    set_seed(0)
    fast = FastTrainer(data, FAST_EPOCHS, vary=False)
    curves, rates = race(TutorialTrainer(data), fast, measure, NUM_EPOCHS, TRAINING_IMAGES)
    curves["long"] = alone(FastTrainer(data, LONG_EPOCHS, vary=True), measure)
    report(curves, rates)


if __name__ == "__main__":
    main()
