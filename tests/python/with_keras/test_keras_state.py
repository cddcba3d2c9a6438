"""The state: counts beyond float32 and int32 on both paths, variables and the host in step, merging, copies."""

import copy
import pickle

import keras
import numpy as np
import pytest

import thresher.keras as ours_of
from beside import after_stateless, array, compiled, rows
from thresher.keras._limbs import Cells, from_limbs, limbs_of

POWERS = [2**24, 2**31, 2**32, 2**40]


def stateless_step(metric, variables, *batch):
    run = compiled(lambda values, *given: metric.stateless_update_state(values, *given))
    return run([keras.ops.convert_to_tensor(v) for v in variables], *(keras.ops.convert_to_tensor(b) for b in batch))


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("thresholds", [[0.5], list(np.linspace(0, 1, 101))])
def test_counts_are_exact_across_each_power_on_both_paths(power, thresholds):
    labels, scores = np.ones(1000, np.float32), np.full(1000, 0.75, np.float32)
    metric = ours_of.TruePositives(thresholds=thresholds)
    start = power - 500
    metric.accumulator.assign(np.full(len(thresholds), float(start)))
    expected = start + 1000 * (np.float32(0.75) > np.float32(thresholds))
    (after,) = stateless_step(metric, [v.value for v in metric.variables], labels, scores)
    assert from_limbs(array(after)).counts.tolist() == expected.tolist()
    for row in range(0, 1000, 100):
        metric.update_state(labels[row : row + 100], scores[row : row + 100])
    assert metric.accumulator.numpy().tolist() == expected.tolist()
    assert from_limbs(array(metric.variables[0].value)).counts.tolist() == expected.tolist()


def test_single_rows_are_not_lost_beyond_the_power_where_keras_s_stop():
    ours, theirs = ours_of.TruePositives(), keras.metrics.TruePositives()
    ours.accumulator.assign([float(2**24)])
    theirs.accumulator.assign(np.float32([2**24]))
    values = [keras.ops.convert_to_tensor(v.value) for v in ours.variables]
    for _ in range(5):
        theirs.update_state([1.0], [0.9])
        values = stateless_step(ours, values, np.float32([1]), np.float32([0.9]))
    assert array(theirs.result()) == 2**24
    assert from_limbs(array(values[0])).counts.tolist() == [2**24 + 5]


def test_limbs_hold_counts_and_sums_together():
    counts = np.array([0, 1, 2**20, 2**44 - 1, 123_456_789_012])
    sums = np.array([0.0, 0.1, 1e-3, 1e9 / 3, -7.25])
    again = from_limbs(limbs_of(Cells(counts, sums)))
    assert again.counts.tolist() == counts.tolist()
    assert np.allclose(again.sums, sums, rtol=2**-46, atol=0)


def test_sums_of_weights_stay_within_their_bound_over_many_compiled_batches():
    """2,000 batches of a weight that float32 cannot add up: the pair loses less than n 2^-24 of a batch's rounding."""
    metric = ours_of.TruePositives()
    run = compiled(lambda values, *given: metric.stateless_update_state(values, *given))
    batch = [keras.ops.convert_to_tensor(np.float32(each)) for each in ([1], [0.9], [0.1])]
    values = [keras.ops.convert_to_tensor(v.value) for v in metric.variables]
    plain = np.float32(0)
    for _ in range(2_000):
        values = run(values, *batch)
        plain += np.float32(0.1)
    exact = 2_000 * float(np.float32(0.1))
    found = from_limbs(array(values[0])).values[0]
    assert abs(found - exact) / exact < 2**-44
    assert abs(plain - exact) / exact > 1e-6


def test_weighted_and_other_batches_mix():
    labels, scores, weights = rows(1, weights=(60,))
    metric = ours_of.Recall([0.2, 0.6])
    in_graph = after_stateless(metric, [(labels, scores), (labels, scores, weights)])
    metric.update_state(labels, scores)
    metric.update_state(labels, scores, weights)
    above = scores[None] > np.float32([[0.2], [0.6]])
    total = (labels * (1 + weights)).astype(np.float64)
    expected = (above * total).sum(axis=1) / total.sum()
    assert np.allclose(array(metric.result()), expected)
    assert np.allclose(in_graph, expected)


