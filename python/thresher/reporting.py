"""The report: one HTML page of an evaluation."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from thresher import _envelope
from thresher._errors import Error
from thresher.accumulators import CompactCounts, ExactCounts, ThresholdCounts

if TYPE_CHECKING:
    from thresher._arrays import ArrayLike

__all__ = ["report"]

Accumulators: TypeAlias = ThresholdCounts | CompactCounts | ExactCounts
Slices: TypeAlias = Mapping[Any, Accumulators]

_CLASSES = (ThresholdCounts, CompactCounts, ExactCounts)
_MOST_MODELS = 10


def report(
    counts: Accumulators | Mapping[str, Accumulators],
    path: str | os.PathLike[str],
    *,
    slices: Slices | Mapping[str, Slices] | None = None,
    title: str | None = None,
    notes: Mapping[str, str | int | float] | None = None,
    thresholds: ArrayLike | None = None,
) -> Path:
    """Write one HTML page that tells how good a model is, at which threshold, with what certainty and for whom.

    It opens offline, in any browser of today, and asks nothing of any host.

    Parameters
    ----------
    counts : ThresholdCounts, CompactCounts or ExactCounts, or mapping of str to these
        What was counted; several models, at most ten, by name are drawn over each other.
    path : str or path-like
        The file, replaced as a whole if it exists; below 5 MB whatever was counted.
    slices : mapping of key to accumulator, optional
        As GroupedCounts: a table with a row for each. A key is one value, or a tuple of one for each key column.
        Of several models: a mapping of a model's name to such a mapping. The 500 slices with the most rows are shown.
    title : str, optional
        Heading of the page; "Evaluation of a binary classifier" by default.
    notes : mapping of str to str or number, optional
        Shown at the foot, before what the counts tell of themselves and their metadata.
    thresholds : array-like of shape (k,), optional
        Stops of the page's slider, in any order; of CompactCounts that are not exact, the nearest edges. Of more than
        1,000, evenly picked ones. By default up to 1,000, at equal steps of the mean of true and false positive rate,
        and at the hundredths.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    Error
        For no model or more than ten, thresholds that are NaN or none or, of ThresholdCounts, not among its own, and
        slices of a model that is not there.
    TypeError
        For counts or slices that are no accumulators.
    ImportError
        Without Jinja2 or Bokeh (`pip install 'thresher[report]'`).
    OSError
        When the file cannot be written; the old one is untouched.

    Notes
    -----
    Areas have 95 % intervals as `roc_auc_interval` and `average_precision_interval` give them, and their bounds where
    they are inexact; weighted counts have no intervals. The slider's counts are those of `confusion` at exactly the
    threshold shown. Curves lose points where that moves them by at most 1e-4, or what the page says in its notes.
    Calibration is shown where scores are known to be in [0, 1]: of exact counts, or of those made with `sums=True`.
    A slice's difference from the whole is judged as if its rows were others (`compare_roc_auc_unpaired`). The slice's
    area and that of the whole vary together, so that the interval is too wide rather than too narrow.

    Examples
    --------
    >>> import tempfile, thresher as th
    >>> counts = th.ExactCounts()
    >>> counts.update([0, 0, 1, 1] * 25, [0.1, 0.4, 0.35, 0.8] * 25)
    >>> folder = tempfile.TemporaryDirectory()
    >>> page = th.report(counts, f"{folder.name}/report.html", title="Late flights", notes={"model": "trees"})
    >>> "Late flights" in page.read_text(encoding="utf-8")
    True
    >>> folder.cleanup()
    """
    from thresher._report._models import models_of
    from thresher._report._notes import notes_of
    from thresher._report._page import page_of
    from thresher._report._slices import slice_table
    from thresher._report._steps import checked_thresholds

    named = _models(counts)
    by_model = _slices(slices, named)
    stops = None if thresholds is None else checked_thresholds(thresholds)
    models = models_of(named, stops)
    made_at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    page = page_of(
        "Evaluation of a binary classifier" if title is None else str(title),
        models,
        slice_table(models, by_model),
        notes_of(models, notes or {}, made_at),
        chosen=stops is not None,
    )
    _envelope.replace_file(path, [page.encode()])
    return Path(path)


def _models(counts: Any) -> dict[str, Accumulators]:
    """Return the models by name; one alone has the name of nothing."""
    named: dict[str, Any] = dict(counts) if isinstance(counts, Mapping) else {"": counts}
    if not 1 <= len(named) <= _MOST_MODELS:
        raise Error(f"`counts` must hold 1 to {_MOST_MODELS} models, but holds {len(named)}")
    for name, each in named.items():
        if not isinstance(name, str):
            raise TypeError(f"`counts` must be named by str, but has {name!r}")
        if not isinstance(each, _CLASSES):
            place = f"`counts[{name!r}]`" if isinstance(counts, Mapping) else "`counts`"
            raise TypeError(f"{place} must be ThresholdCounts, CompactCounts or ExactCounts, but is {_a(each)}")
    return named


def _slices(slices: Any, models: Mapping[str, Accumulators]) -> dict[str, Slices]:
    """Return the slices by model."""
    if slices is None:
        return {}
    if not hasattr(slices, "keys"):
        raise TypeError(f"`slices` must be a mapping of keys to accumulators, but is {_a(slices)}")
    first = next(iter(slices.values()), None)
    by_model: dict[Any, Slices] = dict(slices.items()) if hasattr(first, "keys") else {}
    if not by_model:
        if len(models) > 1 and len(slices):
            raise Error(f"`slices` must tell of which model they are: a mapping from {', '.join(map(repr, models))}")
        by_model = {next(iter(models)): slices}
    if unknown := by_model.keys() - models.keys():
        raise Error(f"`slices` is of {min(unknown, key=str)!r}, but `counts` holds {', '.join(map(repr, models))}")
    for each in by_model.values():
        if not hasattr(each, "columns"):  # GroupedCounts holds nothing else, and may hold a million
            _checked(each)
    return by_model


def _checked(slices: Slices) -> None:
    for key, each in slices.items():
        if not isinstance(each, _CLASSES):
            raise TypeError(
                f"`slices[{key!r}]` must be ThresholdCounts, CompactCounts or ExactCounts, but is {_a(each)}"
            )


def _a(value: object) -> str:
    return f"a {type(value).__name__}"
