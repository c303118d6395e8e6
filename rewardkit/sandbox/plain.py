"""Values of other types as plain data, where plain data says all that they are. Runs in the child.

A program gains nothing by what is done here: it does not know which value is expected.
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict
from typing import Any

from rewardkit.sandbox.values import Opaque

# Equal to a plain value with the same content, whatever the type says.
_SAME = (OrderedDict, defaultdict, Counter)
# Equal to an int or a float, where there is one: so they are given as that.
_NUMBERS = (("fractions", "Fraction"), ("decimal", "Decimal"))
_BASES = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)


def plain(value: Any) -> Any:
    """Plain data that equals the value, or an Opaque.

    A subclass of a plain type gives its content, read by the base's own methods, unless it compares in a way of
    its own.
    """
    kind = type(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray)):
        return _from_numpy(value)
    if kind is type({}.keys()):
        return set(value)
    if (kind.__module__, kind.__name__) in _NUMBERS:
        return _number(value)
    for base in _BASES:
        if issubclass(kind, base) and (kind in _SAME or kind.__eq__ is base.__eq__):
            return _content(base, value)
    return opaque(value)


def _content(base: type, value: Any) -> Any:
    if base in (list, tuple, set, frozenset):
        return base(base.__iter__(value))
    if base is dict:
        return dict(dict.items(value))
    if base is str:
        return str.__str__(value) if type(str.__str__(value)) is str else str.__getitem__(value, slice(None))
    return base.__pos__(value) if base in (int, float, complex) else bytes.__getitem__(value, slice(None))


def _number(value: Any) -> Any:
    """The int that equals a fraction or a decimal, or else the float that is nearest."""
    try:
        whole, near = int(value), float(value)
    except (ValueError, OverflowError):  # no number, or none that a float can hold
        return opaque(value)
    if whole == value:
        return whole
    return near if near - near == 0 else opaque(value)


def _from_numpy(value: Any) -> Any:
    numbers = value.tolist()
    return numbers if type(numbers) in (bool, int, float, complex, str, bytes, list) else opaque(value)


def opaque(value: Any) -> Opaque:
    """A mark for the value, with what it looks like."""
    try:
        shown = repr(value)[:200]
    except BaseException as error:
        shown = f"(its repr cannot be read: {type(error).__name__})"
    return Opaque(type(value).__name__, shown)
