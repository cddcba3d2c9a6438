"""Plots draw what the curves hold, on the Axes they are given, and return them."""

import numpy as np
import pytest

import thresher as th

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def figures():
    yield
    pyplot.close("all")


DRAWN = {
    "roc_curve": ("fpr", "tpr"),
    "precision_recall_curve": ("recall", "precision"),
    "det_curve": ("fpr", "fnr"),
    "gain_curve": ("predicted_positive_rate", "recall"),
    "lift_curve": ("predicted_positive_rate", "lift"),
    "precision_recall_gain_curve": ("recall_gain", "precision_gain"),
    "decision_curve": ("thresholds", "model"),
}


@pytest.fixture
def counts(rows):
    held = th.ExactCounts()
    held.update(*rows)
    return held


@pytest.fixture(params=DRAWN)
def curve(request, counts):
    return getattr(counts, request.param)()


def drawn_columns(curve):
    [names] = [DRAWN[name] for name in DRAWN if name.replace("_", "") == type(curve).__name__.lower()]
    return np.column_stack([getattr(curve, name) for name in names])


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_curve_is_drawn_on_the_given_or_the_current_axes(curve):
    figure, ax = pyplot.subplots()
    assert curve.plot(ax) is ax
    assert curve.plot() is ax
    figure.canvas.draw()
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), drawn_columns(curve))
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_names_styles_and_chance_are_passed_on(curve):
    ax = curve.plot(name="model a", curve_kwargs={"color": "red", "linewidth": 3}, plot_chance_level=True)
    assert ax.lines[0].get_color() == "red"
    assert ax.lines[0].get_linewidth() == 3
    assert legend(ax)[0].startswith("model a")
    others = [name.split(" (")[0] for name in legend(ax)[1:]]
    assert others == (["Treat all", "Treat none"] if isinstance(curve, th.DecisionCurve) else ["Chance level"])
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("roc_curve", [[0, 0], [1, 1]]),
        ("precision_recall_curve", [[0, 0.276], [1, 0.276]]),
        ("gain_curve", [[0, 0], [1, 1]]),
        ("lift_curve", [[0, 1], [1, 1]]),
        ("precision_recall_gain_curve", [[0, 0], [1, 0]]),
    ],
)
def test_chance_is_what_ignoring_the_input_reaches(counts, name, expected):
    ax = getattr(counts, name)().plot(plot_chance_level=True)
    prevalence = counts.n_positives / counts.n_samples
    expected = np.where(np.array(expected) == 0.276, prevalence, expected)
    np.testing.assert_allclose(ax.lines[1].get_xydata(), expected)


def test_a_decision_curve_shows_treating_all_and_none_and_where_they_cross(counts):
    curve = counts.decision_curve()
    ax = curve.plot()
    assert legend(ax) == ["Model", "Treat all", "Treat none"]
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), np.column_stack([curve.thresholds, curve.treat_all]))
    assert ax.lines[2].get_ydata().tolist() == [0, 0]
    bottom, top = ax.get_ylim()
    assert curve.treat_all.min() < bottom < min(0, curve.model.min()) < curve.model.max() < top
    assert len(curve.plot(pyplot.figure().gca(), plot_chance_level=False).lines) == 1


@pytest.mark.parametrize(("name", "kind"), [("roc_curve", "roc"), ("precision_recall_curve", "precision_recall")])
def test_a_band_is_shaded_and_named_in_the_curve_s_colour(counts, name, kind):
    curve = getattr(counts, name)()
    x, y = drawn_columns(curve).T
    band = th.Band(x, y, y - 0.1, y + 0.1, 0.9, "by hand", kind)
    ax = curve.plot(name="a", band=band)
    alone = band.plot(pyplot.figure().gca(), name="b")
    assert legend(alone) == ["b", "90 % band"]
    assert alone.get_xlabel() == ax.get_xlabel()
    np.testing.assert_array_equal(alone.lines[0].get_xydata(), np.column_stack([x, y]))
    [shaded] = ax.collections
    corners = {tuple(corner) for corner in shaded.get_paths()[0].vertices}
    assert {*zip(x, y - 0.1, strict=True), *zip(x, y + 0.1, strict=True)} <= corners
    assert legend(ax)[1] == "90 % band"
    assert tuple(shaded.get_facecolor()[0][:3]) == pyplot.matplotlib.colors.to_rgb(ax.lines[0].get_color())
    with pytest.raises(th.Error, match=f"`band` is of a {kind} curve, but the curve is a GainCurve"):
        counts.gain_curve().plot(band=band)


