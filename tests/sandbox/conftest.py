"""One sandbox for all tests of a file that do not need their own."""

from collections.abc import Iterator

import pytest

from rewardkit.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(size=1) as sandbox:
        yield sandbox
