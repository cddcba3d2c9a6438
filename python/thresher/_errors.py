"""The exceptions and the one warning of thresher, and the refusal of an unknown option."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Error", "InexactWarning", "InvalidStateError", "ThresholdMismatchError", "one_of"]


class Error(ValueError):
    """Data or an option that cannot be used; the message names the argument, the first offender and what is accepted.

    Attributes
    ----------
    argument : str or None
        "labels", "scores" or "weights" where the value of a row is at fault.
    index : int or None
        That row, counted from 0.

    Examples
    --------
    >>> import thresher as th
    >>> th.roc_auc([0, 2], [0.1, 0.9])
    Traceback (most recent call last):
    ...
    thresher._errors.Error: `labels` must be 0 or 1 (or bool), but labels[1] is 2; ...
    >>> try:
    ...     th.roc_auc([0, 2], [0.1, 0.9])
    ... except th.Error as error:
    ...     error.argument, error.index
    ('labels', 1)
    """

    argument: str | None = None
    index: int | None = None


class ThresholdMismatchError(Error):
    """Two accumulators that count at different thresholds, or compare or round differently, were to be merged.

    Examples
    --------
    >>> import thresher as th
    >>> try:
    ...     th.ThresholdCounts([0.2, 0.5]).merge(th.ThresholdCounts([0.2, 0.6]))
    ... except th.ThresholdMismatchError as error:
    ...     print("refused")
    refused
    """


class InvalidStateError(Error):
    """Bytes or a file that hold no state this version of thresher can read.

    Examples
    --------
    >>> import thresher as th
    >>> try:
    ...     th.ExactCounts.from_bytes(b"not a state")
    ... except th.InvalidStateError as error:
    ...     print("refused")
    refused
    """


class InexactWarning(UserWarning):
    """A binned accumulator's answer may be off by more than `tolerance`; the message gives the bounds and the remedy.

    Examples
    --------
    >>> import warnings, thresher as th
    >>> counts = th.ThresholdCounts([0.5])
    >>> counts.update([0, 1, 0, 1], [0.1, 0.2, 0.8, 0.9])
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     area = counts.roc_auc()
    >>> area, caught[0].category.__name__, counts.roc_auc_bounds()
    (0.5, 'InexactWarning', (0.25, 0.75))
    """


def one_of(argument: str, value: object, accepted: Sequence[str]) -> None:
    """Refuse `value` unless it is one of the `accepted` strings."""
    if not isinstance(value, str) or value not in accepted:
        raise Error(f"`{argument}` must be {' or '.join(map(repr, accepted))}, but is {value!r}")
