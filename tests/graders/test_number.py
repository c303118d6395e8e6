from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.extract import expected, final_answer
from rewardkit.graders.math import math_equal, number_equal

SHARED = Path(__file__).parents[2].parent / "shared"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,250,000", "1250000"),
        ("1 250", "1250"),
        ("1\u00a0250", "1250"),
        ("1\u2009250", "1250"),
        ("1\u202f250", "1250"),
        ("1{,}250", "1250"),
        (r"1\,250", "1250"),
        ("1’250", "1250"),
        ("$1,250", "1250"),
        (r"\$5.20", "5.2"),
        ("18,60 €", "18.6"),
        ("£5", "5"),
        ("¥500", "500"),
        ("1,250 USD", "1250"),
        ("USD 1,250", "1250"),
        ("5 dollars", "5"),
        ("72.", "72"),
        ("**72**", "72"),
        ("_72_", "72"),
        ("`72`", "72"),
        ("$72$", "72"),
        (r"\(72\)", "72"),
        (r"\text{72}", "72"),
        (r"\frac{1}{2}", "0.5"),
        (r"\dfrac{1}{2}", "0.5"),
        (r"\frac12", "0.5"),
        (r"1\frac{1}{2}", "1.5"),
        (r"-\frac{3}{4}", "-0.75"),
        ("3/4", "0.75"),
        ("1 3/4", "1.75"),
        ("½", "0.5"),
        ("1½", "1.5"),
        ("−7", "-7"),
        ("- 7", "-7"),
        ("minus 7", "-7"),
        ("7 degrees below zero", "-7"),
        ("７２", "72"),
        ("٧٢", "72"),
        ("1.5e3", "1500"),
        (r"1.5 \times 10^3", "1500"),
        ("1.5×10³", "1500"),
        ("10^{-3}", "0.001"),
        ("+7", "7"),
        (".5", "0.5"),
        ("5.", "5"),
        ("72 km", "72"),
        ("12600 m²", "12600"),
        ("1,250 apples", "1250"),
        ("72 per hour", "72"),
        ("36 years old", "36"),
        ("x = 2", "2"),
        ("Total: 72", "72"),
        ("48 + 24 = 72", "72"),
        ("43,200 − 640 = 42,560", "42560"),
        ("A = lw = 12", "12"),
        ("≈ 3.14", "3.14"),
        ("about 72", "72"),
        ("3 million", "3000000"),
        ("two dozen", None),
        ("ninety-six", "96"),
        ("one hundred and five", "105"),
        ("72 (72.0)", "72"),
    ],
)
def test_a_number_is_read_in_every_dress(written: str, value: str | None) -> None:
    assert number_equal(written, value or "1") == float(value is not None)


NOT_ONE_NUMBER = r"""
12 or 15; between 3 and 4; not 42; isn't 42; 3-4; 3 to 4; 7 = 8; =7=; 7x; 7i; 7!; 4₂; (7,8); [0, 100]; 7, 8
7 \pmod{10}; 7 \pm 3; x \ge 7; \neq 7; 7_8; f(7); 7 + x; 7+7; x=1, y=2; 12:50; 3:1; x = 3 or 4; anything except 7
less than 7; half of 7; 2^{10}; \sqrt{7}; \frac{7}{0}; twelve or so; seven eight; 7 and a half; 10^{10^{10}}; 7e
.; -; nan; inf; True; __import__('os'); 1e999999999
"""


@pytest.mark.parametrize("written", [*NOT_ONE_NUMBER.strip().replace("\n", "; ").split("; "), "", "9" * 700])
def test_what_is_not_one_number_scores_0_and_is_quoted(written: str) -> None:
    for reference in (1, 2, 3, 4, 7, 8, 10, 12, 15, 42):
        score = number_equal(written, reference)
        assert score == 0.0
        assert score.reason.startswith("read ") and len(score.reason) < 400


