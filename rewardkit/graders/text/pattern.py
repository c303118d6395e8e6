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

_LINES = 2_000  # of a response that are read


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


@grader
def matching_lines(
    response: str | None, pattern: str, *, at_least: int = 1, every: bool = False, ignore_case: bool = False
) -> Score:
    r"""Do so many lines of the response have the form that a regular expression describes?

    For layouts that no markdown knows, such as `\w+: .+` on each line.

    Args:
        response: the whole response; None scores 0. Of a long one the first 2,000 lines are read, and a line
            longer than the pattern may be tried on (see `matches`) does not match.
        pattern: Python's; it has to match the whole line, white space around it apart.
        at_least: how many lines have to match.
        every: all lines have to match, those without text apart.
        ignore_case: treat upper and lower case alike.

    Returns:
        The share of the lines asked for that match, at most 1; with `every` the share of all lines.

    Raises:
        UsageError: no pattern, one that could backtrack catastrophically, or at_least below 1.
    """
    compiled, longest = _checked(pattern, ignore_case, False)
    if at_least < 1:
        raise UsageError(f"matching_lines() got at_least={at_least}: ask for at least 1")
    lines = [line.strip() for line in (response or "").splitlines() if line.strip()][:_LINES]
    other = [line for line in lines if len(line) > longest or not compiled.fullmatch(line)]
    found = len(lines) - len(other)
    asked = max(at_least, len(lines)) if every else at_least
    reason = f"{found} of {len(lines)} lines have the form {quoted(pattern)}, {asked} expected"
    return Score(
        min(1.0, found / asked), f"{reason}; not {quoted(other[0])}" if other and found < asked else reason
    )


def _checked(pattern: object, ignore_case: bool, anywhere: bool) -> tuple[re.Pattern[str], int]:
    """The compiled pattern, and how many characters it may be tried on."""
    if not isinstance(pattern, str):
        raise UsageError(f"got {pattern!r:.100}, which is no pattern: give a text")
    return _compiled(pattern, ignore_case, anywhere)


@lru_cache(maxsize=256)
def _compiled(pattern: str, ignore_case: bool, anywhere: bool) -> tuple[re.Pattern[str], int]:
    from rewardkit.graders.text.backtracking import TooAmbiguous, degree

    flags = re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG)
    try:
        compiled = re.compile(pattern, flags)
        power = degree(pattern, int(flags), anywhere)
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(f"got {pattern!r:.100}, which is no pattern: {error}") from error
    except TooAmbiguous as error:
        raise UsageError(
            f"got {pattern!r:.100}, which could run for ever on some answers: {error}. Write it so that "
            f"there is one way to read a text, such as \\w+(\\s\\w+)* instead of (\\w+\\s?)+"
        ) from error
    if power not in _LONGEST:
        raise UsageError(
            f"got {pattern!r:.100}, in which {power} repetitions behind each other can read the same "
            f"text: tell them apart, such as [^,]*,[^,]* instead of .*,.*"
        )
    return compiled, _LONGEST[power]
