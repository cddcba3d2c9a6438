"""The bootstrap of counts: what it draws, what it must not depend on, and what it says."""

import math

import numpy as np
import pytest

import thresher as th


def sample(n=600, seed=2, share=0.3, decimals=1):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < share
    return labels, np.round(rng.normal(labels.astype(float)), decimals)


def probabilities(n=600):
    labels, scores = sample(n)
    return labels, np.round(1 / (1 + np.exp(-scores)), 2)


def counted(labels, scores, weights=None, kind=th.ExactCounts, **settings):
    counts = kind(**settings)
    counts.update(labels, scores, weights=weights)
    return counts


KINDS = {
    "exact": th.ExactCounts,
    "compact": th.CompactCounts,
    "thresholds": lambda: th.ThresholdCounts(40),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "gini"])
@pytest.mark.filterwarnings("ignore::thresher.InexactWarning")
def test_a_name_and_a_callable_give_the_same_replicates(kind, name):
    counts = counted(*probabilities(), kind=KINDS[kind])
    named = th.bootstrap_replicates(counts, name, n_replicates=20, seed=5)
    called = th.bootstrap_replicates(counts, lambda replicate: getattr(replicate, name)(), n_replicates=20, seed=5)
    np.testing.assert_array_equal(named, called)
    assert len(set(named.tolist())) > 15


@pytest.mark.parametrize("kind", KINDS)
def test_a_replicate_is_of_the_same_class_and_settings(kind):
    counts = counted(*probabilities(), kind=KINDS[kind])
    seen = []
    th.bootstrap_replicates(counts, lambda replicate: seen.append(replicate) or 0.0, n_replicates=2, seed=1)
    for replicate in seen:
        assert type(replicate) is type(counts)
        assert replicate.n_samples != 0
        replicate.merge(counts)  # as only counts with the same settings can
        assert type(replicate).from_bytes(replicate.to_bytes()) == replicate


def test_draws_are_poisson_of_each_count():
    counts = counted([1] * 7 + [0] * 2 + [1] * 100, [0.5] * 9 + [0.25] * 100)
    drawn = []

    def masses(replicate):
        table = replicate.confusion([0.5, 0.25])
        drawn.append([table.true_positives[0], table.false_positives[0], replicate.n_positives])
        return 0.0

    th.bootstrap_replicates(counts, masses, n_replicates=4_000, seed=3)
    drawn = np.array(drawn)
    for column, mean in zip(drawn.T, (7, 2, 107), strict=True):
        assert abs(column.mean() - mean) < 5 * math.sqrt(mean / 4_000)
        assert column.var() == pytest.approx(mean, rel=0.15)


def test_the_replicates_vary_as_resampled_rows_do():
    labels, scores = sample(900)
    values = th.bootstrap_replicates(counted(labels, scores), "roc_auc", n_replicates=3_000, seed=4)
    rng = np.random.default_rng(6)
    rows = [rng.integers(0, 900, 900) for _ in range(3_000)]
    resampled = np.array([th.roc_auc(labels[drawn], scores[drawn]) for drawn in rows])
    assert values.std() == pytest.approx(resampled.std(), rel=0.08)
    assert values.mean() == pytest.approx(resampled.mean(), abs=0.002)


def test_threads_and_the_order_of_shards_do_not_matter():
    labels, scores = sample()
    shards = {f"day {i}": counted(labels[i::3], scores[i::3]) for i in range(3)}
    expected = th.bootstrap_replicates(shards, "roc_auc", n_replicates=50, seed=9, n_threads=1)
    turned = dict(reversed(shards.items()))
    for threads in (1, 2, 5):
        again = th.bootstrap_replicates(turned, "roc_auc", n_replicates=50, seed=9, n_threads=threads)
        np.testing.assert_array_equal(again, expected)
    called = th.bootstrap_replicates(shards, lambda replicate: replicate.roc_auc(), n_replicates=50, seed=9)
    np.testing.assert_array_equal(called, expected)


def test_a_shard_resampled_elsewhere_gives_the_same_draws():
    labels, scores = sample()
    a, b = counted(labels[::2], scores[::2]), counted(labels[1::2], scores[1::2])
    parts = {}
    for shard_id, counts in (("a", a), ("b", b)):
        parts[shard_id] = []
        keep = parts[shard_id].append
        th.bootstrap_replicates({shard_id: counts}, lambda each, keep=keep: keep(each) or 0.0, n_replicates=5, seed=1)
    apart = [(first + second).roc_auc() for first, second in zip(parts["a"], parts["b"], strict=True)]
    assert th.bootstrap_replicates({"a": a, "b": b}, "roc_auc", n_replicates=5, seed=1).tolist() == apart


