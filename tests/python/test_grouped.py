"""One accumulator a key: each is what an accumulator of its rows alone would be, whatever came in which batch."""

import datetime
import itertools
import math
import pickle
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th

PROTOTYPES = {
    "thresholds": lambda sums: th.ThresholdCounts([0.2, 0.5, 0.5, 0.9], sums=sums),
    "one threshold of float16": lambda sums: th.ThresholdCounts([0.1], dtype="float16", comparison=">", sums=sums),
    "compact": lambda sums: th.CompactCounts(sums=sums),
    "exact": lambda sums: th.ExactCounts(sums=sums),
}
kinds = pytest.mark.parametrize("kind", PROTOTYPES)
METRICS = ["roc_auc", "average_precision"]
LOSSES = ["mean_score", "calibration_ratio", "log_loss", "normalized_entropy", "brier_score"]


def by_hand(prototype, batches):
    """The definition: a dict of accumulators, each updated with its rows of each batch."""
    found = {}
    dtype = None
    for keys, labels, scores, options in batches:
        if dtype is None and np.isfinite(np.asarray(scores, float)).any():
            dtype = scores.dtype
        for key in dict.fromkeys(keys):
            rows = np.array([each == key for each in keys])
            counts = found.setdefault(key, prototype.copy())
            weights = options.get("weights")
            chosen = options | ({} if weights is None else {"weights": weights[rows]})
            counts.update(labels[rows], scores[rows], **chosen)
    return dict(sorted(found.items()))


def counted(prototype, batches):
    counts = th.GroupedCounts(prototype)
    for keys, labels, scores, options in batches:
        counts.update(keys, labels, scores, **options)
    return counts


@st.composite
def batches(draw, weighted=None, dtypes=("float32",)):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dtype = draw(st.sampled_from(dtypes))
    some = []
    for _ in range(draw(st.integers(0, 4))):
        n, groups = draw(st.sampled_from([0, 1, 5, 60, 700])), draw(st.sampled_from([1, 3, 50, 3000]))
        scores = rng.choice(np.array([0.1, 0.2, 0.5, 0.9, rng.random(), rng.random()]), n).astype(dtype)
        options = {"nan": "drop"}
        if np.dtype(dtype).kind == "f":
            scores[rng.random(n) < 0.1] = np.nan
        if draw(st.booleans()) if weighted is None else weighted:
            options["weights"] = rng.integers(0, 4, n).astype(np.float64)
        some.append((rng.integers(0, groups, n).tolist(), rng.random(n) < 0.4, scores, options))
    return some


@kinds
@pytest.mark.parametrize("sums", [False, True])
@given(data=st.data())
def test_each_group_is_the_accumulator_of_its_rows(kind, sums, data):
    dtype = data.draw(st.sampled_from(["float16", "float32", "float64"]))
    some = data.draw(batches(dtypes=(dtype,)))
    prototype = PROTOTYPES[kind](sums)
    counts, expected = counted(prototype, some), by_hand(prototype, some)
    assert list(counts) == list(expected)
    for key, group in counts.items():
        alike(group, expected[key], sums)
    assert counts.n_samples == sum(each.n_samples for each in expected.values())
    assert counts.n_positives == sum(each.n_positives for each in expected.values())
    assert counts.n_dropped == sum(each.n_dropped for each in expected.values())


def alike(ours, theirs, sums):
    """Bit for bit; further sums, whose products are no whole numbers, as closely as the order of adding allows."""
    if not sums or ours._kind == "exact":
        assert ours == theirs
        return
    assert (ours.n_samples, ours.n_positives, ours.n_dropped) == (
        theirs.n_samples,
        theirs.n_positives,
        theirs.n_dropped,
    )
    for name in LOSSES:
        assert getattr(ours, name)() == pytest.approx(getattr(theirs, name)(), rel=1e-12, nan_ok=True)


@kinds
@given(data=st.data())
def test_the_total_is_the_ungrouped_accumulator(kind, data):
    some = data.draw(batches())
    prototype = PROTOTYPES[kind](False)
    ungrouped = prototype.copy()
    for _, labels, scores, options in some:
        ungrouped.update(labels, scores, **options)
    assert counted(prototype, some).total() == ungrouped


