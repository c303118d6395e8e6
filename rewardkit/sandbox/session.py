"""A program that is loaded once and called many times, in a process of its own."""

from __future__ import annotations

import marshal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from rewardkit.sandbox import frames, orders, values
from rewardkit.sandbox.limits import Ran
from rewardkit.sandbox.line import Line

# Bytes: of requests that are sent before one is answered, less than what a socket holds; and of one message.
_AHEAD, _MOST = 1 << 16, 1 << 30
# Bytes of an answer that takes time to read.
_LONG = 1 << 14
# Characters of what an exception says.
_LONGEST = 1000


class Returned(NamedTuple):
    """A call came back.

    Attributes:
        value: plain data, or an `Opaque` that equals nothing.
        args: the positional arguments as they are after the call, if that was asked for.
        kwargs: the same for the ones by keyword.
    """

    value: Any
    args: tuple[Any, ...] | None = None
    kwargs: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Raised:
    """A call, or the loading of a program, raised an exception.

    Attributes:
        type: the name of its type.
        message: what it says, clipped.
        where: `file:line in function`, the innermost in the program; may be empty.
        base: the name of the built-in exception that it is.
    """

    type: str
    message: str
    where: str = ""
    base: str = field(default="Exception", compare=False)

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


class Ended(Exception):
    """The process ended: it exited, died or hit a limit.

    Attributes:
        ran: what became of it; its processor time includes what long messages took to read and to write.
    """

    def __init__(self, ran: Ran) -> None:
        super().__init__(f"ended by {ran.limit or ran.signal or 'itself'}")
        self.ran = ran


def load(source: str, name: str = "solution.py", hooks: Iterable[str] = ()) -> bytes:
    """The request to run source in the program's module.

    Args:
        source: Python.
        name: what it is called in tracebacks.
        hooks: the names of the session's hooks, as far as the module has them not yet.
    """
    return frames.frame(marshal.dumps((orders.LOAD, source, name, [*hooks]), orders.FORMAT))


def call(
    expression: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] = {}, *, after: bool = False
) -> bytes:
    """The request to call a function of the program.

    Args:
        expression: what to call, such as `solve` or `Solution().solve`; evaluated in the program's module.
        args: plain data.
        kwargs: plain data.
        after: whether the arguments are wanted back, as they are after the call.

    Raises:
        TypeError: an argument is not plain data.
    """
    message = (orders.CALL, expression, tuple(args), dict(kwargs), after)
    try:
        request = frames.frame(marshal.dumps(message, orders.FORMAT))
    except ValueError:
        with suppress(values.TooLarge):
            values.encode([*args, kwargs], limit=_MOST)  # says which
        raise TypeError("an argument holds what cannot be passed on, or is nested too deep") from None
    values.refuse_others(message)
    return request


