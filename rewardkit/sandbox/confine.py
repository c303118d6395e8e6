"""Shutting in: what a zygote does to itself once, and what each child does to itself before a program runs.

Runs on the zygote's side, on what Python has there: no pathlib, no subprocess.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from rewardkit.sandbox.orders import Order

CHANNEL = 3
_RULESETS = 64
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full")
_READABLE = (
    "/usr", "/lib", "/lib64", "/bin", "/dev/urandom", "/dev/random", "/etc/ld.so.cache", "/etc/localtime",
    "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/sys/devices/system/cpu",
)  # fmt: skip


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
        self._limits: dict[tuple[float, ...], list[tuple[int, tuple[int, int]]]] = {}
        self._rulesets: dict[str, int] = {}

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

    def prepare(self, order: Order, home: str) -> None:
        """In the zygote, before it makes a child: what can be made for many children.

        Raises:
            OSError: the folder is not there.
        """
        if order[1:] not in self._limits:
            self._limits[order[1:]] = self._kernels(order)
        if self.has("landlock") and home not in self._rulesets:
            if len(self._rulesets) >= _RULESETS:
                for number in self._rulesets.values():
                    os.close(number)
                self._rulesets.clear()
            self._rulesets[home] = self._rules.ruleset(home)

    def shut_child(self, order: Order, home: str, descriptors: Sequence[int]) -> None:
        """Shut a child in, with all layers there are.

        Args:
            order: its limits; prepared.
            home: its own folder; prepared.
            descriptors: its channel, stdin, stdout and stderr.

        Raises:
            OSError: a layer that held when it was tried does not hold now.
        """
        if self.has("landlock"):
            self.confine_files(home)
        self.take_descriptors(descriptors)
        os.chdir(home)
        if self.has("tree"):
            self.tie()
        else:
            os.setsid()
        self.limit(order)
        if self.has("seccomp"):
            self.close_rest()

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
        from rewardkit.sandbox import landlock

        self._rules = landlock.Rules(self._readable, _DEVICES)

    def confine_files(self, home: str) -> None:
        """Landlock: Python's files to read, the own folder to write."""
        self._rules.restrict(self._rulesets[home])

    def take_descriptors(self, descriptors: Sequence[int]) -> None:
        """Have stdin, stdout, stderr and the channel as 0 to 3, and nothing else open.

        In the zygote those numbers are taken, so that none is overwritten that is still to be moved.
        """
        channel, *standard = descriptors
        for number, source in enumerate((*standard, channel)):
            os.dup2(source, number)
        os.closerange(CHANNEL + 1, 1 << 20)

    def tie(self) -> None:
        """Lead a session of its own, and die with the zygote."""
        os.setsid()
        self._kernel.prctl(self._kernel.SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self._zygote:
            os._exit(1)

    def limit(self, order: Order) -> None:
        """Set the kernel's limits, soft and hard."""
        for kind, values in self._limits[order[1:]]:
            try:
                resource.setrlimit(kind, values)
            except (ValueError, OSError):
                # macOS knows some limits and takes none.
                if sys.platform == "linux":
                    raise

    def _kernels(self, order: Order) -> list[tuple[int, tuple[int, int]]]:
        """The kernel's limits for an order; what is lower stays lower."""
        # The zygote stops a child in time; the kernel does it if the zygote cannot.
        seconds = int(order.cpu) + 2
        limits = []
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
            limits.append((kind, (value, value)))
        return limits

    def _open_files(self, order: Order) -> int:
        """How many descriptors; without Landlock a file is one, and all together are to stay within `disk`."""
        if self.has("landlock") or not self.has("seccomp"):
            return order.open_files
        return min(order.open_files, 2 * (CHANNEL + 1) + order.disk // (order.output + 1))

    def close_rest(self) -> None:
        """The second filter: no process but this one, and no way out."""
        self._second.install(os.getpid())


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
