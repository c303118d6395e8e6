r"""Graders of mathematical answers: `math_equal` for anything, `number_equal` for one number.

The road that a pair takes in `math_equal`, and the file of each stop:

    answer, reference                                               two texts
      │
      ├─ equal.py        the same characters?                       yes → 1
      ├─ options.py      letters of options, numbers of statements  yes → 1, or 0 where both sides are some
      ├─ text.py         a time, yes or no, words                   yes → 1
      ├─ span.py         the words around the mathematics come off
      │
      │  read
      ├─ dress.py        LaTeX, plain text and Unicode in one plain form, without what only sets type
      ├─ tokens.py       → tokens, in the vocabulary of symbols.py, words.py, units.py
      ├─ parse.py        → a tree (nodes.py): lists, relations, sums, products; factors.py, bases.py and
      │                  functions.py are the rest of the grammar, cursor.py is the place in the tokens
      │                  no tree → 0 for the answer; for the reference a GradingError, or words as words
      │
      │  compare: which kinds of answer are these trees, and by which rule are they the same?
      ├─ compare.py      item by item for points, sets and lists (items.py) and matrices (matrices.py)
      │    ├─ regions.py     intervals, inequalities, unions: the same pieces of the line (pieces.py)
      │    ├─ equations.py   the same up to sides and a factor; names.py: which names may differ
      │    └─ scalars.py     one value each, with percent sign and unit (amounts.py)
      │
      │  decide
      ├─ evaluate.py     a tree → an exact value; closed.py: functions at places where they have one
      ├─ exact.py        quotients of polynomials over atoms, in one form each; powers.py: with their powers
      │                  the difference has no terms → equal; it has terms and no function in it → not equal
      ├─ numeric.py      else the difference at fixed points, in floats (floats.py): off zero once → not equal
      ├─ digits.py       a constant that floats cannot tell from zero: 50 digits
      ├─ precision.py    numbers that differ: as precise as the reference is written
      ├─ rough.py        what no point decides, such as sums without end: to a few digits; far apart → not equal
      └─ court.py        what is then still open, or is so in the reference: sympy, within a budget of calls

`reasons.py` says what both sides were read as. Whatever can be read in two ways (`1,234`, `\log`, `6 \frac{2}{3}`)
takes the road once for each reading, the usual one first. Every stop has its bounds: characters, marks, nesting,
digits, terms, products, points, calls. Nothing of a text is ever evaluated as Python, and nothing runs in another
thread or process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rewardkit.graders.math.equal import math_equal

if TYPE_CHECKING:
    from rewardkit.graders.math.number import number_equal

__all__ = ["math_equal", "number_equal"]


def __getattr__(name: str) -> object:
    """`number_equal` where it is asked for; whoever compares anything does not pay for it."""
    if name == "number_equal":
        from rewardkit.graders.math.number import number_equal

        return number_equal
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
