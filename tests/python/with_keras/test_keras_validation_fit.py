"""ValidationMetrics in fit: its figures in the logs and in time for monitors, the training untouched."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from sklearn import metrics as sk

import thresher as th
from keras_models import BACKEND, FEATURES, model, predicted, rows
from thresher.keras import ValidationMetrics

pytestmark = [
    pytest.mark.skipif(BACKEND == "numpy", reason="Keras does not train on NumPy"),
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),  # Keras's
]


def values(variable):
    return np.array(variable.numpy() if hasattr(variable, "numpy") else variable.value)


def trained(callbacks, of=None, epochs=3, **options):
    x, y = rows(300)
    of = model(loss="binary_crossentropy") if of is None else of
    of.fit(x, y, epochs=epochs, batch_size=64, shuffle=False, verbose=0, callbacks=callbacks, **options)
    return of


def test_the_logs_of_each_epoch_hold_exact_figures():
    x, y = rows(200, seed=9)
    validation = ValidationMetrics((x, y), ("auc", "average_precision", "recall"), thresholds=(0.05, 0.5), level=0.9)
    exact = []

    class Oracle(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            exact.append(sk.roc_auc_score(y, predicted(self.model, x)[:, 0]))
            assert (validation.epoch, validation.results["val_auc"]) == (epoch, logs["val_auc"])

    history = trained([Oracle(), validation]).history.history
    assert history["val_auc"] == pytest.approx(exact)
    assert len(set(history["val_auc"])) > 1
    assert set(validation.results) == {
        *("val_auc", "val_auc_lower", "val_auc_upper", "val_average_precision"),
        *("val_average_precision_lower", "val_average_precision_upper", "val_recall_0_05", "val_recall_0_5"),
    }
    assert set(validation.results) < set(history)
    assert validation.thresholds == (0.05, 0.5)


def test_training_is_bit_for_bit_what_it_is_without():
    def fitted(callbacks):
        keras.utils.set_random_seed(1)
        layers = [keras.layers.Dense(4), keras.layers.Dropout(0.3), keras.layers.Dense(1, activation="sigmoid")]
        made = keras.Sequential([keras.Input((FEATURES,)), *layers])
        made.compile("adam", loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="area")])
        return trained(callbacks, made)

    plain = fitted([])
    for compiled in (False, True):
        watched = fitted([ValidationMetrics(rows(200, seed=9), compiled=compiled)])
        for key, values in plain.history.history.items():
            assert watched.history.history[key] == values
        for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
            assert (one == other).all()


@pytest.mark.parametrize("compiled", [False, True])
def test_the_training_s_metrics_keep_their_state(compiled):
    """`model.evaluate` in a callback resets them."""
    states = []

    class Reader(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            states.append([values(variable) for variable in self.model.metrics_variables])

    of = model(loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC()])
    validation = ValidationMetrics(rows(200, seed=9), compiled=compiled)

    class Late(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            before = [values(variable) for variable in self.model.metrics_variables]
            validation.evaluate(self.model)
            after = [values(variable) for variable in self.model.metrics_variables]
            assert any(value.any() for value in before)
            assert all((one == other).all() for one, other in zip(before, after, strict=True))

    trained([Late(), Reader()], of)
    assert len(states) == 3


@pytest.mark.parametrize("batch_size", [32, 200])
def test_the_compiled_loss_and_metrics_are_those_of_validation_data(batch_size):
    x, y = rows(200, seed=9)
    weights = np.random.default_rng(0).random(200).astype("float32")

    def of():
        return model(
            loss="binary_crossentropy", metrics=["accuracy"], weighted_metrics=[keras.metrics.Recall(name="found")]
        )

    theirs = trained([], of(), validation_data=(x, y, weights), validation_batch_size=batch_size).history.history
    validation = ValidationMetrics((x, y, weights), compiled=True, batch_size=batch_size)
    ours = trained([validation], of()).history.history
    for key in ("val_loss", "val_accuracy", "val_found"):
        assert ours[key] == pytest.approx(theirs[key], rel=1e-6)
    assert len(ours["val_auc"]) == 3


def test_a_model_that_is_compiled_anew_has_its_new_loss():
    x, y = rows(200, seed=9)
    of = model(loss="binary_crossentropy")
    validation = ValidationMetrics((x, y), compiled=True)
    first = validation.evaluate(of)["loss"]
    of.compile("sgd", loss="mse")
    assert validation.evaluate(of)["loss"] == pytest.approx(of.evaluate(x, y, verbose=0), rel=1e-6)
    assert validation.evaluate(of)["loss"] != pytest.approx(first)


def test_several_outputs_with_their_compiled_losses():
    x, y = rows(300)
    k = np.random.default_rng(4).integers(0, 3, 300)
    keras.utils.set_random_seed(8)
    inputs = keras.Input((x.shape[1],))
    click = keras.layers.Dense(1, activation="sigmoid", name="click")(inputs)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(inputs)
    of = keras.Model(inputs, {"click": click, "kind": kind})
    of.compile("sgd", loss={"click": "binary_crossentropy", "kind": "sparse_categorical_crossentropy"})
    targets = {"click": y, "kind": k}
    validation = ValidationMetrics((x, targets), ("auc",), compiled=True, batch_size=64)
    history = of.fit(x, targets, epochs=2, verbose=0, callbacks=[validation]).history
    theirs = of.evaluate(x, targets, batch_size=64, verbose=0, return_dict=True)
    assert history["val_loss"][-1] == pytest.approx(theirs["loss"], rel=1e-5)
    assert history["val_kind_loss"][-1] == pytest.approx(theirs["kind_loss"], rel=1e-5)
    kinds = keras.ops.convert_to_numpy(of(x)["kind"])
    assert history["val_kind_auc"][-1] == pytest.approx(sk.roc_auc_score(k, kinds, multi_class="ovr"))


@pytest.mark.skipif(BACKEND == "torch", reason="Keras refuses steps_per_execution on torch")
def test_batches_of_a_multiple_execution_are_all_counted():
    of = model()
    of.compile("sgd", loss="binary_crossentropy", steps_per_execution=3)
    x, y = rows(200, seed=9)
    for compiled in (False, True):
        validation = ValidationMetrics((x, y), ("auc",), batch_size=32, compiled=compiled)
        trained([validation], of, epochs=1)
        assert validation.counts[""].n_samples == 200
        assert validation.results["val_auc"] == pytest.approx(sk.roc_auc_score(y, predicted(of, x)[:, 0]))


def monitors(folder):
    """Each of Keras's monitors, of figures that are better high and low, with the mode that these need."""
    callbacks = keras.callbacks
    best = folder / "{epoch}_{val_recall_0_5:.3f}.keras"
    return [
        (callbacks.EarlyStopping("val_auc", patience=9), "max"),
        (callbacks.EarlyStopping("val_false_positive_rate_0_9", patience=9), "min"),
        (callbacks.EarlyStopping("val_average_precision_lower", patience=9), "max"),
        (callbacks.ModelCheckpoint(best, "val_recall_0_5", save_best_only=True), "max"),
        (callbacks.ReduceLROnPlateau("val_auc"), "max"),
        (callbacks.ReduceLROnPlateau("val_false_positive_rate_0_5"), "min"),
    ]


