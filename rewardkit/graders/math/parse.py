r"""The parser: tokens into a tree.

    list      relation, relation; relation or relation
    relation  union = union < union ∈ union
    union     sum ∪ sum ∖ sum
    sum       product + product ± product
    product   factor * factor / factor, and factors side by side
    factor    base^power, base!, base%, base°, base unit                                   (factors.py)
    base      number, name, word, (group), {set}, |x|                                      (bases.py)
              function of a group or of the factors behind it, \frac, \sqrt, matrix        (functions.py)

Each group goes one level deeper, and `DEEPEST` levels are enough for anything that a person writes; chains of one
level are loops. What a tree cannot say is `Unreadable`, and the text is then compared as text.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from rewardkit.graders.math.cursor import Habits
from rewardkit.graders.math.dress import dressed_down
from rewardkit.graders.math.factors import Factors
from rewardkit.graders.math.nodes import Node, grouped_points, is_proper_fraction, product
from rewardkit.graders.math.numerals import in_base
from rewardkit.graders.math.tokens import Unreadable, tokens

_RELATIONS = frozenset("= < > <= >= != ~ in notin -> => <=> :=".split())
_CLOSE = frozenset((")", "]", "\\}", "}", ")>", "rfloor", "rceil", "row", "&", "end"))
_BETWEEN = (",", ";", "and", "or", "land", "lor")
_STRONGEST = ("or", "lor", "and", "land", ";")
_LISTS = {",": ",", ";": ";", "row": ";"}
_SIGNS = frozenset("+-") | {"pm", "mp"}
_SETS = frozenset(("cup", "cap", "setminus"))


@lru_cache(maxsize=64)  # a reference comes once for each answer of its group, and once for each reading
def parse(text: str, habits: Habits) -> Node:
    """The tree of a text.

    Raises:
        Unreadable: there is none.
    """
    if ("_" in text or text[:1] == "0" or "base" in text) and (node := in_base(dressed_down(text))):
        return node
    found = tokens(text)
    if len(found) == 1:
        raise Unreadable("nothing in it")
    parser = Parser(found, habits)
    node = parser.listed(top=True)
    while parser.take("}", ")", "]"):  # one too many at the end
        pass
    if parser.kind != "end":
        raise Unreadable(f"{parser.here.text!r} where something else should stand")
    return node


class Parser(Factors):
    """The part of the parser from lists down to products."""

    # --- lists and relations ---

    def listed(self, top: bool = False) -> Node:
        """What commas, semicolons, `and` and `or` separate, or the one thing there is."""
        self.deeper()
        items: list[Node] = []
        marks: list[str] = []
        between = (*_BETWEEN, "row") if top else _BETWEEN
        while True:
            while not items and self.take(*_BETWEEN, "row"):
                pass
            if self.kind in _CLOSE and (items or not top or self.kind != "]"):
                break
            items.append(self.relation())
            if self.kind not in between:
                break
            marks.append(self.separator(between))
        self.depth -= 1
        if not items:
            raise Unreadable("nothing in it")
        if len(items) == 1 and (not marks or top):
            return items[0]
        return _list(*grouped_points(items, marks))

    def separator(self, between: tuple[str, ...]) -> str:
        """The mark between two items; of several the word."""
        mark = self.take(*between)
        while more := self.take(*between):
            mark = more if more.isalpha() else mark
        return mark

    def relation(self) -> Node:
        """What `=`, `<` and their kin stand between."""
        first = self.union()
        if self.kind not in _RELATIONS:
            return first
        operands, operators = [first], []
        while self.kind in _RELATIONS:
            operator = self.next().kind
            if operator in ("<", ">") and self.take("="):
                operator += "="
            if operator == "->" and self.kind == "end":
                break
            operators.append(operator)
            operands.append(self.union())
        return Node("relation", " ".join(operators), tuple(operands))

    def union(self) -> Node:
        """Sets joined, met and taken off each other."""
        node = self.sum()
        while self.kind in _SETS or (
            self.kind == "name" and self.here.text == "U" and node.kind in ("group", "cup")
        ):
            operator = self.next().text
            node = Node("cup" if operator == "U" else operator, "", (node, self.sum()))
        return node

    # --- sums and products ---

    def sum(self) -> Node:
        """Terms with their signs."""
        sign = self.take("pm", "mp")
        first = self.product()
        if sign:
            first = Node("pm", sign, (first,))
        if self.kind not in _SIGNS:
            return first
        terms = [first]
        while self.kind in _SIGNS:
            sign = self.next().kind
            if sign in "+-" and self.kind == "end":
                raise Unreadable(f"nothing behind {sign}")
            term = self.product()
            terms.append(
                term if sign == "+" else Node("neg", "", (term,)) if sign == "-" else Node("pm", sign, (term,))
            )
        return Node("add", "", tuple(terms))

    def product(self, implicit: bool = False) -> Node:
        """Factors with `*`, `/` or nothing between them; of an argument without parentheses only the last."""
        factors = [self.signed()]
        while True:
            if self.starts(self.here):
                if (implicit and (self.is_function() or self.is_differential())) or self.joins(factors[-1]):
                    break
                factors.append(self.beside(factors[-1]))
            elif not (self.joined if implicit else self.operated)(factors):
                break
        return product(factors)

    def joins(self, left: Node) -> bool:
        """Whether the letter U stands between two intervals or sets."""
        opens = self.after().kind in ("(", "[", "\\{", "{")
        return opens and self.here.text == "U" and left.kind in ("group", "set")

    def operated(self, factors: list[Node]) -> bool:
        """Take the mark here and the factor behind it; False where none joins factors."""
        kind = self.kind
        if kind == "*":
            self.next()
            factors.append(self.signed())
        elif kind == "/":
            self.next()
            factors.append(Node("inverse", "", (self.signed(),)))
        elif kind == ":" and not self.sets and self.starts(self.after()):
            self.next()
            factors[:] = [Node("ratio", "", (product(factors), self.signed()))]
        elif kind in ("mod", "pmod"):
            self.next()
            factors[:] = [Node("fn", kind, (product(factors), self.signed()))]
        else:
            return False
        return True

    def joined(self, factors: list[Node]) -> bool:
        """The same in an argument without parentheses: `sin 5*x` and `sin x/2` as programs write them."""
        if self.here.spaced:
            return False
        after = self.after().kind
        if self.kind == "*" and after == "name" and factors[-1].kind == "number":
            self.next()
            factors.append(self.factor())
        elif self.kind == "/" and after == "number":
            self.next()
            factors.append(Node("inverse", "", (self.factor(),)))
        else:
            return False
        return True

    def beside(self, left: Node) -> Node:
        """The factor that stands behind another without a mark."""
        start = self.at
        node = self.factor()
        if left.kind != "number":
            return node
        if left.places < 0 and self.habits.mixed and left.value.denominator == 1:
            if is_proper_fraction(node):
                return Node("part", "", (node,))
            if node.kind in ("quantity", "percent") and is_proper_fraction(node.args[0]):
                return Node("part", node.text or "%", node.args)
        return self.digits(left, node, start) if node.kind == "number" else node

    def digits(self, left: Node, node: Node, start: int) -> Node:
        """Two numbers side by side: `1 3/4`, or something that no one means."""
        if self.kind == "/" and left.places < 0 and self.after().kind == "number" and self.habits.mixed:
            self.next()
            below = self.factor()
            dress = "%" if below.kind == "percent" else below.text if below.kind == "quantity" else ""
            below = below.args[0] if dress else below
            if below.kind == "number" and below.value:
                return Node("part", dress, (Node("number", "", (), Fraction(node.value) / below.value),))
        if start and self.tokens[start - 1].kind in ("}", ")"):
            return node
        raise Unreadable("two numbers side by side")

    def signed(self) -> Node:
        """A factor with its signs."""
        if self.kind not in _SIGNS:
            return self.factor()
        minuses = signs = 0
        while sign := self.take("+", "-"):
            minuses += sign == "-"
            signs += 1
            if signs > 4:
                raise Unreadable("a row of signs")
        if sign := self.take("pm", "mp"):
            return Node("pm", sign, (self.factor(),))
        node = self.factor()
        if minuses % 2 == 0:
            return node
        if node.kind == "number":
            return Node("number", node.text, (), -node.value, node.places)
        return Node("neg", "", (node,))


def _list(items: list[Node], marks: list[str]) -> Node:
    """Items with the mark that says most of how they belong together."""
    if len(items) == 1:
        return items[0]
    said = {_LISTS.get(mark, mark) for mark in marks}
    return Node("list", next((mark for mark in _STRONGEST if mark in said), ","), tuple(items))
