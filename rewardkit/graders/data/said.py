"""What of a response is said, and what of that stands in a code fence."""

from __future__ import annotations

import re

_THINK = re.compile(r"(?i)(?<!['\"])<(/?)(?:think|thinking|reasoning|scratchpad)>(?!['\"\\])")
_FENCED = re.compile(
    r"""(?:(?<!['">])```|(?<=>)```(?!<)|(?<=['"])```(?=[\w+-]*+[ \t]*+\n))  # opened
    [ \t]*+([\w+-]*+)[ \t]*+\n?+(.*?)
    (?:(?<!['"])```|```(?![\w'"]))  # closed""",
    re.DOTALL | re.VERBOSE,
)


def after_thinking(text: str) -> str:
    """The text without what is only thought: up to the last closing tag, and from one that is never closed."""
    tags = list(_THINK.finditer(text))
    closed = [tag.end() for tag in tags if tag[1]]
    start = closed[-1] if closed else 0
    opened = [tag.start() for tag in tags if not tag[1] and tag.start() >= start]
    return text[start : opened[0] if opened else len(text)]


def fences(text: str) -> list[tuple[str, str]]:
    """The fenced blocks of a text: what is named behind the opening fence, and what the block holds.

    A fence need not have a line of its own, because models write one around a single object. What is opened and
    never closed is no block. Data may speak of fences, so none begins behind a quote, unless it ends the line, nor
    between two tags.
    """
    return [(block[1].lower(), block[2]) for block in _FENCED.finditer(text)]


def fenced(text: str, *names: str) -> str:
    """The last fenced block with one of some names, or with none, of what is said; else all that is said."""
    said = after_thinking(text)
    blocks = [block for name, block in fences(said) if name in names or not name]
    return blocks[-1] if blocks else said
