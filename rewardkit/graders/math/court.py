r"""The court of last resort: sympy, for values that the numeric stage cannot evaluate.

`\sum_{n=1}^\infty 1/n^2` is `\pi^2/6`, and no point tells. Such a difference of exact values is built anew from
sympy's own objects, piece by piece (no text is ever parsed by it), and tried there in three steps: sums, integrals
and limits carried out; the rest to 30 digits, at a few points where there are variables; simplified.

A case comes here where the reference itself has a sum, an integral or a limit; that of an answer alone only after
a rough look (`rough.py`) found both sides equal to a few digits. Work is bounded: the terms and the numbers that
are handed over, and the calls that Python makes meanwhile, which a profile function counts in this thread and cuts
off. sympy loads when the first case gets here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from inspect import CO_GENERATOR
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from rewardkit.graders.math.exact import Poly, Ratio, rational
from rewardkit.graders.math.nodes import Rational
from rewardkit.graders.math.powers import Field

if TYPE_CHECKING:
    from sympy import Expr

T = TypeVar("T")

_CALLS = 1_000_000  # of Python and C functions, half a second or so
_PIECES = 200  # terms and atoms that are handed over
_BITS = 256  # of a number, and of a power of one
_POWER = 64
_DIGITS = 30
_ZERO = 1e-20  # times the larger side
_POINTS = ("7/5", "31/10", "13/20")
_WHOLE = ("3", "4", "7")
_NEAR = ("2/5", "13/20", "1/3")


class _Dismissed(Exception):
    """A case that is too large for this court, or that it has no words for."""


class _Adjourned(BaseException):
    """The work is up. No Exception, so that sympy's own handlers let it pass."""


def is_zero(difference: Poly, field: Field) -> bool | None:
    """Whether a value is zero; None if that cannot be decided with the work that there is."""

    def verdict() -> bool | None:
        case = _Case(field)
        return _verdict(case.poly(difference), case)

    return _bounded(verdict) if _may_be_heard(field) else None


def approximate(value: Ratio, field: Field) -> complex | None:
    """The float of a constant, or None."""
    return _bounded(lambda: _number(_Case(field).ratio(value))) if _may_be_heard(field) else None


def _may_be_heard(field: Field) -> bool:
    """Whether a case is worth opening the court: a sum between numbers is written out elsewhere, or too long."""
    sums = [atom.args[1:] for atom in field.atoms.values() if atom.name in ("sum", "prod")]
    return len(field.atoms) <= _PIECES and not any(
        rational(low) is not None is not rational(high) for low, high in sums
    )


def _bounded(work: Callable[[], T]) -> T | None:
    """What some work comes to, or None where it is too much, or fails as sympy's work may."""
    _opened()
    _forget()
    left = _CALLS

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        left -= 1
        # What is raised in a generator may be lost: it may just be being closed.
        if left < 0 and event == "call" and not frame.f_code.co_flags & CO_GENERATOR:
            raise _Adjourned

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        return work()
    except (_Adjourned, Exception):
        return None
    finally:
        sys.setprofile(before)


@cache
def _opened() -> None:
    """Load sympy and what of it loads at the first integral and the first sum, so that no case pays for that."""
    import sympy

    x, k = _symbol("@t"), _symbol("@k")
    sympy.Integral(sympy.exp(-(x**2)), (x, 0, sympy.oo)).doit()
    sympy.Sum((-1) ** k / k, (k, 1, sympy.oo)).doit()
    sympy.simplify(sympy.sin(x) ** 2)


def _forget() -> None:
    """Empty what sympy remembers: whether a case is decided must not hang on the cases before."""
    from sympy.core.cache import clear_cache

    clear_cache()


def _verdict(difference: Expr, case: _Case) -> bool | None:
    """Whether an expression is zero."""
    import sympy

    difference = difference.doit()
    if case.field.has("antiderivative"):  # which has a constant of its own
        difference = difference.subs({_symbol(name): 0 for name in ("C", "c", "K")})
    if difference.is_zero is not None:
        return bool(difference.is_zero)
    agreed = 0
    names = sorted(difference.free_symbols, key=str)
    for point in case.points() if names else ("0",):
        at = difference.subs([(name, sympy.Rational(point) + index) for index, name in enumerate(names)])
        number = _number(at)
        size = max((abs(found) for term in sympy.Add.make_args(at) if (found := _number(term))), default=1.0)
        if number is not None and abs(number) > _ZERO * max(size, 1e-30):
            return False
        agreed += number is not None
    return True if agreed else (True if sympy.simplify(difference) == 0 else None)


