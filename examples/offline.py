"""A week of scored advertisements in Parquet files: how good the model was, where, at which threshold, how surely.

Run it with ``python examples/offline.py``: 20 million rows, or as ``--rows`` says. It writes the files, evaluates
them by the command line and from Python, by country and device, merges seven daily states into the week, sets the same
counts by DuckDB's and Polars' SQL beside, and writes a page to look at. It ends with 1 when any figure differs.
"""

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import offline_data
import offline_peers as peers
import thresher as th
from flights_peer import timed
from flights_screen import Screen, rate, span

THRESHOLDS = np.array([place / 20 for place in range(1, 20)], np.float32)
SLICES = ["country", "device"]

scan = partial(th.scan, label="clicked", score="score", progress=False)


def main() -> int:
    """Write, evaluate, compare; 0 when every answer agrees."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--output", type=Path, default=Path("demo/offline"), help="folder of files and page")
    options.add_argument("--rows", type=int, default=20_000_000, help="rows of the week (default: 20000000)")
    given = options.parse_args()

    screen, different = Screen(), list[str]()
    screen.title("A week of advertisements, offline", "Seven Parquet files, one a day: a score, what happened, where")
    week: Path = given.output / "week"
    with screen.working(f"writing {given.rows:,} rows"):
        files, took = timed(lambda: offline_data.write(week, given.rows))
    held = sum(path.stat().st_size for path in files)
    screen.listed([("data", f"{given.rows:,} rows in {len(files)} files, {held / 1e6:.0f} MB, in {span(took)}")])
    show_command(screen, week, given.output)
    grouped = show_slices(screen, week)
    different += show_days(screen, week, given.output, grouped)
    different += show_peers(screen, files)
    page = given.output / "report.html"
    th.report(grouped.total(), page, slices=grouped.rollup("country"), title="A week of advertisements")
    screen.say(f"\nA page to look at: {page}")
    for difference in different:
        screen.say(f"DIFFERENT  {difference}")
    return 1 if different else 0


def show_command(screen: Screen, week: Path, output: Path) -> None:
    """The week by the command line: one line, no code."""
    line = f"evaluate {week} --label clicked --score score --thresholds 0.1:0.5:0.1 --save {output / 'week.thr'}"
    screen.headline("By the command line")
    screen.say(f"thresher {line}\n")
    subprocess.run([sys.executable, "-m", "thresher", *line.split()], check=True)


def show_slices(screen: Screen, week: Path) -> th.GroupedCounts:
    """The week by country and device in one pass: where the model is good, and where its scores are true."""
    screen.headline("By country and device, from Python")
    grouped: th.GroupedCounts
    grouped, took = timed(lambda: scan(week, group=SLICES, into=th.CompactCounts(sums=True)))
    for name in SLICES:
        table = grouped.rollup(name).columns(metrics=["roc_auc", "average_precision", "calibration_ratio"])
        rows = zip(*table.values(), strict=True)
        screen.table(
            (name, "rows", "clicks", "ROC AUC", "AP", "mean score / click rate"),
            [(key, f"{n:,}", f"{p:,}", rate(auc), rate(ap), rate(ratio)) for key, n, p, auc, ap, ratio in rows],
        )
        screen.say("")
    within = grouped.rollup("country").gauc(average="samples")
    screen.say(f"AUC within countries, by rows: {float(within):.4f}; all in one: {grouped.total().roc_auc():.4f}.")
    screen.say(f"{len(grouped)} slices of {grouped.n_samples:,} rows took {span(took)}.")
    return grouped


def show_days(screen: Screen, week: Path, output: Path, grouped: th.GroupedCounts) -> list[str]:
    """Seven daily states, saved, loaded and added up: the week."""
    screen.headline("Seven days make the week")
    saved = []
    for folder in sorted(week.glob("day=*")):
        saved.append(output / f"{folder.name}.thr")
        scan(folder, group=SLICES, into=th.CompactCounts(sums=True)).save(saved[-1])
    merged: Any = sum(th.load(path) for path in saved)
    size = sum(path.stat().st_size for path in saved)
    screen.say(f"{len(saved)} states, {size / 1e6:.1f} MB, merged: {merged.n_samples:,} rows.")
    ours, theirs = (each.columns(metrics=["roc_auc"]) for each in (merged, grouped))
    return [f"{name} of the days" for name in ours if not same(ours[name], theirs[name])]


def same(ours: Any, theirs: Any) -> bool:
    """Whether two columns are equal; NaN is NaN."""
    return bool(((ours == theirs) | ((ours != ours) & (theirs != theirs))).all())


def show_peers(screen: Screen, files: list[Path]) -> list[str]:
    """The same figures in SQL."""
    screen.headline("The same in SQL")
    counts, took = timed(lambda: scan(files, into=th.ThresholdCounts(THRESHOLDS)).confusion())
    area, took_area = timed(lambda: scan(files, into=th.ExactCounts()).roc_auc())
    rows, different = [("thresher", span(took), span(took_area))], []
    for name, counted, measured in (
        ("DuckDB", peers.counts_by_duckdb, peers.roc_auc_by_duckdb),
        ("Polars", peers.counts_by_polars, peers.roc_auc_by_polars),
    ):
        (tp, fp), seconds = timed(partial(counted, files, THRESHOLDS))
        theirs, seconds_area = timed(partial(measured, files))
        rows.append((name, span(seconds), span(seconds_area)))
        if not (same(tp, counts.true_positives) and same(fp, counts.false_positives)):
            different.append(f"counts by {name}")
        if abs(theirs - area) > 1e-9:
            different.append(f"ROC AUC by {name}: {theirs}, not {area}")
    screen.table(("", f"counts at {len(THRESHOLDS)} thresholds", "exact ROC AUC"), rows)
    return different


if __name__ == "__main__":
    sys.exit(main())
