r"""How much a regular expression may backtrack, found by reading the pattern and not by running it.

Python's engine tries one way after another, so what it costs is how many ways there are to read a text. They are
counted on the automaton of the pattern, in which each character class is a state: two different ways around a loop
for the same text make the number of ways exponential (`(a+)+`), and loops behind each other that read the same
text make it a polynomial (`.*a.*` is of degree 2). Optional parts multiply the number by a constant, which is
bounded too. Weber and Seidl, "On the degree of ambiguity of finite automata" (1991); Weideman et al., "Analyzing
matching time behavior of backtracking regular expression matchers" (2016).

What cannot be told apart here is taken for the worse: case is ignored, `.` matches everything, a long counted
repetition counts as unbounded, and a back-reference matches any text.
"""

from __future__ import annotations

import re
import re._constants as ops  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_STATES = 300  # of an automaton that is looked at
_EDGES = 50_000  # of the pairs of its states
_WAYS = 1_000  # to read a text outside of loops
_COUNTED = 24  # states up to which a counted repetition is written out
_USUAL = "aZ0_ \n-.,é中\u00a0٣"
_CATEGORIES = {
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_SPACE: r"\s",
    ops.CATEGORY_NOT_SPACE: r"\S",
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_NOT_WORD: r"\W",
}
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)


class TooAmbiguous(ValueError):
    """The number of ways to read a text grows exponentially, or the pattern is too large to tell."""


@lru_cache(maxsize=256)
def degree(pattern: str, flags: int = 0, anywhere: bool = False) -> int:
    """The degree of the polynomial in the length of a text that bounds the steps of matching it.

    Args:
        pattern: for the module `re`.
        flags: as for `re.compile`.
        anywhere: for a search in the text, not only from its beginning.

    Raises:
        TooAmbiguous: there is no such polynomial, or the pattern is too large to tell.
        re.error: it is no pattern.
    """
    parsed = parser.parse(pattern, flags)
    try:
        return _degree(parsed, anywhere)
    except RecursionError:
        raise TooAmbiguous("it is nested too deeply to be checked") from None


def _degree(parsed: Iterable[Any], anywhere: bool = False) -> int:
    automaton = _Automaton()
    whole = automaton.sequence(parsed)
    if anywhere:
        whole = automaton.joined(automaton.repeated(automaton.state(lambda _: True), 0), whole)
    automaton.look_into_loops()
    automaton.count_ways(whole.first)
    return automaton.degree() + sum(_degree(inner) for inner in automaton.asserted)


@dataclass(slots=True)
class _Part:
    """A part of the pattern: the states it may begin and end with, and in how many ways it may be empty."""

    first: Counter[int] = field(default_factory=Counter)
    last: Counter[int] = field(default_factory=Counter)
    empty: int = 0


