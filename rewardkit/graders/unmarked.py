r"""The answer of a response that marks none: a short text as a whole, else what it closes with.

A closing formula, or several joined by commas and `and`, comes before a closing number: `The solutions are $x = 2$
and $x = 5$.` answers with both. A response that is cut off in the middle of a sentence closes with nothing.
"""

from __future__ import annotations

import re

from rewardkit.graders.closing import closing_number, opening_number
from rewardkit.graders.markup import clean

_SPAN = 300  # characters of an answer
_SHORT = 80  # characters of a response that may be an answer as a whole

_WHOLE = re.compile(r"\$\$?[^$]{1,300}\$\$?|\\\[(?:(?!\\[\[\]]).){1,300}\\\]", re.DOTALL)
_CODE = re.compile(r"\w\(['\"]|__\w+__")
_CUT_OFF = re.compile(r"(?i)\b(?:and|then|the|of|is|to|a|we|that|so|with|by|for|in|because|since)\s*$|[,=+(]\s*$")
_OPTION = re.compile(
    r"(?i)\b(?:option|choice|choose|pick|select|it['’]s)\s+[*_]{0,2}(\(?[A-J]\)?)[*_]{0,2}"
    r"(?:\s+is\s+(?:the\s+)?(?:correct|right)[^.]{0,20})?[\s.*]*$"
)
_FORMULA = (
    r"(?:\$\$[^$]{1,300}\$\$|\$[^$\n]{1,300}\$|\\\((?:(?!\\\)).){1,300}\\\)|\\\[(?:(?!\\\]).){1,300}\\\]"
    r"|\*\*[^*\n]{1,100}\*\*|\\[a-z]+\{[^$\s]{1,300})"
)
_CLOSING = re.compile(
    rf"(?is)(?:\b(?:is|are|be|equals|at|so|thus|hence|therefore|have|get|obtain|find)[:,]?|:(?:\*\*)?|=|(?<=[.\n]))\s+"
    rf"({_FORMULA}(?:(?:\s*,?\s*(?:and|or)|,)\s+{_FORMULA}){{0,9}})[\s.。]*$"
)
_IS = re.compile(
    r"(?:\b(?:is|are|equals|becomes|get|gives?(?: us| you)?)|['’]s)\s+"
    r"((?:(?!\b(?!sqrt|sin|cos|tan|log|exp|inf)[A-Za-z]{3,}).){1,60})$"
)
_SOME = re.compile(
    rf"(?is)\b(?:is|are|equals|has|have)\s+({_FORMULA})(?:\s+(?!if|when|where|for|or|and|not|but|is)[a-z]+){{1,3}}[\s.。]*$"
)
_EQUALS = re.compile(
    r"(?<!\\)\b(?!sqrt|sin|cos|tan|log|exp)[A-Za-z]{3,}\b[^=]{0,60}(?:=[^=]{0,60})?="
    r"\s*((?:(?!\b(?!sqrt|sin|cos|tan|log|exp|inf)[A-Za-z]{3,})[^=]){1,60})$"
)
_ASIDE = re.compile(r"\s+\((?:i\.e\.|(?:not|since|because|as|where|which|that is)\b)[^()]*\)(?=[\s.]*$)")
_LABEL = re.compile(r"\W{0,4}[A-Za-z][A-Za-z ]{1,30}:\*{0,2}\s+(?=\S)")
_WORD = re.compile(r"(?<!\\)\b[^\W\d_]{3,}")
_SENTENCE = re.compile(
    r"(?:It|There|This|That|They|He|She|We|You|I|In|The|A|An|So|Thus|Hence|Therefore|Total|Each)\b(?=.*\d)"
)
_HEDGED = re.compile(r"(?i)\b(?:not|never|or|either|neither|maybe|between|less|more|most|least|than|if)\b|n['’]t")
_RESERVED = re.compile(
    r"(?i)\b(?:not|never|or|either|neither|maybe|between|less|more|most|least|than|if)\b|n['’]t|[$\\^=<>≤≥]"
)


def unmarked_answer(text: str) -> str | None:
    """The answer of a response, stripped of white space, that marks none; None where there is none."""
    if whole := _WHOLE.fullmatch(text):
        return clean(text) if whole[0].strip("$ \n") else None
    if "\n" not in text and _CODE.search(text):
        return text[:_SPAN]
    if _CUT_OFF.search(text[-40:]):
        return None
    text = text[:-_SPAN] + _ASIDE.sub("", text[-_SPAN:])
    tail = text[-2 * _SPAN :]
    if option := _OPTION.search(tail):
        return option[1]
    tail = tail.replace("\\ ", " ")
    if closing := _CLOSING.search(tail) or _SOME.search(tail):
        return clean(closing[1])
    if len(text) <= _SHORT and "\n" not in text and (answer := _of_line(text)):
        return answer
    return opening_number(text) or closing_number(text)


def _of_line(text: str) -> str | None:
    """The answer of a response of one short line, unless it is a sentence around a number."""
    line = clean(text)
    if said := _IS.search(line) or _EQUALS.search(line):
        return clean(said[1])
    amount = re.sub(r"\\?\$(?=\d)", "", line) if line.count("$") == 1 else line
    if len(_WORD.findall(line)) > 3 or (_SENTENCE.match(line) and not _RESERVED.search(amount)):
        return None
    return clean(_LABEL.sub("", line, count=1)) or None


def of_sentence(span: str) -> str:
    """The answer of a marked span that is a sentence of its own: `The total is **15**`; else the span."""
    if len(span) <= _SPAN and _SENTENCE.match(span) and not _HEDGED.search(span):
        return unmarked_answer(span) or span
    return span
