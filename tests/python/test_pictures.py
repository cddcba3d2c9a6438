"""Every picture looks as it did when it was last looked at.

After a change that is meant, `THRESHER_WRITE_BASELINES=1 python -m pytest tests/python/test_pictures.py` writes the
pictures in `baseline/` anew: look at each before it is committed.
"""

import os
from pathlib import Path

import numpy as np
import pytest

import thresher as th

pyplot = pytest.importorskip("matplotlib.pyplot")
testing = pytest.importorskip("matplotlib.testing.compare")

BASELINE = Path(__file__).parent / "baseline"
MOST_BYTES = 400_000  # of all baselines together
TOLERANCE = 3.0  # root mean square of 0 to 255: a line that moves by its width is above, antialiasing is below


def rows(n: int = 400, skill: float = 1.0):
    """Labels and scores in [0, 1) by arithmetic alone, so that they are the same everywhere."""
    steps = np.arange(n)
    scores = (steps * 167 % 401) / 401
    chance = (steps * 283 % 409) / 409
    return chance < 0.1 + 0.6 * skill * scores**2 + 0.25 * (1 - skill), np.round(scores, 3)


def counted(accumulator, *arguments, **settings):
    accumulator.update(*rows(*arguments, **settings))
    return accumulator


GOOD, POOR = counted(th.ExactCounts()), counted(th.ExactCounts(), skill=0.4)
FEW = counted(th.ThresholdCounts([0.2, 0.5, 0.8]))
TENTHS = counted(th.ThresholdCounts(np.arange(1, 10) / 10))
ROC, PRECISION_RECALL = GOOD.roc_curve(), GOOD.precision_recall_curve()


def both(name):
    return {"good": getattr(GOOD, name)(), "poor": getattr(POOR, name)()}


def history(ax):
    """A training of twelve epochs, in as many panels as its quantities need, in place of the Axes."""
    figure, learned = ax.figure, 1 - np.exp(-np.arange(1, 13) / 4)
    figure.set_layout_engine("constrained")
    ax.remove()
    logs = {"loss": 0.7 - 0.5 * learned, "auc": 0.5 + 0.45 * learned}
    logs |= {f"recall_0_{5 * number:02}": learned * (1 - number / 20) for number in range(1, 20)}
    logs |= {f"true_positives_0_{number}": 1_000 * learned * (1 - number / 10) for number in (2, 5, 8)}
    th.plots.history(logs | {f"val_{name}": 0.9 * values for name, values in logs.items()}, figure)
    return ax


PICTURES = {
    "history": history,
    "roc_band": lambda ax: ROC.plot(ax, name="good", band=GOOD.roc_band(), plot_chance_level=True),
    "roc_band_fixed_width": lambda ax: GOOD.roc_band(method="fixed-width").plot(ax, name="good"),
    "precision_recall_band": lambda ax: PRECISION_RECALL.plot(
        ax, band=GOOD.precision_recall_band(), plot_chance_level=True
    ),
    "roc_compared": lambda ax: th.plots.compare(
        both("roc_curve") | {"few": FEW.roc_curve()}, ax, plot_chance_level=True
    ),
    "det": lambda ax: th.plots.compare(both("det_curve"), ax, plot_chance_level=True),
    "gain": lambda ax: th.plots.compare(both("gain_curve"), ax, plot_chance_level=True),
    "lift": lambda ax: th.plots.compare(both("lift_curve"), ax, plot_chance_level=True),
    "precision_recall_gain": lambda ax: FEW.precision_recall_gain_curve().plot(ax, plot_chance_level=True),
    "decision": lambda ax: GOOD.decision_curve().plot(ax),
    "decision_compared": lambda ax: th.plots.compare(both("decision_curve"), ax),
    "thresholds": lambda ax: GOOD.confusion().plot(ax),
    "thresholds_intervals": lambda ax: GOOD.best_threshold("youden_j", tolerance=0.1).plot(
        GOOD.confusion(), ax, level=0.95
    ),
    "thresholds_binned": lambda ax: TENTHS.best_threshold("f1").plot(TENTHS.confusion(), ax),
    "thresholds_costs": lambda ax: GOOD.best_threshold(
        costs={"false_positive": 1, "false_negative": 5}, prevalence=0.2
    ).plot(GOOD.confusion(), ax),
    "matrix": lambda ax: GOOD.confusion(0.5).plot(ax),
    "matrix_of_classes": lambda ax: th.plots.confusion_matrix(
        np.arange(36).reshape(6, 6) % 5 + 40_000 * np.eye(6, dtype=int), ax, labels="abcdef"
    ),
    "rate_intervals": lambda ax: GOOD.confusion().interval("precision").plot(ax),
    "reliability": lambda ax: GOOD.reliability_curve().plot(ax, name="good"),
    "reliability_compared": lambda ax: th.plots.compare(both("reliability_curve"), ax),
    "isotonic": lambda ax: GOOD.isotonic_calibration().plot(ax),
    "isotonic_step": lambda ax: TENTHS.isotonic_calibration().plot(ax),
    "estimates": lambda ax: th.plots.compare(both("roc_auc_interval") | {"few": FEW.roc_auc_interval()}, ax),
    "areas": lambda ax: th.compare_roc_auc_unpaired(GOOD, POOR).plot(ax, names=("good", "poor")),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_looks_as_before(name, tmp_path):
    write = os.environ.get("THRESHER_WRITE_BASELINES") == "1"
    expected, drawn = BASELINE / f"{name}.png", tmp_path / f"{name}.png"
    with pyplot.style.context("default"):
        figure, ax = pyplot.subplots(figsize=(6.4, 4.8), dpi=50)  # laid out as usual, at half the size
        assert PICTURES[name](ax) is ax
        figure.savefig(expected if write else drawn, metadata={"Software": None}, pil_kwargs={"optimize": True})
        pyplot.close(figure)
    if not write:
        assert testing.compare_images(str(expected), str(drawn), tol=TOLERANCE) is None


def test_every_baseline_belongs_to_a_picture_and_all_are_small():
    kept = sorted(BASELINE.glob("*"))
    assert [path.stem for path in kept if path.suffix == ".png"] == sorted(PICTURES)
    assert len(kept) == len(PICTURES)
    assert sum(path.stat().st_size for path in kept) <= MOST_BYTES
