r"""Bases: what stands by itself. Numbers, names, words, and what brackets and bars hold."""

from __future__ import annotations

from rewardkit.graders.math import units, words
from rewardkit.graders.math.cursor import Habits
from rewardkit.graders.math.functions import Functions
from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.numerals import block, is_group, is_word, number, repeated
from rewardkit.graders.math.symbols import FUNCTIONS, SPECIAL
from rewardkit.graders.math.tokens import Token, Unreadable

CURRENCIES = frozenset("$€£¥¢")
_BRACKETS = {"(": ")]", "[": ")][", "]": "[]", "\\{": ("\\}", "}"), "<(": (")>",)}
"""What opens, and what may close it: half-open intervals do it with another bracket."""
_MATRICES = frozenset("Matrix matrix array Array".split())
_PROGRAMS = _MATRICES | frozenset("vector Vector tuple Tuple set Set FiniteSet Interval".split())
_EMPTY = {"(": ")", "[": "]"}
_CALLED = frozenset("fghFGHQ")  # names that are functions where parentheses stand behind them


class Bases(Functions):
    """The part of the parser for what stands by itself."""

    def base(self) -> Node:
        """Whatever begins here."""
        token = self.next()
        kind = token.kind
        if kind == "number":
            return self.number(token)
        if kind == "name":
            return self.named(token)
        if kind == "letters":
            return self.lettered(token)
        if kind == "word":
            return self.spoken(token)
        if kind == "end":
            raise Unreadable("nothing where something should stand")
        return self.marked(kind)

    # --- numbers ---

    def number(self, token: Token) -> Node:
        """A number with its groups, its decimal comma, and what of it repeats."""
        text = token.text
        if self.kind == "," and self.habits.comma and self.after().kind == "number":
            self.next()
            return number(f"{text}.{self.next().text}")
        if len(text) <= 3 and text.isdigit():
            if text[0] == "0" and len(text) == 3 and self.depth == 1 and not self.habits.grouped:
                raise Unreadable("a group of three digits as a number")
            text = self.grouped(text)
        if self.kind == "name" and self.here.text == "overline" and "." in text:
            return self.repeating(text)
        node = number(text)
        if self.kind == "..." and not self.here.spaced and "." in text:
            self.next()
            if again := block(text):
                return repeated(text, again)
        return node

    def repeating(self, text: str) -> Node:
        r"""`0.1\overline{6}`."""
        self.next()
        self.expect("(")
        digits = self.next()
        self.expect(")")
        if digits.kind != "number" or not digits.text.isdigit() or "e" in text.lower() or len(digits.text) > 100:
            raise Unreadable("a repeating decimal without digits")
        return repeated(text, digits.text)

    def grouped(self, text: str) -> str:
        r"""The digits of a number whose groups of three are set apart: `1,234`, `1\,234`, `1{,}234`, `1 234`."""
        separator = ""
        while group := self.group_behind(separator):
            separator, skip, digits = group
            text += digits
            self.go(self.at + skip)
            if "." in digits:
                break
        return text

    def group_behind(self, before: str) -> tuple[str, int, str] | None:
        """The next group of three: what sets it apart, how many tokens it is, its digits."""
        kind = self.kind
        if kind == "number":
            apart = self.here.spaced and before in ("", " ") and self.after().kind != "/"
            return (" ", 1, self.here.text) if apart and is_group(self.here.text) else None
        if kind in ("'", ","):
            after = self.after()
            apart = before in ("", kind) and (kind == "'" or self.habits.grouped)
            near = after.kind == "number" and not after.spaced and is_group(after.text)
            return (kind, 2, after.text) if apart and near else None
        if kind == "{" and before in ("", "{") and self.after().kind == "," and self.after(2).kind == "}":
            digits = self.after(3)
            return ("{", 4, digits.text) if digits.kind == "number" and is_group(digits.text) else None
        return None

    # --- names and words ---

    def named(self, token: Token) -> Node:
        """A variable, a constant, or a function with its arguments."""
        name = token.text
        if name in ("frac", "binom"):
            return self.two(name)
        if name == "sqrt":
            return self.root()
        if name in FUNCTIONS or (name in SPECIAL and self.kind == "(" and not self.here.spaced):
            return self.function(name)
        if name == "overline":
            return self.overlined()
        if name in ("C", "P") and self.kind == "(" and not self.here.spaced:
            return self.called(name)
        if self.kind == "number" and not self.here.spaced and len(name) == 1 and name not in "ied":
            return Node("name", f"{name}_{self.next().text}")
        if name in _CALLED:
            if self.kind == "{" and self.after().kind == "(" and self.closes_twice():
                self.next()
                node = self.called(name)
                self.expect("}")
                return node
            if self.kind == "(" and not self.here.spaced:
                return self.called(name)
        return Node("name", name)

    def closes_twice(self) -> bool:
        """Whether the parentheses in a brace end with it: `f{(x)}`."""
        depth = 0
        for at in range(self.at + 1, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.tokens[at].kind, 0)
            if depth == 0:
                return self.tokens[at + 1].kind == "}"
        return False

    def called(self, name: str) -> Node:
        """A function that has no meaning of its own, `f(x)`; `C(n, k)` and `P(n, k)` count."""
        self.next()
        inner = self.enclosed(")")
        args = inner.args if inner.kind == "list" else (inner,)
        if name == "C" and len(args) != 2:
            return Node("mul", name, (Node("name", name), Node("group", "()", (inner,))))
        if name in ("C", "P") and len(args) == 2:
            return Node("binom" if name == "C" else "permutations", "", args)
        return Node("call", name, (inner,) if name == "P" else args)

    def lettered(self, token: Token) -> Node:
        """A run of letters that is no name: a unit or word, or variables side by side."""
        if token.text in _PROGRAMS and self.kind in ("(", "["):
            node = self.base()
            return node._replace(text="[]") if token.text in _MATRICES and node.text == "()" else node
        if is_word(token.text) and not (self.kind == "^" and len(token.text) == 2):
            return self.spoken(token)
        if self.kind == "(" and not self.here.spaced and len(token.text) > 2:
            raise Unreadable(f"the function {token.text!r}")
        if self.kind in ("^", "_", "!", "'") or (self.kind == "(" and token.text[-1] in "fgh"):
            self.tokens[self.at - 1 : self.at] = [Token("name", letter, False) for letter in token.text]
            self.go(self.at)
            return Node("name", token.text[0])
        letters = tuple(Node("name", "i" if letter == "I" else letter) for letter in token.text)
        return Node("mul", "beside", letters)

    def spoken(self, token: Token) -> Node:
        """A word where an operand should stand: a number word, a unit, or an option's letter."""
        if len(token.text) == 1:
            return Node("name", token.text)
        if units.is_unit(token.text):
            return Node("name", f"unit {token.text}")
        said = [token.text.lower()]
        if said[0] in words.TENS and self.kind == "-" and self.after().text.lower() in words.SMALL:
            self.next()
        while self.kind in ("word", "letters") and words.is_number(self.here.text.lower()):
            said.append(self.next().text.lower())
        value = words.spelled(" ".join(said))
        if value is not None:
            return Node("number", "", (), value)
        if self.sets:  # of colours, names, outcomes
            return Node("word", token.text.lower())
        raise Unreadable(f"the word {token.text!r}")

    # --- brackets and bars ---

    def marked(self, mark: str) -> Node:
        """What a mark opens or says."""
        if mark == "{":
            return self.braced()
        if mark in ("(", "[", "\\{", "<("):
            return self.bracketed(mark)
        if mark in ("|", "||"):
            return self.absolute(mark)
        if mark in ("lfloor", "lceil"):
            return Node("fn", "floor" if mark == "lfloor" else "ceil", (self.enclosed("r" + mark[1:]),))
        if mark in CURRENCIES:
            return Node("quantity", mark, (self.signed(),))
        if mark.startswith("begin "):
            return self.rows(mark[6:])
        if mark == "]" and self.depth <= 3:
            return self.bracketed("]")
        if mark == "...":
            return Node("name", "...")
        raise Unreadable(f"{mark!r} where something else should stand")

    def enclosed(self, close: str) -> Node:
        """What stands before a closing mark."""
        bars, self.bars = self.bars, 0
        inner = self.listed()
        self.expect(close)
        self.bars = bars
        return inner

    def bracketed(self, opening: str) -> Node:
        """What `(`, `[` and their kin hold; an interval may close with another bracket than it opened with."""
        bars, self.bars = self.bars, 0
        habits, self.habits = self.habits, Habits(self.habits.mixed, False)
        if opening == "\\{" and self.take("\\}"):
            node = Node("name", "emptyset")
        elif opening in _EMPTY and self.take(_EMPTY[opening]):
            node = Node("group", opening + _EMPTY[opening])
        else:
            mirrored, self.mirrored = self.mirrored, opening == "]"
            node = self.held(opening)
            self.mirrored = mirrored
        self.bars, self.habits = bars, habits
        return node

    def held(self, opening: str) -> Node:
        """A group or a set that is not empty."""
        sets = self.sets
        if opening == "\\{":
            self.bars, self.sets = 1, sets + 1
        inner = self.listed()
        self.sets = sets
        if opening == "\\{":
            inner = self.such(inner)
            if inner.kind in ("cases", "matrix") and (self.take(".") or self.kind == "end"):
                return Node("cases", "", inner.args)  # `\left\{ \begin{array} … \end{array} \right.`
        if self.kind == "end" and opening != "<(":
            return Node("set" if opening == "\\{" else "group", opening + _BRACKETS[opening][0], (inner,))
        if not (close := self.take(*_BRACKETS[opening])):
            raise Unreadable(f"{opening} and no end of it")
        return Node("set" if opening == "\\{" else "group", opening + close, (inner,))

    def such(self, inner: Node) -> Node:
        """`x | x > 2`: the elements with their condition, if there is one."""
        if not self.take("|", ":"):
            return inner
        self.bars = 0
        return Node("such", "", (inner, self.listed()))

    def braced(self) -> Node:
        r"""`{…}`: a group of LaTeX, which as `{1, 2}` is a set without its backslashes."""
        if self.after().kind == "}":
            if self.kind == "number":  # so do most of them end
                node = self.number(self.next())
                self.next()
                return node
            if self.kind in ("+", "-", "*", "="):
                raise Unreadable("a mark in braces")
        if self.take("}"):
            return Node("group", "{}") if self.starts(self.here) else Node("name", "emptyset")
        bars, self.bars = self.bars, int(self.is_condition(self.after()))
        self.sets += 1
        inner = self.listed()
        self.sets -= 1
        inner = self.such(inner)
        if self.kind == "name" and self.here.text in ("choose", "over"):
            kind = "binom" if self.next().text == "choose" else "div"
            inner = Node(kind, "", (inner, self.listed()))
        if not self.take("}", "\\}") and self.kind != "end":
            raise Unreadable("{ never closes")
        self.bars = bars
        if inner.kind in ("list", "such"):
            return Node("set", "{}", (inner,))
        return inner if inner.kind in ("number", "name") else Node("group", "{}", (inner,))

    def is_condition(self, after: Token) -> bool:
        """Whether `x | …` or `x in … | …` begins here, and no absolute value."""
        behind = self.after(2)
        bar = after.kind == "|" and (
            after.spaced or behind.kind in ("-", "number") or behind.text == self.here.text
        )
        return self.kind == "name" and (bar or after.kind == "in")

    def absolute(self, bar: str) -> Node:
        """What two bars hold."""
        self.bars += 1
        self.deeper()
        inner = self.sum()
        if bar == "|" and self.kind == "||":
            self.put(Token("|", "|", False))
        else:
            self.expect(bar)
        self.depth -= 1
        self.bars -= 1
        return Node("fn", "abs", (inner,))
