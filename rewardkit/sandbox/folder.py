"""A run's own folder: what it holds, and its removal, whatever was put into it."""

from __future__ import annotations

import os

from rewardkit.sandbox.limits import Limit


def exceeded(path: str, disk: int, files: int) -> Limit:
    """Which limit the folder's content is over: `disk` in bytes, `files` in number, or none."""
    count = size = 0
    folders = [path]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    count += 1
                    if count > files:
                        return "files"
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
        except FileNotFoundError:
            continue
        except OSError:
            return "files"
    return "disk" if size > disk else ""


def remove(path: str) -> None:
    """Remove the folder and what is in it; follows no link."""
    try:
        os.rmdir(path)
    except OSError:
        import shutil

        shutil.rmtree(path, ignore_errors=True)
