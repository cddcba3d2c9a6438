"""What is read off a ranking beyond areas and usual curves: definitions in rational arithmetic, scipy, scikit-learn."""

import itertools
import warnings
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th

stats = pytest.importorskip("scipy.stats")
metrics = pytest.importorskip("sklearn.metrics")

GRIDS = [np.linspace(0, 1, 5), np.array([0.3, 0.35, 0.9]), np.array([0.5])]


@st.composite
def few_rows(draw, least=1, classes=1):
    """Up to 14 rows on a grid of 8 scores; with `classes=2` both are there."""
    pairs = st.tuples(st.integers(0, 1), st.integers(0, 7))
    both = {2: lambda rows: len({label for label, _ in rows}) == 2}.get(classes, bool)
    rows = draw(st.lists(pairs, min_size=least, max_size=14).filter(both))
    labels, scores = map(np.array, zip(*rows, strict=True))
    return labels, scores / 8


def exact(labels, scores, weights=None):
    counts = th.ExactCounts()
    counts.update(labels, scores, weights=weights)
    return counts


def roc_points(labels, scores):
    """(threshold, FP, TP), from (inf, 0, 0) down, in whole rows."""
    points = [(float("inf"), 0, 0)]
    for cut in sorted(set(scores.tolist()), reverse=True):
        flagged = scores >= cut
        points.append((cut, int((labels[flagged] == 0).sum()), int((labels[flagged] == 1).sum())))
    return points


def rates(labels, scores):
    negatives, positives = int((labels == 0).sum()), int((labels == 1).sum())
    return [(t, Fraction(fp, negatives), Fraction(tp, positives)) for t, fp, tp in roc_points(labels, scores)]


def orders(labels, scores, cuts):
    """The rows as any order within the gaps between cuts may have them: positives first, negatives first."""
    gap = np.searchsorted(cuts, scores, side="right")
    return [gap + labels / 2, gap - labels / 2]


def quietly(read):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", th.InexactWarning)
        return read()


@given(few_rows(classes=2))
def test_kolmogorov_smirnov_is_the_largest_distance_at_the_highest_threshold(rows):
    found = exact(*rows).kolmogorov_smirnov()
    distances = [(abs(tpr - fpr), threshold) for threshold, fpr, tpr in rates(*rows)]
    assert (found.value, found.threshold) == max((float(distance), threshold) for distance, threshold in distances)
    assert found.bounds is None


@given(few_rows(classes=2))
def test_its_p_value_is_the_share_of_orders_as_far_apart(rows):
    labels, _ = rows
    positives, negatives = int((labels == 1).sum()), int((labels == 0).sum())
    distance = max(abs(tpr - fpr) for _, fpr, tpr in rates(*rows))
    ours = exact(*rows).kolmogorov_smirnov()
    assert ours.p_value == pytest.approx(float(share_of_orders(positives, negatives, distance)), rel=1e-12)


def share_of_orders(positives: int, negatives: int, distance: Fraction) -> Fraction:
    """Return the share of all orders of the rows in which the two distributions are ever `distance` or more apart."""
    closer = {(0, 0): int(distance > 0)}  # orders that never are, by how many of each class have come
    for p, n in itertools.product(range(positives + 1), range(negatives + 1)):
        if p or n:
            near = abs(Fraction(p, positives) - Fraction(n, negatives)) < distance
            closer[p, n] = closer.get((p - 1, n), 0) + closer.get((p, n - 1), 0) if near else 0
    return 1 - Fraction(closer[positives, negatives], comb(positives + negatives, positives))


@pytest.mark.parametrize(
    ("positives", "negatives", "method", "tolerance"),
    [
        (700, 900, "exact", 1e-9),
        (3, 2_000, "exact", 1e-9),
        (6_000, 9_000, "exact", 0.03),
        (40_000, 60_000, "asymp", 0.03),
    ],
)
def test_p_values_of_larger_samples_are_scipy_s(positives, negatives, method, tolerance):
    rng = np.random.default_rng(positives)
    scores = np.r_[rng.normal(2 / np.sqrt(positives), 1, positives), rng.normal(size=negatives)]
    labels = np.arange(positives + negatives) < positives
    ours = exact(labels, scores).kolmogorov_smirnov()
    theirs = stats.ks_2samp(scores[labels], scores[~labels], method=method)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=tolerance)


