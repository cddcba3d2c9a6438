"""Models compared on the same rows: against DeLong's definition in rational arithmetic, repetition, and clusters."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th


def placements(labels, scores, weights=None):
    """Each positive's share of negatives below it, each negative's share of positives above it; ties are halves."""
    weights = [1] * len(labels) if weights is None else weights
    rows = list(zip(labels, scores, [Fraction(w) for w in weights], strict=True))

    def half(high, low):
        return Fraction((high > low) + (high >= low), 2)

    classes = [[row for row in rows if row[0] == label] for label in (0, 1)]
    total = [sum(weight for *_, weight in each) for each in classes]
    of_positives = [sum(half(s, t) * w for _, t, w in classes[0]) / total[0] for _, s, _ in classes[1]]
    of_negatives = [sum(half(t, s) * w for _, t, w in classes[1]) / total[1] for _, s, _ in classes[0]]
    return of_negatives, of_positives


def delong(labels, columns, factors=None, weights=None):
    """Covariances by definition. `factors[label]` is what each row's product of deviations is multiplied by."""
    found = [placements(labels, scores, weights) for scores in columns]
    size = [sum(1 for each in labels if each == label) for label in (0, 1)]
    if factors is None:
        factors = [[Fraction(1, n * (n - 1))] * n for n in size]
    weighed = list(zip(weights or [1] * len(labels), labels, strict=True))
    shares = [[Fraction(w) for w, each in weighed if each == k] for k in (0, 1)]
    area = [sum(w * v for w, v in zip(shares[1], each[1], strict=True)) / sum(shares[1]) for each in found]
    centred = [[[v - area[j] for v in found[j][k]] for k in (0, 1)] for j in range(len(columns))]

    def cell(j, k):
        terms = (zip(factors[label], centred[j][label], centred[k][label], strict=True) for label in (0, 1))
        return sum(f * x * y for each in terms for f, x, y in each)

    every = range(len(columns))
    return [float(a) for a in area], [[float(cell(j, k)) for k in every] for j in every]


@st.composite
def models(draw, least=2):
    """Labels of both classes and a few models with many ties."""
    size = st.integers(least, 8)
    labels = draw(st.permutations([0] * draw(size) + [1] * draw(size)))
    grid = st.lists(st.integers(0, draw(st.integers(1, 9))), min_size=len(labels), max_size=len(labels))
    columns = [[value / 8 for value in draw(grid)] for _ in range(draw(st.integers(1, 3)))]
    return labels, columns


@given(models(), st.sampled_from(["float32", "float64", "float16"]))
def test_the_covariance_is_delong_s_definition(data, dtype):
    labels, columns = data
    areas, covariance = th.roc_auc_covariance(labels, np.array(columns, dtype).T)
    expected_areas, expected = delong(labels, columns)
    assert areas == pytest.approx(expected_areas, rel=1e-15)
    assert covariance == pytest.approx(np.array(expected), rel=1e-14, abs=1e-17)


@given(models())
def test_the_variance_of_the_difference_is_that_of_the_differences(data):
    labels, columns = data
    a, b = columns[0], columns[-1]
    found = th.compare_roc_auc(labels, a, b)
    area, covariance = delong(labels, [a, b])
    assert found.difference.value == pytest.approx(area[0] - area[1], rel=1e-14, abs=1e-17)
    variance = covariance[0][0] + covariance[1][1] - 2 * covariance[0][1]
    if variance > 1e-12:
        assert found.z == pytest.approx((area[0] - area[1]) / math.sqrt(variance), rel=1e-9, abs=1e-12)
        assert -1 <= found.difference.lower <= found.difference.value <= found.difference.upper <= 1
        if -1 < found.difference.lower < found.difference.upper < 1:
            assert 2 * found.difference.value == pytest.approx(
                found.difference.lower + found.difference.upper, abs=1e-14
            )
    swapped = th.compare_roc_auc(labels, b, a)
    assert swapped.difference.value == -found.difference.value
    assert swapped.p_value == found.p_value or (math.isnan(found.p_value) and math.isnan(swapped.p_value))


