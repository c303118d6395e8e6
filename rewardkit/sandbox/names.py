"""Named files where the kernel lets a program make none: without Landlock, as on Lambda's kernel.

There the filter refuses every name, and files without one are all that can be made. Here Python's own functions
give them names, in the run's folder and while it runs, so that honest programs find what they find elsewhere.
Nothing depends on it: a program that goes around it meets the filter.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import Any

_CHANGED = (
    "open", "stat", "lstat", "access", "unlink", "remove", "mkdir", "rmdir", "rename", "replace", "listdir",
    "scandir",
)  # fmt: skip
_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


class Names:
    """The files of one run.

    Args:
        home: its folder.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._files: dict[str, int] = {}
        self._folders = {home}
        self._real = {name: getattr(os, name) for name in _CHANGED}
        self._real_open = io.open

    def install(self) -> None:
        """Have `open` and `os` know the names."""
        for name in _CHANGED:
            setattr(os, name, getattr(self, name))
        io.open = builtins.open = self.open_file
        if shutil := sys.modules.get("shutil"):
            shutil._use_fd_functions = False  # type: ignore[attr-defined]

    def open_file(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        """`open`."""
        if opener is None and not isinstance(file, int):
            opener = self.open
        return self._real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        """`os.open`."""
        name = self._inside(path, dir_fd)
        if name in _STREAMS:
            return os.dup(_STREAMS[name])
        if name == os.devnull and flags & os.O_ACCMODE:
            return self._unnamed()
        if name in self._folders:
            return self._real["open"](self._home, flags, mode)  # type: ignore[no-any-return]
        if name is None or (name not in self._files and not flags & os.O_CREAT):
            return self._real["open"](path, flags, mode, dir_fd=dir_fd)  # type: ignore[no-any-return]
        if name not in self._files:
            self._parent(name)
            self._files[name] = self._unnamed()
        elif flags & os.O_EXCL:
            raise _error(errno.EEXIST, name)
        return self._again(self._files[name], flags)

    def stat(self, path: Any, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        """`os.stat`."""
        name = self._inside(path, dir_fd)
        if name in self._files:
            return os.fstat(self._files[name])
        where = self._home if name in self._folders else path
        return self._real["stat"](where, dir_fd=dir_fd, follow_symlinks=follow_symlinks)  # type: ignore[no-any-return]

    def lstat(self, path: Any, *, dir_fd: int | None = None) -> os.stat_result:
        """`os.lstat`."""
        return self.stat(path, dir_fd=dir_fd, follow_symlinks=False)

    def access(self, path: Any, mode: int, **options: Any) -> bool:
        """`os.access`."""
        name = self._inside(path)
        return name in self._files or name in self._folders or self._real["access"](path, mode, **options)

    def unlink(self, path: Any, *, dir_fd: int | None = None) -> None:
        """`os.unlink`."""
        name = self._inside(path, dir_fd)
        if name is None or name in self._folders:
            self._real["unlink"](path, dir_fd=dir_fd)
        elif name not in self._files:
            raise _error(errno.ENOENT, name)
        else:
            os.close(self._files.pop(name))

    remove = unlink

    def mkdir(self, path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        """`os.mkdir`."""
        name = self._inside(path, dir_fd)
        if name is None:
            self._real["mkdir"](path, mode, dir_fd=dir_fd)
            return
        if name in self._files or name in self._folders:
            raise _error(errno.EEXIST, name)
        self._parent(name)
        self._folders.add(name)

    def rmdir(self, path: Any, *, dir_fd: int | None = None) -> None:
        """`os.rmdir`."""
        name = self._inside(path, dir_fd)
        if name not in self._folders or name == self._home:
            self._real["rmdir"](path, dir_fd=dir_fd)
        elif self._content(name):
            raise _error(errno.ENOTEMPTY, str(name))
        else:
            self._folders.discard(str(name))

    def rename(self, src: Any, dst: Any, **options: Any) -> None:
        """`os.rename`."""
        source, target = self._inside(src), self._inside(dst)
        if source is None or target is None:
            self._real["rename"](src, dst, **options)
        elif source in self._files:
            self._parent(target)
            if target in self._files:
                os.close(self._files[target])
            self._files[target] = self._files.pop(source)
        elif source in self._folders:
            below = f"{source}/"
            moved = {name: target + name[len(source) :] for name in (*self._files, *self._folders)}
            moved = {name: new for name, new in moved.items() if name == source or name.startswith(below)}
            self._files = {moved.get(name, name): number for name, number in self._files.items()}
            self._folders = {moved.get(name, name) for name in self._folders}
        else:
            raise _error(errno.ENOENT, source)

    replace = rename

    def listdir(self, path: Any = ".") -> list[Any]:
        """`os.listdir`."""
        name = self._inside(path)
        return self._content(str(name)) if name in self._folders else self._real["listdir"](path)

    def scandir(self, path: Any = ".") -> Any:
        """`os.scandir`."""
        name = self._inside(path)
        return _Entries(path, self._content(str(name))) if name in self._folders else self._real["scandir"](path)

    def _inside(self, path: Any, dir_fd: int | None = None) -> str | None:
        """The absolute name of what lies in the run's folder, or of a device that is known; None for all else."""
        if isinstance(path, int) or dir_fd is not None:
            return None
        name = os.path.abspath(os.fsdecode(path))
        known = name in (self._home, os.devnull) or name in _STREAMS or name.startswith(f"{self._home}/")
        return name if known else None

    def _parent(self, name: str) -> None:
        if os.path.dirname(name) not in self._folders:
            raise _error(errno.ENOENT, name)

    def _content(self, folder: str) -> list[str]:
        inside = (name for name in (*self._files, *self._folders) if name != self._home)
        return sorted(os.path.basename(name) for name in inside if os.path.dirname(name) == folder)

    def _unnamed(self) -> int:
        number: int = self._real["open"](self._home, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return number

    def _again(self, number: int, flags: int) -> int:
        """The file once more; for reading with a place of its own in it."""
        if not flags & os.O_ACCMODE:
            try:
                again: int = self._real["open"](f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                pass
            else:
                return again
        if flags & os.O_TRUNC:
            os.ftruncate(number, 0)
        copy = os.dup(number)
        os.lseek(copy, 0, os.SEEK_END if flags & os.O_APPEND else os.SEEK_SET)
        return copy


class _Entries:
    """What `os.scandir` gives."""

    def __init__(self, folder: Any, names: list[str]) -> None:
        self._entries = iter([_Entry(os.path.join(os.fsdecode(folder), name), name) for name in names])

    def __iter__(self) -> Iterator[_Entry]:
        return self._entries

    def __next__(self) -> _Entry:
        return next(self._entries)

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def close(self) -> None:
        """Nothing is open."""


class _Entry:
    """One of them, as far as `os.DirEntry` is used."""

    def __init__(self, path: str, name: str) -> None:
        self.path = path
        self.name = name

    def __fspath__(self) -> str:
        return self.path

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder."""
        return os.path.isdir(self.path)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a file."""
        return os.path.isfile(self.path)

    def is_symlink(self) -> bool:
        """There are none."""
        return False

    def is_junction(self) -> bool:
        """There are none."""
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """What `os.stat` says."""
        return os.stat(self.path)


def _error(number: int, name: str) -> OSError:
    return OSError(number, os.strerror(number), name)
