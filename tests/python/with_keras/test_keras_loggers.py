"""Loggers without their trackers; beside these they are tested in tests/trackers."""

import sys

import pytest

import thresher.keras
from thresher.keras import Logger


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("TensorBoardLogger", ["folder"]), ("MlflowLogger", []), ("NeptuneLogger", []), ("WandbLogger", [])],
)
def test_a_missing_tracker_is_named_with_how_to_install_it(monkeypatch, name, arguments):
    package = name.removesuffix("Logger").lower()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=f"{name} needs {package}: pip install '{package}'"):
        getattr(thresher.keras, name)(*arguments)


def test_a_logger_must_take_numbers_and_may_ignore_the_rest():
    with Logger() as logger:
        logger.image(0, "roc", None)
        logger.curve(0, "roc", None)
        with pytest.raises(NotImplementedError, match="Logger must say what `scalars` does"):
            logger.scalars(0, {})
