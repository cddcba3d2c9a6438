"""ValidationMetrics of several labels, classes and outputs, of logits, and of rows that cannot be counted."""

import warnings

import keras
import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn import metrics as sk

import thresher as th
from keras_models import FEATURES, model, predicted, rows
from thresher.keras import ValidationMetrics


def classes(count, k, seed=4):
    x, _ = rows(count)
    return x, np.random.default_rng(seed).integers(0, k, count)


def labels(count, k, seed=6):
    x, _ = rows(count)
    return x, (np.random.default_rng(seed).random((count, k)) < 0.4).astype("float32")


def test_several_labels_are_told_each_by_itself_pooled_and_in_the_mean():
    x, y = labels(300, 4)
    of = model(4)
    scores = predicted(of, x)
    validation = ValidationMetrics(
        (x, y), ("auc", "average_precision", "recall"), thresholds=(0.4, 0.6), label_names=["a", "b", "c", "d"]
    )
    found = validation.evaluate(of)
    areas = [sk.roc_auc_score(y[:, j], scores[:, j]) for j in range(4)]
    assert [found[f"auc_{name}"] for name in "abcd"] == pytest.approx(areas)
    assert found["auc"] == pytest.approx(np.mean(areas))
    assert found["auc_micro"] == pytest.approx(sk.roc_auc_score(y, scores, average="micro"))
    assert found["average_precision"] == pytest.approx(sk.average_precision_score(y, scores))
    expected = sk.average_precision_score(y, scores, average="micro")
    assert found["average_precision_micro"] == pytest.approx(expected)
    for average, suffix in (("macro", ""), ("micro", "_micro")):
        expected = sk.recall_score(y, scores > 0.6, average=average)
        assert found[f"recall_0_6{suffix}"] == pytest.approx(expected)
    assert found["recall_0_4_c"] == pytest.approx(sk.recall_score(y[:, 2], scores[:, 2] > 0.4))
    assert list(validation.counts) == ["a", "b", "c", "d"]
    assert validation.counts["b"].roc_auc() == found["auc_b"]
    assert validation.confusion_matrices == {}


def test_only_the_mean_is_told_when_labels_are_many():
    x, y = labels(300, 4)
    assert set(ValidationMetrics((x, y), per_label=False, micro=False).evaluate(model(4))) == {
        "auc",
        "average_precision",
    }


def test_intervals_are_those_of_labels_and_not_of_means():
    x, y = labels(300, 2)
    found = ValidationMetrics((x, y), ("auc",), level=0.95).evaluate(model(2))
    assert set(found) == {"auc", "auc_micro", *(f"auc{part}_{j}" for part in ("", "_lower", "_upper") for j in (0, 1))}


def test_a_label_without_positives_is_nan_and_left_out_of_the_mean():
    x, y = labels(300, 3)
    y[:, 1] = 0
    found = ValidationMetrics((x, y), ("auc",)).evaluate(model(3))
    assert np.isnan(found["auc_1"])
    assert found["auc"] == pytest.approx((found["auc_0"] + found["auc_2"]) / 2)


def test_labels_may_have_weights_of_their_own():
    x, y = labels(300, 3)
    weights = np.random.default_rng(1).integers(0, 4, y.shape).astype("float32")
    of = model(3)
    scores = predicted(of, x)
    found = ValidationMetrics((x, y, weights), ("auc",)).evaluate(of)
    areas = [sk.roc_auc_score(y[:, j], scores[:, j], sample_weight=weights[:, j]) for j in range(3)]
    assert [found[f"auc_{j}"] for j in range(3)] == pytest.approx(areas)


@pytest.mark.parametrize("one_hot", [False, True], ids=["integers", "one-hot"])
@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
def test_classes_are_told_each_against_the_rest_with_their_matrix(one_hot, weighted):
    x, y = classes(300, 4)
    weights = np.random.default_rng(1).integers(0, 4, 300) if weighted else None
    of = model(4, "softmax")
    scores = predicted(of, x)
    data = (x, np.eye(4)[y] if one_hot else y) + ((weights,) if weighted else ())
    validation = ValidationMetrics(data, ("auc", "recall"), thresholds=0.25)
    found = validation.evaluate(of)
    expected = sk.roc_auc_score(y, scores, multi_class="ovr", average=None, sample_weight=weights)
    assert [found[f"auc_{j}"] for j in range(4)] == pytest.approx(expected)
    assert found["auc"] == pytest.approx(np.mean(expected))
    flagged = scores[:, 2] > 0.25
    assert found["recall_0_25_2"] == pytest.approx(sk.recall_score(y == 2, flagged, sample_weight=weights))
    matrix = validation.confusion_matrices[""]
    assert matrix.dtype == (np.float64 if weighted else np.int64)
    assert (matrix == sk.confusion_matrix(y, scores.argmax(axis=1), sample_weight=weights)).all()


