r"""Equations and inequalities: the same up to the order of the sides and a factor.

`2x + 4y = 6` is `3 - 2y = x`, and `x < y` is `-y < -x`. Both sides are brought over to one, and the quotient of
what then stands there must be a constant: exactly, or at several points where functions take part.
"""

from __future__ import annotations

from rewardkit.graders.math.evaluate import Meaning
from rewardkit.graders.math.exact import ONE, Poly, Ratio
from rewardkit.graders.math.floats import Undefined
from rewardkit.graders.math.names import FIXED, names_of
from rewardkit.graders.math.nodes import Node, Rational
from rewardkit.graders.math.numeric import Evaluation, approximate, variables
from rewardkit.graders.math.powers import Field
from rewardkit.graders.math.scalars import by_variables, equal_values, is_opaque

_ORDERED = frozenset(("<", ">", "<=", ">=", "!="))
_POINTS = 7
_ENOUGH = 4  # points that must have a value
_CLOSE = 1e-9


def same_equation(answer: Node, reference: Node, meaning: Meaning) -> str:
    """The rule by which two equations are the same, or an empty text; of a chain, one by one."""
    if answer.text == reference.text == "= =":
        steps = (_links(side) for side in (answer, reference))
        return (
            "the same equations" if all(same_equation(a, b, meaning) for a, b in zip(*steps, strict=True)) else ""
        )
    ours, theirs = _balance(answer, meaning), _balance(reference, meaning)
    if ours is None or theirs is None:
        return ""
    if not ours and not (names_of(answer) - FIXED and names_of(reference) - FIXED):
        return ""
    return "the same equation" if _proportional(ours, theirs, meaning) else ""


def same_inequality(answer: Node, reference: Node, meaning: Meaning) -> str:
    """The rule by which inequalities in several variables, or not linear, are the same, or an empty text."""
    if not names_of(answer) - FIXED and not names_of(reference) - FIXED:
        return _same_order(answer, reference, meaning)
    ours, theirs = _steps(answer, meaning), _steps(reference, meaning)
    if not ours or not theirs or len(ours) != len(theirs):
        return ""
    left = list(theirs)
    for operator, poly in ours:
        for at, (other, target) in enumerate(left):
            if operator == other and _proportional(poly, target, meaning, positive=operator != "!="):
                del left[at]
                break
        else:
            return ""
    return "the same inequality"


def _same_order(answer: Node, reference: Node, meaning: Meaning) -> str:
    """`a < b < c` and `c > b > a` of constants: the same ones in the same order."""
    ours, theirs = (_rising(side) for side in (answer, reference))
    if ours.text != theirs.text or len(ours.args) != len(theirs.args):
        return ""
    pairs = zip(ours.args, theirs.args, strict=True)
    return "in order" if all(equal_values(meaning.value(a), meaning.value(b), meaning) for a, b in pairs) else ""


def _rising(node: Node) -> Node:
    if ">" not in node.text:
        return node
    operators = reversed(node.text.replace(">", "<").split(" "))
    return Node("relation", " ".join(operators), node.args[::-1])


def solved(answer: Node, reference: Node, meaning: Meaning) -> str:
    """The rule by which an expression is what a variable of an equation equals, or an empty text."""
    relation, other = (answer, reference) if answer.kind == "relation" else (reference, answer)
    balance = _balance(relation, meaning)
    if not balance or other.kind in ("list", "set", "group", "relation"):
        return ""
    value = meaning.value(other)
    names = variables(Ratio(balance, ONE), meaning.field)
    free = variables(value, meaning.field)
    missing = names - free
    if len(missing) != 1 or not free or free - names:
        return ""
    (name,) = missing
    meaning.bound[name] = value
    try:
        left, right = (meaning.value(side) for side in relation.args)
        return equal_values(left, right, meaning) and "solves the equation"
    finally:
        del meaning.bound[name]


def _links(node: Node) -> list[Node]:
    """`a = b` and `b = c` of `a = b = c`."""
    return [Node("relation", "=", pair) for pair in zip(node.args, node.args[1:], strict=False)]


