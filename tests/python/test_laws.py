"""The laws of an accumulator: identity, any split, any order, all or nothing, equal state and equal bytes."""

import copy
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
import thresher as th

MAKERS = {
    "thresholds": lambda: th.ThresholdCounts(np.linspace(0, 1, 33), dtype="float32"),
    "strict": lambda: th.ThresholdCounts([0.7, 0.1, 0.7], comparison=">", dtype="float64"),
    "compact": th.CompactCounts,
    "exact": th.ExactCounts,
}


def filled(make, *batches):
    counts = make()
    for labels, scores, weights in batches:
        counts.update(labels, scores, weights=weights, nan="drop")
    return counts


@st.composite
def batches(draw):
    """A few batches, with ties, NaN, and integer weights or none."""
    result = []
    for _ in range(draw(st.integers(1, 4))):
        labels, scores = draw(strategies.rows(np.linspace(0, 1, 9), strategies.FLOATS))
        if draw(st.booleans()) and len(scores):
            scores = scores.copy()
            scores[0] = np.nan
        weights = np.arange(len(labels)) % 4 if draw(st.booleans()) else None
        result.append((labels, scores, weights))
    return result


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@given(data=batches())
def test_any_split_merged_in_any_order_is_one_update(make, data):
    whole = filled(make, *data)
    parts = [filled(make, batch) for batch in data]
    for order in itertools.islice(itertools.permutations(parts), 4):
        total = sum(order)
        assert total == whole
        assert total.to_bytes() == whole.to_bytes()
    half = len(data[0][0]) // 2
    split = [tuple(None if each is None else each[cut] for each in data[0]) for cut in (slice(half), slice(half, None))]
    assert filled(make, *split) == filled(make, data[0])


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@given(data=batches())
def test_merging_is_commutative_and_associative_with_an_identity(make, data):
    a, b, c = (filled(make, *data[i:]) for i in range(3))
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + make() == a
    assert make() + a == a
    doubled = a.copy()
    doubled.merge(doubled)
    assert doubled == a + a
    assert doubled.n_samples == 2 * a.n_samples
    a += b
    assert a.n_samples == filled(make, *data).n_samples + b.n_samples


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@given(data=batches())
def test_bytes_pickles_and_copies_are_the_same_accumulator(make, data):
    counts = filled(make, *data)
    for twin in (
        type(counts).from_bytes(counts.to_bytes()),
        type(counts).from_bytes(bytearray(counts.to_bytes())),
        pickle.loads(pickle.dumps(counts)),
        copy.copy(counts),
        copy.deepcopy(counts),
        counts.copy(),
    ):
        assert twin == counts
        assert twin.to_bytes() == counts.to_bytes()
        twin.update([1], np.float32([0.5]))
        assert twin != counts
        assert twin.n_samples == counts.n_samples + 1
    counts.reset()
    assert counts == make()


def test_any_split_of_real_weights_agrees_within_the_stated_error():
    rng = np.random.default_rng(0)
    n = 200_000
    labels, scores, weights = rng.random(n) < 0.3, rng.random(n).astype(np.float32), rng.random(n)
    for make in MAKERS.values():
        whole = filled(make, (labels, scores, weights))
        parts = [filled(make, (labels[i::7], scores[i::7], weights[i::7])) for i in range(7)]
        total = sum(parts)
        assert total.weight_positives == pytest.approx(whole.weight_positives, rel=n * 2**-53)
        assert total.n_positives == whole.n_positives


def test_an_empty_accumulator_takes_the_dtype_of_the_other():
    filled_, empty = th.ThresholdCounts([0.7]), th.ThresholdCounts([0.7])
    filled_.update([1], np.float32([0.7]))
    assert (empty + filled_).dtype == "float32"
    assert (filled_ + empty).dtype == "float32"
    assert sum([empty, filled_, empty]).confusion().true_positives.tolist() == [1]


def test_equal_values_make_equal_exact_counts_whatever_dtype_they_came_in():
    states = []
    for dtype in "float16", "float32", "float64", "longdouble":
        counts = th.ExactCounts()
        counts.update([0, 1, 1], np.array([0.5, 0.25, 0.25], dtype))
        states.append(counts.to_bytes())
    assert len(set(states)) == 1


def test_classes_and_settings_are_told_apart():
    assert th.ExactCounts() != th.CompactCounts()
    assert th.ThresholdCounts([0.5]) != th.ThresholdCounts([0.5], comparison=">")
    assert th.ThresholdCounts([0.5, 0.2]) != th.ThresholdCounts([0.2, 0.5])
    assert th.ExactCounts() != 3
    with pytest.raises(TypeError, match="unhashable"):
        hash(th.ExactCounts())


def test_a_limit_on_memory_is_kept_by_copies_and_pickles():
    counts = th.ExactCounts(max_bytes=10**9)
    counts.update([0, 1], [0.1, 0.9])
    for twin in copy.copy(counts), copy.deepcopy(counts), pickle.loads(pickle.dumps(counts)), counts + th.ExactCounts():
        assert twin.max_bytes == 10**9
        assert twin == counts


def test_counts_of_a_thing_counted_and_merged():
    counts = th.ExactCounts()
    counts.update([0, 1, 1], [0.5, 0.25, np.nan], nan="drop")
    counts.update([0, 1, 1], [0.5, 0.25, 0.75], weights=[1, 2, 3])
    assert (counts.n_samples, counts.n_positives, counts.n_negatives, counts.n_dropped) == (5, 3, 2, 1)
    assert (counts.weight_positives, counts.weight_negatives) == (6.0, 2.0)
    assert counts.weighted
    assert counts.exact
    assert counts.nbytes > 0
    assert counts.thresholds.tolist() == [0.25, 0.5, 0.75]
    assert all(isinstance(each.plan, str) and each.plan for each in (counts, th.CompactCounts(), th.ThresholdCounts(3)))


def test_sum_starts_from_zero_only():
    with pytest.raises(TypeError):
        1 + th.ExactCounts()


def test_merging_counts_beyond_two_to_the_sixty_third_is_refused():
    counts = th.ThresholdCounts([0.5])
    counts.update([0, 1], [0.2, 0.9])
    for _ in range(61):
        counts += counts
    assert counts.n_samples == 2**62
    before = counts.copy()
    with pytest.raises(OverflowError, match="2\\^63 - 1"):
        counts.merge(counts)
    assert counts == before
    assert counts.confusion().true_positives.tolist() == [2**61]
