r"""Two trees: what kinds of answer they are, and whether they are the same.

Each kind has one rule here; `same` looks for the kinds of both sides and hands on. It returns the rule that
decided, which is the empty text where none says that they are equal.
"""

from __future__ import annotations

from rewardkit.graders.math.evaluate import Meaning
from rewardkit.graders.math.exact import ONE, Field, Poly, Ratio
from rewardkit.graders.math.matrices import matrix_value
from rewardkit.graders.math.nodes import Node, Rational
from rewardkit.graders.math.numeric import Evaluation, Undefined, approximate, variables
from rewardkit.graders.math.regions import Region, region, same_region
from rewardkit.graders.math.scalars import by_variables, equal_values, is_opaque, same_scalar, scalar
from rewardkit.graders.math.tokens import Unreadable

_ITEMS = 60  # of a list
_COMPARISONS = 1500


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

    def same(self, answer: Node, reference: Node) -> str:
        """The rule by which they are the same, or an empty text."""
        self.count += 1
        if self.count > _COMPARISONS:
            raise Unreadable("too many parts to compare")
        answer, reference = _bare(answer), _bare(reference)
        if answer == reference:
            return "the same expression"
        for rule in (self._emptiness, self._regions, self._relations, self._matrices, self._collections):
            verdict = rule(answer, reference)
            if verdict is not None:
                return verdict
        return self._scalars(answer, reference)

    # --- one thing each ---

    def _emptiness(self, answer: Node, reference: Node) -> str | None:
        """The empty set and the infinities, which are names and not values."""
        ours, theirs = _symbol(answer), _symbol(reference)
        if ours is None and theirs is None:
            return None
        if ours == theirs:
            return "the same symbol"
        if "emptyset" in (ours, theirs):
            other = self._region(reference if ours else answer)
            return "an empty set" if other == () and _regional(reference if ours else answer) else ""
        return ""

    def _scalars(self, answer: Node, reference: Node) -> str:
        return same_scalar(answer, reference, self.meaning, self.tolerance)

    # --- regions ---

    def _region(self, node: Node) -> Region | None:
        try:
            return region(node, self.meaning)
        except (Unreadable, Undefined):
            return None

    def _regions(self, answer: Node, reference: Node) -> str | None:
        """Intervals, inequalities, unions."""
        if not (_regional(answer) or _regional(reference)):
            return None
        if _pointlike(answer) and _pointlike(reference):
            return None
        subjects = {_subject(answer), _subject(reference)}
        if len(subjects) == 2 and "" not in subjects:
            return ""
        ours, theirs = self._region(answer), self._region(reference)
        if ours is None or theirs is None:
            return None
        return "the same region" if same_region(ours, theirs, self.meaning) else ""

    # --- relations ---

    def _relations(self, answer: Node, reference: Node) -> str | None:
        """Equations, assignments, inequalities in several variables."""
        if answer.kind != "relation" and reference.kind != "relation":
            return None
        ours, theirs = self._assigned(answer), self._assigned(reference)
        if ours and theirs:
            return self._assignments(ours, theirs) or self._equations(answer, reference)
        if answer.kind == "relation" and reference.kind == "relation":
            return self._equations(answer, reference) or self._inequalities(answer, reference)
        if ours or theirs:
            return self._one_assigned(answer, reference, ours, theirs)
        return self._chain(answer, reference) or self._solved(answer, reference)

    def _one_assigned(
        self, answer: Node, reference: Node, ours: tuple[Node, Node] | None, theirs: tuple[Node, Node] | None
    ) -> str:
        """`x = 5` against `5`."""
        label, value = ours or theirs or (answer, answer)
        bare = reference if ours else answer
        if _has_name(bare, label) and bare.kind not in ("list", "set"):
            return ""
        return self.same(value, reference) if ours else self.same(answer, value)

    def _assigned(self, node: Node) -> tuple[Node, Node] | None:
        """The name and the value of `x = 5`, `f(x) = …`, `x ∈ {…}`, `x ≈ 5`, `A = 2 + 3 = 5`."""
        if node.kind != "relation":
            return None
        operators = node.text.split(" ")
        operands = list(node.args)
        while operators and operators[-1] == "~" and len(operators) > 1:
            operators.pop()
            operands.pop()
        if operators == ["in"]:
            return operands[0], operands[1]
        if operators == ["~"]:
            if _is_label(operands[0]):
                return operands[0], operands[1]
            return Node("name", ""), operands[0]
        if not operators or any(operator != "=" for operator in operators):
            return None
        if _is_label(operands[0]):
            return operands[0], operands[-1]
        if len(operands) == 2 and _is_label(operands[1]) and not _has_name(operands[0], operands[1]):
            return operands[1], operands[0]
        return self._agreed(operands)

    def _agreed(self, operands: list[Node]) -> tuple[Node, Node] | None:
        """The value of `2 + 3 = 5`: constants that are all the same."""
        try:
            values = [self.meaning.value(scalar(operand).node) for operand in operands]
            if any(variables(value, self.meaning.field) for value in values):
                return None
            same = _beyond_floats(self.meaning) or all(
                equal_values(value, values[0], self.meaning) for value in values[1:]
            )
        except (Unreadable, Undefined):
            return None
        return (Node("name", ""), operands[-1]) if same else None

    def _assignments(self, ours: tuple[Node, Node], theirs: tuple[Node, Node]) -> str:
        """Two assignments: of the same name, or of functions that are the same but for their names."""
        first, second = ours[1], theirs[1]
        if _label_text(ours[0]) != _label_text(theirs[0]):
            renamed = _renaming(ours[0], theirs[0])
            if renamed is None:
                return ""
            if renamed[0] != renamed[1]:
                if _has_name(first, Node("name", renamed[1])):
                    return ""
                first = _with_name(first, *renamed)
        if rule := self.same(first, second):
            return rule
        return ""

    def _equations(self, answer: Node, reference: Node) -> str:
        """Two equations, up to the order of the sides and a factor."""
        ours, theirs = self._balance(answer, "="), self._balance(reference, "=")
        if ours is None or theirs is None:
            return ""
        if not ours and not (names_of(answer) - _FIXED and names_of(reference) - _FIXED):
            return ""
        return "the same equation" if self._proportional(ours, theirs) else ""

    def _balance(self, node: Node, operator: str) -> Poly | None:
        """What an equation says is zero."""
        if node.kind != "relation" or node.text != operator or len(node.args) != 2:
            return None
        left, right = (self.meaning.value(side) for side in node.args)
        return self.meaning.field.difference(left, right)

    def _proportional(self, ours: Poly, theirs: Poly, positive: bool = False) -> bool:
        """Whether two polynomials are the same but for a constant factor that is not zero."""
        if not ours or not theirs:
            return not ours and not theirs and not positive
        ours, theirs = _cleared(ours, self.meaning.field), _cleared(theirs, self.meaning.field)
        exact = self._exactly_proportional(ours, theirs)
        if exact is not None:
            return exact and (not positive or self._sign_of_ratio(ours, theirs) > 0)
        names = variables(Ratio(ours, ONE), self.meaning.field)
        if names != variables(Ratio(theirs, ONE), self.meaning.field):
            return False
        return self._ratio_is_constant(ours, theirs, sorted(names), positive)

    def _exactly_proportional(self, ours: Poly, theirs: Poly) -> bool | None:
        """The same without floats; None where functions take part, which may be related in other ways."""
        if is_opaque(ours) or is_opaque(theirs):
            return None
        first, second = by_variables(ours), by_variables(theirs)
        if first.keys() != second.keys():
            return False
        times = self.meaning.field.times
        key = max(first)
        return all(times(first[own], second[key]) == times(second[own], first[key]) for own in first)

    def _sign_of_ratio(self, ours: Poly, theirs: Poly) -> float:
        first, second = by_variables(ours), by_variables(theirs)
        key = max(first)
        try:
            numbers = [approximate(Ratio(part[key], ONE), self.meaning.field) for part in (first, second)]
            ratio = numbers[0] / numbers[1]
        except (Undefined, ZeroDivisionError):
            return 0.0
        return ratio.real if abs(ratio.imag) <= 1e-9 * abs(ratio) else 0.0

    def _ratio_is_constant(self, ours: Poly, theirs: Poly, names: list[str], positive: bool) -> bool:
        ratios: list[complex] = []
        for turn in range(7):
            point: dict[str, complex] = {
                name: (0.37 + 0.61 * ((at * 7 + turn * 5) % 11) / 3) * (-1 if (at + turn) % 3 == 2 else 1)
                for at, name in enumerate(names)
            }
            try:
                first = Evaluation(self.meaning.field, point).poly(ours)
                second = Evaluation(self.meaning.field, point).poly(theirs)
            except (ArithmeticError, ValueError):
                continue
            if abs(first[0]) < 1e-9 * first[1] or abs(second[0]) < 1e-9 * second[1]:
                return False
            ratios.append(second[0] / first[0])
        if len(ratios) < 4:
            return False
        if positive and (abs(ratios[0].imag) > 1e-9 * abs(ratios[0]) or ratios[0].real < 0):
            return False
        return all(abs(ratio - ratios[0]) <= 1e-9 * abs(ratios[0]) for ratio in ratios[1:])

    def _inequalities(self, answer: Node, reference: Node) -> str:
        """Inequalities in several variables, or not linear: the same up to the sides and a positive factor."""
        ours, theirs = self._chained(answer), self._chained(reference)
        if not ours or not theirs or len(ours) != len(theirs):
            return ""
        left = list(theirs)
        for operator, poly in ours:
            for at, (other, target) in enumerate(left):
                if operator == other and self._proportional(poly, target, positive=operator != "!="):
                    del left[at]
                    break
            else:
                return ""
        return "the same inequality"

    def _chained(self, node: Node) -> list[tuple[str, Poly]] | None:
        """Each step of `a < b <= c` as a polynomial that is above zero."""
        operators = node.text.split(" ")
        if any(operator not in ("<", ">", "<=", ">=", "!=") for operator in operators):
            return None
        values = [self.meaning.value(operand) for operand in node.args]
        found = []
        for operator, left, right in zip(operators, values, values[1:], strict=False):
            first, second = (left, right) if operator[0] != "<" else (right, left)
            found.append((operator.replace("<", ">"), self.meaning.field.difference(first, second)))
        return found

    def _chain(self, answer: Node, reference: Node) -> str:
        """`a < b < c` against the list of its members in their order."""
        relation, other = (answer, reference) if answer.kind == "relation" else (reference, answer)
        if other.kind != "list" or set(relation.text.split(" ")) not in ({"<"}, {"<="}):
            return ""
        return self._in_order(relation.args, other.args) and "in order"

    def _solved(self, answer: Node, reference: Node) -> str:
        """An equation against what one of its variables equals."""
        relation, other = (answer, reference) if answer.kind == "relation" else (reference, answer)
        balance = self._balance(relation, "=")
        if not balance or other.kind in ("list", "set", "group", "relation"):
            return ""
        value = self.meaning.value(other)
        names = variables(Ratio(balance, ONE), self.meaning.field)
        free = variables(value, self.meaning.field)
        missing = names - free
        if len(missing) != 1 or not free or free - names:
            return ""
        (name,) = missing
        self.meaning.bound[name] = value
        try:
            left, right = (self.meaning.value(side) for side in relation.args)
            return equal_values(left, right, self.meaning) and "solves the equation"
        finally:
            del self.meaning.bound[name]

    # --- matrices ---

    def _matrices(self, answer: Node, reference: Node) -> str | None:
        """Matrices and vectors, cell by cell."""
        if answer.kind == "cases" or reference.kind == "cases":
            return self._cases(answer, reference)
        if not (_has_matrix(answer) or _has_matrix(reference)):
            return None
        if "matrix" not in (_bare(answer).kind, _bare(reference).kind) or not (
            self._rows(answer) and self._rows(reference)
        ):
            return self._computed(answer, reference)
        ours, theirs = self._rows(answer), self._rows(reference)
        if ours is None or theirs is None:
            return ""
        if [len(row) for row in ours] != [len(row) for row in theirs]:
            flat = (answer.kind == "matrix") != (reference.kind == "matrix")
            if not (flat and _is_vector(ours) and _is_vector(theirs)):
                return ""
        first = [cell for row in ours for cell in row]
        second = [cell for row in theirs for cell in row]
        return self._in_order(first, second) and "cell by cell"

    def _computed(self, answer: Node, reference: Node) -> str:
        """Sums and products of matrices, multiplied out."""
        ours, theirs = (matrix_value(side, self.meaning) for side in (answer, reference))
        if ours is None or theirs is None:
            return self._components(answer, reference)
        if [len(row) for row in ours] != [len(row) for row in theirs]:
            return ""
        first = [cell for row in ours for cell in row]
        second = [cell for row in theirs for cell in row]
        return (
            "multiplied out"
            if all(equal_values(a, b, self.meaning) for a, b in zip(first, second, strict=True))
            else ""
        )

    def _rows(self, node: Node) -> list[tuple[Node, ...]] | None:
        node = _bare(node)
        if node.kind == "matrix":
            return [row.args for row in node.args]
        if node.kind == "group" and len(node.args) == 1 and node.args[0].kind == "list":
            items = node.args[0].args
            if all(item.kind == "group" and item.args and item.args[0].kind == "list" for item in items):
                return [item.args[0].args for item in items]
            if all(item.kind == "group" and item.text == "[]" and item.args for item in items):
                return [item.args for item in items]
            return [(item,) for item in items]
        return None

    def _components(self, answer: Node, reference: Node) -> str:
        """`i + 2j` against a vector."""
        matrix, other = (answer, reference) if self._rows(answer) else (reference, answer)
        cells = [cell for row in self._rows(matrix) or [] for cell in row]
        if len(cells) not in (2, 3) or other.kind not in ("add", "name", "mul", "neg"):
            return ""
        total = Node(
            "add",
            "",
            tuple(
                Node("mul", "", (cell, Node("name", letter))) for cell, letter in zip(cells, "ijk", strict=False)
            ),
        )
        if any(_has_name(cell, Node("name", "i")) for cell in cells):
            return ""
        return equal_values(self.meaning.value(total), self.meaning.value(other), self.meaning) and "by components"

    def _cases(self, answer: Node, reference: Node) -> str:
        ours, theirs = _lines(answer), _lines(reference)
        if (
            answer.kind == reference.kind
            and [len(r.args) for r in answer.args] == [len(r.args) for r in reference.args]
            and any(len(row.args) > 1 for row in answer.args)
        ):
            first = [cell for row in answer.args for cell in row.args]
            second = [cell for row in reference.args for cell in row.args]
            return self._in_order(first, second) and "case by case"
        return self._in_any_order(ours, theirs) and "the same equations"

    # --- collections ---

    def _collections(self, answer: Node, reference: Node) -> str | None:
        """Points, sets and lists."""
        ours, theirs = _collection(answer), _collection(reference)
        if ours is None and theirs is None:
            return None
        for point, others in ((answer, reference), (reference, answer)):
            if (spread := _spread(point, others)) is not None:
                return self._in_any_order(spread, list(others.args)) and "item by item"
        if ours and theirs and "tuple" in (ours[0], theirs[0]):
            return self._tuples(ours, theirs)
        if (ours is None or theirs is None) and "tuple" in ((ours or theirs or ("",))[0],):
            return self._components(answer, reference) if _atomic(answer if ours is None else reference) else None
        if ours and theirs and {ours[0], theirs[0]} == {"ratio"}:
            return self._ratios(list(ours[1]), list(theirs[1]))
        if "ratio" in ((ours or ("",))[0], (theirs or ("",))[0]):
            return None if len((ours or theirs or ("", ()))[1]) == 2 and not (ours and theirs) else ""
        first = expanded(ours[1] if ours else (answer,))
        second = expanded(theirs[1] if theirs else (reference,))
        first, second = _labels_off(first, second)
        if len(first) > _ITEMS or len(second) > _ITEMS:
            raise Unreadable("too many items")
        if {"set"} & {(ours or ("",))[0], (theirs or ("",))[0]} or len(first) != len(second):
            first, second = self._distinct(first), self._distinct(second)
        if (ours and theirs) or (len(first) == len(second) == 1):
            return self._in_any_order(first, second) and "item by item"
        return ""

    def _tuples(self, ours: tuple[str, tuple[Node, ...], str], theirs: tuple[str, tuple[Node, ...], str]) -> str:
        kinds = {ours[0], theirs[0]}
        if kinds & {"set", "ratio"}:
            return ""
        if kinds == {"tuple"}:
            if ours[2] != theirs[2]:
                return ""
            return self._in_order(ours[1], theirs[1]) and "item by item"
        first, second = _labels_off(list(ours[1]), list(theirs[1]))
        return self._in_order(first, second) and "item by item"

    def _ratios(self, ours: list[Node], theirs: list[Node]) -> str:
        """`1:2:3` and `2:4:6`."""
        if len(ours) != len(theirs):
            return ""
        multiply, value = self.meaning.field.multiply, self.meaning.value
        first, second = [value(part) for part in ours], [value(part) for part in theirs]
        crossed = zip(first[1:], second[1:], strict=True)
        same = all(equal_values(multiply(a, second[0]), multiply(b, first[0]), self.meaning) for a, b in crossed)
        return "the same ratio" if same else ""

    def _in_order(self, first: tuple[Node, ...] | list[Node], second: tuple[Node, ...] | list[Node]) -> str:
        if len(first) != len(second) or len(first) > 400:
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
        except Undefined:
            return ""

    def _distinct(self, items: list[Node]) -> list[Node]:
        kept: list[Node] = []
        for item in items:
            if not any(item == other or self._alike(item, other) for other in kept):
                kept.append(item)
        return kept


