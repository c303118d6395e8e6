r"""Equality of two values: exactly, then at points, then by the precision that is written, then in court."""

from __future__ import annotations

from fractions import Fraction

from rewardkit.graders.math.amounts import Scalar, digits_of, scalar, unit_scale, with_letters, without_letter
from rewardkit.graders.math.evaluate import Meaning, plain_value
from rewardkit.graders.math.exact import Mono, Poly, Ratio, rational
from rewardkit.graders.math.floats import Undefined
from rewardkit.graders.math.nodes import Node, Rational
from rewardkit.graders.math.numeric import Evaluation, approximate, is_zero
from rewardkit.graders.math.precision import close, has_float, is_decimal, least_places, places
from rewardkit.graders.math.rough import is_likely
from rewardkit.graders.math.tokens import Unreadable

HEARD = ("sum", "prod", "int", "limit", "antiderivative", "zeta", "Gamma", "erf")
"""The functions whose cases go to the court of last resort where no point says anything."""

_ROUNDED = 0.01  # how far a decimal may be from what it is the decimal of, for a rough look
_SHORT = 10**6  # of a numerator that is shown
_INNER_PLACES = 3  # digits behind a point within a reference that count as a rounding


def same_scalar(answer: Node, reference: Node, meaning: Meaning, tolerance: float | None) -> str:
    """The rule by which two values are equal, or an empty text."""
    ours, theirs = scalar(answer), scalar(reference)
    if not (ours.unit and theirs.unit):
        ours, theirs = with_letters(ours, theirs), with_letters(theirs, ours)
    if ours.node.kind == "base" and theirs.node.kind == "number":
        return ""
    if theirs.node.kind == "base" and (digits := digits_of(ours.node)):
        return "the same digits" if digits.upper() == theirs.node.args[0].text.upper() else ""
    scale: Rational = 1
    if not ours.unit and not theirs.unit:
        ours, theirs = without_letter(ours, theirs), without_letter(theirs, ours)
    if ours.unit or theirs.unit:
        found = unit_scale(ours, theirs)
        if found is None:
            return _angle(ours, theirs, meaning)
        scale = found
    if (ours.percent and theirs.unit) or (theirs.percent and ours.unit):
        return ""
    if bool(ours.unit) != bool(theirs.unit) and (rule := _lettered(ours, theirs, meaning)):
        return rule
    if ours.percent == theirs.percent:
        rule = same_value(ours.node, theirs.node, meaning, tolerance, scale)
        return rule or (_angle(ours, theirs, meaning) if "°" in (ours.unit, theirs.unit) else "")
    if ours.percent:
        return same_value(ours.node, theirs.node, meaning, tolerance, Fraction(1, 100)) and "percent"
    exactly = 0.0 if tolerance is None else tolerance
    if same_value(ours.node, theirs.node, meaning, exactly) or same_value(
        ours.node, theirs.node, meaning, tolerance, 100
    ):
        return "percent"
    return ""


def is_near(exact: Node, rounded: Node, meaning: Meaning) -> bool:
    """Whether what stands behind `≈` is about what stands before it: to its last digit, or to half a percent.

    Nobody can tell where one of them is no number; then it says nothing.
    """
    first, second = scalar(exact), scalar(rounded)
    scale = unit_scale(first, second)
    if scale is None:
        return False
    try:
        values = [approximate(meaning.value(side.node), meaning.field) for side in (first, second)]
    except (Unreadable, Undefined):
        return True
    percent = {True: 0.01, False: 1.0}
    ours, theirs = values[0] * float(scale) * percent[first.percent], values[1] * percent[second.percent]
    unit = 10.0 ** -(places(second.node) or 0) * percent[second.percent]
    digit = unit if abs(theirs) <= abs(ours) else 0.501 * unit  # cut off, or rounded
    return abs(ours - theirs) <= max(digit, 0.005 * abs(ours))


def _angle(ours: Scalar, theirs: Scalar, meaning: Meaning) -> str:
    """`60°` and `\\pi/3`."""
    angles = {"°", "rad", ""}
    if not ({ours.unit, theirs.unit} <= angles and ours.unit != theirs.unit):
        return ""
    first, second = (
        Node("quantity", side.unit, (side.node,)) if side.unit else side.node for side in (ours, theirs)
    )
    return equal_values(meaning.value(first), meaning.value(second), meaning) and "degrees"


def _lettered(ours: Scalar, theirs: Scalar, meaning: Meaning) -> str:
    """`5 cm` against an expression in c and m."""
    named, bare = (ours, theirs) if ours.unit else (theirs, ours)
    unit, _, power = named.unit.partition("^")
    if not (unit.isascii() and unit.isalpha() and len(unit) <= 3 and (not power or power.isdigit())):
        return ""
    letters = [Node("name", letter) for letter in unit]
    if power:
        letters[-1] = Node("pow", "", (letters[-1], Node("number", power, (), Fraction(int(power)))))
    product = meaning.value(Node("mul", "", (named.node, *letters)))
    return equal_values(product, meaning.value(bare.node), meaning) and "a unit as letters"


