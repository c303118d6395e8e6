"""The tree: what the parser builds, and the few shapes of it that need a second look."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

Rational = int | Fraction


class Node(NamedTuple):
    """A part of the tree.

    Attributes:
        kind: `number`, `name`, `add`, `mul`, `div`, `neg`, `pow`, `call`, `group`, `list`, `relation`, …
        text: the name, the operators, the brackets or the unit, by kind.
        args: the parts.
        value: of a number.
        places: of a number that is written with a decimal point, the digits behind it, else -1.
    """

    kind: str
    text: str = ""
    args: tuple[Node, ...] = ()
    value: Rational = 0
    places: int = -1


def grouped_points(items: list[Node], marks: list[str]) -> tuple[list[Node], list[str]]:
    """`p = 5, q = 2; p = 7, q = 2` as two points: what semicolons or `or` keep apart, and commas join."""
    outer = next((mark for mark in (";", "or", "and") if mark in marks), "")
    if not outer or "," not in marks or (outer == "and" and any(item.kind != "relation" for item in items)):
        return items, marks
    groups: list[list[Node]] = [[items[0]]]
    for mark, item in zip(marks, items[1:], strict=False):
        if mark == outer:
            groups.append([])
        groups[-1].append(item)
    if len(groups) < 2 or len({len(group) for group in groups}) > 1 or len(groups[0]) < 2:
        return items, marks
    points = [Node("group", "()", (Node("list", ",", tuple(group)),)) for group in groups]
    return points, [outer] * (len(points) - 1)


def is_proper_fraction(node: Node) -> bool:
    """Whether a tree is a fraction of two whole numbers below one."""
    if node.kind == "mul" and len(node.args) == 2 and node.args[1].kind == "inverse":
        node = Node("div", "", (node.args[0], node.args[1].args[0]))
    return (
        node.kind == "div"
        and all(part.kind == "number" and part.places < 0 for part in node.args)
        and 0 < node.args[0].value < node.args[1].value
    )


def is_minus_one(node: Node) -> bool:
    """Whether a tree is -1, as in `\\sin^{-1}`."""
    while node.kind == "group" and node.args:
        node = node.args[0]
    if node.kind == "neg":
        return node.args[0].kind == "number" and node.args[0].value == 1
    return node.kind == "number" and node.value == -1


def product(factors: list[Node]) -> Node:
    """Factors as one tree, whole numbers joined with the fractions behind them."""
    if len(factors) == 1:
        return factors[0]
    if any(factor.kind == "part" for factor in factors):
        factors = _mixed(factors)
        if len(factors) == 1:
            return factors[0]
    return Node("mul", "", tuple(factors))


def _mixed(factors: list[Node]) -> list[Node]:
    """Whole numbers with their parts added."""
    found: list[Node] = []
    for factor in factors:
        if factor.kind == "part":
            whole, part = found[-1].value, factor.args[0]
            value = part.value if part.kind == "number" else Fraction(part.args[0].value) / part.args[1].value
            found[-1] = Node("number", "", (), whole - value if whole < 0 else whole + value)
            if factor.text:
                found[-1] = Node(
                    "percent" if factor.text == "%" else "quantity", factor.text.strip("%"), (found[-1],)
                )
        else:
            found.append(factor)
    return found


def differential(body: Node) -> tuple[Node, str] | None:
    """An integrand without its `dx`, and the x: of `x dx`, `a + b + c dx`, `\\frac{dx}{x}`."""
    if body.kind == "add":
        return None
    if body.kind == "neg":
        found = differential(body.args[0])
        return (Node("neg", "", (found[0],)), found[1]) if found else None
    if body.kind == "div":
        found = differential(body.args[0])
        return (Node("div", "frac", (found[0], body.args[1])), found[1]) if found else None
    parts = flat(body)
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == Node("name", "d") and parts[at + 1].kind == "name":
            rest = parts[:at] + parts[at + 2 :]
            return (product(rest) if rest else Node("number", "1", (), 1)), parts[at + 1].text
    return None


def flat(node: Node) -> list[Node]:
    """The factors of a product or the parts of a quotient, letters side by side one by one."""
    if node.kind == "div":
        return list(node.args)
    if node.kind != "mul":
        return [node]
    return [
        part for arg in node.args for part in (arg.args if arg.kind == "mul" and arg.text == "beside" else (arg,))
    ]


_SEVERAL = frozenset("matrix cases relation list set such cup cap setminus pm ratio".split())
_SYMBOLS = frozenset(("inf", "emptyset"))


def bare(node: Node) -> Node:
    """A tree without parentheses around all of it, unless they make it a point."""
    while node.kind == "group" and len(node.args) == 1 and node.text in ("()", "{}", "[]"):
        if node.text != "{}" and node.args[0].kind == "list":
            break
        node = node.args[0]
    return node


def is_single(node: Node) -> bool:
    """Whether a tree can only be one value: nothing of a set, a point, a relation or infinity is in it."""
    kind = node.kind
    if kind == "number":
        return True
    if kind == "name":
        return node.text not in _SYMBOLS and node.text[0] != "R"  # the reals and their halves
    if kind == "group" and len(node.text) != 2:
        return False
    return kind not in _SEVERAL and all(map(is_single, node.args))