def test_seeds_and_ids_change_the_draws_and_nothing_else_does():
    counts = counted(*sample())
    replicates = lambda **more: th.bootstrap_replicates(  # noqa: E731
        more.pop("counts", counts), "roc_auc", n_replicates=10, **{"seed": 1, **more}
    ).tolist()
    assert replicates() == replicates()
    assert replicates(counts={"": counts}) == replicates()
    assert replicates(counts={"other": counts}) != replicates()
    assert replicates(seed=2) != replicates()
    assert len({tuple(replicates(counts={key: counts})) for key in ("1", 1, b"1", ("1",), (1,))}) == 5


def test_the_estimate_is_made_of_the_replicates():
    counts = counted(*sample())
    values = th.bootstrap_replicates(counts, "roc_auc", seed=1)
    kinds = ("percentile", "basic", "normal", "logit")
    found = {kind: th.bootstrap(counts, "roc_auc", seed=1, interval=kind) for kind in kinds}
    low, high = np.quantile(values, [0.025, 0.975])
    area = counts.roc_auc()
    assert (found["percentile"].lower, found["percentile"].upper) == (low, high)
    assert found["basic"].lower == pytest.approx(2 * area - high)
    assert found["normal"].upper == pytest.approx(area + 1.959963985 * values.std(ddof=1))
    assert {each.value for each in found.values()} == {area}
    assert found["percentile"].method == "percentile bootstrap, 1,000 replicates"
    logit = np.log(area / (1 - area)) + 1.959963985 * values.std(ddof=1) / (area * (1 - area))
    assert found["logit"].upper == pytest.approx(1 / (1 + np.exp(-logit)))
    assert found["logit"].method == "bootstrap, 1,000 replicates, logit"
    assert th.bootstrap(counts, "roc_auc", seed=1) == found["logit"]
    assert th.bootstrap(counts, lambda each: each.roc_auc(), seed=1) == found["percentile"]
    drawn = []
    for wrong, message in (
        ({"interval": "logit"}, '"logit" is for roc_auc'),
        ({"interval": "bca"}, "must be"),
        (
            {"level": 95},
            "`level`",
        ),
    ):
        with pytest.raises(th.Error, match=message):
            th.bootstrap(counts, drawn.append, seed=1, **wrong)
    assert drawn == []  # refused before anything was drawn
    assert counts.roc_auc_interval(method="bootstrap") == th.bootstrap(counts, "roc_auc", seed=0)
    plain = th.bootstrap(counts, "roc_auc", seed=0, interval="percentile")
    assert counts.roc_auc_interval(method="bootstrap", transform=None) == plain


def test_replicates_that_all_agree_say_nothing_and_an_interval_that_holds_is_taken():
    apart = counted([0] * 30 + [1] * 20, np.arange(50.0))
    for name, samples in (("roc_auc", 20), ("average_precision", 20)):
        found = th.bootstrap(apart, name, seed=1)
        assert found.upper == found.value == 1
        assert found.lower == pytest.approx(0.025 ** (1 / samples))
        assert found.method == f"clopper-pearson of {samples} independent samples"
        assert th.bootstrap(apart, name, seed=1, interval="percentile") == found
    tied = th.bootstrap(counted([0, 1] * 40, [0.5] * 80), "roc_auc", seed=1)
    assert tied.lower < 0.4 < 0.6 < tied.upper
    assert tied.method == "hoeffding of 40 independent samples"
    shards = dict.fromkeys(range(3), apart)
    found = th.bootstrap(shards, "roc_auc", seed=1, resample="shards")
    assert found.method == "clopper-pearson of 3 independent samples"
    weighted = dict.fromkeys(range(3), counted([0, 1, 0, 1], [1, 2, 3, 4], [0.5, 1, 2, 3]))
    found = th.bootstrap(weighted, "roc_auc", seed=1, resample="shards", weight_meaning="sampling")
    assert found.value == th.roc_auc([0, 1, 0, 1], [1, 2, 3, 4], weights=[0.5, 1, 2, 3])


def test_frequency_weights_are_rows():
    labels, scores = sample(400)
    weights = np.random.default_rng(1).integers(0, 4, 400).astype(float)
    weighted = counted(labels, scores, weights)
    repeated = counted(np.repeat(labels, weights.astype(int)), np.repeat(scores, weights.astype(int)))
    settings = {"n_replicates": 20, "seed": 3}
    found = th.bootstrap_replicates(weighted, "roc_auc", weight_meaning="frequency", **settings)
    np.testing.assert_array_equal(found, th.bootstrap_replicates(repeated, "roc_auc", **settings))
    with pytest.raises(th.Error, match="`weight_meaning` must be given"):
        th.bootstrap(weighted, "roc_auc", seed=1)


