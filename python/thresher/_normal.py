"""The normal distribution, as intervals and tests use it; from the standard library."""

from __future__ import annotations

import math
from statistics import NormalDist

from thresher._errors import Error

__all__ = ["p_value", "quantile"]


def quantile(level: float) -> float:
    """Return z with P(|Z| <= z) = level, for a confidence level in (0, 1)."""
    if not 0 < level < 1:
        raise Error(f"`level` must be in (0, 1), but is {level!r}")
    return NormalDist().inv_cdf((1 + level) / 2)


def p_value(z: float) -> float:
    """Return P(|Z| >= |z|): two-sided; NaN for NaN."""
    return math.erfc(abs(z) / math.sqrt(2))
