"""The options of the commands, and the refusal of values that they do not take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from thresher.cli._failures import UsageFailure

__all__ = [
    "FailIf",
    "FailIfAnySlice",
    "Files",
    "Group",
    "Into",
    "Json",
    "Label",
    "Level",
    "Meaning",
    "Metadata",
    "MinRows",
    "Nan",
    "NoProgress",
    "Nulls",
    "PosLabel",
    "Report",
    "Save",
    "Score",
    "Sums",
    "Threads",
    "Thresholds",
    "Weight",
    "Where",
    "checked_level",
    "named",
    "one_of",
]

_OWN = ("sources", "rows", "seconds", "label", "score", "saved_at", "thresher_version")
"""Names of metadata that mean something to the command."""

Text = str | None
Texts = list[str] | None

Files = Annotated[list[str], typer.Argument(metavar="FILES", show_default=False, help="What to read, in any order.")]
Label = Annotated[str, typer.Option("--label", metavar="COLUMN", help="Labels: 0 and 1, booleans, or see --pos-label.")]
Score = Annotated[
    list[str], typer.Option("--score", metavar="COLUMN", help="Scores; repeat to evaluate several models.")
]
Weight = Annotated[Text, typer.Option("--weight", metavar="COLUMN", help="Weights of rows.")]
Group = Annotated[Texts, typer.Option("--group", metavar="COLUMN", help="Slices; repeat for every combination.")]
Where = Annotated[
    Texts, typer.Option("--where", metavar="'COLUMN OP VALUE'", help="Rows to read; repeated, all must hold.")
]
PosLabel = Annotated[Text, typer.Option("--pos-label", metavar="LABEL", help="The label that is positive.")]
Nan = Annotated[str, typer.Option("--nan", metavar="raise|drop", help="What a NaN score does.")]
Nulls = Annotated[str, typer.Option("--nulls", metavar="raise|drop", help="What a null label, score or weight does.")]
Thresholds = Annotated[
    Text, typer.Option("--thresholds", metavar="LIST", help="Values a,b,c or ranges first:last:step, end included.")
]
Into = Annotated[str, typer.Option("--into", metavar="compact|exact|thresholds", help="What is kept of the scores.")]
Sums = Annotated[bool, typer.Option("--sums", help="Keep sums of scores too: log loss, Brier score, calibration.")]
Level = Annotated[float, typer.Option("--level", metavar="SHARE", help="Confidence level of intervals.")]
Meaning = Annotated[
    Text,
    typer.Option("--weight-meaning", metavar="frequency|sampling", help="What weights mean; their intervals need it."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, as docs/cli.md describes it.")]
Report = Annotated[Text, typer.Option("--report", metavar="PAGE.html", help="Write a page to look at and to send on.")]
Save = Annotated[
    Text,
    typer.Option("--save", metavar="STATE.thr", help="Write the counts, for merge, diff and show ({score}: of each)."),
]
FailIf = Annotated[
    Texts,
    typer.Option(
        "--fail-if", metavar="'METRIC[@T] OP X'", help="Exit with 3 if this holds for all rows, as 'roc_auc<0.75'."
    ),
]
FailIfAnySlice = Annotated[
    Texts, typer.Option("--fail-if-any-slice", metavar="'METRIC[@T] OP X'", help="The same for each slice of --group.")
]
MinRows = Annotated[
    int | None, typer.Option("--min-rows", metavar="N", min=0, help="Exit with 3 for fewer rows, in any slice too.")
]
Metadata = Annotated[
    Texts, typer.Option("--metadata", metavar="NAME=VALUE", help="Kept with the state; may be repeated.")
]
Threads = Annotated[int | None, typer.Option("--threads", metavar="N", min=1, help="By default the CPUs there are.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="No progress on stderr.")]


def named(pairs: Sequence[str] | None) -> dict[str, str]:
    """Return NAME=VALUE pairs as a dict."""
    found = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageFailure(f"--metadata: {pair!r} must be NAME=VALUE")
        if name.strip() in _OWN:
            raise UsageFailure(f"--metadata: {name.strip()!r} is written by thresher itself; choose another name")
        found[name.strip()] = value
    return found


def checked_level(level: float) -> float:
    """Return a confidence level, or refuse it."""
    if not 0 < level < 1:
        raise UsageFailure(f"--level: {level!r} must lie between 0 and 1, as 0.95")
    return level


def one_of(option: str, value: str | None, accepted: Sequence[str]) -> None:
    """Refuse a value that is not accepted."""
    if value is not None and value not in accepted:
        raise UsageFailure(f"{option}: {value!r} must be {' or '.join(accepted)}")
