"""Calibration and the convex hull: the definitions, scikit-learn, and what binned counts may claim."""

import math
import pickle
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th

metrics = pytest.importorskip("sklearn.metrics")
calibration = pytest.importorskip("sklearn.calibration")
isotonic = pytest.importorskip("sklearn.isotonic")
integrate = pytest.importorskip("scipy.integrate")
stats = pytest.importorskip("scipy.stats")

STRATEGIES = ("uniform", "quantile")


def counted(labels, scores, weights=None, counts=None):
    counts = th.ExactCounts() if counts is None else counts
    counts.update(labels, scores, weights=weights)
    return counts


@st.composite
def samples(draw):
    """Labels and probabilities, with ties or without, and weights or none."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.sampled_from([1, 2, 3, 8, 60, 300]))
    scores = rng.random(n)
    if draw(st.booleans()):
        scores = np.round(scores, draw(st.sampled_from([1, 2])))
    labels = (rng.random(n) < draw(st.sampled_from([scores, 0.3, 0.0, 1.0]))).astype(int)
    weights = draw(st.sampled_from([None, rng.integers(1, 5, n).astype(float), rng.random(n) + 0.01]))
    return labels, scores, weights


@given(sample=samples())
def test_figures_are_those_of_scikit_learn(sample):
    labels, scores, weights = sample
    scores = np.clip(scores, 0.001, 0.999)  # scikit-learn clips what thresher calls infinite
    counts = counted(labels, scores, weights)
    expected = metrics.log_loss(labels, scores, sample_weight=weights, labels=[0, 1])
    np.testing.assert_allclose(counts.log_loss(), expected, rtol=1e-12)
    expected = metrics.brier_score_loss(labels, scores, sample_weight=weights, pos_label=1)
    np.testing.assert_allclose(counts.brier_score(), expected, rtol=1e-12)
    mean, prevalence = (np.average(column, weights=weights) for column in (scores, labels))
    np.testing.assert_allclose(counts.mean_score(), mean, rtol=1e-12)
    if prevalence > 0:
        np.testing.assert_allclose(counts.calibration_ratio(), mean / prevalence, rtol=1e-12)
    if 0 < prevalence < 1:
        entropy = stats.entropy([prevalence, 1 - prevalence])
        np.testing.assert_allclose(counts.normalized_entropy(), counts.log_loss() / entropy, rtol=1e-12)
    else:
        assert math.isnan(counts.normalized_entropy())


@given(sample=samples(), n_bins=st.integers(1, 12), strategy=st.sampled_from(STRATEGIES))
def test_the_terms_of_the_brier_score_add_up(sample, n_bins, strategy):
    counts = counted(*sample)
    for parts in (counts.brier_decomposition(), counts.brier_decomposition("binned", n_bins, strategy)):
        total = parts.reliability - parts.resolution + parts.uncertainty
        total += parts.within_bin_variance - parts.within_bin_covariance
        np.testing.assert_allclose(total, parts.brier_score, atol=1e-14)
        assert parts.brier_score == counts.brier_score()


@given(sample=samples())
def test_corp_compares_with_scores_recalibrated_by_isotonic_regression(sample):
    labels, scores, weights = sample
    parts = counted(*sample).brier_decomposition()
    recalibrated = isotonic.IsotonicRegression().fit_transform(scores, labels, sample_weight=weights)
    best = np.average((recalibrated - labels) ** 2, weights=weights)
    np.testing.assert_allclose(parts.reliability, parts.brier_score - best, atol=1e-12)
    np.testing.assert_allclose(parts.resolution, parts.uncertainty - best, atol=1e-12)
    assert parts.reliability > -1e-14


@given(sample=samples(), n_bins=st.sampled_from([1, 2, 7, 11]), strategy=st.sampled_from(STRATEGIES))
def test_the_reliability_curve_is_that_of_scikit_learn(sample, n_bins, strategy):
    labels, scores, _ = sample
    if strategy == "quantile" and n_bins > 2 and len(scores) % n_bins == 1:
        return  # NumPy's percentiles fall on a score, or beside it by their rounding
    curve = counted(labels, scores).reliability_curve(n_bins, strategy)
    rates, means = calibration.calibration_curve(labels, scores, pos_label=1, n_bins=n_bins, strategy=strategy)
    np.testing.assert_allclose(curve.positive_rate, rates, rtol=1e-12)
    np.testing.assert_allclose(curve.mean_score, means, rtol=1e-12)
    assert curve.weight.sum() == len(scores)
    assert np.all(curve.lower <= curve.mean_score * (1 + 1e-12))
    assert np.all(curve.mean_score <= curve.upper * (1 + 1e-12))


@given(sample=samples(), n_bins=st.integers(1, 12), strategy=st.sampled_from(STRATEGIES))
def test_integer_weights_are_repeated_rows(sample, n_bins, strategy):
    labels, scores, _ = sample
    times = np.arange(len(scores)) % 3 + 1
    weighted, repeated = counted(labels, scores, times), counted(np.repeat(labels, times), np.repeat(scores, times))
    assert weighted.reliability_curve(n_bins, strategy) == repeated.reliability_curve(n_bins, strategy)
    assert weighted.isotonic_calibration() == repeated.isotonic_calibration()
    np.testing.assert_array_equal(weighted.h_measure(), repeated.h_measure())
    assert weighted.log_loss() == repeated.log_loss()


def test_calibration_errors_are_those_of_the_bins():
    rng = np.random.default_rng(3)
    scores = rng.random(5_000)
    labels, weights = rng.random(5_000) < scores**2, rng.random(5_000)
    counts = counted(labels, scores, weights)
    which = np.minimum(np.ceil(scores * 10).astype(int) - 1, 9)
    gaps = [abs(np.average((scores - labels)[which == k], weights=weights[which == k])) for k in range(10)]
    shares = [weights[which == k].sum() / weights.sum() for k in range(10)]
    np.testing.assert_allclose(counts.expected_calibration_error(), np.dot(gaps, shares), rtol=1e-12)
    np.testing.assert_allclose(counts.maximum_calibration_error(), max(gaps), rtol=1e-12)


def test_the_intervals_are_wilson_s():
    rng = np.random.default_rng(4)
    scores = rng.random(400)
    curve = counted(rng.random(400) < scores, scores).reliability_curve(level=0.9)
    z = NormalDist().inv_cdf(0.95)
    for i in range(len(curve.weight)):
        n, rate = curve.weight[i], curve.positive_rate[i]
        for end in (curve.rate_lower[i], curve.rate_upper[i]):
            if 0 < end < 1:  # the definition: a share that is just z standard deviations off
                np.testing.assert_allclose(abs(rate - end), z * math.sqrt(end * (1 - end) / n), rtol=1e-9)
        assert curve.rate_lower[i] <= rate <= curve.rate_upper[i]


@given(sample=samples())
def test_the_isotonic_function_is_that_of_scikit_learn(sample):
    labels, scores, weights = sample
    function = counted(*sample).isotonic_calibration()
    theirs = isotonic.IsotonicRegression(out_of_bounds="clip").fit(scores, labels, sample_weight=weights)
    at = np.concatenate([scores, np.linspace(-0.5, 1.5, 101)])
    np.testing.assert_allclose(function(at), theirs.predict(at), rtol=1e-10, atol=1e-12)
    assert function.interpolation == "linear"


def test_the_isotonic_function_of_binned_counts_is_constant_between_thresholds():
    rng = np.random.default_rng(5)
    scores = rng.random(3_000).astype(np.float32)
    labels, edges = rng.random(3_000) < scores, np.linspace(0, 1, 11)
    for comparison in (">=", ">"):
        counts = counted(labels, scores, counts=th.ThresholdCounts(edges, comparison=comparison))
        function = counts.isotonic_calibration()
        cuts = edges.astype(np.float32)
        gaps = np.searchsorted(cuts, scores, side="right" if comparison == ">=" else "left")
        expected = isotonic.IsotonicRegression().fit_transform(gaps, labels)
        np.testing.assert_allclose(function(scores), expected, rtol=1e-12)
        at = np.concatenate([cuts, np.nextafter(cuts, np.float32(-1)), np.nextafter(cuts, np.float32(2))])
        assert np.all(np.isin(function(at), function.values))


def test_the_isotonic_function_keeps_shapes_and_can_be_kept():
    function = counted([0, 1, 0, 1], [-3.0, -1.0, 0.5, np.inf]).isotonic_calibration()
    assert function(np.zeros((2, 3), np.float16)).shape == (2, 3)
    assert function([]).dtype == np.float64
    assert function(0.5).shape == ()
    assert np.isnan(function([np.nan])).all()
    assert function([-np.inf, np.inf]).tolist() == [0.0, 1.0]
    twin = pickle.loads(pickle.dumps(function))
    assert twin == function
    assert not twin.values.flags.writeable
    with pytest.raises(TypeError, match="scores"):
        function(["a"])
    assert np.isnan(th.ExactCounts().isotonic_calibration()([0.5])).all()


def oracle_h(labels, scores, severity):
    """Expected least loss over all thresholds, integrated piece by piece between the costs where the best changes."""
    cuts = [np.inf, *np.unique(scores)[::-1]]
    false = np.array([np.sum((scores >= cut) & (labels == 0)) for cut in cuts])
    missed = np.array([np.sum((scores < cut) & (labels == 1)) for cut in cuts])
    n, p = false[-1], missed[0]
    severity = (p / (n + p) + 1, n / (n + p) + 1) if severity is None else severity
    density = stats.beta(*severity).pdf
    losses = [lambda c: density(c) * np.min(c * false + (1 - c) * missed), lambda c: density(c) * min(c * n, p - c * p)]
    corners = np.linspace(0, 1, 201)
    loss, worst = (sum(integrate.quad(f, a, b, epsabs=1e-10)[0] for a, b in pairwise(corners)) for f in losses)
    return 1 - loss / worst


@pytest.mark.parametrize("severity", [None, (2.0, 2.0), (3.5, 1.2)])
def test_the_h_measure_is_the_integral_of_its_definition(severity):
    rng = np.random.default_rng(6)
    scores = np.round(rng.random(60), 1)
    labels = (rng.random(60) < scores**1.5).astype(int)
    np.testing.assert_allclose(
        counted(labels, scores).h_measure(severity), oracle_h(labels, scores, severity), atol=1e-6
    )


@given(sample=samples())
def test_the_convex_hull_is_concave_and_above_the_curve(sample):
    counts = counted(*sample)
    hull, curve = counts.roc_convex_hull(), counts.roc_curve(drop_intermediate=False)
    if math.isnan(hull.auc):
        assert len(set(sample[0])) == 1
        return
    assert np.all(np.interp(curve.fpr, hull.fpr, hull.tpr) >= curve.tpr - 1e-12)
    assert np.all(np.isin(hull.thresholds, curve.thresholds))
    slopes = np.diff(hull.tpr) * np.diff(hull.fpr)[:, None] - np.diff(hull.tpr)[:, None] * np.diff(hull.fpr)
    assert np.all(np.triu(slopes) <= 1e-12)
    np.testing.assert_allclose(hull.auc, metrics.auc(hull.fpr, hull.tpr), rtol=1e-12)


def test_chance_and_perfect_and_tied():
    assert counted([0, 0, 1], [0.1, 0.2, 0.9]).h_measure() == 1.0
    assert counted([0, 0, 1], [0.5, 0.5, 0.5]).h_measure() < 1e-15
    assert counted([0, 0, 1], [0.0, 0.0, 1.0]).log_loss() == 0.0
    assert counted([0, 1, 1], [0.1, 0.0, 0.9]).log_loss() == math.inf
    for labels, scores in (([], []), ([1], [0.5]), ([0], [0.5])):
        counts = counted(labels, scores)
        assert math.isnan(counts.h_measure())
        assert math.isnan(counts.normalized_entropy())
        assert len(counts.reliability_curve().weight) == len(labels)
    assert math.isnan(th.ExactCounts().log_loss())
    assert math.isnan(th.ExactCounts().expected_calibration_error())


def test_parts_that_are_merged_answer_as_the_whole():
    rng = np.random.default_rng(8)
    scores = rng.random(2_000)
    labels = rng.random(2_000) < scores
    whole = counted(labels, scores)
    merged = counted(labels[:700], scores[:700]) + counted(labels[700:], scores[700:])
    assert merged.reliability_curve(strategy="quantile") == whole.reliability_curve(strategy="quantile")
    assert (merged.log_loss(), merged.brier_score()) == (whole.log_loss(), whole.brier_score())
    assert merged.h_measure() == whole.h_measure()


def test_what_cannot_be_answered_is_said():
    with pytest.raises(th.Error, match=r"`scores` must lie in \[0, 1\].* from -2 to 3"):
        counted([0, 1], [-2.0, 3.0]).log_loss()
    binned = counted([0, 1], [0.25, 0.75], counts=th.ThresholdCounts([0.5]))
    with pytest.raises(th.Error, match="sums=True"):
        binned.brier_score()
    assert binned.h_measure() == 1.0
    counts = counted([0, 1], [0.25, 0.75])
    for call in (
        lambda: counts.reliability_curve(0),
        lambda: counts.reliability_curve(strategy="equal"),
        lambda: counts.reliability_curve(level=1.0),
        lambda: counts.brier_decomposition("bins"),
        lambda: counts.h_measure((0.0, 1.0)),
    ):
        with pytest.raises(th.Error, match="must be"):
            call()
