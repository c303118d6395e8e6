"""A zip made runnable on this machine.

A bundle for another platform or Python gets this machine's builds of the same pinned distributions instead of its
own; the author's code and rewardkit stay as they are. Any other zip is taken as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
    raise NotImplementedError
