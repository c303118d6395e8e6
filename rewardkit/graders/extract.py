r"""What a response commits to, and what a reference expects.

    final_answer := the last \boxed{…}, else <answer>…</answer>, else `#### …`, else the answer in a JSON object,
                    else "the answer is …" and its kin (markers.py), else the whole of a response of a few words,
                    else its closing formulas (unmarked.py), else its closing number (closing.py)

What stands in <think> is not said, and so no answer; a response that only thinks has none. Nor does a next problem
count that the model asks itself behind its answer. A "final answer is …"
that comes after a marker of a higher kind replaces it. Different answers under markers of one kind are a hedge and
come back joined, `10 or 12 or 15`, unless the response takes the earlier ones back in between ("Wait, that's
wrong").
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice

from rewardkit.errors import GradingError
from rewardkit.graders.fences import code as code
from rewardkit.graders.markers import Marker, boxes, hashes, statements, tags
from rewardkit.graders.markup import clean
from rewardkit.graders.unmarked import of_sentence, unmarked_answer

_LONGEST = 60_000  # characters of a response that are looked at, the last ones
_KEYS = ("final_answer", "answer", "ground_truth", "value", "text")


def final_answer(response: str) -> str | None:
    """What the response commits to, as a span of text with its units, without markup around it.

    Args:
        response: the whole response.

    Returns:
        The answer; several different ones joined by ` or `, or by `, ` where each names another quantity; None
        where the response commits to nothing, which includes an answer that is cut off inside its box.
    """
    text = _alone(re.sub(r"<<[^<>\n]{0,200}>>", "", _said(response[-_LONGEST:])))
    markers = _marked(text)
    if not markers and isinstance(value := _parsed(re.sub(_FENCE, r"\1", text)), Mapping):
        return _of_object(value)
    end = markers[-1].end if markers else 0
    stated = statements(text, end)
    if final := [statement for statement in stated if statement.final]:
        stated = final
    elif markers:
        stated = []
    if stated or markers:
        return of_sentence(_settled(stated or markers, text)) or None
    return unmarked_answer(text.strip()) or None


def boxed(response: str) -> str | None:
    r"""The content of the last `\boxed{…}` or `\fbox{…}`, braces inside it and all.

    A missing closing brace is forgiven where the line or the formula ends; where the response ends, the box is cut
    off, and None.
    """
    found = boxes(response)
    return (found[-1].answer or None) if found else None


def tagged(response: str, tag: str) -> str | None:
    """The content of the last complete `<tag>…</tag>`, without white space around it; None where there is none."""
    found = tags(response, tag)
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
    markers = _marked(text) or statements(text)
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

_END_OF_TEXT = (
    r"(?:\s|</s>|<\|[a-z_]{1,30}\|>|<(?:eos|end_of_turn)>|\$?\\(?:blacksquare|square|qed|Box)\$?|∎|■|□)+$"
)
_THINK = r"(?i)[<◁](/?)(?:think|thinking|thought|reasoning|scratchpad)[>▷]|<\|(?:begin|(end))_of_thought\|>"
_FENCE = r"(?s)^\s*```(?:json)?\s*(\{.*\})\s*```\s*$"
_NEXT = r"\n\s{0,8}(?:\*\*)?(?:Problem|Question|Q|Human|User):"
_SAME = r"[\s$,]|\\[dt]?(?=frac)|\\text|(?<=\d)\.0+(?!\d)"
_NAMED = r"\\?[A-Za-z]\w{0,8}\s*="
_RETRACTED = re.compile(
    r"(?i)\b(?:wait|hold on|actually|correct(?:ion|ed|ing)|correct myself|mistak\w+|wrong|incorrect|oops|re-?do|"
    r"re-?check|"
    r"re-?calculat\w*|re-?consider\w*|sorry|scratch that|on second thought|not right|error|revis\w+|hmm)\b"
)


def _said(response: str) -> str:
    """The response without what it only thinks; a closing tag alone ends a thought that began in the prompt."""
    pieces: list[str] = []
    response = response.replace("<|begin_of_box|>", "\\boxed{").replace("<|end_of_box|>", "}")  # as GLM boxes
    response = response[:-200] + re.sub(_END_OF_TEXT, "", response[-200:])
    if "\\\\boxed" in response and "\n" not in response:  # escaped twice
        response = response.replace("\\n", "\n").replace("\\\\", "\\")
    depth = position = 0
    for tag in re.finditer(_THINK, response):
        if tag[1] or tag[2]:
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


def _alone(text: str) -> str:
    """The response without a next problem that the model asks itself, once this one is answered."""
    for following in islice(re.finditer(_NEXT, text), 3):
        before = text[: following.start()]
        if _marked(before) or statements(before):
            return before
    return text


def _marked(text: str) -> list[Marker]:
    return boxes(text) or tags(text, "answer") or tags(text, "final_answer") or hashes(text)


def _settled(markers: Iterable[Marker], text: str) -> str:
    """The one answer of the markers, or all that differ and were not taken back."""
    kept: dict[str, str] = {}
    last: Marker | None = None
    for marker in markers:
        answer = clean(marker.answer)
        key = re.sub(_SAME, "", answer).lower()
        if last and key not in kept and _RETRACTED.search(text, last.end, marker.start):
            kept.clear()
        if answer:
            kept.setdefault(key, answer)
        last = marker
    answers = list(kept.values())
    names = {name[0] for answer in answers if (name := re.match(_NAMED, answer))}
    return (", " if len(names) == len(answers) else " or ").join(
        answers if len(answers) <= 10 else [*answers[:10], "…"]
    )


def _of_object(value: Mapping[object, object]) -> str | None:
    """The answer in a JSON object that is the whole response."""
    try:
        return expected(dict(value))
    except GradingError:
        return None
