r"""Math equivalence: rewardkit beside its peers, on the same pairs, in one run. `make bench-math` sets it all up.

Each grader lives in a process of its own (`math_graders.py`). A pair goes to one grader after the other, in an
order that moves on by one with every pair, so that whatever else the machine does meets all of them alike. A
grader that takes longer than the limit is killed and started again: a hang costs one pair.

An error, a crash or a hang is no verdict, and counts as wrong whatever the label says. Symmetric is the share of
the bare pairs on which the same yes or no comes out with reference and answer swapped (no verdict is not a yes).
Times are of the verdict alone, taken inside the process after a warm-up; a hang counts with the limit. A pair
needed sympy when a process of ours that had not loaded it has loaded it afterwards.

Run it with `python -P`, as make does: without, Python takes this file for its own `math`.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import platform
import random
import select
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "math" / "public.jsonl"
OURS = "rewardkit"
NAMES = (
    OURS,
    "math-verify",
    "TRL",
    "latex2sympy2_extended",
    "sympy",
    "PRM800K",
    "verl prime_math",
    "verl math_reward",
    "verl math_dapo",
)
PACKAGES = ("math-verify", "latex2sympy2_extended", "trl", "sympy", "antlr4-python3-runtime", "mathruler", "verl")
STARTS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A pair of the corpus; `whole` says that the answer is a whole response."""

    id: str
    reference: str
    answer: str
    label: bool
    category: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a grader made of a pair: yes, no, error, crash or hang."""

    outcome: str
    seconds: float
    why: str = ""
    sympy: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A row with one grader's verdict on it, and on the swapped row where it was tried."""

    row: Row
    verdict: Verdict
    swapped: Verdict | None

    @property
    def right(self) -> bool:
        """Whether the verdict is the label."""
        return self.verdict.outcome == ("yes" if self.row.label else "no")


