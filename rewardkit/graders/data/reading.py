"""JSON as models write it: strictly, found within a response, or with the usual slips forgiven.

    strict      the whole text is one JSON value (RFC 8259), as `json.loads` reads it, less NaN and Infinity
    embedded    one JSON value, anywhere: in a code fence, or between prose; what is only thought does not count
    lenient     the same, and forgives: trailing commas, comments, single and curly quotes, keys without quotes,
                Python's True, False and None, NaN and Infinity, line breaks and unknown escapes in text, `.5`

Where a response holds several values, the last one counts: the last fenced one, else the last object, else the
last list. What is cut off is not closed on the model's behalf.

Every reading is bounded: a million characters, nesting, digits of a number. Nothing recurses, and a text is read
once: what stands within a broken value is part of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias, get_args

from rewardkit.errors import UsageError
from rewardkit.graders.data.said import after_thinking, fences

Reading: TypeAlias = Literal["strict", "embedded", "lenient"]

LONGEST = 1_000_000  # characters of a text
DEEPEST = 50  # lists and objects within each other; what recurses stays far below the limit of any caller
_DIGITS = 600  # characters of a number; below the least limit that Python's integers can be set to
_SEARCHED = 500_000  # characters looked at again in search of a value, beside twice the text

_FENCE, _PROSE = "a code fence", "text around it"


class Unreadable(ValueError):
    """A text is not what it should be; the message says why."""


class Read(NamedTuple):
    """A value, and what had to be forgiven to read it."""

    value: object
    forgiven: tuple[str, ...] = ()


def json_value(response: str | None, *, reading: Reading = "lenient", duplicates: bool = False) -> object:
    """The JSON value in a response, or None where there is none (or where it is null).

    Args:
        response: the whole response, or a part of it.
        reading: `strict`, `embedded` or `lenient`.
        duplicates: accept a key that is given twice in one object, with the last value; else nothing is read.

    Raises:
        UsageError: there is no such reading.
    """
    try:
        return read_json(response, reading, duplicates=duplicates).value
    except Unreadable:
        return None


def read_json(text: str | None, reading: Reading, *, kind: type | None = None, duplicates: bool = False) -> Read:
    """The value in a text, with what was forgiven.

    Args:
        text: what the model wrote.
        reading: how much is forgiven.
        kind: where several values are to be found, prefer those of this kind: dict or list.
        duplicates: accept a key that is given twice in one object.

    Raises:
        Unreadable: there is no value; the message says why.
        UsageError: there is no such reading.
    """
    if reading not in get_args(Reading):
        raise UsageError(f"reading is {reading!r}: choose one of {', '.join(map(repr, get_args(Reading)))}")
    if text is None:
        raise Unreadable("no text")
    if len(text) > LONGEST:
        raise Unreadable(f"longer than {LONGEST:,} characters")
    try:
        return Read(_cleaned(_strict(text, duplicates), text))
    except Unreadable:
        if reading == "strict":
            raise
    found = _found(text, kind, duplicates, lenient=reading == "lenient")
    return Read(_cleaned(found.value, text), found.forgiven)


def json_values(text: str) -> list[object]:
    """All JSON lists and objects in a text, in order; broken ones are left out."""
    if len(text) > LONGEST:
        return []
    values = [read.value for read in _Parser(text, False, False).anywhere()]
    return _cleaned(values, text)  # type: ignore[return-value]


# --- strictly ---

_NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


def _strict(text: str, duplicates: bool) -> object:
    if text.count("[") + text.count("{") > DEEPEST:
        _check_nesting(text)
    try:
        return json.loads(
            text,
            parse_constant=_refused,
            parse_int=_number,
            parse_float=_number,
            object_pairs_hook=dict if duplicates else _object,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"{error.msg} at {place}: {_near(text, error.pos)}") from None
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None


_TOO_DEEP = f"nested more than {DEEPEST} deep"


def _check_nesting(text: str) -> None:
    depth = 0
    for token in _NESTING.finditer(text):
        depth += _STEP.get(token[0], 0)
        if depth > DEEPEST:
            raise Unreadable(_TOO_DEEP)


def _refused(constant: str) -> object:
    raise Unreadable(f"{constant} is Python's, JSON has no such number")


def _number(token: str) -> int | float:
    if len(token) > _DIGITS:
        raise Unreadable(f"a number of {len(token):,} characters")
    if not any(mark in token for mark in ".eE"):
        return int(token)
    number = float(token)
    if abs(number) == float("inf"):
        raise Unreadable(f"the number {token[:40]} is too large")
    return number


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unreadable(f"the key {twice[:60]!r} is given twice")
    return value


def _near(text: str, position: int) -> str:
    rest = text[position : position + 30]
    return f"there stands {rest!r}" if rest.strip() else "the text ends there"


def _cleaned(value: object, text: str) -> object:
    """Without the lone surrogates that `\\ud800` makes: they cannot leave Lambda's runtime as UTF-8."""
    if "\\u" not in text and text.isascii():
        return value
    from rewardkit.rollout import clean

    return clean(value)


