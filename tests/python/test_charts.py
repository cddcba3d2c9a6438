"""Charts of thresholds, calibration and estimates draw what the results hold."""

import io

import numpy as np
import pytest

import thresher as th

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def figures():
    yield
    pyplot.close("all")


@pytest.fixture
def counts(rows):
    held = th.ExactCounts()
    held.update(*rows)
    return held


@pytest.fixture
def binned(rows):
    held = th.ThresholdCounts([0.2, 0.4, 0.6])
    held.update(*rows)
    return held


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def shaded(ax, label):
    """The extent in x and y of what is shaded under this label."""
    [found] = [each for each in ax.collections if each.get_label() == label]
    corners = found.get_paths()[0].vertices
    return corners.min(axis=0).tolist(), corners.max(axis=0).tolist()


def test_counts_are_drawn_against_the_threshold(rows):
    counts = th.confusion_at(*rows, [0.9, -np.inf, 0.1, 0.5, np.inf])
    ax = counts.plot()
    assert legend(ax) == ["recall", "precision", "f1"]
    for line in ax.lines:
        assert line.get_xdata().tolist() == [0.1, 0.5, 0.9]
        np.testing.assert_array_equal(line.get_ydata(), counts.rate(line.get_label())[[2, 3, 0]])
    assert len({line.get_linestyle() for line in ax.lines}) == 3


def test_intervals_are_shaded_around_each_rate(counts):
    table = counts.confusion()
    ax = table.plot(rates=["precision", "youden_j"], level=0.9)
    assert legend(ax) == ["precision", "youden_j", "90 % intervals"]
    for name, drawn in zip(["precision", "youden_j"], ax.collections, strict=True):
        around = table.interval(name, 0.9)
        corners = {tuple(corner) for corner in drawn.get_paths()[0].vertices}
        for ends in around.lower, around.upper:
            assert set(zip(table.thresholds, ends, strict=True)) <= corners


def test_the_choice_is_marked_with_its_run(counts):
    choice = counts.best_threshold("f1", tolerance=0.05)
    assert choice.lowest < choice.highest
    ax = choice.plot(counts.confusion())
    assert legend(ax)[:3] == ["recall", "precision", "f1"]
    assert legend(ax)[3:] == ["within 5 % of the best", f"chosen: {choice.threshold:.4g} (f1 = {choice.value:.3g})"]
    assert np.unique(ax.lines[-1].get_xdata()).tolist() == [choice.threshold]
    (left, _), (right, _) = shaded(ax, "within 5 % of the best")
    assert (left, right) == (choice.lowest, choice.highest)


def test_the_legend_stands_above_all_rates(counts):
    for level in None, 0.95:
        ax = counts.best_threshold().plot(counts.confusion(), pyplot.figure().gca(), level=level)
        ax.figure.canvas.draw()
        bottom = ax.transData.inverted().transform(ax.get_legend().get_window_extent().p0)[1]
        assert 1.0 < bottom < 1.2
        assert ax.get_yticks().max() == pytest.approx(1)


def test_binned_counts_show_where_a_better_threshold_may_lie(binned):
    choice = binned.best_threshold("f1")
    assert choice.unresolved is not None
    ax = choice.plot(binned.confusion())
    (left, _), (right, _) = shaded(ax, "a better one may lie here")
    assert (left, right) == tuple(np.clip(choice.unresolved, 0.2, 0.6))


def test_what_is_not_feasible_or_infinite_says_so(counts):
    table = counts.confusion()
    bounds = {"precision": (0.99, None), "recall": (0.9, None)}
    text = legend(counts.best_threshold("recall", subject_to=bounds).plot(table))[-1]
    assert text.startswith("not feasible, closest: ")
    nothing = counts.best_threshold(costs={"false_positive": 1e6})
    ax = nothing.plot(table, pyplot.figure().gca())
    assert legend(ax)[-1] == "chosen: inf (expected_cost = 0)"
    assert len(ax.lines[-1].get_xdata()) == 0
    rare = counts.best_threshold(costs={"false_positive": 1, "false_negative": 1}, prevalence=0.1)
    assert "at prevalence 0.1" in legend(rare.plot(table, pyplot.figure().gca()))[-1]


def test_rates_without_a_bound_and_undefined_ones_are_drawn(counts):
    ax = counts.confusion().plot(rates=("lift", "positive_likelihood_ratio"), level=0.9)
    ax.figure.canvas.draw()
    highest = np.nanmax([np.nanmax(line.get_ydata()) for line in ax.lines])
    assert ax.get_ylim()[1] > highest
    empty = th.ExactCounts()
    empty.best_threshold().plot(empty.confusion(), pyplot.figure().gca(), level=0.9).figure.canvas.draw()


