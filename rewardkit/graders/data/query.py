"""SQL by what it returns: run on SQLite, in memory, against a fixture, and compared as result sets.

The model's SQL may read and nothing else: an authorizer refuses every other action, and functions of chance. Its
work is bounded by steps of SQLite's machine, by the sizes of texts, rows and the statement, and by the heap. What
only a long wait inside one function could exceed is bounded by processor time.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.data.said import fenced
from rewardkit.reward import grader
from rewardkit.score import Score

if TYPE_CHECKING:
    import sqlite3

_LONGEST = 20_000  # characters of a statement
_TEXT = 100_000  # characters of a text or blob that a query makes
_ROWS, _CELLS = 10_000, 5_000_000  # rows of a result, and characters in all of them
_STEPS = 20_000_000  # of SQLite's virtual machine: some seconds
_EVERY = 10_000  # steps between two looks
_SECONDS = 5.0  # of processor time
_HEAP = 256 * 1024 * 1024  # bytes, of all of SQLite in this process

Row = tuple[Any, ...]


_READS = re.compile(r"(?:\s++|--[^\n]*+\n|/\*(?:[^*]++|\*(?!/))*+\*/|\()*+(?i:select|with|values)\b")


class _Table(NamedTuple):
    columns: list[str]
    rows: list[Row]


class _BadQuery(ValueError):
    """A statement that cannot be run, or may not be; the message says why."""


@grader
def sql_valid(query: str | None, *, fixture: str) -> Score:
    """Is this one SELECT that SQLite can prepare against a fixture's tables?

    Args:
        query: SQL, as a whole or in a code fence; None scores 0.
        fixture: SQL that makes the tables, such as CREATE TABLE and INSERT.

    Returns:
        1 or 0. The reason is SQLite's.

    Raises:
        GradingError: the fixture fails.
    """
    try:
        with _opened(fixture) as database:
            _run(database, f"EXPLAIN {_statement(query)}")
    except _BadQuery as error:
        return Score(0.0, str(error))
    return Score(1.0, "SQLite prepares it")


@grader
def sql_equal(
    query: str | None,
    reference: str | Sequence[Sequence[Any]],
    *,
    fixture: str,
    ordered: bool = False,
    duplicates: bool = True,
    names: bool = False,
    tolerance: float = 1e-6,
) -> Score:
    """Does the query return what the reference returns, run on SQLite against a fixture?

    Args:
        query: one SELECT, as a whole or in a code fence; None scores 0.
        reference: the SQL that is right, or the rows expected.
        fixture: SQL that makes the tables and fills them; several fixtures in turn tell more queries apart.
        ordered: the order of rows counts.
        duplicates: how often a row occurs counts; False compares sets, as BIRD does.
        names: the names of columns count; only with SQL as the reference.
        tolerance: how far a float may be off, absolutely or as a share of the expected one.

    Returns:
        1 or 0. A query that fails, writes or takes too much scores 0; the reason is SQLite's, or shows the first
        row that differs.

    Raises:
        GradingError: the fixture or the reference fails.
        UsageError: the tolerance is negative, or names are asked for without SQL to have them.
    """
    if not 0 <= tolerance < math.inf:
        raise UsageError(f"tolerance is {tolerance}: give a number from 0 up, such as 1e-6")
    if names and not isinstance(reference, str):
        raise UsageError("names=True needs SQL as the reference: rows have no names")
    with _opened(fixture) as database:
        expected = _expected(database, reference)
        try:
            answer = _run(database, _statement(query))
        except _BadQuery as error:
            return Score(0.0, str(error))
    if names and [name.lower() for name in answer.columns] != [name.lower() for name in expected.columns]:
        return Score(0.0, f"read the columns {answer.columns!r:.100}, expected {expected.columns!r:.100}")
    ours, theirs = (_arranged(table.rows, ordered, duplicates) for table in (answer, expected))
    if len(ours) != len(theirs):
        return Score(0.0, f"{len(ours)} rows, expected {len(theirs)}")
    for one, other in zip(ours, theirs, strict=True):
        if not _same_row(one, other, tolerance):
            return Score(0.0, f"the row {one!r:.100}, expected {other!r:.100}")
    return Score(1.0, f"the same {len(ours)} rows")


def _statement(query: str | None) -> str:
    if query is None:
        raise _BadQuery("no query")
    statement = fenced(query, "sql", "sqlite").strip()
    if not statement or len(statement) > _LONGEST:
        raise _BadQuery(f"longer than {_LONGEST:,} characters" if statement else "no query")
    if not _READS.match(statement):
        raise _BadQuery(f"not one SELECT: it begins {statement[:40]!r}")
    return statement


def _expected(database: sqlite3.Connection, reference: str | Sequence[Sequence[Any]]) -> _Table:
    if not isinstance(reference, str):
        return _Table(
            [], [tuple(int(cell) if isinstance(cell, bool) else cell for cell in row) for row in reference]
        )
    try:
        return _run(database, reference)
    except _BadQuery as error:
        raise GradingError(f"the reference fails on the fixture ({error}): {reference[:200]}") from None


# --- the database ---


def _opened(fixture: str) -> contextlib.closing[sqlite3.Connection]:
    """A database in memory with the fixture in it, and from here on to be read only."""
    import sqlite3

    database = sqlite3.connect(":memory:")
    try:
        database.execute(f"PRAGMA hard_heap_limit = {_HEAP}")
        database.execute("PRAGMA temp_store = MEMORY")  # what a query sorts counts as heap, and fills no disk
        database.executescript(fixture)
        database.commit()
    except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
        database.close()
        raise GradingError(f"the fixture fails: {error}: give SQL that SQLite can run") from None
    for limit, most in (
        (sqlite3.SQLITE_LIMIT_LENGTH, _TEXT),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, _LONGEST + 10),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 200),
        (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 100),
        (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
    ):
        database.setlimit(limit, most)
    database.set_authorizer(_authorizer())
    return contextlib.closing(database)


# By name and not by number of arguments: what makes the same query return something else each time.
_REFUSED_FUNCTIONS = {"random", "randomblob", "load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"}


def _authorizer() -> Callable[[int, str | None, str | None, str | None, str | None], int]:
    import sqlite3

    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}

    def authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action == sqlite3.SQLITE_FUNCTION:
            fine = (second or "").lower() not in _REFUSED_FUNCTIONS
        else:
            fine = action in allowed
        return sqlite3.SQLITE_OK if fine else sqlite3.SQLITE_DENY

    return authorize


def _run(database: sqlite3.Connection, statement: str) -> _Table:
    """The result of one statement.

    Raises:
        _BadQuery: it fails, may not be run, or takes too much.
    """
    import sqlite3

    budget, begin = [_STEPS // _EVERY], time.thread_time()

    def look() -> bool:
        budget[0] -= 1
        return budget[0] < 0 or time.thread_time() - begin > _SECONDS

    database.set_progress_handler(look, _EVERY)
    try:
        cursor = database.execute(statement)
        return _Table([column[0] for column in cursor.description or ()], _rows(cursor))
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        if isinstance(error, _BadQuery):
            raise
        if "interrupted" in str(error):
            raise _BadQuery(f"it takes more than {_STEPS:,} steps, or {_SECONDS:g} s") from None
        raise _BadQuery(f"SQLite says: {error}") from None
    except MemoryError:
        raise _BadQuery(f"it needs more than {_HEAP >> 20} MB of memory") from None
    finally:
        database.set_progress_handler(None, 0)


def _rows(cursor: Iterable[Row]) -> list[Row]:
    rows: list[Row] = []
    size = 0
    for row in cursor:
        rows.append(row)
        size += sum(len(cell) if isinstance(cell, (str, bytes)) else 8 for cell in row)
        if len(rows) > _ROWS or size > _CELLS:
            raise _BadQuery(f"it returns more than {_ROWS:,} rows" if size <= _CELLS else "it returns too much")
    return rows


# --- result sets ---


def _arranged(rows: list[Row], ordered: bool, duplicates: bool) -> list[Row]:
    """The rows as they are to be compared, one by one."""
    keyed = [(_row_key(row), row) for row in rows]
    if not duplicates:
        keyed = list({key: (key, row) for key, row in keyed}.values())
    if not ordered:
        keyed.sort(key=lambda pair: pair[0])
    return [row for _, row in keyed]


def _row_key(row: Row) -> tuple[Any, ...]:
    """What sorts rows alike on both sides: floats to nine digits, so that their last ones do not decide."""
    return tuple(_cell_key(cell) for cell in row), tuple(cell for cell in row if isinstance(cell, int))


def _cell_key(cell: Any) -> tuple[int, Any]:
    if cell is None:
        return (0, 0)
    if isinstance(cell, (int, float)):
        return (1, float(f"{cell:.9g}"))
    return (2, cell) if isinstance(cell, str) else (3, bytes(cell))


def _same_row(one: Row, other: Row, tolerance: float) -> bool:
    return len(one) == len(other) and all(
        _same_cell(ours, theirs, tolerance) for ours, theirs in zip(one, other, strict=True)
    )


def _same_cell(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        numbers = isinstance(one, (int, float)) and isinstance(other, (int, float))
        return numbers and math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    return type(one) is type(other) and bool(one == other)
