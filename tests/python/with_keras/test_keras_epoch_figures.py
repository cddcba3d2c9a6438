"""The figures of EpochCurves, and how curves are thinned and chosen for them."""

import numpy as np
import pytest

import thresher as th
from epochs import Evaluated, counted
from thresher.keras import EpochCurves
from thresher.keras._epoch_figures import curves_figure, tables_figure
from thresher.keras._images import pixels, png
from thresher.keras._loggers import counts_at, even_counts
from thresher.keras._overlay import Overlay, thinned_curve

pytest.importorskip("matplotlib.figure")


def drawn(count):
    return [(epoch, counted(epoch / 4, seed=epoch).roc_curve()) for epoch in range(1, count + 1)]


def lines_of_curves(ax):
    return [line for line in ax.lines if line.get_color() == "C0"]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_newest_curve_is_strongest_and_the_others_fade_with_age():
    curves = drawn(5)
    [ax] = curves_figure({"": curves}, "ROC curve", 50).axes
    lines = lines_of_curves(ax)
    for line, (_, curve) in zip(lines, curves, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.column_stack([curve.fpr, curve.tpr]))
    alphas = [line.get_alpha() for line in lines[:-1]]
    assert sorted(set(alphas)) == alphas
    assert alphas[-1] < 1
    assert lines[-1].get_alpha() is None
    assert lines[-1].get_linewidth() > lines[0].get_linewidth()
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [words.split(" (")[0] for words in legend] == ["epoch 1", "epoch 5", "Chance level"]


def test_labels_are_panels_named_by_their_keys():
    figure = curves_figure({name: drawn(2) for name in "abcde"}, "ROC curve", 50)
    assert [ax.get_title() for ax in figure.axes] == list("abcde")
    assert [bool(ax.get_ylabel()) for ax in figure.axes] == [True, False, False, True, False]
    assert [bool(ax.get_xlabel()) for ax in figure.axes] == [False, False, True, True, True]


def test_tables_hold_the_counts_of_keras_s_comparison_at_the_threshold():
    held = th.ExactCounts()
    held.update([0, 1, 1, 0, 1], [0.5, 0.5, 0.75, 0.75, 0.25])
    pictures = EpochCurves(Evaluated(), threshold=0.5)
    [ax] = tables_figure(pictures.tables({"": held}, {}), "Confusion matrix", 50).axes
    assert texts(ax) == ["1", "1", "2", "1"]  # a score of just 0.5 is not above it
    assert ax.get_xlabel() == "score > 0.5"
    pictures.validation.comparison = ">="
    [ax] = tables_figure(pictures.tables({"": held}, {}), "Confusion matrix", 50).axes
    assert texts(ax) == ["0", "2", "1", "2"]
    assert ax.get_xlabel() == "score >= 0.5"


def test_a_softmax_output_has_one_matrix_and_other_outputs_their_own_tables():
    pictures = EpochCurves(Evaluated())
    counts = {key: counted(1) for key in ("kind/cat", "kind/dog", "old")}
    tables = pictures.tables(counts, {"kind": np.array([[7, 1], [2, 5]])})
    assert list(tables) == ["kind", "old"]
    classes, old = tables_figure(tables, "Confusion matrix", 50).axes
    assert texts(classes) == ["7", "1", "2", "5"]
    assert [label.get_text() for label in classes.get_yticklabels()] == ["cat", "dog"]
    assert [label.get_text() for label in old.get_yticklabels()] == ["negative", "positive"]
    names = EpochCurves(Evaluated()).tables({"0": counted(1), "1": counted(1)}, {"": np.eye(2)})[""][1]
    assert names == ["0", "1"]


@pytest.mark.parametrize("name", ["roc", "precision_recall"])
def test_a_thinned_curve_is_small_and_nowhere_a_pixel_off(name):
    counts = counted(1.5, rows=100_000)
    full = getattr(counts, f"{name}_curve")()
    thin = thinned_curve(counts, name)
    assert len(thin.thresholds) < 2_500 < len(full.thresholds)
    x, y = ("fpr", "tpr") if name == "roc" else ("recall", "precision")
    places = np.column_stack([getattr(thin, x), getattr(thin, y)])
    full_points = np.column_stack([getattr(full, x), getattr(full, y)])[::29]
    nearest = [np.abs(places - point).max(axis=1).min() for point in full_points]
    assert max(nearest) <= 1e-3
    assert thin.thresholds[0] == full.thresholds[0]
    area = "auc" if name == "roc" else "average_precision"
    assert getattr(thin, area) == getattr(full, area)


def test_a_curve_of_one_class_or_of_nothing_is_drawn_all_the_same():
    one = th.ExactCounts()
    one.update([1, 1], [0.25, 0.5])
    for held in (one, th.ExactCounts()):
        for name in ("roc", "precision_recall"):
            assert pixels(curves_figure({"": [(1, thinned_curve(held, name))]}, name, 20)).size


def test_earlier_curves_are_spread_over_all_epochs_and_never_too_many():
    overlay = Overlay(4)
    shown = [[number for number, _ in overlay.panels(epoch, {"": epoch})[""]] for epoch in range(20)]
    assert shown[0] == [1]
    assert shown[4] == [1, 2, 3, 4, 5]
    assert shown[5] == [1, 3, 5, 6]
    assert shown[19] == [1, 9, 17, 20]
    assert max(map(len, shown)) == 5
    assert [number for number, _ in Overlay(0).panels(3, {"": 3})[""]] == [4]


def test_training_that_begins_again_forgets_the_curves_that_it_repeats():
    overlay = Overlay(10)
    for epoch in range(4):
        overlay.panels(epoch, {"": epoch})
    assert [number for number, _ in overlay.panels(2, {"": 2})[""]] == [1, 2, 3]
    assert [number for number, _ in overlay.panels(0, {"": 0})[""]] == [1]


def test_counts_at_thresholds_are_the_accumulator_s_own():
    cuts = th.ThresholdCounts([0.75, 0.25, 0.5])
    cuts.update([0, 1, 1, 0], [0.3, 0.6, 0.9, 0.1])
    assert counts_at(cuts, 0.5).true_positives == 2
    assert counts_at(cuts, np.array([0.25, 0.75])).true_positives.tolist() == [2, 1]
    with pytest.raises(th.Error, match=r"counts at threshold 0\.3 are asked for, but ThresholdCounts holds others"):
        counts_at(cuts, 0.3)
    exact, compact = (counted(1, accumulator=kind) for kind in (th.ExactCounts, th.CompactCounts))
    even = even_counts(exact, 5)
    assert even.comparison == ">"
    np.testing.assert_array_equal(even.thresholds, np.arange(5) / 4)
    assert even_counts(compact, 5).true_positives.tolist() == exact.confusion(np.arange(5) / 4).true_positives.tolist()


def test_pictures_are_figures_or_arrays_of_bytes():
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert pixels(grey).shape == (3, 4, 1)
    assert png(grey).startswith(b"\x89PNG")
    assert pixels(curves_figure({"": drawn(1)}, "", 20)).shape[2] == 4
    for bad in (grey.astype(float), np.zeros((2, 2, 5), np.uint8), np.zeros((0, 2), np.uint8), "picture"):
        with pytest.raises(th.Error, match="a picture must be a Matplotlib figure or a uint8 array"):
            pixels(bad)