# --- trees ---


def _beyond_floats(meaning: Meaning) -> bool:
    """Whether a limit or an improper integral took part, which no point tries."""
    return any(atom.name == "limit" for atom in meaning.field.atoms.values())


def _bare(node: Node) -> Node:
    """A tree without parentheses around all of it, and without words behind a list."""
    while True:
        if node.kind == "group" and len(node.args) == 1 and node.text in ("()", "{}", "[]"):
            inner = node.args[0]
            if node.text == "{}" or inner.kind not in ("list",):
                node = inner
                continue
        return node


def _atomic(node: Node) -> bool:
    return node.kind not in ("matrix", "relation")


def _has_matrix(node: Node) -> bool:
    if node.kind == "matrix":
        return True
    return node.kind in ("add", "mul", "neg", "div", "group", "pow") and any(map(_has_matrix, node.args))


def _symbol(node: Node) -> str | None:
    negative = False
    while node.kind in ("neg", "group", "add") and len(node.args) == 1:
        negative ^= node.kind == "neg"
        node = node.args[0]
    if node.kind == "name" and node.text in ("inf", "emptyset"):
        return ("-" if negative else "") + node.text
    return None


def _regional(node: Node) -> bool:
    """Whether a tree can only be a region: it has an infinite end, mixed brackets, a union or an inequality."""
    if node.kind in ("cup", "cap", "setminus"):
        return True
    if node.kind == "name":
        return node.text == "R"
    if node.kind == "set":
        return len(node.args) == 1 and node.args[0].kind == "such"
    if node.kind == "relation":
        return node.text.split(" ")[0] not in ("=", "~", "in", "->") or (
            node.text == "in" and _regional(node.args[1])
        )
    if node.kind == "list":
        return any(item.kind == "relation" and _regional(item) for item in node.args)
    if (
        node.kind == "group"
        and len(node.args) == 1
        and node.args[0].kind == "list"
        and len(node.args[0].args) == 2
    ):
        return node.text in ("(]", "[)", "][") or any(_symbol(item) for item in node.args[0].args)
    return False


