"""Landlock: the kernel lets a child read Python's own files, and write in its own folder; nothing else has a name.

It also keeps a child from looking into any process outside (`/proc/<pid>/environ`, `mem`), from its siblings, from
TCP ports, and from sending signals outside, as far as the kernel's version of it goes. What it does not cover
(sockets, changes of mode) is seccomp's.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable

from rewardkit.sandbox import kernel

_VERSION = 1
# linux/landlock.h
_READ_FILE, _WRITE_FILE, _READ_DIR, _TRUNCATE = 1 << 2, 1 << 1, 1 << 3, 1 << 14
# By version of the ABI: all rights on files there are, on TCP ports, and what can be scoped.
_FILES = (0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF)
_TCP = (0, 0, 0, 0, 3)
_SCOPES = (0, 0, 0, 0, 0, 0, 3)
# What a child may do in its own folder: read, write, make and remove files, folders, links and fifos.
_OWN = 0x7FFF & ~(1 << 6 | 1 << 9 | 1 << 11)


def version() -> int:
    """The version of the kernel's ABI; 0 if it has no Landlock or it is off."""
    try:
        return kernel.landlock_create_ruleset(None, 0, _VERSION)
    except OSError:
        return 0


class Rules:
    """What children may reach besides their own folder, opened once in the zygote.

    Args:
        readable: files and folders; those that do not exist are left out.
        devices: files that may be written too.

    Raises:
        OSError: the kernel has no Landlock.
    """

    def __init__(self, readable: Iterable[str], devices: Iterable[str]) -> None:
        self.version = version()
        if not self.version:
            raise OSError(38, "the kernel has no Landlock, or it is off")
        self._all = _at(_FILES, self.version)
        self._attributes = struct.pack("QQQ", self._all, _at(_TCP, self.version), _at(_SCOPES, self.version))
        # A kernel that knows less takes a shorter struct.
        self._size = 24 if self.version >= 6 else 16 if self.version >= 4 else 8
        self._rules = [self._rule(number, False) for number in _opened(readable)]
        self._rules += [self._rule(number, True) for number in _opened(devices)]

    def ruleset(self, own: str) -> int:
        """A descriptor with which a process can shut itself in; it needs no-new-privileges for that.

        Args:
            own: the folder in which it may do as it likes.

        Raises:
            OSError: the kernel refused, or there is no such folder.
        """
        folder = os.open(own, os.O_PATH | os.O_CLOEXEC)
        try:
            rules = kernel.landlock_create_ruleset(self._attributes, self._size, 0)
            for rule in (*self._rules, struct.pack("=Qi", _OWN & self._all, folder)):
                kernel.landlock_add_rule(rules, rule)
        finally:
            os.close(folder)
        return rules

    def _rule(self, number: int, write: bool) -> bytes:
        is_folder = os.fstat(number).st_mode & 0o170000 == 0o040000
        rights = _READ_FILE | (_READ_DIR if is_folder else 0) | (_WRITE_FILE | _TRUNCATE if write else 0)
        return struct.pack("=Qi", rights & self._all, number)


def _at(table: tuple[int, ...], version: int) -> int:
    return table[min(version, len(table) - 1)]


def _opened(paths: Iterable[str]) -> list[int]:
    """Descriptors of those that exist, without what is beneath another."""
    real = sorted({os.path.realpath(path) for path in paths if os.path.exists(path)})
    tops = [path for path in real if not any(path.startswith(f"{other}/") for other in real)]
    return [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in tops]
