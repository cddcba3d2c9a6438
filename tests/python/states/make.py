"""Write one file of every accumulator as this version writes it; the files of earlier versions stay.

Run ``python tests/python/states/make.py`` once per state format; the tests load every file that was ever made.
"""

from pathlib import Path

import numpy as np

import thresher as th

LABELS = np.array([0, 1, 1, 0, 1])
SCORES = np.array([0.25, 0.75, 0.3, 0.5, np.nan], np.float32)


def main() -> None:
    """Fill, save, and note the area that must be read back."""
    made = {"thresholds": th.ThresholdCounts([0.7, 0.3, 0.5]), "compact": th.CompactCounts(), "exact": th.ExactCounts()}
    for kind, counts in made.items():
        counts.update(LABELS, SCORES, nan="drop")
        counts.update(LABELS[:4], SCORES[:4], weights=[2.0, 1.5, 2.0, 0.5])
        path = Path(__file__).with_name(f"{th.__version__}-{kind}.thr")
        counts.save(path, metadata={"roc_auc": counts.roc_auc(tolerance=1)})


if __name__ == "__main__":
    main()
