r"""Names in trees: which side of an equation is a name, which letters may go by another one.

`f(x) = 2x` and `g(t) = 2t` are one function, `x + C` and `x + k` one antiderivative.
"""

from __future__ import annotations

from rewardkit.graders.math.nodes import Node, bare, flat

_SHAPES = frozenset(("angle", "measuredangle", "triangle", "d", "nabla"))
_CALLED = frozenset("fgh")
_UNKNOWNS = frozenset("xyz")  # of which an equation says more than a value
FIXED = frozenset(("pi", "e", "i"))
_CONSTANTS = frozenset("CcKkABD")
_SUMS = frozenset("add neg mul div group relation list".split())
_INTEGERS = frozenset(("k", "n", "m", "l", "K", "N"))


def is_label(node: Node) -> bool:
    """Whether a side of an equation is a name: `x`, `f(x)`, `y'`, `E(X)`, `(x, y)`, `\\angle ABC`."""
    node = bare(node)
    if node.kind == "name":
        return node.text not in ("pi", "e", "i", "inf", "...")
    if node.kind == "call":
        return all(arg.kind == "name" for arg in node.args)
    if node.kind == "group" and len(node.args) == 1 and node.args[0].kind == "list":
        return all(is_label(item) for item in node.args[0].args)
    if node.kind == "mul" and len(node.args) == 2 and node.args[0].kind == "group":  # `(f \\circ g)(x)`
        return names_of(node.args[0]) <= _CALLED and _are_names(bare(node.args[1]))
    if node.kind == "mul" and 2 <= len(node.args) <= 5:
        names = all(
            part.kind == "name" and (part.text[0].isupper() or part.text in _SHAPES) for part in flat(node)
        )
        called = len(node.args) == 2 and _is_function(node.args[0]) and node.args[1].kind == "group"
        return names or (called and bool(node.args[1].args) and _are_names(node.args[1].args[0]))
    if node.kind in ("ratio", "overline"):
        return all(map(is_label, node.args))
    if node.kind == "fn" and node.text == "abs":
        return is_label(node.args[0]) and node.args[0].kind == "mul"
    if node.kind == "div":
        return _derivative(node) is not None
    return node.kind == "quantity" and is_label(node.args[0])


def is_quantity(node: Node) -> bool:
    """Whether a side of an equation names one quantity: `|z|`, `f(3)`, `\\cos\\theta`, `m + n`, `\\int_0^1 f`."""
    if node.kind in ("call", "int", "lim", "sum"):
        return True
    if node.kind == "fn":
        return node.text == "abs" or names_of(node).isdisjoint(_UNKNOWNS)
    if node.kind == "pow":
        return node.args[0].kind == "fn" and is_quantity(node.args[0])
    if node.kind in ("add", "mul"):
        parts = flat(node) if node.kind == "mul" else list(node.args)
        if len(parts) == 2 and parts[0].kind == "name" and parts[1].kind == "group":
            return "'" in parts[0].text  # `f'(2)`
        names = [part.text for part in parts if part.kind == "name"]
        return len(names) == len(parts) == len(set(names)) and _UNKNOWNS.isdisjoint(names)
    return False


def _is_function(node: Node) -> bool:
    """`f`, or `f^{-1}`."""
    return node.kind == "name" or (node.kind == "pow" and node.args[0].kind == "name")


def _derivative(node: Node) -> tuple[str, str, int] | None:
    r"""The y, the x and the order of `\frac{dy}{dx}`, `\frac{d^2y}{dx^2}` and their kin with `\partial`."""
    if node.kind != "div" or any(side.kind != "mul" or len(side.args) != 2 for side in node.args):
        return None
    (above, function), (below, variable) = (side.args for side in node.args)
    (above, order), (variable, twice) = _with_order(above), _with_order(variable)
    names = (above, function, below, variable)
    if order != twice or not order or any(name.kind != "name" for name in names):
        return None
    return (function.text, variable.text, order) if above == below and above.text in ("d", "partial") else None


def _with_order(node: Node) -> tuple[Node, int]:
    if node.kind != "pow" or node.args[1].kind != "number":
        return node, 1
    order = node.args[1].value
    return node.args[0], order if isinstance(order, int) and 0 < order < 9 else 0


def primed(node: Node) -> Node:
    """A tree with `y'` for `dy/dx`."""
    if found := _derivative(node):
        return Node("name", found[0] + "'" * found[2])
    return node._replace(args=tuple(map(primed, node.args))) if node.args else node


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
    if ours.kind != theirs.kind and "div" in (ours.kind, theirs.kind):  # `f_x` is `df/dx`, and no other name is
        derivative, label = (ours, theirs) if ours.kind == "div" else (theirs, ours)
        function, variable, order = _derivative(derivative) or ("", "", 0)
        return ("", "") if label_text(label) == f"{function}_{variable * order}" else None
    if any(side.kind == "overline" and side.args[0].kind == "name" for side in (ours, theirs)):
        return None  # the mean of x is not x
    return ("", "") if ours.kind != theirs.kind else None


def _function_name(node: Node) -> str:
    return node.text if node.kind == "call" else node.args[0].text


def has_name(node: Node, name: Node) -> bool:
    """Whether a name stands anywhere in a tree."""
    if node == name:
        return True
    return any(has_name(arg, name) for arg in node.args)


def arbitrary(answer: Node, reference: Node) -> Node | None:
    """The answer with its constants of integration, or the integer before its pi, named as in the reference."""
    ours, theirs = names_of(_body(answer)), names_of(_body(reference))
    names, targets = sorted(ours - theirs), sorted(theirs - ours)
    if len(names) != len(targets) or not 1 <= len(names) <= 2 or answer.kind == "name":
        return None
    if list(map(str.lower, names)) == list(map(str.lower, targets)):
        may = all(_is_constant(name) for name in (*names, *targets))
    elif len(names) == 1 and "pi" in ours & theirs and {*names, *targets} <= _INTEGERS:
        may = True
    else:
        common = ours & theirs
        may = bool(common) and not any(map(_is_constant, common)) and _are_constants(answer, names)
        may = (
            may
            and _are_constants(reference, targets)
            and (len(names) == 2 or bool({*names, *targets} & {"C", "c"}))
        )
        if len(names) == 2 and _first_in_quotient(answer, names) != _first_in_quotient(reference, targets):
            names.reverse()
    if not may:
        return None
    for at, name in enumerate(names):
        answer = renamed(answer, name, f"@{at}")
    for at, target in enumerate(targets):
        answer = renamed(answer, f"@{at}", target)
    return answer


def _is_constant(name: str) -> bool:
    """Whether a name is one that people give to a constant of integration: `C`, `c_1`, `K`, `A`."""
    letter, _, index = name.partition("_")
    return letter in _CONSTANTS and (not index or index.isdigit())


def _are_constants(node: Node, names: list[str]) -> bool:
    """Whether names that constants have stand once each, as terms or factors and not within anything."""
    alone = _alone(node)
    return all(_is_constant(name) and alone.count(name) == 1 for name in names) and all(
        _count(node, name) == 1 for name in names
    )


def _alone(node: Node) -> list[str]:
    """The names that are terms, or factors of terms."""
    if node.kind == "name":
        return [node.text]
    return [name for arg in node.args for name in _alone(arg)] if node.kind in _SUMS else []


def _count(node: Node, name: str) -> int:
    return (node.kind == "name" and node.text == name) + sum(_count(arg, name) for arg in node.args)


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
