"""Figures as JSON, in the form that docs/cli.md promises: schema 1."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from thresher import Estimate, __version__
from thresher.cli._cuts import CELLS, SHOWN_RATES, Counts, Cut
from thresher.cli._figures import Figure, Summary

__all__ = ["SCHEMA", "document", "estimate", "state", "summary", "written"]

SCHEMA = 1
"""Raised when a key changes its meaning or goes; new keys may come at any time."""


def document(command: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a command tells, under the heading that all share."""
    return {"schema": SCHEMA, "command": command, "thresher_version": __version__, **content}


def written(content: Mapping[str, Any]) -> str:
    """Return a document as text: NaN is null, infinities are the strings "inf" and "-inf"."""
    return json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False)


def summary(found: Summary) -> dict[str, Any]:
    """Return the figures of one state."""
    counts = found.counts
    rows: dict[str, Any] = {
        "n_samples": counts.n_samples,
        "n_positives": counts.n_positives,
        "n_negatives": counts.n_negatives,
        "n_dropped": counts.n_dropped,
        "weight_positives": counts.weight_positives if counts.weighted else None,
        "weight_negatives": counts.weight_negatives if counts.weighted else None,
        "prevalence": found.prevalence,
    }
    return {
        **rows,
        "figures": {each.name: _figure(each) for each in found.figures},
        "thresholds": [_cut(each) for each in found.cuts],
    }


def state(counts: Counts) -> dict[str, Any]:
    """Return what a state is, beside its figures."""
    return {
        "class": type(counts).__name__,
        "exact": counts.exact,
        "sums": counts.sums,
        "weighted": counts.weighted,
        "nbytes": counts.nbytes,
    }


def estimate(found: Estimate | None) -> dict[str, Any] | None:
    """Return an interval; None where there is none."""
    if found is None or math.isnan(found.lower):
        return None
    return {"lower": found.lower, "upper": found.upper, "level": found.level, "method": found.method}


def _figure(found: Figure) -> dict[str, Any]:
    return {
        "value": found.value,
        "exact": found.exact,
        "bounds": found.bounds,
        "interval": estimate(found.interval),
        "reason": found.reason,
    }


def _cut(cut: Cut) -> dict[str, Any]:
    return {
        "asked": cut.asked,
        "threshold": cut.threshold,
        "comparison": cut.counts.comparison,
        "exact": cut.exact,
        **{name: getattr(cut.counts, name) for name in CELLS},
        "rates": {name: cut.counts.rate(name) for name in SHOWN_RATES},
        "bounds": None if cut.bounds is None else {name: cut.bounds[name] for name in SHOWN_RATES},
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.floating):
        number = float(value)
        return number if math.isfinite(number) else None if math.isnan(number) else str(number)
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, bytes):
        return [_plain(each) for each in value]
    if isinstance(value, np.integer | np.bool):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
