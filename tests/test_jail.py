"""The jail: what code in it can see and do, and what happens to it at its limits."""

import os
import stat
import time
from pathlib import Path

import psutil
import pytest

from course_tools.gradebook import ROOT
from course_tools.kernels import jail, syscalls
from course_tools.kernels.client import ForkServer
from course_tools.marking.session import KernelEnded, Limits, Session
from jailed import needs_jail

needs_jail()

SMALL = Limits(cell_seconds=20, memory=700 << 20, scratch=64 << 20, processes=20)


@pytest.fixture(scope="module")
def session():
    """A jailed kernel that several tests look around in."""
    with Session(SMALL) as running:
        yield running


def shown(session, code):
    ran = session.run(code)
    assert not ran.error, ran.error
    return "".join(output.get("text", "") for output in ran.outputs).strip()


def test_it_is_another_user_without_rights_and_process_1(session):
    status = shown(session, "print(open('/proc/self/status').read())")
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    assert fields["NoNewPrivs"].strip() == "1"
    assert fields["Seccomp"].strip() == "2"
    assert {int(fields[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert shown(session, "import os; print(os.getpid())") == "1"
    if os.getuid() == 0:
        assert shown(session, "print(os.getuid(), os.getgid(), os.getgroups())") == "65534 65534 []"


def test_of_the_course_it_sees_what_learners_have_and_no_more(session):
    seen = shown(session, f"import os; print(sorted(os.listdir({str(ROOT)!r})))")
    assert set(eval(seen)) <= {"course_utils", "course_tools", ".venv"}
    tools = shown(session, f"print(sorted(os.listdir({str(ROOT / 'course_tools')!r})))")
    assert eval(tools) == ["__init__.py", "kernels"]


def test_of_the_machine_it_sees_programs_only(session):
    assert set(eval(shown(session, "import os; print(os.listdir('/etc'))"))) <= {
        "ld.so.cache",
        "alternatives",
        "localtime",
    }
    assert shown(session, "print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))") in (
        "[1]",
    )
    home = shown(session, f"print(os.path.exists({str(Path.home() / '.profile')!r}))")
    assert home == "False"


def test_its_environment_is_made_for_it(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "canary")
    server = ForkServer(jailed=True)  # started with that variable around it
    server.close()
    with Session(SMALL) as fresh:
        code = "print(dict(os.environ)); print(open('/proc/1/environ').read())"
        assert "canary" not in shown(fresh, f"import os; {code}")


@pytest.mark.parametrize(
    "path", ["/x", "/tmp/../x", "/dev/x", "/usr/x", "/proc/sys/kernel/core_pattern", "/proc/1/comm"]
)
def test_nothing_outside_its_scratch_folder_can_be_written(session, path):
    assert "OSError" in shown(
        session, f"try: open({path!r}, 'w')\nexcept OSError: print('OSError')"
    )


def test_course_utils_and_python_cannot_be_written(session):
    for place in (ROOT / "course_utils", Path(os.__file__).parent):
        code = f"try: open({str(place / 'x.py')!r}, 'w')\nexcept OSError as e: print(e.errno)"
        assert shown(session, code) == "30"


def test_devices_keep_their_permissions(session):
    before = stat.S_IMODE(os.stat("/dev/null").st_mode)
    code = "import os\ntry: os.chmod('/dev/null', 0)\nexcept OSError: print('refused')"
    assert shown(session, code) == "refused"
    assert stat.S_IMODE(os.stat("/dev/null").st_mode) == before


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("socket.create_connection(('127.0.0.1', 9), 1)", "OSError"),
        ("socket.create_connection(('192.0.2.1', 9), 1)", "OSError"),
        ("socket.socket(40, socket.SOCK_STREAM)", "OSError"),  # vsock reaches the host
        ("os.memfd_create('x')", "PermissionError"),
    ],
)
def test_there_is_no_way_out(session, call, error):
    code = f"import os, socket\ntry: {call}\nexcept {error} as e: print('refused')"
    assert shown(session, code) == "refused"


@pytest.mark.parametrize("call", ["unshare(0x10000000)", "ptrace(16, 1, 0, 0)", "chroot(b'/tmp')"])
def test_system_calls_are_refused(session, call):
    code = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.{call}, end=' ')"
    assert shown(session, f"{code}\nprint(ctypes.get_errno())") == "-1 1"


def test_memory_that_no_process_seems_to_own_is_refused(session):
    code = "import mmap\ntry: mmap.mmap(-1, 1 << 20)\nexcept OSError: print('refused')"
    assert shown(session, code) == "refused"
    assert shown(session, "print(len(open('/dev/zero', 'rb').read(10)))") == "0"


def test_threads_and_processes_are_not_refused(session):
    code = """
        import subprocess, threading
        thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
        print(subprocess.run(["echo", "process"], capture_output=True, text=True).stdout)
    """
    from textwrap import dedent

    assert shown(session, dedent(code)).split() == ["thread", "process"]


