"""Accuracies, crossentropy, F-scores and overlaps: beside Keras's own, compiled or not, beyond float32."""

import keras
import numpy as np
import pytest

import thresher.keras as ours_of
from beside import after_stateless, array, pair

RNG = np.random.default_rng(0)


def one_hot(ids, n):
    return np.eye(n, dtype=np.float32)[ids]


def of_classes(seed, n=40, k=4, sparse=True):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, k, n)
    scores = rng.random((n, k)).astype(np.float32)
    return (ids.astype(np.float32) if sparse else one_hot(ids, k)), scores


def of_labels(seed, shape):
    rng = np.random.default_rng(seed)
    return (rng.random(shape) < 0.4).astype(np.float32), rng.random(shape).astype(np.float32)


MEANS = {
    "Accuracy": ({}, lambda seed: [np.round(each * 2) for each in of_labels(seed, (40,))]),
    "BinaryAccuracy": ({"threshold": 0.3}, lambda seed: of_labels(seed, (40, 1))),
    "BinaryAccuracy of rank 2": ({}, lambda seed: of_labels(seed, (40, 3))),
    "CategoricalAccuracy": ({}, lambda seed: of_classes(seed, sparse=False)),
    "SparseCategoricalAccuracy": ({}, of_classes),
    "TopKCategoricalAccuracy": ({"k": 2}, lambda seed: of_classes(seed, sparse=False)),
    "SparseTopKCategoricalAccuracy": ({"k": 2}, of_classes),
    "BinaryCrossentropy": ({}, lambda seed: of_labels(seed, (40, 1))),
    "BinaryCrossentropy of logits": (
        {"from_logits": True, "label_smoothing": 0.1},
        lambda seed: of_labels(seed, (40, 3)),
    ),
}


def differs(ours, theirs, batches):
    in_graph = after_stateless(ours, batches)
    for batch in batches:
        ours.update_state(*batch)
        theirs.update_state(*batch)
    expected, found = array(theirs.result()), array(ours.result())
    assert found.shape == expected.shape == in_graph.shape
    assert found.dtype == expected.dtype
    return max(np.abs(each - expected).max() for each in (found, in_graph))


@pytest.mark.parametrize("weights", [None, (40,), (40, 1), "scalar"], ids=str)
@pytest.mark.parametrize("case", MEANS)
def test_means_are_keras_s(case, weights):
    arguments, batch = MEANS[case]
    if weights == (40, 1) and len(batch(1)[1].shape) == 1:
        pytest.skip("Keras takes no column of weights for flat rows")
    more = (
        [] if weights is None else [np.float32(0.5) if weights == "scalar" else RNG.random(weights).astype(np.float32)]
    )
    ours, theirs = pair(case.partition(" ")[0], **arguments)
    assert array(ours.result()) == array(theirs.result()) == 0
    assert differs(ours, theirs, [(*batch(1), *more), batch(2)]) < 1e-6
    assert ours.get_config().keys() == theirs.get_config().keys()
    ours.reset_state()
    assert array(ours.result()) == 0


@pytest.mark.parametrize("power", [2**24, 2**31, 2**32])
def test_an_accuracy_counts_rows_beyond_each_power(power):
    """A hundred wrong rows after many right ones: Keras's count stands still at 2^24."""
    metric = ours_of.BinaryAccuracy()
    metric.total.assign(float(power))
    metric.count.assign(float(power))
    values = [keras.ops.convert_to_tensor(array(v.value)) for v in metric.variables]
    wrong = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    for _ in range(3):
        metric.update_state(*wrong)
        values = metric.stateless_update_state(values, *wrong)
    assert metric.count.numpy() == power + 3
    assert metric.total.numpy() == power
    for variable, value in zip(metric.variables, values, strict=True):
        variable.assign(value)
    assert metric.count.numpy() == power + 3


@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
@pytest.mark.parametrize("threshold", [None, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["F1Score", "FBetaScore"])
def test_f_scores_are_keras_s(name, average, threshold, weighted):
    more = {"beta": 2.0} if name == "FBetaScore" else {}
    ours, theirs = pair(name, average=average, threshold=threshold, **more)
    for metric in ours, theirs:
        with pytest.raises(AttributeError):
            metric.result()
    weights = [RNG.random(40).astype(np.float32)] if weighted else []
    batches = [(*of_labels(1, (40, 3)), *weights), of_labels(2, (40, 3))]
    ours.update_state(*batches[0])
    ours.reset_state()
    assert differs(ours, theirs, batches) < 1e-6
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]


def test_an_f_score_takes_flat_rows():
    flat, column = ours_of.F1Score(threshold=0.5), keras.metrics.F1Score(threshold=0.5)
    labels, scores = of_labels(3, (40,))
    flat.update_state(labels, scores)
    column.update_state(labels[:, None], scores[:, None])
    assert np.allclose(array(flat.result()), array(column.result()))


