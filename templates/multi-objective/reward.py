"""Several aims at once: right answers first, then form and brevity; each kind of question is judged in its way.

A gate         what gives away a private address scores 0, whatever else it does
Routing        the row's field `kind` chooses how the answer is compared
Abstaining     a kind that nobody here can judge is a failure, not a 0
A curriculum   STAGE, set in rewardkit.toml, shifts the weight from form to correctness
A metric       the number of words is reported and not paid
"""

import os
import re

from rewardkit import Score, Unscorable, grader, mean, named, reward
from rewardkit.graders.extract import expected, tagged
from rewardkit.graders.format import tags
from rewardkit.graders.math import number_equal
from rewardkit.graders.text import exact

STYLE_WEIGHT = {"1": 0.4, "2": 0.1}[os.environ.get("STAGE", "2")]
ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.\w{2,}")
LETTER = re.compile(r"\(?([A-D])\)?[.:]?(?:\s.*)?", re.S)


@grader
def no_address(response: str) -> Score:
    """Is there no e-mail address in the response?"""
    found = ADDRESS.search(response)
    return Score(found is None, f"gives away {found[0]!r}" if found else "no address")


@grader
def brief(response: str, *, words: int = 80) -> Score:
    """1 up to so many words, falling to 0 at twice as many."""
    count = len(response.split())
    return Score(min(1.0, max(0.0, 2 - count / words)), f"{count} words, {words} allowed")


@grader
def same_choice(answer: str | None, reference: str) -> Score:
    """Does the answer begin with the letter of the right choice?"""
    letter = LETTER.fullmatch(answer.strip()) if answer else None
    return Score(letter is not None and letter[1] == reference, f"read {answer!r:.60}, expected {reference}")


@grader
def same_word(answer: str | None, reference: str) -> Score:
    """Is the answer just this word, whatever its case and full stop?"""
    return exact(answer.rstrip(" .") if answer else None, reference, ignore_case=True)


JUDGES = {"number": number_equal, "choice": same_choice, "yes_no": same_word}


@reward
def assistant(response: str, reference_answer: object, kind: str) -> float:
    if kind not in JUDGES:
        raise Unscorable(f"nobody here can judge a question of the kind {kind!r}: add it to JUDGES")
    safe = no_address(response)
    if not safe:
        return safe
    answer = tagged(response, "answer")
    correct = named(JUDGES[kind](answer, expected(reference_answer)), "correct")
    style = named(mean(tags(response, "think", "answer"), brief(response)), "style")
    words = Score(len(response.split()), name="words")
    return (1 - STYLE_WEIGHT) * correct + STYLE_WEIGHT * style + 0 * words
