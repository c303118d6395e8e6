r"""Two trees: what kinds of answer they are, and whether they are the same.

Each kind has one rule; `same` looks for the kinds of both sides and hands on. It returns the rule that decided,
which is the empty text where none says that they are equal.
"""

from __future__ import annotations

from collections.abc import Sequence

from rewardkit.graders.math.amounts import scalar
from rewardkit.graders.math.equations import same_equation, same_inequality, solved
from rewardkit.graders.math.evaluate import Meaning
from rewardkit.graders.math.floats import Undefined
from rewardkit.graders.math.items import (
    MOST,
    Collection,
    bound_letter,
    by_label,
    collection,
    description,
    expanded,
    has_sign,
    joined,
    labels_off,
    lines,
    spread,
)
from rewardkit.graders.math.matrices import has_matrix, is_vector, matrix_value, rows, unit_vectors
from rewardkit.graders.math.names import has_name, is_label, is_quantity, label_text, renamed, renaming
from rewardkit.graders.math.nodes import Node, bare, is_single
from rewardkit.graders.math.numeric import variables
from rewardkit.graders.math.pieces import Region, same_region
from rewardkit.graders.math.regions import is_regional, region, subject, symbol
from rewardkit.graders.math.scalars import equal_values, is_near, same_scalar
from rewardkit.graders.math.tokens import Unreadable

_COMPARISONS = 1500
_CELLS = 400

Assignment = tuple[Node, Node]
"""A name and its value."""


