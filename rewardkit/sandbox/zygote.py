"""The zygote: a warm, single-threaded, minimal interpreter that forks a child for each run.

It warms up, shuts itself in, tries whether that holds, says so, and serves. It ends when the process that started it
does.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterable
from importlib import import_module

# Standard modules that programs import most; warm, they cost a run nothing.
WARM = (
    "bisect", "collections", "copy", "functools", "heapq", "io", "itertools", "math", "operator", "random", "re",
    "string", "types", "typing",
)  # fmt: skip


def main(control: int, base: str, preload: list[str], path: list[str], without: list[str]) -> None:
    """Be one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path.extend(path)
    _warm((*WARM, *preload))
    # Only now, so that what every run touches lies side by side: a page that is touched costs a copy of it.
    import _socket

    from rewardkit.sandbox import child, folder, frames, values
    from rewardkit.sandbox.nursery import Nursery
    from rewardkit.sandbox.confine import Confinement
    from rewardkit.sandbox.probe import Probe

    child.prepare()
    confinement = Confinement([*path, os.path.dirname(os.__file__)], without)
    probe = Probe(confinement, base, os.getppid())
    confinement.shut_zygote()
    probe.landlock()
    confinement.close_calls()
    probe.others()
    stream = _socket.socket(fileno=control)
    stream.sendall(frames.frame(values.encode({"missing": confinement.missing}, limit=1 << 20)))
    child.rehearse()
    _forget()
    Nursery(stream, base, confinement).serve()
    # The other side ended without closing this one. What still runs dies with this process.
    folder.remove(base)


def _warm(names: Iterable[str]) -> None:
    """Import what programs will."""
    register, os.register_at_fork = os.register_at_fork, lambda **hooks: None
    try:
        # `random` would seed itself anew in every child: here all runs get the same numbers.
        random = import_module("random")
    finally:
        os.register_at_fork = register
    random.seed(0)
    for name in names:
        import_module(name)
    # An attribute and no import: a bundle carries what is imported, and numpy is here only if the author says so.
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)


def _forget() -> None:
    """Let programs find what a fresh interpreter has, and not what is ours or was only for the start."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rewardkit"]:
        del sys.modules[name]
    for name in ("LD_LIBRARY_PATH", "PYTHONHOME"):
        os.environ.pop(name, None)
    sys.dont_write_bytecode = True
    gc.collect()
    gc.freeze()
