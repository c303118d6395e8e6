r"""Numbers for values: a polynomial over atoms at a point, in complex floats, or in many digits.

Whether a polynomial is zero is asked at several points that never change. At a point where an atom has no real
value although all variables are real, nothing is learned; at any other one value off zero settles it. Constants
that floats cannot tell from zero are asked again with 50 digits.
"""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable
from typing import ClassVar

from rewardkit.graders.math.digits import surely_zero
from rewardkit.graders.math.exact import Poly, Ratio
from rewardkit.graders.math.floats import FUNCTIONS, Undefined, opaque, raised
from rewardkit.graders.math.powers import Field

_VISITS = 3000  # points within integrals, sums and limits in one comparison
_TINY = 1e-250  # of the largest term, below which floats say nothing
_CLOSE = 1e-9  # times the size of the largest term
_CONSTANTS: dict[str, complex] = {"pi": math.pi, "e": math.e, "i": 1j}
INFINITE = 40.0  # what stands for infinity as a bound
_LONG = 60  # terms of a sum without an end
_SMALL = 1e-14  # its last one beside it
_STEP = 0.05
_HALF_STEPS = 64
_SAMPLES = (0.7390851, 1.9318517, 0.3141421, 2.7639320, 1.1486984, 0.5772157, 3.3166248, 1.6180340)
_FAR = 12.6491106  # times a sample: what turns only far from zero is seen there
_REAL = (1, 1, -1, 1, -1, 1, -1, 1)
_TURNING = {"abs", "max", "min", "sign", "floor", "ceil"}
_WHOLE = {"factorial", "double factorial", "binom", "perm", "sum", "prod"}


def is_zero(poly: Poly, field: Field, rounded: bool = False) -> bool | None:
    """Whether a polynomial is zero everywhere, or to nine digits where its numbers are rounded; None where no
    point says anything.
    """
    names = sorted(_variables(poly, field))
    whole = field.has(*_WHOLE) and "@inf" not in names  # sums without end want small numbers
    turned = {name for name in names if name[0] in "zw"} if field.has("conj", "re", "im", "arg") else set()
    imaginary = bool(turned) or _mentions(poly, field, "i")
    rounds = 10 if names else 1
    agreed = 0
    improper = field.has("antiderivative")
    far = _reach(field)
    limits = field.has("limit")
    for turn in range(rounds):
        point = _point(names, turn, whole, far)
        point |= {name: point[name] * (1 + 0.7j) for name in turned}  # where a number is not its conjugate
        try:
            total, size, real = Evaluation(field, point).poly(poly)
        except (Undefined, ArithmeticError, ValueError):
            continue
        if names and not real and not imaginary:
            continue
        if not math.isfinite(size) or size < _TINY:
            continue
        if abs(total) > (_CLOSE if not limits else 1e-7) * max(size, 1e-300):
            return None if improper else False
        agreed += 1
        if agreed >= 5:
            break
    if not agreed:
        return None
    if rounded or limits:
        return True
    return surely_zero(poly, field, {name: _point(names, 0, whole, far)[name].real for name in names}) is not False


def approximate(value: Ratio, field: Field) -> complex:
    """The float of a constant.

    Raises:
        Undefined: it has variables, or no float.
    """
    if _variables(value.above, field) | _variables(value.below, field):
        raise Undefined("variables")
    try:
        number = Evaluation(field, {}).ratio(value)
    except (ArithmeticError, ValueError) as error:
        raise Undefined(str(error)) from error
    if not cmath.isfinite(number):
        raise Undefined("infinite")
    return number


def variables(value: Ratio, field: Field) -> frozenset[str]:
    """The variables of a value."""
    return frozenset(_variables(value.above, field) | _variables(value.below, field))


