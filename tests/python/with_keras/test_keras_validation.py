"""ValidationMetrics outside fit: data of every kind, paired and weighted as they come, answers exact."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

import thresher as th
from keras_models import BACKEND, model, predicted, rows
from thresher.keras import ValidationMetrics
from thresher.keras._batches import batches

needs_tensorflow = pytest.mark.skipif(
    BACKEND in ("numpy", "torch"), reason="tf.data is read on the others; torch's environment has no TensorFlow"
)


class Reshuffled(keras.utils.PyDataset):
    """Batches in another order at each pass, and rows in another order within."""

    def __init__(self, x, y, weights, **options):
        super().__init__(**options)
        self.rng = np.random.default_rng(0)
        self.columns = x, y, weights
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.order) // 64)

    def __getitem__(self, index):
        chosen = self.order[index * 64 : index * 64 + 64]
        return tuple(column[chosen] for column in self.columns)

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.columns[0]))


class Loader:
    """Stands in for a DataLoader: has a length, and gives batches anew, shuffled, each time it is asked."""

    def __init__(self, columns):
        self.columns, self.rng = columns, np.random.default_rng(1)

    def __len__(self):
        return -(-len(self.columns[0]) // 50)

    def __iter__(self):
        order = self.rng.permutation(len(self.columns[0]))
        for start in range(0, len(order), 50):
            yield [column[order[start : start + 50]] for column in self.columns]


def generated(columns, forever=False):
    while True:
        for start in range(0, len(columns[0]), 70):
            yield tuple(column[start : start + 70] for column in columns)
        if not forever:
            return


def tf_data(columns):
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(columns)
    return data.shuffle(len(columns[0]), seed=1, reshuffle_each_iteration=True).batch(48)


KINDS = {
    "arrays": lambda columns: (columns, {}),
    "arrays by 100": lambda columns: (columns, {"batch_size": 100}),
    "labels (n, 1)": lambda columns: ((columns[0], columns[1][:, None], columns[2]), {}),
    "float64": lambda columns: (tuple(np.asarray(column, dtype="float64") for column in columns), {}),
    "PyDataset": lambda columns: (Reshuffled(*columns), {}),
    "PyDataset with workers": lambda columns: (Reshuffled(*columns, workers=2), {}),
    "loader": lambda columns: (Loader(columns), {}),
    "list of batches": lambda columns: (list(generated(columns)), {}),
    "generator function": lambda columns: (lambda: generated(columns), {}),
    "endless generator": lambda columns: (generated(columns, forever=True), {"steps": 6}),
    "tf.data": lambda columns: (tf_data(columns), {}),
}


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=needs_tensorflow if kind == "tf.data" else ()) for kind in KINDS]
)
def test_data_of_any_kind_give_scikit_learn_s_answers_at_each_pass(kind):
    x, y = rows()
    weights = np.random.default_rng(2).integers(1, 4, len(y)).astype("float32")
    data, options = KINDS[kind]((x, y, weights))
    of = model()
    scores = predicted(of, x)[:, 0].astype("float64")
    validation = ValidationMetrics(data, ("auc", "average_precision", "recall"), thresholds=[0.3, 0.55], **options)
    for _ in range(3):  # a second pass over reshuffled data pairs other rows with each label
        found = validation.evaluate(of)
        assert found["auc"] == pytest.approx(sk.roc_auc_score(y, scores, sample_weight=weights), abs=1e-6)
        expected = sk.average_precision_score(y, scores, sample_weight=weights)
        assert found["average_precision"] == pytest.approx(expected, abs=1e-6)
        for key, cut in (("recall_0_3", 0.3), ("recall_0_55", 0.55)):
            assert found[key] == pytest.approx(sk.recall_score(y, scores > cut, sample_weight=weights), abs=1e-9)
        assert validation.counts[""].n_samples == len(y)


def test_the_reshuffling_data_of_these_tests_would_be_paired_wrongly_by_two_passes():
    x, y = rows()
    of, data = model(), Loader((x, y, np.ones(len(y))))
    scores = np.concatenate([predicted(of, batch[0])[:, 0] for batch in data])
    labels = np.concatenate([batch[1] for batch in data])
    assert abs(th.roc_auc(labels, scores) - th.roc_auc(y, predicted(of, x)[:, 0])) > 0.05


def test_answers_are_those_of_the_same_predictions_to_the_last_bit():
    x, y = rows()
    of = model()
    scores = np.concatenate([of.predict_on_batch(x[at : at + 64]) for at in range(0, len(x), 64)])[:, 0]
    validation = ValidationMetrics((x, y), level=0.9, batch_size=64)
    found = validation.evaluate(of)
    interval = th.roc_auc_interval(y, scores, level=0.9)
    assert found["auc"] == th.roc_auc(y, scores) == interval.value
    assert (found["auc_lower"], found["auc_upper"]) == (interval.lower, interval.upper)
    assert found["average_precision_lower"] == th.average_precision_interval(y, scores, level=0.9).lower
    assert set(validation.seconds) == {"data", "predict", "count"}
    assert all(seconds > 0 for seconds in validation.seconds.values())


def test_without_thresholds_rates_are_those_of_one_half_under_their_own_name():
    x, y = rows()
    of = model()
    found = ValidationMetrics((x, y), ("f1", "true_positives")).evaluate(of)
    flagged = predicted(of, x)[:, 0] > 0.5
    assert found == {"f1": pytest.approx(sk.f1_score(y, flagged)), "true_positives": flagged[y == 1].sum()}


def test_scores_on_a_threshold_are_flagged_as_it_is_asked():
    identity = keras.Sequential([keras.Input((1,)), keras.layers.Activation("linear")])
    x, y = np.array([[0.7], [0.2]], dtype="float32"), np.array([1, 0])
    for comparison, recall in ((">", 0.0), (">=", 1.0)):
        validation = ValidationMetrics((x, y), ("recall",), thresholds=0.7, comparison=comparison)
        assert validation.evaluate(identity) == {"recall_0_7": recall}


def test_rows_are_counted_as_they_come_when_there_are_many(monkeypatch):
    x, y = rows(9_000)
    of = model()
    expected = th.roc_auc(y, of.predict(x, batch_size=2_048, verbose=0)[:, 0])
    for chunk in (1, 100, 5_000, 1 << 20):
        monkeypatch.setattr("thresher.keras._outputs._CHUNK", chunk)
        for batch_size in (64, 2_048):
            validation = ValidationMetrics((x, y), batch_size=batch_size)
            assert validation.evaluate(of)["auc"] == pytest.approx(expected, abs=1e-6)
            assert validation.counts[""].n_samples == 9_000


def test_an_accumulator_of_one_s_own_is_copied_and_stays_empty():
    x, y = rows()
    prototype = th.CompactCounts()
    prototype.update([0, 1], [0.1, 0.2])
    validation = ValidationMetrics((x, y), ("auc", "recall"), into=prototype)
    found = validation.evaluate(model())
    assert isinstance(validation.counts[""], th.CompactCounts)
    assert (validation.counts[""].n_samples, prototype.n_samples) == (len(y), 2)
    scores = predicted(model(), x)[:, 0]
    assert found["auc"] == pytest.approx(th.roc_auc(y, scores), abs=1e-3)
    assert found["recall"] == th.confusion_at(y, scores, 0.5, comparison=">").recall


def test_sampling_weights_have_their_interval():
    x, y = rows()
    weights = np.random.default_rng(2).random(len(y))
    validation = ValidationMetrics((x, y, weights), ("auc",), level=0.95, weight_meaning="sampling")
    scores = predicted(model(), x)[:, 0]
    expected = th.roc_auc_interval(y, scores, weights=weights, weight_meaning="sampling")
    assert validation.evaluate(model())["auc_upper"] == pytest.approx(expected.upper, abs=1e-6)


def test_a_model_that_was_never_called_is_built_by_the_first_batch():
    x, y = rows()
    of = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    assert 0 <= ValidationMetrics((x, y)).evaluate(of)["auc"] <= 1
    assert of.built


def test_batches_of_small_rows_are_large_and_those_of_large_rows_small():
    def size(width):
        return len(next(batches((np.zeros((9_000, width), dtype="float32"), np.zeros(9_000)))).y)

    assert (size(1), size(640), size(100_000)) == (4_096, 409, 32)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((np.zeros((3, 5)), np.zeros(2)), r"`data` has 3 rows of x, but 2 of y"),
        ((np.zeros((3, 5)),), r"must be \(x, y\) or \(x, y, weights\), but one has 1 parts"),
        (7, r"`data` is a int; a tuple"),
        ([np.zeros((3, 5))], r"but one has a ndarray"),
        ([], r"`data` gave no batch"),
        ((np.zeros((3, 5)), [0, 1, 0]), r"`data` must hold arrays, but its y holds"),
    ],
)
def test_data_that_cannot_be_read_are_refused(data, message):
    with pytest.raises(th.Error, match=message):
        ValidationMetrics(data).evaluate(model())


class Endless(Reshuffled):
    """A PyDataset of no known length."""

    def __getitem__(self, index):
        return super().__getitem__(index % super().__len__())

    @property
    def num_batches(self):
        return None


@pytest.mark.parametrize("workers", [1, 2])
def test_data_without_an_end_need_steps(workers):
    x, y = rows()
    data = Endless(x, y, np.ones(len(y)), workers=workers)
    with pytest.raises(th.Error, match="`data` never ends; pass `steps`"):
        ValidationMetrics(data).evaluate(model())
    validation = ValidationMetrics(data, steps=3)
    for _ in range(2):  # its workers end with a pass, and begin with the next
        validation.evaluate(model())
        assert validation.counts[""].n_samples == 3 * 64


@needs_tensorflow
def test_tf_data_without_an_end_need_steps():
    x, y = rows()
    data = tf_data((x, y)).repeat()
    with pytest.raises(th.Error, match="`data` never ends; pass `steps`"):
        ValidationMetrics(data).evaluate(model())
    validation = ValidationMetrics(data, steps=3)
    validation.evaluate(model())
    assert validation.counts[""].n_samples == 3 * 48


def test_data_frames_and_tensors_are_read():
    x, y = rows()
    expected = ValidationMetrics((x, y)).evaluate(model())
    frame, series = pd.DataFrame(x), pd.Series(y)
    assert ValidationMetrics((frame, series)).evaluate(model()) == pytest.approx(expected)
    tensors = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)
    assert ValidationMetrics(tensors).evaluate(model()) == pytest.approx(expected)


def test_inputs_may_be_a_nest():
    x, y = rows()
    inputs = {"a": keras.Input((2,), name="a"), "b": keras.Input((3,), name="b")}
    joined = keras.layers.Concatenate()([inputs["a"], inputs["b"]])
    of = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(joined))
    parts = {"a": x[:, :2], "b": x[:, 2:]}
    scores = predicted(of, parts)[:, 0]
    assert ValidationMetrics((parts, y), batch_size=64).evaluate(of)["auc"] == pytest.approx(th.roc_auc(y, scores))
    with pytest.raises(th.Error, match="`data` has 403 rows of x, but 400 of x"):
        ValidationMetrics(({"a": x[:, :2], "b": x[:400, 2:]}, y)).evaluate(of)


def test_a_generator_that_is_used_up_says_so():
    validation = ValidationMetrics(generated(rows()))
    validation.evaluate(model())
    with pytest.raises(th.Error, match="pass the function that makes it"):
        validation.evaluate(model())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metrics": ("auk",)}, r"`metrics` holds 'auk'; auc, roc_auc, average_precision"),
        ({"metrics": ("recall",), "thresholds": (0.26, 0.3), "key_format": "{name}"}, "to both 0.26 and 0.3"),
        ({"level": 1.0}, r"`level` must be in \(0, 1\), but is 1.0"),
        ({"on_bad": "drop"}, "`on_bad` must be 'warn' or 'raise', but is 'drop'"),
        ({"comparison": "<"}, "`comparison` must be '>' or '>=', but is '<'"),
        ({"kind": "softmax"}, "`kind` must be 'auto' or 'binary' or 'multilabel' or 'multiclass', but is 'softmax'"),
        ({"steps": 0}, "`steps` must be >= 1, but is 0"),
        ({"batch_size": 0}, "`batch_size` must be >= 1, but is 0"),
        ({"thresholds": (0.5, 1.5), "metrics": ("recall",), "from_logits": True}, "must be probabilities"),
    ],
)
def test_options_are_checked_before_the_training(options, message):
    with pytest.raises(th.Error, match=message):
        ValidationMetrics(rows(), **options)


def test_intervals_of_weighted_rows_need_a_meaning():
    with pytest.raises(th.Error, match='`weight_meaning` must be "frequency" or "sampling"'):
        ValidationMetrics((*rows(), np.ones(403)), level=0.95)


def test_metrics_are_a_sequence():
    with pytest.raises(TypeError, match=r"pass \('auc',\)"):
        ValidationMetrics(rows(), "auc")


def test_a_model_must_be_known():
    with pytest.raises(th.Error, match="`model` must be given"):
        ValidationMetrics(rows()).evaluate()


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")  # Keras's, on NumPy
def test_the_compiled_loss_of_a_model_that_was_not_trained():
    x, y = rows(200, seed=9)
    of = model(loss="binary_crossentropy", metrics=["accuracy"])
    found = ValidationMetrics((x, y), compiled=True, batch_size=50).evaluate(of)
    theirs = of.evaluate(x, y, batch_size=50, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(theirs["loss"], rel=1e-6)
    assert found["accuracy"] == pytest.approx(theirs["accuracy"])
    with pytest.raises(th.Error, match=r"call model\.compile first"):
        ValidationMetrics((x, y), compiled=True).evaluate(model())
