"""Estimates from a figure and its variance: transforms, Student's t, and what holds where no variance can be told."""

from __future__ import annotations

import math
from typing import NamedTuple

from thresher._distributions import quantile
from thresher._errors import Error, one_of
from thresher.estimates import Estimate

__all__ = ["WEIGHT_MEANINGS", "Spread", "interval", "meaning_of"]

WEIGHT_MEANINGS = ("frequency", "sampling")


class Spread(NamedTuple):
    """An area as the core describes it: with the bounds of the exact one, and how far it varies."""

    value: float
    lower_bound: float
    upper_bound: float
    variance: float
    degrees_of_freedom: float
    negatives: float
    positives: float


def meaning_of(weight_meaning: str | None, weighted: bool) -> str:
    """Return what a weight means; where there are weights, somebody must have said it."""
    if weight_meaning is None:
        if weighted:
            raise Error(
                "`weight_meaning` must be given for weighted counts, since intervals differ: "
                '"frequency" (a weight of 3 is three samples) or "sampling" (one sample that stands for three)'
            )
        return "frequency"
    one_of("weight_meaning", weight_meaning, WEIGHT_MEANINGS)
    return weight_meaning


def interval(spread: Spread, samples: float, level: float, transform: str | None, method: str) -> Estimate:
    """Return the estimate of an area in [0, 1].

    `samples` is the number of independent pairs or rows that can be told apart: what is left to go by where the
    variance is 0 or unknown, as when the classes lie apart.
    """
    if transform is not None:
        one_of("transform", transform, ("logit",))
    value, bounds = spread.value, (spread.lower_bound, spread.upper_bound)
    exact = not bounds[0] < bounds[1]
    q = quantile(level, spread.degrees_of_freedom)
    if math.isnan(value):
        return Estimate(value, value, value, level, method)
    if not spread.variance > 0:
        lower, upper, method = _certain(value, samples, level)
    elif transform == "logit" and 0 < value < 1:
        reach = q * math.sqrt(spread.variance) / (value * (1 - value))
        lower, upper = _shifted(bounds[0], -reach), _shifted(bounds[1], reach)
        method += ", logit"
    else:
        reach = q * math.sqrt(spread.variance)
        lower, upper = bounds[0] - reach, bounds[1] + reach
    if spread.variance > 0 and math.isfinite(spread.degrees_of_freedom):
        method += f", t with {spread.degrees_of_freedom:.0f} degrees of freedom"
    if not exact:
        lower, upper = min(lower, bounds[0]), max(upper, bounds[1])
        method += ", widened by the bounds of binned counts"
    return Estimate(value, max(lower, 0.0), min(upper, 1.0), level, method, None if exact else bounds)


def _shifted(share: float, by: float) -> float:
    """Move a share on the logit scale; 0 and 1 stay."""
    if not 0 < share < 1:
        return share
    odds = math.log(share) - math.log1p(-share) + by
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else math.exp(odds) / (1 + math.exp(odds))


def _certain(value: float, samples: float, level: float) -> tuple[float, float, str]:
    """Return an interval that holds whatever the distribution, and its name."""
    m = math.floor(samples * (1 + 1e-9))  # effective numbers of samples are rounded
    if m < 1:
        return 0.0, 1.0, "none: no sample of a class"
    if value in (0.0, 1.0):
        # All m independent samples agree: (alpha/2)^(1/m) is Clopper and Pearson's limit.
        least = ((1 - level) / 2) ** (1 / m)
        limits = (least, 1.0) if value == 1 else (0.0, 1 - least)
        return *limits, f"clopper-pearson of {m:,} independent samples"
    reach = math.sqrt(math.log(2 / (1 - level)) / (2 * m))
    return value - reach, value + reach, f"hoeffding of {m:,} independent samples"
