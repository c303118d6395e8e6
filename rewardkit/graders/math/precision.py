r"""Precision as it is written: when two numbers that differ are still the same.

A reference with a decimal point sets the precision: an answer is right that it is a rounding or a cut of, and one
with fewer digits that agree. A reference without one is exact; only an answer of ten digits and more counts as a
float of it.
"""

from __future__ import annotations

from fractions import Fraction

from rewardkit.graders.math.nodes import Node, Rational

_FLOAT_DIGITS = 10  # of an answer that counts as the float of an exact reference


def least_places(node: Node) -> int:
    """The fewest digits behind a point within an expression, or -1."""
    found: list[int] = []
    queue = [node]
    while queue:
        part = queue.pop()
        if part.places >= 0:
            found.append(part.places)
        queue.extend(part.args)
    return min(found, default=-1)


def has_float(node: Node) -> bool:
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
