"""What a piece of Python source defines, needs and does, and which of several pieces are one program.

Read with `ast` and `symtable`, bounded, and never run. A piece that does not parse still counts by what its lines
say, so that a broken last version is not replaced by a draft that happens to be whole.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import textwrap
import threading
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

_LONGEST = 100_000  # characters that are parsed
_LONGEST_TABLE = 30_000  # … for their names
_MOST_ENTANGLED = 15_000  # names in there, times how deep: every scope holds all around it
_LONGEST_NAME = re.compile(r"[^\x00-\x7f]{1000}")  # the time to read one grows with its square
_INDENTED = re.compile(r"(?:[ \t]*\n)*[ \t]+[^\s#\\]")  # at its first line: nothing that begins so parses
_LEFT_OUT = re.compile(r"\.\.\.|…|#.*(?:\.\.\.|…).*")  # a line in place of others
_PIECES = 40  # of a response that are looked at, the last ones

_WRITES = re.compile(r"\bprint\b|\bstdout\b|\bwrite(?:lines)?\s*\(")
_READS = re.compile(r"\binput\s*\(|\bstdin\b|\bopen\(\s*0|\bfileinput\b|\bos\.read\(\s*0")
_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}
_SILENT = threading.Lock()  # `catch_warnings` changes the process, and graders run in threads


def root(entry_point: str) -> str:
    """The name that an entry point begins with: `Solution` of `Solution().solve`."""
    found = re.match(r"\s*([^\W\d]\w*)", entry_point)
    return found[1] if found else ""


def parsed(text: str, longest: int = _LONGEST) -> ast.Module | None:
    """The tree of a source text, or None where it is none or has too many characters to look at."""
    if len(text) > longest or _LONGEST_NAME.search(text) or _INDENTED.match(text):
        return None
    with _SILENT, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


class Piece:
    """One piece of source.

    Args:
        text: Python, or what claims to be.
        longest: how many characters are looked at.
    """

    def __init__(self, text: str, longest: int = _LONGEST) -> None:
        self.text = text
        self._longest = longest

    @cached_property
    def tree(self) -> ast.Module | None:
        """Its tree, if it parses."""
        return parsed(self.text, self._longest)

    @cached_property
    def defines(self) -> frozenset[str]:
        """The names that it binds at its top level."""
        if self.tree is None:
            return frozenset(re.findall(r"(?m)^(?:async\s+def|def|class)\s+(\w+)", self.text))
        return frozenset(name for node in self.tree.body for name in _bound(node))

    @cached_property
    def makes(self) -> frozenset[str]:
        """The names that it binds at its top level and does not import."""
        imports = [node for node in self.tree.body if isinstance(node, _IMPORTS)] if self.tree else []
        return self.defines - {name for node in imports for name in _bound(node)}

    @cached_property
    def needs(self) -> frozenset[str]:
        """The names that it uses and neither binds nor finds among the builtins."""
        if self.tree is None or (self._longest == _LONGEST and self._takes_long(self.tree)):
            return frozenset()
        try:
            with _SILENT, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                table = symtable.symtable(self.text, "<response>", "exec")
            return frozenset(_global(table)) - self.defines - _BUILTINS
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return frozenset()

    def _takes_long(self, tree: ast.Module) -> bool:
        return len(self.text) > _LONGEST_TABLE or _entangled(tree) > _MOST_ENTANGLED

    @property
    def reads(self) -> bool:
        """Whether it reads standard input anywhere."""
        return bool(_READS.search(self.text))

    @property
    def writes(self) -> bool:
        """Whether it prints anything anywhere."""
        return bool(_WRITES.search(self.text))

    @cached_property
    def acts(self) -> bool:
        """Whether it does something when it is run, beyond defining things."""
        return self.tree is not None and any(
            not isinstance(node, _DEFINITIONS) and any(isinstance(part, ast.Call) for part in ast.walk(node))
            for node in self.tree.body
        )

    def is_stub(self, name: str) -> bool:
        """Whether it only shows the signature of what it defines under a name."""
        tree = self.tree.body if self.tree else []
        found = [node for node in tree if isinstance(node, _DEFINITIONS) and node.name == name]
        return bool(found) and all(_empty(node) for node in found)

    @cached_property
    def lines(self) -> frozenset[str]:
        """Its different lines, without white space."""
        return frozenset("".join(line.split()) for line in self.text.split("\n")) - {""}

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The lines among those that stand for others: dots, or a comment with dots."""
        return frozenset(line for line in self.lines if _LEFT_OUT.fullmatch(line))

    def shortens(self, other: Piece) -> bool:
        """Whether it only repeats a part of another: some of its lines, broken off or with dots for the rest."""
        return (self.tree is None or bool(self.left_out)) and self.lines - self.left_out < other.lines


_IMPORTS = (ast.Import, ast.ImportFrom)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def chosen(texts: Sequence[str], name: str = "") -> str | None:
    """The program among pieces that stand in one response: the last whole one, with the pieces it needs.

    Args:
        texts: the pieces in their order.
        name: what the program has to define; without it, the program is what reads its input and acts.

    Returns:
        One source text, or None where there is no piece.
    """
    if not texts:
        return None
    pieces = [Piece(text) for text in texts[-_PIECES:]]
    last = _last_defining(pieces, name) if name else None
    if last is None:
        last = _last_acting(pieces)
    return "\n\n".join(pieces[index].text for index in [*_helpers(pieces, last), last])


