"""`judge` and `pairwise`: a rubric and a way to ask, made into a grader."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from rewardkit.errors import GradingError, RewardkitError, UnavailableError, UsageError
from rewardkit.graders.judge import forms
from rewardkit.graders.judge import prompt as prompts
from rewardkit.graders.judge.forms import Criterion, Form, Verdict
from rewardkit.graders.judge.prompt import Quotation
from rewardkit.graders.judge.reply import Unreadable
from rewardkit.reward import Grader, grader
from rewardkit.score import Score, Term

Ask: TypeAlias = Callable[[str], str]

_REPAIR = "\n\nYour last reply could not be read: {error}. Reply again, with the JSON object alone."


def judge(
    ask: Ask,
    rubric: str | Sequence[str | Criterion] | Mapping[str, float],
    *,
    scale: tuple[float, float] = (1, 5),
    labels: Mapping[str, float] | None = None,
    n: int = 1,
    name: str = "judge",
    limit: int = 20_000,
) -> Grader:
    """Make a grader that asks a language model how good an answer is by a rubric.

    Three forms: a number on a scale (a rubric that is text), a label (`labels`), a checklist (a rubric that is a
    list). The grader is called as `grader(answer, reference, prompt=…, context=…)`:

        answer       what is judged; None and what holds no letter, digit or symbol score lowest and cost no call
        reference    a right answer to compare with; may be left out, may be text or any JSON value
        prompt       what was asked: text, or the messages before the response
        context      what the answer must keep to, such as a document

    and returns 0 to 1 (with `labels`, what they say), with the judge's reason.

    Args:
        ask: from a prompt to the model's reply, such as `bedrock("amazon.nova-pro-v1:0")`.
        rubric: what is good, in words; or criteria: a list of texts or of `Criterion`, or a dict from text to
            weight. A checklist scores the weight that is met as a share of all positive weight; negative weights
            take away, down to 0. Each criterion is a term.
        scale: the worst and the best number of the first form; brought to 0 to 1.
        labels: the labels that the judge chooses from with the score of each, such as `{"right": 1, "wrong": 0}`.
        n: how many opinions: an odd number. The median counts, by criterion in a checklist; the reason says how
            many agree. No more are asked for than settle it. Opinions differ at a temperature above 0.
        name: of the score.
        limit: characters of each text that the judge sees; of longer ones it sees both ends, and what is missing.

    Raises:
        UsageError: (also when called) a rubric, scale, labels or n that mean nothing; `ask` returns no text.
        GradingError: (when called) the judge's reply is not what was asked for, nor is the second one.
        UnavailableError: (when called) `ask` raised something: the judge is down.
    """
    if isinstance(rubric, str) or not isinstance(rubric, (Sequence, Mapping)):
        _check_text(rubric)
        form = forms.on_a_scale(rubric, scale) if labels is None else forms.by_label(rubric, labels)
    elif labels is None:
        form = forms.by_checklist(rubric)
    else:
        raise UsageError("judge() got a checklist and labels: give one of the two")
    _check(n, name, limit)

    @grader
    def judged(
        answer: str | None,
        reference: object = None,
        *,
        prompt: str | Sequence[Mapping[str, object]] | None = None,
        context: str | None = None,
    ) -> Score:
        if answer is None or not _says_something(answer, reference):
            return Score(form.floor, _nothing(answer), name=name)
        quoted = [*_asked(prompt, context), *_reference(reference), Quotation("ANSWER", answer)]
        score = form.score(_verdicts(ask, form, quoted, n, limit))
        return Score(score, score.reason, name=name, terms=score.terms)

    return judged


def pairwise(ask: Ask, rubric: str, *, n: int = 1, name: str = "pairwise", limit: int = 20_000) -> Grader:
    """Make a grader that asks a language model which of two answers is better by a rubric.

    The grader is called as `grader(answer, other, prompt=…, context=…)`, where `other` is what the answer is held
    against, such as the base model's. The judge sees both orders, because judges favour a place (Zheng et al.
    2023, "Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena"): each order counts one half where the answer
    wins, one quarter for a tie, nothing where it loses. So 1 won both, 0 lost both, and 0.5 is a tie or a
    favoured place.

    Args:
        ask: from a prompt to the model's reply.
        rubric: what is better, in words.
        n: how many opinions for each order: an odd number; the median counts.
        name: of the score.
        limit: characters of each text that the judge sees.

    Raises:
        UsageError, UnavailableError: as `judge`.
        GradingError: as `judge`; also (when called) `other` says nothing.
    """
    _check_text(rubric)
    form = forms.by_preference(rubric)
    _check(n, name, limit)

    @grader
    def preferred(
        answer: str | None,
        other: str | None,
        *,
        prompt: str | Sequence[Mapping[str, object]] | None = None,
        context: str | None = None,
    ) -> Score:
        if other is None or not other.strip():
            raise GradingError("there is no other answer to compare with: give the second argument some text")
        if answer is None or not _says_something(answer, other):
            return Score(0.0, _nothing(answer), name=name)
        if answer.strip() == other.strip():
            return Score(0.5, "both answers are the same text", name=name)
        asked = _asked(prompt, context)
        first = [*asked, Quotation("FIRST ANSWER", answer), Quotation("SECOND ANSWER", other)]
        second = [*asked, Quotation("FIRST ANSWER", other), Quotation("SECOND ANSWER", answer)]
        ahead = form.score(_verdicts(ask, form, first, n, limit))
        behind = form.score(_verdicts(ask, form, second, n, limit))
        terms = (
            Term(0.5, Score(ahead, ahead.reason, name=f"{name}_as_first")),
            Term(0.5, Score(1 - float(behind), behind.reason, name=f"{name}_as_second")),
        )
        value = (float(ahead) + 1 - float(behind)) / 2
        return Score(value, _outcome(value), name=name, terms=terms)

    return preferred


def _verdicts(ask: Ask, form: Form, quoted: Sequence[Quotation], n: int, limit: int) -> list[Verdict]:
    """Opinions, until the median is settled: more than half of n say the same."""
    verdicts: list[Verdict] = []
    for vote in range(n):
        text = prompts.write(form.rubric, quoted, form.task, limit=limit, vote=vote)
        verdicts.append(_verdict(ask, text, form))
        if max(Counter(verdict.values for verdict in verdicts).values()) > n // 2:
            break
    return verdicts


def _verdict(ask: Ask, text: str, form: Form) -> Verdict:
    """One opinion. A reply that cannot be read goes back once with what is wrong with it."""
    try:
        return form.read(_asked_for(ask, text))
    except Unreadable as error:
        repair = text + _REPAIR.format(error=error)
    reply = _asked_for(ask, repair)
    try:
        return form.read(reply)
    except Unreadable as error:
        raise GradingError(
            f"the judge was asked twice, and its reply cannot be read: {error}. It said {reply[:200]!r}"
        ) from None


def _asked_for(ask: Ask, text: str) -> str:
    try:
        reply = ask(text)
    except RewardkitError:
        raise
    except Exception as error:
        raise UnavailableError(f"the judge could not be asked: {type(error).__name__}: {error}") from error
    if not isinstance(reply, str):
        raise UsageError(f"ask returned {reply!r:.80} ({type(reply).__name__}): it takes text and returns text")
    return reply


def _asked(asked: str | Sequence[Mapping[str, object]] | None, context: str | None) -> list[Quotation]:
    found = [] if context is None else [Quotation("CONTEXT", context)]
    return found if asked is None else [*found, prompts.conversation(asked)]


def _reference(reference: object) -> list[Quotation]:
    return [] if reference is None else [Quotation("REFERENCE ANSWER", prompts.plain(reference))]


def _says_something(answer: str, reference: object) -> bool:
    """Whether there is more than punctuation and white space, unless just that is expected."""
    return _has_content(answer) or (isinstance(reference, str) and not _has_content(reference))


def _nothing(answer: str | None) -> str:
    return "no answer in the response" if answer is None else f"nothing to judge: {answer[:40]!r}"


def _has_content(text: str) -> bool:
    return any(unicodedata.category(letter)[0] in "LNS" for letter in text)


def _outcome(value: float) -> str:
    return "better" if value > 0.5 else "worse" if value < 0.5 else "neither is better"


def _check_text(rubric: object) -> None:
    if not isinstance(rubric, str) or not rubric.strip():
        raise UsageError(f"a rubric must say what is good, and this one is {rubric!r:.80}")


def _check(n: int, name: str, limit: int) -> None:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1 or n % 2 == 0:
        raise UsageError(f"n is how many opinions the median is taken of, an odd number, and is {n!r}: try n=3")
    if not name or not isinstance(name, str):
        raise UsageError(f"the name of a score is some text, and is {name!r}")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 100:
        raise UsageError(
            f"limit is how many characters of each text the judge sees, 100 or more, and is {limit!r}"
        )
