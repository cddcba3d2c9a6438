"""What Keras's own pages say of its metrics, said by ours: every example of every class that both have."""

import ast
import doctest
import inspect
import re
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import thresher.keras as ours_of
from beside import array

NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
CLASSES = [
    name
    for name in ours_of.__all__
    if isinstance(getattr(keras.metrics, name, None), type) and issubclass(getattr(keras.metrics, name), keras.Metric)
]
ANSWERS = {"F1Score": 1, "FBetaScore": 1, "Precision": 4, "SparseTopKCategoricalAccuracy": 3}
ANSWERS |= {"OneHotIoU": 1, "OneHotMeanIoU": 1}

# Digits that a page leaves out. Its weighted overlaps are ours, though Keras's own classes give others: they truncate
# weights to integers (`test_weights_of_overlaps_count_as_they_are_where_keras_truncates_them`).
ROUNDED_ON_THE_PAGE = {"OneHotIoU": 1e-3, "OneHotMeanIoU": 1e-3, "SensitivityAtSpecificity": 1e-6}


def examples_of(name):
    """The lines of Keras's docstring that can be run, with the numbers below them."""
    text = re.sub(
        r"^\s*```.*?^\s*```$", "", inspect.getdoc(getattr(keras.metrics, name)), flags=re.DOTALL | re.MULTILINE
    )
    found = doctest.DocTestParser().get_examples(text)
    return [(each.source, [float(number) for number in NUMBER.findall(each.want.split("dtype")[0])]) for each in found]


def answers_of(name, metrics):
    """What `metrics` in the place of `keras.metrics` answers to the examples, and what the page says."""
    names = {"np": np, "keras": SimpleNamespace(metrics=metrics)}
    for source, told in examples_of(name):
        statement = ast.parse(source.replace(".numpy()", "")).body[0]  # which TensorFlow's results alone have
        if not told:
            exec(source, names)
            continue
        value = statement.value
        answer = eval(compile(ast.Expression(value), name, "eval"), names)
        yield array(answer), told


@pytest.mark.parametrize("name", CLASSES)
def test_the_examples_of_a_page_give_the_numbers_that_stand_below_them(name):
    compared = list(answers_of(name, ours_of))
    assert len(compared) == ANSWERS.get(name, 2)
    for answer, told in compared:
        expected = told[0] if answer.ndim == 0 else told
        np.testing.assert_allclose(answer, expected, rtol=1e-6, atol=ROUNDED_ON_THE_PAGE.get(name, 1e-7))


def test_every_class_of_both_has_a_page_with_examples():
    assert len(CLASSES) == 25
    assert {"AUC", "Recall", "F1Score", "OneHotMeanIoU", "SparseTopKCategoricalAccuracy"} <= {*CLASSES}


def test_accuracy_of_labels_and_of_scores_cut_at_a_half_are_two_metrics():
    labels, scores = [[1], [1], [0], [0]], [[0.51], [1], [0], [0.4]]
    cut, equal = ours_of.BinaryAccuracy(), ours_of.Accuracy()
    for metric in cut, equal:
        metric.update_state(labels, scores)
    assert float(cut.result()) == 1.0
    assert float(equal.result()) == 0.5


@pytest.mark.parametrize("module", [ours_of, keras.metrics], ids=["ours", "keras"])
def test_an_area_updated_in_two_steps_is_that_of_all_rows(module):
    metric = module.AUC(num_thresholds=3)
    metric.update_state([0, 0, 1], [0, 0.5, 0.3])
    assert float(metric.result()) == 0.5
    metric.update_state([1], [0.9])
    assert float(metric.result()) == 0.75
    at_once = module.AUC(num_thresholds=3)
    at_once.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    assert float(at_once.result()) == 0.75
    np.testing.assert_array_equal(array(metric.true_positives), [2, 1, 0])
    np.testing.assert_array_equal(array(metric.false_positives), [2, 0, 0])
    np.testing.assert_array_equal(array(metric.false_negatives), [0, 1, 2])
    np.testing.assert_array_equal(array(metric.true_negatives), [0, 2, 2])
