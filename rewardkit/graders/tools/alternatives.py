"""Calls of which an argument may have several values, as the Berkeley Function-Calling Leaderboard has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit.errors import GradingError
from rewardkit.graders.data.compare import close, kind, shown
from rewardkit.graders.data.matching import best_pairs
from rewardkit.graders.tools.calls import Call, calls_of
from rewardkit.reward import grader
from rewardkit.score import Score

_MOST = 60  # calls that are compared
_IGNORED = re.compile(r"[ ,./\-_*^]")


@grader
def calls_ast(answer: object, possible: Sequence[Mapping[str, Mapping[str, Sequence[Any]]]]) -> Score:
    """Are these the expected calls, each argument with one of its possible values (BFCL's AST match)?

    The calls may come in any order and must be as many. An argument that may be left out has `""` among its
    values. Text is compared without case, blanks and `,./-_*^`; of an object each key has possible values of its
    own. After the AST evaluation of the Berkeley Function-Calling Leaderboard (Patil et al. 2025), which also
    looks at the types that a tool declares: for those, see `calls_valid`.

    Args:
        answer: `messages`, a message, calls or text; see `calls_of`. None makes no call.
        possible: an object for each expected call: `{"get_weather": {"city": ["Paris"], "unit": ["C", ""]}}`.

    Returns:
        1 or 0. The reason names the first call that is missing, and its nearest argument.

    Raises:
        GradingError: `possible` is none such.
    """
    wanted = [_wanted(item) for item in possible]
    calls = calls_of(answer)
    if len(calls) != len(wanted) or len(calls) > _MOST:
        made = ", ".join(call.name or "?" for call in calls[:5]) or "none"
        return Score(0.0, f"{len(calls)} calls ({made}), expected {len(wanted)}")
    if not wanted:
        return Score(1.0, "no call, as expected")
    wrong = [[_wrong(call, name, arguments) for call in calls] for name, arguments in wanted]
    pairs = dict(best_pairs([[float(not why) for why in row] for row in wrong]))
    for row, (name, _) in enumerate(wanted):
        if why := wrong[row][pairs[row]]:
            namesakes = [each for each, call in zip(wrong[row], calls, strict=True) if call.name == name]
            return Score(0.0, f"{name}: {(namesakes or [why])[0]}")
    return Score(1.0, ", ".join(name for name, _ in wanted[:10]))


_Possible = Mapping[str, Sequence[Any]]


def _wanted(item: object) -> tuple[str, _Possible]:
    if isinstance(item, Mapping) and len(item) == 1:
        ((name, arguments),) = item.items()
        if isinstance(arguments, Mapping) and all(isinstance(values, list) for values in arguments.values()):
            return str(name), arguments
    raise GradingError(
        f"{item!r:.200} is no expected call: give {{'name': {{'argument': [its possible values]}}}}"
    )


def _wrong(call: Call, name: str, possible: _Possible) -> str:
    """What is wrong with a call; empty where nothing is."""
    if call.name != name or call.wrong:
        return call.wrong if call.wrong else f"called {call.name or '?'}"
    return _wrong_object(call.arguments, possible)


def _wrong_object(given: Mapping[str, Any], possible: _Possible) -> str:
    for key, value in given.items():
        if key not in possible:
            return f"the argument {key[:60]!r} is not expected"
        if not any(_is(value, each) for each in possible[key]):
            return f"{key} is {shown(value)}, expected {' or '.join(shown(each) for each in possible[key][:5])}"
    missing = next((key for key, values in possible.items() if key not in given and "" not in values), None)
    return f"the argument {missing!r} is missing" if missing else ""


def _is(value: Any, expected: Any) -> bool:
    if kind(value) != kind(expected):
        return False
    if isinstance(value, str):
        return len(value) <= 10 * len(expected) + 100 and _plain(value) == _plain(expected)
    if isinstance(value, Mapping):
        return not _wrong_object(value, {key: _listed(each) for key, each in expected.items()})
    if isinstance(value, list):
        return len(value) == len(expected) and all(map(_is, value, expected))
    return close(value, expected, 0.0, 0.0) if kind(value) == "number" else bool(value == expected)


def _listed(values: Any) -> Sequence[Any]:
    return values if isinstance(values, list) else [values]


def _plain(text: str) -> str:
    return _IGNORED.sub("", text).lower().replace("'", '"')
