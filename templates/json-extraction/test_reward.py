import json

import pytest
from reward import invoice

from rewardkit import Rollout, Score

RECORD = {
    "vendor": "Ada & Sons",
    "number": "17",
    "date": "2026-05-01",
    "currency": "GBP",
    "total": 12.5,
    "items": [{"name": "pen", "quantity": 5, "unit_price": 2.5}],
}


@pytest.mark.rollouts("rollouts.jsonl")
def test_agrees_with_people(rollout: Rollout) -> None:
    score = invoice.score(rollout)
    assert isinstance(score, Score), score
    assert (score >= 0.5) == rollout.label


def test_the_order_of_keys_and_white_space_do_not_matter() -> None:
    for text in (json.dumps(RECORD), json.dumps(RECORD, indent=4), json.dumps(dict(reversed(RECORD.items())))):
        assert invoice(text, RECORD) == 1


def test_every_wrong_field_costs_and_a_record_that_is_not_right_never_wins() -> None:
    scores = []
    for changes in (
        {},
        {"total": 13},
        {"total": 13, "number": "18"},
        {"total": 13, "number": "18", "vendor": "x"},
    ):
        scores.append(float(invoice(json.dumps(RECORD | changes), RECORD)))
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[1] < 0.5


def test_what_does_not_fit_the_schema_earns_nothing() -> None:
    for text in ("", "null", "[]", "{}", json.dumps(RECORD | {"total": "12.5"}), json.dumps(RECORD)[:-2]):
        assert invoice(text, RECORD) == 0
