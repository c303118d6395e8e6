"""What math_equal holds for the same, and what not, one behaviour a line."""

from __future__ import annotations

import math

import pytest

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.math import math_equal

SAME = {
    "a number however it is dressed": [
        ("1234567", "1,234,567"),
        ("1234", "1{,}234"),
        ("1234", r"1\,234"),
        ("1234", "1 234"),
        ("1234.5", "1,234.5"),
        ("42", "42."),
        ("42", "**42**"),
        ("42", r"\boxed{42}"),
        ("42", "forty-two"),
        ("-7", "−7"),
        ("0.001", "10^{-3}"),
        ("1500", "1.5e3"),
        ("1500", r"1.5 \times 10^3"),
        ("0.5", ".5"),
        ("3000000", "3 million"),
        ("6", "VI"),
        ("2.74", "2,74"),
    ],
    "fractions, mixed numbers and repeating decimals": [
        (r"\frac{1}{2}", "0.5"),
        (r"\frac12", "1/2"),
        (r"\dfrac{3}{4}", r"\tfrac34"),
        ("1.5", r"1\frac{1}{2}"),
        ("7/4", "1 3/4"),
        ("½", r"\frac{1}{2}"),
        ("-3/4", r"-\frac{3}{4}"),
        ("-3/4", r"\frac{-3}{4}"),
        ("1/3", r"0.\overline{3}"),
        ("1/6", r"0.1\overline{6}"),
        ("1/3", "0.333..."),
        (r"1\frac{1}{2}", r"$1\frac{1}{2}$ cups"),
    ],
    "radicals, powers, logarithms and the circle": [
        (r"2\sqrt{2}", r"\sqrt{8}"),
        (r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt{2}}"),
        (r"\sqrt{2}-1", r"\frac{1}{1+\sqrt{2}}"),
        (r"1+\sqrt{2}", r"\sqrt{3+2\sqrt{2}}"),
        ("√2", "sqrt(2)"),
        (r"\sqrt[3]{16}", r"2\sqrt[3]{2}"),
        ("-2", "(-8)^(1/3)"),
        ("2^{10}", "1024"),
        ("2^{10000000}", "4^{5000000}"),
        (r"\ln 8", r"3\ln 2"),
        (r"\log_2 8", "3"),
        (r"\log 100", "2"),
        ("1", r"\sin\frac{\pi}{2}"),
        (r"\frac{1}{2}", r"\cos 60^\circ"),
        (r"\frac{\pi}{4}", r"\arctan 1"),
        ("60^\\circ", r"\frac{\pi}{3}"),
        ("-1", r"e^{i\pi}"),
        (r"\pi", "π"),
        ("120", "5!"),
        ("10", r"\binom{5}{2}"),
        ("2", r"17 \bmod 5"),
        ("1", r"\lim_{x \to 0} \frac{\sin x}{x}"),
        (r"\frac{1}{3}", r"\int_0^1 x^2 dx"),
        ("55", r"\sum_{k=1}^{10} k"),
        ("2^n", r"\sum_{k=0}^{n}\binom{n}{k}"),
    ],
    "expressions": [
        ("x^2+2x+1", "(x+1)^2"),
        ("x^2+2x+1", "(x+1)**2"),
        (r"\frac{x^2-1}{x+1}", "x-1"),
        ("a(b+c)", "ab+ac"),
        (r"\sin^2 x+\cos^2 x", "1"),
        (r"\tan x", r"\frac{\sin x}{\cos x}"),
        ("e^{x+y}", "e^x e^y"),
        ("(n+1)!", "(n+1)n!"),
        (r"\frac{x^2}{2}+C", r"\frac{1}{2}x^2+K"),
        ("1+2i", "i2+1"),
        (r"\frac{1}{i}", "-i"),
        (r"x\sqrt{x}", r"x^{3/2}"),
    ],
    "equations and assignments": [
        ("5", "x=5"),
        ("x=5", "5"),
        ("5", r"2 + 3 = 5"),
        ("y=2x+3", "2x-y+3=0"),
        ("y=2x+3", "3y=6x+9"),
        ("xy=1", r"y=\frac{1}{x}"),
        ("f(x)=x^2", "f(t)=t^2"),
        ("f(x)=x^2", "x^2"),
        (r"\frac{dy}{dx}=2x", "2x"),
        (r"\frac{\sqrt{3}}{3}", r"\frac{\sqrt{3}}{3} \approx 0.577"),
    ],
    "intervals and inequalities": [
        ("x>2", r"(2,\infty)"),
        ("x>2", "2<x"),
        (r"[1,2)", r"1 \le x < 2"),
        (r"(-\infty,1)\cup(3,\infty)", r"x<1 \text{ or } x>3"),
        (r"\{x \mid x > 2\}", "x > 2"),
        (r"x \ne 0", r"\mathbb{R}\setminus\{0\}"),
        (r"x \ne 0", r"(-\infty,0)\cup(0,\infty)"),
        (r"|x| \le 2", "[-2,2]"),
        ("-x >= -1", "x <= 1"),
        ("x ≤ 3", r"x \leqslant 3"),
        ("a<b", "b>a"),
        ("(0.5,3]", r"\left(\frac{1}{2}, 3\right]"),
    ],
    "points, sets, lists and matrices": [
        ("(1,2)", r"\left(1, 2\right)"),
        ("(1,2)", "x=1, y=2"),
        ("(0.5, 2)", r"(\frac{1}{2}, 2)"),
        (r"\{1,2,3\}", "{3,1,2}"),
        ("1, 2", r"2 \text{ and } 1"),
        ("1, 2", "x=1 or x=2"),
        (r"\pm 2", "2, -2"),
        (r"1 \pm \sqrt{2}", r"1+\sqrt2, 1-\sqrt2"),
        ("p=5,q=2;p=7,q=2", "(5,2),(7,2)"),
        (r"\emptyset", r"\{\}"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "[[1,2],[3,4]]"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\frac12\begin{pmatrix}2\\4\end{pmatrix}"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)"),
        ("-2", r"\begin{vmatrix}1&2\\3&4\end{vmatrix}"),
        ("1:2:3", "2:4:6"),
        ("3:2", "3/2"),
    ],
    "units, percent and money": [
        (r"5 \text{ m}", "500 cm"),
        (r"5 \text{ cm}", "5"),
        ("5", "5 apples"),
        (r"5 \text{ cm}^2", "5 square centimeters"),
        (r"\$18.00", "18"),
        (r"72^\circ", "72 degrees"),
        ("50%", "0.5"),
        ("0.5", r"50\%"),
        (r"12\%", "12"),
        ("18 (cm)", "18"),
    ],
    "precision as the reference writes it": [
        ("0.33", r"\frac{1}{3}"),
        ("125.663", r"40\pi"),
        ("4.5e33", "4.53e33"),
        ("299.94", "300"),
        (r"\ln 2", "0.6931471805599453"),
        ("2.0", "2"),
    ],
    "options, words and times": [
        ("B", "(B)"),
        ("B", r"\textbf{(B)} 12"),
        ("B", "B."),
        ("(A) Paris", "Paris"),
        (r"\text{True}", "yes"),
        (r"\text{Navin}", "navin"),
        ("no solution", r"\emptyset"),
        ("3:30 p.m.", "15:30"),
        (r"\text{June 20}", "20 June"),
        (r"1011_2", r"1011_{\text{two}}"),
    ],
}