@pytest.mark.parametrize("bomb", ["1", "{", "7 ", "-", "1,", "\\frac{", "(", "^"])
def test_a_span_too_long_to_be_a_number_is_not_read(bomb: str) -> None:
    score = number_equal(bomb * 100_000, 7)
    assert score == 0.0 and "characters long" in score.reason and len(score.reason) < 400


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("50%", "50%", 1),
        ("50 percent", "50%", 1),
        ("50%", "0.5", 1),
        ("0.5", "50%", 1),
        ("50", "50%", 1),
        ("1.25", "125%", 1),
        ("35%", "35", 1),
        ("35%", "0.35", 1),
        ("100%", "1", 1),
        ("0.35", "35", 0),
        ("35", "0.35", 0),
        ("0.35%", "35", 0),
        ("0.35%", "0.35", 0),
        ("3500%", "35", 0),
        ("0.5", "0.5%", 0),
        ("1%", "1", 0),
        ("35%", "$35", 0),
    ],
)
def test_a_percent_is_read_one_way_against_a_bare_number(answer: str, reference: str, value: float) -> None:
    assert number_equal(answer, reference) == value


@pytest.mark.parametrize(
    ("answer", "reference", "value"),
    [
        ("72", "72 km", 1),
        ("72 km", "72", 1),
        ("72 km", "72 bowls", 1),
        ("72 km", "72 kilometres", 1),
        ("72 km", "72 kg", 0),
        ("50 mm", "5 cm", 1),
        ("5 m", "5 cm", 0),
        ("75 cents", "$0.75", 1),
        ("$5", "€5", 0),
        ("36 km/h", "10 m/s", 1),
        ("10 miles per hour", "10 mph", 1),
        ("5 m^2", "5 m", 0),
        ("10 square metres", "10 m²", 1),
        ("-7 °C", "-7 °F", 0),
    ],
)
def test_a_missing_unit_is_forgiven_and_a_wrong_one_is_not(answer: str, reference: str, value: float) -> None:
    assert number_equal(answer, reference) == value


def test_arithmetic_is_exact_and_the_tolerance_absolute() -> None:
    assert number_equal("72.00", 72) == 1.0
    assert number_equal("0.33", r"\frac{1}{3}") == 0.0
    assert number_equal("0.1", 0.1) == 1.0
    assert number_equal("0.33", "1/3", tolerance=0.01) == 1.0
    assert number_equal("1.3", 1, tolerance=0.3) == 1.0
    assert number_equal("1.3000001", 1, tolerance=0.3) == 0.0
    assert number_equal("123456789123456788", 123456789123456789) == 0.0
    assert number_equal("501 cm", "5 m", tolerance=0.01) == 1.0


def test_the_reason_shows_both_sides() -> None:
    assert number_equal("$1,250", "1250").reason == "$1,250 = 1250"
    assert number_equal("71", "72").reason == "read 71, expected 72"
    assert number_equal(None, "72").reason == "no final answer found in the response, expected 72"
    assert "12 or 15" in number_equal("12 or 15", "12").reason


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "Paris",
        "12 or 15",
        "June 20",
        "3,7",
        "(1, 2)",
        "4x - 5y = -50",
        "x^2 + y = 1",
        float("nan"),
        True,
    ],
)
def test_a_reference_that_is_not_one_number_cannot_be_graded(reference: Any) -> None:
    with pytest.raises(GradingError, match=r"reference .*give one number"):
        number_equal("7", reference)


def test_a_reference_with_more_digits_than_python_prints_cannot_be_graded() -> None:
    with pytest.raises(GradingError):
        number_equal("7", 10**5000)
    with pytest.raises(GradingError):
        expected(10**5000)


@pytest.mark.parametrize("tolerance", [-1.0, float("nan"), float("inf")])
def test_a_tolerance_is_a_difference_from_0_up(tolerance: float) -> None:
    with pytest.raises(UsageError, match="tolerance"):
        number_equal("7", 7, tolerance=tolerance)


