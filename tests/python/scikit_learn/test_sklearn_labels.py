"""Metrics of hard labels of thresher.sklearn are scikit-learn's: values, dtypes, exceptions and warnings."""

import inspect

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

import thresher.sklearn as ours
from both import assert_same, both
from label_problems import chosen_labels, columns, indicators

SHARES = ["precision_score", "recall_score", "f1_score", "fbeta_score", "jaccard_score"]
PLAIN = ["accuracy_score", "zero_one_loss", "hamming_loss"]
ONE_LABEL = ["balanced_accuracy_score", "matthews_corrcoef", "cohen_kappa_score", "class_likelihood_ratios"]
BY_CLASS = ["precision_recall_fscore_support", "multilabel_confusion_matrix", "classification_report"]
NAMES = [*SHARES, *PLAIN, *ONE_LABEL, *BY_CLASS, "confusion_matrix"]

AVERAGES = [None, "binary", "micro", "macro", "weighted", "samples"]
ZERO_DIVISIONS = ["warn", "warn", 0, 1, 0.0, 1.0, float("nan")]
POS_LABELS = [1, 1, 1, 0, -1, True, "yes", "z", None]


def same(name, *args, **options):
    """Equal in everything; matrices and reports to the last bit."""
    mine, reference = both(name, *args, **options)
    assert (mine.error, mine.warned) == (reference.error, reference.warned)
    if mine.error is not None:
        return
    if name == "classification_report":
        assert_equal_reports(mine.value, reference.value)
    elif name in ("confusion_matrix", "multilabel_confusion_matrix"):
        assert mine.value.dtype == reference.value.dtype
        assert mine.value.tolist() == reference.value.tolist()
    else:
        assert_same(name, *args, **options)


def assert_equal_reports(mine, reference):
    if isinstance(reference, str):
        assert mine == reference
        return
    assert list(mine) == list(reference)
    for name, row in reference.items():
        assert type(mine[name]) is type(row)
        assert mine[name] == pytest.approx(row, rel=1e-12, nan_ok=True)


def arguments_of(name, draw):
    if name == "fbeta_score":
        return {"beta": draw(st.sampled_from([0.5, 1, 2, 0, float("inf")]))}
    if name == "confusion_matrix":
        return {"normalize": draw(st.sampled_from([None, None, "true", "pred", "all"]))}
    if name in ("accuracy_score", "zero_one_loss"):
        return {"normalize": draw(st.booleans())}
    if name == "balanced_accuracy_score":
        return {"adjusted": draw(st.booleans())}
    if name == "cohen_kappa_score":
        return {"weights": draw(st.sampled_from([None, "linear", "quadratic"]))}
    if name == "classification_report":
        return {"output_dict": draw(st.booleans()), "digits": draw(st.sampled_from([0, 2, 5, 20]))}
    return {}


@st.composite
def arguments(draw, problems, averages=AVERAGES):
    """A metric with a problem for it, and options that it takes."""
    name = draw(st.sampled_from(NAMES))
    truth, found, weights = draw(problems)
    options = {"sample_weight": weights, **arguments_of(name, draw)}
    if "labels" in inspect.signature(getattr(theirs, name)).parameters:
        options["labels"] = draw(chosen_labels())
    if name in SHARES or name == "precision_recall_fscore_support":
        options["average"] = draw(st.sampled_from(averages))
        options["pos_label"] = draw(st.sampled_from(POS_LABELS))
    if name in SHARES or name in ("precision_recall_fscore_support", "classification_report"):
        options["zero_division"] = draw(st.sampled_from(ZERO_DIVISIONS))
    return name, truth, found, options


@pytest.mark.parametrize("name", NAMES)
def test_a_function_has_the_signature_and_the_documentation_of_the_original(name):
    mine, reference = getattr(ours, name), getattr(theirs, name)
    assert str(inspect.signature(mine)) == str(inspect.signature(reference))  # a default may be NaN
    assert (mine.__doc__, mine.__name__, mine.__module__) == (reference.__doc__, name, reference.__module__)


@settings(max_examples=1_000)
@given(arguments(columns()))
def test_metrics_of_two_columns_are_scikit_learn_s(problem):
    name, truth, found, options = problem
    same(name, truth, found, **options)


