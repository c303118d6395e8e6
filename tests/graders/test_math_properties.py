"""Values from an exact model, printed in many ways: every rewriting is equal, every near miss is not.

REWARDKIT_EXAMPLES sets how many examples each property gets; the long run is 4770 each, 100,000 in all.
"""

from __future__ import annotations

import os
from fractions import Fraction

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rewardkit.errors import GradingError
from rewardkit.graders.math import math_equal

MANY = settings(
    max_examples=int(os.environ.get("REWARDKIT_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

integers = st.integers(-(10**9), 10**9)
small = st.integers(-12, 12)
fractions = st.builds(Fraction, st.integers(-60, 60), st.integers(1, 24))
styles = st.integers(0, 9)


def grouped(number: int, style: int) -> str:
    """An integer in one of the ways that people write it."""
    digits = f"{number:,}"
    return [
        str(number),
        digits,
        digits.replace(",", "{,}"),
        digits.replace(",", r"\,"),
        digits.replace(",", " "),
        f"${number}$",
        f"{number}.0",
        rf"\boxed{{{number}}}",
        f"x = {number}",
        f"{number}.",
    ][style]


def divided(value: Fraction, style: int) -> str:
    """A fraction in one of the ways that people write it."""
    above, below, sign = abs(value.numerator), value.denominator, "-" if value < 0 else ""
    return [
        f"{value.numerator}/{below}",
        rf"{sign}\frac{{{above}}}{{{below}}}",
        rf"\dfrac{{{value.numerator}}}{{{below}}}",
        f"({value.numerator})/({below})",
        f"{sign}{3 * above}/{3 * below}",
        rf"\left({value.numerator}\right) \div {below}",
        rf"{sign}\frac{{{2 * above}}}{{{2 * below}}}",
        f"{value.numerator} * {below}^{{-1}}",
        f"{sign}({above}/{below})",
        rf"\({sign}\tfrac{{{above}}}{{{below}}}\)",
    ][style]


def polynomial(terms: list[int], style: int) -> str:
    """The polynomial with these coefficients, from the constant up."""
    pieces = [_term(factor, power, style) for power, factor in enumerate(terms) if factor]
    if style % 2:
        pieces.reverse()
    return " + ".join(pieces) if pieces else "0"


def _term(factor: int, power: int, style: int) -> str:
    if not power:
        return f"({factor})"
    raised = ["x^{%d}", "x**%d", "x^%d"][style % 3] % power if power > 1 else "x"
    return f"({factor})*{raised}" if style > 4 else f"({factor}){raised}"


def interval(low: Fraction, high: Fraction, closed: tuple[bool, bool], style: int) -> str:
    """An interval as brackets, as a chain, or as a set."""
    first, last = divided(low, style), divided(high, (style + 1) % 10)
    opening, ending = "[" if closed[0] else "(", "]" if closed[1] else ")"
    less, upto = (r"\le" if closed[0] else "<"), ("<=" if closed[1] else "<")
    return [
        f"{opening}{first}, {last}{ending}",
        rf"\left{opening}{first}, {last}\right{ending}",
        f"{first} {less} x {upto} {last}",
        rf"\{{x \mid {first} {less} x {upto} {last}\}}",
        rf"x \in {opening}{first},{last}{ending}",
    ][style % 5]


@MANY
@given(integers, styles, styles)
def test_integers_are_themselves_however_they_are_written(number: int, one: int, other: int) -> None:
    assert math_equal(grouped(number, one), grouped(number, other)) == 1


@MANY
@given(integers, st.integers(1, 10**6), styles, styles)
def test_other_integers_are_not(number: int, apart: int, one: int, other: int) -> None:
    assert math_equal(grouped(number + apart, one), grouped(number, 0 if other in (6,) else other)) == 0


@MANY
@given(fractions, styles, styles)
def test_fractions_are_themselves_however_they_are_written(value: Fraction, one: int, other: int) -> None:
    assert math_equal(divided(value, one), divided(value, other)) == 1


@MANY
@given(fractions, fractions, styles, styles)
def test_other_fractions_are_not(value: Fraction, another: Fraction, one: int, other: int) -> None:
    assume(value != another)
    assert math_equal(divided(value, one), divided(another, other)) == 0


@MANY
@given(st.integers(1, 400), st.integers(1, 12), small)
def test_roots_are_simplified(number: int, factor: int, added: int) -> None:
    written = rf"{factor}\sqrt{{{number}}} + {added}"
    assert math_equal(rf"\sqrt{{{factor * factor * number}}} + ({added})", written) == 1
    assert math_equal(rf"\sqrt{{{factor * factor * number + 1}}} + ({added})", written) == 0


@MANY
@given(st.lists(small, min_size=1, max_size=5), styles, styles)
def test_polynomials_are_themselves_however_they_are_written(terms: list[int], one: int, other: int) -> None:
    assert math_equal(polynomial(terms, one), polynomial(terms, other)) == 1


@MANY
@given(st.lists(small, min_size=1, max_size=5), st.integers(0, 4), st.integers(1, 5), styles, styles)
def test_a_changed_coefficient_is_another_polynomial(
    terms: list[int], place: int, by: int, one: int, other: int
) -> None:
    assume(place < len(terms))
    changed = [factor + by if at == place else factor for at, factor in enumerate(terms)]
    assert math_equal(polynomial(changed, one), polynomial(terms, other)) == 0


@MANY
@given(small, small, small)
def test_products_are_multiplied_out(a: int, b: int, c: int) -> None:
    factored = f"({a} + x)({b} - x)(x + ({c}))"
    expanded = f"-x^3 + ({b - a - c})x^2 + ({a * b + b * c - a * c})x + ({a * b * c})"
    assert math_equal(factored, expanded) == 1
    assert math_equal(factored, f"{expanded} + 1") == 0


@MANY
@given(fractions, fractions, st.tuples(st.booleans(), st.booleans()), styles, styles)
def test_intervals_are_inequalities(
    low: Fraction, high: Fraction, closed: tuple[bool, bool], one: int, other: int
) -> None:
    assume(low < high)
    written = interval(low, high, closed, other)
    assert math_equal(interval(low, high, closed, one), written) == 1
    assert math_equal(interval(low, high + 1, closed, one), written) == 0
    assert math_equal(interval(low, high, (not closed[0], closed[1]), one), written) == 0


@MANY
@given(st.lists(fractions, min_size=2, max_size=5, unique=True), st.randoms(use_true_random=False), styles)
def test_sets_have_no_order_and_points_have_one(values: list[Fraction], random: object, style: int) -> None:
    other = sorted(values)
    assume(other != values)
    first = ", ".join(divided(value, style) for value in values)
    second = ", ".join(divided(value, 1) for value in other)
    assert math_equal(rf"\{{{first}\}}", rf"\{{{second}\}}") == 1
    assert math_equal(first, second) == 1
    assert math_equal(f"({first})", f"({second})") == 0
    assert math_equal(rf"\{{{first}, 99\}}", rf"\{{{second}\}}") == 0


@MANY
@given(st.integers(1, 9), st.integers(-9, 9), st.integers(1, 9), st.integers(2, 5))
def test_equations_are_the_same_up_to_sides_and_a_factor(a: int, b: int, c: int, factor: int) -> None:
    written = f"{a}x + ({b})y = {c}"
    assert math_equal(f"{factor * c} = {factor * a}x + ({factor * b})y", written) == 1
    assert math_equal(f"{a}x + ({b})y - {c} = 0", written) == 1
    assert math_equal(f"{a}x + ({b})y = {c + 1}", written) == 0


@MANY
@given(small, small, st.sampled_from(["sin", "cos", "tan", "ln", "exp"]))
def test_functions_compare_by_their_values(a: int, b: int, name: str) -> None:
    assert math_equal(rf"\{name}({a} + x) + {b}", rf"({b}) + \{name}\left(x+({a})\right)") == 1
    assert math_equal(rf"\{name}({a} + x) + {b}", rf"({b}) + \{name}\left(x+({a})\right) + 1") == 0


def repeating(value: Fraction, style: int) -> str:
    """A positive fraction as a decimal, with a bar over what repeats."""
    whole, rest = divmod(value.numerator, value.denominator)
    digits, seen = "", {}
    while rest and rest not in seen:
        seen[rest] = len(digits)
        digits += str(10 * rest // value.denominator)
        rest = 10 * rest % value.denominator
    if not rest:
        return f"{whole}.{digits or 0}"
    head, again = digits[: seen[rest]], digits[seen[rest] :]
    bar = [rf"\overline{{{again}}}", rf"\bar{{{again}}}", f"({again})"][style % 3]
    return f"{whole}.{head}{bar}"


@MANY
@given(st.builds(Fraction, st.integers(1, 400), st.integers(1, 40)), styles, styles)
def test_repeating_decimals_are_fractions(value: Fraction, one: int, other: int) -> None:
    assert math_equal(repeating(value, one), divided(value, other)) == 1
    assert math_equal(repeating(value, one), divided(value + Fraction(1, 900), other)) == 0


@MANY
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), styles)
def test_mixed_numbers_are_fractions(whole: int, above: int, below: int, style: int) -> None:
    assume(above < below)
    written = [f"{whole} {above}/{below}", rf"{whole}\frac{{{above}}}{{{below}}}", f"{whole} and {above}/{below}"][
        style % 3
    ]
    value = whole + Fraction(above, below)
    assert math_equal(written, divided(value, style)) == 1
    assert math_equal(written, divided(value + 1, style)) == 0


UNITS = [("m", 1000), ("cm", 10), ("mm", 1), ("km", 10**6)]


@MANY
@given(st.integers(1, 10**6), st.sampled_from(UNITS), st.sampled_from(UNITS), st.booleans())
def test_units_are_converted(size: int, one: tuple[str, int], other: tuple[str, int], styled: bool) -> None:
    def written(value: Fraction, unit: str) -> str:
        number = divided(value, 1) if value.denominator > 1 else str(value)
        return rf"{number} \text{{ {unit}}}" if styled else f"{number} {unit}"

    reference = written(Fraction(size, one[1]), one[0])
    assert math_equal(written(Fraction(size, other[1]), other[0]), reference) == 1
    assert math_equal(written(Fraction(size + 1, other[1]), other[0]), reference) == 0
    assert math_equal(written(Fraction(size, other[1]), "kg"), reference) == 0


@MANY
@given(st.integers(2, 10**6), st.integers(2, 16), st.integers(0, 2))
def test_numbers_in_a_base_are_numbers(number: int, base: int, style: int) -> None:
    digits, left = "", number
    while left:
        digits, left = "0123456789ABCDEF"[left % base] + digits, left // base
    assume(any(map(str.isdigit, digits)))
    written = [f"{digits}_{{{base}}}", f"({digits})_{{{base}}}", f"{digits} base {base}"][style]
    assert math_equal(written, f"{digits}_{{{base}}}") == 1
    assert math_equal(f"{number + 1}_{{10}}", written) == 0


@MANY
@given(small, small, small, small, styles)
def test_complex_numbers_are_points_of_a_plane(a: int, b: int, c: int, d: int, style: int) -> None:
    written = [f"{a} + ({b})i", f"({b})i + ({a})", rf"{a} + {b} \cdot i", f"({a}) + ({b})*i"][style % 4]
    product = f"{a * c - b * d} + ({a * d + b * c})i"
    assert math_equal(f"({written})({c} + ({d})i)", product) == 1
    assert math_equal(f"({written})({c} + ({d})i) + i", product) == 0


@MANY
@given(st.lists(st.lists(small, min_size=2, max_size=2), min_size=2, max_size=3), st.integers(0, 2))
def test_matrices_are_compared_cell_by_cell(rows: list[list[int]], style: int) -> None:
    cells = r" \\ ".join(" & ".join(map(str, row)) for row in rows)
    listed = f"[{', '.join(str(row) for row in rows)}]"
    kind = ["pmatrix", "bmatrix", "matrix"][style]
    written = rf"\begin{{{kind}}} {cells} \end{{{kind}}}"
    assert math_equal(listed, written) == 1
    rows[0][0] += 1
    assert math_equal(f"[{', '.join(str(row) for row in rows)}]", written) == 0


FORMS = [
    "x = 5", "5", "(2, 3)", "[2, 3]", r"\{2, 3\}", "2, 3", "x > 2", r"(2, \infty)", r"\frac{1}{2}", "1:2",
    "50\\%", "x^2 - 1", "(x-1)(x+1)", "y = 2x", "2x - y = 0", r"\pm 3", "3, -3", r"60^\circ", r"\frac{\pi}{3}",
    "A", "a", "VI", "6", r"x = 2 \text{ or } x = 3", r"\sqrt{8}", r"2\sqrt2", r"\emptyset", "no solution",
    r"\begin{pmatrix}2\\3\end{pmatrix}", "p=5, q=2 and p=7, q=2", "p=5,q=2;p=7,q=2", r"\sin^2 x",
    r"1 - \cos^2 x", "i", "-i", "3:30 pm", "yes", "true",
]  # fmt: skip


@MANY
@given(st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_exact_forms_have_no_order(one: str, other: str) -> None:
    assert math_equal(one, other) == math_equal(other, one)


MARKS = (
    r"\frac \sqrt { } ( ) [ ] ^ _ + - * / = < > , ; | ! % 1 2 10 0.5 x y e i \pi \sin \log \infty \cup & \\ "
    r"\begin{pmatrix} \end{pmatrix} \text{ or and \pm \le \in \{ \} \int dx \sum_{k=1}^{n} \lim_{x\to0} 1e300 "
    r"^\circ \overline{3} ... mod \binom 99999999999 cm $ \boxed{"
)

texts = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(MARKS.split(" ")),
        max_size=14,
    ).map(" ".join),
)


@MANY
@given(texts, texts)
def test_no_text_raises_anything_but_a_grading_error(answer: str, reference: str) -> None:
    try:
        score = math_equal(answer, reference)
    except GradingError:
        return
    assert score in (0, 1)
    assert score.reason


@MANY
@given(fractions, fractions, styles, styles)
def test_the_verdict_does_not_depend_on_the_order(
    one: Fraction, other: Fraction, style: int, another: int
) -> None:
    first, second = divided(one, style), divided(other, another)
    assert math_equal(first, second) == math_equal(second, first)
    assert math_equal(f"({first}, 1)", f"[{second}, 1]") == math_equal(f"[{second}, 1]", f"({first}, 1)")
