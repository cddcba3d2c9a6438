"""Compare thresher with its peers: ``make bench``, or ``python benches/python/run.py roc_auc counts`` for some rows."""

import argparse
import sys
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

import record
from rows import ROWS, Row
from timing import REPEATS, medians


def main() -> int:
    """Time the rows asked for, print and record them; 1 when one of them misses its promise."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("rows", nargs="*", metavar="ROW", help=f"some of: {', '.join(row.name for row in ROWS)}")
    options.add_argument("--repeats", type=int, default=REPEATS, help=f"measurements of each (default: {REPEATS})")
    options.add_argument("--no-record", action="store_true", help="print only")
    given = options.parse_args()
    unknown = set(given.rows) - {row.name for row in ROWS}
    if unknown:
        options.error(f"no such row: {', '.join(sorted(unknown))}")
    chosen = [row for row in ROWS if not given.rows or row.name in given.rows]

    console = Console(highlight=False)
    results = [measured(row, given.repeats, console) for row in chosen]
    show(results, console)
    if not given.no_record:
        console.print(f"recorded in {record.write(results).relative_to(record.REPOSITORY)}")
    missed = [result["name"] for result in results if result["at_least"] and result["ratio"] < result["at_least"]]
    if missed:
        console.print(f"below the promised ratio: {', '.join(missed)}")
    return 1 if missed else 0


def measured(row: Row, repeats: int, console: Console) -> dict[str, Any]:
    """The row's medians, as the record keeps them."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(f"{row.what}: {row.peer or 'alone'}", total=None)
        ours, peers = row.prepare()
        seconds = medians(*(call for call in (ours, peers) if call), repeats=repeats)
    return {
        "name": row.name,
        "what": row.what,
        "samples": row.samples,
        "repeats": repeats,
        "seconds": seconds[0],
        "peer": row.peer,
        "peer_seconds": seconds[1] if peers else None,
        "ratio": seconds[1] / seconds[0] if peers else None,
        "at_least": row.at_least,
    }


def show(results: list[dict[str, Any]], console: Console) -> None:
    """The table: medians per call and per row, and how many times as fast as the peer."""
    around = record.surroundings()
    versions = ", ".join(f"{name} {version}" for name, version in around["versions"].items())
    console.print(f"{around['cpu']}, {around['threads']} threads, {around['simd']}\n{versions}")
    table = Table(box=box.SIMPLE, padding=(0, 1), pad_edge=False)
    for heading in ("row", "thresher", "a sample", "peer", "takes", "ratio"):
        table.add_column(heading, justify="left" if heading in ("row", "peer") else "right", no_wrap=True)
    for result in results:
        ratio, promise = result["ratio"], result["at_least"]
        table.add_row(
            result["name"],
            span(result["seconds"]),
            f"{result['seconds'] / result['samples'] * 1e9:.2f} ns",
            result["peer"],
            span(result["peer_seconds"]) if ratio else "",
            (f"{ratio:.1f}" if ratio else "") + (f" (≥ {promise})" if promise else ""),
        )
    console.print(table)


def span(seconds: float) -> str:
    """A duration with three figures."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


if __name__ == "__main__":
    sys.exit(main())
