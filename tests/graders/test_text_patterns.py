from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewardkit.errors import UsageError
from rewardkit.graders.text import matches, matching_lines
from rewardkit.graders.text.backtracking import TooAmbiguous, degree

DATE = r"\d{4}-\d{2}-\d{2}"


@pytest.mark.parametrize(
    ("answer", "pattern", "options", "value"),
    [
        ("2026-11-25", DATE, {}, 1),
        (" 2026-11-25\n", DATE, {}, 1),
        ("It is 2026-11-25", DATE, {}, 0),
        ("It is 2026-11-25", DATE, {"where": "anywhere"}, 1),
        ("2026-11-25 or so", DATE, {"where": "start"}, 1),
        ("2026-11-25 or so", DATE, {}, 0),
        ("YES", "yes|no", {}, 0),
        ("YES", "yes|no", {"ignore_case": True}, 1),
        ("a\nb", "a.b", {}, 1),
        ("", "a*", {}, 1),
        (None, "a*", {}, 0),
    ],
)
def test_a_pattern_has_to_match_the_whole_answer_unless_asked(
    answer: str | None, pattern: str, options: dict[str, str], value: float
) -> None:
    assert matches(answer, pattern, **options) == value  # type: ignore[arg-type]


EXPONENTIAL = [
    *[
        r"(a+)+",
        r"(a|a)*",
        r"(a|aa)+$",
        r"(.*)*x",
        r"(\w+\s?)+$",
        r"(a*b?a*)*",
        r"(x+x+)+y",
        r"(.*a){30}",
        r"(a|b|ab)*c",
    ],
    *[
        r"((a?)*)*",
        r"(?:a|b*)*",
        r"(\d+\.?)*$",
        r"(?=(a+)+b)c",
        r'([^"\\]|\\.|[^"])*"',
        r"(a{1,30}){1,30}",
        r"(a?){40}",
    ],
    *[r"^(([a-z])+.)+[A-Z]([a-z])+$", r"([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@)", r"(?:(?:a?)+?[^a].)+?"],
    *[r"(?i)(Ab|ab)*c", r"(é.|\w.)*!", r"((?:a|b)|[ab])+c", r"(?P<x>a+)*b", r"(?:(?:^)*){2,}"],
    *["a?" * 30 + "a" * 30, r"(?:a|a)" * 40, r"(a|ab)(bc|c|abc)?" * 12, r"\w?" * 24 + "!"],
]


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_a_pattern_that_could_run_for_ever_is_the_authors_mistake(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"got .*could run for ever"):
        matches("a", pattern)


@pytest.mark.parametrize(
    ("pattern", "steps"),
    [
        (DATE, 1),
        (r"yes|no", 1),
        (r"\w+(\s\w+)*", 1),
        (r"[^,]*,[^,]*", 1),
        (r"\s*\w+\s*=\s*\d+\s*", 1),
        (r'"([^"\\]|\\.)*"', 1),
        (r"(\w+, )*\w+ and \w+", 1),
        (r"(ab|ba)*", 1),
        (r"[\w.+-]+@[\w-]+\.[\w.-]+", 1),
        (r"(\+|-)?\d+(\.\d+)?(e[+-]?\d+)?", 1),
        (r"(?P<x>a)(?(x)b|c)", 1),
        (r"(?>a+)b*+", 1),
        (r".*foo.*", 2),
        (r"<(\w+)>.*</\1>", 2),
        (r"^(?!.*bad).*$", 2),
        (r".*a.*b.*", 3),
        (r"x*x*x*x*y", 4),
    ],
)
def test_what_people_write_is_allowed_with_its_cost_known(pattern: str, steps: int) -> None:
    assert degree(pattern) == steps


def test_a_costly_pattern_is_tried_on_short_answers_only() -> None:
    assert matches("x" * 3_000 + "foo", ".*foo.*") == 1.0
    assert "tried on at most 4,000" in matches("x" * 4_000 + "foo", ".*foo.*").reason
    assert matches("x " * 90_000 + "x", r"\w+(\s\w+)*") == 1.0
    with pytest.raises(UsageError, match="4 repetitions behind each other"):
        matches("a", "x*x*x*x*y")
    with pytest.raises(UsageError, match="4 repetitions behind each other"):
        matches("a", ".*a.*b.*", where="anywhere")


@pytest.mark.parametrize("pattern", ["(", "a{2", "[z-a]", "(?P<a>x)(?P<a>y)", "\\", 7, None, ["a"]])
def test_what_is_no_pattern_says_so(pattern: str) -> None:
    if pattern == "a{2":
        assert matches("a{2", pattern) == 1.0
        return
    for grade in (matches, matching_lines):
        with pytest.raises(UsageError, match="no pattern"):
            grade("a", pattern)


def test_patterns_too_large_to_check_are_refused() -> None:
    for pattern in ("(" * 2000 + "a" + ")" * 2000, "a" * 400, "(" + "|".join("abcdefgh" * 20) + ")*x" * 3):
        with pytest.raises(UsageError, match=r"run for ever|no pattern"):
            matches("a", pattern)
    with pytest.raises(UsageError, match="give 'whole'"):
        matches("a", "a", where="middle")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("response", "options", "value"),
    [
        ("Name: Ada\n\n Born: 1815 \nSo it is", {}, 1),
        ("Name: Ada\nBorn: 1815", {"at_least": 2, "every": True}, 1),
        ("Name: Ada\nBorn: 1815", {"at_least": 4}, 0.5),
        ("Name: Ada\nso\nit\nis", {"every": True}, 0.25),
        ("Name: Ada", {"every": True, "at_least": 2}, 0.5),
        ("Name: " + "a" * 1_000_000, {}, 0),
        ("", {}, 0),
        (None, {}, 0),
    ],
)
def test_lines_have_a_form(response: str | None, options: dict[str, Any], value: float) -> None:
    assert matching_lines(response, r"\w+: \w+", **options) == value
    with pytest.raises(UsageError, match="at least 1"):
        matching_lines(response, "a", at_least=0)


LEAVES = st.sampled_from(["a", "b", "[ab]", ".", r"\w", "[^a]", "ab", "^", "a?", "(?=a)"])
PATTERNS = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map("".join)
        | st.lists(inner, min_size=2, max_size=3).map(lambda ways: f"(?:{'|'.join(ways)})")
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,3}", "{2,}", "{0,5}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        )
    ),
    max_leaves=6,
)


@given(PATTERNS, st.sampled_from(["a", "b", "ab", "aab"]), st.sampled_from("!ab"))
def test_an_allowed_pattern_ends_soon_on_the_longest_answer(pattern: str, piece: str, last: str) -> None:
    try:
        steps = degree(pattern, int(re.DOTALL))
    except TooAmbiguous:
        assume(False)
    length = {1: 20_000, 2: 4_000, 3: 250}.get(steps, 0)
    start = time.process_time()
    matches(piece * (length // len(piece)) + last, pattern) if length else None
    assert time.process_time() - start < 60


@given(st.text(), PATTERNS)
def test_any_answer_gets_what_re_says(answer: str, pattern: str) -> None:
    try:
        score = matches(answer, pattern)
    except UsageError:
        return
    assert score == float(re.fullmatch(pattern, answer.strip(), re.DOTALL) is not None)
