"""Limits that a pipeline is held to: METRIC[@THRESHOLD] OP NUMBER, as `--fail-if` takes them, and `--min-rows`."""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from thresher._rates import RATES
from thresher.cli._cuts import Counts
from thresher.cli._failures import UsageFailure
from thresher.cli._figures import METRICS, Figure, figure, rate_at
from thresher.cli._ranges import number

__all__ = ["Limit", "Part", "Verdict", "limit", "too_few", "verdict"]

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LIMIT = re.compile(r"\s*(\w+)\s*(?:@\s*([^\s<>=]+))?\s*(<=|>=|<|>)\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as it was typed; it is broken where its comparison holds."""

    text: str
    metric: str
    threshold: float | None
    operator: str
    number: float


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that a limit is held against: all of a score, or a slice of them, that has a key and a name."""

    score: str
    key: Any = None
    slice_name: str | None = None

    def __str__(self) -> str:
        return self.score if self.slice_name is None else f"{self.score}, {self.slice_name}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a limit was broken by some rows, and why.

    `certain` is False where the bounds of a binned figure lie on both sides of the limit.
    """

    limit: str
    part: Part
    value: float
    bounds: tuple[float, float] | None
    broken: bool
    certain: bool
    reason: str


def limit(text: str) -> Limit:
    """Return the limit that a text states.

    Raises
    ------
    UsageFailure
        For any other form, an unknown metric, a rate without a threshold or another metric with one.

    Examples
    --------
    >>> limit("recall@0.5 < 0.8")
    Limit(text='recall@0.5 < 0.8', metric='recall', threshold=0.5, operator='<', number=0.8)
    """
    parts = _LIMIT.fullmatch(text)
    if parts is None:
        raise UsageFailure(f"--fail-if: {text!r} must be METRIC[@THRESHOLD] OP NUMBER, as 'roc_auc<0.75'")
    name, at, sign, value = parts.groups()
    if name not in METRICS and name not in RATES:
        near = difflib.get_close_matches(name, [*METRICS, *RATES], n=3)
        hint = f"did you mean {', '.join(near)}?" if near else f"known are {', '.join(METRICS)}, and rates"
        raise UsageFailure(f"--fail-if: {text!r}: {name!r} is no metric; {hint}")
    if at is None and name not in METRICS:
        raise UsageFailure(f"--fail-if: {text!r}: {name} needs a threshold, as {name}@0.5{sign}{value}")
    if at is not None and name not in RATES:
        raise UsageFailure(f"--fail-if: {text!r}: {name} takes no threshold")
    threshold = None if at is None else float(number(at, "--fail-if"))
    return Limit(text.strip(), name, threshold, sign, float(number(value, "--fail-if")))


def verdict(each: Limit, part: Part, counts: Counts) -> Verdict:
    """Return whether a limit is broken by what was counted; an undefined figure breaks it."""
    at = each.threshold
    found = figure(counts, each.metric) if at is None else rate_at(counts, each.metric, at)
    compare = _OPERATORS[each.operator]
    name = each.metric if each.threshold is None else f"{each.metric}@{each.threshold:g}"
    if math.isnan(found.value):
        reason = f"{name} is undefined: {found.reason}"
        return Verdict(each.text, part, found.value, None, broken=True, certain=True, reason=reason)
    broken = compare(found.value, each.number)
    certain = all(compare(end, each.number) == broken for end in found.bounds or ())
    return Verdict(each.text, part, found.value, found.bounds, broken, certain, _told(name, found, certain))


def too_few(least: int, part: Part, counts: Counts) -> Verdict:
    """Return whether fewer rows than `least` were counted."""
    found = counts.n_samples
    text = f"{found:,} {'row' if found == 1 else 'rows'}"
    return Verdict(f"n_samples<{least}", part, float(found), None, found < least, certain=True, reason=text)


def _told(name: str, found: Figure, certain: bool) -> str:
    text = f"{name} is {found.value:.6g}"
    if certain or found.bounds is None:
        return text
    return f"{text}, but these counts only show that it lies in [{found.bounds[0]:.6g}, {found.bounds[1]:.6g}]"
