"""XML, by Python's own parsers, bounded: no entities, no deep nesting."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

from rewardkit.errors import GradingError
from rewardkit.graders.data.reading import DEEPEST, LONGEST, Unreadable
from rewardkit.graders.data.said import fenced
from rewardkit.reward import grader
from rewardkit.score import Score


@grader
def xml_valid(response: str | None, *, required: str | Sequence[str] = ()) -> Score:
    """Is the response well-formed XML, as a whole or in a code fence, with certain elements in it?

    Args:
        response: the whole response; None scores 0.
        required: paths of elements from the root, such as `"order/item/price"`, that must occur; one or several.

    Returns:
        1 or 0. Entity declarations are refused. The reason says what is wrong first, with its line.
    """
    required = [required] if isinstance(required, str) else required
    try:
        found = _checked(_document(response), {path.strip("/") for path in required})
    except Unreadable as error:
        return Score(0.0, f"not XML: {error}")
    missing = [path for path in required if path.strip("/") not in found]
    if missing:
        return Score(0.0, f"no element {missing[0]!r}")
    return Score(1.0, f"well-formed XML{f', with {len(required)} elements required' if required else ''}")


def xml_value(response: str | None) -> dict[str, Any] | None:
    """The XML in a response as JSON's values, for `json_fields`, or `json_schema` with `coerce`.

    The root's name is the only key. An element is an object with its attributes as `@name`, its children by name,
    those of one name as a list, and its text as `#text`; one that has text alone is that text, an empty one null.

    Args:
        response: the whole response, or a part of it.

    Returns:
        The object, or None where there is no XML.
    """
    try:
        return _value(_document(response))
    except Unreadable:
        return None


@grader
def xml_equal(response: str | None, reference: str, *, strip: bool = True) -> Score:
    """Is the response the same XML as the reference, in canonical form?

    The order of attributes, quotes, comments, prefixes of namespaces, CDATA and empty-element tags do not count
    (C14N 2.0, https://www.w3.org/TR/xml-c14n2/).

    Args:
        response: text that is XML, as a whole or in a code fence; None scores 0.
        reference: the XML expected.
        strip: white space around the text within an element does not count.

    Returns:
        1 or 0. The reason shows where the two begin to differ.

    Raises:
        GradingError: the reference is not XML, or has entities.
    """
    try:
        expected = _canonical(_document(reference), strip)
    except Unreadable as error:
        raise GradingError(f"the reference is not XML ({error})") from None
    try:
        answer = _canonical(_document(response), strip)
    except Unreadable as error:
        return Score(0.0, f"not XML: {error}")
    if answer == expected:
        return Score(1.0, "the same in canonical form")
    place = next(
        (n for n, (one, other) in enumerate(zip(answer, expected, strict=False)) if one != other),
        min(len(answer), len(expected)),
    )
    return Score(0.0, f"read …{answer[place : place + 40]!r}, expected …{expected[place : place + 40]!r}")


def _document(text: str | None) -> str:
    if text is None:
        raise Unreadable("no text")
    if len(text) > LONGEST:
        raise Unreadable(f"longer than {LONGEST:,} characters")
    return fenced(text, "xml", "html", "svg").strip()


def _checked(source: str, wanted: Set[str] = frozenset()) -> set[str]:
    """Those of some paths of elements, from the root, that occur in an XML text.

    Raises:
        Unreadable: the text is not well-formed, declares entities, or is nested too deep.
    """
    found: set[str] = set()
    opened: list[str] = []
    longest = max(map(len, wanted), default=0)

    def start(name: str, attributes: dict[str, str]) -> None:
        path = f"{opened[-1]}/{name}" if opened else name
        opened.append(path[: longest + 1])  # what is longer is none of them, and could grow without end
        if path in wanted:
            found.add(path)

    _parse(source, start, lambda name: opened.pop(), lambda text: None)
    return found


def _value(source: str) -> dict[str, Any]:
    """The root as an object with one key."""
    stack: list[tuple[str, dict[str, Any], list[str]]] = [("", {}, [])]

    def start(name: str, attributes: dict[str, str]) -> None:
        stack.append((name, {f"@{key}": value for key, value in attributes.items()}, []))

    def end(name: str) -> None:
        _, own, texts = stack.pop()
        text = "".join(texts).strip()
        value: Any = own | ({"#text": text} if text else {}) if own else text or None
        siblings = stack[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], _Several):
            siblings[name].append(value)
        else:
            siblings[name] = _Several([siblings[name], value])

    _parse(source, start, end, lambda text: stack[-1][2].append(text))
    return stack[0][1]


class _Several(list[Any]):
    """Elements of one name."""


def _parse(
    source: str,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], object],
    text: Callable[[str], object],
) -> None:
    """Run through a document.

    Raises:
        Unreadable: it is not well-formed, declares entities, or is nested too deep.
    """
    from xml.parsers import expat

    depth = 0

    def open_(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise Unreadable(f"nested more than {DEEPEST} deep")
        start(name, attributes)

    def close(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name)

    def refuse(*_: object) -> None:
        raise Unreadable("it declares an entity")

    parser = expat.ParserCreate("utf-8")  # whatever encoding it declares
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = open_, close
    parser.CharacterDataHandler, parser.EntityDeclHandler = text, refuse
    try:
        parser.Parse(source.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise Unreadable(f"{expat.ErrorString(error.code)}, in line {error.lineno}") from None


def _canonical(source: str, strip: bool) -> str:
    from xml.etree.ElementTree import ParseError, canonicalize

    _checked(source)
    try:
        return canonicalize(source.encode("utf-8", "replace").decode(), strip_text=strip, rewrite_prefixes=True)
    except ParseError as error:
        raise Unreadable(str(error)) from None