@kinds
@pytest.mark.parametrize("sums", [False, True])
@given(data=st.data())
def test_shards_merged_in_any_order_are_the_whole(kind, sums, data):
    some = data.draw(batches())
    prototype = PROTOTYPES[kind](sums)
    parts = [counted(prototype, [batch]) for batch in data.draw(st.permutations(some))]
    merged, whole = sum(parts, th.GroupedCounts(prototype)), counted(prototype, some)
    assert list(merged) == list(whole)
    for key, group in merged.items():
        alike(group, whole[key], sums)
    if not sums:
        assert merged.to_bytes() == whole.to_bytes()
        assert merged == whole


@kinds
@pytest.mark.parametrize("sums", [False, True])
@given(data=st.data())
def test_bytes_bring_the_groups_back(kind, sums, data):
    counts = counted(PROTOTYPES[kind](sums), data.draw(batches()))
    again = th.GroupedCounts.from_bytes(counts.to_bytes())
    assert again == counts
    assert again.to_bytes() == counts.to_bytes()
    assert list(again) == list(counts)
    assert all(again[key] == counts[key] for key in counts)
    doubled = counts.copy()
    doubled.merge(again)
    assert doubled.total().n_samples == 2 * counts.total().n_samples
    assert all(doubled[key] == counts[key] + counts[key] for key in itertools.islice(counts, 20)) or sums
    assert pickle.loads(pickle.dumps(counts)) == counts


