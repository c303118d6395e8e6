"""moto keeps everything in memory; the journal lets it remember.

Every request that changed something and was answered with success is written down, and replayed at the next start.
moto draws its random ids (role ids, revisions, version ids) from one generator: it is seeded before each changing
request, and the seed is written down with it, so that a replay draws the same ids. What a replay does not bring
back are times: `CreateDate` and `LastModified` become those of the start.
"""

from __future__ import annotations

import io
import re
import secrets
import threading
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qs

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

from rewardkit.local.store import Record, Store

if TYPE_CHECKING:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

Environ: TypeAlias = dict[str, Any]

# The account that moto plays.
ACCOUNT = "123456789012"

# What decides how moto answers; the rest of a WSGI environment belongs to one connection.
_KEPT = frozenset(
    {"REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "RAW_URI", "REQUEST_URI", "CONTENT_TYPE"}
)
_SECRET = frozenset({"HTTP_X_AMZ_SECURITY_TOKEN", "HTTP_COOKIE"})
_READING = re.compile(
    r"(Get|List|Describe|Head|Filter|Test|Search|Lookup|Simulate|BatchGet|Query|Scan|Select|Decode)"
)
_UPLOAD = re.compile(rb"<InitiateMultipartUploadResult.*<UploadId>([^<]+)</UploadId>", re.DOTALL)
_SIGNATURE = re.compile(r"Signature=[0-9a-fA-F]+")


class Journal:
    """moto's application, one request at a time, with a memory.

    Args:
        moto: its server's application.
        store: where the memory is.

    Attributes:
        lock: held while moto works; hold it too when reading moto's backends in this process.
    """

    def __init__(self, moto: DomainDispatcherApplication, store: Store) -> None:
        self._moto = moto
        self._store = store
        self.lock = threading.RLock()

    def answer(self, request: Request) -> Response:
        """Let moto answer; what changed something is on disk before the answer is out."""
        body = request.get_data()
        environ = dict(request.environ)
        with self.lock:
            if not _changes(environ, body):
                return self._ask(environ, body)
            seed = secrets.randbits(63)
            response = self._ask(environ, body, seed)
            if response.status_code < 400:
                record = self._record(environ, body, seed) | {"upload": _upload_id(response)}
                self._store.append("journal", record)
        return response

    def replay(self) -> int:
        """Bring moto where it was. Returns how many requests that took."""
        records = self._store.read("journal")
        with self.lock:
            for record in records:
                environ = dict(record["environ"])
                response = self._ask(environ, self._store.blob(record["body"]), record["seed"])
                if record["upload"] and (drawn := _upload_id(response)):
                    _rename_upload(environ["PATH_INFO"], drawn, record["upload"])
        return len(records)

    def _ask(self, environ: Environ, body: bytes, seed: int | None = None) -> Response:
        from moto.moto_api._internal import mock_random

        base = {
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
        # The body is here in full, so a chunked request becomes one with a length.
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        now = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), "wsgi.input_terminated": True}
        if seed is not None:
            # A service draws ids for what it comes with when it is first used: that must not be after the seed in
            # one run and before it in another.
            self._moto.get_application(base | environ | now)
            mock_random.seed(seed)
            now["wsgi.input"] = io.BytesIO(body)
        chunks, status, headers = run_wsgi_app(self._moto, base | environ | now, buffered=True)
        length = headers.get("Content-Length")
        response = Response(b"".join(chunks), status, headers)
        # The answer to HEAD says how long the object is and has no body; werkzeug would make that a 0.
        if length is not None:
            response.automatically_set_content_length = False
            response.headers["Content-Length"] = length
        return response

    def _record(self, environ: Environ, body: bytes, seed: int) -> Record:
        kept = {
            key: value
            for key, value in environ.items()
            if (key in _KEPT or key.startswith("HTTP_")) and key not in _SECRET and isinstance(value, str)
        }
        if "HTTP_AUTHORIZATION" in kept:
            kept["HTTP_AUTHORIZATION"] = _SIGNATURE.sub("Signature=0", kept["HTTP_AUTHORIZATION"])
        # moto spells S3's metadata keys as the client did, and keeps that spelling in an entry of its own.
        spelling = {
            key: value for key, value in environ.items() if key.startswith("moto.") and isinstance(value, dict)
        }
        return {"environ": kept | spelling, "body": self._store.keep(body), "seed": seed}


def _upload_id(response: Response) -> str:
    """The id of a multipart upload that has just begun, else nothing."""
    if response.content_type.startswith("application/xml") or response.content_type.startswith("text/xml"):
        found = _UPLOAD.search(response.get_data())
        return found[1].decode() if found else ""
    return ""


def _rename_upload(path: str, drawn: str, id: str) -> None:
    """Give an upload its id of the first time: moto draws it from the system, where no seed has a say."""
    from moto.s3.models import s3_backends

    bucket = s3_backends[ACCOUNT]["aws"].buckets[path.split("/")[1]]
    upload = bucket.multiparts.pop(drawn)
    upload.id = id
    bucket.multiparts[id] = upload


def _changes(environ: Environ, body: bytes) -> bool:
    if environ["REQUEST_METHOD"] in ("GET", "HEAD", "OPTIONS"):
        return False
    operation = _operation(environ, body)
    return not (operation and _READING.match(operation))


def _operation(environ: Environ, body: bytes) -> str:
    """The operation's name where the protocol writes it down; REST's methods say enough by themselves."""
    target: str = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return target.rpartition(".")[2]
    if "/operation/" in environ["PATH_INFO"]:
        return str(environ["PATH_INFO"]).rpartition("/")[2]
    if "x-www-form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return ""
