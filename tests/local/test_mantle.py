"""Jobs by the OpenAI SDK: what they learn, what they report, and what an interruption changes (nothing)."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from rewardkit import local

from .conftest import Cloud, lines, records

MODEL = "openai.gpt-oss-20b"
METRICS = {
    "step",
    "total_steps",
    "critic_rewards_mean",
    "critic_advantages_mean",
    "actor_pg_loss",
    "actor_entropy",
    "actor_grad_norm",
    "response_length_mean",
}


@pytest.fixture
def client(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> OpenAI:
    for name, value in cloud.address.environment().items():
        monkeypatch.setenv(name, value)
    return OpenAI(max_retries=0)


def upload(client: OpenAI, content: bytes | None = None) -> str:
    content = lines(records()) if content is None else content
    return client.files.create(file=("train.jsonl", content), purpose="fine-tune").id


def create(client: OpenAI, arn: str, file: str, **settings: Any) -> Any:
    grader = {"type": "lambda", "lambda": {"function": arn}}
    method = {"type": "reinforcement", "reinforcement": {"grader": grader, "hyperparameters": settings}}
    return client.fine_tuning.jobs.create(model=MODEL, training_file=file, extra_body={"method": method})


def finish(client: OpenAI, id: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while True:
        job = client.fine_tuning.jobs.retrieve(id)
        if job.status in ("succeeded", "failed", "cancelled"):
            return job
        assert time.monotonic() < end, f"the job is still {job.status}"
        time.sleep(0.1)


def metrics(client: OpenAI, id: str) -> list[dict[str, Any]]:
    """The metrics of a job, the first step first; read page by page."""
    events = list(client.fine_tuning.jobs.list_events(id, limit=25))
    return [dict(event.data) for event in reversed(events) if event.type == "metrics"]  # type: ignore[call-overload]


def ask(client: OpenAI, model: str, row: dict[str, Any], **more: Any) -> str:
    answer = client.chat.completions.create(model=model, messages=row["messages"], **more)
    return answer.choices[0].message.content or ""


def share_right(client: OpenAI, model: str, rows: list[dict[str, Any]]) -> float:
    return sum(
        numbers(ask(client, model, row, temperature=0))[-1:] == numbers(row["reference_answer"])[-1:]
        for row in rows
    ) / len(rows)


def numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+", text)


@pytest.fixture(scope="module")
def trained(cloud: Cloud) -> Iterator[tuple[OpenAI, Any]]:
    """A finished job with a sensible reward."""
    environment = cloud.address.environment()
    client = OpenAI(base_url=environment["OPENAI_BASE_URL"], api_key=environment["OPENAI_API_KEY"])
    job = create(client, cloud.publish("sensible"), upload(client), n_epochs=2, batch_size=8)
    assert job.status in ("validating_files", "queued", "running")
    yield client, finish(client, job.id)


def test_a_sensible_reward_raises_the_mean_and_the_model_gets_better(trained: tuple[OpenAI, Any]) -> None:
    client, job = trained
    assert job.status == "succeeded"
    means = [data["critic_rewards_mean"] for data in metrics(client, job.id)]
    assert 0.35 < sum(means[:3]) / 3 < 0.75
    assert sum(means[-5:]) / 5 > 0.85
    rows = records()[:40]
    assert share_right(client, MODEL, rows) < 0.8
    assert share_right(client, job.fine_tuned_model, rows) > 0.9


def test_every_step_has_one_event_with_the_services_metrics(trained: tuple[OpenAI, Any]) -> None:
    client, job = trained
    found = metrics(client, job.id)
    assert [data["step"] for data in found] == list(range(1, 31))
    for data in found:
        assert data.keys() == METRICS
        assert all(math.isfinite(value) for value in data.values())


def test_every_step_is_one_invocation_of_the_published_version(cloud: Cloud, trained: tuple[OpenAI, Any]) -> None:
    assert trained[1].status == "succeeded"
    events = cloud.client("logs").get_paginator("filter_log_events")
    pages = events.paginate(logGroupName="/aws/lambda/sensible", filterPattern="scoring")
    found = [event for page in pages for event in page["events"]]
    assert [event["message"].strip() for event in found] == ["scoring 64"] * 30
    assert all("[1]" in event["logStreamName"] for event in found)


def test_checkpoints_answer_as_models_and_get_better(trained: tuple[OpenAI, Any]) -> None:
    client, job = trained
    found = list(client.fine_tuning.jobs.checkpoints.list(job.id))
    assert sorted(item.step_number for item in found) == [7, 15, 22, 30]
    assert all(item.fine_tuning_job_id == job.id for item in found)
    first = min(found, key=lambda item: item.step_number)
    rows = records()[:40]
    early = share_right(client, first.fine_tuned_model_checkpoint, rows)
    assert early <= share_right(client, job.fine_tuned_model, rows)


def test_chat_has_a_seed_a_length_and_a_stream(trained: tuple[OpenAI, Any]) -> None:
    client, job = trained
    row = records()[3]
    assert ask(client, MODEL, row, seed=4) == ask(client, MODEL, row, seed=4)
    assert len({ask(client, MODEL, row, seed=seed) for seed in range(8)}) > 1
    short = client.chat.completions.create(
        model=job.fine_tuned_model, messages=row["messages"], temperature=0, max_completion_tokens=1
    )
    assert short.choices[0].finish_reason == "length"
    stream = client.chat.completions.create(
        model=job.fine_tuned_model, messages=row["messages"], temperature=0, stream=True
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == ask(client, job.fine_tuned_model, row, temperature=0)


def test_responses_answer_too_and_refuse_to_stream(trained: tuple[OpenAI, Any]) -> None:
    client, job = trained
    row = records()[3]
    prompt = row["messages"][0]["content"]
    answer = client.responses.create(model=job.fine_tuned_model, input=prompt, temperature=0)
    assert answer.output_text == ask(client, job.fine_tuned_model, row, temperature=0)
    with pytest.raises(openai.BadRequestError, match="does not stream"):
        client.responses.create(model=job.fine_tuned_model, input=prompt, stream=True)


def test_an_unknown_prompt_is_answered_by_saying_that_nobody_is_here(trained: tuple[OpenAI, Any]) -> None:
    client, job = trained
    text = ask(client, job.fine_tuned_model, {"messages": [{"role": "user", "content": "Who are you?"}]})
    assert "rehearsal" in text
    with pytest.raises(openai.NotFoundError, match="no model"):
        ask(client, "ft:nobody", records()[0])


def test_a_rerun_is_the_same(cloud: Cloud, trained: tuple[OpenAI, Any]) -> None:
    client, job = trained
    again = create(
        client,
        "arn:aws:lambda:us-west-2:123456789012:function:sensible:1",
        upload(client),
        n_epochs=2,
        batch_size=8,
    )
    assert finish(client, again.id).status == "succeeded"
    assert metrics(client, again.id) == metrics(client, job.id)


def test_a_constant_reward_teaches_nothing(cloud: Cloud, client: OpenAI) -> None:
    job = finish(client, create(client, cloud.publish("flat", "constant"), upload(client), batch_size=8).id)
    found = metrics(client, job.id)
    assert {data["critic_rewards_mean"] for data in found} == {0.5}
    assert {data["actor_grad_norm"] for data in found} == {0.0}
    row = records()[5]
    assert ask(client, job.fine_tuned_model, row, temperature=0) == ask(client, MODEL, row, temperature=0)


def test_an_inverted_reward_makes_a_wrong_model(cloud: Cloud, client: OpenAI) -> None:
    arn = cloud.publish("inverted", "wrong")
    job = finish(client, create(client, arn, upload(client), n_epochs=2, batch_size=8).id)
    assert share_right(client, job.fine_tuned_model, records()[:40]) < 0.1


@pytest.mark.parametrize(
    ("mode", "words"),
    [("raise", "ValueError: the judge is asleep"), ("short", "answered 31 scores for 32 samples")],
)
def test_a_broken_function_fails_the_job_in_its_own_words(
    cloud: Cloud, client: OpenAI, mode: str, words: str
) -> None:
    job = finish(client, create(client, cloud.publish(f"broken-{mode}", mode), upload(client)).id)
    assert job.status == "failed"
    assert words in job.error.message
    assert "tried 4 times" in job.error.message
    assert job.fine_tuned_model is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lines(records(99)), "99 prompts, and Bedrock takes 100 to 20,000"),
        (lines(records(120)[:50]) + b"not json\n" + lines(records(60)), "train.jsonl:51: not JSON"),
        (lines([*records(110), {"messages": records(1)[0]["messages"]}]), "train.jsonl:111: no reference_answer"),
        (lines([*records(110), {"reference_answer": "1"}]), "train.jsonl:111: no messages"),
    ],
    ids=["few", "json", "reference", "messages"],
)
def test_bad_training_data_fails_the_job_with_line_and_fix(
    cloud: Cloud, client: OpenAI, content: bytes, words: str
) -> None:
    arn = cloud.publish(f"data-{len(content)}")
    job = finish(client, create(client, arn, upload(client, content)).id)
    assert job.status == "failed"
    assert words in job.error.message


def test_a_cancelled_job_stays_cancelled(cloud: Cloud, client: OpenAI) -> None:
    job = create(client, cloud.publish("cancelled"), upload(client), n_epochs=20)
    while not metrics(client, job.id):
        time.sleep(0.05)
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    time.sleep(0.5)
    steps = len(metrics(client, job.id))
    time.sleep(0.5)
    after = client.fine_tuning.jobs.retrieve(job.id)
    assert (after.status, after.fine_tuned_model) == ("cancelled", None)
    assert len(metrics(client, job.id)) == steps < 600
    with pytest.raises(openai.BadRequestError, match="cancelled already"):
        client.fine_tuning.jobs.cancel(job.id)


def test_files_come_back_as_they_were_and_can_be_deleted(client: OpenAI) -> None:
    content = lines(records(3))
    id = upload(client, content)
    assert client.files.retrieve(id).bytes == len(content)
    assert client.files.content(id).read() == content
    assert id in [file.id for file in client.files.list()]
    assert client.files.delete(id).deleted
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(id)


def test_the_base_model_answers_what_is_in_an_uploaded_file(client: OpenAI) -> None:
    rows = lines(records()).replace(b"shells", b"pebbles")
    question = {"messages": json.loads(rows.splitlines()[0])["messages"]}
    assert "no model is here" in ask(client, MODEL, question)
    id = upload(client, rows)
    assert "no model is here" not in ask(client, MODEL, question)
    client.files.delete(id)


def test_lists_are_read_page_by_page(client: OpenAI) -> None:
    ids = [upload(client, lines(records(1))) for _ in range(5)]
    assert [file.id for file in client.files.list(limit=2)][:5] == ids[::-1]


def test_what_the_service_refuses_is_refused_and_says_why(cloud: Cloud, client: OpenAI) -> None:
    arn, file = cloud.publish("refusing"), upload(client, lines(records(1)))
    missing = "arn:aws:lambda:us-west-2:123456789012:function:nobody"
    with pytest.raises(openai.BadRequestError, match="nobody"):
        create(client, missing, file)
    with pytest.raises(openai.BadRequestError, match="no file"):
        create(client, arn, "file-nothing")
    with pytest.raises(openai.BadRequestError, match="batch_size"):
        create(client, arn, file, batch_size=0)
    with pytest.raises(openai.BadRequestError, match="purpose"):
        client.files.create(file=("a.jsonl", b"{}"), purpose="batch")
    method = {
        "type": "reinforcement",
        "reinforcement": {"grader": {"type": "lambda", "lambda": {"function": arn}}},
    }
    for changes, words in (
        ({"model": "gpt-4o"}, "cannot be fine-tuned"),
        ({"suffix": "mine"}, "suffix is not supported"),
        ({"method": {"type": "supervised"}}, "method.type"),
    ):
        with pytest.raises(openai.BadRequestError, match=words):
            client.post(
                "/fine_tuning/jobs",
                body={"model": MODEL, "training_file": file, "method": method} | changes,
                cast_to=object,
            )
    with pytest.raises(openai.AuthenticationError):
        client.models.list(extra_headers={"Authorization": "Basic eDp5"})


def test_recorded_rollouts_of_the_project_are_what_the_model_answers(cloud: Cloud, client: OpenAI) -> None:
    row = records()[0]
    recorded = [{**row, "response": f"recorded {n}: #### {value}"} for n, value in enumerate([5, 5, 5, 0, 0, 0])]
    path = cloud.project / "recorded.jsonl"
    path.write_bytes(lines(recorded))
    (cloud.project / "rewardkit.toml").write_text('[reward]\nrollouts = "recorded.jsonl"\n')
    try:
        job = finish(client, create(client, cloud.publish("recorded", "constant"), upload(client)).id)
        assert job.status == "succeeded"
        texts = {ask(client, job.fine_tuned_model, row, seed=seed) for seed in range(20)}
        assert texts <= {item["response"] for item in recorded}
    finally:
        path.unlink()
        (cloud.project / "rewardkit.toml").unlink()


def test_a_job_that_is_killed_ends_where_an_uninterrupted_one_would(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, local.start(tmp_path))
    client = OpenAI(base_url=f"{cloud.address.url}/v1", api_key="x")
    try:
        arn, file = cloud.publish("survivor"), upload(client)
        calm = create(client, arn, file, batch_size=6)
        finish(client, calm.id)
        job = create(client, arn, file, batch_size=6)
        while len(metrics(client, job.id)) < 5:
            time.sleep(0.02)
        os.kill(local.status(tmp_path).pid, signal.SIGKILL)
        while local.status(tmp_path).running:
            time.sleep(0.02)
        assert local.start(tmp_path) == cloud.address
        assert len(metrics(client, job.id)) < 20
        assert finish(client, job.id).status == "succeeded"
        assert metrics(client, job.id) == metrics(client, calm.id)
        pages = cloud.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName="/aws/lambda/survivor", filterPattern="scoring")
        assert sum(len(page["events"]) for page in found) == 40
        assert json.dumps(client.files.retrieve(file).model_dump())
    finally:
        local.stop(tmp_path)
