"""Invoke: the published zip runs under AWS's own runtime client, and the answer is Lambda's.

moto holds the functions, their versions and their aliases; what it does not do is run them. An execution
environment is kept warm for each function, version and configuration, a few at a time, as long as the local
cloud runs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from rewardkit.errors import BundleError, CloudError
from rewardkit.local.journal import ACCOUNT, Journal
from rewardkit.local.refused import Refused, not_found
from rewardkit.local.runtime import Invocation, Runtime
from rewardkit.local.store import Record, Store, write_atomically
from rewardkit.local.telemetry import Telemetry
from rewardkit.local.unpack import unpack

MOST_BYTES = 6_291_456
_MOST_BYTES_ASYNC = 1_048_576
_MOST_WARM = 4
_TAIL_BYTES = 4096

_ARN = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):function:([\w.-]+)(?::([\w$-]+))?")
_NAME = re.compile(r"(?:(\d{12}):function:)?([\w.-]+)(?::([\w$-]+))?")


@dataclass(frozen=True)
class Function:
    """A function as it is published: one version of its code and configuration.

    Attributes:
        arn: by which it was called, with the qualifier if there was one.
        version: the version behind the qualifier.
    """

    name: str
    arn: str
    version: str
    region: str
    code: bytes
    digest: str
    handler: str
    runtime: str
    memory: int
    timeout: float
    environment: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """What makes two calls share an execution environment."""
        configuration = (self.handler, self.runtime, self.memory, self.timeout, self.environment)
        parts = (self.region, self.name, self.version, self.digest, configuration)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@dataclass
class _Warm:
    runtime: Runtime
    stream: str
    calls: int = 0


class Functions:
    """The functions of this local cloud, and their warm execution environments."""

    def __init__(self, store: Store, journal: Journal, telemetry: Telemetry) -> None:
        self._folder = store.folder / "code"
        self._journal = journal
        self._telemetry = telemetry
        self._warm: OrderedDict[str, _Warm] = OrderedDict()
        self._lock = threading.Lock()
        # Nothing in there is worth keeping over a restart: it is all in the functions.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def find(self, name: str, region: str, qualifier: str | None = None) -> Function:
        """The function of a name or an ARN.

        Raises:
            Refused: there is none (404), or it is not one that runs here (400).
        """
        match = _ARN.fullmatch(name)
        if match:
            region, name, qualifier = match[1], match[3], match[4] or qualifier
        elif (short := _NAME.fullmatch(name)) is not None:
            name, qualifier = short[2], short[3] or qualifier
        else:
            raise Refused(400, "ValidationException", f"{name!r:.200} is neither a function's name nor its ARN")
        arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}{f':{qualifier}' if qualifier else ''}"
        if match and match[2] != ACCOUNT:
            raise not_found(f"Function not found: {match[0]} (the local cloud's account is {ACCOUNT})")
        return self._function(name, arn, region, qualifier)

    def _function(self, name: str, arn: str, region: str, qualifier: str | None) -> Function:
        from moto.awslambda.models import lambda_backends

        with self._journal.lock:
            try:
                found = lambda_backends[ACCOUNT][region].get_function(name, qualifier)
            except Exception as error:
                raise not_found(f"Function not found: {arn}") from error
            if found is None:
                raise not_found(f"Function not found: {arn}")
            if found.package_type != "Zip" or not str(found.run_time).startswith("python"):
                raise Refused(
                    400, "InvalidRuntimeException", f"{name} is {found.run_time}: only Python zips run here"
                )
            latest = found is lambda_backends[ACCOUNT][region].get_function(name)
            return Function(
                name=name,
                arn=arn,
                version="$LATEST" if latest else str(found.version),
                region=region,
                code=found.code_bytes,
                digest=found.code_sha_256,
                handler=str(found.handler),
                runtime=str(found.run_time),
                memory=int(found.memory_size),
                timeout=float(found.timeout),
                environment=tuple(sorted(found.environment_vars.items())),
            )

    def call(self, function: Function, payload: bytes) -> tuple[Invocation, str]:
        """Run a function once. Its log is not yet in CloudWatch: see `note`.

        Returns:
            The invocation and the log stream that it belongs to.
        """
        warm = self._take(function)
        try:
            return warm.runtime.invoke(payload, arn=function.arn), warm.stream
        finally:
            with self._lock:
                warm.calls -= 1

    def note(self, function: Function, invocation: Invocation, stream: str) -> Record:
        """Put on disk what an invocation wrote; see `Telemetry.note`."""
        return self._telemetry.note(function.region, function.name, stream, invocation.log)

    def _show(self, function: Function, invocation: Invocation, stream: str) -> None:
        self._telemetry.publish(self.note(function, invocation, stream))

    def _take(self, function: Function) -> _Warm:
        """The warm environment of a function; others that nobody uses make room for it."""
        with self._lock:
            warm = self._warm.get(function.key)
            if warm is None:
                warm = self._warm[function.key] = self._start(function)
            self._warm.move_to_end(function.key)
            warm.calls += 1
            idle = [key for key, other in self._warm.items() if not other.calls]
            for key in idle[: max(0, len(self._warm) - _MOST_WARM)]:
                self._warm.pop(key).runtime.close()
        return warm

    def _start(self, function: Function) -> _Warm:
        id = uuid.uuid4().hex
        zip = self._folder / f"{id}.zip"
        write_atomically(zip, function.code)
        try:
            task = unpack(zip, self._folder / id, handler=function.handler, runtime=function.runtime)
        except BundleError as error:
            raise Refused(502, "InvalidZipFileException", str(error)) from error
        finally:
            zip.unlink()
        runtime = Runtime(
            task,
            name=function.name,
            version=function.version,
            memory=function.memory,
            timeout=function.timeout,
            environment=dict(function.environment),
            region=function.region,
        )
        return _Warm(runtime, f"{time.strftime('%Y/%m/%d')}/[{function.version}]{id}")

    def close(self) -> None:
        """End every execution environment."""
        with self._lock:
            for warm in self._warm.values():
                warm.runtime.close()
            self._warm.clear()

    def answer(self, request: Request, name: str, region: str) -> Response:
        """Lambda's Invoke, as HTTP.

        Raises:
            Refused: no such function, or a request that Lambda refuses.
        """
        function = self.find(name, region, request.args.get("Qualifier"))
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return Response(status=204)
        payload = _payload(request.get_data(), MOST_BYTES if kind == "RequestResponse" else _MOST_BYTES_ASYNC)
        if kind == "Event":
            threading.Thread(target=self._deliver, args=(function, payload), daemon=True).start()
            return Response(status=202)
        if kind != "RequestResponse":
            raise Refused(400, "InvalidParameterValueException", f"there is no invocation type {kind!r:.60}")
        try:
            invocation, stream = self.call(function, payload)
        except CloudError as error:
            raise Refused(getattr(error, "status", 500), error.code, str(error)) from error
        self._show(function, invocation, stream)
        return _response(function, invocation, tail=request.headers.get("X-Amz-Log-Type") == "Tail")

    def _deliver(self, function: Function, payload: bytes) -> None:
        """An asynchronous call: a failed one is tried twice more, as by Lambda, without its minutes between."""
        for pause in (1, 2, 0):
            invocation, stream = self.call(function, payload)
            self._show(function, invocation, stream)
            if invocation.error is None:
                return
            time.sleep(pause)


def _payload(body: bytes, most: int) -> bytes:
    if len(body) > most:
        message = f"{len(body)} byte payload is too large for this invocation type (limit {most} bytes)"
        raise Refused(413, "RequestTooLargeException", message)
    try:
        json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        message = f"Could not parse request body into json: {error}"
        raise Refused(400, "InvalidRequestContentException", message) from error
    return body or b"{}"


def _response(function: Function, invocation: Invocation, *, tail: bool) -> Response:
    headers: dict[str, Any] = {
        "X-Amz-Executed-Version": function.version,
        "x-amzn-RequestId": str(uuid.uuid4()),
    }
    if invocation.error:
        headers["X-Amz-Function-Error"] = invocation.error
    if tail:
        log = invocation.log.encode()[-_TAIL_BYTES:]
        headers["X-Amz-Log-Result"] = base64.b64encode(log).decode()
    return Response(invocation.payload, 200, headers, content_type="application/json")
