r"""Equality of two values, and of what is written of them: precision, percent signs, units.

A reference with a decimal point sets the precision: an answer is right that it is a rounding or a cut of, and one
with fewer digits that agree. A reference without one is exact; only an answer of ten digits and more counts as a
float of it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from rewardkit.graders.math import units
from rewardkit.graders.math.evaluate import Meaning, plain_value
from rewardkit.graders.math.exact import Mono, Poly, Ratio, rational
from rewardkit.graders.math.nodes import Node, Rational, flat
from rewardkit.graders.math.numeric import Evaluation, Undefined, approximate, is_zero
from rewardkit.graders.math.tokens import Unreadable

HEARD = ("sum", "prod", "int", "limit", "antiderivative", "zeta", "Gamma", "erf")
"""The functions whose cases go to the court of last resort where no point says anything."""

_SHORT = 10**6  # of a numerator that is shown
_INNER_PLACES = 3  # digits behind a point within a reference that count as a rounding
_DEGREES = {"2": {"square", "squared", "sq", "2"}, "3": {"cubic", "cubed", "cu", "3"}}
_FLOAT_DIGITS = 10  # of an answer that counts as the float of an exact reference


class Scalar(NamedTuple):
    """One value and how it is written.

    Attributes:
        node: the number or expression, without percent sign and unit.
        percent: whether a percent sign follows it.
        unit: the unit behind it, as it is written.
    """

    node: Node
    percent: bool = False
    unit: str = ""


def scalar(node: Node) -> Scalar:
    """A tree without parentheses, percent sign and unit around it."""
    if node.kind == "number":
        return Scalar(node)
    negative = False
    percent, unit = False, ""
    while True:
        if node.kind == "group" and len(node.args) == 1 and node.text in ("()", "{}", "[]"):
            node = node.args[0]
        elif node.kind == "neg":
            node, negative = node.args[0], not negative
        elif node.kind == "base" and not unit:
            break
        elif node.kind == "percent" and not percent:
            node, percent = node.args[0], True
        elif not unit and (total := _compound(node)):
            return total
        elif node.kind == "quantity":
            unit = node.text if not unit else f"{node.text} {unit}"
            node = node.args[0]
        elif node.kind == "mul" and not unit and node.args[-1].kind == "quantity" and node.args[-1].text != "°":
            unit = node.args[-1].text
            node = Node("mul", "", (*node.args[:-1], node.args[-1].args[0]))
        elif node.kind == "mul" and not unit and _below(node):
            unit = node.args[-1].args[0].text  # `1/4 hour`
            node = Node("mul", "", (*node.args[:-1], Node("inverse", "", node.args[-1].args[0].args)))
        elif node.kind == "mul" and node.args[-1].kind == "percent" and not percent:
            percent = True
            node = Node("mul", "", (*node.args[:-1], node.args[-1].args[0]))
        elif node.kind == "mul" and node.args[0].kind == "quantity" and node.args[0].text in "$€£¥" and not unit:
            unit = node.args[0].text
            node = Node("mul", "", (node.args[0].args[0], *node.args[1:]))
        else:
            break
    if not unit and not percent and node.kind == "mul":
        node, unit = _measured(node)
    elif not unit and node.kind == "add":
        node, unit = _counted(node)
    if negative:
        node = (
            Node("number", node.text, (), -node.value, node.places)
            if node.kind == "number"
            else Node("neg", "", (node,))
        )
    return Scalar(node, percent, unit)


def _digits_of(node: Node) -> str:
    """The digits of `2A` as they are written, or an empty text."""
    if node.kind in ("number", "name"):
        return node.text
    return "".join(map(_digits_of, flat(node))) if node.kind == "mul" else ""


def _below(node: Node) -> bool:
    """Whether the unit behind a fraction of plain numbers hangs on what is below in it."""
    last = node.args[-1]
    plain = all(part.kind == "number" for part in node.args[:-1])
    return plain and last.kind == "inverse" and last.args[0].kind == "quantity" and last.args[0].text != "°"


def _measured(node: Node, evident: bool = True) -> tuple[Node, str]:
    """A product without the unit at its end, and the unit: `60 \\frac{km}{h}`.

    Letters alone are one only where it is evident from elsewhere that there is one.
    """
    parts = flat(node)
    if parts[0].kind == "name" and parts[0].text.startswith("unit ") and parts[1:]:
        parts = [*parts[1:], parts[0]]  # `USD 5`
    first = len(parts)
    while first > 1 and (unit := _unit_text(parts[first - 1])) and not unit.isdigit():
        first -= 1
    if first == len(parts):
        return node, ""
    written = "".join(map(_unit_text, parts[first:]))
    spoken = any(_speaks(part) for part in parts[first:])
    head = parts[:first]
    if not written or (evident and not spoken) or any(part.kind in ("name", "quantity") for part in head):
        return node, ""
    if not spoken and units.read(written.strip()) is None:
        return node, ""
    return (head[0] if first == 1 else Node("mul", "", tuple(head))), written.strip()


def _speaks(node: Node) -> bool:
    """Whether a tree has the name of a unit in it that is no letter."""
    if node.kind == "name":
        return node.text.startswith("unit ")
    return any(map(_speaks, node.args))


def _unit_text(node: Node) -> str:
    """The text of the unit that a tree may be, with a space or a stroke before it, or an empty text."""
    if node.kind == "name":
        return f" {node.text.removeprefix('unit ')}" if node.text[0].isalpha() else ""
    if node.kind == "group" and len(node.args) == 1:
        return _unit_text(node.args[0])
    if node.kind == "inverse":
        below = _unit_text(node.args[0])
        return f"/{below.strip()}" if below else ""
    if node.kind in ("mul", "div"):
        parts = [_unit_text(part) for part in flat(node)]
        if not all(parts):
            return ""
        return f"{parts[0]}/{parts[1].strip()}" if node.kind == "div" else "".join(parts)
    if node.kind == "pow":
        base, power = _unit_text(node.args[0]), _whole_power(node.args[1])
        return f"{base}^{power}" if base and power else ""
    return ""


def _whole_power(node: Node) -> int:
    while node.kind == "group" and node.args:
        node = node.args[0]
    if node.kind == "neg":
        return -_whole_power(node.args[0])
    return int(node.value) if node.kind == "number" and node.value.denominator == 1 else 0


def _counted(node: Node) -> tuple[Node, str]:
    """A sum without the word behind its last term, `n - 1 moves`, and the word."""
    if any(part.kind in ("quantity", "percent") for term in node.args[:-1] for part in (term, *term.args)):
        return node, ""
    last = scalar(node.args[-1])
    if not last.unit or last.unit == "°" or last.percent:
        return node, ""
    return Node("add", "", (*node.args[:-1], last.node)), last.unit


def _compound(node: Node) -> Scalar | None:
    """`1 hour 30 minutes` in its first unit."""
    if node.kind != "mul" or len(node.args) < 2 or any(arg.kind != "quantity" for arg in node.args):
        return None
    parts = [(arg.args[0], units.read(arg.text)) for arg in node.args]
    first = parts[0][1]
    total = Fraction(0)
    for number, unit in parts:
        if number.kind != "number" or unit is None or first is None or unit.kind != first.kind:
            return None
        total += number.value * unit.factor / first.factor
    return Scalar(Node("number", "", (), total), False, node.args[0].text)


def same_scalar(answer: Node, reference: Node, meaning: Meaning, tolerance: float | None) -> str:
    """The rule by which two values are equal, or an empty text."""
    ours, theirs = scalar(answer), scalar(reference)
    if not (ours.unit and theirs.unit):
        ours, theirs = _with_letters(ours, theirs), _with_letters(theirs, ours)
    if ours.node.kind == "base" and theirs.node.kind == "number":
        return ""
    if theirs.node.kind == "base" and (digits := _digits_of(ours.node)):
        return "the same digits" if digits.upper() == theirs.node.args[0].text.upper() else ""
    scale: Rational = 1
    if not ours.unit and not theirs.unit and (bare := _without_letter(theirs.node)) and ours.node.kind == "number":
        return same_value(ours.node, bare, meaning, tolerance) and "the unit left out"
    if ours.unit or theirs.unit:
        found = _unit_scale(ours, theirs)
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


def _with_letters(side: Scalar, other: Scalar) -> Scalar:
    """`10 m/s` beside a side with a unit, or beside a bare number: the letters are a unit too."""
    if side.unit or side.percent or side.node.kind != "mul":
        return side
    node, unit = _measured(side.node, evident=False)
    composed = "/" in unit or "^" in unit
    return Scalar(node, False, unit) if unit and (other.unit or (composed and _plain(other.node))) else side


def _plain(node: Node) -> bool:
    """Whether a tree is a number without letters."""
    return node.kind != "name" and all(map(_plain, node.args))


def _without_letter(node: Node) -> Node | None:
    """The number of a reference such as `0.64N`."""
    if (
        node.kind == "mul"
        and len(node.args) == 2
        and node.args[0].kind == "number"
        and node.args[1].kind == "name"
    ):
        return node.args[0] if node.args[1].text in "NJWVK" else None
    return None


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


def _unit_scale(ours: Scalar, theirs: Scalar) -> Rational | None:
    """What the answer's number is multiplied with to be in the reference's unit; None where units disagree."""
    if not ours.unit or not theirs.unit:
        return 1
    if _bare(ours.unit) == _bare(theirs.unit):
        return 1
    first, second = units.read(ours.unit), units.read(theirs.unit)
    if first is None and second is None:
        return 1 if "°" not in (ours.unit, theirs.unit) and _degree(ours.unit) == _degree(theirs.unit) else None
    if first is None or second is None:
        unknown, known = (ours.unit, theirs.unit) if first is None else (theirs.unit, ours.unit)
        named = "unit" in unknown.lower() and _degree(unknown) == _degree(known)
        return 1 if named or _mentions(unknown, known) else None
    return first.factor / second.factor if first.kind == second.kind else None


def _degree(unit: str) -> str:
    """2 of `square units`, 3 of `cubic units`, else 1."""
    words = unit.lower().replace("^", " ").replace(".", " ").split()
    return next((degree for degree, said in _DEGREES.items() if not said.isdisjoint(words)), "1")


def _bare(unit: str) -> str:
    return unit.lower().replace(" ", "").removesuffix("s")


def _mentions(unknown: str, known: str) -> bool:
    return _bare(known) in _bare(unknown) and len(_bare(known)) > 3


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
    if rule := equal_values(ours, theirs, meaning, _has_float(answer) or _has_float(reference)):
        return rule
    if (
        tolerance is None
        and (precision := _least_places(reference)) >= _INNER_PLACES
        and not is_decimal(reference)
    ):
        return _near_terms(ours, theirs, precision, meaning)
    if tolerance is not None or is_decimal(answer) or is_decimal(reference):
        return _near(ours, theirs, answer, reference, meaning, tolerance, scale)
    return ""


def _least_places(node: Node) -> int:
    """The fewest digits behind a point within an expression, or -1."""
    found: list[int] = []
    queue = [node]
    while queue:
        part = queue.pop()
        if part.places >= 0:
            found.append(part.places)
        queue.extend(part.args)
    return min(found, default=-1)


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
        numbers = [_approximate(value, meaning) for value in (ours, theirs)]
    except Undefined:
        return ""
    if any(abs(number.imag) > 1e-12 for number in numbers):
        return ""
    first, second = (Fraction(number.real) for number in numbers)
    return close(first, second, answer, reference, tolerance, scale)


def _approximate(value: Ratio, meaning: Meaning) -> complex:
    try:
        return approximate(value, meaning.field)
    except Undefined:
        if meaning.field.has(*HEARD):
            from rewardkit.graders.math import court

            if (number := court.approximate(value, meaning.field)) is not None:
                return number
        raise


def equal_values(ours: Ratio, theirs: Ratio, meaning: Meaning, rounded: bool = False) -> str:
    """The rule by which two exact values are equal, or an empty text."""
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


def _has_float(node: Node) -> bool:
    """Whether a float was printed into an expression, so that its last digits say nothing."""
    queue = [node]
    while queue:
        part = queue.pop()
        if part.places >= _FLOAT_DIGITS:
            return True
        queue.extend(part.args)
    return False


def is_decimal(node: Node) -> bool:
    """Whether a number is written with a decimal point, perhaps times a power of ten."""
    return places(node) is not None


def places(node: Node) -> int | None:
    """The digits behind the point of a number that is written with one; None for anything else."""
    if node.kind == "neg" or (node.kind == "group" and len(node.args) == 1):
        return places(node.args[0])
    if node.kind == "number":
        return node.places if node.places >= 0 or "e" in node.text.lower() else None
    if (
        node.kind == "mul"
        and len(node.args) == 2
        and node.args[0].kind in ("number", "neg")
        and node.args[1].kind == "pow"
    ):
        base, exponent = node.args[1].args
        shift = exponent.value if exponent.kind == "number" else None
        while exponent.kind in ("group", "neg") and len(exponent.args) == 1:
            inner = exponent.args[0]
            if inner.kind == "number":
                shift = inner.value if exponent.kind == "group" else -inner.value
            exponent = inner
        if base.kind == "number" and base.value == 10 and shift is not None and shift.denominator == 1:
            own = places(node.args[0])
            return own - int(shift) if own is not None else None
    return None


def close(
    first: Fraction, second: Fraction, answer: Node, reference: Node, tolerance: float | None, scale: Rational = 1
) -> str:
    """Whether two numbers agree to the precision that is written, or asked for."""
    apart = abs(first - second)
    if tolerance is not None:
        return f"within {tolerance}" if apart <= Fraction(tolerance) else ""
    ours, theirs = places(answer), places(reference)
    if theirs is not None:
        unit = Fraction(10) ** -theirs
        if apart <= unit / 2 and (
            ours is None or ours <= theirs or _digits(answer) >= 12 or _scientific(reference)
        ):
            return "rounded as the reference"
        if ours is None and apart < unit and abs(first) >= abs(second) >= 100 * unit:
            return "cut off as the reference"
        return "rounded from the reference" if _coarser(first, second, answer, ours or 0) else ""
    if ours is not None and scale == 1 and second and _digits(answer) >= _FLOAT_DIGITS:
        return (
            "a float of the reference"
            if apart <= abs(second) * Fraction(1, 10**_FLOAT_DIGITS) and not _whole(second)
            else ""
        )
    return ""


def _scientific(node: Node) -> bool:
    return node.kind == "mul" or "e" in node.text.lower()


def _whole(value: Fraction) -> bool:
    return value.denominator == 1


def _digits(node: Node) -> int:
    while node.kind in ("neg", "group", "mul") and node.args:
        node = node.args[0]
    return sum(character.isdigit() for character in node.text.lstrip("0.").partition("e")[0])


def _coarser(first: Fraction, second: Fraction, answer: Node, places_of_answer: int) -> bool:
    """Whether the answer is the reference with fewer digits, but at least three and within a thousandth."""
    if answer.kind not in ("number", "neg") or _digits(answer) < 3:
        return False
    unit = Fraction(10) ** -places_of_answer
    return abs(first - second) <= unit / 2 and abs(first - second) * 500 <= abs(second)


__all__ = [
    "Scalar",
    "Unreadable",
    "close",
    "equal_values",
    "is_decimal",
    "places",
    "same_scalar",
    "same_value",
    "scalar",
]
