"""One run seen from the trusted process: its descriptors, its folder, and the line to its zygote."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO, TypeVar

from rewardkit.sandbox import folder, frames, values
from rewardkit.sandbox.limits import Limit, Limits, Ran
from rewardkit.sandbox.orders import ASK, LIMITS, REPORT_SIZE, STOP, Order, Report, read_report
from rewardkit.sandbox.warm import Lost, Zygote

_T = TypeVar("_T")
# Seconds that the machinery itself may take.
_GRACE = 30.0
_LEAST = 0.01
# Bytes: of what we send ourselves, and of a message around its value.
_OURS = 1 << 30
_AROUND = 4096


class Line:
    """A run from its order to its report.

    Args:
        zygote: whose child it is.
        limits: what it may use.
        stdin: what it can read there.

    Raises:
        Lost: the zygote is gone.
    """

    def __init__(self, zygote: Zygote, limits: Limits, stdin: bytes) -> None:
        self.limits = limits
        self._limit: Limit = ""
        self._ran: Ran | None = None
        self._final: Report | None = None
        # How long it has been waited for, and how much of that it was running or in the queue for a processor.
        self._waited = self._busy = 0.0
        with ExitStack() as undo:
            try:
                number, path = zygote.folder()
                undo.callback(folder.remove, path)
                self._out, self._err = undo.enter_context(_file("stdout")), undo.enter_context(_file("stderr"))
                self._reports, reports = map(undo.enter_context, socket.socketpair())
                self._channel, channel = map(undo.enter_context, socket.socketpair())
                read = undo.enter_context(_file("stdin", stdin))
            except OSError as error:
                raise Lost(f"there is no room for a run: {error}") from error
            files = (reports, channel, read, self._out, self._err)
            zygote.order(_order(number, limits), [file.fileno() for file in files])
            for file in (reports, channel, read):
                file.close()
            self._undo = undo.pop_all()

    def begin(self, job: dict[str, Any]) -> None:
        """Say what the child is to do, and see that it could be set up for it.

        Raises:
            Lost: it could not.
        """
        self._channel.settimeout(_GRACE)
        try:
            frames.send(self._channel, values.encode(job, limit=_OURS))
            frames.receive(self._channel, limit=0)
        except (frames.Broken, TimeoutError) as error:
            self.stop()
            said = self.end().stderr
            raise Lost(f"a child could not be set up: {error or 'it took too long'}: {said}") from error

    def say(self, message: list[Any]) -> None:
        """Send a message on the channel; what goes wrong shows when it is answered.

        Raises:
            TypeError: something in it is not plain data.
        """
        body = values.encode(message, limit=_OURS)
        with suppress(TimeoutError, frames.Broken):
            frames.send(_Patient(self, self._channel), body)

    def hear(self) -> list[Any] | None:
        """The next message of the child; None if there is none to come: it is then being stopped."""
        try:
            frame = frames.receive(_Patient(self, self._channel), limit=self.limits.value + _AROUND)
            message = values.decode(frame)
        except TimeoutError:
            self.stop("wall")
        except frames.Broken:
            self.stop()
        except values.BadFrame:
            self.stop("channel")
        else:
            if type(message) is list:
                return message
            self.stop("channel")
        return None

    def stop(self, limit: Limit = "") -> None:
        """Have the zygote kill it."""
        self._limit = self._limit or limit
        with suppress(OSError):
            self._reports.send(STOP)

    def end(self) -> Ran:
        """Wait for its end.

        Raises:
            Lost: the zygote is gone.
        """
        if self._ran is None:
            self._ran = self._read(self._report())
        return self._ran

    def close(self) -> None:
        """Stop it if it still runs, and leave nothing of it."""
        with suppress(Lost):
            self.stop()
            self.end()
        self._undo.close()

    def patiently(self, socket: socket.socket, work: Callable[[], _T]) -> _T:
        """Do something with a socket that waits for the child, as long as the child may keep us waiting.

        The time in which it runs or queues for a processor is no waiting: that is limited by `cpu`.

        Raises:
            TimeoutError: it may not any longer.
        """
        begin, before = time.monotonic(), self._waited
        asked = False
        try:
            while True:
                self._waited = before + time.monotonic() - begin
                left = self.limits.seconds - (self._waited - self._busy)
                if left <= 0 and asked:
                    raise TimeoutError
                if left <= 0:
                    self._busy = max(self._busy, self._ask())
                    asked = True
                    continue
                socket.settimeout(max(left, _LEAST))
                with suppress(TimeoutError):
                    return work()
                asked = False
        finally:
            self._waited = before + time.monotonic() - begin

    def _ask(self) -> float:
        """How long it has been running or in the queue, in seconds, by the zygote's look."""
        if self._final is None:
            with suppress(OSError):
                self._reports.send(ASK)
            report = self._receive()
            if report.limit < 0:
                return report.cpu
            self._final = report
        return self._final.cpu

    def _report(self) -> Report:
        if self._final is None:
            try:
                # Asked how busy the child is, the zygote may have answered that it ended.
                self._final = self.patiently(self._reports, lambda: self._final or self._next())
            except TimeoutError:
                self.stop("wall")
        while self._final is None:
            report = self._receive()
            if report.limit >= 0:
                self._final = report
        if self._final.errno:
            raise Lost(f"no child could be forked: {os.strerror(self._final.errno)}")
        return self._final

    def _receive(self) -> Report:
        self._reports.settimeout(_GRACE)
        try:
            return self._next()
        except TimeoutError as error:
            raise Lost("the zygote does not answer") from error

    def _next(self) -> Report:
        """What the zygote says next; a TimeoutError goes to the caller."""
        try:
            data = self._reports.recv(REPORT_SIZE)
        except TimeoutError:
            raise
        except OSError:
            data = b""
        if len(data) < REPORT_SIZE:
            raise Lost("the zygote died")
        return read_report(data)

    def _read(self, report: Report) -> Ran:
        out, out_more = _content(self._out, self.limits.output)
        err, err_more = _content(self._err, self.limits.output)
        code = os.waitstatus_to_exitcode(report.status)
        ran = Ran(
            stdout=out,
            stderr=err,
            exit=code if code >= 0 else None,
            signal=max(0, -code),
            cpu=report.cpu,
            wall=report.wall,
            memory=report.memory,
            limit=self._limit or LIMITS[report.limit],
            stdout_truncated=out_more,
            stderr_truncated=err_more,
        )
        return replace(ran, limit=ran.limit or _guessed(ran))


