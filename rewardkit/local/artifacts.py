"""What a finished job leaves in S3: the CSV of its steps, where Bedrock puts it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable

from rewardkit.local.objects import Objects
from rewardkit.local.store import Record

_COLUMNS = ("step_number", "epoch_number", "training_loss", "perplexity")


def write_artifacts(objects: Objects, job: Record, events: Iterable[Record]) -> None:
    """Write `training_artifacts/step_wise_training_metrics.csv` below the job's output URI.

    The columns are the documented ones of ordinary fine-tuning; those of reinforcement fine-tuning are not
    documented. The perplexity is that of the rehearsal's policy over its candidates.

    Raises:
        Refused: the bucket is gone.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    per_epoch = job["total"] // job["epochs"]
    for event in events:
        if event["type"] == "metrics":
            data = event["data"]
            epoch = (data["step"] - 1) // per_epoch
            table.writerow((data["step"], epoch, data["actor_pg_loss"], math.exp(data["actor_entropy"])))
    place = job["request"]["body"]["outputDataConfig"]["s3Uri"].rstrip("/")
    path = f"model-customization-job-{job['id']}/training_artifacts/step_wise_training_metrics.csv"
    objects.write(f"{place}/{path}", text.getvalue().encode())
