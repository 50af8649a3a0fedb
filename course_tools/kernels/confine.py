"""What a forked process gives up before it runs a learner's code.

bubblewrap has made the forkserver's view: read-only, without network, home and secrets. A fork
leaves the forkserver and all other forks behind, too: it gets process numbers, a network without
interfaces, and scratch folders of its own, limits, and no rights.
"""

import ctypes
import os
import resource
from collections.abc import Mapping, Sequence

NOBODY = 65534
_NEW_NAMESPACES = 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000  # mnt pid net ...
_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC = 1, 2, 4, 8
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_NO_NEW_PRIVILEGES, _DROP_CAPABILITY, _AMBIENT, _CLEAR, _DUMPABLE = 38, 24, 47, 4, 4
_CAPABILITIES_VERSION, _LAST_CAPABILITY = 0x20080522, 63

_libc = ctypes.CDLL(None, use_errno=True)


def leave() -> None:
    """Give up the namespaces; the next fork is process 1 of the new ones. Raises OSError."""
    _call("unshare", _NEW_NAMESPACES)


def confine(limits: Mapping[str, int], scratch: str, folders: Sequence[str]) -> None:
    """Set up the new namespaces, apply the limits, and give up all rights for good.

    ``scratch`` is a folder that becomes empty and writable, and is seen as ``folders``, too.
    ``limits``: bytes of ``memory``, ``scratch`` and ``file``, number of ``files`` open at once, and
    of ``processes``. Has to run as the first process after `leave`, before there are threads.
    Raises OSError.
    """
    own = NOBODY if os.getuid() == 0 else os.getuid()
    mode = f"mode=700,uid={own},nr_inodes=20000"
    _mount("none", "/", None, _RECURSIVE | _PRIVATE)
    # Read-only: what belongs to root under /proc/sys is the machine's.
    _mount("proc", "/proc", "proc", _READ_ONLY | _NO_SUID | _NO_DEVICES | _NO_EXEC)
    _mount("/dev/null", "/dev/zero", None, _BIND)  # mapped and shared it is memory without limit
    for folder in (scratch, "/dev/shm"):
        _mount("tmpfs", folder, "tmpfs", _NO_SUID | _NO_DEVICES, f"size={limits['scratch']},{mode}")
    for folder in folders:
        _mount(scratch, folder, None, _BIND)
    _limit(limits)
    _give_up_rights(own)


def _limit(limits: Mapping[str, int]) -> None:
    # What the forkserver holds counts too, though it is shared.
    memory = _data_size() + limits["memory"]
    for which, most in {
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_FSIZE: limits["file"],
        resource.RLIMIT_NOFILE: limits["files"],
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 64 * 1024,
    }.items():
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


def _data_size() -> int:
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmData"))
    return int(line.split()[1]) * 1024


def _give_up_rights(own: int) -> None:
    from course_tools.kernels import syscalls

    for capability in range(_LAST_CAPABILITY + 1):  # fails for those that this Linux has not
        _libc.prctl(_DROP_CAPABILITY, capability, 0, 0, 0)
    if os.getuid() == 0:
        # Root's files would be root's still, without any right: become nobody.
        os.setgroups([])
        os.setresgid(own, own, own)
        os.setresuid(own, own, own)
        _call("prctl", _DUMPABLE, 1, 0, 0, 0)  # so that it may look into its own /proc/self
    _libc.prctl(_AMBIENT, _CLEAR, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())
    _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    syscalls.refuse(_libc)


def _mount(source: str, target: str, kind: str | None, flags: int, data: str = "") -> None:
    kind_bytes = kind.encode() if kind else None
    _call("mount", source.encode(), target.encode(), kind_bytes, flags, data.encode())


def _call(name: str, *args: object) -> None:
    if getattr(_libc, name)(*args):
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
