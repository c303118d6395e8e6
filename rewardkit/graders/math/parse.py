r"""The parser: tokens into a tree.

    list      relation, relation; relation or relation
    relation  union = union < union ∈ union
    union     sum ∪ sum ∖ sum
    sum       product + product ± product
    product   factor * factor / factor, and factors side by side
    factor    -factor, base^factor, base!, base%, base°, base unit
    base      number, name, function of a group or of the factors behind it, group, \frac, \sqrt, |x|, matrix

Each group goes one level deeper, and `DEEPEST` levels are enough for anything that a person writes; chains of one
level are loops. What a tree cannot say is `Unreadable`, and the text is then compared as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rewardkit.graders.math import units, words
from rewardkit.graders.math.nodes import (
    Node,
    differential,
    grouped_points,
    is_minus_one,
    is_proper_fraction,
    product,
)
from rewardkit.graders.math.numerals import block, is_group, is_word, number, radix, repeated
from rewardkit.graders.math.symbols import FUNCTIONS
from rewardkit.graders.math.tokens import Token, Unreadable, tokens

DEEPEST = 30
_MARKS_BEHIND = 6  # of one base, such as the two of `5!!`


@dataclass(frozen=True, slots=True)
class Habits:
    """How to read what can be read in two ways.

    Attributes:
        mixed: `6 \\frac{2}{3}` is 6 and two thirds, not their product.
        grouped: `1,234` is one number, not two.
        comma: `2,74` is one number with a decimal comma.
    """

    mixed: bool = True
    grouped: bool = True
    comma: bool = False


@lru_cache(maxsize=64)  # a reference comes once for each answer of its group, and once for each reading
def parse(text: str, habits: Habits) -> Node:
    """The tree of a text.

    Raises:
        Unreadable: there is none.
    """
    found = tokens(text)
    parser = _Parser(found, habits)
    if len(found) == 1:
        raise Unreadable("nothing in it")
    node = parser.listed(top=True)
    while parser.take("}"):  # one brace too many at the end
        pass
    if parser.here.kind != "end":
        raise Unreadable(f"{parser.here.text!r} where something else should stand")
    return node


_RELATIONS = {"=", "<", ">", "<=", ">=", "!=", "~", "in", "notin", "->", "=>", "<=>", ":="}
_OPEN = {"(": ")", "[": "]", "\\{": "\\}", "<(": ")>"}
_CLOSE = {")", "]", "\\}", "}", ")>", "rfloor", "rceil"}
_NO_OPERAND = {"list", "relation", "text"}
_CURRENCIES = {"$": "$", "€": "€", "£": "£", "¥": "¥"}
_BEHIND = {"^": "", "_": "", "!": "factorial", "%": "percent", "deg": "", "'": "", **_CURRENCIES}
_DENIALS = frozenset(["not", "wrong", "incorrect", "false", "never", "no", "neither", "nor", "except"])
_LETTER_UNITS = {"m", "s", "g", "h", "L", "l", "N", "J", "W", "V", "A", "K", "C", "F"}


class _Parser:
    """A cursor over tokens, with a method for each line of the grammar above."""

    def __init__(self, found: list[Token], habits: Habits) -> None:
        self.tokens = found
        self.at = 0
        self.depth = 0
        self.bars = 0
        self.sets = 0
        self.habits = habits

    # --- moving ---

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def next(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def mark(self, *texts: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "mark" and token.text in texts

    def take(self, *texts: str) -> str:
        """The mark here if it is one of these, and one on; else an empty text."""
        if self.mark(*texts):
            return self.next().text
        return ""

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise Unreadable(f"no {text} where one should stand")

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"nested more than {DEEPEST} deep")

    # --- lists and relations ---

    def listed(self, top: bool = False) -> Node:
        """What commas, semicolons, `and` and `or` separate, or the one thing there is."""
        self.deeper()
        items: list[Node] = []
        marks: list[str] = []
        while True:
            if self.take(",", ";", "and", "or", "row") and not items:
                continue
            if self.here.kind == "end" or self.mark(*_CLOSE):
                break
            items.append(self.relation())
            separator = self.take(",", ";", "and", "or", *(("row",) if top else ()))
            if not separator:
                break
            while more := self.take(",", ";", "and", "or"):
                separator = more if more in ("and", "or") else separator
            marks.append(separator)
        self.depth -= 1
        if not items:
            raise Unreadable("nothing in it")
        if len(items) == 1 and (not marks or top):
            return items[0]
        items, marks = grouped_points(items, marks)
        if len(items) == 1:
            return items[0]
        kinds = {",": ",", ";": ";", "row": ";"}
        said = {kinds.get(mark, mark) for mark in marks}
        return Node(
            "list", "or" if "or" in said else "and" if "and" in said else ";" if ";" in said else ",", tuple(items)
        )

    def relation(self) -> Node:
        first = self.union()
        if not self.mark(*_RELATIONS):
            return first
        operands, operators = [first], []
        while self.mark(*_RELATIONS):
            operator = self.next().text
            if operator in ("<", ">", "!") and self.take("="):
                operator += "="
            if operator in ("->",) and self.here.kind == "end":
                break
            operators.append(operator)
            operands.append(self.union())
        return Node("relation", " ".join(operators), tuple(operands))

    def union(self) -> Node:
        node = self.sum()
        while self.mark("cup", "cap", "setminus") or (
            self.here.kind == "name" and self.here.text == "U" and node.kind in ("group", "cup")
        ):
            operator = self.next().text
            node = Node("cup" if operator == "U" else operator, "", (node, self.sum()))
        return node

    # --- sums and products ---

    def sum(self) -> Node:
        terms: list[Node] = []
        if sign := self.take("pm", "mp"):
            terms.append(Node("pm", sign, (self.product(),)))
        else:
            terms.append(self.product())
        while sign := self.take("+", "-", "pm", "mp"):
            if sign == "+" and self.mark("/", "-") and self.take("/"):
                self.take("-")
                sign = "pm"
            if self.here.kind == "end" and sign in "+-":
                raise Unreadable(f"nothing behind {sign}")
            term = self.product()
            if sign in ("pm", "mp"):
                terms.append(Node("pm", sign, (term,)))
            else:
                terms.append(Node("neg", "", (term,)) if sign == "-" else term)
        return terms[0] if len(terms) == 1 else Node("add", "", tuple(terms))

    def product(self, implicit: bool = False) -> Node:
        """Factors with `*`, `/` or nothing between them; of an argument without parentheses only the last."""
        factors = [self.signed()]
        while True:
            if not implicit and self.take("*"):
                factors.append(self.signed())
            elif self.mark("/") and not implicit:
                self.next()
                factors.append(self.divided(factors, self.signed()))
            elif self.mark(":") and not implicit and not self.sets and self.starts(self.tokens[self.at + 1]):
                self.next()
                factors[-1:] = [Node("ratio", "", (product(factors), self.signed()))]
                if len(factors) > 1:
                    factors = factors[-1:]
            elif self.mark("mod", "pmod") and not implicit:
                operator = self.next().text
                factors = [Node("fn", operator, (product(factors), self.signed()))]
            elif self.starts(self.here) and not (implicit and self.is_function()):
                factors.append(self.beside(factors[-1]))
            elif implicit and self.mark("*") and self.absorbs(factors):
                self.next()
                factors.append(self.factor())
            elif (
                implicit and self.mark("/") and self.tokens[self.at + 1].kind == "number" and not self.here.spaced
            ):
                self.next()
                factors.append(Node("inverse", "", (self.factor(),)))
            else:
                return product(factors)

    def absorbs(self, factors: list[Node]) -> bool:
        """`sin 5*x`: programs put that star there, between a number and a letter."""
        return factors[-1].kind == "number" and self.tokens[self.at + 1].kind == "name" and not self.here.spaced

    def divided(self, factors: list[Node], below: Node) -> Node:
        return Node("inverse", "", (below,))

    def beside(self, left: Node) -> Node:
        """The factor that stands behind another without a mark."""
        start = self.at
        node = self.factor()
        mixed = (
            left.kind == "number"
            and left.places < 0
            and left.value.denominator == 1
            and self.habits.mixed
            and is_proper_fraction(node)
        )
        dressed = node.kind in ("quantity", "percent") and is_proper_fraction(node.args[0])
        if left.kind == "number" and dressed and left.places < 0:
            whole, part = left.value, node.args[0]
            if whole.denominator == 1 and self.habits.mixed:
                return Node("part", node.text or "%", (part,))
        if mixed:
            return Node("part", "", (node,))
        if left.kind == "number" and node.kind == "number":
            return self.digits(left, node, start)
        return node

    def digits(self, left: Node, node: Node, start: int) -> Node:
        """Two numbers side by side: `1 3/4`, or something that no one means."""
        if self.mark("/") and left.places < 0 and self.tokens[self.at + 1].kind == "number" and self.habits.mixed:
            self.next()
            below = self.factor()
            if below.kind == "number" and below.value:
                return Node("part", "", (Node("number", "", (), node.value / below.value),))
        if start and self.tokens[start - 1].text in ("}", ")"):
            return node
        raise Unreadable("two numbers side by side")

    def starts(self, token: Token) -> bool:
        """Whether an operand can begin with a token."""
        if token.text in ("choose", "over"):
            return False
        if token.kind in ("number", "name", "word", "letters"):
            return True
        if token.kind != "mark":
            return False
        if token.text in ("|", "||"):
            return self.bars == 0
        return token.text in (
            "(",
            "[",
            "{",
            "\\{",
            "<(",
            "lfloor",
            "lceil",
            "$",
            "€",
            "£",
            "¥",
        ) or token.text.startswith("begin ")

    def is_function(self) -> bool:
        return (
            self.here.kind == "name"
            and self.here.text in FUNCTIONS
            and self.here.text not in ("frac", "sqrt", "binom")
        )

    def signed(self) -> Node:
        minuses = 0
        signs = 0
        while sign := self.take("+", "-"):
            minuses += sign == "-"
            signs += 1
            if signs > 4:
                raise Unreadable("a row of signs")
        if sign := self.take("pm", "mp"):
            return Node("pm", sign, (self.factor(),))
        node = self.factor()
        if minuses % 2 == 0:
            return node
        if node.kind == "number" and not node.args:
            return Node("number", node.text, (), -node.value, node.places)
        return Node("neg", "", (node,))

    # --- factors ---

    def factor(self) -> Node:
        """A base with what stands behind it: powers, primes, factorials, percent signs, degrees."""
        node = self.base()
        for _ in range(_MARKS_BEHIND + 1):
            token = self.tokens[self.at]
            if token.kind == "mark":
                behind = self.behind(node, token.text)
            elif self.is_counted(node, token):
                behind = self.worded(node)
            else:
                return node
            if behind is None:
                return node
            node = behind
        raise Unreadable("a row of marks behind one base")

    def is_counted(self, node: Node, token: Token) -> bool:
        """Whether a word behind a base says what it counts or measures."""
        if token.kind == "word":
            return True
        if token.kind == "name" and token.text == "min":  # the unit, not the least of some
            return node.kind == "number" and not self.tokens[self.at + 1].text.startswith(
                ("(", "{", "\\{", "_", "[")
            )
        if token.kind != "letters":
            return False
        return is_word(token.text) or (node.kind == "number" and token.text in ("st", "nd", "rd", "th"))

    def behind(self, node: Node, mark: str) -> Node | None:
        """A base with the mark behind it, or None where the mark is not part of the factor."""
        if mark not in _BEHIND or (mark in _CURRENCIES and node.kind != "number"):
            return None
        if mark == "!" and self.tokens[self.at + 1].text == "=" and not self.tokens[self.at + 1].spaced:
            return None
        if mark == "_":
            return self.subscripted(node)
        self.at += 1
        if mark == "^":
            return self.raised(node)
        if mark == "deg":
            self.take_scale()
            return Node("quantity", "°", (node,))
        if mark == "'":
            primes = 1
            while self.take("'"):
                primes += 1
            return self.primed(node, primes)
        return Node("quantity", mark, (node,)) if mark in _CURRENCIES else Node(_BEHIND[mark], "", (node,))

    def take_scale(self) -> None:
        """C or F behind a degree sign."""
        if self.here.kind == "name" and self.here.text in ("C", "F"):
            self.next()

    def primed(self, node: Node, primes: int) -> Node:
        if node.kind == "name":
            return Node("name", node.text + "'" * primes)
        if node.kind == "quantity" and node.text == "°":
            return node
        return Node("call", f"prime{primes}", (node,))

    def raised(self, base: Node) -> Node:
        self.deeper()
        if self.take("deg"):
            self.take_scale()
            node = Node("quantity", "°", (base,))
        elif self.mark("{") and self.tokens[self.at + 1].text == "deg" and self.tokens[self.at + 2].text == "}":
            self.at += 3
            self.take_scale()
            node = Node("quantity", "°", (base,))
        elif self.mark("'"):
            self.next()
            node = self.primed(base, 1)
        elif self.mark("+", "-", "*") and not self.starts(self.tokens[self.at + 1]):
            node = Node("name", f"{base.text}^{self.next().text}")
        elif (
            self.mark("{")
            and self.tokens[self.at + 1].text in ("+", "-", "*", "'")
            and self.tokens[self.at + 2].text == "}"
        ):
            node = Node("name", f"{base.text}^{self.tokens[self.at + 1].text}")
            self.at += 3
        else:
            node = Node("pow", "", (base, self.exponent()))
        self.depth -= 1
        return node

    def exponent(self) -> Node:
        negative = False
        while sign := self.take("+", "-"):
            negative ^= sign == "-"
        if self.here.kind == "letters" and not is_word(self.here.text):
            letters = self.here
            self.tokens[self.at] = Token("letters" if len(letters.text) > 2 else "name", letters.text[1:], False)
            node = Node("name", letters.text[0])
        else:
            node = self.base()
        if self.mark("^"):
            self.next()
            node = self.raised(node)
        while self.take("!"):
            node = Node("factorial", "", (node,))
        return Node("neg", "", (node,)) if negative else node

    def subscripted(self, node: Node) -> Node:
        self.next()
        said = self.raw()
        if node.kind == "number":
            base = radix(said)
            if base is None:
                raise Unreadable(f"the base {said!r}")
            return Node("base", str(base), (node,))
        if node.kind in ("name", "group"):
            return Node("name", f"{node.text}_{said}")
        return node

    def raw(self) -> str:
        """The text of one argument, braces and all inside, as it stands."""
        if not self.take("{"):
            return self.next().text
        texts, depth = [], 1
        while depth and self.here.kind != "end":
            token = self.next()
            depth += (token.text == "{") - (token.text == "}")
            texts.append(token.text)
        return "".join(texts[:-1])

    def worded(self, node: Node) -> Node:
        """A number with words behind it: a scale, a percent sign, a unit, or what it counts."""
        token = self.next()
        lower = token.text.lower()
        if lower in ("percent", "pct"):
            return Node("percent", "", (node,))
        if lower in ("degrees", "degree"):
            return Node("quantity", "°", (node,))
        if lower == "repeating" and node.kind == "number" and node.places > 0:
            return repeated(node.text[:-1], node.text[-1])
        if lower in ("radians", "radian", "rad"):
            return Node("quantity", "rad", (node,))
        if lower in words.SCALES or lower in ("dozen",):
            factor = 12 if lower == "dozen" else words.SCALES[lower]
            return Node("mul", "", (node, Node("number", "", (), Fraction(factor))))
        if node.kind in _NO_OPERAND:
            raise Unreadable("words behind it")
        said = [token.text]
        while True:
            if self.here.kind in ("word", "letters") or (
                self.here.kind == "name"
                and said[-1] in ("square", "cubic", "per", "sq")
                and self.here.text in _LETTER_UNITS
            ):
                said.append(self.next().text)
            elif self.mark("/") and self.tokens[self.at + 1].kind in ("word", "letters", "name"):
                self.next()
                said.append("/")
                said.append(self.next().text)
            elif self.mark("^") and self.at + 1 < len(self.tokens) and said:
                self.next()
                said.append("^" + self.raw())
            else:
                break
        if any(word.lower() in _DENIALS for word in said):
            raise Unreadable(f"it says {' '.join(said)!r}")
        return Node("quantity", " ".join(said).replace(" ^", "^"), (node,))

    # --- bases ---

    def base(self) -> Node:
        token = self.next()
        if token.kind == "number":
            return self.number(token)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "letters":
            return self.lettered(token)
        if token.kind == "word":
            return self.spoken(token)
        if token.kind == "mark":
            return self.marked(token)
        raise Unreadable("nothing where something should stand")

    def number(self, token: Token) -> Node:
        text = token.text
        if self.habits.comma and self.mark(",") and self.tokens[self.at + 1].kind == "number":
            self.next()
            return number(f"{text}.{self.next().text}")
        if text.endswith(".") and self.here.text == "overline":
            return self.repeating(text)
        text = self.grouped(text)
        if self.here.kind == "name" and self.here.text == "overline" and "." in text:
            return self.repeating(text)
        node = number(text)
        if self.mark("...") and not self.here.spaced and (again := block(text)):
            self.next()
            times = len(text.partition(".")[2]) // len(again)
            return repeated(text.removesuffix(again * times), again)
        return node

    def repeating(self, text: str) -> Node:
        """`0.1\\overline{6}`."""
        self.next()
        self.expect("(")
        digits = self.next()
        self.expect(")")
        if digits.kind != "number" or not digits.text.isdigit() or "e" in text.lower() or len(digits.text) > 100:
            raise Unreadable("a repeating decimal without digits")
        return repeated(text, digits.text)

    def grouped(self, text: str) -> str:
        """The digits of a number whose groups of three are set apart: `1,234`, `1\\,234`, `1{,}234`, `1 234`."""
        if len(text) > 3 or not text.isdigit():
            return text
        separator = ""
        while group := self.group_behind(separator):
            separator, skip, digits = group
            text += digits
            self.at += skip
            if "." in digits:
                break
        return text

    def group_behind(self, separator: str) -> tuple[str, int, str] | None:
        token = self.here
        if token.kind == "number" and token.spaced and separator in ("", " ") and is_group(token.text):
            following = self.tokens[self.at + 1]
            return None if following.text == "/" else (" ", 1, token.text)
        if token.text == "'" and separator in ("", "'"):
            after = self.tokens[self.at + 1]
            return (
                ("'", 2, after.text)
                if after.kind == "number" and not after.spaced and is_group(after.text)
                else None
            )
        if token.text == "," and separator in ("", ",") and self.habits.grouped:
            after = self.tokens[self.at + 1]
            if after.kind == "number" and is_group(after.text) and (not after.spaced or separator == ","):
                return (",", 2, after.text) if not after.spaced else None
        braced = [token.text for token in self.tokens[self.at : self.at + 4]]
        if len(braced) == 4 and braced[:3] == ["{", ",", "}"] and is_group(braced[3]) and separator in ("", "{"):
            return "{", 4, braced[3]
        return None

    def named(self, token: Token) -> Node:
        name = token.text
        if name in ("frac", "binom"):
            return self.two(name)
        if name == "sqrt":
            return self.root()
        if name in FUNCTIONS:
            return self.function(name)
        if name == "overline":
            return self.overlined()
        if name in ("C", "P") and self.mark("(") and not self.here.spaced:
            return self.called(name)
        if self.here.kind == "number" and not self.here.spaced and len(name) == 1 and name not in "ied":
            return Node("name", f"{name}_{self.next().text}")
        if len(name) == 1 and name in "fghFGHQ":
            if self.mark("{") and self.tokens[self.at + 1].text == "(" and self.closes_twice():
                self.next()
                node = self.called(name)
                self.expect("}")
                return node
            if self.mark("(") and not self.here.spaced:
                return self.called(name)
        return Node("name", name)

    def closes_twice(self) -> bool:
        """Whether the parentheses in a brace end with it: `f{(x)}`."""
        depth = 0
        for at in range(self.at + 1, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.tokens[at].text, 0)
            if depth == 0:
                return self.tokens[at + 1].text == "}"
        return False

    def called(self, name: str) -> Node:
        self.next()
        inner = self.enclosed(")")
        args = inner.args if inner.kind == "list" else (inner,)
        if name in ("C", "P"):
            if len(args) != 2:
                return Node(
                    "call" if name == "P" else "mul",
                    name,
                    (inner,) if name == "P" else (Node("name", name), Node("group", "()", (inner,))),
                )
            return Node("binom" if name == "C" else "permutations", "", args)
        return Node("call", name, args)

    def lettered(self, token: Token) -> Node:
        """A run of letters that is no name: a unit or word, or variables side by side."""
        if is_word(token.text):
            return self.spoken(token)
        if self.mark("(") and not self.here.spaced and len(token.text) > 2:
            raise Unreadable(f"the function {token.text!r}")
        if self.mark("^", "_", "!", "'") or (self.mark("(") and token.text[-1] in "fgh"):
            self.tokens[self.at - 1 : self.at] = [Token("name", letter, False) for letter in token.text]
            return Node("name", token.text[0])
        letters = tuple(Node("name", {"I": "i"}.get(letter, letter)) for letter in token.text)
        return Node("mul", "beside", letters)

    def spoken(self, token: Token) -> Node:
        """A word where an operand should stand: a number word, or an option's letter."""
        lower = token.text.lower()
        if len(token.text) == 1:
            return Node("name", token.text)
        if units.is_unit(token.text):
            return Node("name", f"unit {token.text}")
        said = [lower]
        if lower in words.TENS and self.mark("-") and self.tokens[self.at + 1].text.lower() in words.SMALL:
            self.next()
        while self.here.kind in ("word", "letters") and (
            self.here.text.lower() in words.SMALL or self.here.text.lower() in words.SCALES
        ):
            said.append(self.next().text.lower())
        value = words.value_of(" ".join(said)) if words.SPELLED.fullmatch(" ".join(said)) else None
        if value is None:
            raise Unreadable(f"the word {token.text!r}")
        return Node("number", "", (), Fraction(value))

    def marked(self, token: Token) -> Node:
        text = token.text
        if text in ("(", "[", "\\{", "<("):
            return self.bracketed(text)
        if text == "{":
            return self.braced()
        if text in ("|", "||"):
            return self.absolute(text)
        if text in ("lfloor", "lceil"):
            inner = self.enclosed("r" + text[1:])
            return Node("fn", "floor" if text == "lfloor" else "ceil", (inner,))
        if text in _CURRENCIES:
            return Node("quantity", text, (self.signed(),))
        if text.startswith("begin "):
            return self.rows(text[6:])
        if text == "]" and self.depth <= 3:
            return self.bracketed("]")
        if text == "...":
            return Node("name", "...")
        raise Unreadable(f"{text!r} where something else should stand")

    def enclosed(self, close: str) -> Node:
        bars, self.bars = self.bars, 0
        inner = self.listed()
        self.expect(close)
        self.bars = bars
        return inner

    def bracketed(self, opening: str) -> Node:
        """What `(`, `[` and their kin hold; an interval may close with another bracket than it opened with."""
        bars, self.bars = self.bars, 0
        habits = self.habits
        self.habits = Habits(habits.mixed, False)
        if opening == "\\{" and self.take("\\}"):
            node = Node("name", "emptyset")
        elif opening in "([" and self.take(_OPEN[opening]):
            node = Node("group", opening + _OPEN[opening])
        else:
            if opening == "\\{":
                self.bars = self.sets = 1
            inner = self.listed()
            self.sets = 0
            if opening == "\\{" and self.take("|", ":"):
                self.bars = 0
                inner = Node("such", "", (inner, self.listed()))
            close = self.closing(opening)
            node = Node("set" if opening == "\\{" else "group", opening + close, (inner,))
        self.bars, self.habits = bars, habits
        return node

    def closing(self, opening: str) -> str:
        allowed = {"(": (")", "]"), "[": ("]", ")", "["), "]": ("[", "]"), "\\{": ("\\}", "}"), "<(": (")>",)}[
            opening
        ]
        close = self.take(*allowed)
        if not close and self.here.kind == "end":
            raise Unreadable(f"{opening} never closes")
        if not close:
            raise Unreadable(f"{opening} and no end of it")
        return close

    def braced(self) -> Node:
        r"""`{…}`: a group of LaTeX, which as `{1, 2}` is a set without its backslashes."""
        if self.take("}"):
            return Node("group", "{}") if self.starts(self.here) else Node("name", "emptyset")
        if self.mark("+", "-", "*", "=") and self.tokens[self.at + 1].text == "}":
            raise Unreadable("a mark in braces")
        bars, self.bars = self.bars, 0
        self.sets += 1
        inner = self.listed()
        self.sets -= 1
        if self.take("|", ":"):
            inner = Node("such", "", (inner, self.listed()))
        if self.here.kind == "name" and self.here.text in ("choose", "over"):
            kind = "binom" if self.next().text == "choose" else "div"
            inner = Node(kind, "", (inner, self.listed()))
        if not self.take("}", "\\}") and self.here.kind != "end":
            raise Unreadable("{ never closes")
        self.bars = bars
        if inner.kind in ("list", "such"):
            return Node("set", "{}", (inner,))
        return Node("group", "{}", (inner,)) if inner.kind not in ("number", "name") else inner

    def absolute(self, bar: str) -> Node:
        self.bars += 1
        self.deeper()
        inner = self.sum()
        if bar == "|" and self.mark("||"):
            self.tokens[self.at] = Token("mark", "|", False)
        else:
            self.expect(bar)
        self.depth -= 1
        self.bars -= 1
        return Node("fn", "abs", (inner,))

    def rows(self, name: str) -> Node:
        r"""`\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`."""
        if name == "array" and self.mark("{"):
            self.raw()
        self.deeper()
        bars, self.bars = self.bars, 0
        rows: list[Node] = []
        cells: list[Node] = []
        while True:
            if self.here.kind == "end":
                raise Unreadable(f"{name} never ends")
            if self.here.text.startswith("end "):
                break
            if self.take("row"):
                if cells:
                    rows.append(Node("row", "", tuple(cells)))
                cells = []
            elif not self.take("&"):
                cells.append(
                    self.listed()
                    if name in ("cases", "aligned", "align", "array", "gathered")
                    else self.relation()
                )
        self.next()
        self.depth -= 1
        self.bars = bars
        if cells:
            rows.append(Node("row", "", tuple(cells)))
        if name.startswith(("vmatrix", "Vmatrix")):
            return Node("fn", "det", (Node("matrix", "", tuple(rows)),))
        return Node(
            "cases" if name in ("cases", "aligned", "align", "align*", "gathered", "split") else "matrix",
            "",
            tuple(rows),
        )

    # --- functions ---

    def two(self, name: str) -> Node:
        self.deeper()
        first, second = self.argument(), self.argument()
        self.depth -= 1
        return Node("div" if name == "frac" else "binom", "frac", (first, second))

    def argument(self) -> Node:
        """The argument of a command: a group in braces, one digit, or one base."""
        token = self.here
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            self.tokens[self.at] = Token("number", token.text[1:], False)
            return number(token.text[0])
        if self.mark("{"):
            self.next()
            node = self.braced()
            return node.args[0] if node.kind == "group" and node.args else node
        if self.mark("-", "+"):
            return self.signed()
        if token.kind == "letters" and not is_word(token.text):
            self.tokens[self.at : self.at + 1] = [Token("name", letter, False) for letter in token.text]
        return self.base()

    def root(self) -> Node:
        self.deeper()
        index: Node | None = None
        if self.mark("[") or (self.mark("^") and self.tokens[self.at + 1].text == "{"):
            index = self.enclosed("]") if self.next().text == "[" else self.argument()
        if self.mark("{"):
            inner = self.argument()
        elif self.here.kind in ("word", "letters"):
            raise Unreadable("the root of a word")
        else:
            inner = self.base()
            if inner.kind == "group" and inner.args and inner.args[0].kind == "list" and index is None:
                raise Unreadable("the root of a list")
        self.depth -= 1
        return Node("root", "", (inner, index) if index else (inner,))

    def overlined(self) -> Node:
        self.expect("(")
        inner = self.enclosed(")")
        return Node("overline", "", (inner,))

    def function(self, name: str) -> Node:
        """A function with its powers, its base, and its argument, with or without parentheses."""
        self.deeper()
        base: Node | None = None
        power: Node | None = None
        if name in ("sum", "prod", "int", "lim", "max", "min") and (node := self.large(name)):
            self.depth -= 1
            return node
        rounds = 0
        while self.mark("_", "^", "'") and rounds < 4:
            rounds += 1
            mark = self.next().text
            if mark == "^":
                power = self.exponent()
            elif mark == "_":
                base = self.argument()
            else:
                raise Unreadable("the derivative of a function without argument")
        node = self.applied(name, base)
        self.depth -= 1
        if power is None:
            return node
        if is_minus_one(power) and name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh"):
            return Node("fn", "arc" + name, node.args)
        return Node("pow", "", (node, power))

    def applied(self, name: str, base: Node | None) -> Node:
        if self.mark("(", "[", "{", "\\{"):
            opening = self.next().text
            inner = self.enclosed({"(": ")", "[": "]", "{": "}", "\\{": "\\}"}[opening])
            if opening == "{" and inner.kind == "group" and inner.args and inner.text in ("()", "[]"):
                inner = inner.args[0]
        elif self.here.kind == "end" or not (self.starts(self.here) or self.mark("-")):
            raise Unreadable(f"{name} of nothing")
        elif self.is_function():
            token = self.next()
            inner = self.function(token.text)
        else:
            inner = self.product(implicit=True)
        args = inner.args if inner.kind == "list" else (inner,)
        return Node("fn", name, (*args, base) if base else args)

    def large(self, name: str) -> Node | None:
        """Sums, products, integrals and limits with their bounds."""
        low: Node | None = None
        high: Node | None = None
        rounds = 0
        while self.mark("_", "^") and rounds < 2:
            rounds += 1
            if self.next().text == "_":
                low = self.lower()
            else:
                high = self.argument()
        if name in ("max", "min"):
            if low is None:
                return None
            raise Unreadable(f"{name} with a subscript")
        if name == "lim" and low is not None:
            return Node("lim", "", (low, self.product()))
        if name == "int":
            return self.integral(low, high)
        if low is None or high is None:
            raise Unreadable(f"{name} without bounds")
        return Node(name, "", (low, high, self.product()))

    def lower(self) -> Node:
        if self.mark("{"):
            self.next()
            node = self.listed()
            if self.mark("+", "-"):
                node = Node("sided", self.next().text, (node,))
            self.expect("}")
            return node
        return self.argument()

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