def _balance(node: Node, meaning: Meaning) -> Poly | None:
    """What an equation says is zero."""
    if node.kind != "relation" or node.text != "=" or len(node.args) != 2:
        return None
    left, right = (meaning.value(side) for side in node.args)
    return meaning.field.difference(left, right)


def _steps(node: Node, meaning: Meaning) -> list[tuple[str, Poly]] | None:
    """Each step of `a < b <= c` as a polynomial that is above zero."""
    operators = node.text.split(" ")
    if not _ORDERED.issuperset(operators):
        return None
    values = [meaning.value(operand) for operand in node.args]
    found = []
    for operator, left, right in zip(operators, values, values[1:], strict=False):
        first, second = (left, right) if operator[0] != "<" else (right, left)
        found.append((operator.replace("<", ">"), meaning.field.difference(first, second)))
    return found


def _proportional(ours: Poly, theirs: Poly, meaning: Meaning, positive: bool = False) -> bool:
    """Whether two polynomials are the same but for a constant factor that is not zero."""
    if not ours or not theirs:
        return not ours and not theirs and not positive
    ours, theirs = _cleared(ours, meaning.field), _cleared(theirs, meaning.field)
    exact = _exactly_proportional(ours, theirs, meaning)
    if exact is not None:
        return exact and (not positive or _sign_of_ratio(ours, theirs, meaning) > 0)
    names = variables(Ratio(ours, ONE), meaning.field)
    if names != variables(Ratio(theirs, ONE), meaning.field):
        return False
    return _ratio_is_constant(ours, theirs, sorted(names), meaning, positive)


def _cleared(poly: Poly, field: Field) -> Poly:
    """A polynomial multiplied with the variables that stand below in it."""
    lowest: dict[str, Rational] = {}
    for mono in poly:
        for atom, power in mono:
            if power < 0 and not atom.isdigit():
                lowest[atom] = min(power, lowest.get(atom, 0))
    return field.shift(poly, tuple(sorted(lowest.items()))) if lowest else poly


def _exactly_proportional(ours: Poly, theirs: Poly, meaning: Meaning) -> bool | None:
    """The same without floats; None where functions take part, which may be related in other ways."""
    if is_opaque(ours) or is_opaque(theirs):
        return None
    first, second = by_variables(ours), by_variables(theirs)
    if first.keys() != second.keys():
        return False
    times = meaning.field.times
    key = max(first)
    return all(times(first[own], second[key]) == times(second[own], first[key]) for own in first)


def _sign_of_ratio(ours: Poly, theirs: Poly, meaning: Meaning) -> float:
    first, second = by_variables(ours), by_variables(theirs)
    key = max(first)
    try:
        numbers = [approximate(Ratio(part[key], ONE), meaning.field) for part in (first, second)]
        ratio = numbers[0] / numbers[1]
    except (Undefined, ZeroDivisionError):
        return 0.0
    return ratio.real if abs(ratio.imag) <= _CLOSE * abs(ratio) else 0.0


def _ratio_is_constant(ours: Poly, theirs: Poly, names: list[str], meaning: Meaning, positive: bool) -> bool:
    """The same at several points."""
    ratios: list[complex] = []
    for turn in range(_POINTS):
        point: dict[str, complex] = {
            name: (0.37 + 0.61 * ((at * 7 + turn * 5) % 11) / 3) * (-1 if (at + turn) % 3 == 2 else 1)
            for at, name in enumerate(names)
        }
        try:
            first = Evaluation(meaning.field, point).poly(ours)
            second = Evaluation(meaning.field, point).poly(theirs)
        except (ArithmeticError, ValueError):
            continue
        if abs(first[0]) < _CLOSE * first[1] or abs(second[0]) < _CLOSE * second[1]:
            return False
        ratios.append(second[0] / first[0])
    if len(ratios) < _ENOUGH:
        return False
    usual = ratios[0]
    if positive and (abs(usual.imag) > _CLOSE * abs(usual) or usual.real < 0):
        return False
    return all(abs(ratio - usual) <= _CLOSE * abs(usual) for ratio in ratios)
