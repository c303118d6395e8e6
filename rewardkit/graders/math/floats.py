r"""What the functions mean in complex floats."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from fractions import Fraction

_CLOSE = 1e-9  # below it a power is nothing beside other terms
_STEEP = 50  # an exponent above which a power soon is nothing beside other terms


class Undefined(ArithmeticError):
    """A value does not exist at a point, or not in floats."""


def raised(value: complex, exponent: int | Fraction) -> complex:
    """A power; the odd root of a negative number is real."""
    if isinstance(exponent, int):
        if not value and exponent < 0:
            raise Undefined("a division by zero")
        result = complex(value**exponent)
        if abs(exponent) > _STEEP and abs(result) < _CLOSE:
            raise Undefined("a power too small beside other terms")
        return result
    if value.imag == 0 and value.real < 0 and exponent.denominator % 2:
        root = complex((-value.real) ** float(exponent))
        return -root if exponent.numerator % 2 else root
    return complex(value) ** float(exponent)


def opaque(name: str, args: list[complex]) -> complex:
    """A function that nobody knows: smooth, and another one for each name."""
    seed = 0
    for letter in name:
        seed = (seed * 131 + ord(letter)) % 1_000_003
    total: complex = 0.3 + seed / 1_000_003
    for at, arg in enumerate(args):
        total += cmath.sin(arg * (0.61 + 0.13 * at) + 0.7 * total) + 0.37 * arg
    return total


def _power(base: complex, exponent: complex) -> complex:
    if not base:
        raise Undefined("a power of zero")
    return complex(base) ** exponent


def _bracket(*args: complex) -> complex:
    return args[0]


def _gamma(value: complex) -> complex:
    if value.imag or value.real > 160:
        raise Undefined("a factorial")
    return math.gamma(value.real + 1)


def _unknown(name: str) -> complex:
    raise Undefined(name)


def _double(value: complex) -> complex:
    if value.imag or value.real != int(value.real) or not 0 <= value.real < 200:
        raise Undefined("a double factorial")
    return float(math.prod(range(int(value.real), 1, -2)))


def _binomial(upper: complex, lower: complex) -> complex:
    if upper.imag or lower.imag:
        raise Undefined("a binomial")
    n, k = upper.real, lower.real
    if n == int(n) and k == int(k) and n >= 0:
        return float(math.comb(int(n), int(k))) if k >= 0 and n < 1000 else 0.0
    return math.gamma(n + 1) / (math.gamma(k + 1) * math.gamma(n - k + 1))


def _permutations(upper: complex, lower: complex) -> complex:
    return _gamma(upper) / _gamma(upper - lower)


def _real(function: Callable[[float], float]) -> Callable[[complex], complex]:
    def of(value: complex) -> complex:
        if value.imag:
            raise Undefined("a function of a complex number")
        return complex(function(value.real))

    return of


def _arccot(value: complex) -> complex:
    return cmath.pi / 2 - cmath.atan(value)


def _inverted(function: Callable[[complex], complex]) -> Callable[[complex], complex]:
    return lambda value: function(1 / value)


def _many(function: Callable[[list[float]], float]) -> Callable[..., complex]:
    return lambda *args: complex(function([arg.real for arg in args]))


FUNCTIONS: dict[str, Callable[..., complex]] = {
    "exp": _power,
    "pow": _power,
    "bracket": _bracket,
    "ln": cmath.log,
    "sin": cmath.sin,
    "cos": cmath.cos,
    "arcsin": cmath.asin,
    "arccos": cmath.acos,
    "arctan": cmath.atan,
    "arccot": _arccot,
    "arcsec": _inverted(cmath.acos),
    "arccsc": _inverted(cmath.asin),
    "arcsinh": cmath.asinh,
    "arccosh": cmath.acosh,
    "arctanh": cmath.atanh,
    "abs": abs,
    "floor": _real(math.floor),
    "ceil": _real(math.ceil),
    "factorial": _gamma,
    "Gamma": lambda value: _gamma(value - 1),
    "erf": _real(math.erf),
    "zeta": lambda value: _unknown("zeta"),
    "double factorial": _double,
    "binom": _binomial,
    "perm": _permutations,
    "sign": _real(lambda value: (value > 0) - (value < 0)),
    "re": lambda value: complex(value.real),
    "im": lambda value: complex(value.imag),
    "conj": lambda value: complex(value).conjugate(),
    "arg": lambda value: complex(cmath.phase(value)),
    "max": _many(max),
    "min": _many(min),
}