class Comparison:
    """One answer against one reference.

    Args:
        meaning: what the trees mean.
        tolerance: the largest absolute difference, or None for the rules of precision.
    """

    def __init__(self, meaning: Meaning, tolerance: float | None) -> None:
        self.meaning = meaning
        self.tolerance = tolerance
        self.count = 0
        self._rules = (
            self._emptiness,
            self._regions,
            self._descriptions,
            self._relations,
            self._matrices,
            self._collections,
        )

    def same(self, answer: Node, reference: Node) -> str:
        """The rule by which they are the same, or an empty text."""
        self.count += 1
        if self.count > _COMPARISONS:
            raise Unreadable("too many parts to compare")
        if answer == reference:
            return "the same expression"
        if not (is_single(answer) and is_single(reference)):
            answer, reference = bare(answer), bare(reference)
            for rule in self._rules:
                verdict = rule(answer, reference)
                if verdict is not None:
                    return verdict
        return same_scalar(answer, reference, self.meaning, self.tolerance)

    # --- symbols and regions ---

    def _emptiness(self, answer: Node, reference: Node) -> str | None:
        """The empty set and the infinities, which are names and not values."""
        ours, theirs = symbol(answer), symbol(reference)
        if ours is None and theirs is None:
            return None
        if ours == theirs:
            return "the same symbol"
        if "emptyset" in (ours, theirs):
            other = reference if ours else answer
            return "an empty set" if is_regional(other) and self._region(other) == () else ""
        return ""

    def _region(self, node: Node) -> Region | None:
        try:
            return region(node, self.meaning)
        except (Unreadable, Undefined):
            return None

    def _regions(self, answer: Node, reference: Node) -> str | None:
        """Intervals, inequalities, unions."""
        if not (is_regional(answer) or is_regional(reference)):
            return None
        subjects = {subject(answer), subject(reference)}
        if len(subjects) == 2 and "" not in subjects:
            return ""
        ours, theirs = self._region(answer), self._region(reference)
        if ours is None or theirs is None:
            return None
        if not ours and not theirs and not (is_regional(answer) and is_regional(reference)):
            return ""  # `[3, 1)` is empty, and `(3, 1)` a point
        return "the same region" if same_region(ours, theirs, self.meaning) else ""

    def _descriptions(self, answer: Node, reference: Node) -> str | None:
        """`{2k | k in Z}` and its kin: the same elements under the same conditions, whatever the letter is."""
        ours, theirs = description(answer), description(reference)
        if ours is None or theirs is None:
            return None
        first, second = (bound_letter(side) for side in (ours, theirs))
        if first and second and first != second:
            if any(has_name(part, Node("name", second)) for part in ours):
                return ""
            ours = [renamed(part, first, second) for part in ours]
        same = self._alike(ours[0], theirs[0]) and self._in_any_order(ours[1:], theirs[1:])
        return "the same description" if same else ""

    # --- relations ---

    def _relations(self, answer: Node, reference: Node) -> str | None:
        """Equations, assignments, inequalities in several variables."""
        if answer.kind != "relation" and reference.kind != "relation":
            return None
        if has_sign(answer) or has_sign(reference):  # which are two
            return None
        ours, theirs = self._assigned(answer), self._assigned(reference)
        if ours and theirs:
            return self._assignments(ours, theirs) or same_equation(answer, reference, self.meaning)
        if answer.kind == reference.kind:
            return same_equation(answer, reference, self.meaning) or same_inequality(
                answer, reference, self.meaning
            )
        ours, theirs = ours or _quantity(answer), theirs or _quantity(reference)
        if ours:
            return self.same(ours[1], reference) if _may_stand_for(ours, reference) else ""
        if theirs:
            return self.same(answer, theirs[1]) if _may_stand_for(theirs, answer) else ""
        return self._chain(answer, reference) or solved(answer, reference, self.meaning)

    def _assigned(self, node: Node) -> Assignment | None:
        """The name and the value of `x = 5`, `f(x) = …`, `x ∈ {…}`, `x ≈ 5`, `A = 2 + 3 = 5`."""
        if node.kind != "relation":
            return None
        operators = node.text.split(" ")
        operands = list(node.args)
        while operators[-1:] == ["~"] and (len(operators) > 1 or not is_label(operands[0])):
            if not is_near(operands[-2], operands[-1], self.meaning):
                return None
            operators.pop()
            operands.pop()
        if not operators:
            return Node("name", ""), operands[0]
        if operators == ["in"]:
            return operands[0], operands[1]
        if operators == ["->"] and operands[0].kind == "ratio":  # `f : x \\mapsto x^2`
            name, parameter = operands[0].args
            return Node("call", name.text, (parameter,)), operands[1]
        if operators == ["->"] and operands[0].kind == "name":
            return Node("name", ""), operands[1]
        if operators == ["~"]:
            return operands[0], operands[1]
        if any(operator != "=" for operator in operators):
            return None
        if len(operands) > 2 and all(operand.kind == "name" for operand in operands[:-1]):  # `x = y = 1`
            return _point(operands[:-1]), _point([operands[-1]] * (len(operands) - 1))
        if is_label(operands[0]):
            return operands[0], operands[-1]
        if len(operands) == 2 and is_label(operands[1]) and not has_name(operands[0], operands[1]):
            return operands[1], operands[0]
        return self._agreed(operands)

    def _agreed(self, operands: list[Node]) -> Assignment | None:
        """The value of `2 + 3 = 5`: constants that are all the same."""
        try:
            sides = [scalar(operand) for operand in operands]
            values = [
                self.meaning.value(Node("percent", "", (side.node,)) if side.percent else side.node)
                for side in sides
            ]
            if any(variables(value, self.meaning.field) for value in values):
                return None
            same = self.meaning.field.has("limit") or all(
                equal_values(value, values[0], self.meaning, roughly=True) for value in values[1:]
            )
        except (Unreadable, Undefined):
            return None
        return (Node("name", ""), operands[-1]) if same else None

    def _assignments(self, ours: Assignment, theirs: Assignment) -> str:
        """Two assignments: of the same name, or of functions that are the same but for their names."""
        first, second = ours[1], theirs[1]
        if label_text(ours[0]) != label_text(theirs[0]):
            names = renaming(ours[0], theirs[0])
            if names is None:
                return ""
            if names[0] != names[1]:
                if has_name(first, Node("name", names[1])):
                    return ""
                first = renamed(first, *names)
        return self.same(first, second)

    def _chain(self, answer: Node, reference: Node) -> str:
        """`a < b < c` against the list of its members in their order."""
        relation, other = (answer, reference) if answer.kind == "relation" else (reference, answer)
        if other.kind != "list" or set(relation.text.split(" ")) not in ({"<"}, {"<="}):
            return ""
        return self._in_order(relation.args, other.args) and "in order"

    # --- matrices ---

    def _matrices(self, answer: Node, reference: Node) -> str | None:
        """Matrices and vectors, cell by cell."""
        if answer.kind == "cases" or reference.kind == "cases":
            return self._cases(answer, reference)
        if not (has_matrix(answer) or has_matrix(reference)):
            return None
        ours, theirs = rows(answer), rows(reference)
        if "matrix" not in (answer.kind, reference.kind) or not (ours and theirs):
            return self._computed(answer, reference)
        if [len(row) for row in ours] != [len(row) for row in theirs]:
            flat = (answer.kind == "matrix") != (reference.kind == "matrix")
            if not (flat and is_vector(ours) and is_vector(theirs)):
                return ""
        first = [cell for row in ours for cell in row]
        second = [cell for row in theirs for cell in row]
        return self._in_order(first, second) and "cell by cell"

    def _computed(self, answer: Node, reference: Node) -> str:
        """Sums and products of matrices, multiplied out."""
        ours, theirs = (matrix_value(side, self.meaning) for side in (answer, reference))
        if ours is None or theirs is None:
            return self._components(answer, reference) if has_matrix(answer) or has_matrix(reference) else ""
        if [len(row) for row in ours] != [len(row) for row in theirs]:
            return ""
        first = [cell for row in ours for cell in row]
        second = [cell for row in theirs for cell in row]
        same = all(equal_values(a, b, self.meaning) for a, b in zip(first, second, strict=True))
        return "multiplied out" if same else ""

    def _vectors(self, answer: Node, reference: Node) -> str:
        """`(1, 2) + t(3, 4)` against `(1 + 3t, 2 + 4t)`."""
        computes = any(side.kind in ("add", "mul", "neg", "div") for side in (answer, reference))
        return self._computed(answer, reference) if computes else ""

    def _components(self, answer: Node, reference: Node) -> str:
        """`i + 2j` against a vector."""
        matrix, other = (answer, reference) if rows(answer) else (reference, answer)
        total = unit_vectors(matrix)
        if total is None or other.kind not in ("add", "name", "mul", "neg") or not is_single(other):
            return ""
        return equal_values(self.meaning.value(total), self.meaning.value(other), self.meaning) and "by components"

    def _cases(self, answer: Node, reference: Node) -> str:
        """Functions defined case by case, and systems of equations."""
        if answer.kind == reference.kind and any(len(row.args) > 1 for row in answer.args):
            left = list(reference.args)
            for row in answer.args:
                match = next((other for other in left if self._in_order_or_not(row.args, other.args)), None)
                if match is None:
                    return ""
                left.remove(match)
            return "" if left else "case by case"
        ours, theirs = lines(answer), lines(reference)
        if "group" in (answer.kind, reference.kind):  # a point, in the order of the names
            return self._in_order(*labels_off(by_label(ours), by_label(theirs))) and "the same solution"
        return self._in_any_order(ours, theirs) and "the same equations"

    def _in_order_or_not(self, first: Sequence[Node], second: Sequence[Node]) -> bool:
        return len(first) == len(second) and all(map(self._alike, first, second))

    # --- collections ---

    def _collections(self, answer: Node, reference: Node) -> str | None:
        """Points, sets and lists."""
        ours, theirs = collection(answer), collection(reference)
        if ours is None and theirs is None:
            return None
        for point, others in ((answer, reference), (reference, answer)):
            if (points := spread(point, others)) is not None:
                return self._in_any_order(points, list(others.args)) and "item by item"
        kinds = {side.kind if side else "" for side in (ours, theirs)}
        if "tuple" in kinds:
            if ours and theirs:
                return self._tuples(ours, theirs)
            return self._components(answer, reference) or self._vectors(answer, reference)
        if kinds == {"ratio"}:
            return self._ratios(ours, theirs) if ours and theirs else ""
        if ours is None or theirs is None:
            one, several = (answer, theirs) if ours is None else (reference, ours)
            if several and several.brackets == "and" and (total := joined(several.items)):
                return self.same(one, total) if ours is None else self.same(total, one)
        if "ratio" in kinds:
            return None if "" in kinds and len((ours or theirs or Collection()).items) == 2 else ""
        return self._unordered(ours or Collection("", (answer,)), theirs or Collection("", (reference,)))

    def _tuples(self, ours: Collection, theirs: Collection) -> str:
        if {ours.kind, theirs.kind} & {"set", "ratio"}:
            return ""
        first, second = list(ours.items), list(theirs.items)
        if ours.kind != theirs.kind:
            if {ours.brackets, theirs.brackets} & {"(]", "[)", "][", "or"}:  # an interval, or several answers
                return ""
            first, second = labels_off(first, second)
        elif ours.brackets != theirs.brackets:  # of three and more no brackets make an interval
            vectors = len(first) > 2 and {ours.brackets, theirs.brackets} <= {"()", "[]"}
            if not vectors:
                return ""
        return self._in_order(first, second) and "item by item"

    def _ratios(self, ours: Collection, theirs: Collection) -> str:
        """`1:2:3` and `2:4:6`."""
        if len(ours.items) != len(theirs.items):
            return ""
        multiply, value = self.meaning.field.multiply, self.meaning.value
        first, second = [value(part) for part in ours.items], [value(part) for part in theirs.items]
        crossed = zip(first[1:], second[1:], strict=True)
        same = all(equal_values(multiply(a, second[0]), multiply(b, first[0]), self.meaning) for a, b in crossed)
        return "the same ratio" if same else ""

    def _unordered(self, ours: Collection, theirs: Collection) -> str:
        """Sets and lists, whose items have no order; one item may stand for a list that comes to one."""
        if {ours.brackets, theirs.brackets} == {"land", "lor"}:
            return ""
        first, second = labels_off(expanded(ours.items), expanded(theirs.items))
        if len(first) > MOST or len(second) > MOST:
            raise Unreadable("too many items")
        if "set" in (ours.kind, theirs.kind) or len(first) != len(second):
            first, second = self._distinct(first), self._distinct(second)
        if (ours.kind and theirs.kind) or len(first) == len(second) == 1:
            return self._in_any_order(first, second)
        return ""

    # --- item by item ---

    def _in_order(self, first: Sequence[Node], second: Sequence[Node]) -> str:
        if len(first) != len(second) or len(first) > _CELLS:
            return ""
        return "item by item" if all(map(self.same, first, second)) else ""

    def _in_any_order(self, first: list[Node], second: list[Node]) -> str:
        if len(first) != len(second):
            return ""
        left = list(second)
        for item in first:
            for at, other in enumerate(left):
                if self._alike(item, other):
                    del left[at]
                    break
            else:
                return ""
        return "item by item"

    def _alike(self, first: Node, second: Node) -> str:
        try:
            return self.same(first, second)
        except (Undefined, Unreadable):
            return ""

    def _distinct(self, items: list[Node]) -> list[Node]:
        kept: list[Node] = []
        for item in items:
            if not any(item == other or self._alike(item, other) for other in kept):
                kept.append(item)
        return kept


def _point(items: list[Node]) -> Node:
    return Node("group", "()", (Node("list", ",", tuple(items)),))


def _quantity(node: Node) -> Assignment | None:
    """`|z| = 5`, `f(3) = 5`, `m + n = 5`: the one quantity that an equation gives a value to, and the value."""
    if node.kind != "relation" or node.text != "=" or not is_quantity(node.args[0]):
        return None
    return node.args[0], node.args[1]


def _may_stand_for(assigned: Assignment, other: Node) -> bool:
    """Whether `x = 5` may stand against `5`: against what has no x itself."""
    return other.kind in ("list", "set") or not has_name(other, assigned[0])