class Evaluation:
    """Values at one point."""

    bounded: ClassVar[dict[str, Callable[[Evaluation, tuple[Ratio, ...]], complex]]] = {}
    """What has bounds, where it is another reckoning than `BOUNDED`."""
    settled: ClassVar[float] = _CLOSE
    """How near each other two steps of an improper integral must be, times its size."""

    def __init__(self, field: Field, point: dict[str, complex]) -> None:
        self.field = field
        self.point = dict(_CONSTANTS, **point)
        self.known: dict[str, complex] = {}
        self.real = True

    def poly(self, poly: Poly) -> tuple[complex, float, bool]:
        """Its value, the size of its largest term, and whether all atoms were real."""
        total: complex = 0.0
        size = 0.0
        for mono, factor in poly.items():
            term: complex = float(factor)
            for atom, exponent in mono:
                term *= raised(self.atom(atom), exponent)
            total += term
            size = max(size, abs(term))
        return total, size, self.real

    def ratio(self, value: Ratio) -> complex:
        """The value of a quotient."""
        above, _, _ = self.poly(value.above)
        below, size, _ = self.poly(value.below)
        if abs(below) <= 1e-12 * size:
            raise Undefined("a division by zero")
        return above / below

    def atom(self, key: str) -> complex:
        """The value of an atom."""
        if key in self.point:
            return self.point[key]
        if key in self.known:
            return self.known[key]
        if key.isdigit():
            return float(key)
        meant = self.field.atoms.get(key)
        if meant is None:
            raise Undefined(key)
        bounded = self.bounded or BOUNDED
        if meant.name in bounded:
            value = bounded[meant.name](self, meant.args)
        else:
            args = [self.ratio(arg) for arg in meant.args]
            function = FUNCTIONS.get(meant.name)
            value = function(*args) if function else opaque(key[: key.find("[")], args)
            if value.imag and not any(arg.imag for arg in args) and abs(value.imag) > 1e-12 * abs(value):
                self.real = False
        self.known[key] = value
        return value

    def within(self, **point: complex) -> Evaluation:
        """The same point with more variables; each counts as work."""
        self.field.visits += 1
        if self.field.visits > _VISITS:
            raise Undefined("too many points of an integral or a sum")
        inner = type(self)(self.field, {})
        inner.point = dict(self.point, **{f"@{name}": value for name, value in point.items()})
        return inner


def _reach(field: Field) -> float:
    """How far from zero to look: beyond the numbers at which `|x + 1000|` and its kin turn."""
    largest = 0.0
    for atom in field.atoms.values():
        if atom.name in _TURNING:
            for arg in atom.args:
                largest = max(largest, *(abs(float(factor)) for factor in arg.above.values()), 0.0)
    return max(_FAR, 3 * largest)


def _point(names: list[str], turn: int, whole: bool, reach: float) -> dict[str, complex]:
    point: dict[str, complex] = {}
    for at, name in enumerate(names):
        if name == "@inf":
            point[name] = INFINITE
        elif whole:
            point[name] = float(3 + (turn * 2 + at * 3) % 7)  # all different
        else:
            far = reach if turn in (3, 4) else 1.0
            sample = (
                far * _SAMPLES[(turn * 3 + at * 5 + turn * at) % len(_SAMPLES)] * (1 + 0.01 * at + 0.003 * turn)
            )
            point[name] = sample * (_REAL[(turn + at) % len(_REAL)] if turn > 1 else 1)
    return point


def _variables(poly: Poly, field: Field) -> set[str]:
    found: set[str] = set()
    seen: set[str] = set()
    queue = [atom for mono in poly for atom, _ in mono]
    while queue:
        atom = queue.pop()
        if atom in seen:
            continue
        seen.add(atom)
        if meant := field.atoms.get(atom):
            queue.extend(inner for arg in meant.args for part in arg for mono in part for inner, _ in mono)
        elif not atom.isdigit() and atom not in _CONSTANTS and atom not in ("@k", "@t"):
            found.add(atom)
    return found


def _mentions(poly: Poly, field: Field, name: str) -> bool:
    seen: set[str] = set()
    queue = [atom for mono in poly for atom, _ in mono]
    while queue:
        atom = queue.pop()
        if atom == name:
            return True
        if atom not in seen and (meant := field.atoms.get(atom)):
            queue.extend(inner for arg in meant.args for part in arg for mono in part for inner, _ in mono)
        seen.add(atom)
    return False


# --- with bounds ---


