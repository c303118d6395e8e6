"""A zip made runnable on this machine.

A bundle for another platform or Python gets this machine's builds of the same pinned distributions instead of its
own; the author's code and rewardkit stay as they are. Any other zip is taken as it is.
"""

from __future__ import annotations

import json
import platform
import stat
import sys
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from rewardkit.bundle import MANIFEST
from rewardkit.bundle.wheels import fetch, lock
from rewardkit.errors import BundleError

_UNZIPPED_LIMIT = 250 * 1024 * 1024
_DEFAULT_HANDLER = "lambda_function.lambda_handler"
_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True, slots=True)
class Task:
    """A function's code, unpacked: what Lambda has in `/var/task`.

    Attributes:
        root: the folder with the code.
        handler: Lambda's handler string, such as `rewardkit_entry.handler`.
        note: one sentence on what differs from Lambda; empty where nothing does.
        execution_env: `AWS_EXECUTION_ENV`, such as `AWS_Lambda_python3.13`.
    """

    root: Path
    handler: str
    note: str
    execution_env: str


def unpack(zip: Path, folder: Path, *, handler: str = "", runtime: str = "") -> Task:
    """Unpack a zip so that it runs here.

    Args:
        zip: a bundle, or any zip with a Python function for Lambda.
        folder: where to; made if it does not exist, and must be empty.
        handler: the function's own; by default the bundle's, or Lambda's `lambda_function.lambda_handler`.
        runtime: the function's own, such as `python3.13`; by default the bundle's, or this interpreter's.

    Raises:
        BundleError: not a zip, a zip with paths outside its folder or larger than Lambda takes, or one
            whose distributions cannot be had for this machine.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with zipfile.ZipFile(zip) as opened:
            manifest = _manifest(opened)
            note, swapped = ("", set()) if manifest is None else _swap(manifest, folder)
            _extract(opened, folder, swapped)
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise BundleError(f"{zip} cannot be unpacked: {error}") from error
    if manifest is None:
        return Task(folder, handler or _DEFAULT_HANDLER, "", _execution_env(runtime))
    return Task(folder, handler or manifest["handler"], note, _execution_env(runtime or manifest["python"]))


def _execution_env(python: str) -> str:
    return f"AWS_Lambda_python{python.removeprefix('python') or _HERE}"


def _manifest(zip: zipfile.ZipFile) -> dict[str, Any] | None:
    """What a bundle says about itself; None for another zip."""
    if MANIFEST not in zip.namelist():
        return None
    try:
        manifest: dict[str, Any] = json.loads(zip.read(MANIFEST))
        manifest["python"], manifest["platform"], manifest["handler"]
        lines = [*manifest["requirements"], *manifest["dependencies"]]
        if not all(isinstance(line, str) and line.isprintable() and line[:1] not in "-" for line in lines):
            raise ValueError("a requirement that is none")
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"{MANIFEST} in the bundle is damaged ({error}): bundle again") from error
    return manifest


def _swap(manifest: dict[str, Any], folder: Path) -> tuple[str, set[str]]:
    """Put this machine's builds of the distributions into the folder, where the bundle's cannot run.

    Returns:
        The note, and the names at the top of the zip that are not wanted any more.
    """
    if manifest["python"] == _HERE and manifest["platform"].partition("-")[0] == _machine():
        return "", set()
    requirements = manifest["requirements"]
    # Resolved again: another Python may need a backport that the bundle's does not.
    locked = lock(requirements, python=_HERE, platform="", folder=Path.cwd(), asked=requirements)
    builds = fetch(locked, python=_HERE, platform="", folder=Path.cwd())
    for build in sorted(builds.iterdir()):
        (folder / build.name).symlink_to(build)
    note = (
        f"The bundle is for Python {manifest['python']} on {manifest['platform']}; here its code runs on Python "
        f"{_HERE} with {_machine()} builds of the same distributions."
    )
    return note, set(manifest["dependencies"])


def _machine() -> str:
    """The processor in the words of a wheel's platform, with the system where it is not Linux."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return machine if sys.platform == "linux" else f"{machine} {sys.platform}"


def _extract(zip: zipfile.ZipFile, folder: Path, left_out: set[str]) -> None:
    """Write the files, read-only as in Lambda."""
    if sum(entry.file_size for entry in zip.infolist()) > _UNZIPPED_LIMIT:
        raise BundleError(f"{zip.filename} has more than the 250 MB unzipped that Lambda takes")
    for entry in zip.infolist():
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename or not path.parts:
            raise BundleError(f"{zip.filename} has a path outside of its folder: {entry.filename!r}")
        if path.parts[0] in left_out or entry.is_dir():
            continue
        file = folder.joinpath(*path.parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(zip.read(entry))
        runs = (entry.external_attr >> 16) & stat.S_IXUSR
        file.chmod(0o555 if runs else 0o444)
