"""EpochCurves: how curves and confusion matrices move from epoch to epoch, in pictures and in trackers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from thresher import Error
from thresher.keras._epoch_figures import curves_figure, tables_figure
from thresher.keras._framework import keras
from thresher.keras._images import pixels, png
from thresher.keras._loggers import as_logger, counts_at, scalars_of
from thresher.keras._overlay import CURVES, Overlay, thinned_curve

__all__ = ["EpochCurves"]

_TITLES = {"roc": "ROC curve", "precision_recall": "Precision-recall curve", "confusion": "Confusion matrix"}


class EpochCurves(keras.callbacks.Callback):  # type: ignore[misc]
    """Pictures of each epoch: ROC curve, precision-recall curve, confusion matrix; to a folder and to loggers.

    Parameters
    ----------
    validation : ValidationMetrics, or callable
        Whose counts to draw: the callback that stands in the same `callbacks=`, before or after this one; or a function
        of the model that returns a mapping of names to accumulators, called at the end of each epoch that is drawn
        (`""` names the counts of an only output; a k x k array in the mapping is a confusion matrix).
    folder : str or path, optional
        Where to write `roc_epoch_001.png` and its like; made where it is missing. Epochs count from 1 in names and
        pictures, as in Keras's progress bar.
    loggers : sequence of Logger or callable
        `TensorBoardLogger`, `MlflowLogger`, `NeptuneLogger`, `WandbLogger`, a subclass of `Logger`, or a function of
        step and numbers. Steps count from 0, as in Keras's own callbacks. Loggers are left open: close them, or use
        `with`.
    pictures : sequence of {"roc", "precision_recall", "confusion"}
        What to draw.
    threshold : float, default 0.5
        Where confusion matrices of two classes cut the scores: flagged iff score > threshold, as in Keras, or as
        `validation.comparison` says; for ThresholdCounts and CompactCounts as they compare themselves. The picture
        tells. Softmax outputs have k x k matrices of the likeliest classes.
    every : int, default 1
        Draw every so many epochs, and the last one. Numbers are logged at each.
    overlaid : int, default 10
        Most earlier curves beneath the newest, evenly chosen among all, fainter with age.
    logs : bool, default True
        Give loggers every number in Keras's `logs` too; else those of `validation.results` alone.
    dpi : float, default 100
        Pixels an inch: a picture of one output is 5.6 inches wide.

    Notes
    -----
    An epoch is drawn when every callback has seen its end: as the next one begins, or as training ends. So the order
    of callbacks does not matter.

    Curves are thinned before they are kept: no line moves by a pixel, and memory does not grow with rows or epochs.
    Several labels, classes or outputs are panels of one picture.

    Raises
    ------
    Error
        For an unknown picture, a threshold that ThresholdCounts does not hold, and other arguments that make no sense.
    ImportError
        Without Matplotlib (`pip install 'thresher[plots]'`), when the first picture is drawn.

    Examples
    --------
    >>> import keras, numpy as np, tempfile, thresher as th
    >>> from pathlib import Path
    >>> from thresher.keras import EpochCurves
    >>> x, y = np.linspace(-1, 1, 64)[:, None], np.arange(64) > 30
    >>> def counted(model):
    ...     held = th.ExactCounts()
    ...     held.update(y, np.ravel(model.predict(x, verbose=0)))
    ...     return {"": held}
    >>> model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
    >>> model.compile(loss="binary_crossentropy")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     callback = EpochCurves(counted, folder, pictures=["roc"])
    ...     training = keras.callbacks.CallbackList([callback], model=model, epochs=2)  # as fit(callbacks=[callback])
    ...     training.on_train_begin()
    ...     for epoch in range(2):
    ...         training.on_epoch_begin(epoch)
    ...         training.on_epoch_end(epoch)
    ...     training.on_train_end()
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['roc_epoch_001.png', 'roc_epoch_002.png']
    """

    def __init__(
        self,
        validation: Any,
        folder: str | os.PathLike[str] | None = None,
        *,
        loggers: Iterable[Any] = (),
        pictures: Sequence[str] = tuple(_TITLES),
        threshold: float = 0.5,
        every: int = 1,
        overlaid: int = 10,
        logs: bool = True,
        dpi: float = 100,
    ) -> None:
        super().__init__()
        if not (hasattr(validation, "counts") or callable(validation)):
            raise Error(f"`validation` must be ValidationMetrics or a function of the model, but is {validation!r}")
        for name in [pictures] if isinstance(pictures, str) else pictures:
            if name not in _TITLES or isinstance(pictures, str):
                raise Error(f"`pictures` must be a sequence of {', '.join(map(repr, _TITLES))}, but holds {name!r}")
        if every < 1 or overlaid < 0:
            raise Error(f"`every` must be >= 1 and `overlaid` >= 0, but they are {every} and {overlaid}")
        self.validation = validation
        self.folder = None if folder is None else Path(folder)
        self.loggers = [as_logger(logger) for logger in loggers]
        self.pictures = tuple(pictures)
        self.threshold = threshold
        self.every, self.overlaid, self.dpi = every, overlaid, dpi
        self._takes_logs = logs
        self._ended: tuple[int, Mapping[str, Any], Mapping[str, Any] | None] | None = None
        self._overlays = {name: Overlay(overlaid) for name in self.pictures if name in CURVES}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Draw the epoch before: now every callback has seen its end."""
        self._finish(last=False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Remember the epoch; a function of the model is called while the model is as the epoch left it."""
        own = None
        if not hasattr(self.validation, "counts") and (self._due(epoch) or self._is_last(epoch)):
            own = self.validation(self.model)
        self._ended = epoch, {} if logs is None else logs, own

    def on_train_end(self, logs: Any = None) -> None:
        """Draw the last epoch."""
        self._finish(last=True)

    def _due(self, epoch: int) -> bool:
        return (epoch + 1) % self.every == 0

    def _is_last(self, epoch: int) -> bool:
        return epoch + 1 == self.params.get("epochs") or bool(getattr(self.model, "stop_training", False))

    def _finish(self, last: bool) -> None:
        """Log and draw the epoch that ended, if one did and it was evaluated."""
        if self._ended is None:
            return
        (epoch, logs, own), self._ended = self._ended, None
        results: Mapping[str, Any] = {}
        if own is not None:
            matrices = {key: held for key, held in own.items() if np.ndim(held) == 2}
            counts = {key: held for key, held in own.items() if key not in matrices}
        elif getattr(self.validation, "epoch", None) == epoch:
            counts, matrices = self.validation.counts, self.validation.confusion_matrices
            results = self.validation.results
        else:
            counts, matrices = {}, {}
        self._log(epoch, {**logs, **results} if self._takes_logs else results)
        if (counts or matrices) and (own is not None or last or self._due(epoch)):
            self._draw(epoch, counts, matrices)

    def _log(self, epoch: int, values: Mapping[str, Any]) -> None:
        numbers = scalars_of(values)
        if numbers:
            for logger in self.loggers:
                logger.scalars(epoch, numbers)

    def _draw(self, epoch: int, counts: Mapping[str, Any], matrices: Mapping[str, Any]) -> None:
        for name in self.pictures:
            title = f"{_TITLES[name]}, epoch {epoch + 1}"
            if name in CURVES and counts:
                curves = {key: thinned_curve(held, name) for key, held in counts.items()}
                figure = curves_figure(self._overlays[name].panels(epoch, curves), title, self.dpi)
            elif name not in CURVES:
                figure = tables_figure(self.tables(counts, matrices), title, self.dpi)
            else:
                continue
            self._give(epoch, name, pixels(figure))
        for logger in self.loggers:
            for key, held in counts.items():
                logger.curve(epoch, f"precision_recall/{key}" if key else "precision_recall", held)

    def tables(self, counts: Mapping[str, Any], matrices: Mapping[str, Any]) -> dict[str, Any]:
        """Return the table of every output: k x k where there is one, else 2 x 2 for each label."""
        tables: dict[str, Any] = {}
        covered: set[str] = set()
        for output, matrix in matrices.items():
            prefix = f"{output}/" if output else ""
            names = [key.removeprefix(prefix) for key in counts if key.startswith(prefix)]
            covered.update(key for key in counts if key.startswith(prefix))
            tables[output] = matrix, names if len(names) == len(matrix) else None
        for key, held in counts.items():
            if key not in covered:
                tables[key] = counts_at(held, self.threshold, getattr(self.validation, "comparison", ">"))
        return tables

    def _give(self, epoch: int, name: str, picture: Any) -> None:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            digits = max(3, len(str(self.params.get("epochs") or 0)))
            (self.folder / f"{name}_epoch_{epoch + 1:0{digits}}.png").write_bytes(png(picture))
        for logger in self.loggers:
            logger.image(epoch, name, picture)
