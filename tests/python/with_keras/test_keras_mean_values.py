"""Accuracies and crossentropy on the host, by NumPy: row for row what Keras's own functions say on this backend."""

import keras
import numpy as np
import pytest

import thresher.keras as ours_of
from beside import after_stateless, array, pair
from thresher.keras import _mean_values as values_of

BACKEND = keras.backend.backend()
EXACT = 1e-6  # Keras's mean is a float32
RNG = np.random.default_rng(11)


def one_hot(ids, n):
    return np.eye(n, dtype=np.float32)[ids]


def with_ties(shape):
    """Scores of which many are equal, at -0.0 and 0.0 too."""
    return RNG.choice(np.float32([-0.5, -0.0, 0.0, 0.25, 0.5]), shape)


def means_of(name, arguments, *batches):
    ours, theirs = pair(name, **arguments)
    for batch in batches:
        ours.update_state(*batch)
        theirs.update_state(*batch)
    found, expected = ours.result(), theirs.result()
    assert array(found).dtype == array(expected).dtype
    return float(found), float(expected)


CASES = {
    "Accuracy": ({}, lambda shape: (RNG.integers(0, 3, shape).astype(np.float32), with_ties(shape))),
    "Accuracy of whole numbers": ({}, lambda shape: (RNG.integers(0, 3, shape), RNG.integers(0, 3, shape))),
    "BinaryAccuracy": ({}, lambda shape: ((RNG.random(shape) < 0.5), with_ties(shape))),
    "BinaryAccuracy at 0.3": (
        {"threshold": 0.3},
        lambda shape: (RNG.integers(0, 2, shape), RNG.choice(np.float32([0.2, 0.3, 0.4]), shape)),
    ),
    "BinaryCrossentropy": ({}, lambda shape: (RNG.random(shape).astype(np.float32), RNG.random(shape) * 1.2 - 0.1)),
    "BinaryCrossentropy of logits": (
        {"from_logits": True, "label_smoothing": 0.2},
        lambda shape: (RNG.integers(0, 2, shape), RNG.normal(0, 12, shape).astype(np.float32)),
    ),
    "CategoricalAccuracy": ({}, lambda shape: (with_ties((*shape, 4)), with_ties((*shape, 4)))),
    "SparseCategoricalAccuracy": ({}, lambda shape: (RNG.integers(0, 4, shape), with_ties((*shape, 4)))),
    "SparseCategoricalAccuracy of a column": (
        {},
        lambda shape: (RNG.integers(0, 4, (*shape, 1)).astype(np.float64), with_ties((*shape, 4))),
    ),
    "TopKCategoricalAccuracy": (
        {"k": 2},
        lambda shape: (one_hot(RNG.integers(0, 4, shape), 4), with_ties((*shape, 4))),
    ),
    "SparseTopKCategoricalAccuracy": ({"k": 2}, lambda shape: (RNG.integers(0, 4, shape), with_ties((*shape, 4)))),
    "SparseTopKCategoricalAccuracy of more than there are": (
        {"k": 9},
        lambda shape: (RNG.integers(0, 4, shape), with_ties((*shape, 4))),
    ),
    "SparseTopKCategoricalAccuracy of sorted ids": (
        {"k": 2, "from_sorted_ids": True},
        lambda shape: (RNG.integers(0, 4, shape), RNG.integers(0, 4, (*shape, 3))),
    ),
}
if BACKEND == "torch":
    del CASES["SparseTopKCategoricalAccuracy of more than there are"]  # refused: the next test


@pytest.mark.skipif(BACKEND != "torch", reason="the other backends take any k")
@pytest.mark.parametrize("name", ["TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"])
def test_more_than_there_are_classes_are_refused_as_by_torch(name):
    ids = RNG.integers(0, 4, 40)
    batch = (ids if name.startswith("Sparse") else one_hot(ids, 4), with_ties((40, 4)))
    for metric in pair(name, k=5):
        with pytest.raises(RuntimeError, match="selected index k out of range"):
            metric.update_state(*batch)
        assert float(metric.result()) == 0


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("case", CASES)
def test_a_batch_of_any_rank_has_keras_s_mean_with_ties_and_without_asking_keras(case, rank, monkeypatch):
    arguments, batch_of = CASES[case]
    batches = [batch_of((40, 3, 2)[:rank]) for _ in range(2)]
    found, expected = means_of(case.partition(" ")[0], arguments, *batches)
    assert found == pytest.approx(expected, rel=EXACT)
    ours, _ = pair(case.partition(" ")[0], **arguments)
    monkeypatch.setattr(ours, "_fn", None)
    for batch in batches:
        ours.update_state(*batch)
    assert float(ours.result()) == found


@pytest.mark.parametrize("weights", [(), (40,), (40, 1), (40, 3, 2), (1, 3)], ids=str)
@pytest.mark.parametrize("case", CASES)
def test_weights_of_any_shape_weigh_as_in_keras_or_are_refused_as_there(case, weights):
    arguments, batch_of = CASES[case]
    batch = (*batch_of((40, 3, 2)), RNG.random(weights).astype(np.float32))
    ours, theirs = pair(case.partition(" ")[0], **arguments)
    try:
        theirs.update_state(*batch)
    except Exception:
        with pytest.raises(ValueError, match="does not fit"):
            ours.update_state(*batch)
        assert float(ours.result()) == 0
        return
    ours.update_state(*batch)
    assert float(ours.result()) == pytest.approx(float(theirs.result()), rel=EXACT)
    assert float(ours.count) == pytest.approx(float(array(theirs.count)), rel=EXACT)


