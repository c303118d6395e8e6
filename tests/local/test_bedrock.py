"""Native jobs by boto3: what is refused, what is echoed, and the way to a model that answers."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Cloud, lines, records

BASE = "amazon.nova-2-lite-v1:0:256k"


@pytest.fixture(scope="module")
def arn(cloud: Cloud) -> str:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="native", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="native", Key="train.jsonl", Body=lines(records()))
    return cloud.publish("native")


def request(cloud: Cloud, arn: str, name: str, **settings: Any) -> dict[str, Any]:
    settings = {"batchSize": 16, "epochCount": 3, "learningRate": 5e-5, "trainingSamplePerPrompt": 4} | settings
    grader = {"lambdaGrader": {"lambdaArn": arn}}
    return {
        "jobName": name,
        "customModelName": f"{name}-model",
        "roleArn": cloud.role(),
        "baseModelIdentifier": f"arn:aws:bedrock:us-west-2::foundation-model/{BASE}",
        "customizationType": "REINFORCEMENT_FINE_TUNING",
        "trainingDataConfig": {"s3Uri": "s3://native/train.jsonl"},
        "outputDataConfig": {"s3Uri": "s3://native/out/"},
        "customizationConfig": {"rftConfig": {"graderConfig": grader, "hyperParameters": settings}},
    }


def finish(bedrock: Any, name: str, seconds: float = 60) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while True:
        job = dict(bedrock.get_model_customization_job(jobIdentifier=name))
        if job["status"] in ("Completed", "Failed", "Stopped"):
            return job
        assert time.monotonic() < end, f"the job is still {job['status']}"
        time.sleep(0.1)


def test_from_the_request_to_an_answer(cloud: Cloud, arn: str) -> None:
    bedrock = cloud.client("bedrock")
    asked = request(cloud, arn, "whole")
    job_arn = bedrock.create_model_customization_job(**asked)["jobArn"]
    job = finish(bedrock, job_arn)
    assert job["status"] == "Completed", job.get("failureMessage")
    for name in ("jobName", "roleArn", "customizationType", "customizationConfig", "outputDataConfig"):
        assert job[name] == asked[name]
    assert {part["status"] for part in job["statusDetails"].values()} == {"Completed"}
    assert isinstance(job["trainingMetrics"]["trainingLoss"], float)

    key = f"out/model-customization-job-{job_arn[-12:]}/training_artifacts/step_wise_training_metrics.csv"
    text = cloud.client("s3").get_object(Bucket="native", Key=key)["Body"].read().decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["step_number"] for row in rows] == [str(step) for step in range(1, 25)]
    assert rows[-1]["epoch_number"] == "2"

    model = bedrock.get_custom_model(modelIdentifier="whole-model")
    assert (model["modelArn"], model["jobArn"]) == (job["outputModelArn"], job_arn)
    deployment = bedrock.create_custom_model_deployment(modelDeploymentName="whole", modelArn=model["modelArn"])[
        "customModelDeploymentArn"
    ]
    while bedrock.get_custom_model_deployment(customModelDeploymentIdentifier="whole")["status"] != "Active":
        time.sleep(0.1)
    runtime = cloud.client("bedrock-runtime")
    right = 0
    for row in records()[:20]:
        message = {"role": "user", "content": [{"text": row["messages"][0]["content"]}]}
        settings = {"temperature": 0.0}
        answer = runtime.converse(modelId=deployment, messages=[message], inferenceConfig=settings)
        value = row["reference_answer"].rpartition(" ")[2]
        right += value in answer["output"]["message"]["content"][0]["text"]
    assert right >= 18
    body = json.dumps({"messages": [message], "inferenceConfig": settings})
    invoked = json.loads(runtime.invoke_model(modelId=deployment, body=body)["body"].read())
    assert invoked["output"] == answer["output"]

    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.delete_custom_model(modelIdentifier="whole-model")
    bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier="whole")
    bedrock.delete_custom_model(modelIdentifier="whole-model")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_custom_model(modelIdentifier="whole-model")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"batchSize": 1024},
            "rftConfig.hyperParameters.batchSize' failed to satisfy constraint: "
            "Member must have value less than or equal to 512",
        ),
        (
            {"learningRate": 0.5},
            "learningRate' failed to satisfy constraint: Member must have value less than or equal to 0.001",
        ),
        ({"trainingSamplePerPrompt": 32}, "trainingSamplePerPrompt"),
        ({"reasoningEffort": "ultra"}, r"Member must satisfy enum value set: \[low, medium, high\]"),
    ],
    ids=["batch", "rate", "samples", "effort"],
)
def test_limits_that_botocore_leaves_to_the_service_are_kept(
    cloud: Cloud, arn: str, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError, match=f"ValidationException.*1 validation error detected.*{words}"):
        cloud.client("bedrock").create_model_customization_job(**request(cloud, arn, "limits", **settings))


def test_requests_that_make_no_sense_here_are_refused(cloud: Cloud, arn: str) -> None:
    bedrock = cloud.client("bedrock")
    good = request(cloud, arn, "refused")
    nobody = request(cloud, arn.replace("native", "nobody"), "refused")
    for changes, words in (
        ({"jobName": "x" * 64}, "'jobName' failed to satisfy constraint: Member must have length less"),
        ({"jobName": "no spaces"}, "regular expression pattern"),
        ({"customizationType": "NOPE"}, "enum value set"),
        ({"customizationType": "FINE_TUNING"}, "REINFORCEMENT_FINE_TUNING"),
        ({"baseModelIdentifier": "amazon.nova-2.0"}, "model identifier is invalid"),
        ({"roleArn": "arn:aws:iam::123456789012:role/nobody"}, "does not exist"),
        ({"outputDataConfig": {"s3Uri": "s3://nowhere/out"}}, "no bucket nowhere"),
        ({"customizationConfig": {"rftConfig": {}}}, "lambdaArn is missing"),
        ({"customizationConfig": nobody["customizationConfig"]}, "Function not found"),
    ):
        with pytest.raises(ClientError, match=f"ValidationException.*{words}"):
            bedrock.create_model_customization_job(**good | changes)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bedrock.get_model_customization_job(jobIdentifier="refused")


def test_the_same_request_again_is_the_same_job_and_another_of_its_name_a_conflict(cloud: Cloud, arn: str) -> None:
    bedrock = cloud.client("bedrock")
    asked = request(cloud, arn, "twice", batchSize=128) | {"clientRequestToken": "token-1"}
    first = bedrock.create_model_customization_job(**asked)["jobArn"]
    assert bedrock.create_model_customization_job(**asked)["jobArn"] == first
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.create_model_customization_job(**asked | {"clientRequestToken": "token-2"})
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.create_model_customization_job(**asked | {"jobName": "thrice"})
    assert finish(bedrock, "twice")["status"] == "Completed"


def test_a_missing_or_a_bad_training_file_fails_the_job(cloud: Cloud, arn: str) -> None:
    bedrock, s3 = cloud.client("bedrock"), cloud.client("s3")
    s3.put_object(Bucket="native", Key="few.jsonl", Body=lines(records(7)))
    for name, words in (("none", "no object s3://native/none.jsonl"), ("few", "few.jsonl: 7 prompts")):
        data = {"trainingDataConfig": {"s3Uri": f"s3://native/{name}.jsonl"}}
        bedrock.create_model_customization_job(**request(cloud, arn, f"file-{name}") | data)
        job = finish(bedrock, f"file-{name}")
        assert job["status"] == "Failed"
        assert words in job["failureMessage"]
        assert job["statusDetails"]["validationDetails"]["status"] == "Failed"
        assert job["statusDetails"]["trainingDetails"]["status"] == "NotStarted"


def test_a_job_that_is_stopped_is_stopping_and_then_stopped(cloud: Cloud, arn: str) -> None:
    bedrock = cloud.client("bedrock")
    bedrock.create_model_customization_job(**request(cloud, arn, "stopped", epochCount=50))
    while "trainingMetrics" not in bedrock.get_model_customization_job(jobIdentifier="stopped"):
        time.sleep(0.05)
    bedrock.stop_model_customization_job(jobIdentifier="stopped")
    assert bedrock.get_model_customization_job(jobIdentifier="stopped")["status"] in ("Stopping", "Stopped")
    job = finish(bedrock, "stopped")
    assert job["status"] == "Stopped"
    assert "outputModelArn" not in job
    with pytest.raises(ClientError, match="ConflictException"):
        bedrock.stop_model_customization_job(jobIdentifier="stopped")


def test_lists_are_filtered_sorted_and_paged(cloud: Cloud, arn: str) -> None:
    bedrock = cloud.client("bedrock")
    for number in range(3):
        bedrock.create_model_customization_job(**request(cloud, arn, f"list-{number}", batchSize=128))
        finish(bedrock, f"list-{number}")
    pages = bedrock.get_paginator("list_model_customization_jobs").paginate(
        nameContains="list-", statusEquals="Completed", sortOrder="Ascending", maxResults=2
    )
    found = [[job["jobName"] for job in page["modelCustomizationJobSummaries"]] for page in pages]
    assert found == [["list-0", "list-1"], ["list-2"]]
    models = bedrock.list_custom_models(nameContains="list-")["modelSummaries"]
    assert [model["modelName"] for model in models] == ["list-2-model", "list-1-model", "list-0-model"]
    assert bedrock.list_foundation_models()["modelSummaries"][0]["modelId"] == BASE
