r"""Regions of the number line: intervals, inequalities in one variable, and unions of them.

`x > 2`, `(2, \infty)` and `\{x \mid x > 2\}` are one region. Ends are exact values; they are put in order by their
floats, so a region whose ends hold variables has no form here and is compared piece by piece.
"""

from __future__ import annotations

from rewardkit.graders.math.evaluate import Meaning
from rewardkit.graders.math.exact import ONE, Ratio
from rewardkit.graders.math.floats import Undefined
from rewardkit.graders.math.items import expanded
from rewardkit.graders.math.names import FIXED, names_of
from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.numeric import approximate, variables
from rewardkit.graders.math.pieces import (
    HIGH,
    INFINITE,
    LOW,
    REALS,
    End,
    Piece,
    Region,
    common,
    complement,
    merged,
)
from rewardkit.graders.math.tokens import Unreadable

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


_ZERO = Ratio({}, ONE)
_POSITIVE = (Piece(End(0.0, _ZERO, False), HIGH),)
_NOT_NEGATIVE = (Piece(End(0.0, _ZERO, True), HIGH),)
_NEGATIVE = (Piece(LOW, End(0.0, _ZERO, False)),)
_HALVES: dict[str, Region] = {
    "R": REALS,
    **dict.fromkeys(("R^+", "R_+", "R_>0", "R^+_", "R_++"), _POSITIVE),
    **dict.fromkeys(("R_>=0", "R_0^+", "R^+_0"), _NOT_NEGATIVE),
    **dict.fromkeys(("R^-", "R_-", "R_<0"), _NEGATIVE),
}
"""Names of the number line and of its halves."""

_NO_VARIABLES = frozenset(("inf", "emptyset", *_HALVES))


def region(node: Node, meaning: Meaning) -> Region | None:
    """The region that a tree says, or None if it says none."""
    kind = node.kind
    if kind == "group" and node.text in ("{}", "()") and len(node.args) == 1 and node.args[0].kind != "list":
        return region(node.args[0], meaning)
    if kind == "group" and len(node.args) == 1 and node.args[0].kind == "list":
        return interval(node, meaning)
    if kind in ("cup", "cap", "setminus"):
        parts = [_part(arg, meaning) for arg in node.args]
        if parts[0] is None or parts[1] is None:
            return None
        if kind == "cup":
            return merged(parts[0] + parts[1])
        return common(parts[0], parts[1] if kind == "cap" else complement(parts[1]))
    if kind == "name" and node.text in _HALVES:
        return _HALVES[node.text]
    if kind == "add" and _reals(node.args[0]) and len(node.args) == 2 and node.args[1].kind == "neg":
        without = _part(node.args[1].args[0], meaning)
        return None if without is None else complement(without)
    if kind == "set" and len(node.args) == 1 and node.args[0].kind == "such":
        return _described(node.args[0], meaning)
    if kind == "relation":
        both = expanded([node])
        if len(both) == 1:
            return _of_relation(node, meaning)
        return _of_list(Node("list", "and" if "!=" in node.text else "or", tuple(both)), meaning)
    if kind == "list":
        return _of_list(_repeated(node), meaning)
    return None


def _described(such: Node, meaning: Meaning) -> Region | None:
    r"""`\{x \in \mathbb{R} \mid x > 2\}`: what its condition says about the element, within where that lies."""
    element, condition = such.args
    domain: Region | None = REALS
    if element.kind == "relation" and element.text == "in":
        element, domain = element.args[0], region(element.args[1], meaning)
    found = region(condition, meaning)
    others = names_of(condition) - FIXED - _NO_VARIABLES - {element.text}
    if domain is None or found is None or element.kind != "name" or others:
        return None
    return common(domain, found)


def _part(node: Node, meaning: Meaning) -> Region | None:
    """A part of a union: a region, or a set of numbers."""
    if (
        node.kind == "group"
        and node.text == "()"
        and node.args
        and node.args[0].kind in ("cup", "cap", "setminus")
    ):
        node = node.args[0]
    if node.kind in ("set", "number") or (node.kind == "group" and node.text == "{}"):
        inner = node.args[0] if node.kind != "number" else node
        if inner.kind == "such":
            return region(node, meaning)
        items = inner.args if inner.kind == "list" else (inner,)
        ends = [_end(item, meaning, True) for item in items]
        return merged(tuple(Piece(end, end) for end in ends))
    return region(node, meaning)