@pytest.mark.parametrize("one_hot", [False, True], ids=["integers", "one-hot"])
def test_two_classes_are_one_figure_of_the_second(one_hot):
    x, y = classes(300, 2)
    of = model(2, "softmax")
    scores = predicted(of, x)
    validation = ValidationMetrics((x, np.eye(2)[y] if one_hot else y[:, None]))
    found = validation.evaluate(of)
    assert set(found) == {"auc", "average_precision"}
    assert found["auc"] == pytest.approx(sk.roc_auc_score(y, scores[:, 1]))
    assert validation.counts[""].n_positives == y.sum()
    assert (validation.confusion_matrices[""] == sk.confusion_matrix(y, scores.argmax(axis=1))).all()


def test_labels_that_are_one_hot_by_chance_are_labels_when_scores_do_not_add_up():
    x, y = classes(300, 2)
    validation = ValidationMetrics((x, np.eye(2)[y]))
    assert "auc_0" in validation.evaluate(model(2))
    assert validation.confusion_matrices == {}


def test_a_first_batch_of_one_row_does_not_decide():
    """One row of labels is often one-hot, and its scores may add up to one."""
    identity = keras.Sequential([keras.Input((2,)), keras.layers.Activation("linear")])
    scores = np.array([[0.4, 0.6], [0.9, 0.8], [0.1, 0.3], [0.7, 0.2]], dtype="float32")
    y = np.array([[0, 1], [1, 1], [0, 0], [1, 0]])
    found = ValidationMetrics((scores, y), ("auc",), batch_size=1).evaluate(identity)
    assert (found["auc_0"], found["auc_1"]) == (1.0, 1.0)
    assert ValidationMetrics((scores, y), ("auc",), batch_size=1, from_logits=True).evaluate(identity) == found


def test_one_hot_labels_of_logits_need_their_kind():
    x, y = classes(300, 3)
    of = model(3, None)
    with pytest.raises(th.Error, match=r'pass kind="multiclass" or kind="multilabel"'):
        ValidationMetrics((x, np.eye(3)[y]), from_logits=True).evaluate(of)
    validation = ValidationMetrics((x, np.eye(3)[y]), from_logits=True, kind="multiclass")
    expected = sk.roc_auc_score(y, softmax(predicted(of, x).astype("float64"), axis=1), multi_class="ovr")
    assert validation.evaluate(of)["auc"] == pytest.approx(expected)


def test_logits_are_cut_where_their_probabilities_are_and_never_round_to_one():
    x, y = rows()
    of = model(1, None)
    logits = predicted(of, x)[:, 0].astype("float64")
    data = (x, y)
    found = ValidationMetrics(data, ("auc", "recall"), thresholds=(0.0, 0.3, 1.0), from_logits=True).evaluate(of)
    assert found["auc"] == pytest.approx(sk.roc_auc_score(y, expit(logits)))
    assert found["recall_0_3"] == pytest.approx(sk.recall_score(y, expit(logits) > 0.3))
    assert (found["recall_0"], found["recall_1"]) == (1, 0)

    identity = keras.Sequential([keras.Input((1,)), keras.layers.Activation("linear")])
    sure = np.array([[20.0], [30.0], [25.0], [40.0]], dtype="float32")  # the sigmoid of each is 1 in float32
    validation = ValidationMetrics((sure, np.array([0, 1, 0, 1])), ("auc",), from_logits=True)
    assert validation.evaluate(identity) == {"auc": 1.0}


