"""Marking on a Dask cluster: a scheduler and workers that run beside this process."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from distributed import Client

from course_tools.example_class import make_class
from course_tools.grade import Settings, grade, main
from course_tools.gradebook import ROOT
from course_tools.kernels.jail import NoJail
from course_tools.marking.ledger import Ledger
from jailed import needs_jail

needs_jail()

NAME = "01_conditional_classifier"
HERE = "127.0.0.1"


def start(*arguments, **variables):
    """Start a part of Dask on this machine."""
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments, "--host", HERE, "--no-dashboard"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stderr=subprocess.DEVNULL,
    )


def end(processes):
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler without workers."""
    file = tmp_path_factory.mktemp("dask") / "scheduler.json"
    process = start("scheduler", "--port", "0", "--scheduler-file", str(file))
    wait_until(lambda: file.exists() and file.read_text().endswith("}"))
    yield json.loads(file.read_text())["address"]
    end([process])


@contextmanager
def workers(scheduler, *names, **variables):
    """Workers of these names, with one thread each; gives their processes by name."""
    options = ("--nthreads", "1", "--no-nanny")
    started = {
        name: start("worker", scheduler, "--name", name, *options, **variables) for name in names
    }
    try:
        with Client(scheduler) as client:
            client.wait_for_workers(len(names))
        yield started
    finally:
        end(started.values())


def busy(scheduler):
    """The name of a worker that has a job; "" if none has."""
    with Client(scheduler) as client:
        found = client.scheduler_info()["workers"]
        jobs = client.processing()
    return next((w["name"] for address, w in found.items() if jobs.get(address)), "")


def wait_until(condition):
    """Wait until the condition holds, and return what it gives."""
    while not (found := condition()):
        time.sleep(0.05)
    return found


def marks(outcomes):
    return {
        (outcome.student, outcome.notebook): [mark.points for mark in outcome.marks.values()]
        for outcome in outcomes
    }


def command(root, address):
    """`make grade` on a cluster, as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", "course_tools.grade", str(root), "--scheduler", address],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The outcomes of the example class, marked on this machine alone."""
    root = tmp_path_factory.mktemp("here")
    make_class(root, [NAME])
    return grade(root, Settings(workers=2))


def ledger(root):
    """Whose notebook counts as marked, with its outcome."""
    found = Ledger(f"sqlite:///{root / 'gradebook.db'}")
    outcomes = [outcome for _, outcome in found.outcomes().values()]
    found.close()
    return outcomes


def test_a_cluster_gives_the_same_marks_though_a_worker_is_killed_at_work(
    here, scheduler, tmp_path
):
    make_class(tmp_path, [NAME])
    expected = marks(outcome for outcome in here if outcome.marks)
    with workers(scheduler, "one", "two", "three") as processes:
        marking = command(tmp_path, scheduler)
        victim = wait_until(lambda: busy(scheduler) or marking.poll() is not None)
        processes[victim].kill()
        said, _ = marking.communicate()
        assert marking.returncode == 0, said
        assert "4/4" in said and "could not be marked" not in said
    assert marks(ledger(tmp_path)) == expected
    assert len(expected) == 4


def test_a_worker_without_a_jail_says_what_is_missing_and_runs_nothing(scheduler, tmp_path):
    make_class(tmp_path, [NAME])
    with (
        workers(scheduler, "bare", PATH=str(tmp_path)),
        pytest.raises(NoJail, match="bubblewrap is missing: install it"),
    ):
        grade(tmp_path, Settings(scheduler=scheduler))
    assert ledger(tmp_path) == []


@pytest.mark.parametrize(
    ("there", "sentence"),
    [
        (False, "No Dask scheduler answers at {}: is it running, and is this its address?"),
        (True, "The Dask scheduler at {} has no workers: start some."),
    ],
)
def test_no_cluster_is_one_sentence(scheduler, tmp_path, monkeypatch, there, sentence):
    make_class(tmp_path, [NAME])
    address = scheduler if there else f"tcp://{HERE}:9"  # nobody listens at port 9
    monkeypatch.setattr("course_tools.marking.workers.ANSWER", 1)
    monkeypatch.setattr(sys, "argv", ["grade", str(tmp_path), "--scheduler", address])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert str(stopped.value) == f"\n{sentence.format(address)}"
