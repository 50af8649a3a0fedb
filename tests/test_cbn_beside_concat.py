"""Two GANs side by side: measured when due, each for long enough, and compared at the right points.

The trainings are stand-ins whose epochs take as many seconds as they say.
"""

import json
import sys

import matplotlib.pyplot as plt
import pytest
import torch

from course_tools import cbn_beside_concat as beside
from course_tools import race_report
from course_tools.cbn_beside_concat import CBN, CONCATENATION, Seen
from course_tools.race import Clock
from course_utils import DataError
from course_utils.quality import Quality


@pytest.fixture
def time(monkeypatch):
    """The time on every clock."""
    now = [0.0]
    monkeypatch.setattr(Clock, "now", lambda clock: now[0])
    return now


@pytest.fixture
def few(digits):
    return digits._replace(
        train_images=digits.train_images[:100], train_labels=digits.train_labels[:100]
    )


def stand_in(time, seconds):
    class StandIn:
        notebook = "stand-in"

        def __init__(self, data):
            self.names = {"images": data.train_images, "num_epochs": 50}
            self.random = []

        def draw(self, labels):
            return torch.rand(len(labels))

        def run(self, seed, after_epoch=lambda epoch: None):
            torch.manual_seed(seed)
            for epoch in range(1, self.names["num_epochs"] + 1):
                time[0] += seconds
                self.random.append(torch.rand(1).item())
                print("a bar")
                after_epoch(epoch)

    return StandIn


def meter_that_takes(time, seconds):
    def meter(draw):
        time[0] += seconds
        draw(torch.arange(3))
        return Quality(0.9, 2.0, 0.8)

    return meter


def test_a_training_is_measured_when_due_and_ends_with_the_last(time, few, capsys):
    training = stand_in(time, seconds=2.0)(few)
    curve = beside.measured(training, meter_that_takes(time, 50.0), [200, 400], [5.0, 7.0])
    # After 5 s and after 7 s: in epochs 3 and 4. The latter is 400 images, too, and measured once.
    assert curve == [
        (4.0, Seen(200, 0.9, 2.0, 0.8)),
        (6.0, Seen(300, 0.9, 2.0, 0.8)),
        (8.0, Seen(400, 0.9, 2.0, 0.8)),
    ]
    torch.manual_seed(beside.SEED)
    assert training.random == [torch.rand(1).item() for _ in range(4)]  # as if nobody had looked
    first, *others = capsys.readouterr().out.splitlines()
    assert "4.0 s       200 images: accuracy 0.900, distance 2.0 floors" in first
    assert len(others) == 2


@pytest.mark.parametrize(("name", "epochs"), [("digits", 50), ("mnist", beside.MNIST_EPOCHS)])
@pytest.mark.parametrize("speed", [0.2, 3.0])
def test_the_second_goes_on_until_it_has_as_many_images_and_seconds(
    name, epochs, speed, time, few, monkeypatch
):
    monkeypatch.setattr(beside, "CbnTraining", stand_in(time, 1.0))
    monkeypatch.setattr(beside, "GanTraining", stand_in(time, 1.0 / speed))
    curves = beside.side_by_side(few._replace(name=name), meter_that_takes(time, 7.0))
    assert list(curves) == [CBN, CONCATENATION]
    first, second = curves.values()
    assert len(first) == beside.MEASUREMENTS
    assert (first[-1][0], first[-1][1].images) == (epochs, 100 * epochs)
    longer = max(epochs, epochs * speed)
    assert second[-1][1].images == pytest.approx(100 * longer, abs=100)
    assert {seen.images for _, seen in first} <= {seen.images for _, seen in second}
    for seconds, _ in first:
        assert any(seconds <= taken < seconds + 1.0 / speed + 1e-6 for taken, _ in second)


CURVES = {
    CBN: [(10.0, Seen(500, 0.8, 9.0, 0.5)), (20.0, Seen(1000, 0.97, 4.0, 0.9))],
    CONCATENATION: [
        (1.0, Seen(500, 0.1, 99.0, 0.1)),
        (2.0, Seen(1000, 0.5, 40.0, 0.6)),
        (12.0, Seen(6000, 0.9, 5.0, 0.8)),
        (21.0, Seen(10500, 0.91, 6.0, 0.8)),
        (25.0, Seen(12500, 0.99, 1.0, 1.0)),
    ],
}


def test_they_are_compared_at_equal_images_and_at_equal_seconds(capsys):
    beside.compare(CURVES)
    images, seconds, best = capsys.readouterr().out.splitlines()[-3:]
    assert "at equal images: 2 s" in images and images.endswith("ratio of floors 10.00")
    assert "at equal seconds: 21 s" in seconds and seconds.endswith("ratio of floors 1.50")
    assert "at best within equal seconds: 12 s" in best and best.endswith("ratio of floors 1.25")


def test_the_rates_are_those_of_the_whole_training():
    assert beside.rates(CURVES) == {CBN: 50.0, CONCATENATION: 500.0}


def no_data():
    raise DataError("there are none")


def test_data_that_cannot_be_had_are_left_out(few, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(beside, "DATA", {"digits": lambda: few, "mnist": no_data})
    monkeypatch.setattr(beside, "side_by_side", lambda data, meter: CURVES)
    monkeypatch.setattr(race_report, "DOCS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["cbn_beside_concat"])
    beside.main()
    assert "on mnist left out: there are none" in capsys.readouterr().out
    kept = json.loads((tmp_path / "cbn_beside_concat.json").read_text())
    assert list(kept["curves"]) == ["digits, CBN", "digits, concatenation"]
    assert kept["curves"]["digits, CBN"][1] == {
        "seconds": 20.0,
        "images": 1000,
        "accuracy": 0.97,
        "floors": 4.0,
        "diversity": 0.9,
    }
    monkeypatch.setattr(sys, "argv", ["cbn_beside_concat", "mnist"])
    (tmp_path / "cbn_beside_concat.json").unlink()
    beside.main()
    assert not (tmp_path / "cbn_beside_concat.json").exists()


def test_the_figure_shows_the_distance_over_images_and_over_seconds():
    figure = beside.drawn({"digits": CURVES, "mnist": CURVES})
    plt.close(figure)
    assert len(figure.axes) == 4
    over_images, over_seconds = (axis.lines[0].get_xdata() for axis in figure.axes[2:])
    assert list(over_images) == [0.5, 1.0] and list(over_seconds) == [10.0, 20.0]
    assert {axis.get_yscale() for axis in figure.axes} == {"log"}
