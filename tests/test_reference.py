"""The notebooks' trainings outside of the notebooks, and what was recorded of them."""

import sys

import pytest
import torch

from course_tools import record_runs
from course_tools.record_runs import MEASUREMENTS, SEEDS
from course_tools.reference import CbnTraining, CvaeTraining, GanTraining
from course_utils import records
from course_utils.quality import Quality
from course_utils.records import gan_drawings, training_runs


@pytest.mark.parametrize("training", [GanTraining, CvaeTraining, CbnTraining])
def test_a_notebooks_training_can_be_run_from_any_seed(training, digits, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")  # three steps
    training = training(digits)
    labels, drawn, epochs = torch.arange(10), [], []
    for seed in (1, 1, 2):
        training.run(seed, epochs.append)
        torch.manual_seed(0)
        drawn.append(training.draw(labels))
    assert epochs == [1, 1, 1]
    assert drawn[0].shape == (10, 1, 28, 28)
    assert drawn[0].min() >= 0 and drawn[0].max() <= 1
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


def test_while_it_trains_it_can_draw(digits, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for training in (GanTraining(digits), CvaeTraining(digits), CbnTraining(digits)):
        during = []
        training.run(0, lambda _, t=training, d=during: d.append(t.draw(torch.arange(10))))
        (images,) = during
        assert images.shape == (10, 1, 28, 28)


def test_the_recorded_drawings_are_of_the_training_labels(digits, judge, meter):
    drawings = gan_drawings(digits)
    assert drawings.shape == digits.train_images.shape
    assert (judge(drawings).argmax(1) == digits.train_labels).float().mean() > 0.98
    assert meter.measure(drawings, digits.train_labels).diversity > 0.85


def test_drawings_were_recorded_for_the_digits_only(digits):
    with pytest.raises(ValueError, match="for the digits only, not for mnist"):
        gan_drawings(digits._replace(name="mnist"))


def test_the_recorded_runs_end_better_than_they_begin():
    runs = training_runs()
    assert list(runs) == ["GAN", "CVAE", "CBN"]
    for seeds in runs.values():
        assert len(seeds) == SEEDS
        for run in seeds:
            assert len(run) == MEASUREMENTS
            assert run[-1].floors < run[0].floors
            assert run[-1].accuracy > 0.98


def test_what_is_not_named_stays_as_it_was_recorded(monkeypatch, tmp_path):
    before = records.RUNS.read_text()
    for module in (records, record_runs):
        monkeypatch.setattr(module, "RUNS", tmp_path / "runs.json")
    records.RUNS.write_text(before)
    monkeypatch.setattr(record_runs, "record", lambda training, meter, seed: [Quality(seed, 1, 1)])
    monkeypatch.setattr(sys, "argv", ["record_runs", "CBN"])
    record_runs.main()
    assert training_runs()["CBN"] == [[Quality(seed, 1, 1)] for seed in range(SEEDS)]
    others = before[: before.index(', "CBN"')]
    assert records.RUNS.read_text().startswith(others)
