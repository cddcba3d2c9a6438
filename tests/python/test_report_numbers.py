"""The report's slider, curves and slices: each number is the counts' own."""

import numpy as np
import pytest

import thresher as th
from report_page import CELLS, accumulators
from thresher._report._models import models_of
from thresher._report._page import RATES
from thresher._report._slices import MOST_SLICES
from thresher._report._steps import MOST_STEPS


@pytest.mark.parametrize("position", range(4), ids=["exact", "compact", "sums", "thresholds"])
def test_the_slider_has_the_exact_counts_at_exactly_the_thresholds_that_it_shows(page, rows, position):
    labels, scores = np.asarray(rows[0]), np.asarray(rows[1], dtype=np.float64)
    told = page(accumulators(labels, scores)[position]).data["models"][0]
    assert 10 < len(told["thresholds"]) <= MOST_STEPS
    for at, text in enumerate(told["thresholds"]):
        flagged = scores >= float(text)
        found = [
            np.sum(flagged & labels),
            np.sum(flagged & ~labels),
            np.sum(~flagged & labels),
            np.sum(~flagged & ~labels),
        ]
        assert [told[name][at] for name in CELLS] == found
    own = th.ConfusionCounts(np.zeros(len(told["thresholds"])), *(np.array(told[name]) for name in CELLS))
    for name in RATES:
        rates = [np.nan if rate is None else rate for rate in told["rates"][name]]
        np.testing.assert_allclose(rates, own.rate(name), rtol=1e-5)


def test_from_one_stop_of_the_slider_to_the_next_few_rows_change_sides():
    rng = np.random.default_rng(3)
    labels = rng.random(50_000) < 0.01
    scores = np.exp(rng.normal(labels * 2.0, 3.0))  # over many powers of ten
    counts = th.ExactCounts()
    counts.update(labels, scores)
    steps = models_of({"": counts}, None)[0].steps
    assert 800 < len(steps) <= MOST_STEPS
    moved = np.abs(np.diff(steps.recall)) + np.abs(np.diff(steps.false_positive_rate))
    assert moved.max() <= 2 * 2 / MOST_STEPS + 1 / labels.sum()


def test_thresholds_of_the_slider_are_as_short_as_they_can_be(page, counts):
    assert {"0.5", "0.01", "0.37"} <= set(page(counts).data["models"][0]["thresholds"])
    assert max(len(text) for text in page(counts).data["models"][0]["thresholds"]) <= 5


def test_the_caller_may_say_where_the_slider_stops(page, counts, rows):
    stops = [0.9, 0.25, 0.25, 0.5]
    assert page(counts, thresholds=stops).data["models"][0]["thresholds"] == ["0.25", "0.5", "0.9"]
    compact, own = accumulators(*rows)[1], accumulators(*rows)[3]
    edges = compact.confusion([0.1], nearest=True).thresholds
    assert page(compact, thresholds=[0.1]).data["models"][0]["thresholds"] == [repr(float(edges[0]))]
    assert page(own, thresholds=[0.25, 0.5]).data["models"][0]["thresholds"] == ["0.25", "0.5"]
    with pytest.raises(th.Error, match=r"0\.31, but the rows were counted at others"):
        page(own, thresholds=[0.31])
    for bad, why in (([], "empty"), ([0.5, np.nan], "NaN")):
        with pytest.raises(th.Error, match=f"`thresholds`.*{why}"):
            page(counts, thresholds=bad)
    many = page(counts, thresholds=np.linspace(0, 1, 10 * MOST_STEPS + 1)).data["models"][0]["thresholds"]
    assert len(many) == MOST_STEPS
    assert (many[0], many[-1]) == ("0", "1")


def test_models_that_can_be_read_at_the_same_thresholds_share_them(page, rows):
    exact, compact, _, own = accumulators(*rows)
    shared = page({"a": exact, "b": exact}).data["models"]
    assert shared[0]["thresholds"] == shared[1]["thresholds"]
    logits = th.ExactCounts()
    logits.update(rows[0], 20 * rows[1] - 10)
    of_two_scales = page({"a": exact, "b": logits}).data["models"]
    assert {float(each) > 0 for each in of_two_scales[1]["thresholds"]} == {True, False}
    assert min(map(float, of_two_scales[0]["thresholds"])) >= 0
    apart = page({"a": exact, "b": own, "c": compact}).data["models"]
    assert apart[1]["thresholds"] == [repr(each) for each in (np.arange(1, 20) / 20).tolist()]
    assert len({tuple(each["thresholds"]) for each in apart}) == 3


