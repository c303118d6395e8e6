r"""Graders of mathematical answers: `math_equal` for anything, `number_equal` for one number.

The road that a pair takes in `math_equal`, and the file of each stop:

    answer, reference                                               two texts
      │
      ├─ equal.py      the same characters?                         yes → 1
      ├─ text.py       an option, a time, words?                    yes → 1, or 0 where the other is one too
      │
      ├─ tokens.py     LaTeX, plain text and Unicode → one vocabulary of marks
      ├─ parse.py      marks → a tree (nodes.py, numerals.py); no tree → 0 for the answer, GradingError for the
      │                reference, or words as words
      │
      ├─ compare.py    which kinds of answer are these trees, and by which rule are they the same?
      │    ├─ regions.py    intervals, inequalities, unions: the same ends
      │    ├─ matrices.py   matrices: the same cells
      │    │                equations: the same up to sides and a factor; sets, lists, points: item by item
      │    └─ scalars.py    one value each: percent signs, units, precision as it is written
      │
      ├─ evaluate.py   a tree → an exact value, functions at closed places included
      ├─ exact.py      values are quotients of polynomials over atoms, one normal form each;
      │                the difference has no terms → equal; it has terms and no function in it → not equal
      ├─ numeric.py    else the difference at several fixed points, in floats: off zero once → not equal
      └─ digits.py     a constant that floats cannot tell from zero: 50 digits

Whatever can be read in two ways (`1,234`, `\log`, `6 \frac{2}{3}`) takes the road once for each reading, the usual
one first. Every stop has its bounds: characters, marks, nesting, digits, terms, products. Nothing of a text is
ever evaluated as Python, nothing runs in another thread or process, and sympy is not needed.
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
