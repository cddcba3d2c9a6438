"""In `fit`: compiled steps on every backend that trains, logs by threshold, callbacks, saving and loading."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import thresher.keras as ours_of

BACKEND = keras.backend.backend()
trains = pytest.mark.skipif(BACKEND == "numpy", reason="Keras does not train on NumPy")


def data(n=512, seed=0, labels=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)).astype(np.float32)
    logits = x[:, :labels] * 2 + x[:, 3:] - 0.5
    return x, (rng.random((n, labels)) < 1 / (1 + np.exp(-logits))).astype(np.float32)


def model_of(outputs=1, activation="sigmoid", seed=1):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(outputs, activation)])


def metrics_of(module):
    return [
        module.AUC(num_thresholds=65, name="auc"),
        module.AUC(num_thresholds=65, curve="PR", name="pr"),
        module.Precision(name="precision"),
        module.Recall(thresholds=[0.125, 0.5, 0.75], name="recall"),
        module.Recall(thresholds=[place / 32 for place in range(1, 20)], name="recall_at_19"),
        module.TruePositives(name="tp"),
        module.SensitivityAtSpecificity(0.8, num_thresholds=65, name="at"),
    ]


@trains
@pytest.mark.parametrize("how", [{}, {"run_eagerly": True}, {"jit_compile": True}], ids=str)
def test_fit_logs_what_keras_s_metrics_would(how):
    x, y = data()
    logs = []
    for module in keras.metrics, ours_of:
        model = model_of()
        model.compile(
            "sgd", "binary_crossentropy", metrics=metrics_of(module), weighted_metrics=[module.Recall(name="w")], **how
        )
        history = model.fit(
            x,
            y,
            batch_size=100,
            epochs=2,
            verbose=0,
            validation_split=0.25,
            shuffle=False,
            class_weight={0: 1.0, 1: 2.0},
        )
        logs.append(history.history)
    theirs, ours = logs
    assert set(theirs) == set(ours)
    if BACKEND == "torch":  # there the result of Keras's count is its variable, and logs what validation made of it
        assert theirs["tp"] == theirs["val_tp"]
        theirs["tp"] = np.asarray(theirs["recall"])[:, 1] * y[:384].sum()
    for key, values in theirs.items():
        assert np.allclose(ours[key], values, atol=2e-5), key


@trains
def test_a_step_of_mixed_precision_counts_as_one_of_float32_does():
    x, y = data()
    for policy in "mixed_float16", "mixed_bfloat16":
        keras.config.set_dtype_policy(policy)
        try:
            model = model_of()
            model.compile(
                "sgd",
                "binary_crossentropy",
                metrics=[ours_of.AUC(num_thresholds=65), ours_of.Recall([0.5], name="recall")],
            )
            found = model.evaluate(x, y, batch_size=100, verbose=0, return_dict=True)
        finally:
            keras.config.set_dtype_policy("float32")
        scores = keras.ops.convert_to_numpy(keras.ops.cast(model.predict(x, batch_size=100, verbose=0), "float32"))
        recall = ours_of.Recall([0.5])
        recall.update_state(y, scores)
        assert np.isclose(found["recall"], float(recall.result()), atol=1e-6), policy


@trains
def test_each_threshold_has_its_own_key_in_logs_history_csv_and_file_names(tmp_path):
    x, y = data()
    model = model_of()
    thresholds = [0.05, 0.5, 0.95]
    model.compile("sgd", "binary_crossentropy", metrics=[ours_of.Recall(thresholds, per_threshold=True, name="recall")])
    path = str(tmp_path / "{epoch}-{val_recall_0_5:.3f}.keras")
    callbacks = [
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ModelCheckpoint(path, monitor="val_recall_0_5", mode="max"),
        keras.callbacks.EarlyStopping(monitor="val_recall_0_95", mode="max", patience=5),
    ]
    history = model.fit(x, y, epochs=2, verbose=0, validation_data=(x, y), callbacks=callbacks).history
    keys = ["recall_0_05", "recall_0_5", "recall_0_95"]
    assert {*keys, *(f"val_{key}" for key in keys), "loss", "val_loss"} == set(history)
    assert "recall_0_05" in (tmp_path / "log.csv").read_text().splitlines()[0]
    scores = model.predict(x, verbose=0)
    for key, threshold in zip(keys, thresholds, strict=True):
        expected = ((scores > threshold) & (y == 1)).sum() / (y == 1).sum()
        assert np.isclose(history[f"val_{key}"][-1], expected)
    assert len(list(tmp_path.glob("*.keras"))) == 2


@trains
@pytest.mark.parametrize("kind", ["EarlyStopping", "ReduceLROnPlateau"])
def test_a_monitor_of_one_threshold_wants_a_mode_and_says_so(kind):
    x, y = data(64)
    for mode in "auto", "max":
        model = model_of()
        metric = ours_of.Recall([0.05, 0.5], per_threshold=True, name="recall")
        model.compile("sgd", "binary_crossentropy", metrics=[metric])
        monitor = getattr(keras.callbacks, kind)(monitor="val_recall_0_05", mode=mode, patience=1, min_delta=2)

        def fit(model=model, monitor=monitor):
            return model.fit(x, y, epochs=4, verbose=0, validation_data=(x, y), callbacks=[monitor]).history

        if mode == "auto":
            with pytest.raises(ValueError, match=r"(?s)val_recall_0_05.*Pass `mode='max'`"):
                fit()
            continue
        history = fit()
        if kind == "EarlyStopping":
            assert len(history["loss"]) == 2
        else:
            assert history["learning_rate"][-1] < history["learning_rate"][0]


@trains
def test_beside_validation_metrics_a_monitor_of_one_threshold_needs_no_mode():
    x, y = data(64)
    model = model_of()
    metric = ours_of.Recall([0.05, 0.5], per_threshold=True, name="recall")
    model.compile("sgd", "binary_crossentropy", metrics=[metric])
    monitor = keras.callbacks.EarlyStopping(monitor="val_recall_0_05", patience=1, min_delta=2)
    validation = ours_of.ValidationMetrics((x, y), metrics=("auc", "recall"), thresholds=[0.05, 0.5])
    history = model.fit(x, y, epochs=4, verbose=0, callbacks=[monitor, validation]).history
    assert monitor.mode == "max"
    assert len(history["loss"]) == 2


@trains
def test_the_default_stays_keras_s_array_for_callbacks_that_read_it():
    x, y = data()
    seen = []
    model = model_of()
    model.compile("sgd", "binary_crossentropy", metrics=[ours_of.Recall([0.1, 0.9], name="recall_mult_thr")])
    reader = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs["val_recall_mult_thr"]))
    model.fit(x, y, epochs=1, verbose=0, validation_data=(x, y), callbacks=[reader])
    assert np.shape(seen[0]) == (2,)


@trains
def test_two_outputs_have_keys_apart():
    x, y = data()
    inputs = keras.Input((4,))
    one, other = (
        keras.layers.Dense(1, "sigmoid", name="one")(inputs),
        keras.layers.Dense(1, "sigmoid", name="other")(inputs),
    )
    model = keras.Model(inputs, {"one": one, "other": other})
    metrics = {
        "one": ours_of.Recall([0.2, 0.8], per_threshold=True, name="one_recall"),
        "other": ours_of.Recall([0.2, 0.8], per_threshold=True, name="other_recall"),
    }
    model.compile("sgd", {"one": "binary_crossentropy", "other": "binary_crossentropy"}, metrics=metrics)
    history = model.fit(x, {"one": y, "other": 1 - y}, epochs=1, verbose=0).history
    assert {"one_recall_0_2", "one_recall_0_8", "other_recall_0_2", "other_recall_0_8"} <= set(history)


@trains
def test_several_labels_and_several_rates_are_counted_in_one_metric():
    x, y = data(labels=3)
    model = model_of(outputs=3)
    metric = ours_of.ConfusionMetrics([0.3, 0.5], report=["recall", "cohen_kappa"], per_label=True, num_labels=3)
    model.compile(
        "sgd", "binary_crossentropy", metrics=[metric, ours_of.AUC(multi_label=True, num_labels=3, name="auc")]
    )
    logs = model.fit(x, y, epochs=1, verbose=0, validation_data=(x, y)).history
    scores = model.predict(x, verbose=0)
    for label in range(3):
        flagged = scores[:, label] > 0.3
        expected = (flagged & (y[:, label] == 1)).sum() / (y[:, label] == 1).sum()
        assert np.isclose(logs[f"val_recall_0_3_{label}"][0], expected)
    from sklearn.metrics import cohen_kappa_score

    kappa = cohen_kappa_score(y[:, 0], scores[:, 0] > 0.5)
    assert np.isclose(logs["val_cohen_kappa_0_5_0"][0], kappa, atol=1e-5)


def test_evaluate_gives_the_figures_of_the_predictions():
    x, y = data()
    model = model_of()
    model.compile(
        loss="binary_crossentropy", metrics=[ours_of.AUC(name="auc"), ours_of.Recall([0.2, 0.6], name="recall")]
    )
    found = model.evaluate(x, y, batch_size=100, verbose=0, return_dict=True)
    scores = model.predict(x, batch_size=100, verbose=0)
    alone = [ours_of.AUC(), ours_of.Recall([0.2, 0.6])]
    for metric in alone:
        metric.update_state(y, scores)
    assert np.isclose(found["auc"], float(alone[0].result()), atol=1e-6)
    assert np.allclose(found["recall"], keras.ops.convert_to_numpy(alone[1].result()), atol=1e-6)


@trains
@pytest.mark.parametrize("name", ["ExactAUC", "AveragePrecision"])
def test_an_exact_area_in_a_compiled_model_says_what_to_use_instead(name):
    x, y = data(64)
    model = model_of()
    model.compile(loss="binary_crossentropy", metrics=[getattr(ours_of, name)()])
    with pytest.raises(RuntimeError, match=r"thresher\.keras\.ValidationMetrics"):
        model.evaluate(x, y, verbose=0)


def test_exact_areas_are_scikit_learn_s():
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(0)
    labels, scores = rng.random((1_000, 2)) < 0.3, rng.normal(size=(1_000, 2)).round(1).astype(np.float32)
    for name, area in ("ExactAUC", roc_auc_score), ("AveragePrecision", average_precision_score):
        metric = getattr(ours_of, name)(multi_label=True)
        for start in range(0, 1_000, 300):
            metric.update_state(labels[start : start + 300], scores[start : start + 300])
        expected = np.mean([area(labels[:, column], scores[:, column]) for column in range(2)])
        assert np.isclose(float(metric.result()), expected, atol=1e-6)
        metric.reset_state()
        assert np.isnan(float(metric.result()))


@trains
def test_a_saved_model_loads_with_its_metrics_in_another_process_that_imports_us(tmp_path):
    x, y = data(64)
    model = model_of()
    model.compile("sgd", "binary_crossentropy", metrics=[ours_of.AUC(spacing="logit"), ours_of.Recall([0.2, 0.4])])
    model.fit(x, y, epochs=1, verbose=0)
    path = tmp_path / "model.keras"
    model.save(path)
    for first, told in ("import thresher.keras; ", "thresher.keras"), ("", "refused: "):
        code = (
            f"{first}import keras\ntry:\n    model = keras.models.load_model({str(path)!r})\n"
            "    import numpy as np; model.evaluate(np.zeros((4, 4)), np.array([0, 1, 0, 1]), verbose=0)\n"
            "    print([type(m).__module__ for m in model._compile_metrics.metrics])\n"
            "except Exception as error:\n    print('refused:', error)"
        )
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert told in run.stdout


@trains
def test_a_clone_has_metrics_of_its_own():
    x, y = data(64)
    model = model_of()
    model.compile("sgd", "binary_crossentropy", metrics=[ours_of.Recall([0.2, 0.4])])
    config = model.get_compile_config()
    clone = keras.models.clone_model(model)
    clone.compile_from_config(config)
    clone.evaluate(x, y, verbose=0)
    assert type(clone._compile_metrics.metrics[0]) is ours_of.Recall


@pytest.mark.skipif(BACKEND != "tensorflow", reason="loops of TensorFlow")
def test_loops_with_a_gradient_tape_count_eagerly_and_in_a_graph():
    import tensorflow as tf

    x, y = data()
    model = model_of()
    optimizer = keras.optimizers.SGD()
    eager, graph = ours_of.Recall([0.2, 0.6]), ours_of.Recall([0.2, 0.6])

    def step(metric, features, labels):
        with tf.GradientTape() as tape:
            scores = model(features, training=True)
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(labels, scores))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        metric.update_state(labels, scores)
        return scores

    in_graph = tf.function(lambda features, labels: step(graph, features, labels))
    optimizer.build(model.trainable_variables)
    expected = ours_of.Recall([0.2, 0.6])
    graph.update_state([1.0], [0.1])  # on the host, before the graph is made
    expected.update_state([1.0], [0.1])
    for start in range(0, 500, 100):
        scores = in_graph(x[start : start + 100], y[start : start + 100])
        expected.update_state(y[start : start + 100], scores)
    assert np.allclose(graph.result().numpy(), expected.result().numpy())
    graph.update_state([1.0], [0.9])  # on the host, between two runs of the graph
    expected.update_state([1.0], [0.9])
    expected.update_state(y[:100], in_graph(x[:100], y[:100]))
    assert np.allclose(graph.result().numpy(), expected.result().numpy())
    graph.reset_state()
    assert graph.result().numpy().tolist() == [0, 0]
    in_graph(x[:100], y[:100])
    assert graph.true_positives.numpy()[0] > 0
    step(eager, x[:100], y[:100])
    assert eager.true_positives.numpy()[0] > 0


@pytest.mark.skipif(BACKEND != "jax", reason="jax alone here")
def test_data_parallel_training_on_two_devices_counts_every_row():
    code = """import os
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"
import keras, numpy as np, thresher.keras as ours_of
assert len(keras.distribution.list_devices()) == 2
keras.distribution.set_distribution(keras.distribution.DataParallel())
x = np.random.default_rng(0).normal(size=(128, 4)).astype("float32"); y = (x[:, :1] > 0).astype("float32")
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
metrics = [ours_of.Recall([0.2, 0.6], name="recall"), ours_of.TruePositives(0.0, name="tp")]
model.compile("sgd", "binary_crossentropy", metrics=metrics)
found = model.evaluate(x, y, batch_size=32, verbose=0, return_dict=True)
assert found["tp"] == y.sum(), found
scores = model.predict(x, batch_size=32, verbose=0)
expected = [((scores > t) & (y == 1)).sum() / y.sum() for t in (0.2, 0.6)]
assert np.allclose(found["recall"], expected)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="TensorFlow alone here")
def test_mirrored_training_on_two_devices_counts_every_row():
    code = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras, numpy as np, thresher.keras as ours_of
x = np.random.default_rng(0).normal(size=(128, 4)).astype("float32"); y = (x[:, :1] > 0).astype("float32")
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    metrics = [ours_of.Recall([0.2, 0.6], name="recall"), ours_of.TruePositives(0.0, name="tp")]
    model.compile("sgd", "binary_crossentropy", metrics=metrics)
found = model.evaluate(x, y, batch_size=32, verbose=0, return_dict=True)
assert found["tp"] == y.sum(), found
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