def test_curves_are_within_the_tolerance_that_the_page_states():
    rng = np.random.default_rng(5)
    labels = rng.random(100_000) < 0.3
    scores = rng.random(100_000) + labels * 0.2
    counts = th.ExactCounts()
    counts.update(labels, scores)
    model = models_of({"": counts}, None)[0]
    fpr, tpr, _ = counts.roc_curve()
    line = model.roc
    assert len(line.x) <= 2_000
    after, before = (np.interp(fpr + sign * line.tolerance, line.x, line.y) for sign in (1, -1))
    assert np.all((before - line.tolerance <= tpr) & (tpr <= after + line.tolerance))
    precision, recall, _ = counts.precision_recall_curve()
    line = model.precision_recall
    level = np.append(recall[1:] != recall[:-1], True)  # the point from which the step to a lower recall goes
    kept = np.searchsorted(-line.x, -recall[level], side="right") - 1
    assert np.abs(line.y[kept] - precision[level]).max() <= line.tolerance + 1e-12


def test_slices_stand_beside_the_whole_with_intervals(page, counts, rows):
    labels, scores = rows
    slices = {}
    for key in range(3):
        slices[f"part {key}"] = th.ExactCounts()
        slices[f"part {key}"].update(labels[key::3], scores[key::3])
    slices["nobody"] = th.ExactCounts()
    slices["bad"] = th.ExactCounts()
    slices["bad"].update([0, 0], [0.1, 0.2])
    text = page(counts, slices=slices).text
    for key in range(3):
        found = th.compare_roc_auc_unpaired(slices[f"part {key}"], counts)
        for estimate in (found.a, found.difference):
            value, _, ends = str(estimate).replace("-", "−").partition(" (")
            assert value in text
            assert ends.partition(",")[0] in text
    assert "undefined no rows" in text
    assert "undefined negatives only" in text


def test_slices_of_several_models_say_whose_they_are(page, counts):
    text = page({"old": counts, "new": counts}, slices={"new": {"AT": counts}}).text
    assert "new AT 1,000" in text
    with pytest.raises(th.Error, match="must tell of which model"):
        page({"old": counts, "new": counts}, slices={"AT": counts})
    with pytest.raises(th.Error, match="is of 'newer'"):
        page({"old": counts, "new": counts}, slices={"newer": {"AT": counts}})


def test_of_many_slices_those_with_the_most_rows_are_shown_and_the_page_says_so(page, counts):
    slices = {}
    for key in range(MOST_SLICES + 20):
        slices[key] = th.ExactCounts()
        slices[key].update([0, 1] * (1 + (key >= 20)), [0.2, 0.7] * (1 + (key >= 20)))
    written = page(counts, slices=slices)
    assert f"The {MOST_SLICES} slices with the most rows; 20 with fewer are not shown" in written.text
    orders = [tag["data-order"] for _, tag in written.tags if tag.get("class") == "key"]
    assert orders == [f"{key:.1f}" for key in range(20, MOST_SLICES + 20)]


def test_of_grouped_counts_only_the_slices_that_are_shown_are_taken_out(page, counts):
    taken = []

    class Grouped:  # what GroupedCounts promises
        names = ("country", "day")

        def __len__(self):
            return 100_000

        def __iter__(self):
            return (("AT" if number else None, number) for number in range(len(self)))

        keys = __iter__

        def values(self):
            return (self[key] for key in self)

        def __getitem__(self, key):
            taken.append(key)
            return counts

        def columns(self, metrics):
            assert metrics == []
            rows = np.full(len(self), 10)
            rows[[0, 77_777]] = 11
            return {"country": None, "day": None, "n_samples": rows}

    text = page(counts, slices=Grouped()).text
    assert len(taken) <= MOST_SLICES + 1
    assert "country day Rows Positives Prevalence ROC AUC Difference from the whole (none) 0 1,000" in text
    assert "AT 77777 1,000" in text
    assert "99,500 with fewer are not shown" in text
