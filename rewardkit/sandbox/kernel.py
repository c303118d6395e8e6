"""The few system calls that Python has no functions for."""

from __future__ import annotations

import ctypes
import os
from typing import Any

# prctl(2)
SET_PDEATHSIG, GET_PDEATHSIG, SET_DUMPABLE, SET_SECCOMP, CAPBSET_DROP = 1, 2, 4, 22, 24
SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS, CAP_AMBIENT = 36, 38, 47
CAP_AMBIENT_CLEAR_ALL = 4

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *args: Any) -> int:
    """`prctl(2)`.

    Raises:
        OSError: the kernel refused.
    """
    rest = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    return _checked(_libc.prctl(option, *rest, *[ctypes.c_ulong(0)] * (4 - len(rest))))


def get(option: int) -> int:
    """The `prctl(2)` options that give their answer through a pointer.

    Raises:
        OSError: the kernel refused.
    """
    answer = ctypes.c_int()
    prctl(option, ctypes.byref(answer))
    return answer.value


def syscall(number: int, *args: Any) -> int:
    """`syscall(2)`: ints and buffers.

    Raises:
        OSError: the kernel refused.
    """
    rest = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return _checked(_libc.syscall(ctypes.c_long(number), *rest))


def capset(header: bytes, data: bytes) -> None:
    """`capset(2)`.

    Raises:
        OSError: the kernel refused.
    """
    _checked(_libc.capset(header, data))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
