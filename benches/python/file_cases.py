"""A piece of work on Parquet files, in a process of its own: seconds, the peak of its memory and the answer, as JSON.

``files.py`` runs these; ``python file_cases.py compact FOLDER`` runs one by hand.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

import offline_data
import thresher as th

BINS = 1_000
USERS, ROWS_A_USER = 1_000_000, 20
COLUMNS = {"label": "clicked", "score": "score"}
KIBI = 1024

# Ours ---------------------------------------------------------------------------------------------------------------


def scanned(files: list[str], into: Any, **options: Any) -> Any:
    """What `th.scan` fills, without progress."""
    return th.scan(files, **{**COLUMNS, **options}, into=into, progress=False)


def thresholds(count: int) -> Callable[[list[str]], object]:
    """Makes the counting at so many thresholds."""
    return lambda files: int(scanned(files, th.ThresholdCounts(even(count))).confusion().true_positives.sum())


def even(count: int) -> np.ndarray:
    """So many even steps inside of [0, 1]."""
    return np.arange(1, count + 1) / (count + 1)


def bins(files: list[str]) -> object:
    """Counts in a thousand bins."""
    counts = scanned(files, th.ThresholdCounts(np.arange(BINS) / BINS)).confusion()
    return [int(counts.true_positives[500]), int(counts.false_positives[500])]


def compact(files: list[str]) -> object:
    """ROC AUC from CompactCounts."""
    return scanned(files, th.CompactCounts()).roc_auc()


def exact(files: list[str]) -> object:
    """Exact ROC AUC."""
    return scanned(files, th.ExactCounts()).roc_auc()


def campaigns(prototype: Callable[[], Any], metric: str) -> Callable[[list[str]], object]:
    """Makes the counting by campaign, with a figure for each."""

    def run(files: list[str]) -> object:
        grouped = scanned(files, prototype(), group="campaign")
        return float(np.nanmean(grouped.columns(metrics=[metric])[metric]))

    return run


def users(files: list[str]) -> object:
    """Exact ROC AUC of each of a million users."""
    grouped = scanned(files, th.ExactCounts(), group="user")
    return float(np.nanmean(grouped.columns(metrics=["roc_auc"])["roc_auc"]))


# What they are measured by ------------------------------------------------------------------------------------------


def reading(*columns: str) -> Callable[[list[str]], object]:
    """Makes the reading of columns, by the reader of `th.scan`, with nothing done to them."""

    def run(files: list[str]) -> object:
        from thresher._sources import batches_of_files

        return sum(batch.num_rows for batch in batches_of_files(files, columns))

    return run


def reading_as_pyarrow_does(*columns: str) -> Callable[[list[str]], object]:
    """Makes the reading of columns by a pyarrow data set with its own settings."""
    return lambda files: sum(batch.num_rows for batch in ds.dataset(files).to_batches(columns=list(columns)))


def duckdb_bins(files: list[str]) -> object:
    """Counts in a thousand bins by DuckDB."""
    counted = duckdb(
        f"select least(floor(score * {BINS})::int, {BINS - 1}) as bin, sum(clicked::int) as p, count(*) as n "
        f"from read_parquet({files!r}) group by bin"
    )
    return [
        int(sum(p for place, p, _ in counted if place >= 500)),
        int(sum(n - p for place, p, n in counted if place >= 500)),
    ]


def polars_bins(files: list[str]) -> object:
    """Counts in a thousand bins by Polars, streaming."""
    import polars as pl

    counted = (
        pl.scan_parquet(files, hive_partitioning=False)
        .group_by((pl.col("score") * BINS).cast(pl.Int32).clip(0, BINS - 1).alias("bin"))
        .agg(pl.col("clicked").sum().alias("p"), pl.len().alias("n"))
        .collect(engine="streaming")
    )
    above = counted.filter(pl.col("bin") >= 500)
    p, n = int(above["p"].sum()), int(above["n"].sum())
    return [p, n - p]


def duckdb_auc(files: list[str]) -> object:
    """Exact ROC AUC by DuckDB: groups of tied scores, and a window that sums the negatives below each."""
    ((area,),) = duckdb(
        "with tied as (select score, sum(clicked::int) as p, count(*) - sum(clicked::int) as n "
        f"from read_parquet({files!r}) group by score), "
        "below as (select p, n, sum(n) over (order by score) - n as lower from tied) "
        "select sum(p * (lower + n / 2)) / (sum(p) * sum(n)) from below"
    )
    return float(area)


def duckdb(query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    import duckdb

    return duckdb.connect().execute(query).fetchall()


def polars_users(files: list[str]) -> object:
    """Exact ROC AUC of each user by Polars."""
    import polars as pl

    label, rank = pl.col("clicked"), pl.col("score").rank("average")
    p, n = label.sum().cast(pl.Float64), (~label).sum().cast(pl.Float64)
    area = (rank.filter(label).sum() - p * (p + 1) / 2) / (p * n)
    areas = pl.scan_parquet(files).group_by("user").agg(area.alias("area")).collect()["area"]
    return float(areas.drop_nans().mean())  # type: ignore[arg-type]


CASES: dict[str, Callable[[list[str]], object]] = {
    "thresholds-19": thresholds(19),
    "thresholds-200": thresholds(200),
    "bins": bins,
    "compact": compact,
    "exact": exact,
    "campaigns-thresholds": campaigns(lambda: th.ThresholdCounts(even(19)), "recall@0.5"),
    "campaigns-compact": campaigns(th.CompactCounts, "roc_auc"),
    "users": users,
    "reading-two": reading("clicked", "score"),
    "reading-three": reading("clicked", "score", "campaign"),
    "pyarrow-two": reading_as_pyarrow_does("clicked", "score"),
    "duckdb-bins": duckdb_bins,
    "polars-bins": polars_bins,
    "duckdb-auc": duckdb_auc,
    "polars-users": polars_users,
}

# Data ---------------------------------------------------------------------------------------------------------------


def write_users(path: Path, rows: int) -> None:
    """Rows of about twenty a user."""
    if path.exists() and pq.read_metadata(path).num_rows == rows:
        return
    rng = np.random.default_rng(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema({"user": pa.int64(), "clicked": pa.bool_(), "score": pa.float32()})
    with pq.ParquetWriter(path, schema) as file:
        for start in range(0, rows, offline_data.BATCH_ROWS):
            n = min(offline_data.BATCH_ROWS, rows - start)
            score = rng.random(n, dtype=np.float32)
            user = rng.integers(0, max(rows // ROWS_A_USER, 1), n)
            file.write_batch(
                pa.record_batch([pa.array(user), pa.array(rng.random(n) < score), pa.array(score)], schema)
            )


def write_doubles(path: Path, rows: int) -> None:
    """Rows whose scores are float64, nearly all distinct."""
    if path.exists() and pq.read_metadata(path).num_rows == rows:
        return
    rng = np.random.default_rng(2)
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = pa.schema({"clicked": pa.bool_(), "score": pa.float64()})
    with pq.ParquetWriter(path, schema) as file:
        for start in range(0, rows, offline_data.BATCH_ROWS):
            score = 1 / (1 + np.exp(-1.4 * rng.standard_normal(min(offline_data.BATCH_ROWS, rows - start)) + 4.5))
            file.write_batch(pa.record_batch([pa.array(rng.random(len(score)) < score), pa.array(score)], schema))


def main() -> None:
    """Run the case that is named on the files that are named."""
    case, *files = sys.argv[1:]
    began = time.perf_counter()
    answer = CASES[case](files)
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_bytes(), "answer": answer}))


def peak_bytes() -> int:
    """The most memory this process has held; `getrusage` would count the parent that it was forked from too."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise SystemExit("the peak of a process is read from /proc/self/status, which is not here")
    return int(found.group(1)) * KIBI


if __name__ == "__main__":
    main()