@pytest.mark.skipif(BACKEND == "numpy", reason="NumPy arrays carry no mask")
@pytest.mark.parametrize("weights", [None, (40,), (40, 3)], ids=str)
@pytest.mark.parametrize("case", CASES)
def test_a_mask_weighs_as_in_keras(case, weights):
    arguments, batch_of = CASES[case]
    labels, scores = batch_of((40, 3))
    scores = keras.ops.convert_to_tensor(scores)
    values_per_row = not case.startswith("BinaryCrossentropy")
    mask = RNG.random((40, 3) if values_per_row else (40,)) < 0.6
    keras.src.backend.set_keras_mask(scores, keras.ops.convert_to_tensor(mask))
    more = [] if weights is None else [RNG.random(weights if values_per_row else (40,)).astype(np.float32)]
    ours, theirs = pair(case.partition(" ")[0], **arguments)
    try:
        theirs.update_state(labels, scores, *more)
    except Exception:
        with pytest.raises(ValueError, match="shape"):
            ours.update_state(labels, scores, *more)
        return
    ours.update_state(labels, scores, *more)
    assert float(ours.result()) == pytest.approx(float(theirs.result()), rel=EXACT)


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64"])
@pytest.mark.parametrize("of_scores", ["float16", "float64"])
@pytest.mark.parametrize("name", ["Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy"])
def test_every_pair_of_dtypes_is_read_as_by_keras(name, dtype, of_scores):
    if name in ("BinaryAccuracy", "Accuracy") and dtype == "bool" and BACKEND == "tensorflow":
        pytest.skip("TensorFlow makes no floats of bools")
    arguments = {"threshold": 0.3} if name == "BinaryAccuracy" else {}
    labels = RNG.integers(0, 2, (30, 3)).astype(dtype)
    scores = RNG.choice([0.1, 0.2, 0.3, 0.3 + 1e-9, 0.4, 0.9], (30, 3)).astype(of_scores)
    found, expected = means_of(name, arguments, (labels, scores))
    assert found == pytest.approx(expected, rel=EXACT)


def test_lists_are_read_as_by_keras():
    found, expected = means_of("BinaryAccuracy", {"threshold": 0.3}, ([[1], [1], [0]], [[0.3], [0.4], [0.3]]))
    assert found == pytest.approx(expected, rel=EXACT)


BAD = [np.nan, np.inf, -np.inf]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "name",
    ["CategoricalAccuracy", "SparseCategoricalAccuracy", "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"],
)
def test_scores_that_are_not_finite_stand_where_this_backend_puts_them(name, bad):
    ids = RNG.integers(0, 4, 40)
    labels = ids if name.startswith("Sparse") else one_hot(ids, 4)
    scores = with_ties((40, 4))
    scores[RNG.random((40, 4)) < 0.3] = bad
    found, expected = means_of(name, {"k": 2} if "TopK" in name else {}, (labels, scores))
    assert found == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("stray", [7, -1])
@pytest.mark.parametrize("name", ["SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy"])
def test_ids_of_no_class_are_met_as_by_this_backend(name, stray):
    arguments = {"k": 2} if "TopK" in name else {}
    labels, scores = RNG.integers(0, 4, 40), RNG.random((40, 4)).astype(np.float32)
    labels[::3] = stray
    try:
        _, theirs = pair(name, **arguments)
        theirs.update_state(labels, scores)
    except Exception as error:
        assert BACKEND in ("numpy", "torch")
        ours, _ = pair(name, **arguments)
        with pytest.raises(type(error)):
            ours.update_state(labels, scores)
        assert float(ours.result()) == 0
        return
    found, expected = means_of(name, arguments, (labels, scores))
    assert found == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("from_logits", [False, True])
def test_the_crossentropy_of_a_row_is_keras_s_to_single_precision(from_logits):
    """Within 1e-6 of each row's value, from the surest to the least sure scores."""
    logits = np.linspace(-20, 20, 4_001, dtype=np.float32)
    scores = logits if from_logits else (1 / (1 + np.exp(-logits))).astype(np.float32)
    for label in 0.0, 0.3, 1.0:
        labels = np.full((len(scores), 1), label, np.float32)
        found = values_of.losses(labels, scores[:, None], from_logits=from_logits)
        expected = keras.metrics.binary_crossentropy(labels, scores[:, None], from_logits=from_logits)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, array(expected), rtol=1e-6, atol=1e-6)


def test_an_accuracy_of_half_precision_is_a_single_and_counts_beyond_what_halves_hold():
    n = 70_001  # 65,520 is infinity in halves
    labels, scores = np.ones((n, 1), np.float32), np.ones((n, 1), np.float32)
    scores[0] = 0
    metric = ours_of.BinaryAccuracy(dtype="float16")
    in_graph = after_stateless(metric, [(labels, scores)])
    metric.update_state(labels, scores)
    for found in array(metric.result()), in_graph:
        assert found.dtype == np.float32
        assert float(found) == pytest.approx((n - 1) / n, rel=1e-7)


def test_shapes_that_keras_refuses_are_refused():
    for name in ("Accuracy", "BinaryAccuracy", "BinaryCrossentropy"):
        metric = getattr(ours_of, name)()
        with pytest.raises(Exception, match=r"(?i)shape|broadcast|size of tensor"):
            metric.update_state(np.ones((4, 3), np.float32), np.ones((5, 3), np.float32))
        assert float(metric.result()) == 0
