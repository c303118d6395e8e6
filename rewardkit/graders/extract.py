r"""What a response commits to, and what a reference expects.

    final_answer := the last \boxed{…}, else <answer>…</answer>, else `#### …`, else the answer in a JSON object,
                    else "the answer is …" and its kin, else the whole of a response of a few words, else its
                    closing number

What stands in <think> is not said, and so no answer; a response that only thinks has none. A "final answer is …"
that comes after a marker of a higher kind replaces it. Different answers under markers of one kind are a hedge and
come back joined, `10 or 12 or 15`, unless the response takes the earlier ones back in between ("Wait, that's
wrong").
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import NamedTuple

from rewardkit.errors import GradingError
from rewardkit.graders.closing import closing_number, opening_number

_MARKERS = 100  # of one kind are looked at, the last ones
_LONGEST = 60_000  # characters of a response that are looked at, the last ones
_DRESSED = 1000  # characters of a span that may have markup around it
_SPAN = 300  # characters of an answer that only the end of its line or sentence bounds
_KEYS = ("final_answer", "answer", "ground_truth", "value", "text")


class _Marker(NamedTuple):
    """An answer that the response marks as its own, and where."""

    start: int
    end: int
    answer: str
    final: bool = False


def final_answer(response: str) -> str | None:
    """What the response commits to, as a span of text with its units, without markup around it.

    Args:
        response: the whole response.

    Returns:
        The answer; several different ones joined by ` or `; or None where the response commits to nothing, which
        includes an answer that is cut off inside its box.
    """
    text = re.sub(r"<<[^<>\n]{0,200}>>", "", _said(response[-_LONGEST:]))
    markers = _boxes(text) or _tags(text, "answer") or _tags(text, "final_answer") or _hashes(text)
    if not markers and isinstance(value := _parsed(_FENCE.sub(r"\1", text)), Mapping):
        return _of_object(value)
    end = markers[-1].end if markers else 0
    stated = _statements(text, end)
    if final := [statement for statement in stated if statement.final]:
        stated = final
    elif markers:
        stated = []
    if stated or markers:
        return _settled(stated or markers, text) or None
    return _unmarked(text.strip())


def boxed(response: str) -> str | None:
    r"""The content of the last `\boxed{…}` or `\fbox{…}`, braces inside it and all.

    A missing closing brace is forgiven where the line or the formula ends; where the response ends, the box is cut
    off, and None.
    """
    boxes = _boxes(response)
    return (boxes[-1].answer or None) if boxes else None


def tagged(response: str, tag: str) -> str | None:
    """The content of the last complete `<tag>…</tag>`, without white space around it; None where there is none."""
    found = _tags(response, tag)
    return found[-1].answer if found else None


def expected(reference_answer: object) -> str:
    """The expected answer in a reference of any form that AWS sends or people write.

    Args:
        reference_answer: text, which may be a worked solution that ends in `#### 72`; a number; an object with the
            answer under `final_answer`, `answer`, `ground_truth`, `value` or `text`, or as its only entry; or such
            an object as JSON text.

    Raises:
        GradingError: there is no answer in it.
    """
    value = reference_answer
    for _ in range(4):
        if isinstance(value, str):
            value = _parsed(value)
        if not isinstance(value, Mapping):
            break
        value = _entry(value, reference_answer)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return _digits(value)
    if isinstance(value, str) and value.strip():
        return _reference(value.strip())
    raise GradingError(
        f"no answer in the reference_answer: it is {_described(reference_answer)}; "
        f"give text, a number or an object like {{'answer': '72'}}, or read its field in the reward"
    )


# --- references ---


def _entry(value: Mapping[object, object], whole: object) -> object:
    for key in _KEYS:
        if value.get(key) is not None:
            return value[key]
    if len(value) == 1:
        return next(iter(value.values()))
    raise GradingError(
        f"no answer in the reference_answer: it is {_described(whole)}; put the answer under 'answer', or read "
        f"its field in the reward"
    )


def _parsed(text: str) -> object:
    """The object of a JSON text, or the text."""
    stripped = text.strip()
    if not (stripped.startswith("{") and stripped.endswith("}") and len(stripped) <= 100_000):
        return text
    try:
        value = json.loads(stripped)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict) else text


def _digits(value: int | float) -> str:
    try:
        return repr(value)
    except ValueError as error:
        raise GradingError(f"the reference_answer is a number too long to print: {error}") from error


def _reference(text: str) -> str:
    markers = _boxes(text) or _tags(text, "answer") or _hashes(text) or _statements(text)
    if markers:
        return _settled(markers, text) or text
    return text if "\n" not in text else final_answer(text) or text


def _described(value: object) -> str:
    if isinstance(value, Mapping):
        return (
            f"an object with the keys {', '.join(repr(str(key)[:40]) for key in list(value)[:8])}"
            if value
            else "{}"
        )
    if isinstance(value, str):
        return "empty text" if not value.strip() else repr(value[:80])
    return "null" if value is None else f"of type {type(value).__name__}"


# --- responses ---

_END_OF_TEXT = re.compile(r"(?:\s|</s>|<\|[a-z_]{1,30}\|>|<(?:eos|end_of_turn)>)+$")
_THINK = re.compile(r"(?i)<(/?)(?:think|thinking|reasoning|scratchpad)>")
_BRACES = re.compile(r"\\(?:boxed|fbox)\s{0,8}(\{)|\\.|[{}]", re.DOTALL)
_BOX_END = re.compile(r"\n|\$|\\[)\]]")
_NEGATED = re.compile(r"(?i)(?:\bnot|n['’]t|\bnever|≠|\\neq?)[\s$\\(\[]*$")
_PLACEHOLDER = re.compile(
    r"(?i)(?:\\text)?[\s{]*(?:(?:(?:your|final|the) ){0,3}answer)?(?:\\[vh]?phantom\{[^{}]*\})?"
    r"(?:[\s.…?_~}]|\\(?:[lc]?dots|q?quad|[ ,;:!]))*"
)
_HASH = re.compile(r"(?<!#)####(?!#)[ \t]*([^\n#]*)")
_NUMBER_FIRST = re.compile(
    r"(?i)[\s*_`$\\({\[≈~+−–-]*(?:[$€£¥]|usd|(?:about|approx\w*\.?|around|roughly|[a-z]\w?\s*=)\s)?[\s*$\\-]*(?:\d|\.\d|[¼½¾⅐-⅞]|[dt]?frac|[a-z]+\{\d)"
)
_HEADING = re.compile(r"[\s*_]*\d{1,2}(?:[.)]|:)\**\s+[*_]*[^\W\d]")
_NOUN = r"(?:answer|antwort|respuesta|réponse|resposta|risposta|ответ)"
_VERB = r"(?:is|was|equals|ist|es|est|would be|should be|must be|will be|becomes|comes out to|comes to)\b"
_STATED = re.compile(
    rf"(?im)\b(?P<final>(?:final|corrected?)\s{{1,4}})?{_NOUN}\b(?:\s(?:final|finale|correcta))?"
    rf"(?:\s(?:to|for|of)\s[^.:=\n$]{{1,60}}?)?[\"'*_`)\]\s]{{0,6}}(?:[:：=]|,?\s*{_VERB})[:：]?"
    rf"|(?P<last>最终)?答案(?:是|为|:|：)|^[ \t*_>-]{{0,8}}A(?:ns(?:wer)?\b\.?)?[*_]{{0,2}}(?::|(?<=\.)|\s?=)"
    rf"|\b(?:correct|right|best)\s(?:option|choice)[*_]{{0,2}}(?::|\s{_VERB}:?)"
    rf"|^[ \t*_]{{0,8}}(?:result|output|final)[*_]{{0,2}}:(?=[^\n]+\s*\Z)"
    rf"|^[ \t#*_]{{0,12}}(?P<heading>final\s)?{_NOUN}[ \t*_]{{0,8}}$"
)
_LEAD = re.compile(
    r"(?:[\s*_`:：}]|(?<=[a-z]),|(?:then|thus|therefore|hence|simply|clearly|just|exactly|given by|equal to|"
    r"option|choice)(?=[\s,:])){0,40}"
)
_STATEMENT_END = re.compile(
    r"\.(?=[\s*_\"]|$)|[!?](?=[\s*_]|$)|[。！？\n]|,?\s+(?:because|since|which|as\s|given)\b"
    r"|,\s+(?:so|not|and|where|with)\b|\s+(?:and not|but not|rather than|instead of)\b"
    r"|\s+\((?:not|since|because|i\.e\.|as|where|which|that is)\b"
)
_BARE_BOX = re.compile(r"\\(?:boxed|fbox)\s+(?![\s{])([^\s{}$]{1,40})")
_FORMULA = re.compile(r"\$[^$\n]+\$|\\\((?:(?!\\\)).){1,300}\\\)")
_NOT_STATED = re.compile(
    r"(?i)(?:found|given|obtained|calculated|computed|determined|derived|reached|based|as follows|in the)\b"
)
_DENIED = re.compile(r"(?i)(?:\w+ly\s+)?(?:not|never|neither)\b")
_RATHER = re.compile(r"(?i)not\b[^,.]{1,60}?,?\s+but\s+(?:rather\s+)?(.+)", re.DOTALL)
_SAME = re.compile(r"[\s$,]|\\[dt]?(?=frac)|\\text|(?<=\d)\.0+(?!\d)")
_RETRACTED = re.compile(
    r"(?i)\b(?:wait|hold on|actually|correct(?:ion|ed|ing)|correct myself|mistak\w+|wrong|incorrect|oops|re-?do|"
    r"re-?check|"
    r"re-?calculat\w*|re-?consider\w*|sorry|scratch that|on second thought|not right|error|revis\w+|hmm)\b"
)


def _said(response: str) -> str:
    """The response without what it only thinks; a closing tag alone ends a thought that began in the prompt."""
    pieces: list[str] = []
    response = response[:-200] + _END_OF_TEXT.sub("", response[-200:])
    if "\\\\boxed" in response and "\n" not in response:  # escaped twice
        response = response.replace("\\n", "\n").replace("\\\\", "\\")
    depth = position = 0
    for tag in _THINK.finditer(response):
        if tag[1]:
            if depth == 0:
                pieces.clear()
            depth = max(0, depth - 1)
        else:
            if depth == 0:
                pieces.append(response[position : tag.start()])
            depth += 1
        position = tag.end()
    if depth == 0:
        pieces.append(response[position:])
    return "\n".join(piece for piece in pieces if piece.strip())


def _boxes(text: str) -> list[_Marker]:
    """The outermost boxes that hold something; a box that is cut off holds an empty answer."""
    found: deque[_Marker] = deque(maxlen=_MARKERS)
    opened: list[tuple[int, int]] = []  # where a brace's content begins; for a box, where its command does, or -1
    if "\\boxed" not in text and "\\fbox" not in text:
        return []
    for token in _BRACES.finditer(text):
        if token[1] or token[0] == "{":
            opened.append((token.start() if token[1] else -1, token.end()))
        elif token[0] == "}" and opened:
            start, begin = opened.pop()
            if start >= 0:
                while found and found[-1].start > start:
                    found.pop()
                found.append(_Marker(start, token.end(), text[begin : token.start()].strip()))
    unclosed = next(((start, begin) for start, begin in reversed(opened) if start >= 0), None)
    if unclosed and not (found and found[-1].start > unclosed[0]):
        end = _BOX_END.search(text, unclosed[1])
        found.append(_Marker(unclosed[0], len(text), text[unclosed[1] : end.start()].strip() if end else ""))
    if not found:
        found.extend(_Marker(box.start(), box.end(), box[1]) for box in _BARE_BOX.finditer(text))
    kept = [box for box in found if not _NEGATED.search(text[max(0, box.start - 24) : box.start])]
    holding = [box for box in kept if not _PLACEHOLDER.fullmatch(box.answer)]
    cut_off = [box for box in kept if unclosed and box.end == len(text) and not box.answer]
    return holding or cut_off


def _tags(text: str, tag: str) -> list[_Marker]:
    """The contents of the complete pairs of a tag."""
    opening, closing = f"<{tag}>".lower(), f"</{tag}>".lower()
    lower, found, position = text.lower(), deque[_Marker](maxlen=_MARKERS), 0
    if len(lower) != len(text):  # a few letters change their length; then the tag is taken as it is written
        lower = text
    while (end := lower.find(closing, position)) >= 0:
        start = lower.rfind(opening, position, end)
        if start >= 0:
            found.append(_Marker(start, end + len(closing), text[start + len(opening) : end].strip()))
        position = end + len(closing)
    return list(found)


def _hashes(text: str) -> list[_Marker]:
    """The `####` that announce an answer, and not a section: a number, or else the last line."""
    found = [match for match in _HASH.finditer(text) if match[1].strip()]
    answers = [match for match in found if _is_answer(match[1])]
    if not answers and found and not text[found[-1].end() :].strip():
        answers = found[-1:]
    return [_hash(match) for match in answers[-_MARKERS:]]


def _is_answer(content: str) -> bool:
    """Whether what stands behind `####` is a number or a formula, and not the heading of a section."""
    if _HEADING.match(content):
        return False
    return bool(_NUMBER_FIRST.match(content)) or not _WORD.search(content[:_SPAN])


def _hash(match: re.Match[str]) -> _Marker:
    content = match[1][:_SPAN]
    stated = _statements(content)
    answer = stated[-1].answer if stated else re.split(r"\.\s+(?=[A-Z])", content, maxsplit=1)[0]
    return _Marker(match.start(), match.end(), answer)


def _statements(text: str, position: int = 0) -> list[_Marker]:
    """The sentences and lines that announce an answer, from a position on."""
    matches = list(deque(_STATED.finditer(text, position), maxlen=_MARKERS))
    found: list[_Marker] = []
    for match, following in zip_longest(matches, matches[1:]):
        start, end = _announced(text, match.end())
        if following and following.start() < end:
            continue
        answer = text[start:end].strip()
        if rather := _RATHER.match(answer):
            answer = rather[1]
        asked = text.startswith("?", end)
        if answer and not (asked or _DENIED.match(answer) or _NOT_STATED.match(answer)):
            final = bool(match["final"] or match["heading"])
            found.append(_Marker(match.start(), end, answer, final))
    return found


def _announced(text: str, position: int) -> tuple[int, int]:
    """Where the answer begins and ends that is announced up to a position."""
    lead = _LEAD.match(text, position)
    start = lead.end() if lead else position
    for opening, closing in (("$$", "$$"), ("\\[", "\\]")):
        if text.startswith(opening, start):
            end = text.find(closing, start + 2, start + _SPAN)
            return start, end + 2 if end >= 0 else start + _SPAN
    limit = min(len(text), start + _SPAN)
    formula = _FORMULA.match(text, start, limit)
    stop = _STATEMENT_END.search(text, formula.end() if formula else start, limit)
    return start, stop.start() if stop else limit


def _settled(markers: Iterable[_Marker], text: str) -> str:
    """The one answer of the markers, or all that differ and were not taken back."""
    kept: dict[str, str] = {}
    last: _Marker | None = None
    for marker in markers:
        answer = clean(marker.answer)
        key = _SAME.sub("", answer).lower()
        if last and key not in kept and _RETRACTED.search(text, last.end, marker.start):
            kept.clear()
        if answer:
            kept.setdefault(key, answer)
        last = marker
    answers = list(kept.values())
    return " or ".join(answers if len(answers) <= 10 else [*answers[:10], "…"])


def _unmarked(text: str) -> str | None:
    """The answer of a response that marks none."""
    if whole := _WHOLE.fullmatch(text):
        return clean(text) if whole[0].strip("$ \n") else None
    if "\n" not in text and _CODE.search(text):
        return text[:_SPAN]
    if _CUT_OFF.search(text[-40:]):
        return None
    if choice := _CHOICE.search(text[-_SPAN:]):
        return choice[1]
    if closing := _CLOSING.search(text[-2 * _SPAN :].replace("\\ ", " ")):
        return clean(closing[1])
    short = len(text) <= 80 and "\n" not in text and len(_WORD.findall(text)) <= 3
    if short and not (_SENTENCE.match(text) and not _RESERVED.search(text)):
        return clean(text) or None
    return opening_number(text) or closing_number(text) or (clean(text) or None if short else None)


_FENCE = re.compile(r"^\s*```(?:json)?\s*(\{.*\})\s*```\s*$", re.DOTALL)
_WHOLE = re.compile(r"\$\$?[^$]{1,300}\$\$?|\\\[(?:(?!\\[\[\]]).){1,300}\\\]", re.DOTALL)
_SPANNED = (
    r"(?:\$\$[^$]{1,300}\$\$|\$[^$\n]{1,300}\$|\\\((?:(?!\\\)).){1,300}\\\)|\\\[(?:(?!\\\]).){1,300}\\\]"
    r"|\*\*[^*\n]{1,100}\*\*|\\[a-z]+\{[^$\s]{1,300})"
)
_CLOSING = re.compile(
    rf"(?is)(?:\b(?:is|are|equals|at|so|thus|hence|therefore|have|get|obtain|find)[:,]?|:(?:\*\*)?|(?<=[.\n]))\s+"
    rf"({_SPANNED}(?:(?:\s*,?\s*(?:and|or)|,)\s+{_SPANNED}){{0,9}})[\s.。]*$"
)
_CHOICE = re.compile(
    r"(?i)\b(?:option|choice)\s+[*_]{0,2}(\(?[A-J]\)?)[*_]{0,2}(?:\s+is\s+(?:the\s+)?(?:correct|right)[^.]{0,20})?[\s.*]*$"
)
_CODE = re.compile(r"\w\(['\"]|__\w+__")
_CUT_OFF = re.compile(r"(?i)\b(?:and|then|the|of|is|to|a|we|that|so|with|by|for|in|because|since)\s*$|[,=+(]\s*$")
_WORD = re.compile(r"(?<!\\)\b[^\W\d_]{3,}")
_SENTENCE = re.compile(r"(?:It|There|This|That|They|He|She|We|I|In|The|A|An|So|Thus|Hence|Therefore)\b(?=.*\d)")
_RESERVED = re.compile(
    r"(?i)\b(?:not|never|or|either|neither|maybe|between|less|more|most|least|than|if)\b|n['’]t|[$\\^=]"
)


def _of_object(value: Mapping[object, object]) -> str | None:
    """The answer in a JSON object that is the whole response."""
    try:
        return expected(dict(value))
    except GradingError:
        return None


def clean(span: str) -> str:
    r"""An answer span without markup around all of it: `**72**.`, `$72$`, `\(72\)`, `"72"`."""
    previous = None
    span = span.strip()
    while span != previous and len(span) <= _DRESSED:
        previous = span
        for opening, closing in _AROUND:
            if span.startswith(opening) and span.endswith(closing) and len(span) > len(opening) + len(closing):
                inner = span[len(opening) : -len(closing)]
                if opening not in inner and not inner.endswith("\\"):
                    span = inner.strip()
        span = _EDGES.sub("", span).strip()
    if len(span) <= _DRESSED and span.count("**") % 2:  # the other end of it stands before the span
        span = _BOLD_END.sub("", span).strip()
    return span


_AROUND = [("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("__", "__"), ("*", "*")]
_AROUND += [("_", "_"), ("`", "`"), ('"', '"'), ("“", "”")]
_EDGES = re.compile(
    r"(?<![.\\])[.,;:。]{1,20}$|^(?:\\[,;:!]|~){1,20}|(?:\\[,;:!]|~|[✓✔✅☑🎉\ufe0f]){1,20}$"
    r"|(?<=\w)\*{1,20}$|^\*\*(?=\S)|^#{1,6}\s+"
)
_BOLD_END = re.compile(r"\s*\*\*\W*$")
