"""What every test leaves as it found it."""

import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about the code. Where a change is let in or not, all are shown the same
# examples; new ones are looked for everywhere else.
settings.register_profile(
    "rewardkit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("rewardkit")


@pytest.fixture(autouse=True)
def path_as_before() -> Iterator[None]:
    """Loading a reward puts its folder on the path, for good; the next test is another project."""
    before = list(sys.path)
    yield
    sys.path[:] = before