@given(few_rows(classes=2))
def test_the_equal_error_rate_is_where_the_curve_meets_the_diagonal(rows):
    found = exact(*rows).equal_error_rate()
    points = rates(*rows)
    at = next(i for i, (_, fpr, tpr) in enumerate(points) if fpr >= 1 - tpr)
    (_, x, y), (threshold, right, top) = points[at - 1], points[at]
    share = (1 - x - y) / (right - x + top - y)
    assert found.value == pytest.approx(float(x + share * (right - x)), abs=1e-15)
    assert found.threshold == threshold


def area_between(points, lower, upper):
    """The area under straight lines from x = lower to upper."""
    area = Fraction(0)
    for (x, y), (right, top) in itertools.pairwise(points):
        start, end = max(x, lower), min(right, upper)
        if start < end:
            height = [y + (top - y) * (at - x) / (right - x) for at in (start, end)]
            area += (end - start) * sum(height) / 2
    return area


@given(few_rows(classes=2), st.integers(0, 15), st.integers(1, 16))
def test_partial_areas_are_those_of_the_cut_curve_on_either_axis(rows, lower, width):
    lower, upper = Fraction(lower, 16), min(Fraction(lower + width, 16), Fraction(1))
    counts, points = exact(*rows), [(fpr, tpr) for _, fpr, tpr in rates(*rows)]
    mirrored = [(1 - tpr, 1 - fpr) for fpr, tpr in reversed(points)]
    ends = float(lower), float(upper)
    plain = area_between(points, lower, upper)
    assert counts.partial_roc_auc(fpr_range=ends, standardized=False) == pytest.approx(float(plain), abs=1e-14)
    of_tpr = area_between(mirrored, 1 - upper, 1 - lower)
    assert counts.partial_roc_auc(tpr_range=ends, standardized=False) == pytest.approx(float(of_tpr), abs=1e-14)
    chance = (upper - lower) * (2 - lower - upper) / 2
    scaled = (1 + (of_tpr - chance) / (upper - lower - chance)) / 2
    assert counts.partial_roc_auc(tpr_range=ends) == pytest.approx(float(scaled), abs=1e-12)


@given(few_rows(classes=2), st.floats(0.01, 1))
def test_a_partial_area_is_that_of_roc_auc_and_of_scikit_learn(rows, max_fpr):
    counts = exact(*rows)
    assert counts.partial_roc_auc(max_fpr=max_fpr) == counts.roc_auc(max_fpr=max_fpr)
    theirs = metrics.roc_auc_score(*rows, max_fpr=max_fpr)
    assert counts.partial_roc_auc(max_fpr=max_fpr) == pytest.approx(theirs, abs=1e-10)
    assert counts.partial_roc_auc(min_tpr=0.0) == counts.roc_auc()


@given(few_rows(classes=2), st.floats(0.001, 0.9))
def test_log_auc_is_the_integral_over_the_logarithm(rows, least):
    points = [(float(fpr), float(tpr)) for _, fpr, tpr in rates(*rows)]
    total = 0.0
    for (x, y), (right, top) in itertools.pairwise(points):
        if right > max(x, least):
            slope, start = (top - y) / (right - x), max(x, least)
            total += slope * (right - start) + (y - slope * x) * np.log(right / start)  # as published
    assert exact(*rows).log_roc_auc(least) == pytest.approx(total / np.log(1 / least), abs=1e-11)


@given(few_rows(classes=2))
def test_gini_is_twice_the_area_less_one(rows):
    assert exact(*rows).gini() == pytest.approx(2 * metrics.roc_auc_score(*rows) - 1, abs=1e-15)


