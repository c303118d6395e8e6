"""The zygote: a warm, single-threaded, minimal interpreter that forks a child for each run and watches over it.

It reads orders and nothing that a program wrote. It ends when the process that started it does.
"""

from __future__ import annotations

import _socket
import gc
import os
import select
import signal
import sys
import time
from array import array
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

from rewardkit.sandbox import child, folder, frames, values
from rewardkit.sandbox.confine import Confinement
from rewardkit.sandbox.orders import ASK, DESCRIPTORS, LIMITS, ORDER_SIZE, Order, Report, read_order
from rewardkit.sandbox.probe import Probe

_TICK = 0.05
# Where the system does not say when a child ends, it is asked.
_TICK_BLIND = 0.002
_SWEEPS = 100
# Standard modules that programs import most; warm, they cost a run nothing.
WARM = (
    "bisect", "collections", "copy", "functools", "heapq", "io", "itertools", "json", "math", "operator", "random",
    "re", "string", "traceback", "types", "typing",
)  # fmt: skip


class _Run:
    """A child at work.

    Attributes:
        end: a descriptor that is readable when the child has ended; -1 where the system has none.
        limit: the limit for which it was stopped.
    """

    def __init__(self, pid: int, order: Order, line: _socket.socket, begin: float, end: int) -> None:
        self.pid = pid
        self.order = order
        self.line = line
        self.begin = begin
        self.end = end
        self.limit = ""


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
        self.poll.register(control.fileno(), select.POLLIN)
        self.tick = _TICK
        own = self._end(os.getpid())
        if own >= 0:
            os.close(own)

    def serve(self) -> None:
        """Until the other side of `control` closes."""
        while True:
            for number, _ in self.poll.poll(self.tick * 1000 if self.runs else None):
                if number == self.control.fileno():
                    if not self._take():
                        return self._end_all()
                elif run := self.lines.get(number):
                    self._hear(run)
            self._reap()
            self._watch()

    def _end_all(self) -> None:
        for run in self.runs.values():
            self._stop(run, "")
            os.waitpid(run.pid, 0)

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
            _tell(line, Report(error.errno or -1, 0, 0, 0, 0, 0))
            pid = -1
        if pid == 0:
            child.main(self.confinement, order, self._folder(order), numbers[1:].tolist())
        for number in numbers[1:]:
            os.close(number)
        if pid > 0:
            run = _Run(pid, order, line, begin, self._end(pid))
            self.runs[pid] = self.lines[line.fileno()] = run
            self.poll.register(line.fileno(), select.POLLIN)
            if run.end >= 0:
                self.poll.register(run.end, select.POLLIN)
        return True

    def _end(self, pid: int) -> int:
        """A descriptor that is readable when a process has ended."""
        try:
            return os.pidfd_open(pid)
        except (AttributeError, OSError):
            self.tick = _TICK_BLIND
            return -1

    def _hear(self, run: _Run) -> None:
        if run.line.recv(1) == ASK:
            busy = _cpu(run.pid) + _queued(run.pid)
            with suppress(OSError):
                run.line.send(Report(0, 0, busy, time.monotonic() - run.begin, 0, -1).pack())
        else:
            # It is not listened to again.
            self.poll.unregister(run.line.fileno())
            self._stop(run, "")

    def _reap(self) -> None:
        while self.runs:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            # Others are orphans of a run, adopted.
            if run := self.runs.pop(pid, None):
                self._finish(run, status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)

    def _finish(self, run: _Run, status: int, cpu: float, peak: int) -> None:
        if not self.confinement.has("seccomp"):
            _sweep(run.pid, self.runs)
        limit = run.limit or ("cpu" if cpu > run.order.cpu else "")
        peak *= 1 if sys.platform == "darwin" else 1024
        with suppress(KeyError):
            self.poll.unregister(run.line.fileno())
        if run.end >= 0:
            self.poll.unregister(run.end)
            os.close(run.end)
        del self.lines[run.line.fileno()]
        _tell(run.line, Report(0, status, cpu, time.monotonic() - run.begin, peak, LIMITS.index(limit)))

    def _watch(self) -> None:
        now = time.monotonic()
        for run in self.runs.values():
            if run.limit or now - run.begin < _TICK:
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
        os.kill(run.pid, signal.SIGKILL)


def _tell(line: _socket.socket, report: Report) -> None:
    # Who asked for the run may be gone.
    with suppress(OSError):
        line.send(report.pack())
    line.close()


def _sweep(leader: int, runs: Iterable[int]) -> None:
    """Kill what a run has left: its group, and all orphans that came to this process, until there are none."""
    with suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
    for _ in range(_SWEEPS):
        orphans = set(_children()) - set(runs)
        if not orphans:
            return
        for pid in orphans:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _children() -> list[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []


def _cpu(pid: int) -> float:
    """The seconds of processor time that a child has used so far, threads included."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _queued(pid: int) -> float:
    """The seconds that a child's threads waited for a processor; 0 where the system does not say."""
    total = 0
    with suppress(OSError, ValueError, IndexError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
                total += int(file.read().split()[1])
    return total / 1e9


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
    _warm((*WARM, *preload))
    confinement = Confinement([*path, os.path.dirname(os.__file__)], without)
    probe = Probe(confinement, base, os.getppid())
    confinement.shut_zygote()
    probe.landlock()
    confinement.close_calls()
    probe.others()
    stream = _socket.socket(fileno=control)
    frames.send(stream, values.encode({"missing": confinement.missing}, limit=1 << 20))
    _forget()
    Zygote(stream, base, confinement).serve()
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
    child.prepare()


def _forget() -> None:
    """Let programs find what a fresh interpreter has, and not what is ours or was only for the start."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rewardkit"]:
        del sys.modules[name]
    for name in ("LD_LIBRARY_PATH", "PYTHONHOME"):
        os.environ.pop(name, None)
    sys.dont_write_bytecode = True
    gc.collect()
    gc.freeze()
