"""Publish: bundle → role → function → version → proof → alias `live`.

Every step looks first and then does only what is missing, so that a run that was interrupted, throttled or
repeated ends where one clean run would: one role, one function, one version of this code, one alias.
A job gets the version's ARN: a later publish cannot change a reward in the middle of a run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rewardkit.aws.bucket import ensure_bucket, put_once
from rewardkit.aws.session import Cloud, calling
from rewardkit.bundle import Bundle
from rewardkit.errors import CloudError
from rewardkit.failure import Failure, Result
from rewardkit.reward import Reward
from rewardkit.rollout import Rollout
from rewardkit.specs import FunctionSpec, Request
from rewardkit.wire import Shape, read_event, write_response

ALIAS = "live"
# Lambda takes larger zips from S3 only.
_DIRECT_BYTES = 50_000_000
_EVENT_BYTES = 4_000_000
_PATIENCE_SECONDS = 60

Say = Callable[[str], None]


class Call(NamedTuple):
    """One call of an SDK, as `--plan` shows it."""

    service: str
    operation: str
    arguments: Request


@dataclass(frozen=True, slots=True)
class Published:
    """What stands in the cloud.

    Attributes:
        function: its name.
        version: the number of the version with this code.
        version_arn: what a job gets.
        alias_arn: what people get; moves with every publish.
        created: whether this run made the version.
    """

    function: str
    version: str
    version_arn: str
    alias_arn: str
    created: bool


def plan(spec: FunctionSpec, bundle: Bundle) -> list[Call]:
    """The calls of a first publish; a later one leaves out what already stands."""
    role_arn = f"arn:aws:iam::ACCOUNT:role/{spec.role_name}"
    code = {"ZipFile": f"<{bundle.path.name}: {bundle.size:,} bytes>"}
    create = spec.create(role_arn, code)
    create["Environment"] = {"Variables": dict.fromkeys(spec.environment, "<set>")}
    return [
        Call("iam", "create_role", spec.role()),
        Call("iam", "put_role_policy", spec.role_policy()),
        Call("lambda", "create_function", create),
        Call("lambda", "publish_version", _version_request(spec, bundle, "<sha256 of the zip>")),
        Call("lambda", "invoke", {"FunctionName": spec.name, "Qualifier": "VERSION", "Payload": "<rollouts>"}),
        Call("lambda", "create_alias", _alias_request(spec, "VERSION")),
    ]


def publish(
    cloud: Cloud, spec: FunctionSpec, bundle: Bundle, *, reward: Reward[Any], rollouts: Sequence[Rollout], say: Say
) -> Published:
    """Bring a bundle to Lambda and move the alias to it, once it has proved that it scores as it does here.

    Args:
        cloud: where to.
        spec: the function's settings.
        bundle: the zip.
        reward: the same reward in this process, to compare with.
        rollouts: what to compare on; none, no proof.
        say: told each step in a line.

    Raises:
        CloudError: AWS refused, or the published version scores differently from here.
    """
    client = cloud.client("lambda")
    role_arn = ensure_role(cloud, spec.role(), spec.role_policy())
    say(f"role      {spec.role_name}")
    zipped = bundle.path.read_bytes()
    digest = base64.b64encode(hashlib.sha256(zipped).digest()).decode()
    _ensure_function(cloud, client, spec, role_arn, zipped, digest)
    say(f"function  {spec.name}")
    version, created = _ensure_version(client, spec, bundle, digest)
    version_arn = _arn(client, spec.name, version)
    say(f"version   {version}" + ("" if created else " (this code is already published)"))
    if rollouts:
        scored, failed = prove(client, version_arn, reward, rollouts, shape=spec.response_shape)
        say(f"proof     {scored} rollouts score there as they do here" + (f", {failed} fail" if failed else ""))
    alias_arn = _ensure_alias(client, spec, version)
    say(f"alias     {ALIAS} → {version}")
    return Published(spec.name, version, version_arn, alias_arn, created)


def published_version(cloud: Cloud, name: str) -> str:
    """The ARN of the version that the alias `live` points to.

    Raises:
        CloudError: nothing has been published under this name.
    """
    client = cloud.client("lambda")
    hint = "Publish the reward first: rewardkit publish"
    try:
        with calling("GetAlias", f"{name}:{ALIAS}"):
            version = client.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
            return _arn(client, name, version)
    except CloudError as error:
        if error.code != "ResourceNotFoundException":
            raise
        raise CloudError("GetAlias", f"{name}:{ALIAS}", error.code, "nothing is published", hint) from None


def prove(
    client: Any, arn: str, reward: Reward[Any], rollouts: Sequence[Rollout], *, shape: Shape | None = None
) -> tuple[int, int]:
    """Invoke a version with rollouts and compare its answer with this process's.

    Returns:
        How many have the same score there, and how many fail there as they do here.

    Raises:
        CloudError: the call failed, an entry differs (says which and how), or not one rollout can be scored.
    """
    event = next(batches([rollout.event() for rollout in rollouts]))
    here, failures = answer_here(reward, event, shape)
    if len(failures) == len(event):
        hint = "The alias was not moved. `rewardkit test` shows each failure."
        raise CloudError("Invoke", arn, "NothingScored", f"all {len(event)} rollouts fail: {failures[0]}", hint)
    there = invoke(client, arn, json.dumps(event).encode())
    if json.dumps(there) == json.dumps(here):
        return len(event) - len(failures), len(failures)
    hint = "The alias was not moved. Does the reward depend on the clock, chance, the machine or a local file?"
    difference = _difference(here, there)
    raise CloudError("Invoke", arn, "ScoresDiffer", difference, hint)


def invoke(client: Any, arn: str, payload: bytes) -> Any:
    """Call a function and return its JSON.

    Raises:
        CloudError: it could not be called, or raised.
    """
    with calling("Invoke", arn):
        answer = client.invoke(FunctionName=arn, Payload=payload)
        body = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        said = body if isinstance(body, dict) else {}
        message = str(said.get("errorMessage", body))
        raise CloudError(
            "Invoke", arn, str(said.get("errorType", "Unhandled")), message, "See the function's log."
        )
    return body


def ensure_role(cloud: Cloud, role: Request, policy: Request) -> str:
    """Make a role unless it stands, bring its policy up to date, and return its ARN."""
    iam, name = cloud.client("iam"), role["RoleName"]
    with calling("CreateRole", name):
        try:
            arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            arn = _create_role(iam, role)
    with calling("PutRolePolicy", name):
        iam.put_role_policy(**policy)
    return str(arn)


def _create_role(iam: Any, role: Request) -> str:
    """Make a role, unless another run of this command was quicker."""
    try:
        return str(iam.create_role(**role)["Role"]["Arn"])
    except iam.exceptions.EntityAlreadyExistsException:
        return str(iam.get_role(RoleName=role["RoleName"])["Role"]["Arn"])


def _ensure_function(
    cloud: Cloud, client: Any, spec: FunctionSpec, role_arn: str, zipped: bytes, digest: str
) -> None:
    with calling("GetFunctionConfiguration", spec.name):
        try:
            standing = client.get_function_configuration(FunctionName=spec.name)
        except client.exceptions.ResourceNotFoundException:
            standing = None
    if standing is None:
        _create_function(client, spec.create(role_arn, _code(cloud, spec, zipped)))
        return
    _wait(client, spec.name)
    if standing["CodeSha256"] != digest or standing.get("Architectures") != [spec.architecture]:
        with calling("UpdateFunctionCode", spec.name):
            client.update_function_code(**spec.update_code(_code(cloud, spec, zipped)))
        _wait(client, spec.name)
    wanted = spec.configuration(role_arn)
    if not _same(standing, wanted):
        with calling("UpdateFunctionConfiguration", spec.name):
            client.update_function_configuration(**wanted)
        _wait(client, spec.name)


def _create_function(client: Any, request: Request) -> None:
    """A new role takes seconds until Lambda may assume it."""
    name, end = request["FunctionName"], time.monotonic() + _PATIENCE_SECONDS
    with calling("CreateFunction", name):
        while True:
            try:
                client.create_function(**request)
                break
            except client.exceptions.InvalidParameterValueException as error:
                if "assume" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(2)
            except client.exceptions.ResourceConflictException:
                break
    with calling("GetFunction", name):
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def _wait(client: Any, name: str) -> None:
    with calling("GetFunction", name):
        client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def _code(cloud: Cloud, spec: FunctionSpec, zipped: bytes) -> Mapping[str, Any]:
    if len(zipped) <= _DIRECT_BYTES:
        return {"ZipFile": zipped}
    bucket = ensure_bucket(cloud, f"rewardkit-{cloud.account()}-{cloud.region}")
    key = f"{spec.name}/{hashlib.sha256(zipped).hexdigest()[:32]}.zip"
    put_once(cloud, bucket, key, zipped)
    return {"S3Bucket": bucket, "S3Key": key}


def _ensure_version(client: Any, spec: FunctionSpec, bundle: Bundle, digest: str) -> tuple[str, bool]:
    """The newest version with this code and configuration, and whether it had to be made."""
    with calling("ListVersionsByFunction", spec.name):
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=spec.name)
        versions = [version for page in pages for version in page["Versions"] if version["Version"].isdigit()]
    wanted = spec.configuration("")
    same = [v for v in versions if v["CodeSha256"] == digest and _same(v, wanted | {"Role": v["Role"]})]
    if same:
        return max((v["Version"] for v in same), key=int), False
    with calling("PublishVersion", spec.name):
        return str(client.publish_version(**_version_request(spec, bundle, digest))["Version"]), True


def _version_request(spec: FunctionSpec, bundle: Bundle, digest: str) -> Request:
    return {"FunctionName": spec.name, "CodeSha256": digest, "Description": f"rewardkit {bundle.digest[:16]}"}


def _ensure_alias(client: Any, spec: FunctionSpec, version: str) -> str:
    wanted = _alias_request(spec, version)
    with calling("CreateAlias", f"{spec.name}:{ALIAS}"):
        try:
            standing = client.get_alias(FunctionName=spec.name, Name=ALIAS)
        except client.exceptions.ResourceNotFoundException:
            standing = _create_alias(client, wanted)
        if standing["FunctionVersion"] != version:
            standing = client.update_alias(**wanted)
        return str(standing["AliasArn"])


def _create_alias(client: Any, wanted: Request) -> Mapping[str, Any]:
    """Make the alias, unless another run of this command was quicker."""
    try:
        made: Mapping[str, Any] = client.create_alias(**wanted)
    except client.exceptions.ResourceConflictException:
        made = client.get_alias(FunctionName=wanted["FunctionName"], Name=wanted["Name"])
    return made


def _alias_request(spec: FunctionSpec, version: str) -> Request:
    return {"FunctionName": spec.name, "Name": ALIAS, "FunctionVersion": version}


def _arn(client: Any, name: str, version: str) -> str:
    with calling("GetFunctionConfiguration", f"{name}:{version}"):
        return str(client.get_function_configuration(FunctionName=name, Qualifier=version)["FunctionArn"])


def _same(standing: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    keys = ("Role", "Handler", "Runtime", "MemorySize", "Timeout")
    variables = (standing.get("Environment") or {}).get("Variables", {})
    return (
        all(standing.get(key) == wanted[key] for key in keys) and variables == wanted["Environment"]["Variables"]
    )


def batches(rows: Sequence[dict[str, Any]], most: int = 64) -> Iterator[list[dict[str, Any]]]:
    """The rows in events of so many at the most, and no larger than fits well into one call."""
    event: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        length = len(json.dumps(row))
        if event and (size + length > _EVENT_BYTES or len(event) == most):
            yield event
            event, size = [], 0
        event.append(row)
        size += length
    if event:
        yield event


def answer_here(reward: Reward[Any], event: object, shape: Shape | None) -> tuple[Any, list[Failure]]:
    """What this process would answer to an event, as JSON reads it, and the failures among it."""
    batch = read_event(event)
    results: list[Result] = [reward.score(item) if isinstance(item, Rollout) else item for item in batch.rollouts]
    failures = [result for result in results if isinstance(result, Failure)]
    return json.loads(json.dumps(write_response(batch, results, bounds=reward.bounds, shape=shape))), failures


def _difference(here: Any, there: Any) -> str:
    if not isinstance(there, list) or len(there) != len(here):
        return f"it answered {json.dumps(there)[:200]}"
    pairs = [(a, b) for a, b in zip(here, there, strict=True) if a != b]
    first = f"{json.dumps(pairs[0][0])[:300]} here, {json.dumps(pairs[0][1])[:300]} there"
    return f"{len(pairs)} of {len(here)} rollouts are scored differently. The first: {first}"