def test_logits_of_classes_are_counted_as_log_odds():
    identity = keras.Sequential([keras.Input((3,)), keras.layers.Activation("linear")])
    logits = np.random.default_rng(0).normal(0, 30, (200, 3)).astype("float32")
    y = np.random.default_rng(1).integers(0, 3, 200)
    validation = ValidationMetrics((logits, y), ("auc",), from_logits=True)
    validation.evaluate(identity)
    wide = logits.astype("float64")
    for j in range(3):
        others = np.delete(wide, j, axis=1)
        top = others.max(axis=1)
        odds = wide[:, j] - top - np.log(np.exp(others - top[:, None]).sum(axis=1))
        assert validation.counts[str(j)].roc_auc() == th.roc_auc(y == j, odds)


def test_steps_of_a_sequence_are_rows_and_share_the_sample_s_weight():
    rng = np.random.default_rng(0)
    identity = keras.Sequential([keras.Input((7, 1)), keras.layers.Activation("linear")])
    scores, y = rng.random((30, 7, 1)).astype("float32"), rng.integers(0, 2, (30, 7))
    weights = rng.integers(1, 4, 30)
    found = ValidationMetrics((scores, y, weights), ("auc",)).evaluate(identity)
    expected = sk.roc_auc_score(y.ravel(), scores.ravel(), sample_weight=np.repeat(weights, 7))
    assert found["auc"] == pytest.approx(expected)

    pixels = keras.Sequential([keras.Input((4, 5, 3)), keras.layers.Softmax()])
    x, y = rng.normal(size=(6, 4, 5, 3)).astype("float32"), rng.integers(0, 3, (6, 4, 5))
    validation = ValidationMetrics((x, y), ("auc",))
    expected = sk.roc_auc_score(y.ravel(), predicted(pixels, x).reshape(-1, 3), multi_class="ovr")
    assert validation.evaluate(pixels)["auc"] == pytest.approx(expected)
    assert validation.confusion_matrices[""].sum() == 6 * 4 * 5


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")  # Keras's
def test_mixed_precision_scores_are_counted_as_they_are():
    x, y = rows()
    of = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, activation="sigmoid", dtype="bfloat16")])
    validation = ValidationMetrics((x, y), ("auc",))
    found = validation.evaluate(of)
    scores = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(of(x), "float32")))[:, 0]
    assert found["auc"] == pytest.approx(sk.roc_auc_score(y, scores), abs=1e-3)

    x, y = classes(300, 3)
    of = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(3, activation="softmax", dtype="bfloat16")])
    scores = np.asarray(keras.ops.convert_to_numpy(keras.ops.cast(of(x), "float32")))
    validation = ValidationMetrics((x, np.eye(3)[y]), ("auc",))
    validation.evaluate(of)
    assert validation.confusion_matrices[""].sum() == 300
    assert validation.counts["1"].roc_auc() == pytest.approx(sk.roc_auc_score(y == 1, scores[:, 1]), abs=1e-2)


def two_outputs(as_dict):
    keras.utils.set_random_seed(8)
    inputs = keras.Input((FEATURES,))
    click = keras.layers.Dense(1, activation="sigmoid", name="click")(inputs)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(inputs)
    return keras.Model(inputs, {"click": click, "kind": kind} if as_dict else [click, kind])


@pytest.mark.parametrize("as_dict", [False, True], ids=["list", "dict"])
@pytest.mark.parametrize("weighting", ["none", "shared", "each"])
def test_several_outputs_are_told_each_under_its_name(as_dict, weighting):
    x, y = rows(300)
    _, k = classes(300, 3)
    of = two_outputs(as_dict)
    rng = np.random.default_rng(0)
    own = {"click": rng.integers(1, 4, 300), "kind": rng.integers(1, 4, 300)}
    if weighting == "shared":
        own["kind"] = own["click"]
    targets = {"click": y, "kind": k} if as_dict else [y, k]
    each = own if as_dict else list(own.values())
    data = {"none": (x, targets), "shared": (x, targets, own["click"]), "each": (x, targets, each)}[weighting]
    if weighting == "none":
        own = {"click": None, "kind": None}
    scores = of(x)
    click, kind = (scores["click"], scores["kind"]) if as_dict else scores
    validation = ValidationMetrics(data, ("auc",), label_names={"kind": ["cat", "dog", "emu"]}, batch_size=64)
    found = validation.evaluate(of)
    click = keras.ops.convert_to_numpy(click)[:, 0]
    assert found["click_auc"] == pytest.approx(sk.roc_auc_score(y, click, sample_weight=own["click"]))
    kind = keras.ops.convert_to_numpy(kind)
    expected = sk.roc_auc_score(k, kind, multi_class="ovr", sample_weight=own["kind"])
    assert found["kind_auc"] == pytest.approx(expected)
    assert list(validation.counts) == ["click", "kind/cat", "kind/dog", "kind/emu"]
    assert list(validation.confusion_matrices) == ["kind"]


