r"""Amounts: a value with its percent sign and its unit, however they are written.

`60 \frac{km}{h}`, `1 hour 30 minutes`, `n - 1 moves` and `USD 5` are a number and a unit each. A unit that only
one side names is forgiven; two must measure the same thing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from rewardkit.graders.math import units
from rewardkit.graders.math.names import FIXED, names_of
from rewardkit.graders.math.nodes import Node, Rational, flat

_DEGREES = {"2": {"square", "squared", "sq", "2"}, "3": {"cubic", "cubed", "cu", "3"}}
_LETTERS = frozenset([*"NJWVK", "Omega"])  # that are units behind a number


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


def digits_of(node: Node) -> str:
    """The digits of `2A` as they are written, or an empty text."""
    if node.kind in ("number", "name"):
        return node.text
    return "".join(map(digits_of, flat(node))) if node.kind == "mul" else ""


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


def with_letters(side: Scalar, other: Scalar) -> Scalar:
    """`10 m/s` beside a side with a unit, or beside a bare number: the letters are a unit too."""
    if side.unit or side.percent or side.node.kind != "mul":
        return side
    node, unit = _measured(side.node, evident=False)
    composed = "/" in unit or "^" in unit
    return Scalar(node, False, unit) if unit and (other.unit or (composed and _plain(other.node))) else side


def _plain(node: Node) -> bool:
    """Whether a tree is a number without letters."""
    return node.kind != "name" and all(map(_plain, node.args))


def without_letter(side: Scalar, other: Scalar) -> Scalar:
    """`0.64N` beside a plain number as an amount."""
    parts = side.node.args
    if side.node.kind != "mul" or len(parts) != 2 or other.node.kind != "number":
        return side
    letter = parts[0].kind == "number" and parts[1].kind == "name" and parts[1].text in _LETTERS
    return Scalar(parts[0], side.percent, parts[1].text) if letter else side


def unit_scale(ours: Scalar, theirs: Scalar) -> Rational | None:
    """What the answer's number is multiplied with to be in the reference's unit; None where units disagree."""
    if not ours.unit or not theirs.unit:
        return 1
    if _bare(ours.unit) == _bare(theirs.unit):
        return 1
    if "°" in (ours.unit, theirs.unit) and {"°C", "°F"} & {ours.unit, theirs.unit}:
        return 1  # degrees of heat that do not say on which scale
    first, second = _read(ours.unit), _read(theirs.unit)
    if first is None and second is None:
        named = any(names_of(side.node) - FIXED for side in (ours, theirs))  # `n is odd` is no amount of `is odd`
        same = _degree(ours.unit) == _degree(theirs.unit) and _kin(ours.unit, theirs.unit)
        return 1 if not named and same else None
    if first is None or second is None:
        unknown, known = (ours.unit, theirs.unit) if first is None else (theirs.unit, ours.unit)
        named = "unit" in unknown.lower() and _degree(unknown) == _degree(known)
        return 1 if named or _mentions(unknown, known) else None
    return first.factor / second.factor if first.kind == second.kind else None


def _read(unit: str) -> units.Unit | None:
    """The unit that words begin with: `years` of `years old`."""
    words = unit.split(" ")
    return next((found for end in range(len(words), 0, -1) if (found := units.read(" ".join(words[:end])))), None)


def _degree(unit: str) -> str:
    """2 of `square units`, 3 of `cubic units`, else 1."""
    words = unit.lower().replace("^", " ").replace(".", " ").split()
    return next((degree for degree, said in _DEGREES.items() if not said.isdisjoint(words)), "1")


def _kin(ours: str, theirs: str) -> bool:
    """Whether two unknown units have a word in common, `red marbles` and `marbles`, or one says just `units`."""
    first, second = ({_bare(word) for word in unit.split(" ")} for unit in (ours, theirs))
    return not first.isdisjoint(second) or "unit" in first | second


def _bare(unit: str) -> str:
    return unit.lower().replace(" ", "").removesuffix("s")


def _mentions(unknown: str, known: str) -> bool:
    return _bare(known) in _bare(unknown) and len(_bare(known)) > 3
