"""Sandboxes for all tests that do not need their own."""

from collections.abc import Iterator

import pytest

from rewardkit.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(size=1) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def bare() -> Iterator[Sandbox]:
    """As on a kernel without Landlock."""
    with Sandbox(size=1, without=("landlock",)) as sandbox:
        yield sandbox
