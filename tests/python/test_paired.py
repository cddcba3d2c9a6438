"""Two models counted on the same rows: compared as arrays would be, whatever the batches, and as certain as it says."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th


def counted(labels, a, b, max_cells=2**20, **options):
    counts = th.PairedCounts(max_cells=max_cells)
    counts.update(labels, a, b, **options)
    return counts


def two_models(n, seed=0, dtype=np.float64, noise=0.5):
    """Labels and scores of two models that agree but for noise."""
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.3
    a = labels + rng.normal(size=n)
    return labels, a.astype(dtype), (a + noise * rng.normal(size=n)).astype(dtype)


def variance_of_difference(found):
    (first, shared), (_, second) = found.covariance
    return first + second - 2 * shared


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint16, np.int16])
def test_scores_of_16_bits_give_the_very_comparison_of_arrays(dtype):
    labels, a, b = two_models(20_000)
    a, b = ((np.abs(10 * each) if dtype == np.uint16 else 10 * each).astype(dtype) for each in (a, b))
    counts = th.PairedCounts()
    for start in range(0, 20_000, 3_000):
        rows = slice(start, start + 3_000)
        counts.update(labels[rows], a[rows], b[rows])
    found, expected = counts.compare_roc_auc(0.9), th.compare_roc_auc(labels, a, b, level=0.9)
    assert found == expected
    assert found.covariance.tolist() == expected.covariance.tolist()
    assert counts.resolution == 1
    assert "table" not in found.difference.method


@given(
    rows=st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 6)), max_size=40),
    same=st.booleans(),
)
def test_few_rows_of_every_kind_give_the_comparison_of_arrays(rows, same):
    labels, a, b = (np.array([row[i] for row in rows], dtype=float) for i in range(3))
    b = a if same else b
    found, expected = counted(labels, a, b).compare_roc_auc(), th.compare_roc_auc(labels, a, b)
    assert repr(found) == repr(expected)  # NaN equals NaN
    assert repr(found.covariance) == repr(expected.covariance)


@pytest.mark.parametrize("meaning", ["frequency", "sampling"])
def test_weights_of_both_meanings_give_the_comparison_of_arrays(meaning):
    labels, a, b = two_models(5_000, dtype=np.float16)
    weights = np.random.default_rng(1).gamma(2.0, 3.0, 5_000)
    weights[::50] = 0
    found = counted(labels, a, b, weights=weights).compare_roc_auc(weight_meaning=meaning)
    expected = th.compare_roc_auc(labels, a, b, weights=weights, weight_meaning=meaning)
    np.testing.assert_allclose(found.covariance, expected.covariance, rtol=1e-10)
    for name in ("a", "b", "difference"):
        ours, theirs = getattr(found, name), getattr(expected, name)
        np.testing.assert_allclose([ours.value, ours.lower, ours.upper], [theirs.value, theirs.lower, theirs.upper])
        assert ours.method == theirs.method
    assert found.z == pytest.approx(expected.z)


def test_integer_frequencies_are_repeated_rows():
    labels, a, b = two_models(2_000)
    times = np.arange(2_000) % 4
    weighted = counted(labels, a, b, weights=times).compare_roc_auc(weight_meaning="frequency")
    repeated = counted(*(np.repeat(each, times) for each in (labels, a, b))).compare_roc_auc()
    np.testing.assert_allclose(weighted.covariance, repeated.covariance, rtol=1e-10)
    assert weighted.difference.bounds == pytest.approx(repeated.difference.bounds)
    assert weighted.p_value == pytest.approx(repeated.p_value)


@given(cuts=st.lists(st.integers(0, 400), max_size=4), max_cells=st.integers(1, 300), seed=st.integers(0, 5))
def test_batches_order_and_shards_leave_the_same_bytes(cuts, max_cells, seed):
    labels, a, b = two_models(400, seed, np.float32)
    whole = counted(labels, a, b, max_cells)
    order = np.random.default_rng(seed).permutation(400)
    assert counted(labels[order], a[order], b[order], max_cells).to_bytes() == whole.to_bytes()
    pieces = [slice(*pair) for pair in itertools.pairwise([0, *sorted(cuts), 400])]
    batches, shards = th.PairedCounts(max_cells=max_cells), []
    for piece in pieces:
        batches.update(labels[piece], a[piece], b[piece])
        shards.append(counted(labels[piece], a[piece], b[piece], max_cells))
    assert batches == whole
    assert batches.to_bytes() == sum(shards[::-1]).to_bytes() == whole.to_bytes()
    assert whole.n_cells <= max_cells
    assert whole.resolution == 1 or len({*zip(a.tolist(), b.tolist(), strict=True)}) > max_cells


def test_each_model_is_what_compact_counts_make_of_it():
    labels, a, b = two_models(3_000, dtype=np.float32)
    weights = np.random.default_rng(2).random(3_000)
    for options in ({}, {"weights": weights}):
        counts = counted(labels, a, b, max_cells=50, **options)
        for ours, scores in ((counts.a, a), (counts.b, b)):
            alone = th.CompactCounts()
            alone.update(labels, scores, **options)
            assert ours == alone
        assert counts.weighted == bool(options)
        assert counts.weight_positives == pytest.approx(weights[labels].sum() if options else labels.sum())
        assert (counts.n_samples, counts.n_positives, counts.n_negatives) == (3_000, labels.sum(), (~labels).sum())
    counts.a.update([0], [0.5])  # a copy
    assert counts.n_samples == 3_000


@pytest.mark.parametrize("noise", [0.02, 0.5, 10.0])
@pytest.mark.parametrize("max_cells", [2**20, 2_000])
def test_continuous_scores_are_compared_within_what_it_says(noise, max_cells):
    labels, a, b = two_models(30_000, noise=noise)
    counts = counted(labels, a, b, max_cells)
    found, expected = counts.compare_roc_auc(), th.compare_roc_auc(labels, a, b)
    lower, upper = found.difference.bounds
    assert lower <= expected.difference.value <= upper
    assert found.difference.lower <= expected.difference.lower + 1e-5
    assert found.difference.upper >= expected.difference.upper - 1e-5
    assert f"joint table of {counts.n_cells:,} cells, widened" in found.difference.method
    if counts.resolution == 1:
        assert variance_of_difference(found) == pytest.approx(variance_of_difference(expected), rel=1e-3)
    elif noise > 0.1:
        assert variance_of_difference(found) == pytest.approx(variance_of_difference(expected), rel=0.05)


def test_a_row_with_nan_in_either_model_is_dropped_from_both():
    labels = np.array([0, 0, 1, 1, 0, 1, 1])
    a = np.array([0.1, 0.4, 0.3, 0.8, np.nan, 0.2, 0.7], np.float32)
    b = np.array([0.2, 0.3, 0.3, 0.6, 0.9, np.nan, 0.1])
    kept = ~(np.isnan(a) | np.isnan(b))
    counts = counted(labels, a, b, nan="drop")
    assert counts.n_dropped == 2
    assert counts.compare_roc_auc() == counted(labels[kept], a[kept], b[kept]).compare_roc_auc()
    zero = counted([0, 1], [np.nan, 1.0], [0.0, 1.0], weights=[0, 1], nan="drop")
    assert (zero.n_dropped, zero.n_samples) == (0, 1)


def test_no_rows_one_class_and_one_row_have_no_comparison():
    for labels in ([], [1, 1, 1], [0]):
        found = counted(labels, np.arange(len(labels)), np.arange(len(labels))).compare_roc_auc()
        assert np.isnan([found.difference.value, found.p_value, *found.covariance.ravel()]).all()
    found = counted([0, 1], [1, 2], [2, 1]).compare_roc_auc()
    assert found.difference.value == 1
    assert np.isnan(found.difference.lower)


def test_bad_input_is_named_and_changes_nothing():
    labels, scores = [0, 1, 1], [0.1, 0.2, 0.3]
    counts = counted(labels, scores, scores)
    before = counts.to_bytes()
    with pytest.raises(th.Error, match=r"`scores_b` must not be NaN, but scores_b\[2\] is NaN"):
        counts.update(labels, scores, [0.1, 0.2, np.nan])
    with pytest.raises(th.Error, match=r"`scores_a` must not be NaN, but scores_a\[0\] is NaN"):
        counts.update(labels, [np.nan, 0.2, np.nan], [0.1, np.nan, 0.2])
    with pytest.raises(th.Error, match="`scores_b` has 2 rows but `labels` has 3"):
        counts.update(labels, scores, scores[:2])
    with pytest.raises(th.Error, match="`scores_a` has 2 columns"):
        counts.update(labels, [[1, 2], [3, 4], [5, 6]], scores)
    with pytest.raises(th.Error, match=r"labels\[1\] is 2"):
        counts.update([0, 2, 1], scores, scores)
    with pytest.raises(th.Error, match=r"scores_b\[0\] is 9007199254740993"):
        counts.update(labels, scores, np.array([2**53 + 1, 0, 0]))
    with pytest.raises(th.Error, match="`nan` must be 'raise' or 'drop'"):
        counts.update(labels, scores, scores, nan="keep")
    with pytest.raises(th.Error, match=r"weights\[1\] is -1"):
        counts.update(labels, scores, scores, weights=[1, -1, 1])
    with pytest.raises(OverflowError, match="w²"):
        counts.update(labels, scores, scores, weights=[1e200, 1, 1])
    with pytest.raises(th.Error, match="`max_cells` is 1048576 here and 5 in `other`"):
        counts.merge(th.PairedCounts(max_cells=5))
    with pytest.raises(TypeError, match="must be a PairedCounts, but is a CompactCounts"):
        counts.merge(th.CompactCounts())
    with pytest.raises(TypeError, match="must be a CompactCounts, but is a PairedCounts"):
        th.CompactCounts().merge(counts)
    with pytest.raises(th.Error, match="`max_cells` must be >= 1"):
        th.PairedCounts(max_cells=0)
    assert counts.to_bytes() == before
    counts.update(labels, scores, scores, weights=[1, 2, 3])
    with pytest.raises(th.Error, match="`weight_meaning` must be given"):
        counts.compare_roc_auc()
    with pytest.raises(th.Error, match="`level`"):
        counts.compare_roc_auc(2, weight_meaning="sampling")


def test_copies_files_and_pickles_hold_the_same(tmp_path):
    labels, a, b = two_models(1_000)
    counts = counted(["yes" if label else "no" for label in labels], a, b, 100, pos_label="yes")
    counts.save(tmp_path / "pair.thr", metadata={"models": ["a", "b"]})
    loaded = th.load(tmp_path / "pair.thr")
    assert loaded.metadata["models"] == ["a", "b"]
    for twin in (
        loaded,
        counts.copy(),
        pickle.loads(pickle.dumps(loaded)),
        th.PairedCounts.from_bytes(counts.to_bytes()),
    ):
        assert isinstance(twin, th.PairedCounts)
        assert twin == counts
        assert twin.to_bytes() == counts.to_bytes()
    twin = counts.copy()
    twin += counts
    assert twin != counts
    assert twin.n_samples == 2_000
    twin.reset()
    assert twin == th.PairedCounts(max_cells=100)
    assert counts != th.CompactCounts()
    for ours, theirs in ((th.PairedCounts, counts.a), (th.CompactCounts, counts)):
        with pytest.raises(th.InvalidStateError, match=f"hold {type(theirs).__name__}"):
            ours.from_bytes(theirs.to_bytes())


def test_it_tells_of_itself():
    labels, a, b = two_models(1_000)
    counts = counted(labels, a, b, 100)
    text = repr(counts)
    assert text.startswith("<PairedCounts(max_cells=100)\n  rows: 1,000 (")
    assert f"cells: {counts.n_cells} of {counts.resolution:,} by {counts.resolution:,} intervals" in text
    assert "roc_auc of b" in counts._repr_html_()
    assert counts.nbytes > 0


def test_memory_is_limited_whatever_the_rows():
    counts = th.PairedCounts(max_cells=1_000)
    rng = np.random.default_rng(0)
    for _ in range(12):
        counts.update(rng.random(50_000) < 0.5, rng.random(50_000), rng.random(50_000))
    assert counts.n_cells <= 1_000
    assert counts.nbytes < (8 << 20) + 24_000 + 2 * 8 * 262_144


# ---- the paired bootstrap of the joint table -----------------------------------------------------------------------


COMPARED = {
    "average precision": (
        lambda *rows, **options: th.compare_average_precision(*rows, **options),
        lambda counts, **options: counts.compare_average_precision(**options),
    ),
    "recall at a false positive rate": (
        lambda *rows, **options: th.compare_rate(*rows, at={"false_positive_rate": 0.1}, **options),
        lambda counts, **options: counts.compare_rate(at={"false_positive_rate": 0.1}, **options),
    ),
}


@pytest.mark.parametrize("what", COMPARED)
def test_the_bootstrap_of_scores_of_16_bits_is_that_of_arrays(what):
    of_arrays, of_counts = COMPARED[what]
    labels, a, b = two_models(3_000, dtype=np.float16)
    counts = counted(labels[:1_000], a[:1_000], b[:1_000]) + counted(labels[1_000:], a[1_000:], b[1_000:])
    settings = {"seed": 3, "n_replicates": 99}
    assert of_counts(counts, **settings) == of_arrays(labels, a, b, **settings)


@pytest.mark.parametrize("meaning", ["frequency", "sampling"])
@pytest.mark.parametrize("what", COMPARED)
def test_the_bootstrap_of_weights_has_the_spread_of_that_of_arrays(what, meaning):
    of_arrays, of_counts = COMPARED[what]
    labels, a, b = two_models(2_000, dtype=np.float16)
    weights = np.random.default_rng(1).choice([0.5, 1.0, 3.0], 2_000)
    settings = {"seed": 3, "n_replicates": 999, "weight_meaning": meaning}
    found = of_counts(counted(labels, a, b, weights=weights), **settings).difference
    expected = of_arrays(labels, a, b, weights=weights, **settings).difference
    assert found.value == pytest.approx(expected.value, abs=1e-12)
    assert found.upper - found.lower == pytest.approx(expected.upper - expected.lower, rel=0.15)
    assert meaning in found.method
    with pytest.raises(th.Error, match="`weight_meaning` must be given"):
        of_counts(counted(labels, a, b, weights=weights), seed=1)


def test_a_coarse_table_is_resampled_about_the_models_own_figures():
    labels, a, b = two_models(4_000, noise=0.8)
    counts, settings = counted(labels, a, b, max_cells=400), {"seed": 1, "n_replicates": 999}
    assert counts.resolution > 1
    found, expected = (
        counts.compare_average_precision(**settings),
        th.compare_average_precision(labels, a, b, **settings),
    )
    lower, upper = found.difference.bounds
    assert lower <= expected.difference.value <= upper
    assert found.a.bounds == pytest.approx(counts.a.average_precision_bounds())
    width = expected.difference.upper - expected.difference.lower
    assert found.difference.upper - found.difference.lower == pytest.approx(width + upper - lower, rel=0.15)
    assert f"joint table of {counts.n_cells} cells, " in found.difference.method + ", "
    rate = counts.compare_rate("recall", at={"false_positive_rate": 0.1}, **settings)
    of_arrays = th.compare_rate(labels, a, b, at={"false_positive_rate": 0.1}, **settings)
    assert rate.difference.value == pytest.approx(of_arrays.difference.value, abs=0.005)
    assert rate.a.value == counts.a.threshold_at(false_positive_rate=0.1).rate("recall")
    assert rate.figure == of_arrays.figure == "recall at a false positive rate of 0.1"