def _order(number: int, limits: Limits) -> Order:
    return Order(
        number, limits.cpu, limits.memory, limits.output, limits.disk, limits.files, limits.open_files,
        limits.threads, limits.stack,
    )  # fmt: skip


def _guessed(ran: Ran) -> Limit:
    """The limit that a run's own words tell of, where nobody ended it from outside."""
    if ran.signal == signal.SIGXCPU:
        return "cpu"
    if ran.stdout_truncated or ran.stderr_truncated:
        return "output"
    return "memory" if ran.exit and ran.last_line.startswith("MemoryError") else ""


class _Patient:
    """A socket on which one waits for a child."""

    def __init__(self, line: Line, socket: socket.socket) -> None:
        self._line = line
        self._socket = socket

    def recv(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        return self._line.patiently(self._socket, partial(self._socket.recv, size))

    def sendall(self, data: bytes, /) -> None:
        """Send all of it."""
        sent = 0
        while sent < len(data):
            sent += self._line.patiently(self._socket, partial(self._socket.send, memoryview(data)[sent:]))


def _file(name: str, content: bytes = b"") -> BinaryIO:
    """A file without a name, in memory where the system can."""
    if not hasattr(os, "memfd_create"):
        file: BinaryIO = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
    else:
        file = os.fdopen(os.memfd_create(name, os.MFD_CLOEXEC), "w+b", buffering=0)
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
    file.seek(0)
    return file


def _content(file: BinaryIO, limit: int) -> tuple[str, bool]:
    """The first so many bytes as text, and whether there are more."""
    size = os.fstat(file.fileno()).st_size
    data = os.pread(file.fileno(), min(size, limit), 0)
    return data.decode("utf-8", "replace"), size > limit
