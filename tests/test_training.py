"""`fit`: the history, the interrupt, and the short budget while nbgrader runs the notebook."""

import signal
import threading
import time
from pathlib import Path

import pytest
import torch
from jupyter_client import KernelManager

from course_utils import Batches, fit
from course_utils.training import STEPS_WHILE_MARKED


@pytest.fixture(autouse=True)
def interactive(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def batches(rows: int = 10, batch_size: int = 5) -> Batches:
    return Batches(torch.arange(float(rows)), batch_size=batch_size)


def test_the_history_holds_the_mean_of_each_epoch(capsys):
    history = fit(lambda x: x.sum().item(), batches(), num_epochs=3)
    assert history == {"loss": [22.5, 22.5, 22.5]}
    assert "training" in capsys.readouterr().out


def test_named_losses_have_a_history_each():
    history = fit(lambda x: {"a": 1.0, "b": 2.0}, batches(), num_epochs=2)
    assert history == {"a": [1.0, 1.0], "b": [2.0, 2.0]}


def test_quantities_after_each_epoch_join_the_history(capsys):
    epochs, steps = [], []

    def after_epoch(epoch):
        epochs.append((epoch, len(steps)))
        return {"accuracy": epoch / 10}

    history = fit(lambda x: steps.append(1) or 1.0, batches(), 3, after_epoch=after_epoch)
    assert epochs == [(1, 2), (2, 4), (3, 6)], "after the last step of each epoch"
    assert history == {"loss": [1.0, 1.0, 1.0], "accuracy": [0.1, 0.2, 0.3]}


def test_after_an_epoch_nothing_need_be_returned():
    def sometimes(epoch):
        return {"accuracy": 0.5} if epoch == 2 else None

    history = fit(lambda x: 1.0, batches(), num_epochs=3, after_epoch=sometimes)
    assert history == {"loss": [1.0, 1.0, 1.0], "accuracy": [0.5]}


def test_a_quantity_of_the_same_name_replaces_the_mean():
    history = fit(lambda x: 1.0, batches(), 2, after_epoch=lambda epoch: {"loss": 9.0})
    assert history == {"loss": [9.0, 9.0]}


@pytest.mark.parametrize("when", ["in a step", "after an epoch"])
def test_an_interrupt_leaves_each_epoch_with_all_quantities(capsys, when):
    steps, epochs = [], []

    def step(x):
        steps.append(1)
        if when == "in a step" and len(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return 1.0

    def after_epoch(epoch):
        if when == "after an epoch" and epoch == 2:
            signal.raise_signal(signal.SIGINT)
        epochs.append(epoch)
        return {"accuracy": epoch / 10}

    history = fit(step, batches(), num_epochs=100, after_epoch=after_epoch)
    assert len(steps) == (3 if when == "in a step" else 4)
    assert epochs == [1, 2]
    assert history == {"loss": [1.0, 1.0], "accuracy": [0.1, 0.2]}
    assert "Stopped in epoch 2 of 100" in capsys.readouterr().out


def test_an_interrupt_finishes_the_step_and_keeps_the_history(capsys):
    started, finished = [], []

    def step(x):
        started.append(1)
        if len(started) == 3:
            signal.raise_signal(signal.SIGINT)
        finished.append(1)
        return 1.0

    history = fit(step, batches(), num_epochs=100)
    assert len(started) == len(finished) == 3, "the step under way is finished, no other begins"
    assert history == {"loss": [1.0, 1.0]}
    assert "Stopped in epoch 2 of 100" in capsys.readouterr().out


def test_a_second_interrupt_stops_at_once():
    def step(x):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return 1.0

    with pytest.raises(KeyboardInterrupt):
        fit(step, batches(), num_epochs=2)


def test_the_old_handler_is_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    fit(lambda x: 1.0, batches(), num_epochs=1)
    assert signal.getsignal(signal.SIGINT) is before
    with pytest.raises(ZeroDivisionError):
        fit(lambda x: 1 / 0, batches(), num_epochs=1)
    assert signal.getsignal(signal.SIGINT) is before


def test_it_works_outside_the_main_thread():
    histories = []
    thread = threading.Thread(
        target=lambda: histories.append(fit(lambda x: 1.0, batches(), num_epochs=1))
    )
    thread.start()
    thread.join()
    assert histories == [{"loss": [1.0]}]


@pytest.mark.parametrize("mode", ["autograde", "validate"])
def test_few_steps_while_a_notebook_is_marked(monkeypatch, mode):
    monkeypatch.setenv("NBGRADER_EXECUTION", mode)
    steps = []
    history = fit(
        lambda x: float(len(steps.append(1) or steps)),
        batches(100, 1),
        num_epochs=50,
        after_epoch=lambda epoch: {"epoch": epoch},
    )
    assert len(steps) == STEPS_WHILE_MARKED
    assert len(history["loss"]) == 1
    assert history["epoch"] == [1]


def test_the_bar_shows_the_loss_on_stdout(capfd):
    def step(x):
        time.sleep(0.15)  # the bar is drawn at most ten times a second
        return 0.125

    fit(step, batches(4, 2), num_epochs=2)
    captured = capfd.readouterr()
    assert "loss=0.125" in captured.out
    assert captured.err == ""


def test_interrupting_a_kernel_keeps_what_was_learned(monkeypatch):
    """What the button with the square does in JupyterLab."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    manager = KernelManager()
    manager.start_kernel(extra_arguments=["--IPKernelApp.log_level=ERROR"])
    client = manager.client()
    client.start_channels()
    texts: list[str] = []

    def collect(message):
        content = message["content"]
        texts.append(content.get("text", "") + str(content.get("evalue", "")))
        if "loss=" in texts[-1] and not interrupted.is_set():
            interrupted.set()
            manager.interrupt_kernel()

    interrupted = threading.Event()
    try:
        client.wait_for_ready(timeout=120)
        code = (
            "import time, torch\n"
            "from course_utils import Batches, fit\n"
            "def step(x):\n"
            "    time.sleep(0.05)\n"
            "    return 0.5\n"
            "history = fit(step, Batches(torch.zeros(40), batch_size=4), 1000)\n"
            "print('kept', 0 < len(history['loss']) < 1000)\n"
        )
        client.execute_interactive(code, timeout=120, output_hook=collect)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    output = "".join(texts)
    assert "the model keeps what it has learned" in output
    assert "kept True" in output
