r"""A rough look at what no point decides, before the court sits: could the two sides be the same at all?

Sums and products without end are extrapolated from their first terms (Levin's u transform), and antiderivatives
are integrated from a fixed point. Where two values do not even agree to a few digits, or nothing can be said in
that little time, there is no case, so that an answer cannot make a judge work who has a closed reference.
"""

from __future__ import annotations

import cmath
import itertools
import math

from rewardkit.graders.math.exact import ONE, Poly, Ratio
from rewardkit.graders.math.floats import Undefined
from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.numeric import BOUNDED, INFINITE, Evaluation, gauss, variables
from rewardkit.graders.math.powers import Field

_NEAR = 1e-4  # times the largest term
_PLACES = (0.31, 0.43)  # of variables
_FROM = 0.37  # where antiderivatives begin
_CONSTANTS = frozenset("CcK")
_LOOKS = 10  # in one comparison
_TERMS = 18
_NOTHING = 1e-13  # a last term beside its sum
_HEARD = frozenset("sum prod int lim zeta Gamma erf".split())


def is_open(reference: Node) -> bool:
    """Whether a reference has a sum, an integral, a limit or their kin itself, which only the court may know."""
    name = reference.text if reference.kind == "fn" else reference.kind
    return name in _HEARD or any(map(is_open, reference.args))


def is_likely(difference: Poly, field: Field, within: float = _NEAR) -> bool:
    """Whether a value is about zero beside its largest term; with antiderivatives, about constant."""
    field.looks += 1
    if field.looks > _LOOKS:
        return False
    field.visits = 0
    names = sorted(variables(Ratio(difference, ONE), field))
    found: list[tuple[complex, float]] = []
    for place in _PLACES:
        point: dict[str, complex] = {name: place * (1 + 0.1 * at) for at, name in enumerate(names)}
        point |= dict.fromkeys(_CONSTANTS, 0j) if field.has("antiderivative") else {}
        try:
            total, size, _ = _Rough(field, point | {"@inf": INFINITE}).poly(difference)
        except (ArithmeticError, ValueError):
            return False
        if not math.isfinite(size) or not size:
            return False
        found.append((total, size))
    usual = found[0][0] if field.has("antiderivative") else 0j
    return all(abs(total - usual) < within * size for total, size in found)


class _Rough(Evaluation):
    """Values at one point, as well as a few terms tell."""

    settled = _NEAR

    def atom(self, key: str) -> complex:
        meant = self.field.atoms.get(key)
        return _zeta(self.ratio(meant.args[0])) if meant and meant.name == "zeta" else super().atom(key)

    def ratio(self, value: Ratio) -> complex:
        """A quotient; one with a power beyond floats is nothing, since `e^{-x^2}` is one over that."""
        try:
            found = super().ratio(value)
        except (OverflowError, ZeroDivisionError):
            return 0j
        return found if cmath.isfinite(found) else 0j


def _zeta(at: complex) -> complex:
    """Riemann's function above one, by Euler and Maclaurin."""
    if at.imag or at.real < 1.01:
        raise Undefined("zeta")
    last, s = _TERMS, at.real
    tail = last ** (1 - s) / (s - 1) + last**-s / 2 + s * last ** (-s - 1) / 12
    return complex(math.fsum(n**-s for n in range(1, last)) + tail)


def _series(here: Evaluation, args: tuple[Ratio, ...], product: bool) -> complex:
    low, high = here.ratio(args[1]), here.ratio(args[2])
    if high.real < INFINITE or low.imag or low.real != int(low.real):
        raise Undefined("a sum with other bounds")
    total: complex = 1.0 if product else 0.0
    sums: list[complex] = []
    for number in range(int(low.real), int(low.real) + _TERMS):
        value = here.within(k=float(number)).ratio(args[0])
        total = total * value if product else total + value
        sums.append(total)
    steps = [after - before for before, after in itertools.pairwise(sums)]
    return sums[-1] if abs(steps[-1]) <= _NOTHING * abs(total) else _levin(sums[1:], steps)


def _levin(sums: list[complex], steps: list[complex]) -> complex:
    """Where partial sums go, with Levin's u transform."""
    order = len(sums) - 5
    above = below = 0j
    for at in range(order + 1):
        place = at + 4
        weight = (-1) ** at * math.comb(order, at) * ((place + 1) / (order + 5)) ** (order - 2) / steps[place]
        above += weight * sums[place]
        below += weight
    return above / below


def _antiderivative(here: Evaluation, args: tuple[Ratio, ...]) -> complex:
    (name,) = variables(args[1], here.field)
    before = here.point[name]
    inside = _Rough(here.field, here.point)
    return gauss(lambda at: _at(inside, name, at).ratio(args[0]), _FROM, before)


def _at(here: Evaluation, name: str, place: complex) -> Evaluation:
    inner = here.within()
    inner.point[name] = place
    return inner


_Rough.bounded = {
    **BOUNDED,
    "sum": lambda here, args: _series(here, args, False),
    "prod": lambda here, args: _series(here, args, True),
    "antiderivative": _antiderivative,
}
