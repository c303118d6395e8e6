"""The layers of confinement: what each stops, and whether a run is refused without it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rewardkit.errors import UsageError

ALLOW = "REWARDKIT_SANDBOX_ALLOW"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        name: in a word.
        stops: what it stops.
        mandatory: whether, on Linux, nothing runs without it unless that is allowed.
        missing: why it does not hold here; empty if it does.
    """

    name: str
    stops: str
    mandatory: bool = True
    missing: str = ""


LAYERS = (
    Layer("environment", "reading the secrets that the grading process has in its variables"),
    Layer(
        "descriptors", "reading or writing files, sockets and other runs' pipes that the grading process has open"
    ),
    Layer("folder", "finding another run's files, and leaving any behind"),
    Layer("limits", "using up processor, memory, disk, descriptors; raising the limits again"),
    Layer("privileges", "becoming another user; as root, doing what only root may"),
    Layer("seccomp", "network, new processes, signals to others, ptrace, io_uring, bpf, keyrings, mounts, …"),
    Layer("files", "writing, creating, renaming or removing any file outside the run's own folder"),
    Layer("parent", "reading the grading process's and the zygote's variables and memory through /proc"),
    Layer("tree", "outliving the run: orphans come to the zygote, which kills them, and all die with it"),
    Layer(
        "landlock", "reading files other than Python's own, and looking into any other process", mandatory=False
    ),
)


def states(missing: Mapping[str, str]) -> tuple[Layer, ...]:
    """The layers as they are here.

    Args:
        missing: why a layer does not hold, by name.
    """
    return tuple(Layer(each.name, each.stops, each.mandatory, missing.get(each.name, "")) for each in LAYERS)


def check(names: Iterable[str]) -> None:
    """Refuse the name of a layer that there is not.

    Raises:
        UsageError: one of them is none.
    """
    if unknown := sorted(set(names) - {layer.name for layer in LAYERS}):
        known = ", ".join(layer.name for layer in LAYERS)
        raise UsageError(f"the sandbox has no layer {unknown[0]!r}; it has {known}")


def refused(layers: Iterable[Layer], allow: Iterable[str]) -> str:
    """Why nothing may run, in words for the user; empty if it may.

    Args:
        layers: as they are here.
        allow: the names of those that may be missing; the variable REWARDKIT_SANDBOX_ALLOW names more.

    Raises:
        UsageError: there is no layer of such a name.
    """
    allowed = {*allow, *filter(None, os.environ.get(ALLOW, "").replace(",", " ").split())}
    check(allowed)
    if not sys.platform.startswith("linux"):
        return ""
    gone = [layer for layer in layers if layer.missing and layer.mandatory and layer.name not in allowed]
    if not gone:
        return ""
    names = ",".join(layer.name for layer in gone)
    reasons = "; ".join(f"{layer.name} ({layer.missing}), which stops {layer.stops}" for layer in gone)
    return (
        f"the sandbox runs no untrusted code here, because it cannot be shut in: missing is {reasons}. "
        f"`rewardkit doctor` shows all layers; {ALLOW}={names} runs it all the same"
    )
