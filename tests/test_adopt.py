"""A handler that stands already becomes a reward, and it is said what it does wrong."""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import Failure, Rollout, Score, Unscorable, reward
from rewardkit.adapters.lambda_handler import Envelope, adopt, entries_in, row_of
from rewardkit.errors import UsageError
from rewardkit.harness.adoption import Adoption, examine
from rewardkit.rollout import read
from rewardkit.target import Target

HANDLERS = Path(__file__).parent / "handlers"
EVENTS = Path(__file__).parents[2] / "shared" / "contract" / "events"
ROWS = [
    {"id": "a", "prompt": "Read it.", "response": "TOTAL: EUR 120.00", "answer": "TOTAL: EUR 120", "label": True},
    {"id": "b", "prompt": "Read it.", "response": "TOTAL: USD 60", "answer": "TOTAL: EUR 120", "label": 0.5},
    {
        "id": "c",
        "prompt": "Read it.",
        "response": "I cannot see it.",
        "answer": "TOTAL: EUR 120",
        "label": False,
    },
]


def kinds(found: Adoption) -> dict[str, str]:
    """The kinds of mistakes, each with all that was said about it."""
    said: dict[str, str] = {}
    for finding in found.findings:
        said[finding.kind] = said.get(finding.kind, "") + f"{finding.problem} {', '.join(finding.events)}\n"
    return said


def a_good_handler(event: Any, context: Any) -> Any:
    """What a handler should be: rewardkit's own, around a reward that survives everything."""
    from rewardkit.handler import make_handler

    @reward
    def number(response: str, reference_answer: object) -> Score:
        from rewardkit.graders.extract import expected, final_answer
        from rewardkit.graders.math import number_equal

        return number_equal(final_answer(response), expected(reference_answer))

    return make_handler(number)(event, None)


def entry(row: Any, score: Any = 1.0, **more: Any) -> dict[str, Any]:
    return {"id": str(row["id"]), "aggregate_reward_score": score} | more


def each(score: Callable[[Any], Any], **more: Any) -> Callable[[Any, Any], Any]:
    """A handler of bare lists that gives every row this."""
    return lambda event, context: [entry(row, score(row), **more) for row in event]


def right(row: Any) -> float:
    return float("72" in str(row["messages"][-1]["content"]))


def examined(handler: Callable[[Any, Any], Any]) -> dict[str, str]:
    return kinds(examine(handler, __file__))


def test_nothing_is_wrong_with_a_good_handler() -> None:
    found = examine(a_good_handler, __file__)
    assert found.findings == ()
    assert (found.envelope, found.reference, found.scores) == ("list", "value", (1.0, 0.0))
    assert found.checks > 50


def test_a_handler_of_one_shape_is_told_about_the_others() -> None:
    said = examined(each(right))
    assert set(said) == {"envelope", "response", "isolation", "content", "ids", "events"}
    assert "TypeError: string indices must be integers, not 'str'" in said["envelope"]
    assert "{trajectories: […]}, {body: JSON text}" in said["envelope"]
    assert "KeyError: 'messages' (line " in said["isolation"]


def test_a_reference_that_is_only_looked_for_in_one_place_is_found() -> None:
    def score(row: Any) -> float:
        return float(row.get("reference_answer") == {"text": row["messages"][-1]["content"].split()[-1]})

    found = examine(each(score), __file__)
    assert (found.reference, found.scores) == ("text", (1.0, 0.0))
    assert "a rollout that scores 1 alone scores 0 metadata.reference_answer" in kinds(found)["reference"]


@pytest.mark.parametrize(
    ("envelope", "take"),
    [
        ("body", lambda event: json.loads(event["body"])),
        ("trajectories", lambda event: event["trajectories"]),
        ("batch", lambda event: event["body"]["batch"]),
        ("single", lambda event: [event] if "messages" in event else 1 / 0),
    ],
)
def test_the_envelope_that_it_knows_is_found(envelope: Envelope, take: Callable[[Any], Any]) -> None:
    found = examine(lambda event, context: each(right)(take(event), context), __file__)
    assert (found.envelope, found.scores) == (envelope, (1.0, 0.0))


