"""Problems of hard labels for Hypothesis: two columns of classes, or two tables of indicators, with weights."""

import numpy as np
from hypothesis import strategies as st

from problems import contained, sizes, weight_columns

# Classes by kind: the labels, and dtypes that hold them.
KINDS = {
    "zero and one": ((0, 1), ["bool", "int8", "uint8", "int64", "float32", "float64", ">i4"]),
    "signs": ((-1, 1), ["int8", "int64", "float64"]),
    "few": ((0, 1, 2, 3), ["uint8", "int32", "int64", "float32", ">f8"]),
    "negative": ((-7, -2, 3), ["int8", "int16", "int64", "float64"]),
    "far": ((-3, 0, 10**12, 2**52), ["int64", "float64"]),
    "beyond": ((0, 2**63, 2**64 - 1), ["uint64"]),
    "two texts": (("no", "yes"), [object, "U"]),
    "texts": (("", "a", "mouse", "Ω", "aa"), [object, "U"]),
}


@st.composite
def columns(draw, kinds=tuple(KINDS)):
    """True and predicted labels of one kind, of which some may be missing, and weights."""
    n = draw(sizes())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    classes, dtypes = KINDS[draw(st.sampled_from(kinds))]
    share = draw(st.sampled_from([0.0, 0.5, 0.9, 1.0]))
    missing = draw(st.sampled_from([0, 0, 1]))
    truth = rng.integers(0, max(1, len(classes) - missing), n)
    found = np.where(rng.random(n) < share, truth, rng.integers(0, len(classes), n))
    codes = (truth, found) if draw(st.booleans()) else (found, truth)
    labels = [np.array([classes[code] for code in side], draw(st.sampled_from(dtypes))) for side in codes]
    return draw(contained(labels[0])), draw(contained(labels[1])), draw(row_weights(n))


@st.composite
def row_weights(draw, n):
    """Weights as a list or an array of some dtype."""
    found = draw(weight_columns(n))
    if found is None:
        return None
    return draw(st.sampled_from([found, found.tolist(), found.astype(float) * 0.1]))


@st.composite
def indicators(draw):
    """Two tables of zeros and ones, of which rows and columns may be empty, and weights."""
    n, width = draw(st.sampled_from([1, 2, 5, 30])), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shares = rng.choice([0.0, 0.3, 0.5, 1.0], (2, width))
    dtypes = [draw(st.sampled_from(["bool", "uint8", "int64", "float64"])) for _ in range(2)]
    truth, found = ((rng.random((n, width)) < share).astype(dtype) for share, dtype in zip(shares, dtypes, strict=True))
    return truth, draw(st.sampled_from([found, found.tolist(), truth])), draw(row_weights(n))


@st.composite
def chosen_labels(draw):
    """Labels to look at: of any kind, in any order, also such as do not occur, or none."""
    kinds = [classes for classes, _ in KINDS.values()]
    classes = draw(st.sampled_from([*kinds, (0, 1), (0, 1, 2, 3), (1, 5)]))
    some = draw(st.lists(st.sampled_from(classes), min_size=1, max_size=5))
    return draw(st.sampled_from([None, None, some, np.array(some), list(classes), list(classes)[::-1]]))
