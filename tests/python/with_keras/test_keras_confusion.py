"""Counts at thresholds, precision, recall, AUC and the *At* metrics, beside Keras's own and beside the definition."""

import keras
import numpy as np
import pytest

import thresher.keras as ours_of
from beside import after_stateless, array, pair, rows

BACKEND = keras.backend.backend()
COUNTS = ["TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives"]
SHARES = ["Precision", "Recall"]
AT = ["SensitivityAtSpecificity", "SpecificityAtSensitivity", "PrecisionAtRecall", "RecallAtPrecision"]

# Lists on which Keras compares each score with each threshold, and lists on which it has a histogram of 2^k + 1 exact
# grid points; on other even grids it misplaces scores on a threshold (`test_a_score_on_a_threshold_is_not_above_it`).
LISTS = {
    "none": None,
    "one": [0.3],
    "number": 0.7,
    "unsorted": [0.9, 0.1, 0.5],
    "equal": [0.5, 0.2, 0.5],
    "many": list(np.round(np.arange(0.05, 1, 0.05), 2)),
    "even": list(np.linspace(0, 1, 17)),
    "many uneven": list(np.linspace(0, 1, 50) ** 2),
}

# Labels and scores, and every shape of weights that Keras takes with them.
SHAPES = {
    "flat": ((60,), (60,)),
    "flat, no weights": ((60,), None),
    "flat, one weight": ((60,), 0.25),
    "column": ((60, 1), (60, 1)),
    "column, flat weights": ((60, 1), (60,)),
    "rank 2, no weights": ((20, 3), None),
    "rank 2, flat weights": ((20, 3), (20,)),
    "rank 2, column of weights": ((20, 3), (20, 1)),
    "rank 2, row of weights": ((20, 3), (1, 3)),
    "rank 2, full weights": ((20, 3), (20, 3)),
    "rank 3, no weights": ((5, 4, 3), None),
    "rank 3, weights of rank 2": ((5, 4, 3), (5, 4)),
    "rank 3, full weights": ((5, 4, 3), (5, 4, 3)),
}


def differs_from_keras(ours, theirs, batches):
    """Ours on the host and in a graph beside Keras's after the same batches: the greatest relative difference."""
    in_graph = after_stateless(ours, batches)
    for batch in batches:
        ours.update_state(*batch)
        theirs.update_state(*batch)
    expected = array(theirs.result())
    found = array(ours.result())
    assert found.shape == expected.shape == in_graph.shape
    assert found.dtype == expected.dtype
    scale = np.maximum(np.abs(expected), 1)
    return max((np.abs(each - expected) / scale).max(initial=0) for each in (found, in_graph))


@pytest.mark.parametrize("thresholds", LISTS)
@pytest.mark.parametrize("name", COUNTS + SHARES)
def test_every_list_of_thresholds_gives_keras_s_answer(name, thresholds):
    listed = LISTS[thresholds]
    ours, theirs = pair(name, thresholds=listed)
    grid = np.atleast_1d([0.5] if listed is None else listed)
    batches = [rows(1, grid=grid), rows(2, grid=grid), rows(3, weights=(60,), grid=grid)]
    assert differs_from_keras(ours, theirs, batches) < 1e-5


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [*COUNTS, *SHARES, "AUC"])
def test_every_shape_of_labels_scores_and_weights_gives_keras_s_answer(name, shape):
    of_rows, of_weights = SHAPES[shape]
    arguments = {"num_thresholds": 17} if name == "AUC" else {"thresholds": [0.2, 0.5, 0.6]}
    ours, theirs = pair(name, **arguments)
    batches = [rows(seed, of_rows, weights=of_weights) for seed in (1, 2)]
    assert differs_from_keras(ours, theirs, batches) < 1e-5


@pytest.mark.parametrize("name", [*SHARES, "AUC", "TruePositives"])
def test_labels_of_rank_1_meet_predictions_of_one_column(name):
    ours, theirs = pair(name)
    labels, scores = rows(5)
    assert differs_from_keras(ours, theirs, [(labels, scores[:, None]), (labels[:, None], scores)]) < 1e-6


