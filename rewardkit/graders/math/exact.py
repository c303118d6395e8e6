r"""Exact values: quotients of polynomials over atoms, in one form each.

    Poly   {monomial: coefficient}, the coefficients integers or fractions
    Mono   ((atom, exponent), …), sorted; the exponents integers, or fractions for radicals
    Ratio  Poly / Poly

An atom is a key: a variable `x`, a constant `pi`, `e`, `i`, a prime `2` (with a fractional exponent: a radical), a
power such as `2^[x]`, a function of a value such as `sin[x]`, or a sum in brackets under a root. What an atom that
is not a variable means stands in the field's table under its key. Sums of radicals, fractions and powers of the
same things come out equal, term for term, and that settles most pairs without a single float.

Work is bounded: `_TERMS` terms of a polynomial, `_STEPS` products in all, `_BITS` of a coefficient.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from rewardkit.graders.math.nodes import Rational
from rewardkit.graders.math.tokens import Unreadable

Mono = tuple[tuple[str, Rational], ...]
Poly = dict[Mono, Rational]

_TERMS = 300
_STEPS = 40_000
_BITS = 20_000
_WIDE = 240  # terms times power, above which a power of a sum stays in brackets
_POWER = 60  # the largest power of a sum that is multiplied out


class TooMuch(Unreadable):
    """A value is beyond the bounds of exact work."""


class Ratio(NamedTuple):
    """A quotient of polynomials; the one below is never empty."""

    above: Poly
    below: Poly


class Atom(NamedTuple):
    """What a composite atom means: a function of values, or a power."""

    name: str
    args: tuple[Ratio, ...]
    extra: object = None


ONE: Poly = {(): 1}
ZERO: Poly = {}


def normal(value: Rational) -> Rational:
    """An integer where it is one."""
    return value if type(value) is int or value.denominator != 1 else value.numerator


class Field:
    """Arithmetic on values, and the atoms that it met. One for each comparison; it counts the work."""

    def __init__(self) -> None:
        self.atoms: dict[str, Atom] = {}
        self.steps = 0
        self.visits = 0

    def has(self, *names: str) -> bool:
        """Whether a function of one of these names took part."""
        return any(atom.name in names for atom in self.atoms.values())

    # --- making values ---

    def number(self, value: Rational) -> Ratio:
        """A rational number."""
        value = normal(value)
        return Ratio({(): value} if value else {}, ONE)

    def name(self, name: str) -> Ratio:
        """One atom, such as a variable."""
        return Ratio({((name, 1),): 1}, ONE)

    def atom(self, name: str, args: tuple[Ratio, ...], extra: object = None, label: str = "") -> Ratio:
        """A value that is opaque: a function of values."""
        key = f"{label or name}[{';'.join(map(self.key, args))}]"
        if len(key) > 20_000:
            raise TooMuch("an expression too long for its normal form")
        self.atoms.setdefault(key, Atom(name, args, extra))
        return self.name(key)

    def key(self, value: Ratio) -> str:
        """The text of a value; values of the same text are equal."""
        above = _text(value.above)
        return above if value.below == ONE else f"{above}/{_text(value.below)}"

    # --- arithmetic ---

    def add(self, first: Ratio, second: Ratio) -> Ratio:
        """The sum."""
        if first.below is ONE is second.below:
            return Ratio(self.sum(first.above, second.above), ONE)
        if first.below == second.below:
            return self.tidy(self.sum(first.above, second.above), first.below)
        above = self.sum(self.times(first.above, second.below), self.times(second.above, first.below))
        return self.tidy(above, self.times(first.below, second.below))

    def negative(self, value: Ratio) -> Ratio:
        """The negative."""
        return Ratio({mono: -factor for mono, factor in value.above.items()}, value.below)

    def multiply(self, first: Ratio, second: Ratio) -> Ratio:
        """The product."""
        if first.below is ONE is second.below:
            return Ratio(self.times(first.above, second.above), ONE)
        return self.tidy(self.times(first.above, second.above), self.times(first.below, second.below))

    def divide(self, first: Ratio, second: Ratio) -> Ratio:
        """The quotient."""
        if not second.above:
            raise Unreadable("a division by zero")
        return self.tidy(self.times(first.above, second.below), self.times(first.below, second.above))

    def difference(self, first: Ratio, second: Ratio) -> Poly:
        """A polynomial that is zero exactly where two values agree."""
        if first.below == second.below:
            return self.sum(first.above, {mono: -factor for mono, factor in second.above.items()})
        left = self.times(first.above, second.below)
        right = self.times(second.above, first.below)
        return self.sum(left, {mono: -factor for mono, factor in right.items()})

    def sum(self, first: Poly, second: Poly) -> Poly:
        """The sum of two polynomials."""
        total = dict(first)
        for mono, factor in second.items():
            total[mono] = total.get(mono, 0) + factor
        return {mono: normal(factor) for mono, factor in total.items() if factor}

    def times(self, first: Poly, second: Poly) -> Poly:
        """The product of two polynomials, which counts as work."""
        if second == ONE:
            return first
        if first == ONE:
            return second
        if len(first) == len(second) == 1 and (() in first or () in second):
            ((mono, factor),), ((other, another),) = first.items(), second.items()
            return {mono or other: normal(factor * another)}
        self.steps += len(first) * len(second)
        if self.steps > _STEPS:
            raise TooMuch("too many terms")
        total: Poly = {}
        for mono, factor in first.items():
            for other, another in second.items():
                for together, times in self.reduced(mono, other).items():
                    total[together] = total.get(together, 0) + factor * another * times
        if len(total) > _TERMS:
            raise TooMuch("too many terms")
        return {mono: normal(factor) for mono, factor in total.items() if factor}

    def reduced(self, first: Mono, second: Mono) -> Poly:
        """The product of two monomials: `√2·√2` is 2, `i·i` is -1, a root times itself is what stands under it."""
        if not first or not second:
            return {first or second: 1}
        exponents = dict(first)
        special = False
        for atom, exponent in second:
            if atom in exponents:
                exponents[atom] = normal(exponents[atom] + exponent)
                special |= atom[0].isdigit() or atom == "i" or atom[0] == "("
            else:
                exponents[atom] = exponent
        if special:
            return self.settled(exponents)
        return {tuple(sorted((atom, power) for atom, power in exponents.items() if power)): 1}

    def settled(self, exponents: dict[str, Rational]) -> Poly:
        """A product of powers with those of primes, of i and of sums brought to their least form."""
        factor: Rational = 1
        kept: list[tuple[str, Rational]] = []
        opened: list[tuple[str, int]] = []
        for atom, exponent in exponents.items():
            if not exponent:
                continue
            if atom == "i" and isinstance(exponent, int):
                factor *= (1, 1, -1, -1)[exponent % 4]
                if exponent % 2:
                    kept.append(("i", 1))
            elif atom.isdigit():
                whole = math.floor(exponent)
                if abs(whole) * int(atom).bit_length() <= _BITS:
                    factor = normal(factor * Fraction(int(atom)) ** whole)
                    exponent = normal(exponent - whole)
                if exponent:
                    kept.append((atom, exponent))
            elif atom[0] == "(" and exponent >= 1 and self.opens(atom, exponent):
                opened.append((atom, int(exponent)))
                if rest := normal(exponent - int(exponent)):
                    kept.append((atom, rest))
            else:
                kept.append((atom, exponent))
        result: Poly = {tuple(sorted(kept)): factor}
        for atom, power in opened:
            under = self.atoms[atom].args[0].above
            for _ in range(power):
                result = self.times(result, under)
        return result

    def opens(self, atom: str, exponent: Rational) -> bool:
        """Whether a sum in brackets to a power is multiplied out."""
        return exponent <= _POWER and (len(self.atoms[atom].args[0].above) + 1) * exponent <= _WIDE

    def tidy(self, above: Poly, below: Poly) -> Ratio:
        """A quotient with its divisor at 1 where it is one term, and the leading coefficient below at 1."""
        if not above:
            return Ratio({}, ONE)
        if not below:
            raise Unreadable("a division by zero")
        if below == ONE:
            return Ratio(above, ONE)
        if len(below) == 1:
            ((mono, factor),) = below.items()
            if factor != 1:
                above = self.times(above, {(): normal(1 / Fraction(factor))})
            if mono:
                above = self.shift(above, mono)
            return Ratio(above, ONE)
        if above == below:
            return Ratio(ONE, ONE)
        leading = below[max(below)]
        if leading != 1:
            scale: Poly = {(): normal(1 / Fraction(leading))}
            above, below = self.times(above, scale), self.times(below, scale)
        return Ratio(above, below)

    def shift(self, poly: Poly, mono: Mono) -> Poly:
        """A polynomial divided by one monomial."""
        total: Poly = {}
        for own, factor in poly.items():
            exponents = dict(own)
            for atom, exponent in mono:
                exponents[atom] = normal(exponents.get(atom, 0) - exponent)
            for together, times in self.settled(exponents).items():
                total[together] = total.get(together, 0) + factor * times
        return {own: normal(factor) for own, factor in total.items() if factor}

    # --- powers ---

    def power(self, base: Ratio, exponent: Ratio) -> Ratio:
        """A power with any exponent."""
        constant = rational(exponent)
        if constant is not None:
            if isinstance(constant, int):
                return self.whole_power(base, constant)
            return self.root(base, constant)
        return self.open_power(base, exponent)

    def whole_power(self, base: Ratio, exponent: int) -> Ratio:
        """A power with a whole exponent."""
        if exponent == 0:
            return self.number(1)
        if exponent < 0:
            return self.whole_power(self.divide(self.number(1), base), -exponent)
        if not base.above:
            return base
        if len(base.above) == 1 and base.below == ONE:
            return Ratio(self.mono_power(base.above, exponent), ONE)
        if exponent > _POWER or (len(base.above) + len(base.below)) * exponent > _WIDE:
            above, below = (self.steep(part, exponent) for part in base)
            return self.tidy(above, below)
        result = self.number(1)
        square, left = base, exponent
        while left:
            if left & 1:
                result = self.multiply(result, square)
            left >>= 1
            if left:
                square = self.multiply(square, square)
        return result

    def steep(self, poly: Poly, exponent: int) -> Poly:
        """A sum to a power that is not multiplied out; the sum begins with a positive term."""
        if len(poly) == 1:
            return self.mono_power(poly, exponent)
        flipped = poly[max(poly)] < 0
        if flipped:
            poly = {mono: -factor for mono, factor in poly.items()}
        power = self.mono_power(self.bracket(poly).above, exponent)
        return {mono: -factor for mono, factor in power.items()} if flipped and exponent % 2 else power

    def mono_power(self, poly: Poly, exponent: Rational) -> Poly:
        """One term to a whole power."""
        ((mono, factor),) = poly.items()
        exponents: dict[str, Rational] = {atom: normal(power * exponent) for atom, power in mono}
        sign: Rational = 1
        if factor < 0:
            sign = -1 if exponent % 2 else 1
        size: Rational = factor if factor > 0 else -factor
        bits = max(size.numerator.bit_length(), size.denominator.bit_length())
        if size != 1 and bits * exponent > _BITS:
            for prime, power in factored(size).items():
                exponents[str(prime)] = normal(exponents.get(str(prime), 0) + power * exponent)
            size = 1
        else:
            size = normal(Fraction(size) ** int(exponent))
        return {own: normal(times * sign * size) for own, times in self.settled(exponents).items()}

    def bracket(self, poly: Poly) -> Ratio:
        """A sum as one atom."""
        key = f"({_text(poly)})"
        if len(key) > 20_000:
            raise TooMuch("an expression too long for its normal form")
        self.atoms.setdefault(key, Atom("bracket", (Ratio(poly, ONE),)))
        return self.name(key)

    def root(self, base: Ratio, exponent: Rational) -> Ratio:
        """A fractional power. Of a product it is the product of those of its factors; of a negative number the odd
        root is real and the even one imaginary.
        """
        if not base.above:
            if exponent < 0:
                raise Unreadable("a division by zero")
            return base
        above, below = self.rooted(base.above, exponent), self.rooted(base.below, exponent)
        return self.divide(above, below)

    def rooted(self, poly: Poly, exponent: Rational) -> Ratio:
        """A fractional power of a polynomial."""
        if poly == ONE:
            return self.number(1)
        content = _content(poly)
        rest = (
            {mono: normal(Fraction(factor) / content) for mono, factor in poly.items()} if content != 1 else poly
        )
        result = self.positive_root(content, exponent)
        if rest == ONE:
            return result
        if len(rest) == 1:
            ((mono, sign),) = rest.items()
            if sign < 0:
                result = self.multiply(result, self.unit_root(exponent))
            for atom, power in mono:
                result = self.multiply(result, self.atom_root(atom, power, exponent))
            return result
        if max(rest.items())[1] < 0 and not isinstance(exponent, int) and exponent.denominator % 2:
            flipped: Poly = {mono: -factor for mono, factor in rest.items()}
            bracket = self.power_of_bracket(flipped, exponent)
            return self.negative(bracket) if exponent.numerator % 2 else bracket
        return self.multiply(result, self.power_of_bracket(rest, exponent))

    def power_of_bracket(self, poly: Poly, exponent: Rational) -> Ratio:
        """A fractional power of a sum."""
        (mono,) = self.bracket(poly).above
        return (
            Ratio(self.settled({mono[0][0]: exponent}), ONE)
            if exponent < 0 or exponent >= 1
            else Ratio({((mono[0][0], exponent),): 1}, ONE)
        )

    def unit_root(self, exponent: Rational) -> Ratio:
        """A fractional power of -1."""
        exponent = Fraction(exponent)
        if exponent.denominator % 2:
            return self.number(-1 if exponent.numerator % 2 else 1)
        if exponent.denominator == 2:
            return self.whole_power(self.name("i"), exponent.numerator % 4)
        return self.atom("pow", (self.number(-1), self.number(exponent)))

    def positive_root(self, value: Rational, exponent: Rational) -> Ratio:
        """A fractional power of a positive number, prime by prime."""
        if value == 1:
            return self.number(1)
        exponents: dict[str, Rational] = {
            str(prime): normal(power * exponent) for prime, power in factored(value).items()
        }
        return Ratio(self.settled(exponents), ONE)

    def atom_root(self, atom: str, power: Rational, exponent: Rational) -> Ratio:
        """`√(x²)` stays what it is, since it is not x; `√x` and `√(x³)` are powers of x."""
        together = normal(power * exponent)
        positive = atom.isdigit() or atom in ("pi", "e") or (atom in self.atoms and self.atoms[atom].name == "exp")
        odd = isinstance(power, int) and power % 2
        if positive or odd or not isinstance(power, int):
            return Ratio(self.settled({atom: together}), ONE)
        if Fraction(exponent).denominator % 2:
            return Ratio(self.settled({atom: together}), ONE)
        return self.atom("pow", (Ratio({((atom, power),): 1}, ONE), self.number(exponent)))

    def open_power(self, base: Ratio, exponent: Ratio) -> Ratio:
        """A power whose exponent is no number: `2^{x+1}` is `2 · 2^[x]`, `e^{2x}` the square of `e^[x]`."""
        if not base.above:
            raise Unreadable("a power of zero")
        if base == (ONE, ONE):
            return base
        if exponent.below != ONE:
            parts = [(Ratio({mono: 1}, exponent.below), factor) for mono, factor in exponent.above.items()]
        else:
            parts = [(Ratio({mono: 1}, ONE), factor) for mono, factor in exponent.above.items()]
        result = self.number(1)
        for part, factor in parts:
            if part == (ONE, ONE):
                result = self.multiply(result, self.power(base, self.number(factor)))
            else:
                result = self.multiply(result, self.split_power(base, part, factor))
        return result

    def split_power(self, base: Ratio, exponent: Ratio, factor: Rational) -> Ratio:
        """A power with an open exponent, factor by factor of the base."""
        if len(base.above) == 1 and base.below == ONE:
            ((mono, scale),) = base.above.items()
            if scale < 0:
                if base.above == {(): -1}:
                    return self.raised_atom("pow", base, exponent, factor)
                rest = self.split_power(Ratio({mono: -scale}, ONE), exponent, factor)
                return self.multiply(self.raised_atom("pow", self.number(-1), exponent, factor), rest)
            result = self.number(1)
            for prime, times in factored(scale).items():
                raised = self.raised_atom("exp", self.name(str(prime)), exponent, factor * times)
                result = self.multiply(result, raised)
            for atom, power in mono:
                name = "exp" if atom in ("e", "pi") or atom.isdigit() else "pow"
                result = self.multiply(result, self.raised_atom(name, self.name(atom), exponent, factor * power))
            return result
        return self.raised_atom("pow", base, exponent, factor)

    def raised_atom(self, name: str, base: Ratio, exponent: Ratio, factor: Rational) -> Ratio:
        """`base^[exponent]` to the power of a factor, one atom for all factors."""
        (mono,) = self.atom(name, (base, exponent), label=f"{name}^").above
        return Ratio({((mono[0][0], normal(factor)),): 1}, ONE)


# --- numbers ---


def rational(value: Ratio) -> Rational | None:
    """The number that a value is, if it is rational."""
    if value.below != ONE or len(value.above) > 1:
        return None
    if not value.above:
        return 0
    return value.above.get(())


def factored(value: Rational) -> dict[int, int]:
    """The primes of a positive rational with their exponents; a factor without small primes counts as one."""
    found = _primes(value.numerator)
    if value.denominator != 1:
        for prime, power in _primes(value.denominator).items():
            found[prime] = found.get(prime, 0) - power
    return found


def _primes(number: int) -> dict[int, int]:
    found: dict[int, int] = {}
    prime = 2
    while prime * prime <= number and prime < 2000:
        while number % prime == 0:
            found[prime] = found.get(prime, 0) + 1
            number //= prime
        prime += 1 if prime == 2 else 2
    if number > 1:
        root, power = _perfect(number)
        found[root] = found.get(root, 0) + power
    return found


def _perfect(number: int) -> tuple[int, int]:
    """A number as a power of the least base."""
    root = math.isqrt(number)
    if root * root == number:
        base, power = _perfect(root)
        return base, 2 * power
    if number.bit_length() < 300:
        cube = round(number ** (1 / 3))
        for near in (cube - 1, cube, cube + 1):
            if near > 1 and near**3 == number:
                return near, 3
    return number, 1


def _content(poly: Poly) -> Rational:
    """The positive number that divides all coefficients and leaves integers without a common factor."""
    above = below = 0
    for factor in poly.values():
        above = math.gcd(above, factor.numerator)
        below = factor.denominator if not below else math.lcm(below, factor.denominator)
    return normal(Fraction(above, below))


def _text(poly: Poly) -> str:
    return "+".join(
        f"{factor}" + "".join(f"*{atom}^{power}" if power != 1 else f"*{atom}" for atom, power in mono)
        for mono, factor in sorted(poly.items())
    )
