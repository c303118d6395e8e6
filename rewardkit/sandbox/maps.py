"""Fewer maps of memory, and code in few large pages: each map costs every fork and every exit, and each page of
code that a child runs costs a fault.

A library lies in five maps of one file: what is read before and behind its code, the code, and data that can be
written only at first, or always. Where neighbours may do the same, the kernel makes one map of them.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

_READ, _WRITE, _EXECUTE = 1, 2, 4
# mmap(2), madvise(2) and mremap(2)
_PRIVATE_ANONYMOUS, _ADVISE_HUGE, _MOVE_THERE = 0x22, 14, 3
# The size of a large page, where its size is known and code that was written can be run at once.
_HUGE = 1 << 21
_MACHINE = "x86_64"


class _Map(NamedTuple):
    begin: int
    end: int
    rights: str
    file: str


def arrange() -> None:
    """Do both for this process, which has one thread; children find it done.

    Programs in a sandbox may write and execute memory of their own anyhow. Where the system does not say what is
    mapped, or refuses, all stays as it is.
    """
    with suppress(OSError):
        _join()
        if os.uname().machine == _MACHINE:
            for each in _maps():
                if each.rights == "r-xp" and each.file.startswith("/"):
                    _enlarge(-(-each.begin // _HUGE) * _HUGE, each.end // _HUGE * _HUGE)


def _join() -> None:
    """Let what can only be read be executed or written like what lies beside it, in this process's libraries."""
    maps = _maps()
    from rewardkit.sandbox import kernel

    libraries = {each.file for each in maps if "x" in each.rights and each.file.startswith("/")}
    for before, one, after in zip([None, *maps], maps, [*maps[1:], None], strict=False):
        beside = [each.rights for each in (before, after) if each and each.file == one.file]
        if one.rights == "r--p" and one.file in libraries and beside:
            more = _EXECUTE if "r-xp" in beside else _WRITE if beside[-1] == "rw-p" else 0
            with suppress(OSError):
                kernel.mprotect(one.begin, one.end - one.begin, _READ | more)


def _enlarge(begin: int, end: int) -> None:
    """Have a copy of what lies there in its place, in large pages: a fork copies one entry for each of them.

    Nothing may write there meanwhile.

    Raises:
        OSError: the kernel refused, or gave small pages, of which a fork would copy more.
    """
    from ctypes import memmove

    from rewardkit.sandbox import kernel

    size = end - begin
    if size <= 0:
        return
    whole = kernel.mmap(None, size + _HUGE, _READ | _WRITE, _PRIVATE_ANONYMOUS, -1, 0)
    copy = -(-whole // _HUGE) * _HUGE
    if before := copy - whole:
        kernel.munmap(whole, before)
    kernel.munmap(copy + size, _HUGE - before)
    try:
        kernel.madvise(copy, size, _ADVISE_HUGE)
        memmove(copy, begin, size)
        kernel.mprotect(copy, size, _READ | _EXECUTE)
        if not _is_huge(copy, size):
            raise OSError("no large pages")
        kernel.mremap(copy, size, size, _MOVE_THERE, begin)
    except OSError:
        kernel.munmap(copy, size)
        raise


def _is_huge(begin: int, size: int) -> bool:
    """Whether the map that begins there got large pages only."""
    with open("/proc/self/smaps") as file:
        said = file.read().partition(f"\n{begin:x}-")[2]
    return said.partition("AnonHugePages:")[2].split(maxsplit=1)[:1] == [str(size >> 10)]


def _maps() -> list[_Map]:
    found = []
    with open("/proc/self/maps") as file:
        for line in file:
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            begin, _, end = span.partition("-")
            found.append(_Map(int(begin, 16), int(end, 16), rights, name[0].strip() if name else ""))
    return found
