"""uv, the resolver: found, run, and what it says turned into a BundleError."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from rewardkit.errors import BundleError

_NETWORK = re.compile(
    r"error sending request|dns error|failed to lookup|timed out|Connect|Failed to fetch|Could not connect"
)
_NO_WHEEL = re.compile(r"(?i)no (usable |)wheels|wheels are required|wheels with a matching|building from source")

_SECONDS = 900


def run(*arguments: str, folder: Path, text: str = "") -> str:
    """Run uv, first with what its cache has, then with the network.

    The cache first, so that the second bundle is quick, works offline and is the same as the first.

    Args:
        arguments: of the command.
        folder: where it runs, and looks for the author's own settings of uv.
        text: for its stdin.

    Returns:
        Its stdout.

    Raises:
        BundleError: it failed both ways.
    """
    done = _uv("--offline", *arguments, folder=folder, text=text)
    if done.returncode:
        done = _uv(*arguments, folder=folder, text=text)
    if done.returncode:
        raise BundleError(_explained(done.stderr))
    return done.stdout


def output(*arguments: str) -> str | None:
    """What uv prints, stripped; None where it fails."""
    try:
        done = _uv(*arguments, folder=Path.cwd(), text="")
    except BundleError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _uv(*arguments: str, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    command = [_program(), "--no-progress", "--color", "never", *arguments]
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"UV_NO_WRAP": "1"},
            input=text,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise BundleError(
            f"uv was not done in {_SECONDS} seconds: is the package index slow? Try again"
        ) from error


def _program() -> str:
    try:
        import uv

        return str(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise BundleError("uv, which fetches the distributions for Lambda, is not here: pip install uv")
    return found


def _explained(stderr: str) -> str:
    lines = [line for line in stderr.strip().splitlines() if line.strip() and not line.startswith("warning:")]
    said = "\n".join(f"  {line.strip()}" for line in lines[:30])
    if _NETWORK.search(stderr):
        step = "The package index cannot be reached, and uv's cache lacks something: try again with a network."
    elif _NO_WHEEL.search(stderr):
        step = (
            "Lambda needs a wheel, and there is none for its Python and processor: choose another version of the "
            "distribution here, or another python or architecture for the bundle."
        )
    else:
        step = (
            "The versions are those installed here, which the reward was tested with: upgrade the one that is "
            "named here, or name the version for Lambda in `requirements`."
        )
    return f"the distributions for Lambda cannot be had. uv says:\n{said}\n{step}"
