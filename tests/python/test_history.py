"""plots.history: which keys belong together, which epochs values are of, and what the panels say."""

from types import SimpleNamespace

import numpy as np
import pytest

import thresher as th

matplotlib = pytest.importorskip("matplotlib.figure")


def drawn(history, **settings):
    return th.plots.history(history, matplotlib.Figure(), **settings)


def lines(ax):
    return [(list(line.get_xdata()), list(line.get_ydata()), line.get_linestyle()) for line in ax.lines]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_training_and_validation_share_a_colour_and_loss_stands_apart():
    panels = drawn({"loss": [2.0, 1.0], "auc": [0.5, 0.6], "val_loss": [2.5, 1.5], "val_auc": [0.4, 0.5], "f1": [0, 1]})
    assert list(panels) == ["loss", "rates"]
    assert lines(panels["loss"]) == [([1, 2], [2.5, 1.5], "-"), ([1, 2], [2.0, 1.0], "--")]
    colours = [line.get_color() for line in panels["rates"].lines]
    assert colours[0] == colours[1] != colours[2]
    assert legend(panels["loss"]) == ["loss", "validation", "training"]
    assert legend(panels["rates"]) == ["auc", "f1", "validation", "training"]


def test_without_validation_training_is_solid_and_not_explained():
    [panel] = drawn({"auc": [0.5, 0.6], "f1": [0.25, 0.5]}).values()
    assert [dashes for *_, dashes in lines(panel)] == ["-", "-"]
    assert legend(panel) == ["auc", "f1"]


def test_losses_of_outputs_stand_with_the_loss_and_what_is_no_rate_by_itself():
    history = {"head_loss": [1.0], "loss": [2.0], "auc": [0.5], "error": [7.0], "learning_rate": [1e-3]}
    panels = drawn(history)
    assert list(panels) == ["loss", "rates", "error", "learning_rate"]
    assert len(panels["loss"].lines) == 2
    assert panels["learning_rate"].get_yscale() == "log"


def test_keys_of_thresholds_are_one_family_in_the_order_of_thresholds():
    history = {
        "recall_0_5": [0.5, 0.6],
        "val_recall_0_5": [0.4, 0.5],
        "recall_0_05": [0.9, 1.0],
        "recall_1": [0.0, 0.0],
    }
    [(name, panel)] = drawn(history).items()
    assert name == "recall"
    assert legend(panel) == ["threshold 0.05", "threshold 0.5", "threshold 1", "validation", "training"]
    assert [values[0] for _, values, _ in lines(panel)] == [0.9, 0.4, 0.5, 0.0]


@pytest.mark.parametrize(
    ("keys", "families"),
    [
        (["auc", "auc_1", "auc_2"], {"rates"}),
        (["recall_1_0_05", "recall_1_0_1"], {"recall_1"}),
        (["recall@0.05", "recall@0.1"], {"recall"}),
        (["recall_1e-05", "recall_0_5"], {"recall"}),
        (["logit_-1_5", "logit_2"], {"logit"}),
        (["auc_0_5"], {"rates"}),
    ],
)
def test_a_name_with_a_number_is_a_threshold_only_where_it_must_be(keys, families):
    assert set(drawn({key: [0.5] for key in keys})) == families


def test_many_thresholds_have_a_scale_of_colours():
    history = {f"recall_0_{number:02}": [number / 20, 1.0] for number in range(1, 20)}
    panels = drawn(history)
    assert list(panels) == ["recall"]
    figure = panels["recall"].figure
    assert [ax.get_ylabel() for ax in figure.axes] == ["recall", "Threshold"]
    assert len({line.get_color() for line in panels["recall"].lines}) == 19


def test_arrays_are_a_line_a_position():
    history = {"recall": [np.array([0.5, 0.25]), np.array([0.75, 0.5])], "val_recall": [[0.4, 0.2], [0.5, 0.3]]}
    [panel] = drawn(history).values()
    assert legend(panel) == ["position 0", "position 1", "validation", "training"]
    assert [values for _, values, _ in lines(panel)] == [[0.4, 0.5], [0.5, 0.75], [0.2, 0.3], [0.25, 0.5]]


def test_a_history_of_keras_tells_its_epochs():
    [panel] = drawn(SimpleNamespace(history={"auc": [0.5, 0.6]}, epoch=[4, 5])).values()
    assert lines(panel) == [([5, 6], [0.5, 0.6], "-")]


def test_validation_now_and_then_stands_at_its_epochs():
    history = {"loss": [5.0, 4.0, 3.0, 2.0, 1.0], "val_loss": [4.5, 2.5]}
    [panel] = drawn(history, validation_freq=2).values()
    assert lines(panel)[0] == ([2, 4], [4.5, 2.5], "-")
    with pytest.raises(th.Error, match=r"validation of 'loss' has 2 values for 5 epochs.*`validation_freq=1` means 5"):
        drawn(history)
    with pytest.raises(th.Error, match=r"'auc' has 1 values for 5 epochs"):
        drawn(history | {"auc": [0.5]}, validation_freq=2)


def test_quantities_can_be_chosen_and_must_be_there():
    history = {"loss": [1.0], "val_loss": [1.0], "recall_0_1": [0.5], "recall_0_2": [0.5], "auc": [0.5]}
    assert list(drawn(history, include=["recall", "loss"])) == ["loss", "recall"]
    with pytest.raises(
        th.Error, match=r"`include` names 'f1', which is none of the history's quantities: loss, recall, auc"
    ):
        drawn(history, include=["f1"])
    with pytest.raises(th.Error, match="`history` has no epoch"):
        drawn({})
    with pytest.raises(th.Error, match="`history` has no epoch"):
        drawn({"loss": []})


def test_the_current_figure_is_drawn_on_by_default():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    figure = pyplot.figure()
    [panel] = th.plots.history({"loss": [1.0, 0.5]}).values()
    assert panel.figure is figure
    pyplot.close(figure)


def test_a_matrix_of_classes_is_checked_and_numbered_where_numbers_fit():
    ax = th.plots.confusion_matrix([[8.5, 2], [1, 9]], matplotlib.Figure().subplots(), labels=["cat", "dog"])
    assert [text.get_text() for text in ax.texts] == ["8.5", "2", "1", "9"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog"]
    large = th.plots.confusion_matrix(np.eye(50), matplotlib.Figure().subplots())
    assert len(large.texts) == 0
    assert len(large.get_xticks()) <= 40
    assert [ax.get_ylabel() for ax in large.figure.axes] == ["Label", "Share of the label's rows"]
    for bad in ([[1, 2]], [1, 2], np.zeros((0, 0))):
        with pytest.raises(th.Error, match=r"`matrix` must have shape \(k, k\) with k >= 1, but has shape"):
            th.plots.confusion_matrix(bad, matplotlib.Figure().subplots())
    with pytest.raises(th.Error, match="`labels` must name 2 classes, as `matrix` has, but has 1 entries"):
        th.plots.confusion_matrix(np.eye(2), matplotlib.Figure().subplots(), labels=["cat"])
