"""What a call takes beyond its input: the peak of a fresh process above what it held before the call."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

import thresher as th

WARMING_ROWS = 20_000
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
RESET_PEAK = "5"  # proc(5)

# glibc otherwise learns to keep what was freed, and a later call would find its memory already there.
FIXED_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_TRIM_THRESHOLD_": "131072"}


def measurable() -> bool:
    """Whether this system tells a process its peak, and lets it begin anew."""
    return CLEAR.exists()


def extra(subject: str, n: int) -> int:
    """Bytes that the call of a subject on n rows adds at its peak."""
    command = [sys.executable, __file__, subject, str(n)]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **FIXED_MALLOC}, check=False)
    if run.returncode:
        raise RuntimeError(f"the memory of {subject} was not measured:\n{run.stderr}")
    return int(run.stdout)


def roc_auc(dtype: type[np.floating]) -> Callable[[int], Callable[[], object]]:
    """Makes the call on random scores of a dtype."""

    def prepare(n: int) -> Callable[[], object]:
        labels, scores = rows(n, dtype)
        return lambda: th.roc_auc(labels, scores, n_threads=2)

    return prepare


def update(count: int) -> Callable[[int], Callable[[], object]]:
    """Makes the update of an accumulator that has counted before: its own tables are no part of a call."""

    def prepare(n: int) -> Callable[[], object]:
        labels, scores = rows(n, np.float32)
        counts = th.ThresholdCounts(np.linspace(0, 1, count))
        counts.update(*rows(WARMING_ROWS, np.float32), n_threads=2)
        return lambda: counts.update(labels, scores, n_threads=2)

    return prepare


def rows(n: int, dtype: type[np.floating]) -> tuple[np.ndarray, np.ndarray]:
    """Labels and scores, made in place so that nothing is freed before the call."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, n, np.uint8) == 0
    scores = random.random(n, np.float64 if dtype is np.float64 else np.float32)
    return labels, scores


SUBJECTS = {
    "roc_auc_float32": roc_auc(np.float32),
    "roc_auc_float64": roc_auc(np.float64),
    "update_1000": update(1_000),
    "update_100000": update(100_000),
}


def kibibytes(field: str) -> int:
    """A figure of the process's status."""
    found = re.search(rf"^{field}:\s+(\d+) kB$", STATUS.read_text(), re.MULTILINE)
    if not found:
        raise RuntimeError(f"{STATUS} says nothing of {field}")
    return int(found.group(1))


def main() -> int:
    """Warm up with a few rows, then measure once and print the bytes."""
    prepare = SUBJECTS[sys.argv[1]]
    prepare(WARMING_ROWS)()
    print(peak_above_now(prepare(int(sys.argv[2]))))
    return 0


def peak_above_now(call: Callable[[], object]) -> int:
    """Bytes of resident memory that the call adds at its peak."""
    CLEAR.write_text(RESET_PEAK)
    before = kibibytes("VmRSS")
    call()
    return 1024 * (kibibytes("VmHWM") - before)


if __name__ == "__main__":
    sys.exit(main())
