"""`Recorded`: a judge's answers from a file, so that tests need no network and say the same every time."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rewardkit.errors import UsageError


class Recorded:
    """A way to ask that answers from a file what is in it, and records what is not.

    The file is JSON Lines, `{"prompt": the SHA-256 of the prompt, "answer": the reply}`; of two lines for one
    prompt the first counts. Put it into the bundle (`include` in rewardkit.toml), and the proof of `publish` is
    answered from it, too; where it cannot be written, as in Lambda, new answers are passed on and not recorded.

    Args:
        ask: the way to ask for what is not in the file; None to never ask.
        path: the file; `Path(__file__).with_name("judge.jsonl")` finds it from everywhere.

    Raises:
        UsageError: (when called) the file is none of these; or has no answer, and nobody can be asked.
    """

    def __init__(self, ask: Callable[[str], str] | None, path: str | Path) -> None:
        self._ask = ask
        self._path = Path(path)
        self._lock = threading.Lock()
        self._answers: dict[str, str] | None = None

    def __call__(self, prompt: str) -> str:
        """The reply to a prompt."""
        key = hashlib.sha256(prompt.encode(errors="surrogatepass")).hexdigest()
        with self._lock:
            if self._answers is None:
                self._answers = _load(self._path)
            answer = self._answers.get(key)
        if answer is not None:
            return answer
        answer = self._asked(prompt, key)
        with self._lock:
            if key not in self._answers:
                self._answers[key] = answer
                self._record(key, answer)
            return self._answers[key]

    def _asked(self, prompt: str, key: str) -> str:
        missing = f"{self._path} has no answer to this prompt ({key[:12]}…, {len(prompt):,} characters)"
        if self._ask is None:
            raise UsageError(
                f"{missing}, and there is nobody to ask: run once with a way to ask, as Recorded(ask, …)"
            )
        try:
            return self._ask(prompt)
        except UsageError as error:
            raise UsageError(f"{missing}, and the judge cannot be asked: {error}") from error

    def _record(self, key: str, answer: str) -> None:
        line = json.dumps({"prompt": key, "answer": answer}) + "\n"
        # One write of one line at the end: several processes may record at once.
        with suppress(OSError), self._path.open("ab", buffering=0) as file:
            file.write(line.encode())


def _load(path: Path) -> dict[str, str]:
    answers: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot read the recording: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line) if line.strip() else None
            if row is not None:
                answers.setdefault(str(row["prompt"]), str(row["answer"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(f"{path}:{number}: not a recorded answer ({error}): delete the line") from error
    return answers
