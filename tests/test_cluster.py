"""Marking on a Dask cluster: a scheduler and workers that run beside this process."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from distributed import Client

from course_tools.example_class import make_class
from course_tools.grade import Settings, grade
from course_tools.gradebook import ROOT
from course_tools.kernels.jail import NoJail
from course_tools.marking.ledger import Ledger
from jailed import needs_jail

needs_jail()

NAME = "01_conditional_classifier"
HERE = "127.0.0.1"


class Cluster:
    """A scheduler and workers, each a process of its own; workers have a name and one thread."""

    def __init__(self, folder, **workers):
        self.processes = []
        file = folder / "scheduler.json"
        self.start("scheduler", "--port", "0", "--scheduler-file", str(file))
        wait_until(file.exists)
        self.address = json.loads(file.read_text())["address"]
        self.workers = {
            name: self.start(
                "worker", self.address, "--name", name, "--nthreads", "1", "--no-nanny", **variables
            )
            for name, variables in workers.items()
        }
        with Client(self.address) as client:
            client.wait_for_workers(len(workers))

    def start(self, *arguments, **variables):
        self.processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--host", HERE, "--no-dashboard"],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
                stderr=subprocess.DEVNULL,
            )
        )
        return self.processes[-1]

    def busy(self):
        """The name of a worker that has a job; "" if none has."""
        with Client(self.address) as client:
            found = client.scheduler_info()["workers"]
            jobs = client.processing()
        return next((w["name"] for address, w in found.items() if jobs.get(address)), "")

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()


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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    found = Cluster(tmp_path_factory.mktemp("cluster"), one={}, two={}, three={})
    yield found
    found.close()


def ledger(root):
    """Whose notebook counts as marked, with its outcome."""
    found = Ledger(f"sqlite:///{root / 'gradebook.db'}")
    outcomes = [outcome for _, outcome in found.outcomes().values()]
    found.close()
    return outcomes


def test_a_cluster_gives_the_same_marks_though_a_worker_is_killed_at_work(here, cluster, tmp_path):
    make_class(tmp_path, [NAME])
    marking = command(tmp_path, cluster.address)
    victim = wait_until(lambda: cluster.busy() or marking.poll() is not None)
    cluster.workers[victim].send_signal(signal.SIGKILL)
    said, _ = marking.communicate()
    assert marking.returncode == 0, said
    assert cluster.workers[victim].wait() == -signal.SIGKILL
    assert "4/4" in said and "could not be marked" not in said
    assert marks(ledger(tmp_path)) == marks(outcome for outcome in here if outcome.marks)
    # With two workers left, all over again; the ledger says that nothing is to do.
    again = grade(tmp_path, Settings(scheduler=cluster.address, again=True))
    assert marks(again) == marks(here)
    assert marks(ledger(tmp_path)) == marks(outcome for outcome in here if outcome.marks)


def test_a_worker_without_a_jail_says_what_is_missing_and_runs_nothing(tmp_path):
    make_class(tmp_path, [NAME])
    cluster = Cluster(tmp_path, bare={"PATH": str(tmp_path)})
    try:
        with pytest.raises(NoJail, match="bubblewrap is missing: install it"):
            grade(tmp_path, Settings(scheduler=cluster.address))
    finally:
        cluster.close()
    assert ledger(tmp_path) == []


def test_an_address_where_nobody_answers_is_one_sentence(tmp_path):
    make_class(tmp_path, [NAME])
    marking = command(tmp_path, f"tcp://{HERE}:9")
    said, _ = marking.communicate()
    assert marking.returncode == 1
    assert said.endswith(
        f"No Dask scheduler answers at tcp://{HERE}:9: is it running, and is this its address?\n"
    )
    assert "Traceback" not in said


def test_a_scheduler_without_workers_is_one_sentence(tmp_path):
    make_class(tmp_path, [NAME])
    cluster = Cluster(tmp_path)
    try:
        marking = command(tmp_path, cluster.address)
        said, _ = marking.communicate()
    finally:
        cluster.close()
    assert marking.returncode == 1
    assert said.endswith(f"The Dask scheduler at {cluster.address} has no workers: start some.\n")
    assert "Traceback" not in said
