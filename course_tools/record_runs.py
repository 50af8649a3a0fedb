"""Record trainings on digits: ``python -m course_tools.record_runs [GAN | CVAE | CBN]``.

They are those of notebooks 02, 03 and 04. Five seeds of each are measured ten times on their way.
With the drawings of the first GAN, the numbers go into course_utils/records, where notebooks 03 and
04 find them to compare with. What the command line does not name stays as it was recorded.
"""

import argparse
import json

import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from course_tools.reference import CbnTraining, CvaeTraining, GanTraining, Training
from course_utils import load_data
from course_utils.judges import load_judge
from course_utils.quality import Quality, QualityMeter
from course_utils.records import DRAWINGS, RUNS, training_runs

TRAININGS = {"GAN": GanTraining, "CVAE": CvaeTraining, "CBN": CbnTraining}
SEEDS = 5
MEASUREMENTS = 10


def record(training: Training, meter: QualityMeter, seed: int) -> list[Quality]:
    """The quality after each tenth of a training."""
    every = training.names["num_epochs"] // MEASUREMENTS
    qualities: list[Quality] = []

    def after_epoch(epoch: int) -> None:
        if epoch % every == 0:
            with torch.random.fork_rng():  # the training goes on as if nobody had looked
                qualities.append(meter(training.draw))

    training.run(seed, after_epoch)
    print(f"{training.notebook}, seed {seed}: {qualities[-1]}", flush=True)
    return qualities


def keep(runs: dict[str, list[list[Quality]]]) -> None:
    """Write the runs to the file from which `training_runs` reads them."""
    kept = {
        name: [[[round(number, 4) for number in quality] for quality in run] for run in seeds]
        for name, seeds in runs.items()
    }
    RUNS.write_text(json.dumps(kept) + "\n")


def save_drawings(training: Training, labels: Tensor) -> None:
    """Save what a training's model draws for ``labels``, as one picture."""
    torch.manual_seed(0)
    mosaic = make_grid(training.draw(labels), nrow=40, padding=0)
    to_pil_image(mosaic[:1]).save(DRAWINGS, optimize=True)


def main() -> None:
    """Record the trainings that the command line names, by default all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(TRAININGS), metavar=" | ".join(TRAININGS))
    torch.set_num_threads(1)
    data = load_data("digits", torch.device("cpu"))
    meter = QualityMeter(data, load_judge(data))
    runs = training_runs()
    for name in parser.parse_args().names:
        training = TRAININGS[name](data)
        runs[name] = []
        for seed in range(SEEDS):
            runs[name].append(record(training, meter, seed))
            if name == "GAN" and seed == 0:
                save_drawings(training, data.train_labels)
        keep(runs)


if __name__ == "__main__":
    main()
