"""Batches of rows for Hypothesis: every dtype, stride and byte order, scores on and beside the thresholds."""

import numpy as np
from hypothesis import strategies as st

FLOATS = ("float16", "float32", "float64")
WIDER = ("longdouble",)
INTEGERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
LEVELS = (None, "scalar", "avx2", "avx512")


@st.composite
def laid_out(draw, values):
    """The same values with another stride, byte order, alignment or writability."""
    layout = draw(st.sampled_from(["plain", "strided", "reversed", "swapped", "unaligned", "read-only"]))
    if layout == "strided":
        return np.repeat(values, 3)[1::3]
    if layout == "reversed":
        return values[::-1].copy()[::-1]
    if layout == "swapped" and values.dtype != np.longdouble:
        return values.astype(values.dtype.newbyteorder())
    if layout == "unaligned":
        return np.frombuffer(b"\0" + values.tobytes(), values.dtype, offset=1)
    if layout == "read-only":
        return np.frombuffer(values.tobytes(), values.dtype)
    return values


@st.composite
def thresholds(draw):
    """Even, uneven, few, many, duplicate and infinite thresholds in any order."""
    if draw(st.booleans()):
        return np.linspace(0, 1, draw(st.integers(1, 300)))
    grid = st.integers(-20, 40).map(lambda i: i / 20)
    anything = st.floats(allow_nan=False)
    near = st.floats(-1, 2)
    return np.array(draw(st.lists(st.one_of(grid, near, anything), min_size=1, max_size=60)))


@st.composite
def scores(draw, cuts, dtypes=FLOATS + WIDER + INTEGERS):
    """Scores of any dtype: anywhere, exactly at a threshold, or one float beside it."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.sampled_from([0, 1, 2, 7, 64, 257, 5_000]))
    if dtype.kind == "b":
        return rng.random(n) < 0.5
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = max(limits.min, -(2**53)), min(limits.max, 2**53)
        narrow = draw(st.booleans())
        return rng.integers(max(low, -2) if narrow else low, 3 if narrow else high, n, dtype=np.int64).astype(dtype)
    with np.errstate(all="ignore"):
        at = rng.choice(cuts, n).astype(dtype)
        beside = np.nextafter(at, rng.choice([-np.inf, np.inf], n).astype(dtype))
        free = rng.normal(0.5, draw(st.sampled_from([0.2, 1e-4, 100.0])), n).astype(dtype)
        chosen = np.choose(rng.integers(0, 4, n), [at, beside, free, np.clip(free, 0, 1)])
        if dtype == np.longdouble:
            chosen = chosen.astype(np.float64).astype(dtype)
    return chosen


@st.composite
def rows(draw, cuts, dtypes=FLOATS + WIDER + INTEGERS):
    """Labels and scores of one length, each in its own layout."""
    values = draw(scores(cuts, dtypes))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    truth = rng.random(len(values)) < draw(st.sampled_from([0.0, 0.02, 0.3, 1.0]))
    kind = draw(st.sampled_from(["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]))
    return draw(laid_out(truth.astype(kind))), draw(laid_out(values))
