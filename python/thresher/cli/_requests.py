"""What `thresher evaluate` is asked for: checked before any file is read, then counted by `thresher.scan`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from thresher import CompactCounts, ExactCounts, ThresholdCounts
from thresher.cli._conditions import Condition, expression
from thresher.cli._cuts import Counts
from thresher.cli._failures import UsageFailure
from thresher.cli._limits import Limit
from thresher.cli._literals import Literal, known_column, value_of
from thresher.cli._merging import writable
from thresher.cli._schemas import schema_of
from thresher.cli._states import State

__all__ = ["Request", "check", "counted", "saved_as"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call of `evaluate`, its options understood but the files not yet opened."""

    files: Sequence[str]
    label: str
    scores: Sequence[str]
    weight: str | None
    groups: Sequence[str]
    where: Sequence[Condition]
    thresholds: Sequence[float]
    into: str
    sums: bool
    as_json: bool
    report: str | None
    save: str | None
    limits: Sequence[Limit]
    slice_limits: Sequence[Limit]
    min_rows: int | None
    pos_label: str | None
    nan: str
    nulls: str
    level: float
    meaning: str | None
    metadata: dict[str, str]
    threads: int | None
    progress: bool


def check(request: Request) -> None:
    """Refuse what cannot end well, before any file is read."""
    if request.save is not None:
        if len(request.scores) > 1 and "{score}" not in request.save:
            raise UsageFailure("--save: several scores need {score} in the name, as 'state-{score}.thr'")
        for score in request.scores:
            writable(saved_as(request.save, score))
    if request.report is not None:
        from thresher._optional import needed

        writable(request.report)
        for package in ("jinja2", "bokeh"):
            needed(package, "--report", "thresher[report]")
    if request.into == "thresholds":
        if not request.thresholds:
            raise UsageFailure("--into thresholds needs --thresholds")
        for each in (*request.limits, *request.slice_limits):
            if each.threshold is not None and each.threshold not in request.thresholds:
                raise UsageFailure(f"--fail-if: {each.text!r} reads at {each.threshold:g}, which --thresholds lacks")
    if request.slice_limits and not request.groups:
        raise UsageFailure("--fail-if-any-slice needs --group")


def saved_as(path: str, score: str) -> str:
    """Return the path of a score's state."""
    return path.replace("{score}", score)


def counted(request: Request) -> dict[str, State]:
    """Return what was counted of each column of scores."""
    from thresher import scan

    where, pos_label = _typed(request)
    found = scan(
        list(request.files),
        label=request.label,
        score=list(request.scores),
        weight=request.weight,
        group=list(request.groups) or None,
        into=_prototype(request),
        where=where,
        nulls=request.nulls,
        nan=request.nan,
        pos_label=pos_label,
        n_threads=request.threads,
        progress=None if request.progress else False,
    )
    return dict(found)


def _prototype(request: Request) -> Counts:
    if request.into == "thresholds":
        return ThresholdCounts(list(request.thresholds), sums=request.sums)
    return ExactCounts(sums=request.sums) if request.into == "exact" else CompactCounts(sums=request.sums)


def _typed(request: Request) -> tuple[Any, Any]:
    """Return the conditions and the positive label, as values of the columns' types."""
    if not request.where and request.pos_label is None:
        return None, None
    schema = schema_of(request.files)
    pos_label = None
    if request.pos_label is not None:
        kind = known_column(request.label, schema, "--label")
        pos_label = value_of(Literal(request.pos_label, quoted=False), kind, "--pos-label").as_py()
    return expression(request.where, schema), pos_label
