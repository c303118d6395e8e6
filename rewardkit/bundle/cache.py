"""A folder that is made once and found again: what was downloaded and compiled for one bundle serves the next."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def cached(kind: str, key: object, make: Callable[[Path], None]) -> Path:
    """The folder for this key, made if there is none. It is shared: never change what is in it.

    A folder is complete or absent, whoever is interrupted or works at the same time. They lie in
    `~/.cache/rewardkit` (or `$XDG_CACHE_HOME/rewardkit`, or `$REWARDKIT_CACHE`) and may be deleted at any time.

    Args:
        kind: what is in it; the name of the folder above.
        key: all that the content depends on, besides the code of this package; JSON.
        make: fills an empty folder.
    """
    digest = hashlib.sha256(json.dumps([_code(), key], sort_keys=True).encode()).hexdigest()[:32]
    folder = _root() / kind / digest
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as work:
        made = Path(work) / digest
        made.mkdir()
        make(made)
        try:
            made.rename(folder)
        except OSError:
            # Somebody else was first, with the same content.
            if not folder.is_dir():
                raise
    return folder


@functools.cache
def _code() -> str:
    """What stands for the code here: what an older rewardkit made is not what this one would make."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _root() -> Path:
    if own := os.environ.get("REWARDKIT_CACHE"):
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "rewardkit"
