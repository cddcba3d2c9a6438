"""The same questions in SQL: counts at thresholds and the exact ROC AUC, by DuckDB and by Polars."""

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

Counts = tuple[NDArray[np.int64], NDArray[np.int64]]


def counts_by_duckdb(files: list[Path], thresholds: NDArray[np.float32]) -> Counts:
    """True and false positives at float32 thresholds, from low to high: rows by the number of thresholds they reach."""
    reached = " + ".join(f"(score >= {float(each)!r}::float)::int" for each in thresholds)
    rows = duckdb.connect().execute(
        f"select {reached} as reached, sum(clicked::int), count(*) from read_parquet({names(files)!r}) group by reached"
    )
    return from_groups(rows.fetchall(), len(thresholds))


def counts_by_polars(files: list[Path], thresholds: NDArray[np.float32]) -> Counts:
    """The same by Polars, streaming."""
    reached = pl.sum_horizontal(pl.col("score") >= pl.lit(float(each), pl.Float32) for each in thresholds)
    rows = (
        pl.scan_parquet(names(files), hive_partitioning=False)
        .group_by(reached.alias("reached"))
        .agg(pl.col("clicked").sum().alias("p"), pl.len().alias("n"))
        .collect(engine="streaming")
    )
    return from_groups(rows.rows(), len(thresholds))


def roc_auc_by_duckdb(files: list[Path]) -> float:
    """The exact area: tied scores together, and a window that sums the negatives below each."""
    area = duckdb.connect().execute(
        "with tied as (select score, sum(clicked::int) as p, count(*) - sum(clicked::int) as n "
        f"from read_parquet({names(files)!r}) group by score), "
        "below as (select p, n, sum(n) over (order by score) - n as lower from tied) "
        "select sum(p * (lower + n / 2)) / (sum(p) * sum(n)) from below"
    )
    ((value,),) = area.fetchall()
    return float(value)


def roc_auc_by_polars(files: list[Path]) -> float:
    """The same by Polars."""
    n, p = pl.col("n"), pl.col("p")
    tied = (
        pl.scan_parquet(names(files), hive_partitioning=False)
        .group_by("score")
        .agg(pl.col("clicked").sum().cast(pl.Float64).alias("p"), pl.len().cast(pl.Float64).alias("all"))
        .with_columns((pl.col("all") - p).alias("n"))
        .sort("score")
    )
    area = tied.select((p * (n.cum_sum() - n / 2)).sum() / (p.sum() * n.sum())).collect(engine="streaming")
    return float(area.item())


def from_groups(rows: list[tuple[int, int, int]], thresholds: int) -> Counts:
    """Counts at each threshold from rows of (thresholds reached, positives, rows)."""
    positives, negatives = np.zeros((2, thresholds + 1), np.int64)
    for reached, p, n in rows:
        positives[reached], negatives[reached] = p, n - p
    true_positives, false_positives = (column[::-1].cumsum()[::-1][1:] for column in (positives, negatives))
    return true_positives, false_positives


def names(files: list[Path]) -> list[str]:
    """The files as their SQL takes them."""
    return [str(path) for path in files]
