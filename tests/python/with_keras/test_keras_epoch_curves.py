"""EpochCurves: what it draws, when, and what loggers are told."""

import keras
import numpy as np
import pytest

import thresher as th
from epochs import Evaluated, Remembering, counted, run
from thresher.keras import EpochCurves

pyplot = pytest.importorskip("matplotlib.pyplot")

EVERY_PICTURE = ["confusion", "precision_recall", "roc"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("before", [True, False])
def test_every_epoch_has_its_pictures_wherever_the_callback_stands(tmp_path, before):
    validation, remembering = Evaluated(), Remembering()
    pictures = EpochCurves(validation, tmp_path / "new" / "folder", loggers=[remembering])
    run([pictures, validation] if before else [validation, pictures])
    expected = [f"{name}_epoch_{epoch:03}.png" for name in EVERY_PICTURE for epoch in (1, 2, 3)]
    assert names(tmp_path / "new" / "folder") == expected
    areas = [counted(epoch / 2).roc_auc() for epoch in range(3)]
    told = [(step, values["val_auc"], values["loss"]) for step, values in remembering.of("scalars")]
    assert told == [(epoch, area, 1 / (epoch + 1)) for epoch, area in enumerate(areas)]
    assert [held.roc_auc() for _, _, held in remembering.of("curve")] == areas
    assert [call[:2] for call in remembering.of("curve")] == [(step, "precision_recall") for step in range(3)]


def test_files_and_loggers_hold_the_same_picture_and_no_figure_stays_open(tmp_path):
    validation, remembering = Evaluated(), Remembering()
    others = pyplot.get_fignums()  # of tests before
    run([validation, EpochCurves(validation, tmp_path, loggers=[remembering], dpi=50)], epochs=1)
    for step, name, picture in remembering.of("image"):
        assert step == 0
        written = pyplot.imread(tmp_path / f"{name}_epoch_001.png")
        np.testing.assert_array_equal(np.round(written * 255), picture)
        assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 20
    assert pyplot.get_fignums() == others


def test_an_epoch_that_was_not_evaluated_has_no_picture_and_no_stale_number(tmp_path):
    validation, remembering = Evaluated(skipped=[1]), Remembering()
    run([validation, EpochCurves(validation, tmp_path, pictures=["roc"], loggers=[remembering])])
    assert names(tmp_path) == ["roc_epoch_001.png", "roc_epoch_003.png"]
    assert [sorted(values) for _, values in remembering.of("scalars")] == [
        ["loss", "val_auc"],
        ["loss"],
        ["loss", "val_auc"],
    ]


def test_every_so_many_epochs_and_the_last_are_drawn_but_all_are_logged(tmp_path):
    validation, remembering = Evaluated(), Remembering()
    run([EpochCurves(validation, tmp_path, pictures=["roc"], every=3, loggers=[remembering]), validation], epochs=5)
    assert names(tmp_path) == ["roc_epoch_003.png", "roc_epoch_005.png"]
    assert [step for step, _ in remembering.of("scalars")] == list(range(5))


def test_only_the_results_of_validation_are_logged_without_logs():
    validation, remembering = Evaluated(), Remembering()
    run([validation, EpochCurves(validation, pictures=[], loggers=[remembering], logs=False)], epochs=1)
    assert remembering.of("scalars") == [(0, validation.results)]


def test_a_function_takes_the_place_of_a_logger():
    told = []
    validation = Evaluated()
    run(
        [validation, EpochCurves(validation, pictures=[], loggers=[lambda step, values: told.append((step, values))])],
        1,
    )
    assert told == [(0, {"loss": 1.0, "val_auc": validation.results["val_auc"]})]


def test_numbers_of_arrays_are_told_apart_by_position_and_texts_are_left_out():
    told = []
    pictures = EpochCurves(lambda model: {}, loggers=[lambda step, values: told.append(values)])
    pictures.set_params({"epochs": 1})
    pictures.set_model(type("Model", (), {"stop_training": False})())
    pictures.on_epoch_end(0, {"recall": np.array([0.5, 0.25]), "note": "text", "none": None, "right": np.float32(0.5)})
    pictures.on_train_end()
    assert told == [{"recall_0": 0.5, "recall_1": 0.25, "right": 0.5}]


def test_a_function_of_the_model_is_called_for_each_epoch_that_is_drawn(tmp_path):
    called = []

    def evaluated(model):
        called.append(model)
        return {"": counted(len(called)), "classes": np.eye(3, dtype=int)}

    run([EpochCurves(evaluated, tmp_path, every=2)], epochs=5)
    assert len(called) == 3
    assert names(tmp_path) == [f"{name}_epoch_{epoch:03}.png" for name in EVERY_PICTURE for epoch in (2, 4, 5)]


def test_numbers_of_epochs_sort_beyond_999(tmp_path):
    validation = Evaluated()
    run([validation, EpochCurves(validation, tmp_path, pictures=["roc"])], epochs=1_001, first=999)
    assert names(tmp_path) == ["roc_epoch_1000.png", "roc_epoch_1001.png"]


@pytest.mark.skipif(keras.backend.backend() == "numpy", reason="Keras does not train on NumPy")
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")  # Keras's own, on jax
def test_a_function_of_the_model_sees_each_epoch_s_weights_also_where_the_best_are_restored(tmp_path):
    x, y = np.linspace(-1, 1, 32, dtype=np.float32)[:, None], np.arange(32) % 2
    model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.SGD(0.1))
    seen = []

    def evaluated(model):
        seen.append(model.get_weights()[0].item())
        held = th.ExactCounts()
        held.update(y, np.ravel(model.predict(x, verbose=0)))
        return {"": held}

    stops = keras.callbacks.EarlyStopping(
        "loss", mode="max", patience=2, restore_best_weights=True
    )  # the first is best
    told = {}
    pictures = EpochCurves(
        evaluated, tmp_path, pictures=["roc"], loggers=[lambda step, values: told.update({step: values})]
    )
    history = model.fit(x, y, epochs=9, verbose=0, callbacks=[stops, pictures]).history
    assert len(history["loss"]) == len(seen) == len(set(seen)) == 3
    assert model.get_weights()[0].item() == seen[0]
    assert told == {step: {"loss": pytest.approx(loss)} for step, loss in enumerate(history["loss"])}
    assert names(tmp_path) == [f"roc_epoch_00{number}.png" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"validation": 3}, "`validation` must be ValidationMetrics or a function of the model, but is 3"),
        ({"pictures": "roc"}, "holds 'roc'"),
        ({"pictures": ["roc", "det"]}, "'confusion', but holds 'det'"),
        ({"every": 0}, "`every` must be >= 1 and `overlaid` >= 0, but they are 0 and 10"),
        ({"overlaid": -1}, "but they are 1 and -1"),
        ({"loggers": [3]}, "`loggers` must hold loggers, or functions of step and numbers, but holds 3"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, told):
    with pytest.raises(th.Error) as raised:
        EpochCurves(**{"validation": Evaluated()} | arguments)
    assert told in str(raised.value)
