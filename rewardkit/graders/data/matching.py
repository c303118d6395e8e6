"""Partners: which pairing of two lists' items comes to the most, in any order or in the order they stand in."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 60  # of the shorter side; the work grows with its square times the longer one


def best_pairs(table: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs (row, column) that come to the largest sum, no two in one row or column.

    The Hungarian method (Kuhn 1955) with shortest augmenting paths (Jonker and Volgenant 1987). Tables with more
    than 60 rows and columns are paired greedily, best first.

    Args:
        table: rows of equal length, at least one, of entries from 0 to 1.
    """
    if len(table) > len(table[0]):
        return [(row, column) for column, row in best_pairs([list(column) for column in zip(*table, strict=True)])]
    if len(table) > _MOST:
        return _greedy(table)
    rows, columns = len(table), len(table[0])
    row_price, column_price = [0.0] * (rows + 1), [0.0] * (columns + 1)
    owner = [0] * (
        columns + 1
    )  # the row that has the column, from 1; 0 is none, and column 0 is where a row begins
    for row in range(1, rows + 1):
        owner[0] = row
        _augment(table, owner, row_price, column_price)
    return [(owner[column] - 1, column - 1) for column in range(1, columns + 1) if owner[column]]


def _augment(
    table: Sequence[Sequence[float]], owner: list[int], row_price: list[float], column_price: list[float]
) -> None:
    """Find the row in `owner[0]` a column, moving others along the cheapest path."""
    size = len(owner)
    least, before, done = [float("inf")] * size, [0] * size, [False] * size
    column = 0
    while True:
        done[column] = True
        row, step, following = owner[column], float("inf"), 0
        for other in range(1, size):
            if done[other]:
                continue
            cost = -table[row - 1][other - 1] - row_price[row] - column_price[other]
            if cost < least[other]:
                least[other], before[other] = cost, column
            if least[other] < step:
                step, following = least[other], other
        for other in range(size):
            if done[other]:
                row_price[owner[other]] += step
                column_price[other] -= step
            else:
                least[other] -= step
        column = following
        if not owner[column]:
            break
    while column:
        owner[column] = owner[before[column]]
        column = before[column]


def _greedy(table: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    entries = sorted(((-value, r, c) for r, row in enumerate(table) for c, value in enumerate(row)))
    rows: set[int] = set()
    columns: set[int] = set()
    pairs: list[tuple[int, int]] = []
    for _, row, column in entries:
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            pairs.append((row, column))
    return pairs


def aligned(table: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """The pairs (row, column) that come to the largest sum while both rise (Needleman and Wunsch 1970).

    Args:
        table: rows of equal length.
    """
    rows, columns = len(table), len(table[0]) if table else 0
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            paired = table[row][column] + best[row + 1][column + 1]
            best[row][column] = max(best[row + 1][column], best[row][column + 1], paired)
    pairs: list[tuple[int, int]] = []
    row = column = 0
    while row < rows and column < columns:
        if best[row][column] == best[row + 1][column]:
            row += 1
        elif best[row][column] == best[row][column + 1]:
            column += 1
        else:
            pairs.append((row, column))
            row, column = row + 1, column + 1
    return pairs
