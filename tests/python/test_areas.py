"""Areas, curves and bounds: the definitions, scikit-learn, and what binned counts may claim."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
import strategies
import thresher as th

metrics = pytest.importorskip("sklearn.metrics")
GRID = np.linspace(0, 1, 11)


@given(data=st.data())
def test_areas_are_the_definitions(data):
    labels, scores = data.draw(strategies.rows(GRID, (*strategies.FLOATS, "int8", "bool")))
    labels, scores = labels[:600], scores[:600]
    assert oracle.same(th.roc_auc(labels, scores), oracle.roc_auc(labels, scores))
    np.testing.assert_allclose(
        th.average_precision(labels, scores), oracle.average_precision(labels, scores), rtol=1e-14
    )
    counts = th.ExactCounts()
    counts.update(labels, scores)
    assert oracle.same(counts.roc_auc(), th.roc_auc(labels, scores))
    assert oracle.same(counts.average_precision(), th.average_precision(labels, scores))


CASES = {
    "ties": lambda rng, n: np.round(rng.random(n), 1),
    "distinct": lambda rng, n: rng.random(n),
    "logits": lambda rng, n: rng.normal(size=n) * 5,
    "constant": lambda rng, n: np.full(n, 0.25),
    "float32": lambda rng, n: rng.random(n).astype(np.float32),
}


@pytest.fixture(params=CASES)
def sample(request):
    rng = np.random.default_rng(11)
    labels = rng.random(2_000) < 0.3
    scores = CASES[request.param](rng, 2_000)
    return labels, np.where(labels, scores * 1.1, scores).astype(scores.dtype)


@pytest.fixture(params=[False, True], ids=["unweighted", "weighted"])
def weights(request):
    return np.random.default_rng(12).random(2_000) if request.param else None


def test_areas_are_those_of_scikit_learn(sample, weights):
    labels, scores = sample
    np.testing.assert_allclose(
        th.roc_auc(labels, scores, weights=weights),
        metrics.roc_auc_score(labels, scores, sample_weight=weights),
        rtol=1e-12,
    )
    for max_fpr in 0.01, 0.3, 1.0:
        np.testing.assert_allclose(
            th.roc_auc(labels, scores, weights=weights, max_fpr=max_fpr),
            metrics.roc_auc_score(labels, scores, sample_weight=weights, max_fpr=max_fpr),
            rtol=1e-9,
        )
    average_precision = metrics.average_precision_score(labels, scores, sample_weight=weights)
    np.testing.assert_allclose(th.average_precision(labels, scores, weights=weights), average_precision, rtol=1e-12)
    np.testing.assert_allclose(th.pr_auc(labels, scores, weights=weights), average_precision, rtol=1e-12)
    precision, recall, _ = metrics.precision_recall_curve(labels, scores, sample_weight=weights)
    np.testing.assert_allclose(
        th.pr_auc(labels, scores, weights=weights, method="trapezoid"), metrics.auc(recall, precision), rtol=1e-12
    )


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("name", ["roc_curve", "precision_recall_curve", "det_curve"])
def test_curves_are_those_of_scikit_learn(name, drop, sample, weights):
    if weights is not None:
        weights = np.round(weights * 8)  # exact sums: which points are collinear is then no matter of rounding
    ours = getattr(th, name)(*sample, weights=weights, drop_intermediate=drop)
    theirs = getattr(metrics, name)(*sample, sample_weight=weights, drop_intermediate=drop)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-15)
        assert mine.dtype == np.float64
        assert not mine.flags.writeable


def test_curves_know_their_areas(sample, weights):
    labels, scores = sample
    roc = th.roc_curve(labels, scores, weights=weights)
    np.testing.assert_allclose(roc.auc, th.roc_auc(labels, scores, weights=weights), rtol=1e-12)
    np.testing.assert_allclose(roc.auc, metrics.auc(roc.fpr, roc.tpr), rtol=1e-12)
    curve = th.precision_recall_curve(labels, scores, weights=weights)
    assert curve.average_precision == th.average_precision(labels, scores, weights=weights)
    assert roc.bounds is None
    assert curve.bounds is None


def test_the_confusion_counts_are_those_of_scikit_learn(sample):
    labels, scores = sample
    counts = th.confusion_at(labels, scores, 0.5)
    tn, fp, fn, tp = metrics.confusion_matrix(labels, scores >= 0.5, labels=[False, True]).ravel()
    assert (counts.true_positives, counts.false_positives) == (tp, fp)
    assert (counts.false_negatives, counts.true_negatives) == (fn, tn)


def test_rates_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    labels, scores = rng.random(500) < 0.4, rng.random(500)
    counts, flagged = th.confusion_at(labels, scores, 0.6), scores >= 0.6
    expected = {
        "recall": metrics.recall_score(labels, flagged),
        "true_positive_rate": metrics.recall_score(labels, flagged),
        "specificity": metrics.recall_score(~labels, ~flagged),
        "precision": metrics.precision_score(labels, flagged),
        "negative_predictive_value": metrics.precision_score(~labels, ~flagged),
        "accuracy": metrics.accuracy_score(labels, flagged),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, flagged),
        "f1": metrics.f1_score(labels, flagged),
        "f_score": metrics.f1_score(labels, flagged),
        "jaccard": metrics.jaccard_score(labels, flagged),
        "matthews_correlation": metrics.matthews_corrcoef(labels, flagged),
        "cohen_kappa": metrics.cohen_kappa_score(labels, flagged),
        "positive_likelihood_ratio": metrics.class_likelihood_ratios(labels, flagged)[0],
        "negative_likelihood_ratio": metrics.class_likelihood_ratios(labels, flagged)[1],
        "prevalence": labels.mean(),
        "predicted_positive_rate": flagged.mean(),
    }
    for name, value in expected.items():
        assert counts.rate(name) == pytest.approx(value, rel=1e-12), name
    assert counts.f_score(2.0) == pytest.approx(metrics.fbeta_score(labels, flagged, beta=2.0))
    assert counts.error_rate == pytest.approx(1 - counts.accuracy)
    assert counts.false_negative_rate == pytest.approx(1 - counts.recall)
    assert counts.false_positive_rate == pytest.approx(1 - counts.specificity)
    assert counts.false_discovery_rate == pytest.approx(1 - counts.precision)
    assert counts.youden_j == pytest.approx(counts.recall + counts.specificity - 1)
    assert counts.markedness == pytest.approx(counts.precision + counts.negative_predictive_value - 1)
    assert counts.lift == pytest.approx(counts.precision / counts.prevalence)


def test_undefined_areas_are_nan_without_a_warning():
    assert np.isnan(th.roc_auc([1, 1], [0.1, 0.2]))
    assert np.isnan(th.roc_auc([0, 0], [0.1, 0.2]))
    assert np.isnan(th.average_precision([0, 0], [0.1, 0.2]))
    assert th.average_precision([1, 1], [0.1, 0.2]) == 1.0
    assert np.isnan(th.pr_auc([0, 0], [0.1, 0.2], method="davis-goadrich"))
    counts = th.confusion_at([1, 0], [0.1, 0.2], [0.15, 0.5])
    assert oracle.same(counts.precision, [0.0, np.nan])
    assert np.isnan(th.roc_curve([1, 1], [0.1, 0.2]).fpr).any()
    for empty in th.CompactCounts(), th.ExactCounts(), th.ThresholdCounts(3):
        assert np.isnan(empty.roc_auc())
        assert np.isnan(empty.average_precision())


@given(data=st.data())
def test_the_exact_areas_lie_within_the_bounds_always(data):
    cuts = data.draw(strategies.thresholds())
    labels, scores = data.draw(strategies.rows(cuts, ["float32", "float64"]))
    weights = np.random.default_rng(3).random(len(labels)) if data.draw(st.booleans()) else None
    rounding = len(labels) * 2**-53  # of sums in another order: bounds that coincide are not widened for it
    exact = th.ExactCounts()
    exact.update(labels, scores, weights=weights)
    for binned in th.ThresholdCounts(cuts), th.CompactCounts():
        binned.update(labels, scores, weights=weights)
        lower, upper = binned.roc_auc_bounds()
        assert oracle.same(lower, upper) or lower <= binned.roc_auc(tolerance=1) <= upper
        lies_within(binned.roc_auc_bounds(), exact.roc_auc(), 0 if weights is None else rounding)
        lies_within(binned.average_precision_bounds(), exact.average_precision(), rounding)


def lies_within(bounds, value, rounding):
    lower, upper = bounds
    assert np.isnan(value) or lower <= value <= upper or (lower == upper and abs(value - lower) <= rounding * value)


@pytest.fixture
def skewed():
    """Skewed scores at few thresholds: what nobody should take at its word."""
    rng = np.random.default_rng(4)
    n = 20_000
    labels = rng.random(n) < 0.02
    scores = 1 / (1 + np.exp(-(rng.normal(-7, 1, n) + labels)))
    counts = th.ThresholdCounts(20)
    counts.update(labels, scores)
    return counts


QUERIES = {
    "roc_auc": lambda counts, **options: counts.roc_auc(**options),
    "partial": lambda counts, **options: counts.roc_auc(max_fpr=0.1, **options),
    "average_precision": lambda counts, **options: counts.average_precision(**options),
    "pr_auc": lambda counts, **options: counts.pr_auc(**options),
    "davis-goadrich": lambda counts, **options: counts.pr_auc("davis-goadrich", **options),
}


@pytest.mark.parametrize("query", QUERIES)
def test_an_inexact_answer_warns_its_caller_with_bounds_and_remedy(query, skewed):
    with pytest.warns(th.InexactWarning, match=r"lies in \[0.*\].*tolerance=0\.001; CompactCounts") as caught:
        value = QUERIES[query](skewed)
    assert caught[0].filename == __file__
    assert QUERIES[query](skewed, tolerance=1.0) == value


@pytest.mark.parametrize("query", QUERIES)
def test_an_exact_answer_never_warns(query, skewed):
    exact, compact = th.ExactCounts(), th.CompactCounts()
    for counts in exact, compact:
        counts.update([0, 1, 1], [0.5, 0.25, 0.75])
        QUERIES[query](counts, tolerance=0.0)
        assert counts.exact
        assert counts.roc_auc_bounds() == (counts.roc_auc(), counts.roc_auc())
        assert counts.average_precision_bounds() == (counts.average_precision(),) * 2


def test_curves_of_binned_counts_carry_their_bounds_and_do_not_warn(skewed):
    roc, precision_recall = skewed.roc_curve(), skewed.precision_recall_curve()
    skewed.det_curve()
    assert roc.bounds == skewed.roc_auc_bounds()
    assert precision_recall.bounds == skewed.average_precision_bounds()
    assert roc.auc == skewed.roc_auc(tolerance=1)
    assert "in [" in repr(roc)
    assert "in [" in repr(precision_recall)


def test_the_interpolations_of_the_precision_recall_curve_differ_as_they_should():
    labels, scores = [0, 1, 0, 1, 1, 0], [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]
    step, davis, trapezoid = (
        th.pr_auc(labels, scores, method=each) for each in ("step", "davis-goadrich", "trapezoid")
    )
    assert step == th.average_precision(labels, scores)
    assert len({step, davis, trapezoid}) == 3


def test_thinner_curves_stay_within_the_tolerance():
    rng = np.random.default_rng(9)
    labels = rng.random(5_000) < 0.5
    scores = rng.normal(size=5_000) + labels
    for curve in th.roc_curve(labels, scores), th.precision_recall_curve(labels, scores), th.det_curve(labels, scores):
        thinned = curve.thin(0.01)
        (x, y, cuts), (kept_x, kept_y, kept_cuts) = curve, thinned
        assert len(kept_x) < len(x) / 4
        assert len(x) - len(cuts) == len(kept_x) - len(kept_cuts)
        assert (kept_x[0], kept_y[0], kept_x[-1], kept_y[-1]) == (x[0], y[0], x[-1], y[-1])
        assert set(zip(kept_x, kept_y, strict=True)) <= set(zip(x, y, strict=True))
        kept = np.searchsorted(np.sort(cuts), np.sort(kept_cuts))
        assert (np.sort(cuts)[kept] == np.sort(kept_cuts)).all()
    full = th.roc_curve(labels, scores)
    assert full.thin(0.01).auc == full.auc
    between = np.interp(full.fpr, full.thin(0.001).fpr, full.thin(0.001).tpr)
    assert np.abs(between - full.tpr).max() < 0.02
    assert full.thin(0) == th.roc_curve(labels, scores).thin(0)


def test_no_query_warns_under_the_default_filters(skewed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        repr(skewed)
        skewed._repr_html_()
        skewed.roc_auc_bounds()