@kinds
@given(data=st.data())
def test_a_roll_up_and_a_selection_are_those_of_the_rows(kind, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n = data.draw(st.sampled_from([0, 1, 300]))
    days, models = rng.integers(0, 20, n), rng.choice(np.array(["a", "b", "ü"]), n)
    labels, scores = rng.random(n) < 0.5, rng.random(n).astype(np.float32)
    prototype = PROTOTYPES[kind](False)
    both = th.GroupedCounts(prototype)
    both.update({"day": days, "model": models}, labels, scores)
    by_model = th.GroupedCounts(prototype)
    by_model.update({"model": models}, labels, scores)
    swapped = th.GroupedCounts(prototype)
    swapped.update({"model": models, "day": days}, labels, scores)
    assert both.rollup("model") == by_model
    assert both.rollup("model", "day") == swapped
    chosen = both.select(lambda key: key[0] < 5, model=["a", "ü"])
    rows = (days < 5) & (models != "b")
    expected = th.GroupedCounts(prototype)
    expected.update({"day": days[rows], "model": models[rows]}, labels[rows], scores[rows])
    assert list(chosen) == list(expected)
    assert all(chosen[key] == expected[key] for key in expected)
    if n:
        key = next(iter(both))
        assert list(both.select([key])) == [key]


def test_threads_and_batches_change_nothing_even_where_groups_have_grown():
    rng = np.random.default_rng(5)
    n = 1_200_000
    keys = np.where(rng.random(n) < 0.6, 0, rng.integers(0, 5000, n))
    labels, scores = rng.random(n) < 0.3, rng.random(n).astype(np.float32)
    for prototype in (th.ThresholdCounts(20), th.CompactCounts(), th.ExactCounts()):
        states = []
        for threads, size in ((1, n), (2, n), (3, 170_000)):
            counts = th.GroupedCounts(prototype)
            for start in range(0, n, size):
                rows = slice(start, start + size)
                counts.update(keys[rows], labels[rows], scores[rows], n_threads=threads)
            states.append(counts.to_bytes())
        assert states[0] == states[1] == states[2]
        alone, more = prototype.copy(), prototype.copy()
        alone.update(labels[keys == 0], scores[keys == 0])
        more.update(labels, scores)
        assert counts[0] == alone
        assert counts.total() == more
        assert th.GroupedCounts.from_bytes(states[0]).to_bytes() == states[0]
        merged = counts + counts
        assert merged[0] == alone + alone


@kinds
@pytest.mark.parametrize("weighted", [False, True])
def test_a_group_at_every_size_about_where_it_is_promoted(kind, weighted):
    rng = np.random.default_rng(3)
    prototype = PROTOTYPES[kind](False)
    counts, expected = th.GroupedCounts(prototype), {}
    sizes = {0: 10, 1: 60, 2: 69, 3: 70, 4: 71, 5: 140, 6: 300_000}
    keys = rng.permutation(np.repeat(list(sizes), list(sizes.values())))
    labels, scores = rng.random(len(keys)) < 0.5, rng.random(len(keys)).astype(np.float32)
    options = {"weights": rng.integers(1, 5, len(keys)).astype(float)} if weighted else {}
    for _ in range(3):
        counts.update(keys, labels, scores, **options)
        for key in sizes:
            rows = keys == key
            chosen = {name: values[rows] for name, values in options.items()}
            expected.setdefault(key, prototype.copy()).update(labels[rows], scores[rows], **chosen)
    assert dict(counts.items()) == expected


@pytest.mark.parametrize("groups", [1, 2, 1000, 1024, 1025])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_batches_about_the_size_from_which_rows_are_counted_in_a_table(groups, dtype):
    rng = np.random.default_rng(groups)
    prototype = PROTOTYPES["thresholds"](False)  # eight cells a group: a table from four rows a group on
    some = []
    for n in (3, 2 * groups, 4 * groups - 1, 4 * groups, 4 * groups + 1, 5, 20 * groups, 1):
        scores = rng.choice(np.array([0.1, 0.2, 0.5, 0.9, rng.random()]), n).astype(dtype)
        scores[rng.random(n) < 0.1] = np.nan
        some.append((rng.integers(0, groups, n).tolist(), rng.random(n) < 0.4, scores, {"nan": "drop"}))
    counts = counted(prototype, some)
    expected = by_hand(prototype, some)
    assert list(counts) == list(expected)
    assert all(counts[key] == expected[key] for key in expected)
    for threads in (1, 5):
        again = counted(prototype, [(*batch[:3], batch[3] | {"n_threads": threads}) for batch in some])
        assert again.to_bytes() == counts.to_bytes()
    pairs = counted(prototype, [({"a": keys, "b": keys}, *rest) for keys, *rest in some])
    assert all(pairs[key, key] == expected[key] for key in expected)


def test_a_table_is_not_added_when_a_row_of_its_batch_is_refused():
    rng = np.random.default_rng(1)
    keys, labels, scores = rng.integers(0, 3, 300_000), rng.random(300_000) < 0.5, rng.random(300_000)
    counts = th.GroupedCounts(th.ThresholdCounts([0.5]))
    counts.update(keys, labels, scores)
    before = counts.to_bytes()
    for bad in (150_000, 299_999):
        spoilt, wrong = scores.copy(), labels.astype(np.int8)
        spoilt[[bad, -1]], wrong[[bad, -1]] = np.nan, 2
        with pytest.raises(th.Error, match=rf"scores\[{bad}\]"):
            counts.update(keys, labels, spoilt)
        with pytest.raises(th.Error, match=rf"labels\[{bad}\]"):
            counts.update(keys, wrong, scores)
    assert counts.to_bytes() == before


@kinds
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_figures_of_groups_of_few_rows_and_of_many_are_those_of_their_accumulators(kind, dtype):
    rng = np.random.default_rng(7)
    keys = rng.permutation(np.repeat([0, 1, 2, 3], [1_023, 1_024, 1_025, 9_000]))
    scores = (rng.normal(size=len(keys)) * 10.0 ** rng.integers(-4, 3, len(keys))).astype(dtype)
    labels = rng.random(len(keys)) < 0.4
    counts = th.GroupedCounts(PROTOTYPES[kind](False))
    counts.update(keys, labels, scores)
    table = counts.columns(metrics=METRICS)
    for row, key in enumerate(counts):
        alone = PROTOTYPES[kind](False)
        alone.update(labels[keys == key], scores[keys == key])
        expected = [alone.roc_auc(tolerance=2), alone.average_precision(tolerance=2)]
        assert [table[metric][row] for metric in METRICS] == expected
        assert counts[key] == alone


@kinds
@pytest.mark.parametrize("sums", [False, True])
@given(data=st.data())
def test_the_table_has_what_each_accumulator_tells(kind, sums, data):
    dtype = data.draw(st.sampled_from(["float16", "float32", "float64"]))
    counts = counted(PROTOTYPES[kind](sums), data.draw(batches(dtypes=(dtype,))))
    told = sums or kind == "exact"
    metrics = METRICS + (LOSSES if told else []) + (["gini"] if kind == "exact" else [])
    rate = None if kind == "compact" else "recall@0.1" if kind.startswith("one") else "recall@0.5"
    table = counts.columns(metrics + ([rate] if rate else []))
    assert list(table)[:3] == (["key", "n_samples", "n_positives"] if len(counts) else list(table)[:3])
    for place, (_, group) in enumerate(counts.items()):
        assert (table["n_samples"][place], table["n_positives"][place]) == (group.n_samples, group.n_positives)
        for metric in metrics:
            keywords = {"tolerance": 2} if metric in METRICS else {}
            np.testing.assert_array_equal(table[metric][place], getattr(group, metric)(**keywords))


def test_gauc_is_the_weighted_mean_over_groups_of_both_classes():
    counts = th.GroupedCounts(th.ExactCounts())
    counts.update(["a"] * 4 + ["b"] * 3 + ["c"], [1, 0, 0, 1, 0, 1, 0, 1], [0.9, 0.5, 0.3, 0.2, 0.1, 0.2, 0.3, 0.4])
    areas = {"a": 0.5, "b": 0.5}
    counts.update(["b"], [1], [0.7])
    areas["b"] = counts["b"].roc_auc()
    assert counts.gauc() == th.GroupedAuc(*[(0.5 + areas["b"]) / 2] * 3, 2, 1, "plain")
    assert float(counts.gauc("samples")) == (0.5 + areas["b"]) / 2
    assert float(counts.gauc("positives")) == (0.5 + areas["b"]) / 2
    assert float(counts.gauc([3, 1, 100])) == (3 * 0.5 + areas["b"]) / 4
    assert counts.gauc({"a": 0, "b": 2, "c": 5}).value == areas["b"]
    assert math.isnan(counts.gauc([0, 0, 1]).value)
    assert math.isnan(th.GroupedCounts(th.ExactCounts()).gauc().value)
    for bad in ("median", [1, 2], [1, -1, 0], [1, math.nan, 0], {"a": 1}):
        with pytest.raises(th.Error, match="average"):
            counts.gauc(bad)


def test_gauc_of_binned_counts_says_how_sure_it_is():
    counts = th.GroupedCounts(th.ThresholdCounts([0.5]))
    counts.update([1, 1, 1, 1], [0, 1, 0, 1], [0.1, 0.2, 0.8, 0.9])
    with pytest.warns(th.InexactWarning, match="gauc is 0.5"):
        found = counts.gauc()
    assert (found.lower, found.value, found.upper) == (0.25, 0.5, 0.75)


DAY = datetime.date(2026, 3, 1)
NOON = datetime.datetime(2026, 3, 1, 12, 0, 0, 5)
KEYS = [
    *(None, False, True, -(2**63), -1, 0, 1, 2**63 - 1, 2**63, 2**64 - 1, -math.inf, -0.5, 0.0, 1e300),
    *(datetime.date(1, 1, 1), DAY, datetime.datetime(1, 1, 1), NOON, NOON.replace(tzinfo=datetime.UTC)),
    *("", "a", "a\0", "b", "ü", "\U0001f600", b"", b"\xff"),
]


def test_keys_of_every_type_are_told_apart_and_come_in_order():
    for keys in (KEYS, KEYS[::-1]):
        counts = th.GroupedCounts(th.ExactCounts())
        counts.update(keys, [1] * len(keys), [0.5] * len(keys))
        found = list(counts)
        assert [(type(key), key) for key in found] == [(type(key), key) for key in KEYS]
        assert all(counts[key].n_samples == 1 and key in counts for key in KEYS)
        again = th.GroupedCounts.from_bytes(counts.to_bytes())
        assert [(type(key), key) for key in again] == [(type(key), key) for key in KEYS]
    assert counts.get("nobody") is None
    assert object() not in counts
    assert math.nan in counts
    with pytest.raises(KeyError, match="nobody"):
        counts["nobody"]
    with pytest.raises(TypeError, match="a key of `groups`"):
        counts[object()]


def columns_of_many_kinds():
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    numbers = [3, -1, 3, 2**40, 0]
    yield (
        numbers,
        [
            numbers,
            np.array(numbers),
            np.array(numbers)[::-1].copy()[::-1],
            np.array(numbers, ">i8"),
            pandas.Series(numbers),
            np.array(numbers, object),
            polars.Series(numbers),
            pyarrow.array(numbers),
            np.array(numbers)[:, None],
            pandas.Series(numbers, dtype="category"),
            pyarrow.array(numbers).dictionary_encode(),
            pyarrow.chunked_array([numbers[:2], numbers[2:]]),
            pandas.Series(numbers, dtype="int64[pyarrow]"),
        ],
    )
    texts = ["b", "", "b", "ünï", "a\U0001f600"]
    yield (
        texts,
        [
            texts,
            np.array(texts),
            np.array(texts, object),
            np.array(texts, np.dtypes.StringDType()),
            pandas.Series(texts),
            polars.Series(texts),
            pandas.Series(texts, dtype="category"),
            polars.Series(texts, dtype=polars.Categorical),
            pyarrow.array(texts),
            pyarrow.array(texts, pyarrow.large_string()),
            pyarrow.array(texts, pyarrow.string_view()),
            pyarrow.array(["x", *texts]).slice(1),
            pyarrow.array(["x", *texts]).dictionary_encode().slice(1),
            pandas.Series(texts, dtype="string"),
            pandas.Series(texts, dtype="string[pyarrow]"),
        ],
    )
    missing = ["b", None, "b", None, ""]
    yield (
        missing,
        [
            missing,
            np.array(missing, object),
            pandas.Series(missing),
            polars.Series(missing),
            pyarrow.array(missing),
            pandas.Series(missing, dtype="category"),
            pyarrow.array(missing).dictionary_encode(),
        ],
    )
    holes = [1, None, 7, None, 1]
    yield (
        holes,
        [
            holes,
            pandas.Series(holes, dtype="Int64"),
            polars.Series(holes),
            pyarrow.array(holes),
            pandas.Series(holes, dtype="int8[pyarrow]"),
            pyarrow.array([0, *holes]).slice(1),
            pyarrow.array(holes).dictionary_encode(),
        ],
    )
    large = [2**64 - 1, 0, 2**63, 2**63 - 1, 0]
    yield (
        large,
        [
            large,
            np.array(large, np.uint64),
            pyarrow.array(large, pyarrow.uint64()),
            polars.Series(large, dtype=polars.UInt64),
        ],
    )
    flags = [True, False, True, True, False]
    yield (
        flags,
        [
            flags,
            np.array(flags),
            pandas.Series(flags),
            polars.Series(flags),
            pyarrow.array(flags),
            pyarrow.array([True, *flags]).slice(1),
            pandas.Series(flags, dtype="boolean"),
        ],
    )
    floats = [0.5, -1.5, 0.0, 0.5, None]
    yield (
        floats,
        [
            floats,
            np.array([*floats[:4], np.nan]),
            pandas.Series(floats),
            pyarrow.array(floats),
            np.array([*floats[:4], np.nan], np.float16),
        ],
    )
    days = [DAY, DAY + datetime.timedelta(1), None, DAY, datetime.date(1969, 12, 31)]
    yield (
        days,
        [
            days,
            np.array(days, "datetime64[D]"),
            polars.Series(days),
            pyarrow.array(days),
            pyarrow.array(days, pyarrow.date64()),
        ],
    )
    times = [NOON, None, NOON, datetime.datetime(1950, 1, 1), NOON]
    yield (
        times,
        [
            times,
            np.array(times, "datetime64[us]"),
            np.array(times, "datetime64[ns]"),
            pandas.Series(times),
            polars.Series(times),
            pyarrow.array(times),
        ],
    )
    aware = [None if time is None else time.replace(tzinfo=datetime.UTC) for time in times]
    yield (
        aware,
        [
            aware,
            pandas.Series(aware),
            polars.Series(aware),
            pyarrow.array(aware, pyarrow.timestamp("us", "Europe/Vienna")),
        ],
    )
    raw = [b"", b"\xff\0\x01", b"a", b"a", b""]
    yield (
        raw,
        [
            raw,
            pyarrow.array(raw),
            pyarrow.array(raw, pyarrow.large_binary()),
            polars.Series(raw),
            np.array(raw, object),
        ],
    )
    yield [b"ab", b"cd", b"ab", b"", b""], [np.array([b"ab", b"cd", b"ab", b"", b""])]
    yield [None] * 5, [[None] * 5, np.full(5, np.nan), pyarrow.nulls(5), polars.Series([None] * 5)]


def test_keys_are_read_from_columns_of_every_kind():
    labels, scores = [0, 1, 1, 0, 1], [0.1, 0.2, 0.3, 0.4, 0.5]
    for values, columns in columns_of_many_kinds():
        expected = th.GroupedCounts(th.ExactCounts())
        for value, label, score in zip(values, labels, scores, strict=True):
            expected.update([value], [label], [score])
        for column in columns:
            counts = th.GroupedCounts(th.ExactCounts())
            counts.update(column, labels, scores)
            assert list(counts) == list(expected), column
            assert counts == expected
        assert {key: group.n_samples for key, group in counts.items()} == {key: values.count(key) for key in values}


def test_chunks_with_dictionaries_of_their_own_are_one_column():
    pyarrow = pytest.importorskip("pyarrow")
    first, second = (pyarrow.array(values).dictionary_encode() for values in (["b", "a", "b"], ["c", "b", None]))
    column = pyarrow.chunked_array([first, second, first])
    counts = th.GroupedCounts(th.CompactCounts())
    counts.update({"model": column}, np.ones(9, bool), np.zeros(9))
    assert {key: group.n_samples for key, group in counts.items()} == {None: 1, "a": 2, "b": 5, "c": 1}


def test_entries_of_a_dictionary_that_no_row_has_are_no_groups():
    pandas = pytest.importorskip("pandas")
    column = pandas.Categorical(["a", "b"], categories=["z", "a", "b", "y"])
    counts = th.GroupedCounts(th.CompactCounts())
    counts.update(pandas.Series(column), [0, 1], [0.1, 0.2])
    assert list(counts) == ["a", "b"]


def test_the_table_has_key_columns_of_their_own_dtypes():
    counts = th.GroupedCounts(th.CompactCounts())
    keys = {
        "day": np.array(["2026-01-02", "2026-01-01"], "M8[D]"),
        "id": [7, 8],
        "who": ["x", None],
        "up": [True, False],
    }
    counts.update(keys, [0, 1], [0.1, 0.9])
    table = counts.columns(["roc_auc"])
    assert list(table) == ["day", "id", "who", "up", "n_samples", "n_positives", "roc_auc"]
    assert [str(table[name].dtype) for name in keys] == ["datetime64[D]", "int64", "object", "bool"]
    assert counts.names == ("day", "id", "who", "up")
    frame = counts.to_pandas(["roc_auc"])
    assert frame["id"].tolist() == [8, 7]
    assert frame.shape == (2, 7)


REFUSED = [
    (dict, th.Error, "empty mapping"),
    (lambda: {3: [1, 2]}, TypeError, "names that are strings"),
    (lambda: [1], th.Error, "1"),
    (lambda: [[1], [2]], TypeError, "groups"),
    (lambda: np.zeros((2, 2), int), th.Error, "2 columns"),
    (lambda: np.array([1j, 2]), TypeError, "complex"),
    (lambda: [2**64, 1], th.Error, "2\\^64"),
    (lambda: np.array([1, 2], "M8[ns]"), th.Error, "microsecond"),
    (lambda: np.array([1, 2], "m8[s]"), TypeError, "timedelta"),
    (lambda: {"other": [1, 2]}, th.Error, "groups are by one column without a name here, and by other"),
    (lambda: {"a": [1, 2], "b": [1, 2]}, th.Error, "a, b"),
]


@pytest.mark.parametrize(("groups", "error", "message"), REFUSED)
def test_keys_that_cannot_be_are_refused_and_change_nothing(groups, error, message):
    counts = th.GroupedCounts(th.ExactCounts())
    counts.update([1, 2], [0, 1], [0.1, 0.2])
    before = counts.to_bytes()
    with pytest.raises(error, match=message):
        counts.update(groups(), [0, 1], [0.1, 0.2])
    assert counts.to_bytes() == before


@kinds
@pytest.mark.parametrize(
    ("labels", "scores", "options"),
    [
        ([0, 2], [0.1, 0.2], {}),
        ([0, 1], [0.1, np.nan], {}),
        ([0, 1], [0.1, 0.2], {"weights": [1, -1]}),
        ([0, 1], [0.1], {}),
        ([0, 1], [0.1, 0.2], {"weights": [1e308, 1e308]}),
    ],
)
def test_a_refused_batch_changes_nothing(kind, labels, scores, options):
    counts = th.GroupedCounts(PROTOTYPES[kind](False))
    counts.update(["a", "b"], [0, 1], np.array([0.1, 0.2], np.float32))
    before, names = counts.to_bytes(), list(counts)
    with pytest.raises((th.Error, OverflowError)):
        counts.update(["c", "d"], labels, scores, **options)
    assert counts.to_bytes() == before
    assert list(counts) == names


def test_a_group_stays_even_when_none_of_its_rows_does():
    counts = th.GroupedCounts(th.ThresholdCounts([0.5]))
    counts.update(["a", "b"], [0, 1], [np.nan, 0.3], nan="drop", weights=[1, 0])
    assert list(counts) == ["a", "b"]
    assert [(group.n_samples, group.n_dropped, group.dtype) for group in counts.values()] == [
        (0, 1, None),
        (0, 0, None),
    ]
    assert th.GroupedCounts.from_bytes(counts.to_bytes()) == counts


def test_the_first_rows_fix_the_dtype_of_all_groups():
    counts = th.GroupedCounts(th.ThresholdCounts([0.7]))
    counts.update([1], [1], np.array([0.7], np.float32))
    counts.update([2], [1], np.array([np.float32(0.7)], np.float64))
    assert counts[2].dtype == "float32"
    assert counts[2].confusion().true_positives.tolist() == [1]
    counts.reset()
    counts.update([2], [1], np.array([np.float32(0.7)], np.float64))
    assert counts[2].dtype == "float64"
    assert counts[2].confusion().true_positives.tolist() == [0]


def test_states_of_other_settings_or_keys_do_not_merge():
    def one(prototype, keys):
        counts = th.GroupedCounts(prototype)
        counts.update(keys, [1], [0.5])
        return counts

    ours = one(th.ThresholdCounts([0.5]), {"day": [1]})
    before = ours.to_bytes()
    others = [
        (one(th.ThresholdCounts([0.6]), {"day": [1]}), th.ThresholdMismatchError),
        (one(th.ThresholdCounts([0.5], sums=True), {"day": [1]}), th.Error),
        (one(th.ThresholdCounts([0.5], dtype="float16"), {"day": [1]}), th.ThresholdMismatchError),
        (one(th.ThresholdCounts([0.5]), {"month": [1]}), th.Error),
        (one(th.CompactCounts(), {"day": [1]}), TypeError),
        (th.CompactCounts(), TypeError),
    ]
    for other, error in others:
        with pytest.raises(error):
            ours.merge(other)
        assert ours.to_bytes() == before
    ours.merge(th.GroupedCounts(th.ThresholdCounts([0.5])))
    assert ours.to_bytes() == before


def test_damaged_bytes_are_refused():
    for prototype in (th.ThresholdCounts([0.5, 0.2]), th.CompactCounts(sums=True), th.ExactCounts()):
        counts = th.GroupedCounts(prototype)
        counts.update({"a": [1, 2, None], "b": ["x", "y", "x"]}, [0, 1, 1], [0.1, 0.2, 0.3])
        data = counts.to_bytes()
        for at in range(len(data)):
            for damaged in (data[:at], data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]):
                with pytest.raises(th.InvalidStateError):
                    th.GroupedCounts.from_bytes(damaged)
        with pytest.raises(th.InvalidStateError, match="the bytes hold GroupedCounts"):
            th.ExactCounts.from_bytes(data)
    with pytest.raises(th.InvalidStateError, match="the bytes hold ExactCounts"):
        th.GroupedCounts.from_bytes(th.ExactCounts().to_bytes())


