"""Replicates of compiled states, and intervals made of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import whole as whole_number
from thresher._distributions import quantile
from thresher._errors import Error, one_of
from thresher._intervals import Spread, interval, meaning_of
from thresher.estimates import Estimate

__all__ = [
    "FIGURES",
    "Replicates",
    "Shards",
    "area_estimate",
    "bootstrap_of",
    "estimate",
    "interval_wanted",
    "replicates_wanted",
    "seed_of",
]

FIGURES = ("roc_auc", "average_precision")
"""What the core makes of replicates without making counts of them."""

_INTERVALS = ("percentile", "basic", "normal", "logit")
_RESAMPLED = ("rows", "shards")

Shards: TypeAlias = "Mapping[Any, _core.Accumulator]"
Replicates: TypeAlias = NDArray[np.float64]


def _number(shard_id: Any) -> int:
    """Return the number that a shard's draws depend on: 64 bits of BLAKE2b over its type and its value."""
    return int.from_bytes(hashlib.blake2b(_encoded(shard_id), digest_size=8).digest(), "little")


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        return b"s" + value.encode()
    if isinstance(value, bool | np.bool):
        raise TypeError(f"a shard's id must be a str, bytes, an int or a tuple of these, but is {value!r}")
    if isinstance(value, int | np.integer):
        return b"i" + str(int(value)).encode()
    if isinstance(value, bytes):
        return b"b" + value
    if isinstance(value, tuple):
        parts = [_encoded(part) for part in value]
        return b"t" + b"".join(str(len(part)).encode() + b":" + part for part in parts)
    raise TypeError(f"a shard's id must be a str, bytes, an int or a tuple of these, but is {value!r}")


def bootstrap_of(
    whole: _core.Accumulator, shards: Shards, resample: str, weight_meaning: str | None, seed: int
) -> _core.Bootstrap:
    """Return the bootstrap of shards that merged are `whole`."""
    one_of("resample", resample, _RESAMPLED)
    seed = seed_of(seed)
    meaning = meaning_of(weight_meaning, whole.weighted and resample == "rows")
    numbered = [(_number(shard_id), state) for shard_id, state in shards.items()]
    return _core.Bootstrap(whole, numbered, "clusters" if resample == "shards" else "rows", meaning, seed)


def seed_of(seed: int) -> int:
    """Return the seed; it has 64 bits."""
    seed = whole_number("seed", seed, least=0)
    if seed >= 2**64:
        raise Error(f"`seed` must be below 2^64, but is {seed}")
    return seed


def interval_wanted(kind: str | None, of_area: bool, level: float) -> str:
    """Return the kind of interval, by default the one that covers best; refuse it before anything is drawn."""
    quantile(level)
    kind = kind or ("logit" if of_area else "percentile")
    one_of("interval", kind, _INTERVALS)
    if kind == "logit" and not of_area:
        raise Error(f'`interval` "logit" is for {" and ".join(FIGURES)}, which lie between 0 and 1')
    return kind


def replicates_wanted(n_replicates: int) -> int:
    """Return the number of replicates, at least 2; each has a number of 32 bits."""
    wanted = whole_number("n_replicates", n_replicates, least=2)
    if wanted >= 2**32:
        raise Error(f"`n_replicates` must be below 2^32, but is {wanted}")
    return wanted


def estimate(
    value: float, replicates: Replicates, level: float, kind: str, bounds: tuple[float, float] | None = None
) -> Estimate:
    """Return the interval that replicates of any figure give, widened by `bounds` of a binned area in [0, 1].

    Replicates in which it is undefined are left out, and their number named.
    """
    defined, method = _defined(replicates, kind)
    z = quantile(level)
    if len(defined) < 2 or math.isnan(value):
        return Estimate(value, math.nan, math.nan, level, method)
    lower, upper = _limits(value, defined, level, kind, z)
    if bounds is not None and bounds[0] < bounds[1]:
        lower, upper = max(lower - (value - bounds[0]), 0.0), min(upper + (bounds[1] - value), 1.0)
        return Estimate(value, lower, upper, level, f"{method}, widened by the bounds of binned counts", bounds)
    return Estimate(value, lower, upper, level, method)


def area_estimate(
    state: _core.Accumulator,
    name: str,
    replicates: Replicates,
    level: float,
    kind: str,
    weight_meaning: str | None,
    independent: float = math.inf,
) -> Estimate:
    """Return the interval that replicates of an area of `FIGURES` give, widened by the bounds of binned counts.

    `independent` is the number of things that were drawn, where they are not rows: no interval may go by more.
    """
    of_roc, meaning = name == "roc_auc", weight_meaning or "frequency"
    variance = _core.roc_auc_variance if of_roc else _core.average_precision_variance
    defined, method = _defined(replicates, kind)
    spread = Spread(*variance(state.tally(), meaning))
    value, *bounds = spread[:3]
    if len(defined) < 2 or math.isnan(value):
        return Estimate(value, math.nan, math.nan, level, method)
    if kind == "logit" or not np.ptp(defined) > 0:
        # Replicates that all agree, as where the classes lie apart, say nothing: `interval` knows what holds then.
        samples = min(spread.negatives, spread.positives, independent) if of_roc else min(spread.positives, independent)
        drawn = spread._replace(variance=float(np.var(defined, ddof=1)), degrees_of_freedom=math.inf)
        return interval(drawn, samples, level, "logit", method)
    return estimate(value, replicates, level, kind, (bounds[0], bounds[1]))


def _defined(replicates: Replicates, kind: str) -> tuple[Replicates, str]:
    """Return the replicates that are defined, and how an interval made of them is called."""
    defined = replicates[~np.isnan(replicates)]
    method = f"{'' if kind == 'logit' else f'{kind} '}bootstrap, {len(replicates):,} replicates"
    left_out = len(replicates) - len(defined)
    return defined, f"{method} ({left_out:,} undefined)" if left_out else method


def _limits(value: float, defined: Replicates, level: float, kind: str, z: float) -> tuple[float, float]:
    if kind == "normal":
        reach = z * float(np.std(defined, ddof=1))
        return value - reach, value + reach
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return (low, high) if kind == "percentile" else (2 * value - high, 2 * value - low)
