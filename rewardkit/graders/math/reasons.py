r"""What a tree was read as, in words for the reason of a score."""

from __future__ import annotations

from rewardkit.graders.math.items import collection
from rewardkit.graders.math.names import FIXED, is_label, names_of
from rewardkit.graders.math.nodes import Node, bare
from rewardkit.graders.math.regions import is_regional, symbol

_SYMBOLS = {"inf": "infinity", "-inf": "minus infinity", "emptyset": "the empty set"}
_ORDERED = frozenset(("<", ">", "<=", ">=", "!="))
_COLLECTIONS = {"set": "a set", "list": "a list", "ratio": "a ratio"}


def read_as(node: Node) -> str:
    """What a tree is: `a fraction`, `a point and as an interval`, `a set of 3`, `an expression in x`."""
    node = bare(node)
    if said := symbol(node):
        return _SYMBOLS.get(said, "a symbol")
    if node.kind == "relation":
        return _relation(node)
    if node.kind == "group":
        return _brackets(node)
    if is_regional(node):
        return "a union of intervals" if node.kind == "cup" else "a set of numbers"
    if node.kind == "matrix":
        return f"a matrix of {len(node.args)} rows"
    if node.kind == "cases":
        return "a system of equations"
    if found := collection(node):
        several = "alternatives" if found.brackets == "or" else _COLLECTIONS[found.kind]
        return several if node.kind == "pm" or len(found.items) < 2 else f"{several} of {len(found.items)}"
    return _value(node)


def _relation(node: Node) -> str:
    if not _ORDERED.isdisjoint(node.text.split(" ")):
        return "an inequality"
    return f"a value of {node.args[0].text or 'a name'}" if is_label(node.args[0]) else "an equation"


def _brackets(node: Node) -> str:
    """What brackets around several things may mean."""
    items = node.args[0].args if node.args else ()
    if node.text not in ("()", "[]") or is_regional(node):
        return "an interval" if len(items) == 2 else "a vector"
    return "a point and as an interval" if len(items) == 2 else f"a point of {len(items)}"


def _value(node: Node) -> str:
    while node.kind == "neg":
        node = bare(node.args[0])
    if node.kind == "number":
        if node.places >= 0:
            return "a decimal"
        return "a whole number" if node.value.denominator == 1 else "a fraction"
    if node.kind == "percent":
        return "a percentage"
    if node.kind == "quantity":
        return f"an amount in {node.text}"
    if node.kind == "base":
        return f"a number in base {node.text}"
    if node.kind == "div" and all(part.kind == "number" for part in node.args):
        return "a fraction"
    names = sorted(names_of(node) - FIXED - _SYMBOLS.keys())
    return f"an expression in {', '.join(names[:4])}" if names else "an exact value"
