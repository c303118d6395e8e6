"""What functions write: log lines for CloudWatch Logs, and the metrics in them for CloudWatch.

A line of JSON with an `_aws` member (the embedded metric format) is a log line and metric data in one, as on AWS.
The newest lines are kept on disk and put back at the next start; CloudWatch forgets what is older than 14 days.
"""

from __future__ import annotations

import datetime
import json
import math
import time
from collections.abc import Iterator
from typing import Any

from rewardkit.local.journal import ACCOUNT, Journal
from rewardkit.local.store import Record, Store

_KEPT_RECORDS = 5_000
_MOST_DATA_PER_CALL = 1_000


class Telemetry:
    """Log groups and metrics of the functions of this local cloud."""

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    def note(self, region: str, function: str, stream: str, log: str) -> Record:
        """Put on disk what one invocation wrote; `publish` then shows it to CloudWatch's readers.

        Two calls, because the first belongs into the caller's transaction, and the second takes moto's lock, which
        must not be waited for inside one.

        Args:
            region: of the function.
            function: its name.
            stream: the log stream, one for each execution environment.
            log: the lines.

        Returns:
            What to publish.
        """
        record: Record = {
            "region": region,
            "group": f"/aws/lambda/{function}",
            "stream": stream,
            "milliseconds": int(time.time() * 1000),
            "lines": log.split("\n"),
        }
        self._store.append("telemetry", record)
        return record

    def restore(self) -> None:
        """Put what is on disk back into CloudWatch."""
        self._store.trim("telemetry", _KEPT_RECORDS)
        for record in self._store.read("telemetry"):
            self.publish(record)

    def publish(self, record: Record) -> None:
        """Show what was noted to CloudWatch's readers."""
        from moto.cloudwatch.models import cloudwatch_backends
        from moto.logs.models import logs_backends

        logs = logs_backends[ACCOUNT][record["region"]]
        metrics = cloudwatch_backends[ACCOUNT][record["region"]]
        group, stream, when = record["group"], record["stream"], record["milliseconds"]
        events = [{"timestamp": when, "message": line} for line in record["lines"] if line]
        with self._journal.lock:
            if group not in logs.groups:
                logs.create_log_group(group, {})
            logs.ensure_log_stream(group, stream)
            logs.put_log_events(group, stream, events)
            for line in record["lines"]:
                for namespace, data in _metrics_in(line):
                    metrics.put_metric_data(namespace, data[:_MOST_DATA_PER_CALL])


def _metrics_in(line: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The metric data of one line of a log: (namespace, data) for each of its directives."""
    if '"_aws"' not in line:
        return
    try:
        entry = json.loads(line)
        directives = entry["_aws"]["CloudWatchMetrics"]
        when = datetime.datetime.fromtimestamp(entry["_aws"]["Timestamp"] / 1000, datetime.UTC)
        for directive in directives:
            yield directive["Namespace"], list(_data(entry, directive, when.replace(tzinfo=None)))
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        # CloudWatch, too, keeps a malformed line as text and says nothing.
        return


def _data(entry: dict[str, Any], directive: dict[str, Any], when: datetime.datetime) -> Iterator[dict[str, Any]]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = [{"Name": name, "Value": str(entry[name])} for name in names]
        for metric in directive["Metrics"]:
            values = entry[metric["Name"]]
            for value in values if isinstance(values, list) else [values]:
                if math.isfinite(value):
                    yield {
                        "MetricName": metric["Name"],
                        "Value": value,
                        "Unit": metric.get("Unit", "None"),
                        "Dimensions": dimensions,
                        "Timestamp": when,
                    }
