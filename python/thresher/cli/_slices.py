"""The slices of a state, each an accumulator for a moment only: there may be a million."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from thresher.cli._cuts import Counts
from thresher.cli._figures import Summary, summary
from thresher.cli._states import State, group_names, is_grouped

__all__ = ["Slices"]


@dataclass(frozen=True, slots=True)
class Slices:
    """The slices of a grouped state, none of another, and how they are to be summed up."""

    state: State
    thresholds: Sequence[float]
    level: float
    meaning: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the key columns; none where there are no slices to be."""
        return group_names(self.state) if is_grouped(self.state) else ()

    def __len__(self) -> int:
        return len(self.state) if is_grouped(self.state) else 0

    def counts(self) -> Iterator[tuple[Any, Counts]]:
        """Yield each key with what was counted."""
        for key in self.state if is_grouped(self.state) else ():
            yield key, self.state[key]

    def __iter__(self) -> Iterator[tuple[Any, Summary]]:
        """Yield each key with what is told of it, in the order of the keys."""
        for key, counts in self.counts():
            yield key, self._told(counts)

    def largest(self, most: int) -> list[tuple[Any, Summary]]:
        """Return the slices with the most rows, the largest first."""
        sizes = self.state.columns()["n_samples"]
        chosen = np.argsort(-sizes, kind="stable")[:most].tolist()
        keys = list(self.state)
        return [(keys[index], self._told(self.state[keys[index]])) for index in chosen]

    def _told(self, counts: Counts) -> Summary:
        return summary(counts, self.thresholds, self.level, self.meaning)
