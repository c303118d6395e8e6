r"""Functions and commands with arguments: `\frac`, `\sqrt`, `\sin^2 x`, `\sum`, `\int`, `\lim`, matrices."""

from __future__ import annotations

from rewardkit.graders.math.cursor import Cursor
from rewardkit.graders.math.nodes import Node, differential, is_minus_one
from rewardkit.graders.math.numerals import is_word, number
from rewardkit.graders.math.symbols import FUNCTIONS
from rewardkit.graders.math.tokens import Token, Unreadable

_CLOSING = {"(": ")", "[": "]", "{": "}", "\\{": "\\}"}
_INVERTED = frozenset("sin cos tan cot sec csc sinh cosh tanh".split())
_PLAIN = frozenset(("frac", "sqrt", "binom"))  # functions whose argument has an end of its own
_OPERANDS = frozenset(("number", "name", "word", "letters"))
_OPENING = frozenset(("(", "[", "{", "\\{", "<(", "lfloor", "lceil", "$", "€", "£", "¥"))
_LISTS = frozenset("cases aligned align array gathered".split())
_SYSTEMS = frozenset("cases aligned align align* gathered split".split())


class Functions(Cursor):
    """The part of the parser for what has a name and arguments."""

    def starts(self, token: Token) -> bool:
        """Whether an operand can begin with a token."""
        kind = token.kind
        if kind in _OPERANDS:
            return token.text not in ("choose", "over")
        if kind in _OPENING:
            return not (self.mirrored and kind == "[")
        if kind in ("|", "||"):
            return self.bars == 0
        return kind.startswith("begin ")

    def is_function(self) -> bool:
        """Whether a function stands here that takes the factors behind it."""
        return self.kind == "name" and self.here.text in FUNCTIONS and self.here.text not in _PLAIN

    def is_differential(self) -> bool:
        """Whether the `dx` of an integral stands here."""
        text = self.here.text
        return self.integrals > 0 and (
            (self.kind == "letters" and len(text) == 2 and text[0] == "d")
            or (self.kind == "name" and text == "d" and self.after().kind == "name")
        )

    def two(self, name: str) -> Node:
        r"""`\frac` or `\binom` and its arguments."""
        self.deeper()
        first, second = self.argument(), self.argument()
        self.depth -= 1
        return Node("div" if name == "frac" else "binom", "frac", (first, second))

    def argument(self) -> Node:
        """The argument of a command: a group in braces, one digit, or one base."""
        token = self.here
        if token.kind == "{":
            self.next()
            node = self.braced()
            return node.args[0] if node.kind == "group" and node.args else node
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            self.put(Token("number", token.text[1:], False))
            return number(token.text[0])
        if token.kind in ("-", "+"):
            return self.signed()
        if token.kind == "name" and len(token.text) == 1:  # of `\frac x2` no more than the x
            return Node("name", self.next().text)
        if token.kind == "letters" and not is_word(token.text):
            self.put(*(Token("name", letter, False) for letter in token.text))
        return self.base()

    def root(self) -> Node:
        """A root, with its index if it has one."""
        self.deeper()
        index: Node | None = None
        if self.kind == "[" or (self.kind == "^" and self.after().kind == "{"):
            index = self.enclosed("]") if self.next().kind == "[" else self.argument()
        if self.kind == "{":
            inner = self.argument()
        elif self.kind in ("word", "letters"):
            raise Unreadable("the root of a word")
        else:
            inner = self.base()
            if inner.kind == "group" and inner.args and inner.args[0].kind == "list" and index is None:
                raise Unreadable("the root of a list")
        self.depth -= 1
        return Node("root", "", (inner, index) if index else (inner,))

    def function(self, name: str) -> Node:
        """A function with its powers, its base, and its argument, with or without parentheses."""
        self.deeper()
        base: Node | None = None
        power: Node | None = None
        if name in ("sum", "prod", "int", "lim", "max", "min") and (node := self.large(name)):
            self.depth -= 1
            return node
        for _ in range(4):
            if not (mark := self.take("_", "^", "'")):
                break
            if mark == "^":
                power = self.exponent()
            elif mark == "_":
                base = self.argument()
            else:
                raise Unreadable("the derivative of a function without argument")
        if name == "log" and base is None and self.kind == "number" and self.after().kind == "(":
            base = number(self.next().text) if not self.here.spaced else None  # `log2(5)`
        node = self.applied(name, base)
        self.depth -= 1
        if power is None:
            return node
        if is_minus_one(power) and name in _INVERTED:
            return Node("fn", "arc" + name, node.args)
        return Node("pow", "", (node, power))

    def applied(self, name: str, base: Node | None) -> Node:
        """A function of its argument, and of its base if it has one."""
        if self.kind in _CLOSING:
            opening = self.next().kind
            inner = self.enclosed(_CLOSING[opening])
            if opening == "{" and inner.kind == "group" and inner.args and inner.text in ("()", "[]"):
                inner = inner.args[0]
        elif self.kind == "end" or not (self.starts(self.here) or self.kind == "-"):
            raise Unreadable(f"{name} of nothing")
        elif self.is_function():
            inner = self.function(self.next().text)
        else:
            inner = self.product(implicit=True)
        args = inner.args if inner.kind == "list" else (inner,)
        return Node("fn", name, (*args, base) if base else args)

    def overlined(self) -> Node:
        """What stands under a bar."""
        self.expect("(")
        return Node("overline", "", (self.enclosed(")"),))

    # --- with bounds ---

    def large(self, name: str) -> Node | None:
        """Sums, products, integrals and limits with their bounds; None for a `max` or `min` of arguments."""
        low: Node | None = None
        high: Node | None = None
        for _ in range(2):
            if self.take("_"):
                low = self.lower()
            elif self.take("^"):
                high = self.argument()
        if name in ("max", "min"):
            if low is None:
                return None
            raise Unreadable(f"{name} with a subscript")
        if name == "lim" and low is not None:
            return Node("lim", "", (low, self.product()))
        if name == "int":
            self.integrals += 1
            node = self.integral(low, high)
            self.integrals -= 1
            return node
        if low is None or high is None:
            raise Unreadable(f"{name} without bounds")
        return Node(name, "", (low, high, self.product()))

    def lower(self) -> Node:
        """The lower bound: `k=1`, `x \\to 0^+`."""
        if not self.take("{"):
            return self.argument()
        node = self.listed()
        if sign := self.take("+", "-"):
            node = Node("sided", sign, (node,))
        self.expect("}")
        return node

    def integral(self, low: Node | None, high: Node | None) -> Node:
        """The integrand ends with `dx`; the letters of it are found among the last factors."""
        terms = [self.product()]
        while (found := differential(terms[-1])) is None and (sign := self.take("+", "-")):
            term = self.product()
            terms.append(Node("neg", "", (term,)) if sign == "-" else term)
        if found is None:
            raise Unreadable("an integral without dx")
        last, variable = found
        integrand = last if len(terms) == 1 else Node("add", "", (*terms[:-1], last))
        bounds = (low, high) if low and high else ()
        return Node("int", variable, (integrand, *bounds))

    # --- rows and columns ---

    def rows(self, name: str) -> Node:
        r"""`\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`."""
        if name == "array" and self.kind == "{":
            self.raw()
        self.deeper()
        bars, self.bars = self.bars, 0
        rows: list[Node] = []
        cells: list[Node] = []
        while not self.kind.startswith("end "):
            if self.kind == "end":
                raise Unreadable(f"{name} never ends")
            if self.take("row"):
                rows += [Node("row", "", tuple(cells))] if cells else []
                cells = []
            elif not (self.take("&") or self.take_condition()):
                cells.append(self.listed() if name in _LISTS else self.relation())
        self.next()
        self.depth -= 1
        self.bars = bars
        if cells:
            rows.append(Node("row", "", tuple(cells)))
        if name.startswith(("vmatrix", "Vmatrix")):
            return Node("fn", "det", (Node("matrix", "", tuple(rows)),))
        return Node("cases" if name in _SYSTEMS else "matrix", "", tuple(rows))

    def take_condition(self) -> bool:
        """Take the `if` before a condition, or the comma."""
        if self.kind in ("word", "letters") and self.here.text.lower() in ("if", "when", "for", "where"):
            self.next()
            return True
        return bool(self.take(",", ";", "."))
