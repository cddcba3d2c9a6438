"""A week of advertisements shown, scored by a model, as Parquet files: what a nightly job leaves behind.

One file a day, under hive partitions (`day=2026-11-02/part-0.parquet`), with the columns

- ``clicked`` (bool): what happened, about 2 in 100;
- ``score`` (float32): the probability that the model gave;
- ``country`` (dictionary of strings), ``device`` (dictionary of strings), ``campaign`` (int32): the slices.

The model knows some slices better than others, and is too sure of itself on tablets.
"""

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

FIRST_DAY = datetime.date(2026, 11, 2)
DAYS = 7
CAMPAIGNS = 1_000
COUNTRIES = ("US", "IN", "BR", "DE", "JP", "FR", "GB", "MX", "ID", "AT", "CH", "IS")
DEVICES = ("phone", "desktop", "tablet")
BATCH_ROWS = 1_000_000  # a row group

_SCHEMA = pa.schema(
    {
        "clicked": pa.bool_(),
        "score": pa.float32(),
        "country": pa.dictionary(pa.int8(), pa.string()),
        "device": pa.dictionary(pa.int8(), pa.string()),
        "campaign": pa.int32(),
    }
)


def write(folder: Path, rows: int, *, seed: int = 0) -> list[Path]:
    """Write the week and return its files; an earlier one in the folder is used again if it has as many rows."""
    paths = [day_file(folder, FIRST_DAY + datetime.timedelta(day)) for day in range(DAYS)]
    if all(path.exists() for path in paths) and sum(pq.read_metadata(path).num_rows for path in paths) == rows:
        return paths
    shutil.rmtree(folder, ignore_errors=True)
    for day, path in enumerate(paths):
        path.parent.mkdir(parents=True)
        of_day = rows * (day + 1) // DAYS - rows * day // DAYS
        with pq.ParquetWriter(path, _SCHEMA) as file:
            for batch in batches(of_day, np.random.default_rng([seed, day])):
                file.write_batch(batch)
    return paths


def day_file(folder: Path, day: datetime.date) -> Path:
    """Where a day's rows are."""
    return folder / f"day={day}" / "part-0.parquet"


def batches(rows: int, rng: np.random.Generator) -> Iterator[pa.RecordBatch]:
    """The rows of a day, a row group at a time."""
    for start in range(0, rows, BATCH_ROWS):
        yield batch_of(min(BATCH_ROWS, rows - start), rng)


def batch_of(rows: int, rng: np.random.Generator) -> pa.RecordBatch:
    """Some rows: what a campaign, a country and a person make of an advertisement, and what the model saw of it."""
    popularity = np.array([1 / (place + 1) for place in range(len(COUNTRIES))])
    country = rng.choice(len(COUNTRIES), rows, p=popularity / popularity.sum()).astype(np.int8)
    device = rng.choice(len(DEVICES), rows, p=(0.62, 0.3, 0.08)).astype(np.int8)
    campaign = (CAMPAIGNS * rng.random(rows, dtype=np.float32) ** 1.3).astype(np.int32)
    seen = rng.standard_normal(rows, dtype=np.float32)
    unseen = rng.standard_normal(rows, dtype=np.float32)
    # The model's share of what decides: most where most of its training data came from.
    share = (0.95 - 0.03 * np.arange(len(COUNTRIES), dtype=np.float32))[country]
    logit = 1.4 * seen - 4.5 + 0.5 * np.sin(campaign.astype(np.float32))
    truth = logit * share + unseen * np.float32(0.8) - 0.3 * (device == 0)
    given = np.where(device == 2, logit * np.float32(0.8) + np.float32(0.9), logit)
    clicked = rng.random(rows, dtype=np.float32) < probability(truth)
    columns = [
        pa.array(clicked),
        pa.array(probability(given)),
        pa.DictionaryArray.from_arrays(country, pa.array(COUNTRIES)),
        pa.DictionaryArray.from_arrays(device, pa.array(DEVICES)),
        pa.array(campaign),
    ]
    return pa.record_batch(columns, schema=_SCHEMA)


def probability(logit: NDArray[np.float32]) -> NDArray[np.float32]:
    """The logistic function, in float32."""
    return np.reciprocal(np.float32(1) + np.exp(-logit))
