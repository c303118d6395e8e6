"""`rewardkit local`: the local cloud of this folder."""

from __future__ import annotations

from pathlib import Path

import typer

from rewardkit.cli.screen import out

app = typer.Typer(help="The local cloud: Lambda, S3, IAM, CloudWatch and Bedrock RFT on this machine.")


@app.command()
def start() -> None:
    """Start it, unless it runs, and print the variables that point boto3 and openai at it."""
    from rewardkit import local

    address = local.start(Path())
    for name, value in address.environment().items():
        print(f"export {name}={value}")


@app.command()
def stop() -> None:
    """Stop it; what it holds stays under .rewardkit/."""
    from rewardkit import local

    out.print("stopped" if local.stop(Path()) else "it was not running")


@app.command()
def status() -> None:
    """Say whether it runs, where, and what it holds."""
    from rewardkit import local

    out.print(str(local.status(Path())))