def _subject(node: Node) -> str:
    """The variable that an inequality is about, where it is only one letter on one side."""
    if node.kind == "list":
        return _subject(node.args[0])
    if node.kind != "relation":
        return ""
    names = [side.text for side in node.args if side.kind == "name" and side.text not in ("inf", "pi", "e")]
    return names[0] if len(names) == 1 else ""


def _pointlike(node: Node) -> bool:
    return node.kind == "group" and node.text in ("()", "[]") and not _regional(node)


def _is_label(node: Node) -> bool:
    """Whether a side of an equation is a name: `x`, `f(x)`, `y'`, `E(X)`, `(x, y)`, `\\angle ABC`."""
    if node.kind == "name":
        return node.text not in ("pi", "e", "i", "inf", "...")
    if node.kind == "call":
        return all(arg.kind == "name" for arg in node.args)
    if node.kind == "group" and len(node.args) == 1 and node.args[0].kind == "list":
        return all(_is_label(item) for item in node.args[0].args)
    if node.kind == "mul" and 2 <= len(node.args) <= 5:
        names = all(
            arg.kind == "name" and (arg.text[0].isupper() or arg.text in ("angle", "triangle", "d"))
            for arg in node.args
        )
        called = len(node.args) == 2 and _is_function(node.args[0]) and node.args[1].kind == "group"
        return names or (called and bool(node.args[1].args) and _are_names(node.args[1].args[0]))
    if node.kind == "ratio":
        return all(map(_is_label, node.args))
    if node.kind == "fn" and node.text == "abs":
        return _is_label(node.args[0]) and node.args[0].kind == "mul"
    if node.kind == "div" and len(node.args) == 2:
        return all(_is_differential(side) for side in node.args)
    return node.kind == "quantity" and _is_label(node.args[0])


