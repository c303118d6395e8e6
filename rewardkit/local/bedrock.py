"""Bedrock's own API for reinforcement fine-tuning: customization jobs, custom models, deployments and inference.

GET, POST   /model-customization-jobs, /model-customization-jobs/ID, …/ID/stop
GET, DELETE /custom-models, /custom-models/ID
GET, POST   /model-customization/custom-model-deployments, …/ID
GET         /foundation-models, /foundation-models/ID
POST        /model/ID/converse, /model/ID/invoke
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

from rewardkit.local.answers import Answers
from rewardkit.local.functions import Functions
from rewardkit.local.journal import ACCOUNT
from rewardkit.local.limits import check
from rewardkit.local.objects import Objects
from rewardkit.local.refused import Refused, conflict, invalid, not_found
from rewardkit.local.store import Record, Store
from rewardkit.local.training import Plan, Trainer
from rewardkit.rollout import clean

# With the 256k in its id where it is customized, without where it is called; `us.` is its inference profile.
BASE_MODEL = "amazon.nova-2-lite-v1:0:256k"

_BASES = (BASE_MODEL, "amazon.nova-2-lite-v1:0")
_CALLABLE = (*_BASES, "us.amazon.nova-2-lite-v1:0", "global.amazon.nova-2-lite-v1:0")
_DEFAULTS: dict[str, Any] = {
    "epochCount": 1,
    "batchSize": 128,
    "learningRate": 1e-5,
    "maxPromptLength": 8192,
    "trainingSamplePerPrompt": 8,
}
_USUAL_RATE = 1e-5
_STATUS = {
    "validating": "InProgress",
    "queued": "InProgress",
    "running": "InProgress",
    "stopping": "Stopping",
    "stopped": "Stopped",
    "succeeded": "Completed",
    "failed": "Failed",
}
_PHASES = ("validationDetails", "dataProcessingDetails", "trainingDetails")
_SUMMARY = (
    "jobArn",
    "baseModelArn",
    "jobName",
    "status",
    "statusDetails",
    "lastModifiedTime",
    "creationTime",
    "endTime",
    "customModelArn",
    "customModelName",
    "customizationType",
)
_MODEL_SAME = (
    "baseModelArn",
    "customizationType",
    "trainingDataConfig",
    "validationDataConfig",
    "jobName",
    "jobArn",
    "outputDataConfig",
    "trainingMetrics",
    "customizationConfig",
)
_DEPLOY_SECONDS = 0.5

Handler: TypeAlias = Callable[[Request, str, str], Response]


class Bedrock:
    """The API, as one function of a request.

    Args:
        store: where jobs, models and deployments are.
        functions: to check a job's reward function.
        trainer: runs the jobs.
        answers: answers for the models.
        objects: S3, to check a job's buckets.
    """

    def __init__(
        self, store: Store, functions: Functions, trainer: Trainer, answers: Answers, objects: Objects
    ) -> None:
        self._store = store
        self._functions = functions
        self._trainer = trainer
        self._answers = answers
        self._objects = objects
        self._creating = threading.Lock()
        jobs, models = "/model-customization-jobs", "/custom-models"
        deployments = "/model-customization/custom-model-deployments"
        self._routes: tuple[tuple[str, re.Pattern[str], str, Handler], ...] = tuple(
            (method, re.compile(pattern), operation, handler)
            for method, pattern, operation, handler in (
                ("POST", jobs, "CreateModelCustomizationJob", self._create_job),
                ("GET", jobs, "ListModelCustomizationJobs", self._list_jobs),
                ("POST", f"{jobs}/(.+)/stop", "StopModelCustomizationJob", self._stop_job),
                ("GET", f"{jobs}/(.+)", "GetModelCustomizationJob", self._get_job),
                ("GET", models, "ListCustomModels", self._list_models),
                ("GET", f"{models}/(.+)", "GetCustomModel", self._get_model),
                ("DELETE", f"{models}/(.+)", "DeleteCustomModel", self._delete_model),
                ("POST", deployments, "CreateCustomModelDeployment", self._create_deployment),
                ("GET", deployments, "ListCustomModelDeployments", self._list_deployments),
                ("GET", f"{deployments}/(.+)", "GetCustomModelDeployment", self._get_deployment),
                ("DELETE", f"{deployments}/(.+)", "DeleteCustomModelDeployment", self._delete_deployment),
                ("GET", "/foundation-models", "ListFoundationModels", self._list_foundation_models),
                ("GET", "/foundation-models/(.+)", "GetFoundationModel", self._get_foundation_model),
                ("POST", "/model/(.+)/converse", "", self._converse),
                ("POST", "/model/(.+)/invoke", "", self._converse),
                ("POST", "/model/(.+)/(?:converse-stream|invoke-with-response-stream)", "", _refuse_stream),
            )
        )

    def answer(self, request: Request, region: str) -> Response | None:
        """Answer one request; None if it is not for this API.

        Raises:
            Refused: the service says no.
        """
        path = request.path.rstrip("/")
        for method, pattern, operation, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                if operation:
                    check(operation, _body(request), request.args)
                return handler(request, unquote(match[1]) if match.groups() else "", region)
        return None

    def _create_job(self, request: Request, _: str, region: str) -> Response:
        body = _body(request)
        # Not a transaction: the checks ask moto, whose lock must not be waited for inside one.
        with self._creating:
            job = self._repeated(body) or self._trainer.create(self._plan(body, region))
        return _json({"jobArn": job["request"]["arn"]}, 201)

    def _repeated(self, body: Record) -> Record | None:
        """The job that the same request made before."""
        for job in self._jobs():
            asked = job["request"]["body"]
            if body.get("clientRequestToken") and asked.get("clientRequestToken") == body["clientRequestToken"]:
                if asked == body:
                    return job
                raise conflict("another request was sent with this clientRequestToken: use a new one")
        return None

    def _plan(self, body: Record, region: str) -> Plan:
        grader, settings = _rft(body)
        base = _base_model(body["baseModelIdentifier"])
        self._check_names(body)
        _check_role(body["roleArn"])
        self._objects.check_bucket(body["outputDataConfig"]["s3Uri"])
        source = body["trainingDataConfig"].get("s3Uri")
        if source is None:
            raise invalid("the local cloud trains on trainingDataConfig.s3Uri, not on invocation logs")
        try:
            self._functions.find(grader, region)
        except Refused as refused:
            raise invalid(f"the reward function cannot be called: {refused.message}") from refused
        id, model_id = uuid.uuid4().hex[:12], uuid.uuid4().hex[:12]
        arn = f"arn:aws:bedrock:{region}:{ACCOUNT}"
        return Plan(
            api="native",
            id=id,
            model=base,
            function=grader,
            region=region,
            source={"s3": source},
            epochs=settings["epochCount"],
            batch=settings["batchSize"],
            samples=settings["trainingSamplePerPrompt"],
            rate=settings["learningRate"] / _USUAL_RATE,
            longest_prompt=settings["maxPromptLength"],
            tuned=f"{arn}:custom-model/{base}/{model_id}",
            request={"arn": f"{arn}:model-customization-job/{base}/{id}", "body": body},
        )

    def _check_names(self, body: Record) -> None:
        for job in self._jobs():
            asked = job["request"]["body"]
            if asked["jobName"] == body["jobName"]:
                raise conflict(f"there is a job {body['jobName']!r} already: choose another jobName")
            taken = job["status"] not in ("failed", "stopped") and not job.get("model_deleted")
            if taken and asked["customModelName"] == body["customModelName"]:
                name = body["customModelName"]
                raise conflict(f"there is a custom model {name!r} already: choose another customModelName")

    def _jobs(self) -> list[Record]:
        return [job for _, job in self._store.all("job") if job["api"] == "native"]

    def _job(self, identifier: str) -> Record:
        for job in self._jobs():
            if identifier in (job["request"]["arn"], job["request"]["body"]["jobName"], job["id"]):
                return job
        raise not_found(f"Could not find the model customization job {identifier!r:.300}")

    def _get_job(self, _: Request, identifier: str, region: str) -> Response:
        return _json(_shown_job(self._job(identifier)))

    def _stop_job(self, _: Request, identifier: str, region: str) -> Response:
        job = self._job(identifier)
        if job["status"] in ("succeeded", "failed", "stopped"):
            raise conflict(f"the job is {_STATUS[job['status']]} already and cannot be stopped")
        self._trainer.stop(job["id"])
        return _json({})

    def _list_jobs(self, request: Request, _: str, region: str) -> Response:
        found = []
        for job in self._jobs():
            shown = _shown_job(job)
            shown |= {"customModelArn": shown.get("outputModelArn"), "customModelName": shown["outputModelName"]}
            found.append({key: shown[key] for key in _SUMMARY if shown.get(key) is not None})
        return _page(request, "modelCustomizationJobSummaries", found, name="jobName", time="creationTime")

    def _models(self) -> list[tuple[Record, Record]]:
        """The finished custom models: (model, job)."""
        made = [(model, self._store.get("job", model["job"])) for _, model in self._store.all("model")]
        return [(model, job) for model, job in made if job is not None and job["api"] == "native"]

    def _model(self, identifier: str) -> tuple[Record, Record]:
        for model, job in self._models():
            if identifier in (model["name"], job["request"]["body"]["customModelName"]):
                return model, job
        raise not_found(f"Could not find the custom model {identifier!r:.300}")

    def _get_model(self, _: Request, identifier: str, region: str) -> Response:
        model, job = self._model(identifier)
        body, shown = job["request"]["body"], _shown_job(job)
        details = {
            "modelArn": model["name"],
            "modelName": body["customModelName"],
            "creationTime": _iso(job["finished"]),
            "modelStatus": "Active",
            "hyperParameters": body.get("hyperParameters", {}),
        }
        return _json(details | {key: shown[key] for key in _MODEL_SAME if key in shown})

    def _delete_model(self, _: Request, identifier: str, region: str) -> Response:
        model, job = self._model(identifier)
        if any(item["modelArn"] == model["name"] for _, item in self._store.all("deployment")):
            raise conflict("the model is deployed: delete its deployments first")
        with self._store.transaction():
            self._store.delete("model", model["name"])
            self._store.put("job", job["id"], job | {"model_deleted": True})
        return _json({})

    def _list_models(self, request: Request, _: str, region: str) -> Response:
        found = [
            {
                "modelArn": model["name"],
                "modelName": job["request"]["body"]["customModelName"],
                "creationTime": _iso(job["finished"]),
                "baseModelArn": _foundation_arn(job["model"], job["region"]),
                "baseModelName": job["model"],
                "customizationType": "REINFORCEMENT_FINE_TUNING",
                "ownerAccountId": ACCOUNT,
                "modelStatus": "Active",
            }
            for model, job in self._models()
        ]
        for name in ("baseModelArnEquals", "foundationModelArnEquals"):
            if name in request.args:
                found = [item for item in found if item["baseModelArn"] == request.args[name]]
        return _page(request, "modelSummaries", found, name="modelName", time="creationTime", status="modelStatus")

    def _create_deployment(self, request: Request, _: str, region: str) -> Response:
        body = _body(request)
        self._model(body["modelArn"])
        for _id, item in self._store.all("deployment"):
            if item["name"] == body["modelDeploymentName"]:
                token = body.get("clientRequestToken")
                if token and item["token"] == token and item["modelArn"] == body["modelArn"]:
                    return _json({"customModelDeploymentArn": item["arn"]}, 202)
                raise invalid(f"there is a deployment {item['name']!r} already: choose another name")
        arn = f"arn:aws:bedrock:{region}:{ACCOUNT}:custom-model-deployment/{uuid.uuid4().hex[:12]}"
        deployment = {
            "arn": arn,
            "name": body["modelDeploymentName"],
            "modelArn": body["modelArn"],
            "description": body.get("description"),
            "token": body.get("clientRequestToken"),
            "created": time.time(),
        }
        self._store.put("deployment", arn, deployment)
        return _json({"customModelDeploymentArn": arn}, 202)

    def _deployment(self, identifier: str) -> Record:
        for arn, item in self._store.all("deployment"):
            if identifier in (arn, item["name"]):
                return item
        raise not_found(f"Could not find the custom model deployment {identifier!r:.300}")

    def _get_deployment(self, _: Request, identifier: str, region: str) -> Response:
        item = self._deployment(identifier)
        shown = _shown_deployment(item) | {"modelDeploymentName": item["name"]}
        if item["description"]:
            shown["description"] = item["description"]
        return _json(shown)

    def _delete_deployment(self, _: Request, identifier: str, region: str) -> Response:
        self._store.delete("deployment", self._deployment(identifier)["arn"])
        return _json({})

    def _list_deployments(self, request: Request, _: str, region: str) -> Response:
        found = [
            _shown_deployment(item) | {"customModelDeploymentName": item["name"]}
            for _id, item in self._store.all("deployment")
        ]
        if "modelArnEquals" in request.args:
            found = [item for item in found if item["modelArn"] == request.args["modelArnEquals"]]
        return _page(
            request, "modelDeploymentSummaries", found, name="customModelDeploymentName", time="createdAt"
        )

    def _list_foundation_models(self, request: Request, _: str, region: str) -> Response:
        provider = request.args.get("byProvider", "amazon").casefold()
        shown = [_foundation_model(name, region) for name in _BASES] if provider == "amazon" else []
        return _json({"modelSummaries": shown})

    def _get_foundation_model(self, _: Request, identifier: str, region: str) -> Response:
        return _json({"modelDetails": _foundation_model(_base_model(identifier), region)})

    def _converse(self, request: Request, identifier: str, region: str) -> Response:
        body, begin = _body(request), time.monotonic()
        model = self._callable(identifier)
        asked = {key: body.get(key) for key in ("messages", "inferenceConfig")}
        check("Converse", asked, {}, service="bedrock-runtime")
        messages, settings = asked["messages"], asked["inferenceConfig"] or {}
        if not messages:
            raise invalid("messages are missing: send at least the user's")
        answer = self._answers.answer(
            model,
            messages,
            temperature=float(settings.get("temperature", 1.0)),
            most_words=settings.get("maxTokens"),
        )
        return _json(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": answer.text}]}},
                "stopReason": "max_tokens" if answer.cut else "end_turn",
                "usage": {
                    "inputTokens": answer.asked,
                    "outputTokens": answer.answered,
                    "totalTokens": answer.asked + answer.answered,
                },
                "metrics": {"latencyMs": int((time.monotonic() - begin) * 1000)},
            }
        )

    def _callable(self, identifier: str) -> str:
        """The name of the model that answers for a `modelId`."""
        if ":custom-model-deployment/" in identifier:
            item = self._deployment(identifier)
            if _deployment_status(item) != "Active":
                raise Refused(
                    429, "ModelNotReadyException", "the deployment is still being created: wait a moment"
                )
            return str(item["modelArn"])
        if identifier.rpartition("/")[2] in _CALLABLE:
            return BASE_MODEL
        if ":custom-model/" in identifier:
            raise invalid("a custom model is called by its deployment: create one, and use its ARN as modelId")
        raise invalid(
            f"The provided model identifier is invalid: {identifier!r:.200}. The local cloud has "
            f"{', '.join(_CALLABLE)}, and the deployments of custom models"
        )


def _rft(body: Record) -> tuple[str, dict[str, Any]]:
    """The reward function's ARN and the hyperparameters in a request."""
    if body.get("customizationType") != "REINFORCEMENT_FINE_TUNING":
        raise invalid(
            f"the local cloud rehearses REINFORCEMENT_FINE_TUNING, and customizationType is "
            f"{body.get('customizationType')!r}"
        )
    config = (body.get("customizationConfig") or {}).get("rftConfig") or {}
    grader = ((config.get("graderConfig") or {}).get("lambdaGrader") or {}).get("lambdaArn")
    if grader is None:
        raise invalid("customizationConfig.rftConfig.graderConfig.lambdaGrader.lambdaArn is missing")
    given = {key: value for key, value in (config.get("hyperParameters") or {}).items() if value is not None}
    return grader, _DEFAULTS | given


