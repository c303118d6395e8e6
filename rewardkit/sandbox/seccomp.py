"""Filters for system calls, compiled from the table in `syscalls` to the kernel's BPF.

Two filters: the zygote puts itself under the first, and each child inherits it at no cost; the second is short,
names the child's own pid, and is installed when the child has shut itself in. What both say is what holds.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from rewardkit.sandbox import kernel
from rewardkit.sandbox.syscalls import (
    ALLOWED,
    CHECKED,
    FEIGNED,
    MACHINES,
    NAMES,
    REFUSED,
    UNTIL_SHUT,
    numbers,
)  # fmt: skip

# An instruction: code, jump if true, jump if false, operand; linux/filter.h. Every piece ends with a return.
Code = list[tuple[int, int, int, int]]

_LOAD, _AND, _JUMP, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x05, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGS = 0, 4, 16
# linux/audit.h
_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_FILTER = 2
# linux/resource.h
_STACK = 3
_TO_SHUT = (kernel.SET_PDEATHSIG, kernel.SET_SECCOMP)


def _give(action: int) -> Code:
    return [(_RETURN, 0, 0, action)]


ALLOW = _give(0x7FFF0000)
KILL = _give(0x80000000)
FEIGN = _give(0x00050000)
REFUSE = _give(0x00050000 | errno.EPERM)
UNKNOWN = _give(0x00050000 | errno.ENOSYS)


def _argument(index: int) -> Code:
    """Load the lower half, which is all that the kernel reads of a 32-bit argument."""
    return [(_LOAD, 0, 0, _ARGS + 8 * index)]


def _if_equal(value: int, then: Code) -> Code:
    return [(_EQUAL, 0, len(then), value), *then]


def _if_any(bits: int, then: Code) -> Code:
    return [(_ANY_BIT, 0, len(then), bits), *then]


def _one_of(index: int, values: Sequence[int], then: Code = ALLOW, otherwise: Code = REFUSE) -> Code:
    """By whether an argument is one of some values."""
    steps = [(_EQUAL, len(values) - place - 1 + len(otherwise), 0, value) for place, value in enumerate(values)]
    return [*_argument(index), *steps, *otherwise, *then]


def _thread() -> Code:
    """clone(2) that makes a thread of this process, and no namespace."""
    vm, sighand, thread, namespaces = 0x100, 0x800, 0x10000, 0x7E020080
    wanted = vm | sighand | thread
    return [*_argument(0), (_AND, 0, 0, wanted | namespaces), *_if_equal(wanted, ALLOW), *REFUSE]


def _open(index: int, names: bool) -> Code:
    """open(2): O_TRUNC only for writing; and where names are refused, for writing only what has none."""
    create, truncate, tmpfile, access = 0o100, 0o1000, 0o20000000, 0o3
    flags = _argument(index)
    if names:
        writes = [*flags, (_AND, 0, 0, access), *_if_equal(1, ALLOW), *_if_equal(2, ALLOW), *REFUSE]
        return [*flags, *_if_any(truncate, writes), *ALLOW]
    return [*flags, *_if_any(tmpfile, ALLOW), *_if_any(create | truncate | access, REFUSE), *ALLOW]


def _if_null(index: int, then: Code, otherwise: Code) -> Code:
    """By whether an argument is a null pointer."""
    upper: Code = [(_LOAD, 0, 0, _ARGS + 8 * index + 4), *_if_equal(0, then)]
    return [*_argument(index), *_if_equal(0, [*upper, *otherwise]), *otherwise]


def _out_of_band(index: int) -> Code:
    """Refuse MSG_OOB, which no program needs and kernels have stumbled over."""
    return [*_argument(index), *_if_any(1, REFUSE)]


def _stack(index: int, told: Code) -> Code:
    """Limits that are set: programs that ask for more stack, as many do, are told that they have it."""
    return _one_of(index, [_STACK], told, ALLOW)


def _checks(names: bool) -> dict[str, Code]:
    unix, stream, nonblock_cloexec = 1, 1, 0o2004000
    only_stream = [
        *_argument(1),
        (_AND, 0, 0, 0xFFFFFFFF ^ nonblock_cloexec),
        *_if_equal(stream, ALLOW),
        *REFUSE,
    ]
    return {
        "open": _open(1, names),
        "openat": _open(2, names),
        # Duplicates, flags, locks, pipe sizes, seals; not F_SETOWN and F_SETSIG, which send signals anywhere.
        "fcntl": _one_of(1, [0, 1, 2, 3, 4, 5, 6, 7, 9, 36, 37, 38, 1030, 1031, 1032, 1033, 1034]),
        # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX.
        "ioctl": _one_of(1, [0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451]),
        "prlimit64": _one_of(0, [0]),
        "sched_setaffinity": _one_of(0, [0]),
        # A connected pair and nothing else: it reaches no one.
        "socketpair": _one_of(0, [unix], only_stream),
        "sendto": [*_out_of_band(3), *_if_null(4, ALLOW, REFUSE)],
        "sendmsg": [*_out_of_band(2), *ALLOW],
        # PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS,
        # PR_SET_VMA, and what children shut themselves in with.
        "prctl": _one_of(0, [2, 3, 15, 16, 23, 39, 0x53564D41, *_TO_SHUT]),
    }


def machine() -> str:
    """This machine's architecture, in the table's words.

    Raises:
        OSError: there is no table for it.
    """
    name = os.uname().machine
    if name not in MACHINES or struct.calcsize("P") != 8:
        raise OSError(errno.ENOSYS, f"no table of system calls for {name}")
    return name


def first(machine: str, *, names: bool) -> bytes:
    """The program for a zygote.

    Args:
        machine: `x86_64` or `aarch64`.
        names: whether files may be created, renamed and removed, because something else confines that.
    """
    rules: dict[int, Code] = {}
    for table, code in ((ALLOWED, ALLOW), (UNTIL_SHUT, ALLOW), (FEIGNED, FEIGN), (REFUSED, REFUSE)):
        rules.update(dict.fromkeys(numbers(table, machine).values(), code))
    rules.update(dict.fromkeys(numbers(NAMES, machine).values(), ALLOW if names else REFUSE))
    checks = _checks(names)
    rules.update({number: checks[name] for name, number in numbers(CHECKED, machine).items()})
    return _assembled(machine, _tree(_spans(rules, UNKNOWN)))


def second(machine: str) -> bytes:
    """The program for children that have shut themselves in: no process but this one, and no way out.

    Args:
        machine: `x86_64` or `aarch64`.
    """
    checks = {
        "clone": _thread(),
        "kill": _one_of(0, [Filter.NOBODY, 0]),
        "tgkill": _one_of(0, [Filter.NOBODY]),
    }
    rules = {number: checks.get(name, REFUSE) for name, number in numbers(UNTIL_SHUT, machine).items()}
    checked = numbers(CHECKED, machine)
    rules[checked["prctl"]] = _one_of(0, _TO_SHUT, REFUSE, ALLOW)
    # Who asks what the limit was is answered.
    rules[checked["prlimit64"]] = _stack(1, _if_null(3, FEIGN, ALLOW))
    rules[numbers(ALLOWED, machine)["setrlimit"]] = _stack(0, FEIGN)
    # A tree here too: the kernel tries a new filter on each number there is, to know what is always allowed.
    return _assembled(machine, _tree(_spans(rules, ALLOW)))


class Filter:
    """A program where the kernel can take it from.

    Args:
        program: from `first` or `second`.
    """

    # Stands for a child's own pid until there is one. No process has it: the kernel's limit for pids is 2**22.
    NOBODY = 0x7FFFFFF1

    def __init__(self, program: bytes) -> None:
        self._words = memoryview(bytearray(program)).cast("I")
        at = ctypes.addressof(ctypes.c_char.from_buffer(self._words))
        self._head = struct.pack("HxxxxxxQ", len(program) // 8, at)
        self._places = [place for place, word in enumerate(self._words) if word == self.NOBODY]

    def steps(self) -> list[Callable[[], object]]:
        """What puts a process under it, for good; the last gives -1 where the kernel refuses.

        Where the program says so, the process may send signals to itself.
        """
        install = partial(kernel.bare_prctl, kernel.SET_SECCOMP, _FILTER, self._head, 0, 0)
        return [partial(_sign, self._words, self._places), install]

    def install(self) -> None:
        """Put this process under it.

        Raises:
            OSError: the kernel has no filters, or refuses this one.
        """
        sign, install = self.steps()
        sign()
        if install():
            raise OSError("the kernel takes no filter")


def _sign(words: memoryview, places: Iterable[int]) -> None:
    """Have this process's number in all places that are for it."""
    pid = os.getpid()
    for place in places:
        words[place] = pid


