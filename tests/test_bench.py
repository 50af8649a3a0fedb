"""The benchmarks' own lines: calls in turns, the cost of conditioning, the GAN on other shapes."""

import itertools
import re
import time

import torch

from course_tools import bench


def test_calls_in_turns_are_timed_after_a_round_to_warm_up(monkeypatch):
    now, calls = [0.0], []
    monkeypatch.setattr(time, "process_time", lambda: now[0])

    def taking(name, *taken):
        left = iter(taken)

        def call():
            calls.append(name)
            now[0] += next(left)

        return call

    functions = {"a": taking("a", 100, 1, 2, 9), "b": taking("b", 100, 5, 7, 6)}
    assert bench.in_turns(functions, rounds=3) == {"a": 2, "b": 6}
    assert calls == ["a", "b"] * 4


def test_the_cost_of_conditioning_is_that_beside_plain_batch_norm(capsys):
    bench.cost_of_conditioning(rounds=1)
    ratios = dict(re.findall(r"^  (\S.*?) +ratio ([\d.]+)$", capsys.readouterr().out, re.M))
    assert list(ratios) == [
        "nothing",
        "batch norm",
        "conditional batch norm",
        "conditional instance norm",
        "FiLM",
        "concatenation",
    ]
    assert ratios["batch norm"] == "1.00"
    assert all(float(ratio) > 0 for ratio in ratios.values())


def test_the_gan_is_trained_on_the_shape_of_cifar(monkeypatch, capsys):
    shapes, now, run = [], itertools.count(step=2.0), bench.CbnTraining.run

    def seen(training, seed):
        run(training, seed)
        shapes.append(training.draw(torch.arange(10)).shape)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(bench.Clock, "now", lambda clock: next(now))
    monkeypatch.setattr(bench.CbnTraining, "run", seen)
    bench.gan_on_cifar_shapes(num_images=64)
    assert shapes == [(10, 3, 32, 32)] * 2
    assert "32 images/s on the CPU: there is no GPU" in capsys.readouterr().out
