"""scikit-learn patched: its functions replaced by ours wherever a loaded module of it holds them, and put back.

The whole process is patched, not a thread. Functions are found by identity, whatever name they were imported under.
Pickles made meanwhile load where thresher is absent: ours are pickled under the names whose place they take (`DropIn`),
and the originals, which no name of scikit-learn leads to any more, as what they wrap.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any
from weakref import WeakSet

from joblib.externals.loky.backend.reduction import register
from sklearn.metrics import _scorer

from thresher import Error
from thresher.sklearn._answers import DROP_INS, DropIn, telling
from thresher.sklearn._displays import DISPLAYS, fed
from thresher.sklearn._thresholds import CURVE_SCORER, curve_score

__all__ = ["METHODS", "Report", "patch", "patched", "unpatch"]

# By the name that `patch` takes: a class of scikit-learn, its attributes, and what makes ours of theirs.
METHODS: dict[str, tuple[type, tuple[str, ...], Callable[[Any], Any]]] = {
    CURVE_SCORER: (_scorer._CurveScorer, ("_score",), curve_score),
    **{name: (display, methods, fed) for name, (display, methods) in DISPLAYS.items()},
}

_lock = threading.RLock()
_patched: set[str] = set()
_methods: dict[str, dict[str, Any]] = {}  # scikit-learn's own by attribute, while they are patched
_our_scorers: WeakSet[Any] = WeakSet()  # made with ours, not repointed


@dataclass(frozen=True)
class Report:
    """What `patch` or `unpatch` did.

    Attributes
    ----------
    functions : tuple of str
        Functions, and classes, that stand patched now.
    rebound : tuple of str
        Names rebound by this call, as "sklearn.metrics.roc_auc_score".
    scorers : int
        Scorer objects repointed by this call, those of `get_scorer` and those made before.
    left : tuple of str
        Names in modules outside scikit-learn that still hold its own function, because they were imported before:
        import them after `patch()`, or from `thresher.sklearn`.
    """

    functions: tuple[str, ...]
    rebound: tuple[str, ...]
    scorers: int
    left: tuple[str, ...]

    def __str__(self) -> str:
        told = f"thresher.sklearn: {len(self.functions)} functions stand patched; {len(self.rebound)} names rebound, "
        told += f"{self.scorers} scorers repointed"
        return told + (f"; imported before and left as they are: {', '.join(self.left)}" if self.left else "")


def patch(names: Iterable[str] | None = None) -> Report:
    """Let scikit-learn's functions be answered by thresher, in this process, wherever scikit-learn itself uses them.

    Parameters
    ----------
    names : iterable of str, optional
        Functions, as "roc_auc_score"; displays, as "RocCurveDisplay"; "TunedThresholdClassifierCV" for its scoring.
        All, by default.

    Returns
    -------
    Report
        What was rebound, and names imported before that were not.

    Raises
    ------
    Error
        For a name that thresher does not answer.

    Notes
    -----
    Calling it again changes nothing but what was loaded since. Workers of joblib get the scorers of patched searches.

    Examples
    --------
    >>> import thresher.sklearn
    >>> report = thresher.sklearn.patch(["roc_auc_score"])
    >>> "sklearn.metrics.roc_auc_score" in report.rebound
    True
    >>> thresher.sklearn.unpatch().functions
    ()
    """
    with _lock:
        chosen = _chosen(names)
        _patched.update(chosen)
        drop_ins = [DROP_INS[name] for name in chosen if name in DROP_INS]
        rebound = _rebind({id(drop_in._original): drop_in for drop_in in drop_ins})
        scorers = _repoint({drop_in._original: drop_in for drop_in in drop_ins}, _our_scorers)
        for drop_in in drop_ins:
            drop_in._patched = True
            drop_in._original.__qualname__ = f"{drop_in.__name__}.__wrapped__"  # where pickle finds it now
        for name in chosen:
            if name in METHODS and name not in _methods:
                holder, attributes, make = METHODS[name]
                _methods[name] = {attribute: vars(holder)[attribute] for attribute in attributes}
                for attribute, theirs in _methods[name].items():
                    setattr(holder, attribute, make(theirs))
        return _told(rebound, scorers)


def unpatch(names: Iterable[str] | None = None) -> Report:
    """Put scikit-learn's own functions back, to the last attribute.

    Parameters
    ----------
    names : iterable of str, optional
        As in `patch`; what is not patched is left alone.

    Examples
    --------
    >>> import thresher.sklearn
    >>> thresher.sklearn.unpatch().rebound
    ()
    """
    with _lock:
        chosen = [name for name in _chosen(names) if name in _patched]
        _patched.difference_update(chosen)
        drop_ins = [DROP_INS[name] for name in chosen if name in DROP_INS]
        rebound = _rebind({id(drop_in): drop_in._original for drop_in in drop_ins})
        scorers = _repoint({drop_in: drop_in._original for drop_in in drop_ins}, None)
        for drop_in in drop_ins:
            drop_in._patched = False
            drop_in._original.__qualname__ = drop_in.__qualname__
        for name in chosen:
            if name in _methods:
                for attribute, theirs in _methods.pop(name).items():
                    setattr(METHODS[name][0], attribute, theirs)
        return _told(rebound, scorers)


@contextmanager
def patched(names: Iterable[str] | None = None) -> Iterator[Report]:
    """Patch within a `with` block; what was patched before stays so.

    Parameters
    ----------
    names : iterable of str, optional
        As in `patch`.

    Examples
    --------
    >>> import sklearn.metrics, thresher.sklearn
    >>> with thresher.sklearn.patched():
    ...     sklearn.metrics.roc_auc_score is thresher.sklearn.roc_auc_score
    True
    """
    with _lock:
        new = [name for name in _chosen(names) if name not in _patched]
        report = patch(names)
    try:
        yield report
    finally:
        unpatch(new)


def _chosen(names: Iterable[str] | None) -> list[str]:
    every = [*DROP_INS, *METHODS]
    chosen = every if names is None else [names] if isinstance(names, str) else list(names)
    for name in chosen:
        if name not in every:
            raise Error(
                f"`names` has {name!r}, which thresher does not answer; {', '.join(sorted(every))} are accepted"
            )
    return chosen


def _told(rebound: list[str], scorers: int) -> Report:
    report = Report(tuple(sorted(_patched)), tuple(rebound), scorers, tuple(_left()))
    telling(str(report))
    return report


def _of_scikit_learn(module: str) -> bool:
    return module.partition(".")[0] == "sklearn"


def _rebind(replacements: dict[int, Any]) -> list[str]:
    """Replace objects, given by their identity, in every loaded module of scikit-learn; return the names."""
    rebound = []
    for name, module in list(sys.modules.items()):
        if _of_scikit_learn(name) and hasattr(module, "__dict__"):
            for attribute, value in list(vars(module).items()):
                if id(value) in replacements:
                    setattr(module, attribute, replacements[id(value)])
                    rebound.append(f"{name}.{attribute}")
    return sorted(rebound)


def _repoint(replacements: dict[Any, Any], ours: WeakSet[Any] | None) -> int:
    """Give every scorer object the replacement of its function; remember those that have it already.

    Scorers live in scikit-learn's table, in searches and wherever a program keeps one; the garbage collector knows all.
    """
    kinds, count = _kinds(_scorer._BaseScorer), 0
    for scorer in [found for found in gc.get_objects() if type(found) in kinds]:
        function = vars(scorer).get("_score_func")
        if isinstance(function, DropIn) and ours is not None and not function._patched:
            ours.add(scorer)
        if scorer not in _our_scorers and getattr(function, "__hash__", None) and function in replacements:
            scorer._score_func = replacements[function]
            count += 1
    return count


def _kinds(base: type) -> set[type]:
    return {base}.union(*map(_kinds, base.__subclasses__()))


def _left() -> list[str]:
    """Return names outside scikit-learn that hold a function whose place is taken."""
    originals = {id(DROP_INS[name]._original) for name in _patched if name in DROP_INS}
    found = []
    for name, module in list(sys.modules.items()):
        if (
            originals
            and not _of_scikit_learn(name)
            and not name.startswith("thresher.")
            and hasattr(module, "__dict__")
        ):
            found += [
                f"{name}.{attribute}" for attribute, value in list(vars(module).items()) if id(value) in originals
            ]
    return sorted(found)


def _for_a_worker(drop_in: DropIn) -> tuple[Callable[[str], Any], tuple[str]]:
    """Pickle for a worker of joblib, which is not patched but has thresher: as a name of ours."""
    return resolve_name, (f"thresher.sklearn:{drop_in.__name__}",)


register(DropIn, _for_a_worker)
