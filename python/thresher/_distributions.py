"""Quantiles and p-values of the distributions that intervals and tests use."""

from __future__ import annotations

import math
from statistics import NormalDist

from thresher._errors import Error

__all__ = ["p_value", "quantile"]

_NORMAL = NormalDist()


def quantile(level: float, degrees_of_freedom: float = math.inf) -> float:
    """Return q with P(|T| <= q) = level, for a confidence level in (0, 1).

    T is Student's; standard normal for infinite degrees of freedom. Fewer than 2 count as 2, NaN as infinitely many.
    Within 1e-4 relative.

    Notes
    -----
    Hill, "Algorithm 396: Student's t-quantiles", Communications of the ACM 13, 1970.
    """
    if not 0 < level < 1:
        raise Error(f"`level` must be in (0, 1), but is {level!r}")
    normal = _NORMAL.inv_cdf((1 + level) / 2)
    n = max(degrees_of_freedom, 2.0)
    if not n < 1e9:
        return normal
    tails = 1 - level
    if n == 2:
        return math.sqrt(2 / (tails * (2 - tails)) - 2)
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20_700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * tails) ** (2 / n)
    if y > 0.05 + a:
        x = -normal
        y = x * x
        if n < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = math.expm1(a * y * y)
    else:
        y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (n + 1) / (
            n + 2
        ) + 1 / y
    return math.sqrt(n * y)


def p_value(z: float) -> float:
    """Return P(|Z| >= |z|) of a standard normal Z: two-sided; NaN for NaN."""
    return math.erfc(abs(z) / math.sqrt(2))
