r"""Factors: a base with what stands behind it. Powers, primes, subscripts, percent signs, degrees, units."""

from __future__ import annotations

from rewardkit.graders.math import words
from rewardkit.graders.math.bases import CURRENCIES, Bases
from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.numerals import is_word, radix, repeated
from rewardkit.graders.math.tokens import Token, Unreadable
from rewardkit.graders.math.units import is_symbol

_MOST = 6  # marks behind one base, such as the two of `5!!`
_BEHIND = frozenset(("^", "_", "!", "%", "deg", "'")) | CURRENCIES
_COUNTS = frozenset(("word", "letters", "name", "in"))
_DENIALS = frozenset("not wrong incorrect false never no neither nor except".split())
_SCALES = {"celsius": "C", "fahrenheit": "F"}
_LETTER_UNITS = frozenset("msghLlNJWVAKCF")
_ABBREVIATED = frozenset("sq cu in ft yd mi lb lbs oz hr hrs min sec no".split())


class Factors(Bases):
    """The part of the parser for bases with what stands behind them."""

    def factor(self) -> Node:
        """A base with all that stands behind it."""
        node = self.base()
        for _ in range(_MOST + 1):
            if self.kind in _BEHIND:
                behind = self.behind(node, self.kind)
            elif self.kind in _COUNTS and self.is_counted(node):
                behind = self.worded(node)
            else:
                return node
            if behind is None:
                return node
            node = behind
        raise Unreadable("a row of marks behind one base")

    def behind(self, node: Node, mark: str) -> Node | None:
        """A base with the mark behind it, or None where the mark is not part of the factor."""
        if mark in CURRENCIES and node.kind != "number":
            return None
        if mark == "!" and self.after().kind == "=" and not self.after().spaced:
            return None
        if mark == "!":
            return self.factorial(node)
        self.next()
        if mark == "^":
            return self.raised(node)
        if mark == "_":
            return self.subscripted(node)
        if mark == "deg":
            return self.in_degrees(node)
        if mark == "'":
            primes = 1
            while self.take("'"):
                primes += 1
            return self.primed(node, primes)
        return Node("percent", "", (node,)) if mark == "%" else Node("quantity", mark, (node,))

    def factorial(self, node: Node) -> Node:
        """`n!`; `n!!` is the product of every other number, and more marks are factorials of factorials."""
        marks = 0
        while self.take("!"):
            marks += 1
        if marks == 2:
            return Node("factorial", "!", (node,))
        for _ in range(min(marks, _MOST)):
            node = Node("factorial", "", (node,))
        return node

    def in_degrees(self, node: Node) -> Node:
        """A number of degrees, of an angle or of heat."""
        scale = self.next().text if self.kind in ("name", "word") and self.here.text in ("C", "F") else ""
        return Node("quantity", f"°{scale}", (node,))

    def primed(self, node: Node, primes: int) -> Node:
        """`y'`, `f(x)''`."""
        if node.kind == "name":
            return Node("name", node.text + "'" * primes)
        if node.kind == "quantity" and node.text == "°":
            return node
        if node.kind == "number":
            return Node("quantity", "′" if primes == 1 else "″", (node,))
        return Node("call", f"prime{primes}", (node,))

    # --- powers and subscripts ---

    def raised(self, base: Node) -> Node:
        r"""A base to a power; `^\circ`, `^+` and `^'` are other things that stand up there."""
        if base.kind == "group" and base.args and self.transposes():
            return base  # as a vector it is the same
        self.deeper()
        after = self.after()
        alone = self.kind == "{" and self.after(2).kind == "}"
        if self.kind == "deg" or (alone and after.kind == "deg"):
            self.go(self.at + (3 if alone else 1))
            node = self.in_degrees(base)
        elif self.take("'"):
            node = self.primed(base, 1)
        elif self.kind in ("+", "-", "*") and not self.starts(after):
            node = Node("name", f"{base.text}^{self.next().text}")
        elif alone and after.kind == "'":
            self.go(self.at + 3)
            node = self.primed(base, 1)
        elif alone and after.kind in ("+", "-", "*"):
            node = Node("name", f"{base.text}^{after.text}")
            self.go(self.at + 3)
        else:
            exponent = self.exponent()
            vector = base.kind == "group" and base.args and base.args[0].kind == "list"
            transposed = vector and exponent.kind == "name" and exponent.text in ("T", "top", "intercal")
            node = base if transposed else Node("pow", "", (base, exponent))
        self.depth -= 1
        return node

    def transposes(self) -> bool:
        """Take the T behind `^`; False where none stands there, or brackets within brackets make it a matrix."""
        return False

    def exponent(self) -> Node:
        """What stands behind `^`: of letters side by side only the first."""
        negative = False
        while sign := self.take("+", "-"):
            negative ^= sign == "-"
        if self.kind == "letters" and not is_word(self.here.text):
            letters = self.here.text
            self.put(Token("letters" if len(letters) > 2 else "name", letters[1:], False))
            node = Node("name", letters[0])
        else:
            node = self.base()
        if self.take("^"):
            node = self.raised(node)
        while self.kind == "!":
            node = self.factorial(node)
        return Node("neg", "", (node,)) if negative else node

    def subscripted(self, node: Node) -> Node:
        """The base of a number, or a part of a name."""
        said = self.raw()
        if node.kind == "number":
            base = radix(said)
            if base is None:
                raise Unreadable(f"the base {said!r}")
            return Node("base", str(base), (node,))
        if node.kind == "pow" and node.args[0].kind == "name":  # `v^2_0` is `v_0^2`
            return node._replace(args=(Node("name", f"{node.args[0].text}_{said}"), node.args[1]))
        inner = node.args[0] if node.kind == "group" and node.args else node
        if inner.kind == "number" and (base := radix(said)) is not None:
            return Node("base", str(base), (inner,))
        return Node("name", f"{node.text}_{said}") if node.kind in ("name", "group") else node

    # --- words ---

    def is_counted(self, node: Node) -> bool:
        """Whether the word behind a base says what it counts or measures."""
        kind, text = self.kind, self.here.text
        if kind == "word":
            return True
        if kind == "name":  # `min` is the unit, not the least of some
            after = self.after()
            hours = text in _LETTER_UNITS and self.here.spaced and after.kind == "number" and after.spaced
            seconds = text == "sec" and not self.starts(after)
            minutes = text == "min" and after.kind not in ("(", "{", "\\{", "_", "[")
            return node.kind == "number" and (hours or minutes or seconds)
        if kind == "in":  # the inch, and no element of anything
            return node.kind == "number" and not self.starts(self.after())
        if is_word(text) or (self.here.spaced and text in ("rad", "sq", "cu")):
            return True
        symbol = self.here.spaced and (
            is_symbol(text) or self.after().kind == "word" or is_word(self.after().text)
        )
        return node.kind == "number" and (symbol or text in ("st", "nd", "rd", "th"))

    def worded(self, node: Node) -> Node:
        """A number with words behind it: a scale, a percent sign, a unit, or what it counts."""
        word = self.next().text.lower()
        if word in ("percent", "pct"):
            return Node("percent", "", (node,))
        if word in ("degrees", "degree"):
            scale = _SCALES.get(self.here.text.lower(), "")
            if scale:
                self.next()
            return Node("quantity", f"°{scale}", (node,))
        if word in ("radians", "radian", "rad"):
            return Node("quantity", "rad", (node,))
        if word == "repeating" and node.kind == "number" and node.places > 0:
            return repeated(node.text[:-1], node.text[-1])
        if word == "dozen" or word in words.SCALES:
            return Node("mul", "", (node, Node("number", "", (), words.SCALES.get(word, 12))))
        unit = self.unit(self.tokens[self.at - 1].text)
        if not _DENIALS.isdisjoint(unit.lower().split(" ")):
            raise Unreadable(f"it says {unit!r}")
        return Node("quantity", unit, (node,))

    def unit(self, first: str) -> str:
        """All words behind a number: `square metres`, `km / h`, `m^2`."""
        said = [first]
        while True:
            if self.kind in ("word", "letters", "in") or (
                self.kind == "name"
                and self.here.text in _LETTER_UNITS
                and said[-1] in ("square", "cubic", "per", "sq")
            ):
                said.append(self.next().text)
            elif self.kind == "/" and self.after().kind in _COUNTS:
                said += [self.next().text, self.next().text]
            elif self.take("^"):
                said[-1] += f"^{self.raw()}"
            elif (self.kind == "*" and self.after().kind in ("word", "letters")) or (
                self.kind == "." and said[-1].lower() in _ABBREVIATED
            ):
                self.next()
            else:
                return " ".join(said)
