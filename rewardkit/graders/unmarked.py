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
    rf"(?is)(?:\b(?:is|are|equals|at|so|thus|hence|therefore|have|get|obtain|find)[:,]?|:(?:\*\*)?|=|(?<=[.\n]))\s+"
    rf"({_FORMULA}(?:(?:\s*,?\s*(?:and|or)|,)\s+{_FORMULA}){{0,9}})[\s.。]*$"
)
_IS = (
    r"(?:\b(?:is|are|equals|becomes|get|gives?(?: us| you)?)|['’]s)\s+"
    r"((?:(?!\b(?!sqrt|sin|cos|tan|log|exp|inf)[A-Za-z]{3,}).){1,60})$"
)
_LABEL = r"\W{0,4}[A-Za-z][A-Za-z ]{1,30}:\*{0,2}\s+(?=\S)"
_WORD = r"(?<!\\)\b[^\W\d_]{3,}"
_SENTENCE = r"(?:It|There|This|That|They|He|She|We|You|I|In|The|A|An|So|Thus|Hence|Therefore|Total|Each)\b(?=.*\d)"
_RESERVED = r"(?i)\b(?:not|never|or|either|neither|maybe|between|less|more|most|least|than|if)\b|n['’]t|[$\\^=]"


def unmarked_answer(text: str) -> str | None:
    """The answer of a response, stripped of white space, that marks none; None where there is none."""
    if whole := re.fullmatch(_WHOLE, text):
        return clean(text) if whole[0].strip("$ \n") else None
    if "\n" not in text and re.search(_CODE, text):
        return text[:_SPAN]
    if re.search(_CUT_OFF, text[-40:]):
        return None
    tail = text[-2 * _SPAN :]
    if option := re.search(_OPTION, tail):
        return option[1]
    if closing := re.search(_CLOSING, tail.replace("\\ ", " ")):
        return clean(closing[1])
    short = len(text) <= _SHORT and "\n" not in text
    if said := re.search(_IS, clean(tail.rpartition("\n")[2])) if short else None:
        return clean(said[1])
    if (
        short
        and len(re.findall(_WORD, text)) <= 3
        and not (re.match(_SENTENCE, text) and not re.search(_RESERVED, text))
    ):
        return clean(re.sub(_LABEL, "", text, count=1)) or None
    return opening_number(text) or closing_number(text)
