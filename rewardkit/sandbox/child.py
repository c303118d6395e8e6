"""What a forked child does: shut itself in, then run a program, or serve a session. It never returns.

Everything here happens beside the hostile program and may be changed by it. Nothing that it says is believed to be
more than what the program said.
"""

from __future__ import annotations

import _sitebuiltins
import atexit
import builtins
import marshal
import os
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn, TypeGuard

from rewardkit.sandbox import frames, orders, values
from rewardkit.sandbox.confine import CHANNEL, REHEARSALS, Step, take
from rewardkit.sandbox.names import Names
from rewardkit.sandbox.orders import LOAD, RUN
from rewardkit.sandbox.plain import plain

_MESSAGE = 1000
_ANY = 1 << 31
_PROGRAM = "from typing import List\n\n\ndef f(x: List[int]) -> int:\n    return x\n"
# The zygote's stdout leads nowhere.
_NOTHING = 1
# Python's own limit, and the frames of ours that lie between the caller of `main` and a program.
_RECURSION = 1000 + 7
_READY = frames.frame(b"")
# Found by one look at a name.
_exit = os._exit
# Modules of which an exception says that a test is not to count.
_RUNNERS = ("unittest", "pytest")
# The program, and what else was given in its place, by the names in tracebacks.
_SOURCES: dict[str, str] = {}


def prepare() -> None:
    """Once in the zygote: what `site` would do that programs rely on."""
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")


def rehearse() -> None:
    """Once in the zygote: what every run and session does, so often that the interpreter has adapted to it.

    It writes what it learns into its code and types; a child that had to learn it would copy all those pages.
    """
    session: list[tuple[Any, ...]] = [(orders.LOAD, _PROGRAM, "solution.py", [])]
    for value in (1, 0.5, "x", True, None, [1, 2], (1, "x"), {"x": 1}):
        session.append((orders.CALL, "f", (value,), {}, False))
    pieces = [session]
    # What is to be done at the end of a process would be done now, and not by the children.
    if not atexit._ncallbacks() and "threading" not in sys.modules:
        pieces.append([(orders.RUN, _PROGRAM, [])])
    for requests in pieces:
        said = b"".join(frames.frame(marshal.dumps(each, orders.FORMAT)) for each in requests)
        for _ in range(REHEARSALS):
            channel = os.dup(_NOTHING)
            _serve(channel, partial(_part, iter((said, b""))), "", 1 << 20)
            with suppress(OSError):
                os.close(channel)
            _begin()
    del sys.modules["solution"]
    _SOURCES.clear()


def _part(parts: Iterator[bytes], size: int) -> bytes:
    return next(parts)


def settle() -> None:
    """Once in the zygote, by the function that calls `main`: how deep programs may call."""
    sys.setrecursionlimit(_RECURSION + _depth())


def main(steps: list[Step], home: str, limit: int, unnamed: bool) -> NoReturn:
    """Become the run that was ordered.

    Args:
        steps: what shuts it in.
        home: the run's own folder.
        limit: bytes of one value on its way out.
        unnamed: whether no file can be named there.
    """
    code = 70
    try:
        try:
            take(steps)
            if unnamed:
                Names(home).install()
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}".encode())
            raise
        code = _serve(CHANNEL, _heard, home, limit)
    finally:
        _exit(code)


def _serve(channel: int, heard: Callable[[int], bytes], home: str, limit: int) -> int:
    """Say that all is ready, and do what is asked; the exit code."""
    os.write(channel, _READY)
    requests = frames.Reader(heard)
    request = marshal.loads(requests.next(_ANY))
    if request[0] == RUN:
        os.close(channel)
        return _run(home, request)
    _Session(channel, requests, home, limit).serve(request)
    return 0


def _heard(size: int) -> bytes:
    """What comes on the channel; this process ends where it does."""
    return os.read(CHANNEL, size) or _exit(0)


def _depth() -> int:
    """How many frames lie beneath the caller's caller."""
    depth, frame = 0, sys._getframe(2)
    while frame.f_back:
        depth, frame = depth + 1, frame.f_back
    return depth


