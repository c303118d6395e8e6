r"""The program in a response: which of its fences are the solution, and how they go together.

    response ─ without what it only thinks ─ the last <answer>…</answer> if that holds code
      ├─ fences of the language, or without a tag   →  source.chosen: the last whole program, with what it needs
      ├─ no fence                                   →  the lines that are code, without the prose around them
      └─ with `prompt`: a completion                →  the prompt, continued

A fence is opened by three or more backticks or tildes at any indentation, in a list or a quotation, and closed by
as many; one that never closes ends with the response.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from rewardkit.graders import source

_LONGEST = 200_000  # characters of a response that are looked at, the last ones
_QUOTED_MARKS = 100  # lines with fences or three quotes that a text in three quotes may hold

_TAGS = {
    "python": ("py", "python3", "py3", "python2", "ipython", "ipython3", "pypy", "pypy3", "cpython", "sage"),
    "javascript": ("js", "node", "jsx", "mjs"),
    "typescript": ("ts", "tsx"),
    "c++": ("cpp", "cc", "cxx", "c++17", "c++20"),
    "c#": ("csharp", "cs"),
    "bash": ("sh", "shell", "zsh", "console"),
    "go": ("golang",),
    "rust": ("rs",),
    "ruby": ("rb",),
    "kotlin": ("kt",),
}
_UNNAMED = ("", "code", "text", "txt", "plaintext", "plain")  # tags that name no language

_OPENING = re.compile(
    r"[ \t]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+|>[ \t]?)*(?P<fence>`{3,}+|~{3,}+)[ \t]*+(?P<info>[^`\n]*)$"
)
_LANGUAGE = re.compile(r"[\s{.]*([a-z][\w+#-]*)")
_MARKED = re.compile(r"```|~~~|\"\"\"|'''")
_BEHIND_PROSE = re.compile(r"[^`\n]*[^`\s][ \t]*(?P<fence>`{3})(?P<info>[A-Za-z][\w+#]*)[ \t]*$")
_THOUGHT = re.compile(r"(?i)(?<!['\"(/])<(/?)(?:think|thinking|reasoning|scratchpad)>(?!['\"\\)])")
_SPOKEN = re.compile(r"['\"#]")  # a text or a comment of a program begins
_BEFORE = 200  # characters before a tag in its line that are looked at
_WRAPPERS = [(f"<{tag}>", f"</{tag}>") for tag in ("answer", "solution", "code", "python")]
_WRAPPERS += [("[python]", "[/python]"), ("[begin]", "[done]")]
_WRAPPED = re.compile("|".join(re.escape(closing) for _, closing in _WRAPPERS), re.I)
_QUOTED = re.compile(r"[ \t]*>[ ]?")
_CODE = re.compile(
    r"#|@\w|\"\"\"|'''|(?:import|from|def|class|async|if|for|while|try|with|print)\b|[a-z_][\w, ]*=", re.I
)
_CODE_LINE = re.compile(
    r"(?m)^[ \t]*(?:(?:import|from)\s+\w|(?:async\s+)?def\s+\w+\s*\(|class\s+\w|@\w|(?:if|for|while|try|with)\b.*:"
    r"|return\b|[\w.]+\(.*\)\s*$|[A-Za-z_][\w.\[\], ]*[-+*/|&^%]?=)"
)
_SENTENCE = re.compile(r"(?:[#>•*-]+ +|\d+[.)] +)?[*_`\"“(]*[A-Z][\w'’`*-]*+[,:]?(?: [^=\n]*)?[.:!?*_`)]*\s*$")
_MARK = r"(?:<\|[\w ]{1,30}\|>|<｜[\w ▁]{1,30}｜>|</s>|<eos>|<end_of_turn>)"  # the end of a model's turn
_LONGEST_MARK = 40
_END_OF_TEXT = re.compile(rf"{_MARK}\Z")
_BEHIND_CLOSING = re.compile(rf"(?:[ \t]*{_MARK})*|[ \t]+[^\s`]+[ \t]+[^\s`][^`]*")  # or a remark
_SENTENCE_LENGTH = 1000


class Block(NamedTuple):
    """A fenced block: the first word of its info string in lower case, and its lines."""

    tag: str
    text: str


def code(response: str | None, language: str = "python", *, entry_point: str = "", prompt: str = "") -> str | None:
    """The program that a response commits to, from its fences, or without any.

    The last whole program wins, not drafts before it nor usage and tests after it: for Python that is the last
    block that defines the entry point, or else the last that is a program by itself; blocks that define what it
    needs come with it.

    Args:
        response: the whole response.
        language: as a fence's tag names it; other names for it count too (`py`, `python3`).
        entry_point: what the program has to define, such as `solve` or `Solution().solve`.
        prompt: a piece of Python, such as HumanEval's prompts, that the response continues or writes again; it
            goes in front.

    Returns:
        The program, or None where there is none. In another language than Python, a response without any fence is
        a program as a whole.
    """
    text = _said(response or "")
    name, language = source.root(entry_point), language.lower()
    if language not in _names("python"):
        return _last(text, _names(language))
    found = _python(text, name, whole=bool(prompt))
    return source.continued(prompt, found, name) if found and prompt else found


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a text in their order, without the indentation of their fences."""
    return [block for block, _ in _fenced(text)]


