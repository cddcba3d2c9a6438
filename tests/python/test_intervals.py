"""Intervals of areas: the definitions, what every path must agree on, and inputs that say little."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import thresher as th
from thresher import _core
from thresher._distributions import quantile
from thresher._intervals import Spread


def sample(n=400, seed=3, share=0.3, decimals=None):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < share
    scores = rng.normal(labels.astype(float))
    return labels, scores if decimals is None else np.round(scores, decimals)


def counted(labels, scores, weights=None, kind=th.ExactCounts):
    counts = kind()
    counts.update(labels, scores, weights=weights)
    return counts


def delong(labels, scores):
    """The definition, over all pairs, in rational arithmetic."""
    positives, negatives = scores[labels == 1], scores[labels == 0]
    wins = np.sign(positives[:, None] - negatives[None, :]).astype(int) + 1  # 0, 1 (tied), 2
    of_positives = [Fraction(int(row.sum()), 2 * len(negatives)) for row in wins]
    of_negatives = [Fraction(int(column.sum()), 2 * len(positives)) for column in wins.T]
    area = sum(of_positives) / len(of_positives)
    parts = [
        sum((v - area) ** 2 for v in values) / (len(values) - 1) / len(values)
        for values in (of_positives, of_negatives)
    ]
    return area, sum(parts)


def variance_of(counts):
    return Spread(*_core.roc_auc_variance(counts._state.tally(), "frequency"))


@given(data=st.data())
def test_delong_s_variance_is_the_definition_over_all_pairs(data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n = data.draw(st.integers(4, 60))
    labels = np.r_[[0, 0, 1, 1], rng.integers(0, 2, n - 4)]
    scores = rng.integers(0, data.draw(st.sampled_from([2, 5, 1000])), n).astype(np.float32)
    area, variance = delong(labels, scores)
    found = variance_of(counted(labels, scores))
    assert found.value == float(area)
    assert found.variance == pytest.approx(float(variance), rel=1e-14, abs=0)


def test_delong_s_variance_is_that_of_leaving_rows_out():
    """The second derivation: the jackknife over each class, which for a two-sample mean of pairs is the same number."""
    labels, scores = sample(90, decimals=1)
    whole = th.roc_auc(labels, scores)
    variance = 0.0
    for label in (0, 1):
        of_class = np.flatnonzero(labels == label)
        k = len(of_class)
        without = np.array([th.roc_auc(np.delete(labels, i), np.delete(scores, i)) for i in of_class])
        pseudo = k * whole - (k - 1) * without
        variance += pseudo.var(ddof=1) / k
    assert variance_of(counted(labels, scores)).variance == pytest.approx(variance, rel=1e-10)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("n", "share"), [(300, 0.3), (60_000, 0.5), (60_000, 0.02), (60_000, 0.98)])
def test_arrays_and_counts_give_the_same_estimate(n, share, dtype):
    labels, scores = sample(n, share=share, decimals=2)
    scores = scores.astype(dtype)
    for threads in (1, 2):
        from_arrays = th.roc_auc_interval(labels, scores, n_threads=threads)
        assert from_arrays == counted(labels, scores).roc_auc_interval()
        assert from_arrays.value == th.roc_auc(labels, scores)
    assert th.average_precision_interval(labels, scores) == counted(labels, scores).average_precision_interval()


def test_merged_shards_give_the_estimates_of_the_whole():
    labels, scores = sample(5_000)
    whole = counted(labels, scores)
    parts = sum(counted(labels[i::7], scores[i::7]) for i in range(7))
    assert parts.roc_auc_interval() == whole.roc_auc_interval()
    assert parts.average_precision_interval() == whole.average_precision_interval()


def test_the_interval_is_the_textbook_s():
    labels, scores = sample(60_000)
    found = th.roc_auc_interval(labels, scores, level=0.9)
    variance = _core.roc_auc_variance_of_rows(labels, scores, None, False, None)[3]
    reach = stats.norm.ppf(0.95) * math.sqrt(variance)
    logit = math.log(found.value / (1 - found.value))
    scaled = reach / (found.value * (1 - found.value))
    expected = [1 / (1 + math.exp(-(logit + side * scaled))) for side in (-1, 1)]
    np.testing.assert_allclose([found.lower, found.upper], expected, rtol=1e-13)
    assert found.method == "delong, logit"
    plain = th.roc_auc_interval(labels, scores, level=0.9, transform=None)
    np.testing.assert_allclose([plain.lower, plain.upper], [found.value - reach, found.value + reach], rtol=1e-13)


def test_few_samples_make_it_student_s():
    labels, scores = sample(60)
    found = th.roc_auc_interval(labels, scores)
    assert "t with" in found.method
    degrees = float(found.method.split("t with ")[1].split()[0])
    assert 5 < degrees < 120
    assert found.upper - found.lower > th.roc_auc_interval(labels, scores, level=0.9).upper - found.lower


@pytest.mark.parametrize("degrees", [2, 2.5, 3, 7.3, 40, 1e4, math.inf])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99, 0.999])
def test_student_s_quantiles_are_scipy_s(degrees, level):
    assert quantile(level, degrees) == pytest.approx(stats.t.ppf((1 + level) / 2, degrees), rel=2e-4)


def test_hanley_and_mcneil_s_example():
    assert math.sqrt(_core.hanley_mcneil_variance(0.893, 58, 51)) == pytest.approx(0.032, abs=1e-3)
    labels, scores = sample()
    found = th.roc_auc_interval(labels, scores, method="hanley-mcneil", transform=None)
    a, p, n = found.value, labels.sum(), (~labels).sum()
    first, second = a / (2 - a) - a * a, 2 * a * a / (1 + a) - a * a
    error = math.sqrt((a * (1 - a) + (p - 1) * first + (n - 1) * second) / (p * n))
    assert found.upper - a == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-12)


def test_average_precision_varies_as_its_replicates_do():
    labels, scores = sample(2_000, decimals=1)
    found = th.average_precision_interval(labels, scores, transform=None, level=0.6826894921370859)
    rng = np.random.default_rng(5)
    replicates = []
    for _ in range(2_000):
        rows = rng.integers(0, len(labels), len(labels))
        replicates.append(th.average_precision(labels[rows], scores[rows]))
    assert (found.upper - found.lower) / 2 == pytest.approx(np.std(replicates), rel=0.06)


def test_the_binomial_variance_of_average_precision_is_boyd_s():
    labels, scores = sample()
    found = th.average_precision_interval(labels, scores, method="binomial", transform=None)
    error = math.sqrt(found.value * (1 - found.value) / labels.sum())
    assert found.upper - found.value == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-12)


@pytest.mark.parametrize("interval", ["roc_auc_interval", "average_precision_interval"])
def test_frequency_weights_are_repeated_rows(interval):
    labels, scores = sample(300, decimals=1)
    weights = np.random.default_rng(1).integers(0, 4, 300)
    repeated = getattr(th, interval)(np.repeat(labels, weights), np.repeat(scores, weights))
    weighted = getattr(th, interval)(labels, scores, weights=weights, weight_meaning="frequency")
    np.testing.assert_allclose(
        [weighted.value, weighted.lower, weighted.upper], [repeated.value, repeated.lower, repeated.upper], rtol=1e-11
    )


@pytest.mark.parametrize("interval", ["roc_auc_interval", "average_precision_interval"])
def test_weights_need_a_meaning(interval):
    labels, scores = sample()
    weights = np.full(len(labels), 2.5)
    with pytest.raises(th.Error, match=r"`weight_meaning` must be given"):
        getattr(th, interval)(labels, scores, weights=weights)
    with pytest.raises(th.Error, match=r"`weight_meaning` must be given"):
        getattr(counted(labels, scores, weights), interval)()
    with pytest.raises(th.Error, match="sums=True"):
        getattr(counted(labels, scores, weights), interval)(weight_meaning="sampling")
    kept = th.ExactCounts(sums=True)
    kept.update(labels, scores, weights=weights)
    assert getattr(kept, interval)(weight_meaning="sampling") == getattr(th, interval)(
        labels, scores, weights=weights, weight_meaning="sampling"
    )
    with pytest.raises(th.Error, match="weight_meaning"):
        getattr(th, interval)(labels, scores, weights=weights, weight_meaning="importance")


@pytest.mark.parametrize("interval", ["roc_auc_interval", "average_precision_interval"])
def test_sampling_weights_vary_as_their_replicates_do(interval):
    labels, scores = sample(1_500, share=0.4, decimals=1)
    rng = np.random.default_rng(8)
    weights = np.exp(rng.normal(size=1_500))
    found = getattr(th, interval)(
        labels, scores, weights=weights, weight_meaning="sampling", transform=None, level=0.6826894921370859
    )
    value = {"roc_auc_interval": th.roc_auc, "average_precision_interval": th.average_precision}[interval]
    rows = [rng.integers(0, 1_500, 1_500) for _ in range(2_000)]
    replicates = [value(labels[drawn], scores[drawn], weights=weights[drawn]) for drawn in rows]
    assert (found.upper - found.lower) / 2 == pytest.approx(np.std(replicates), rel=0.07)


def test_clusters_of_one_row_are_no_clusters_and_repeated_rows_are():
    labels, scores = sample(800)
    alone = th.roc_auc_interval(labels, scores, clusters=np.arange(800), level=0.9)
    plain = th.roc_auc_interval(labels, scores, level=0.9)
    assert alone.value == plain.value
    assert alone.upper - alone.lower == pytest.approx(plain.upper - plain.lower, rel=0.01)  # t of many, or normal
    copied = th.roc_auc_interval(np.repeat(labels, 5), np.repeat(scores, 5), clusters=np.repeat(np.arange(800), 5))
    naive = th.roc_auc_interval(np.repeat(labels, 5), np.repeat(scores, 5))
    assert copied.upper - copied.lower > 2 * (naive.upper - naive.lower)
    assert "obuchowski" in copied.method
    with pytest.raises(th.Error, match="`clusters`"):
        th.roc_auc_interval(labels, scores, clusters=np.arange(800), method="hanley-mcneil")
    with pytest.raises(th.Error, match="clusters"):
        th.roc_auc_interval(labels, scores, clusters=np.arange(799))


def test_classes_apart_get_an_interval_that_holds_whatever_the_distribution():
    labels = np.r_[np.zeros(40), np.ones(30)]
    found = th.roc_auc_interval(labels, np.arange(70))
    assert (found.value, found.upper) == (1.0, 1.0)
    assert found.lower == pytest.approx(stats.binomtest(30, 30).proportion_ci(0.95, "exact").low)
    assert "clopper-pearson of 30" in found.method
    reversed_ = th.roc_auc_interval(labels, -np.arange(70))
    assert (reversed_.value, reversed_.lower, reversed_.upper) == (0.0, 0.0, pytest.approx(1 - found.lower))
    precision = th.average_precision_interval(labels, np.arange(70))
    assert (precision.value, precision.upper, precision.lower) == (1.0, 1.0, pytest.approx(found.lower))


def test_all_tied_is_not_certainty():
    found = th.roc_auc_interval([0] * 20 + [1] * 50, np.zeros(70))
    assert found.value == 0.5
    reach = math.sqrt(math.log(2 / 0.05) / 40)
    assert (found.lower, found.upper) == (pytest.approx(0.5 - reach), pytest.approx(0.5 + reach))
    assert "hoeffding of 20" in found.method
    precision = th.average_precision_interval([0] * 20 + [1] * 50, np.zeros(70))  # the share of positives
    assert 0.55 < precision.lower < precision.value < precision.upper < 0.85


@pytest.mark.parametrize(("labels", "scores"), [([], []), ([0, 0], [0.1, 0.2]), ([1], [0.5])])
def test_without_both_classes_there_is_no_interval(labels, scores):
    found = th.roc_auc_interval(np.array(labels, int), np.array(scores, float))
    assert math.isnan(found.value)
    assert math.isnan(found.lower)
    assert math.isnan(found.upper)


def test_one_sample_of_a_class_says_next_to_nothing():
    found = th.roc_auc_interval([1, 0, 0, 0], [0.5, 0.1, 0.2, 0.9])
    assert (found.value, found.lower, found.upper) == (pytest.approx(2 / 3), 0.0, 1.0)
    assert "hoeffding of 1" in found.method


def test_a_binned_interval_is_widened_by_the_bounds_and_says_so():
    labels, scores = sample(3_000)
    scores = 1 / (1 + np.exp(-scores))
    coarse = th.ThresholdCounts(20)
    coarse.update(labels, scores)
    for interval, bounds in (
        ("roc_auc_interval", coarse.roc_auc_bounds()),
        ("average_precision_interval", coarse.average_precision_bounds()),
    ):
        found, exact = getattr(coarse, interval)(), getattr(th, interval)(labels, scores)
        assert found.bounds == bounds
        assert found.lower < bounds[0] < bounds[1] < found.upper
        assert found.lower < exact.lower < exact.upper < found.upper
        assert "widened by the bounds" in found.method
        assert f"in [{bounds[0]:.3g}"[:8] in str(found)


def test_several_columns_give_a_list():
    labels, scores = sample()
    found = th.roc_auc_interval(labels, np.column_stack([scores, -scores]))
    assert found == [th.roc_auc_interval(labels, scores), th.roc_auc_interval(labels, -scores)]


@pytest.mark.parametrize("level", [0, 1, 1.5, -0.1, math.nan])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(th.Error, match="`level` must be in"):
        th.roc_auc_interval([0, 1], [0.1, 0.2], level=level)


def test_unknown_words_are_refused():
    with pytest.raises(th.Error, match="`method`"):
        th.roc_auc_interval([0, 1], [0.1, 0.2], method="wald")
    with pytest.raises(th.Error, match="`transform`"):
        th.average_precision_interval([0, 1], [0.1, 0.2], transform="probit")


def test_an_estimate_prints_two_digits_of_its_half_width():
    assert str(th.Estimate(0.75543, 0.75211, 0.75874, 0.95, "delong")) == "0.7554 (0.7521–0.7587, 95 %)"
    assert str(th.Estimate(0.75543, 0.7, 0.8, 0.99, "delong")) == "0.755 (0.700–0.800, 99 %)"
    assert str(th.Estimate(math.nan, math.nan, math.nan, 0.95, "delong")) == "nan (nan–nan, 95 %)"
    with pytest.raises(AttributeError):
        th.Estimate(0.5, 0.4, 0.6, 0.95, "delong").value = 1