def test_outputs_without_labels_are_named_or_left_out():
    x, y = rows(300)
    of = two_outputs(as_dict=True)
    with pytest.raises(th.Error, match=r"output 'kind' has no labels in `data`; pass outputs="):
        ValidationMetrics((x, {"click": y})).evaluate(of)
    assert set(ValidationMetrics((x, {"click": y}), ("auc",), outputs=["click"]).evaluate(of)) == {"click_auc"}
    with pytest.raises(th.Error, match=r"`outputs` holds 'clack', but the model's outputs are 'click', 'kind'"):
        ValidationMetrics((x, {"click": y}), outputs=["clack"]).evaluate(of)
    with pytest.raises(th.Error, match="one array of labels, but the model has 2 outputs: click, kind"):
        ValidationMetrics((x, y)).evaluate(of)


BAD = {
    "score": (lambda x, y, w: x.__setitem__((7, 0), np.nan), "1 whose score is NaN"),
    "weight": (lambda x, y, w: w.__setitem__(7, np.inf), "1 whose weight is NaN, infinite or negative"),
    "NaN weight": (lambda x, y, w: w.__setitem__(7, np.nan), "1 whose weight is NaN, infinite or negative"),
    "label": (lambda x, y, w: y.__setitem__(7, 9), "1 whose label is n"),
}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("kind", ["binary", "multilabel", "multiclass"])
def test_a_bad_row_is_left_out_and_told_or_refused(what, kind):
    spoil, message = BAD[what]
    if kind == "multilabel":
        (x, y), of, bad_label = labels(300, 3), model(3), (7, 0)
    elif kind == "multiclass":
        (x, y), of, bad_label = classes(300, 3), model(3, "softmax"), 7
    else:
        (x, y), of, bad_label = rows(300), model(), 7
    good = np.arange(300) != 7
    expected = ValidationMetrics((x[good], y[good], np.ones(299)), ("auc", "recall")).evaluate(of)
    x, y, weights = x.copy(), y.copy(), np.ones(300)
    if what == "label":
        y[bad_label] = 9
    else:
        spoil(x, y, weights)
    validation = ValidationMetrics((x, y, weights), ("auc", "recall"), batch_size=100)
    with pytest.warns(UserWarning, match=f"of 300 validation rows, left out: {message}.*the first is row 7") as told:
        found = validation.evaluate(of)
    assert found == pytest.approx(expected)
    assert len(told) == 1
    assert all(counts.n_samples == 299 for counts in validation.counts.values())
    with pytest.raises(th.Error, match=r'row 7 of the validation data: .*; on_bad="warn" leaves such rows out'):
        ValidationMetrics((x, y, weights), on_bad="raise").evaluate(of)


def test_infinite_scores_are_scores():
    identity = keras.Sequential([keras.Input((1,)), keras.layers.Activation("linear")])
    x = np.array([[-np.inf], [0.5], [np.inf], [0.2]], dtype="float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ValidationMetrics((x, np.array([0, 0, 1, 1])), ("auc",)).evaluate(identity) == {"auc": 0.75}


def test_shapes_that_do_not_fit_are_refused_with_both():
    x, y = rows(300)
    message = r"labels of shape \(300,\) do not fit scores of shape \(300, 3\)"
    with pytest.raises(th.Error, match=message):
        ValidationMetrics((x, y), kind="multilabel").evaluate(model(3))
    with pytest.raises(th.Error, match=r"labels of shape \(300, 2\) do not fit scores of shape \(300, 3\)"):
        ValidationMetrics((x, np.zeros((300, 2)))).evaluate(model(3))
    with pytest.raises(th.Error, match=r"weights of shape \(300, 2\) do not fit scores of shape \(300, 1\)"):
        ValidationMetrics((x, y, np.ones((300, 2)))).evaluate(model())
    with pytest.raises(th.Error, match="`label_names` has 2 names, but output '' has 3 columns"):
        ValidationMetrics((x, y.astype(int)), label_names=["a", "b"]).evaluate(model(3, "softmax"))