DIFFERENT = {
    "near misses": [
        (r"\pi", r"\frac{22}{7}"),
        (r"\frac{1}{3}", "0.33"),
        (r"\sqrt{2}", "1.4142"),
        ("5.001", "5"),
        ("0.3", "0.30000001"),
        ("e^{\\pi\\sqrt{163}}", "262537412640768744"),
        ("123456789123456789", "123456789123456788"),
        (r"\sqrt{x^2}", "x"),
        ("x^2+1", "X^2+1"),
        ("|x+1001|-1001", "|x+1000|-1000"),
        ("(x+1)^{100000}", "(x+1)^{100001}"),
        ("e^{10x}+0.0000001", "e^{10x}"),
        ("-2", "2"),
        ("2i", "2"),
        ("x=y", "|x|=|y|"),
        ("x=y", "ax=ay"),
        ("x^2=4", "x=2"),
    ],
    "more, or less, than was asked for": [
        ("7", "7 or 8"),
        ("7", "7, 8"),
        ("7", r"7 \pm 3"),
        ("7", "(7,8)"),
        ("7", "7x"),
        ("7", "7!"),
        ("7", "7_8"),
        ("7", r"7 \pmod{10}"),
        ("7", r"x \ge 7"),
        ("7", "7 = 8"),
        ("7", r"7\%"),
        ("7", r"\neq 7"),
        ("7", "not 7"),
        ("B", "ABCD"),
        ("B", "A or B"),
        (r"\text{yes}", r"\text{yes and no}"),
        ("1, 2", "1, 2, 3"),
    ],
    "the wrong kind": [
        ("(1,2)", "(2,1)"),
        ("(1,2)", "[1,2]"),
        ("(0,0)", "0"),
        ("x>2", r"x \ge 2"),
        ("x>2", "y>2"),
        ("[1,2]", "(1,2)"),
        (r"(-\infty,1)\cup(3,\infty)", r"(-\infty,1)"),
        (r"\emptyset", r"\{0\}"),
        (r"\infty", r"-\infty"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}2\\1\end{pmatrix}"),
        (r"5 \text{ cm}", "5 feet"),
        (r"5 \text{ cm}", "5 kg"),
        ("0.5", r"0.5\%"),
        ("1:2", "2:1"),
        (r"\text{True}", "1"),
        ("x=5", "y=5"),
        (r"1011_2", r"1011_3"),
        ("3:30 p.m.", "3:30 a.m."),
    ],
    "what has no value": [
        ("0", r"\frac{0}{0}"),
        ("7", r"\frac{7}{0}"),
        (r"\infty", r"\frac{1}{0}"),
        ("7", ""),
        ("7", "__import__('os')"),
        ("7", "9^{9^{9^{9}}}"),
        ("7", "100000000!"),
    ],
}