def test_a_reading_has_keras_s_shape_and_value():
    metric = ours_of.AUC(num_thresholds=5)
    theirs = keras.metrics.AUC(num_thresholds=5)
    for each in metric, theirs:
        each.update_state([0, 1, 1], [0.3, 0.4, 0.9])
    for name in "true_positives", "false_positives", "true_negatives", "false_negatives":
        ours = getattr(metric, name)
        of_keras = getattr(theirs, name)
        assert tuple(ours.shape) == tuple(of_keras.shape)
        assert array(ours.value).tolist() == array(of_keras.value).tolist()
        assert np.asarray(ours).tolist() == array(of_keras.value).tolist()
        assert array(keras.ops.convert_to_tensor(ours.value)[1]) == ours.numpy()[1]


def test_variables_follow_the_host_and_the_host_follows_variables():
    labels, scores = rows(3)
    metric, other = ours_of.Precision(), ours_of.Precision()
    held = metric.variables  # references taken before
    metric.update_state(labels, scores)
    for variable, value in zip(other.variables, [v.value for v in held], strict=True):
        variable.assign(value)
    assert array(other.result()) == array(metric.result())
    other.update_state(labels, scores)
    assert other.true_positives.numpy()[0] == 2 * metric.true_positives.numpy()[0]
    held[0].assign(keras.ops.zeros_like(held[0].value))
    assert metric.true_positives.numpy().tolist() == [0]
    assert metric.false_positives.numpy()[0] > 0


def test_a_stateless_call_leaves_the_metric_as_it_was():
    labels, scores = rows(3)
    metric = ours_of.Precision()
    metric.update_state(labels, scores)
    before = array(metric.result())
    assert array(metric.stateless_result(metric.stateless_reset_state())) == 0
    metric.stateless_update_state(metric.stateless_reset_state(), labels, 1 - scores)
    assert array(metric.result()) == before
    with pytest.raises(ValueError, match="corresponding 1:1"):
        metric.stateless_result([])


@pytest.mark.parametrize(
    "make",
    [
        lambda: ours_of.AUC(num_thresholds=30),
        lambda: ours_of.AUC(num_thresholds=30, multi_label=True),
        lambda: ours_of.Recall([0.1, 0.9]),
        lambda: ours_of.TruePositives(),
        lambda: ours_of.ExactAUC(),
    ],
)
def test_merging_is_counting_together(make):
    first, second = rows(1, (40, 2), weights=(40,)), rows(2, (40, 2))
    one, other, both = make(), make(), make()
    one.update_state(*first)
    other.update_state(*second)
    both.update_state(*first)
    both.update_state(*second)
    one.merge(other)
    assert np.allclose(array(one.result()), array(both.result()))
    empty = make()
    empty.merge(one)
    assert np.allclose(array(empty.result()), array(both.result()))


def test_merging_what_differs_is_refused_and_changes_nothing():
    metric = ours_of.Recall([0.1, 0.9])
    metric.update_state([1, 0], [0.5, 0.5])
    with pytest.raises(ValueError, match=r"`thresholds` is \[0.1, 0.9\] here and \[0.1, 0.8\] there"):
        metric.merge(ours_of.Recall([0.1, 0.8]))
    with pytest.raises(ValueError, match="Recall cannot merge Precision"):
        metric.merge(ours_of.Precision([0.1, 0.9]))
    assert array(metric.result()).tolist() == [1, 0]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda metric: pickle.loads(pickle.dumps(metric))])
def test_copies_are_metrics_of_the_same_settings(copied):
    metric = ours_of.AUC(num_thresholds=7, curve="PR", spacing="logit")
    again = copied(metric)
    assert type(again) is ours_of.AUC
    assert again.get_config() == metric.get_config()
    again.update_state([0, 1], [0.2, 0.7])
    assert array(metric.result()) == 0


def test_masked_steps_are_counted_as_in_keras_or_left_out_on_request():
    labels = np.float32([[1, 0, 1], [0, 1, 1]])
    scores = np.float32([[0.9, 0.8, 0.1], [0.7, 0.2, 0.6]])
    mask = np.array([[True, True, False], [True, False, True]])

    def masked():
        tensor = keras.ops.convert_to_tensor(scores)
        keras.src.backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
        return tensor

    if keras.backend.backend() == "numpy":
        pytest.skip("NumPy arrays carry no mask")
    theirs, ours, asked = keras.metrics.TruePositives(), ours_of.TruePositives(), ours_of.TruePositives(use_mask=True)
    for metric in theirs, ours, asked:
        metric.update_state(labels, masked())
    assert array(ours.result()) == array(theirs.result()) == 2
    assert array(asked.result()) == (labels[mask] * (scores[mask] > 0.5)).sum()
    values = asked.stateless_update_state(asked.stateless_reset_state(), labels, masked())
    assert array(asked.stateless_result(values)) == array(asked.result())


