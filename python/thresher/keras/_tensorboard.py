"""TensorBoard's event files, written with TensorBoard's own package and without TensorFlow."""

from __future__ import annotations

import itertools
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._optional import needed
from thresher.keras._images import pixels, png
from thresher.keras._loggers import Logger, even_counts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TensorBoardLogger"]

_FILES = itertools.count()


class TensorBoardLogger(Logger):
    """Scalars, pictures and precision-recall curves for TensorBoard, whatever Keras's backend is.

    Parameters
    ----------
    folder : str or path
        The run's folder, for `tensorboard --logdir`; made where it is missing.
    thresholds : int, default 201
        Even thresholds in [0, 1] of a precision-recall curve, as many as TensorBoard's own; 0 writes no such curve.

    Notes
    -----
    Every call ends with the file flushed, so that TensorBoard shows an epoch when it is over and a run that is killed
    keeps its files. TensorBoard keeps numbers as float32.

    Precision-recall curves are those of its plugin `pr_curves`: counts at even thresholds. ThresholdCounts can serve it
    only if they hold these thresholds: else `thresholds=0`.

    Raises
    ------
    ImportError
        Without TensorBoard (`pip install tensorboard`).
    """

    def __init__(self, folder: str | os.PathLike[str], *, thresholds: int = 201) -> None:
        purpose, install = "TensorBoardLogger", "tensorboard"
        self._event = needed("tensorboard.compat.proto.event_pb2", purpose, install).Event
        self._summary = needed("tensorboard.compat.proto.summary_pb2", purpose, install).Summary
        self._tensor = needed("tensorboard.util.tensor_util", purpose, install).make_tensor_proto
        self._curves = needed("tensorboard.plugins.pr_curve.metadata", purpose, install)
        records = needed("tensorboard.summary.writer.record_writer", purpose, install)
        self._thresholds = thresholds
        Path(folder).mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}.{next(_FILES)}"
        self._writer = records.RecordWriter((Path(folder) / name).open("xb"))
        self._write(self._event(wall_time=time.time(), file_version="brain.Event:2"))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write numbers, one chart a name."""
        self._add(step, *({"tag": name, "simple_value": value} for name, value in values.items()))

    def image(self, step: int, name: str, picture: Figure | NDArray[np.uint8]) -> None:
        """Write a picture; TensorBoard's slider goes through those of one name."""
        drawn = pixels(picture)
        height, width, channels = drawn.shape
        image = self._summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=png(drawn))
        self._add(step, {"tag": name, "image": image})

    def curve(self, step: int, name: str, counts: Any) -> None:
        """Write a precision-recall curve of the plugin `pr_curves`: counts and rates at even thresholds.

        Rates without a denominator are 0 in it, as TensorBoard writes them.
        """
        if not self._thresholds:
            return
        at = even_counts(counts, self._thresholds)
        columns = (at.true_positives, at.false_positives, at.true_negatives, at.false_negatives)
        rates = (np.nan_to_num(at.precision), np.nan_to_num(at.recall))
        data = np.stack([np.asarray(column, np.float32) for column in columns + rates])
        metadata = self._curves.create_summary_metadata(name, "", self._thresholds)
        self._add(step, {"tag": f"{name}/pr_curves", "tensor": self._tensor(data), "metadata": metadata})

    def close(self) -> None:
        """Close the event file."""
        self._writer.close()

    def _add(self, step: int, *values: dict[str, Any]) -> None:
        summary = self._summary(value=[self._summary.Value(**value) for value in values])
        self._write(self._event(wall_time=time.time(), step=step, summary=summary))

    def _write(self, event: Any) -> None:
        self._writer.write(event.SerializeToString())
        self._writer.flush()