def pairs(table: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return [pair for group in table.values() for pair in group]


@pytest.mark.parametrize(("reference", "answer"), pairs(SAME))
def test_the_same(reference: str, answer: str) -> None:
    score = math_equal(answer, reference)
    assert score == 1, score.reason


@pytest.mark.parametrize(("reference", "answer"), pairs(DIFFERENT))
def test_different(reference: str, answer: str) -> None:
    score = math_equal(answer, reference)
    assert score == 0, score.reason


@pytest.mark.parametrize(("reference", "answer"), pairs(SAME) + pairs(DIFFERENT))
def test_each_text_is_the_same_as_itself(reference: str, answer: str) -> None:
    assert math_equal(reference, reference) == 1


def test_the_reason_names_both_sides_and_the_rule() -> None:
    assert math_equal("0.5", r"\frac{1}{2}").reason == r"'0.5' = '\\frac{1}{2}' (both are 1/2)"
    assert math_equal("8", "7").reason == "read '8', expected '7'"


def test_a_zero_says_what_both_sides_were_read_as() -> None:
    score = math_equal("(3, 4)", r"\{3, 4\}")
    assert score.reason == r"read '(3, 4)' as a point and as an interval, expected '\\{3, 4\\}', a set of 2"
    assert "as an inequality" in math_equal("x > 2", "5").reason
    assert "a matrix of 2 rows" in math_equal("5", r"\begin{pmatrix}1\\2\end{pmatrix}").reason


def test_no_answer_is_a_zero_that_says_so() -> None:
    score = math_equal(None, "7")
    assert score == 0
    assert "no final answer" in score.reason


def test_a_reference_may_be_a_number() -> None:
    assert math_equal("72", 72) == 1
    assert math_equal("0.25", 0.25) == 1


def test_a_tolerance_replaces_the_rules_of_precision() -> None:
    assert math_equal("3.15", r"\pi", tolerance=0.01) == 1
    assert math_equal("3.15", r"\pi", tolerance=0.001) == 0
    assert math_equal("9.99", "10", tolerance=0.01) == 1
    assert math_equal("0.334", "0.33", tolerance=0.0) == 0


@pytest.mark.parametrize("tolerance", [-1.0, math.nan, math.inf])
def test_a_tolerance_is_a_number_from_zero_up(tolerance: float) -> None:
    with pytest.raises(UsageError, match="tolerance"):
        math_equal("1", "1", tolerance=tolerance)


@pytest.mark.parametrize("reference", ["", "  ", r"\frac{1}{", "((", "3 +"])
def test_a_reference_that_cannot_be_read_is_an_error_and_not_a_zero(reference: str) -> None:
    with pytest.raises(GradingError):
        math_equal("7", reference)


def test_an_answer_that_cannot_be_read_is_a_zero() -> None:
    assert math_equal(r"\frac{1}{", "7") == 0


def test_the_reference_sets_whether_a_unit_must_be_named() -> None:
    assert math_equal("5", r"5 \text{ cm}") == 1
    assert math_equal("5", r"5 \text{ cm}", units=True) == 0
    assert math_equal("50 mm", r"5 \text{ cm}", units=True) == 1
    assert math_equal("5", "5", units=True) == 1


def test_with_choices_the_letter_and_the_text_are_one() -> None:
    choices = ["3", r"\frac{1}{2}", "Paris"]
    assert math_equal("B", "B", choices=choices) == 1
    assert math_equal("0.5", "B", choices=choices) == 1
    assert math_equal("(C)", "paris", choices=choices) == 1
    assert math_equal("A", r"\frac12", choices=choices) == 0
    assert math_equal("7", "A", choices=choices) == 0
    with pytest.raises(GradingError, match="none of the 3 choices"):
        math_equal("A", "London", choices=choices)