class Worker:
    """A grader's process, started again whenever it had to be killed.

    Args:
        name: one of NAMES.
        limit: seconds that a pair may take.
    """

    def __init__(self, name: str, limit: float) -> None:
        self.name = name
        self.limit = limit
        self.start()

    def start(self) -> None:
        """Start the process, hear how it is set up and let it judge one pair to warm up."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(HERE / "math_graders.py"), self.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        hello = self._read(60)
        self.hello: dict[str, Any] = json.loads(hello) if hello else {"missing": "it does not start"}
        if "missing" not in self.hello:
            self.warm = self.judge(r"\frac{1}{2}", "0.5", False)

    def judge(self, reference: str, answer: str, whole: bool) -> Verdict:
        """The grader's verdict within the limit."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):  # it died: the reading says so
            print(json.dumps({"gold": reference, "pred": answer, "whole": whole}), file=self._process.stdin)
            self._process.stdin.flush()
        line = self._read(self.limit)
        if line:
            return Verdict(**json.loads(line))
        self.restart()
        return Verdict("hang", self.limit) if line is None else Verdict("crash", 0.0)

    def restart(self) -> None:
        """Kill the process with all that it started, and start it again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Kill the process with all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def _read(self, seconds: float) -> str | None:
        """Its next line; empty when it died, None when the time is up."""
        assert self._process.stdout
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        return self._process.stdout.readline() if ready else None


# --- measuring ---


def load(path: Path, limit: int | None, seed: int) -> list[Row]:
    """The rows of a corpus, shuffled, so that the first ones are a fair sample."""
    with path.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    random.Random(seed).shuffle(entries)
    return [
        Row(e["id"], e["gold"], e["pred"], e["label"], e["category"], e["kind"] == "response")
        for e in entries[:limit]
    ]


def measure(rows: Sequence[Row], names: Sequence[str], limit: float, jobs: int) -> dict[str, list[Pair]]:
    """Every grader's pairs. Ctrl-C ends it early, with the rows that are done."""
    stop, done = threading.Event(), Counter[str]()
    with ThreadPoolExecutor(jobs) as pool:
        shards = [
            pool.submit(lambda part: list(_interleaved(part, names, limit, stop, done)), rows[job::jobs])
            for job in range(jobs)
        ]
        try:
            while not all(shard.done() for shard in shards):
                stop.wait(10)
                print(f"\r{done['rows']} of {len(rows)} rows ", end="", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            stop.set()
    print(file=sys.stderr)
    judged = [pairs for shard in shards for pairs in shard.result()]
    return {name: [pairs[name] for pairs in judged] for name in names}


def _interleaved(
    rows: Iterable[Row], names: Sequence[str], limit: float, stop: threading.Event, done: Counter[str]
) -> Iterator[dict[str, Pair]]:
    """Row by row, each grader on the same row, the first one another each time."""
    workers = {name: Worker(name, limit) for name in names}
    try:
        for index, row in enumerate(rows):
            if stop.is_set():
                break
            first = index % len(names)
            yield {name: _pair(workers[name], row) for name in (*names[first:], *names[:first])}
            done["rows"] += 1
    finally:
        for worker in workers.values():
            worker.stop()


def _pair(worker: Worker, row: Row) -> Pair:
    verdict = worker.judge(row.reference, row.answer, row.whole)
    if row.whole or verdict.outcome in ("hang", "crash"):
        return Pair(row, verdict, None)
    return Pair(row, verdict, worker.judge(row.answer, row.reference, False))


def introduce(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How each grader is set up or why it is missing, and its import's CPU time: the median of fresh processes."""
    heard = {}
    for name in names:
        hellos = []
        for _ in range(STARTS):
            worker = Worker(name, 60)
            worker.stop()
            hellos.append(worker.hello)
        heard[name] = hellos[0]
        if not any("missing" in hello for hello in hellos):
            heard[name]["import_ms"] = median(hello["import_ms"] for hello in hellos)
    return heard


def sympy_needed(rows: Sequence[Row], limit: float) -> list[str]:
    """The ids of the rows for which a process of ours loads sympy that has not loaded it before."""
    worker, needed = Worker(OURS, limit), []
    loads_at_once = worker.warm.sympy
    for row in rows:
        if loads_at_once:
            needed.append(row.id)
        elif worker.judge(row.reference, row.answer, row.whole).sympy:
            needed.append(row.id)
            worker.restart()
    worker.stop()
    return needed


@dataclass(frozen=True, slots=True)
class Summary:
    """A grader's figures; shares from 0 to 1 (None of nothing), times in microseconds."""

    accuracy: float | None
    precision: float | None
    recall: float | None
    errors: int
    crashes: int
    hangs: int
    symmetric: float | None
    median: float
    p99: float
    per_second: float


def summarize(pairs: Sequence[Pair]) -> Summary:
    """The figures of one grader over its pairs."""
    said = Counter(pair.verdict.outcome for pair in pairs)
    hits = sum(pair.row.label and pair.right for pair in pairs)
    swapped = [(pair.verdict.outcome, pair.swapped.outcome) for pair in pairs if pair.swapped]
    times = sorted(pair.verdict.seconds * 1e6 for pair in pairs)
    return Summary(
        accuracy=_share(sum(pair.right for pair in pairs), len(pairs)),
        precision=_share(hits, said["yes"]),
        recall=_share(hits, sum(pair.row.label for pair in pairs)),
        errors=said["error"],
        crashes=said["crash"],
        hangs=said["hang"],
        symmetric=_share(sum((a == "yes") == (b == "yes") for a, b in swapped), len(swapped)),
        median=median(times),
        p99=times[min(int(0.99 * len(times)), len(times) - 1)],
        per_second=len(times) / (sum(times) / 1e6),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


# --- printing ---


def verdicts(found: dict[str, Summary]) -> str:
    """How right each grader is."""
    head = ["grader", "accuracy", "precision", "recall", "errors", "crashes", "hangs", "symmetric"]
    body = [
        [
            name,
            *map(_percent, (s.accuracy, s.precision, s.recall)),
            *map(str, (s.errors, s.crashes, s.hangs)),
            _percent(s.symmetric),
        ]
        for name, s in found.items()
    ]
    return _table(head, body)


def speeds(found: dict[str, Summary], hellos: dict[str, dict[str, Any]]) -> str:
    """How fast each grader is, and how many times ours that is."""
    head = ["grader", "µs median", "× ours", "µs p99", "× ours", "pairs/s", "ours ×", "import ms CPU", "× ours"]
    ours, import_ms = found.get(OURS), hellos.get(OURS, {}).get("import_ms")
    body = [
        [
            name,
            f"{s.median:,.0f}",
            _times(s.median, ours.median if ours else None),
            f"{s.p99:,.0f}",
            _times(s.p99, ours.p99 if ours else None),
            f"{s.per_second:,.1f}",
            _times(ours.per_second if ours else None, s.per_second),
            f"{hellos[name]['import_ms']:,.0f}",
            _times(hellos[name]["import_ms"], import_ms),
        ]
        for name, s in found.items()
    ]
    return _table(head, body)


def categories(pairs: dict[str, list[Pair]]) -> str:
    """The accuracy of each grader on each kind of answer, the most frequent kind first."""
    sizes = Counter(pair.row.category for pair in next(iter(pairs.values())))
    body = [
        [category, str(size), *(_percent(_accuracy(done, category)) for done in pairs.values())]
        for category, size in sizes.most_common()
    ]
    return _table(["category", "rows", *pairs], body)


def _accuracy(pairs: Sequence[Pair], category: str) -> float | None:
    chosen = [pair.right for pair in pairs if pair.row.category == category]
    return _share(sum(chosen), len(chosen))


def _table(head: list[str], body: list[list[str]]) -> str:
    """A Markdown table, the first column to the left and the numbers to the right."""
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    adjust: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * (len(head) - 1)]
    rows = (
        [fit(cell, width) for fit, cell, width in zip(adjust, row, widths, strict=True)]
        for row in [head, rule, *body]
    )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _times(value: float | None, of: float | None) -> str:
    return f"{value / of:,.1f}" if value is not None and of else "-"


def _versions() -> str:
    found = []
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(f"{package} {importlib.metadata.version(package)}")
    return ", ".join(found)


def main() -> None:
    """Measure and print."""
    options = _options()
    rows = load(options.data, options.limit, options.seed)
    hellos = introduce(options.graders)
    present = [name for name in options.graders if "missing" not in hellos[name]]
    if not rows or not present:
        sys.exit("nothing to measure: no rows in the data, or no grader that can be imported")
    pairs = measure(rows, present, options.seconds, options.jobs)
    judged = [pair.row for pair in pairs[present[0]]]
    if not judged:
        sys.exit("stopped before the first row was done")
    found = {name: summarize(done) for name, done in pairs.items()}

    print(
        f"{len(judged)} pairs of {options.data.name} (seed {options.seed}), {options.seconds:g} s a pair at most"
    )
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.jobs} at a time; {_versions()}\n")
    for name, hello in hellos.items():
        print(f"- {name}: {hello.get('note') or 'NOT MEASURED, ' + hello['missing']}")
    print("- verl's math_verify is math-verify in a pool of processes, and not measured twice")
    for table in (verdicts(found), speeds(found, hellos), categories(pairs)):
        print(f"\n{table}")
    needed = sympy_needed(judged, options.seconds) if OURS in present else []
    if OURS in present:
        share = _percent(_share(len(needed), len(judged)))
        print(f"\n{len(needed)} of our {len(judged)} pairs needed sympy ({share} %)")
    if options.json:
        options.json.write_text(json.dumps(_record(found, hellos, pairs, needed), indent=1), encoding="utf-8")


def _record(
    found: dict[str, Summary], hellos: dict[str, dict[str, Any]], pairs: dict[str, list[Pair]], needed: list[str]
) -> dict[str, Any]:
    """The figures, and every verdict by row id, for whoever wants to look closer."""
    return {
        "graders": {name: hellos[name] | (asdict(found[name]) if name in found else {}) for name in hellos},
        "needed_sympy": needed,
        "verdicts": {
            name: {
                pair.row.id: asdict(pair.verdict) | {"swapped": pair.swapped and pair.swapped.outcome}
                for pair in done
            }
            for name, done in pairs.items()
        },
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Math equivalence: rewardkit beside its peers.")
    parser.add_argument(
        "--data", type=Path, default=DATA, help="JSON Lines of id, gold, pred, label, category, kind"
    )
    parser.add_argument("--limit", type=int, help="only so many rows, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0, help="the order of the rows")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long a grader may take over a pair")
    parser.add_argument("--jobs", type=int, default=1, help="rows at a time; times are cleanest with 1")
    parser.add_argument("--graders", nargs="+", choices=NAMES, default=NAMES, help="only these")
    parser.add_argument("--json", type=Path, help="write the figures and every verdict to this file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
