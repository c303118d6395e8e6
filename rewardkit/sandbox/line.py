"""One run seen from the trusted process: its descriptors, its folder, and the line to its zygote."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import time
from typing import Any, BinaryIO

from rewardkit.sandbox import folder, frames, values
from rewardkit.sandbox.limits import Limits, Ran
from rewardkit.sandbox.orders import LIMITS, REPORT_SIZE, Order, Report, read_report
from rewardkit.sandbox.warm import Lost, Zygote

_GRACE = 30.0


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
        self._limit = ""
        self._ran: Ran | None = None
        self._waited = 0.0
        number, self._folder = zygote.folder()
        self._out, self._err = _file("stdout"), _file("stderr")
        self._reports, reports = socket.socketpair()
        self._channel, channel = socket.socketpair()
        order = Order(
            number, limits.cpu, limits.memory, limits.output, limits.disk, limits.files, limits.open_files,
            limits.threads, limits.stack,
        )  # fmt: skip
        with reports, channel, _file("stdin", stdin) as read:
            zygote.order(
                order, [reports.fileno(), channel.fileno(), read.fileno(), self._out.fileno(), self._err.fileno()]
            )

    def begin(self, job: dict[str, Any]) -> None:
        """Say what the child is to do, and see that it could be set up for it.

        Raises:
            Lost: it could not.
        """
        deadline = time.monotonic() + _GRACE
        try:
            frames.send(self._channel, values.encode(job, limit=1 << 30), deadline)
            frames.receive(self._channel, limit=0, deadline=deadline)
        except (frames.Broken, TimeoutError) as error:
            self.stop()
            raise Lost(
                f"a child could not be set up: {error or 'it took too long'}: {self.end().stderr}"
            ) from error

    def say(self, message: list[Any]) -> None:
        """Send a message on the channel; what goes wrong shows when it is answered."""
        body = values.encode(message, limit=1 << 30)
        self._timed(lambda deadline: frames.send(self._channel, body, deadline))

    def hear(self) -> list[Any] | None:
        """The next message of the child; None if there is none to come: the run has then ended."""
        deadline, begin = self._deadline(), time.monotonic()
        try:
            message = values.decode(
                frames.receive(self._channel, limit=self.limits.value + 1024, deadline=deadline)
            )
        except TimeoutError:
            self.stop("wall")
            return None
        except frames.Broken:
            self.stop()
            return None
        except values.BadFrame:
            self.stop("channel")
            return None
        finally:
            self._waited += time.monotonic() - begin
        if type(message) is list:
            return message
        self.stop("channel")
        return None

    def stop(self, limit: str = "") -> None:
        """Have the zygote kill it."""
        self._limit = self._limit or limit
        try:
            self._reports.send(b"K")
        except OSError:
            pass

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
        try:
            self.stop()
            self.end()
        except Lost:
            pass
        for file in (self._out, self._err, self._reports, self._channel):
            file.close()
        folder.remove(self._folder)

    def _timed(self, work: Any) -> None:
        begin = time.monotonic()
        try:
            work(self._deadline())
        except (TimeoutError, frames.Broken):
            pass
        finally:
            self._waited += time.monotonic() - begin

    def _deadline(self) -> float:
        return time.monotonic() + max(0.0, self.limits.seconds - self._waited)

    def _report(self) -> Report:
        try:
            self._reports.settimeout(max(0.01, self._deadline() - time.monotonic()))
            data = self._reports.recv(REPORT_SIZE)
        except TimeoutError:
            self.stop("wall")
            self._reports.settimeout(_GRACE)
            try:
                data = self._reports.recv(REPORT_SIZE)
            except TimeoutError:
                data = b""
        except OSError:
            data = b""
        if len(data) < REPORT_SIZE:
            raise Lost("the zygote died")
        report = read_report(data)
        if report.errno:
            raise Lost(f"no child could be forked: {os.strerror(report.errno)}")
        return report

    def _read(self, report: Report) -> Ran:
        out, out_more = _content(self._out, self.limits.output)
        err, err_more = _content(self._err, self.limits.output)
        limit: Any = self._limit or LIMITS[report.limit]
        code = os.waitstatus_to_exitcode(report.status)
        if not limit and code == -signal.SIGXCPU:
            limit = "cpu"
        if not limit and (out_more or err_more):
            limit = "output"
        ran = Ran(
            stdout=out,
            stderr=err,
            exit=code if code >= 0 else None,
            signal=max(0, -code),
            cpu=report.cpu,
            wall=report.wall,
            memory=report.memory,
            limit=limit,
            stdout_truncated=out_more,
            stderr_truncated=err_more,
        )
        return ran


def _file(name: str, content: bytes = b"") -> BinaryIO:
    """A file without a name, in memory where the system can."""
    if not hasattr(os, "memfd_create"):
        file: BinaryIO = tempfile.TemporaryFile(buffering=0)  # type: ignore[assignment]
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
