"""A run's own folder: what it holds, and its removal, whatever was put into it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rewardkit.sandbox.limits import Limit

# Folders within folders, beyond which a look would take long.
_DEPTH = 50


def exceeded(path: str, disk: int, files: int) -> Limit:
    """Which limit the folder's content is over: `disk` in bytes, `files` in number or depth; or none."""
    count = size = 0
    folders = [(path, 0)]
    while folders:
        folder, depth = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    count += 1
                    if count > files or depth > _DEPTH:
                        return "files"
                    if entry.is_dir(follow_symlinks=False):
                        folders.append((entry.path, depth + 1))
                    else:
                        size += _size(entry)
        except FileNotFoundError:
            continue
        except OSError:
            return "files"
    return "disk" if size > disk else ""


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * 512
    except FileNotFoundError:
        return 0  # gone since it was seen


def remove(path: str) -> None:
    """Remove a folder and what is in it, however deep; follows no link. What cannot be removed stays."""
    try:
        os.rmdir(path)
    except OSError:
        with suppress(OSError):
            _empty(path)
            os.rmdir(path)


def _empty(path: str) -> None:
    """Unlink what is in a folder, after all that is in its folders has been moved up into it.

    So it takes neither recursion nor long paths, whatever a program has built.
    """
    top = _opened(path, None)
    try:
        while names := os.listdir(top):
            for name in names:
                if not _is_folder(name, top):
                    os.unlink(name, dir_fd=top)
                    continue
                inner = _opened(name, top)
                for child in os.listdir(inner):
                    if _is_folder(child, inner):
                        os.chmod(child, 0o700, dir_fd=inner)
                    os.rename(child, os.urandom(16).hex(), src_dir_fd=inner, dst_dir_fd=top)
                os.close(inner)
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)


def _opened(name: str, folder: int | None) -> int:
    os.chmod(name, 0o700, dir_fd=folder)
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)


def _is_folder(name: str, folder: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