@pytest.mark.parametrize("arguments", [{"top_k": 2}, {"top_k": 2, "class_id": 1}, {"class_id": 0}, {"top_k": 1}])
@pytest.mark.parametrize("thresholds", [None, [0.2, 0.5]])
@pytest.mark.parametrize("name", SHARES)
def test_top_k_and_class_id_choose_as_keras_s(name, thresholds, arguments):
    ours, theirs = pair(name, thresholds=thresholds, **arguments)
    # Among equal scores top_k of NumPy and torch takes any, that of the others the first, as ours does.
    ties = None if BACKEND in ("numpy", "torch") else [0.2, 0.4]
    batches = [rows(1, (30, 4), grid=ties), rows(2, (30, 4), weights=(30,)), rows(3, (6, 5, 4))]
    assert differs_from_keras(ours, theirs, batches) < 1e-5


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("shape", [(30, 4), (6, 5, 40)], ids=str)
def test_of_equal_scores_the_first_are_the_top_k_on_both_paths(shape, k):
    labels, scores = rows(4, shape, grid=[0.25, 0.5])
    ids = np.arange(shape[-1])
    before = (scores[..., None, :] == scores[..., None]) & (ids < ids[:, None])
    chosen = ((scores[..., None, :] > scores[..., None]) | before).sum(-1) < k
    expected = (chosen & (labels == 1)).sum() / chosen.sum()
    ours = ours_of.Precision(top_k=k)
    assert float(after_stateless(ours, [(labels, scores)])) == pytest.approx(expected, rel=1e-6)
    ours.update_state(labels, scores)
    assert float(ours.result()) == pytest.approx(expected, rel=1e-6)


def test_a_top_k_of_more_classes_than_there_are_is_refused_on_both_paths():
    ours, batch = ours_of.Precision(top_k=5), rows(4, (30, 4))
    for counted in ours.update_state, lambda *rows: after_stateless(ours, [rows]):
        with pytest.raises(ValueError, match="`top_k` is 5, but predictions have 4 values"):
            counted(*batch)


@pytest.mark.parametrize("curve", ["ROC", "PR", "PRGAIN"])
@pytest.mark.parametrize("method", ["interpolation", "minoring", "majoring"])
@pytest.mark.parametrize(
    "more",
    [
        {"num_thresholds": 65},
        {"thresholds": [0.9, 0.2, 0.5]},
        {"num_thresholds": 33, "multi_label": True},
        {"num_thresholds": 33, "multi_label": True, "num_labels": 3, "label_weights": [1.0, 2.0, 0.5]},
        {"num_thresholds": 33, "label_weights": [1.0, 2.0, 0.5]},
        {"num_thresholds": 2},
    ],
    ids=str,
)
def test_every_area_is_keras_s(curve, method, more):
    ours, theirs = pair("AUC", curve=curve, summation_method=method, **more)
    batches = [rows(seed, (40, 3), weights=weights) for seed, weights in ((1, None), (2, (40,)), (3, (40, 3)))]
    if more.get("multi_label") and "num_labels" not in more:
        ours.update_state(*batches[0])  # its variables hang on a first batch
        ours.reset_state()
    assert differs_from_keras(ours, theirs, batches) < 2e-5


def test_an_area_of_logits_is_that_of_their_sigmoid():
    ours, theirs = pair("AUC", num_thresholds=33, from_logits=True)
    assert differs_from_keras(ours, theirs, [rows(1, low=-4, high=4)]) < 1e-5


