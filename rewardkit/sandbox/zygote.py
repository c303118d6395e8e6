"""The zygote: a warm, single-threaded, minimal interpreter that forks a child for each run.

It warms up, shuts itself in, tries whether that holds, says so, and serves. It ends when the process that started
it does.
"""

from __future__ import annotations

import _thread
import gc
import os
import sys
from collections.abc import Iterable
from importlib import import_module

# Standard modules that programs import most; warm, they cost a run nothing.
WARM = (
    "bisect", "collections", "copy", "functools", "heapq", "io", "itertools", "math", "operator", "random", "re",
    "string", "types", "typing",
)  # fmt: skip


# What ours need of the standard library.
_USED = ("_socket", "atexit", "contextlib", "ctypes", "errno", "marshal", "resource", "select", "struct", "time")
# CPython keeps objects of up to 512 bytes in pools of one size each, in steps of 16; a pool begins with its head.
_POOL, _HEAD, _STEP, _LARGEST, _MOST = 1 << 14, 48, 16, 512, 3000
_LOCKS = 300


def main(control: int, base: str, preload: list[str], path: list[str], without: list[str]) -> None:
    """Be one."""
    sys.path.extend(path)
    _warm((*WARM, *preload, *_USED))
    # Kept to the end, and only now our own: what each run touches lies together, and a page costs it a copy.
    holes = _filled()
    import _socket

    from rewardkit.sandbox import child, folder, frames, maps, values
    from rewardkit.sandbox.confine import Confinement
    from rewardkit.sandbox.nursery import Nursery
    from rewardkit.sandbox.probe import Probe

    child.prepare()
    maps.arrange()
    confinement = Confinement([*path, os.path.dirname(os.__file__)], without)
    probe = Probe(confinement, base, os.getppid())
    confinement.shut_zygote()
    probe.landlock()
    confinement.close_calls()
    probe.others()
    confinement.rehearse()
    child.rehearse()
    stream = _socket.socket(fileno=control)
    stream.sendall(frames.frame(values.encode({"missing": confinement.missing}, limit=1 << 20)))
    _forget()
    holes += _filled()
    gc.freeze()
    Nursery(stream, base, confinement).serve()
    # The other side ended without closing this one. What still runs dies with this process.
    folder.remove(base)
    del holes


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
    annotate = import_module("typing")
    for kind in (int, float, str, bool, annotate.Any):
        for each in (kind, annotate.List[kind]):  # typing keeps what it made, and most programs ask for these
            annotate.List[each], annotate.Optional[each], annotate.Tuple[each, each], annotate.Dict[str, each]
    # An attribute and no import: a bundle carries what is imported, and numpy is here only if the author says so.
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)


def _filled() -> list[object]:
    """Objects in the places that are free between older ones, so that new ones get pools of their own.

    An interpreter that keeps its objects in another way loses nothing by it.
    """
    gc.collect()
    filled: list[object] = []
    for size in range(_STEP, _LARGEST + 1, _STEP):
        for _ in range(_MOST):
            new = _new(size)
            if id(new) % _POOL == _HEAD:
                break
            filled.append(new)
    # After a fork Python makes new locks for itself; they are not its own allocator's.
    return [*filled, *(_thread.allocate_lock() for _ in range(_LOCKS))]


def _new(size: int) -> object:
    """An object of so many bytes, a multiple of 16."""
    if size == sys.getsizeof(object()):
        return object()
    if size < sys.getsizeof(b""):
        return float(size)
    return bytes(size - sys.getsizeof(b""))


def _forget() -> None:
    """Let programs find what a fresh interpreter has, and not what is ours or was only for the start."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rewardkit"]:
        del sys.modules[name]
    for name in ("LD_LIBRARY_PATH", "LD_BIND_NOW", "PYTHONHOME"):
        os.environ.pop(name, None)
    sys.dont_write_bytecode = True
