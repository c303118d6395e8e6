"""The cursor: where the parser is in the tokens of a text, and how it moves on."""

from __future__ import annotations

from typing import NamedTuple

from rewardkit.graders.math.nodes import Node
from rewardkit.graders.math.tokens import Token, Unreadable

DEEPEST = 30


class Habits(NamedTuple):
    """How to read what can be read in two ways.

    Attributes:
        mixed: `6 \\frac{2}{3}` is 6 and two thirds, not their product.
        grouped: `1,234` is one number, not two.
        comma: `2,74` is one number with a decimal comma.
    """

    mixed: bool = True
    grouped: bool = True
    comma: bool = False


class Cursor:
    """A place in a row of tokens.

    The parser is this class and those of `functions.py`, `bases.py`, `factors.py` and `parse.py` upon it, one for
    each part of the grammar. What a lower part calls of a higher one is declared here.

    Attributes:
        here: the token at the place.
        kind: its kind.
        bars: how many `|` are open, whose next one closes.
        mirrored: whether the interval here opened with `]`, so that `[` closes it.
        integrals: how many `\\int` wait for their `dx`.
        sets: how many `{` are open, in which `:` is no ratio.
    """

    def __init__(self, found: list[Token], habits: Habits) -> None:
        self.tokens = found
        self.habits = habits
        self.depth = self.bars = self.sets = self.integrals = 0
        self.mirrored = False
        self.go(0)

    def go(self, at: int) -> None:
        """To a place."""
        self.at = at
        self.here = self.tokens[at]
        self.kind = self.here.kind

    def next(self) -> Token:
        """The token here, and one on."""
        token = self.here
        if self.kind != "end":
            self.at += 1
            self.here = self.tokens[self.at]
            self.kind = self.here.kind
        return token

    def after(self, by: int = 1) -> Token:
        """A token behind this one."""
        return self.tokens[min(self.at + by, len(self.tokens) - 1)]

    def take(self, *kinds: str) -> str:
        """The mark here if it is one of these, and one on; else an empty text."""
        if self.kind in kinds:
            return self.next().text
        return ""

    def expect(self, mark: str) -> None:
        """One on, over this mark."""
        if not self.take(mark):
            raise Unreadable(f"no {mark} where one should stand")

    def put(self, *found: Token) -> None:
        """Other tokens in place of the one here."""
        self.tokens[self.at : self.at + 1] = found
        self.go(self.at)

    def deeper(self) -> None:
        """One level down."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"nested more than {DEEPEST} deep")

    def raw(self) -> str:
        """The text of one argument, braces and all inside, as it stands."""
        if not self.take("{"):
            return self.next().text
        texts, depth = [], 1
        while depth and self.kind != "end":
            token = self.next()
            depth += (token.kind == "{") - (token.kind == "}")
            texts.append(token.text)
        return "".join(texts[:-1])

    # --- the lines of the grammar that others go back to ---

    def listed(self, top: bool = False) -> Node:
        """See `parse.py`."""
        raise NotImplementedError

    def relation(self) -> Node:
        """See `parse.py`."""
        raise NotImplementedError

    def sum(self) -> Node:
        """See `parse.py`."""
        raise NotImplementedError

    def product(self, implicit: bool = False) -> Node:
        """See `parse.py`."""
        raise NotImplementedError

    def signed(self) -> Node:
        """See `parse.py`."""
        raise NotImplementedError

    def exponent(self) -> Node:
        """See `factors.py`."""
        raise NotImplementedError

    def base(self) -> Node:
        """See `bases.py`."""
        raise NotImplementedError

    def braced(self) -> Node:
        """See `bases.py`."""
        raise NotImplementedError

    def enclosed(self, close: str) -> Node:
        """See `bases.py`."""
        raise NotImplementedError