@pytest.mark.parametrize("n", [1, 2, 3, 17, 65])
@pytest.mark.parametrize("value", [0.0, 0.3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("name", AT)
def test_every_rate_at_another_is_keras_s(name, value, n):
    ours, theirs = pair(name, value, num_thresholds=n)
    batches = [rows(1, grid=np.linspace(0, 1, 17)), rows(2, weights=(60,))]
    assert differs_from_keras(ours, theirs, batches) < 1e-6


@pytest.mark.parametrize("name", AT)
def test_a_rate_at_another_tells_a_threshold_that_reaches_it(name):
    labels, scores = rows(4, (500,), grid=np.linspace(0, 1, 17))
    ours, _ = pair(name, 0.35, num_thresholds=17)
    ours.update_state(labels, scores)
    flagged = scores > np.float32(ours.threshold)
    rates = {
        "Recall": (flagged & (labels == 1)).sum() / (labels == 1).sum(),
        "Precision": (flagged & (labels == 1)).sum() / flagged.sum(),
        "Specificity": (~flagged & (labels == 0)).sum() / (labels == 0).sum(),
    }
    rates["Sensitivity"] = rates["Recall"]
    shown, held = name.split("At")
    assert rates[held] >= 0.35
    assert np.isclose(float(ours.result()), rates[shown])
    hopeless, _ = pair(name, 1.0, num_thresholds=1)
    hopeless.update_state([1, 0], [0.4, 0.6])
    assert hopeless.threshold is None
    assert float(hopeless.result()) == 0.0


@pytest.mark.parametrize("name", [*COUNTS, *SHARES, "AUC"])
def test_nothing_counted_is_keras_s_answer_and_so_is_an_empty_batch(name):
    ours, theirs = pair(name)
    assert array(ours.result()) == array(theirs.result())
    ours.update_state(np.zeros(0, np.float32), np.zeros(0, np.float32))
    assert array(ours.result()) == array(theirs.result())


@pytest.mark.parametrize("seed", range(3))
def test_many_updates_are_one_and_a_reset_forgets(seed):
    for name in [*COUNTS, *SHARES, "AUC"]:
        one, _ = pair(name)
        many, _ = pair(name)
        labels, scores = rows(seed, (301,))
        one.update_state(labels, scores)
        for start in range(0, 301, 7):
            many.update_state(labels[start : start + 7], scores[start : start + 7])
        assert array(one.result()) == array(many.result())
        many.reset_state()
        assert array(many.result()) == array(pair(name)[0].result())


@pytest.mark.parametrize("n", [20, 200, 201, 500])
def test_a_score_on_a_threshold_is_not_above_it_whatever_the_grid_and_the_path(n):
    """Keras places scores by arithmetic on even grids and misses (8 of 200); the definition is the oracle."""
    metric = ours_of.TruePositives(thresholds=list(np.linspace(0, 1, n)))
    thresholds = np.linspace(0, 1, n).astype(np.float32)
    near = [thresholds, np.nextafter(thresholds, np.float32(2)), np.nextafter(thresholds, np.float32(-1))]
    scores = np.concatenate(near).astype(np.float32)
    scores = scores[(scores == 0) | (np.abs(scores) >= np.finfo(np.float32).tiny)]  # XLA flushes subnormals to zero
    labels = np.ones_like(scores)
    expected = (scores[None] > thresholds[:, None]).sum(axis=1)
    in_graph = after_stateless(metric, [(labels, scores)])
    metric.update_state(labels, scores)
    assert metric.accumulator.numpy().tolist() == expected.tolist()
    assert in_graph.tolist() == expected.tolist()


@pytest.mark.parametrize("thresholds", [[0.25, 0.5, 0.75], list(np.linspace(0, 1, 50))[1:-1]])
def test_scores_outside_the_unit_interval_lose_no_area(thresholds):
    metric = ours_of.AUC(thresholds=thresholds)
    labels, scores = np.array([0, 0, 1, 1], np.float32), np.array([-3.0, -0.5, 0.6, 7.0], np.float32)
    in_graph = after_stateless(metric, [(labels, scores)])
    metric.update_state(labels, scores)
    assert float(metric.result()) == 1.0
    assert in_graph == 1.0
    assert metric.true_positives.numpy()[0] == 2
    assert metric.true_positives.numpy()[-1] == 0


def test_an_area_of_one_class_is_zero_as_keras_s_or_nan_on_request():
    for curve in "ROC", "PR", "PRGAIN":
        ours, theirs = pair("AUC", curve=curve)
        asked = ours_of.AUC(curve=curve, undefined="nan")
        for metric in ours, theirs, asked:
            metric.update_state([0, 0], [0.2, 0.7])
        assert float(ours.result()) == float(theirs.result()) == 0.0
        assert np.isnan(float(asked.result()))
        assert np.isnan(after_stateless(asked, [(np.zeros(2, np.float32), np.float32([0.2, 0.7]))]))


def test_labels_of_one_class_are_left_out_of_the_mean_where_the_undefined_is_nan():
    labels = np.float32([[0, 0], [0, 1], [0, 0]])
    scores = np.float32([[0.1, 0.2], [0.3, 0.9], [0.5, 0.4]])
    of_zero = ours_of.AUC(multi_label=True, num_labels=2)
    of_nan = ours_of.AUC(multi_label=True, num_labels=2, undefined="nan")
    for metric in of_zero, of_nan:
        metric.update_state(labels, scores)
    assert float(of_zero.result()) == 0.5
    assert float(of_nan.result()) == 1.0


def test_the_undefined_is_nan_where_asked():
    metric = ours_of.Precision(thresholds=[0.5, 0.95], undefined="nan")
    metric.update_state([1, 0], [0.9, 0.6])
    assert array(metric.result())[0] == 0.5
    assert np.isnan(array(metric.result())[1])
    assert np.isnan(float(ours_of.Recall(undefined="nan").result()))


def test_thresholds_even_in_log_odds_tell_rare_events_apart():
    rng = np.random.default_rng(0)
    logits = rng.normal(-7, 1, 200_000)
    scores = (1 / (1 + np.exp(-logits))).astype(np.float32)
    labels = rng.random(200_000) < scores
    exact = ours_of.AUC(spacing="logit")
    keras_s = ours_of.AUC()
    for metric in exact, keras_s:
        metric.update_state(labels, scores)
    from sklearn.metrics import roc_auc_score

    area = roc_auc_score(labels, scores)
    assert abs(float(exact.result()) - area) < 1e-3
    assert abs(after_stateless(exact, [(labels, scores)]) - area) < 1e-3
    assert abs(float(keras_s.result()) - area) > 0.1
    assert ours_of.AUC.from_config(exact.get_config()).thresholds == exact.thresholds


@pytest.mark.parametrize("name", [*COUNTS, *SHARES, "AUC"])
def test_any_label_but_zero_is_positive_and_weights_may_be_negative(name):
    ours, theirs = pair(name)
    labels = np.float32([0.1, -1, 0, 2, 0, 1])
    scores = np.float32([0.9, 0.8, 0.7, 0.3, 0.2, 0.6])
    assert (
        differs_from_keras(ours, theirs, [(labels, scores), (labels, scores, np.float32([1, -2, 3, -0.5, 0, 2]))])
        < 1e-6
    )


@pytest.mark.parametrize("name", [*COUNTS, *SHARES, "AUC"])
def test_bad_values_raise_on_the_host_and_change_nothing(name):
    metric = getattr(ours_of, name)()
    metric.update_state([1, 0], [0.9, 0.2])
    before = array(metric.result())
    with pytest.raises(ValueError, match="NaN"):
        metric.update_state([1, 0], [np.nan, 0.2])
    for weight in np.nan, np.inf:
        with pytest.raises(ValueError, match="weights"):
            metric.update_state([1, 0], [0.3, 0.2], [1.0, weight])
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        metric.update_state([1, 0, 1], [0.3, 0.2])
    assert array(metric.result()) == before


@pytest.mark.parametrize("thresholds", [[0.0, 0.5], list(np.linspace(0, 1, 101)), list(np.linspace(0, 1, 50) ** 2)])
def test_a_nan_is_never_positive_in_a_compiled_step(thresholds):
    metric = ours_of.TruePositives(thresholds=thresholds)
    found = after_stateless(metric, [(np.float32([1, 1, 1]), np.float32([np.nan, 0.3, np.nan]))])
    assert found.tolist() == [float(threshold < 0.3) for threshold in thresholds]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Precision", {"thresholds": [0.1, 1.5]}),
        ("AUC", {"num_thresholds": 1}),
        ("AUC", {"curve": "PT"}),
        ("AUC", {"num_labels": 3}),
        ("PrecisionAtRecall", {"recall": 1.5}),
        ("RecallAtPrecision", {"precision": 0.5, "num_thresholds": 0}),
    ],
)
def test_bad_arguments_have_keras_s_error(name, arguments):
    with pytest.raises(ValueError, match=r".") as theirs:
        getattr(keras.metrics, name)(**arguments)
    with pytest.raises(ValueError, match=r".") as ours:
        getattr(ours_of, name)(**arguments)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize("name", [*COUNTS, *SHARES, *AT, "AUC"])
def test_config_names_variables_and_direction_are_keras_s(name):
    arguments = [0.5] if name in AT else []
    ours, theirs = pair(name, *arguments, name="it")
    assert ours.get_config() == theirs.get_config()
    assert [variable.name for variable in ours.variables] == [variable.name for variable in theirs.variables]
    assert getattr(ours, "_direction", None) == getattr(theirs, "_direction", None)
    assert isinstance(ours, getattr(keras.metrics, name))
    again = type(ours).from_config(ours.get_config())
    assert again.get_config() == ours.get_config()
    saved = keras.saving.serialize_keras_object(ours)
    assert type(keras.saving.deserialize_keras_object(saved)) is type(ours)
    unnamed, of_keras = pair(name, *arguments)
    assert unnamed.name.rstrip("_0123456789") == of_keras.name.rstrip("_0123456789")