class _Source:
    """The loader of the program's module: `inspect` and tracebacks ask it for the lines."""

    def __init__(self, file: str) -> None:
        self.file = file

    def get_source(self, name: str) -> str:
        """The program."""
        return _SOURCES.get(self.file, "")


# The modules in which programs run, made in the zygote: each child has its own copy. And the names in them.
_MAIN, _SOLUTION = types.ModuleType("__main__"), types.ModuleType("solution")
_IN_MAIN, _IN_SOLUTION = vars(_MAIN), vars(_SOLUTION)


def _begin() -> None:
    """Have nothing in these modules but what every module has."""
    for names, name, file in ((_IN_MAIN, "__main__", "main.py"), (_IN_SOLUTION, "solution", "solution.py")):
        names.clear()
        names.update(vars(types.ModuleType(name)), __loader__=_Source(file))
    _IN_MAIN["__builtins__"] = builtins


_begin()


def _run(home: str, request: tuple[int, str, list[str]]) -> int:
    """Run a program as `__main__`, to the end of its threads and exit functions; its exit code."""
    _, program, argv = request
    _IN_MAIN["__file__"] = f"{home}/main.py"
    sys.modules["__main__"] = _MAIN
    sys.argv[:] = ["main.py", *argv]
    code = _guarded(partial(_execute, program, "main.py", _IN_MAIN))
    if threading := sys.modules.get("threading"):
        _guarded(threading._shutdown)
    _guarded(atexit._run_exitfuncs)
    for stream in (sys.stdout, sys.stderr):  # which may be the program's own objects
        code = _guarded(partial(_flush, stream)) or code
    names = list(_IN_MAIN)
    if "__del__" in program:  # what these do may use the other names
        names.sort(key=lambda name: not hasattr(type(_IN_MAIN[name]), "__del__"))
    for name in names:
        _IN_MAIN[name] = None
    for stream in (sys.__stdout__, sys.__stderr__):
        try:  # and not `suppress`, which is more pages to copy
            _flush(stream)
        except Exception:
            continue
    return code


def _flush(stream: Any) -> None:
    if stream is not None and not getattr(stream, "closed", False):
        stream.flush()


def _execute(source: str, name: str, names: dict[str, Any]) -> None:
    """Run source in a module, of which these are the names."""
    _SOURCES[name] = source
    exec(compile(source, name, "exec", dont_inherit=True), names)


def _guarded(work: Callable[[], object]) -> int:
    """The exit code that Python would give if this were the program."""
    try:
        work()
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return (error.code or 0) & 0xFF
        with suppress(BaseException):
            print(error.code, file=sys.stderr)
        return 1
    except BaseException as error:
        with suppress(BaseException):
            trace = _inside(error.__traceback__)
            sys.excepthook(type(error), error.with_traceback(trace), trace)
        return 1
    return 0


