"""Small models and rows for the tests of callbacks."""

import keras
import numpy as np

BACKEND = keras.backend.backend()
FEATURES = 5


def rows(count=403, seed=3):
    """Inputs, and labels that depend on them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, FEATURES)).astype("float32")
    return x, (rng.random(count) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype("float32")


def model(units=1, activation="sigmoid", loss=None, metrics=None, weighted_metrics=None, seed=5):
    """A model of one layer, compiled where a loss is given."""
    keras.utils.set_random_seed(seed)
    made = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(units, activation=activation)])
    if loss is not None:
        made.compile("sgd", loss=loss, metrics=metrics, weighted_metrics=weighted_metrics)
    return made


def predicted(of, x):
    """Scores as NumPy, of one batch."""
    return keras.ops.convert_to_numpy(of(x))