@given(few_rows())
def test_gains_and_lift_are_counted_at_every_score(rows):
    labels, scores = rows
    points = roc_points(labels, scores)
    positives, n = int(labels.sum()), len(labels)
    gain, lift = exact(*rows).gain_curve(), exact(*rows).lift_curve()
    assert gain.thresholds.tolist() == [threshold for threshold, _, _ in points]
    assert lift.thresholds.tolist() == gain.thresholds[1:].tolist()
    np.testing.assert_array_equal(gain.predicted_positive_rate, [(fp + tp) / n for _, fp, tp in points])
    if positives:
        np.testing.assert_array_equal(gain.recall, [tp / positives for _, _, tp in points])
        expected = [float(Fraction(tp * n, (tp + fp) * positives)) for _, fp, tp in points[1:]]
        np.testing.assert_allclose(lift.lift, expected, rtol=1e-15)
    else:
        assert np.isnan(gain.recall).all()
        assert np.isnan(lift.lift).all()


def gain_points(labels, scores):
    """(recall gain, precision gain) from recall gain 0 on, the first one interpolated on the ROC curve."""
    positives, negatives = int((labels == 1).sum()), int((labels == 0).sum())
    prevalence = Fraction(positives, positives + negatives)

    def gain(rate):
        return (rate - prevalence) / ((1 - prevalence) * rate)

    points, before = [], (Fraction(0), Fraction(0))
    for _, fp, tp in roc_points(labels, scores)[1:]:
        least = prevalence * positives
        if tp >= least:
            if not points:
                share = (least - before[1]) / (tp - before[1])
                crossing = before[0] + share * (fp - before[0])
                points.append((Fraction(0), gain(least / (least + crossing))))
            points.append((gain(Fraction(tp, positives)), gain(Fraction(tp, tp + fp))))
        before = (fp, tp)
    return points


def gain_area(labels, scores):
    points = gain_points(labels, scores)
    return sum((right - x) * (y + top) / 2 for (x, y), (right, top) in itertools.pairwise(points))


@given(few_rows(classes=2))
def test_the_precision_recall_gain_curve_is_flach_and_kull_s(rows):
    curve = exact(*rows).precision_recall_gain_curve()
    expected = gain_points(*rows)[::-1]
    recall_gain, precision_gain = zip(*expected, strict=True)
    np.testing.assert_allclose(curve.recall_gain, np.array(recall_gain, float), atol=1e-13)
    np.testing.assert_allclose(curve.precision_gain, np.array(precision_gain, float), atol=1e-13)
    assert curve.auc == pytest.approx(float(gain_area(*rows)), abs=1e-12)
    assert len(curve.thresholds) == len(curve.recall_gain) - 1


@given(few_rows(), st.integers(0, 7), st.one_of(st.none(), st.floats(0, 1)))
def test_net_benefit_is_its_formula(rows, step, prevalence):
    labels, scores = rows
    t = step / 8
    flagged, truth, n = scores >= t, labels == 1, len(labels)
    odds = t / (1 - t)
    model = (flagged & truth).sum() / n - (flagged & ~truth).sum() / n * odds
    treat_all = truth.sum() / n - (~truth).sum() / n * odds
    if prevalence is not None:
        both = truth.any() and not truth.all()
        tpr, fpr = (flagged[truth].mean(), flagged[~truth].mean()) if both else (np.nan, np.nan)
        model = prevalence * tpr - (1 - prevalence) * fpr * odds
        treat_all = prevalence - (1 - prevalence) * odds if both else np.nan
    counts = exact(*rows)
    assert counts.net_benefit(t, prevalence) == pytest.approx(model, abs=1e-14, nan_ok=True)
    curve = counts.decision_curve([t], prevalence)
    assert curve.model[0] == pytest.approx(model, abs=1e-14, nan_ok=True)
    assert curve.treat_all[0] == pytest.approx(treat_all, abs=1e-14, nan_ok=True)


@given(few_rows(), st.integers(1, 14))
def test_the_top_rows_hold_what_random_orders_of_ties_hold_on_average(rows, k):
    labels, scores = rows
    counts = exact(*rows)
    if k > len(labels):
        assert np.isnan(counts.precision_at(k=k))
        return
    cut = np.sort(scores)[::-1][k - 1]
    above, at = labels[scores > cut], labels[scores == cut]
    expected = int(above.sum()) + Fraction((k - len(above)) * int(at.sum()), len(at))
    assert counts.precision_at(k=k) == pytest.approx(float(expected / k), abs=1e-15)
    assert counts.precision_at(share=k / len(labels)) == pytest.approx(float(expected / k), abs=1e-14)
    if labels.any():
        assert counts.recall_at(k=k) == pytest.approx(float(expected / int(labels.sum())), abs=1e-15)
    else:
        assert np.isnan(counts.recall_at(k=k))