class Session:
    """Made by `Sandbox.open`. Not for several threads at once.

    Attributes:
        raised: what loading the program raised; None if nothing.
    """

    def __init__(self, line: Line, hooks: Mapping[str, Callable[..., Any]]) -> None:
        self.raised: Raised | None = None
        self._line = line
        self._hooks = dict(hooks)
        self._owed = 0
        # Seconds of the processor that long messages took here, from the program and for it; they count as its.
        self._reading = 0.0

    def load(self, source: str, name: str = "solution.py") -> Raised | None:
        """Run more source in the program's module.

        Returns:
            What it raised; None if nothing.

        Raises:
            Ended: the process ended.
            UnavailableError: the sandbox itself failed.
        """
        (answer,) = self.answers([load(source, name, self._hooks)])
        return answer if isinstance(answer, Raised) else None

    def call(
        self,
        expression: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] = {},
        *,
        after: bool = False,
    ) -> Returned | Raised:
        """Call a function of the program.

        Args:
            expression: what to call, such as `solve` or `Solution().solve`; evaluated in the program's module.
            args: plain data.
            kwargs: plain data.
            after: whether the arguments are wanted back, as they are after the call.

        Raises:
            Ended: the process ended.
            TypeError: an argument is not plain data.
            UnavailableError: the sandbox itself failed.
        """
        (answer,) = self.answers([call(expression, args, kwargs, after=after)])
        return answer

    def answers(self, requests: Iterable[bytes], *, last: bool = False) -> Iterator[Returned | Raised]:
        """Make several requests, which costs less than one after the other: they are sent ahead of the answers.

        Args:
            requests: what `load` and `call` of this module give; all are answered, whatever the ones before did.
            last: whether none will be made after them, which costs less.

        Yields:
            The answer to each, when it comes.

        Raises:
            Ended: the process ended.
            UnavailableError: the sandbox itself failed.
        """
        while self._owed:  # of answers that nobody wanted
            self._answer()
        # What a hook answers must not come behind other requests.
        groups = [*_ahead([*requests], 1 if self._hooks else _AHEAD)]
        for some in groups:
            self._line.idle = False
            self._line.say(b"".join(some))
            if last and some is groups[-1] and not self._hooks:
                self._line.finish()
            self._owed = len(some)
            for _ in some:
                yield self._answer()

    def close(self) -> Ran:
        """End it, now; what it had used and printed until then."""
        self._line.stop()
        return self._line.end()

    def _answer(self) -> Returned | Raised:
        line = self._line
        while (said := line.hear()) is not None:
            answer = _read(said) if len(said) < _LONG else self._read_long(said)
            if isinstance(answer, (Returned, Raised)):
                self._owed -= 1
                line.idle = not self._owed
                return answer
            if answer is None or answer[0] not in self._hooks:
                line.stop("channel")
                break
            line.say(self._of_hook(*answer))
        raise self._ended()

    def _ended(self) -> Ended:
        ran = self._line.end()
        return Ended(replace(ran, cpu=ran.cpu + self._reading) if self._reading else ran)

    def _read_long(self, said: bytes) -> Returned | Raised | list[Any] | None:
        begin = time.thread_time()
        answer = _read(said)
        self._charge(begin)
        return answer

    def _of_hook(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
        given = _given(self._hooks[name], args, kwargs)
        begin = time.thread_time()
        said = _of_hook(given)
        if len(said) >= _LONG:
            self._charge(begin)
        return said

    def _charge(self, begin: float) -> None:
        """Count the time of this thread since then as the program's."""
        self._reading += time.thread_time() - begin
        if self._reading > self._line.limits.cpu:
            self._line.stop("cpu")
            raise self._ended()


def _ahead(requests: list[bytes], most: int) -> Iterator[list[bytes]]:
    """The requests in groups that can be sent without the other side reading: then neither waits for the other."""
    if requests and sum(map(len, requests)) <= most:
        yield requests
        return
    group: list[bytes] = []
    size = 0
    for request in requests:
        if group and size + len(request) > most:
            yield group
            group, size = [], 0
        group.append(request)
        size += len(request)
    if group:
        yield group


def _read(said: bytes) -> Returned | Raised | list[Any] | None:
    """What a child said: an answer, or for which hook it asks with which arguments; None if it is neither."""
    try:
        content = values.decode(said[1:])
    except values.BadFrame:
        return None
    if said.startswith(orders.RETURNED):
        return Returned(content)
    match said[:1], content:
        case orders.RAISED, [str(type), str(text), str(where), str(base)]:
            return Raised(*(values.readable(said, _LONGEST) for said in (type, text, where, base)))
        case orders.CHANGED, [value, tuple(args), dict(kwargs)] if _named(kwargs):
            return Returned(value, args, kwargs)
        case orders.HOOK, [str(), tuple(), dict(kwargs)] if _named(kwargs):
            return list(content)
    return None


def _named(kwargs: dict[Any, Any]) -> bool:
    return all(isinstance(name, str) for name in kwargs)


def _given(hook: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a hook gives; to call it with what it does not take is the program's mistake."""
    try:
        return hook(*args, **kwargs)
    except TypeError:
        from inspect import signature

        try:
            signature(hook).bind(*args, **kwargs)
        except TypeError as error:
            return Raised("TypeError", str(error), base="TypeError")
        raise


def _of_hook(result: Any) -> bytes:
    """What a hook gave, as a message; it may give a Returned or a Raised that it got from another session."""
    if isinstance(result, Raised):
        return frames.frame(marshal.dumps(("raised", result.type, result.message, result.base), orders.FORMAT))
    if not isinstance(result, Returned):
        result = Returned(result)
    try:
        content = values.encode([result.value, result.args, result.kwargs], limit=_MOST)
    except values.TooLarge as error:
        return _of_hook(Raised("ValueError", f"the answer is too large to be passed on: {error}"))
    return frames.frame(marshal.dumps(("returned", content), orders.FORMAT))