def test_the_legend_shows_the_area_and_the_bounds_of_an_inexact_one(rows):
    assert legend(th.roc_curve(*rows).plot()) == [f"AUC = {th.roc_auc(*rows):.3g}"]
    few = th.ThresholdCounts([0.3, 0.6])
    few.update(*rows)
    assert "AUC = " in legend(few.roc_curve().plot(pyplot.figure().gca(), name="few"))[0]
    assert " in [" in legend(few.roc_curve().plot(pyplot.figure().gca(), name="few"))[0]
    assert " in [" in legend(few.precision_recall_curve().plot(pyplot.figure().gca(), name="few"))[0]


def test_the_legend_says_1_of_a_perfect_area_alone():
    scores = np.linspace(0.0, 1.0, 20_000)
    labels = scores > 0.5
    for swapped, said in ((False, "AUC = 1"), (True, "AUC = 0.999")):
        labels[[0, -1]] = [swapped, not swapped]
        curve = th.roc_curve(labels, scores)
        assert (curve.auc == 1) is not swapped
        line, *_ = th.plots.curve(curve, pyplot.figure().subplots()).get_lines()
        assert line.get_label() == said


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
    assert len({line.get_linestyle() for line in ax.lines}) == 3
    with pytest.raises(th.Error, match="curves of one kind, but holds DetCurve, RocCurve"):
        th.plots.compare({"a": th.roc_curve(labels, scores), "b": th.det_curve(labels, scores)})


def test_every_kind_of_curve_is_compared(curve):
    ax = th.plots.compare({"a": curve, "b": curve})
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), drawn_columns(curve))
    assert [name.split(" (")[0] for name in legend(ax)][:2] == ["a", "b"]
    styled = th.plots.compare({"a": curve, "b": curve}, pyplot.figure().gca(), curve_kwargs={"ls": "-."})
    assert {line.get_linestyle() for line in styled.lines[:2]} == {"-."}


def test_long_det_curves_keep_their_small_rates():
    rng = np.random.default_rng(1)
    labels = rng.random(200_000) < 0.5
    curve = th.det_curve(labels, rng.normal(size=200_000) + 2 * labels)
    fpr, fnr = curve.plot().lines[0].get_data()
    assert len(fpr) < 5_000
    for whole, kept in (curve.fpr, fpr), (curve.fnr, fnr):
        assert min(kept[kept > 0]) == min(whole[whole > 0])
        assert np.count_nonzero((kept > 0) & (kept < 1e-4)) > 2


@pytest.mark.parametrize("labels", [[], [0, 0, 0], [1, 1, 1], [0, 1, 1], [1, 0, 0]])
def test_degenerate_curves_can_be_drawn(labels):
    held = th.ExactCounts()
    held.update(np.array(labels, dtype=float), np.array([0.0, 0.5, 0.5][: len(labels)]))
    for name in DRAWN:
        getattr(held, name)().plot(pyplot.figure().gca(), plot_chance_level=True).figure.canvas.draw()


def test_a_det_curve_at_infinity_alone_is_drawn_in_the_square():
    ax = th.det_curve([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]).plot()
    ax.figure.canvas.draw()
    assert ax.get_xscale() == ax.get_yscale() == "linear"
    assert th.det_curve([0, 1, 0, 1], [0.1, 0.2, 0.8, 0.9]).plot(pyplot.figure().gca()).get_xscale() == "logit"
