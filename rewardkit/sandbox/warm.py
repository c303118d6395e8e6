"""A zygote seen from the trusted process: started, given orders, ended."""

from __future__ import annotations

import array
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from rewardkit.errors import UsageError
from rewardkit.sandbox import folder, frames, values
from rewardkit.sandbox.layers import Layer, states
from rewardkit.sandbox.orders import Order

_ZYGOTE = "rewardkit.sandbox.zygote"
# The packages are stand-ins, so that their own imports stay out of the zygote, and gone when it is warm.
_START = """
import sys, types
for name, place in (("rewardkit", {root!r}), ("rewardkit.sandbox", {here!r})):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [place]
from importlib import import_module
import_module({module!r}).main(*{arguments!r})
"""
_START_SECONDS = 60.0
# Nanoseconds: longer than any file system's step from one time of change to the next.
_SETTLED = 3_000_000_000
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    # The folder of the run.
    "HOME": ".",
    "TMPDIR": "./",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "PYTHONNODEBUGRANGES": "1",
    # One thread: a zygote must have no other, and a run's processor time is counted.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    # Or each child would look up the functions of libraries anew; gone when the interpreter is warm.
    "LD_BIND_NOW": "1",
}


# What an interpreter may need to find its own libraries, as Lambda's does; gone when it is warm.
_TO_START = ("LD_LIBRARY_PATH", "PYTHONHOME")


class Lost(Exception):
    """The sandbox's own machinery failed: not the program's fault."""


@dataclass(frozen=True, slots=True)
class Home:
    """A run's own folder.

    Attributes:
        number: names it, and the run.
        path: where it is.
        changed: when anything about it was changed last, as it was new.
        unused: where it goes if nothing was changed since.
        settled: whether that was so long ago that any change since shows by its time alone.
    """

    number: int
    path: str
    changed: int
    unused: list[Home]
    settled: bool = False

    def leave(self, *, ended: bool) -> None:
        """After the run: what was left as it was can be another run's, and what was not is removed.

        Args:
            ended: whether it is known to have ended.
        """
        try:
            clean = ended and os.stat(self.path).st_ctime_ns == self.changed
            clean = clean and (self.settled or not os.listdir(self.path))
        except OSError:
            clean = False
        if not clean:
            folder.remove(self.path)
        elif self.settled or time.time_ns() < self.changed + _SETTLED:
            self.unused.append(self)
        else:
            self.unused.append(replace(self, settled=True))


class Zygote:
    """A running zygote.

    Attributes:
        runs: how many of its children are at work.
        lost: whether it failed somebody.
        layers: of its confinement, as they were when tried.

    Raises:
        Lost: it did not start.
        UsageError: a module to preload is not installed here.
    """

    def __init__(self, preload: Sequence[str], without: Sequence[str]) -> None:
        self.runs = 0
        self.lost = False
        self._numbers = 0
        self._homes: list[Home] = []
        self._lock = threading.Lock()
        path = _folders(preload)
        _hide()
        with contextlib.ExitStack() as undo:
            try:
                self._base = _base()
                undo.callback(folder.remove, self._base)
                self._errors = undo.enter_context(tempfile.TemporaryFile())
                self._control, theirs = socket.socketpair()
                undo.enter_context(self._control)
                with theirs:
                    arguments = (theirs.fileno(), self._base, list(preload), path, list(without))
                    self._process = _start(arguments, theirs.fileno(), self._errors)
                    undo.callback(_end, self._process)
                self._control.settimeout(_START_SECONDS)
                hello = values.decode(frames.Reader(self._control.recv).next(1 << 20))
            except (OSError, frames.Broken) as error:
                raise Lost(
                    f"no warm interpreter started: {str(error) or 'it took too long'} {self._said()}"
                ) from error
            self.layers: tuple[Layer, ...] = states(hello["missing"])
            self._undo = undo.pop_all()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self.lost and self._process.poll() is None

    def folder(self) -> Home:
        """An empty folder for a run: one that another has left as it was, or a new one.

        Raises:
            OSError: there is no room for one.
        """
        with self._lock:
            if self._homes:
                return self._homes.pop()
            self._numbers += 1
            number = self._numbers
        path = os.path.join(self._base, str(number))
        os.mkdir(path, 0o700)
        return Home(number, path, os.stat(path).st_ctime_ns, self._homes)

    def order(self, order: Order, descriptors: Sequence[int]) -> None:
        """Have it fork a child.

        Raises:
            Lost: it is gone.
        """
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        try:
            with self._lock:
                self._control.sendmsg([order.pack()], rights)
        except OSError as error:
            raise Lost(f"the zygote is gone: {error}: {self._said()}") from error

    def close(self) -> None:
        """End it, and with it its children."""
        self._undo.close()

    def forget(self) -> None:
        """In a fork of the process that started it: let go of it, without ending it."""
        self._undo.pop_all()
        self._control.close()
        self._errors.close()

    def _said(self) -> str:
        """The end of what it wrote to stderr."""
        if not hasattr(self, "_errors") or self._errors.closed:
            return ""
        self._errors.seek(0)
        return self._errors.read()[-2000:].decode(errors="replace").strip()


def _base() -> str:
    """A new folder for the folders of runs, and for the attacks that try the layers: a folder `0`, and a file."""
    base = tempfile.mkdtemp(prefix="rewardkit-")
    Path(base, "0").mkdir()
    Path(base, "marker").touch()
    return base


def _start(arguments: tuple[object, ...], descriptor: int, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    code = _START.format(
        root=str(Path(__file__).parents[1]), here=str(Path(__file__).parent), module=_ZYGOTE, arguments=arguments
    )
    return subprocess.Popen(
        [sys.executable, "-s", "-S", "-P", "-c", code],
        env=_ENVIRONMENT | {name: os.environ[name] for name in _TO_START if name in os.environ},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        pass_fds=[descriptor],
        start_new_session=True,  # no terminal's signals
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _hide() -> None:
    """Shut `/proc/<pid>/environ` and `mem` of this process for all others of the same user, for good."""
    if sys.platform == "linux":
        from rewardkit.sandbox import kernel

        with contextlib.suppress(OSError):
            kernel.prctl(kernel.SET_DUMPABLE, 0)


def _folders(preload: Sequence[str]) -> list[str]:
    """Where the modules to preload are, for the zygote's path; the standard library's need none."""
    folders: list[str] = []
    for name in preload:
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            continue
        spec = find_spec(top)
        if spec is None:
            raise UsageError(f"the sandbox cannot preload {name!r}: it is not installed here")
        place = Path(spec.origin or next(iter(spec.submodule_search_locations or [""])))
        folder = str(place.parents[1] if place.name == "__init__.py" else place.parent)
        if folder not in folders:
            folders.append(folder)
    return folders
