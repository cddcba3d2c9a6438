"""Replicates of compiled states, and intervals made of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thresher import _core
from thresher._arrays import whole
from thresher._distributions import quantile
from thresher._errors import Error, one_of
from thresher._intervals import meaning_of
from thresher.estimates import Estimate

__all__ = ["Replicates", "Shards", "draws_of", "estimate", "replicated", "states"]

_INTERVALS = ("percentile", "basic", "normal")
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


def draws_of(shards: Shards, resample: str, weight_meaning: str | None) -> str:
    """Return what is drawn, as the core calls it."""
    one_of("resample", resample, _RESAMPLED)
    if resample == "shards":
        return "shards"
    meaning = meaning_of(weight_meaning, any(state.weighted for state in shards.values()))
    return "weighted rows" if meaning == "sampling" else "rows"


def _checked(seed: int, n_replicates: int) -> tuple[int, int]:
    """Return seed and number of replicates as the core takes them."""
    seed = whole("seed", seed, least=0)
    if seed >= 2**64:
        raise Error(f"`seed` must be below 2^64, but is {seed}")
    return seed, whole("n_replicates", n_replicates, least=2)


def replicated(
    shards: Shards, name: str, draws: str, seed: int, n_replicates: int, n_threads: int | None
) -> Replicates:
    """Return a figure that has a name in each replicate."""
    seed, n_replicates = _checked(seed, n_replicates)
    ids = [_number(shard_id) for shard_id in shards]
    tallies = [state.tally() for state in shards.values()]
    return _core.bootstrap_replicates(tallies, ids, name, draws, seed, n_replicates, n_threads)


def states(shards: Shards, draws: str, seed: int, n_replicates: int) -> Iterator[_core.Accumulator]:
    """Yield the replicates as states: those of all shards, merged."""
    seed, n_replicates = _checked(seed, n_replicates)
    if any(state.weighted for state in shards.values()) and draws != "rows":
        raise Error(
            f"replicates of weighted counts by {draws} are sums, which a callable cannot be given as counts; the names "
            f"{', '.join(_core.bootstrap_figures())} are accepted"
        )
    drawn_from = [(state, state.tally(), _number(shard_id)) for shard_id, state in shards.items()]
    for replicate in range(n_replicates):
        parts = (
            _core.bootstrap_replicate(state, tally, number, draws, seed, replicate)
            for state, tally, number in drawn_from
        )
        total = next(parts)
        for part in parts:
            total.merge(part)
        yield total


def estimate(
    value: float, replicates: Replicates, level: float, kind: str, bounds: tuple[float, float] | None
) -> Estimate:
    """Return the interval that replicates give; those where the figure is undefined are left out, and named."""
    z = quantile(level)
    one_of("interval", kind, _INTERVALS)
    defined = replicates[~np.isnan(replicates)]
    method = f"{kind} bootstrap, {len(replicates):,} replicates"
    if len(defined) < len(replicates):
        method += f" ({len(replicates) - len(defined):,} undefined)"
    if len(defined) < 2 or math.isnan(value):
        return Estimate(value, math.nan, math.nan, level, method)
    if kind == "normal":
        reach = z * float(np.std(defined, ddof=1))
        lower, upper = value - reach, value + reach
    else:
        low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2]).tolist()
        lower, upper = (low, high) if kind == "percentile" else (2 * value - high, 2 * value - low)
    if bounds is not None and bounds[0] < bounds[1]:
        lower, upper = lower - (value - bounds[0]), upper + (bounds[1] - value)
        return Estimate(value, lower, upper, level, f"{method}, widened by the bounds of binned counts", bounds)
    return Estimate(value, lower, upper, level, method)