IOUS = {
    "IoU": ({"num_classes": 4, "target_class_ids": [0, 2]}, True),
    "IoU without a class": ({"num_classes": 4, "target_class_ids": [0, 2], "ignore_class": 1}, True),
    "MeanIoU": ({"num_classes": 4}, True),
    "MeanIoU of fewer classes": ({"num_classes": 3}, True),
    "OneHotIoU": ({"num_classes": 4, "target_class_ids": [1]}, False),
    "OneHotMeanIoU": ({"num_classes": 4}, False),
}


@pytest.mark.parametrize("case", IOUS)
@pytest.mark.parametrize("weighted", [False, True])
def test_overlaps_are_keras_s(case, weighted):
    arguments, sparse = IOUS[case]
    ours, theirs = pair(case.partition(" ")[0], **arguments)
    batches = []
    for seed in range(2):
        labels, scores = of_classes(seed, sparse=sparse)
        found = scores.argmax(-1).astype(np.int32) if sparse else scores
        labels = labels.astype(np.int32)
        weights = [np.random.default_rng(seed).integers(1, 4, 40)] if weighted else []
        batches.append((labels, found, *weights))
    assert differs(ours, theirs, batches) < 1e-6
    assert array(ours.total_cm.value).sum() == array(theirs.total_cm.value).sum()


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_the_overlap_of_two_classes_is_keras_s(threshold):
    ours, theirs = pair("BinaryIoU", threshold=threshold)
    labels, scores = of_labels(1, (30, 2))
    scores[0] = threshold
    assert differs(ours, theirs, [(labels, scores), of_labels(2, (30, 2))]) < 1e-6


def test_weights_of_overlaps_count_as_they_are_where_keras_truncates_them():
    """The example of Keras's own documentation, which Keras answers with 0 unless told a float dtype."""
    for weights in [0.3, 0.3, 0.3, 0.1], np.float32([0.3, 0.3, 0.3, 0.1]):
        metric = ours_of.IoU(num_classes=2, target_class_ids=[0])
        metric.update_state([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=weights)
        assert np.isclose(float(metric.result()), 1 / 3, atol=1e-6)


def test_masks_are_applied_to_means_as_by_keras():
    if keras.backend.backend() == "numpy":
        pytest.skip("NumPy arrays carry no mask")
    labels, scores = of_labels(1, (4, 3))
    mask = np.array([[True, True, False]] * 4)
    results = []
    for metric in pair("BinaryCrossentropy"):
        tensor = keras.ops.convert_to_tensor(scores[..., None])
        keras.src.backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
        metric.update_state(labels[..., None], tensor)
        results.append(array(metric.result()))
    assert np.isclose(*results)


@pytest.mark.skipif(keras.backend.backend() == "numpy", reason="Keras does not train on NumPy")
def test_accuracy_by_loss_and_shape_is_ours_under_the_patch():
    cases = [
        (1, "sigmoid", "binary_crossentropy", np.array([0.0, 1] * 8)[:, None], ours_of.BinaryAccuracy),
        (3, "softmax", "sparse_categorical_crossentropy", np.arange(16) % 3, ours_of.SparseCategoricalAccuracy),
        (3, "softmax", "categorical_crossentropy", one_hot(np.arange(16) % 3, 3), ours_of.CategoricalAccuracy),
    ]
    x = RNG.random((16, 2)).astype(np.float32)
    for outputs, activation, loss, y, expected in cases:
        logs = []
        for patched in True, False:
            keras.utils.set_random_seed(0)
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(outputs, activation)])
            if patched:
                with ours_of.patched():
                    model.compile("sgd", loss, metrics=["accuracy"])
                    logs.append(model.fit(x, y, batch_size=5, verbose=0).history)
                assert type(model._compile_metrics.metrics[0]) is expected
            else:
                model.compile("sgd", loss, metrics=["accuracy"])
                logs.append(model.fit(x, y, batch_size=5, verbose=0).history)
        assert np.allclose(logs[0]["accuracy"], logs[1]["accuracy"])


def test_the_cases_of_keras_s_pages():
    binary, exact = ours_of.BinaryAccuracy(), ours_of.Accuracy()
    for metric in binary, exact:
        metric.update_state([[1], [1], [0], [0]], [[0.51], [1], [0], [0.4]])
    assert float(binary.result()) == 1.0
    assert float(exact.result()) == 0.5
    area = ours_of.AUC(num_thresholds=3)
    area.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
    assert float(area.result()) == 0.75
    area.reset_state()
    area.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9], sample_weight=[1, 0, 0, 1])
    assert float(area.result()) == 1.0
