"""Lambda's Runtime API: the four endpoints by which a runtime client fetches calls and hands in what came of them.

GET  /2018-06-01/runtime/invocation/next            the next call; waits until there is one
POST /2018-06-01/runtime/invocation/{id}/response   the response
POST /2018-06-01/runtime/invocation/{id}/error      the exception
POST /2018-06-01/runtime/init/error                 the handler could not be imported
"""

from __future__ import annotations

import json
import queue
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Literal, TypeAlias

RESPONSE_LIMIT = 6_291_556
_PREFIX = "/2018-06-01/runtime"
_ANSWER = re.compile(_PREFIX + r"/invocation/([^/]+)/(response|error)")

Kind: TypeAlias = Literal["next", "response", "too_large", "error", "init_error"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the function, as the runtime client gets it."""

    id: str
    payload: bytes
    arn: str
    trace: str
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Said:
    """What the runtime client said."""

    kind: Kind
    body: bytes = b""


class RuntimeApi(ThreadingTCPServer):
    """The server for one process on a free port of 127.0.0.1.

    Attributes:
        said: what the process said, in order.
    """

    daemon_threads = True
    block_on_close = False
    said: queue.Queue[Said]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Endpoints)
        self.said = queue.Queue()
        self.current = ""
        self._calls: queue.Queue[Call | None] = queue.Queue()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        """What `AWS_LAMBDA_RUNTIME_API` is."""
        return f"127.0.0.1:{self.server_address[1]}"

    def give(self, call: Call) -> None:
        """Answer the waiting `next`, or the one to come, with this call."""
        self.current = call.id
        self._calls.put(call)

    def take(self) -> Call | None:
        """Wait for the call that answers a `next`; None when the server closes."""
        return self._calls.get()

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that is killed breaks its connection, and nobody needs to read about it."""

    def close(self) -> None:
        """Let go of the port and of a `next` that still waits."""
        self._calls.put(None)
        self.shutdown()
        self.server_close()


class _Endpoints(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: in two, the second waits 40 ms for the first one's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: RuntimeApi

    def do_GET(self) -> None:
        if self.path != f"{_PREFIX}/invocation/next":
            return self._reply(404, "NotFound")
        self.server.said.put(Said("next"))
        call = self.server.take()
        if call is None:
            self.close_connection = True
            return None
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(call.payload)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", call.id)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(call.deadline_ms))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", call.arn)
        self.send_header("Lambda-Runtime-Trace-Id", call.trace)
        self.end_headers()
        self.wfile.write(call.payload)
        return None

    def do_POST(self) -> None:
        body = self._body()
        answer = _ANSWER.fullmatch(self.path)
        if self.path == f"{_PREFIX}/init/error":
            self._accept(Said("init_error", body or b""))
        elif answer is None:
            self._reply(404, "NotFound")
        elif answer[1] != self.server.current:
            self._reply(400, "InvalidRequestID")
        elif body is None:
            self.server.said.put(Said("too_large"))
            self._reply(413, "RequestEntityTooLarge")
        else:
            self._accept(Said("response" if answer[2] == "response" else "error", body))

    def _body(self) -> bytes | None:
        """The request's body; None, and read to its end, when it is over the limit."""
        left = int(self.headers.get("Content-Length") or 0)
        if left <= RESPONSE_LIMIT:
            return self.rfile.read(left)
        while left > 0:
            chunk = self.rfile.read(min(left, 1 << 20))
            if not chunk:
                break
            left -= len(chunk)
        return None

    def _accept(self, said: Said) -> None:
        # Said before it is answered: the client's next words may come on another connection.
        self.server.said.put(said)
        self._reply(202, "")

    def _reply(self, status: int, error: str) -> None:
        body = json.dumps({"errorType": error} if error else {"status": "OK"}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the function's own log is what counts."""
