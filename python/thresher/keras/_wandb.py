"""Weights & Biases runs: numbers, pictures and curves against the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._optional import needed
from thresher.keras._images import pixels
from thresher.keras._loggers import Logger, curve_columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["WandbLogger"]


class WandbLogger(Logger):
    """Metrics, pictures and curves for Weights & Biases.

    Parameters
    ----------
    run : wandb.Run, optional
        A run, which stays open; by default the active run, and where there is none a new one, which `close` or the end
        of the program ends.
    **settings
        Passed to `wandb.init` for a new one: `project=`, `mode="offline"`, `dir=` and others.

    Attributes
    ----------
    run : wandb.Run
        The run.

    Notes
    -----
    Every name is drawn against `epoch`, which is logged beside it: W&B's own step grows with each call, and a run that
    other callbacks write to as well refuses steps that go back. Curves are tables: counts at 201 even thresholds
    (those of ThresholdCounts at their own).

    Raises
    ------
    ImportError
        Without W&B (`pip install wandb`).
    """

    def __init__(self, run: Any = None, **settings: Any) -> None:
        self._wandb = needed("wandb", "WandbLogger", "wandb")
        run = self._wandb.run if run is None else run
        self._own = run is None
        self.run = self._wandb.init(**settings) if run is None else run
        self._defined: set[str] = set()

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log numbers against the epoch."""
        self._log(step, dict(values))

    def image(self, step: int, name: str, picture: Figure | NDArray[np.uint8]) -> None:
        """Log a picture."""
        self._log(step, {name: self._wandb.Image(pixels(picture), caption=f"epoch {step + 1}")})

    def curve(self, step: int, name: str, counts: Any) -> None:
        """Log counts at thresholds as a table."""
        columns = curve_columns(counts)
        rows = [list(row) for row in zip(*columns.values(), strict=True)]
        self._log(step, {f"{name}_counts": self._wandb.Table(columns=list(columns), data=rows)})

    def close(self) -> None:
        """Finish the run, if it was started here."""
        if self._own:
            self.run.finish()

    def _log(self, step: int, values: dict[str, Any]) -> None:
        for name in values.keys() - self._defined:
            self.run.define_metric(name, step_metric="epoch")
            self._defined.add(name)
        self.run.log(values | {"epoch": step})
