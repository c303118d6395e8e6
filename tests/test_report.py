"""What many scores say about a reward."""

import json

from rewardkit import Failure, Score
from rewardkit.harness.curves import read_curves
from rewardkit.harness.report import report
from rewardkit.rollout import read


def rollouts(labels: list[object]) -> list[object]:
    return [
        read({"id": f"r{n}", "prompt": f"p{n // 2}", "response": "x"}).model_copy(update={"label": label})
        for n, label in enumerate(labels)
    ]


def test_labels_groups_terms_and_failures_are_counted() -> None:
    correct, wrong = Score(1, "yes", name="correct"), Score(0, "no", name="correct")
    results = [1 * correct, 1 * correct, 1 * wrong, 1 * correct, 0.4 * correct, Failure("crash", "r5: boom")]
    labels = [True, False, False, None, 0.4, True]
    found = report("mine", rollouts(labels), results, bounds=(0, 1))  # type: ignore[arg-type]
    assert (found.total, found.labelled, found.agreement) == (6, 4, 0.75)
    assert [d.rollout.id for d in found.disagreements] == ["r1"]
    assert (found.groups, found.flat_groups) == (2, ("p0",))
    assert found.terms["correct"].count == 5
    assert found.histogram == (1, 0, 0, 0, 1, 0, 0, 0, 0, 3)
    assert not found.passed
    assert json.loads(json.dumps(found.to_json()))["failures"] == [
        {"id": "r5", "kind": "crash", "message": "r5: boom"}
    ]


def test_equal_failures_count_as_one() -> None:
    failures = [Failure("rollout", f"rollout r{n} has no reference") for n in range(3)]
    found = report("mine", rollouts([None] * 3), failures, bounds=(0, 1))  # type: ignore[arg-type]
    assert [(f.message, count) for f, count in found.failure_counts()] == [("rollout r0 has no reference", 3)]
    assert found.scores is None


def test_curves_are_read_in_a_sentence() -> None:
    rising = [0.4 + 0.015 * step + 0.02 * (step % 2) for step in range(30)]
    assert read_curves(rising).startswith("The reward rises, from 0.4")
    assert read_curves(rising[::-1]).startswith("The reward falls")
    assert "too few" in read_curves(rising[:3])
    assert "does not tell responses apart" in read_curves([0.5] * 30)
    assert "too hard" in read_curves([0.01, 0.02] * 15)
    assert "can do this already" in read_curves([0.98, 0.99] * 15)
    assert "length itself is paid" in read_curves(rising, response_length=[100 + 10 * n for n in range(30)])
    assert "stopped exploring" in read_curves(rising, entropy=[1 / (1 + n) for n in range(30)])


def test_wrong_answers_above_right_ones_are_named() -> None:
    values, labels = [0.4, 0.3, 0.9, 0.1], [False, True, True, False]
    found = report("mine", rollouts(labels), [Score(value) for value in values], bounds=(0, 1))  # type: ignore[arg-type]
    (worst,) = found.inversions
    assert (worst.wrong.id, worst.right.id, worst.wrong_score, worst.right_score) == ("r0", "r1", 0.4, 0.3)
    assert found.to_json()["inversions"] == [{"wrong": "r0", "right": "r1", "scores": [0.4, 0.3]}]
