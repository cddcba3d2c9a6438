"""A run's file: where, with what, and every median; the newest one feeds README.md."""

import datetime
import importlib.metadata
import json
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from thresher import _core

REPOSITORY = Path(__file__).parents[2]
RECORDS = REPOSITORY / "benches" / "records"
PACKAGES = ("thresher", "numpy", "scikit-learn")


def surroundings() -> dict[str, Any]:
    """The machine and the versions that a reader needs to judge the figures."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": cpu(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": _core.default_threads(),
        "simd": _core.simd_level(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def cpu() -> str:
    """The processor's name."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found.group(1).strip() if found else platform.machine()


def commit() -> str:
    """The commit measured; marked when files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def write(rows: list[dict[str, Any]]) -> Path:
    """Write the record, merged over an earlier one of the same day and processor so that one row can be run again."""
    around = surroundings()
    slug = re.sub(r"[^a-z0-9]+", "-", around["cpu"].lower()).strip("-")
    path = RECORDS / f"{around['date'][:10]}-{slug}.json"
    earlier = json.loads(path.read_text())["rows"] if path.exists() else []
    names = {row["name"] for row in rows}
    kept = [row for row in earlier if row["name"] not in names]
    RECORDS.mkdir(parents=True, exist_ok=True)
    measured_at = commit()
    fresh = [{**row, "commit": measured_at} for row in rows]
    path.write_text(json.dumps({**around, "rows": kept + fresh}, indent=2, default=plain) + "\n")
    return path


def plain(value: Any) -> Any:
    """NumPy's numbers as JSON knows them."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a record")


def newest() -> dict[str, Any]:
    """The record written last."""
    records = [json.loads(path.read_text()) for path in RECORDS.glob("*.json")]
    if not records:
        raise SystemExit("benches/records is empty; `make bench` writes a record")
    latest: dict[str, Any] = max(records, key=lambda record: str(record["date"]))
    return latest
