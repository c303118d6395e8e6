"""What every test leaves as it found it."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def path_as_before() -> Iterator[None]:
    """Loading a reward puts its folder on the path, for good; the next test is another project."""
    before = list(sys.path)
    yield
    sys.path[:] = before
