"""Bands of curves, and the replicates behind them."""

import numpy as np
import pytest

import thresher as th
from thresher import _core

GRID = np.array([0.0, 0.02, 0.1, 0.25, 0.5, 0.8, 1.0])


def rows(n, seed=0, prevalence=0.4, decimals=None):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < prevalence
    scores = rng.normal(size=n) + 1.2 * labels
    return labels, scores if decimals is None else scores.round(decimals)


def counted(kind, labels, scores, **more):
    counts = {
        "exact": th.ExactCounts,
        "compact": th.CompactCounts,
        "thresholds": lambda: th.ThresholdCounts(np.linspace(-2, 3, 12)),
    }[kind]()
    counts.update(labels, scores, **more)
    return counts


def roc_height(labels, scores, x, multiplicity=None):
    """Read the curve as it is defined: lines between points, the upper end of a rise."""
    weights = np.ones(len(labels)) if multiplicity is None else multiplicity
    cuts = np.unique(scores)[::-1]
    tpr = np.array([0.0, *((weights * labels * (scores >= cut)).sum() for cut in cuts)]) / (weights * labels).sum()
    fpr = np.array([0.0, *((weights * ~labels * (scores >= cut)).sum() for cut in cuts)]) / (weights * ~labels).sum()
    at = np.flatnonzero(fpr <= x)[-1]
    if at == len(fpr) - 1:
        return 1.0
    return tpr[at] + (tpr[at + 1] - tpr[at]) * (x - fpr[at]) / (fpr[at + 1] - fpr[at])


def precision_height(labels, scores, x):
    """Precision at the highest threshold whose recall reaches x."""
    cuts = np.unique(scores)[::-1]
    recall = np.array([(labels & (scores >= cut)).sum() for cut in cuts]) / labels.sum()
    precision = np.array([labels[scores >= cut].mean() for cut in cuts])
    return precision[np.flatnonzero(recall >= x)[0]]


def test_the_value_is_the_curve_as_defined():
    labels, scores = rows(120, decimals=1)
    counts = counted("exact", labels, scores)
    band = counts.roc_band(fpr=GRID, n_replicates=2)
    assert np.allclose(band.value, [roc_height(labels, scores, x) for x in GRID], rtol=0, atol=1e-14)
    band = counts.precision_recall_band(recall=GRID, n_replicates=2)
    assert np.allclose(band.value, [precision_height(labels, scores, x) for x in GRID], rtol=0, atol=1e-15)


def test_the_bootstrap_band_is_that_of_drawn_rows():
    labels, scores = rows(150, seed=3, decimals=1)
    band = counted("exact", labels, scores).roc_band(0.8, fpr=[0.1, 0.3], n_replicates=4_000, seed=5)
    rng = np.random.default_rng(1)
    drawn = [[roc_height(labels, scores, x, rng.poisson(1, 150)) for x in (0.1, 0.3)] for _ in range(1_500)]
    lower, upper = np.quantile(drawn, [0.1, 0.9], axis=0)
    assert np.allclose(band.lower, lower, rtol=0, atol=0.02)
    assert np.allclose(band.upper, upper, rtol=0, atol=0.02)
    assert band.method == "pointwise, percentile bootstrap, 4,000 replicates"


@pytest.mark.parametrize("kind", ["exact", "compact", "thresholds"])
def test_replicates_are_accumulators_with_the_values_of_the_statistic(kind):
    labels, scores = rows(2_000, seed=2, decimals=1)
    for weights in (None, np.random.default_rng(0).random(2_000)):
        counts = counted(kind, labels, scores, weights=weights)
        bootstrap = _core.Bootstrap(counts._state, [(7, counts._state)], "rows", "frequency", 9)
        clusters = _core.Bootstrap(counts._state, [(7, counts._state)], "clusters", "frequency", 9)
        for drawn in (bootstrap, clusters):
            areas = drawn.values("roc_auc", 12, None)
            partial = drawn.values("roc_auc", 12, 1, max_fpr=0.3)
            for replicate in range(12):
                twin = type(counts)._of(drawn.replicate(replicate))
                assert np.array_equal(twin._state.roc_auc(None)[0], areas[replicate], equal_nan=True)
                assert np.array_equal(twin._state.roc_auc(0.3)[0], partial[replicate], equal_nan=True)
                assert type(counts).from_bytes(twin.to_bytes()) == twin


