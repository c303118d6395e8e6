"""How models phrase right answers, and what looks like one: one reference a line, with both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.errors import GradingError
from rewardkit.graders.math import math_equal

ANSWERS: dict[str, list[tuple[str, list[str], list[str]]]] = {
    "numbers": [
        (
            "42",
            ["A total of 42", "exactly 42", "= 42", r"\Rightarrow 42", "forty-two", "the number 42", "42。"],
            ["less than 42", "at least 42", "42 or 43", "42, 43", "1 of 42", "42 isn't it", "about 40", r"42\pi"],
        ),
        ("-17", ["minus 17", "negative seventeen", "x equals -17"], ["17", "minus 71", "not -17"]),
        ("1,000,000", ["a million", "1 million", "10^6"], ["a thousand", "1 billion"]),
        ("0.75", ["three quarters", "three-fourths", "75%"], ["three fifths", "0.7", "quarter"]),
        ("1/2", ["half", "one-half", "a half"], ["two halves", "half of 3", "a third"]),
        (r"2\frac{1}{2}", ["two and a half", "2 1/2", "2.5"], ["two and a third", "2 and 1"]),
        ("12", ["12 (that is, a dozen)", "12 (approximately)"], ["12 (or 13)", "12 (not 13) or 14"]),
    ],
    "lead words": [
        (
            r"-\frac{2}{3}",
            [r"slope is -\frac{2}{3}", "slope = -2/3", r"Thus the slope is $-\frac{2}{3}$."],
            ["slope = 2/3"],
        ),
        (
            "(3,-4)",
            ["the point (3,-4)", "(x, y) = (3, -4)", "x = 3 and y = -4"],
            ["the point (-4, 3)", "(3,-4) or (0,0)"],
        ),
        (
            "2,5",
            ["the solutions are 2 and 5", "x = 2 or x = 5", "5, 2"],
            ["2", "the solutions are 2 and 6", "2 to 5"],
        ),
        ("y=2x-3", ["the line y=2x-3", "y - 2x = -3"], ["the line y=2x+3", "y=2x-3 or y=2x"]),
        (r"16\pi", [r"Area = 16\pi", r"area is $16\pi$", "the value 16π"], [r"Area = 16", r"not 16\pi"]),
        (r"\{1,2,3\}", [r"the set \{1,2,3\}", "{3, 2, 1}"], [r"\{\{1,2,3\}\}", r"\{1,2\}"]),
    ],
    "arbitrary constants and integers": [
        (
            r"f(x)=ax, a\in\mathbb{R}",
            ["f(x)=cx", r"f(x)=kx \text{ for some constant } k", "f(x)=ax"],
            ["f(x)=x", "f(x)=a+x"],
        ),
        (
            r"4k+1, k\in\mathbb{Z}",
            ["4k+1", r"4n+1, n \in \mathbb{Z}", "4m+1, where m is an integer"],
            ["4k+3", "4k"],
        ),
        (r"x>2, x\in\mathbb{R}", ["x>2", r"(2,\infty)"], ["y>2, y<1", "x<2"]),
    ],
    "words": [
        (
            r"\text{even}",
            ["even function", "It is even", "an even function"],
            ["odd", "neither", "not even", "uneven"],
        ),
        (r"\text{March 15}", ["15th of March", "the 15th of March", "15 March"], ["March 16", "May 15", "15"]),
        ("does not exist", ["DNE", "The limit does not exist", "doesn't exist"], ["does exist", "0", r"\infty"]),
        (
            r"\emptyset",
            ["There is no solution", "There are no solutions", "None"],
            ["0", r"\{0\}", r"\{\emptyset\}"],
        ),
        (r"\text{converges}", ["convergent", "The series converges"], ["diverges", "does not converge"]),
        ("Tuesday", ["on Tuesday", "It is Tuesday", r"\textbf{Tuesday}"], ["not Tuesday", "Tuesday or Monday"]),
        (r"\{\text{red},\text{blue}\}", ["{blue, red}"], ["{red}", "{red, green}"]),
        ("Alice and Bob", ["Bob and Alice", "Alice and Bob."], ["Alice", "Alice or Bob", "Alice and Carol"]),
        (r"\text{x-axis}", ["x axis", "the x-axis"], ["y-axis", "x"]),
        (r"$n$ is odd", ["n is odd"], ["n is even", "n"]),
        ("C, D, A, B", ["C,D,A,B"], ["A,B,C,D", "D,C,A,B"]),
    ],
    "sets of numbers in words": [
        (
            r"\mathbb{R}",
            ["all real numbers", "all real values of x", "any real number"],
            ["all integers", "x > 0"],
        ),
        (
            r"(0,\infty)",
            ["all positive real numbers", "all positive reals"],
            ["all real numbers", "all negative reals"],
        ),
        (r"x \ne 3", ["all real numbers except 3", r"\mathbb{R}\setminus\{3\}"], ["all real numbers", "3"]),
        (r"\mathbb{Z}", ["all integers", "the set of integers"], ["all real numbers", r"\mathbb{N}"]),
    ],
    "options and numbered statements": [
        (
            "C",
            ["Option C", "Choice C", "C. 42", "(c)", r"\textbf{(C)}\ 42"],
            ["B. C is wrong", "C or D", "CC", "ABCD", "not C"],
        ),
        ("A, C", ["AC", "C, A", "A and C"], ["A", "BD", "A, B, C"]),
        ("②④", ["②, ④", "②和④", "(2)(4)", "2, 4"], ["②", "①④", "24", "2"]),
        (r"\text{(2), (3)}", ["(2)(3)", "②③", "(2) and (3)"], ["(2)", "(1), (3)"]),
    ],
    "Chinese": [
        (r"2\sqrt{3}或\sqrt{3}", [r"\sqrt{3}, 2\sqrt{3}", r"\sqrt{3} or 2\sqrt{3}"], [r"\sqrt{3}"]),
        (r"\frac{3}{5}", ["五分之三", r"$\frac{3}{5}$。"], ["五分之二", "三分之五"]),
        ("5 cm", ["5厘米", "5"], ["5米", "6厘米", "5平方厘米"]),
        ("72", ["72 个", "72人"], ["73 个"]),
        ("正确", ["正确。"], ["错误", "不正确"]),
    ],
    "ratios": [("3:2", ["3 to 2", "6:4"], ["2 to 3", "3 to 2 to 1"])],
    "what is calculated is not compared as words": [
        ("sin(x+1)", [r"\sin(x+1)"], ["sin(x)+1", "sin x + 1"]),
        ("sqrt(x)+1", [r"1+\sqrt{x}"], ["sqrt(x+1)"]),
        ("exp(x)", ["e^x"], ["exp(-x)"]),
        (r"e^{-x}\cos x", [r"\cos x \cdot e^{-x}"], [r"e^{-x\cos x}"]),
        ("1, 2, 4, 8", ["8, 4, 2, 1"], ["1, 2, 4, 8, ..."]),
        (r"2, 3, \text{and } 5", ["2, 3, 5"], ["2:3:5"]),
        ("12", ["12"], ["12{", "12_"]),
    ],
}
CASES = [(reference, *answers) for group in ANSWERS.values() for reference, *answers in group]


@pytest.mark.parametrize(("reference", "answer"), [(ref, answer) for ref, right, _ in CASES for answer in right])
def test_a_right_answer_in_other_words_counts(reference: str, answer: str) -> None:
    score = math_equal(answer, reference)
    assert score == 1, score.reason


@pytest.mark.parametrize(("reference", "answer"), [(ref, answer) for ref, _, wrong in CASES for answer in wrong])
def test_what_only_looks_like_the_answer_does_not(reference: str, answer: str) -> None:
    score = math_equal(answer, reference)
    assert score == 0, score.reason


DENIALS = ["not {}", "anything but {}", "less than {}", "at least {}", "{} or {}1", "either {} or {}1", "no {}"]
DENIALS += ["{} is wrong", "{}, {}1", "{}?{}1", "never {}", "neither {} nor {}1", "{} - {}1", "between 0 and {}"]


@given(st.integers(2, 9999), st.sampled_from(DENIALS))
def test_whoever_denies_or_hedges_has_not_answered(value: int, phrase: str) -> None:
    assert math_equal(phrase.replace("{}", str(value)), str(value)) == 0


WORDS = [
    "the ",
    "of ",
    "is ",
    "are ",
    "and ",
    "or ",
    "not ",
    "all ",
    "real ",
    "numbers ",
    "except ",
    "point ",
    "set ",
]
WORDS += [
    "half",
    "three ",
    "quarters",
    "to ",
    "where ",
    "k ",
    r"\in ",
    r"\mathbb{Z}",
    "(A)",
    "②",
    "或",
    "5",
    "x",
    "=",
]
WORDS += [
    r"\text{",
    "}",
    "$",
    "**",
    ":",
    ",",
    ".",
    "constant ",
    "some ",
    "for ",
    "厘米",
    "分之",
    "一",
    "\n",
    "minus ",
]


@given(st.lists(st.sampled_from(WORDS), max_size=40).map("".join), st.lists(st.sampled_from(WORDS)).map("".join))
def test_any_words_have_a_verdict(answer: str, reference: str) -> None:
    try:
        assert math_equal(answer, reference) in (0.0, 1.0)
    except GradingError as error:
        assert "reference" in str(error)