SINGLE = {
    "kolmogorov_smirnov": lambda counts: counts.kolmogorov_smirnov().value,
    "equal_error_rate": lambda counts: counts.equal_error_rate().value,
    "gini": lambda counts: counts.gini(),
    "fpr_range": lambda counts: counts.partial_roc_auc(fpr_range=(0.1, 0.6)),
    "min_tpr": lambda counts: counts.partial_roc_auc(min_tpr=0.7, standardized=False),
    "log_roc_auc": lambda counts: counts.log_roc_auc(0.05),
    "precision_recall_gain": lambda counts: counts.precision_recall_gain_curve().auc,
    "precision_at": lambda counts: counts.precision_at(share=0.35),
    "recall_at": lambda counts: counts.recall_at(share=0.35),
}


@pytest.mark.parametrize("name", SINGLE)
def test_an_undefined_figure_is_nan_and_no_error(name):
    accumulators = [th.ThresholdCounts([0.2, 0.6]), th.CompactCounts(), th.ExactCounts()]
    for counts in accumulators:
        assert np.isnan(SINGLE[name](counts))
        for label in (0, 1):
            one_class = counts.copy()
            one_class.update([label] * 3, [0.1, 0.5, 0.7])
            value = SINGLE[name](one_class)
            assert np.isnan(value) or name in {"precision_at", "recall_at"}


@pytest.mark.parametrize("name", SINGLE)
def test_integer_weights_are_repeated_rows_and_shards_the_whole(name):
    rng = np.random.default_rng(3)
    labels, scores, weights = rng.random(80) < 0.4, np.round(rng.random(80), 1), rng.integers(0, 4, 80)
    whole = SINGLE[name](exact(np.repeat(labels, weights), np.repeat(scores, weights)))
    assert SINGLE[name](exact(labels, scores, weights)) == pytest.approx(whole, abs=1e-14)
    assert SINGLE[name](exact(labels, scores, weights * 0.3)) == pytest.approx(whole, abs=1e-13)
    shards = exact(labels[:30], scores[:30]) + exact(labels[30:], scores[30:])
    assert SINGLE[name](shards) == SINGLE[name](exact(labels, scores))


def bounds_of(counts):
    """Every figure of binned counts with its bounds."""
    distance, errors = counts.kolmogorov_smirnov(), counts.equal_error_rate()
    gain = counts.precision_recall_gain_curve()
    return {
        "kolmogorov_smirnov": (distance.value, distance.bounds),
        "equal_error_rate": (errors.value, errors.bounds),
        "precision_recall_gain": (gain.auc, gain.bounds),
        "precision_at": (SINGLE["precision_at"](counts), counts.precision_at_bounds(share=0.35)),
        "recall_at": (SINGLE["recall_at"](counts), counts.recall_at_bounds(share=0.35)),
    }


def warned_bounds(read):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        value = read()
    if not caught:
        return value, None
    ends = str(caught[0].message).split("[")[1].split("]")[0].split(", ")
    return value, (float(ends[0]) - 1e-5, float(ends[1]) + 1e-5)


@given(few_rows(classes=2), st.sampled_from(GRIDS), st.booleans())
def test_bounds_hold_the_value_of_every_order_within_the_gaps(rows, cuts, weighted):
    labels, scores = rows
    weights = np.full(len(labels), 0.7) if weighted else None
    binned = th.ThresholdCounts(cuts)
    binned.update(labels, scores, weights=weights)
    figures = quietly(lambda: bounds_of(binned))
    for name in ("gini", "fpr_range", "min_tpr", "log_roc_auc"):
        figures[name] = warned_bounds(lambda name=name: SINGLE[name](binned))
    for order in [scores, *orders(labels, scores, cuts)]:
        counts = exact(labels, order, weights)
        for name, (value, bounds) in figures.items():
            lower, upper = bounds or (value - 1.1e-3, value + 1.1e-3)
            assert lower - 1e-12 <= SINGLE[name](counts) <= upper + 1e-12, name