def _is_function(node: Node) -> bool:
    """`f`, or `f^{-1}`."""
    return node.kind == "name" or (node.kind == "pow" and node.args[0].kind == "name")


def _is_differential(node: Node) -> bool:
    """`dy`, as above or below in `\\frac{dy}{dx}`."""
    return (
        node.kind == "mul"
        and len(node.args) == 2
        and node.args[0] == Node("name", "d")
        and node.args[1].kind == "name"
    )


def _are_names(node: Node) -> bool:
    if node.kind == "list":
        return all(item.kind == "name" for item in node.args)
    return node.kind == "name"


def _label_text(node: Node) -> str:
    if node.kind == "name":
        return node.text
    return f"{node.text}({','.join(map(_label_text, node.args))})"


def _parameter(node: Node) -> str | None:
    """The x of `f(x)`."""
    if node.kind == "call" and len(node.args) == 1:
        return node.args[0].text
    if node.kind == "mul" and len(node.args) == 2 and node.args[1].kind == "group":
        return node.args[1].args[0].text if node.args[1].args else None
    return None


def _renaming(ours: Node, theirs: Node) -> tuple[str, str] | None:
    """The parameter of one function and of the other; None for two names that differ."""
    first, second = _parameter(ours), _parameter(theirs)
    if first is not None and second is not None:
        name, other = (_function_name(side) for side in (ours, theirs))
        return (first, second) if name == other or name.islower() == other.islower() else None
    if first is not None or second is not None:
        plain = theirs if first is not None else ours
        return ("", "") if plain.kind == "name" else None
    if not _label_text(ours) or not _label_text(theirs):
        return "", ""
    return ("", "") if ours.kind != theirs.kind else None


