"""Intervals of rates are those of the closed forms, hold at the edges, and are refused where nothing is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

import thresher as th
from thresher._rates import RATES

# Hits and misses of every rate that is a proportion.
PROPORTIONS = {
    "recall": lambda tp, fp, fn_, tn: (tp, fn_),
    "true_positive_rate": lambda tp, fp, fn_, tn: (tp, fn_),
    "false_positive_rate": lambda tp, fp, fn_, tn: (fp, tn),
    "false_negative_rate": lambda tp, fp, fn_, tn: (fn_, tp),
    "specificity": lambda tp, fp, fn_, tn: (tn, fp),
    "precision": lambda tp, fp, fn_, tn: (tp, fp),
    "negative_predictive_value": lambda tp, fp, fn_, tn: (tn, fn_),
    "false_discovery_rate": lambda tp, fp, fn_, tn: (fp, tp),
    "accuracy": lambda tp, fp, fn_, tn: (tp + tn, fp + fn_),
    "error_rate": lambda tp, fp, fn_, tn: (fp + fn_, tp + tn),
    "prevalence": lambda tp, fp, fn_, tn: (tp + fn_, fp + tn),
    "predicted_positive_rate": lambda tp, fp, fn_, tn: (tp + fp, fn_ + tn),
    "jaccard": lambda tp, fp, fn_, tn: (tp, fp + fn_),
}
CELLS = st.tuples(*[st.integers(0, 40) | st.integers(0, 10**6)] * 4)
LEVELS = st.sampled_from([0.8, 0.95, 0.99])


def at(cells):
    return th.ConfusionCounts(0.5, *cells)


def wilson(hits, misses, level):
    interval = binomtest(hits, hits + misses).proportion_ci(level, method="wilson")
    return interval.low, interval.high


def ends(estimate):
    return estimate.lower, estimate.upper


@given(cells=CELLS, level=LEVELS, name=st.sampled_from(sorted(PROPORTIONS)))
def test_a_proportion_has_wilson_s_interval(cells, level, name):
    hits, misses = PROPORTIONS[name](*cells)
    estimate = at(cells).interval(name, level)
    if hits + misses == 0:
        assert all(map(math.isnan, (estimate.value, *ends(estimate))))
        return
    assert ends(estimate) == pytest.approx(wilson(hits, misses, level), rel=1e-9, abs=1e-12)
    assert estimate.value == at(cells).rate(name)
    assert (estimate.method, estimate.level) == ("wilson", level)


@given(cells=CELLS, level=LEVELS)
def test_f1_has_the_image_of_jaccard_s_interval(cells, level):
    f1, jaccard = at(cells).interval("f1", level), at(cells).interval("jaccard", level)
    expected = [2 * end / (1 + end) for end in ends(jaccard)]
    assert ends(f1) == pytest.approx(expected, nan_ok=True)
    assert ends(at(cells).interval("f_score", level)) == pytest.approx(ends(f1), rel=0, abs=0, nan_ok=True)


@given(cells=st.tuples(*[st.integers(1, 500)] * 4), level=LEVELS)
def test_differences_square_and_add_the_distances_to_wilson_s_limits(cells, level):
    tp, fp, fn_, tn = cells
    for name, (first, second), scale in [
        ("youden_j", ((tp, fn_), (fp, tn)), 1),
        ("balanced_accuracy", ((tp, fn_), (fp, tn)), 2),
        ("markedness", ((tp, fp), (fn_, tn)), 1),
    ]:
        p, q = first[0] / sum(first), second[0] / sum(second)
        (low_p, high_p), (low_q, high_q) = wilson(*first, level), wilson(*second, level)
        lower = p - q - math.hypot(p - low_p, high_q - q)
        upper = p - q + math.hypot(high_p - p, q - low_q)
        expected = [(max(lower, -1) + scale - 1) / scale, (min(upper, 1) + scale - 1) / scale]
        assert ends(at(cells).interval(name, level)) == pytest.approx(expected, abs=1e-12)


@given(cells=st.tuples(*[st.integers(1, 500)] * 4), level=LEVELS)
def test_ends_of_a_likelihood_ratio_solve_the_equation_of_the_ratio(cells, level):
    tp, fp, fn_, tn = cells
    for name, first, second in [
        ("positive_likelihood_ratio", (tp, fn_), (fp, tn)),
        ("negative_likelihood_ratio", (fn_, tp), (tn, fp)),
    ]:
        p, q = first[0] / sum(first), second[0] / sum(second)
        (low_p, high_p), (low_q, high_q) = wilson(*first, level), wilson(*second, level)
        lower, upper = ends(at(cells).interval(name, level))
        # p - r q is 0 at the edge of its own interval, the limits squared and added.
        assert (p - lower * q) ** 2 == pytest.approx((p - low_p) ** 2 + (lower * (high_q - q)) ** 2, rel=1e-6)
        assert (p - upper * q) ** 2 == pytest.approx((high_p - p) ** 2 + (upper * (q - low_q)) ** 2, rel=1e-6)
        assert lower < p / q < upper


@given(cells=st.tuples(*[st.integers(1, 500)] * 4), level=LEVELS)
def test_the_delta_method_agrees_with_published_variances(cells, level):
    tp, fp, fn_, tn = (cell / sum(cells) for cell in cells)
    n, z = sum(cells), norm.ppf((1 + level) / 2)
    p, q, a, b = tp + fn_, fp + tn, tp + fp, fn_ + tn

    phi = at(cells).matthews_correlation  # Bishop, Fienberg and Holland, Discrete Multivariate Analysis, 11.3
    root = math.sqrt(p * q * a * b)
    variance = 1 - phi**2 + phi * (1 + phi**2 / 2) * (p - q) * (a - b) / root
    variance -= 0.75 * phi**2 * ((p - q) ** 2 / (p * q) + (a - b) ** 2 / (a * b))
    reach = z * math.sqrt(variance / n) / (1 - phi**2)
    expected = math.tanh(math.atanh(phi) - reach), math.tanh(math.atanh(phi) + reach)
    assert ends(at(cells).interval("matthews_correlation", level)) == pytest.approx(expected, abs=1e-7)

    kappa = at(cells).cohen_kappa  # Fleiss, Cohen and Everitt
    chance = a * p + b * q
    agree = tp * (1 - (a + p) * (1 - kappa)) ** 2 + tn * (1 - (b + q) * (1 - kappa)) ** 2
    differ = (1 - kappa) ** 2 * (fp * (p + b) ** 2 + fn_ * (q + a) ** 2)
    variance = (agree + differ - (kappa - chance * (1 - kappa)) ** 2) / (1 - chance) ** 2
    reach = z * math.sqrt(variance / n) / (1 - kappa**2)
    expected = math.tanh(math.atanh(kappa) - reach), math.tanh(math.atanh(kappa) + reach)
    assert ends(at(cells).interval("cohen_kappa", level)) == pytest.approx(expected, abs=1e-7)

    odds, errors = 5 * cells[0], 4 * cells[2] + cells[1]
    log_odds, reach = math.log(odds / errors), z * math.sqrt(1 / cells[0] + (16 * cells[2] + cells[1]) / errors**2)
    expected = [1 / (1 + math.exp(-log_odds - sign * reach)) for sign in (-1, 1)]
    assert ends(at(cells).interval("f_score", level, beta=2.0)) == pytest.approx(expected, abs=1e-9)


@given(cells=CELLS, level=LEVELS, name=st.sampled_from(RATES))
def test_every_interval_holds_its_rate_inside_its_range(cells, level, name):
    estimate = at(cells).interval(name, level)
    lowest = -1 if name in ("matthews_correlation", "cohen_kappa", "youden_j", "markedness") else 0
    highest = math.inf if name in ("lift", "positive_likelihood_ratio", "negative_likelihood_ratio") else 1
    if math.isnan(estimate.value):
        assert all(map(math.isnan, ends(estimate)))
    else:
        assert lowest <= estimate.lower <= estimate.value <= estimate.upper <= highest
        assert estimate.lower < estimate.upper


@pytest.mark.parametrize("name", ["recall", "youden_j", "matthews_correlation", "cohen_kappa", "f1", "markedness"])
def test_perfect_separation_is_not_certain(name):
    estimate = at((30, 0, 0, 30)).interval(name)
    assert estimate.upper == 1
    assert 0.7 < estimate.lower < 0.95


def test_frequency_weights_are_rows():
    rows, weights = at((7, 2, 3, 9)), at((7.0, 2.0, 3.0, 9.0))
    for name in RATES:
        repeated = weights.interval(name, weight_meaning="frequency")
        assert ends(repeated) == pytest.approx(ends(rows.interval(name)), nan_ok=True)


def test_weights_without_a_usable_meaning_are_refused():
    weights = at((7.0, 2.0, 3.0, 9.0))
    with pytest.raises(th.Error, match='pass `weight_meaning="frequency"`'):
        weights.interval("recall")
    with pytest.raises(th.Error, match="sums of squared weights"):
        weights.interval("recall", weight_meaning="sampling")
    with pytest.raises(th.Error, match="`weight_meaning` must be"):
        weights.interval("recall", weight_meaning="importance")


def test_names_and_levels_are_checked():
    with pytest.raises(th.Error, match="`name` must be"):
        at((1, 1, 1, 1)).interval("sensitivity")
    with pytest.raises(th.Error, match="`level` must be in"):
        at((1, 1, 1, 1)).interval("recall", 95)
    with pytest.raises(th.Error, match="`beta` must be"):
        at((1, 1, 1, 1)).interval("f_score", beta=-1)


def test_intervals_at_many_thresholds_are_a_table(rows):
    counts = th.confusion_at(*rows, np.linspace(0, 1, 30))
    for name in RATES:
        intervals = counts.interval(name, 0.9)
        assert len(intervals) == 30
        one = counts[7].interval(name, 0.9)
        assert (intervals.value[7], intervals.lower[7], intervals.upper[7]) == (one.value, *ends(one))
        assert (intervals.name, intervals.method, intervals.level) == (name, one.method, 0.9)
    assert "recall at 30 thresholds, 90 % intervals (wilson)" in repr(counts.interval("recall", 0.9))
    assert list(intervals.to_pandas().columns) == ["thresholds", "value", "lower", "upper"]
    assert intervals == counts.interval(name, 0.9)
    assert not intervals.value.flags.writeable
    with pytest.raises(th.Error, match="of one length"):
        th.RateIntervals(np.zeros(2), np.zeros(3), np.zeros(2), np.zeros(2), "recall", 0.95, "wilson")


def test_no_thresholds_give_an_empty_table():
    assert len(th.ConfusionCounts([], [], [], [], []).interval("recall", weight_meaning="frequency")) == 0
