"""Accumulators made with `sums=True`: what they keep beside their counts, against NumPy and `math.fsum`."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th
from thresher import _problem

MAKERS = {
    "thresholds": lambda **settings: th.ThresholdCounts([0.2, 0.5, 0.9], dtype="float64", **settings),
    "compact": th.CompactCounts,
    "exact": th.ExactCounts,
}
every_kind = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def filled(make, *batches):
    counts = make(sums=True)
    for labels, scores, weights in batches:
        counts.update(labels, scores, weights=weights)
    return counts


def rows(n, seed, weighted):
    rng = np.random.default_rng(seed)
    scores = rng.choice([rng.random(n), np.round(0.01 + 0.98 * rng.random(n), 2), np.full(n, 0.5)])
    return rng.random(n) < 0.4, scores, rng.exponential(size=n) if weighted else None


def definition(tally, labels, scores, weights):
    """The four sums per group, [negatives, positives] each, by `math.fsum` over the terms of all rows."""
    weights = np.ones(len(scores)) if weights is None else weights
    thresholds = tally.columns()[0]
    group = len(thresholds) - np.searchsorted(thresholds[::-1], scores, side="right")
    loss = np.array([-math.log(s) if y else -math.log1p(-s) for y, s in zip(labels, scores, strict=True)])
    terms = (weights**2, weights * scores, weights * scores**2, weights * loss)
    return [
        [[math.fsum(term[(group == g) & (labels == y)]) for g in range(len(thresholds))] for y in (False, True)]
        for term in terms
    ]


@every_kind
@given(n=st.integers(0, 300), seed=st.integers(0, 2**32), weighted=st.booleans())
def test_sums_are_those_of_the_rows_of_each_group(make, n, seed, weighted):
    labels, scores, weights = rows(n, seed, weighted)
    tally = filled(make, (labels, scores, weights))._state.tally()
    *sums, extent = tally.sums()
    for found, expected in zip(sums, definition(tally, labels, scores, weights), strict=True):
        np.testing.assert_allclose(np.array(found), np.array(expected).reshape(2, len(tally)), rtol=1e-13)
    assert extent == ((scores.min(), scores.max()) if n else None)


@every_kind
def test_counts_are_the_same_with_sums_as_without(make):
    for weighted in (False, True):
        labels, scores, weights = rows(70_000, 7, weighted)
        plain, kept = make(), filled(make, (labels, scores, weights))
        plain.update(labels, scores, weights=weights)
        for ours, theirs in zip(kept._state.tally().columns(), plain._state.tally().columns(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert kept.roc_auc(tolerance=1) == plain.roc_auc(tolerance=1)
        assert plain._state.tally().sums() is None
        assert (kept.sums, plain.sums) == (True, False)


@every_kind
def test_copies_bytes_pickles_and_files_keep_the_sums(make, tmp_path):
    counts = filled(make, rows(500, 1, False), rows(500, 2, True))
    counts.save(tmp_path / "day.thr")
    twins = [
        counts.copy(),
        copy.deepcopy(counts),
        pickle.loads(pickle.dumps(counts)),
        type(counts).from_bytes(counts.to_bytes()),
        th.load(tmp_path / "day.thr"),
    ]
    for twin in twins:
        assert twin == counts
        assert twin.sums
        assert "sums=True" in repr(twin)
        np.testing.assert_equal(twin._state.tally().sums(), counts._state.tally().sums())
    counts.reset()
    assert counts == make(sums=True)
    assert counts != make()
    assert "sums" not in repr(make())


@every_kind
def test_sums_merge_with_sums_alone(make):
    kept, plain = filled(make, rows(50, 3, True)), make()
    before = kept.to_bytes()
    for ours, theirs in ((kept, plain), (plain, kept)):
        with pytest.raises(th.Error, match="`sums` is"):
            ours.merge(theirs)
    assert kept.to_bytes() == before
    assert (kept + make(sums=True)) == kept


@every_kind
def test_sums_that_overflow_are_refused_and_nothing_changes(make):
    counts = filled(make, rows(50, 3, True))
    before = counts.to_bytes()
    with pytest.raises(OverflowError, match="Σ w²"):
        counts.update([0, 1], [0.2, 0.5], weights=[1.0, 1e200])
    assert counts.to_bytes() == before


@every_kind
def test_a_certain_error_is_an_infinite_loss_that_lasts(make):
    counts = filled(make, ([1, 0, 1], [0.0, 0.5, 0.5], None))
    total = type(counts).from_bytes((counts + counts).to_bytes())
    negatives, positives = total._state.tally().sums()[3]
    assert np.isposinf(positives).sum() == 1
    np.testing.assert_allclose(negatives.sum(), 2 * math.log(2))


def test_an_exact_limit_survives_with_its_sums():
    counts = th.ExactCounts(max_bytes=10_000, sums=True)
    counts.update([0, 1], [0.25, 0.75], weights=[2.0, 3.0])
    twin = pickle.loads(pickle.dumps(counts))
    assert (twin, twin.max_bytes, twin.sums) == (counts, 10_000, True)


def test_counts_of_arrays_keep_sums_when_asked():
    labels, scores, weights = rows(100_000, 5, True)
    tally = _problem.counted((labels, scores, weights, None, False, None), sums=True).tally()
    squares = np.array(tally.sums()[0])
    np.testing.assert_allclose(squares.sum(axis=1), [(weights[labels == y] ** 2).sum() for y in (0, 1)], rtol=1e-12)