def _function_name(node: Node) -> str:
    return node.text if node.kind == "call" else node.args[0].text


def _has_name(node: Node, name: Node) -> bool:
    if node == name:
        return True
    return any(_has_name(arg, name) for arg in node.args)


_FIXED = frozenset(("pi", "e", "i"))
_CONSTANTS = frozenset(("C", "c", "K", "k", "C_1", "c_1", "A", "B"))
_INTEGERS = frozenset(("k", "n", "m", "l", "K", "N"))


def arbitrary(answer: Node, reference: Node) -> Node | None:
    """The answer with its constant of integration, or the integer before its pi, named as in the reference."""
    ours, theirs = names_of(_body(answer)), names_of(_body(reference))
    only, other = ours - theirs, theirs - ours
    if len(only) != len(other) or not 1 <= len(only) <= 2 or answer.kind == "name":
        return None
    if len(only) == 2:
        return _paired(answer, reference, sorted(only), sorted(other))
    (name,), (target,) = only, other
    constants = {name, target} <= _CONSTANTS and {name, target} & {"C", "c"}
    if constants or ("pi" in ours & theirs and {name, target} <= _INTEGERS):
        return _with_name(answer, name, target)
    return None


def _paired(answer: Node, reference: Node, names: list[str], targets: list[str]) -> Node | None:
    """Two constants named in the order in which both sides first have them, by what they stand beside."""
    if not set(names) | set(targets) <= _CONSTANTS | {"D"}:
        return None
    if _first_in_quotient(answer, names) != _first_in_quotient(reference, targets):
        names.reverse()
    halfway = _with_name(answer, names[0], "@")
    return _with_name(_with_name(halfway, names[1], targets[1]), "@", targets[0])


