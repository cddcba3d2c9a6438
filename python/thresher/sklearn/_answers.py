"""What all functions of `thresher.sklearn` share: ours answers, or hands the very call on to scikit-learn's original.

A function of ours answers valid, everyday input. For anything else it raises `Declined`, and so does the core by an
`Error`; then the original gets the call as it came, so that errors are scikit-learn's own, to the letter.
"""

from __future__ import annotations

import inspect
import sys
import types
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import update_wrapper
from pkgutil import resolve_name
from typing import Any

from thresher import Error
from thresher.sklearn._originals import original

__all__ = [
    "DROP_INS",
    "REFUSALS",
    "Calls",
    "Declined",
    "DropIn",
    "answered",
    "answers",
    "calls",
    "handed_on",
    "telling",
    "verbose",
    "warn",
]


class Declined(Exception):
    """The call is not for us; the reason is told where `verbose` is on."""


@dataclass
class Calls:
    """How many calls of one function were answered by thresher, and how many by scikit-learn, with the reasons."""

    thresher: int = 0
    scikit_learn: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


# What ours, NumPy and the core say of input that is not for us; `thresher.Error` is a ValueError.
REFUSALS = (Declined, TypeError, ValueError, OverflowError)

DROP_INS: dict[str, DropIn] = {}  # by name
_calls: dict[str, Calls] = {}
_telling = False


def answered(name: str) -> None:
    """Count a call that thresher answered."""
    _calls.setdefault(name, Calls()).thresher += 1


def handed_on(name: str, why: Exception) -> None:
    """Count a call that goes to scikit-learn, and tell it where `verbose` is on."""
    reason = str(why) or type(why).__name__
    found = _calls.setdefault(name, Calls())
    found.scikit_learn += 1
    found.reasons[reason] += 1
    telling(f"thresher.sklearn: {name} is answered by scikit-learn: {reason}")


def telling(line: str) -> None:
    """Tell a line where `verbose` is on."""
    if _telling:
        print(line, file=sys.stderr)


class DropIn:
    """A function of scikit-learn, answered by thresher where it can: its name, signature, documentation and pickle.

    It is an object, not a function, to say how it is pickled: under `patch` as the function of scikit-learn whose place
    it takes, so that the bytes load where thresher is absent; else as a name of `thresher.sklearn`.
    """

    _original: Callable[..., Any]
    __name__: str
    __qualname__: str
    __wrapped__: Callable[..., Any]

    def __init__(self, ours: Callable[..., Any], theirs: Callable[..., Any], home: str, further: Iterable[str]) -> None:
        update_wrapper(self, theirs)
        self._ours = ours
        self._original = theirs
        self._home = home
        self._patched = False
        self._further = frozenset(further)  # parameters that scikit-learn's function does not have in any version
        ours_named, signature = inspect.signature(ours).parameters, inspect.signature(theirs)
        self._newer = frozenset(ours_named) - frozenset(signature.parameters) - self._further
        if self._further:
            added = [ours_named[name].replace(annotation=inspect.Parameter.empty) for name in further]
            self.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *added])
        _calls[self.__name__] = Calls()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._newer and not self._newer.isdisjoint(kwargs):
                raise Declined("this version of scikit-learn does not know a parameter")
            answer = self._ours(*args, **kwargs)
        except REFUSALS as why:
            for name in self._further.intersection(kwargs):
                if kwargs.pop(name) is not None:
                    raise Error(f"{self.__name__} with `{name}`, which scikit-learn does not know: {why}") from why
            handed_on(self.__name__, why)
        else:
            answered(self.__name__)
            return answer
        return self._original(*args, **kwargs)  # outside of the handler: its errors are not ours

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)  # as a function in a class body

    def __copy__(self) -> DropIn:
        return self

    def __deepcopy__(self, memo: Any) -> DropIn:
        return self

    def __reduce__(self) -> tuple[Callable[[str], Any], tuple[str]]:
        return resolve_name, (f"{self._home if self._patched else 'thresher.sklearn'}:{self.__name__}",)

    def __repr__(self) -> str:
        return f"<function {self.__name__} of scikit-learn, answered by thresher>"


def answers(
    name: str, home: str = "sklearn.metrics", further: Iterable[str] = ()
) -> Callable[[Callable[..., Any]], DropIn | None]:
    """Make a function of ours the drop-in for scikit-learn's of that name; None where this version has none.

    `further` are keywords of ours alone: a call that names one cannot be handed on, and is an `Error` instead.
    """

    def drop_in(ours: Callable[..., Any]) -> DropIn | None:
        theirs = original(name, home)
        if theirs is None:
            return None
        DROP_INS[name] = DropIn(ours, theirs, home, further)
        return DROP_INS[name]

    return drop_in


def calls() -> dict[str, Calls]:
    """Return who answered the calls of each function so far, in this process.

    Returns
    -------
    dict of str to Calls
        `thresher` and `scikit_learn` are counts, `reasons` counts why a call went to scikit-learn. It is a copy.

    Examples
    --------
    >>> import thresher.sklearn
    >>> before = thresher.sklearn.calls()["roc_auc_score"].thresher
    >>> area = thresher.sklearn.roc_auc_score([0, 1], [0.3, 0.4])
    >>> thresher.sklearn.calls()["roc_auc_score"].thresher - before
    1
    """
    return {name: Calls(each.thresher, each.scikit_learn, each.reasons.copy()) for name, each in _calls.items()}


def verbose(on: bool = True) -> None:
    """Tell on the standard error stream, from now on, which calls go to scikit-learn, and why.

    Parameters
    ----------
    on : bool, default True
        False ends it.

    Examples
    --------
    >>> import thresher.sklearn
    >>> thresher.sklearn.verbose()
    >>> thresher.sklearn.verbose(False)
    """
    global _telling
    _telling = bool(on)


def warn(name: str, message: str, category: type[Warning]) -> None:
    """Warn as scikit-learn's module would, so that filters by message, class and module act alike."""
    theirs: Any = inspect.unwrap(original(name))  # type: ignore[arg-type]
    registry = theirs.__globals__.setdefault("__warningregistry__", {})
    code = theirs.__code__
    warnings.warn_explicit(message, category, code.co_filename, code.co_firstlineno, theirs.__module__, registry)
