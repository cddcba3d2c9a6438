"""Plots draw what the curves hold, on the Axes they are given, and return them."""

import numpy as np
import pytest

import thresher as th

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def figures():
    yield
    pyplot.close("all")


@pytest.fixture(params=["roc_curve", "precision_recall_curve", "det_curve"])
def curve(request, rows):
    return getattr(th, request.param)(*rows)


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_curve_is_drawn_on_the_given_or_the_current_axes(curve):
    figure, ax = pyplot.subplots()
    assert curve.plot(ax) is ax
    assert curve.plot() is ax
    figure.canvas.draw()
    drawn = ax.lines[0].get_xydata()
    names = {"RocCurve": ("fpr", "tpr"), "PrecisionRecallCurve": ("recall", "precision"), "DetCurve": ("fpr", "fnr")}
    expected = np.column_stack([getattr(curve, name) for name in names[type(curve).__name__]])
    np.testing.assert_array_equal(drawn, expected)
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_names_styles_and_chance_are_passed_on(curve):
    ax = curve.plot(name="model a", curve_kwargs={"color": "red", "linewidth": 3}, plot_chance_level=True)
    assert ax.lines[0].get_color() == "red"
    assert ax.lines[0].get_linewidth() == 3
    assert len(ax.lines) == 2
    assert legend(ax)[0].startswith("model a")
    assert legend(ax)[1].startswith("Chance level")
    ax.figure.canvas.draw()


def test_the_legend_shows_the_area_and_the_bounds_of_an_inexact_one(rows):
    assert legend(th.roc_curve(*rows).plot()) == [f"AUC = {th.roc_auc(*rows):.3g}"]
    few = th.ThresholdCounts([0.3, 0.6])
    few.update(*rows)
    assert "AUC = " in legend(few.roc_curve().plot(pyplot.figure().gca(), name="few"))[0]
    assert " in [" in legend(few.roc_curve().plot(pyplot.figure().gca(), name="few"))[0]
    assert " in [" in legend(few.precision_recall_curve().plot(pyplot.figure().gca(), name="few"))[0]


def test_long_curves_are_thinned_for_drawing_only():
    rng = np.random.default_rng(1)
    labels = rng.random(200_000) < 0.5
    curve = th.roc_curve(labels, rng.normal(size=200_000) + labels, drop_intermediate=False)
    assert len(curve.fpr) > 200_000
    drawn = curve.plot().lines[0].get_xdata()
    assert 100 < len(drawn) < 20_000
    assert len(curve.fpr) > 200_000


def test_several_models_are_compared_on_one_axes(rows):
    labels, scores = rows
    ax = th.plots.compare(
        {"a": th.roc_curve(labels, scores), "b": th.roc_curve(labels, -scores)}, plot_chance_level=True
    )
    assert len(ax.lines) == 3
    assert [each.split(" (")[0] for each in legend(ax)] == ["a", "b", "Chance level"]
    with pytest.raises(th.Error, match="curves of one kind, but holds DetCurve, RocCurve"):
        th.plots.compare({"a": th.roc_curve(labels, scores), "b": th.det_curve(labels, scores)})


def test_counts_are_drawn_against_the_threshold(rows):
    counts = th.confusion_at(*rows, [0.9, -np.inf, 0.1, 0.5, np.inf])
    ax = counts.plot()
    assert legend(ax) == ["recall", "precision", "f1"]
    assert ax.lines[0].get_xdata().tolist() == [0.1, 0.5, 0.9]
    assert ax.lines[0].get_ydata().tolist() == counts.recall[[2, 3, 0]].tolist()


def test_scalar_counts_are_drawn_as_a_table(rows):
    one = th.confusion_at(*rows, 0.5)
    ax = one.plot()
    texts = {text.get_text() for text in ax.texts}
    cells = one.true_positives, one.false_positives, one.false_negatives, one.true_negatives
    assert texts == {f"{cell:,}" for cell in cells}
    ax.figure.canvas.draw()


def test_empty_classes_can_be_drawn():
    for curve in th.roc_curve([0, 0], [0.1, 0.2]), th.precision_recall_curve([0, 0], [0.1, 0.2]):
        curve.plot(pyplot.figure().gca(), plot_chance_level=True).figure.canvas.draw()
    th.confusion_at([], [], 0.5).plot(pyplot.figure().gca()).figure.canvas.draw()
