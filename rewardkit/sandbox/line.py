"""One run seen from the trusted process: its descriptors, its folder, and the line to its zygote."""

from __future__ import annotations

import _socket
import os
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from rewardkit.errors import UsageError
from rewardkit.sandbox import frames
from rewardkit.sandbox.limits import Limit, Limits, Ran
from rewardkit.sandbox.orders import ASK, LIMITS, REPORT_SIZE, STOP, Order, Report, read_report
from rewardkit.sandbox.warm import Lost, Zygote

_T = TypeVar("_T")
# Seconds that the machinery itself may take.
_GRACE = 30.0
# Seconds after which it is looked at how long a child has kept us waiting, at least and at most.
_LEAST, _MOST = 0.01, 1.0
# Seconds of a wait that are forgiven, as they may be spent on waiting for another thread of this process; and how
# many in all, in times of what the child may take.
_FORGIVEN, _FORGIVEN_IN_ALL = 0.05, 20
# Seconds in which a child that is let go is expected to end; in which one that has been told all is not looked
# at; and in which what has come can be read.
_SOON, _UNDISTURBED, _AT_ONCE = 0.05, 0.01, 0.001
# Bytes of a message around its value.
_AROUND = 4096


class Line:
    """A run from its order to its report.

    Args:
        zygote: whose child it is.
        limits: what it may use.
        first: what it is told first, in frames.
        stdin: what it can read there.

    Attributes:
        idle: whether it only waits for us to say more.

    Raises:
        Lost: the zygote is gone.
    """

    def __init__(self, zygote: Zygote, limits: Limits, first: bytes = b"", stdin: bytes = b"") -> None:
        self.limits = limits
        self._limit: Limit = ""
        self._ran: Ran | None = None
        self._final: Report | None = None
        # How long it has been waited for, and how much of that it was running or in the queue for a processor.
        self._waited = self._busy = 0.0
        self._seconds = limits.seconds
        self._tick = max(_LEAST, min(self._seconds / 4, _MOST))
        self._forgivable = _FORGIVEN_IN_ALL * self._seconds
        self._ready = self._stopped = False
        self.idle = False
        self._zygote = zygote
        self._open: list[int] = []
        self._sockets: list[_socket.socket] = []
        try:
            self._home = zygote.folder()
        except OSError as error:
            raise Lost(f"there is no room for a run: {error}") from error
        try:
            self._start(stdin)
            self.say(first)
        except BaseException:
            self._leave()
            raise

    def _start(self, stdin: bytes) -> None:
        try:
            self._out, self._err = self._file(b""), self._file(b"")
            read = self._file(stdin) if stdin else self._nothing()
            self._reports, reports = self._pair()
            self._channel, channel = self._pair()
        except OSError as error:
            raise Lost(f"there is no room for a run: {error}") from error
        order = _order(self._home.number, self.limits)
        self._zygote.order(order, [reports.fileno(), channel.fileno(), read, self._out, self._err])
        reports.close()
        channel.close()
        self._frames = frames.Reader(partial(self._patiently, self._channel.recv))
        self._channel.settimeout(self._tick)
        self._reports.settimeout(self._tick)

    def say(self, data: bytes) -> None:
        """Send frames on the channel; what goes wrong shows when they are answered."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._patiently(self._channel.send, rest) :]
        except (OSError, frames.Broken):
            return

    def finish(self) -> None:
        """Say that no more will be said, and leave it alone for a moment.

        Most are done by then, and each of their answers would have woken this process.
        """
        with suppress(OSError):
            self._channel.shutdown(_socket.SHUT_WR)
        self._await_end(_UNDISTURBED)

    def hear(self) -> bytes | None:
        """The next frame of the child; None if there is none to come: it is then being stopped.

        Raises:
            Lost: it could not be set up.
        """
        if self._stopped:
            return None
        try:
            if not self._ready:
                self._see_ready()
            return self._frames.next(self.limits.value + _AROUND)
        except TimeoutError:
            self.stop("wall")
        except frames.TooLong:
            self.stop("channel")
        except (frames.Broken, OSError):
            # Most end by themselves, and are to be seen to; one that has only closed its side is stopped.
            self._await_end(_SOON)
            self.stop()
        return None

    def _see_ready(self) -> None:
        """See that the child could be set up: it says so with an empty frame.

        Raises:
            Lost: it could not.
        """
        self._ready = True
        try:
            self._frames.next(0)
        except (frames.Broken, OSError) as error:
            self.stop()
            said = self.end().stderr
            raise Lost(f"a child could not be set up: {str(error) or 'it took too long'}: {said}") from error

    def stop(self, limit: Limit = "") -> None:
        """Have the zygote kill it."""
        self._limit = self._limit or limit
        self._stopped = True
        with suppress(OSError):
            self._reports.send(STOP)

    def end(self) -> Ran:
        """Wait for its end.

        Raises:
            Lost: the zygote is gone, or the child could not be set up.
            UsageError: it is closed.
        """
        if self._ran is None:
            if not self._open:
                raise UsageError("this session is closed: ask within the `with` block that opened it")
            self._ran = self._read(self._report())
            if not self._ready:
                self._see_ready()
        return self._ran

    def close(self) -> None:
        """Stop it if it still runs, and leave nothing of it."""
        self._ready = True
        try:
            if self.idle and not self._stopped:
                self._dismiss()
            if self._ran is None and self._final is None:
                self.stop()
                self._report()
        except Lost:
            # Nothing is missing of this run; the next is to have another zygote.
            self._zygote.lost = True
        finally:
            self._leave()

    def _dismiss(self) -> None:
        """Let a child that waits for more end by itself, soon: that costs less than to have it killed."""
        with suppress(OSError):
            self._channel.shutdown(_socket.SHUT_WR)
        self._await_end(_SOON)

    def _await_end(self, seconds: float) -> None:
        """Give it some time to end by itself."""
        if self._final is None:
            with suppress(TimeoutError):
                self._receive(seconds)

    def _leave(self) -> None:
        self._stopped = True
        for number in self._open:
            os.close(number)
        self._open.clear()
        for each in self._sockets:
            each.close()
        self._home.leave(ended=self._final is not None)
        vars(self).pop("_frames", None)  # they refer to this object, which else waits for the garbage collector

    def _file(self, content: bytes) -> int:
        """A file without a name, in memory where the system can."""
        if hasattr(os, "memfd_create"):
            number = os.memfd_create("run", os.MFD_CLOEXEC)
        else:
            with tempfile.TemporaryFile(buffering=0) as file:
                number = os.dup(file.fileno())
        self._open.append(number)
        if content:
            frames.write(number, content)
            os.lseek(number, 0, os.SEEK_SET)
        return number

    def _nothing(self) -> int:
        """A file in which nothing is; a new one, as flags and locks on it outlive a run."""
        self._open.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        return self._open[-1]

    def _pair(self) -> tuple[_socket.socket, _socket.socket]:
        ours, theirs = _socket.socketpair()
        self._sockets += ours, theirs
        return ours, theirs

    def _patiently(self, work: Callable[..., _T], *args: Any) -> _T:
        """Do something that waits for the child, as long as the child may keep us waiting.

        The time in which it runs or queues for a processor is no waiting: that is limited by `cpu`.

        Raises:
            Broken: it has ended, and still nothing comes: somebody else holds its side.
            TimeoutError: it may not any longer.
        """
        while not self._kept_too_long():
            begin = time.monotonic()
            try:
                return work(*args)
            except TimeoutError:
                if self._final:
                    raise frames.Broken("the child has ended") from None
                with suppress(TimeoutError):
                    self._receive(_AT_ONCE)
            finally:
                # No wait is longer than a tick: what is beyond it, other threads of this process took.
                waited = min(time.monotonic() - begin, self._tick)
                forgiven = min(waited, _FORGIVEN, self._forgivable)
                self._forgivable -= forgiven
                self._waited += waited - forgiven
        raise TimeoutError

    def _kept_too_long(self) -> bool:
        """Whether it has kept us waiting for longer than it may; the zygote is asked only where it seems so."""
        if self._waited - self._busy < self._seconds or self._final:
            return False
        report = self._look()
        self._busy = max(self._busy, report.cpu)
        return not self._final and min(self._waited, report.wall) - self._busy >= self._seconds

    def _look(self) -> Report:
        """How it is doing, by the zygote's look; or how it ended, if it did."""
        with suppress(OSError):
            self._reports.send(ASK)
        return self._receive()

    def _report(self) -> Report:
        if self._final is None:
            try:
                # Asked how busy the child is, the zygote may have answered that it ended.
                self._patiently(lambda: self._final or self._next())
            except TimeoutError:
                self.stop("wall")
        while self._final is None:
            self._receive()
        if self._final.errno:
            raise Lost(f"no child could be forked: {os.strerror(self._final.errno)}")
        return self._final

    def _receive(self, seconds: float = _GRACE) -> Report:
        """What the zygote says next within some time.

        Raises:
            Lost: it does not in the time that the machinery may take.
            TimeoutError: it does not in the time given.
        """
        before = self._reports.gettimeout()
        self._reports.settimeout(seconds)
        try:
            return self._next()
        except TimeoutError as error:
            if seconds < _GRACE:
                raise
            raise Lost("the zygote does not answer") from error
        finally:
            self._reports.settimeout(before)

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
        report = read_report(data)
        if report.limit >= 0:
            self._final = report
        return report

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
        guess = ran.limit or _guessed(ran)
        return replace(ran, limit=guess) if guess else ran


def _order(number: int, limits: Limits) -> Order:
    return Order(
        number, limits.cpu, limits.memory, limits.output, limits.disk, limits.files, limits.open_files,
        limits.threads, limits.stack, limits.value,
    )  # fmt: skip


def _guessed(ran: Ran) -> Limit:
    """The limit that a run's own words tell of, where nobody ended it from outside."""
    if ran.signal == signal.SIGXCPU:
        return "cpu"
    if ran.stdout_truncated or ran.stderr_truncated:
        return "output"
    return "memory" if ran.exit and ran.last_line.startswith("MemoryError") else ""


def _content(file: int, limit: int) -> tuple[str, bool]:
    """The first so many bytes as text, and whether there are more."""
    size = os.fstat(file).st_size
    data = os.pread(file, min(size, limit), 0) if size else b""
    return data.decode("utf-8", "replace"), size > limit
