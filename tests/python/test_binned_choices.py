"""Of binned counts a choice says what is certain: nothing beats `reachable`, what beats the choice is unresolved."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th

METRICS = ["f1", "youden_j", "accuracy", "precision", "recall", "matthews_correlation", "cohen_kappa", "markedness"]
METRICS += ["lift", "positive_likelihood_ratio", "negative_likelihood_ratio", "error_rate", "predicted_positive_rate"]
LESS = {"negative_likelihood_ratio", "error_rate"}
LIMITS = st.sampled_from([{}, {"precision": (0.6, None)}, {"predicted_positive_rate": (None, 0.3)}])


@st.composite
def data(draw):
    n = draw(st.integers(0, 30))
    scores = draw(st.lists(st.integers(0, 40), min_size=n, max_size=n))
    labels = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    weights = draw(st.none() | st.lists(st.integers(1, 3), min_size=n, max_size=n))
    return np.array(labels, dtype=bool), np.array(scores, dtype=float) / 40, weights


def counted(counts, rows):
    labels, scores, weights = rows
    counts.update(labels, scores, weights=None if weights is None else np.array(weights, dtype=float))
    return counts


def binned(rows, comparison=">="):
    return counted(th.ThresholdCounts([0.2, 0.5, 0.55, 0.8], comparison=comparison), rows)


@given(rows=data(), metric=st.sampled_from(METRICS) | st.none(), limits=LIMITS)
def test_what_beats_the_choice_is_unresolved_and_nothing_beats_what_is_reachable(rows, metric, limits):
    costs = {"false_positive": 1, "false_negative": 3} if metric is None else None
    choice = binned(rows).best_threshold(metric, costs=costs, subject_to=limits)
    exact = counted(th.ExactCounts(), rows).best_threshold(metric, costs=costs, subject_to=limits)
    assert choice.certain == (choice.unresolved is None)
    sign = -1 if metric is None or metric in LESS else 1
    if exact.feasible:
        assert not choice.feasible or sign * choice.value <= sign * exact.value + 1e-12
        better = not choice.feasible or sign * exact.value > sign * choice.value + 1e-12
        if better and math.isfinite(exact.threshold):
            low, high = choice.unresolved
            assert low < exact.threshold < high
            assert sign * exact.value <= sign * choice.reachable + 1e-12
    else:
        assert not choice.feasible


@given(rows=data(), target=st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]))
def test_a_target_reached_further_on_is_unresolved(rows, target):
    for name in ("recall", "precision", "false_positive_rate", "predicted_positive_rate"):
        choice = binned(rows).threshold_at(**{name: target})
        exact = counted(th.ExactCounts(), rows).threshold_at(**{name: target})
        assert exact.feasible or not choice.feasible
        if not exact.feasible or exact.counts.to_dict() | {"thresholds": 0} == choice.counts.to_dict() | {
            "thresholds": 0
        }:
            continue
        flagged = [c.true_positives + c.false_positives for c in (exact.counts, choice.counts)]
        if not exact.feasible or flagged[0] == flagged[1]:
            continue
        low, high = choice.unresolved
        assert low < exact.threshold < high


@given(rows=data(), metric=st.sampled_from(METRICS))
def test_the_counts_of_a_choice_are_those_of_its_threshold(rows, metric):
    for comparison in (">=", ">"):
        choice = binned(rows, comparison).best_threshold(metric)
        labels, scores, weights = rows
        weights = np.ones(len(labels)) if weights is None else np.array(weights, dtype=float)
        flagged = scores > choice.threshold if comparison == ">" else scores >= choice.threshold
        assert choice.counts.comparison == comparison
        assert choice.counts.true_positives == weights[flagged & labels].sum()
        assert choice.counts.false_positives == weights[flagged & ~labels].sum()


@given(rows=data(), metric=st.sampled_from(METRICS))
def test_compact_counts_of_scores_they_tell_apart_choose_as_exact_ones(rows, metric):
    labels, scores, weights = rows
    rows = labels, scores.astype(np.float16), weights
    compact, exact = counted(th.CompactCounts(), rows), counted(th.ExactCounts(), rows)
    assert str(compact.best_threshold(metric)) == str(exact.best_threshold(metric))
    assert compact.best_threshold(metric).certain


def test_a_gap_may_hold_a_better_threshold():
    counts = counted(th.ThresholdCounts([0.5]), ([1, 1, 0, 0], [0.9, 0.8, 0.7, 0.1], None))
    choice = counts.best_threshold("accuracy")
    assert (choice.threshold, choice.value, choice.certain) == (0.5, 0.75, False)
    assert (choice.unresolved, choice.reachable) == ((0.5, math.inf), 1.0)
    assert "a better one may lie: between 0.5 and inf, up to accuracy = 1" in str(choice)


def test_of_a_callable_nothing_is_known():
    counts = counted(th.ThresholdCounts([0.5]), ([1, 1, 0, 0], [0.9, 0.8, 0.7, 0.1], None))
    choice = counts.best_threshold(lambda counts: counts.accuracy)
    assert (choice.certain, choice.unresolved) == (False, (-math.inf, math.inf))
    assert math.isnan(choice.reachable)
    assert choice.metric == "<lambda>"


def test_flagging_all_and_none_are_candidates():
    counts = counted(th.ThresholdCounts([0.5]), ([1, 1, 1, 0], [0.9, 0.1, 0.2, 0.3], None))
    assert counts.best_threshold("recall").threshold == -math.inf
    assert counts.best_threshold("false_positive_rate").threshold == math.inf


@pytest.mark.parametrize("comparison", [">=", ">"])
def test_infinite_thresholds_that_were_given_stand_once(comparison):
    counts = th.ThresholdCounts([-math.inf, 0.5, math.inf], comparison=comparison)
    counts.update([1, 0, 1, 0], [math.inf, 0.7, 0.2, -math.inf])
    seen = []
    counts.best_threshold(lambda counts: seen.append(counts.thresholds) or counts.accuracy)
    assert seen[0].tolist() == [-math.inf, 0.5, math.inf]
