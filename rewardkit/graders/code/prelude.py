"""The imports that a response forgot: LeetCode's and its kin's names, as far as the response says them.

People write `List`, `Counter` and `inf` there without an import, because the site supplies them. Before a response
runs, the names of the table that occur in it are imported, and no others.
"""

from __future__ import annotations

import re
from collections.abc import Container

_MODULES = (
    "array bisect cmath collections copy datetime decimal fractions functools heapq itertools json math operator "
    "os random re statistics string sys time typing"
)
_MEMBERS = {
    "typing": "Any Callable ClassVar DefaultDict Deque Dict Final FrozenSet Generator Generic Hashable Iterable "
    "Iterator List Literal Mapping MutableMapping NamedTuple NoReturn Optional Sequence Set Sized Tuple Type "
    "TypeVar Union",
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "heapq": "heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest",
    "bisect": "bisect bisect_left bisect_right insort insort_left insort_right",
    "itertools": "accumulate chain combinations combinations_with_replacement compress count cycle dropwhile "
    "filterfalse groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest",
    "functools": "cache cached_property cmp_to_key lru_cache partial reduce total_ordering wraps",
    "math": "atan2 ceil comb cos dist exp factorial fabs floor fmod gcd hypot inf isclose isqrt lcm log log10 "
    "log2 nan perm pi prod sin sqrt tan trunc",
    "operator": "add and_ attrgetter itemgetter methodcaller mul or_ sub truediv xor",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits punctuation",
    "random": "choice randint randrange shuffle",
    "copy": "copy deepcopy",
    "dataclasses": "dataclass",
    "enum": "Enum IntEnum",
    "abc": "ABC abstractmethod",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "datetime": "datetime timedelta",
}
_WORD = re.compile(r"(?<![.\w])([A-Za-z_]\w*)(\.?)", re.ASCII)
_MODULE_LINES = {name: f"import {name}" for name in _MODULES.split()}
_MEMBER_LINES = {
    name: f"from {module} import {name}" for module, names in _MEMBERS.items() for name in names.split()
}
_FUTURE = re.compile(r"^from __future__ import .*\n", re.MULTILINE)


def completed(program: str) -> str:
    """A program with the imports it forgot in a first line of their own; `from __future__` stays before them."""
    line = imports(program).replace("\n", "; ")
    if not line:
        return program
    future = list(_FUTURE.finditer(program))
    at = future[-1].end() if future else 0
    return f"{program[:at]}{line}\n{program[at:]}"


def imports(program: str, *, but: Container[str] = ()) -> str:
    """The imports for the names that a program says, but some; one a line."""
    return "\n".join(line for name, line in lines(program).items() if name not in but)


def lines(program: str) -> dict[str, str]:
    """The import for each name that a program says. Before a dot, a name is a module's."""
    said = sorted(set(_WORD.findall(program)), reverse=True)  # `bisect.` before `bisect`
    found: dict[str, str] = {}
    for name, dot in said:
        line = _MODULE_LINES.get(name) if dot else None
        if line := line or _MEMBER_LINES.get(name):
            found.setdefault(name, line)
    return found
