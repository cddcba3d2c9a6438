"""The golden cases, with exact answers, that the core reads too."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import thresher as th

CASES = json.loads((Path(__file__).parents[1] / "golden" / "cases.json").read_text())
COUNTS = {"tp": "true_positives", "fp": "false_positives", "fn": "false_negatives", "tn": "true_negatives"}


def floats(values, dtype):
    """Read bit patterns."""
    kind = np.dtype(dtype)
    return np.array([int(value["bits"], 16) for value in values], f"u{kind.itemsize}").view(kind)


def number(text):
    return float("nan") if text == "nan" else float(Fraction(text))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden_cases_come_out_as_the_fractions_say(case):
    labels, scores = np.array(case["labels"]), floats(case["scores"], case["dtype"])
    weights = None if case["weights"] is None else floats(case["weights"], "float64")
    cuts, expected = floats(case["thresholds"], "float64"), case["expected"]
    fixed = th.ThresholdCounts(cuts, comparison=case["comparison"])
    fixed.update(labels, scores, weights=weights)
    exact = th.ExactCounts()
    exact.update(labels, scores, weights=weights)
    at_once = th.confusion_at(labels, scores, cuts, weights=weights, comparison=case["comparison"])
    for short, name in COUNTS.items():
        wanted = [number(text) for text in expected[short]]
        for counts in fixed.confusion(), at_once:
            np.testing.assert_allclose(getattr(counts, name), wanted, rtol=1e-15 if weights is not None else 0)
    assert (fixed.n_positives, fixed.n_negatives) == (expected["n_positives"], expected["n_negatives"])
    tolerance = 0 if weights is None else 1e-14
    for area in th.roc_auc(labels, scores, weights=weights), exact.roc_auc():
        np.testing.assert_allclose(area, number(expected["roc_auc"]), rtol=tolerance)
    for area in th.average_precision(labels, scores, weights=weights), exact.average_precision():
        np.testing.assert_allclose(area, number(expected["average_precision"]), rtol=1e-14)
