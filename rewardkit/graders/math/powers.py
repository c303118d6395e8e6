r"""Powers and roots of exact values, in one form each: `\sqrt{12}` is `2\sqrt{3}`, `2^{x+1}` is `2 · 2^x`.

Roots of numbers go prime by prime, powers with an open exponent term by term; a sum under a root is an atom.
"""

from __future__ import annotations

from fractions import Fraction

from rewardkit.graders.math.exact import (
    BITS,
    ONE,
    POWER,
    WIDE,
    Arithmetic,
    Atom,
    Poly,
    Ratio,
    TooMuch,
    content_of,
    factored,
    normal,
    rational,
    text_of,
)
from rewardkit.graders.math.nodes import Rational
from rewardkit.graders.math.tokens import Unreadable


class Field(Arithmetic):
    """Arithmetic on exact values with their powers. One for each comparison."""

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
        if exponent > POWER or (len(base.above) + len(base.below)) * exponent > WIDE:
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
        if size != 1 and bits * exponent > BITS:
            for prime, power in factored(size).items():
                exponents[str(prime)] = normal(exponents.get(str(prime), 0) + power * exponent)
            size = 1
        else:
            size = normal(Fraction(size) ** int(exponent))
        return {own: normal(times * sign * size) for own, times in self.settled(exponents).items()}

    def bracket(self, poly: Poly) -> Ratio:
        """A sum as one atom."""
        key = f"({text_of(poly)})"
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
        content = content_of(poly)
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
