"""Counts are those of comparing every score with every threshold, whatever dtype, layout, kernel and thread count."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
import strategies
import thresher as th

NAMES = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def available(level):
    """Whether this CPU has the instructions."""
    if level is None:
        return True
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THRESHER_SIMD", level)
        try:
            th.roc_auc([0, 1], [0.1, 0.2])
        except th.Error:
            return False
    return True


LEVELS = [level for level in strategies.LEVELS if available(level)]


def columns(counts):
    return np.array([getattr(counts, name) for name in NAMES])


@given(data=st.data())
@pytest.mark.parametrize("level", LEVELS)
def test_every_count_is_the_comparison_of_score_and_threshold(level, data, monkeypatch):
    if level:
        monkeypatch.setenv("THRESHER_SIMD", level)
    cuts = data.draw(strategies.thresholds())
    labels, scores = data.draw(strategies.rows(cuts))
    comparison = data.draw(st.sampled_from([">=", ">"]))
    threads = data.draw(st.sampled_from([None, 1, 2, 4]))
    counts = th.confusion_at(labels, scores, cuts, comparison=comparison, n_threads=threads)
    assert columns(counts).tolist() == oracle.confusion(labels, scores, cuts, comparison == ">").tolist()
    assert counts.thresholds.tolist() == cuts.tolist()
    assert counts.true_positives.dtype == np.int64


@given(data=st.data())
def test_the_three_accumulators_agree_on_float16_scores(data):
    cuts = np.unique(data.draw(strategies.scores(np.linspace(0, 1, 11), ["float16"]))).astype(float)
    cuts = np.append(cuts, [0.5, 1.0])
    labels, scores = data.draw(strategies.rows(cuts, ["float16"]))
    fixed, compact, exact = th.ThresholdCounts(cuts), th.CompactCounts(), th.ExactCounts()
    for counts in fixed, compact, exact:
        counts.update(labels, scores)
    expected = oracle.confusion(labels, scores, cuts)
    assert columns(fixed.confusion()).tolist() == expected.tolist()
    assert columns(exact.confusion(cuts)).tolist() == expected.tolist()
    assert compact.exact
    assert columns(compact.confusion(cuts)).tolist() == expected.tolist()
    assert oracle.same(compact.roc_auc(), exact.roc_auc())


@given(data=st.data())
def test_integer_weights_are_summed_exactly(data):
    cuts = data.draw(strategies.thresholds())
    labels, scores = data.draw(strategies.rows(cuts))
    weights = (
        np.random.default_rng(0)
        .integers(0, 5, len(labels))
        .astype(data.draw(st.sampled_from(["f2", "f4", "f8", "u1"])))
    )
    counts = th.confusion_at(labels, scores, cuts, weights=data.draw(strategies.laid_out(weights)))
    assert columns(counts).tolist() == oracle.confusion(labels, scores, cuts, weights=weights.astype(float)).tolist()
    assert counts.true_positives.dtype == (np.float64 if weights.any() else np.int64)


@given(data=st.data())
def test_nan_scores_may_be_left_out_and_are_counted(data):
    cuts = data.draw(strategies.thresholds())
    labels, scores = data.draw(strategies.rows(cuts, strategies.FLOATS))
    scores = scores.copy()
    lost = np.random.default_rng(1).random(len(scores)) < 0.2
    scores[lost] = np.nan
    counts = th.ThresholdCounts(cuts)
    counts.update(labels, scores, nan="drop")
    assert columns(counts.confusion()).tolist() == oracle.confusion(labels[~lost], scores[~lost], cuts).tolist()
    assert counts.n_dropped == lost.sum()
    assert counts.n_samples == len(scores) - lost.sum()


@pytest.mark.parametrize("comparison", [">=", ">"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n", [100_000, 700_001])
def test_large_batches_on_several_threads_count_as_small_ones(dtype, comparison, n):
    rng = np.random.default_rng(5)
    labels, scores = rng.random(n) < 0.2, rng.random(n).astype(dtype)
    cuts = np.linspace(0, 1, 101)
    expected = oracle.confusion(labels, scores, cuts, comparison == ">")
    for threads in 1, 2, 3, 4:
        counts = th.confusion_at(labels, scores, cuts, comparison=comparison, n_threads=threads)
        assert columns(counts).tolist() == expected.tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_and_threads_give_the_same_bits(dtype, monkeypatch):
    rng = np.random.default_rng(5)
    n = 300_000
    labels, scores, weights = rng.random(n) < 0.2, rng.normal(size=n).astype(dtype), rng.random(n)
    states = set()
    for level in LEVELS:
        if level:
            monkeypatch.setenv("THRESHER_SIMD", level)
        for threads in 1, 2, 4:
            parts = [th.ThresholdCounts(np.linspace(-3, 3, 77)), th.CompactCounts(), th.ExactCounts()]
            for part in parts:
                part.update(labels, scores, weights=weights, n_threads=threads)
                part.update(labels, scores, n_threads=threads)
            area = th.roc_auc(labels, scores, n_threads=threads)
            states.add((area, *(part.to_bytes() for part in parts)))
    assert len(states) == 1


def test_a_float32_seven_tenths_reaches_the_threshold_seven_tenths():
    scores = np.array([0.7, 0.3], np.float32)
    assert scores[0] >= 0.7 > float(scores[0])
    counts = th.ThresholdCounts([0.7])
    counts.update([1, 0], scores)
    assert counts.confusion().true_positives.tolist() == [1]
    wide = th.ThresholdCounts([0.7], dtype="float64")
    wide.update([1, 0], scores)
    assert wide.confusion().true_positives.tolist() == [0]


def test_edges_never_move_once_a_batch_has_fixed_their_dtype():
    counts = th.ThresholdCounts([0.7])
    counts.update([], [])
    assert counts.dtype is None
    counts.update([1], np.float32([0.7]))
    assert counts.dtype == "float32"
    between = (0.7 + float(np.float32(0.7))) / 2  # above the float32 edge, below 0.7
    counts.update([1], np.array([between]))
    assert counts.confusion().true_positives.tolist() == [2]
    counts.reset()
    assert counts.dtype is None


def test_integer_scores_fix_float64():
    counts = th.ThresholdCounts([0.7])
    counts.update([1, 0], np.array([1, 0], np.int16))
    assert counts.dtype == "float64"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", np.float32, np.dtype("float64")])
def test_the_dtype_of_edges_may_be_given(dtype):
    assert th.ThresholdCounts([0.5], dtype=dtype).dtype == np.dtype(dtype).name


def test_bfloat16_edges_may_be_named_or_given_as_a_type():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert th.ThresholdCounts([0.5], dtype="bfloat16").dtype == "bfloat16"
    assert th.ThresholdCounts([0.5], dtype=ml_dtypes.bfloat16).dtype == "bfloat16"


def test_an_int_means_even_thresholds():
    for k in 1, 2, 200, np.int64(7):
        assert th.ThresholdCounts(k).thresholds.tolist() == np.linspace(0, 1, k).tolist()


def test_exact_integers_of_64_bits_and_longdouble_are_counted():
    for scores in np.array([2**53, 2**60, -(2**62)]), np.array([2**63, 2**64 - 2**11, 1], np.uint64):
        assert th.roc_auc([0, 1, 0], scores) == oracle.roc_auc(np.array([0, 1, 0]), scores)
    assert th.roc_auc([0, 1], np.longdouble([0.5, 0.1])) == 0.0


def test_signed_zeros_tie_and_infinities_and_denormals_order():
    assert th.roc_auc([0, 1], [-0.0, 0.0]) == 0.5
    assert th.roc_auc([0, 0, 1, 1], [-np.inf, 0.0, 5e-324, np.inf]) == 1.0
    counts = th.confusion_at([1, 1, 0], np.array([-np.inf, 1e-45, np.inf], np.float32), [-np.inf, 0.0, 1e-45, np.inf])
    assert counts.true_positives.tolist() == [2, 1, 1, 0]
    assert counts.false_positives.tolist() == [1, 1, 1, 1]


def test_thresholds_of_a_curve_can_be_passed_back(rows):
    labels, scores = rows
    curve = th.roc_curve(labels, scores, drop_intermediate=False)
    counts = th.confusion_at(labels, scores, curve.thresholds)
    assert counts.recall.tolist() == curve.tpr.tolist()
    assert counts.false_positive_rate.tolist() == curve.fpr.tolist()


def test_a_row_of_weight_zero_is_validated_and_counted_nowhere():
    for counts in th.ThresholdCounts(3), th.CompactCounts(), th.ExactCounts():
        counts.update([0, 1, 1], [0.1, 0.5, np.nan], weights=[0, 2.5, 0], nan="drop")
        assert (counts.n_samples, counts.n_positives, counts.n_dropped) == (1, 1, 0)
        assert (counts.weight_positives, counts.weight_negatives, counts.weighted) == (2.5, 0.0, True)


def test_a_scalar_threshold_gives_scalar_counts(rows):
    labels, scores = rows
    for threshold in 0.5, np.float32(0.5), np.array(0.5), 0:
        counts = th.confusion_at(labels, scores, threshold)
        assert isinstance(counts.true_positives, int)
        assert isinstance(counts.recall, float)
        assert isinstance(counts.thresholds, float)
        assert counts.true_positives == th.confusion_at(labels, scores, [threshold]).true_positives[0]
    weighted = th.confusion_at(labels, scores, 0.5, weights=np.full(len(labels), 0.5))
    assert weighted.true_positives == 0.5 * th.confusion_at(labels, scores, 0.5).true_positives
    assert isinstance(weighted.true_positives, float)


def test_exact_counts_answer_at_any_threshold_and_at_every_score(rows):
    labels, scores = rows
    exact = th.ExactCounts()
    exact.update(labels, scores)
    distinct = np.unique(scores)
    for comparison in ">=", ">":
        at_all = exact.confusion(comparison=comparison)
        assert at_all.thresholds.tolist() == distinct.tolist()
        assert columns(at_all).tolist() == oracle.confusion(labels, scores, distinct, comparison == ">").tolist()
        assert at_all.comparison == comparison
        at_some = exact.confusion([0.5, 0.123, -np.inf], comparison=comparison)
        assert (
            columns(at_some).tolist()
            == oracle.confusion(labels, scores, at_some.thresholds, comparison == ">").tolist()
        )
    assert exact.confusion(0.5).true_positives == exact.confusion([0.5]).true_positives[0]


def test_exact_counts_of_float32_scores_round_thresholds_to_float32():
    exact = th.ExactCounts()
    exact.update([1, 0], np.float32([0.7, 0.3]))
    assert exact.confusion(0.7).true_positives == 1
    exact.update([1], [0.7])  # 0.7 in float64 is no float32: from now on thresholds are taken as they are
    assert exact.confusion(0.7).true_positives == 1


def test_forced_instructions_that_do_not_exist_are_refused():
    code = "import thresher as th; th.roc_auc([0, 1], [0.1, 0.2])"
    environment = os.environ | {"THRESHER_SIMD": "mmx"}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "THRESHER_SIMD must be" in result.stderr


@pytest.mark.parametrize("variable", ["THRESHER_NUM_THREADS", "OMP_NUM_THREADS"])
def test_the_number_of_threads_comes_from_the_environment(variable, monkeypatch):
    from thresher import _core

    monkeypatch.delenv("THRESHER_NUM_THREADS", raising=False)
    monkeypatch.setenv(variable, "3")
    assert _core.default_threads() == 3
    monkeypatch.setenv("THRESHER_NUM_THREADS", "many")
    with pytest.raises(th.Error, match="THRESHER_NUM_THREADS must be an int >= 1"):
        _core.default_threads()


def test_pilot_thresholds_are_finite_increasing_and_tight():
    rng = np.random.default_rng(2)
    n = 50_000
    labels = rng.random(n) < 0.01
    scores = 1 / (1 + np.exp(-(rng.normal(-7, 1, n) + 2 * labels)))
    for options in {}, {"labels": labels}:
        cuts = th.thresholds_from(scores[:20_000], 5_000, **{name: each[:20_000] for name, each in options.items()})
        assert cuts.dtype == np.float64
        assert len(cuts) <= 5_000
        assert (np.diff(cuts) > 0).all()
        counts = th.ThresholdCounts(cuts)
        counts.update(labels, scores)
        lower, upper = counts.roc_auc_bounds()
        assert lower <= th.roc_auc(labels, scores) <= upper
        assert upper - lower < 1e-2
