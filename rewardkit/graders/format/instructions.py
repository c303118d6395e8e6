r"""The 25 verifiable instructions of IFEval, by their published ids and arguments, strict and loose.

Zhou et al., "Instruction-Following Evaluation for Large Language Models" (2023), and the checks published with it.
What those checks do is what counts here, with its oddities: `don't` is two words, a keyword is found inside longer
words, `e.g.` ends a sentence, and text without any language passes for English. For rewards of your own the plain
graders beside this file are the better-mannered ones.

Each check takes the response and its arguments by their published names and says what it counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from rewardkit.errors import GradingError
from rewardkit.graders.format.capitals import count_capital_words
from rewardkit.graders.format.counting import count_words
from rewardkit.graders.format.languages import detected
from rewardkit.graders.format.reasons import listed
from rewardkit.graders.format.sentences import punkt_sentences
from rewardkit.reward import grader
from rewardkit.score import Score, Term

_LONGEST = 400_000  # characters that are judged, the first ones


class _Verdict(NamedTuple):
    """Whether an instruction is followed, and what was seen."""

    followed: bool
    seen: str


@grader
def ifeval(
    response: str | None,
    instruction_id_list: Sequence[str],
    kwargs: Sequence[Mapping[str, Any]],
    *,
    loose: bool = False,
    partial: bool = False,
) -> Score:
    """Does the response follow these instructions of IFEval?

    Args:
        response: the whole response; None or an empty one scores 0.
        instruction_id_list: the ids, such as `length_constraints:number_words`, as the data set has them.
        kwargs: for each id its arguments, such as `{"relation": "at least", "num_words": 200}`; None counts as
            absent.
        loose: an instruction also counts as followed when it is without the first line, the last line or both, or
            without the asterisks: the published upper bound.
        partial: pay the share of the instructions that are followed, instead of 1 for all and 0 otherwise.

    Returns:
        1 or 0, or with `partial` the share. The terms of the score are the instructions, each with what was seen.

    Raises:
        GradingError: the row has an unknown id, lacks an argument, or has one that cannot be judged against.
    """
    checks = _checks(instruction_id_list, kwargs)
    variants = _loosened(response) if response and loose else [response or ""]
    verdicts = [(name, _first(check, variants)) for name, check in checks]
    scores = [Score(verdict.followed, verdict.seen, name=name) for name, verdict in verdicts]
    followed = sum(map(int, scores))
    value = followed / len(scores) if partial else float(followed == len(scores))
    terms = tuple(Term(1 / len(scores) if partial else 0.0, score) for score in scores)
    reason = f"{followed} of {len(scores)} followed" if response and response.strip() else "no response"
    return Score(value, reason, terms=terms)


def instructions() -> tuple[str, ...]:
    """The ids that `ifeval` knows."""
    return tuple(_CHECKS)


def _checks(names: object, kwargs: object) -> list[tuple[str, Callable[[str], _Verdict]]]:
    """Each instruction with its check, the arguments filled in."""
    lists = [item for item in (names, kwargs) if isinstance(item, Sequence) and not isinstance(item, str)]
    if len(lists) < 2 or not 0 < len(lists[0]) == len(lists[1]):
        raise GradingError(
            f"the row has the instruction ids {names!r:.100} and the kwargs {kwargs!r:.100}: give two lists "
            f"as long as each other, with one of each for every instruction"
        )
    return [(name, _check(name, given)) for name, given in zip(*lists, strict=True)]


def _check(name: str, given: Mapping[str, Any] | None) -> Callable[[str], _Verdict]:
    """The check of an instruction with its arguments filled in."""
    given = {} if given is None else given
    if not isinstance(given, Mapping):
        raise GradingError(f"the kwargs of {name!r:.80} must be a mapping, and are {given!r:.80}")
    if name not in _CHECKS:
        raise GradingError(f"{name!r:.80} is no instruction of IFEval. They are: {', '.join(_CHECKS)}")
    check, needs = _CHECKS[name]
    filled = {need: given.get(need) for need in needs}
    for need, value in filled.items():
        _KINDS[need](name, need, value)
    return lambda response: check(response, **filled)


def _first(check: Callable[[str], _Verdict], variants: Sequence[str]) -> _Verdict:
    """The first verdict that says followed, or else that on the response as it is."""
    verdicts = [_Verdict(False, "no response")]
    for number, variant in enumerate(variants):
        if variant.strip():
            verdict = check(variant[:_LONGEST])
            if verdict.followed:
                return verdict if not number else _Verdict(True, f"{verdict.seen} (loosely)")
            verdicts.append(verdict)
    return verdicts[1] if len(verdicts) > 1 else verdicts[0]


def _loosened(response: str) -> list[str]:
    lines = response.split("\n")
    texts = [response, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return [texts[0], texts[0].replace("*", ""), *texts[1:], *(text.replace("*", "") for text in texts[1:])]


# What a row's arguments have to be.


def _text(name: str, need: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise GradingError(f"{name} needs a text as {need!r}, and the row has {value!r:.80}")


def _texts(name: str, need: str, value: object) -> None:
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise GradingError(f"{name} needs a list of texts as {need!r}, and the row has {value!r:.80}")
    for item in value:
        _text(name, need, item)


def _number(name: str, need: str, value: object) -> None:
    # JSON made by way of a data frame has 3.0 for 3.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or value < 0:
        raise GradingError(f"{name} needs a number as {need!r}, and the row has {value!r:.80}")


def _letter(name: str, need: str, value: object) -> None:
    if not isinstance(value, str) or len(value.strip()) != 1:
        raise GradingError(f"{name} needs one character as {need!r}, and the row has {value!r:.80}")


def _relation(name: str, need: str, value: object) -> None:
    if value not in _RELATIONS:
        raise GradingError(
            f"{name} needs one of {', '.join(_RELATIONS)} as {need!r}, and the row has {value!r:.80}"
        )


_KINDS: dict[str, Callable[[str, str, object], None]] = {
    **dict.fromkeys(("keyword", "language", "section_spliter", "postscript_marker", "first_word"), _text),
    **dict.fromkeys(("prompt_to_repeat", "end_phrase"), _text),
    **dict.fromkeys(("keywords", "forbidden_words"), _texts),
    **dict.fromkeys(("frequency", "let_frequency", "capital_frequency", "num_sentences", "num_words"), _number),
    **dict.fromkeys(("num_paragraphs", "nth_paragraph", "num_placeholders", "num_bullets"), _number),
    **dict.fromkeys(("num_highlights", "num_sections"), _number),
    **dict.fromkeys(("relation", "let_relation", "capital_relation"), _relation),
    "letter": _letter,
}

_RELATIONS: dict[str, Callable[[int, float], bool]] = {
    "less than": lambda count, bound: count < bound,
    "at least": lambda count, bound: count >= bound,
    # Not in the published data; in sets made after it.
    "at most": lambda count, bound: count <= bound,
    "more than": lambda count, bound: count > bound,
    "exactly": lambda count, bound: count == bound,
}


def _compared(count: int, unit: str, relation: str, bound: float) -> _Verdict:
    return _Verdict(_RELATIONS[relation](count, bound), f"{count} {unit}, {relation} {bound:g} expected")


# Keywords.


def _existence(response: str, keywords: Sequence[str]) -> _Verdict:
    missing = [word for word in keywords if not _literal(word).search(response)]
    return _Verdict(not missing, f"missing: {listed(missing)}" if missing else "all there")


def _frequency(response: str, keyword: str, relation: str, frequency: float) -> _Verdict:
    count = sum(1 for _ in _literal(keyword.strip()).finditer(response))
    return _compared(count, f"times {keyword.strip()!r:.40}", relation, frequency)


def _forbidden_words(response: str, forbidden_words: Sequence[str]) -> _Verdict:
    found = [word for word in forbidden_words if re.search(rf"\b{re.escape(word)}\b", response, re.IGNORECASE)]
    return _Verdict(not found, f"found: {listed(found)}" if found else "none found")


def _letter_frequency(response: str, letter: str, let_relation: str, let_frequency: float) -> _Verdict:
    count = response.lower().count(letter.strip().lower())
    return _compared(count, f"times {letter.strip().lower()!r}", let_relation, let_frequency)


def _literal(keyword: str) -> re.Pattern[str]:
    """A keyword, found literally; the published check takes it for a pattern, and its keywords are words."""
    return re.compile(re.escape(keyword), re.IGNORECASE)


# Language and case.


def _response_language(response: str, language: str) -> _Verdict:
    found = detected(response)
    return _Verdict(found in (None, language), f"detected {found}, {language} expected")


def _english_capital(response: str) -> _Verdict:
    return _english(response) if response.isupper() else _Verdict(False, "not all capital letters")


def _english_lowercase(response: str) -> _Verdict:
    return _english(response) if response.islower() else _Verdict(False, "not all small letters")


def _english(response: str) -> _Verdict:
    found = detected(response)
    return _Verdict(found in (None, "en"), f"the right letters; detected {found}, en expected")


def _capital_word_frequency(response: str, capital_relation: str, capital_frequency: float) -> _Verdict:
    return _compared(count_capital_words(response), "words in capitals", capital_relation, capital_frequency)


# Length.


def _number_sentences(response: str, relation: str, num_sentences: float) -> _Verdict:
    return _compared(len(punkt_sentences(response)), "sentences", relation, num_sentences)


def _number_words(response: str, relation: str, num_words: float) -> _Verdict:
    return _compared(count_words(response), "words", relation, num_words)


def _number_paragraphs(response: str, num_paragraphs: float) -> _Verdict:
    parts = [bool(part.strip()) for part in re.split(r"\s?\*\*\*\s?", response)]
    if not all(parts[1:-1]):
        return _Verdict(False, "an empty paragraph between two ***")
    return _compared(sum(parts), "paragraphs parted by ***", "exactly", num_paragraphs)


def _nth_paragraph_first_word(
    response: str, num_paragraphs: float, nth_paragraph: float, first_word: str
) -> _Verdict:
    parts = response.split("\n\n")
    count = sum(1 for part in parts if part.strip())
    place = int(nth_paragraph) - 1
    # The place counts empty paragraphs, and the number does not: that is how it was published.
    paragraph = parts[place].strip() if 0 <= place < count else ""
    if not paragraph:
        return _Verdict(False, f"{count} paragraphs, and no text in number {nth_paragraph:g}")
    word = re.match(r"[^.,?!'\"]*", paragraph.split(maxsplit=1)[0].lstrip("'").lstrip('"'))
    opens = word.group().lower() if word else ""
    return _Verdict(
        count == num_paragraphs and opens == first_word.lower(),
        f"{count} paragraphs, {num_paragraphs:g} expected; number {nth_paragraph:g} begins with {opens!r:.40}, "
        f"{first_word.lower()!r:.40} expected",
    )


# Content and format.


def _number_placeholders(response: str, num_placeholders: float) -> _Verdict:
    count = sum(_spans(line, "[", "]") for line in response.split("\n"))
    return _compared(count, "placeholders", "at least", num_placeholders)


def _spans(line: str, opening: str, closing: str) -> int:
    count, place = 0, 0
    while (start := line.find(opening, place)) >= 0 and (end := line.find(closing, start)) >= 0:
        count, place = count + 1, end + 1
    return count


def _postscript(response: str, postscript_marker: str) -> _Verdict:
    marker = postscript_marker.strip()
    known = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    found = re.search(known.get(marker, re.escape(marker.lower())), response.lower())
    return _Verdict(found is not None, f"{'a' if found else 'no'} postscript {marker!r:.40}")


def _number_bullet_lists(response: str, num_bullets: float) -> _Verdict:
    bullets = re.findall(r"^[^\S\n]*\*[^*].*$", response, re.MULTILINE)
    dashes = re.findall(r"^[^\S\n]*-.*$", response, re.MULTILINE)
    return _compared(len(bullets) + len(dashes), "bullets", "exactly", num_bullets)


_CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")


def _constrained_response(response: str) -> _Verdict:
    found = next((choice for choice in _CHOICES if choice in response), None)
    return _Verdict(found is not None, f"{found!r}" if found else f"none of {listed(_CHOICES)}")


def _number_highlighted_sections(response: str, num_highlights: float) -> _Verdict:
    single = (span for span in re.findall(r"\*[^\n*]*\*", response) if span.strip("*").strip())
    double = (span for span in re.findall(r"\*\*[^\n*]*\*\*", response) if span[2:-2].strip())
    count = sum(1 for _ in single) + sum(1 for _ in double)
    return _compared(count, "highlighted sections", "at least", num_highlights)


def _multiple_sections(response: str, section_spliter: str, num_sections: float) -> _Verdict:
    count = len(re.findall(rf"{re.escape(section_spliter.strip())}\s?\d+", response))
    return _compared(count, f"sections {section_spliter.strip()!r:.40}", "at least", num_sections)


def _json_format(response: str) -> _Verdict:
    text = response.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError) as error:
        return _Verdict(False, f"no JSON: {error}"[:200])
    return _Verdict(True, "JSON")


def _title(response: str) -> _Verdict:
    for line in response.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if end >= start + 3 > 2 and line[start : end + 2].lstrip("<").rstrip(">").strip():
            return _Verdict(True, f"title {line[start : end + 2]!r:.60}")
    return _Verdict(False, "no title in << and >>")


def _two_responses(response: str) -> _Verdict:
    parts = [part.strip() for part in response.split("******")]
    if not all(parts[1:-1]):
        return _Verdict(False, "nothing between two ******")
    told = [part for part in parts if part]
    different = len(told) == 2 and told[0] != told[1]
    return _Verdict(different, f"{len(told)} responses{'' if different or len(told) != 2 else ', both the same'}")


def _repeat_prompt(response: str, prompt_to_repeat: str) -> _Verdict:
    repeated = response.strip().lower().startswith(prompt_to_repeat.strip().lower())
    return _Verdict(repeated, f"{'begins' if repeated else 'does not begin'} with the request")


def _end_checker(response: str, end_phrase: str) -> _Verdict:
    ending = response.strip().strip('"').lower()
    return _Verdict(ending.endswith(end_phrase.strip().lower()), f"ends with {ending[-40:]!r}")


def _no_comma(response: str) -> _Verdict:
    return _Verdict("," not in response, f"{response.count(',')} commas")


def _quotation(response: str) -> _Verdict:
    text = response.strip()
    wrapped = len(text) > 1 and text[0] == text[-1] == '"'
    return _Verdict(wrapped, f"begins with {text[:1]!r} and ends with {text[-1:]!r}")


_CHECKS: dict[str, tuple[Callable[..., _Verdict], tuple[str, ...]]] = {
    "keywords:existence": (_existence, ("keywords",)),
    "keywords:frequency": (_frequency, ("keyword", "relation", "frequency")),
    "keywords:forbidden_words": (_forbidden_words, ("forbidden_words",)),
    "keywords:letter_frequency": (_letter_frequency, ("letter", "let_relation", "let_frequency")),
    "language:response_language": (_response_language, ("language",)),
    "length_constraints:number_sentences": (_number_sentences, ("relation", "num_sentences")),
    "length_constraints:number_paragraphs": (_number_paragraphs, ("num_paragraphs",)),
    "length_constraints:number_words": (_number_words, ("relation", "num_words")),
    "length_constraints:nth_paragraph_first_word": (
        _nth_paragraph_first_word,
        ("num_paragraphs", "nth_paragraph", "first_word"),
    ),
    "detectable_content:number_placeholders": (_number_placeholders, ("num_placeholders",)),
    "detectable_content:postscript": (_postscript, ("postscript_marker",)),
    "detectable_format:number_bullet_lists": (_number_bullet_lists, ("num_bullets",)),
    "detectable_format:constrained_response": (_constrained_response, ()),
    "detectable_format:number_highlighted_sections": (_number_highlighted_sections, ("num_highlights",)),
    "detectable_format:multiple_sections": (_multiple_sections, ("section_spliter", "num_sections")),
    "detectable_format:json_format": (_json_format, ()),
    "detectable_format:title": (_title, ()),
    "combination:two_responses": (_two_responses, ()),
    "combination:repeat_prompt": (_repeat_prompt, ("prompt_to_repeat",)),
    "startend:end_checker": (_end_checker, ("end_phrase",)),
    "startend:quotation": (_quotation, ()),
    "change_case:capital_word_frequency": (_capital_word_frequency, ("capital_relation", "capital_frequency")),
    "change_case:english_capital": (_english_capital, ()),
    "change_case:english_lowercase": (_english_lowercase, ()),
    "punctuation:no_comma": (_no_comma, ()),
}
