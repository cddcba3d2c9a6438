"""The classification report: precision, recall, F1 and support of each class and averaged, as text or as a dict."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from thresher.sklearn._answers import Declined, answers, warn
from thresher.sklearn._by_class import Averaged
from thresher.sklearn._indicators import Target, target
from thresher.sklearn._inputs import array, flag
from thresher.sklearn._shares import PRECISION, RECALL, f_score

__all__ = ["classification_report"]

_SHARES = (PRECISION, RECALL, f_score(1.0))
_HEADINGS = ("precision", "recall", "f1-score", "support")

Row = tuple[str, list[Any]]


@answers("classification_report")
def classification_report(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    target_names: Any = None,
    sample_weight: Any = None,
    digits: Any = 2,
    output_dict: Any = False,
    zero_division: Any = "warn",
) -> str | dict[str, Any]:
    """Answer both forms, from one count."""
    as_dict = flag("output_dict", output_dict)
    if type(digits) is not int or digits < 0:
        raise Declined(f"`digits` is {digits!r}")
    counted = target(y_true, y_pred, sample_weight)
    wanted = None if labels is None else array(labels, "labels")
    shown = counted.classes if wanted is None else wanted
    names = _names(target_names, shown)
    if len(names) != len(shown) and wanted is None:
        raise Declined("there are more or fewer `target_names` than classes")
    shares = Averaged.of(counted, wanted, None, zero_division)
    rows, averages = _rows(shares, counted, wanted, names, _all_shown(counted, wanted))
    if len(names) != len(shown):
        warn(
            "classification_report",
            f"labels size, {len(shown)}, does not match size of target_names, {len(names)}",
            UserWarning,
        )
    shares.warn_all()
    return _as_dict([*rows, *averages]) if as_dict else _as_text(rows, averages, names, digits)


def _names(given: Any, shown: NDArray[Any]) -> list[str]:
    if given is None:
        return [str(label) for label in shown]
    names = given if isinstance(given, list | tuple) else array(given, "target_names").tolist()
    if not names or not all(isinstance(name, str) for name in names):
        raise Declined("`target_names` are empty, or not all text")
    return list(names)


def _all_shown(counted: Target, wanted: NDArray[Any] | None) -> bool:
    """Whether rows of all classes are shown, and one each, so that the average over all rows is the accuracy."""
    return not counted.multilabel and (wanted is None or {*wanted.tolist()} >= {*counted.classes.tolist()})


def _rows(
    shares: Averaged, counted: Target, wanted: NDArray[Any] | None, names: list[str], accuracy: bool
) -> tuple[list[Row], list[Row]]:
    """Return a row a label, and one an average."""
    columns = [*(shares.take(share) for share in _SHARES), shares.sides.true]
    rows = [(name, list(row)) for name, row in zip(names, zip(*columns, strict=True), strict=False)]
    support = shares.sides.true.sum()
    averages: list[Row] = []
    for average in ("micro", "macro", "weighted", "samples")[: 4 if counted.multilabel else 3]:
        sides = counted.sides(wanted, True).through_cells() if average == "samples" else shares.sides
        averaged = shares.averaged_by(average, sides)
        heading = "accuracy" if average == "micro" and accuracy else f"{average} avg"
        averages.append((heading, [*(averaged.take(share) for share in _SHARES), support]))
    return rows, averages


def _as_dict(rows: list[Row]) -> dict[str, Any]:
    report: dict[str, Any] = {name: dict(zip(_HEADINGS, map(float, values), strict=True)) for name, values in rows}
    if "accuracy" in report:
        report["accuracy"] = report["accuracy"]["precision"]
    return report


def _as_text(rows: list[Row], averages: list[Row], names: list[str], digits: int) -> str:
    width = max(*map(len, names), len("weighted avg"), digits)

    def line(name: str, cells: list[str]) -> str:
        return f"{name:>{width}} " + "".join(f" {cell:>9}" for cell in cells) + "\n"

    def row(name: str, values: list[Any]) -> str:
        shown = [f"{value:.{digits}f}" for value in values[:3]]
        return line(name, [*(["", "", shown[2]] if name == "accuracy" else shown), str(values[3])])

    of_labels = "".join(
        line(name, [*(f"{value:.{digits}f}" for value in values[:3]), str(values[3])]) for name, values in rows
    )
    return line("", list(_HEADINGS)) + "\n" + of_labels + "\n" + "".join(row(*average) for average in averages)
