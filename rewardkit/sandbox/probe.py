"""Every layer attacked: in a child that has this layer and as few others as can be. Runs in the zygote.

A layer holds if what it stops was tried, and failed.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from functools import partial

from rewardkit.sandbox.confine import Confinement, Step, take
from rewardkit.sandbox.orders import Order

_ORDER = Order(
    number=0, cpu=5.0, memory=256 << 20, output=1 << 20, disk=1 << 20, files=10, open_files=32, threads=4,
    stack=8 << 20, value=1 << 20,
)  # fmt: skip
_KNOWN = frozenset(
    {
        *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "HOME", "TMPDIR"),
        *("PYTHONHASHSEED", "PYTHONUTF8", "PYTHONNODEBUGRANGES"),
        *("LD_LIBRARY_PATH", "LD_BIND_NOW", "PYTHONHOME"),
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"),
    }
)


class Probe:
    """Attacks on the layers of one zygote.

    Args:
        confinement: of the zygote; what does not hold is noted there.
        base: a folder outside of every run's own, with a folder `0` and a file `marker` in it.
        parent: the grading process.
    """

    def __init__(self, confinement: Confinement, base: str, parent: int) -> None:
        self.confinement = confinement
        self.home = f"{base}/0"
        self.base = base
        self.marker = f"{base}/marker"
        self.parent = parent
        self.zygote = os.getpid()

    def landlock(self) -> None:
        """Try Landlock; before the first filter, which depends on it."""
        self._try("landlock", lambda: self.confinement.files(self.home), self._reads)

    def others(self) -> None:
        """Try all other layers."""
        confinement = self.confinement
        nothing: Callable[[], list[Step]] = list
        files = (lambda: confinement.files(self.home)) if confinement.has("landlock") else nothing
        self._try("environment", nothing, _variables)
        self._try("descriptors", lambda: confinement.descriptors([0, 1, 2, 0]), _descriptors)
        self._try("folder", lambda: [partial(os.chdir, self.home)], self._folder)
        self._try("limits", lambda: confinement.limits(_ORDER), _limits)
        self._try("privileges", nothing, _privileges)
        self._try("seccomp", confinement.calls, self._calls)
        self._try("files", files, self._writes)
        self._try("parent", nothing, self._processes)
        self._try("tree", confinement.tie, _tree)

    def _try(self, name: str, steps: Callable[[], list[Step]], attack: Callable[[], str]) -> None:
        if not self.confinement.has(name):
            return
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                take(steps())
                said = attack()
            except BaseException as error:
                said = f"{type(error).__name__}: {error}"
            # Where descriptors were closed, the pipe was too: what holds says nothing.
            if said:
                os.write(write, said.encode()[:1000])
            os._exit(1 if said else 0)
        os.close(write)
        said = os.read(read, 1000).decode(errors="replace")
        os.close(read)
        status = os.waitpid(pid, 0)[1]
        if status:
            self.confinement.missing[name] = said or f"tried, and ended with {os.waitstatus_to_exitcode(status)}"

    def _folder(self) -> str:
        return "" if os.path.samefile(".", self.home) and not os.listdir() else "not in the run's own folder"

    def _reads(self) -> str:
        return _first(
            {
                "a file outside can be read": lambda: os.open(self.marker, os.O_RDONLY),
                "a folder outside can be read": lambda: os.listdir(self.base),
                "other processes can be seen": lambda: os.open(f"/proc/{self.zygote}/status", os.O_RDONLY),
            }
        )

    def _writes(self) -> str:
        new = f"{self.base}/new"
        return _first(
            {
                "a file outside can be created": lambda: os.open(new, os.O_WRONLY | os.O_CREAT),
                "a file outside can be written": lambda: os.open(self.marker, os.O_WRONLY),
                "a file outside can be emptied": lambda: os.open(self.marker, os.O_RDONLY | os.O_TRUNC),
                "a folder outside can be made": lambda: os.mkdir(new),
                "a link outside can be made": lambda: os.symlink("/", new),
                "a file outside can be renamed": lambda: os.rename(self.marker, new),
                "a file outside can be removed": lambda: os.unlink(self.marker),
                "a folder outside can be removed": lambda: os.rmdir(self.home),
            }
        )

    def _processes(self) -> str:
        return _first(
            {
                f"/proc/{pid}/{file} can be read": partial(os.open, f"/proc/{pid}/{file}", os.O_RDONLY)
                for pid in (self.parent, self.zygote)
                for file in ("environ", "mem", "maps")
            }
        )

    def _calls(self) -> str:
        import _socket

        return _first(
            {
                "sockets can be made": lambda: _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM),
                "local sockets can be made": lambda: _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM),
                "signals can be sent": lambda: os.kill(self.zygote, 0),
                "programs can be started": lambda: os.execv("/bin/true", ["true"]),
                "processes can be made": _fork,
            }
        )


def _first(attacks: dict[str, Callable[[], object]]) -> str:
    """What the first attack that succeeds shows."""
    for said, attack in attacks.items():
        try:
            attack()
        except OSError:
            continue
        return said
    return ""


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _variables() -> str:
    extra = sorted(set(os.environ) - _KNOWN)
    return f"{extra[0]} is set" if extra else ""


def _descriptors() -> str:
    return _first({f"descriptor {number} is open": partial(os.fstat, number) for number in range(4, 256)})


def _limits() -> str:
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
        try:
            resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        except (ValueError, OSError):
            continue
        return "a limit can be raised again"
    try:
        bytearray(8 << 30)
    except MemoryError:
        return ""
    return "more memory can be had than is allowed"


def _privileges() -> str:
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    powers = [name for name in ("CapPrm", "CapEff", "CapAmb") if int(status.get(name, "0"), 16)]
    if powers:
        return f"{powers[0]} is {status[powers[0]]}"
    return "" if status.get("NoNewPrivs") == "1" else "new privileges can be had"


def _tree() -> str:
    from rewardkit.sandbox import kernel

    return "" if kernel.get(kernel.GET_PDEATHSIG) == 9 else "a child would outlive its zygote"
