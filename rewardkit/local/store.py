"""What the local cloud knows, on disk: documents, logs and blobs that survive kill -9.

One SQLite file in place of many small JSON files: a training step writes its policy, its event and its log lines
in one transaction, so that none of them is ever there without the others, and a torn write cannot be seen. Large
bytes (zips, objects, files) are content-addressed beside it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

Record: TypeAlias = dict[str, Any]

_SCHEMA = """
create table if not exists documents (
    place integer primary key autoincrement, kind text, id text, record text, unique (kind, id)
);
create table if not exists logs (place integer primary key autoincrement, log text, record text);
create index if not exists logs_by_log on logs (log, place);
"""


class Store:
    """The state of one local cloud.

    Args:
        folder: where it lies; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "blobs").mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        # Threads share the connection, one at a time: the lock is held from BEGIN to COMMIT.
        self._db = sqlite3.connect(folder / "state.db", check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_SCHEMA)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written inside is written, or nothing; other threads wait. May be nested."""
        with self._lock:
            if not self._depth:
                self._db.execute("begin immediate")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if not self._depth:
                    self._db.execute("rollback")
                raise
            self._depth -= 1
            if not self._depth:
                self._db.execute("commit")

    def put(self, kind: str, id: str, record: Record) -> None:
        """Write a document; one that is there keeps its place in the order."""
        text = json.dumps(record)
        with self.transaction():
            self._db.execute(
                "insert into documents (kind, id, record) values (?, ?, ?) "
                "on conflict (kind, id) do update set record = excluded.record",
                (kind, id, text),
            )

    def get(self, kind: str, id: str) -> Record | None:
        """A document, or None."""
        with self._lock:
            row = self._db.execute("select record from documents where kind = ? and id = ?", (kind, id)).fetchone()
        return None if row is None else _parsed(row[0])

    def all(self, kind: str) -> list[tuple[str, Record]]:
        """The documents of a kind with their ids, the oldest first."""
        with self._lock:
            rows = self._db.execute(
                "select id, record from documents where kind = ? order by place", (kind,)
            ).fetchall()
        return [(id, _parsed(text)) for id, text in rows]

    def delete(self, kind: str, id: str) -> None:
        """Forget a document; it need not be there."""
        with self.transaction():
            self._db.execute("delete from documents where kind = ? and id = ?", (kind, id))

    def append(self, log: str, record: Record) -> None:
        """Write the next line of a log."""
        with self.transaction():
            self._db.execute("insert into logs (log, record) values (?, ?)", (log, json.dumps(record)))

    def read(self, log: str) -> list[Record]:
        """The lines of a log, the oldest first."""
        with self._lock:
            rows = self._db.execute("select record from logs where log = ? order by place", (log,)).fetchall()
        return [_parsed(text) for (text,) in rows]

    def trim(self, log: str, keep: int) -> None:
        """Forget all but the newest lines of a log."""
        with self.transaction():
            self._db.execute(
                "delete from logs where log = ? and place not in "
                "(select place from logs where log = ? order by place desc limit ?)",
                (log, log, keep),
            )

    def keep(self, content: bytes) -> str:
        """Write bytes beside the documents; returns their digest, by which `blob` gives them back."""
        digest = hashlib.sha256(content).hexdigest()
        path = self.folder / "blobs" / digest
        if not path.exists():
            write_atomically(path, content)
        return digest

    def blob(self, digest: str) -> bytes:
        """The bytes that `keep` wrote."""
        return (self.folder / "blobs" / digest).read_bytes()

    def close(self) -> None:
        """Let go of the file; what was written is on disk already."""
        with self._lock:
            self._db.close()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader, and a crash, see either all of it or what was there before."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _parsed(text: str) -> Record:
    record: Record = json.loads(text)
    return record
