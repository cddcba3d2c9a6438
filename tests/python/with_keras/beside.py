"""A metric of Keras and ours, given the same batches."""

import keras
import numpy as np

import thresher.keras


def pair(name, /, *args, **kwargs):
    """Ours and Keras's, made alike."""
    theirs = getattr(keras.metrics, name)(*args, **kwargs)
    return getattr(thresher.keras, name)(*args, **kwargs), theirs


def array(result):
    """A result as a NumPy array."""
    return keras.ops.convert_to_numpy(result)


def compiled(function):
    """The function, as a training step of this backend would run it: traced, then run without Python."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        return jax.jit(function)
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    return function


def after_stateless(metric, batches):
    """The result of a metric that never held a state: variables go through a compiled function, batch by batch."""

    def step(variables, *batch):
        return metric.stateless_update_state(variables, *batch)

    steps = {}
    values = metric.stateless_reset_state()
    for batch in batches:
        given = [keras.ops.convert_to_tensor(each) for each in batch]
        run = steps.setdefault((len(batch), *(np.shape(each) for each in batch)), compiled(step))
        values = run([keras.ops.convert_to_tensor(value) for value in values], *given)
    return array(metric.stateless_result(values))


def rows(seed, shape=(60,), *, weights=None, grid=None, low=0.0, high=1.0):
    """Labels, scores and weights; with `grid`, half of the scores lie on its points."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(shape) < 0.4).astype(np.float32)
    scores = (low + rng.random(shape) * (high - low)).astype(np.float32)
    if grid is not None:
        on_grid = rng.choice(np.asarray(grid, np.float32), shape)
        scores = np.where(rng.random(shape) < 0.5, on_grid, scores)
    if weights is None:
        return labels, scores
    return labels, scores, _eighths(rng, weights) if isinstance(weights, tuple) else weights


def _eighths(rng, shape):
    """Weights whose sums are exact, so that Keras's differences of sums are too."""
    return (rng.integers(1, 9, shape) / 8).astype(np.float32)