def _first_in_quotient(node: Node, names: list[str]) -> bool:
    """Whether the first of two names is the one in a product or quotient."""
    if node.kind in ("mul", "div", "pow"):
        return names[0] in names_of(node)
    return any(_first_in_quotient(arg, names) for arg in node.args)


def _body(node: Node) -> Node:
    """The right side of an equation whose left side is a name."""
    return (
        node.args[1] if node.kind == "relation" and node.text in ("=", "in") and _is_label(node.args[0]) else node
    )


def names_of(node: Node) -> set[str]:
    """The names in a tree."""
    found: set[str] = set()
    queue = [node]
    while queue:
        part = queue.pop()
        if part.kind == "name":
            found.add(part.text)
        queue.extend(part.args)
    return found


def renamed(node: Node, name: str, other: str) -> Node:
    """A tree with another name for a name."""
    return _with_name(node, name, other)


def _with_name(node: Node, name: str, other: str) -> Node:
    if node.kind == "name":
        return Node("name", other) if node.text == name else node
    return Node(
        node.kind, node.text, tuple(_with_name(arg, name, other) for arg in node.args), node.value, node.places
    )


def _lines(node: Node) -> list[Node]:
    if node.kind == "cases":
        return [cell for row in node.args for cell in row.args]
    node = _bare(node)
    if node.kind == "list":
        return list(node.args)
    collection = _collection(node)
    return list(collection[1]) if collection else [node]


