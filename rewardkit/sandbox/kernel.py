"""The few system calls that Python has no functions for."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

# prctl(2)
SET_PDEATHSIG, GET_PDEATHSIG, SET_DUMPABLE, SET_SECCOMP, CAPBSET_DROP = 1, 2, 4, 22, 24
SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS, CAP_AMBIENT = 36, 38, 47
CAP_AMBIENT_CLEAR_ALL = 4
# landlock(7), on all machines
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446

_libc = ctypes.CDLL(None, use_errno=True)
# The same for children, as bare as can be: whole numbers have 32 bits, and where the kernel refuses they give -1.
_bare = ctypes.PyDLL(None)
bare_prctl, bare_syscall = _bare.prctl, _bare.syscall
_long, _address = ctypes.c_long, ctypes.c_void_p


def _function(name: str, *arguments: type) -> Callable[..., int]:
    """A function of libc; as a call of it, with an OSError where it gives less than 0."""
    function = ctypes.CFUNCTYPE(_long, *arguments, use_errno=True)((name, _libc))
    function.errcheck = _checked  # type: ignore[assignment]
    return function


def _checked(result: int, function: object, arguments: object) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


# `prctl` and `syscall` take any number of arguments of any kind: each use gets its own, once.
_prctl = _function("prctl", *[_long] * 5)
_create_ruleset = _function("syscall", _long, ctypes.c_char_p, _long, _long)
_add_rule = _function("syscall", _long, _long, _long, ctypes.c_char_p, _long)
mprotect = _function("mprotect", _address, ctypes.c_size_t, ctypes.c_int)
madvise = _function("madvise", _address, ctypes.c_size_t, ctypes.c_int)
mmap = _function("mmap", _address, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, _long)
munmap = _function("munmap", _address, ctypes.c_size_t)
mremap = _function("mremap", _address, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int, _address)
capset = _function("capset", ctypes.c_char_p, ctypes.c_char_p)


def prctl(option: int, *args: int) -> int:
    """`prctl(2)`, whose options 0 to 3 arguments follow.

    Raises:
        OSError: the kernel refused.
    """
    return _prctl(option, *args, *(0,) * (4 - len(args)))


def get(option: int) -> int:
    """The `prctl(2)` options that give their answer through a pointer.

    Raises:
        OSError: the kernel refused.
    """
    answer = ctypes.c_int()
    prctl(option, ctypes.addressof(answer))
    return answer.value


def landlock_create_ruleset(attributes: bytes | None, size: int, flags: int) -> int:
    """`landlock_create_ruleset(2)`: a descriptor, or the ABI's version.

    Raises:
        OSError: the kernel refused.
    """
    return _create_ruleset(CREATE_RULESET, attributes, size, flags)


def landlock_add_rule(ruleset: int, attributes: bytes) -> None:
    """`landlock_add_rule(2)` for what is beneath a path.

    Raises:
        OSError: the kernel refused.
    """
    _add_rule(ADD_RULE, ruleset, 1, attributes, 0)
