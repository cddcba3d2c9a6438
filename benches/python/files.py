"""Evaluate 1e8 rows of Parquet beside DuckDB, Polars and the reading alone, and record it: ``make bench-files``.

Every piece of work runs in a process of its own, which tells its seconds and its peak memory; what is compared runs in
turn, and medians count.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

import file_cases as cases
import machine
import offline_data
import record

RECORDS = record.RECORDS / "files"
FOLDER = record.REPOSITORY / "target" / "offline"
ROWS = 100_000_000
MEGA = 1e6
SLOW = {"duckdb-auc"}  # once: it takes minutes

# our work, what it is measured by, which figure (ours / theirs, or theirs / ours), must, aim
COMPARED = (
    ("thresholds-19", "reading-two", "at most", 1.15, 1.03),
    ("thresholds-200", "reading-two", "at most", 1.15, 1.03),
    ("bins", "duckdb-bins", "times faster", 3.0, 5.0),
    ("bins", "polars-bins", "times faster", 1.0, 1.3),
    ("exact", "reading-two", "at most", 1.5, 1.1),
    ("thresholds-19", "pyarrow-two", "at most", 1.15, 1.03),
    ("compact", "pyarrow-two", "at most", 1.15, 1.03),
    ("exact", "pyarrow-two", "at most", 1.5, 1.1),
    ("exact", "duckdb-auc", "times faster", 12.0, 20.0),
    ("compact", "reading-two", "at most", 1.15, 1.03),
    ("campaigns-thresholds", "reading-three", "at most", 1.5, 1.15),
    ("campaigns-compact", "reading-three", "at most", 1.5, 1.15),
    ("users", "polars-users", "times faster", 3.0, 10.0),
)
# our work, data, megabytes that must do, megabytes aimed at
MEMORY = (
    ("thresholds-19", "week", 400, 250),
    ("compact", "week", 400, 250),
    ("exact", "week", 900, 500),
    ("exact", "doubles", 2_000, 1_200),
    ("users", "users", 1_073, 400),
)


def main() -> int:
    """Measure, print and record; 1 when a row misses what it must reach."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shrink", type=int, default=1, metavar="N", help="divide rows by N, record nothing")
    parser.add_argument("--billion", action="store_true", help="read the week ten times over too (minutes)")
    given = parser.parse_args()
    files = data(ROWS // given.shrink)
    runs = measured(files, given.repeats)
    rows = [*compared(runs), *memory(runs), *starts(given.repeats)]
    if given.billion:
        rows += repeated(files["week"], runs)
    show(rows)
    if given.shrink == 1:
        around = {**machine.surroundings(), "commit": machine.commit(), "rows": ROWS}
        print(f"recorded in {record.write(rows, around, [row['name'] for row in rows], RECORDS)}")
    return 1 if any(not row["holds"] for row in rows) else 0


def data(rows: int) -> dict[str, list[str]]:
    """The files by name, written where they are not there yet."""
    week = offline_data.write(FOLDER / f"week-{rows}", rows)
    users, doubles = FOLDER / f"users-{rows // 5}.parquet", FOLDER / f"doubles-{rows}.parquet"
    cases.write_users(users, rows // 5)
    cases.write_doubles(doubles, rows)
    return {"week": [str(path) for path in week], "users": [str(users)], "doubles": [str(doubles)]}


def measured(files: dict[str, list[str]], repeats: int) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """What each process told, by work and data; whatever is compared has run in turn."""
    work = {(case, "users" if "users" in case else "week"): None for pair in COMPARED for case in pair[:2]}
    work |= {(case, name): None for case, name, _, _ in MEMORY}
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {each: [] for each in work}
    for turn in range(repeats):
        for (case, name), told in runs.items():
            if turn == 0 or case not in SLOW:
                told.append(process(case, files[name]))
    for ours, theirs, *_ in COMPARED:
        if not theirs.startswith(("reading", "pyarrow")):
            name = "users" if ours == "users" else "week"
            agree(ours, runs[ours, name][0]["answer"], theirs, runs[theirs, name][0]["answer"])
    return runs


def process(case: str, files: list[str]) -> dict[str, Any]:
    """Run a case in a process of its own."""
    command = [sys.executable, str(Path(cases.__file__)), case, *files]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def agree(ours: str, answer: Any, theirs: str, other: Any) -> None:
    """Refuse a comparison of different answers."""
    pairs = zip(answer, other, strict=True) if isinstance(answer, list) else [(answer, other)]
    if any(abs(a - b) > 1e-9 * abs(b) for a, b in pairs):
        raise SystemExit(f"{ours} answers {answer}, but {theirs} {other}")


def seconds(told: list[dict[str, Any]]) -> float:
    """The median."""
    return float(statistics.median(run["seconds"] for run in told))


def compared(runs: dict[tuple[str, str], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Rows of times beside what they are measured by."""
    for ours, theirs, kind, must, aim in COMPARED:
        name = "users" if ours == "users" else "week"
        a, b = seconds(runs[ours, name]), seconds(runs[theirs, name])
        row = {"name": f"{ours} beside {theirs}", "ours": f"{a:.3g} s", "theirs": f"{b:.3g} s"}
        if kind == "at most":
            yield {**row, "figure": a / b, "must": f"≤ {must}×", "aim": f"≤ {aim}×", "holds": a / b <= must}
        else:
            yield {**row, "figure": b / a, "must": f"≥ {must}×", "aim": f"≥ {aim}×", "holds": b / a >= must}


def memory(runs: dict[tuple[str, str], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Rows of the processes' peaks."""
    for case, name, must, aim in MEMORY:
        peak = max(run["peak_bytes"] for run in runs[case, name]) / MEGA
        row = {"name": f"peak memory: {case} of {name}", "ours": f"{peak:.0f} MB", "theirs": ""}
        yield {**row, "figure": peak, "must": f"≤ {must} MB", "aim": f"≤ {aim} MB", "holds": peak <= must}


def repeated(files: list[str], runs: dict[tuple[str, str], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Rows of the same files read ten times over."""
    for case in ("thresholds-19", "compact"):
        once, more = runs[case, "week"], process(case, files * 10)
        time_a_row = more["seconds"] / 10 / seconds(once)
        peak = more["peak_bytes"] / max(run["peak_bytes"] for run in once)
        for what, figure in (("time a row", time_a_row), ("peak memory", peak)):
            row = {"name": f"{case}, ten times the rows: {what}", "ours": f"{more['seconds']:.3g} s", "theirs": ""}
            yield {**row, "figure": figure, "must": "≤ 1.1×", "aim": "1×", "holds": figure <= 1.1}


def starts(repeats: int) -> Iterator[dict[str, Any]]:
    """Rows of the command's start, as whole processes, from bytecode as an installed package has it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.parquet"
        pq.write_table(pa.table({"y": [0, 1] * 500, "p": [place / 1_000 for place in range(1_000)]}), small)
        commands = {
            "thresher --help": (["--help"], 0.3),
            "thresher evaluate of 1,000 rows": (["evaluate", str(small), "--label", "y", "--score", "p"], 1.0),
        }
        for name, (arguments, must) in commands.items():
            times = []
            for _ in range(repeats + 1):
                began = time.perf_counter()
                command = [sys.executable, "-m", "thresher", *arguments]
                quiet = subprocess.DEVNULL
                subprocess.run(command, check=True, stdout=quiet, stderr=quiet, env=environment)
                times.append(time.perf_counter() - began)
            took = statistics.median(times[1:])
            row = {"name": name, "ours": f"{took:.3g} s", "theirs": "", "figure": took}
            yield {**row, "must": f"≤ {must} s", "aim": "", "holds": took <= must}


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows as a table."""
    table = Table("work", "thresher", "beside", "figure", "must", "aim", "")
    for row in rows:
        sign = "yes" if row["holds"] else "MISSED"
        table.add_row(row["name"], row["ours"], row["theirs"], f"{row['figure']:.3g}", row["must"], row["aim"], sign)
    Console(width=None if sys.stdout.isatty() else 140).print(table)


if __name__ == "__main__":
    sys.exit(main())