# --- fences ---


def _fenced(text: str) -> Iterator[tuple[Block, range]]:
    """The blocks, each with the lines it takes up."""
    if not _MARKED.search(text):
        return
    lines, after = text.split("\n"), 0
    marked = [number for number, line in enumerate(lines) if _MARKED.search(line)]
    for index, at in enumerate(marked):
        opening = _opening(lines[at]) if at >= after else None
        if opening is None or opening["info"].strip().lower() in ("markdown", "md"):
            continue
        end = _closing(lines, marked, index, opening)
        body = lines[at + 1 : end]
        if ">" in opening.group()[: opening.start("fence")]:
            body = [_QUOTED.sub("", line, count=1) for line in body]
        if end == len(lines) and body:
            body[-1] = body[-1].removesuffix(opening["fence"])
        if any(line.strip() for line in body):
            yield Block(_tag(opening["info"]), _dedented(body, opening.start("fence"))), range(at, end + 1)
        after = end + 1


def _opening(line: str) -> re.Match[str] | None:
    if "```" not in line and "~~~" not in line:
        return None
    return _OPENING.match(line) or _BEHIND_PROSE.match(line)


def _closing(lines: list[str], marked: list[int], index: int, opening: re.Match[str]) -> int:
    """The line that closes a fence, or the number of lines; what a triple-quoted text holds closes nothing.

    Args:
        lines: of the whole text.
        marked: the numbers of those that may close a fence, or begin or end such a text.
        index: of the fence's own among these.
        opening: the fence.
    """
    mark, length, quotes = opening["fence"][0], len(opening["fence"]), 0
    first, at, last = len(lines), index + 1, len(marked)
    while at < last:
        number = marked[at]
        line = lines[number].lstrip(" \t>").rstrip()
        rest = line.lstrip(mark)
        if len(line) - len(rest) >= length and _BEHIND_CLOSING.fullmatch(rest):
            if quotes % 2 == 0 or (first == len(lines) and _is_whole(lines[marked[index] + 1 : number])):
                return number
            if first == len(lines):
                first, last = number, min(last, at + _QUOTED_MARKS)
        quotes += line.count('"""') + line.count("'''")
        at += 1
    return first  # a text that never ends quotes nothing


def _is_whole(lines: list[str]) -> bool:
    """Whether they are Python: then no text in three quotes goes on behind them."""
    return bool(source.parsed(textwrap.dedent("\n".join(lines))))


def _tag(info: str) -> str:
    """The language that an info string names: its first word, also of `{.python}` and `python3.11`."""
    found = _LANGUAGE.match(info.lower())
    return found[1] if found else ""


def _names(language: str) -> tuple[str, ...]:
    """All names of a language."""
    for name, others in _TAGS.items():
        if language in (name, *others):
            return (name, *others)
    return (language,)


def _dedented(lines: list[str], column: int) -> str:
    first = next((line for line in lines if line.strip()), "")
    if not first[:column].strip():
        lines = [line[:column].lstrip() + line[column:] for line in lines]
    text = "\n".join(lines)
    return textwrap.dedent(text) if first[column:].startswith((" ", "\t")) else text


def _last(text: str, names: tuple[str, ...]) -> str | None:
    found = blocks(text)
    tagged = [block for block in found if block.tag in names] or [b for b in found if b.tag in _UNNAMED]
    if tagged:
        return tagged[-1].text
    return text.strip() or None if not found else None


# --- Python ---


def _python(text: str, name: str, whole: bool) -> str | None:
    """The Python program of a text; without fences, and if it is to be taken whole, every line of it."""
    text = _wrapped(text, name)
    if _CODE.match(text.lstrip()) and (tree := source.parsed(text)) and tree.body:
        return text
    found = blocks(text)
    texts = [block.text for block in found if block.tag in _names("python") or _untagged(block, ("",))]
    texts = texts or [block.text for block in found if _untagged(block, _UNNAMED)]
    if not found and whole:
        return _ended(_closed(text)) or None
    if not texts or (name and not any(_seems_to_define(part, name) for part in texts)):
        texts = [*_unfenced(text), *texts]
    return texts[0] if len(texts) == 1 else source.chosen(texts, name)


