r"""The answer of a response that marks none: a short text as a whole, else what it closes with.

A closing formula, or several joined by commas and `and`, comes before a closing number: `The solutions are $x = 2$
and $x = 5$.` answers with both. A response that is cut off in the middle of a sentence closes with nothing.
"""

from __future__ import annotations

import re

from rewardkit.graders.closing import closing_number, opening_number
from rewardkit.graders.markup import clean
from rewardkit.graders.math import words

_SPAN = 300  # characters of an answer
_SHORT = 80  # characters of a response that may be an answer as a whole

_WHOLE = r"(?s)\$\$?[^$]{1,300}\$\$?|\\\[(?:(?!\\[\[\]]).){1,300}\\\]"
_CODE = r"\w\(['\"]|__\w+__"
_CUT_OFF = r"(?i)\b(?:and|then|the|of|is|to|a|we|that|so|with|by|for|in|because|since)\s*$|[,=+(]\s*$"
_OPTION = (
    r"(?i)\b(?:option|choice|choose|pick|select|it['’]s)\s+[*_]{0,2}(\(?[A-J]\)?)[*_]{0,2}"
    r"(?:\s+is\s+(?:the\s+)?(?:correct|right)[^.]{0,20})?[\s.*]*$"
)
_FORMULA = (
    r"(?:\$\$[^$]{1,300}\$\$|\$[^$\n]{1,300}\$|\\\((?:(?!\\\)).){1,300}\\\)|\\\[(?:(?!\\\]).){1,300}\\\]"
    r"|\*\*[^*\n]{1,100}\*\*|\\[a-z]+\{[^$\s]{1,300})"
)
_CLOSING = (
    rf"(?is)(?:\b(?:is|are|be|equals|at|so|thus|hence|therefore|have|get|obtain|find)[:,]?|:(?:\*\*)?|=|(?<=[.\n]))\s+"
    rf"({_FORMULA}(?:(?:\s*,?\s*(?:and|or)|,)\s+{_FORMULA}){{0,9}})[\s.。]*$"
)
_IS = (
    r"(?:\b(?:is|are|equals|becomes|get|gives?(?: us| you)?)|['’]s)\s+"
    r"((?:(?!\b(?!sqrt|sin|cos|tan|log|exp|inf)[A-Za-z]{3,}).){1,60})$"
)
_SOME = (
    rf"(?is)\b(?:is|are|equals|has|have)\s+({_FORMULA})"
    r"(?:\s+(?!if|when|where|for|or|and|not|but|is)[a-z]+){1,3}[\s.。]*$"
)
_EQUALS = (
    r"(?<!\\)\b(?!sqrt|sin|cos|tan|log|exp)[A-Za-z]{3,}\b[^=]{0,60}(?:=[^=]{0,60})?="
    r"\s*((?:(?!\b(?!sqrt|sin|cos|tan|log|exp|inf)[A-Za-z]{3,})[^=]){1,60})$"
)
_EXPRESSION = r"\b(?:is|are|equals|has|have)\s+([^\sA-Za-z]{0,40}[√π^][^\sA-Za-z]{0,40})(?:\s[a-z]+){1,3}[\s.]*$"
_ASIDE = (
    r"\s+\((?:i\.e\.|(?:not|since|because|as|where|which|that is|rejecting|discarding|ignoring)\b)"
    r"[^()]*\)(?=[\s.]*$)"
)
_REASON = r"(?<=[\w)}$]),?\s+(?:since|because)\s.*$"
_LABEL = r"\W{0,4}[A-Za-z][A-Za-z ]{1,30}:\*{0,2}\s+(?=\S)"
_WORD = r"(?<!\\)\b[^\W\d_]{3,}"
_SENTENCE = r"(?:It|There|This|That|They|He|She|We|You|I|In|The|A|An|So|Thus|Hence|Therefore|Total|Each)\b(?=.*\d)"
_COUNTING = r"(?:It|There|They|He|She|We|So|Thus|Hence|Therefore)\b(?!.*\d)"
_HEDGED = r"(?i)\b(?:not|never|or|either|neither|maybe|between|less|more|most|least|than|if)\b|n['’]t"
_RESERVED = rf"{_HEDGED}|[$\\^=<>≤≥]"


def unmarked_answer(text: str) -> str | None:
    """The answer of a response, stripped of white space, that marks none; None where there is none."""
    if whole := re.fullmatch(_WHOLE, text):
        return clean(text) if whole[0].strip("$ \n") else None
    if "\n" not in text and re.search(_CODE, text):
        return text[:_SPAN]
    if re.search(_CUT_OFF, text[-40:]):
        return None
    text = text[:-_SPAN] + re.sub(_ASIDE, "", text[-_SPAN:])
    tail = text[-2 * _SPAN :]
    if option := re.search(_OPTION, tail):
        return option[1]
    tail = tail.replace("\\ ", " ")
    if closing := re.search(_CLOSING, tail) or re.search(_SOME, tail) or re.search(_EXPRESSION, tail):
        return clean(closing[1])
    if len(text) <= _SHORT and "\n" not in text and (answer := _of_line(text)):
        return answer
    return opening_number(text) or closing_number(text)


def _of_line(text: str) -> str | None:
    """The answer of a response of one short line, unless it is a sentence around a number."""
    line = re.sub(_REASON, "", clean(text))
    if "**" in line:
        return None
    if said := re.search(_IS, line) or re.search(_EQUALS, line):
        return clean(said[1])
    spelled = re.findall(words.SPELLED, line)
    if len(spelled) == 1 and re.match(_COUNTING, line) and not re.search(_HEDGED, line):
        return str(spelled[0])
    amount = re.sub(r"\\?\$(?=\d)", "", line) if line.count("$") == 1 else line
    if len(re.findall(_WORD, line)) > 3 or (re.match(_SENTENCE, line) and not re.search(_RESERVED, amount)):
        return None
    return clean(re.sub(_LABEL, "", line, count=1)) or None


def of_sentence(span: str) -> str:
    """The answer of a marked span that is a sentence of its own: `The total is **15**`; else the span."""
    if len(span) <= _SPAN and re.match(_SENTENCE, span) and not re.search(_HEDGED, span):
        return unmarked_answer(span) or span
    return span
