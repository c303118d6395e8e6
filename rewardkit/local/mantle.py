"""Bedrock's OpenAI-compatible API: files, fine-tuning jobs, models, chat completions and responses under `/v1`.

Statuses are OpenAI's: validating_files, queued, running, succeeded, failed, cancelled. Lists run from the newest
to the oldest, and `after` continues behind an id.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from werkzeug.wrappers import Request, Response

from rewardkit.local.answers import Answer, Answers
from rewardkit.local.functions import Functions
from rewardkit.local.refused import Refused
from rewardkit.local.store import Record, Store
from rewardkit.local.training import REHEARSAL, Plan, Trainer
from rewardkit.rollout import clean

MODELS = ("openai.gpt-oss-20b", "qwen.qwen3-32b")

_MOST_FILE_BYTES = 512 * 1024 * 1024
_STATUS = {
    "validating": "validating_files",
    "queued": "queued",
    "running": "running",
    "stopping": "cancelled",
    "stopped": "cancelled",
    "succeeded": "succeeded",
    "failed": "failed",
}
_DEFAULTS = {"n_epochs": 1, "batch_size": 4, "learning_rate_multiplier": 1.0}
_SAMPLES_PER_PROMPT = 8

Handler: TypeAlias = Callable[[Request, str], Response]


class Mantle:
    """The API, as one function of a request.

    Args:
        store: where files and jobs are.
        functions: to check a job's reward function.
        trainer: runs the jobs.
        answers: answers for the models.
        region: of the jobs.
    """

    def __init__(
        self, store: Store, functions: Functions, trainer: Trainer, answers: Answers, region: str
    ) -> None:
        self._store = store
        self._functions = functions
        self._trainer = trainer
        self._answers = answers
        self._region = region
        self._routes: tuple[tuple[str, re.Pattern[str], Handler], ...] = tuple(
            (method, re.compile(pattern), handler)
            for method, pattern, handler in (
                ("POST", r"/v1/files", self._create_file),
                ("GET", r"/v1/files", self._list_files),
                ("GET", r"/v1/files/([^/]+)", self._get_file),
                ("DELETE", r"/v1/files/([^/]+)", self._delete_file),
                ("GET", r"/v1/files/([^/]+)/content", self._file_content),
                ("POST", r"/v1/fine_tuning/jobs", self._create_job),
                ("GET", r"/v1/fine_tuning/jobs", self._list_jobs),
                ("GET", r"/v1/fine_tuning/jobs/([^/]+)", self._get_job),
                ("POST", r"/v1/fine_tuning/jobs/([^/]+)/cancel", self._cancel_job),
                ("GET", r"/v1/fine_tuning/jobs/([^/]+)/events", self._list_events),
                ("GET", r"/v1/fine_tuning/jobs/([^/]+)/checkpoints", self._list_checkpoints),
                ("GET", r"/v1/models", self._list_models),
                ("GET", r"/v1/models/(.+)", self._get_model),
                ("POST", r"/v1/chat/completions", self._chat),
                ("POST", r"/v1/responses", self._respond),
            )
        )

    def answer(self, request: Request) -> Response:
        """Answer one request; what is refused is answered in OpenAI's error shape."""
        try:
            _check_key(request)
            return self._route(request)
        except Refused as refused:
            kind = {401: "authentication_error"}.get(refused.status, "invalid_request_error")
            error = {
                "message": refused.message,
                "type": kind,
                "param": refused.param,
                "code": refused.code,
            }
            return _json({"error": error}, refused.status)

    def _route(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        methods = set()
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                return handler(request, match[1] if match.groups() else "")
            methods |= {method} if match else set()
        if methods:
            raise Refused(405, "method_not_allowed", f"{path} takes {', '.join(sorted(methods))}")
        raise Refused(404, "unknown_url", f"the local cloud has no {request.method} {path}")

    def _create_file(self, request: Request, _: str) -> Response:
        upload = request.files.get("file")
        if upload is None:
            raise Refused(400, "missing_required_parameter", "no file in the form: send it as 'file'", "file")
        if request.form.get("purpose") != "fine-tune":
            message = f"purpose is {request.form.get('purpose')!r}: the only one here is 'fine-tune'"
            raise Refused(400, "invalid_value", message, "purpose")
        content = upload.read(_MOST_FILE_BYTES + 1)
        if not content or len(content) > _MOST_FILE_BYTES:
            raise Refused(400, "invalid_file", "the file is empty, or larger than 512 MB", "file")
        file: Record = {
            "id": f"file-{uuid.uuid4().hex[:24]}",
            "object": "file",
            "bytes": len(content),
            "created_at": int(time.time()),
            "filename": upload.filename or "training.jsonl",
            "purpose": "fine-tune",
            "status": "processed",
        }
        self._store.put("file", file["id"], file | {"blob": self._store.keep(content)})
        return _json(file)

    def _list_files(self, request: Request, _: str) -> Response:
        return _page(request, [_shown(file) for _, file in self._store.all("file")])

    def _get_file(self, _: Request, id: str) -> Response:
        return _json(_shown(self._file(id)))

    def _delete_file(self, _: Request, id: str) -> Response:
        self._file(id)
        self._store.delete("file", id)
        return _json({"id": id, "object": "file", "deleted": True})

    def _file_content(self, _: Request, id: str) -> Response:
        return Response(self._store.blob(self._file(id)["blob"]), content_type="application/octet-stream")

    def _file(self, id: str, param: str | None = None) -> Record:
        file = self._store.get("file", id)
        if file is None:
            raise Refused(400 if param else 404, "not_found", f"there is no file {id!r:.80}", param)
        return file

    def _create_job(self, request: Request, _: str) -> Response:
        body = _body(request)
        for name in ("suffix", "validation_file", "integrations"):
            if body.get(name):
                raise Refused(400, "unsupported_parameter", f"{name} is not supported: leave it out", name)
        model, training_file = body.get("model"), body.get("training_file")
        if model not in MODELS:
            message = f"the model {model!r:.80} cannot be fine-tuned here: use {' or '.join(MODELS)}"
            raise Refused(400, "model_not_found", message, "model")
        if not isinstance(training_file, str):
            message = "training_file is missing: upload one with purpose 'fine-tune' and give its id"
            raise Refused(400, "missing_required_parameter", message, "training_file")
        file = self._file(training_file, "training_file")
        function, settings = self._grader(body.get("method"))
        id = f"ftjob-{uuid.uuid4().hex[:24]}"
        plan = Plan(
            api="mantle",
            id=id,
            model=model,
            function=function,
            region=self._region,
            source={"blob": file["blob"], "name": file["filename"]},
            epochs=settings["n_epochs"],
            batch=settings["batch_size"],
            samples=_SAMPLES_PER_PROMPT,
            rate=settings["learning_rate_multiplier"],
            longest_prompt=None,
            tuned=f"ft:{model}:{id[6:18]}",
            request={key: body.get(key) for key in ("training_file", "method", "metadata", "seed")},
        )
        return _json(_job(self._trainer.create(plan)))

    def _grader(self, method: Any) -> tuple[str, dict[str, Any]]:
        """The reward function's ARN and the hyperparameters of a job's method."""
        kind = method.get("type") if isinstance(method, dict) else None
        if kind != "reinforcement" or not isinstance(method.get("reinforcement"), dict):
            message = f"method.type is {kind!r:.80}: write 'reinforcement', and its settings under that name"
            raise Refused(400, "invalid_value", message, "method.type")
        settings = method["reinforcement"]
        grader = settings.get("grader")
        place = "method.reinforcement.grader"
        inner = grader.get("lambda") if isinstance(grader, dict) else None
        if not isinstance(grader, dict) or grader.get("type") != "lambda" or not isinstance(inner, dict):
            message = 'the grader must be {"type": "lambda", "lambda": {"function": ARN}}'
            raise Refused(400, "invalid_value", message, place)
        arn = inner.get("function")
        if not isinstance(arn, str) or not arn.startswith("arn:"):
            raise Refused(400, "invalid_value", f"{arn!r:.80} is not a function's ARN", f"{place}.lambda.function")
        try:
            self._functions.find(arn, self._region)
        except Refused as refused:
            message = f"the reward function cannot be called: {refused.message}"
            raise Refused(400, "invalid_grader", message, f"{place}.lambda.function") from refused
        return arn, _hyperparameters(settings.get("hyperparameters") or {})

    def _jobs(self) -> list[Record]:
        return [job for _, job in self._store.all("job") if job["api"] == "mantle"]

    def _find_job(self, id: str) -> Record:
        job = self._store.get("job", id)
        if job is None or job["api"] != "mantle":
            raise Refused(404, "not_found", f"there is no fine-tuning job {id!r:.80}")
        return job

    def _list_jobs(self, request: Request, _: str) -> Response:
        return _page(request, [_job(job) for job in self._jobs()])

    def _get_job(self, _: Request, id: str) -> Response:
        return _json(_job(self._find_job(id)))

    def _cancel_job(self, _: Request, id: str) -> Response:
        job = self._find_job(id)
        if job["status"] in ("succeeded", "failed", "stopped"):
            message = f"the job {id} is {_STATUS[job['status']]} already and cannot be cancelled"
            raise Refused(400, "invalid_state", message)
        return _json(_job(self._trainer.stop(id)))

    def _list_events(self, request: Request, id: str) -> Response:
        self._find_job(id)
        return _page(request, self._store.read(f"events:{id}"))

    def _list_checkpoints(self, request: Request, id: str) -> Response:
        self._find_job(id)
        found = [_checkpoint(item) for _, item in self._store.all("checkpoint") if item["job"] == id]
        return _page(request, found, default=10)

    def _list_models(self, request: Request, _: str) -> Response:
        names = [*MODELS, *(name for name, _ in self._store.all("model") if name.startswith("ft:"))]
        return _json({"object": "list", "data": [_model(name) for name in names]})

    def _get_model(self, _: Request, name: str) -> Response:
        self._check_model(name)
        return _json(_model(name))

    def _check_model(self, name: object) -> str:
        if not isinstance(name, str) or (name not in MODELS and self._answers.job_of(name) is None):
            message = (
                f"there is no model {name!r:.120}: use {' or '.join(MODELS)}, or the fine_tuned_model of a job"
            )
            raise Refused(404, "model_not_found", message, "model")
        return name

    def _chat(self, request: Request, _: str) -> Response:
        body = _body(request)
        name = self._check_model(body.get("model"))
        messages = body.get("messages")
        if not isinstance(messages, list) or not all(isinstance(item, dict) for item in messages) or not messages:
            raise Refused(400, "invalid_value", "messages must be a list of objects, and not empty", "messages")
        most = body.get("max_completion_tokens") or body.get("max_tokens")
        count = body.get("n") or 1
        if not isinstance(count, int) or not 1 <= count <= 128:
            raise Refused(400, "invalid_value", "n must be a whole number from 1 to 128", "n")
        seed = body.get("seed")
        answers = [
            self._ask(name, messages, body, most, None if seed is None else f"{seed}:{turn}")
            for turn in range(count)
        ]
        completion = _completion(name, answers)
        if body.get("stream"):
            return Response(_chunks(completion), content_type="text/event-stream")
        return _json(completion)

    def _respond(self, request: Request, _: str) -> Response:
        body = _body(request)
        name = self._check_model(body.get("model"))
        if body.get("stream"):
            message = "the local cloud does not stream responses: leave out 'stream', or use chat completions"
            raise Refused(400, "unsupported_parameter", message, "stream")
        given = body.get("input")
        messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
        if not isinstance(messages, list) or not all(isinstance(item, dict) for item in messages):
            raise Refused(400, "invalid_value", "input must be text or a list of messages", "input")
        answer = self._ask(name, messages, body, body.get("max_output_tokens"), body.get("seed"))
        return _json(_response(name, answer))

    def _ask(self, name: str, messages: list[Record], body: Record, most: Any, seed: Any) -> Answer:
        temperature = body.get("temperature")
        if temperature is not None and not _is_number(temperature, 0, 2):
            raise Refused(400, "invalid_value", "temperature must be from 0 to 2", "temperature")
        if most is not None and not (isinstance(most, int) and most > 0):
            raise Refused(400, "invalid_value", "the most tokens must be a whole number above 0", "max_tokens")
        return self._answers.answer(
            name,
            messages,
            temperature=1.0 if temperature is None else float(temperature),
            most_words=most,
            seed=None if seed is None else str(seed),
        )


def _check_key(request: Request) -> None:
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    if kind.casefold() not in ("bearer", "aws4-hmac-sha256") or not key.strip():
        raise Refused(401, "invalid_api_key", "no API key: set OPENAI_API_KEY (any text will do locally)")


def _body(request: Request) -> Record:
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise Refused(400, "invalid_json", f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused(400, "invalid_json", "the body must be a JSON object")
    cleaned: Record = clean(body)
    return cleaned


def _hyperparameters(given: Any) -> dict[str, Any]:
    place = "method.reinforcement.hyperparameters"
    if not isinstance(given, dict):
        raise Refused(400, "invalid_value", "hyperparameters must be an object", place)
    unknown = sorted(given.keys() - _DEFAULTS.keys())
    if unknown:
        known = ", ".join(_DEFAULTS)
        raise Refused(400, "unknown_parameter", f"{unknown[0]!r:.60} is none of {known}", f"{place}.{unknown[0]}")
    settings = dict(_DEFAULTS)
    for name, value in given.items():
        if value in (None, "auto"):
            continue
        whole = name != "learning_rate_multiplier"
        if not _is_number(value, 1 if whole else 1e-9, 1_000) or (whole and not isinstance(value, int)):
            kind = "a whole number from 1 to 1000" if whole else "a number above 0, up to 1000"
            raise Refused(400, "invalid_value", f"{name} is {value!r:.40}: write {kind}", f"{place}.{name}")
        settings[name] = value
    return settings


def _is_number(value: object, low: float, high: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _job(job: Record) -> Record:
    status, error = _STATUS[job["status"]], job.get("error")
    finished = job.get("finished")
    done = status == "succeeded"
    return {
        "id": job["id"],
        "object": "fine_tuning.job",
        "model": job["model"],
        "created_at": int(job["created"]),
        "finished_at": int(finished) if finished else None,
        "fine_tuned_model": job["tuned"] if done else None,
        "organization_id": "",
        "result_files": [],
        "status": status,
        "training_file": job["request"]["training_file"],
        "validation_file": None,
        "hyperparameters": {},
        "method": job["request"]["method"],
        "metadata": job["request"].get("metadata"),
        "seed": job["request"].get("seed") or 0,
        "trained_tokens": None,
        "error": {"code": "job_failed", "message": error, "param": None} if error else None,
    }


def _checkpoint(item: Record) -> Record:
    return {
        "id": item["id"],
        "object": "fine_tuning.job.checkpoint",
        "created_at": int(item["created"]),
        "fine_tuned_model_checkpoint": item["name"],
        "fine_tuning_job_id": item["job"],
        "metrics": {"step": item["step"]} | item["metrics"],
        "step_number": item["step"],
    }


def _model(name: str) -> Record:
    return {"id": name, "object": "model", "created": 0, "owned_by": "rehearsal"}


def _shown(file: Record) -> Record:
    return {key: value for key, value in file.items() if key != "blob"}


def _completion(name: str, answers: list[Answer]) -> Record:
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": answer.text, "refusal": None},
            "logprobs": None,
            "finish_reason": "length" if answer.cut else "stop",
        }
        for index, answer in enumerate(answers)
    ]
    asked, answered = answers[0].asked, sum(answer.answered for answer in answers)
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": name,
        "choices": choices,
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": answered,
            "total_tokens": asked + answered,
        },
        "rehearsal": REHEARSAL,
    }


