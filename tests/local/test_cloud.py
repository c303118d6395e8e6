"""The local cloud with AWS's own SDKs: Lambda, IAM, S3, CloudWatch, and what a restart keeps."""

from __future__ import annotations

import base64
import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rewardkit import local
from rewardkit.errors import UsageError
from rewardkit.local import server

from .conftest import Cloud, zipped

ECHO = """
import os
def handler(event, context):
    if event == "fail":
        raise ValueError("asked to fail")
    print("saw", event)
    return {"event": event, "version": context.function_version, "arn": context.invoked_function_arn,
            "word": os.environ.get("WORD"), "memory": context.memory_limit_in_mb}
"""


def wait_until(done: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def invoke(cloud: Cloud, name: str, event: Any, **more: Any) -> dict[str, Any]:
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return dict(answer) | {"body": json.loads(answer["Payload"].read() or b"null")}


def test_the_environment_variables_are_all_that_boto3_needs(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cloud.address.environment().items():
        monkeypatch.setenv(name, value)
    assert boto3.client("sts").get_caller_identity()["Account"] == cloud.address.account


def test_an_alias_leads_to_its_version_and_that_runs(cloud: Cloud) -> None:
    arn = cloud.publish("echo", source=ECHO)
    answer = invoke(cloud, arn, [1, 2])
    assert answer["ExecutedVersion"] == "1"
    assert answer["body"] == {"event": [1, 2], "version": "1", "arn": arn, "word": None, "memory": "128"}
    assert invoke(cloud, "echo", 1)["ExecutedVersion"] == "$LATEST"
    assert invoke(cloud, "echo", 1, Qualifier="1")["body"]["version"] == "1"
    assert invoke(cloud, "echo:live", 1)["body"]["version"] == "1"


def test_latest_is_what_was_last_uploaded_and_a_version_stays(cloud: Cloud) -> None:
    cloud.publish("change", source=ECHO)
    functions = cloud.client("lambda")
    assert invoke(cloud, "change", 1)["body"]["event"] == 1
    functions.update_function_code(
        FunctionName="change", ZipFile=zipped("def handler(event, context): return 'new'")
    )
    assert invoke(cloud, "change", 1)["body"] == "new"
    assert invoke(cloud, "change", 1, Qualifier="1")["body"]["event"] == 1
    functions.update_function_code(FunctionName="change", ZipFile=zipped(ECHO))
    functions.update_function_configuration(FunctionName="change", Environment={"Variables": {"WORD": "hi"}})
    assert invoke(cloud, "change", 1)["body"]["word"] == "hi"


def test_an_exception_is_a_function_error_with_its_words(cloud: Cloud) -> None:
    cloud.publish("failing", source=ECHO)
    answer = invoke(cloud, "failing:live", "fail")
    assert answer["FunctionError"] == "Unhandled"
    assert answer["body"]["errorType"] == "ValueError"
    assert answer["body"]["errorMessage"] == "asked to fail"


def test_a_tail_of_the_log_comes_with_the_answer_if_asked_for(cloud: Cloud) -> None:
    cloud.publish("tail", source=ECHO)
    log = base64.b64decode(invoke(cloud, "tail", 5, LogType="Tail")["LogResult"]).decode()
    assert "saw 5" in log
    assert "REPORT RequestId" in log
    assert "LogResult" not in invoke(cloud, "tail", 5)


def test_what_lambda_refuses_is_refused_with_its_codes(cloud: Cloud) -> None:
    cloud.publish("small", source=ECHO)
    with pytest.raises(ClientError, match="RequestTooLargeException") as large:
        invoke(cloud, "small", "x" * 6_300_000)
    assert large.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    for name in ("nobody", "small:nothing", "small:7"):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            invoke(cloud, name, 1)
    with pytest.raises(ClientError, match="InvalidRequestContentException"):
        cloud.client("lambda").invoke(FunctionName="small", Payload=b"not json")


def test_dry_runs_do_nothing_and_events_are_run_later(cloud: Cloud) -> None:
    cloud.publish("later", source=ECHO)
    assert invoke(cloud, "later", 1, InvocationType="DryRun")["StatusCode"] == 204
    assert invoke(cloud, "later", "async", InvocationType="Event")["StatusCode"] == 202
    logs = cloud.client("logs")

    def seen() -> bool:
        try:
            found = logs.filter_log_events(logGroupName="/aws/lambda/later", filterPattern="saw")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return False  # the first invocation makes the log group, as on AWS
        return [event["message"].strip() for event in found] == ["saw async"]

    wait_until(seen)


def test_log_lines_are_in_cloudwatch_logs_and_embedded_metrics_in_cloudwatch(cloud: Cloud) -> None:
    arn = cloud.publish("measured")
    row = {"id": "1", "messages": [{"role": "assistant", "content": "#### 4"}], "reference_answer": "4"}
    assert invoke(cloud, arn, [row, row | {"id": "2"}])["body"][0]["aggregate_reward_score"] == 1.0
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/measured")["events"]
    assert [event for event in events if event["message"].startswith("scoring 2")]
    assert events[0]["logStreamName"].split("/")[-1].startswith("[1]")
    now = datetime.now(UTC)
    data = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="tests",
        MetricName="Rollouts",
        Dimensions=[{"Name": "function", "Value": "measured"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in data["Datapoints"]) == 2


def test_a_web_page_cannot_reach_it(cloud: Cloud) -> None:
    port = int(cloud.address.url.rpartition(":")[2])
    for headers in ({"Host": f"evil.example:{port}"}, {"Origin": "https://evil.example"}):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/v1/models", headers={"Authorization": "Bearer x", **headers})
        assert connection.getresponse().status == 403
        connection.close()


def test_a_look_whether_it_runs_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("a") as lock, (tmp_path / "lock").open("r") as look:
        fcntl.flock(look, fcntl.LOCK_EX)
        thread = threading.Timer(0.2, fcntl.flock, (look, fcntl.LOCK_UN))
        thread.start()
        assert server._locked(lock)
        thread.join()
        with (tmp_path / "lock").open("a") as second:
            assert not server._locked(second)


def test_a_restart_and_a_kill_keep_everything_and_the_url(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path, local.start(tmp_path))
    try:
        arn = cloud.publish("kept", source=ECHO)
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        tag = s3.put_object(Bucket="kept", Key="a/b c.txt", Body=b"x" * 100_000)["ETag"]
        cloud.client("iam").attach_role_policy(
            RoleName="tests", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
        )
        role = cloud.client("iam").get_role(RoleName="tests")["Role"]
        upload = s3.create_multipart_upload(Bucket="kept", Key="parts")["UploadId"]
        part = {"Bucket": "kept", "Key": "parts", "UploadId": upload}
        etags = [s3.upload_part(**part, PartNumber=1, Body=b"1" * 5_300_000)["ETag"]]
        alias = cloud.client("lambda").get_alias(FunctionName="kept", Name="live")
        digest = cloud.client("lambda").get_function(FunctionName=arn)["Configuration"]["CodeSha256"]
        invoke(cloud, arn, "before")
        for end in (lambda: local.stop(tmp_path), lambda: kill(tmp_path)):
            end()
            assert not local.status(tmp_path).running
            assert local.start(tmp_path) == cloud.address
            after = cloud.client("iam").get_role(RoleName="tests")["Role"]
            assert (after["RoleId"], after["Arn"]) == (role["RoleId"], role["Arn"])
            found = cloud.client("lambda").get_alias(FunctionName="kept", Name="live")
            assert found["RevisionId"] == alias["RevisionId"]
            published = cloud.client("lambda").get_function(FunctionName=arn)["Configuration"]
            assert (published["Version"], published["CodeSha256"]) == ("1", digest)
            head = cloud.client("s3").head_object(Bucket="kept", Key="a/b c.txt")
            assert (head["ETag"], head["ContentLength"]) == (tag, 100_000)
            assert invoke(cloud, arn, 1)["ExecutedVersion"] == "1"
            events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/kept")["events"]
            assert sum("saw before" in event["message"] for event in events) == 1
        etags.append(cloud.client("s3").upload_part(**part, PartNumber=2, Body=b"2")["ETag"])
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
        cloud.client("s3").complete_multipart_upload(**part, MultipartUpload={"Parts": parts})
        assert cloud.client("s3").head_object(Bucket="kept", Key="parts")["ContentLength"] == 5_300_001
    finally:
        local.stop(tmp_path)


def kill(project: Path) -> None:
    pid = local.status(project).pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not local.status(project).running)


def test_starting_twice_is_starting_once(cloud: Cloud) -> None:
    assert local.start(cloud.project) == cloud.address
    program = (
        "import sys; from pathlib import Path; from rewardkit import local; "
        "print(local.start(Path(sys.argv[1])).url)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, str(cloud.project)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert found.stdout.strip() == cloud.address.url


def test_nothing_runs_where_nothing_was_started(tmp_path: Path) -> None:
    assert not local.status(tmp_path).running
    assert not local.stop(tmp_path)
    assert not (tmp_path / ".rewardkit").exists()
    with pytest.raises(UsageError, match="no folder"):
        local.start(tmp_path / "nowhere")


def test_the_status_says_that_it_is_a_rehearsal(cloud: Cloud) -> None:
    status = local.status(cloud.project)
    assert status.running
    assert "rehearsal" in status.note