def test_the_covariance_is_that_of_the_infinitesimal_jackknife_of_scikit_learn_s_areas():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], [40, 30])
    scores = np.round(rng.normal(size=(70, 2)) + labels[:, None] * [1.0, 0.7], 1)
    pseudo = np.empty((70, 2))
    for row in range(70):
        kept = np.arange(70) != row
        pseudo[row] = [roc_auc_score(labels[kept], scores[kept, j]) for j in (0, 1)]
    whole = np.array([roc_auc_score(labels, scores[:, j]) for j in (0, 1)])
    # Leaving out row i of a class of n moves its mean placement by (A − V_i) / (n − 1).
    expected = 0
    for label, size in ((0, 40), (1, 30)):
        moved = (whole - pseudo[labels == label]) * (size - 1)
        expected = expected + moved.T @ moved / (size * (size - 1))
    areas, covariance = th.roc_auc_covariance(labels, scores)
    assert areas == pytest.approx(whole, rel=1e-14)
    assert covariance == pytest.approx(expected, rel=1e-10)


@given(models(), st.integers(0, 2**32))
def test_integer_frequency_weights_are_repeated_rows(data, seed):
    labels, columns = data
    repeats = np.random.default_rng(seed).integers(0, 4, len(labels))
    repeats[labels.index(0)], repeats[labels.index(1)] = 2, 3
    scores = np.array(columns).T
    weighted = th.roc_auc_covariance(labels, scores, weights=repeats, weight_meaning="frequency")
    repeated = th.roc_auc_covariance(np.repeat(labels, repeats), np.repeat(scores, repeats, axis=0))
    assert weighted[0] == pytest.approx(repeated[0], rel=1e-12)
    assert weighted[1] == pytest.approx(repeated[1], rel=1e-12, abs=1e-16)


@given(models(), st.floats(1e-3, 1e3))
def test_equal_sampling_weights_are_none(data, weight):
    labels, columns = data
    scores = np.array(columns).T
    weights = np.full(len(labels), weight)
    weighted = th.roc_auc_covariance(labels, scores, weights=weights, weight_meaning="sampling")
    assert weighted[1] == pytest.approx(th.roc_auc_covariance(labels, scores)[1], rel=1e-12, abs=1e-16)


@given(models(), st.integers(0, 2**32))
def test_sampling_weights_give_the_linearised_variance(data, seed):
    labels, columns = data
    weights = [int(w) for w in np.random.default_rng(seed).integers(1, 6, len(labels))]
    classes = [[w for w, label in zip(weights, labels, strict=True) if label == k] for k in (0, 1)]
    effective = [Fraction(sum(ws) ** 2, sum(w * w for w in ws)) for ws in classes]
    factors = [[m / (m - 1) * Fraction(w, sum(ws)) ** 2 for w in ws] for m, ws in zip(effective, classes, strict=True)]
    _, expected = delong(labels, columns, factors, weights)
    scaled = np.array(weights) / 8
    _, found = th.roc_auc_covariance(labels, np.array(columns).T, weights=scaled, weight_meaning="sampling")
    assert found == pytest.approx(np.array(expected), rel=1e-12, abs=1e-16)


def obuchowski(labels, columns, clusters):
    """The formula of 1997, cluster by cluster, in rational arithmetic."""
    found = [placements(labels, scores) for scores in columns]
    area = [sum(each[1]) / len(each[1]) for each in found]
    size = [labels.count(0), labels.count(1)]
    of_class = [[c for c, label in zip(clusters, labels, strict=True) if label == k] for k in (0, 1)]
    every = sorted(set(clusters))

    def deviation(j, k, cluster):
        return sum((v - area[j] for v, c in zip(found[j][k], of_class[k], strict=True) if c == cluster), Fraction(0))

    def cross(j, k, first, second, held):
        total = sum((deviation(j, first, c) * deviation(k, second, c) for c in every), Fraction(0))
        return Fraction(held, held - 1) * total

    def cell(j, k):
        terms = sum(cross(j, k, x, x, len(set(of_class[x]))) / size[x] ** 2 for x in (0, 1))
        mixed = cross(j, k, 1, 0, len(every)) + cross(j, k, 0, 1, len(every))
        return float(terms + mixed / (size[0] * size[1]))

    models_ = range(len(columns))
    return np.array([[cell(j, k) for k in models_] for j in models_])


@given(models(), st.data())
def test_clusters_give_obuchowski_s_variance(data, more):
    labels, columns = data
    clusters = more.draw(st.lists(st.integers(0, 5), min_size=len(labels), max_size=len(labels)))
    held = [{c for c, label in zip(clusters, labels, strict=True) if label == k} for k in (0, 1)]
    named = [f"patient {c}" for c in clusters]
    _, covariance = th.roc_auc_covariance(labels, np.array(columns).T, clusters=named)
    if min(map(len, held)) < 2:
        assert np.isnan(covariance).all()
        return
    assert covariance == pytest.approx(obuchowski(labels, columns, clusters), rel=1e-12, abs=1e-16)
    assert np.diag(covariance).min() >= 0


