"""Exact metrics of validation data, once an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any

from numpy.typing import NDArray

from thresher import Error, ExactCounts
from thresher.keras._batches import Batch, batches
from thresher.keras._framework import keras
from thresher.keras._heads import heads_of
from thresher.keras._layouts import KINDS
from thresher.keras._monitors import arrange
from thresher.keras._outputs import Clock, Output, Settings, tell
from thresher.keras._report import Report
from thresher.keras._steps import Predicting, steps_of

__all__ = ["ValidationMetrics"]


class ValidationMetrics(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Exact metrics of validation data in `fit`'s logs, once an epoch, from one pass over the data.

    Each batch of `data` is predicted, and its labels and weights are counted with these predictions, so that data which
    come in another order each time are paired rightly. Nothing of the training is touched.

    Parameters
    ----------
    data : tuple of arrays, keras.utils.PyDataset, tf.data.Dataset, DataLoader, or other iterable of batches
        A tuple is (x, y) or (x, y, weights), of arrays or Keras's nests of them; a batch is such a tuple too. A
        function that returns a generator is called every epoch; a generator goes on where it stopped, and needs
        `steps`.
    metrics : sequence of str, default ("auc", "average_precision")
        "auc" (or "roc_auc"), "average_precision", "pr_auc", "gini"; and at `thresholds` any rate of
        `thresher.ConfusionCounts` ("recall", "precision", "f1", ...) or count ("true_positives", ...).
    thresholds : float or sequence of float, optional
        Where rates are read: keys are `val_<metric>_<threshold>`, as `val_recall_0_05`. By default 0.5, and keys are
        `val_<metric>`.
    level : float, optional
        In (0, 1), as 0.95: areas get intervals, `val_auc_lower` and `val_auc_upper`, of each label by itself.
    weight_meaning : {"frequency", "sampling"}, optional
        Needed for intervals of weighted rows: see `thresher.ExactCounts.roc_auc_interval`.
    from_logits : bool or mapping from output to bool, default False
        Scores are logits: thresholds, probabilities nevertheless, are moved to logits instead, so that no two scores
        round to one; logits of several classes are counted as log-odds of each against the rest.
    kind : {"auto", "binary", "multilabel", "multiclass"} or mapping from output to one, default "auto"
        Auto: one column of scores is binary; labels without the last axis of the scores are classes; of labels of the
        same shape, one-hot rows with scores that add up to one are classes, all others labels.
    outputs : sequence of str, optional
        The outputs to evaluate, of a model with several; by default all.
    label_names : sequence of str or mapping from output to one, optional
        Names of labels or classes in keys and in `counts`; by default their numbers.
    per_label, micro : bool, default True
        For several labels or classes, also `val_auc_<label>` each, and `val_auc_micro`, of all of them pooled.
        `val_auc` is their mean, over those for which it is defined.
    compiled : bool, default False
        Also `val_loss` and the compiled metrics, from the same pass: then `fit` needs no `validation_data`.
    into : accumulator, optional
        Counted into copies of this, emptied; by default `thresher.ExactCounts()`. `thresher.CompactCounts()` keeps to
        fixed memory.
    comparison : {">", ">="}, default ">"
        A row is flagged positive iff `score > threshold`, as Keras's metrics have it, or `score >= threshold`.
    on_bad : {"warn", "raise"}, default "warn"
        A row with a NaN score, a label that is none, or a weight that is NaN, infinite or negative is left out, and a
        warning tells once an epoch how many; or it is an error.
    batch_size : int, optional
        Rows of a batch of arrays; by default what fills 1 MiB of x, from 32 to 4,096.
    steps : int, optional
        Batches of an epoch; by default all there are.
    key_format : str, optional
        Of keys at thresholds, without `val_`, as "{name}@{threshold:.2f}".

    Attributes
    ----------
    counts : dict of str to accumulator
        What was counted in the last pass. Keys: "" for one binary output, a label's or class's name, "<output>" or
        "<output>/<label>".
    confusion_matrices : dict of str to ndarray of shape (k, k)
        Of each output of k classes, "" or "<output>": rows true classes, columns predicted (the highest score).
    results : dict of str to float
        What was put into the logs in the last epoch.
    thresholds : tuple of float
        Those of the rates.
    epoch : int or None
        The epoch that `counts` is of; None outside `fit`.
    seconds : dict of str to float
        Cost of the last pass: "data", "predict" and "count".

    Raises
    ------
    Error
        For an unknown option, or data that cannot be counted.

    Notes
    -----
    In `fit`, this callback is moved before the others, so that EarlyStopping, ModelCheckpoint and ReduceLROnPlateau see
    its figures wherever it is listed; in mode "auto" they are told whether more is better. A key that Keras has put
    into the logs under the same name is replaced. Labels and classes with one side missing have an AUC of NaN. The keys
    of several outputs begin with the output's name: `val_<output>_auc`. Masks are not read: give weights.

    Examples
    --------
    >>> import keras, numpy as np
    >>> from thresher.keras import ValidationMetrics
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Activation("sigmoid")])
    >>> x, y = np.array([[-2.0], [0.5], [1.0], [3.0]], dtype="float32"), np.array([0, 1, 0, 1])
    >>> validation = ValidationMetrics((x, y), metrics=("auc", "recall"), thresholds=(0.5, 0.9))
    >>> validation.evaluate(model)
    {'auc': 0.75, 'recall_0_5': 1.0, 'recall_0_9': 0.5}
    >>> validation.counts[""].n_samples
    4
    """

    def __init__(
        self,
        data: Any,
        metrics: Sequence[str] = ("auc", "average_precision"),
        *,
        thresholds: Any = None,
        level: float | None = None,
        weight_meaning: str | None = None,
        from_logits: Any = False,
        kind: Any = "auto",
        outputs: Sequence[str] | None = None,
        label_names: Any = None,
        per_label: bool = True,
        micro: bool = True,
        compiled: bool = False,
        into: Any = None,
        comparison: str = ">",
        on_bad: str = "warn",
        batch_size: int | None = None,
        steps: int | None = None,
        key_format: str | None = None,
    ) -> None:
        super().__init__()
        _one_of("on_bad", on_bad, ("warn", "raise"))
        _one_of("comparison", comparison, (">", ">="))
        _check_kinds(kind)
        _check_counts(batch_size=batch_size, steps=steps)
        _check_level(level, weight_meaning, data)
        self.data, self.metrics, self.compiled = data, tuple(metrics), compiled
        self.on_bad, self.comparison = on_bad, comparison
        self._report = Report.of(
            metrics,
            thresholds,
            level=level,
            weight_meaning=weight_meaning,
            per_label=per_label,
            micro=micro,
            key_format=key_format,
        )
        if _any(from_logits) and not all(0 <= cut <= 1 for cut in self._report.cuts):
            raise Error(f"`thresholds` must be probabilities, as scores are logits, but are {thresholds}")
        self._into = ExactCounts(sums=weight_meaning == "sampling") if into is None else into
        self._from_logits, self._kind, self._label_names = from_logits, kind, label_names
        self._outputs, self._batch_size, self._steps = outputs, batch_size, steps
        self._steps_of_model: Predicting | None = None
        self.thresholds = self._report.cuts
        self.counts: dict[str, Any] = {}
        self.confusion_matrices: dict[str, NDArray[Any]] = {}
        self.results: dict[str, Any] = {}
        self.seconds: dict[str, float] = {}
        self.epoch: int | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Go before the other callbacks, and tell those that watch our figures which way is better."""
        arrange(self, self.metrics)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate, and put the figures into the logs."""
        found = self._evaluate(self.model, epoch)
        self.results = {f"val_{key}": value for key, value in found.items()}
        self.epoch = epoch
        if logs is not None:
            logs.update(self.results)

    def evaluate(self, model: Any = None) -> dict[str, Any]:
        """Return the figures of a model, by the same pass outside `fit`; keys are without `val_`.

        Parameters
        ----------
        model : keras.Model, optional
            By default the one that was trained last.
        """
        chosen = self.model if model is None else model
        if chosen is None:
            raise Error("`model` must be given, unless the callback has been in a model's fit")
        self.epoch = None
        return self._evaluate(chosen, None)

    def _evaluate(self, model: Any, epoch: int | None) -> dict[str, Any]:
        if self._steps_of_model is None or not self._steps_of_model.fits(model):
            self._steps_of_model = steps_of(model, self.compiled)
        clock = Clock()
        outputs, results = self._pass(model, self._steps_of_model, clock)
        with clock.running("count"):
            for output in outputs.values():
                results |= self._report.results(output)
        self._keep(outputs)
        self.seconds = clock.seconds
        tell(list(outputs.values()), epoch)
        return results

    def _pass(self, model: Any, steps: Predicting, clock: Clock) -> tuple[dict[str, Output], dict[str, Any]]:
        """Go through the data once; return what was counted, and the compiled figures if wanted."""
        outputs: dict[str, Output] = {}
        with closing(batches(self.data, self._batch_size, self._steps)) as found:
            with clock.running("data"):
                batch = next(found, None)
            if batch is None:
                raise Error("`data` gave no batch; of a generator that is used up, pass the function that makes it")
            steps.begin(batch)
            try:
                while batch is not None:
                    with clock.running("predict"):
                        scores = steps.outputs(batch)
                    self._add(outputs, batch, scores, model, clock)
                    with clock.running("data"):
                        batch = next(found, None)
                for output in outputs.values():
                    output.flush()
            finally:
                results = steps.end()
        return outputs, results

    def _add(self, outputs: dict[str, Output], batch: Batch, scores: Any, model: Any, clock: Clock) -> None:
        heads = heads_of(scores, batch.y, batch.weights, getattr(model, "output_names", ()), self._outputs)
        for name, head in heads.items():
            if name not in outputs:
                outputs[name] = Output(self._settings(name), clock)
            outputs[name].add(*head)

    def _settings(self, name: str) -> Settings:
        names = _of_output(self._label_names, name, None)
        return Settings(
            name,
            _of_output(self._kind, name, "auto"),
            bool(_of_output(self._from_logits, name, False)),
            None if names is None else tuple(map(str, names)),
            self._into,
            self._report.cuts,
            self.comparison,
            self.on_bad,
        )

    def _keep(self, outputs: dict[str, Output]) -> None:
        self.counts, self.confusion_matrices = {}, {}
        for name, output in outputs.items():
            for column in output.columns:
                self.counts["/".join(part for part in (name, column.name) if part)] = column.counts
            if output.confusion_matrix is not None:
                self.confusion_matrices[name] = output.confusion_matrix


def _of_output(value: Any, name: str, default: Any) -> Any:
    return value.get(name, default) if isinstance(value, Mapping) else value


def _check_kinds(kind: Any) -> None:
    for each in kind.values() if isinstance(kind, Mapping) else (kind,):
        _one_of("kind", each, KINDS)


def _check_counts(**counts: int | None) -> None:
    for name, count in counts.items():
        if count is not None and count < 1:
            raise Error(f"`{name}` must be >= 1, but is {count}")


def _check_level(level: float | None, weight_meaning: str | None, data: Any) -> None:
    if level is None:
        return
    if not 0 < level < 1:
        raise Error(f"`level` must be in (0, 1), but is {level}")
    if weight_meaning is None and isinstance(data, tuple) and any(part is not None for part in data[2:]):
        raise Error('`weight_meaning` must be "frequency" or "sampling" for intervals of weighted rows')


def _any(value: Any) -> bool:
    return any(value.values()) if isinstance(value, Mapping) else bool(value)


def _one_of(argument: str, value: Any, accepted: tuple[str, ...]) -> None:
    if value not in accepted:
        raise Error(f"`{argument}` must be {' or '.join(map(repr, accepted))}, but is {value!r}")
