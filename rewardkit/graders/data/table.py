"""CSV: a header and rows, by Python's own reader."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.data.compare import Rules, fields, shown
from rewardkit.graders.data.reading import LONGEST, Unreadable
from rewardkit.graders.data.said import fenced
from rewardkit.reward import grader
from rewardkit.score import Score

_ROWS = 20_000
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,40})(?:\.[0-9]{1,40})?")


@grader
def csv_valid(response: str | None, *, header: Iterable[str] | None = None, delimiter: str = ",") -> Score:
    """Is the response CSV: a header and rows of as many cells, as a whole or in a code fence?

    Args:
        response: the whole response; None scores 0.
        header: the columns that it must have, in any order; by default any.
        delimiter: the character between cells.

    Returns:
        1 or 0. The reason says what is wrong first, with its line.

    Raises:
        UsageError: the delimiter is not one character.
    """
    try:
        columns, rows = _table(response, delimiter)
    except Unreadable as error:
        return Score(0.0, f"not CSV: {error}")
    if header is not None and sorted(header) != sorted(columns):
        return Score(0.0, f"read the columns {_named(columns)}, expected {_named(header)}")
    return Score(1.0, f"{len(rows)} rows of {_named(columns)}")


def csv_value(response: str | None, *, delimiter: str = ",") -> list[dict[str, str]] | None:
    """The rows of CSV in a response, as objects from column to cell, for `json_fields` or `json_schema`.

    Args:
        response: the whole response, or a part of it.
        delimiter: the character between cells.

    Returns:
        The rows, or None where there are none to be read.

    Raises:
        UsageError: the delimiter is not one character.
    """
    try:
        columns, rows = _table(response, delimiter)
    except Unreadable:
        return None
    return [dict(zip(columns, row, strict=True)) for row in rows]


@grader
def csv_equal(
    response: str | None,
    reference: str,
    *,
    unordered: bool = False,
    delimiter: str = ",",
    abs_tol: float = 0.0,
    rel_tol: float = 1e-9,
) -> Score:
    """What share of the reference's cells does the response have right, row by row?

    Columns are known by their names and may stand in any order. Cells that are numbers are compared as numbers,
    others as text without regard to case and white space.

    Args:
        response: text that is CSV, as a whole or in a code fence; None scores 0.
        reference: the CSV expected, with its header.
        unordered: rows may stand in any order.
        delimiter: the character between cells, in both.
        abs_tol: how far a number may be off.
        rel_tol: how far as a share of the expected number; the larger allowance counts.

    Returns:
        0 to 1: the mean over the rows of the longer table of the share of cells that are right.

    Raises:
        GradingError: the reference is not CSV.
        UsageError: the delimiter is not one character, or a tolerance is negative.
    """
    rules = Rules(unordered=unordered, abs_tol=abs_tol, rel_tol=rel_tol)
    try:
        expected = _rows(reference, delimiter)
    except Unreadable as error:
        raise GradingError(f"the reference is not CSV ({error}): give a header and rows") from None
    try:
        answer = _rows(response, delimiter)
    except Unreadable as error:
        return Score(0.0, f"not CSV: {error}")
    (rows,) = fields(answer, expected, rules)
    return rows.score


def _rows(text: str | None, delimiter: str) -> list[dict[str, Any]]:
    columns, rows = _table(text, delimiter)
    return [{name: _cell(cell) for name, cell in zip(columns, row, strict=True)} for row in rows]


def _cell(text: str) -> str | float:
    """A number where the cell is one as JSON would write it, else the text: 007 is no number."""
    return float(text) if _NUMBER.fullmatch(text) else text


def _table(text: str | None, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a text.

    Raises:
        Unreadable: it is no table; the message says why.
    """
    import csv

    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise UsageError(f"delimiter is {delimiter!r}: give one character, such as ',' or '\\t'")
    if text is None or len(text) > LONGEST:
        raise Unreadable("no text" if text is None else f"longer than {LONGEST:,} characters")
    source = fenced(text, "csv", "tsv", "text").strip("\r\n")
    lines: list[list[str]] = []
    try:
        for line in csv.reader(
            io.StringIO(source, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
        ):
            lines.append([cell.strip() for cell in line])
            if len(lines) > _ROWS:
                raise Unreadable(f"more than {_ROWS:,} rows")
            if line and len(line) != len(lines[0]):
                raise Unreadable(
                    f"{len(line)} cells in row {len(lines)}, and {len(lines[0])} columns in the header"
                )
    except csv.Error as error:
        raise Unreadable(f"{error}, in row {len(lines) + 1}") from None
    if not lines or not any(lines[0]):
        raise Unreadable("no header")
    if len(set(lines[0])) < len(lines[0]):
        raise Unreadable(f"a column is named twice: {_named(lines[0])}")
    return lines[0], [line for line in lines[1:] if line]


def _named(columns: Iterable[str]) -> str:
    names = list(columns)
    return ", ".join(shown(name) for name in names[:8]) + (", …" if len(names) > 8 else "")
