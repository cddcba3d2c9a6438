"""The same call to thresher.sklearn and to scikit-learn: values, dtypes, shapes, exceptions, warnings side by side."""

import re
import warnings
from dataclasses import dataclass

import numpy as np
import sklearn.calibration
import sklearn.metrics as theirs

import thresher.sklearn as ours


@dataclass
class Outcome:
    value: object
    error: tuple | None
    warned: list

    def __iter__(self):
        return iter(self.value)


def outcome(function, *args, **kwargs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value, error = function(*args, **kwargs), None
        except Exception as raised:
            value, error = None, (type(raised), without_order(str(raised)))
    return Outcome(value, error, sorted((each.category.__name__, str(each.message)) for each in caught))


def without_order(message):
    """Sets are written in an order that differs between processes; addresses of objects differ between calls."""
    return re.sub(r"\{([^}]*)\}", lambda found: str(sorted(found[1].split(", "))), re.sub(r"0x[0-9a-f]+", "", message))


def both(name, *args, **kwargs):
    reference = getattr(theirs, name, None) or getattr(sklearn.calibration, name)
    return outcome(getattr(ours, name), *args, **kwargs), outcome(reference, *args, **kwargs)


def assert_same(name, *args, ulps=None, rtol=1e-12, **kwargs):
    """Compare everything; return what both gave, or None where both raised."""
    mine, reference = both(name, *args, **kwargs)
    assert mine.error == reference.error
    assert mine.warned == reference.warned
    if reference.error is None:
        assert_equal(mine.value, reference.value, ulps, rtol)
    return mine.value


def assert_equal(mine, reference, ulps=None, rtol=1e-12):
    assert type(mine) is type(reference)
    if isinstance(reference, tuple):
        assert len(mine) == len(reference)
        for one, other in zip(mine, reference, strict=True):
            assert_equal(one, other, ulps, rtol)
        return
    one, other = np.asarray(mine), np.asarray(reference)
    assert (one.dtype, one.shape) == (other.dtype, other.shape)
    if one.dtype.kind == "O":
        assert one.tolist() == other.tolist()
    elif ulps is not None:
        np.testing.assert_array_max_ulp(one, other, ulps)
    else:
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol / 10)
