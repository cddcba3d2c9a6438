"""Models compared by the paired bootstrap: against rows drawn with NumPy, chosen thresholds, repeated rows."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th
from thresher import _core

HELD = {
    "recall": {"false_positive_rate": 0.1},
    "precision": {"recall": 0.4},
    "false_positive_rate": {"recall": 0.8},
    "f1": {"predicted_positive_rate": 0.3},
    "true_positive_rate": {"precision": 0.5},
}


def sample(n=500, seed=3, share=0.3, decimals=2):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < share
    shared = rng.normal(labels.astype(float))
    return labels, np.round(shared + rng.normal(size=n) / 2, decimals), np.round(shared + rng.normal(size=n), decimals)


def rate_at(labels, scores, rate, at, weights=None):
    """The rate by definition: over every distinct score and, first, nothing flagged."""
    labels, scores = np.asarray(labels, bool), np.asarray(scores, float)
    weights = np.ones(len(labels)) if weights is None else np.asarray(weights)
    [(held, target)] = at.items()
    tables = []
    for threshold in [np.inf, *np.unique(scores)[::-1]]:
        flagged = scores >= threshold
        sums = [weights[flagged & labels], weights[flagged & ~labels], weights[~flagged & labels]]
        tables.append([each.sum() for each in (*sums, weights[~flagged & ~labels])])
    columns = np.array(tables).T
    counts = th.ConfusionCounts(np.arange(len(tables), dtype=float), *columns, comparison=">=")
    [rates, limited] = counts.rate(rate), counts.rate(held)
    within = np.flatnonzero(limited >= target if held in ("recall", "precision") else limited <= target)
    if np.isnan(limited).all():
        return math.nan
    if len(within) == 0:
        return rates[0]
    return rates[within[0] if held == "recall" else within[-1]]


def same(found, expected):
    """Every number of two comparisons."""
    for one, other in zip(
        (found.a, found.b, found.difference), (expected.a, expected.b, expected.difference), strict=True
    ):
        assert (one.value, one.lower, one.upper) == pytest.approx((other.value, other.lower, other.upper), nan_ok=True)
    assert found.p_value == pytest.approx(expected.p_value, nan_ok=True)


rows = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        *(st.lists(st.integers(0, top), min_size=n, max_size=n) for top in (1, 4, 4)),
        st.lists(st.integers(1, 3), min_size=n, max_size=n),
    )
)


@given(rows, st.sampled_from(list(HELD)), st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 0.9, 1.0]))
def test_figures_are_rates_at_the_thresholds_that_the_definition_chooses(data, rate, target):
    labels, a, b, weights = data
    at = {next(iter(HELD[rate])): target}
    found = th.compare_rate(labels, a, b, rate, at=at, n_replicates=39, seed=1)
    assert [found.a.value, found.b.value] == pytest.approx(
        [rate_at(labels, scores, rate, at) for scores in (a, b)], nan_ok=True
    )
    weighed = th.compare_rate(
        labels, a, b, rate, at=at, weights=weights, weight_meaning="frequency", n_replicates=39, seed=1
    )
    assert weighed.a.value == pytest.approx(rate_at(labels, a, rate, at, weights), nan_ok=True)


@pytest.mark.parametrize("rate", HELD)
def test_figures_are_those_at_threshold_at(rate):
    labels, a, b = sample()
    found = th.compare_rate(labels, a, b, rate, at=HELD[rate], seed=1, n_replicates=39)
    for estimate, scores in ((found.a, a), (found.b, b)):
        counts = th.ExactCounts()
        counts.update(labels, scores)
        assert estimate.value == counts.threshold_at(**HELD[rate]).counts.rate(rate)
    assert found.difference.value == found.a.value - found.b.value


def test_average_precisions_are_those_of_the_functions_and_the_replicates_vary_about_them():
    labels, a, b = sample()
    found = th.compare_average_precision(labels, a, b, seed=1)
    assert (found.a.value, found.b.value) == (th.average_precision(labels, a), th.average_precision(labels, b))
    for each in (found.a, found.b, found.difference):
        assert each.lower < each.value < each.upper
    assert found.difference.method == "paired percentile bootstrap, 1,000 replicates"
    assert found.a.method == "percentile bootstrap, 1,000 replicates"


def replicates(labels, a, b, name, at=None, n_replicates=2_000, clusters=None):
    paired = _core.PairedBootstrap(labels, [a, b], ["", ""], None, None, clusters, None, False, None, 4)
    return paired.values(name, at, n_replicates, None).reshape(-1, 2)


def like(found, resampled):
    """Two samples of pairs are of one distribution: deviations and quartiles of both models and of the difference."""
    columns = [np.column_stack([pairs, pairs[:, 0] - pairs[:, 1]]) for pairs in (found, resampled)]
    deviations = [each.std(axis=0) for each in columns]
    assert deviations[0] == pytest.approx(deviations[1], rel=0.1)
    for each in (0.25, 0.5, 0.75):
        quartiles = [np.quantile(column, each, axis=0) for column in columns]
        assert (abs(quartiles[0] - quartiles[1]) < 0.15 * deviations[1]).all()
    correlations = [np.corrcoef(pairs.T)[0, 1] for pairs in (found, resampled)]
    assert correlations[0] == pytest.approx(correlations[1], abs=0.06)


def test_replicates_of_average_precision_are_distributed_as_those_of_drawn_rows():
    labels, a, b = sample(400)
    rng = np.random.default_rng(8)
    resampled = []
    for _ in range(2_000):
        drawn = rng.integers(0, 400, 400)
        resampled.append([th.average_precision(labels[drawn], scores[drawn]) for scores in (a, b)])
    like(replicates(labels, a, b, "average_precision"), np.array(resampled))


def test_replicates_of_a_rate_are_distributed_as_those_of_drawn_rows():
    labels, a, b = sample(300)
    rng = np.random.default_rng(9)
    resampled = []
    for _ in range(2_000):
        drawn = rng.integers(0, 300, 300)
        heights = []
        for scores in (a, b):
            curve = th.roc_curve(labels[drawn], scores[drawn], drop_intermediate=False)
            heights.append(curve.tpr[np.flatnonzero(curve.fpr <= 0.2)[-1]])
        resampled.append(heights)
    held = ("false_positive_rate", -math.inf, 0.2, False)
    like(replicates(labels, a, b, "recall", held), np.array(resampled))


def test_replicates_of_clusters_are_distributed_as_those_of_drawn_clusters():
    rng = np.random.default_rng(10)
    clusters = np.repeat(np.arange(80), rng.integers(1, 12, 80))
    shift = rng.normal(size=80)[clusters]
    labels = rng.random(len(clusters)) < np.where(clusters % 2, 0.1, 0.7)
    a = np.round(labels * (1 + shift) + rng.normal(size=len(labels)), 1)
    b = np.round(labels * (1 - shift) + rng.normal(size=len(labels)), 1)
    members = [np.flatnonzero(clusters == number) for number in range(80)]
    resampled = []
    for _ in range(2_000):
        drawn = np.concatenate([members[number] for number in rng.integers(0, 80, 80)])
        resampled.append([th.average_precision(labels[drawn], scores[drawn]) for scores in (a, b)])
    found = replicates(labels, a, b, "average_precision", clusters=clusters)
    like(found, np.array(resampled))
    alone = replicates(labels, a, b, "average_precision")
    assert np.std(found[:, 0] - found[:, 1]) > 1.2 * np.std(alone[:, 0] - alone[:, 1])


def test_clusters_of_one_row_each_vary_as_rows_do():
    labels, a, b = sample()
    plain = th.compare_average_precision(labels, a, b, seed=1, n_replicates=2_000)
    names = [f"row {number}" for number in range(len(labels))]
    alone = th.compare_average_precision(labels, a, b, clusters=names, seed=1, n_replicates=2_000)
    assert alone.difference.method.endswith("replicates, clusters")
    width = [each.difference.upper - each.difference.lower for each in (plain, alone)]
    assert width[0] == pytest.approx(width[1], rel=0.1)


@pytest.mark.parametrize("compare", [th.compare_average_precision, th.compare_rate])
def test_threads_and_the_order_of_the_rows_change_nothing(compare):
    labels, a, b = sample(2_000)
    more = {"at": {"precision": 0.6}} if compare is th.compare_rate else {}
    expected = compare(labels, a, b, seed=6, n_replicates=200, n_threads=1, **more)
    assert compare(labels, a, b, seed=6, n_replicates=200, n_threads=2, **more) == expected
    turned = np.random.default_rng(1).permutation(len(labels))
    assert compare(labels[turned], a[turned], b[turned], seed=6, n_replicates=200, **more) == expected
    assert compare(labels, a.astype("float32"), b * 8 - 3, seed=6, n_replicates=200, **more) == expected
    assert compare(labels, a, b, seed=7, n_replicates=200, **more) != expected


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("compare", [th.compare_average_precision, th.compare_rate])
def test_integer_frequency_weights_are_repeated_rows(compare, clustered):
    labels, a, b = sample(300, decimals=1)
    times = np.arange(300) % 4
    clusters = np.arange(300) % 50
    more = {"at": {"recall": 0.5}, "rate": "precision"} if compare is th.compare_rate else {}
    of = lambda values: {"clusters": values} if clustered else {}  # noqa: E731
    repeated = [np.repeat(each, times) for each in (labels, a, b)]
    expected = compare(*repeated, seed=1, n_replicates=300, **of(np.repeat(clusters, times)), **more)
    found = compare(
        labels, a, b, weights=times, weight_meaning="frequency", seed=1, n_replicates=300, **of(clusters), **more
    )
    same(found, expected)
    assert found.difference.method.endswith("frequency weights")


def test_sampling_weights_of_one_size_change_nothing():
    labels, a, b = sample(300)
    plain = th.compare_average_precision(labels, a, b, seed=1, n_replicates=200)
    weights = np.full(300, 2.5)
    weighed = th.compare_average_precision(
        labels, a, b, weights=weights, weight_meaning="sampling", seed=1, n_replicates=200
    )
    same(weighed, plain)
    frequent = th.compare_average_precision(
        labels, a, b, weights=weights, weight_meaning="frequency", seed=1, n_replicates=2_000
    )
    width = [each.difference.upper - each.difference.lower for each in (weighed, frequent)]
    assert width[0] == pytest.approx(width[1] * math.sqrt(2.5), rel=0.2)


def test_sampling_weights_vary_as_drawn_rows_do():
    labels, a, b = sample(300)
    rng = np.random.default_rng(11)
    weights = rng.gamma(2, size=300)
    paired = _core.PairedBootstrap(labels, [a, b], ["", ""], weights, "sampling", None, None, False, None, 4)
    found = paired.values("average_precision", None, 2_000, None).reshape(-1, 2)
    resampled = []
    for _ in range(2_000):
        times = rng.poisson(1, 300) * weights
        resampled.append([th.average_precision(labels, scores, weights=times) for scores in (a, b)])
    like(found, np.array(resampled))


@given(rows, st.sampled_from([0.5, 0.8, 0.95]), st.integers(39, 120))
def test_the_p_value_and_the_interval_agree(data, level, n_replicates):
    labels, a, b, _ = data
    found = th.compare_average_precision(labels, a, b, level=level, n_replicates=n_replicates, seed=2)
    difference = found.difference
    if math.isnan(difference.lower):
        assert math.isnan(found.p_value) or (difference.value, found.p_value) == (0, 1)
        return
    outside = not difference.lower <= 0 <= difference.upper
    assert outside == (found.p_value <= 1 - level + 1e-12)


@given(rows)
def test_a_model_does_not_differ_from_itself(data):
    labels, a, _, _ = data
    for found in (
        th.compare_average_precision(labels, a, a, n_replicates=99, seed=2),
        th.compare_rate(labels, a, a, at={"predicted_positive_rate": 0.5}, n_replicates=99, seed=2),
    ):
        if any(labels):
            assert (found.difference.value, found.p_value) == (0, 1)
            assert math.isnan(found.difference.lower)
            assert found.difference.method.endswith("no interval, all replicates agree")
        else:
            assert math.isnan(found.difference.value)
            assert math.isnan(found.p_value)


def test_replicates_without_a_figure_are_left_out_and_named():
    labels, scores = [1, 0, 0, 0], [3, 4, 2, 1]
    found = th.compare_average_precision(labels, scores, scores, n_replicates=999, seed=2)
    assert "999 replicates (" in found.difference.method
    undefined = int(found.difference.method.split("(")[1].split(" ")[0])
    assert undefined == pytest.approx(999 / math.e, rel=0.15)
    few = th.compare_average_precision(labels, scores, scores, n_replicates=39, seed=2)
    assert few.difference.method.endswith(": no interval")
    assert math.isnan(few.difference.lower)
    assert math.isnan(few.p_value)


@pytest.mark.parametrize("labels", [[], [0], [0, 0, 0]])
def test_without_positives_nothing_is_defined(labels):
    found = th.compare_average_precision(np.array(labels, int), labels, labels, seed=1)
    numbers = [found.a.value, found.b.value, found.difference.value, found.difference.lower, found.p_value]
    assert all(math.isnan(number) for number in numbers)
    assert "nan" in str(found)


def test_ties_of_all_rows_and_single_rows_have_a_figure():
    tied = th.compare_average_precision([1, 0, 1, 0, 0], [1] * 5, [2] * 5, seed=1)
    assert (tied.a.value, tied.difference.value, tied.p_value) == (0.4, 0, 1)
    single = th.compare_average_precision([1], [0.5], [0.7], seed=1)
    assert (single.a.value, single.b.value, single.p_value) == (1, 1, 1)
    flagged = th.compare_rate([1, 0], [1, 1], [2, 1], at={"false_positive_rate": 0}, seed=1)
    assert (flagged.a.value, flagged.b.value) == (0, 1)


def test_a_target_out_of_reach_flags_nothing():
    found = th.compare_rate([1, 0, 0], [1, 2, 3], [3, 2, 1], at={"precision": 0.9}, seed=1)
    assert (found.a.value, found.b.value) == (0, 1)
    undefined = th.compare_rate([1, 0, 0], [1, 2, 3], [3, 2, 1], "precision", at={"precision": 0.9}, seed=1)
    assert math.isnan(undefined.a.value)
    assert math.isnan(undefined.p_value)


def test_rows_with_nan_are_left_out_of_both_models():
    labels, a, b = sample(200)
    gone = a.copy()
    gone[::10] = np.nan
    kept = np.arange(200) % 10 != 0
    clusters = np.arange(200) % 30
    found = th.compare_average_precision(labels, gone, b, clusters=clusters, nan="drop", seed=1)
    assert found == th.compare_average_precision(labels[kept], a[kept], b[kept], clusters=clusters[kept], seed=1)
    with pytest.raises(th.Error, match="NaN") as caught:
        th.compare_average_precision(labels, gone, b, seed=1)
    assert caught.value.__notes__ == ["in `scores_a`"]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"level": 1.0}, "`level`"),
        ({"n_replicates": 38}, "`n_replicates` must be at least 39 at a level of 0.95"),
        ({"n_replicates": 198, "level": 0.99}, "`n_replicates` must be at least 199"),
        ({"seed": -1}, "`seed`"),
        ({"seed": 2**64}, "`seed`"),
        ({"weights": [1, 2, 1, 1]}, "`weight_meaning` must be given"),
        ({"weight_meaning": "sampling"}, "`weights` is not"),
        ({"weights": [1, 2, 1, 1], "weight_meaning": "other"}, "`weight_meaning`"),
        ({"weights": [1e-200] * 4, "weight_meaning": "sampling"}, "`weights` must be of a size"),
        ({"clusters": [1, 2]}, "`clusters`"),
        ({"nan": "keep"}, "`nan`"),
        ({"scores_b": [1, 2]}, "`scores` has 2 rows"),
        ({"n_threads": 0}, "n_threads"),
    ],
)
def test_wrong_arguments_are_named(change, match):
    arguments = {"labels": [0, 1, 0, 1], "scores_a": [1, 2, 3, 4], "scores_b": [4, 2, 3, 1], "seed": 1} | change
    with pytest.raises(th.Error, match=match):
        th.compare_average_precision(**arguments)


@pytest.mark.parametrize(
    ("rate", "at", "match"),
    [
        ("roc_auc", {"recall": 0.5}, "`rate` must be 'recall'"),
        ("recall", {}, "`at` must map one of"),
        ("recall", {"recall": 0.5, "precision": 0.5}, "`at` must map one of"),
        ("recall", 0.5, "`at` must map one of"),
        ("recall", {"specificity": 0.5}, "`at` must be 'recall'"),
        ("recall", {"precision": 1.5}, r"`at\['precision'\]` must be in \[0, 1\]"),
        ("recall", {"precision": math.nan}, r"`at\['precision'\]` must be in \[0, 1\]"),
    ],
)
def test_wrong_rates_are_named(rate, at, match):
    with pytest.raises(th.Error, match=match):
        th.compare_rate([0, 1], [1, 2], [2, 1], rate, at=at, seed=1)


def test_bounds_of_binned_figures_widen_the_interval():
    from thresher.bootstrap_comparison import compared_by_bootstrap

    labels, a, b = sample()
    models = _core.PairedBootstrap(labels, [a, b], ["", ""], None, None, None, None, False, None, 4)
    settings = {"level": 0.95, "n_replicates": 200, "n_threads": None}
    plain = compared_by_bootstrap(models, "average_precision", None, "", **settings)
    bounds = [(each.value - 0.01, each.value + 0.02) for each in (plain.a, plain.b)]
    wide = compared_by_bootstrap(models, "average_precision", None, "", **settings, bounds=tuple(bounds))
    low, high = plain.difference.value - 0.03, plain.difference.value + 0.03
    assert wide.difference.bounds == pytest.approx((low, high))
    assert wide.difference.lower == pytest.approx(plain.difference.lower - 0.03)
    assert wide.difference.upper == pytest.approx(plain.difference.upper + 0.03)
    assert wide.difference.method.endswith("widened by the bounds of binned counts")
    replicates = -np.diff(models.values("average_precision", None, 200, None).reshape(-1, 2)).ravel()
    for found, slack in ((plain, 0), (wide, 0.03)):
        against = min((replicates <= slack).sum(), (replicates >= -slack).sum())
        assert found.p_value == pytest.approx(2 * (against + 1) / 201)


def test_a_comparison_prints_and_draws_itself():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    labels, a, b = sample()
    found = th.compare_rate(labels, a, b, at={"false_positive_rate": 0.01}, seed=1, n_replicates=200)
    assert str(found).startswith(f"a {found.a}\nb {found.b}\na - b {found.difference}, p ")
    ax = found.plot(pyplot.figure().gca(), names=("new", "old"))
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "Recall at a false positive rate of 0.01 with 95 % interval"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["new", "old", "difference"]
    assert ax.texts[-1].get_text().endswith(f"p = {found.p_value:.3g}")
    nothing = th.compare_average_precision([0, 0], [1, 2], [2, 1], seed=1)
    nothing.plot(pyplot.figure().gca()).figure.canvas.draw()
    pyplot.close("all")
    with pytest.raises(AttributeError):
        found.p_value = 0.0
    assert replace(found, figure="") != found
