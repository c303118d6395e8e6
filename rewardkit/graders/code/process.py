"""The process that holds a response and answers calls of what it defines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

from rewardkit.errors import GradingError
from rewardkit.graders.code.asserts import Call
from rewardkit.sandbox import Ended, Limits, Raised, Returned, Sandbox, Session

# What a response may use if its author does not say: twice what time limits of contests usually allow.
LIMITS = Limits(cpu=4.0)

_T = TypeVar("_T")


class Process:
    """A session with the setup and the response in it, which starts with the first call.

    Args:
        room: where it runs.
        program: the response's.
        setup: what runs before it.
        forgotten: the imports that it forgot.
        limits: for all calls, and all starts, together.
        again: whether it starts again for the next call after it ended.

    Attributes:
        ended: how it ended, if it did.
        limits: what is left of them.
    """

    def __init__(
        self, room: Sandbox, program: str, setup: str, forgotten: str, limits: Limits, *, again: bool
    ) -> None:
        self.ended: Ended | None = None
        self.limits = limits
        self._room, self._again = room, again
        self._program, self._before = program, "\n".join(filter(None, (setup, forgotten)))
        self._session: Session | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The session has to see it: what is lost of the sandbox itself becomes an UnavailableError there.
        self._stack.__exit__(kind, error, trace)

    def call(self, call: Call, *, after: bool = False) -> Returned | Raised:
        """The answer to a call. What loading the response raised is the answer to every one.

        Args:
            call: what to call.
            after: whether the arguments are wanted back as they are after the call.

        Raises:
            Ended: the process ended, now or before.
            GradingError: the setup failed.
            TypeError: an argument is no plain data.
        """
        return self._ask(lambda session: session.call(call.expression, call.args, call.kwargs, after=after))

    def load(self, text: str) -> Raised | None:
        """Run code beside the response; what it raised.

        Raises:
            Ended: the process ended, now or before.
            GradingError: the setup failed.
        """
        return self._ask(lambda session: session.load(text, "tests.py"))

    def _ask(self, ask: Callable[[Session], _T]) -> _T | Raised:
        if self.ended and not self._may_restart(self.ended):
            raise self.ended
        try:
            if self._session is None:
                self._session = self._start()
            return self._session.raised or ask(self._session)
        except Ended as ended:
            self._again = self._again and self._session is not None
            self.ended, self._session = ended, None
            self._stack.close()
            raise

    def _may_restart(self, ended: Ended) -> bool:
        """Whether there is any use in another start: not after a limit of time, nor if loading alone ended it."""
        if not self._again or ended.ran.limit in ("cpu", "wall"):
            return False
        self.limits = replace(self.limits, cpu=max(self.limits.cpu - ended.ran.cpu, 0.01))
        return True

    def _start(self) -> Session:
        session = self._stack.enter_context(self._room.open(limits=self.limits))
        if self._before and (problem := session.load(self._before, "setup.py")):
            raise GradingError(f"the setup raised {problem}")
        session.raised = session.load(self._program)
        return session


def raised(shown: str, problem: Raised) -> str:
    """For a person: what raised, what it said, and where."""
    where = f" ({problem.where})" if problem.where else ""
    return f"{shown} raised {problem!s:.300}{where}"
