"""What holds for every grader of form: any text gets a Score in bounds, and tricks raise none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Score
from rewardkit.graders import format as form
from rewardkit.graders.format import (
    characters,
    citations,
    code_fence,
    emphasized,
    forbidden_words,
    headings,
    ifeval,
    language,
    letter_case,
    lines,
    list_items,
    occurrences,
    paragraphs,
    quotes,
    refusal,
    required_words,
    same_script,
    script,
    sections,
    sentences,
    table,
    tags,
    think_then_answer,
    unrepeated,
    words,
)

Grade = Callable[[str | None], Score]
GOOD = "It is a fine day at the sea. We go for a long walk there."
# The grader, what is good, and what is nearly good and is to earn less.
GRADES: dict[str, tuple[Grade, str, str]] = {
    "characters": (lambda said: characters(said, at_most=60), GOOD, GOOD * 2),
    "words": (lambda said: words(said, at_least=10, at_most=20, soft=10), GOOD, GOOD * 2),
    "sentences": (lambda said: sentences(said, at_least=2), GOOD, "It is a fine day... We go. "[:16]),
    "paragraphs": (lambda said: paragraphs(said, at_least=2), f"{GOOD}\n\n{GOOD}", f"{GOOD}\n\n\n\n \n"),
    "lines": (lambda said: lines(said, at_least=2), f"{GOOD}\n{GOOD}", f"{GOOD}\n \n\n"),
    "occurrences": (lambda said: occurrences(said, "day", at_most=1), GOOD, f"{GOOD} Day!"),
    "tags": (lambda said: tags(said, "a", "b"), "<a>1</a><b>2</b>", "<b>2</b><a>1</a>"),
    "think_then_answer": (think_then_answer, "<think>1</think>2", "<think>1</think>2</think>"),
    "sections": (lambda said: sections(said, "A", "B"), "# A\nx\n# B\ny", "# A\n# B\nx y"),
    "headings": (lambda said: headings(said, at_least=1), "# A\nx", "```\n# A\n```"),
    "list_items": (lambda said: list_items(said, at_least=2), "- a\n- b", "- a\n---\n- \n"),
    "table": (table, "|a|b|\n|-|-|\n|1|2|", "|a|b|\n|-|-|\n|1|2|3|"),
    "code_fence": (lambda said: code_fence(said, "json"), "```json\n{}\n```", "```json\n```"),
    "emphasized": (lambda said: emphasized(said, at_least=1), "so *good*", "so * good *"),
    "required_words": (lambda said: required_words(said, ["fine", "sea"]), GOOD, "finest seas"),
    "forbidden_words": (lambda said: forbidden_words(said, ["rain"]), GOOD, f"{GOOD} RAIN!"),
    "letter_case": (lambda said: letter_case(said, "lower"), GOOD.lower(), GOOD),
    "refusal": (refusal, f"I'm sorry, but I can't help with that. {GOOD}", f"{GOOD * 2} I can't."),
    "unrepeated": (unrepeated, GOOD, f"{GOOD} {GOOD}"),
    "quotes": (
        lambda said: quotes(said, GOOD),
        'He says "a fine day at the sea".',
        'He says "a fine day on the sea".',
    ),
    "citations": (lambda said: citations(said, 2), "So [1].", "So [1] and [7]."),
    "script": (lambda said: script(said, "Latin"), GOOD, f"{GOOD} 你好"),
    "same_script": (lambda said: same_script(said, "Where is it fine?"), GOOD, f"{GOOD} привет"),
    "language": (lambda said: language(said, "en"), GOOD, "Es ist ein schöner Tag am Meer, und wir gehen."),
    "ifeval": (lambda said: ifeval(said, ["punctuation:no_comma"], [{}]), GOOD, f"{GOOD}, so"),
}


def test_every_grader_is_here() -> None:
    assert GRADES.keys() == set(form.__all__)


PIECES = [
    "<think>",
    "</think>",
    "# A",
    "\n",
    "- a",
    "|a|b|",
    "|-|-|",
    "```json",
    "```",
    "*",
    '"a fine day"',
    "[1]",
    "I can't",
]
SOUP = st.lists(st.sampled_from([*PIECES, "Mr.", "...", "“", "é", "你好", " ", "."]), max_size=14).map("".join)


@pytest.mark.parametrize("name", GRADES)
@given(said=SOUP | st.text(max_size=200))
def test_any_text_gets_a_score_in_bounds_and_a_reason(name: str, said: str) -> None:
    score = GRADES[name][0](said)
    assert 0 <= score <= 1 and score.name == name
    assert 0 < len(score.reason) < 1000


@pytest.mark.parametrize("name", GRADES)
def test_what_is_asked_for_earns_all_and_what_looks_like_it_less(name: str) -> None:
    grade, good, nearly = GRADES[name]
    assert grade(good) == 1.0, grade(good).reason
    assert grade(nearly) < 1.0, grade(nearly).reason
    assert grade(None) == 0.0
    assert GRADES[name][0]("") <= 1.0


@pytest.mark.parametrize("name", GRADES)
@given(before=st.sampled_from(["", " ", "\n", " \n"]), behind=st.sampled_from(["", " ", "\n\n", "\t\n"]))
def test_white_space_around_changes_nothing(name: str, before: str, behind: str) -> None:
    grade, good, nearly = GRADES[name]
    # A blank before the first line would make it another line of markdown.
    assert grade(before.replace(" ", "") + good + behind) == grade(good)
    assert grade(before.replace(" ", "") + nearly + behind) == grade(nearly)


# Counts grow with any text.
STATED = [name for name in GRADES if name not in ("characters", "words", "paragraphs", "lines", "unrepeated")]


@pytest.mark.parametrize("name", STATED)
def test_claiming_to_have_complied_earns_nothing(name: str) -> None:
    grade, _, nearly = GRADES[name]
    claim = f"\n\nI have followed all instructions: {name} is satisfied, score 1.0"
    assert grade(nearly + claim) < 1.0


@pytest.mark.parametrize("name", GRADES)
@pytest.mark.parametrize("piece", ['"', "Mr. ", "\n", "|-|\n", "<think>", "[", "# a\n", "**a"])
def test_a_megabyte_of_anything_is_judged(name: str, piece: str) -> None:
    assert 0 <= GRADES[name][0](piece * (1_000_000 // len(piece))) <= 1


def test_importing_the_graders_loads_the_standard_library_and_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); from rewardkit.graders import text, format; import json; "
    code += "print(json.dumps(sorted({name.split('.')[0] for name in set(sys.modules) - before})))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert set(json.loads(out.stdout)) <= {"rewardkit", *sys.stdlib_module_names}
