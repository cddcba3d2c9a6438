"""scors in a process of its own: one call for every line that comes in. See `areas.scors_roc_auc_one_thread`."""

import sys

import scors  # type: ignore[import-untyped]

import data

if __name__ == "__main__":
    labels, scores = data.rows(int(sys.argv[1]))
    for _ in sys.stdin:
        print(scors.roc_auc(labels, scores), flush=True)
