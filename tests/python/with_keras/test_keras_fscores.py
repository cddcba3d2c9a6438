"""F-scores beyond Keras's arguments: one class, logits, masks; on both paths."""

import keras
import numpy as np
import pytest

import thresher.keras as ours_of
from beside import after_stateless, array

BACKEND = keras.backend.backend()
RNG = np.random.default_rng(3)
LABELS = (RNG.random((50, 3)) < 0.4).astype(np.float32)
LOGITS = RNG.normal(0, 3, (50, 3)).astype(np.float32)
SCORES = (1 / (1 + np.exp(-LOGITS))).astype(np.float32)
NAMES = ["F1Score", "FBetaScore"]


def both_paths(metric, *batch):
    metric.update_state(*batch)  # which makes the variables
    metric.reset_state()
    in_graph = after_stateless(metric, [batch])
    metric.update_state(*batch)
    np.testing.assert_allclose(array(metric.result()), in_graph, atol=1e-6)
    return array(metric.result())


@pytest.mark.parametrize("threshold", [None, 0.5])
@pytest.mark.parametrize("name", NAMES)
def test_one_class_has_the_score_that_it_has_among_all(name, threshold):
    theirs = getattr(keras.metrics, name)(threshold=threshold)
    theirs.update_state(LABELS, SCORES)
    for class_id in 0, 2, -1:
        ours = getattr(ours_of, name)(threshold=threshold, class_id=class_id)
        found = both_paths(ours, LABELS, SCORES)
        assert found.shape == (1,)
        assert found[0] == pytest.approx(float(theirs.result()[class_id]), abs=1e-6)
        assert type(ours).from_config(ours.get_config()).get_config() == ours.get_config()


@pytest.mark.parametrize("threshold", [None, 0.3])
@pytest.mark.parametrize("name", NAMES)
def test_logits_meet_the_threshold_as_their_sigmoid_does(name, threshold):
    theirs = getattr(keras.metrics, name)(threshold=threshold)
    theirs.update_state(LABELS, SCORES)
    ours = getattr(ours_of, name)(threshold=threshold, from_logits=True)
    np.testing.assert_allclose(both_paths(ours, LABELS, LOGITS), array(theirs.result()), atol=1e-6)


def test_the_greatest_of_sure_logits_is_one_although_their_sigmoids_are_equal():
    ours = ours_of.F1Score(from_logits=True)
    found = both_paths(ours, np.float32([[0, 1], [1, 0]]), np.float32([[40, 50], [0, -1]]))
    assert found == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy arrays carry no mask")
@pytest.mark.parametrize("weighted", [False, True])
def test_hidden_rows_are_left_out_on_request(weighted):
    weights = [RNG.random(50).astype(np.float32)] if weighted else []
    mask = RNG.random(50) < 0.5
    seen, all_of_it = ours_of.F1Score(threshold=0.5), ours_of.F1Score(threshold=0.5)
    seen.update_state(LABELS[mask], SCORES[mask], *(each[mask] for each in weights))
    all_of_it.update_state(LABELS, SCORES, *weights)
    tensor = keras.ops.convert_to_tensor(SCORES)
    keras.src.backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    for use_mask, expected in ((True, seen), (False, all_of_it)):
        ours = ours_of.F1Score(threshold=0.5, use_mask=use_mask)
        ours.update_state(LABELS, tensor, *weights)
        np.testing.assert_allclose(array(ours.result()), array(expected.result()), atol=1e-6)


@pytest.mark.parametrize("class_id", [3, -4])
@pytest.mark.parametrize("name", [*NAMES, "Precision", "Recall", "Specificity", "ExactAUC", "AveragePrecision"])
def test_a_class_that_is_not_there_is_named_with_how_many_there_are(name, class_id):
    metric = getattr(ours_of, name)(class_id=class_id)
    with pytest.raises(ValueError, match=rf"`class_id` is {class_id}, but `y_(true|pred)` has 3 classes, 0 to 2"):
        metric.update_state(LABELS, SCORES)
    if name not in ("ExactAUC", "AveragePrecision", *NAMES):  # F-scores are built by a batch
        with pytest.raises(ValueError, match=f"`class_id` is {class_id}"):
            after_stateless(getattr(ours_of, name)(class_id=class_id), [(LABELS, SCORES)])


@pytest.mark.parametrize("name", ["ExactAUC", "AveragePrecision"])
def test_an_exact_area_of_one_class_is_that_of_its_column(name):
    one, column = getattr(ours_of, name)(class_id=1), getattr(ours_of, name)()
    one.update_state(LABELS, SCORES)
    column.update_state(LABELS[:, 1], SCORES[:, 1])
    assert float(one.result()) == float(column.result())
    assert getattr(ours_of, name).from_config(one.get_config()).class_id == 1


def test_scores_of_one_class_and_of_all_do_not_merge():
    with pytest.raises(ValueError, match="class_id"):
        ours_of.F1Score(class_id=0).merge(ours_of.F1Score(class_id=1))
