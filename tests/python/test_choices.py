"""A chosen threshold is the one that trying them all in rational arithmetic finds."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

import thresher as th

COUNTS = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def over(a, b):
    return Fraction(a, b) if b else None


def average(a, b):
    return None if a is None or b is None else (a + b) / 2


RATIONAL = {
    "f1": lambda tp, fp, fn_, tn: over(2 * tp, 2 * tp + fp + fn_),
    "accuracy": lambda tp, fp, fn_, tn: over(tp + tn, tp + fp + fn_ + tn),
    "precision": lambda tp, fp, fn_, tn: over(tp, tp + fp),
    "recall": lambda tp, fp, fn_, tn: over(tp, tp + fn_),
    "jaccard": lambda tp, fp, fn_, tn: over(tp, tp + fp + fn_),
    "balanced_accuracy": lambda tp, fp, fn_, tn: average(over(tp, tp + fn_), over(tn, fp + tn)),
    "youden_j": lambda tp, fp, fn_, tn: over(tp * tn - fp * fn_, (tp + fn_) * (fp + tn)),
    "markedness": lambda tp, fp, fn_, tn: over(tp * tn - fp * fn_, (tp + fp) * (tn + fn_)),
    "cohen_kappa": lambda tp, fp, fn_, tn: over(
        2 * (tp * tn - fp * fn_), (tp + fp) * (fp + tn) + (tp + fn_) * (fn_ + tn)
    ),
    "predicted_positive_rate": lambda tp, fp, fn_, tn: over(tp + fp, tp + fp + fn_ + tn),
    "false_positive_rate": lambda tp, fp, fn_, tn: over(fp, fp + tn),
    "error_rate": lambda tp, fp, fn_, tn: over(fp + fn_, tp + fp + fn_ + tn),
}
LESS = {"false_positive_rate", "error_rate"}


@st.composite
def data(draw, largest=40):
    n = draw(st.integers(0, largest))
    scores = draw(st.lists(st.integers(0, draw(st.sampled_from([1, 4, 30]))), min_size=n, max_size=n))
    labels = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return np.array(labels, dtype=bool), np.array(scores, dtype=float) / 8


def tables(labels, scores, weights=None):
    """The cells at every candidate, from the highest threshold down."""
    weights = np.ones(len(labels), dtype=int) if weights is None else weights
    for cut in [math.inf, *sorted(set(scores.tolist()), reverse=True)]:
        flagged = scores >= cut
        cells = flagged & labels, flagged & ~labels, ~flagged & labels, ~flagged & ~labels
        yield cut, tuple(sum(map(Fraction, weights[cell].tolist()), Fraction(0)) for cell in cells)


def exact(labels, scores, weights=None):
    counts = th.ExactCounts()
    counts.update(labels, scores, weights=weights)
    return counts


def satisfied(cells, limits):
    for name, (low, high) in limits.items():
        rate = RATIONAL[name](*cells)
        if rate is None or (low is not None and float(rate) < low) or (high is not None and float(rate) > high):
            return False
    return True


def best(labels, scores, merit, limits=(), weights=None):
    """Threshold and merit of the first best candidate; None when there is none."""
    found = None
    for cut, cells in tables(labels, scores, weights):
        value = merit(*cells)
        if value is not None and satisfied(cells, dict(limits)) and (found is None or value > found[1]):
            found = cut, value, cells
    return found


def merit_of(name):
    return RATIONAL[name] if name not in LESS else lambda *cells: negated(RATIONAL[name](*cells))


def negated(value):
    return None if value is None else -value


SHARE = st.none() | st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
LIMITS = st.dictionaries(
    st.sampled_from(["precision", "predicted_positive_rate", "recall", "youden_j"]),
    st.tuples(SHARE, SHARE).filter(lambda ends: None in ends or ends[0] <= ends[1]),
    max_size=2,
)


@given(rows=data(), name=st.sampled_from(sorted(RATIONAL)), limits=LIMITS)
def test_the_best_threshold_is_that_of_trying_them_all(rows, name, limits):
    choice = exact(*rows).best_threshold(name, subject_to=limits)
    found = best(*rows, merit_of(name), limits)
    assert choice.feasible == (found is not None)
    assert choice.certain
    if found is None:
        assert choice.reason.startswith("not feasible")
        return
    cut, merit, cells = found
    assert choice.threshold == cut
    assert choice.value == choice.reachable == float(-merit if name in LESS else merit)
    assert tuple(getattr(choice.counts, cell) for cell in COUNTS) == cells


@given(rows=data(), costs=st.tuples(*[st.integers(-3, 9)] * 4), limits=LIMITS)
def test_the_lowest_cost_is_that_of_trying_them_all(rows, costs, limits):
    named = dict(zip(("true_positive", "false_positive", "false_negative", "true_negative"), costs, strict=True))
    choice = exact(*rows).best_threshold(costs=named, subject_to=limits)

    def merit(*cells):
        return over(-sum(cell * cost for cell, cost in zip(cells, costs, strict=True)), sum(cells))

    found = best(*rows, merit, limits)
    assert choice.feasible == (found is not None)
    if found is not None:
        assert (choice.threshold, choice.value) == (found[0], -float(found[1]))
        assert choice.value == choice.counts.expected_cost(named)


@given(rows=data(), name=st.sampled_from(sorted(RATIONAL)), tolerance=st.sampled_from([0, 0.01, 0.25, 1]))
def test_the_run_within_tolerance_is_contiguous_around_the_best(rows, name, tolerance):
    limits = {"precision": (0.2, None)}
    choice = exact(*rows).best_threshold(name, subject_to=limits, tolerance=tolerance)
    if not choice.feasible:
        assert choice.lowest == choice.highest == choice.threshold
        return
    sign = -1 if name in LESS else 1
    good = []
    for cut, cells in tables(*rows):
        value = RATIONAL[name](*cells)
        best_value = Fraction(sign * choice.value)
        least = float(best_value) - tolerance * abs(float(best_value))
        within = value is not None and satisfied(cells, limits) and sign * float(value) >= least
        good.append((cut, within))
    at = [cut for cut, _ in good].index(choice.threshold)
    start = end = at
    while start > 0 and good[start - 1][1]:
        start -= 1
    while end + 1 < len(good) and good[end + 1][1]:
        end += 1
    assert (choice.highest, choice.lowest) == (good[start][0], good[end][0])


@given(rows=data(), target=st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9, 1.0]))
def test_a_rate_is_reached_where_trying_them_all_reaches_it(rows, target):
    counts = exact(*rows)
    candidates = list(tables(*rows))
    for name, at_least, side in [
        ("recall", True, 0),
        ("precision", True, -1),
        ("false_positive_rate", False, -1),
        ("predicted_positive_rate", False, -1),
    ]:
        limits = {name: (target, None) if at_least else (None, target)}
        within = [cut for cut, cells in candidates if satisfied(cells, limits)]
        choice = counts.threshold_at(**{name: target})
        assert choice.feasible == bool(within)
        assert choice.metric == name
        if within:
            assert choice.threshold == within[side]
            assert choice.value == choice.rate(name)


def test_nine_of_ten_reach_nine_tenths():
    labels = [1] * 10 + [0] * 10
    counts = exact(labels, np.arange(20)[::-1])
    assert counts.threshold_at(recall=0.9).counts.true_positives == 9
    assert counts.threshold_at(false_positive_rate=0.7).counts.false_positives == 7
    assert counts.threshold_at(predicted_positive_rate=0.15).counts.true_positives == 3


@pytest.mark.parametrize("metric", ["f1", "balanced_accuracy", "matthews_correlation", "accuracy"])
def test_scikit_learn_finds_nothing_better(metric):
    rng = np.random.default_rng(3)
    labels = rng.random(300) < 0.3
    scores = np.round(rng.normal(labels * 0.8, 1), 2)
    score = {
        "f1": metrics.f1_score,
        "balanced_accuracy": metrics.balanced_accuracy_score,
        "matthews_correlation": metrics.matthews_corrcoef,
        "accuracy": metrics.accuracy_score,
    }[metric]
    values = [score(labels, scores >= cut) for cut in np.unique(scores)]
    assert exact(labels, scores).best_threshold(metric).value == pytest.approx(max(values))


@given(
    rows=data(), prevalence=st.sampled_from([1 / 64, 0.25, 0.75]), name=st.sampled_from(["f1", "accuracy", "precision"])
)
def test_another_prevalence_moves_the_best_threshold(rows, prevalence, name):
    labels, scores = rows
    choice = exact(labels, scores).best_threshold(name, prevalence=prevalence)
    if labels.all() or not labels.any():
        assert not choice.feasible
        return
    share, p, n = Fraction(prevalence), int(labels.sum()), int((~labels).sum())

    def merit(tp, fp, fn_, tn):
        return RATIONAL[name](tp * share / p, fp * (1 - share) / n, fn_ * share / p, tn * (1 - share) / n)

    cut, value, _ = best(labels, scores, merit)
    assert (choice.threshold, choice.value) == (cut, pytest.approx(float(value)))
    assert choice.judged == choice.counts.at_prevalence(prevalence)
    assert choice.rate(name) == pytest.approx(choice.value)
    assert choice.interval("recall") == choice.counts.interval("recall")
    with pytest.raises(th.Error, match="scaled to another prevalence"):
        choice.interval(name)
    assert f"at prevalence {prevalence:.6g}" in str(choice)


@given(rows=data(), seed=st.integers(0, 100), name=st.sampled_from(["f1", "youden_j", "recall", "error_rate"]))
def test_weights_count_as_they_weigh(rows, seed, name):
    labels, scores = rows
    weights = np.random.default_rng(seed).integers(1, 5, len(labels)).astype(float)
    choice = exact(labels, scores, weights).best_threshold(name, subject_to={"precision": (0.2, None)})
    found = best(labels, scores, merit_of(name), {"precision": (0.2, None)}, weights)
    assert choice.feasible == (found is not None)
    if found is not None:
        assert choice.threshold == found[0]
        repeated = exact(np.repeat(labels, weights.astype(int)), np.repeat(scores, weights.astype(int)))
        twin = repeated.best_threshold(name, subject_to={"precision": (0.2, None)})
        assert (choice.threshold, choice.lowest, choice.highest) == (twin.threshold, twin.lowest, twin.highest)
        assert choice.value == pytest.approx(twin.value)


@given(rows=data())
def test_a_callable_sees_every_candidate(rows):
    counts = exact(*rows)
    seen = []

    def f1(counts):
        seen.append(counts)
        return counts.f_score()

    choice, named = counts.best_threshold(f1), counts.best_threshold("f1")
    assert seen[0].thresholds.tolist() == sorted({math.inf, *rows[1].tolist()})
    assert (choice.threshold, choice.feasible, choice.metric) == (named.threshold, named.feasible, "f1")
    assert (choice.lowest, choice.highest, choice.counts) == (named.lowest, named.highest, named.counts)


@given(first=data(), second=data(), name=st.sampled_from(sorted(RATIONAL)))
def test_merged_shards_choose_as_the_whole(first, second, name):
    whole = exact(np.r_[first[0], second[0]], np.r_[first[1], second[1]])
    assert repr((exact(*first) + exact(*second)).best_threshold(name)) == repr(whole.best_threshold(name))


def test_matthews_correlations_that_are_equal_tie():
    # 1 of 2 and 2 of 1 flagged rightly: the tables are each other's mirror.
    counts = exact([1, 0, 1, 0, 1, 0, 1, 0], [8, 7, 6, 5, 4, 3, 2, 1])
    assert counts.best_threshold("matthews_correlation").threshold == 8


def test_nothing_feasible_is_a_value():
    counts = exact([0, 1, 1, 0, 1, 0], [0.9, 0.8, 0.7, 0.3, 0.2, 0.1])
    choice = counts.best_threshold("recall", subject_to={"precision": (0.9, None)})
    assert not choice.feasible
    assert choice.threshold == 0.7
    assert choice.reason == "not feasible: best reachable is precision 0.666667 (wanted >= 0.9) at 0.7"
    assert choice.reason in str(choice)
    at = counts.threshold_at(precision=0.9)
    assert (at.feasible, at.threshold, at.reason) == (False, 0.7, choice.reason)


@pytest.mark.parametrize("accumulator", [th.ExactCounts, th.CompactCounts, lambda: th.ThresholdCounts([0.5])])
def test_nothing_counted_is_not_feasible(accumulator):
    choice = accumulator().best_threshold("f1")
    assert not choice.feasible
    assert choice.reason == "not feasible: f1 is undefined at every threshold"
    assert math.isnan(choice.value)
    assert "recall" in accumulator().threshold_at(recall=0.5).reason
    assert "nan" in str(choice)


def test_one_class_alone():
    negatives = exact([0, 0], [0.2, 0.4])
    assert negatives.best_threshold("accuracy").threshold == math.inf
    assert not negatives.best_threshold("youden_j").feasible
    positives = exact([1, 1], [0.2, 0.4])
    assert positives.best_threshold("f1").threshold == 0.2
    assert positives.threshold_at(recall=1).threshold == 0.2
    assert not positives.threshold_at(false_positive_rate=0.5).feasible


def test_infinite_scores_are_flagged_by_an_infinite_threshold():
    counts = exact([1, 0, 0], [math.inf, 1.0, -math.inf])
    best = counts.best_threshold("accuracy")
    assert (best.threshold, best.counts.true_positives) == (math.inf, 1)
    assert exact([0, 1], [math.inf, 1.0]).threshold_at(false_positive_rate=0).feasible is False


def test_choices_show_themselves(rows):
    choice = exact(*rows).best_threshold("youden_j", tolerance=0.1)
    text = str(choice)
    assert "youden_j = " in text
    assert "within 10 % of the best" in text
    assert f"recall: {choice.interval('recall')}" in text
    assert repr(choice) == f"<{text}>"
    assert "<table" in choice._repr_html_()
    assert choice.to_dict()["threshold"] == choice.threshold
    assert choice.to_dict()["counts"]["true_positives"] == choice.counts.true_positives
    assert choice.interval("recall", 0.8).level == 0.8
    weighted = exact(*rows, np.ones(1000)).best_threshold()
    assert "recall" in str(weighted)
    assert weighted.interval("recall", weight_meaning="frequency").value == weighted.rate("recall")


def test_what_is_asked_is_checked():
    counts = exact([0, 1], [0.2, 0.4])
    for message, call in [
        ("`metric` and `costs` were both given", lambda: counts.best_threshold("f1", costs={})),
        ("`metric` must be 'recall' or", lambda: counts.best_threshold("auc")),
        ("`subject_to` must be 'recall' or", lambda: counts.best_threshold(subject_to={"auc": (0, 1)})),
        (r"`subject_to`\['recall'\] must be \(low, high\)", lambda: counts.best_threshold(subject_to={"recall": 0.9})),
        ("with low <= high", lambda: counts.best_threshold(subject_to={"recall": (0.9, 0.1)})),
        (r"`prevalence` must be in \[0, 1\]", lambda: counts.best_threshold(prevalence=2)),
        ("`tolerance` must be finite and >= 0", lambda: counts.best_threshold(tolerance=-1)),
        ("`level` must be in", lambda: counts.best_threshold(level=95)),
        ("`beta` must be", lambda: counts.best_threshold("f_score", beta=-1)),
        (r"must return an array of shape \(3,\)", lambda: counts.best_threshold(lambda _: np.zeros(2))),
        ("exactly one of recall, .*, but found none", lambda: counts.threshold_at()),
        ("but found recall, precision", lambda: counts.threshold_at(recall=0.5, precision=0.5)),
        (r"`recall` must be in \[0, 1\]", lambda: counts.threshold_at(recall=1.5)),
    ]:
        with pytest.raises(th.Error, match=message):
            call()