def test_files_keep_groups_their_limit_and_metadata(tmp_path):
    counts = th.GroupedCounts(th.ExactCounts(max_bytes=10_000))
    counts.update({"day": [1, 2]}, [0, 1], [0.1, 0.2])
    counts.save(tmp_path / "day.thr", metadata={"model": "a"})
    loaded = th.load(tmp_path / "day.thr")
    assert loaded == counts
    assert loaded.metadata["model"] == "a"
    with pytest.raises(MemoryError, match="max_bytes=10000"):
        loaded.update({"day": np.arange(10_000)}, np.ones(10_000, bool), np.zeros(10_000))
    assert loaded == counts


def test_many_small_groups_take_little_memory():
    rng = np.random.default_rng(0)
    groups, n = 50_000, 1_000_000
    keys, labels, scores = rng.integers(0, groups, n), rng.random(n) < 0.3, rng.random(n).astype(np.float32)
    for prototype in (th.ExactCounts(), th.CompactCounts()):
        counts = th.GroupedCounts(prototype)
        counts.update(keys, labels, scores)
        assert counts.nbytes < 12 * n
        again = th.GroupedCounts.from_bytes(counts.to_bytes())
        assert again.nbytes < 20 * n
        area = counts.columns(["roc_auc"])["roc_auc"]
        assert area[7] == pytest.approx(th.roc_auc(labels[keys == 7], scores[keys == 7]), abs=1e-3)


