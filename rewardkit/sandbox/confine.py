"""Shutting in: what a zygote does to itself once, and what each child does to itself before a program runs.

Runs on the zygote's side, on what Python has there: no pathlib, no subprocess.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from rewardkit.sandbox.orders import Order

CHANNEL = 3
# After how many times the interpreter has adapted to some code, and writes no more into it.
REHEARSALS = 32
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
_READABLE = (
    "/usr", "/lib", "/lib64", "/bin", "/dev/urandom", "/dev/random", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/sys/devices/system/cpu",
)  # fmt: skip


# A call that a child makes; -1 says that it failed. Of C functions, as far as can be, and as objects that lie
# together, made ready before there is a child: each page that Python touches there is copied.
Step = Callable[[], object]


def take(steps: Iterable[Step]) -> None:
    """Make the calls.

    Raises:
        OSError: one of them failed.
    """
    for step in steps:
        if step() == -1:
            raise OSError(f"the kernel refused {step}")


class Confinement:
    """What holds for a zygote and its children.

    Args:
        readable: folders that children may read, besides the system's.
        without: layers to leave out, as if this kernel did not have them.

    Attributes:
        missing: why a layer does not hold, by name.
    """

    def __init__(self, readable: Iterable[str], without: Iterable[str] = ()) -> None:
        self.missing = dict.fromkeys(without, "left out")
        self._readable = (*_READABLE, *readable)
        self._zygote = os.getpid()
        self._memory = 0
        # What is made once for many children: by an order's limits, and by a folder's name.
        self._limits: dict[tuple[float, ...], list[Step]] = {}
        self._files: dict[str, int] = {}

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        """Do what makes a layer, and note why it fails."""
        try:
            yield
        except (OSError, ImportError, AttributeError) as error:
            self.missing.setdefault(name, f"{error}")

    def has(self, name: str) -> bool:
        """Whether a layer holds, as far as is known."""
        return name not in self.missing

    def shut_zygote(self) -> None:
        """Shut this process in, once it is warm, as far as that leaves it able to make children.

        Landlock comes with the children; `close_calls` with what is known about it.
        """
        with suppress(OSError):
            # Where memory runs out, the kernel ends a child first, and not the grading process.
            _write("/proc/self/oom_score_adj", b"1000")
        with suppress(OSError):
            self._memory = int(_read("/proc/self/statm").split()[0]) * resource.getpagesize()
        for name, work in (
            ("privileges", self._give_up),
            ("tree", self._adopt),
            ("parent", self._hide),
            ("landlock", self._lock),
        ):
            if self.has(name):
                with self.attempt(name):
                    work()

    def close_calls(self) -> None:
        """Put this process under the first filter; where there is no Landlock, it refuses all names of files."""
        if self.has("seccomp"):
            with self.attempt("seccomp"):
                from rewardkit.sandbox import seccomp

                machine = seccomp.machine()
                self._second = seccomp.Filter(seccomp.second(machine))
                seccomp.Filter(seccomp.first(machine, names=self.has("landlock"))).install()
        if not self.has("landlock") and not self.has("seccomp"):
            self.missing["files"] = "neither Landlock nor seccomp holds"

    def steps(self, order: Order, home: str, descriptors: Sequence[int]) -> list[Step]:
        """What a child does to shut itself in, with all layers there are; made before there is one.

        Args:
            order: its limits.
            home: its own folder.
            descriptors: its channel, stdin, stdout and stderr.

        Raises:
            OSError: the folder is not there.
        """
        return [
            *(self.files(home) if self.has("landlock") else ()),
            *self.descriptors(descriptors),
            partial(os.chdir, home),
            # In a group of its own, for signals that it sends to its group, and to find what it leaves.
            partial(os.setsid),
            *(self.tie() if self.has("tree") else ()),
            *self.limits(order),
            *(self.calls() if self.has("seccomp") else ()),
        ]

    def _give_up(self) -> None:
        from rewardkit.sandbox import capabilities, kernel

        kernel.prctl(kernel.SET_NO_NEW_PRIVS, 1)
        capabilities.drop()

    def _adopt(self) -> None:
        from rewardkit.sandbox import kernel

        self._kernel = kernel
        kernel.prctl(kernel.SET_CHILD_SUBREAPER, 1)

    def _hide(self) -> None:
        from rewardkit.sandbox import kernel

        kernel.prctl(kernel.SET_DUMPABLE, 0)

    def _lock(self) -> None:
        from rewardkit.sandbox import kernel, landlock

        self._kernel = kernel
        self._rules = landlock.Rules(self._readable, _DEVICES)

    def files(self, home: str) -> list[Step]:
        """Landlock: Python's files to read, the own folder to write."""
        if home not in self._files:
            self._files[home] = self._rules.ruleset(home)
        return [partial(self._kernel.bare_syscall, self._kernel.RESTRICT_SELF, self._files[home], 0)]

    def forget(self) -> None:
        """Let go of what was made for folders and limits; the steps made until now are of no use any more."""
        for number in self._files.values():
            os.close(number)
        self._files.clear()
        self._limits.clear()

    def descriptors(self, descriptors: Sequence[int]) -> list[Step]:
        """Have stdin, stdout, stderr and the channel as 0 to 3, and nothing else open.

        In the zygote those numbers are taken, so that none is overwritten that is still to be moved.
        """
        channel, *standard = descriptors
        moves = (partial(os.dup2, source, number) for number, source in enumerate((*standard, channel)))
        return [*moves, partial(os.closerange, CHANNEL + 1, 1 << 20)]

    def tie(self) -> list[Step]:
        """Die with the zygote."""
        die = partial(self._kernel.bare_prctl, self._kernel.SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        return [die, partial(_see_parent, self._zygote)]

    def limits(self, order: Order) -> list[Step]:
        """The kernel's limits, soft and hard; what is lower stays lower."""
        if order[1:] not in self._limits:
            self._limits[order[1:]] = [partial(_limit, *each) for each in self._kernels(order)]
        return self._limits[order[1:]]

    def _kernels(self, order: Order) -> Iterator[tuple[int, tuple[int, int]]]:
        # The zygote stops a child in time; the kernel does it if the zygote cannot.
        seconds = int(order.cpu) + 2
        for kind, value in (
            (resource.RLIMIT_CPU, seconds),
            (resource.RLIMIT_AS, self._memory + order.memory),
            (resource.RLIMIT_FSIZE, order.output + 1),
            (resource.RLIMIT_NOFILE, self._open_files(order)),
            (resource.RLIMIT_STACK, order.stack),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            yield kind, (value, value)

    def _open_files(self, order: Order) -> int:
        """How many descriptors; without Landlock a file is one, and all together are to stay within `disk`."""
        if self.has("landlock") or not self.has("seccomp"):
            return order.open_files
        return min(order.open_files, 2 * (CHANNEL + 1) + order.disk // (order.output + 1))

    def calls(self) -> list[Step]:
        """The second filter: no process but this one, and no way out."""
        return self._second.steps()

    def rehearse(self) -> None:
        """Do often what children do in Python, so that the interpreter has adapted to it."""
        steps: list[Step] = [partial(_see_parent, os.getppid())]
        for _ in range(REHEARSALS):
            take([*steps, *(self.calls()[:-1] if self.has("seccomp") else ())])


def _see_parent(expected: int) -> None:
    """The zygote may have ended before a child was tied to it."""
    if os.getppid() != expected:
        os._exit(1)


def _try_limit(kind: int, value: tuple[int, int]) -> None:
    """macOS knows some limits and takes none."""
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, value)


_limit = resource.setrlimit if sys.platform == "linux" else _try_limit


def _read(path: str) -> bytes:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(number, 4096)
    finally:
        os.close(number)


def _write(path: str, content: bytes) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(number, content)
    finally:
        os.close(number)