def _chunks(completion: Record) -> Iterator[bytes]:
    """The same completion as server-sent events: a delta for each choice, its end, and `[DONE]`."""
    base = {key: completion[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    for choice in completion["choices"]:
        delta = {"role": "assistant", "content": choice["message"]["content"]}
        for part, reason in ((delta, None), ({}, choice["finish_reason"])):
            item = {"index": choice["index"], "delta": part, "logprobs": None, "finish_reason": reason}
            yield f"data: {json.dumps(base | {'choices': [item]})}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _response(name: str, answer: Answer) -> Record:
    text = {"type": "output_text", "text": answer.text, "annotations": []}
    message = {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    return {
        "id": f"resp_{uuid.uuid4().hex}",
        "object": "response",
        "created_at": int(time.time()),
        "model": name,
        "status": "incomplete" if answer.cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if answer.cut else None,
        "error": None,
        "instructions": None,
        "metadata": {},
        "output": [message],
        "parallel_tool_calls": False,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": {
            "input_tokens": answer.asked,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": answer.answered,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": answer.asked + answer.answered,
        },
    }


def _page(request: Request, items: list[Record], default: int = 20) -> Response:
    """A page of a list, the newest first."""
    limit, after = request.args.get("limit", str(default)), request.args.get("after")
    if not limit.isdecimal() or not 1 <= int(limit) <= 10_000:
        raise Refused(400, "invalid_value", f"limit is {limit!r:.40}: write a whole number above 0", "limit")
    newest = items[::-1]
    if after:
        ids = [item["id"] for item in newest]
        if after not in ids:
            raise Refused(400, "invalid_value", f"after is {after!r:.80}, which is not in this list", "after")
        newest = newest[ids.index(after) + 1 :]
    data = newest[: int(limit)]
    page: Record = {"object": "list", "data": data, "has_more": len(newest) > len(data)}
    return _json(page | {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None})


def _json(body: Record, status: int = 200) -> Response:
    return Response(json.dumps(body), status, {"x-request-id": uuid.uuid4().hex}, content_type="application/json")