def test_bad_arguments_are_named(counts):
    table = counts.confusion()
    with pytest.raises(th.Error, match="`rates` must be"):
        table.plot(rates=["speed"])
    with pytest.raises(th.Error, match="`rates` must be one name or more"):
        table.plot(rates="recall")
    with pytest.raises(th.Error, match="`counts` must be at several thresholds"):
        counts.best_threshold().plot(table[0])
    weighted = th.ConfusionCounts([0.1, 0.2], [2.5, 1], [1, 1], [1, 2.5], [2, 2])
    with pytest.raises(th.Error, match="weight_meaning"):
        weighted.plot(level=0.9)
    assert "90 % intervals" in legend(weighted.plot(pyplot.figure().gca(), level=0.9, weight_meaning="frequency"))


def test_scalar_counts_are_drawn_as_a_table(rows):
    one = th.confusion_at(*rows, 0.5)
    ax = one.plot()
    texts = {text.get_text() for text in ax.texts}
    cells = one.true_positives, one.false_positives, one.false_negatives, one.true_negatives
    assert texts == {f"{cell:,}" for cell in cells}
    ax.figure.canvas.draw()
    th.confusion_at([], [], 0.5).plot(pyplot.figure().gca()).figure.canvas.draw()


def test_a_rate_is_drawn_with_its_intervals(rows):
    intervals = th.confusion_at(*rows, [0.9, 0.1, np.inf, 0.5]).interval("recall", 0.9)
    ax = intervals.plot()
    assert ax.lines[0].get_xydata().tolist() == [[at, intervals.value[i]] for at, i in ((0.1, 1), (0.5, 3), (0.9, 0))]
    assert legend(ax) == ["recall", "90 % intervals"]
    (_, lowest), (_, highest) = shaded(ax, "90 % intervals")
    assert (lowest, highest) == (intervals.lower[[0, 1, 3]].min(), intervals.upper[[0, 1, 3]].max())


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_a_reliability_diagram_has_points_intervals_diagonal_and_histogram(counts, strategy):
    curve = counts.reliability_curve(7, strategy, level=0.9)
    ax = curve.plot(name="a")
    [(line, _, [bars])] = ax.containers
    np.testing.assert_array_equal(line.get_xydata(), np.column_stack([curve.mean_score, curve.positive_rate]))
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(ends, np.column_stack([curve.rate_lower, curve.rate_upper]), atol=1e-15)
    names = [f"a (ECE = {curve.expected_calibration_error:.3g})", "Perfectly calibrated"]
    assert legend(ax) == [*names, f"Rows per bin (up to {curve.weight.max():,.0f})"]
    assert "90 % intervals" in ax.get_ylabel()
    [histogram] = [each for each in ax.collections if "Rows" in str(each.get_label())]
    heights = np.array([path.vertices[:, 1].max() for path in histogram.get_paths()])
    np.testing.assert_allclose(heights / heights.max(), curve.weight / curve.weight.max())
    middles = [path.vertices[:4, 0].mean() for path in histogram.get_paths()]
    np.testing.assert_allclose(middles, (curve.lower + curve.upper) / 2)
    assert len(curve.plot(pyplot.figure().gca(), histogram=False).collections) == 1


def test_a_histogram_of_weights_says_so(rows):
    labels, scores = rows
    held = th.ExactCounts()
    held.update(labels, scores, weights=np.where(labels, 1.0, 2.3))
    curve = held.reliability_curve()
    assert legend(curve.plot())[-1] == f"Weight per bin (up to {curve.weight.max():,.6g})"


def test_reliability_curves_are_compared_with_one_diagonal(counts):
    curve = counts.reliability_curve()
    ax = th.plots.compare({"a": curve, "b": curve})
    assert [text.split(" (")[0] for text in legend(ax)] == ["a", "b", "Perfectly calibrated"]


