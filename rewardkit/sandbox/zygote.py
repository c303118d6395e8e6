"""The zygote: a warm, single-threaded, minimal interpreter that forks a child for each run and watches over it.

It reads orders and nothing that a program wrote. It ends when the process that started it does.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
from array import array
from dataclasses import dataclass
from importlib import import_module

import _socket

from rewardkit.sandbox import child, folder, frames, values
from rewardkit.sandbox.confine import Confinement
from rewardkit.sandbox.orders import DESCRIPTORS, LIMITS, ORDER_SIZE, Order, Report, read_order
from rewardkit.sandbox.probe import Probe

_TICK = 0.05
# Standard modules that programs import most; warm, they cost a run nothing.
WARM = (
    "bisect", "collections", "copy", "functools", "heapq", "io", "itertools", "json", "math", "operator", "random",
    "re", "string", "types", "typing",
)  # fmt: skip


@dataclass(slots=True)
class _Run:
    """A child at work."""

    pid: int
    order: Order
    line: _socket.socket
    begin: float
    limit: str = ""


class Zygote:
    """The loop: take orders, fork, watch, reap, report.

    Args:
        control: the socket on which orders come.
        base: the folder in which each run's own lies, named by its number.
        confinement: what children are shut in with.
    """

    def __init__(self, control: _socket.socket, base: str, confinement: Confinement) -> None:
        self.control = control
        self.base = base
        self.confinement = confinement
        self.runs: dict[int, _Run] = {}
        self.lines: dict[int, _Run] = {}
        self.poll = select.poll()
        self.wake, wake = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (control.fileno(), self.wake):
            self.poll.register(number, select.POLLIN)

    def serve(self) -> None:
        """Until the other side of `control` closes."""
        while True:
            for number, _ in self.poll.poll(self._pause()):
                if number == self.control.fileno():
                    if not self._take():
                        return
                elif number == self.wake:
                    self._reap()
                elif run := self.lines.get(number):
                    # Whatever is said on a run's line, or its end, means: stop it.
                    self._stop(run, "")
            self._watch()

    def _pause(self) -> float | None:
        """Milliseconds until the next look at the runs."""
        return _TICK * 1000 if self.runs else None

    def _take(self) -> bool:
        data, ancillary, _, _ = self.control.recvmsg(ORDER_SIZE, _socket.CMSG_SPACE(4 * DESCRIPTORS))
        if len(data) < ORDER_SIZE or not ancillary:
            return False
        numbers = array("i")
        numbers.frombytes(ancillary[0][2])
        line = _socket.socket(fileno=numbers[0])
        order = read_order(data)
        begin = time.monotonic()
        try:
            pid = os.fork()
        except OSError as error:
            line.send(Report(error.errno or -1, 0, 0, 0, 0, 0).pack())
            line.close()
            pid = -1
        if pid == 0:
            child.main(self.confinement, order, self._folder(order), numbers[1:].tolist())
        for number in numbers[1:]:
            os.close(number)
        if pid > 0:
            self.runs[pid] = self.lines[line.fileno()] = _Run(pid, order, line, begin)
            self.poll.register(line.fileno(), select.POLLIN)
        return True

    def _reap(self) -> None:
        while _drained(self.wake):
            pass
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if run := self.runs.pop(pid, None):
                self._finish(run, status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)

    def _finish(self, run: _Run, status: int, cpu: float, peak: int) -> None:
        limit = run.limit
        if not limit and cpu > run.order.cpu:
            limit = "cpu"
        peak *= 1 if sys.platform == "darwin" else 1024
        wall = time.monotonic() - run.begin
        self.poll.unregister(run.line.fileno())
        del self.lines[run.line.fileno()]
        try:
            run.line.send(Report(0, status, cpu, wall, peak, LIMITS.index(limit)).pack())
        except OSError:
            pass
        run.line.close()

    def _watch(self) -> None:
        for run in self.runs.values():
            if run.limit or time.monotonic() - run.begin < _TICK:
                continue
            if _cpu(run.pid) > run.order.cpu:
                self._stop(run, "cpu")
            elif _threads(run.pid) > run.order.threads:
                self._stop(run, "threads")
            elif limit := folder.exceeded(self._folder(run.order), run.order.disk, run.order.files):
                self._stop(run, limit)

    def _folder(self, order: Order) -> str:
        return f"{self.base}/{order.number}"

    def _stop(self, run: _Run, limit: str) -> None:
        run.limit = run.limit or limit
        try:
            os.kill(run.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def _drained(number: int) -> bytes:
    try:
        return os.read(number, 512)
    except BlockingIOError:
        return b""


def _cpu(pid: int) -> float:
    """The seconds of processor time that a child has used so far, threads included."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _threads(pid: int) -> int:
    """How many threads a child has now; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in parentheses may hold anything; after it the 18th is the number of threads.
            return int(file.read().rpartition(b")")[2].split()[17])
    except (OSError, ValueError, IndexError):
        return 0


def main(control: int, base: str, preload: list[str], path: list[str], without: list[str]) -> None:
    """Warm up, shut this process in, try whether it holds, say so, and serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path.extend(path)
    for name in (*WARM, *preload):
        import_module(name)
    confinement = Confinement([*path, os.path.dirname(os.__file__)], without)
    probe = Probe(confinement, base, os.getppid())
    confinement.shut_zygote()
    probe.landlock()
    confinement.close_calls()
    probe.others()
    stream = _socket.socket(fileno=control)
    frames.send(stream, values.encode({"missing": confinement.missing}, limit=1 << 20))
    _forget(path)
    Zygote(stream, base, confinement).serve()


def _forget(path: list[str]) -> None:
    """Let a program find what a fresh interpreter has, not what is ours; and leave what is warm out of collections."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rewardkit"]:
        del sys.modules[name]
    sys.dont_write_bytecode = True
    gc.collect()
    gc.freeze()
