"""What comes along with rewardkit: the example and the templates, as folders to copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import rewardkit
from rewardkit.errors import UsageError

_MADE = shutil.ignore_patterns(".*", "__pycache__", "dist")


def shipped(name: str) -> Path:
    """A folder that is shipped: beside the package in a checkout, inside of it in a wheel.

    Raises:
        UsageError: it is not there.
    """
    package = Path(rewardkit.__file__).parent
    for folder in (package / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise UsageError(f"{name} is not installed: run this from a checkout of rewardkit, or install its wheel")


def copy(folder: Path, place: Path) -> None:
    """Copy a folder without what running it leaves behind."""
    shutil.copytree(folder, place, ignore=_MADE, dirs_exist_ok=True)