def _base_model(identifier: str) -> str:
    name = identifier.rpartition("/")[2]
    if name not in _BASES:
        raise invalid(
            f"The provided model identifier is invalid: {identifier!r:.200}. Reinforcement fine-tuning here takes "
            f"{BASE_MODEL}; open-weight models are trained by the OpenAI-compatible API"
        )
    return name


def _check_role(arn: str) -> None:
    from moto.iam.models import iam_backends

    try:
        iam_backends[ACCOUNT]["aws"].get_role_by_arn(arn)
    except Exception as error:
        raise invalid(f"Could not assume the role {arn}: it does not exist, so create it first") from error


def _shown_job(job: Record) -> Record:
    body, status = job["request"]["body"], _STATUS[job["status"]]
    shown: Record = {
        "jobArn": job["request"]["arn"],
        "jobName": body["jobName"],
        "outputModelName": body["customModelName"],
        "outputModelArn": job["tuned"] if job["status"] == "succeeded" else None,
        "clientRequestToken": body.get("clientRequestToken"),
        "roleArn": body["roleArn"],
        "status": status,
        "statusDetails": _details(job),
        "failureMessage": (job.get("error") or "")[:2048] or None,
        "creationTime": _iso(job["created"]),
        "lastModifiedTime": _iso(job["changed"]),
        "endTime": _iso(job["finished"]) if "finished" in job else None,
        "baseModelArn": _foundation_arn(job["model"], job["region"]),
        "hyperParameters": body.get("hyperParameters", {}),
        "trainingDataConfig": body["trainingDataConfig"],
        "validationDataConfig": body.get("validationDataConfig") or {"validators": []},
        "outputDataConfig": body["outputDataConfig"],
        "customizationType": body["customizationType"],
        "trainingMetrics": {"trainingLoss": job["metrics"]["actor_pg_loss"]} if "metrics" in job else None,
        "vpcConfig": body.get("vpcConfig"),
        "customizationConfig": body["customizationConfig"],
    }
    return {key: value for key, value in shown.items() if value is not None}