def _number(value: Expr) -> complex | None:
    number = value.evalf(_DIGITS, maxn=4 * _DIGITS)
    return complex(number) if number.is_number and number.is_finite else None


class _Case:
    """Exact values as sympy's objects."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.pieces = 0
        self.known: dict[str, Expr] = {}

    def points(self) -> tuple[str, ...]:
        """Where to try variables: whole numbers where sums end with them, within the unit disc where none ends."""
        if "@inf" in self.known:
            return _NEAR
        return _WHOLE if self.field.has("sum", "prod") else _POINTS

    def ratio(self, value: Ratio) -> Expr:
        """A quotient."""
        return self.poly(value.above) / self.poly(value.below)

    def poly(self, poly: Poly) -> Expr:
        """A sum of products of powers."""
        import sympy

        terms = []
        for mono, factor in poly.items():
            self.pieces += 1 + len(mono)
            if self.pieces > _PIECES:
                raise _Dismissed
            powers = [self.atom(atom) ** _rational(power, _POWER) for atom, power in mono]
            terms.append(sympy.Mul(_rational(factor, 2**_BITS), *powers))
        return sympy.Add(*terms)

    def atom(self, key: str) -> Expr:
        """A variable, a constant, or a function of values."""
        if key not in self.known:
            self.known[key] = self._atom(key)
        return self.known[key]

    def _atom(self, key: str) -> Expr:
        import sympy

        if meant := self.field.atoms.get(key):
            if meant.name in _BOUNDED:
                return _BOUNDED[meant.name](key, *map(self.ratio, meant.args))
            name = _NAMES.get(meant.name)
            if name is None:
                raise _Dismissed
            return _sized(getattr(sympy, name)(*map(self.ratio, meant.args)))
        if key.isdigit():
            return _rational(int(key), 2**_BITS)
        constants = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "@inf": sympy.oo}
        return constants.get(key) or _symbol(key)


def _symbol(name: str) -> Expr:
    import sympy

    return sympy.Symbol(name, integer=True) if name == "@k" else sympy.Symbol(name, real=True)


def _rational(value: Rational, largest: int) -> Expr:
    import sympy

    if max(abs(value.numerator), value.denominator) > largest:
        raise _Dismissed
    return sympy.Rational(value.numerator, value.denominator)


def _sized(value: Expr) -> Expr:
    if value.is_Rational and max(abs(value.p), value.q).bit_length() > 8 * _BITS:
        raise _Dismissed
    return value


def _series(name: str) -> Callable[..., Expr]:
    def of(key: str, term: Expr, low: Expr, high: Expr) -> Expr:
        import sympy

        return getattr(sympy, name)(term, (_symbol("@k"), low, high))

    return of


def _integral(key: str, body: Expr, low: Expr, high: Expr) -> Expr:
    import sympy

    return sympy.Integral(body, (_symbol("@t"), low, high))


def _antiderivative(key: str, body: Expr, variable: Expr) -> Expr:
    import sympy

    return sympy.Integral(body, variable)


def _limit(key: str, body: Expr, at: Expr) -> Expr:
    import sympy

    side = key[len("limit")]
    return sympy.Limit(body, _symbol("@t"), at, side if side in "+-" else "+-")


_BOUNDED: dict[str, Callable[..., Expr]] = {
    "sum": _series("Sum"),
    "prod": _series("Product"),
    "int": _integral,
    "antiderivative": _antiderivative,
    "limit": _limit,
}
_NAMES = {
    "exp": "Pow", "pow": "Pow", "bracket": "Add", "ln": "log", "sin": "sin", "cos": "cos", "abs": "Abs",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arcsec": "asec", "arccsc": "acsc",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "floor": "floor", "ceil": "ceiling",
    "factorial": "factorial", "double factorial": "factorial2", "binom": "binomial", "zeta": "zeta",
    "Gamma": "gamma", "erf": "erf", "sign": "sign", "max": "Max", "min": "Min", "re": "re", "im": "im",
    "conj": "conjugate", "arg": "arg",
}  # fmt: skip
"""What sympy calls the functions that atoms are."""
