"""A bundle is the zip that Lambda runs: the author's code, what it imports, and nothing else.

closure    what the reward imports, found without running it
wheels     the distributions it needs, pinned, built for Lambda's platform
bytecode   the same code compiled for Lambda's Python
archive    the zip, the same bytes every time
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from rewardkit.target import Target

Architecture: TypeAlias = Literal["arm64", "x86_64"]

# Lambda's handler string of every bundle, and the module it names.
HANDLER = "rewardkit_entry.handler"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The zip that Lambda runs.

    Attributes:
        path: the zip.
        digest: sha256 over the sources and the recipe, in hex; the same from any folder and any host.
        size: of the zip, in bytes.
        python: such as `3.13`.
        platform: the wheels', such as `aarch64-manylinux_2_34`.
        requirements: every distribution in it, as `name==version`.
        warnings: what the author should know, one sentence or two each, with the next step.
    """

    path: Path
    digest: str
    size: int
    python: str
    platform: str
    requirements: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    @property
    def architecture(self) -> Architecture:
        """Lambda's word for the platform."""
        return "arm64" if self.platform.startswith("aarch64") else "x86_64"

    @property
    def runtime(self) -> str:
        """Lambda's name for the Python, such as `python3.13`."""
        return f"python{self.python}"


def build(
    target: Target,
    *,
    python: str = "3.13",
    architecture: Architecture = "arm64",
    out: Path,
    requirements: Sequence[str] = (),
    include: Sequence[str] = (),
) -> Bundle:
    """Make the bundle of a reward.

    Args:
        target: the reward.
        python: Lambda's version, from `3.11` to `3.14`.
        architecture: Lambda's processor.
        out: the zip to write; its folder is made.
        requirements: distributions that no import shows, such as `tzdata` or `numpy==2.3.5`.
        include: globs of data files, relative to the author's folder.

    Raises:
        UsageError: the target cannot be imported.
        BundleError: an import that nothing provides, no wheel for the platform, too large for Lambda, …
    """
    raise NotImplementedError


def read(path: Path) -> Bundle:
    """The bundle in a zip that `build` made.

    Raises:
        BundleError: it is not one.
    """
    raise NotImplementedError
