"""The package: what it needs, what it passes on."""

import subprocess
import sys

import keras
import pytest

import thresher.keras


def test_names_that_it_does_not_answer_are_keras_s_own():
    assert thresher.keras.MeanSquaredError is keras.metrics.MeanSquaredError
    assert "MeanSquaredError" in dir(thresher.keras)


def test_a_name_that_neither_has_is_an_attribute_error_that_names_both():
    with pytest.raises(AttributeError, match=r"neither thresher\.keras nor keras\.metrics has 'Nothing'"):
        _ = thresher.keras.Nothing


def test_without_keras_it_says_what_to_install_and_thresher_works():
    code = (
        "import sys; sys.modules['keras'] = None\n"
        "import thresher; print(thresher.roc_auc([0, 1], [0.1, 0.9]))\n"
        "try:\n    import thresher.keras\nexcept ImportError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    area, told = run.stdout.splitlines()
    assert area == "1.0"
    assert "pip install" in told
    assert "keras" in told
