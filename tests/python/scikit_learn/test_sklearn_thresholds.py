"""A metric at every threshold from one count is what scikit-learn's loop over the thresholds gives."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs
from sklearn.linear_model import LogisticRegression
from sklearn.metrics._scorer import _CurveScorer, get_scorer, make_scorer
from sklearn.model_selection import TunedThresholdClassifierCV

import thresher.sklearn as ours
from both import assert_same, outcome
from problems import binary
from thresher.sklearn._thresholds import curve_score

since_metric_at_thresholds = pytest.mark.skipif(not hasattr(theirs, "metric_at_thresholds"), reason="new in 1.9")

SHARES = [
    {"average": average, "zero_division": zero}
    for average in ("binary", "micro", "macro", "weighted", None)
    for zero in ("warn", 0, 1.0)
]
METRICS = [
    *[(name, share) for name in ("precision_score", "recall_score", "f1_score", "jaccard_score") for share in SHARES],
    *[("fbeta_score", {"beta": beta, **share}) for beta in (0.5, 2) for share in SHARES],
    *[("f1_score", {"pos_label": label}) for label in (0, 1, True, 2)],
    *[("accuracy_score", {}), ("accuracy_score", {"normalize": False})],
    *[("zero_one_loss", {}), ("zero_one_loss", {"normalize": False}), ("hamming_loss", {})],
    *[("balanced_accuracy_score", {}), ("balanced_accuracy_score", {"adjusted": True}), ("matthews_corrcoef", {})],
    *[("cohen_kappa_score", {"weights": weights}) for weights in (None, "linear", "quadratic")],
    *[("confusion_matrix", {"normalize": normalize}) for normalize in (None, "true", "pred", "all")],
]
OTHERS = [
    ("precision_score", {"zero_division": float("nan")}),
    ("f1_score", {"labels": [1]}),
    ("f1_score", {"average": "macro", "pos_label": 0}),
    ("f1_score", {"unknown": 1}),
    ("brier_score_loss", {}),
    ("class_likelihood_ratios", {}),
]


@since_metric_at_thresholds
@settings(max_examples=300)
@given(binary(("zero and one",)), st.sampled_from(METRICS))
def test_a_metric_at_thresholds_is_scikit_learn_s(problem, metric):
    truth, scores, weights = problem
    name, parameters = metric
    assert_same(
        "metric_at_thresholds", truth, scores, getattr(theirs, name), sample_weight=weights, metric_params=parameters
    )


@since_metric_at_thresholds
@given(binary(), st.sampled_from([*METRICS[::5], *OTHERS]))
def test_what_counts_do_not_decide_goes_to_scikit_learn(problem, metric):
    truth, scores, weights = problem
    name, parameters = metric
    assert_same(
        "metric_at_thresholds", truth, scores, getattr(theirs, name), sample_weight=weights, metric_params=parameters
    )


@since_metric_at_thresholds
@pytest.mark.parametrize(("name", "parameters"), METRICS, ids=str)
def test_every_metric_is_recognised(name, parameters):
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, 2, 50), rng.integers(0, 20, 50)
    if parameters.get("pos_label") == 2:
        return  # an error there
    before = ours.calls()["metric_at_thresholds"].thresher
    outcome(ours.metric_at_thresholds, truth, scores, getattr(theirs, name), metric_params=parameters)
    outcome(ours.metric_at_thresholds, truth, scores, partial(getattr(theirs, name), **parameters))
    assert ours.calls()["metric_at_thresholds"].thresher == before + 2


@since_metric_at_thresholds
def test_any_other_callable_is_called_for_each_threshold():
    def hits(y_true, y_pred):
        return float((y_true * y_pred).sum())

    assert_same("metric_at_thresholds", [0, 1, 1, 0], [0.1, 0.4, 0.35, 0.8], hits)
    assert_same("metric_at_thresholds", [0, 1, 1, 0], [0.1, 0.4, 0.35, 0.8], "f1")


class Scores:
    """A fitted classifier whose scores are its input."""

    def __init__(self, classes):
        self.classes_ = np.asarray(classes)


THEIRS = _CurveScorer._score
OURS = curve_score(THEIRS)


def curve(method, scoring, thresholds, truth, scores, classes, **options):
    scorer = _CurveScorer.from_scorer(scoring, "predict_proba", thresholds)
    return method(scorer, lambda *_, **__: scores, Scores(classes), None, truth, **options)


SCORERS = {
    **{name: get_scorer(name) for name in ("balanced_accuracy", "accuracy", "matthews_corrcoef", "f1_macro")},
    "cost": make_scorer(theirs.zero_one_loss, greater_is_better=False),
    "second": make_scorer(theirs.f1_score, pos_label=1),
    "first": make_scorer(theirs.fbeta_score, beta=2, pos_label=0),
}


@given(
    st.sampled_from(list(SCORERS)),
    st.one_of(
        st.integers(1, 30), st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.3, 0.5, 2.0]), min_size=1).map(np.array)
    ),
    st.integers(0, 2**32),
    st.sampled_from(["float32", "float64"]),
    st.sampled_from([(0, 1), (-1, 1), ("no", "yes")]),
    st.booleans(),
)
def test_scores_over_thresholds_are_the_very_same_floats(name, thresholds, seed, dtype, classes, weighted):
    rng = np.random.default_rng(seed)
    truth = np.array(classes)[rng.integers(0, 2, 40)]
    scores = rng.integers(0, 9, 40).astype(dtype) / 10
    options = {"sample_weight": rng.integers(0, 4, 40)} if weighted else {}
    mine = outcome(curve, OURS, SCORERS[name], thresholds, truth, scores, classes, **options)
    reference = outcome(curve, THEIRS, SCORERS[name], thresholds, truth, scores, classes, **options)
    assert (mine.error, mine.warned) == (reference.error, reference.warned)
    if mine.error is None:
        for one, other in zip(mine, reference, strict=True):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1", "matthews_corrcoef"])
def test_a_tuned_threshold_is_the_same_one(scoring):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 2))
    truth = (features[:, 0] + rng.normal(size=300) > 0.5).astype(int)
    tuned = [TunedThresholdClassifierCV(LogisticRegression(), scoring=scoring, store_cv_results=True) for _ in range(2)]
    before = ours.calls()["TunedThresholdClassifierCV"].thresher
    with ours.patched():
        tuned[0].fit(features, truth)
    tuned[1].fit(features, truth)
    assert tuned[0].best_threshold_ == tuned[1].best_threshold_
    assert tuned[0].cv_results_["scores"].tobytes() == tuned[1].cv_results_["scores"].tobytes()
    assert ours.calls()["TunedThresholdClassifierCV"].thresher == before + 5
