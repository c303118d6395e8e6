"""A judge's reply: one JSON object with exactly the keys that were asked for. Everything else is unreadable.

White space around the object, and one Markdown code fence, are left out. Prose is not: a judge that quotes what it
judges would else be read by the quotation. So are keys that are missing, unknown or there twice, NaN and Infinity,
numbers as text, and a truth value for a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import NoReturn

_LONGEST = 50_000
_FENCED = re.compile(r"```(?:json)?[ \t]*\n(.*)\n[ \t]*```", re.S | re.I)


class Unreadable(ValueError):
    """What is wrong with a reply, in words of ours: none of its own, so they can go back to the judge."""


def read_object(reply: str, keys: Collection[str]) -> dict[str, object]:
    """The object of a reply.

    Raises:
        Unreadable: it is not one object with exactly these keys.
    """
    if len(reply) > _LONGEST:
        raise Unreadable(f"it has {len(reply):,} characters")
    text = reply.strip()
    fenced = _FENCED.fullmatch(text)
    try:
        found = json.loads(fenced[1] if fenced else text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Unreadable(f"it is not one JSON object and nothing else ({error.msg} at {error.pos})") from None
    except RecursionError:
        raise Unreadable("it is nested too deep") from None
    except Unreadable:
        raise
    except ValueError:  # an integer of thousands of digits
        raise Unreadable("it holds a number that cannot be read") from None
    return has_keys(found, keys)


def has_keys(value: object, keys: Collection[str]) -> dict[str, object]:
    """The value itself, if it is an object with exactly these keys."""
    names = ", ".join(keys)
    if not isinstance(value, dict):
        raise Unreadable(f"expected a JSON object with {names}")
    if value.keys() != set(keys):
        raise Unreadable(f"the object must have exactly {names}")
    return value


def number(value: object, low: float, high: float, key: str) -> float:
    """A number within a range."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unreadable(f"{key} must be a number")
    if not low <= value <= high:
        raise Unreadable(f"{key} must be from {low:g} to {high:g}")
    return float(value)


def one_of(value: object, choices: Collection[str], key: str) -> str:
    """One of some texts, exactly."""
    if not isinstance(value, str) or value not in choices:
        raise Unreadable(f"{key} must be one of {', '.join(map(json.dumps, choices))}")
    return value


def truth(value: object, key: str) -> bool:
    """True or false, and not a word or a number for it."""
    if not isinstance(value, bool):
        raise Unreadable(f"{key} must be true or false")
    return value


def sentence(value: object, key: str) -> str:
    """Text on one line, clipped and printable: it is shown to people on a terminal."""
    if not isinstance(value, str):
        raise Unreadable(f"{key} must be text")
    line = "".join(letter for letter in " ".join(value.split()) if letter.isprintable())
    return line if len(line) <= 300 else f"{line[:299]}…"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("a key is there twice")
    return found


def _no_number(constant: str) -> NoReturn:
    raise Unreadable(f"{constant} is not JSON")
