"""MLflow runs: metrics, pictures and curves, through MLflow's own client."""

from __future__ import annotations

import posixpath
import re
import time
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher import Error
from thresher._optional import needed
from thresher.keras._images import pixels
from thresher.keras._loggers import Logger, curve_columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MlflowLogger"]

_MOST = 1_000  # metrics of a batch: MLflow's own limit
_NOT_ALLOWED = re.compile(r"[^\w.\- /]")  # in names on every platform


class MlflowLogger(Logger):
    """Metrics, pictures and curves for MLflow.

    Parameters
    ----------
    run : str or mlflow.entities.Run, optional
        A run or its id; it stays open. By default the active run, and where there is none a new one, which `close` or
        the end of the program ends.
    tracking_uri : str, optional
        MLflow's server or database; by default as `mlflow.set_tracking_uri` says.
    experiment : str, default "Default"
        Where a new run belongs; made where it is missing.

    Attributes
    ----------
    run_id : str
        The run's id.

    Notes
    -----
    Signs that MLflow refuses in names become `_`: `recall@0.5` is logged as `recall_0.5`. Pictures and curves are
    artifacts: `pictures/roc_epoch_001.png` and `curves/precision_recall_epoch_001.json`, counts at 201 even thresholds
    (those of ThresholdCounts at their own).

    Raises
    ------
    Error
        When two names of one call become the same.
    ImportError
        Without MLflow (`pip install mlflow`).
    """

    def __init__(self, run: Any = None, tracking_uri: str | None = None, *, experiment: str = "Default") -> None:
        mlflow = needed("mlflow", "MlflowLogger", "mlflow")
        self._client = mlflow.tracking.MlflowClient(tracking_uri=tracking_uri)
        self._metric = mlflow.entities.Metric
        if run is None and tracking_uri is None:
            run = mlflow.active_run()
        self._end: Any = None
        if run is None:
            run = self._client.create_run(self._experiment(experiment))
            self._end = weakref.finalize(self, self._client.set_terminated, run.info.run_id)
        self.run_id: str = run if isinstance(run, str) else run.info.run_id

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Log numbers as metrics of the epoch."""
        names = _names(values)
        now = int(1000 * time.time())
        metrics = [self._metric(names[name], value, now, step) for name, value in values.items()]
        for first in range(0, len(metrics), _MOST):
            self._client.log_batch(self.run_id, metrics=metrics[first : first + _MOST])

    def image(self, step: int, name: str, picture: Figure | NDArray[np.uint8]) -> None:
        """Log a picture as an artifact."""
        self._client.log_image(self.run_id, pixels(picture), artifact_file=f"pictures/{name}_epoch_{step + 1:03}.png")

    def curve(self, step: int, name: str, counts: Any) -> None:
        """Log counts at thresholds as an artifact."""
        self._client.log_dict(self.run_id, curve_columns(counts), f"curves/{name}_epoch_{step + 1:03}.json")

    def close(self) -> None:
        """End the run, if it was started here."""
        if self._end is not None:
            self._end()

    def _experiment(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        return str(self._client.create_experiment(name) if found is None else found.experiment_id)


def _names(values: Mapping[str, float]) -> dict[str, str]:
    """Return what MLflow accepts in place of each name."""
    names = {name: posixpath.normpath(_NOT_ALLOWED.sub("_", name)).lstrip("./") for name in values}
    first: dict[str, str] = {}
    for name, allowed in names.items():
        if first.setdefault(allowed, name) != name:
            raise Error(f"{first[allowed]!r} and {name!r} are both {allowed!r} in MLflow")
    return names
