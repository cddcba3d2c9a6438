"""Compare thresher with its peers: ``make bench``, or ``python benches/python/run.py roc_auc counts`` for some rows."""

import argparse
import sys
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

import machine
import memory
import record
import words
from measure import Result, Session, holds
from row import MemoryRow, Row
from rows import ROWS
from rows_scale import MEMORY
from timing import REPEATS

LARGE_BYTES = 14 * 2**30  # 5 for a billion rows, 6 for the scratch of roc_auc
PAGE_WIDTH = 120  # of a file or a log, which tells no width


def main() -> int:
    """Time the rows asked for, print and record them; 1 when one of them misses what it must reach."""
    given = options().parse_args()
    chosen = rows_asked_for(given.rows, given.billion)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PAGE_WIDTH)
    session = Session(given.repeats, given.shrink)
    results = [measured(session, row, position, len(chosen), console) for position, row in enumerate(chosen)]
    show(results, console)
    if given.shrink > 1:
        console.print("shrunk: neither recorded nor judged")
        return 0
    if not given.no_record:
        console.print(f"recorded in {recorded(results, given.records)}")
    missed = [result["name"] for result in results if holds(result, "must") is False]
    if missed:
        console.print(f"missed what they must reach: {', '.join(missed)}")
    return 1 if missed else 0


def options() -> argparse.ArgumentParser:
    """What the command line takes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"some of: {', '.join(row.name for row in ROWS)}")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"measurements of each (default: {REPEATS})")
    parser.add_argument("--billion", action="store_true", help="also the rows of 1e9 samples, which need 14 GiB")
    parser.add_argument("--records", type=Path, default=record.RECORDS, help="folder of records")
    parser.add_argument("--no-record", action="store_true", help="print only")
    parser.add_argument("--shrink", type=int, default=1, metavar="N", help="divide sizes by N: do all rows run?")
    return parser


def rows_asked_for(names: list[str], billion: bool = False) -> list[Row | MemoryRow]:
    """The rows named, or all but the largest."""
    unknown = set(names) - {row.name for row in ROWS}
    if unknown:
        raise SystemExit(f"no such row: {', '.join(sorted(unknown))}")
    chosen = [row for row in ROWS if (row.name in names if names else billion or not row.large)]
    if not memory.measurable() and any(row.group == MEMORY for row in chosen):
        raise SystemExit("the rows memory_* need Linux, which tells a process its peak; name the other rows")
    if any(row.large for row in chosen) and machine.memory_bytes() < LARGE_BYTES:
        raise SystemExit(f"the rows of 1e9 samples need {LARGE_BYTES >> 30} GiB of memory; name the other rows")
    return chosen


def measured(session: Session, row: Row | MemoryRow, position: int, count: int, console: Console) -> Result:
    """The row's medians, while a clock shows that it is being worked on."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(f"{position + 1} of {count}: {row.name}", total=None)
        return session.measured(row)


def recorded(results: list[Result], folder: Path) -> Path:
    """The record's path, once the results are in it."""
    around, commit = machine.surroundings(), machine.commit()
    fresh = [{**result, "commit": commit} for result in results]
    return record.write(fresh, around, [row.name for row in ROWS], folder)


def show(results: list[Result], console: Console) -> None:
    """The table: medians a call and a sample, the ratio, and what was promised."""
    around = machine.surroundings()
    versions = ", ".join(f"{name} {version}" for name, version in around["versions"].items())
    console.print(f"{around['cpu']}, {around['threads']} threads, {around['simd']}\n{versions}")
    table = Table(box=box.SIMPLE, padding=(0, 1), pad_edge=False)
    for heading in ("row", "a sample", "against", "a sample", "ratio", "must", "aim", ""):
        left = heading in ("row", "against", "")
        table.add_column(heading, justify="left" if left else "right", no_wrap=heading != "against")
    for result in results:
        table.add_row(
            result["name"],
            words.a_sample(result),
            result.get("peer", ""),
            words.a_sample(result, "peer_"),
            words.ratio(result),
            words.limit(result, "must"),
            words.limit(result, "aim"),
            words.verdict(result),
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
