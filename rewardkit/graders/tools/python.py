"""Tool calls written as Python: parsed, never run, and nothing but literals as arguments."""

from __future__ import annotations

import ast
import re
from typing import Any

from rewardkit.graders.data.reading import Unreadable
from rewardkit.graders.tools.calls import Call

_LONGEST = 20_000  # characters
_DEEPEST = 50  # brackets within each other
# Nothing but calls, names and literals: without operators, keywords and what is called or indexed again, only
# brackets within each other can make Python's own parser recurse.
_TOKENS = re.compile(
    r"""(?: \s++ | [(\[{,:=;] | [)\]}](?!\s*[(\[{])
    | -?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?(?!\w)
    | (?!(?:and|async|await|else|for|if|in|is|lambda|not|or|yield)\b)[^\W\d]\w*+(?:\.[^\W\d]\w*+){0,9}+(?![\w."'])
    | "(?:[^"\\\n]++|\\.)*+" | '(?:[^'\\\n]++|\\.)*+' )*+""",
    re.VERBOSE | re.DOTALL,
)
_BEGINS = re.compile(r"\s*\[?\s*[^\W\d][\w.]{0,200}\s?\(")
_NAMES = {"true": True, "false": False, "null": None}


def python_calls(text: str) -> list[Call]:
    """The calls that are the whole of a text: `f(x=1)`, several of them in lines, or in a list.

    Raises:
        Unreadable: it is anything else.
    """
    source = text.strip()
    if not _BEGINS.match(source) or len(source) > _LONGEST or not _TOKENS.fullmatch(source):
        raise Unreadable("no calls as Python")
    _check_nesting(source)
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise Unreadable(f"not Python: {type(error).__name__}") from None
    nodes: list[ast.expr] = []
    for statement in body:
        value = statement.value if isinstance(statement, ast.Expr) else None
        nodes.extend(value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value or ast.Constant(None)])
    if not nodes or not all(isinstance(node, ast.Call) for node in nodes):
        raise Unreadable("no calls as Python")
    return [_call(node) for node in nodes if isinstance(node, ast.Call)]


def _check_nesting(source: str) -> None:
    depth = 0
    for bracket in re.finditer(r"[()\[\]{}]", source):
        depth += 1 if bracket[0] in "([{" else -1
        if depth > _DEEPEST:
            raise Unreadable(f"nested more than {_DEEPEST} deep")


def _call(node: ast.Call) -> Call:
    name = ast.unparse(node.func)
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        return Call(name, {}, "an argument without a name")
    try:
        return Call(name, {str(keyword.arg): _literal(keyword.value) for keyword in node.keywords})
    except Unreadable as error:
        return Call(name, {}, str(error))


def _literal(node: ast.expr) -> Any:
    """The JSON value that a literal is."""
    match node:
        case ast.Constant(value=bool() | int() | float() | str() | None as value) if value != float("inf"):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {_key(key): _literal(value) for key, value in zip(keys, values, strict=True)}
        case ast.Name(id=name) if name in _NAMES:
            return _NAMES[name]
    raise Unreadable("an argument that is no literal")


def _key(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise Unreadable("a key that is no text")
