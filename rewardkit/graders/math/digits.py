r"""Constants with 50 digits, for what floats cannot tell from zero: `e^{\pi\sqrt{163}}` is no integer.

Real numbers only, in `decimal`: its own exponential, logarithm and powers, and short series for the circle. What
is not real on the way has no value here, and the floats' verdict stands.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DecimalException, localcontext
from functools import cache

from rewardkit.graders.math.exact import Poly, Ratio
from rewardkit.graders.math.nodes import Rational
from rewardkit.graders.math.powers import Field

_DIGITS = 60
_ZERO = Decimal(10) ** -45  # times the largest term
_LARGEST = 10**9  # of what the exponential and the circle are asked for


class NoDigits(ArithmeticError):
    """A constant has no real value here."""


def surely_zero(poly: Poly, field: Field, point: dict[str, float]) -> bool | None:
    """Whether a value is zero at a point to 45 digits; None if it has no digits there."""
    if _is_complex(field):
        return None
    with localcontext() as context:
        context.prec = _DIGITS
        context.Emax, context.Emin = 10**6, -(10**6)
        try:
            return all(_part(poly, field, point, imaginary) for imaginary in (False, True))
        except (NoDigits, DecimalException, ArithmeticError, ValueError):
            return None


def _is_complex(field: Field) -> bool:
    """Whether i stands within a function."""
    args = (part for atom in field.atoms.values() for arg in atom.args for part in arg)
    return any(("i", 1) in mono for part in args for mono in part)


def _part(poly: Poly, field: Field, point: dict[str, float], imaginary: bool) -> bool:
    """Whether the real or the imaginary part is zero."""
    digits = _Digits(field, point)
    part: Poly = {
        tuple(pair for pair in mono if pair != ("i", 1)): factor
        for mono, factor in poly.items()
        if (("i", 1) in mono) == imaginary
    }
    total, size = digits.poly(part)
    return abs(total) <= _ZERO * size


class _Digits:
    def __init__(self, field: Field, point: dict[str, float]) -> None:
        self.field = field
        self.known: dict[str, Decimal] = {"pi": _pi(), "e": _e()}
        self.known |= {name: Decimal(value) for name, value in point.items()}

    def poly(self, poly: Poly) -> tuple[Decimal, Decimal]:
        total = size = Decimal(0)
        for mono, factor in poly.items():
            term = Decimal(factor.numerator) / Decimal(factor.denominator)
            for atom, exponent in mono:
                term *= _power(self.atom(atom), exponent)
            total += term
            size = max(size, abs(term))
        return total, size

    def ratio(self, value: Ratio) -> Decimal:
        return self.poly(value.above)[0] / self.poly(value.below)[0]

    def atom(self, key: str) -> Decimal:
        if key in self.known:
            return self.known[key]
        if key.isdigit():
            return Decimal(key)
        meant = self.field.atoms.get(key)
        function = _FUNCTIONS.get(meant.name) if meant else None
        if meant is None or function is None:
            raise NoDigits(key)
        value = function(*(self.ratio(arg) for arg in meant.args))
        self.known[key] = value
        return value


def _power(base: Decimal, exponent: Rational) -> Decimal:
    if isinstance(exponent, int):
        return base**exponent
    if base < 0 and exponent.denominator % 2:
        root = _power(-base, exponent)
        return -root if exponent.numerator % 2 else root
    if base < 0:
        raise NoDigits("an even root of a negative number")
    return base ** (Decimal(exponent.numerator) / Decimal(exponent.denominator))


def _any_power(base: Decimal, exponent: Decimal) -> Decimal:
    if base <= 0 or abs(exponent) > _LARGEST:
        raise NoDigits("a power")
    return base**exponent


@cache
def _pi() -> Decimal:
    return 4 * (4 * _small_arctan(Decimal(1) / 5) - _small_arctan(Decimal(1) / 239))


@cache
def _e() -> Decimal:
    return Decimal(1).exp()


def _small_arctan(value: Decimal) -> Decimal:
    total, term, square, at = Decimal(0), value, value * value, 1
    while abs(term) > Decimal(10) ** -(_DIGITS + 5):
        total += term / at if at % 4 == 1 else -term / at
        term *= square
        at += 2
    return total


def _arctan(value: Decimal) -> Decimal:
    """Halved three times, the argument is small enough for the series."""
    for _ in range(3):
        value = value / (1 + (1 + value * value).sqrt())
    return 8 * _small_arctan(value)


def _arcsin(value: Decimal) -> Decimal:
    if abs(value) > 1:
        raise NoDigits("an arcsine")
    if abs(value) == 1:
        return value * _pi() / 2
    return _arctan(value / (1 - value * value).sqrt())


def _sin(value: Decimal) -> Decimal:
    if abs(value) > _LARGEST:
        raise NoDigits("a sine")
    value = value.remainder_near(2 * _pi())
    total, term, at = Decimal(0), value, 1
    while abs(term) > Decimal(10) ** -(_DIGITS + 5):
        total += term
        term *= -value * value / ((at + 1) * (at + 2))
        at += 2
    return total


def _ln(value: Decimal) -> Decimal:
    if value <= 0:
        raise NoDigits("a logarithm")
    return value.ln()


_FUNCTIONS: dict[str, Callable[..., Decimal]] = {
    "bracket": lambda value: value,
    "exp": _any_power,
    "pow": _any_power,
    "ln": _ln,
    "abs": abs,
    "sin": _sin,
    "cos": lambda value: _sin(value + _pi() / 2),
    "arctan": _arctan,
    "arcsin": _arcsin,
    "arccos": lambda value: _pi() / 2 - _arcsin(value),
    "arccot": lambda value: _pi() / 2 - _arctan(value),
    "arcsinh": lambda value: _ln(value + (value * value + 1).sqrt()),
    "arccosh": lambda value: _ln(value + (value * value - 1).sqrt()),
    "arctanh": lambda value: _ln((1 + value) / (1 - value)) / 2,
}
