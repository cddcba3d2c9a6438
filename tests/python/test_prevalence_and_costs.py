"""Counts at another share of positives, and what decisions cost, are those of rational arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th

CELLS = st.tuples(*[st.integers(0, 40) | st.integers(0, 10**6)] * 4)
COST = st.integers(-1000, 1000)


def at(cells):
    return th.ConfusionCounts(0.5, *cells)


@given(cells=CELLS, prevalence=st.floats(0.001, 0.999))
def test_another_share_of_positives_keeps_the_rates_of_each_class(cells, prevalence):
    tp, fp, fn_, tn = cells
    counts = at(cells).at_prevalence(prevalence)
    if tp + fn_ == 0 or fp + tn == 0:
        assert math.isnan(counts.prevalence)
        return
    recall, fall_out = Fraction(tp, tp + fn_), Fraction(fp, fp + tn)
    share = Fraction(prevalence)
    assert counts.prevalence == pytest.approx(prevalence)
    assert (counts.recall, counts.false_positive_rate) == pytest.approx((float(recall), float(fall_out)))
    assert sum(getattr(counts, name) for name in NAMES) == pytest.approx(sum(cells))
    flagged = share * recall + (1 - share) * fall_out
    expected = float(share * recall / flagged) if flagged else math.nan
    assert counts.precision == pytest.approx(expected, nan_ok=True)


NAMES = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def test_a_class_without_rows_has_no_share_to_take():
    only = at((3, 0, 1, 0))
    assert math.isnan(only.at_prevalence(0.5).true_negatives)
    assert only.at_prevalence(1).recall == 0.75
    assert only.at_prevalence(1).true_negatives == 0
    assert at((3, 2, 1, 4)).at_prevalence(0).false_negatives == 0


def test_the_own_prevalence_changes_nothing():
    counts = th.confusion_at([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6], [0.5, 0.3])
    cells = [1.0, 2.0], [1.0, 1.0], [1.0, 0.0], [1.0, 1.0]
    assert counts.at_prevalence(0.5) == th.ConfusionCounts([0.5, 0.3], *cells, rescaled=True)


@pytest.mark.parametrize("prevalence", [-0.1, 1.5, math.nan])
def test_a_share_lies_between_0_and_1(prevalence):
    with pytest.raises(th.Error, match=r"`prevalence` must be in \[0, 1\]"):
        at((1, 1, 1, 1)).at_prevalence(prevalence)


def test_scaled_counts_have_no_intervals():
    rare = th.confusion_at([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6], [0.5, 0.3]).at_prevalence(0.1)
    for counts in (rare, rare[0], rare[1:]):
        for meaning in (None, "frequency", "sampling"):
            with pytest.raises(th.Error, match="scaled to another prevalence"):
                counts.interval("recall", weight_meaning=meaning)


@given(cells=CELLS, costs=st.tuples(*[COST] * 4))
def test_integer_costs_of_rows_are_correctly_rounded(cells, costs):
    names = ("true_positive", "false_positive", "false_negative", "true_negative")
    found = at(cells).expected_cost(dict(zip(names, costs, strict=True)))
    if sum(cells) == 0:
        assert math.isnan(found)
    else:
        assert found == float(Fraction(sum(a * b for a, b in zip(cells, costs, strict=True)), sum(cells)))


def test_costs_of_many_thresholds_and_of_weights():
    costs = {"false_positive": 0.5, "false_negative": 2.5}
    counts = th.confusion_at([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6], [0.5, 0.3])
    assert counts.expected_cost(costs).tolist() == [0.75, 0.125]
    assert at((1.5, 0.5, 1.0, 1.0)).expected_cost(costs) == 0.6875
    assert np.isnan(at((0.0, 0.0, 0.0, 0.0)).expected_cost(costs))


def test_costs_are_named_and_finite():
    with pytest.raises(th.Error, match="`costs` must be 'true_positive' or"):
        at((1, 1, 1, 1)).expected_cost({"false_alarm": 1})
    with pytest.raises(th.Error, match="`costs` must be finite"):
        at((1, 1, 1, 1)).expected_cost({"false_positive": math.inf})