@settings(max_examples=300)
@given(arguments(columns(("zero and one",)), averages=["binary", "binary", "macro"]))
def test_metrics_of_zeros_and_ones_are_scikit_learn_s(problem):
    name, truth, found, options = problem
    same(name, truth, found, **options)


@settings(max_examples=400)
@given(arguments(indicators()))
def test_metrics_of_indicators_are_scikit_learn_s(problem):
    name, truth, found, options = problem
    same(name, truth, found, **options)


@given(indicators(), st.booleans(), st.sampled_from([None, [0], [1, 0], [0, 0], [9], [-1]]))
def test_matrices_of_labels_and_of_samples_are_scikit_learn_s(problem, samplewise, labels):
    truth, found, weights = problem
    same("multilabel_confusion_matrix", truth, found, sample_weight=weights, samplewise=samplewise, labels=labels)


TRUTH, FOUND = np.array([0, 1, 1, 0, 1, 1]), np.array([0, 1, 0, 1, 1, 1])
TEXT = np.array(["no", "yes"])
FORMS = {
    "bool": (TRUTH == 1, FOUND == 1),
    "int64": (TRUTH, FOUND),
    "uint8 and float32": (TRUTH.astype(np.uint8), FOUND.astype(np.float32)),
    "list": (TRUTH.tolist(), FOUND.tolist()),
    "Series": (pandas.Series(TRUTH), pandas.Series(FOUND)),
    "far": (TRUTH * 10**12, FOUND * 10**12),
    "text": (TEXT[TRUTH], TEXT[FOUND]),
    "text of two widths": (TEXT[TRUTH], TEXT[FOUND].astype("U9")),
    "objects": (TEXT[TRUTH].astype(object), TEXT[FOUND].astype(object)),
    "objects and text": (TEXT[TRUTH].astype(object), TEXT[FOUND]),
    "list of text": (TEXT[TRUTH].tolist(), TEXT[FOUND].tolist()),
    "Series of text": (pandas.Series(TEXT[TRUTH], dtype="str"), pandas.Series(TEXT[FOUND], dtype="str")),
    "categories": (pandas.Series(TEXT[TRUTH], dtype="category"), pandas.Series(TEXT[FOUND], dtype="category")),
}


@pytest.mark.parametrize("weights", [None, [1.0, 0.5, 2.0, 0.25, 1.0, 0.0]], ids=["plain", "weighted"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_everyday_input_is_answered_by_thresher(name, form, weights):
    truth, found = FORMS[form]
    options = {"sample_weight": weights, **({"beta": 0.5} if name == "fbeta_score" else {})}
    if name in SHARES:
        options["pos_label"] = "yes" if isinstance(truth[0], str) else max(truth)
    before = ours.calls()[name]
    same(name, truth, found, **options)
    after = ours.calls()[name]
    assert after.thresher > before.thresher
    assert after.scikit_learn == before.scikit_learn


@pytest.mark.parametrize("name", set(NAMES) - set(ONE_LABEL) - {"confusion_matrix"})
def test_everyday_indicators_are_answered_by_thresher(name):
    truth, found = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 0]]), np.array([[1, 0, 0], [0, 1, 1], [0, 1, 1]])
    options = {"beta": 2.0} if name == "fbeta_score" else {}
    if name in SHARES:
        options["average"] = "samples"
    before = ours.calls()[name]
    same(name, truth, found, **options)
    assert ours.calls()[name].thresher > before.thresher
    assert ours.calls()[name].scikit_learn == before.scikit_learn


@pytest.mark.parametrize("classes", [300, 2_000])
def test_many_classes_are_scikit_learn_s(classes):
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, classes, (2, 20_000))
    same("confusion_matrix", truth, found)
    same("classification_report", truth, found, zero_division=0)


@given(st.data(), st.sampled_from(NAMES))
def test_columns_of_two_kinds_do_what_they_do_there(data, name):
    truth, found, _ = data.draw(columns())[0], data.draw(columns())[1], None
    same(name, truth, found, **({"beta": 1} if name == "fbeta_score" else {}))
