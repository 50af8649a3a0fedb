"""Record the trainings of notebooks 02 and 03 on digits: ``python -m course_tools.record_runs``.

Five seeds of each are measured ten times on their way. With the drawings of the first GAN, the
numbers go into course_utils/records, where notebook 03 finds them to compare with.
"""

import json

import torch
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from course_tools.reference import CvaeTraining, GanTraining, Training
from course_utils import load_data
from course_utils.judges import load_judge
from course_utils.quality import Quality, QualityMeter
from course_utils.records import DRAWINGS, FOLDER, RUNS

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


def main() -> None:
    """Record both notebooks' trainings."""
    torch.set_num_threads(1)
    data = load_data("digits", torch.device("cpu"))
    meter = QualityMeter(data, load_judge(data))
    FOLDER.mkdir(exist_ok=True)
    runs: dict[str, list[list[Quality]]] = {}
    for name, training in (("GAN", GanTraining(data)), ("CVAE", CvaeTraining(data))):
        runs[name] = []
        for seed in range(SEEDS):
            runs[name].append(record(training, meter, seed))
            if name == "GAN" and seed == 0:
                torch.manual_seed(0)
                mosaic = make_grid(training.draw(data.train_labels), nrow=40, padding=0)
                to_pil_image(mosaic[:1]).save(DRAWINGS, optimize=True)
    kept = {
        name: [[[round(number, 4) for number in quality] for quality in run] for run in seeds]
        for name, seeds in runs.items()
    }
    RUNS.write_text(json.dumps(kept) + "\n")


if __name__ == "__main__":
    main()
