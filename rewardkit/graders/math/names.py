r"""Names in trees: which side of an equation is a name, which letters may go by another one.

`f(x) = 2x` and `g(t) = 2t` are one function, `x + C` and `x + k` one antiderivative.
"""

from __future__ import annotations

from rewardkit.graders.math.nodes import Node

FIXED = frozenset(("pi", "e", "i"))
_CONSTANTS = frozenset(("C", "c", "K", "k", "C_1", "c_1", "A", "B"))
_INTEGERS = frozenset(("k", "n", "m", "l", "K", "N"))


def is_label(node: Node) -> bool:
    """Whether a side of an equation is a name: `x`, `f(x)`, `y'`, `E(X)`, `(x, y)`, `\\angle ABC`."""
    if node.kind == "name":
        return node.text not in ("pi", "e", "i", "inf", "...")
    if node.kind == "call":
        return all(arg.kind == "name" for arg in node.args)
    if node.kind == "group" and len(node.args) == 1 and node.args[0].kind == "list":
        return all(is_label(item) for item in node.args[0].args)
    if node.kind == "mul" and 2 <= len(node.args) <= 5:
        names = all(
            arg.kind == "name" and (arg.text[0].isupper() or arg.text in ("angle", "triangle", "d"))
            for arg in node.args
        )
        called = len(node.args) == 2 and _is_function(node.args[0]) and node.args[1].kind == "group"
        return names or (called and bool(node.args[1].args) and _are_names(node.args[1].args[0]))
    if node.kind == "ratio":
        return all(map(is_label, node.args))
    if node.kind == "fn" and node.text == "abs":
        return is_label(node.args[0]) and node.args[0].kind == "mul"
    if node.kind == "div" and len(node.args) == 2:
        return all(_is_differential(side) for side in node.args)
    return node.kind == "quantity" and is_label(node.args[0])


def _is_function(node: Node) -> bool:
    """`f`, or `f^{-1}`."""
    return node.kind == "name" or (node.kind == "pow" and node.args[0].kind == "name")


def _is_differential(node: Node) -> bool:
    """`dy`, as above or below in `\\frac{dy}{dx}`."""
    return (
        node.kind == "mul"
        and len(node.args) == 2
        and node.args[0] == Node("name", "d")
        and node.args[1].kind == "name"
    )


def _are_names(node: Node) -> bool:
    if node.kind == "list":
        return all(item.kind == "name" for item in node.args)
    return node.kind == "name"


def label_text(node: Node) -> str:
    """A name as one text."""
    if node.kind == "name":
        return node.text
    return f"{node.text}({','.join(map(label_text, node.args))})"


def _parameter(node: Node) -> str | None:
    """The x of `f(x)`."""
    if node.kind == "call" and len(node.args) == 1:
        return node.args[0].text
    if node.kind == "mul" and len(node.args) == 2 and node.args[1].kind == "group":
        return node.args[1].args[0].text if node.args[1].args else None
    return None


def renaming(ours: Node, theirs: Node) -> tuple[str, str] | None:
    """The parameter of one function and of the other; None for two names that differ."""
    first, second = _parameter(ours), _parameter(theirs)
    if first is not None and second is not None:
        name, other = (_function_name(side) for side in (ours, theirs))
        return (first, second) if name == other or name.islower() == other.islower() else None
    if first is not None or second is not None:
        plain = theirs if first is not None else ours
        return ("", "") if plain.kind == "name" else None
    if not label_text(ours) or not label_text(theirs):
        return "", ""
    return ("", "") if ours.kind != theirs.kind else None


def _function_name(node: Node) -> str:
    return node.text if node.kind == "call" else node.args[0].text


def has_name(node: Node, name: Node) -> bool:
    """Whether a name stands anywhere in a tree."""
    if node == name:
        return True
    return any(has_name(arg, name) for arg in node.args)


def arbitrary(answer: Node, reference: Node) -> Node | None:
    """The answer with its constant of integration, or the integer before its pi, named as in the reference."""
    ours, theirs = names_of(_body(answer)), names_of(_body(reference))
    only, other = ours - theirs, theirs - ours
    if len(only) != len(other) or not 1 <= len(only) <= 2 or answer.kind == "name":
        return None
    if len(only) == 2:
        return _paired(answer, reference, sorted(only), sorted(other))
    (name,), (target,) = only, other
    constants = {name, target} <= _CONSTANTS and {name, target} & {"C", "c"}
    if constants or ("pi" in ours & theirs and {name, target} <= _INTEGERS):
        return renamed(answer, name, target)
    return None


def _paired(answer: Node, reference: Node, names: list[str], targets: list[str]) -> Node | None:
    """Two constants named in the order in which both sides first have them, by what they stand beside."""
    if not set(names) | set(targets) <= _CONSTANTS | {"D"}:
        return None
    if _first_in_quotient(answer, names) != _first_in_quotient(reference, targets):
        names.reverse()
    halfway = renamed(answer, names[0], "@")
    return renamed(renamed(halfway, names[1], targets[1]), "@", targets[0])


def _first_in_quotient(node: Node, names: list[str]) -> bool:
    """Whether the first of two names is the one in a product or quotient."""
    if node.kind in ("mul", "div", "pow"):
        return names[0] in names_of(node)
    return any(_first_in_quotient(arg, names) for arg in node.args)


def _body(node: Node) -> Node:
    """The right side of an equation whose left side is a name."""
    return (
        node.args[1] if node.kind == "relation" and node.text in ("=", "in") and is_label(node.args[0]) else node
    )


def names_of(node: Node) -> set[str]:
    """The names in a tree."""
    found: set[str] = set()
    queue = [node]
    while queue:
        part = queue.pop()
        if part.kind == "name":
            found.add(part.text)
        queue.extend(part.args)
    return found


def renamed(node: Node, name: str, other: str) -> Node:
    """A tree with another name for a name."""
    if node.kind == "name":
        return Node("name", other) if node.text == name else node
    return node._replace(args=tuple(renamed(arg, name, other) for arg in node.args)) if node.args else node
