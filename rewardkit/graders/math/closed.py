r"""Functions at the places where they have a closed value: `\cos 60^\circ`, `\ln e^2`, `\lfloor 3.7 \rfloor`.

Elsewhere a function is an atom with an exact argument, odd and even ones with its sign in front.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from rewardkit.graders.math.exact import ONE, Ratio, factored, rational
from rewardkit.graders.math.nodes import Rational
from rewardkit.graders.math.powers import Field
from rewardkit.graders.math.tokens import Unreadable


class Closed:
    """Functions of exact values.

    Args:
        field: where the atoms go.
        log: the base that `\\log` has when none is written: `e` or `10`.
    """

    def __init__(self, field: Field, log: str = "e") -> None:
        self.field = field
        self.log = log

    def logarithm(self, name: str, args: list[Ratio]) -> Ratio:
        """`ln`, `lg`, and `log` with its base."""
        field = self.field
        if len(args) == 2:
            return field.divide(self._natural(args[0]), self._natural(args[1]))
        if len(args) > 2:
            raise Unreadable("a logarithm of several")
        natural = self._natural(args[0])
        if name == "lg" or (name == "log" and self.log == "10"):
            return field.divide(natural, self._natural(field.number(10)))
        return natural

    def _natural(self, value: Ratio) -> Ratio:
        """`ln`; of a number, the sum over its primes."""
        field = self.field
        if value.below != ONE or len(value.above) != 1:
            return field.atom("ln", (value,))
        ((mono, factor),) = value.above.items()
        if factor < 0:
            return field.atom("ln", (value,))
        total = field.number(0)
        for prime, times in factored(factor).items():
            total = field.add(total, field.multiply(field.number(times), field.atom("ln", (field.number(prime),))))
        left: list[tuple[str, Rational]] = []
        for atom, power in mono:
            meant = field.atoms.get(atom)
            if atom == "e":
                total = field.add(total, field.number(power))
            elif atom.isdigit():
                logarithm = field.atom("ln", (field.number(int(atom)),))
                total = field.add(total, field.multiply(field.number(power), logarithm))
            elif meant and meant.name == "exp":
                logarithm = self._natural(meant.args[0])
                total = field.add(
                    total, field.multiply(field.number(power), field.multiply(meant.args[1], logarithm))
                )
            else:
                left.append((atom, power))
        if len(left) == 1 and not (isinstance(left[0][1], int) and left[0][1] % 2 == 0):
            logarithm = field.atom("ln", (field.name(left[0][0]),))
            return field.add(total, field.multiply(field.number(left[0][1]), logarithm))
        if left:
            total = field.add(total, field.atom("ln", (Ratio({tuple(left): 1}, ONE),)))
        return total

    def _exponential(self, value: Ratio) -> Ratio:
        return self.field.power(self.field.name("e"), value)

    def _root_of(self, value: Ratio) -> Ratio:
        return self.field.power(value, self.field.number(Fraction(1, 2)))

    def _cube_root(self, value: Ratio) -> Ratio:
        return self.field.power(value, self.field.number(Fraction(1, 3)))

    def _absolute(self, value: Ratio) -> Ratio:
        number = rational(value)
        if number is not None:
            return self.field.number(number if number > 0 else -number)
        return self.field.atom("abs", (self._upright(value)[0],))

    def _floor(self, value: Ratio) -> Ratio:
        number = rational(value)
        return self.field.number(math.floor(number)) if number is not None else self.field.atom("floor", (value,))

    def _ceil(self, value: Ratio) -> Ratio:
        number = rational(value)
        return self.field.number(math.ceil(number)) if number is not None else self.field.atom("ceil", (value,))

    def _upright(self, value: Ratio) -> tuple[Ratio, int]:
        """A value or its negative, whichever begins with a positive term, and which."""
        if value.above and value.above[max(value.above)] < 0:
            return self.field.negative(value), -1
        return value, 1

    def _sine(self, value: Ratio) -> Ratio:
        turn = _of_pi(value)
        if turn is not None and (closed := self._closed_sine(turn)):
            return closed
        upright, sign = self._upright(value)
        atom = self.field.atom("sin", (upright,))
        return atom if sign > 0 else self.field.negative(atom)

    def _cosine(self, value: Ratio) -> Ratio:
        turn = _of_pi(value)
        if turn is not None and (closed := self._closed_sine(turn + Fraction(1, 2))):
            return closed
        return self.field.atom("cos", (self._upright(value)[0],))

    def _closed_sine(self, turn: Fraction) -> Ratio | None:
        """The sine of a multiple of 15 or 36 degrees... where it is a root."""
        turn %= 2
        sign = 1
        if turn > 1:
            turn, sign = turn - 1, -1
        if turn > Fraction(1, 2):
            turn = 1 - turn
        squared = {
            0: (0, 1),
            Fraction(1, 6): (1, 4),
            Fraction(1, 4): (1, 2),
            Fraction(1, 3): (3, 4),
            Fraction(1, 2): (1, 1),
        }
        if turn not in squared:
            return None
        above, below = squared[turn]
        root = self.field.power(self.field.number(Fraction(above, below)), self.field.number(Fraction(1, 2)))
        return root if sign > 0 else self.field.negative(root)

    def _tangent(self, value: Ratio) -> Ratio:
        return self.field.divide(self._sine(value), self._cosine(value))

    def _cotangent(self, value: Ratio) -> Ratio:
        return self.field.divide(self._cosine(value), self._sine(value))

    def _secant(self, value: Ratio) -> Ratio:
        return self.field.divide(self.field.number(1), self._cosine(value))

    def _cosecant(self, value: Ratio) -> Ratio:
        return self.field.divide(self.field.number(1), self._sine(value))

    def _hyperbolic(self, value: Ratio, sign: int) -> Ratio:
        """`e^x ± e^{-x}`, halved."""
        field = self.field
        first, second = self._exponential(value), self._exponential(field.negative(value))
        return field.multiply(
            field.number(Fraction(1, 2)), field.add(first, second if sign > 0 else field.negative(second))
        )

    def remainder(self, name: str, args: list[Ratio]) -> Ratio:
        """`mod` of a number, `pmod` of a whole class."""
        number, divisor = rational(args[0]), rational(args[1])
        if isinstance(number, int) and isinstance(divisor, int) and divisor:
            number %= divisor
            if name == "mod":
                return self.field.number(number)
            args = [self.field.number(number), args[1]]
        return self.field.atom(name, tuple(args))

    def of_integers(self, name: str, args: list[Ratio]) -> Ratio:
        """`max`, `min`, `gcd` and `lcm`, in whatever order their arguments stand."""
        numbers = [rational(arg) for arg in args]
        known = [number for number in numbers if number is not None]
        if len(known) == len(numbers) and name in ("max", "min"):
            return self.field.number(max(known) if name == "max" else min(known))
        whole = [number for number in known if isinstance(number, int)]
        if len(whole) == len(numbers) and name in ("gcd", "lcm"):
            return self.field.number(math.gcd(*whole) if name == "gcd" else math.lcm(*whole))
        return self.field.atom(name, tuple(sorted(args, key=self.field.key)))


def _of_pi(value: Ratio) -> Fraction | None:
    """The rational multiple of pi that a value is."""
    if value.below != ONE or len(value.above) > 1:
        return None
    if not value.above:
        return Fraction(0)
    factor = value.above.get((("pi", 1),))
    return Fraction(factor) if factor is not None else None


ONE_ARGUMENT: dict[str, Callable[[Closed, Ratio], Ratio]] = {
    "exp": Closed._exponential,
    "sqrt": Closed._root_of,
    "cbrt": Closed._cube_root,
    "abs": Closed._absolute,
    "floor": Closed._floor,
    "ceil": Closed._ceil,
    "sin": Closed._sine,
    "cos": Closed._cosine,
    "tan": Closed._tangent,
    "cot": Closed._cotangent,
    "sec": Closed._secant,
    "csc": Closed._cosecant,
    "sinh": lambda meaning, value: meaning._hyperbolic(value, -1),
    "cosh": lambda meaning, value: meaning._hyperbolic(value, 1),
    "tanh": lambda meaning, value: meaning.field.divide(
        meaning._hyperbolic(value, -1), meaning._hyperbolic(value, 1)
    ),
    "coth": lambda meaning, value: meaning.field.divide(
        meaning._hyperbolic(value, 1), meaning._hyperbolic(value, -1)
    ),
    "sech": lambda meaning, value: meaning.field.divide(meaning.field.number(1), meaning._hyperbolic(value, 1)),
    "csch": lambda meaning, value: meaning.field.divide(meaning.field.number(1), meaning._hyperbolic(value, -1)),
}
"""Functions of one argument that are more than an atom."""