def same_value(
    answer: Node, reference: Node, meaning: Meaning, tolerance: float | None, scale: Rational = 1
) -> str:
    """The rule by which two expressions are equal, the answer's times a scale, or an empty text."""
    first, second = plain_value(answer), plain_value(reference)
    if first is None or second is None:
        ours, theirs = meaning.value(answer), meaning.value(reference)
        first, second = rational(ours), rational(theirs)
    if first is not None and second is not None:
        first = first * scale
        if first == second:
            short = first.denominator < _SHORT and abs(first.numerator) < _SHORT
            return f"both are {first}" if first.denominator > 1 and short else "same number"
        return close(Fraction(first), Fraction(second), answer, reference, tolerance, scale)
    if scale != 1:
        ours = meaning.field.multiply(ours, meaning.field.number(scale))
    if ours == theirs:
        return "same normal form"
    if rule := equal_values(ours, theirs, meaning, has_float(answer) or has_float(reference)):
        return rule
    if tolerance is None and (precision := least_places(reference)) >= _INNER_PLACES and not is_decimal(reference):
        return _near_terms(ours, theirs, precision, meaning)
    if tolerance is not None or is_decimal(answer) or is_decimal(reference):
        return _near(ours, theirs, answer, reference, meaning, tolerance, scale)
    return ""


def _near_terms(ours: Ratio, theirs: Ratio, precision: int, meaning: Meaning) -> str:
    """Whether two expressions agree, term for term, to the digits that the reference writes within it."""
    if ours.below != theirs.below:
        return ""
    first, second = by_variables(ours.above), by_variables(theirs.above)
    at = Evaluation(meaning.field, {})
    for key in first.keys() | second.keys():
        apart = at.poly(first.get(key, {}))[0] - at.poly(second.get(key, {}))[0]
        if abs(apart) > 0.51 * 10.0**-precision:
            return ""
    return "rounded within the expression"


def by_variables(poly: Poly) -> dict[Mono, Poly]:
    """The coefficients of a polynomial in its variables, each a polynomial in constants."""
    found: dict[Mono, Poly] = {}
    for mono, factor in poly.items():
        constant = tuple(pair for pair in mono if pair[0].isdigit() or pair[0] in ("pi", "e", "i"))
        rest = tuple(pair for pair in mono if pair not in constant)
        found.setdefault(rest, {})[constant] = factor
    return found


def _near(
    ours: Ratio,
    theirs: Ratio,
    answer: Node,
    reference: Node,
    meaning: Meaning,
    tolerance: float | None,
    scale: Rational,
) -> str:
    try:
        second = _approximate(theirs, meaning)
        first = _approximate(ours, meaning, second)
    except Undefined:
        return ""
    if abs(first.imag) > 1e-12 or abs(second.imag) > 1e-12:
        return ""
    return close(Fraction(first.real), Fraction(second.real), answer, reference, tolerance, scale)


def _approximate(value: Ratio, meaning: Meaning, expected: complex | None = None) -> complex:
    """The float of a value, from the court where nobody else knows it and it may be the one that is expected."""
    try:
        return approximate(value, meaning.field)
    except Undefined:
        if not meaning.field.has(*HEARD):
            raise
        if not meaning.is_open and expected is not None:
            rounded = meaning.field.number(Fraction(expected.real))
            if not is_likely(meaning.field.difference(value, rounded), meaning.field, within=_ROUNDED):
                raise
        from rewardkit.graders.math import court

        if (number := court.approximate(value, meaning.field)) is None:
            raise
        return number


def equal_values(
    ours: Ratio, theirs: Ratio, meaning: Meaning, rounded: bool = False, roughly: bool = False
) -> str:
    """The rule by which two exact values are equal, or an empty text.

    What no point decides goes to court where the reference itself is open, or where a rough look makes it likely;
    `roughly` is content with the look.
    """
    if ours == theirs:
        return "same normal form"
    difference = meaning.field.difference(ours, theirs)
    if not difference:
        return "same normal form"
    if len(difference) == 1 and () in difference:
        return ""
    if not is_opaque(difference) and not rounded:
        return ""
    verdict = is_zero(difference, meaning.field, rounded=rounded)
    if verdict is None and meaning.field.has(*HEARD):
        if not meaning.is_open and not is_likely(difference, meaning.field):
            return ""
        if roughly and not meaning.is_open:
            return "about the same"
        from rewardkit.graders.math import court

        return "sympy" if court.is_zero(difference, meaning.field) else ""
    return "same at every point tried" if verdict else ""


def is_opaque(difference: Poly) -> bool:
    """Whether atoms appear between which there may be relations that the normal form does not know."""
    return any(
        "[" in atom or "(" in atom or (not isinstance(power, int) and not atom.isdigit())
        for mono in difference
        for atom, power in mono
    )