def test_two_jails_do_not_see_each_other():
    with Session(SMALL) as one, Session(SMALL) as other:
        shown(one, "open('/scratch/left', 'w').write('x'); import socket, os")
        shown(one, "s = socket.socket(socket.AF_UNIX); s.bind(chr(0) + 'here'); s.listen()")
        assert shown(other, "import os; print(os.path.exists('/scratch/left'))") == "False"
        code = "import socket\ntry: socket.socket(socket.AF_UNIX).connect(chr(0) + 'here')"
        assert shown(other, f"{code}\nexcept OSError: print('nobody')") == "nobody"
        assert shown(other, "print([p for p in os.listdir('/proc') if p.isdigit()])") == "['1']"


def test_the_disk_is_small(session):
    code = "f = open('/scratch/big', 'wb')\ntry:\n  for _ in range(200): f.write(bytes(1 << 20))"
    assert shown(session, f"{code}\nexcept OSError as e: print(e.errno)") == "28"
    session.run("f.close(); import os; os.remove('/scratch/big')")


def test_memory_beyond_the_limit_is_an_error_that_the_kernel_survives(session):
    ran = session.run("x = [bytearray(100 << 20) for _ in range(100)]")
    assert ran.error.startswith("MemoryError")
    assert shown(session, "print('alive')") == "alive"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("import os; os._exit(0)", "died"),
        ("import ctypes; ctypes.string_at(0)", "died"),
        ("for _ in range(60):\n  if not os.fork(): time.sleep(60)\ntime.sleep(60)", "processes"),
        (
            "for _ in range(5):\n  if not os.fork():\n    x = bytearray(b'1') * (300 << 20)\n"
            "    time.sleep(60)\ntime.sleep(60)",
            "memory",
        ),
        ("while True:\n  print('x' * 10_000)\n  time.sleep(0.0005)", "output"),
        (
            "while True:\n  try: time.sleep(0.1)\n  except BaseException: time.sleep(0.01)",
            "time",
        ),
    ],
)
def test_what_ends_a_kernel_is_told(code, kind):
    limits = Limits(cell_seconds=4 if kind == "time" else 30, memory=700 << 20, processes=20)
    with Session(limits) as doomed, pytest.raises(KernelEnded) as ended:
        doomed.run(f"import os, signal, time\n{code}")
    assert ended.value.kind == kind
    assert str(ended.value).endswith(".")


def test_a_long_cell_is_interrupted_and_the_kernel_goes_on():
    with Session(Limits(cell_seconds=2)) as running:
        assert running.run("kept = 3\nwhile True: pass").interrupted
        assert shown(running, "print(kept)") == "3"


def test_nothing_outlives_a_session():
    def forks():
        return {p.pid for p in psutil.Process().children(recursive=True)}

    with Session(SMALL):
        pass
    before = forks()
    with Session(SMALL) as running:
        running.run("import os, time\nif not os.fork():\n  os.setsid()\n  time.sleep(600)")
        assert len(forks()) > len(before)
    deadline = time.monotonic() + 20
    while forks() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert forks() <= before


def test_what_a_browser_would_run_is_not_kept(session):
    code = "from IPython.display import HTML, display\ndisplay(HTML('<script>1</script>'))"
    (output,) = session.run(code).outputs
    assert set(output.data) == {"text/plain"}


def test_a_figure_is_kept(session):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    (output,) = session.run(code).outputs
    assert "image/png" in output.data


def test_random_numbers_differ_between_kernels():
    code = "import random, numpy, torch; print(random.random(), numpy.random.rand(), torch.rand(1))"
    with Session(SMALL) as one, Session(SMALL) as other:
        first, second = shown(one, code).split(), shown(other, code).split()
    assert not set(first) & set(second)


def test_without_bubblewrap_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(jail.NoJail, match=r"sudo apt install bubblewrap"):
        jail.command(["true"], {})


def test_on_a_mac_the_sentence_says_where_to_mark(monkeypatch):
    monkeypatch.setattr(jail.sys, "platform", "darwin")
    with pytest.raises(jail.NoJail, match="only Linux"):
        jail.command(["true"], {})


def test_a_jail_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr(jail, "command", lambda *_: ["sh", "-c", "echo setting up uid map >&2"])
    with pytest.raises(jail.NoJail, match=r"uid map.*apparmor_restrict_unprivileged_userns"):
        ForkServer(jailed=True)


@pytest.mark.parametrize("machine", syscalls.MACHINES)
def test_the_filter_jumps_to_where_there_is_code(machine):
    code = syscalls.program(machine)
    for place, (kind, true, false, _) in enumerate(code):
        assert kind == 0x06 or place + 1 + max(true, false) < len(code)


def test_an_unknown_machine_has_no_filter():
    with pytest.raises(OSError, match="riscv64"):
        syscalls.program("riscv64")