_NODES = (
    (0.1488743389816312, 0.2955242247147529),
    (0.4333953941292472, 0.2692667193099963),
    (0.6794095682990244, 0.2190863625159821),
    (0.8650633666889845, 0.1494513491505806),
    (0.9739065285171717, 0.0666713443086881),
)
"""Gauss and Legendre's ten points, the half of them that is positive."""


def _integral(here: Evaluation, args: tuple[Ratio, ...]) -> complex:
    low, high = here.ratio(args[1]), here.ratio(args[2])
    if abs(low) >= INFINITE or abs(high) >= INFINITE:
        return _improper(here, args[0], low.real, high.real)
    return gauss(lambda place: here.within(t=place).ratio(args[0]), low, high)


def gauss(body: Callable[[complex], complex], low: complex, high: complex) -> complex:
    """The integral of a function between two places."""
    total: complex = 0.0
    pieces = 4
    half = (high - low) / (2 * pieces)
    for piece in range(pieces):
        middle = low + half * (2 * piece + 1)
        for node, weight in _NODES:
            for sign in (-1, 1):
                total += weight * body(middle + sign * half * node)
    return total * half


def _improper(here: Evaluation, body: Ratio, low: float, high: float) -> complex:
    """An integral up to infinity, by Takahasi and Mori; none where two steps differ."""
    if low > high:
        return -_improper(here, body, high, low)
    both = low <= -INFINITE and high >= INFINITE
    sign, end = (-1.0, high) if low <= -INFINITE else (1.0, low)
    sums = [0j, 0j]
    for turn in range(-_HALF_STEPS, _HALF_STEPS + 1):
        at = turn * _STEP
        steep = math.pi / 2 * math.sinh(at)
        weight = math.pi / 2 * math.cosh(at)
        place = math.sinh(steep) if both else end + sign * math.exp(steep)
        value = here.within(t=place).ratio(body) * weight * (math.cosh(steep) if both else math.exp(steep))
        sums[0] += value * _STEP
        sums[1] += value * 2 * _STEP if turn % 2 == 0 else 0
    if abs(sums[0] - sums[1]) > here.settled * max(abs(sums[0]), 1e-9):
        raise Undefined("an integral that does not settle")
    return sums[0]


def _antiderivative(here: Evaluation, args: tuple[Ratio, ...]) -> complex:
    return here.ratio(args[0]) * 0.8173 + 0.01 * here.ratio(args[1])


def _limit(here: Evaluation, args: tuple[Ratio, ...]) -> complex:
    """Values at ever nearer points, extrapolated; where they do not settle there is no limit here."""
    at = here.ratio(args[1])
    far = at.real >= INFINITE
    values = [here.within(t=4.0 * 2**turn if far else at + 0.3 / 2**turn).ratio(args[0]) for turn in range(3, 11)]
    rows = [values]
    for order in range(1, 6):
        last = rows[-1]
        rows.append([(2**order * b - a) / (2**order - 1) for a, b in itertools.pairwise(last)])
    if abs(rows[-1][-1] - rows[-1][-2]) > 1e-8 * max(1.0, abs(rows[-1][-1])):
        raise Undefined("a limit that does not settle")
    return rows[-1][-1]


def _series(product: bool) -> Callable[[Evaluation, tuple[Ratio, ...]], complex]:
    def of(here: Evaluation, args: tuple[Ratio, ...]) -> complex:
        low, high = here.ratio(args[1]), here.ratio(args[2])
        if low.imag or high.imag or low.real != int(low.real) or not 0 <= high.real - low.real < 60:
            raise Undefined("a sum with other bounds")
        total: complex = 1.0 if product else 0.0
        endless = high.real >= INFINITE
        value = total
        for number in range(int(low.real), int(low.real) + _LONG if endless else int(high.real) + 1):
            value = here.within(k=float(number)).ratio(args[0])
            total = total * value if product else total + value
        if endless and abs(value - (1 if product else 0)) > _SMALL * max(abs(total), 1e-9):
            raise Undefined("a sum that does not settle")
        return total

    return of


BOUNDED: dict[str, Callable[[Evaluation, tuple[Ratio, ...]], complex]] = {
    "int": _integral,
    "antiderivative": _antiderivative,
    "limit": _limit,
    "sum": _series(False),
    "prod": _series(True),
}
