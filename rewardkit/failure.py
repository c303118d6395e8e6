"""A Failure is a rollout that could not be scored. It is not a number, so nothing can mistake it for a 0."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rewardkit.errors import GradingError, RolloutError, UsageError
from rewardkit.score import Score

Kind: TypeAlias = Literal["usage", "rollout", "grading", "crash", "timeout"]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a rollout has no score.

    Attributes:
        kind: `usage` (the author's code or command), `rollout` (the data), `grading` (cannot be judged),
            `crash` (an exception in the author's code) or `timeout` (no time was left).
        message: what happened, and the next step.
        trace: for a crash, the traceback from the author's function down; else empty.
    """

    kind: Kind
    message: str
    trace: str = ""

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The Failure that an exception means."""
        if isinstance(error, (UsageError, RolloutError, GradingError)):
            return cls(_kind(error), _said(error))
        return cls("crash", f"{type(error).__name__}: {_said(error)}", _trace(error))

    def __str__(self) -> str:
        return f"failure ({self.kind}): {self.message}"


Result: TypeAlias = Score | Failure


def _kind(error: UsageError | RolloutError | GradingError) -> Kind:
    if isinstance(error, UsageError):
        return "usage"
    return "rollout" if isinstance(error, RolloutError) else "grading"


def _said(error: BaseException) -> str:
    """The exception's message; its author's `__str__` may itself fail."""
    try:
        return str(error)
    except Exception as worse:
        return f"(its message cannot be read: {type(worse).__name__})"


def _trace(error: BaseException) -> str:
    """The traceback without the frame of the caller that caught it; long ones keep both ends."""
    frames = traceback.extract_tb(error.__traceback__)[1:]
    if len(frames) > 24:
        frames = traceback.StackSummary.from_list([*frames[:12], *frames[-12:]])
    return "".join(traceback.format_list(frames))