def _spans(rules: dict[int, Code], others: Code) -> list[tuple[int, Code]]:
    """The whole range of numbers as spans of one rule each: their first number and the rule.

    Args:
        rules: by number.
        others: the rule for all other numbers.
    """
    spans = [(0, others)]
    for number in sorted(rules):
        for start, code in ((number, rules[number]), (number + 1, others)):
            if spans[-1][0] == start:
                spans.pop()
            if not spans or spans[-1][1] != code:
                spans.append((start, code))
    return spans


def _tree(spans: Sequence[tuple[int, Code]]) -> Code:
    """A binary search for the span of the number that is loaded."""
    if len(spans) == 1:
        return spans[0][1]
    middle = len(spans) // 2
    low, high = _tree(spans[:middle]), _tree(spans[middle:])
    if len(low) < 256:
        return [(_AT_LEAST, len(low), 0, spans[middle][0]), *low, *high]
    return [(_AT_LEAST, 0, 1, spans[middle][0]), (_JUMP, 0, 0, len(low)), *low, *high]


def _assembled(machine: str, code: Code) -> bytes:
    """With the check of the architecture in front; x32's numbers are beyond the table, and so unknown."""
    head: Code = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, _ARCHES[machine]), *KILL, (_LOAD, 0, 0, _NUMBER)]
    return b"".join(struct.pack("HBBI", *step) for step in [*head, *code])