def _collection(node: Node) -> tuple[str, tuple[Node, ...], str] | None:
    """Its kind (`tuple`, `set` or `list`), its items and its brackets."""
    if node.kind == "list":
        return "list", node.args, ""
    if node.kind == "set":
        inner = node.args[0]
        return "set", inner.args if inner.kind == "list" else (inner,), ""
    if node.kind in ("cup", "setminus", "cap"):
        return _combined(node)
    if node.kind == "ratio":
        left = _collection(node.args[0]) if node.args[0].kind == "ratio" else None
        return "ratio", (*(left[1] if left else node.args[:1]), node.args[1]), ""
    if node.kind == "group" and len(node.args) == 1 and node.args[0].kind == "list" and node.text != "{}":
        return "tuple", node.args[0].args, "()" if node.text == "<()>" else node.text
    if node.kind == "pm" or (node.kind in ("add", "mul", "div", "neg", "relation") and _has_sign(node)):
        return "list", (node,), ""
    return None


def _combined(node: Node) -> tuple[str, tuple[Node, ...], str] | None:
    """Finite sets joined."""
    sides = [_collection(_bare(side)) for side in node.args]
    if any(side is None or side[0] != "set" for side in sides):
        return None
    first, second = (side[1] for side in sides if side)
    if node.kind == "cup":
        return "set", (*first, *second), ""
    return "set", tuple(item for item in first if (item in second) == (node.kind == "cap")), ""


