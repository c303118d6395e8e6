r"""Markup around an answer span: `**72**.`, `$72$`, `\(72\)`, `"72"`, `<b>72</b>` and `\,72\,` are all 72."""

from __future__ import annotations

import re

_LONGEST = 1000  # characters of a span that may have markup around it

_AROUND = [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("__", "__"), ("*", "*")]
_AROUND += [("_", "_"), ("`", "`"), ('"', '"'), ("“", "”"), ("«", "»")]
_TAG = r"</?(?:b|strong|i|em|u|span|p|code)(?:\s[^<>]{0,60})?>|<br ?/?>"
_EDGES = (
    r"(?<![.\\])(?!\.\.)[.,;:。]{1,20}$|^(?:\\[,;:!]|~){1,20}|(?:\\[,;:!]|~|[✓✔✅☑🎉\ufe0f]){1,20}$"
    r"|(?<=\w)(?:\*{1,20}|_{1,2})$|`$|^\*\*(?=\S)|^#{1,6}\s+|(?:\\q?quad)?\s*\\(?:blacksquare|square|qed|Box)\s*$"
)
_BOLD_END = r"\s{0,8}\*\*(?:\W{0,20}$|(?=\s+\())"
_CHAIN = r"(?s)\\begin\{(?:align|aligned|gather|gathered|split|eqnarray|equation)\*?\}(.*)\\end\{[a-z]+\*?\}"


def clean(span: str) -> str:
    """An answer span without markup around all of it."""
    span = span.strip()
    if len(span) > _LONGEST:
        return span
    if "<" in span:
        span = re.sub(_TAG, "", span)
    for _ in range(12):
        previous = span
        if span.count("**") % 2:  # the other end of it stands before the span
            span = re.sub(_BOLD_END, "", span).strip()
        for opening, closing in _AROUND:
            if span.startswith(opening) and span.endswith(closing) and len(span) > len(opening) + len(closing):
                inner = span[len(opening) : -len(closing)]
                if opening not in inner and not inner.endswith("\\"):
                    span = inner.strip()
        span = re.sub(_EDGES, "", span).strip()
        if span == previous:
            break
    return _last_row(span)


def _last_row(span: str) -> str:
    """Of a calculation in rows, `N &= 8 \\cdot 9 \\\\ &= 72`, what the last row comes to."""
    rows = re.fullmatch(_CHAIN, span)
    if not rows:
        return span
    last = [row.strip() for row in rows[1].split("\\\\") if row.strip()][-1:]
    if last and last[0].lstrip("&= ") != last[0] and "=" in last[0][: len(last[0]) - len(last[0].lstrip("&= "))]:
        return last[0].rpartition("=")[2].strip(" .&")
    return span
