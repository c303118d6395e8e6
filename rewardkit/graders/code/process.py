"""The process that holds a response and answers calls of what it defines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice, repeat
from types import TracebackType

from rewardkit.errors import GradingError
from rewardkit.graders.code.asserts import Call
from rewardkit.sandbox import Ended, Limits, Raised, Returned, Sandbox, Session, session

# What a response may use if its author does not say: more than twice what contests usually allow, as machines
# differ.
LIMITS = Limits(cpu=5.0)
# How many times the limit of the clock all that ended early may take together; the processor's is for all of them.
_STARTS = 4


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
        before = "\n".join(filter(None, (setup, forgotten)))
        self._setup = [session.load(before, "setup.py")] if before else []
        self._program = session.load(program)
        self._session: Session | None = None
        self._clock = 0.0
        self._raised: Raised | None = None
        self._opened: AbstractContextManager[Session] | None = None

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The session has to see it: what is lost of the sandbox itself becomes an UnavailableError there.
        opened, self._opened = self._opened, None
        if opened:
            opened.__exit__(kind, error, trace)

    def calls(self, calls: Sequence[Call], *, last: bool = False) -> Iterator[Returned | Raised | Ended]:
        """The answers to calls, in their order; all are sent ahead, as far as they are small.

        What loading the response raised is the answer to every one. Where the process ended, that is the answer;
        it is so to all that follow if it does not start again.

        Args:
            calls: what to call.
            last: whether nothing will be asked for after them.

        Raises:
            GradingError: the setup failed, or an argument is no plain data.
        """
        try:
            requests = [call.request for call in calls]
        except TypeError as error:
            raise GradingError(f"a test cannot be put to the response: {error}") from error
        answered = 0
        while answered < len(requests):
            try:
                for answer in self._answers(requests[answered:], last):
                    answered += 1
                    yield answer
            except Ended as ended:
                answered += 1
                yield ended

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
        request = session.call(call.expression, call.args, call.kwargs, after=after)
        (answer,) = self._answers([request])
        return answer

    def load(self, text: str) -> Raised | None:
        """Run code beside the response; what it raised.

        Raises:
            Ended: the process ended, now or before.
            GradingError: the setup failed.
        """
        (answer,) = self._answers([session.load(text, "tests.py")])
        return answer if isinstance(answer, Raised) else None

    def _answers(self, requests: Sequence[bytes], last: bool = False) -> Iterator[Returned | Raised]:
        if self.ended and not self._session and not self._may_restart(self.ended):
            raise self.ended
        try:
            answers = self._session.answers(requests, last=last) if self._session else self._start(requests, last)
            yield from repeat(self._raised, len(requests)) if self._raised else answers
        except Ended as ended:
            self._again = self._again and self._session is not None
            self.ended, self._session = ended, None
            self.__exit__(None, None, None)
            raise

    def _may_restart(self, ended: Ended) -> bool:
        """Whether there is any use in another start: not after a limit of time, nor if loading alone ended it."""
        self._clock += ended.ran.wall
        if not self._again or ended.ran.limit in ("cpu", "wall") or self._clock > _STARTS * self.limits.seconds:
            return False
        self.limits = replace(self.limits, cpu=max(self.limits.cpu - ended.ran.cpu, 0.01))
        return True

    def _start(self, requests: Sequence[bytes], last: bool) -> Iterator[Returned | Raised]:
        """The answers to what is sent together with the response."""
        opened = self._room.open(limits=self.limits)
        started, self._opened = opened.__enter__(), opened
        answers = started.answers([*self._setup, self._program, *requests], last=last)
        try:
            for answer in islice(answers, len(self._setup)):
                if isinstance(answer, Raised):
                    raise GradingError(f"the setup raised {answer}")
        except Ended as ended:
            if self.ended:  # it had less left than the setup takes
                raise
            raise GradingError(f"the setup {ended}") from ended
        loaded = next(answers)
        self._raised = loaded if isinstance(loaded, Raised) else None
        self._session = started
        return answers


def raised(shown: str, problem: Raised) -> str:
    """For a person: what raised, what it said, and where."""
    where = f" ({problem.where})" if problem.where else ""
    return f"{shown} raised {problem!s:.300}{where}"
