"""The commands and their options: read and checked here, done in the modules beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from thresher import __version__
from thresher.cli._failures import UsageFailure

__all__ = ["run"]

_HELP = """Evaluate binary classifiers from files, exactly and in one pass.

\b
  How good is a model?
    thresher evaluate scores/*.parquet --label clicked --score p
\b
  By country, at thresholds, as a page to send on:
    thresher evaluate scores/ --label clicked --score p --group country \\
        --thresholds 0.05:0.95:0.05 --report report.html
\b
  In a pipeline: fail below a figure, keep the counts:
    thresher evaluate day.parquet --label clicked --score p \\
        --fail-if 'roc_auc<0.75' --min-rows 10000 --save day.thr
\b
  A week out of seven days, and against the week before:
    thresher merge day-*.thr -o week.thr
    thresher diff last-week.thr week.thr
    thresher show week.thr

Exit codes: 0 done, 1 bad data or file, 2 wrong call, 3 a limit was broken. All of it: docs/cli.md
"""

_MERGE = """Add up state files, as if their rows had been counted in one run.

\b
    thresher merge monday.thr tuesday.thr -o two-days.thr
    thresher merge shards/*.thr -o all.thr --strict

Two files counted from the same source are named on stderr, since a job that ran twice would count twice; with --strict
nothing is written then.
"""

_DIFF = """Compare two state files: new less old, with intervals, as a whole and slice by slice.

\b
    thresher diff last-week.thr this-week.thr
    thresher diff old.thr new.thr --thresholds 0.3,0.5 --json

Intervals take the two for independent samples, as two periods or two groups of users are.
"""

_SHOW = """Show what a state file holds: rows, figures, slices, metadata.

\b
    thresher show day.thr
    thresher show day.thr --thresholds 0.1:0.9:0.1
    thresher show day.thr --json | jq .figures.roc_auc.value
"""

_app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,  # help by rich takes 0.1 s of a start that is to take 0.3
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

Thresholds = Annotated[
    str | None,
    typer.Option("--thresholds", metavar="LIST", help="Values a,b,c or ranges first:last:step, end included."),
]
Level = Annotated[float, typer.Option("--level", help="Confidence level of intervals.")]
Meaning = Annotated[
    str | None,
    typer.Option("--weight-meaning", metavar="frequency|sampling", help="What weights mean; intervals need it."),
]
Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, as docs/cli.md describes it.")]
Metadata = Annotated[
    list[str] | None, typer.Option("--metadata", metavar="NAME=VALUE", help="Kept in the state file; may be repeated.")
]


def run(arguments: Sequence[str]) -> int:
    """Return the exit code of a command; what it finds wrong is raised."""
    if not arguments:
        arguments = ["--help"]
    code = _app(args=list(arguments), prog_name="thresher", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _told(wanted: bool) -> None:
    if wanted:
        print(f"thresher {__version__}")
        raise typer.Exit


@_app.callback(help=_HELP)
def _first(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_told, help="Print the version and leave.")
    ] = False,
) -> None:
    """Read what comes before the command."""


@_app.command(help=_MERGE)
def merge(
    states: Annotated[list[str], typer.Argument(metavar="A B ...", show_default=False)],
    output: Annotated[str, typer.Option("-o", "--output", metavar="C", help="The file to write, replaced as a whole.")],
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing when files share a source.")] = False,
    metadata: Metadata = None,
) -> int:
    """Hand the call on."""
    from thresher.cli._merging import merge

    return merge(states, output, strict=strict, metadata=named(metadata))


@_app.command(help=_DIFF)
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", show_default=False)],
    new: Annotated[str, typer.Argument(metavar="NEW", show_default=False)],
    thresholds: Thresholds = None,
    level: Level = 0.95,
    weight_meaning: Meaning = None,
    json: Json = False,
) -> int:
    """Hand the call on."""
    from thresher.cli._differing import diff

    return diff(old, new, thresholds=thresholds, level=checked(level), meaning=meant(weight_meaning), as_json=json)


@_app.command(help=_SHOW)
def show(
    state: Annotated[str, typer.Argument(metavar="STATE", show_default=False)],
    thresholds: Thresholds = None,
    level: Level = 0.95,
    weight_meaning: Meaning = None,
    json: Json = False,
) -> int:
    """Hand the call on."""
    from thresher.cli._showing import show

    return show(state, thresholds=thresholds, level=checked(level), meaning=meant(weight_meaning), as_json=json)


def named(pairs: Sequence[str] | None) -> dict[str, str]:
    """Return NAME=VALUE pairs as a dict."""
    found = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageFailure(f"--metadata: {pair!r} must be NAME=VALUE")
        found[name.strip()] = value
    return found


def checked(level: float) -> float:
    """Return a confidence level, or refuse it."""
    if not 0 < level < 1:
        raise UsageFailure(f"--level: {level!r} must lie between 0 and 1, as 0.95")
    return level


def meant(meaning: str | None) -> str | None:
    """Return the meaning of weights, or refuse it."""
    return one_of("--weight-meaning", meaning, ("frequency", "sampling"))


def one_of(option: str, value: Any, accepted: Sequence[str]) -> Any:
    """Return a value that is accepted, or None for none given."""
    if value is not None and value not in accepted:
        raise UsageFailure(f"{option}: {value!r} must be {' or '.join(accepted)}")
    return value