def test_a_rate_at_a_threshold_is_that_of_the_replicate():
    labels, scores = rows(500, decimals=1)
    counts = counted("exact", labels, scores)
    bootstrap = _core.Bootstrap(counts._state, [(0, counts._state)], "rows", "frequency", 1)
    values = bootstrap.values("recall", 8, None, threshold=0.4)
    twins = [th.ExactCounts._of(bootstrap.replicate(replicate)) for replicate in range(8)]
    assert values.tolist() == [twin.confusion(0.4).recall for twin in twins]
    state = counted("thresholds", labels, scores)._state
    bootstrap = _core.Bootstrap(state, [(0, state)], "rows", "frequency", 1)
    with pytest.raises(th.Error, match=r"`threshold` must be one of the thresholds that were counted at, but is 0\.4"):
        bootstrap.values("recall", 8, None, threshold=0.4)


def test_the_fixed_width_band_holds_the_whole_curve_more_often_than_it_says():
    from scipy.stats import norm

    truth = norm.sf(norm.isf(GRID[1:-1]) - 1.2)
    held = 0
    for seed in range(200):
        band = counted("exact", *rows(300, seed)).roc_band(0.8, "fixed-width", fpr=GRID[1:-1])
        held += bool(((band.lower <= truth) & (truth <= band.upper)).all())
    assert held >= 160


@pytest.mark.parametrize("method", ["bootstrap", "fixed-width"])
def test_the_band_of_binned_counts_holds_that_of_the_rows(method):
    labels, scores = rows(3_000, seed=1)
    exact = counted("exact", labels, scores).roc_band(method=method, fpr=GRID[1:-1])
    binned = counted("thresholds", labels, scores).roc_band(method=method, fpr=GRID[1:-1])
    slack = 0.01 if method == "bootstrap" else 1e-12  # other draws
    assert (binned.lower <= exact.lower + slack).all()
    assert (binned.upper >= exact.upper - slack).all()
    assert binned.method.endswith("widened by bounds")
    assert "widened" not in exact.method


@pytest.mark.parametrize("labels", [[], [1, 1], [0, 0]])
def test_a_missing_class_has_no_band(labels):
    counts = counted("exact", labels, np.arange(len(labels), dtype=float))
    for method in ("bootstrap", "fixed-width"):
        band = counts.roc_band(method=method, fpr=[0.5])
        assert np.isnan([*band.value, *band.lower, *band.upper]).all()
    band = counts.precision_recall_band(recall=[0.5])
    assert np.isnan(band.lower).all() == (labels != [1, 1])


def test_weights_need_a_meaning_and_repeated_rows_are_one():
    labels, scores = rows(80, decimals=1)
    times = np.random.default_rng(4).integers(1, 4, 80)
    weighted = counted("exact", labels, scores, weights=times.astype(float))
    with pytest.raises(th.Error, match="`weight_meaning` must be given"):
        weighted.roc_band()
    with pytest.raises(th.Error, match='"fixed-width" needs rows'):
        weighted.roc_band(method="fixed-width", weight_meaning="sampling")
    with pytest.raises(th.Error, match="sums=True"):
        weighted.roc_band(weight_meaning="sampling")
    repeated = counted("exact", np.repeat(labels, times), np.repeat(scores, times))
    for method in ("bootstrap", "fixed-width"):
        ours = weighted.roc_band(method=method, weight_meaning="frequency", n_replicates=50)
        assert ours == repeated.roc_band(method=method, n_replicates=50)


def test_wrong_arguments_are_named():
    counts = counted("exact", *rows(30))
    with pytest.raises(th.Error, match="`method` must be 'bootstrap' or 'fixed-width'"):
        counts.roc_band(method="delong")
    with pytest.raises(th.Error, match=r"`fpr` must be in \[0, 1\], but is 1\.5"):
        counts.roc_band(fpr=[1.5])
    with pytest.raises(th.Error, match=r"`recall` must be ascending"):
        counts.precision_recall_band(recall=[0.5, 0.2])
    with pytest.raises(th.Error, match="`level`"):
        counts.roc_band(1.0)
    with pytest.raises(th.Error, match="`level`"):
        counts.roc_band(95, "fixed-width")


def test_a_band_is_a_table():
    pandas = pytest.importorskip("pandas")
    band = counted("exact", *rows(60)).roc_band(method="fixed-width")
    frame = band.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame) == ["x", "value", "lower", "upper"]
    assert band.axes == ("fpr", "tpr")
    assert not band.lower.flags.writeable
    with pytest.raises(th.Error, match="one length"):
        th.Band([0.1], [0.2, 0.3], [0.1], [0.4], 0.95, "by hand")
