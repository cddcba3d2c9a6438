"""Curves of earlier epochs: how many are kept, and how few points of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

__all__ = ["CURVES", "Overlay", "thinned_curve"]

# Method of an accumulator, and attributes of its curve.
CURVES = {
    "roc": ("roc_curve", ("fpr", "tpr")),
    "precision_recall": ("precision_recall_curve", ("precision", "recall")),
}

_CELLS = 1_000  # along each axis: narrower than a pixel of a picture of 560


class Overlay:
    """Thinned curves of earlier epochs: at most so many, evenly spread over all that were drawn."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._stride = 1
        self._drawn = 0
        self._held: list[tuple[int, Mapping[str, Any]]] = []

    def panels(self, epoch: int, curves: Mapping[str, Any]) -> dict[str, list[tuple[int, Any]]]:
        """Return, for each key, the earlier curves and the newest, with epochs from 1; and keep the newest."""
        if self._held and self._held[-1][0] > epoch:  # training began again
            self._held = [held for held in self._held if held[0] <= epoch]
            self._stride, self._drawn = (self._stride, self._drawn) if self._held else (1, 0)
        overlay = {key: [(number, held[key]) for number, held in self._held if key in held] for key in curves}
        if self._most and self._drawn % self._stride == 0:
            self._held.append((epoch + 1, curves))
        self._drawn += 1
        if len(self._held) > self._most:
            self._held = self._held[::2]
            self._stride *= 2
        return {key: [*overlay[key], (epoch + 1, curve)] for key, curve in curves.items()}


def thinned_curve(counts: Any, name: str) -> Any:
    """Return a curve of an accumulator, thinned: of points one after the other in one cell of a fine grid, the first.

    Not by `thin`, which keeps lines through points where they are, but not the steps of a precision-recall curve.
    """
    method, names = CURVES[name]
    curve = getattr(counts, method)()
    columns = [getattr(curve, each) for each in names]
    cells = np.floor(np.nan_to_num(columns) * _CELLS)
    moved = np.flatnonzero((np.diff(cells) != 0).any(axis=0)) + 1
    kept = np.unique([0, *moved, len(columns[0]) - 1])
    thinned = {each: column[kept] for each, column in zip(names, columns, strict=True)}
    return replace(curve, **thinned, thresholds=curve.thresholds[kept[kept < len(curve.thresholds)]])
