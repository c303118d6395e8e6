r"""Collections as trees: the items of a list, a set or a point, and both values of a `±`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rewardkit.graders.math.names import FIXED, is_label, label_text, names_of
from rewardkit.graders.math.nodes import Node, bare, is_proper_fraction

_DOTS = Node("name", "...")
MOST = 60  # items of a list


class Collection(NamedTuple):
    """Several answers, or one of several parts.

    Attributes:
        kind: `tuple`, `set`, `list` or `ratio`; empty for one answer that is none of them.
        items: its parts.
        brackets: of a tuple, the brackets around it; of a list, the mark between its items.
    """

    kind: str = ""
    items: tuple[Node, ...] = ()
    brackets: str = ""


def collection(node: Node) -> Collection | None:
    """The collection that a tree is, or None."""
    kind = node.kind
    if kind == "list":
        return Collection("list", _filled(node.args), node.text)
    if kind == "set":
        inner = node.args[0]
        return Collection("set", _filled(inner.args) if inner.kind == "list" else (inner,))
    if kind in ("cup", "setminus", "cap"):
        return _combined(node)
    if kind == "ratio":
        first, last = node.args
        left = collection(first) if first.kind == "ratio" else None
        return Collection("ratio", (*(left.items if left else (first,)), last))
    if kind == "group" and len(node.args) == 1 and node.args[0].kind == "list" and node.text != "{}":
        return Collection("tuple", node.args[0].args, "()" if node.text == "<()>" else node.text)
    if kind == "pm" or (kind in ("add", "mul", "div", "neg", "relation") and has_sign(node)):
        return Collection("list", (node,))
    return None


def description(node: Node) -> list[Node] | None:
    r"""The element of `\{x \in S \mid …\}` and its conditions, `x \in S` first; None for what is no such set."""
    if node.kind != "set" or node.args[0].kind != "such":
        return None
    element, condition = node.args[0].args
    joint = condition.kind == "list" and condition.text in (",", "and", "land")
    conditions = list(condition.args) if joint else [condition]
    if element.kind == "relation" and element.text == "in":
        return [element.args[0], element, *conditions]
    for at, found in enumerate(conditions):  # `x` with `x = 2k` is `2k`
        if found.kind == "relation" and found.text == "=" and found.args[0] == element and len(conditions) > 1:
            return [found.args[1], *conditions[:at], *conditions[at + 1 :]]
    return [element, *conditions]


def bound_letter(parts: list[Node]) -> str:
    """The one letter of an element, for which any other would do; empty where it has more of them or none."""
    letters = names_of(parts[0]) - FIXED
    return letters.pop() if len(letters) == 1 else ""


def _filled(items: tuple[Node, ...]) -> tuple[Node, ...]:
    r"""`1, 2, \ldots, 10` with all its numbers."""
    at = next((at for at, item in enumerate(items) if item == _DOTS), 0)
    around = (*items[max(0, at - 2) : at], *items[at + 1 : at + 2])
    if not 0 < at < len(items) - 1 or any(item.kind != "number" or item.value.denominator != 1 for item in around):
        return items
    numbers = [int(item.value) for item in around]
    step = numbers[1] - numbers[0] if len(numbers) == 3 else 1
    if not step or (numbers[-1] - numbers[-2]) % step or not 0 < (numbers[-1] - numbers[-2]) // step <= MOST:
        return items
    between = (Node("number", str(number), (), number) for number in range(numbers[-2] + step, numbers[-1], step))
    return (*items[:at], *between, *items[at + 1 :])


def joined(items: tuple[Node, ...]) -> Node | None:
    """`5 and 2/3`, `3 dollars and 50 cents` as the one value that they may be, or None."""
    if len(items) != 2:
        return None
    first, second = items
    if first.kind == second.kind == "quantity":
        return Node("mul", "", items)
    whole = first.kind == "number" and first.places < 0
    part = second.args[0] if second.kind in ("quantity", "percent") else second
    return Node("add", "", items) if whole and is_proper_fraction(part) else None


def lines(node: Node) -> list[Node]:
    """The equations of a system, however they stand together."""
    if node.kind == "cases":
        return [cell for row in node.args for cell in row.args]
    node = bare(node)
    found = collection(node)
    return list(found.items) if found else [node]


def _combined(node: Node) -> Collection | None:
    """Finite sets joined, met or taken off each other."""
    first, second = (collection(bare(side)) for side in node.args)
    if not (first and second and first.kind == second.kind == "set"):
        return None
    if node.kind == "cup":
        return Collection("set", first.items + second.items)
    return Collection("set", tuple(i for i in first.items if (i in second.items) == (node.kind == "cap")))


def has_sign(node: Node) -> bool:
    """Whether a `±` stands anywhere in a tree."""
    return node.kind == "pm" or any(has_sign(arg) for arg in node.args if node.kind not in ("number", "name"))


def expanded(items: Sequence[Node]) -> list[Node]:
    """Items with each `±` as its two values."""
    found: list[Node] = []
    for item in items:
        if has_sign(item):
            for upper in (True, False):
                found.append(_with_sign(item, upper))
        else:
            found.append(item)
    return found


def spread(point: Node, others: Node) -> list[Node] | None:
    """A point with `±` in it as all its points, as many as the other side lists; None where it is not that."""
    if point.kind != "group" or others.kind != "list" or not point.args or point.args[0].kind != "list":
        return None
    if not has_sign(point):
        return None
    if len(others.args) == 2:
        return expanded([point])
    points: list[tuple[Node, ...]] = [()]
    for item in point.args[0].args:
        points = [(*head, choice) for head in points for choice in expanded([item])]
        if len(points) > MOST:
            return None
    return [Node("group", point.text, (Node("list", ",", items),)) for items in points]


def _with_sign(node: Node, upper: bool) -> Node:
    if node.kind == "pm":
        inner = _with_sign(node.args[0], upper)
        return inner if (node.text == "pm") == upper else Node("neg", "", (inner,))
    if not node.args:
        return node
    return node._replace(args=tuple(_with_sign(arg, upper) for arg in node.args))


def labels_off(first: list[Node], second: list[Node]) -> tuple[list[Node], list[Node]]:
    """Items without `x =` where the other side has no names, and `x = 1, 2` without its one."""
    if _labelled(first) != _labelled(second):
        return [_unlabelled(item) for item in first], [_unlabelled(item) for item in second]
    return first, second


def by_label(items: list[Node]) -> list[Node]:
    """Equations in the order of the names that they give values to; anything else as it stands."""
    return sorted(items, key=lambda item: label_text(item.args[0])) if _labelled(items) else items


def _labelled(items: list[Node]) -> bool:
    return bool(items) and all(item.kind == "relation" and item.text in ("=", "in") for item in items)


def _unlabelled(item: Node) -> Node:
    if item.kind == "relation" and item.text in ("=", "in") and is_label(item.args[0]):
        return item.args[1]
    return item