def _details(job: Record) -> Record:
    """The three phases: those before the present one are completed, those after it not started."""
    reached = 2 if "began_running" in job else 1 if "began_queued" in job else 0
    begun = [job["created"], job.get("began_queued"), job.get("began_running")]
    details: Record = {}
    for place, phase in enumerate(_PHASES):
        status = "Completed" if place < reached else "NotStarted" if place > reached else _STATUS[job["status"]]
        details[phase] = {"status": status}
        if begun[place] is not None:
            ended = begun[place + 1] if place < reached else job["changed"]
            details[phase] |= {"creationTime": _iso(begun[place]), "lastModifiedTime": _iso(ended)}
    return details


def _shown_deployment(item: Record) -> Record:
    return {
        "customModelDeploymentArn": item["arn"],
        "modelArn": item["modelArn"],
        "createdAt": _iso(item["created"]),
        "status": _deployment_status(item),
        "lastUpdatedAt": _iso(item["created"]),
    }


def _deployment_status(item: Record) -> str:
    return "Active" if time.time() - item["created"] >= _DEPLOY_SECONDS else "Creating"


def _foundation_arn(model: str, region: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"


def _foundation_model(name: str, region: str) -> Record:
    return {
        "modelArn": _foundation_arn(name, region),
        "modelId": name,
        "modelName": "Nova 2 Lite",
        "providerName": "Amazon",
        "inputModalities": ["TEXT"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": False,
        "customizationsSupported": [],
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _refuse_stream(request: Request, identifier: str, region: str) -> Response:
    raise invalid("the local cloud does not stream: use Converse or InvokeModel")


def _page(
    request: Request, member: str, items: Sequence[Record], *, name: str, time: str, status: str = "status"
) -> Response:
    """A page of a list: filtered, sorted by time, and continued by `nextToken`."""
    asked: Mapping[str, str] = request.args
    found = [
        item
        for item in items
        if asked.get("nameContains", "") in item[name]
        and asked.get("statusEquals", item[status]) == item[status]
        and asked.get("modelStatus", item[status]) == item[status]
        and _within(item[time], asked)
    ]
    if asked.get("sortOrder", "Descending") == "Descending":
        found.reverse()
    begin, most = _offset(asked.get("nextToken")), int(asked.get("maxResults", "1000"))
    page: Record = {member: found[begin : begin + most]}
    if begin + most < len(found):
        page["nextToken"] = base64.urlsafe_b64encode(str(begin + most).encode()).decode()
    return _json(page)


def _within(moment: str, asked: Mapping[str, str]) -> bool:
    after = asked.get("creationTimeAfter") or asked.get("createdAfter")
    before = asked.get("creationTimeBefore") or asked.get("createdBefore")
    when = datetime.fromisoformat(moment)
    return (after is None or when > _moment(after)) and (before is None or when < _moment(before))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"{text!r:.60} is not an ISO 8601 time") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise invalid("nextToken is not one that this API gave out") from error


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _body(request: Request) -> Record:
    try:
        body = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError) as error:
        raise invalid(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise invalid("the body must be a JSON object")
    cleaned: Record = clean(body)
    return cleaned


def _json(body: Record, status: int = 200) -> Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps(body), status, headers, content_type="application/json")
