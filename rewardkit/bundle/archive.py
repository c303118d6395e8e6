"""The zip: sorted names, one time, two permissions, one compression. The same files make the same bytes."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

_TIME = (1980, 1, 1, 0, 0, 0)
_LEVEL = 6


def write_zip(path: Path, files: Mapping[str, Path], *, base: Path | None = None) -> None:
    """Write a zip, whole or not at all.

    Args:
        path: the zip; its folder is made.
        files: the file for each name in it.
        base: a zip made here, whose files come first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    try:
        if base:
            shutil.copyfile(base, part)
        with zipfile.ZipFile(part, "a") as zip:
            for name in sorted(files):
                zip.writestr(_entry(name, files[name]), files[name].read_bytes(), zipfile.ZIP_DEFLATED, _LEVEL)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _entry(name: str, file: Path) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = 3  # Unix, from whatever host: its permissions are the ones that Lambda reads.
    runs = file.stat().st_mode & 0o100 or ".so" in file.suffixes
    entry.external_attr = (0o100755 if runs else 0o100644) << 16
    return entry
