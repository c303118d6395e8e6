"""The sandbox: zygotes, and runs in their children."""

from __future__ import annotations

import atexit
import marshal
import os
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rewardkit.errors import UnavailableError
from rewardkit.sandbox import frames, orders
from rewardkit.sandbox.layers import Layer, check, refused
from rewardkit.sandbox.limits import Limits, Ran
from rewardkit.sandbox.line import Line
from rewardkit.sandbox.session import Session
from rewardkit.sandbox.warm import Lost, Zygote

_T = TypeVar("_T")
DEFAULT = Limits()


class _Failed(UnavailableError):
    """The machinery failed: worth a second try, unlike a refusal."""


class Sandbox:
    """Runs untrusted Python, each program in a confined process of its own that is forked from a warm one.

    Every run begins alike: hash seed 0, UTF-8, UTC, `random` and numpy's global generator in the same state, and
    no variables of this process. The clock, `os.urandom`, pids and addresses are as they are.

    Threads may share it. Nothing starts before the first run. A fork of the calling process starts its own warm
    interpreters, and all end when the process that started them does.

    Args:
        preload: modules that programs may import beside the standard library, such as `numpy`; they are imported
            once, in the warm interpreter. A bundle has to carry them: name them in `requirements`. Programs can
            then read and import all that is installed beside them.
        size: how many warm interpreters, at most; 0 means one a processor, four at most.
        allow: mandatory layers that may be missing here; the variable REWARDKIT_SANDBOX_ALLOW names more.
        without: layers to leave out, to see here how it is on a kernel that has them not.

    Raises:
        UsageError: there is no such layer.
    """

    def __init__(
        self,
        *,
        preload: Sequence[str] = (),
        size: int = 0,
        allow: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> None:
        check((*allow, *without))
        self._preload = tuple(preload)
        self._allow = tuple(allow)
        self._without = tuple(without)
        self._size = size or min(4, os.cpu_count() or 1)
        self._lock = threading.Lock()
        self._zygotes: list[Zygote] = []
        _all.add(self)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def run(self, program: str, *, stdin: str = "", argv: Sequence[str] = (), limits: Limits = DEFAULT) -> Ran:
        """Run a program as `__main__`, from its start to its end.

        Args:
            program: Python source.
            stdin: what it can read there.
            argv: its arguments; `sys.argv` is `["main.py", *argv]`.
            limits: what it may use.

        Returns:
            What became of it, whatever the program did.

        Raises:
            TypeError: an argument is no text.
            UnavailableError: the sandbox itself failed, twice; or a mandatory layer is missing.
        """

        job = frames.frame(marshal.dumps((orders.RUN, program, [*map(os.fspath, argv)]), orders.FORMAT))

        def work() -> Ran:
            with self._line(limits, job, stdin) as line:
                return line.end()

        return self.retry(work)

    @contextmanager
    def open(
        self, program: str = "", *, limits: Limits = DEFAULT, hooks: Mapping[str, Callable[..., Any]] = {}
    ) -> Iterator[Session]:
        """Load a program in a process of its own, to call what it defines.

        Args:
            program: Python source; it is not `__main__` but a module named `solution`.
            limits: what it may use, all calls together.
            hooks: functions of this process that the program sees as globals; they take and give plain data. What
                they raise, the caller gets; but to call one with what it does not take is a TypeError there.

        Raises:
            Ended: the program ended the process while it was loaded.
            UnavailableError: the sandbox itself failed (`retry` starts over); or a mandatory layer is missing.
        """
        with self._line(limits) as line:
            session = Session(line, hooks)
            if program or hooks:
                session.raised = session.load(program)
            yield session

    def retry(self, work: Callable[[], _T]) -> _T:
        """Do some work, and once more from the start if the sandbox itself failed.

        Args:
            work: opens its own sessions.

        Raises:
            UnavailableError: it failed again; or a mandatory layer is missing.
        """
        try:
            return work()
        except _Failed:
            return work()

    def layers(self) -> tuple[Layer, ...]:
        """The layers of confinement as they are here, each attacked.

        Raises:
            UnavailableError: no warm interpreter starts.
        """
        with self._lock:
            if self._zygotes:
                return self._zygotes[0].layers
        try:
            zygote = Zygote(self._preload, self._without)
        except Lost as error:
            raise _Failed(f"the sandbox failed: {error}") from error
        zygote.close()
        return zygote.layers

    def close(self) -> None:
        """End the warm interpreters and whatever runs; the next run starts new ones."""
        with self._lock:
            zygotes, self._zygotes = self._zygotes, []
        for zygote in zygotes:
            zygote.close()

    def forget(self) -> None:
        """In a fork of the process that started them: have no warm interpreters."""
        self._lock = threading.Lock()
        for zygote in self._zygotes:
            zygote.forget()
        self._zygotes = []

    @contextmanager
    def _line(self, limits: Limits, first: bytes = b"", stdin: str = "") -> Iterator[Line]:
        zygote = None
        try:
            zygote = self._free()
            line = Line(zygote, limits, first, stdin.encode("utf-8", "surrogatepass"))
            try:
                yield line
            finally:
                line.close()
        except Lost as error:
            if zygote:
                zygote.lost = True
            raise _Failed(f"the sandbox failed: {error}") from error
        finally:
            if zygote:
                with self._lock:
                    zygote.runs -= 1

    def _free(self) -> Zygote:
        """The zygote with the least to do; a new one if all are busy and there may be more."""
        with self._lock:
            for zygote in [zygote for zygote in self._zygotes if not zygote.alive]:
                self._zygotes.remove(zygote)
                zygote.close()
            free = min(self._zygotes, key=lambda zygote: zygote.runs, default=None)
            if free is None or (free.runs and len(self._zygotes) < self._size):
                free = self._started()
                self._zygotes.append(free)
            free.runs += 1
            return free

    def _started(self) -> Zygote:
        zygote = Zygote(self._preload, self._without)
        if reason := refused(zygote.layers, self._allow):
            zygote.close()
            raise UnavailableError(reason)
        if not sys.platform.startswith("linux"):
            warnings.warn(
                "the sandbox shuts nothing in on this system but for some limits: only Linux has the layers that "
                "`rewardkit doctor` shows, so run no code here that you would not run yourself",
                RuntimeWarning,
                stacklevel=2,
            )
        return zygote


_all: weakref.WeakSet[Sandbox] = weakref.WeakSet()
_shared: dict[tuple[str, ...], Sandbox] = {}
_lock = threading.Lock()


def shared(preload: Sequence[str] = ()) -> Sandbox:
    """The sandbox of this process for these modules, made when first asked for."""
    modules = tuple(preload)
    with _lock:
        if modules not in _shared:
            _shared[modules] = Sandbox(preload=modules)
        return _shared[modules]


def started() -> tuple[Layer, ...]:
    """The layers of the first sandbox that has started in this process, for a log; none if none has."""
    return next((zygote.layers for sandbox in list(_all) for zygote in sandbox._zygotes), ())


def _close_all() -> None:
    for sandbox in list(_all):
        sandbox.close()


def _forget_all() -> None:
    global _lock
    _lock = threading.Lock()
    for sandbox in list(_all):
        sandbox.forget()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