@given(models())
def test_clusters_of_one_row_give_delong(data):
    labels, columns = data
    scores = np.array(columns).T
    clustered = th.roc_auc_covariance(labels, scores, clusters=np.arange(len(labels)))
    assert clustered[1] == pytest.approx(th.roc_auc_covariance(labels, scores)[1], rel=1e-12, abs=1e-16)


@given(models(), st.integers(0, 2**32))
def test_frequency_weights_inside_clusters_are_repeated_rows(data, seed):
    labels, columns = data
    rng = np.random.default_rng(seed)
    clusters, repeats = rng.integers(0, 4, len(labels)), rng.integers(1, 4, len(labels))
    scores = np.array(columns).T
    weighted = th.roc_auc_covariance(labels, scores, weights=repeats, weight_meaning="frequency", clusters=clusters)
    each = np.repeat(np.arange(len(labels)), repeats)
    repeated = th.roc_auc_covariance(np.array(labels)[each], scores[each], clusters=clusters[each])
    assert weighted[1] == pytest.approx(repeated[1], rel=1e-12, abs=1e-16, nan_ok=True)


@pytest.mark.parametrize(
    "clusters",
    [list("baac"), np.array(list("baac")), (7, -1, -1, 3), np.float64([0.5, 2, 2, 1]), ["x", 2, 2, "y"]],
    ids=["list", "text", "ints", "floats", "mixed"],
)
def test_clusters_are_any_hashable_values(clusters):
    labels, scores = [0, 1, 0, 1], [[0.1, 0.2], [0.3, 0.1], [0.2, 0.3], [0.4, 0.4]]
    expected = th.roc_auc_covariance(labels, scores, clusters=[0, 1, 1, 2])[1]
    assert th.roc_auc_covariance(labels, scores, clusters=clusters)[1].tolist() == expected.tolist()


def test_many_rows_and_threads_give_the_bits_of_one_thread_and_of_any_dtype():
    rng = np.random.default_rng(2)
    n = 20_000
    labels = rng.random(n) < 0.1
    scores = (rng.normal(size=(n, 3)) + labels[:, None]).round(2).astype(np.float32)
    weights = rng.random(n)
    for options in ({}, {"weights": weights, "weight_meaning": "sampling"}, {"clusters": rng.integers(0, 500, n)}):
        one = th.roc_auc_covariance(labels, scores, n_threads=1, **options)
        many = th.roc_auc_covariance(labels, scores, n_threads=4, **options)
        wide = th.roc_auc_covariance(labels, scores.astype(np.float64), **options)
        assert one[1].tolist() == many[1].tolist() == wide[1].tolist()
    assert one[0].tolist() == th.roc_auc(labels, scores).tolist()


def test_a_row_with_nan_in_either_model_is_dropped_from_both():
    labels = np.array([0, 0, 1, 1, 0, 1, 1])
    a = np.array([0.1, 0.4, 0.3, 0.8, np.nan, 0.2, 0.7], np.float32)
    b = np.array([0.2, 0.3, 0.3, 0.6, 0.9, np.nan, 0.1])
    kept = ~(np.isnan(a) | np.isnan(b))
    found, expected = th.compare_roc_auc(labels, a, b, nan="drop"), th.compare_roc_auc(labels[kept], a[kept], b[kept])
    assert found == expected
    with pytest.raises(th.Error, match=r"scores\[5\] is NaN") as caught:
        th.compare_roc_auc(labels, np.nan_to_num(a), b)
    assert caught.value.__notes__ == ["in `scores_b`"]


def test_nothing_is_certain_where_placements_do_not_vary():
    labels = [0, 0, 0, 1, 1, 1]
    perfect, constant, other = [1, 2, 3, 4, 5, 6], [1] * 6, [1, 2, 4, 3, 5, 6]
    same = th.compare_roc_auc(labels, other, other)
    assert (same.difference.value, same.z, same.p_value) == (0, 0, 1)
    assert "variance 0" in same.difference.method
    assert not math.isnan(same.a.lower)
    apart = th.compare_roc_auc(labels, perfect, constant)
    assert (apart.a.value, apart.b.value, apart.difference.value) == (1, 0.5, 0.5)
    assert (apart.a, apart.b) == tuple(th.roc_auc_interval(labels, scores) for scores in (perfect, constant))
    assert "clopper-pearson" in apart.a.method
    assert math.isnan(apart.difference.lower)
    assert "variance 0" in apart.difference.method
    assert math.isnan(apart.z)
    assert math.isnan(apart.p_value)


