"""The local cloud as one WSGI application: our Bedrock, Lambda's Invoke and the OpenAI-compatible API before moto.

It listens on loopback only, and refuses what a web page could send there: a foreign Host (DNS rebinding) or
Origin.
"""

from __future__ import annotations

import json
import os
import re
import traceback
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from rewardkit.local.answers import Answers
from rewardkit.local.bedrock import Bedrock
from rewardkit.local.functions import Functions
from rewardkit.local.journal import ACCOUNT, Journal
from rewardkit.local.mantle import Mantle
from rewardkit.local.objects import Objects
from rewardkit.local.refused import Refused
from rewardkit.local.store import Store
from rewardkit.local.telemetry import Telemetry
from rewardkit.local.training import REHEARSAL, Trainer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

HEALTH = "/_rewardkit/health"

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_INVOKE = re.compile(r"/2015-03-31/functions/(.+)/invocations/?")
_SCOPE = re.compile(r"Credential=[^/,\s]*/\d*/([^/,\s]+)/([^/,\s]+)/aws4_request")


class LocalCloud:
    """Everything that answers, wired together.

    Args:
        project: the folder whose rollouts the rehearsal uses.
        folder: where the state is.
        region: where jobs of the OpenAI-compatible API run.
    """

    def __init__(self, project: Path, folder: Path, region: str) -> None:
        self._store = Store(folder)
        journal = self._journal = Journal(_moto(), self._store)
        telemetry = Telemetry(self._store, journal)
        self._functions = Functions(self._store, journal, telemetry)
        objects = Objects(journal)
        self._trainer = Trainer(self._store, self._functions, telemetry, objects, project)
        answers = Answers(self._store, project)
        self._mantle = Mantle(self._store, self._functions, self._trainer, answers, region)
        self._bedrock = Bedrock(self._store, self._functions, self._trainer, answers, objects)
        self._region = region
        journal.replay()
        telemetry.restore()

    def resume(self) -> None:
        """Go on with the jobs that were running."""
        self._trainer.resume()

    def close(self) -> None:
        """Stop jobs after their step, end the functions' processes and let go of the state."""
        self._trainer.close()
        self._functions.close()
        self._store.close()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except Refused as refused:
            response = _refusal(refused)
        except Exception as error:
            # Into server.log, and to the client as what it is: a fault of the local cloud, not of the request.
            traceback.print_exc()
            message = f"the local cloud failed: {type(error).__name__}: {error}"
            response = _refusal(Refused(500, "InternalServerException", message))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        _check_sender(request)
        # The body is read first: a client that is still sending when it is answered would see a reset connection.
        request.get_data(cache=True, parse_form_data=False)
        scope = _SCOPE.search(request.headers.get("Authorization", ""))
        region, service = (scope[1], scope[2]) if scope else (self._region, "")
        if request.path == HEALTH:
            return self._health()
        if request.path.startswith("/moto-api"):
            raise Refused(404, "NotFound", "the local cloud keeps moto's own API to itself")
        if request.path.startswith("/v1/") and service in ("", "bedrock-mantle"):
            return self._mantle.answer(request)
        if service in ("bedrock", ""):
            response = self._bedrock.answer(request, region)
            if response is not None:
                return response
        invoke = _INVOKE.fullmatch(request.path)
        if invoke and request.method == "POST":
            return self._functions.answer(request, invoke[1], region)
        return self._journal.answer(request)

    def _health(self) -> Response:
        jobs: dict[str, int] = {}
        for _, job in self._store.all("job"):
            jobs[job["status"]] = jobs.get(job["status"], 0) + 1
        body = {"pid": os.getpid(), "region": self._region, "rehearsal": REHEARSAL, "jobs": jobs}
        return Response(json.dumps(body), content_type="application/json")


def _moto() -> DomainDispatcherApplication:
    # Read by moto: AWS's managed policies exist, no web page may read its answers, and there is one account.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    # IAM draws ids for its managed policies when it is first used: before any request, see Journal.
    from moto.iam.models import iam_backends
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    _ = iam_backends[ACCOUNT]["aws"]
    return DomainDispatcherApplication(create_backend_app)


def _check_sender(request: Request) -> None:
    names = {request.headers.get("Host", ""), *filter(None, [_origin(request)])}
    for name in names:
        host = urlsplit(f"//{name}").hostname or ""
        if host not in _LOOPBACK and not host.endswith(".localhost"):
            raise Refused(
                403, "AccessDeniedException", f"the local cloud answers on loopback only, not to {host!r:.80}"
            )


def _origin(request: Request) -> str:
    origin = request.headers.get("Origin", "")
    return urlsplit(origin).netloc or origin


def _refusal(refused: Refused) -> Response:
    body = {"message": refused.message, "Message": refused.message, "Type": "User"}
    headers = {"x-amzn-ErrorType": refused.code, "x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps(body), refused.status, headers, content_type="application/json")