# --- found and forgiven ---


def _found(text: str, kind: type | None, duplicates: bool, *, lenient: bool) -> Read:
    said = after_thinking(text)
    around = () if said.strip() == text.strip() else (_PROSE,)
    try:
        return _with(around, _Parser(said, duplicates, lenient).whole())
    except Unreadable as error:
        why = error
    for _, block in reversed(fences(said)):
        try:
            return _with((_FENCE,), _Parser(block, duplicates, lenient).whole())
        except Unreadable as error:
            why = error
    parser = _Parser(said, duplicates, lenient)
    values = list(parser.anywhere())
    for wanted in (kind,) if kind else (dict, list):
        if fitting := [read for read in values if isinstance(read.value, wanted)]:
            return _with((_PROSE,), fitting[-1])
    if values:
        raise Unreadable(f"no {'list' if kind is list else 'object'} in it")
    raise parser.failed or why


def _with(forgiven: tuple[str, ...], read: Read) -> Read:
    return Read(read.value, tuple(dict.fromkeys((*forgiven, *read.forgiven))))


_TOKEN = re.compile(
    r"""(?P<space>[\s\ufeff]++)
    |(?P<comment>//[^\n]*+|\#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/)
    |(?P<mark>[\[\]{}:,])
    |(?P<text>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+'|“(?:[^”\\]++|\\.)*+”)
    |(?P<number>[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?(?![\w.]))
    |(?P<word>-?[A-Za-z_$][\w$-]*+)
    """,
    re.VERBOSE | re.DOTALL,
)
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_PYTHON: dict[str, object] = {"True": True, "False": False, "None": None}
_NOT_FINITE = {"NaN": "nan", "nan": "nan", "Infinity": "inf", "-Infinity": "-inf", "inf": "inf", "-inf": "-inf"}
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_WANTED = {"value": "a value", "key": "a key", "colon": "':'", "comma": "',' or an end"}
_OPENING = re.compile(r"[\[{]")
_CONTROL = re.compile(r"[\x00-\x1f]")


class _Open(NamedTuple):
    """A list or an object that is not closed yet; an object's entries are pairs."""

    mark: str
    entries: list[object]
    keys: list[str]


