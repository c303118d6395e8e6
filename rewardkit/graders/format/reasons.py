"""Pieces of a response in a reason: short, on one line, in quotes."""

from __future__ import annotations

from collections.abc import Sequence


def quoted(text: str) -> str:
    """The beginning of a text."""
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


def listed(texts: Sequence[str]) -> str:
    """The first eight texts."""
    shown = ", ".join(quoted(text) for text in texts[:8])
    return f"{shown} and {len(texts) - 8} more" if len(texts) > 8 else shown