def interval(node: Node, meaning: Meaning) -> Region | None:
    """`[1, 2)` and its kin."""
    items = node.args[0].args
    if (
        len(items) != 2
        or node.args[0].text not in (",", ";")
        or node.text[0] not in "([]"
        or node.text[-1] not in ")]["
    ):
        return None
    low = _end(items[0], meaning, node.text[0] == "[")
    high = _end(items[1], meaning, node.text[-1] == "]")  # at infinity too: `[3, \\infty]` is another set
    return (
        merged((Piece(low, high),))
        if low.at < high.at or (low.at == high.at and low.closed and high.closed)
        else ()
    )


def _end(node: Node, meaning: Meaning, closed: bool) -> End:
    while node.kind == "group" and node.text in ("()", "{}") and node.args:
        node = node.args[0]
    negative = False
    while node.kind == "neg":
        node, negative = node.args[0], not negative
    if node.kind == "name" and node.text == "inf":
        return End(-INFINITE if negative else INFINITE, None, closed)
    if node.kind == "add" and node.args and node.args[-1].kind == "name" and node.args[-1].text == "inf":
        return End(INFINITE, None, closed)
    value = meaning.value(node)
    if negative:
        value = meaning.field.negative(value)
    return end_of(value, meaning, closed)


def end_of(value: Ratio, meaning: Meaning, closed: bool) -> End:
    """The end at a constant."""
    try:
        number = approximate(value, meaning.field)
    except Undefined as error:
        raise Unreadable("an end that is no number") from error
    if abs(number.imag) > 1e-12 * max(1.0, abs(number)):
        raise Unreadable("an end that is not real")
    return End(number.real, value, closed)


def _of_relation(node: Node, meaning: Meaning) -> Region | None:
    operators = node.text.split(" ")
    if len(operators) == 1 and (distance := _distance(node)):
        return region(distance, meaning)
    if (measured := _measured(node, meaning)) is not None:
        return measured
    if operators == ["in"]:
        return region(node.args[1], meaning) if node.args[0].kind != "list" else None
    if operators == ["notin"]:
        inner = _part(node.args[1], meaning)
        return None if inner is None else complement(inner)
    if any(operator not in _FLIPPED for operator in operators):
        return None
    result: Region = REALS
    names: set[str] = set()
    for operator, left, right in zip(operators, node.args, node.args[1:], strict=False):
        half = _half(operator, left, right, meaning, names)
        if half is None:
            return None
        result = common(result, half)
    return result if len(names) == 1 else None


def _measured(node: Node, meaning: Meaning) -> Region | None:
    """`1 <= |z| <= 2`: the region of the distance, to both sides of zero."""
    found = [arg for arg in node.args if arg.kind == "fn" and arg.text == "abs" and arg.args[0].kind == "name"]
    if len(found) != 1 or len(node.args) < 3:
        return None
    sides = tuple(arg.args[0] if arg is found[0] else arg for arg in node.args)
    distance = _of_relation(Node("relation", node.text, sides), meaning)
    if distance is None:
        return None
    zero = End(0.0, meaning.field.number(0), True)
    right = common(distance, (Piece(zero, HIGH),))
    return merged(
        right + tuple(Piece(_mirrored(piece.high, meaning), _mirrored(piece.low, meaning)) for piece in right)
    )


def _mirrored(end: End, meaning: Meaning) -> End:
    return End(-end.at, meaning.field.negative(end.exact) if end.exact is not None else None, end.closed)


def _distance(node: Node) -> Node | None:
    """`|u| < c` and `|u| > c` without the bars."""
    left, right = node.args
    operator = node.text
    if right.kind == "fn" and right.text == "abs" and operator in _FLIPPED:
        left, right, operator = right, left, _FLIPPED[operator]
    if left.kind != "fn" or left.text != "abs" or operator not in ("<", ">", "<=", ">="):
        return None
    inner, low = left.args[0], Node("neg", "", (right,))
    if operator[0] == "<":
        return Node("relation", f"{operator} {operator}", (low, inner, right))
    below, above = Node("relation", _FLIPPED[operator], (inner, low)), Node("relation", operator, (inner, right))
    return Node("list", "or", (below, above))


