"""Ctrl-C at moments at which Python or a library would drop it."""

import os
import signal
import subprocess
import sys
import time
import weakref

import pytest

from course_tools.marking.interrupts import none_lost, not_for_children, raise_if_caught


class Thing:
    """Something that Python finalizes."""


def press_ctrl_c(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0)  # Python looks for signals when it calls a function


def interrupted_in_a_finalizer(wait: float) -> None:
    thing = Thing()
    finalizer = weakref.ref(thing, press_ctrl_c)
    del thing
    assert finalizer() is None
    time.sleep(wait)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_python_drops_ctrl_c_in_a_finalizer_and_here_it_comes_again():
    interrupted_in_a_finalizer(wait=0)  # dropped: what this is about
    with none_lost(), pytest.raises(KeyboardInterrupt):
        interrupted_in_a_finalizer(wait=60)


def test_other_errors_in_finalizers_are_told_as_ever(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    with none_lost():
        thing = Thing()
        finalizer = weakref.ref(thing, lambda _: 1 / 0)
        del thing
    assert finalizer() is None
    assert [dropped.exc_type for dropped in told] == [ZeroDivisionError]
    assert sys.unraisablehook == told.append


def test_what_nbgrader_caught_is_raised_again():
    raise_if_caught({"success": False, "error": "ValueError: no"})
    raise_if_caught({"success": True})
    with pytest.raises(KeyboardInterrupt):
        raise_if_caught({"success": False, "error": "Traceback ...\nKeyboardInterrupt\n"})


def test_children_do_not_see_it():
    program = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(60)"]
    ended = []
    for where in (not_for_children, none_lost):
        with where():
            child = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        try:
            ended.append(child.wait(1) != 0)
        except subprocess.TimeoutExpired:
            ended.append(False)
        child.kill()
        child.communicate()
    assert ended == [False, True]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
