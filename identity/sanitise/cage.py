"""Shuts this process in: bounded memory, time and files; then no network, no file, no other program, for good.

Linux on x86-64 and ARM64: a network namespace of its own where the kernel grants one, and always a seccomp filter, which needs no
right and cannot be taken off. Elsewhere (a developer's machine) Python's own doors are shut, which stops accidents and not an
attacker; the limits hold there too. What is open stays open: the three pipes.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sys
from typing import Any, NoReturn

_NEW_NET, _NEW_USER = 0x40000000, 0x10000000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _HAS_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _DENY, _UNKNOWN = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS
_ARCHITECTURE, _NUMBER, _FIRST_ARGUMENT = 4, 0, 16  # where they lie in what a filter sees
_THREAD, _CLONE3 = 0x00010000, 435  # clone may make a thread and no process; clone3 hides which, so there is none
_X32 = 0x40000000  # x86-64 has every call twice
# What is denied, by number: sockets, opening and changing files, starting programs, reaching into other processes.
_CALLS = {
    "x86_64": (
        0xC000003E,
        56,  # clone
        # open creat openat openat2, socket connect, fork vfork execve execveat
        *(2, 85, 257, 437, 41, 42, 57, 58, 59, 322),
        # truncate rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat link linkat symlink symlinkat chmod chown mknod
        *(76, 82, 264, 316, 87, 263, 84, 83, 258, 86, 265, 88, 266, 90, 92, 133),
        # kill ptrace process_vm_readv process_vm_writev io_uring_setup pidfd_open pidfd_getfd mount bpf shmget
        *(62, 101, 310, 311, 425, 434, 438, 165, 321, 29),
    ),
    "aarch64": (
        0xC00000B7,
        220,
        # openat openat2, socket connect, execve execveat
        *(56, 437, 198, 203, 221, 281),
        # truncate renameat renameat2 unlinkat mkdirat linkat symlinkat fchmodat fchownat mknodat
        *(45, 38, 276, 35, 34, 37, 36, 53, 54, 33),
        *(129, 117, 270, 271, 425, 434, 438, 40, 280, 194),
    ),
}


class NotConfined(Exception):
    """The kernel would not shut us in; nothing must be opened."""


def limit(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Bound memory and processor time, and write nothing to any file (pipes are none)."""
    for what, most in ((resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(what, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))  # the first ends it by a signal that says why


def leave_the_network() -> bool:
    """Move to an empty network namespace; False where the kernel or the container forbids it. Before any thread starts."""
    if sys.platform != "linux":
        return False
    kernel = ctypes.CDLL(None, use_errno=True)
    return kernel.unshare(_NEW_NET) == 0 or kernel.unshare(_NEW_USER | _NEW_NET) == 0


def lock() -> None:
    """Shut the doors. Everything that must be read from disk was read before. Raises `NotConfined`."""
    if sys.platform == "linux" and platform.machine() in _CALLS:
        _install_filter(*_CALLS[platform.machine()])
    elif sys.platform == "linux":
        raise NotConfined(f"no filter is written for {platform.machine()}")
    else:
        _shut_pythons_doors()


def _install_filter(architecture: int, clone: int, *denied: int) -> None:
    count = len(denied)
    # Each step is (what, jump if so, jump if not, value); a jump counts the steps that are skipped.
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, count + 7, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, count + 5, 0, _X32),
        *((_EQUAL, count + 4 - place, 0, call) for place, call in enumerate(denied)),
        (_EQUAL, 5, 0, _CLONE3),
        (_EQUAL, 0, 2, clone),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_HAS_BIT, 0, 1, _THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
        (_RETURN, 0, 0, _UNKNOWN),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(program)))
    kernel = ctypes.CDLL(None, use_errno=True)
    kernel.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    if kernel.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or kernel.prctl(_SECCOMP, _FILTER, ctypes.addressof(header), 0, 0):
        raise NotConfined(f"seccomp: {os.strerror(ctypes.get_errno())}")


def _shut_pythons_doors() -> None:
    import builtins
    import socket
    import subprocess

    def shut(*args: Any, **kwargs: Any) -> NoReturn:
        raise PermissionError("shut by the cage")

    builtins.open = shut
    vars(os).update(open=shut, fork=shut, posix_spawn=shut, system=shut)
    vars(socket)["socket"] = shut
    vars(subprocess)["Popen"] = shut
