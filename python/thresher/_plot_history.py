"""The epochs of a training: loss apart, rates together, one quantity's thresholds as a family of lines."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thresher._errors import Error
from thresher._optional import needed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["history"]

_FRACTION = re.compile(r"(.+)[_@](-?\d+[_.]\d+(?:e-?\d+)?)")  # recall_0_05
_WHOLE = re.compile(r"(.+)[_@](-?\d+(?:e-?\d+)?)")  # recall_0, recall_1e-05
_LEARNING_RATES = {"learning_rate", "lr"}
_RATES = "rates"
_MOST_NAMED = 6  # lines of a family: more are told apart by a scale of colours
_VALIDATION = "val_"


@dataclass
class _Quantity:
    """Lines of one name: training and validation, one of each, or one of each threshold."""

    name: str
    training: dict[float | None, NDArray[np.float64]] = field(default_factory=dict)
    validation: dict[float | None, NDArray[np.float64]] = field(default_factory=dict)
    positions: bool = False

    def lines(self) -> list[NDArray[np.float64]]:
        return [*self.training.values(), *self.validation.values()]

    def members(self) -> list[Any]:
        return sorted(self.training.keys() | self.validation.keys(), key=lambda member: (member is not None, member))

    @property
    def is_family(self) -> bool:
        return self.members() != [None]

    def panel(self) -> str:
        """Return the name of the panel that it stands in."""
        if self.name == "loss" or self.name.endswith("_loss"):
            return "loss"
        values = np.concatenate(self.lines())
        finite = values[np.isfinite(values)]
        is_rate = finite.size == 0 or (finite.min() >= 0 and finite.max() <= 1)
        return self.name if self.is_family or self.name in _LEARNING_RATES or not is_rate else _RATES


@dataclass
class _Panel:
    """Where lines are drawn: the Axes, the epochs, which of them are validated, and how training is dashed."""

    ax: Axes
    numbers: NDArray[Any]
    freq: int
    training: str


def history(
    drawn: Any,
    figure: Figure | None = None,
    *,
    include: Sequence[str] | None = None,
    validation_freq: int = 1,
) -> dict[str, Axes]:
    """Draw what Keras's `fit` returns, and return the panels by name.

    Parameters
    ----------
    drawn : keras.callbacks.History, or mapping of str to sequence
        A value an epoch under each key, or an array an epoch: a line a position.
    figure : matplotlib.figure.Figure, optional
        Where to draw; the current figure by default.
    include : sequence of str, optional
        Quantities to draw, without `val_` and thresholds; all by default.
    validation_freq : int, default 1
        As in `fit`: which epochs a shorter history of validation is of.

    Returns
    -------
    dict of str to matplotlib.axes.Axes
        `"loss"` (of every output), `"rates"` (all quantities between 0 and 1), one for each other quantity, and one for
        each family of thresholds.

    Notes
    -----
    Training (dashed) and validation (solid) of one quantity have one colour; where nothing is validated, training is
    solid. Keys that end in thresholds, `recall_0_05` or `recall@0.05`, are one family: up to six lines are named, more
    have a scale of colours. `auc_1` is no threshold: a family has two or more members, and a fraction among them.
    Epochs count from 1, as in Keras's progress bar.

    Raises
    ------
    Error
        For no epoch, an unknown quantity, or a number of values that does not fit the epochs.
    ImportError
        Without Matplotlib (`pip install 'thresher[plots]'`).

    Examples
    --------
    >>> import thresher as th
    >>> from matplotlib.figure import Figure
    >>> logs = {"loss": [0.7, 0.5], "val_loss": [0.8, 0.6], "recall_0_5": [0.2, 0.4], "recall_0_25": [0.5, 0.7]}
    >>> panels = th.plots.history(logs, Figure())
    >>> {name: len(ax.lines) for name, ax in panels.items()}
    {'loss': 2, 'recall': 2}
    """
    figure = figure or needed("matplotlib.pyplot", "history()", "thresher[plots]").gcf()
    quantities = _quantities(getattr(drawn, "history", drawn), include)
    count = max(len(line) for quantity in quantities for line in quantity.lines())
    epochs = getattr(drawn, "epoch", None)
    numbers = np.arange(count) + 1 if epochs is None else np.asarray(epochs) + 1
    return _draw_panels(quantities, numbers, figure, validation_freq)


def _draw_panels(
    quantities: Sequence[_Quantity], numbers: NDArray[Any], figure: Figure, validation_freq: int
) -> dict[str, Axes]:
    panels: dict[str, list[_Quantity]] = {}
    for quantity in quantities:
        panels.setdefault(quantity.panel(), []).append(quantity)
    order = sorted(panels, key=lambda name: (name != "loss", name != _RATES))
    columns = math.ceil(math.sqrt(len(order)))
    grid = figure.subplots(math.ceil(len(order) / columns), columns, squeeze=False).ravel()
    for unused in grid[len(order) :]:
        unused.remove()
    axes = dict(zip(order, grid, strict=False))
    for name, ax in axes.items():
        both = any(quantity.validation for quantity in panels[name])
        for place, quantity in enumerate(panels[name]):
            draw = _draw_family if quantity.is_family else _draw_pair
            draw(quantity, _Panel(ax, numbers, validation_freq, "--" if both else "-"), place)
        _finish(ax, name, both)
    return axes


def _quantities(history: Mapping[str, Sequence[Any]], include: Sequence[str] | None) -> list[_Quantity]:
    """Return what the keys tell of, in their order; keys that tell thresholds apart belong to one quantity."""
    columns = {name: np.asarray(values, float) for name, values in history.items() if len(values)}
    stems = {name: name.removeprefix(_VALIDATION) for name in columns}
    families = _families(set(stems.values()))
    found: dict[str, _Quantity] = {}
    for name, column in columns.items():
        base, member = families.get(stems[name], (stems[name], None))
        if include is not None and base not in include:
            continue
        quantity = found.setdefault(base, _Quantity(base))
        side = quantity.validation if name != stems[name] else quantity.training
        if column.ndim == 1:
            side[member] = column
        else:  # an array an epoch: a threshold a position, whose values Keras does not tell
            quantity.positions = True
            side.update({float(place): line for place, line in enumerate(column.reshape(len(column), -1).T)})
    missing = [name for name in include or () if name not in found]
    if missing:
        known = dict.fromkeys(families.get(stem, (stem, None))[0] for stem in stems.values())
        raise Error(f"`include` names {missing[0]!r}, which is none of the history's quantities: {', '.join(known)}")
    if not found:
        raise Error("`history` has no epoch to draw")
    return list(found.values())


def _families(names: set[str]) -> dict[str, tuple[str, float]]:
    """Return, for each name that ends in a threshold, the name before that and the threshold.

    `auc_1` is no threshold of `auc`, but Keras's second AUC: a family has two members, and one of them a fraction.
    """
    found: dict[str, tuple[str, float]] = {}
    fractions: set[str] = set()
    for name in names:
        match = _FRACTION.fullmatch(name) or _WHOLE.fullmatch(name)
        if match is None:
            continue
        found[name] = match[1], float(match[2].replace("_", "."))
        if match.re is _FRACTION:
            fractions.add(match[1])
    sizes = [base for base, _ in found.values()]
    return {name: member for name, member in found.items() if member[0] in fractions and sizes.count(member[0]) > 1}


def _draw_pair(quantity: _Quantity, panel: _Panel, place: int) -> None:
    _draw_sides(quantity, None, panel, {"color": f"C{place % 10}", "label": quantity.name})


def _draw_family(quantity: _Quantity, panel: _Panel, place: int) -> None:
    members = quantity.members()
    scale = needed("matplotlib.cm", "history()", "thresher[plots]").ScalarMappable(
        needed("matplotlib.colors", "history()", "thresher[plots]").Normalize(min(members), max(members)), "viridis"
    )
    word = "position" if quantity.positions else "threshold"
    named = len(members) <= _MOST_NAMED
    for member in members:
        label = f"{word} {member:g}" if named else "_member"
        style = {"color": scale.to_rgba(member), "label": label}
        _draw_sides(quantity, member, panel, style if named else style | {"linewidth": 1.0})
    if not named:
        panel.ax.figure.colorbar(scale, ax=panel.ax, label=word.capitalize())


def _draw_sides(quantity: _Quantity, member: float | None, panel: _Panel, style: dict[str, Any]) -> None:
    """Draw the lines of validation and of training in one colour; the legend names the first."""
    for side, dashes in ((quantity.validation, "-"), (quantity.training, panel.training)):
        if member in side:
            at = _epochs_of(quantity.name, side[member], panel, validation=side is quantity.validation)
            panel.ax.plot(at, side[member], linestyle=dashes, marker="o" if len(at) == 1 else "", **style)
            style = style | {"label": "_other side"}


def _epochs_of(name: str, line: NDArray[np.float64], panel: _Panel, validation: bool) -> NDArray[Any]:
    numbers, freq = panel.numbers, panel.freq
    at = numbers[freq - 1 :: freq] if validation and len(line) != len(numbers) else numbers
    if len(at) != len(line):
        side = f"validation of {name!r}" if validation else f"{name!r}"
        raise Error(
            f"{side} has {len(line)} values for {len(numbers)} epochs, where `validation_freq={freq}` means {len(at)}"
        )
    return at


def _finish(ax: Axes, name: str, both: bool) -> None:
    """Name the axes, and say in the legend which lines are of training and which of validation."""
    if name != _RATES:
        ax.set_ylabel(name)
    ax.set_xlabel("Epoch")
    ax.xaxis.set_major_locator(needed("matplotlib.ticker", "history()", "thresher[plots]").MaxNLocator(integer=True))
    if name in _LEARNING_RATES:
        ax.set_yscale("log")
    handles, labels = ax.get_legend_handles_labels()
    if both:
        line = needed("matplotlib.lines", "history()", "thresher[plots]").Line2D
        handles += [line([], [], color="0.3", linestyle=dashes) for dashes in ("-", "--")]
        labels += ["validation", "training"]
    if labels and labels != [name]:
        ax.legend(handles, labels, fontsize="small")
