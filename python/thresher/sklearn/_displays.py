"""scikit-learn's displays fed from our curves: its own classes, and its own methods over functions that are ours.

Curves of many points are drawn with fewer, each dropped one within 1e-4 of the line that is drawn (on the axes of a DET
curve, within what 1e-4 is there at a rate of 0.5); `drop_intermediate=False` keeps every point. Areas are those of all
points.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import calibration, metrics

from thresher import _core
from thresher.sklearn._answers import DROP_INS

__all__ = [
    "DISPLAYS",
    "CalibrationDisplay",
    "ConfusionMatrixDisplay",
    "DetCurveDisplay",
    "PrecisionRecallDisplay",
    "RocCurveDisplay",
    "fed",
]

TOLERANCE = 1e-4
FEW = 1_000  # points that are all drawn: dropping some of so few saves nothing that could be noticed

_MADE_BY = ("from_estimator", "from_predictions", "from_cv_results")

Points = NDArray[np.float64]


def _deviates(rates: Points) -> Points:
    """Return where a rate stands on the axes of a DET curve; 0 and 1 at the ends that scikit-learn gives them."""
    from scipy.special import ndtri

    ends = np.finfo(rates.dtype).eps
    return np.asarray(ndtri(rates.clip(ends, 1 - ends)))


def _of_det_curve(fpr: Points, fnr: Points) -> NDArray[np.intp]:
    flattest = (2 * np.pi) ** 0.5  # deviates per rate at a rate of 0.5; elsewhere a rate moves more of them
    return _core.thin(_deviates(fpr), _deviates(fnr), TOLERANCE * flattest)


# Of each display of curves: what it calls the columns on its axes, and which of their points it needs.
_CURVES: dict[str, tuple[str, str, Callable[[Points, Points], NDArray[np.intp]]]] = {
    "RocCurveDisplay": ("fpr", "tpr", lambda x, y: _core.thin(x, y, TOLERANCE)),
    "PrecisionRecallDisplay": ("recall", "precision", lambda x, y: _core.thin_steps(x, y, TOLERANCE)),
    "DetCurveDisplay": ("fpr", "fnr", _of_det_curve),
}


class _Thinning:
    """What a method of scikit-learn takes for the class of a display: makes it of fewer points."""

    def __init__(self, display: type, named: bool) -> None:
        self._display = display
        self._named = named

    def __getattr__(self, name: str) -> Any:
        return getattr(self._display, name)

    def __call__(self, **columns: Any) -> Any:
        x, y, needed = _CURVES[self._display.__name__]
        if isinstance(columns[x], list):  # a curve of each fold
            pairs = [_thinned(*pair, needed) for pair in zip(columns[x], columns[y], strict=True)]
            columns[x], columns[y] = [first for first, _ in pairs], [second for _, second in pairs]
        else:
            columns[x], columns[y] = _thinned(columns[x], columns[y], needed)
        return self._display(**columns)

    def from_predictions(self, *args: Any, **kwargs: Any) -> Any:
        """Draw what `from_estimator` asks for, which names its default of `drop_intermediate` too."""
        if not self._named:
            kwargs.pop("drop_intermediate", None)
        return self._display.from_predictions(*args, **kwargs)  # type: ignore[attr-defined]


def _thinned(x: Points, y: Points, needed: Callable[[Points, Points], NDArray[np.intp]]) -> tuple[Points, Points]:
    if len(x) <= FEW:
        return x, y
    kept = needed(x, y)
    return x[kept], y[kept]


def fed(theirs: Any) -> Any:
    """Return a class method of a display over functions that are ours, where we have them, and with fewer points."""
    function = theirs.__func__

    @wraps(function)
    def method(cls: Any, *args: Any, **kwargs: Any) -> Any:
        ours = {name: DROP_INS[name] for name in function.__code__.co_names if name in DROP_INS}
        names, defaults, closure = function.__globals__ | ours, function.__defaults__, function.__closure__
        over_ours = FunctionType(function.__code__, names, function.__name__, defaults, closure)
        over_ours.__kwdefaults__ = function.__kwdefaults__
        drop = kwargs.get("drop_intermediate", True)
        if cls.__name__ in _CURVES and (drop is True or (isinstance(drop, np.bool) and drop)):
            cls = _Thinning(cls, "drop_intermediate" in kwargs)
        return over_ours(cls, *args, **kwargs)

    return classmethod(method)


def _methods(display: type) -> dict[str, Any]:
    """Return the class methods that make a display; not every version has all."""
    return {name: vars(display)[name] for name in _MADE_BY if name in vars(display)}


def _ours(display: type) -> Any:
    """Return a subclass of a display of scikit-learn, named like it, that is fed from our curves."""
    methods = {name: fed(method) for name, method in _methods(display).items()}
    told = {"__module__": "thresher.sklearn", "__doc__": display.__doc__}
    return type(display.__name__, (display,), methods | told)


RocCurveDisplay = _ours(metrics.RocCurveDisplay)
PrecisionRecallDisplay = _ours(metrics.PrecisionRecallDisplay)
DetCurveDisplay = _ours(metrics.DetCurveDisplay)
ConfusionMatrixDisplay = _ours(metrics.ConfusionMatrixDisplay)
CalibrationDisplay = _ours(calibration.CalibrationDisplay)

# Classes of scikit-learn, and their methods that `patch` replaces.
DISPLAYS: dict[str, tuple[type, tuple[str, ...]]] = {
    display.__name__: (display, tuple(_methods(display)))
    for display in (
        metrics.RocCurveDisplay,
        metrics.PrecisionRecallDisplay,
        metrics.DetCurveDisplay,
        metrics.ConfusionMatrixDisplay,
        calibration.CalibrationDisplay,
    )
}
