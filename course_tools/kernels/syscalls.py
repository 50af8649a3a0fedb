"""The system calls that jailed code cannot make: a seccomp filter (Linux, x86-64 and arm64).

The namespaces hide the machine. This closes what they leave open: ways out of them, memory that
counts nowhere, sockets that cross them, and rarely used parts of the kernel.
"""

import ctypes
import errno
import platform

# Name -> number on x86-64 and on arm64 (None: there is none).
REFUSED = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "memfd_create": (319, 279),  # memory that no process seems to own
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "quotactl": (179, 60),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
}
CLONE, CLONE3, SOCKET, MMAP = (56, 220), (435, 435), (41, 198), (9, 222)
SHARED_AND_ANONYMOUS = 0x21  # memory that is shared with nobody else's file counts nowhere
NEW_NAMESPACES = 0x7E020080  # the CLONE_NEW* flags
FAMILIES = (1, 2, 10, 16)  # unix, IPv4, IPv6 and netlink; vsock, among others, crosses namespaces
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_LOAD, _AND, _EQUAL, _SET, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x45, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _MACHINE, _FIRST_ARGUMENT, _FOURTH_ARGUMENT = 0, 4, 16, 40


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def program(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter as BPF instructions (code, jump if true, jump if false, constant).

    Raises OSError for a machine whose numbers are not known here.
    """
    if machine not in MACHINES:
        raise OSError(f"the jail does not know the system calls of {machine}")
    column, audit = MACHINES[machine]

    def refuse(number: int, reason: int = errno.EPERM) -> list[tuple[int, int, int, int]]:
        return [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE | reason)]

    code = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, audit), (_RETURN, 0, 0, _KILL)]
    code += [(_LOAD, 0, 0, _NUMBER)]
    # The calls of 32 bits on x86-64 have other numbers.
    code += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]
    for numbers in REFUSED.values():
        code += refuse(numbers[column])
    code += refuse(CLONE3[column], errno.ENOSYS)  # its flags are out of sight; libc takes clone
    code += [
        (_EQUAL, 0, 4, CLONE[column]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_SET, 0, 1, NEW_NAMESPACES),
        (_RETURN, 0, 0, _REFUSE | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, 5, MMAP[column]),
        (_LOAD, 0, 0, _FOURTH_ARGUMENT),
        (_AND, 0, 0, SHARED_AND_ANONYMOUS),
        (_EQUAL, 0, 1, SHARED_AND_ANONYMOUS),
        (_RETURN, 0, 0, _REFUSE | errno.ENOMEM),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, len(FAMILIES) + 2, SOCKET[column]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
    ]
    code += [(_EQUAL, len(FAMILIES) - i, 0, family) for i, family in enumerate(FAMILIES)]
    return [*code, (_RETURN, 0, 0, _REFUSE | errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]


def refuse(libc: ctypes.CDLL) -> None:
    """Install the filter for this thread and all that it starts. Raises OSError."""
    code = program(platform.machine())
    instructions = (_Instruction * len(code))(*code)
    filtered = _Program(len(code), instructions)
    # PR_SET_SECCOMP, SECCOMP_MODE_FILTER; PR_SET_NO_NEW_PRIVS has to be set already.
    if libc.prctl(22, 2, ctypes.byref(filtered), 0, 0):
        raise OSError(ctypes.get_errno(), "the system calls cannot be filtered")