@pytest.mark.parametrize("first", [True, False], ids=["listed first", "listed last"])
def test_monitors_in_auto_mode_see_our_figures_in_time_and_know_which_way_is_better(first, tmp_path):
    metrics = ("auc", "average_precision", "recall", "false_positive_rate")
    validation = ValidationMetrics(rows(200, seed=9), metrics, thresholds=(0.5, 0.9), level=0.9)
    watching = monitors(tmp_path)
    others = [monitor for monitor, _ in watching]
    trained([validation, *others] if first else [*others, validation])  # Keras warns of a figure that is not there
    assert [monitor.mode for monitor in others] == [mode for _, mode in watching]
    assert all(monitor.best is not None for monitor in others)
    assert any(path.name.startswith("1_") for path in tmp_path.iterdir())


def test_without_us_a_monitor_listed_first_would_see_nothing():
    x, y = rows(200, seed=9)

    class Later(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_auc"] = sk.roc_auc_score(y, predicted(self.model, x)[:, 0])

    with pytest.warns(UserWarning, match="`val_auc` which is not available"):
        trained([keras.callbacks.EarlyStopping("val_auc", mode="max"), Later()])
    with pytest.raises(ValueError, match="isn't able to automatically determine"):
        trained([Later(), keras.callbacks.EarlyStopping("val_auc")])


def test_early_stopping_keeps_the_weights_of_the_highest_auc():
    x, y = rows(200, seed=9)
    of = model()
    of.compile(keras.optimizers.SGD(-0.5), loss="binary_crossentropy")  # climbs the loss: the first epoch is the best
    stop = keras.callbacks.EarlyStopping("val_auc", patience=1, restore_best_weights=True)
    history = trained([stop, ValidationMetrics((x, y))], of, epochs=6).history.history
    assert len(history["val_auc"]) < 6
    best = max(history["val_auc"])
    assert sk.roc_auc_score(y, predicted(of, x)[:, 0]) == pytest.approx(best)


def test_val_loss_can_be_monitored_without_validation_data():
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2)
    trained([stop, ValidationMetrics(rows(200, seed=9), compiled=True)])
    assert stop.best is not None


