"""What a zygote does when it is warm: take orders, fork a child for each, watch over it, reap it, report.

It reads orders and nothing that a program wrote.
"""

from __future__ import annotations

import _socket
import errno
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import NoReturn

from rewardkit.sandbox import child, folder
from rewardkit.sandbox.confine import Confinement
from rewardkit.sandbox.orders import ASK, DESCRIPTORS, LIMITS, ORDER_SIZE, Order, read_order, report

_TICK = 0.05
# Where the system does not say when a child ends, it is asked.
_TICK_BLIND = 0.002
_SWEEPS = 100
_PLANS = 64
_KILL = int(signal.SIGKILL)
# What the system counts a process's peak of memory in, in bytes.
_PEAK = 1 if sys.platform == "darwin" else 1024
_NUMBERS = struct.Struct(f"{DESCRIPTORS}i")
_SIZE = _NUMBERS.size
_LIMITS: dict[str, int] = {limit: number for number, limit in enumerate(LIMITS)}
_ROOM = _socket.CMSG_SPACE(_SIZE)
# What is called for each run, as objects that lie together: a call writes into what it calls, and the functions
# lie on a page each.
_close, _fork, _now, _wait = partial(os.close), partial(os.fork), partial(time.monotonic), partial(os.wait4)


class _Plan:
    """What is made once for all runs that are ordered alike.

    Attributes:
        order: the order.
        home: the run's own folder.
        cpu: the order's, seconds.
        line: the descriptor of the run's line to the trusted process.
        descriptors: the others that came with it, which are the child's.
        become: what its child does.
    """

    __slots__ = ("become", "cpu", "descriptors", "home", "line", "order")

    def __init__(self, order: Order, home: str, numbers: tuple[int, ...], become: Callable[[], NoReturn]) -> None:
        self.order = order
        self.home = home
        self.cpu = order.cpu
        self.line, *self.descriptors = numbers
        self.become = become


class _Run:
    """A child at work.

    Attributes:
        pid: the child's.
        plan: what was ordered.
        line: the descriptor of its line to the trusted process.
        begin: when it began, by the monotonic clock.
        end: a descriptor that is readable when the child has ended, or -1.
        limit: the limit for which it was stopped.
    """

    __slots__ = ("begin", "end", "limit", "line", "pid", "plan")

    def __init__(self, pid: int, plan: _Plan, begin: float) -> None:
        self.pid = pid
        self.plan = plan
        self.line = plan.line
        self.begin = begin
        self.end = -1
        self.limit = ""