def test_binned_figures_warn_with_their_bounds():
    counts = th.ThresholdCounts([0.5])
    counts.update([0, 1, 0, 1], [0.1, 0.2, 0.8, 0.9])
    for read in (counts.gini, counts.log_roc_auc, lambda: counts.precision_at(k=1), lambda: counts.recall_at(k=1)):
        with pytest.warns(th.InexactWarning, match="lies in"):
            read()
    with pytest.warns(th.InexactWarning, match="partial_roc_auc"):
        counts.partial_roc_auc(min_tpr=0.6)
    assert counts.precision_at_bounds(k=1) == pytest.approx((0, 1))


def test_curves_unpack_thin_and_become_data_frames(rows):
    pytest.importorskip("pandas")
    counts = exact(*rows)
    for curve in (counts.gain_curve(), counts.lift_curve(), counts.precision_recall_gain_curve()):
        first, second, thresholds = curve
        assert len(first) == len(second)
        assert len(curve.thin(0.01).thresholds) < len(thresholds)
        assert curve.thin(0.0) == curve or len(curve.thin(0.0).thresholds) <= len(thresholds)
        assert len(curve.to_pandas()) == len(first)
        assert not first.flags.writeable
        curve.plot()
    decisions = counts.decision_curve()
    assert decisions.to_pandas().columns.tolist() == ["thresholds", "model", "treat_all"]
    assert repr(decisions) == "<DecisionCurve at 99 thresholds>"


def test_binned_decisions_are_made_at_thresholds_kept(rows):
    labels, scores = rows
    kept = th.ThresholdCounts([0.8, 0.2, 0.5, 1.0])
    kept.update(labels, scores)
    assert kept.decision_curve().thresholds.tolist() == [0.2, 0.5, 0.8]
    assert kept.decision_curve([0.45, 0.55, 0.99]).thresholds.tolist() == [0.5, 0.8]
    assert kept.net_benefit(0.5) == exact(labels, scores).net_benefit(0.5)
    with pytest.raises(th.Error, match=r"thresholds`\[1\] is 0.3, at which nothing was counted; the nearest is 0.2"):
        kept.net_benefit([0.5, 0.3])
    compact = th.CompactCounts()
    compact.update(labels, scores)
    near = compact.decision_curve([0.3])
    assert near.thresholds[0] == pytest.approx(0.3, rel=2**-8)
    assert near.model[0] == exact(labels, scores).net_benefit(near.thresholds[0])
    with pytest.raises(th.Error, match="at which nothing was counted"):
        compact.net_benefit(0.3)


def test_what_cannot_be_read_is_refused_by_name():
    counts = exact([0, 1, 1], [0.1, 0.5, 0.9])
    logits = exact([0, 1], [-1.0, 2.0])
    for message, call in {
        "exactly one of": lambda: counts.partial_roc_auc(),
        "given: max_fpr, min_tpr": lambda: counts.partial_roc_auc(max_fpr=0.1, min_tpr=0.1),
        "`max_fpr` must be": lambda: counts.partial_roc_auc(max_fpr=0),
        "`min_tpr` must be": lambda: counts.partial_roc_auc(min_tpr=1),
        "`fpr_range` must be two rates": lambda: counts.partial_roc_auc(fpr_range=0.5),
        "`tpr_range` must be two rates": lambda: counts.partial_roc_auc(tpr_range=(0.5, 0.5)),
        "`min_fpr` must be": lambda: counts.log_roc_auc(0.0),
        "one of `k` and `share`": lambda: counts.precision_at(),
        "`k` must be": lambda: counts.recall_at(k=0),
        "`share` must be": lambda: counts.recall_at(share=1.5),
        r"thresholds\[1\] is 1": lambda: counts.net_benefit([0.5, 1.0]),
        "`prevalence` must be": lambda: counts.net_benefit(0.5, prevalence=2),
        "`scores` must be probabilities": lambda: logits.decision_curve(),
        "`tolerance` must be": lambda: counts.gini(tolerance=-1),
    }.items():
        with pytest.raises(th.Error, match=message):
            call()