def _last_defining(pieces: list[Piece], name: str) -> int | None:
    defining = [index for index, piece in enumerate(pieces) if name in piece.makes]
    whole = [
        index
        for index in defining
        if not pieces[index].is_stub(name)
        and not any(pieces[index].shortens(pieces[other]) for other in defining if other < index)
    ]
    # Tests of it import it.
    kept = whole or defining or [index for index, piece in enumerate(pieces) if name in piece.defines]
    return kept[-1] if kept else None


def _last_acting(pieces: list[Piece]) -> int:
    """The last piece that is a program: it reads and prints, or at least reads.

    One that only shows how to use an earlier, whole one, or a part of it, is passed over.
    """
    reading: list[int] = []
    for index in reversed(range(len(pieces))):
        piece, helpers = pieces[index], [pieces[helper] for helper in _helpers(pieces, index)]
        together = [piece, *helpers]
        shows = any(part.reads and part.acts and part.writes for part in helpers)
        if piece.acts and not shows and any(part.reads for part in together):
            if any(part.writes for part in together):
                return index
            reading.append(index)
    acting = [index for index, piece in enumerate(pieces) if piece.acts or piece.tree is None]
    return (reading or acting[::-1] or [len(pieces) - 1])[0]


def _helpers(pieces: list[Piece], index: int) -> list[int]:
    """The other pieces that define what one needs, the nearest earlier one for each name, else the next later."""
    nearest: dict[str, int] = {}
    for other in [*reversed(range(index + 1, len(pieces))), *range(index)]:
        if pieces[other].tree is not None:
            nearest.update(dict.fromkeys(pieces[other].defines, other))
    found: set[int] = set()
    waiting, others = [index], nearest.keys() - pieces[index].defines
    while waiting:
        new = {nearest[name] for name in pieces[waiting.pop()].needs & others} - found
        found |= new
        waiting += new
    return sorted(found)


def continued(prompt: str, text: str, name: str = "") -> str:
    """A piece of source that goes on where a prompt ends, or writes the prompt's last definition again.

    Args:
        prompt: Python up to the body of its last definition, as in HumanEval; anything else is left out.
        text: the rest of the body, in any indentation, or the whole definition.
        name: what is tested, if the prompt's last definition is something else.
    """
    last = _last_definition(prompt)
    if not last:
        return text
    if re.search(rf"(?m)^(?:async\s+def|def|class)\s+(?:{last}|{name or last})\b|^{name or last}\s*=", text):
        before = preamble(prompt)
        given = not before or "from __future__" in text or Piece(before).defines <= Piece(text).defines
        return text if given else f"{before}\n\n\n{text}"
    begun, body = prompt.rstrip(), re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()
    if body[:1].isspace():
        return f"{begun}\n{body}"
    # The indentation was lost: of all lines, or of the first.
    inner = _inner(prompt)
    return f"{begun}\n{textwrap.indent(body, inner) if parsed(body) else inner + body}"


@lru_cache(maxsize=128)  # the rollouts of a group have the same prompt
def preamble(prompt: str) -> str:
    """What stands before the last definition of a prompt: imports and functions that it may use."""
    node = _last_node(prompt)
    if node is None:
        return ""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(prompt.split("\n")[: first - 1]).strip("\n")


@lru_cache(maxsize=128)
def _last_definition(prompt: str) -> str:
    """The name of the last definition of a prompt; empty if it is no Python, or has none."""
    node = _last_node(prompt)
    return node.name if node else ""


def _last_node(prompt: str) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    tree = parsed(prompt) or parsed(f"{prompt.rstrip()}\n{_inner(prompt)}pass\n")
    found = [node for node in tree.body if isinstance(node, _DEFINITIONS)] if tree else []
    return found[-1] if found else None


def _inner(prompt: str) -> str:
    """The indentation of what comes next in a prompt: deeper after a head, else as in its last line."""
    last = prompt.rstrip().rpartition("\n")[2]
    indentation = last[: len(last) - len(last.lstrip())]
    return indentation + "    " if last.endswith(":") else indentation


# --- names ---


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement binds in its own scope."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, _DEFINITIONS):
            yield node.name
        elif isinstance(node, _IMPORTS):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)


def _global(table: symtable.SymbolTable) -> Iterator[str]:
    """The names that a module or anything in it looks up outside of all functions."""
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        waiting += scope.get_children()
        module = scope.get_type() == "module"
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and (module or symbol.is_global()):
                yield symbol.get_name()


def _entangled(tree: ast.Module) -> int:
    """How many names there are, times how many scopes are within each other."""
    deepest, names = 0, set()
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, (*_DEFINITIONS, *_SCOPES)):
            depth += 1
            deepest = max(deepest, depth)
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        waiting += ((child, depth) for child in ast.iter_child_nodes(node))
    return deepest * len(names)


def _empty(node: ast.stmt) -> bool:
    """Whether a definition has no body to speak of: a docstring, `pass`, `...`, or methods that have none."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, _DEFINITIONS):
            waiting += part.body
        elif not isinstance(part, ast.Pass) and not (
            isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        ):
            return False
    return True
