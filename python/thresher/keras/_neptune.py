"""Neptune runs: series of numbers and pictures, and curves as files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._optional import needed
from thresher.keras._images import pixels
from thresher.keras._loggers import Logger, curve_columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NeptuneLogger"]


class NeptuneLogger(Logger):
    """Metrics, pictures and curves for Neptune.

    Parameters
    ----------
    run : neptune.Run, optional
        A run, which stays open; by default a new one, which `close` or the end of the program ends.
    **settings
        Passed to `neptune.init_run` for a new one: `project=`, `mode="offline"` and others.

    Attributes
    ----------
    run : neptune.Run
        The run.

    Notes
    -----
    Numbers are series in the namespace `metrics`, pictures series in `pictures`, curves JSON files in `curves`: counts
    at 201 even thresholds (those of ThresholdCounts at their own). Neptune's series hold no NaN and no infinity: such
    numbers are left out.

    Raises
    ------
    ImportError
        Without Neptune (`pip install neptune`).
    """

    def __init__(self, run: Any = None, **settings: Any) -> None:
        neptune = needed("neptune", "NeptuneLogger", "neptune")
        self._file = neptune.types.File
        self._image = needed("PIL.Image", "NeptuneLogger", "pillow")
        self._own = run is None
        self.run = neptune.init_run(**settings) if run is None else run

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Append numbers to series."""
        for name, value in values.items():
            if math.isfinite(value):
                self.run[f"metrics/{name}"].append(value, step=step)

    def image(self, step: int, name: str, picture: Figure | NDArray[np.uint8]) -> None:
        """Append a picture to a series."""
        drawn = pixels(picture)
        image = self._image.fromarray(drawn[..., 0] if drawn.shape[2] == 1 else drawn)
        self.run[f"pictures/{name}"].append(image, step=step, name=f"epoch {step + 1}")

    def curve(self, step: int, name: str, counts: Any) -> None:
        """Upload counts at thresholds as a file."""
        content = json.dumps(curve_columns(counts))
        self.run[f"curves/{name}/epoch_{step + 1:03}"].upload(self._file.from_content(content, extension="json"))

    def close(self) -> None:
        """Stop the run, if it was started here."""
        if self._own:
            self.run.stop()
