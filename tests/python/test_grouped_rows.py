"""Groups of many rows, however they come: sorted as they are read, in lists, or in accumulators; keys and rates."""

import collections

import numpy as np
import pyarrow as pa
import pytest

import thresher as th
from test_grouped import METRICS, PROTOTYPES, kinds


@kinds
@pytest.mark.parametrize("weighted", [False, True])
def test_long_and_short_batches_of_few_groups_in_turn(kind, weighted):
    """Rows sorted as they are read (2^16 and more), lists of their own (2^12 and more), and rows added to these."""
    rng = np.random.default_rng(11)
    prototype = PROTOTYPES[kind](False)
    sizes = (30, 70_000, 50, 5_000, 40, 275_000, 65_536, 65_535, 4_096, 4_095, 1)
    rows = [(rng.integers(0, 300, n), rng.random(n) < 0.3, rng.random(n).astype(np.float32)) for n in sizes]
    if weighted:
        rows = [(*each, rng.integers(1, 5, len(each[0])).astype(float)) for each in rows]
    states = []
    for threads in (1, 2, 5):
        counts = th.GroupedCounts(prototype)
        for keys, labels, scores, *weights in rows:
            counts.update(keys, labels, scores, weights=weights[0] if weights else None, n_threads=threads)
        states.append(counts.to_bytes())
    assert states[0] == states[1] == states[2]
    table = counts.columns(metrics=METRICS)
    keys, labels, scores, *weights = (np.concatenate(column) for column in zip(*rows, strict=True))
    for key in (0, 7, 299):
        mine, alone = keys == key, prototype.copy()
        alone.update(labels[mine], scores[mine], weights=weights[0][mine] if weights else None)
        assert counts[key] == alone
        assert table["roc_auc"][key] == alone.roc_auc(tolerance=2)
    everything = prototype.copy()
    everything.update(labels, scores, weights=weights[0] if weights else None)
    assert counts.total() == everything
    assert (counts + counts)[7] == counts[7] + counts[7]
    assert th.GroupedCounts.from_bytes(states[0]) == counts


@kinds
def test_a_large_group_among_others_is_counted_alike_whatever_its_share(kind):
    rng = np.random.default_rng(12)
    prototype = PROTOTYPES[kind](False)
    counts, rows = th.GroupedCounts(prototype), []
    for share in (0.18, 0.5, 0.9, 0.1):
        keys = np.where(rng.random(800_000) < share, 0, rng.integers(1, 900, 800_000))
        rows.append((keys, rng.random(800_000) < 0.3, rng.random(800_000).astype(np.float32)))
        counts.update(*rows[-1])
    keys, labels, scores = (np.concatenate(column) for column in zip(*rows, strict=True))
    for key in (0, 1, 450):
        alone = prototype.copy()
        alone.update(labels[keys == key], scores[keys == key])
        assert counts[key] == alone
    assert counts.n_samples == len(keys)


def test_scores_of_both_dtypes_meet_in_a_group():
    rng = np.random.default_rng(13)
    for prototype in (th.CompactCounts(), th.ExactCounts()):
        counts, expected = th.GroupedCounts(prototype), {}
        for dtype, n in (("float32", 70_000), ("float64", 70_000), ("float32", 100), ("float64", 100)):
            keys, labels, scores = rng.integers(0, 9, n), rng.random(n) < 0.3, rng.random(n).astype(dtype)
            counts.update(keys, labels, scores)
            for key in range(9):
                expected.setdefault(key, prototype.copy()).update(labels[keys == key], scores[keys == key])
        assert dict(counts.items()) == expected


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint32", "uint64"])
def test_integers_are_the_same_keys_in_whatever_chunks_and_order_they_come(dtype):
    """Close together or far apart, before as after most of them are known, with nulls or without."""
    rng = np.random.default_rng(14)
    limits = np.iinfo(dtype)
    near = np.arange(5, 105, dtype=dtype)
    far = np.array([limits.min, limits.min + 1, 0, 1, limits.max // 2, limits.max - 1, limits.max], dtype)
    counts, expected = th.GroupedCounts(th.ExactCounts()), collections.Counter()
    for values, n in ((near[:10], 500), (near, 3_000), (far, 50), (np.concatenate([near, far]), 4_000), (near, 20)) * 2:
        keys, absent = rng.choice(values, n), rng.random(n) < 0.1
        cuts = np.sort(rng.integers(0, n, 3))
        chunks = [pa.array(some) for some in np.split(keys, cuts)]
        holed = [
            pa.array(some, mask=gone) for some, gone in zip(np.split(keys, cuts), np.split(absent, cuts), strict=True)
        ]
        for arrow in (pa.chunked_array(chunks), pa.chunked_array(holed), pa.chunked_array([chunks[0], *holed[1:]])):
            counts.update(arrow, np.zeros(n, bool), np.zeros(n, np.float32))
            expected.update(arrow.to_pylist())
    assert {key: each.n_samples for key, each in counts.items()} == dict(expected)


@kinds
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("weighted", [False, True])
def test_rates_at_a_threshold_are_those_of_each_group(kind, dtype, weighted):
    rng = np.random.default_rng(15)
    n = 4_000
    keys, labels = rng.integers(0, 12, n), rng.random(n) < 0.4
    scores = rng.choice(np.array([0.1, 0.3, 0.5, 0.7, 0.25, 0.75]), n).astype(dtype)
    weights = rng.random(n) if weighted else None
    thresholds = {"compact": [0.5, 0.25, 0.0], "exact": [0.5, 0.1, 0.7, 0.3, 2.0], "thresholds": [0.5, 0.9]}.get(
        kind, [0.1]
    )
    counts = th.GroupedCounts(PROTOTYPES[kind](False))
    counts.update(keys, labels, scores, weights=weights)
    names = [
        f"{rate}@{threshold}" for rate in ("recall", "f1", "matthews_correlation", "lift") for threshold in thresholds
    ]
    table = counts.columns(["roc_auc", *names])
    for place, group in enumerate(counts.values()):
        for name in names:
            rate, _, threshold = name.partition("@")
            if kind in ("compact", "exact"):
                expected = group.confusion(float(threshold)).rate(rate)
            else:
                at = group.thresholds.tolist().index(float(threshold))
                expected = group.confusion().rate(rate)[at]
            np.testing.assert_array_equal(table[name][place], expected)


def test_a_rate_where_no_interval_begins_names_the_edges_beside_it():
    counts = th.GroupedCounts(th.CompactCounts())
    counts.update([1, 2], [0, 1], [0.123456789, 0.9])
    with pytest.raises(th.Error, match=r"0\.12\d+.*0\.12\d+"):
        counts.columns(["recall@0.1234"])