def _seems_to_define(text: str, name: str) -> bool:
    """Whether a line begins to define a name, imports it or assigns to it; whatever the other lines are."""
    word = re.compile(rf"\b{name}\b")
    for line in text.split("\n"):
        said = word.search(line)
        if said and (
            re.search(r"\b(?:def|class)\s+$|\bimport\b", line[: said.start()])
            or re.match(r"[^=]*=(?!=)", line[said.end() :])
        ):
            return True
    return False


def _untagged(block: Block, tags: tuple[str, ...]) -> bool:
    return block.tag in tags and bool(_CODE_LINE.search(block.text))


def _wrapped(text: str, name: str) -> str:
    """What the last pair of tags such as <answer> holds, if that is the code; else all of the text."""
    lower = text.lower() if _WRAPPED.search(text) else ""
    if len(lower) != len(text):  # a few letters change their length; then tags are not looked for
        return text
    for opening, closing in _WRAPPERS:
        end = lower.rfind(closing)
        start = lower.rfind(opening, 0, end) if end >= 0 else -1
        inside = text[start + len(opening) : end].strip("\n")
        if start >= 0 and (blocks(inside) or _is_the_code(inside, text[:start] + text[end:], name)):
            return inside
    return text


def _is_the_code(inside: str, outside: str, name: str) -> bool:
    """Whether what stands in tags is the program, and not some words of it, as `<code>` in prose has them."""
    if not _CODE_LINE.search(inside):
        return False
    if "\n" not in inside and blocks(outside):
        return name in source.Piece(inside).makes
    return not name or _seems_to_define(inside, name) or not _seems_to_define(outside, name)


def _unfenced(text: str) -> list[str]:
    """The stretches of code that stand outside of all fences, without the prose around them."""
    lines = text.split("\n")
    for _, taken in _fenced(text):
        for number in taken:
            if number < len(lines):
                lines[number] = _PROSE
    stretches: list[list[str]] = [[]]
    quotes = 0
    for line in lines:
        if quotes % 2 == 0 and _is_prose(line):
            stretches.append([])
        else:
            stretches[-1].append(line)
            quotes += line.count('"""') + line.count("'''")
    texts = (_ended("\n".join(stretch)) for stretch in stretches)
    return [textwrap.dedent(stretch) for stretch in texts if _CODE_LINE.search(stretch)]


def _ended(text: str) -> str:
    """A text without the white space and the marks that end it."""
    end = len(text)
    while True:
        while end and text[end - 1].isspace():
            end -= 1
        mark = _END_OF_TEXT.search(text, max(0, end - _LONGEST_MARK), end)
        if not mark:
            return text[:end]
        end = mark.start()


def _closed(text: str) -> str:
    """A text up to a fence that ends it and was opened before it began."""
    lines = text.rstrip().split("\n")
    return "\n".join(lines[:-1]) if len(lines) > 1 and _opening(lines[-1]) else text


_PROSE = "Between two fences."


def _is_prose(line: str) -> bool:
    """Whether a line is a sentence, a heading or the like; code at the left edge rarely looks like either."""
    if line == _PROSE or len(line) > _SENTENCE_LENGTH:
        return line == _PROSE
    return "=" not in line and bool(_SENTENCE.match(line)) and not source.parsed(line)


def _thoughts(text: str) -> Iterator[re.Match[str]]:
    """The tags that begin and end thoughts, without those that a program or a sentence speaks of."""
    tags = list(_THOUGHT.finditer(text))
    if tags and not tags[-1][1] and _before(text, tags[-1]).strip():
        del tags[-1]  # one that never ends begins a line
    spoken = [bool(_SPOKEN.search(_before(text, tag))) for tag in tags]
    programs: set[int] = set()
    if any(spoken):
        programs.update(*(lines for _, lines in _fenced(text) if lines.stop <= text.count("\n") + 1))
    number = position = 0
    for tag, may_be in zip(tags, spoken, strict=True):
        number += text.count("\n", position, tag.start())
        position = tag.start()
        if not (may_be and number in programs):
            yield tag


def _before(text: str, tag: re.Match[str]) -> str:
    """What stands before a tag in its line, as far as it is looked at."""
    return text[max(text.rfind("\n", 0, tag.start()) + 1, tag.start() - _BEFORE) : tag.start()]


def _said(response: str) -> str:
    """The response without its thoughts; a closing tag alone ends a thought that began in the prompt."""
    text = response[-_LONGEST:].replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    said: list[str] = []
    thinking, position = False, 0
    for tag in _thoughts(text):
        if not tag[1]:
            said += [] if thinking else [text[position : tag.start()]]
            thinking = True
        else:
            said = said if thinking else []
            thinking, position = False, tag.end()
    return "\n".join(said if thinking else [*said, text[position:]])
