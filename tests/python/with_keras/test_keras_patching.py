"""Names: `get`, `serialize`, `deserialize`, and Keras patched and put back."""

import sys
import types

import keras
import numpy as np
import pytest

import thresher.keras as ours_of


def test_a_name_is_ours_where_we_have_one_and_keras_s_else():
    assert type(ours_of.get("AUC")) is ours_of.AUC
    assert type(ours_of.get("recall")) is ours_of.Recall
    assert type(ours_of.get("ExactAUC")) is ours_of.ExactAUC
    assert type(ours_of.get("MeanSquaredError")) is keras.metrics.MeanSquaredError
    with pytest.raises(ValueError, match="Could not interpret metric identifier: nothing"):
        ours_of.get("nothing")


@pytest.mark.parametrize(
    "make", [lambda m: m.AUC(curve="PR"), lambda m: m.Recall([0.1, 0.2]), lambda m: m.Precision(top_k=3)]
)
def test_configs_go_round_and_those_of_keras_s_classes_become_ours(make):
    for module in ours_of, keras.metrics:
        metric = make(module)
        again = ours_of.deserialize(ours_of.serialize(metric))
        assert type(again) is type(make(ours_of))
        assert again.get_config() == metric.get_config()


def test_patched_strings_stand_for_ours_and_everything_is_put_back():
    before = {name: getattr(keras.metrics, name) for name in dir(keras.metrics)}
    with ours_of.patched() as report:
        assert "AUC" in report.classes
        assert "keras.metrics.AUC" in report.rebound
        assert type(keras.metrics.get("auc")) is ours_of.AUC
        assert type(keras.src.metrics.Recall()) is ours_of.Recall
        with ours_of.patched(["Recall"]):
            pass
        assert keras.metrics.Recall is ours_of.Recall
        assert ours_of.patch().rebound == ()
    assert {name: getattr(keras.metrics, name) for name in dir(keras.metrics)} == before
    assert type(keras.metrics.get("auc")) is before["AUC"]


def test_names_imported_before_are_reported():
    module = types.ModuleType("of_a_user")
    module.Recall = keras.metrics.Recall
    sys.modules["of_a_user"] = module
    try:
        with ours_of.patched() as report:
            assert "of_a_user.Recall" in report.left
    finally:
        del sys.modules["of_a_user"]
    with pytest.raises(ValueError, match="`names` has 'Nothing'"):
        ours_of.patch(["Nothing"])


@pytest.mark.skipif(keras.backend.backend() == "numpy", reason="Keras does not train on NumPy")
def test_strings_in_compile_are_ours_under_the_patch():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    with ours_of.patched():
        model.compile(loss="binary_crossentropy", metrics=["AUC", "Precision"])
        model.fit(np.random.default_rng(0).random((8, 2)), np.array([0, 1] * 4), verbose=0)
    found = {type(metric) for metric in model._compile_metrics.metrics}
    assert {ours_of.AUC, ours_of.Precision} <= found
