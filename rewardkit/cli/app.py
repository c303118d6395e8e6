"""The commands, gathered."""

from __future__ import annotations

import typer

from rewardkit.cli import adopt, cloud, demo, doctor, graders, local, new, ship, test

app = typer.Typer(
    name="rewardkit",
    help="Write, test, ship and watch the reward functions that train language models on Amazon Bedrock.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command("new")(new.new)
app.command("graders")(graders.graders)
app.command("adopt")(adopt.adopt)
app.command("test")(test.test)
app.command("bundle")(ship.bundle)
app.command("invoke")(ship.invoke)
app.command("publish")(ship.publish)
app.command("train")(cloud.train)
app.command("watch")(cloud.watch)
app.command("jobs")(cloud.jobs)
app.command("cancel")(cloud.cancel)
app.command("ask")(cloud.ask)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)
app.add_typer(local.app, name="local")
