"""A program that is loaded once and called many times, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewardkit.sandbox.limits import Ran
from rewardkit.sandbox.line import Line


@dataclass(frozen=True, slots=True)
class Returned:
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
    """

    type: str
    message: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.type}: {self.message}" if self.message else self.type


class Ended(Exception):
    """The process ended: it exited, died or hit a limit.

    Attributes:
        ran: what became of it.
    """

    def __init__(self, ran: Ran) -> None:
        super().__init__(f"ended by {ran.limit or ran.signal or 'itself'}")
        self.ran = ran


class Session:
    """Made by `Sandbox.open`. Not for several threads at once.

    Attributes:
        raised: what loading the program raised; None if nothing.
    """

    def __init__(self, line: Line, hooks: Mapping[str, Callable[..., Any]]) -> None:
        self.raised: Raised | None = None
        self._line = line
        self._hooks = dict(hooks)

    def load(self, source: str, name: str = "solution.py") -> Raised | None:
        """Run more source in the program's module.

        Returns:
            What it raised; None if nothing.

        Raises:
            Ended: the process ended.
            UnavailableError: the sandbox itself failed.
        """
        answer = self._ask(["load", source, name])
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
        return self._ask(["call", expression, tuple(args), dict(kwargs), after])

    def close(self) -> Ran:
        """End it, now; what it had used and printed until then."""
        self._line.stop()
        return self._line.end()

    def _ask(self, message: list[Any]) -> Returned | Raised:
        self._line.say(message)
        while True:
            match self._line.hear():
                case ["hook", str(name), tuple(args), dict(kwargs)] if name in self._hooks:
                    self._line.say(_answer(self._hooks[name](*args, **kwargs)))
                case ["raised", str(type), str(text), str(where)]:
                    return Raised(type, text, where)
                case ["returned", value, args, kwargs]:
                    return Returned(value, args, kwargs)
                case None:
                    raise Ended(self._line.end())
                case _:
                    self._line.stop("channel")
                    raise Ended(self._line.end())


def _answer(result: Any) -> list[Any]:
    """What a hook gave, as a message; it may give a Returned or a Raised that it got from another session."""
    if isinstance(result, Raised):
        return ["raised", result.type, result.message, None]
    if isinstance(result, Returned):
        return ["returned", result.value, result.args, None]
    return ["returned", result, None, None]
