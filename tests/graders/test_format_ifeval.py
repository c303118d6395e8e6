"""IFEval's instructions, held against the verdicts that were recorded with real responses, and one by one."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.tokenize import NLTKWordTokenizer

from rewardkit.errors import GradingError
from rewardkit.graders.format import ifeval
from rewardkit.graders.format.capitals import count_capital_words
from rewardkit.graders.format.instructions import instructions
from rewardkit.graders.format.sentences import punkt_sentences

RECORDED = Path(__file__).parents[2].parent / "shared" / "rollouts" / "ifeval.jsonl"


def follows(response: str | None, name: str, *, loose: bool = False, **kwargs: Any) -> bool:
    return ifeval(response, [name], [kwargs], loose=loose) == 1.0


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded rollouts are not here")
def test_every_recorded_verdict_is_given_again() -> None:
    seen, differing = Counter[str](), []
    for line in RECORDED.read_text().splitlines():
        row = json.loads(line)
        asked = row["reference_answer"]
        score = ifeval(row["response"], asked["instruction_id_list"], asked["kwargs"])
        assert (score == 1.0) == row["label"]
        for (_, verdict), recorded in zip(score.terms, row["per_instruction"], strict=True):
            seen[verdict.name] += 1
            if bool(verdict) != recorded:
                differing.append((row["id"], verdict.name, verdict.reason))
    assert seen.total() >= 150 and len(seen) >= 24
    assert not differing


FOLLOWED: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "keywords:existence": ({"keywords": ["cat", "Dog"]}, ["Concatenate a dog"], ["cat", "do g cat"]),
    "keywords:frequency": (
        {"keyword": "la ", "relation": "at least", "frequency": 2},
        ["La, lava"],
        ["la", "al al"],
    ),
    "keywords:forbidden_words": ({"forbidden_words": ["cat"]}, ["concatenate"], ["a Cat."]),
    "keywords:letter_frequency": (
        {"letter": "A", "let_relation": "less than", "let_frequency": 2},
        ["a b", "b"],
        ["Aa"],
    ),
    "language:response_language": (
        {"language": "de"},
        ["Das ist ein schöner Tag am Meer.", "42"],
        ["This is a fine day at the sea."],
    ),
    "length_constraints:number_sentences": (
        {"relation": "less than", "num_sentences": 3},
        ["Mr. Smith left. He did."],
        ["One. Two. Three.", "It is, e.g. so. Yes."],
    ),
    "length_constraints:number_paragraphs": (
        {"num_paragraphs": 2},
        ["a\n***\nb", "***\na\n***\nb\n***"],
        ["a", "a\n***\n***\nb", "a *** b *** c"],
    ),
    "length_constraints:number_words": (
        {"relation": "at least", "num_words": 3},
        ["I don't", "a-b-c"],
        ["one two", "Don't!"],
    ),
    "length_constraints:nth_paragraph_first_word": (
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Hello"},
        ["a\n\n'\"hello, you", "a\n\nHello"],
        ["a\n\nhi", "a\n\nHello\n\nb", "Hello", "a\n\n\n\nHello"],
    ),
    "detectable_content:number_placeholders": (
        {"num_placeholders": 2},
        ["[a] [b]", "[] []"],
        ["[a\n] [b]", "[[a]"],
    ),
    "detectable_content:postscript": (
        {"postscript_marker": "P.P.S"},
        ["Bye\np. p.s Me", "p.p.s."],
        ["P.S. Me", "pps"],
    ),
    "detectable_format:number_bullet_lists": (
        {"num_bullets": 2},
        ["* a\n  - b", "*a*\n-"],
        ["* a", "** a\n* b", "- a\n- b\n- c"],
    ),
    "detectable_format:constrained_response": ({}, ["So: My answer is no."], ["My answer is No.", "no"]),
    "detectable_format:number_highlighted_sections": (
        {"num_highlights": 2},
        ["*a* *b*", "**a** **b**", "*a* and **b**"],
        ["*a*", "**a**", "* a\n* b"],
    ),
    "detectable_format:multiple_sections": (
        {"section_spliter": "Section ", "num_sections": 2},
        ["Section 1 a Section2 b"],
        ["Section 1", "section 1 section 2"],
    ),
    "detectable_format:json_format": (
        {},
        ['{"a": 1}', "```json\n[1]\n```", "7"],
        ["{a: 1}", "```\n{}\n```\nso", "[" * 100_000],
    ),
    "detectable_format:title": ({}, ["A\n<<b>>", "<<<a>>>"], ["<<>>", "<< >>", "<<a\n>>", "<a>", ">> <<"]),
    "combination:two_responses": ({}, ["a\n******\nb", "******a******b"], ["a", "a******a", "a******b******c"]),
    "combination:repeat_prompt": ({"prompt_to_repeat": "Say A "}, [" say a: b"], ["OK. Say A", "Say B"]),
    "startend:end_checker": ({"end_phrase": " The End. "}, ['so\n"the end."'], ["The End. Or not"]),
    "startend:quotation": ({}, [' "a" ', '""'], ['"', '"a', "“a”"]),
    "change_case:capital_word_frequency": (
        {"capital_relation": "at least", "capital_frequency": 3},
        ["I DON'T", "A B C", "A-B A/B U.S."],
        ["AND so", "Ab Cd Ef"],
    ),
    "change_case:english_capital": (
        {},
        ["THIS IS A FINE DAY AT THE SEA."],
        ["THIS IS a FINE DAY", "ЭТО ХОРОШИЙ ДЕНЬ"],
    ),
    "change_case:english_lowercase": (
        {},
        ["this is a fine day at the sea."],
        ["This is a fine day.", "das ist ein schöner tag am meer, sagt er."],
    ),
    "punctuation:no_comma": ({}, ["a; b"], ["a, b"]),
}


def test_all_25_instructions_are_here() -> None:
    assert len(FOLLOWED) == 25
    assert FOLLOWED.keys() == set(instructions())


@pytest.mark.parametrize("name", FOLLOWED)
def test_an_instruction_is_followed_as_published(name: str) -> None:
    kwargs, followed, broken = FOLLOWED[name]
    for response in followed:
        assert follows(response, name, **kwargs), response
    for response in [*broken, "", " \n"]:
        assert not follows(response, name, **kwargs), response
    assert not follows(None, name, **kwargs)


@pytest.mark.parametrize("name", FOLLOWED)
@given(
    response=st.text()
    | st.lists(st.sampled_from(["*", "***", "\n", "A", ". ", "[", "]", "<<", ">>", '"'])).map("".join)
)
def test_any_response_gets_a_verdict_and_loosely_never_less(name: str, response: str) -> None:
    kwargs = FOLLOWED[name][0]
    strict, loose = (ifeval(response, [name], [kwargs], loose=loose) for loose in (False, True))
    assert strict in (0.0, 1.0) and loose in (0.0, 1.0) and strict <= loose
    assert strict.terms[0].score.reason


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_megabyte_is_judged(name: str) -> None:
    for piece in ("<", "[", "* ", "\n", "a. ", "A ", "1."):
        assert ifeval(piece * (1_000_000 // len(piece)), [name], [FOLLOWED[name][0]]) in (0.0, 1.0)


def test_loosely_the_first_and_the_last_line_and_asterisks_do_not_count() -> None:
    assert follows('Sure:\n"a"\nBye', "startend:quotation", loose=True)
    assert follows('**"a"**', "startend:quotation", loose=True)
    assert not follows('Sure:\nHere:\n"a"', "startend:quotation", loose=True)


def test_all_are_to_be_followed_or_each_is_paid_its_part() -> None:
    ids, kwargs = ["punctuation:no_comma", "startend:quotation"], [{"num_words": None}, {}]
    assert ifeval('"a"', ids, kwargs) == ifeval('"a"', ids, [None, None]) == 1.0  # type: ignore[list-item]
    score = ifeval('"a, b"', ids, kwargs)
    assert score == 0.0 and score.reason == "1 of 2 followed"
    assert [(term.weight, term.score.name, float(term.score)) for term in score.terms] == [
        (0, ids[0], 0),
        (0, ids[1], 1),
    ]
    half = ifeval('"a, b"', ids, kwargs, partial=True)
    assert half == 0.5 == sum(weight * term for weight, term in half.terms)


@pytest.mark.parametrize(
    ("ids", "kwargs", "message"),
    [
        (["keywords:all"], [{}], "no instruction of IFEval"),
        (["punctuation:no_comma"], [], "give two lists as long as each other"),
        ([], [], "give two lists"),
        (["punctuation:no_comma"], ["{}"], "must be a mapping"),
        ("punctuation:no_comma", [{}], "give two lists"),
        (None, None, "give two lists"),
        (["keywords:existence"], [{}], "needs a list of texts as 'keywords'"),
        (["keywords:existence"], [{"keywords": "cat"}], "needs a list of texts"),
        (["length_constraints:number_words"], [{"relation": "about", "num_words": 3}], "needs one of less than"),
        (["length_constraints:number_words"], [{"relation": "at least", "num_words": "3"}], "needs a number"),
        (["keywords:letter_frequency"], [{"letter": "ab"}], "needs one character as 'letter'"),
        (["startend:end_checker"], [{"end_phrase": " "}], "needs a text as 'end_phrase'"),
    ],
)
def test_a_row_that_cannot_be_judged_says_why(ids: Any, kwargs: Any, message: str) -> None:
    with pytest.raises(GradingError, match=message):
        ifeval("a", ids, kwargs)


def test_words_in_capitals_are_nltks_tokens() -> None:
    rng = random.Random(3)
    pieces = [
        "DON'T",
        "I'M",
        "A",
        "'S",
        '"',
        "CANNOT",
        "GIMME",
        "--",
        "A.M.",
        "U.S.",
        "...",
        "B&B",
        ":",
        "5",
        "(",
        "’",
    ]
    pieces += ["wanna", "'LL", "ab", "!", "É", "'TIS", "*", "OK."]
    for _ in range(2000):
        text = "".join(rng.choice(pieces) + rng.choice([" ", " ", ""]) for _ in range(rng.randint(1, 9)))
        theirs = [word for sentence in punkt_sentences(text) for word in NLTKWordTokenizer().tokenize(sentence)]
        assert count_capital_words(text) == sum(map(str.isupper, theirs)), text