def test_a_recalibration_is_drawn_as_it_is_called(counts, binned):
    linear, step = counts.isotonic_calibration(), binned.isotonic_calibration()
    x, y = linear.plot().lines[0].get_data()
    np.testing.assert_allclose(linear(x), y)
    assert set(linear.thresholds) <= set(x)
    line = step.plot(pyplot.figure().gca()).lines[0]
    assert line.get_drawstyle() == "steps-post"
    x, y = line.get_data()
    np.testing.assert_array_equal(step((x[1:] + x[:-1]) / 2), y[:-1])
    assert legend(pyplot.gca()) == ["Isotonic", "Score as it is"]
    logits = th.ExactCounts()
    logits.update([0, 1, 0, 1], [-3.0, 0.5, 0.7, 4.0])
    assert legend(logits.isotonic_calibration().plot(pyplot.figure().gca())) == ["Isotonic"]
    th.ExactCounts().isotonic_calibration().plot(pyplot.figure().gca()).figure.canvas.draw()


def bars_of(ax):
    """The ends of each error bar, from the first row down."""
    return [container[2][0].get_segments()[0][:, 0].tolist() for container in ax.containers]


def test_estimates_stand_below_each_other_with_their_numbers(counts, binned):
    first, second = counts.roc_auc_interval(), counts.average_precision_interval(level=0.9)
    ax = first.plot(name="AUC")
    assert second.plot(ax, name="AP") is ax
    np.testing.assert_allclose(bars_of(ax), [[each.lower, each.upper] for each in (first, second)])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["AUC", "AP"]
    assert ax.get_yticks().tolist() == [0, 1]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert ax.get_xlabel() == "Value with 95 % interval"
    assert [text.get_text() for text in ax.texts] == [str(first).replace(", 95 %", ""), str(second)]
    third = binned.roc_auc_interval()
    third.plot(ax, name="binned", y=5)
    assert ax.get_yticks().tolist() == [0, 1, 5]
    assert " in [" in ax.texts[2].get_text()
    assert ax.lines[-1].get_xdata().tolist() == list(third.bounds)


def test_estimates_are_compared_and_their_numbers_never_cover_a_bar(counts, binned):
    found = {"exact": counts.roc_auc_interval(), "binned": binned.roc_auc_interval()}
    for size in (6.4, 4.8), (4, 3), (12, 3):
        ax = th.plots.compare(found, pyplot.figure(figsize=size).gca())
        ax.figure.canvas.draw()
        ends = ax.transData.transform([[max(upper for _, upper in bars_of(ax)), 0]])[0, 0]
        assert ends < min(text.get_window_extent().x0 for text in ax.texts)
        assert ax.get_xticks().max() < 1


def test_an_estimate_without_an_interval_is_a_point(rows):
    ax = th.Estimate(0.5, np.nan, np.nan, 0.95, "none").plot()
    assert bars_of(ax) == [[0.5, 0.5]]
    th.ExactCounts().roc_auc_interval().plot(pyplot.figure().gca()).figure.canvas.draw()


def test_a_comparison_shows_the_difference_on_the_scale_of_the_areas(rows):
    labels, scores = rows
    found = th.compare_roc_auc(labels, scores, np.roll(scores, 1) + labels * 0.1)
    ax = found.plot(names=("new", "old"))
    ax.figure.canvas.draw()
    shift = found.b.value
    ends = [[each.lower, each.upper] for each in (found.a, found.b)]
    ends.append([found.difference.lower + shift, found.difference.upper + shift])
    np.testing.assert_allclose(bars_of(ax), ends)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["new", "old", "difference"]
    assert ax.texts[-1].get_text().endswith(f"p = {found.p_value:.3g}")
    [below] = ax.child_axes
    assert below.get_xlabel() == "new − old with 95 % interval"
    np.testing.assert_allclose(below.get_xlim(), np.array(ax.get_xlim()) - shift)
    assert ax.xaxis.get_label_position() == "top"


def test_a_comparison_of_binned_counts_shows_bounds_and_no_p_value(counts, binned):
    ax = th.compare_roc_auc_unpaired(binned, counts).plot()
    assert [" in [" in text.get_text() for text in ax.texts] == [True, False, True]
    assert "p = " not in ax.texts[-1].get_text()


def test_pictures_need_no_pyplot(counts):
    left, right = pyplot.matplotlib.figure.Figure().subfigures(1, 2)
    counts.best_threshold().plot(counts.confusion(), left.subplots())
    counts.roc_auc_interval().plot(right.subplots())
    left.figure.savefig(io.BytesIO(), format="svg")


def test_a_comparison_without_a_class_can_be_drawn():
    empty = th.ExactCounts()
    th.compare_roc_auc_unpaired(empty, empty).plot().figure.canvas.draw()
    perfect = th.compare_roc_auc([0, 0, 1, 1], [1, 2, 3, 4], [1, 2, 3, 4])
    perfect.plot(pyplot.figure().gca()).figure.canvas.draw()