def _half(operator: str, left: Node, right: Node, meaning: Meaning, names: set[str]) -> Region | None:
    """The region of one inequality that is linear in one variable."""
    if _infinite(right) or _infinite(left):
        other = left if _infinite(right) else right
        names |= variables(meaning.value(other), meaning.field)
        return REALS
    difference = meaning.field.difference(meaning.value(left), meaning.value(right))
    found = {
        atom for mono in difference for atom, _ in mono if atom not in ("pi", "e", "i") and not atom.isdigit()
    }
    plain = [atom for atom in found if atom not in meaning.field.atoms]
    if len(plain) != 1:
        return None
    name = plain[0]
    names.add(name)
    slope = {
        tuple(pair for pair in mono if pair[0] != name): factor
        for mono, factor in difference.items()
        if (name, 1) in mono
    }
    rest = {mono: factor for mono, factor in difference.items() if all(atom != name for atom, _ in mono)}
    if len(slope) + len(rest) != len(difference) or not slope:
        return None
    one = {(): 1}
    value = meaning.field.negative(meaning.field.divide(Ratio(rest, one), Ratio(slope, one)))  # type: ignore[arg-type]
    end = end_of(value, meaning, "=" in operator and operator != "!=")
    if operator == "!=":
        return (Piece(LOW, end), Piece(end, HIGH))
    if operator == "=":
        return (Piece(end, end),)
    rising = approximate(Ratio(slope, one), meaning.field).real > 0  # type: ignore[arg-type]
    above = (operator[0] == ">") == rising
    return (Piece(end, HIGH),) if above else (Piece(LOW, end),)


def _infinite(node: Node) -> bool:
    while node.kind == "neg":
        node = node.args[0]
    return node.kind == "name" and node.text == "inf"


def _repeated(node: Node) -> Node:
    r"""`x \ne 1, 2` with its relation before each of the values."""
    first = node.args[0]
    if first.kind != "relation" or first.text != "!=" or any(item.kind == "relation" for item in node.args[1:]):
        return node
    rest = (Node("relation", "!=", (first.args[0], value)) for value in node.args[1:])
    return Node("list", "and", (first, *rest))


def _of_list(node: Node, meaning: Meaning) -> Region | None:
    """Several inequalities of one variable: `or` joins, `and` and a comma narrow down, unless nothing is left."""
    names: set[str] = set()
    parts: list[Region] = []
    for item in node.args:
        if item.kind not in ("relation", "group", "cup"):
            return None
        if item.kind == "group" and not (node.text == "or" and "[" not in item.text[0] + ")"):
            part = region(item, meaning)
        else:
            part = region(item, meaning)
        if part is None or (
            item.kind == "relation" and "in" in item.text and len(node.args) > 1 and item.text != "in"
        ):
            return None
        if item.kind == "group":
            return None
        parts.append(part)
        names |= _variables_of(item, meaning)
    if len(names) != 1:
        return None
    joined = merged(tuple(piece for part in parts for piece in part))
    if node.text in ("or", "lor"):
        return joined
    narrowed: Region = REALS
    for part in parts:
        narrowed = common(narrowed, part)
    return narrowed if node.text in ("and", "land") else narrowed or joined


def _reals(node: Node) -> bool:
    return node.kind == "name" and node.text == "R"


def _variables_of(item: Node, meaning: Meaning) -> set[str]:
    if item.kind == "cup":
        return {"x"}
    found: set[str] = set()
    for side in item.args:
        if side.kind not in ("group", "cup", "set") and not _infinite(side) and not _reals(side):
            found |= variables(meaning.value(side), meaning.field)
    return found


def symbol(node: Node) -> str | None:
    """The empty set or an infinity with its sign, or None for anything else."""
    negative = False
    while node.kind in ("neg", "group", "add") and len(node.args) == 1:
        negative ^= node.kind == "neg"
        node = node.args[0]
    if node.kind == "name" and node.text in ("inf", "emptyset"):
        return ("-" if negative else "") + node.text
    return None


def is_regional(node: Node) -> bool:
    """Whether a tree can only be a region: it has an infinite end, mixed brackets, a union or an inequality."""
    if node.kind in ("cup", "cap", "setminus"):
        return True
    if node.kind == "add":
        return _reals(node.args[0])
    if node.kind == "name":
        return node.text in _HALVES
    if node.kind == "set":
        return len(node.args) == 1 and node.args[0].kind == "such"
    if node.kind == "relation":
        return node.text.split(" ")[0] not in ("=", "~", "in", "->") or (
            node.text == "in" and is_regional(node.args[1])
        )
    if node.kind == "list":
        return any(item.kind == "relation" and is_regional(item) for item in node.args)
    if (
        node.kind == "group"
        and len(node.args) == 1
        and node.args[0].kind == "list"
        and len(node.args[0].args) == 2
    ):
        return node.text in ("(]", "[)", "][") or any(symbol(item) for item in node.args[0].args)
    return False


def subject(node: Node) -> str:
    """The variable that an inequality is about, where it is only one letter on one side."""
    if node.kind == "list":
        return subject(node.args[0])
    if node.kind != "relation":
        return ""
    sides = [side.args[0] if side.kind == "fn" and side.text == "abs" else side for side in node.args]
    names = [side.text for side in sides if side.kind == "name" and side.text not in ("inf", "pi", "e")]
    return names[0] if len(names) == 1 else ""
