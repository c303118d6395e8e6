"""What a model might answer: the responses among which the rehearsal's small policy chooses.

For a prompt with enough recorded rollouts these are the candidates, and the base model gives each of them equally
often. For any other prompt there are variations of the reference: right and wrong values in the styles in which
models answer, and the base model is right about half the time.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from rewardkit.errors import GradingError
from rewardkit.rollout import Message, text_of

# With fewer recorded rollouts than this a prompt gets variations as well.
ENOUGH_RECORDED = 6

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_CHATTY = (
    "Great question! Let me think about this carefully, because it is easy to slip here. {working} So, after "
    "going through all of that step by step and checking it once more, I am quite confident that the answer is "
    "{value}. I hope that this helps, and feel free to ask if anything is still unclear!"
)


@dataclass(frozen=True)
class Candidate:
    """One response that a model might give.

    Attributes:
        text: the response.
        right: from 0 to 1, whether it carries the reference's value.
        cut: whether it stops in the middle.
    """

    text: str
    right: float
    cut: bool = False


def normalised(messages: Sequence[Message]) -> str:
    """The key of a prompt: the texts of its messages without the last response, in one spelling of white space."""
    asked = [message for message in messages if message.get("role") in ("user", "tool", "assistant")]
    while asked and asked[-1].get("role") != "user":
        asked.pop()
    return " ".join(" ".join(text_of(message.get("content")) for message in asked).split()).casefold()


def expected_text(reference: Any) -> str:
    """The value that a right answer carries, as text; the reference's own text where there is no single value."""
    from rewardkit.graders.extract import expected

    try:
        value = expected(reference)
    except GradingError:
        value = reference
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def recorded(texts: Sequence[tuple[str, bool | float | None]], value: str) -> list[Candidate]:
    """Candidates from recorded rollouts: (text, label) each; the label, where there is one, says what is right."""
    return [
        Candidate(text, rightness(text, value) if label is None else min(max(float(label), 0.0), 1.0))
        for text, label in texts
    ]


def rightness(text: str, value: str) -> float:
    """1 if the response commits to the value, 0.5 if it hedges with it among others, else 0."""
    from rewardkit.graders.extract import final_answer

    claim = final_answer(text) or ""
    if same(claim, value) or same(text, value):
        return 1.0
    numbers = _NUMBER.findall(claim)
    if not any(same(number, value) for number in numbers):
        return 0.0
    return 1.0 if len(numbers) == 1 else 0.5


def variations(prompt: str, reference: Any, others: Sequence[str], seed: str) -> list[Candidate]:
    """Candidates made from the reference.

    Args:
        prompt: the prompt's text; wrong answers like to repeat its numbers.
        reference: the reference answer.
        others: values of other prompts; wrong answers for references that are no numbers.
        seed: what makes the choice of wrong values repeatable.
    """
    chance = random.Random(hashlib.sha256(seed.encode()).digest())
    value = expected_text(reference)
    working = _working(prompt, reference, value)
    wrong = _wrong(value, prompt, others, chance)
    if len(value) > 200 or "\n" in value:
        return _long_candidates(value, wrong)
    made = [Candidate(text, 1.0) for text in _styles(working, value)]
    for place in range(len(made)):
        other = wrong[place % len(wrong)]
        # Who ends at a wrong value has come by it on the way.
        mistaken = other.join(re.split(rf"(?<![\w.]){re.escape(value)}(?!\w|\.\d)", working))
        made.append(Candidate(_styles(mistaken, other)[place], 0.0))
    hedge = f"{working}\nIt comes to {value} or {wrong[0]}.\n#### {value} or {wrong[0]}"
    half = working[: max(len(working) * 2 // 3, 1)].rstrip(". ")
    return [*made, Candidate(hedge, 0.5), Candidate(half, 0.0, cut=True), Candidate("", 0.0)]


def same(left: str, right: str) -> bool:
    """Whether two values are the same number, or the same words."""
    try:
        return _decimal(left) == _decimal(right)
    except InvalidOperation:
        return bool(_words(right)) and _words(left) == _words(right)


def _styles(working: str, value: str) -> list[str]:
    return [
        f"{working}\n#### {value}",
        f"#### {value}",
        f"The answer is {value}.",
        f"{working}\nTherefore the result is \\boxed{{{value}}}",
        f"<think>{working}</think>\n<answer>{value}</answer>",
        _CHATTY.replace("{working}", working).replace("{value}", value),
        value,
    ]


def _long_candidates(value: str, wrong: Sequence[str]) -> list[Candidate]:
    """For references that are whole texts: the text, framed and not, and what went wrong with it."""
    framed = f"Here is what I came up with:\n\n{value}"
    fenced = f"```\n{value}\n```"
    half = value[: len(value) // 2].rstrip()
    bad = [Candidate(text, 0.0) for text in wrong]
    good = [Candidate(value, 1.0), Candidate(framed, 1.0), Candidate(fenced, 1.0)]
    return [*good, *bad, Candidate(half, 0.0, cut=True), Candidate("", 0.0)]


def _wrong(value: str, prompt: str, others: Sequence[str], chance: random.Random) -> list[str]:
    """Wrong values, all different from the right one; at least one."""
    found = _wrong_numbers(value, prompt) if _is_number(value) else _wrong_texts(value, others, chance)
    kept = [other for other in dict.fromkeys(found) if other.strip() and not same(other, value)]
    chance.shuffle(kept)
    return kept or ["I do not know"]


def _wrong_numbers(value: str, prompt: str) -> list[str]:
    number = _decimal(value)
    digits = value.replace(",", "").lstrip("-")
    swapped = digits[1] + digits[0] + digits[2:] if len(digits) > 1 and digits[:2].isdigit() else digits + "0"
    asked = _NUMBER.findall(prompt)[:3]
    made = [number + 1, number - 1, number * 10, -number if number else Decimal(2)]
    return [f"{item:f}" for item in made] + [swapped, *asked]


def _wrong_texts(value: str, others: Sequence[str], chance: random.Random) -> list[str]:
    words = value.split()
    mixed = chance.sample(words, len(words))
    picked = chance.sample(list(others), min(3, len(others)))
    return [*picked, " ".join(mixed), " ".join(words[: len(words) // 2]), "I do not know"]


def _working(prompt: str, reference: Any, value: str) -> str:
    """Some reasoning to go before the value: the reference's own, where it has any."""
    text = reference.get("text", "") if isinstance(reference, dict) else reference
    lines = [] if not isinstance(text, str) else [line for line in text.splitlines() if "####" not in line]
    own = re.sub(r"<<.*?>>", "", "\n".join(lines)).strip()
    if len(own.split()) > 5 and not same(own, value):
        return own
    numbers = ", ".join(_NUMBER.findall(prompt)[:4])
    given = f"The question gives {numbers}." if numbers else "Let me look at what is asked."
    return f"{given} Going through it one step at a time leads to the result."


def _is_number(text: str) -> bool:
    try:
        return _decimal(text).is_finite()
    except InvalidOperation:
        return False


def _decimal(text: str) -> Decimal:
    if len(text) > 100:
        raise InvalidOperation
    return Decimal(text.strip().strip("$%. ").replace(",", ""))


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text).casefold().split())