def test_sampling_weights_vary_as_resampled_rows_do():
    labels, scores = sample(800, decimals=3)
    weights = np.exp(np.random.default_rng(1).normal(size=800))
    counts = counted(labels, scores, weights, sums=True)
    values = th.bootstrap_replicates(counts, "roc_auc", seed=2, n_replicates=2_000, weight_meaning="sampling")
    rng = np.random.default_rng(3)
    rows = [rng.integers(0, 800, 800) for _ in range(2_000)]
    resampled = [th.roc_auc(labels[drawn], scores[drawn], weights=weights[drawn]) for drawn in rows]
    assert values.std() == pytest.approx(np.std(resampled), rel=0.1)
    settings = {"seed": 2, "n_replicates": 20, "weight_meaning": "sampling"}
    called = th.bootstrap_replicates(counts, lambda replicate: replicate.roc_auc(), **settings)
    np.testing.assert_allclose(called, values[:20], rtol=1e-14)


def test_clusters_come_whole():
    rng = np.random.default_rng(0)
    shards, effect = {}, rng.normal(size=60)
    for cluster in range(60):
        labels = np.full(20, cluster % 2)  # a cluster of one class: what is drawn is the cluster
        shards[cluster] = counted(labels, np.round(rng.normal(size=20) + labels + 2 * effect[cluster], 2))
    by_rows = th.bootstrap(shards, "roc_auc", seed=1)
    by_clusters = th.bootstrap(shards, "roc_auc", seed=1, resample="shards")
    assert by_clusters.value == by_rows.value == sum(shards.values()).roc_auc()
    assert by_clusters.upper - by_clusters.lower > 2 * (by_rows.upper - by_rows.lower)


def test_undefined_replicates_are_left_out_and_counted():
    counts = counted([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.4])
    found = th.bootstrap(counts, lambda each: each.roc_auc(), seed=1, n_replicates=200)
    assert "undefined" in found.method
    assert found.value == found.lower == found.upper == 1.0
    nothing = th.bootstrap(th.ExactCounts(), "roc_auc", seed=1, n_replicates=10)
    assert math.isnan(nothing.value)
    assert math.isnan(nothing.lower)


def test_binned_counts_widen_the_interval_by_their_bounds():
    counts = counted(*probabilities(), kind=lambda: th.ThresholdCounts(11))
    found = th.bootstrap(counts, "roc_auc", seed=1, interval="percentile")
    values = th.bootstrap_replicates(counts, "roc_auc", seed=1)
    assert found.bounds == counts.roc_auc_bounds()
    low = np.quantile(values, 0.025)
    assert found.lower == pytest.approx(low - (found.value - found.bounds[0]))
    assert "widened" in found.method


@pytest.mark.parametrize("interval", ["roc_auc_interval", "average_precision_interval"])
def test_intervals_by_bootstrap_are_those_of_bootstrap(interval):
    labels, scores = sample()
    counts = counted(labels, scores)
    name = interval.removesuffix("_interval")
    expected = th.bootstrap(counts, name, seed=0)
    assert getattr(counts, interval)(method="bootstrap") == expected
    assert getattr(th, interval)(labels, scores, method="bootstrap") == expected


def test_bad_input_is_named():
    counts = counted(*sample())
    for arguments, match in (
        ({"statistic": "auc"}, "`statistic` must name"),
        ({"statistic": "_state"}, "`statistic` must name"),
        ({"n_replicates": 1}, "`n_replicates`"),
        ({"n_replicates": 2**32}, "`n_replicates` must be below"),
        ({"seed": -1}, "`seed`"),
        ({"seed": 2**64}, "`seed` must be below"),
        ({"level": 1}, "`level`"),
        ({"interval": "bca"}, "`interval`"),
        ({"resample": "groups"}, "`resample`"),
        ({"counts": {}}, "holds no shard"),
        ({"counts": {"a": counts, "b": th.CompactCounts()}}, "one class"),
    ):
        with pytest.raises(th.Error, match=match):
            th.bootstrap(**{"counts": counts, "statistic": "roc_auc", "seed": 1, "n_replicates": 10, **arguments})
    with pytest.raises(TypeError, match="must hold accumulators"):
        th.bootstrap({"a": 3}, "roc_auc", seed=1)
    with pytest.raises(TypeError, match="a shard's id"):
        th.bootstrap({1.5: counts}, "roc_auc", seed=1)
    with pytest.raises(TypeError, match="must return a number"):
        th.bootstrap(counts, lambda replicate: "much", seed=1)