@pytest.mark.parametrize(
    ("handler", "kind", "said"),
    [
        (lambda e, c: [entry(r) for r in e if r["id"] != "hard"], "isolation", "2 entries for 3 rows"),
        (lambda e, c: [entry(r) for r in reversed(e)], "order", "come back as"),
        (lambda e, c: [entry({"id": "no-id"}) for r in e], "envelope", "come back as no-id, no-id"),
        (lambda e, c: [entry(r, 1 / len(e)) for r in e], "envelope", "scores 1 alone scores 0.5"),
        (each(lambda row: math.nan if "NaN" in str(row) else 1), "content", "a score is nan"),
        (each(lambda row: 10**400 if "NaN" in str(row) else 1), "content", "a score is huge"),
        (each(lambda row: {1} if "NaN" in str(row) else 1), "answer", "not JSON"),
        (each(lambda row: None if "NaN" in str(row) else 1), "content", "a score is null, not a number"),
        (each(lambda row: "1" if "NaN" in str(row) else 1), "content", 'a score is "1", not a number'),
        (each(lambda row: 1.5 if "NaN" in str(row) else 1), "content", "a score is 1.5, outside of 0 to 1"),
        (each(right, metrics_list=[{"name": "m", "value": "high", "type": "Metric"}]), "answer", "no number"),
        (each(right, metrics_list=[{"name": "m", "value": 1, "type": "reward"}]), "answer", "the type 'reward'"),
        (each(right, metrics_list=[{"value": 1}]), "answer", "name, value and type"),
        (each(right, metrics_list="none"), "answer", "a list of objects"),
        (each(right, seen={1}), "answer", "not JSON"),
    ],
)  # fmt: skip
def test_a_mistake_is_said(handler: Callable[[Any, Any], Any], kind: str, said: str) -> None:
    assert said in examined(handler)[kind]


def test_an_envelope_that_is_not_answered_in_kind_is_said() -> None:
    def handler(event: Any, context: Any) -> Any:
        return each(right)(json.loads(event["body"]) if "body" in event else event, context)

    assert "an event in a body gets a bare list" in examined(handler)["envelope"]
    wrapped = lambda event, context: {"statusCode": 200, "body": json.dumps(each(right)(event, context))}  # noqa: E731
    assert "an event without a body gets one back" in examined(wrapped)["envelope"]


def test_a_handler_that_ends_the_process_is_a_finding_and_no_end() -> None:
    def handler(event: Any, context: Any) -> Any:
        if any(row["messages"][-1]["content"] is None for row in event):
            sys.exit(3)
        return each(right)(event, context)

    assert "it raises SystemExit: 3" in examined(handler)["content"]


def test_a_handler_that_scores_nothing_is_refused_with_what_it_said() -> None:
    def broken(event: Any, context: Any) -> Any:
        raise KeyError("amount")

    with pytest.raises(UsageError, match=r"scores none of 2 ordinary rollouts.*KeyError: 'amount' \(line \d+\)"):
        examine(broken, __file__)


def test_a_batch_never_changes_what_the_handler_was_given() -> None:
    def handler(event: Any, context: Any) -> Any:
        answer = each(right)(event, context)
        event.clear()
        return answer

    assert "ids" in examined(handler)


# The adopted grader.


def test_an_adopted_handler_scores_a_rollout_and_its_metrics_are_shown() -> None:
    metrics = [{"name": "accuracy", "value": 0.9, "type": "Reward"}, {"name": "note", "value": "x"}]
    score = adopt(lambda event, context: [entry(event[0], 0.85, metrics_list=metrics)])(read(ROWS[0]))
    assert score == 0.85
    assert [(weight, part.name, float(part)) for weight, part in score.terms] == [(0.0, "accuracy", 0.9)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([], "one rollout with 0 entries"),
        ([{"id": "a"}], "no aggregate_reward_score"),
        ([{"aggregate_reward_score": None}], "gave null"),
        ([{"aggregate_reward_score": "1"}], "not a number"),
        ([{"aggregate_reward_score": math.nan}], "finite"),
        ({"statusCode": 500, "body": "boom"}, "status 500: boom"),
        ({"body": "boom"}, "not JSON"),
        ("boom", "answered with str"),
    ],
)
def test_an_answer_that_is_none_is_a_failure_and_no_score(answer: Any, said: str) -> None:
    adopted = adopt(lambda event, context: answer)

    @reward
    def taken(rollout: Rollout) -> float:
        return adopted(rollout)

    found = taken.score(read(ROWS[0]))
    assert isinstance(found, Failure)
    assert found.kind in ("usage", "grading")
    assert said in found.message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "aggregate_reward_score", "metrics_list", "body", "value"]), inner
        )
    ),
    max_leaves=8,
)


@given(json_values)
def test_any_answer_is_a_score_or_the_documented_error(answer: Any) -> None:
    try:
        score = adopt(lambda event, context: answer)(read(ROWS[0]))
    except (UsageError, Unscorable) as error:
        assert str(error)
    else:
        assert math.isfinite(score)


