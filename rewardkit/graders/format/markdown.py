"""Markdown in a response: headings, lists, tables, fences and emphasis.

What stands in a fence is code and no markdown. Read line by line and by the common rules (CommonMark, and GitHub's
tables); nothing is rendered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rewardkit.errors import UsageError
from rewardkit.graders.format.counting import in_range
from rewardkit.graders.format.reasons import quoted
from rewardkit.reward import grader
from rewardkit.score import Score

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_BULLET = re.compile(r"[ \t]*[-*+•][ \t]+\S")
_NUMBERED = re.compile(r"[ \t]*\d{1,9}[.)][ \t]+\S")
_RULE = re.compile(r"\s*(?:[-*_]\s*){3,}")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^`\n]*")
_CELLS = re.compile(r"(?<!\\)\|")
_BOLD = re.compile(r"\s*\*\*([^*]+)\*\*:?\s*")
_BELOW_ALL = 7  # the level of a bold line among headings
_DELIMITER = re.compile(r":?-+:?")
_EMPHASIS = re.compile(r"(?<![\\*])(?:\*\*(?=\S)[^\n*]+\*\*|\*(?=\S)[^\n*]+\*)(?!\*)")


class _Fence(NamedTuple):
    """A fenced block: the language it names in lower case, and what it holds."""

    language: str
    content: str


@grader
def sections(response: str | None, *titles: str, level: int | None = None) -> Score:
    """Does the response have these sections, in this order, each with a heading and something under it?

    Args:
        response: the whole response; None scores 0. Other sections may stand between, before and after.
        titles: the headings' texts; case, numbering ("2. ") and markup around them do not matter.
        level: how many `#` the headings must have; None for any. A line that is bold as a whole is a heading too,
            where no level is asked for.

    Returns:
        The share of the titles that stand in their order with text below.

    Raises:
        UsageError: no title, or a level that is not 1 to 6.
    """
    if not titles or not all(isinstance(title, str) and title.strip() for title in titles):
        raise UsageError(
            f'sections() got {titles!r:.80}: name the headings, such as sections(response, "Summary")'
        )
    if level is not None and level not in range(1, 7):
        raise UsageError(f"sections() got level={level}: markdown has levels 1 to 6")
    if response is None:
        return Score(0.0, "no response")
    present = [(_plain(title), filled) for title, filled in _sections(response, level)]
    found, wrong, place = 0, "", 0
    for title in titles:
        places = [n for n in range(place, len(present)) if present[n][0] == _plain(title)]
        if not places:
            known = any(heading == _plain(title) for heading, _ in present)
            wrong = wrong or f"{quoted(title)} {'stands too early' if known else 'is missing'}"
        elif not any(present[n][1] for n in places):
            wrong = wrong or f"{quoted(title)} is empty"
        else:
            found, place = found + 1, next(n for n in places if present[n][1]) + 1
    return Score(found / len(titles), wrong or f"all {len(titles)} sections in order")


@grader
def headings(response: str | None, *, at_least: int | None = None, at_most: int | None = None) -> Score:
    """Has the response so many headings (`# …` to `###### …`)?

    Args:
        response: the whole response; None scores 0.
        at_least: the fewest, or None.
        at_most: the most, or None.

    Returns:
        1 in the range, else 0.

    Raises:
        UsageError: no range, or an empty one.
    """
    return in_range(response, lambda text: _count(_HEADING, text), "heading", at_least, at_most)


@grader
def list_items(
    response: str | None, *, at_least: int | None = None, at_most: int | None = None, numbered: bool = False
) -> Score:
    """Has the response so many items in lists, with bullets or numbered?

    Args:
        response: the whole response; None scores 0. Nested items count.
        at_least: the fewest, or None.
        at_most: the most, or None.
        numbered: count `1.` and `1)` instead of `-`, `*`, `+` and `•`.

    Returns:
        1 in the range, else 0.

    Raises:
        UsageError: no range, or an empty one.
    """
    item, unit = (_NUMBERED, "numbered item") if numbered else (_BULLET, "bullet")
    return in_range(response, lambda text: _count(item, text), unit, at_least, at_most)


@grader
def table(response: str | None, *, columns: int | Sequence[str] | None = None, rows: int = 1) -> Score:
    """Does the response hold a markdown table that is whole?

    Args:
        response: the whole response; None scores 0.
        columns: how many there must be, or their headings in order (case does not matter), or None for any.
        rows: the fewest rows below the headings.

    Returns:
        1 if a table is as asked and each of its rows has as many cells as the headings, else 0.

    Raises:
        UsageError: no columns, or a negative number of rows.
    """
    if isinstance(columns, str) or not isinstance(columns, int | Sequence | None):
        raise UsageError(f"table() got columns={columns!r:.80}: give a number, or a list of headings")
    wanted = [column.casefold().strip() for column in columns] if isinstance(columns, Sequence) else columns
    if wanted in (0, []) or rows < 0:
        raise UsageError(f"table() got columns={columns!r:.80}, rows={rows}: ask for at least one column")
    if response is None:
        return Score(0.0, "no response")
    reason = "no table"
    for head, body in _tables(response):
        wrong = _wrong_table([cell.casefold() for cell in head], body, wanted, rows)
        if not wrong:
            return Score(1.0, f"a table of {len(head)} columns and {len(body)} rows")
        reason = wrong
    return Score(0.0, reason)


@grader
def code_fence(
    response: str | None, language: str | None = None, *, at_least: int = 1, at_most: int | None = None
) -> Score:
    """Does the response hold a fenced block of code, closed and not empty?

    Args:
        response: the whole response; None scores 0.
        language: what the fence has to name, such as `json` or `python`; None for anything or nothing.
        at_least: the fewest such blocks.
        at_most: the most, or None.

    Returns:
        1 or 0. A last fence that never closes scores 0.

    Raises:
        UsageError: an empty range.
    """
    kind = f"{language} block" if language else "fenced block"
    fences, unclosed = _fences(response or "")
    wanted = language.casefold() if language else None
    fits = [fence for fence in fences if fence.content.strip() and wanted in (None, fence.language)]
    score = in_range(response, lambda _: len(fits), kind, at_least, at_most)
    return Score(0.0, "the last fence never closes") if unclosed and score else score


@grader
def emphasized(response: str | None, *, at_least: int | None = None, at_most: int | None = None) -> Score:
    """Has the response so many emphasized spans, `*so*` or `**so**`?

    Args:
        response: the whole response; None scores 0.
        at_least: the fewest, or None.
        at_most: the most, or None.

    Returns:
        1 in the range, else 0.

    Raises:
        UsageError: no range, or an empty one.
    """
    return in_range(
        response,
        lambda text: sum(len(_EMPHASIS.findall(line)) for line in _prose(text)),
        "emphasized span",
        at_least,
        at_most,
    )


def _count(pattern: re.Pattern[str], text: str) -> int:
    return sum(1 for line in _prose(text) if pattern.match(line) and not _RULE.fullmatch(line))


def _marked(text: str) -> Iterator[tuple[str, str]]:
    """Each line with what it is: `prose`, or of a fence what `opens` it, its `code`, and what `closes` it."""
    fence = ""
    for line in text.splitlines():
        if fence and _closes(line, fence):
            fence = ""
            yield line, "closes"
        elif fence:
            yield line, "code"
        elif ("```" in line or "~~~" in line) and (mark := _FENCE.fullmatch(line)):
            fence = mark[1]
            yield line, "opens"
        else:
            yield line, "prose"


def _prose(text: str) -> Iterator[str]:
    return (line for line, kind in _marked(text) if kind == "prose")


def _fences(text: str) -> tuple[list[_Fence], bool]:
    """The closed fences, and whether one stays open."""
    found: list[_Fence] = []
    language, held, unclosed = "", [""], False
    for line, kind in _marked(text):
        if kind == "opens":
            mark = _FENCE.fullmatch(line)
            language, held, unclosed = mark[2].casefold() if mark else "", [], True
        elif kind == "code":
            held.append(line)
        elif kind == "closes":
            found.append(_Fence(language, "\n".join(held)))
            unclosed = False
    return found, unclosed


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and bare == fence[0] * len(bare)


def _sections(text: str, level: int | None) -> list[tuple[str, bool]]:
    """Each heading, with whether there is text before the next one of its level or above."""
    found: list[tuple[str, int, bool]] = []
    for line, kind in _marked(text):
        heading = _HEADING.fullmatch(line) if kind == "prose" else None
        bold = _BOLD.fullmatch(line) if kind == "prose" and level is None else None
        if heading and level in (None, len(heading[1])):
            found.append((heading[2], len(heading[1]), False))
        elif bold:
            found.append((bold[1], _BELOW_ALL, False))
        elif line.strip() and found:
            found[-1] = (*found[-1][:2], True)
    for n in range(len(found) - 2, -1, -1):
        title, depth, filled = found[n]
        found[n] = (title, depth, filled or (found[n + 1][1] > depth and found[n + 1][2]))
    return [(title, filled) for title, _, filled in found]


def _plain(title: str) -> str:
    title = re.sub(r"^[\s*_`#]*(?:\d{1,3}[.)]\s+)?", "", title)
    return " ".join(title.strip(" \t*_`#:").casefold().split())


def _tables(text: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The tables: the headings, and the cells of each row."""
    lines = list(_prose(text))
    n = 0
    while n + 1 < len(lines):
        n += 1
        if "|" not in lines[n - 1] or "-" not in lines[n]:
            continue
        head, rule = _cells(lines[n - 1]), _cells(lines[n])
        if len(head) != len(rule) or not all(map(_DELIMITER.fullmatch, rule)):
            continue
        body: list[list[str]] = []
        n += 1
        while n < len(lines) and "|" in lines[n]:
            body.append(_cells(lines[n]))
            n += 1
        yield head, body


def _cells(line: str) -> list[str]:
    inner = line.strip()
    inner = inner[1:] if inner.startswith("|") else inner
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [cell.strip() for cell in _CELLS.split(inner)]


def _wrong_table(head: list[str], body: list[list[str]], wanted: int | list[str] | None, rows: int) -> str:
    """What is wrong with a table, or an empty text."""
    if isinstance(wanted, int) and len(head) != wanted:
        return f"{len(head)} columns, {wanted} expected"
    if isinstance(wanted, list) and head != wanted:
        return f"columns {quoted(', '.join(head))}, {quoted(', '.join(wanted))} expected"
    if len(body) < rows:
        return f"{len(body)} rows, at least {rows} expected"
    uneven = next((n for n, cells in enumerate(body, 1) if len(cells) != len(head)), 0)
    return f"row {uneven} has {len(body[uneven - 1])} cells, the headings {len(head)}" if uneven else ""