class _Session:
    """Load code, call it, answer; and ask back for what the hooks do."""

    def __init__(self, channel: int, requests: frames.Reader, home: str, limit: int) -> None:
        self.channel = channel
        self.requests = requests
        self.limit = limit
        self.functions: dict[str, types.CodeType] = {}
        _IN_SOLUTION["__file__"] = f"{home}/solution.py"
        sys.modules["solution"] = _SOLUTION

    def serve(self, request: tuple[Any, ...]) -> None:
        """A first request, and others until the other side closes the channel."""
        while True:
            try:
                said, content = self._load(request) if request[0] == LOAD else self._call(request)
            except BaseException as error:
                said, content = orders.RAISED, _raised(error)
            self._say(said, content)
            try:
                request = marshal.loads(self.requests.next(_ANY))
            except frames.Broken:
                return

    def _say(self, kind: bytes, content: Any) -> None:
        try:
            body = values.encode(content, limit=self.limit, plain=plain)
        except values.TooLarge as error:
            if kind == orders.HOOK:
                raise
            value = content[0] if kind == orders.CHANGED else content
            kind = orders.RETURNED
            body = values.encode(values.Opaque(type(value).__name__, str(error)), limit=self.limit)
        frames.write(self.channel, frames.frame(kind + body))

    def _load(self, request: tuple[int, str, str, list[str]]) -> tuple[bytes, Any]:
        _, source, name, hooks = request
        for hook in hooks:
            _IN_SOLUTION.setdefault(hook, self._hook(hook))
        _execute(source, name, _IN_SOLUTION)
        return orders.RETURNED, None

    def _call(self, request: tuple[int, str, tuple[Any, ...], dict[str, Any], bool]) -> tuple[bytes, Any]:
        _, expression, args, kwargs, after = request
        function = _IN_SOLUTION.get(expression)
        if function is None:
            function = self._evaluated(expression)
        value = function(*args, **kwargs)
        return (orders.CHANGED, [value, args, kwargs]) if after else (orders.RETURNED, value)

    def _evaluated(self, expression: str) -> Any:
        """What is called by more than a name of the module."""
        if expression not in self.functions:
            self.functions[expression] = compile(expression.lstrip(" \t"), "<string>", "eval", dont_inherit=True)
        return eval(self.functions[expression], _IN_SOLUTION)

    def _hook(self, name: str) -> Callable[..., Any]:
        def hook(*args: Any, **kwargs: Any) -> Any:
            self._say(orders.HOOK, [name, args, kwargs])
            kind, *answer = marshal.loads(self.requests.next(_ANY))
            if kind == "raised":
                raise _exception(_IN_SOLUTION, *answer)
            value, *changed = values.decode(answer[0])
            _follow(args, kwargs, changed)
            return value

        hook.__name__ = hook.__qualname__ = name
        return hook


def _raised(error: BaseException) -> list[Any]:
    """An exception as data: its type, its message, where in the program it was raised, its built-in base."""
    try:
        message = str(error)[:_MESSAGE]
    except BaseException as worse:
        message = f"(its message cannot be read: {type(worse).__name__})"
    where, trace = "", _inside(error.__traceback__)
    while trace:
        code = trace.tb_frame.f_code
        if code.co_filename in _SOURCES:
            where = f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    base = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
    return [type(error).__name__, message, where, base.__name__]


def _inside(trace: types.TracebackType | None) -> types.TracebackType | None:
    """The traceback from the program's own first frame on."""
    while trace and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _exception(known: dict[str, Any], name: str, message: str, base: str) -> BaseException:
    """One of that name: Python's own, or of what tests know and so may catch, or else a new one of a base.

    It neither ends a loop of theirs nor has a test skipped: that would pass over what is tested.
    """
    modules = (each for each in known.values() if isinstance(each, types.ModuleType))
    places = (vars(builtins), known, *map(vars, modules))
    given = vars(builtins).get(base)
    error: BaseException
    try:
        kind: Any = next(filter(_may_be_raised, (place.get(name) for place in places)), None)
        kind = kind or type(name, (given if _may_be_raised(given) else Exception,), {})
        # Without its own way to be made, which may want more than a message.
        error = kind.__new__(kind)
    except (TypeError, ValueError):
        error = Exception()
    error.args = (message,)
    if kind is KeyError and message[:1] == message[-1:] == "'":  # which says its key as Python would
        error.args = (message[1:-1],)
    return error


def _may_be_raised(kind: Any) -> TypeGuard[type[BaseException]]:
    if not isinstance(kind, type) or kind.__module__.partition(".")[0] in _RUNNERS:
        return False
    return issubclass(kind, (Exception, SystemExit)) and not issubclass(kind, (StopIteration, StopAsyncIteration))


def _follow(args: tuple[Any, ...], kwargs: dict[str, Any], theirs: list[Any]) -> None:
    """Have the arguments of a hook as they are in the other process now."""
    _become(args, theirs[0])
    for name, value in kwargs.items():
        _become(value, (theirs[1] or {}).get(name))


def _become(mine: Any, theirs: Any) -> None:
    """Give a list, set or dict the content that it has in the other process now; those in a tuple, too."""
    if type(mine) is not type(theirs):
        return
    if type(mine) is tuple:
        for one, other in zip(mine, theirs, strict=False):
            _become(one, other)
    elif type(mine) is list:
        mine[:] = theirs
    elif type(mine) in (set, dict):
        mine.clear()
        mine.update(theirs)