def test_a_shape_that_there_is_not_is_refused() -> None:
    envelope: Any = "xml"
    with pytest.raises(UsageError, match="list, trajectories"):
        adopt(a_good_handler, envelope=envelope)


@pytest.mark.skipif(not EVENTS.is_dir(), reason="the contract's events are not here")
def test_an_adopted_handler_knows_every_shape_of_the_contract() -> None:
    for path in EVENTS.glob("*_in*.json"):
        from rewardkit.wire import read_event

        for rollout in read_event(json.loads(path.read_text())).rollouts:
            if isinstance(rollout, Rollout):
                row = row_of(rollout, "text")
                assert all(isinstance(message["content"], str) for message in row["messages"]), path.stem
                assert len(entries_in([entry(row)])) == 1


# The command.


def run(folder: Path, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "rewardkit", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(HANDLERS / "invoice.py", tmp_path)
    (tmp_path / "rollouts.jsonl").write_text("\n".join(map(json.dumps, ROWS[:2])))
    return tmp_path


def test_adopt_writes_a_reward_that_tests_bundles_and_invokes(project: Path) -> None:
    said = run(project, "adopt", "invoice.py", "--bounds", "0", "1.2").stdout
    for shown in ("reference_answer as {text: …}", "events in another envelope", "rows without ids", "next step"):
        assert shown in said
    assert 'adopt(lambda_handler, reference="text")' in (project / "reward.py").read_text()
    assert "2 of 2 agree" in run(project, "test").stdout
    run(project, "adopt", "invoice.py", "--bounds", "0", "1.2")
    pytest.importorskip("awslambdaric")
    assert "1 of 1 responses are exactly those of this process" in run(project, "invoke", "reward.py").stderr


def test_adopt_never_writes_over_something_else(project: Path) -> None:
    (project / "reward.py").write_text("mine = 1\n")
    assert "is there already" in run(project, "adopt", "invoice.py", code=2).stderr
    run(project, "adopt", "invoice.py:lambda_handler", "--out", "other.py")
    assert (project / "reward.py").read_text() == "mine = 1\n"
    assert Target(project / "other.py").load().name == "invoice_reward"


def test_check_writes_nothing_and_json_is_data(project: Path) -> None:
    found = json.loads(run(project, "adopt", "invoice.py", "--check", "--json").stdout)
    assert not (project / "reward.py").exists()
    assert (found["envelope"], found["reference"]) == ("list", "text")
    assert {"kind", "problem", "events", "step", "adopted"} == set(found["findings"][0])


def test_a_rollout_of_the_users_own_that_it_fails_on_is_said(project: Path) -> None:
    (project / "rollouts.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    said = run(project, "adopt", "invoice.py", "--check").stdout
    assert "could not convert string to float: '.' (line " in said
    assert "your rollout c" in said


@pytest.mark.parametrize(
    ("source", "named", "said"),
    [
        ("x = 1", "", "which function of h.py does Lambda call"),
        ("def one(event, context): ...\ndef two(event, context): ...", "", "It has: one, two"),
        ("def one(event, context): ...", ":two", "no function 'two'. It has: one"),
        ("import nothing_of_this_name", "", "ModuleNotFoundError"),
        ("def handler(event, context): return []", "", "scores none of 2 ordinary rollouts"),
    ],
)
def test_a_file_without_a_handler_is_said(tmp_path: Path, source: str, named: str, said: str) -> None:
    (tmp_path / "h.py").write_text(source)
    assert said in " ".join(run(tmp_path, "adopt", f"h.py{named}", code=2).stderr.split())


def test_a_handler_may_have_another_name_or_be_no_plain_function(tmp_path: Path) -> None:
    source = "class App:\n    def __call__(self, event, context):\n        return [\n"
    source += (
        "            {'id': row['id'], 'aggregate_reward_score': 1} for row in event\n        ]\n\n\napp = App()\n"
    )
    (tmp_path / "grade.py").write_text(source)
    run(tmp_path, "adopt", "grade.py:app")
    assert "from grade import app" in (tmp_path / "reward.py").read_text()
    assert Target(tmp_path / "reward.py").load().name == "grade_reward"


def test_a_file_that_cannot_be_imported_by_its_name_is_said(tmp_path: Path) -> None:
    (tmp_path / "my-handler.py").write_text("def lambda_handler(event, context): return []")
    assert "rename it" in run(tmp_path, "adopt", "my-handler.py", code=2).stderr