class Nursery:
    """The loop. What it does for each run is short and made ready once, as pages that it touches cost it, too.

    Args:
        control: the socket on which orders come.
        base: the folder in which each run's own lies, named by its number.
        confinement: what children are shut in with.
    """

    def __init__(self, control: _socket.socket, base: str, confinement: Confinement) -> None:
        self.control = control
        self.base = base
        self.confinement = confinement
        self.unnamed = confinement.has("seccomp") and not confinement.has("landlock")
        self.sweeps = not confinement.has("seccomp")
        # By the bytes of an order and of its descriptors.
        self.plans: dict[bytes, _Plan] = {}
        self.runs: dict[int, _Run] = {}
        self.lines: dict[int, _Run] = {}
        self.poll = select.poll()
        self.poll.register(control.fileno(), select.POLLIN)
        # How many of them the system does not say of when they end.
        self.blind = 0
        self.look = 0.0

    def serve(self) -> None:
        """Until the other side of `control` closes."""
        child.settle()
        control = self.control.fileno()
        while True:
            ended = self.blind > 0
            tick = _TICK_BLIND if ended else _TICK
            for number, _ in self.poll.poll(tick * 1000 if self.runs else None):
                if number == control:
                    if not self._take():
                        return self._end_all()
                elif run := self.lines.get(number):
                    self._hear(run)
                else:
                    ended = True
            if ended:
                self._reap()
            if _now() >= self.look:
                self._watch()

    def _end_all(self) -> None:
        for run in self.runs.values():
            self._stop(run, "")
            os.waitpid(run.pid, 0)

    def _take(self) -> bool:
        data, ancillary, _, _ = self.control.recvmsg(ORDER_SIZE, _ROOM)
        if not ancillary:
            return False
        numbers, begin = ancillary[0][2], _now()
        try:
            plan = self.plans.get(data + numbers) or self._plan(data, numbers)
            pid = _fork()
        except OSError as error:
            _refuse(numbers, error)
            return True
        if pid == 0:
            plan.become()
        for number in plan.descriptors:
            _close(number)
        self._watch_over(_Run(pid, plan, begin))
        return True

    def _watch_over(self, run: _Run) -> None:
        self.runs[run.pid] = self.lines[run.line] = run
        self.poll.register(run.line, select.POLLIN)
        run.end = _end(run.pid)
        if run.end >= 0:
            self.poll.register(run.end, select.POLLIN)
        else:
            self.blind += 1

    def _plan(self, data: bytes, numbers: bytes) -> _Plan:
        """What is new to make of an order.

        Raises:
            OSError: this process has too many files open, or the run's folder is not there.
        """
        if len(numbers) < _SIZE:
            raise OSError(errno.EMFILE, "not all of its descriptors came")
        if len(self.plans) >= _PLANS:
            self.plans.clear()
            self.confinement.forget()
        order, all_numbers = read_order(data), _NUMBERS.unpack(numbers)
        home = f"{self.base}/{order.number}"
        steps = self.confinement.steps(order, home, all_numbers[1:])
        become = partial(child.main, steps, home, order.value, self.unnamed)
        self.plans[data + numbers] = plan = _Plan(order, home, all_numbers, become)
        return plan

    def _hear(self, run: _Run) -> None:
        try:
            said = os.read(run.line, 1)
        except OSError:
            said = b""
        if said == ASK:
            wall = _now() - run.begin
            busy = min(wall, _cpu(run.pid) + _queued(run.pid))
            _say(run.line, report(0, 0, busy, wall, 0, -1))
        else:
            # It is not listened to again.
            self.poll.unregister(run.line)
            del self.lines[run.line]
            os.kill(run.pid, _KILL)

    def _reap(self) -> None:
        while self.runs:
            pid, status, (user, system, peak, *_) = _wait(-1, os.WNOHANG)
            if pid == 0:
                return
            # Others are orphans of a run, adopted.
            if run := self.runs.pop(pid, None):
                self._finish(run, status, user + system, peak)

    def _finish(self, run: _Run, status: int, cpu: float, peak: int) -> None:
        if self.sweeps:
            _sweep(run.pid, self.runs)
        limit = run.limit or ("cpu" if cpu > run.plan.cpu else "")
        if self.lines.pop(run.line, None):
            self.poll.unregister(run.line)
        if run.end >= 0:
            self.poll.unregister(run.end)
            _close(run.end)
        else:
            self.blind -= 1
        wall = _now() - run.begin
        _tell(run.line, report(0, status, cpu, wall, peak * _PEAK, _LIMITS[limit]))

    def _watch(self) -> None:
        now = _now()
        self.look = now + _TICK
        for run in self.runs.values():
            if run.limit or now - run.begin < _TICK:
                continue
            if _cpu(run.pid) > run.plan.cpu:
                self._stop(run, "cpu")
            elif _threads(run.pid) > run.plan.order.threads:
                self._stop(run, "threads")
            elif limit := folder.exceeded(run.plan.home, run.plan.order.disk, run.plan.order.files):
                self._stop(run, limit)

    def _stop(self, run: _Run, limit: str) -> None:
        run.limit = run.limit or limit
        os.kill(run.pid, _KILL)


def _end(pid: int) -> int:
    """A descriptor that is readable when a process has ended; -1 where the system has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _refuse(numbers: bytes, error: OSError) -> None:
    """Tell of an order that cannot be followed, and let go of its descriptors."""
    line, *descriptors = memoryview(numbers).cast("i")
    for number in descriptors:
        _close(number)
    _tell(line, report(error.errno or -1, 0, 0, 0, 0, 0))


def _say(line: int, said: bytes) -> None:
    try:  # and not `suppress`, which is more code to run
        os.write(line, said)
    except OSError:
        return  # who asked for the run is gone


def _tell(line: int, said: bytes) -> None:
    """The last word about a run."""
    _say(line, said)
    _close(line)


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
    """The seconds that a child's thread waited for a processor, at most; 0 where the system does not say."""
    most = 0
    with suppress(OSError, ValueError, IndexError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
                most = max(most, int(file.read().split()[1]))
    return most / 1e9


def _threads(pid: int) -> int:
    """How many threads a child has now; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in parentheses may hold anything; after it the 18th is the number of threads.
            return int(file.read().rpartition(b")")[2].split()[17])
    except (OSError, ValueError, IndexError):
        return 0
