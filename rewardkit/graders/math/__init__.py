"""Graders of mathematical answers. Each file holds one kind of answer; this page hands the graders out."""

from __future__ import annotations

from rewardkit.graders.math.equal import math_equal
from rewardkit.graders.math.number import number_equal

__all__ = ["math_equal", "number_equal"]
