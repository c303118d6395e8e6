r"""Exact values: quotients of polynomials over atoms, in one form each.

    Poly   {monomial: coefficient}, the coefficients integers or fractions
    Mono   ((atom, exponent), …), sorted; the exponents integers, or fractions for radicals
    Ratio  Poly / Poly

An atom is a key: a variable `x`, a constant `pi`, `e`, `i`, a prime `2` (with a fractional exponent: a radical), a
power such as `2^[x]`, a function of a value such as `sin[x]`, or a sum in brackets under a root. What an atom that
is not a variable means stands in the field's table under its key. Sums of radicals, fractions and powers of the
same things come out equal, term for term, and that settles most pairs without a single float.

Work is bounded: `_TERMS` terms of a polynomial, `_STEPS` products in all, `BITS` of a coefficient.
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
BITS = 20_000
WIDE = 240  # terms times power, above which a power of a sum stays in brackets
POWER = 60  # the largest power of a sum that is multiplied out


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


ONE: Poly = {(): 1}


def normal(value: Rational) -> Rational:
    """An integer where it is one."""
    return value if type(value) is int or value.denominator != 1 else value.numerator


class Arithmetic:
    """Arithmetic on values, and the atoms that it met. One for each comparison; it counts the work."""

    def __init__(self) -> None:
        self.atoms: dict[str, Atom] = {}
        self.steps = 0
        self.visits = 0
        self.looks = 0

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

    def atom(self, name: str, args: tuple[Ratio, ...], label: str = "") -> Ratio:
        """A value that is opaque: a function of values."""
        key = f"{label or name}[{';'.join(map(self.key, args))}]"
        if len(key) > 20_000:
            raise TooMuch("an expression too long for its normal form")
        self.atoms.setdefault(key, Atom(name, args))
        return self.name(key)

    def key(self, value: Ratio) -> str:
        """The text of a value; values of the same text are equal."""
        above = text_of(value.above)
        return above if value.below == ONE else f"{above}/{text_of(value.below)}"

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
                if abs(whole) * int(atom).bit_length() <= BITS:
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
        return exponent <= POWER and (len(self.atoms[atom].args[0].above) + 1) * exponent <= WIDE

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
    bits = math.log2(number)
    for power in range(int(bits / 10.9), int(bits / 50), -1) if bits >= 300 else ():  # of primes above 2000
        root = round(2.0 ** (bits / power))
        if root**power == number:
            return root, power
    if number.bit_length() < 300:
        cube = round(number ** (1 / 3))
        for near in (cube - 1, cube, cube + 1):
            if near > 1 and near**3 == number:
                return near, 3
    return number, 1


def content_of(poly: Poly) -> Rational:
    """The positive number that divides all coefficients and leaves integers without a common factor."""
    above = below = 0
    for factor in poly.values():
        above = math.gcd(above, factor.numerator)
        below = factor.denominator if not below else math.lcm(below, factor.denominator)
    return normal(Fraction(above, below))


def text_of(poly: Poly) -> str:
    """The text of a polynomial; those of the same text are equal."""
    return "+".join(
        f"{factor}" + "".join(f"*{atom}^{power}" if power != 1 else f"*{atom}" for atom, power in mono)
        for mono, factor in sorted(poly.items())
    )
