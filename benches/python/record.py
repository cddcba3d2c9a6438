"""A run's file: where, with what, and every median; the newest one feeds README.md and docs/benchmarks.md."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

REPOSITORY = Path(__file__).parents[2]
RECORDS = REPOSITORY / "benches" / "records"


def write(rows: list[dict[str, Any]], around: dict[str, Any], order: list[str], folder: Path = RECORDS) -> Path:
    """Write the record, merged over an earlier one of the same day and processor so that one row can be run again.

    `order` names all rows there are; what an earlier record has of others goes.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", around["cpu"].lower()).strip("-")
    path = folder / f"{around['date'][:10]}-{slug}.json"
    earlier = json.loads(path.read_text())["rows"] if path.exists() else []
    merged = {row["name"]: row for row in [*earlier, *rows]}
    kept = [merged[name] for name in order if name in merged]
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**around, "rows": kept}, indent=2, default=plain) + "\n")
    return path


def plain(value: Any) -> Any:
    """NumPy's numbers as JSON knows them."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a record")


def newest(folder: Path = RECORDS) -> dict[str, Any]:
    """The record written last."""
    records = [json.loads(path.read_text()) for path in folder.glob("*.json")]
    if not records:
        raise SystemExit("benches/records is empty; `make bench` writes a record")
    latest: dict[str, Any] = max(records, key=lambda record: str(record["date"]))
    return latest