@pytest.mark.parametrize("labels", [[], [1], [0, 0, 0], [1, 1], [0, 1], [0, 1, 1]], ids=str)
def test_too_few_samples_have_no_variance(labels):
    scores = np.linspace(0.1, 0.6, len(labels))
    found = th.compare_roc_auc(labels, scores, scores[::-1])
    assert math.isnan(found.p_value)
    assert np.isnan(found.covariance).all()
    assert "fewer than two" in found.difference.method
    weighted = th.compare_roc_auc(labels, scores, scores, weights=np.ones(len(labels)), weight_meaning="sampling")
    assert math.isnan(weighted.p_value)


@given(models(), models())
def test_unpaired_variances_add_up(first, second):
    counts, expected = [], 0
    for labels, columns in (first, second):
        counts.append(th.ExactCounts())
        counts[-1].update(labels, columns[0])
        expected += delong(labels, columns[:1])[1][0][0]
    found = th.compare_roc_auc_unpaired(*counts)
    assert np.trace(found.covariance) == pytest.approx(expected, rel=1e-14, abs=1e-17)
    assert found.difference.value == pytest.approx(counts[0].roc_auc() - counts[1].roc_auc())
    if expected > 1e-12:
        assert found.z == pytest.approx(found.difference.value / math.sqrt(expected))


def test_unpaired_counts_in_bins_widen_the_interval_and_say_so():
    rng = np.random.default_rng(3)
    labels, scores = rng.random(500) < 0.4, rng.random(500)
    binned, exact = th.ThresholdCounts(11), th.ExactCounts()
    binned.update(labels, scores)
    exact.update(labels, scores)
    found = th.compare_roc_auc_unpaired(binned, exact)
    lower, upper = found.difference.bounds
    assert lower <= 0 <= upper
    assert (found.z, found.p_value) == (0, 1)  # no difference is among what the bins allow
    assert found.difference.lower < lower
    assert found.difference.upper > upper
    assert "widened" in found.difference.method
    assert found.b.bounds is None
    exact.update([1], [0.5], weights=[2.0])
    with pytest.raises(th.Error, match="`weight_meaning` must be given"):
        th.compare_roc_auc_unpaired(binned, exact)
    exact.update([0] * 300, np.linspace(0.9, 1, 300), weights=[2.0] * 300)
    far = th.compare_roc_auc_unpaired(binned, exact, weight_meaning="frequency")
    error = math.sqrt(np.trace(far.covariance))
    assert far.z == pytest.approx(far.difference.bounds[0] / error)
    assert 0 < far.p_value < 0.05 < far.difference.lower
    with pytest.raises(TypeError, match="`counts_a` must be an accumulator"):
        th.compare_roc_auc_unpaired(labels, exact)


def test_bad_input_is_named():
    labels, scores = [0, 1, 1], [0.1, 0.2, 0.3]
    compare = th.compare_roc_auc
    with pytest.raises(th.Error, match="`weight_meaning` must be given"):
        compare(labels, scores, scores, weights=[1, 2, 3])
    with pytest.raises(th.Error, match="`weight_meaning` must be 'frequency' or 'sampling'"):
        compare(labels, scores, scores, weights=[1, 2, 3], weight_meaning="both")
    with pytest.raises(th.Error, match="`weights` is not"):
        compare(labels, scores, scores, weight_meaning="sampling")
    with pytest.raises(th.Error, match="`scores_a` has 2 columns"):
        compare(labels, [[1, 2], [3, 4], [5, 6]], scores)
    with pytest.raises(th.Error, match="`scores` has 2 rows but `labels` has 3") as caught:
        compare(labels, scores, scores[:2])
    assert caught.value.__notes__ == ["in `scores_b`"]
    with pytest.raises(th.Error, match="`clusters` has 2 rows but `labels` has 3"):
        compare(labels, scores, scores, clusters=[1, 2])
    with pytest.raises(th.Error, match=r"clusters\[1\] is None"):
        compare(labels, scores, scores, clusters=["a", None, "b"])
    with pytest.raises(TypeError, match=r"hashable, but clusters\[0\]"):
        compare(labels, scores, scores, clusters=np.array([["a"], 1, 2], dtype=object))
    with pytest.raises(th.Error, match="`level` must be in"):
        compare(labels, scores, scores, level=95)
    with pytest.raises(th.Error, match=r"weights\[1\] is -1"):
        compare(labels, scores, scores, weights=[1, -1, 1], weight_meaning="sampling")
    with pytest.raises(OverflowError, match="largest float64"):
        compare(labels, scores, scores, weights=[1, 1e308, 1e308], weight_meaning="sampling")
