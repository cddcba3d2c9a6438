"""Overlaps where ids are odd: ties, fractions, NaN, other axes; both paths, beside Keras on this backend."""

import warnings

import keras
import numpy as np
import pytest

from beside import after_stateless, array, pair

BACKEND = keras.backend.backend()
RNG = np.random.default_rng(5)


def matrices(name, arguments, labels, found):
    """The confusion matrix on the host, in a compiled step, and Keras's."""
    ours, theirs = pair(name, **arguments)
    in_graph = after_stateless(ours, [(labels, found)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.update_state(labels, found)
    theirs.update_state(labels, found)
    assert array(ours.result()) == pytest.approx(in_graph, abs=1e-6)
    return array(ours.total_cm.value), array(theirs.total_cm.value)


@pytest.mark.parametrize("name", ["OneHotIoU", "OneHotMeanIoU"])
def test_of_equal_probabilities_the_first_is_taken_and_minus_zero_is_below_zero_but_on_torch(name):
    arguments = {"num_classes": 3, **({"target_class_ids": [0, 1]} if name == "OneHotIoU" else {})}
    labels, found = (RNG.choice(np.float32([-0.5, -0.0, 0.0]), (60, 3)) for _ in range(2))
    first = np.array_equal(found.argmax(-1), array(keras.ops.argmax(found, axis=-1)))
    assert first == (BACKEND == "torch")  # so the case is met
    ours, theirs = matrices(name, arguments, labels, found)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", [None, "float32"])
def test_fractions_are_truncated_as_by_keras(dtype):
    """With the dtype "int" at once, with one of floats after they were compared: -0.5 is class 0 or none."""
    labels = RNG.choice(np.float32([-1.0, -0.5, 0.0, 0.7, 1.0, 1.9, 2.5, 3.0]), 200)
    found = RNG.choice(np.float32([-0.5, 0.2, 1.0, 2.999, 3.0]), 200)
    arguments = {"num_classes": 3, "target_class_ids": [0, 1], "ignore_class": 1, "dtype": dtype}
    ours, theirs = matrices("IoU", arguments, labels, found)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int64", "float16"])
def test_ids_of_any_dtype_are_ids(dtype):
    most = 2 if dtype == "bool" else 4
    labels, found = (RNG.integers(0, most, (8, 9)).astype(dtype) for _ in range(2))
    if dtype == "uint8":
        labels[0] = 255
    arguments = {"num_classes": 3, "ignore_class": 255 if dtype == "uint8" else None}
    ours, theirs = matrices("MeanIoU", arguments, labels, found)
    np.testing.assert_array_equal(ours, theirs)


def test_a_nan_is_no_class_on_either_path_and_warns_of_nothing():
    labels = np.float32([0, 1, np.nan, 2, 1, np.inf])
    found = np.float32([0, np.nan, 0, 2, 1, 0])
    for sparse in pair("IoU", num_classes=3, target_class_ids=[0, 1, 2])[:1]:
        in_graph = after_stateless(sparse, [(labels, found)])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sparse.update_state(labels, found)
        assert array(sparse.total_cm.value).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
        assert in_graph == pytest.approx(1.0, abs=1e-6)


def test_probabilities_that_are_nan_stand_where_this_backend_puts_them():
    labels = np.eye(3, dtype=np.float32)[RNG.integers(0, 3, 30)]
    found = RNG.random((30, 3)).astype(np.float32)
    found[RNG.random((30, 3)) < 0.2] = np.nan
    ours, theirs = matrices("OneHotMeanIoU", {"num_classes": 3}, labels, found)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("ignored", [None, 2])
def test_classes_along_any_axis_of_rank_3_are_keras_s(axis, ignored):
    shape = (6, 4, 5) if axis == 1 else (6, 5, 4)
    labels, found = RNG.random(shape).astype(np.float32), RNG.random(shape).astype(np.float32)
    for name, more in (("OneHotIoU", {"target_class_ids": [0, 3]}), ("OneHotMeanIoU", {})):
        ours, theirs = matrices(name, {"num_classes": 4, "axis": axis, "ignore_class": ignored, **more}, labels, found)
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("sparse", [True, False])
def test_ids_beside_probabilities_of_rank_3_are_keras_s(sparse):
    ids, shares = RNG.integers(0, 4, (6, 5)), RNG.random((6, 5, 4)).astype(np.float32)
    arguments = {"num_classes": 4, "sparse_y_true": sparse, "sparse_y_pred": not sparse, "ignore_class": 1}
    batch = (ids, shares) if sparse else (shares, ids)
    ours, theirs = matrices("MeanIoU", arguments, *batch)
    np.testing.assert_array_equal(ours, theirs)


def test_as_many_ids_as_labels_or_both_numbers_are_named():
    metric, _ = pair("MeanIoU", num_classes=2)
    with pytest.raises(ValueError, match="`y_true` has 3 class ids, but `y_pred` has 2"):
        metric.update_state([0, 1, 1], [0, 1])
    assert array(metric.total_cm.value).sum() == 0
