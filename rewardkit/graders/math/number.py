r"""Numbers: reading one out of an answer span, and comparing two exactly.

A span is one number or none at all. `$1,250`, `1\,250 \text{ dollars}`, `x = 1250` and `about **1250** apples`
are one; `12 or 15`, `3-4`, `not 42`, `7x` and `x=1, y=2` are none, because whoever says more than one number, or
something about a number, has not answered with it. Arithmetic is done on fractions: 72.00 is 72, 0.33 is not 1/3.

What surrounds the number:

- A word that is not a unit says nothing. A unit that only one side has is forgiven. Two units must measure the
  same thing and agree after conversion: `5 cm` is `50 mm`, and neither is `5 kg`.
- Two percents are compared as they stand. An answer in percent for a bare reference is read by the size of the
  reference: up to 1 that is a part of one, above it counts percents. So `35%` is right for `0.35` and for `35`,
  and `0.35%` and `3500%` are right for neither. For the reference `35%` both `0.35` and `35` are right.
- `1,250` and `1 250` are 1250; a comma that does not set off three digits is a decimal comma: `18,60` is 18.6.
  In a reference that could as well be two numbers, and raises.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from fractions import Fraction

from rewardkit.errors import GradingError, UsageError
from rewardkit.graders.math import units, words
from rewardkit.graders.math.plain import plain
from rewardkit.reward import grader
from rewardkit.score import Score

_LONGEST = 2000  # characters of a span
_DIGITS = 600  # of a number, and the largest exponent of ten; below the least limit Python can be set to


@grader
def number_equal(
    answer: str | int | float | None, reference: str | int | float, *, tolerance: float = 0.0
) -> Score:
    """Is the answer the number of the reference?

    Args:
        answer: an answer span, such as `final_answer` returns, or a number; None scores 0.
        reference: the expected number; text may carry a unit, a percent sign or a `x =`.
        tolerance: the largest difference that still counts as equal, absolute, in the unit of the reference.

    Returns:
        1 or 0. The reason says what was read.

    Raises:
        GradingError: the reference cannot be read as one number.
        UsageError: the tolerance is negative or not finite.
    """
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise UsageError(f"tolerance is {tolerance}: give a difference from 0 up, such as tolerance=0.01")
    expected = _reference(reference)
    if answer is None:
        return Score(0.0, f"no final answer found in the response, expected {expected}")
    try:
        read = read_number(str(answer))
    except NotANumber as why:
        return Score(0.0, f"read {clip(str(answer))}, which is not one number ({why}), expected {expected}")
    if _same(read, expected, Fraction(repr(float(tolerance)))):
        return Score(1.0, f"{read} = {expected}")
    return Score(0.0, f"read {read}, expected {expected}")


@dataclass(frozen=True, slots=True)
class Number:
    """One number as it was written.

    Attributes:
        value: its value; of `50%` it is 50.
        text: the part of the span that was read.
        percent: whether a percent sign or word follows it.
        unit: the unit next to it, if it is a known one.
    """

    value: Fraction
    text: str
    percent: bool = False
    unit: units.Unit | None = None

    def __str__(self) -> str:
        return self.text if len(self.text) <= 60 else f"{self.text[:57]}..."


class NotANumber(ValueError):
    """A span is not one number; the message says why."""


def read_number(span: str) -> Number:
    """The one number of an answer span.

    Raises:
        NotANumber: it holds none, several, or something that is more than a number.
    """
    if len(span) > _LONGEST:
        raise NotANumber(f"{len(span)} characters long")
    text = plain(span)
    if hedge := _HEDGE.search(text):
        raise NotANumber(f"it says {hedge.group()!r}")
    *lefts, last = _SIDES.split(text)
    number = _single(last if lefts else _LABEL.sub("", last, count=1))
    if "=" in text:
        _check_left(lefts[0], lefts[-1], number)
    return number


def clip(text: str) -> str:
    """A text quoted on one line, its middle left out where it is long."""
    return repr(text if len(text) <= 100 else f"{text[:60]}…{text[-30:]}")


def _reference(reference: str | int | float) -> Number:
    advice = "give one number as the reference, or grade this rollout with another grader"
    if isinstance(reference, bool) or not isinstance(reference, (str, int, float)):
        raise GradingError(f"the reference is {clip(str(reference))} ({type(reference).__name__}): {advice}")
    try:
        written = reference if isinstance(reference, str) else repr(reference)
        number = read_number(written)
        _check_reference(plain(written))
    except ValueError as why:  # also what Python says of an int with too many digits to print
        shown = clip(reference) if isinstance(reference, str) else type(reference).__name__
        raise GradingError(f"the reference {shown} is not one number ({why}): {advice}") from why
    return number


def _check_reference(text: str) -> None:
    """A reference needs no words before its number, as in `June 20`, and no comma that may separate two."""
    last = _LABEL.sub("", _SIDES.split(text)[-1])
    word = re.match(r"\W*([^\W\d_]{2,})", last)
    if word and not re.match(words.SPELLED, word[1]) and word[1].lower() not in _BEFORE_A_NUMBER:
        raise NotANumber(f"it begins with {word[1]!r}")
    if comma := re.search(r"(?<![\d,.])(?!0)\d+,\d+(?![\d,])", re.sub(r"\d{1,3}(?:,\d{3})+(?!\d)", "", last)):
        raise NotANumber(f"{comma.group()} may be two numbers; write a decimal point")


def _same(read: Number, expected: Number, tolerance: Fraction) -> bool:
    ours, theirs = read.value, expected.value
    if read.unit and expected.unit:
        if read.unit.kind != expected.unit.kind:
            return False
        return abs(ours * read.unit.factor - theirs * expected.unit.factor) <= tolerance * expected.unit.factor
    if (read.percent and expected.unit) or (read.unit and expected.percent):
        return False
    if read.percent and not expected.percent and abs(theirs) <= 1:
        ours /= 100
    elif expected.percent and not read.percent and (abs(ours) <= 1 or ours * 100 == theirs):
        ours *= 100
    return abs(ours - theirs) <= tolerance


# --- one span of text, from the outside in ---

_HEDGE = re.compile(
    r"(?i)\b(?:or|either|neither|nor|not|never|except|than|squared|cubed|factorial|mod|modulo|plus|wrong|incorrect|"
    r"infinity|inf|nan|and a (?:half|third|quarter))\b|n't\b|[±≠…]|\.\.\.|"
    r"^[-+]?\s*[(\[]\s*[-+]?[\d.]+\s*,"
)
_BEFORE_A_NUMBER = {"about", "approximately", "approx", "around", "roughly", "exactly", "usd", "eur", "gbp", "us"}
_SIDES = re.compile(r"(?<![<>!:])=|≈|→")
_LABEL = re.compile(r"[^\d:$]{1,80}:\s*")
_LISTED = re.compile(r"(?i)[,;]\s|;|\band\b")

_INDEX = re.compile(r"(?<=[A-Za-z])_(?:\{[^{}]*\}|\w)")
_NAME = re.compile(r"\\?(?!sin|cos|tan|log|ln|exp)[A-Za-z]+'?(?:\s?\([^()=]*\)|\s[A-Z]{1,4})?")
_UNNAMED = re.compile(
    r"[^\W\0]\0|\\(?!sqrt)"
    r"|(?<![A-Za-z'])[A-Za-z](?![A-Za-z']).*[-+*/^×÷]"
    r"|[-+*/^×÷].*(?<![A-Za-z'])[A-Za-z](?![A-Za-z'])"
)
_VARIABLE = re.compile(r"(?<![A-Za-z'])[A-Za-z](?![A-Za-z'])")

_GROUPED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?|\d{1,3}(?:\.\d{3})+,\d+"
_DECIMAL = rf"(?:(?:{_GROUPED}|\d+,\d+|\.\d+)(?!\d)|\d+(?:\.\d*)?)"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]\s*)?(?:(?P<currency>{units.CURRENCY})\s*)?(?P<inner>[-+])?"
    rf"(?:10\s*\^\s*(?:\{{\s*(?P<ten>[-+]?\d+)\s*\}}|(?P<bare_ten>[-+]?\d+))"
    rf"|(?P<whole>\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\s+and)?\s+(?P<above>\d+)\s*/\s*(?P<below>\d+)"
    rf"|(?P<dividend>{_DECIMAL})\s*/\s*(?P<divisor>{_DECIMAL})"
    rf"|(?P<plain>{_DECIMAL})(?:[eE](?P<e>[-+]?\d+)|\s*[×x*]\s*10\s*\^\s*(?P<power>\{{\s*[-+]?\d+\s*\}}|[-+]?\d+))?)"
)
_SCALE = re.compile(r"(?i)[\s-]*\b(hundred|thousand|million|billion|trillion|dozen)\b")
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_PERCENT = re.compile(r"(?i)\s*(?:%|-?\s*(?:percent|per cent|pct|prozent)\b)")

# In the rest of the span a NUL stands for each number.
_MORE = [
    re.compile(pattern)
    for pattern in (
        r"(?i)\b(?:no|but|least|most|under|over|above|below|beyond|half|twice|double|triple|root|anything|times|between|"
        r"without|log|ln|sin|cos|tan|exp)\b[^\0]*\0",
        r"[A-Za-z]\w*\s*\(\s*\0",
        r"[\\^_{}<>|+*×÷=;√π∞∪∈&#@≤≥∓]|/(?=[\s\0\d(]|$)|(?<=[\0\s])/",
        r"-\s*\0|\0\s*-(?!\s*[A-Za-z])|-$|\0\)*\s*[:!]|(?:^|\s)-(?=[A-Za-z])",
        r"\w\0|\0\s*\0|\0(?!(?:st|nd|rd|th|[NJWVAKCF])\b)[^\W\0]|\0[.,]\d",
        r"(?<![\w'’.])[b-zB-HJ-Z](?![\w'’])|\0\s*[aiI](?=\W*$)",
    )
]


def _single(text: str) -> Number:
    """The number of one side of an equation, or of a span that has no sides."""
    numbers, rest = _numbers(text)
    if not numbers:
        return _spelled(text)
    first = numbers[0]
    for other in numbers[1:]:
        if not _same(other, first, Fraction(0)):
            raise NotANumber(f"it holds {first} and {other}")
    for pattern in _MORE:
        if more := pattern.search(rest):
            raise NotANumber(f"there is more to it: {clip(more.group().replace(chr(0), str(first)).strip())}")
    if re.search(r"(?i)\bbelow (?:zero|sea level)\b", rest):
        return replace(first, value=-abs(first.value), text=f"-{first.text.lstrip('-')}")
    return first


def _numbers(text: str) -> tuple[list[Number], str]:
    """The numbers of a text, and the rest of it with a NUL for each."""
    numbers, rest, position = [], "", 0
    for match in _NUMBER.finditer(text):
        if match.start() < position:
            continue
        number, end = _number(match, text)
        numbers.append(number)
        rest, position = f"{rest}{text[position : match.start()]}\0", end
    return numbers, rest + text[position:]


def _number(match: re.Match[str], text: str) -> tuple[Number, int]:
    """The number of a match with the scale, percent sign or unit behind it, and where it ends."""
    value, end = _value(match), match.end()
    if scale := _SCALE.match(text, end):
        word = scale.group(1).lower()
        value, end = value * (12 if word == "dozen" else 10 ** _SCALES[word]), scale.end()
    unit = units.named(match["currency"]) if match["currency"] else None
    percent = _PERCENT.match(text, end)
    if percent:
        end = percent.end()
    elif behind := units.behind(text, end):
        unit, end = unit or units.unit_of(behind), behind.end()
    elif text.startswith("°", end):
        end += 1
    written = " ".join(text[match.start() : end].split()).removesuffix(".")
    return Number(value, written, bool(percent), unit), end


def _value(match: re.Match[str]) -> Fraction:
    parts = match.groupdict()
    if parts["ten"] or parts["bare_ten"]:
        value = _scaled(Fraction(1), parts["ten"] or parts["bare_ten"])
    elif parts["whole"]:
        value = _decimal(parts["whole"]) + _divided(parts["above"], parts["below"])
    elif parts["dividend"]:
        value = _divided(parts["dividend"], parts["divisor"])
    else:
        value = _scaled(_decimal(parts["plain"]), parts["e"] or (parts["power"] or "0").strip("{} "))
    minuses = (parts["sign"] or "").count("-") + (parts["inner"] or "").count("-")
    return -value if minuses % 2 else value


def _decimal(written: str) -> Fraction:
    """The value of digits with separators in them."""
    if len(written) > _DIGITS:
        raise NotANumber(f"a number of {len(written)} digits")
    digits = written.replace(" ", "").replace("'", "")
    if re.fullmatch(r"(?:\d{1,3}(?:\.\d{3})+|\d+),\d+", digits) and not re.fullmatch(
        r"[1-9]\d{0,2},\d{3}", digits
    ):
        digits = digits.replace(".", "").replace(",", ".")
    return Fraction(digits.replace(",", "").removesuffix(".") or "0")


def _divided(above: str, below: str) -> Fraction:
    divisor = _decimal(below)
    if not divisor:
        raise NotANumber("a division by zero")
    return _decimal(above) / divisor


def _scaled(value: Fraction, exponent: str) -> Fraction:
    if len(exponent) > 9 or abs(int(exponent)) > _DIGITS:
        raise NotANumber(f"an exponent beyond {_DIGITS}")
    return value * Fraction(10) ** int(exponent)


def _spelled(text: str) -> Number:
    """The number of a span without digits."""
    found = list(re.finditer(words.SPELLED, text))
    value = words.value_of(found[0].group()) if len(found) == 1 else None
    if value is None:
        raise NotANumber("no number in it" if not found else "several number words")
    rest = re.sub(words.SPELLED, "\0", text)
    percent = _PERCENT.match(text, found[0].end())
    unit = units.behind(text, found[0].end())
    rest = rest.replace("\0" + (unit.group() if unit else ""), "\0")
    for pattern in _MORE:
        if pattern.search(rest):
            raise NotANumber("there is more to it than a number word")
    return Number(Fraction(value), found[0].group(), bool(percent), units.unit_of(unit) if unit else None)


def _check_left(first: str, last: str, number: Number) -> None:
    """What stands left of the `=` may be a name or a sum of numbers; `x = 1, y` and `4x - 5y` are neither."""
    first, last = (_LABEL.sub("", _INDEX.sub("", side.strip()), count=1) for side in (first, last))
    if not last or last[-1] in "<>!≠":
        raise NotANumber("an equation without a left side")
    numbers, rest = _numbers(last)
    if numbers and _LISTED.search(rest):
        raise NotANumber("it gives several values")
    if not _NAME.fullmatch(first) and (_UNNAMED.search(rest) or (numbers and _VARIABLE.search(rest))):
        raise NotANumber("an equation")
    try:
        same = _same(_single(last), number, Fraction(0))
    except NotANumber:
        return
    if not same:
        raise NotANumber("its two sides differ")
