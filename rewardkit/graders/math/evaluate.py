r"""From a tree to an exact value: what each kind of node means.

Functions at the places where they have a closed value get it (`\cos 60^\circ`, `\ln e^2`, `5!`); elsewhere they
are atoms with an exact argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from rewardkit.graders.math.closed import ONE_ARGUMENT, Closed
from rewardkit.graders.math.exact import Ratio, normal, rational
from rewardkit.graders.math.nodes import Node, Rational
from rewardkit.graders.math.powers import Field
from rewardkit.graders.math.tokens import Unreadable

_LARGEST = 400  # of a factorial that is multiplied out
_TERMS = 300  # of all sums of a comparison that are written out
_EXPANDED = 60  # terms of a sum with numbers as bounds


def plain_value(node: Node) -> Rational | None:
    """The value of a number or of a fraction of two; None for anything else, which takes a Meaning."""
    if node.kind == "number":
        return node.value
    if node.kind == "neg" or (node.kind == "group" and len(node.args) == 1):
        inner = plain_value(node.args[0])
        return -inner if inner is not None and node.kind == "neg" else inner
    if node.kind == "div":
        above, below = map(plain_value, node.args)
        return normal(Fraction(above) / below) if above is not None and below else None
    return None


class Meaning(Closed):
    """What trees mean in one comparison.

    Args:
        field: where the atoms go.
        log: the base that `\\log` has when none is written: `e` or `10`.
        is_open: whether the reference itself has sums, integrals or limits, which only the court may know.
    """

    def __init__(self, field: Field, log: str = "e", is_open: bool = False) -> None:
        super().__init__(field, log)
        self.is_open = is_open
        self.bound: dict[str, Ratio] = {}
        self.terms = 0

    def value(self, node: Node) -> Ratio:
        """The value of a tree.

        Raises:
            Unreadable: it is no expression, or one without a value.
        """
        meaning = _KINDS.get(node.kind)
        if meaning is None:
            raise Unreadable(f"a {node.kind} where a value should stand")
        return meaning(self, node)

    def _number(self, node: Node) -> Ratio:
        return self.field.number(node.value)

    def _name(self, node: Node) -> Ratio:
        if node.text in self.bound:
            return self.bound[node.text]
        if node.text in ("inf", "emptyset", "...") or node.text.endswith("..."):
            raise Unreadable(f"{node.text} where a value should stand")
        return self.field.name(node.text)

    def _add(self, node: Node) -> Ratio:
        total = self.value(node.args[0])
        for term in node.args[1:]:
            total = self.field.add(total, self.value(term))
        return total

    def _mul(self, node: Node) -> Ratio:
        total = self.value(node.args[0])
        for factor in node.args[1:]:
            if factor.kind == "inverse":
                total = self.field.divide(total, self.value(factor.args[0]))
            else:
                total = self.field.multiply(total, self.value(factor))
        return total

    def _div(self, node: Node) -> Ratio:
        return self.field.divide(self.value(node.args[0]), self.value(node.args[1]))

    def _inverse(self, node: Node) -> Ratio:
        return self.field.divide(self.field.number(1), self.value(node.args[0]))

    def _part(self, node: Node) -> Ratio:
        return self.value(node.args[0])

    def _neg(self, node: Node) -> Ratio:
        return self.field.negative(self.value(node.args[0]))

    def _pow(self, node: Node) -> Ratio:
        base, exponent = node.args
        if exponent.kind == "name" and exponent.text in ("T", "circ") and base.kind == "group":
            raise Unreadable("a transposed matrix")
        value = self.value(exponent)
        if base.kind == "name" and (chosen := self._chosen(base.text, rational(value))) is not None:
            return self.field.number(chosen)
        return self.field.power(self.value(base), value)

    def _chosen(self, name: str, lower: Rational | None) -> int | None:
        """`C_5^2`, `P_5^2` and `A_5^2` count; other letters are variables."""
        letter, _, number = name.partition("_")
        if letter not in ("C", "P", "A") or not number.isdigit() or not isinstance(lower, int) or len(number) > 3:
            return None
        if not int(number) > 1 or not 0 <= lower <= int(number):
            return None
        return math.comb(int(number), lower) if letter == "C" else math.perm(int(number), lower)

    def _root(self, node: Node) -> Ratio:
        index = self.value(node.args[1]) if len(node.args) > 1 else self.field.number(2)
        return self.field.power(self.value(node.args[0]), self.field.divide(self.field.number(1), index))

    def _group(self, node: Node) -> Ratio:
        if not node.args or node.text not in ("()", "[]", "{}"):
            raise Unreadable(f"{node.text} where a value should stand")
        return self.value(node.args[0])

    def _lone(self, node: Node) -> Ratio:
        r"""`\{x + y\}` as a factor: braces for parentheses."""
        if len(node.args) != 1 or node.args[0].kind in ("list", "such"):
            raise Unreadable("a set where a value should stand")
        return self.value(node.args[0])

    def _percent(self, node: Node) -> Ratio:
        return self.field.divide(self.value(node.args[0]), self.field.number(100))

    def _quantity(self, node: Node) -> Ratio:
        inner = self.value(node.args[0])
        if node.text == "°":
            return self.field.multiply(inner, self.field.divide(self.field.name("pi"), self.field.number(180)))
        if node.text == "rad":
            return inner
        return self.field.multiply(inner, self.field.name(f"unit {node.text}"))

    def _base(self, node: Node) -> Ratio:
        digits, radix = node.args[0].text, int(node.text)
        if not digits.isalnum() or not 2 <= radix <= 36 or len(digits) > 300:
            raise Unreadable(f"{digits} in base {radix}")
        return self.field.number(int(digits, radix))  # a ValueError says no value

    def _overline(self, node: Node) -> Ratio:
        inner = node.args[0]
        if inner.kind == "number":
            raise Unreadable("a number under a bar")
        if inner.kind == "name" and inner.text[0] not in "zw":  # a mean, and no conjugate
            return self.field.name(f"mean {inner.text}")
        return self.field.atom("conj", (self.value(inner),))

    def _factorial(self, node: Node) -> Ratio:
        inner = self.value(node.args[0])
        number = rational(inner)
        if isinstance(number, int) and 0 <= number <= _LARGEST:
            return self.field.number(math.prod(range(number, 1, -2)) if node.text else math.factorial(number))
        return self.field.atom("double factorial" if node.text else "factorial", (inner,))

    def _binom(self, node: Node) -> Ratio:
        upper, lower = (self.value(arg) for arg in node.args[:2])
        n, k = rational(upper), rational(lower)
        if isinstance(n, int) and isinstance(k, int) and k >= 0 and 0 <= n <= 10 * _LARGEST:
            return self.field.number(math.comb(n, k))
        return self.field.atom("binom", (upper, lower))

    def _permutations(self, node: Node) -> Ratio:
        upper, lower = (self.value(arg) for arg in node.args)
        n, k = rational(upper), rational(lower)
        if isinstance(n, int) and isinstance(k, int) and k >= 0 and 0 <= n <= _LARGEST:
            return self.field.number(math.perm(n, k))
        return self.field.atom("perm", (upper, lower))

    def _joined(self, node: Node) -> Ratio:
        """`A \\cup B` of sets that are names: as good as any other function of two things in any order."""
        args = sorted((self.value(arg) for arg in node.args), key=self.field.key)
        return self.field.atom(node.kind, tuple(args))

    def _call(self, node: Node) -> Ratio:
        return self.field.atom("call", tuple(self.value(arg) for arg in node.args), label=f"{node.text}()")

    def _function(self, node: Node) -> Ratio:
        if node.text == "det" and node.args[0].kind == "matrix":
            return self._determinant([list(row.args) for row in node.args[0].args])
        args = [self.value(arg) for arg in node.args]
        if node.text in ("ln", "log", "lg"):
            return self.logarithm(node.text, args)
        if len(args) == 1 and (special := ONE_ARGUMENT.get(node.text)):
            return special(self, args[0])
        if node.text in ("mod", "pmod"):
            return self.remainder(node.text, args)
        if node.text in ("max", "min", "gcd", "lcm"):
            return self.of_integers(node.text, args)
        if len(args) != 1:
            raise Unreadable(f"{node.text} of {len(args)} things")
        return self.field.atom(node.text, tuple(args))

    def _determinant(self, rows: list[list[Node]]) -> Ratio:
        size = len(rows)
        if size > 4 or any(len(row) != size for row in rows):
            raise Unreadable("a determinant of no square, or of a large one")
        return self._minor([[self.value(cell) for cell in row] for row in rows])

    def _minor(self, rows: list[list[Ratio]]) -> Ratio:
        """A determinant by its first row."""
        if len(rows) == 1:
            return rows[0][0]
        total = self.field.number(0)
        for at, cell in enumerate(rows[0]):
            below = self._minor([row[:at] + row[at + 1 :] for row in rows[1:]])
            term = self.field.multiply(cell, below)
            total = self.field.add(total, self.field.negative(term) if at % 2 else term)
        return total

    # --- with bounds ---

    def _series(self, node: Node) -> Ratio:
        low, high, body = node.args
        if low.kind != "relation" or low.text != "=" or low.args[0].kind != "name":
            raise Unreadable(f"a {node.kind} without a variable")
        variable = low.args[0].text
        start, end = self.value(low.args[1]), (None if _is_infinite(high) else self.value(high))
        first, last = rational(start), (rational(end) if end else None)
        if isinstance(first, int) and isinstance(last, int) and self._expands(last - first):
            return self._expanded(node.kind, variable, range(first, last + 1), body)
        inner = self._bind(variable, self.field.name("@k"), body)
        ends = (start, end) if end else (start, self.field.name("@inf"))
        return self.field.atom(node.kind, (inner, *ends))

    def _expands(self, terms: int) -> bool:
        """Whether a sum is written out; sums within sums share the terms that there may be."""
        if terms >= _EXPANDED or self.terms > _TERMS:
            return False
        self.terms += max(terms, 0) + 1
        return True

    def _expanded(self, kind: str, variable: str, values: range, body: Node) -> Ratio:
        total = self.field.number(0 if kind == "sum" else 1)
        for number in values:
            value = self._bind(variable, self.field.number(number), body)
            total = self.field.add(total, value) if kind == "sum" else self.field.multiply(total, value)
        return total

    def _bind(self, variable: str, value: Ratio, body: Node) -> Ratio:
        """The value of a body with a variable of its own."""
        if rational(value) is None and value in self.bound.values():
            raise Unreadable("a sum or an integral within another")
        before = self.bound.get(variable)
        self.bound[variable] = value
        result = self.value(body)
        if before is None:
            del self.bound[variable]
        else:
            self.bound[variable] = before
        return result

    def _integral(self, node: Node) -> Ratio:
        if len(node.args) == 1:
            return self.field.atom("antiderivative", (self.value(node.args[0]), self.field.name(node.text)))
        low, high = (self._bound(bound) for bound in node.args[1:])
        return self.field.atom("int", (self._bind(node.text, self.field.name("@t"), node.args[0]), low, high))

    def _bound(self, node: Node) -> Ratio:
        """A bound or a target, which may be infinite."""
        if node.kind in ("neg", "group") and len(node.args) == 1:
            inner = self._bound(node.args[0])
            return self.field.negative(inner) if node.kind == "neg" else inner
        return self.field.name("@inf") if _is_infinite(node) else self.value(node)

    def _limit(self, node: Node) -> Ratio:
        low, body = node.args
        side = ""
        if low.kind == "sided":
            side, low = low.text, low.args[0]
        if low.kind != "relation" or low.text != "->" or low.args[0].kind != "name":
            raise Unreadable("a limit without a variable")
        target = low.args[1]
        if target.kind == "name" and target.text[-2:] in ("^+", "^-"):
            side, target = target.text[-1], Node("name", target.text[:-2])
        at = self._bound(target)
        return self.field.atom(
            "limit", (self._bind(low.args[0].text, self.field.name("@t"), body), at), label=f"limit{side}"
        )


def _is_infinite(node: Node) -> bool:
    return node.kind == "name" and node.text == "inf"


_KINDS: dict[str, Callable[[Meaning, Node], Ratio]] = {
    "number": Meaning._number,
    "name": Meaning._name,
    "add": Meaning._add,
    "mul": Meaning._mul,
    "div": Meaning._div,
    "inverse": Meaning._inverse,
    "part": Meaning._part,
    "neg": Meaning._neg,
    "pow": Meaning._pow,
    "root": Meaning._root,
    "group": Meaning._group,
    "percent": Meaning._percent,
    "quantity": Meaning._quantity,
    "base": Meaning._base,
    "overline": Meaning._overline,
    "factorial": Meaning._factorial,
    "binom": Meaning._binom,
    "permutations": Meaning._permutations,
    "call": Meaning._call,
    "fn": Meaning._function,
    "sum": Meaning._series,
    "prod": Meaning._series,
    "int": Meaning._integral,
    "lim": Meaning._limit,
    "cup": Meaning._joined,
    "cap": Meaning._joined,
    "ratio": Meaning._div,
    "set": Meaning._lone,
}
"""What each kind of node means."""
