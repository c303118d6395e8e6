"""Every grader is listed, and the README's table is that list."""

import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rewardkit.cli.graders import BEGIN, END, Listed, as_markdown, listed

README = Path(__file__).parents[1] / "README.md"


def test_graders_and_what_makes_them_are_found_with_signature_and_meaning() -> None:
    found = {item.name: item for item in listed()}
    assert found["math.math_equal"].signature.startswith("(answer, reference, *, ")
    assert found["judge.judge"].signature.startswith("(ask, rubric, *, ")
    assert (
        found["judge.judge"].meaning
        == "Make a grader that asks a language model how good an answer is by a rubric."
    )


@pytest.mark.parametrize("item", listed(), ids=lambda item: item.name)
def test_a_grader_says_in_a_sentence_what_it_means_and_can_be_imported_by_its_name(item: Listed) -> None:
    assert item.meaning[-1:] in (".", "?")
    module, _, name = item.name.rpartition(".")
    fn = getattr(importlib.import_module(f"rewardkit.graders.{module}"), name)
    assert list(inspect.signature(fn).parameters)
    assert len(inspect.getdoc(fn) or "") > len(item.meaning)


def test_the_readmes_table_is_the_list() -> None:
    table = re.search(rf"{re.escape(BEGIN)}.*{re.escape(END)}", README.read_text(), re.S)
    assert table
    assert table[0] == as_markdown(listed()), "paste the output of: rewardkit graders --markdown"


def test_the_command_lists_them_for_people_and_for_machines() -> None:
    command = [sys.executable, "-m", "rewardkit", "graders"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True).stdout
    data = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=100, check=True).stdout
    assert [Listed(**item) for item in json.loads(data)] == listed()
    assert "math.math_equal(answer, reference" in shown
