"""Problems for Hypothesis: labels of every kind, scores of every dtype, weights, containers; some of them not valid."""

import numpy as np
import pandas
from hypothesis import strategies as st

TWO = {
    "zero and one": (0, 1),
    "signs": (-1, 1),
    "one and two": (1, 2),
    "zero and two": (0, 2),
    "text": ("no", "yes"),
}
NUMBERS = ["bool", "int8", "uint8", "int32", "int64", "float32", "float64"]
SCORES = ["float16", "float32", "float64", "longdouble", "int8", "int64", "uint16", "bool", ">f4"]


@st.composite
def sizes(draw):
    return draw(st.sampled_from([1, 2, 3, 5, 20, 60]))


@st.composite
def label_columns(draw, n, kinds=tuple(TWO)):
    """Two labels, or one of them alone, in some dtype."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(kinds))
    share = draw(st.sampled_from([0.0, 0.3, 0.5, 0.5, 0.5, 1.0]))
    chosen = np.array(TWO[kind])[(rng.random(n) < share).astype(int)]
    if kind == "text":
        return chosen.astype(draw(st.sampled_from([object, "U"])))
    dtypes = [name for name in NUMBERS if kind == "zero and one" or name != "bool"]
    if kind == "signs":
        dtypes = [name for name in dtypes if name != "uint8"]
    return chosen.astype(draw(st.sampled_from(dtypes)))


@st.composite
def score_columns(draw, n):
    """Scores with ties."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    levels = draw(st.sampled_from([1, 2, 5, 1_000]))
    dtype = np.dtype(draw(st.sampled_from(SCORES)))
    drawn = rng.integers(0, levels, n)
    if dtype.kind == "b":
        return drawn % 2 == 0
    return (drawn / 16 if dtype.kind == "f" else drawn % 100).astype(dtype)


@st.composite
def weight_columns(draw, n):
    """None, whole numbers with zeros, floats; also zeros alone."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["none", "none", "whole", "floats", "floats with zeros", "zeros", "bool"]))
    if kind == "none":
        return None
    if kind == "zeros":
        return np.zeros(n)
    if kind == "bool":
        return rng.random(n) < 0.7
    if kind == "whole":
        return rng.integers(0, 4, n)
    found = rng.random(n).astype(draw(st.sampled_from(["float32", "float64"])))
    return np.where(rng.random(n) < 0.2, 0, found).astype(found.dtype) if kind == "floats with zeros" else found


@st.composite
def contained(draw, values):
    """The same values in another container."""
    if values is None:
        return None
    container = draw(st.sampled_from(["array", "array", "list", "tuple", "series", "column", "strided", "read-only"]))
    if container == "list":
        return values.tolist()
    if container == "tuple":
        return tuple(values.tolist())
    if container == "series" and values.dtype.isnative and values.dtype != np.longdouble and values.dtype != np.float16:
        return pandas.Series(values, index=np.arange(len(values))[::-1])
    if container == "column":
        return values.reshape(-1, 1)
    if container == "strided":
        return np.repeat(values, 2)[::2]
    if container == "read-only":
        values = values.copy()
        values.flags.writeable = False
    return values


@st.composite
def binary(draw, kinds=tuple(TWO)):
    """Labels, scores and weights of one length."""
    n = draw(sizes())
    columns = draw(label_columns(n, kinds)), draw(score_columns(n)), draw(weight_columns(n))
    return tuple(draw(contained(column)) for column in columns)


@st.composite
def spoilt(draw):
    """The same with something that is not valid, or is not everyday."""
    truth, scores, weights = draw(binary())
    what = draw(
        st.sampled_from(["nan", "inf", "short", "2d", "negative", "weight", "labels", "empty", "objects", "scalar"])
    )
    n = len(scores)
    floats = np.array(np.asarray(scores, float).reshape(-1))
    if what in ("nan", "inf"):
        floats[draw(st.integers(0, n - 1))] = float(what)
        return truth, floats, weights
    if what == "short":
        return truth, floats[1:], weights
    if what == "2d":
        return truth, np.stack([floats, floats], axis=1), weights
    if what == "negative":
        return truth, scores, np.random.default_rng(0).normal(size=n)
    if what == "weight":
        return (
            truth,
            scores,
            draw(st.sampled_from([np.full(n, np.nan), np.ones((n, 2)), np.ones(n + 1), 3.0, ["a"] * n])),
        )
    if what == "labels":
        rng = np.random.default_rng(0)
        odd = [
            rng.integers(0, 3, n),
            rng.random(n),
            np.full(n, np.nan),
            np.full(n, 2),
            np.array([b"a"] * n),
            [None] * n,
        ]
        return odd[draw(st.integers(0, len(odd) - 1))], scores, weights
    if what == "empty":
        return [], [], None
    if what == "objects":
        return truth, floats.astype(object), weights
    return truth, 0.5, weights


@st.composite
def several(draw, multilabel):
    """Labels and scores of several columns, with weights; classes may be missing."""
    n, width = draw(st.sampled_from([2, 5, 30])), draw(st.integers(3, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores = rng.integers(1, draw(st.sampled_from([3, 1_000])), (n, width)).astype(float)
    weights = draw(weight_columns(n))
    if multilabel:
        truth = (rng.random((n, width)) < rng.choice([0.0, 0.3, 0.5, 1.0], width)).astype(
            draw(st.sampled_from(NUMBERS))
        )
        return truth, scores.astype(draw(st.sampled_from(["float32", "float64"]))), weights
    codes = rng.integers(0, width - (rng.random() < 0.2), n)
    names = draw(st.sampled_from([np.arange(width), np.arange(width) * 3 - 1, np.arange(width) * 1_000.0]))
    names = np.array(list("abcde"[:width])) if draw(st.booleans()) else names
    return names[codes], scores / scores.sum(axis=1, keepdims=True), weights, names
