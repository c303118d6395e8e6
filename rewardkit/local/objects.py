"""S3 from the inside: what the local cloud's own services read and write, the same way as everybody else."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from rewardkit.local.journal import Journal
from rewardkit.local.refused import Refused, invalid

_SIGNED = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


class Objects:
    """The objects of this local cloud's S3, by `s3://` URI."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def read(self, uri: str) -> bytes:
        """The bytes of an object.

        Raises:
            Refused: there is no such bucket or object.
        """
        response = self._ask("GET", uri, b"")
        if response.status_code == 404:
            raise invalid(f"there is no object {uri}: upload it first, and check the bucket and the key")
        return response.get_data()

    def write(self, uri: str, content: bytes) -> None:
        """Write an object.

        Raises:
            Refused: there is no such bucket.
        """
        response = self._ask("PUT", uri, content)
        if response.status_code >= 400:
            raise invalid(f"cannot write {uri}: create the bucket first")

    def check_bucket(self, uri: str) -> None:
        """Refuse a URI whose bucket does not exist."""
        bucket = urlsplit(uri).netloc
        if self._ask("HEAD", f"s3://{bucket}", b"").status_code >= 400:
            raise invalid(f"there is no bucket {bucket} (in {uri}): create it, and run the command again")

    def _ask(self, method: str, uri: str, content: bytes) -> Response:
        parts = urlsplit(uri)
        if parts.scheme != "s3" or not parts.netloc:
            raise Refused(400, "ValidationException", f"{uri!r:.200} is not an s3:// URI")
        builder = EnvironBuilder(
            path=f"/{parts.netloc}{quote(parts.path)}",
            method=method,
            data=content,
            headers=[("Authorization", _SIGNED), ("Host", "127.0.0.1")],
        )
        return self._journal.answer(Request(builder.get_environ()))