@pytest.mark.skipif(keras.backend.backend() == "numpy", reason="NumPy arrays carry no mask")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(40,), (40, 3)], ids=["of rows", "of labels"])
@pytest.mark.parametrize(
    "make",
    [
        lambda: ours_of.AUC(multi_label=True, use_mask=True, num_labels=3),
        lambda: ours_of.ConfusionMetrics([0.3, 0.6], report=["recall"], per_label=True, num_labels=3, use_mask=True),
        lambda: ours_of.ExactAUC(multi_label=True, use_mask=True),
    ],
    ids=["AUC", "ConfusionMetrics", "ExactAUC"],
)
def test_what_is_hidden_of_several_labels_is_left_out_of_each(make, shape, weighted):
    rng = np.random.default_rng(4)
    labels, scores = (rng.random((40, 3)) < 0.5).astype(np.float32), rng.random((40, 3)).astype(np.float32)
    mask = rng.random(shape) < 0.7
    weights = rng.integers(1, 5, (40, 3)).astype(np.float32) if weighted else np.ones((40, 3), np.float32)
    tensor = keras.ops.convert_to_tensor(scores)
    keras.src.backend.set_keras_mask(tensor, keras.ops.convert_to_tensor(mask))
    hidden, weighed_out = make(), make()
    hidden.update_state(labels, tensor, *([weights] if weighted else []))
    weighed_out.update_state(labels, scores, weights * mask.reshape(40, -1))

    def told(result):
        return np.array([array(value) for value in result.values()] if isinstance(result, dict) else array(result))

    np.testing.assert_allclose(told(hidden.result()), told(weighed_out.result()), rtol=1e-6)
    if hidden.variables:
        values = [keras.ops.convert_to_tensor(value) for value in hidden.stateless_reset_state()]
        values = hidden.stateless_update_state(values, labels, tensor, *([weights] if weighted else []))
        np.testing.assert_allclose(told(hidden.stateless_result(values)), told(hidden.result()), rtol=1e-6)


@pytest.mark.parametrize("name", ["ExactAUC", "AUC"])
def test_a_batch_with_one_refused_label_leaves_every_label_as_it_was(name):
    metric = getattr(ours_of, name)(multi_label=True)
    labels, scores, weights = rows(1, (40, 2), weights=(40, 2))
    metric.update_state(labels, scores, weights)
    before = array(metric.result())
    spoilt = scores.copy()
    spoilt[7, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        metric.update_state(labels, spoilt, -weights if name == "AUC" else weights)
    assert array(metric.result()) == before


def test_logits_of_half_precision_are_squashed_in_single_on_both_paths():
    labels, scores = rows(2, (400,), low=-4, high=4)
    thresholds = list(np.linspace(0.1, 0.9, 40))
    half, single = ours_of.Recall(thresholds, from_logits=True), ours_of.Recall(thresholds, from_logits=True)
    half.update_state(labels, scores.astype(np.float16))
    single.update_state(labels, scores.astype(np.float16).astype(np.float32))
    assert array(half.result()).tolist() == array(single.result()).tolist()


@pytest.mark.parametrize(
    ("name", "arguments"), [("Recall", {}), ("AUC", {}), ("BinaryAccuracy", {}), ("F1Score", {"threshold": 0.5})]
)
def test_the_dtype_of_a_metric_is_that_of_its_answer_but_never_a_half(name, arguments):
    wide = "float32" if keras.backend.backend() == "jax" else "float64"
    for dtype, expected in (("float16", "float32"), ("bfloat16", "float32"), ("float32", "float32"), ("float64", wide)):
        metric = getattr(ours_of, name)(dtype=dtype, **arguments)
        metric.update_state(np.float32([[1], [0], [1]]), np.float32([[0.3], [0.7], [0.9]]))
        assert keras.backend.standardize_dtype(metric.result().dtype) == expected


def test_doubles_are_compared_as_doubles_where_the_dtype_says_so():
    labels, scores = np.ones(2), np.array([0.3, 0.3 + 1e-12])
    found = {}
    for dtype in "float32", "float64":
        metric = ours_of.Recall(0.3, dtype=dtype)
        metric.update_state(labels, scores)
        found[dtype] = float(metric.result())
    assert found == {"float32": 0.0, "float64": 0.0 if keras.backend.backend() == "jax" else 0.5}
