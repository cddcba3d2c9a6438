"""Areas and curves of thresher.sklearn are scikit-learn's: values, dtypes, shapes, exceptions and warnings."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

import thresher.sklearn as ours
from both import assert_same, both, outcome
from problems import TWO, binary, several, spoilt
from thresher.sklearn._originals import VERSION

CURVES = ["roc_curve", "precision_recall_curve", "det_curve"]
EVERY = [*CURVES, "confusion_matrix_at_thresholds", "roc_auc_score", "average_precision_score"]
NAMES = [name for name in EVERY if hasattr(theirs, name)]  # of this version of scikit-learn
AVERAGES = ["macro", "micro", "weighted", "samples", None]
POS_LABELS = [None, None, 1, 0, 2, True, 1.0, "yes", "z"]


def ulps(weights):
    return 4 if weights is None else None


@pytest.mark.parametrize("name", [*NAMES, "auc"])
def test_a_function_has_the_signature_and_the_documentation_of_the_original(name):
    mine, reference = getattr(ours, name), getattr(theirs, name)
    assert inspect.signature(mine) == inspect.signature(reference)
    assert (mine.__doc__, mine.__name__, mine.__module__) == (reference.__doc__, name, reference.__module__)
    assert mine._skl_parameter_constraints == reference._skl_parameter_constraints


@given(binary(), st.sampled_from([None, None, 1, 1.0, 0.5, 0.1, 0.999]))
def test_the_roc_auc_of_two_classes_is_scikit_learn_s(problem, max_fpr):
    truth, scores, weights = problem
    exact = ulps(weights) if max_fpr in (None, 1) else None
    assert_same("roc_auc_score", truth, scores, sample_weight=weights, max_fpr=max_fpr, ulps=exact)


@given(binary(), st.sampled_from([1, 1, 1, 0, 2, -1, "yes", True, 1.0, None]))
def test_the_average_precision_of_two_classes_is_scikit_learn_s(problem, pos_label):
    truth, scores, weights = problem
    assert_same("average_precision_score", truth, scores, sample_weight=weights, pos_label=pos_label)


@given(
    several(multilabel=True), st.sampled_from(AVERAGES), st.sampled_from(["roc_auc_score", "average_precision_score"])
)
def test_multilabel_averages_are_scikit_learn_s(problem, average, name):
    truth, scores, weights = problem
    assert_same(name, truth, scores, average=average, sample_weight=weights)


@given(several(multilabel=False), st.sampled_from(AVERAGES), st.sampled_from(["ovr", "ovo", "raise"]), st.booleans())
def test_multiclass_roc_auc_is_scikit_learn_s(problem, average, multi_class, named):
    truth, scores, weights, names = problem
    weights = None if multi_class == "ovo" else weights
    labels = names if named else None
    options = {"average": average, "multi_class": multi_class, "labels": labels, "sample_weight": weights}
    assert_same("roc_auc_score", truth, scores, **options)


@given(several(multilabel=False), st.sampled_from(AVERAGES))
def test_multiclass_average_precision_is_scikit_learn_s(problem, average):
    truth, scores, weights, _ = problem
    assert_same("average_precision_score", truth, scores, average=average, sample_weight=weights)


@pytest.mark.parametrize("name", NAMES[:-2])
@given(problem=binary(), pos_label=st.sampled_from(POS_LABELS))
def test_curves_are_scikit_learn_s(name, problem, pos_label):
    truth, scores, weights = problem
    options = {} if name not in CURVES else {"drop_intermediate": False}
    assert_same(name, truth, scores, pos_label=pos_label, sample_weight=weights, **options)


@pytest.mark.parametrize("name", CURVES)
@given(problem=binary(), pos_label=st.sampled_from(POS_LABELS))
def test_the_same_points_are_dropped(name, problem, pos_label):
    truth, scores, weights = problem
    options = {"pos_label": pos_label, "sample_weight": weights, "drop_intermediate": True}
    if name == "roc_curve" and weights is not None:
        assert_same_polyline(truth, scores, **options)
    else:
        assert_same(name, truth, scores, **options)


def assert_same_polyline(truth, scores, **options):
    """Which collinear points drop depends on the order of summation; what is left out lies on the line that stays."""
    mine, reference = both("roc_curve", truth, scores, **options)
    assert (mine.error, mine.warned) == (reference.error, reference.warned)
    if mine.error is None:
        whole = outcome(ours.roc_curve, truth, scores, **{**options, "drop_intermediate": False}).value
        for fpr, tpr, thresholds in (mine, reference):
            kept = np.flatnonzero(np.isin(whole[2], thresholds))
            assert len(kept) == len(thresholds)
            for all_values, values in zip(whole[:2], (fpr, tpr), strict=True):
                between = np.interp(np.arange(len(all_values)), kept, values)
                np.testing.assert_allclose(between, all_values, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
@given(problem=spoilt())
def test_what_is_not_valid_fails_as_it_does_there(name, problem):
    truth, scores, weights = problem
    assert_same(name, truth, scores, sample_weight=weights)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "arguments",
    [
        ((), {}),
        (([0, 1],), {}),
        (([0, 1], [0.1, 0.2], None, None, None, None, None), {}),
        (([0, 1], [0.1, 0.2]), {"unknown": 1}),
        (([0, 1], [0.1, 0.2]), {"average": "all"}),
        (([0, 1], [0.1, 0.2]), {"average": np.array(["macro", "micro"])}),
        (([0, 1], [0.1, 0.2]), {"max_fpr": 0}),
        (([0, 1], [0.1, 0.2]), {"max_fpr": np.float32(0.3)}),
        (([0, 1], [0.1, 0.2]), {"multi_class": "both"}),
        (([0, 1], [0.1, 0.2]), {"labels": 3}),
        (([0, 1], [0.1, 0.2]), {"pos_label": [1]}),
        (([0, 1], [0.1, 0.2]), {"pos_label": float("nan")}),
        (([0, 1], [0.1, 0.2]), {"drop_intermediate": 1}),
        (([0, 1], [0.1, 0.2]), {"drop_intermediate": np.True_}),
        (([0, 2**60], [2**60, 2**60 + 1]), {}),
        ((np.matrix([[0], [1]]), [0.1, 0.2]), {}),
        ((np.ma.masked_array([0, 1], [True, False]), [0.1, 0.2]), {}),
        (([0, 1, 1], [0.1, 0.2, None]), {}),
        (([0, 1, 1], [-1.7e308, 1.7e308, 0.0]), {}),
        (([0, 1, 1], [0.0, -0.0, 1.0]), {}),
    ],
    ids=str,
)
def test_odd_arguments_do_what_they_do_there(name, arguments):
    args, options = arguments
    with np.errstate(over="ignore"):
        assert_same(name, *args, **options)


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=8),
    st.sampled_from(["rising", "falling", "as drawn"]),
    st.sampled_from(["float64", "float32", "int64", "uint8", "bool"]),
)
def test_auc_is_scikit_learn_s(drawn, order, dtype):
    x = np.array({"rising": sorted(drawn), "falling": sorted(drawn)[::-1], "as drawn": drawn}[order]).astype(dtype)
    y = np.random.default_rng(0).random(len(x))
    assert_same("auc", x, y)
    assert_same("auc", x.tolist(), y.tolist()[:-1])


def test_everyday_input_is_answered_by_thresher():
    before = ours.calls()
    for labels in (TWO["zero and one"], TWO["signs"], TWO["text"]):
        truth, scores = np.array(labels)[[0, 1, 1, 0]], np.array([0.1, 0.8, 0.3, 0.3], np.float32)
        ours.roc_auc_score(truth, scores)
        for name in (*NAMES[:-2], "average_precision_score"):
            getattr(ours, name)(truth, scores, pos_label=labels[1], sample_weight=[1.0, 0.5, 2.0, 0.0])
    for name in set(NAMES) - ({"det_curve"} if VERSION < (1, 7) else set()):
        assert ours.calls()[name].thresher == before[name].thresher + 3
        assert ours.calls()[name].scikit_learn == before[name].scikit_learn


def test_warnings_come_from_scikit_learn_s_module():
    with pytest.warns(UserWarning, match="Only one class") as caught:
        ours.roc_auc_score([0, 0], [0.1, 0.2])
    assert caught[0].filename == theirs._ranking.__file__


def test_a_call_that_scikit_learn_answers_is_told(capsys):
    ours.verbose()
    ours.roc_auc_score([0, 1, 1], [0.1, 0.2, 0.3], sample_weight=[1, 2, -1])
    ours.verbose(False)
    assert "roc_auc_score is answered by scikit-learn: `weights` must be" in capsys.readouterr().err
    ours.roc_auc_score([0, 1, 1], [0.1, 0.2, 0.3], sample_weight=[1, 2, -1])
    assert capsys.readouterr().err == ""


def test_every_other_public_name_is_scikit_learn_s():
    for name in theirs.__all__:
        assert getattr(ours, name) is getattr(theirs, name) or name in ours.__all__
        assert name in dir(ours)
    with pytest.raises(AttributeError, match="no_such_metric"):
        _ = ours.no_such_metric