class _Parser:
    """Reads values that begin at any place of a text."""

    def __init__(self, text: str, duplicates: bool, lenient: bool) -> None:
        self.text, self.lenient = text, lenient
        self.object: Callable[[list[tuple[str, object]]], dict[str, object]] = dict if duplicates else _object
        self.position = 0
        self.budget = _SEARCHED + 2 * len(text)
        self.forgiven: dict[str, None] = {}
        self.failed: Unreadable | None = None

    def whole(self) -> Read:
        """The value that is the whole text."""
        read = self._value(0)
        if self._token() is not None:
            raise Unreadable(f"more text after the value: {_near(self.text, self.position - 1)}")
        return read

    def anywhere(self) -> Iterator[Read]:
        """The lists and objects of the text, from its beginning to its end.

        What stands within another is part of it, and of a broken one, too: the search goes on behind that.
        """
        start = 0
        while self.budget > 0 and (opening := _OPENING.search(self.text, start)):
            try:
                yield self._value(opening.start())
                start = self.position
            except Unreadable as error:
                self.failed, start = error, self._behind(opening.start())

    def _behind(self, start: int) -> int:
        """Where the brackets that open here are closed again; where they never are, where reading ended."""
        depth = 0
        for token in _NESTING.finditer(self.text, start):
            depth += _STEP.get(token[0], 0)
            if not depth:
                self.budget -= token.end() - start
                return token.end()
        self.budget -= len(self.text) - start
        return max(self.position, start + 1)

    def _value(self, start: int) -> Read:
        self.position, self.forgiven = start, {}
        value = self._parsed()
        if self.forgiven and not self.lenient:
            raise Unreadable(f"not JSON, because of {next(iter(self.forgiven))}")
        return Read(value, tuple(self.forgiven))

    def _parsed(self) -> object:
        """One value: an automaton that expects a value, a key, a colon or a comma, and a stack of what is open."""
        stack: list[_Open] = []
        expects, fresh = "value", True  # fresh: nothing stands between this and the opening bracket
        while token := self._token():
            kind, written = token
            if written == {"colon": ":", "comma": ","}.get(expects):
                in_object = stack[-1].mark == "{"
                expects, fresh = "key" if expects == "comma" and in_object else "value", False
            elif kind == "mark" and written in "[{" and expects == "value":
                stack.append(_Open(written, [], []))
                if len(stack) > DEEPEST:
                    raise Unreadable(_TOO_DEEP)
                expects, fresh = "key" if written == "{" else "value", True
            elif kind in ("text", "word") and expects == "key":
                stack[-1].keys.append(self._key(kind, written))
                expects = "colon"
            else:
                value = self._ended(stack, kind, written, expects, fresh)
                if not stack:
                    return value
                stack[-1].entries.append(value)
                expects = "comma"
        raise Unreadable("cut off: it is never closed" if stack else "there is no value")

    def _ended(self, stack: list[_Open], kind: str, written: str, expects: str, fresh: bool) -> object:
        """The value that this token is or closes."""
        if kind == "mark" and written in "]}" and expects != "colon":
            return self._closed(stack, written, expects, fresh)
        if kind == "mark" or expects != "value":
            raise _unexpected(written, _WANTED[expects])
        return self._scalar(kind, written)

    def _closed(self, stack: list[_Open], written: str, expects: str, fresh: bool) -> object:
        """The list or object that ends here."""
        matching = bool(stack) and stack[-1].mark == ("[" if written == "]" else "{")
        after_colon = matching and written == "}" and expects == "value"
        if not matching or after_colon:
            raise _unexpected(written, "a value" if after_colon else "another bracket")
        if expects != "comma" and not fresh:
            self._forgive("a trailing comma")
        ended = stack.pop()
        if ended.mark == "[":
            return ended.entries
        return self.object(list(zip(ended.keys, ended.entries, strict=True)))

    def _token(self) -> tuple[str, str] | None:
        """The next token that means something; None at the end of the text."""
        while self.position < len(self.text):
            token = _TOKEN.match(self.text, self.position)
            if token is None:
                raise self._stray()
            self.position = token.end()
            if token.lastgroup == "comment":
                self._forgive("a comment")
            elif token.lastgroup != "space":
                return str(token.lastgroup), token[0]
        return None

    def _stray(self) -> Unreadable:
        """What no token begins with; a quote or a comment that is never closed cost a look at all the rest."""
        if self.text[self.position] not in "\"'“/":
            return Unreadable(f"not JSON: {_near(self.text, self.position)}")
        self.budget -= len(self.text) - self.position
        return Unreadable(f"cut off within a text: {_near(self.text, self.position)}")

    def _forgive(self, slip: str) -> None:
        self.forgiven[slip] = None

    def _key(self, kind: str, written: str) -> str:
        if kind == "text":
            return self._text(written)
        self._forgive("keys without quotes")
        return written

    def _scalar(self, kind: str, written: str) -> object:
        if kind == "text":
            return self._text(written)
        if kind == "number":
            if not _JSON_NUMBER.fullmatch(written):
                self._forgive(f"the number {written[:20]}")
            return _number(written)
        if written in _WORDS:
            return _WORDS[written]
        if written in _PYTHON:
            self._forgive("Python's True, False or None")
            return _PYTHON[written]
        if written in _NOT_FINITE:
            self._forgive("NaN or Infinity")
            return float(_NOT_FINITE[written])
        raise _unexpected(written, "a value")

    def _text(self, written: str) -> str:
        body = written[1:-1]
        if written[0] != '"':
            self._forgive("single quotes" if written[0] == "'" else "curly quotes")
        if _CONTROL.search(body):
            self._forgive("line breaks in text")
        return _paired(_ESCAPE.sub(self._escaped, body)) if "\\" in body else body

    def _escaped(self, escape: re.Match[str]) -> str:
        name = escape[1]
        if (name not in _ESCAPES and name[0] != "u") or name == "'":
            self._forgive("an unknown escape")
        if len(name) > 1:
            return chr(int(name[1:], 16))
        return _ESCAPES.get(name, escape[0])


def _unexpected(written: str, wanted: str) -> Unreadable:
    return Unreadable(f"expected {wanted}, and there stands {written[:30]!r}")


def _paired(text: str) -> str:
    """Pairs of surrogates that escapes make as the one character they mean."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
