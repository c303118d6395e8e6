"""Matrices as values: sums, products with numbers and with each other, powers and the transpose."""

from __future__ import annotations

from rewardkit.graders.math.evaluate import Meaning
from rewardkit.graders.math.exact import Ratio, rational
from rewardkit.graders.math.names import names_of
from rewardkit.graders.math.nodes import Node, bare
from rewardkit.graders.math.tokens import Unreadable

Matrix = list[list[Ratio]]

_SIZE = 12  # rows or columns of a matrix that is multiplied
_POWER = 6


def matrix_value(node: Node, meaning: Meaning) -> Matrix | None:
    """The cells of a tree that is a matrix, or None.

    Raises:
        Unreadable: its parts do not fit together.
    """
    if node.kind == "matrix":
        return [[meaning.value(cell) for cell in row.args] for row in node.args]
    if node.kind == "group" and len(node.args) == 1:
        inner = node.args[0]
        if inner.kind == "list" and node.text != "{}":
            return [[meaning.value(item)] for item in inner.args if item.kind != "list"]
        return matrix_value(inner, meaning)
    if node.kind == "neg":
        return _scaled(matrix_value(node.args[0], meaning), meaning.field.number(-1), meaning)
    if node.kind == "add":
        return _sum([matrix_value(term, meaning) for term in node.args], meaning)
    if node.kind == "mul":
        return _product(node, meaning)
    if node.kind == "div":
        inverse = meaning.field.divide(meaning.field.number(1), meaning.value(node.args[1]))
        return _scaled(matrix_value(node.args[0], meaning), inverse, meaning)
    return _power(node, meaning) if node.kind == "pow" else None


def _power(node: Node, meaning: Meaning) -> Matrix | None:
    base, exponent = matrix_value(node.args[0], meaning), node.args[1]
    if base is None:
        return None
    if exponent.kind == "name" and exponent.text in ("T", "top", "intercal"):
        return [list(column) for column in zip(*base, strict=True)]
    times = rational(meaning.value(exponent))
    if not isinstance(times, int) or not 1 <= times <= _POWER:
        raise Unreadable("a power of a matrix")
    result = base
    for _ in range(times - 1):
        result = _multiplied(result, base, meaning)
    return result


def _product(node: Node, meaning: Meaning) -> Matrix | None:
    factor = meaning.field.number(1)
    result: Matrix | None = None
    for part in node.args:
        value = matrix_value(part, meaning) if part.kind != "inverse" else None
        if value is not None:
            result = value if result is None else _multiplied(result, value, meaning)
        elif part.kind == "inverse":
            factor = meaning.field.divide(factor, meaning.value(part.args[0]))
        else:
            factor = meaning.field.multiply(factor, meaning.value(part))
    return _scaled(result, factor, meaning)


def _scaled(matrix: Matrix | None, factor: Ratio, meaning: Meaning) -> Matrix | None:
    return None if matrix is None else [[meaning.field.multiply(cell, factor) for cell in row] for row in matrix]


def _sum(terms: list[Matrix | None], meaning: Meaning) -> Matrix | None:
    total: Matrix | None = None
    for term in terms:
        if term is None:
            return None
        if total is None:
            total = term
            continue
        if [len(row) for row in term] != [len(row) for row in total]:
            raise Unreadable("a sum of matrices of different sizes")
        total = [
            [meaning.field.add(a, b) for a, b in zip(row, other, strict=True)]
            for row, other in zip(total, term, strict=True)
        ]
    return total


def _multiplied(first: Matrix, second: Matrix, meaning: Meaning) -> Matrix:
    if len(first[0]) != len(second) or max(len(first), len(second), len(second[0])) > _SIZE:
        raise Unreadable("a product of matrices that do not fit")
    field = meaning.field
    result: Matrix = []
    for row in first:
        cells = []
        for column in zip(*second, strict=True):
            total = field.number(0)
            for a, b in zip(row, column, strict=True):
                total = field.add(total, field.multiply(a, b))
            cells.append(total)
        result.append(cells)
    return result


# --- what cells they have ---


def has_matrix(node: Node) -> bool:
    """Whether a tree is a matrix or computes with one."""
    if node.kind == "matrix":
        return True
    return node.kind in ("add", "mul", "neg", "div", "group", "pow") and any(map(has_matrix, node.args))


def rows(node: Node) -> list[tuple[Node, ...]] | None:
    """The rows of a matrix or of what may be read as one, `((1, 2), (3, 4))`; None for anything else."""
    node = bare(node)
    if node.kind == "matrix":
        return [row.args for row in node.args]
    if node.kind != "group" or len(node.args) != 1 or node.args[0].kind != "list":
        return None
    items = node.args[0].args
    if all(item.kind == "group" and item.args and item.args[0].kind == "list" for item in items):
        return [item.args[0].args for item in items]
    if all(item.kind == "group" and item.text == "[]" and item.args for item in items):
        return [item.args for item in items]
    return [(item,) for item in items]


def is_vector(found: list[tuple[Node, ...]]) -> bool:
    """Whether rows are one row or one column."""
    return len(found) == 1 or all(len(row) == 1 for row in found)


def unit_vectors(node: Node) -> Node | None:
    """A vector of two or three cells as `a i + b j + c k`, or None."""
    cells = [cell for row in rows(node) or [] for cell in row]
    if len(cells) not in (2, 3) or any("i" in names_of(cell) for cell in cells):
        return None
    terms = (Node("mul", "", (cell, Node("name", letter))) for cell, letter in zip(cells, "ijk", strict=False))
    return Node("add", "", tuple(terms))