CENTS = st.integers(-(10**9), 10**9)
STYLES = [
    lambda cents: f"{cents / 100:.2f}",
    lambda cents: f"{cents / 100:,.2f}",
    lambda cents: f"${cents / 100:,.2f}",
    lambda cents: f"{cents / 100:,.2f} dollars",
    lambda cents: f"**{cents / 100:.3f}**.",
    lambda cents: rf"\(\dfrac{{{cents}}}{{100}}\)",
    lambda cents: f"{cents}/100",
    lambda cents: f"{cents}e-2",
    lambda cents: rf"${cents} \times 10^{{-2}}$",
    lambda cents: f"x = {cents / 100:.2f}",
    lambda cents: f"{cents / 100:.2f}".replace("-", "−"),
    lambda cents: f"{cents / 100:,.2f}".replace(",", "\u202f"),
]


@given(CENTS, st.sampled_from(STYLES), st.sampled_from(STYLES))
def test_one_value_in_two_styles_is_equal_and_its_neighbour_is_not(cents: int, style: Any, other: Any) -> None:
    assert number_equal(style(cents), other(cents)) == 1.0
    assert number_equal(style(cents + 1), other(cents)) == 0.0


@given(st.integers(0, 999_999), st.integers(1, 999), st.integers(1, 999))
def test_a_mixed_number_is_its_sum(whole: int, above: int, below: int) -> None:
    total = whole + Fraction(above, below)
    assert number_equal(rf"{whole}\frac{{{above}}}{{{below}}}", f"{total.numerator}/{total.denominator}") == 1.0


NUMERALS = st.decimals(allow_nan=False, allow_infinity=False, places=3).map("{:f}".format)


@given(NUMERALS, NUMERALS)
def test_bare_numbers_are_equal_both_ways_or_neither(one: str, other: str) -> None:
    assume(len(one) < 600 and len(other) < 600)
    assert number_equal(one, other) == number_equal(other, one)
    assert number_equal(one, one) == 1.0


SOUP = st.text(st.sampled_from("0123456789.,-+/%$ \\{}()^=eE×½²frac or")) | st.text()


@given(SOUP)
def test_any_answer_gets_a_score(text: str) -> None:
    score = number_equal(text, 7)
    assert score in (0.0, 1.0) and score.reason


@given(SOUP)
def test_any_reference_is_a_number_or_a_grading_error(text: str) -> None:
    with suppress(GradingError):
        assert number_equal("7", text) in (0.0, 1.0)


def _rows(name: str) -> list[dict[str, Any]]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in raw.decode().split("\n") if line]


def _disagreements(rows: list[tuple[str, str, str, bool]]) -> tuple[set[str], int]:
    """The ids whose label is not our score, and how many rows have one number as their reference."""
    wrong, graded = set(), 0
    for id, response, reference, label in rows:
        try:
            score = number_equal(final_answer(response), expected(reference))
        except GradingError:
            continue
        graded += 1
        if (score == 1.0) != label:
            wrong.add(id)
    return wrong, graded


@pytest.mark.parametrize(("name", "least"), [("gsm8k", 440), ("math", 450)])
def test_real_rollouts_are_scored_as_they_are_labelled(name: str, least: int) -> None:
    rows = _rows(f"rollouts/{name}.jsonl")
    wrong, graded = _disagreements(
        [(row["id"], row["response"], row["reference_answer"], row["label"]) for row in rows]
    )
    assert graded >= least
    assert len(wrong) <= 1, wrong


def test_hostile_responses_earn_nothing() -> None:
    rows = [row for row in _rows("math/adversarial.jsonl.gz") if not row["label"]]
    wrong, graded = _disagreements([(row["id"], row["pred"], row["gold"], False) for row in rows])
    assert graded >= 200
    assert len(wrong) <= 2, wrong  # a percent for a bare 7, and a line of code that ends in =7


def test_recorded_answers_and_near_misses_are_told_apart() -> None:
    rows = [row for row in _rows("math/public.jsonl") if row["kind"] == "response"]
    wrong, graded = _disagreements([(row["id"], row["pred"], row["gold"], row["label"]) for row in rows])
    assert graded >= 800
    assert len(wrong) <= graded // 200, wrong


@pytest.mark.parametrize("equal", [number_equal, math_equal])
def test_an_answer_may_be_a_number_already(equal: Callable[[float, str], float]) -> None:
    assert equal(72, "72") == 1
    assert equal(72.5, "72 1/2") == 1
    assert equal(71, "72") == 0
