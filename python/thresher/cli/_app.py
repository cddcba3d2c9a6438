"""The commands: each reads its options here, and is done in a module beside that is imported when it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeAlias

import typer

from thresher import __version__
from thresher.cli import _help
from thresher.cli import _options as options
from thresher.cli._options import checked_level, named, one_of

__all__ = ["run"]

Work: TypeAlias = Callable[[], int]

_app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,  # help by rich takes 0.1 s of a start that is to take 0.3
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of a command; what it finds wrong is raised.

    A command returns its work, which is done when typer is through: typer would take its errors for its own.
    """
    work = _app(args=list(arguments) or ["--help"], prog_name="thresher", standalone_mode=False)
    return work() if callable(work) else int(work or 0)


def _told(wanted: bool) -> None:
    if wanted:
        print(f"thresher {__version__}")
        raise typer.Exit


@_app.callback(help=_help.HELP)
def _first(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_told, help="Print the version and leave.")
    ] = False,
) -> None:
    """Read what comes before the command."""


@_app.command(help=_help.EVALUATE)
def evaluate(
    files: options.Files,
    label: options.Label,
    score: options.Score,
    weight: options.Weight = None,
    group: options.Group = None,
    where: options.Where = None,
    pos_label: options.PosLabel = None,
    nan: options.Nan = "raise",
    nulls: options.Nulls = "raise",
    thresholds: options.Thresholds = None,
    into: options.Into = "compact",
    sums: options.Sums = False,
    level: options.Level = 0.95,
    weight_meaning: options.Meaning = None,
    json: options.Json = False,
    report: options.Report = None,
    save: options.Save = None,
    metadata: options.Metadata = None,
    fail_if: options.FailIf = None,
    fail_if_any_slice: options.FailIfAnySlice = None,
    min_rows: options.MinRows = None,
    threads: options.Threads = None,
    no_progress: options.NoProgress = False,
) -> Work:
    """Return the evaluation of files, as it was asked for."""
    from thresher.cli import _conditions, _evaluating, _limits, _ranges, _requests

    one_of("--nan", nan, ("raise", "drop"))
    one_of("--nulls", nulls, ("raise", "drop"))
    one_of("--into", into, ("compact", "exact", "thresholds"))
    one_of("--weight-meaning", weight_meaning, ("frequency", "sampling"))
    request = _requests.Request(
        files=files,
        label=label,
        scores=list(dict.fromkeys(score)),
        weight=weight,
        groups=list(dict.fromkeys(group or [])),
        where=[_conditions.condition(each) for each in where or []],
        thresholds=_ranges.thresholds(thresholds),
        into=into,
        sums=sums,
        as_json=json,
        report=report,
        save=save,
        limits=[_limits.limit(each) for each in fail_if or []],
        slice_limits=[_limits.limit(each) for each in fail_if_any_slice or []],
        min_rows=min_rows,
        pos_label=pos_label,
        nan=nan,
        nulls=nulls,
        level=checked_level(level),
        meaning=weight_meaning,
        metadata=named(metadata),
        threads=threads,
        progress=not no_progress,
    )
    return lambda: _evaluating.evaluate(request)


@_app.command(help=_help.MERGE)
def merge(
    states: Annotated[list[str], typer.Argument(metavar="STATES", show_default=False, help="Two state files or more.")],
    output: Annotated[str, typer.Option("-o", "--output", metavar="C", help="The file to write, replaced as a whole.")],
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing when files share a source.")] = False,
    metadata: options.Metadata = None,
) -> Work:
    """Return the sum of state files, as it was asked for."""
    from thresher.cli import _merging

    more = named(metadata)
    return lambda: _merging.merge(states, output, strict=strict, metadata=more)


@_app.command(help=_help.DIFF)
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", show_default=False, help="The state file before.")],
    new: Annotated[str, typer.Argument(metavar="NEW", show_default=False, help="The state file after.")],
    thresholds: options.Thresholds = None,
    level: options.Level = 0.95,
    weight_meaning: options.Meaning = None,
    json: options.Json = False,
) -> Work:
    """Return the comparison of two state files, as it was asked for."""
    from thresher.cli import _differing, _ranges

    one_of("--weight-meaning", weight_meaning, ("frequency", "sampling"))
    how = _differing.How(_ranges.thresholds(thresholds), checked_level(level), weight_meaning)
    return lambda: _differing.diff(old, new, how, as_json=json)


@_app.command(help=_help.SHOW)
def show(
    state: Annotated[str, typer.Argument(metavar="STATE", show_default=False, help="A state file.")],
    thresholds: options.Thresholds = None,
    level: options.Level = 0.95,
    weight_meaning: options.Meaning = None,
    json: options.Json = False,
) -> Work:
    """Return the showing of a state file, as it was asked for."""
    from thresher.cli import _ranges, _showing

    one_of("--weight-meaning", weight_meaning, ("frequency", "sampling"))
    at, sure = _ranges.thresholds(thresholds), checked_level(level)
    return lambda: _showing.show(state, at, level=sure, meaning=weight_meaning, as_json=json)