def test_several_threads_may_update_one_object():
    counts = th.GroupedCounts(th.ExactCounts())
    rng = np.random.default_rng(1)
    parts = [(rng.integers(0, 500, 20_000), rng.random(20_000) < 0.5, rng.random(20_000)) for _ in range(8)]
    threads = [threading.Thread(target=counts.update, args=part) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = th.GroupedCounts(th.ExactCounts())
    for part in parts:
        alone.update(*part)
    assert counts == alone


def test_a_copy_goes_its_own_way_and_shows_itself():
    counts = th.GroupedCounts(th.CompactCounts())
    counts.update({"day": [1, 2]}, [0, 1], [0.1, 0.2])
    twin = counts.copy()
    twin.update({"day": [3]}, [1], [0.5])
    assert (len(counts), len(twin)) == (2, 3)
    assert repr(counts).startswith(
        "<GroupedCounts(CompactCounts())\n  groups: 2 by day\n  rows: 2 (1 positive, 1 negative)"
    )
    group = counts[1]
    group.update([1], [0.9])
    assert counts[1].n_samples == 1
    assert isinstance(counts.prototype, th.CompactCounts)
    with pytest.raises(TypeError, match="prototype"):
        th.GroupedCounts("exact")


@pytest.mark.parametrize("metric", ["nothing", "_kind", "recall@high", "lifting@0.5", "recall@0.3"])
def test_metrics_that_are_none_are_refused(metric):
    counts = th.GroupedCounts(th.ThresholdCounts([0.5]))
    counts.update([1], [1], [0.5])
    with pytest.raises(th.Error, match=metric.partition("@")[0]):
        counts.columns([metric])
    with pytest.raises(TypeError, match="list of names"):
        counts.columns("roc_auc")
