from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit.graders.text import exact


@pytest.mark.parametrize(
    ("answer", "reference", "options", "value"),
    [
        ("Paris", "Paris", {}, 1),
        (" Paris\n", "Paris", {}, 1),
        (" Paris", "Paris", {"strip": False}, 0),
        ("paris", "Paris", {}, 0),
        ("STRASSE", "straße", {"ignore_case": True}, 1),
        ("Paris, France", "Paris", {}, 0),
        ("", "Paris", {}, 0),
        (None, "None", {}, 0),
    ],
)
def test_exact_compares_every_character_but_the_white_space_around(
    answer: str | None, reference: str, options: dict[str, bool], value: float
) -> None:
    assert exact(answer, reference, **options) == value


def test_the_reason_says_what_was_read_and_what_was_expected() -> None:
    assert exact("Rome", "Paris").reason == "read 'Rome', expected 'Paris'"
    assert exact(None, "Paris").reason == "no answer found in the response, expected 'Paris'"


@given(st.text())
def test_a_text_is_exactly_itself(text: str) -> None:
    assert exact(text, text) == exact(text.upper(), text.upper(), ignore_case=True) == 1.0


@given(st.text(), st.text())
def test_long_texts_make_short_reasons(answer: str, reference: str) -> None:
    assert len(exact(answer * 100, reference * 100).reason) < 2600