def test_a_figure_with_no_better_side_is_refused_with_the_line_to_change():
    validation = ValidationMetrics(rows(200, seed=9), ("predicted_positive_rate",), thresholds=0.5)
    stop = keras.callbacks.EarlyStopping("val_predicted_positive_rate_0_5")
    message = r"write EarlyStopping\(monitor='val_predicted_positive_rate_0_5', mode='max'\), or mode='min'"
    with pytest.raises(th.Error, match=message):
        trained([stop, validation])
    stop = keras.callbacks.EarlyStopping("val_predicted_positive_rate_0_5", mode="min")
    trained([stop, validation])
    assert stop.best is not None


def test_two_of_them_both_go_first_and_every_callback_begins_once():
    begun = []

    class Begins(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            begun.append(self)

        def on_epoch_end(self, epoch, logs=None):
            assert "val_auc" in logs
            assert "val_gini" in logs

    callbacks = [Begins(), ValidationMetrics(rows(200), ("auc",)), Begins(), ValidationMetrics(rows(200), ("gini",))]
    trained([*callbacks, Begins()])
    assert len(begun) == len(set(map(id, begun))) == 3


def test_a_loop_that_calls_callbacks_itself_is_left_as_it_is():
    validation = ValidationMetrics(rows(200, seed=9), ("auc",))
    validation.set_model(model(loss="binary_crossentropy"))
    validation.on_train_begin()
    logs = {}
    validation.on_epoch_end(0, logs)
    assert logs == validation.results == {"val_auc": pytest.approx(validation.counts[""].roc_auc())}


def test_a_bad_row_is_told_once_an_epoch_and_the_run_goes_on():
    x, y = rows(200, seed=9)
    x[5] = np.nan
    with pytest.warns(UserWarning, match="validation rows in epoch") as told:
        history = trained([ValidationMetrics((x, y))], epochs=2).history.history
    assert len([each for each in told if "left out" in str(each.message)]) == 2
    assert not np.isnan(history["val_auc"]).any()


def test_what_a_failing_pass_leaves_behind_can_be_trained_on():
    x, y = rows(200, seed=9)
    x[5] = np.nan
    of = model(loss="mse", metrics=["accuracy"])  # torch's binary crossentropy would refuse the score before us
    trained([], of)
    for compiled in (False, True):
        before = [values(variable) for variable in of.metrics_variables]
        with pytest.raises(th.Error, match="row 5"):
            ValidationMetrics((x, y), on_bad="raise", compiled=compiled, batch_size=32).evaluate(of)
        for one, other in zip(before, of.metrics_variables, strict=True):
            assert (one == values(other)).all()
        trained([], of)


class OwnStep(keras.Model):
    """A model with a test step of its own, which calls `compute_metrics` or does not."""

    def __init__(self, calls):
        super().__init__()
        self.layer, self.calls = keras.layers.Dense(1, activation="sigmoid"), calls

    def call(self, x):
        return self.layer(x)

    def test_step(self, *arguments):
        if self.calls:
            return super().test_step(*arguments)
        return ({}, arguments[0]) if BACKEND == "jax" else {}


def test_a_test_step_of_one_s_own_is_used_and_must_hand_over_the_outputs():
    x, y = rows(200, seed=9)
    for calls in (True, False):
        of = OwnStep(calls)
        of.compile("sgd", loss="binary_crossentropy")
        of.fit(x, y, verbose=0)
        validation = ValidationMetrics((x, y), ("auc",), compiled=True, batch_size=200)
        if calls:
            assert validation.evaluate(of)["loss"] == pytest.approx(of.evaluate(x, y, batch_size=200, verbose=0))
        else:
            with pytest.raises(th.Error, match="needs a test_step that calls compute_metrics; pass compiled=False"):
                validation.evaluate(of)


def test_a_list_of_callbacks_that_the_user_made_is_arranged_too():
    of = model(loss="binary_crossentropy")
    stop = keras.callbacks.EarlyStopping("val_auc", patience=9)
    around = keras.callbacks.CallbackList([stop, ValidationMetrics(rows(200, seed=9))], add_history=True, model=of)
    trained(around, of)
    assert (stop.mode, stop.best) == ("max", max(of.history.history["val_auc"]))


@pytest.mark.skipif(BACKEND != "jax", reason="devices are jax's here")
def test_data_parallel_training_on_two_devices():
    code = (
        "import keras, numpy as np\nfrom keras_models import model, predicted, rows\n"
        "from thresher.keras import ValidationMetrics\nimport thresher as th\n"
        "keras.distribution.set_distribution(keras.distribution.DataParallel())\n"
        "x, y = rows(201)\nof = model(loss='binary_crossentropy')\n"
        "for compiled in (False, True):\n"
        "    validation = ValidationMetrics((x, y), compiled=compiled, batch_size=50)\n"
        "    of.fit(*rows(256), batch_size=64, verbose=0, callbacks=[validation])\n"
        "    assert abs(validation.results['val_auc'] - th.roc_auc(y, predicted(of, x)[:, 0])) < 1e-6\n"
        "print(len(keras.distribution.list_devices()))\n"
    )
    environment = os.environ | {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "PYTHONPATH": os.pathsep.join([*sys.path, os.path.dirname(__file__)]),
    }
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.strip()) == (0, "2"), run.stderr


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow's strategies")
def test_replicas_of_tensorflow_predict_each_row_once():
    code = (
        "import tensorflow as tf\n"
        "devices = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(tf.config.list_physical_devices('CPU')[0], devices)\n"
        "from keras_models import model, predicted, rows\n"
        "from thresher.keras import ValidationMetrics\nimport thresher as th\n"
        "x, y = rows(201)\n"
        "with tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1']).scope():\n"
        "    of = model(loss='binary_crossentropy')\n"
        "validation = ValidationMetrics((x, y), batch_size=50)\n"
        "of.fit(*rows(256), batch_size=64, verbose=0, callbacks=[validation])\n"
        "assert abs(validation.results['val_auc'] - th.roc_auc(y, predicted(of, x)[:, 0])) < 1e-6\n"
        "try:\n    ValidationMetrics((x, y), compiled=True).evaluate(of)\n"
        "except th.Error as error:\n    print(error)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, os.path.dirname(__file__)])}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "`compiled=True` is for one device, but the model runs on 2 replicas", run.stderr