class _Automaton:
    """A state for each character class of a pattern, and which follows which in how many ways (Glushkov)."""

    def __init__(self) -> None:
        self.reads: list[Callable[[str], bool]] = []
        self.follows: Counter[tuple[int, int]] = Counter()
        self.samples: set[str] = set(_USUAL)
        self.asserted: list[Any] = []
        self.next: dict[int, list[int]] = {}
        self.loops: dict[int, int] = {}
        self.letters: list[frozenset[str]] = []

    # Reading the pattern.

    def sequence(self, nodes: Iterable[Any]) -> _Part:
        part = _Part(empty=1)
        for op, argument in nodes:
            part = self.joined(part, self.node(op, argument))
        return part

    def node(self, op: Any, argument: Any) -> _Part:
        if op in _REPEATS:
            return self.counted(*argument)
        if op is ops.BRANCH:
            return self.either([self.sequence(way) for way in argument[1]])
        if op is ops.SUBPATTERN:
            return self.sequence(argument[3])
        if op is ops.ATOMIC_GROUP:
            return self.sequence(argument)
        if op is ops.GROUPREF_EXISTS:
            return self.either([self.sequence(way) for way in argument[1:] if way] + [_Part(empty=1)])
        if op is ops.GROUPREF:
            return self.repeated(self.state(lambda _: True), 0)
        if op in (ops.ASSERT, ops.ASSERT_NOT):
            self.asserted.append(argument[1])
        if op in (ops.ASSERT, ops.ASSERT_NOT, ops.AT):
            return _Part(empty=1)
        return self.state(self.reader(op, argument))

    def state(self, reads: Callable[[str], bool]) -> _Part:
        self.reads.append(reads)
        if len(self.reads) > _STATES:
            raise TooAmbiguous("it is too long to be checked")
        place = Counter({len(self.reads) - 1: 1})
        return _Part(place, place.copy())

    def joined(self, one: _Part, other: _Part) -> _Part:
        self.connect(one.last, other.first)
        first, last = one.first.copy(), other.last.copy()
        for counts, more, ways in ((first, other.first, one.empty), (last, one.last, other.empty)):
            for state, number in more.items():
                counts[state] += number * ways
        return _Part(+first, +last, min(one.empty * other.empty, 2))

    def either(self, parts: list[_Part]) -> _Part:
        whole = _Part()
        for part in parts:
            whole.first.update(part.first)
            whole.last.update(part.last)
            whole.empty += part.empty
        return whole

    def counted(self, low: int, high: Any, nodes: Any) -> _Part:
        before = len(self.reads)
        part = self.sequence(nodes)
        size = len(self.reads) - before
        if part.empty and high > 1:
            raise TooAmbiguous("what may be empty is repeated, as in (a?)*")
        if high == ops.MAXREPEAT or int(high) * size > _COUNTED:
            return self.repeated(part, low)
        whole = _Part(empty=1)
        for turn in range(int(high), 0, -1):
            whole = self.joined(part, whole)
            whole.empty = min(whole.empty + (turn > low), 2)
            part = self.sequence(nodes) if turn > 1 else part
        return whole

    def repeated(self, part: _Part, low: int) -> _Part:
        self.connect(part.last, part.first)
        return _Part(part.first, part.last, min(part.empty + (low == 0), 2))

    def connect(self, ends: Counter[int], starts: Counter[int]) -> None:
        for end, ways in ends.items():
            for start, more in starts.items():
                self.follows[end, start] += ways * more
        if len(self.follows) > _EDGES:
            raise TooAmbiguous("it is too long to be checked")

    def reader(self, op: Any, argument: Any) -> Callable[[str], bool]:
        """Whether a node reads a character."""
        if op is ops.ANY:
            return lambda _: True
        if op in (ops.LITERAL, ops.NOT_LITERAL):
            self.note(argument, argument)
            wanted = chr(argument).lower()
            return lambda char: (char.lower() == wanted) == (op is ops.LITERAL)
        if op is not ops.IN:
            raise TooAmbiguous(f"it has {op}, which cannot be checked")
        negated = argument[0][0] is ops.NEGATE
        members = [self.member(*item) for item in argument if item[0] is not ops.NEGATE]
        return lambda char: any(member(char) for member in members) != negated

    def member(self, op: Any, argument: Any) -> Callable[[str], bool]:
        if op is ops.CATEGORY:
            category = re.compile(_CATEGORIES[argument])
            return lambda char: category.match(char) is not None
        low, high = argument if op is ops.RANGE else (argument, argument)
        self.note(low, high)
        return lambda char: any(low <= ord(one) <= high for one in (char.lower(), char.upper()) if len(one) == 1)

    def note(self, low: int, high: int) -> None:
        """Keep the ends of a range and what is beside, by which the classes can be told apart."""
        for code in (low - 1, low, high, high + 1):
            if 0 <= code <= 0x10FFFF:
                self.samples.update((chr(code), chr(code).lower(), chr(code).upper()))

    # Counting the ways.

    def look_into_loops(self) -> None:
        """Find the loops.

        Raises:
            TooAmbiguous: there are two ways around one of them for the same text.
        """
        self.next = {state: [] for state in range(len(self.reads))}
        for (one, other), ways in self.follows.items():
            if ways:
                self.next[one].append(other)
        samples = sorted(char for char in self.samples if len(char) == 1)
        self.letters = [frozenset(filter(reads, samples)) for reads in self.reads]
        self.loops = _components(self.next)
        if any(ways > 1 and self.loops[one] == self.loops[other] for (one, other), ways in self.follows.items()):
            raise TooAmbiguous("a repetition stands directly in a repetition, as in (a+)+")
        pairs = self.pairs((state, state) for state in self.next)
        where = _components(pairs)
        straight = {where[pair] for pair in pairs if pair[0] == pair[1]}
        if any(where[pair] in straight for pair in pairs if pair[0] != pair[1]):
            raise TooAmbiguous("there are two ways to repeat the same text, as in (a|a)* or (a*b?a*)*")

    def count_ways(self, first: Counter[int]) -> None:
        """Bound the ways to read a text outside of loops, of which each optional part can double the number.

        Raises:
            TooAmbiguous: there are too many.
        """
        ways: dict[int, int] = {}
        # From the end: the components are numbered in their order.
        for state in sorted(self.next, key=lambda state: -self.loops[state]):
            onwards = Counter({follower: self.follows[state, follower] for follower in self.next[state]})
            ways[state] = self.most_ways(
                {s: n for s, n in onwards.items() if self.loops[s] != self.loops[state]}, ways
            )
        if self.most_ways(first, ways) > _WAYS:
            raise TooAmbiguous("many optional parts can read the same text, as in a?a?a?a?aaaa")

    def most_ways(self, followers: Mapping[int, int], ways: Mapping[int, int]) -> int:
        """The number of ways to go on for that character for which there are most."""
        by_letter: Counter[str] = Counter()
        for state, number in followers.items():
            for letter in self.letters[state]:
                by_letter[letter] += number * ways[state]
        return max(by_letter.values(), default=1)

    def degree(self) -> int:
        """One more for each loop in a row in which each can read what leads to the next."""
        looping = [state for state, followers in self.next.items() if _in_loop(state, followers, self.loops)]
        behind: dict[int, set[int]] = {}
        for one in looping:
            for other in looping:
                ours, theirs = self.loops[one], self.loops[other]
                if ours != theirs and theirs not in behind.get(ours, ()) and self.leads(one, other):
                    behind.setdefault(ours, set()).add(theirs)
        return max((_depth(self.loops[state], behind) for state in looping), default=1)

    def leads(self, one: int, other: int) -> bool:
        """Whether some text leads around the loop of one state, to the other, and around the loop of that."""
        start, goal = (one, one, other), (one, other, other)
        seen, todo = {start}, [start]
        while todo:
            first, middle, last = todo.pop()
            for a in self.next[first]:
                for c in self.next[last]:
                    shared = self.letters[a] & self.letters[c]
                    if self.loops[a] != self.loops[one] or self.loops[c] != self.loops[other] or not shared:
                        continue
                    for b in self.next[middle]:
                        step = (a, b, c)
                        if step not in seen and shared & self.letters[b]:
                            seen.add(step)
                            todo.append(step)
            if len(seen) > _EDGES:
                raise TooAmbiguous("it has too many alternatives to be checked")
        return goal in seen

    def pairs(self, starts: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """Two readings of the same text at once: the pairs of states that follow each other."""
        found: dict[tuple[int, int], list[tuple[int, int]]] = {}
        todo, edges = list(starts), 0
        while todo:
            pair = todo.pop()
            if pair in found:
                continue
            found[pair] = [
                (one, other)
                for one in self.next[pair[0]]
                for other in self.next[pair[1]]
                if self.letters[one] & self.letters[other]
            ]
            edges += len(self.next[pair[0]]) * len(self.next[pair[1]])
            if edges > _EDGES:
                raise TooAmbiguous("it has too many alternatives to be checked")
            todo.extend(found[pair])
        return found


def _in_loop(state: int, followers: list[int], loops: dict[int, int]) -> bool:
    return state in followers or any(loops[other] == loops[state] for other in followers)


def _depth(loop: int, behind: Mapping[int, set[int]]) -> int:
    return 1 + max((_depth(later, behind) for later in behind.get(loop, ())), default=0)


def _components(graph: Mapping[Any, list[Any]]) -> dict[Any, int]:
    """The number of the strongly connected component of each node (Kosaraju, without recursion)."""
    order: list[Any] = []
    seen: set[Any] = set()
    for root in graph:
        stack = [(root, iter(graph[root]))] if root not in seen else []
        seen.add(root)
        while stack:
            node, rest = stack[-1]
            follower = next((other for other in rest if other not in seen), None)
            if follower is None:
                order.append(stack.pop()[0])
            else:
                seen.add(follower)
                stack.append((follower, iter(graph[follower])))
    back: dict[Any, list[Any]] = {node: [] for node in graph}
    for node, followers in graph.items():
        for follower in followers:
            back[follower].append(node)
    component: dict[Any, int] = {}
    for number, root in enumerate(reversed(order)):
        todo = [root]
        while todo:
            node = todo.pop()
            if node not in component:
                component[node] = number
                todo.extend(back[node])
    return component
