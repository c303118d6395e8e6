"""Fewer maps of memory: each of them costs every fork and every exit.

A library lies in five maps of one file: what is read before and behind its code, the code, and data that can be
written only at first, or always. Where neighbours may do the same, the kernel makes one map of them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

_READ, _WRITE, _EXECUTE = 1, 2, 4


class _Map(NamedTuple):
    begin: int
    end: int
    rights: str
    file: str


def join() -> None:
    """Let what can only be read be executed or written like what lies beside it, in this process's libraries.

    Programs in a sandbox may do both with memory of their own anyhow. Where the system does not say what is
    mapped, or refuses, all stays as it is.
    """
    with suppress(OSError):
        maps = _maps()
        from rewardkit.sandbox import kernel

        libraries = {each.file for each in maps if "x" in each.rights and each.file.startswith("/")}
        for before, one, after in zip([None, *maps], maps, [*maps[1:], None], strict=False):
            beside = [each.rights for each in (before, after) if each and each.file == one.file]
            if one.rights == "r--p" and one.file in libraries and beside:
                more = _EXECUTE if "r-xp" in beside else _WRITE if beside[-1] == "rw-p" else 0
                with suppress(OSError):
                    kernel.mprotect(one.begin, one.end - one.begin, _READ | more)


def _maps() -> list[_Map]:
    found = []
    with open("/proc/self/maps") as file:
        for line in file:
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            begin, _, end = span.partition("-")
            found.append(_Map(int(begin, 16), int(end, 16), rights, name[0].strip() if name else ""))
    return found
