"""Whether a text has the form that a regular expression describes, in bounded time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from rewardkit.errors import UsageError
from rewardkit.graders.text.references import quoted
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = {1: 200_000, 2: 4_000, 3: 250}
"""How many characters a pattern is tried on, by the degree of its backtracking."""


@grader
def matches(
    answer: str | None,
    pattern: str,
    *,
    where: Literal["whole", "start", "anywhere"] = "whole",
    ignore_case: bool = False,
) -> Score:
    r"""Has the answer the form that a regular expression describes?

    Args:
        answer: what the response says, white space around it apart; None scores 0. How long it may be depends on
            the
            pattern: 200,000 characters where no two repetitions can read the same text, 4,000 for two that can
            (`.*a.*`), 250 for three. A longer answer scores 0.
        pattern: Python's; `.` matches line breaks too.
        where: the pattern has to match the whole answer, its start, or anything in it. Anchored is the safer
            reward: a pattern that may match anywhere is satisfied by a response that lists everything.
        ignore_case: treat upper and lower case alike.

    Returns:
        1 or 0.

    Raises:
        UsageError: no pattern, or one that could backtrack catastrophically; the message says why.
    """
    if where not in ("whole", "start", "anywhere"):
        raise UsageError(f"matches() got where={where!r}: give 'whole', 'start' or 'anywhere'")
    if not isinstance(pattern, str):
        raise UsageError(f"matches() got {pattern!r:.100}, which is no pattern: give a text")
    compiled, longest = _checked(pattern, ignore_case, where == "anywhere")
    if answer is None:
        return Score(0.0, f"no answer found in the response, expected the form {quoted(pattern)}")
    text = answer.strip()
    if len(text) > longest:
        return Score(0.0, f"{len(text):,} characters, and {quoted(pattern)} is tried on at most {longest:,}")
    search = {"whole": compiled.fullmatch, "start": compiled.match, "anywhere": compiled.search}[where]
    found = search(text)
    if not found:
        return Score(0.0, f"read {quoted(answer)}, expected the form {quoted(pattern)}")
    return Score(1.0, f"{quoted(found.group())} has the form {quoted(pattern)}")


@lru_cache(maxsize=256)
def _checked(pattern: str, ignore_case: bool, anywhere: bool) -> tuple[re.Pattern[str], int]:
    """The compiled pattern, and how many characters it may be tried on."""
    from rewardkit.graders.text.backtracking import TooAmbiguous, degree

    flags = re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG)
    try:
        compiled = re.compile(pattern, flags)
        power = degree(pattern, int(flags), anywhere)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"matches() got {pattern!r:.100}, which is no pattern: {error}") from error
    except TooAmbiguous as error:
        raise UsageError(
            f"matches() got {pattern!r:.100}, which could run for ever on some answers: {error}. Write it so that "
            f"there is one way to read a text, such as \\w+(\\s\\w+)* instead of (\\w+\\s?)+"
        ) from error
    if power not in _LONGEST:
        raise UsageError(
            f"matches() got {pattern!r:.100}, in which {power} repetitions behind each other can read the same "
            f"text: tell them apart, such as [^,]*,[^,]* instead of .*,.*"
        )
    return compiled, _LONGEST[power]
