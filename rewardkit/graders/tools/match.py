"""Are these the calls that should be made?"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.data.compare import Compare, Rules, fields, graded
from rewardkit.graders.data.matching import aligned, best_pairs
from rewardkit.graders.tools.calls import Call, call_in, calls_of
from rewardkit.graders.tools.text import calls_in_text
from rewardkit.reward import grader
from rewardkit.score import Score, Term

_MOST = 100  # calls that are compared


@grader
def calls_match(
    answer: object,
    expected: object,
    *,
    arguments: Literal["exact", "subset", "ignore"] = "exact",
    ordered: bool = False,
    extra: Literal["wrong", "ignore"] = "wrong",
    whole: bool = True,
    compare: Mapping[str, Compare] | None = None,
    abs_tol: float = 0.0,
    rel_tol: float = 1e-9,
    text: Literal["normalised", "exact"] = "normalised",
    coerce: bool = False,
) -> Score:
    """What share of the expected tool calls does the model make, and does it make no others?

    Args:
        answer: `messages`, a message, calls or text; see `calls_of`. None makes no call.
        expected: the calls that are right, in any of the same shapes; a tool's name alone leaves its arguments
            open. An empty list: no call is right.
        arguments: `exact`; `subset` allows arguments that are not expected; `ignore` compares names only.
        ordered: the calls must come in the order of the expected ones; else in any, as parallel calls do.
        extra: a superfluous call is `wrong`, as one more that scores 0, or to `ignore`.
        whole: a call is right or wrong; False gives the right tool credit for each argument.
        compare: for an argument, such as `get_weather.city` or `get_weather.places[]`, a grader or function of
            (answer, reference) that decides there; see `json_fields`.
        abs_tol: how far a number may be off.
        rel_tol: how far as a share of the expected number; the larger allowance counts.
        text: `normalised` (case, white space and Unicode forms do not count) or `exact`.
        coerce: read a number or a boolean written as text, and text written as a number, as what is expected.

    Returns:
        0 to 1: right calls as a share of the expected ones or of those made, whichever are more; a term for each.

    Raises:
        GradingError: the expected calls cannot be read.
        UsageError: an option is none of its choices.
    """
    if arguments not in ("exact", "subset", "ignore"):
        raise UsageError(f"arguments is {arguments!r}: choose 'exact', 'subset' or 'ignore'")
    rules = Rules(
        compare or {},
        abs_tol=abs_tol,
        rel_tol=rel_tol,
        text=text,
        extra="wrong" if arguments == "exact" else "ignore",
        coerce=coerce,
    )
    wanted = _wanted(expected)
    calls = calls_of(answer)
    if not wanted or not calls or len(calls) > _MOST:
        return _counted(calls, wanted)
    judge = _Judge(rules, arguments == "ignore", whole)
    table = [[judge.pair(call, want) for call in calls] for want in wanted]
    values = [[float(score) for score in row] for row in table]
    partner = dict(aligned(values) if ordered else best_pairs(values))
    scores = [_of(want, table[row], partner.get(row), calls) for row, want in enumerate(wanted)]
    return _summed(scores, 0 if extra == "ignore" else max(0, len(calls) - len(wanted)), calls)


class _Wanted(NamedTuple):
    """A call that is expected; no arguments: any will do."""

    name: str
    arguments: dict[str, Any] | None


class _Judge(NamedTuple):
    """How one call is compared with one that is expected."""

    rules: Rules
    names_only: bool
    whole: bool

    def pair(self, call: Call, wanted: _Wanted) -> Score:
        if call.name != wanted.name:
            return Score(0.0, f"called {call.name or 'nothing that can be read'}")
        if call.wrong:
            return Score(0.0, call.wrong)
        if self.names_only or wanted.arguments is None:
            return Score(1.0, "called")
        if not wanted.arguments:
            spoiled = bool(call.arguments) and self.rules.extra == "wrong"
            return Score(float(not spoiled), "with arguments, expected none" if spoiled else "called")
        score = graded(list(fields(call.arguments, wanted.arguments, self.rules, call.name)))
        return Score(float(score == 1) if self.whole else score, score.reason)


def _of(wanted: _Wanted, row: list[Score], partner: int | None, calls: list[Call]) -> Score:
    """How the expected call fared: with its partner, or else with the call that comes nearest."""
    if partner is None or not row[partner]:
        namesakes = [score for score, call in zip(row, calls, strict=True) if call.name == wanted.name]
        reason = namesakes[0].reason if namesakes else f"not called; {row[0].reason}"
        return Score(0.0, reason, name=wanted.name)
    return Score(row[partner], row[partner].reason, name=wanted.name)


def _summed(scores: list[Score], superfluous: int, calls: list[Call]) -> Score:
    number = len(scores) + superfluous
    terms = [Term(1 / number, score) for score in scores]
    if superfluous:
        made = ", ".join(call.name or "?" for call in calls[:5])
        spare = Score(0.0, f"{len(calls)} calls, expected {len(scores)}: {made}", name="(superfluous)")
        terms.append(Term(superfluous / number, spare))
    right = sum(score == 1 for score in scores)
    wrong = next((f"; {score.name}: {score.reason}" for _, score in terms if score < 1), "")
    value = math.fsum(scores) / number
    return Score(value, f"{right} of {number} calls right{wrong}", terms=tuple(terms))


def _counted(calls: list[Call], wanted: list[_Wanted]) -> Score:
    """Where there is nothing to compare."""
    if not wanted and not calls:
        return Score(1.0, "no call, as expected")
    made = ", ".join(call.name or f"? ({call.wrong})" for call in calls[:5])
    names = ", ".join(want.name for want in wanted[:5])
    many = f"{len(calls)} calls ({made})" if calls else "no call"
    return Score(0.0, f"{many}, expected {names or 'none'}")


def _wanted(expected: object) -> list[_Wanted]:
    found = _read(expected)
    if found is None or any(isinstance(call, Call) and call.wrong for call in found):
        raise GradingError(
            f"the expected calls cannot be read: {expected!r:.200}: give a list of names, or of objects such as "
            f"{{'name': 'get_weather', 'arguments': {{'city': 'Paris'}}}}"
        )
    return [call if isinstance(call, _Wanted) else _Wanted(call.name, call.arguments) for call in found]


def _read(expected: object) -> list[Call | _Wanted] | None:
    """The calls in what an author wrote; None where they cannot be read."""
    if isinstance(expected, str):
        if re.fullmatch(r"[\w.:/-]{1,200}", expected):
            return [_Wanted(expected, None)]
        return list(calls_in_text(expected)) or None
    if isinstance(expected, Call):
        return [expected]
    if isinstance(expected, Mapping):
        if set(expected) == {"name"}:
            return [_Wanted(str(expected["name"]), None)]
        call = call_in(expected)
        return [call] if call else list(calls_of(expected)) or None
    if not isinstance(expected, Sequence):
        return None
    parts = [_read(item) for item in expected]
    return None if any(part is None for part in parts) else [call for part in parts for call in part or ()]