def _has_sign(node: Node) -> bool:
    return node.kind == "pm" or any(_has_sign(arg) for arg in node.args if node.kind not in ("number", "name"))


def expanded(items: tuple[Node, ...] | list[Node]) -> list[Node]:
    """Items with each `±` as its two values."""
    found: list[Node] = []
    for item in items:
        if _has_sign(item):
            for upper in (True, False):
                found.append(_with_sign(item, upper))
        else:
            found.append(item)
    return found


def _spread(point: Node, others: Node) -> list[Node] | None:
    """A point with `±` in it as all its points, as many as the other side lists; None where it is not that."""
    if point.kind != "group" or others.kind != "list" or not point.args or point.args[0].kind != "list":
        return None
    if not _has_sign(point):
        return None
    if len(others.args) == 2:
        return expanded([point])
    points: list[tuple[Node, ...]] = [()]
    for item in point.args[0].args:
        points = [(*head, choice) for head in points for choice in expanded([item])]
        if len(points) > _ITEMS:
            return None
    return [Node("group", point.text, (Node("list", ",", items),)) for items in points]


def _with_sign(node: Node, upper: bool) -> Node:
    if node.kind == "pm":
        inner = _with_sign(node.args[0], upper)
        return inner if (node.text == "pm") == upper else Node("neg", "", (inner,))
    if not node.args:
        return node
    return Node(node.kind, node.text, tuple(_with_sign(arg, upper) for arg in node.args), node.value, node.places)


def _labels_off(first: list[Node], second: list[Node]) -> tuple[list[Node], list[Node]]:
    """Items without `x =` where the other side has no names, and `x = 1, 2` without its one."""
    if _labelled(first) != _labelled(second):
        return [_unlabelled(item) for item in first], [_unlabelled(item) for item in second]
    return first, second


def _labelled(items: list[Node]) -> bool:
    return bool(items) and all(item.kind == "relation" and item.text in ("=", "in") for item in items)


def _unlabelled(item: Node) -> Node:
    if item.kind == "relation" and item.text in ("=", "in") and _is_label(item.args[0]):
        return item.args[1]
    return item


def _is_vector(rows: list[tuple[Node, ...]]) -> bool:
    return len(rows) == 1 or all(len(row) == 1 for row in rows)


def _cleared(poly: Poly, field: Field) -> Poly:
    """A polynomial multiplied with the variables that stand below in it."""
    lowest: dict[str, Rational] = {}
    for mono in poly:
        for atom, power in mono:
            if power < 0 and not atom.isdigit():
                lowest[atom] = min(power, lowest.get(atom, 0))
    return field.shift(poly, tuple(sorted(lowest.items()))) if lowest else poly
