"""What accumulators, counts and curves show of themselves, and the tables they become."""

import copy
import pickle
import sys

import numpy as np
import pytest

import thresher as th

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")


@pytest.fixture
def counts(rows):
    return th.confusion_at(*rows, np.linspace(0, 1, 101))


def test_an_accumulator_shows_its_settings_rows_areas_and_memory(rows):
    exact = th.ExactCounts(max_bytes=10**6)
    exact.update(*rows)
    shown = repr(exact)
    assert shown.startswith("<ExactCounts(max_bytes=1000000)\n")
    assert f"1,000 ({int(rows[0].sum())} positive, {int((~rows[0]).sum())} negative)" in shown
    assert f"roc_auc: {exact.roc_auc():.6g}\n" in shown
    assert f"memory: {exact.nbytes:,} bytes" in shown
    assert "dropped" not in shown
    assert "weight" not in shown


def test_an_inexact_area_is_shown_with_its_bounds(rows):
    few = th.ThresholdCounts([0.3, 0.6], comparison=">")
    few.update(*rows, weights=np.full(1_000, 0.5))
    few.update([0], [np.nan], nan="drop")
    lower, upper = few.roc_auc_bounds()
    shown = repr(few)
    assert "2 thresholds in [0.3, 0.6], comparison='>', dtype='float64'" in shown
    assert ", 1 dropped" in shown
    assert "weight: " in shown
    for line in shown.splitlines():
        if "roc_auc" in line or "average_precision" in line:
            assert " in [" in line
    low, high = shown.split("roc_auc: ")[1].split("[")[1].split("]")[0].split(", ")
    assert float(low) <= lower < upper <= float(high)


@pytest.mark.parametrize(
    "empty", [th.ThresholdCounts([0.7]), th.ThresholdCounts(200), th.CompactCounts(), th.ExactCounts()]
)
def test_an_empty_accumulator_shows_itself_too(empty):
    shown = repr(empty)
    assert shown.startswith(f"<{type(empty).__name__}(")
    assert "rows: 0 (0 positive, 0 negative)" in shown
    assert "roc_auc: nan" in shown
    assert "<table" in empty._repr_html_()


def test_tables_for_notebooks_are_escaped_and_have_no_scripts(rows, counts):
    strict = th.ThresholdCounts([0.3, 0.6], comparison=">")
    strict.update(*rows)
    for each in strict, counts, counts[3], th.roc_curve(*rows), th.precision_recall_curve(*rows), th.det_curve(*rows):
        html = each._repr_html_()
        assert html.count("<table") == html.count("</table>") == 1
        assert "script" not in html
        assert "background:#" not in html
    assert "comparison=&#x27;&gt;&#x27;" in strict._repr_html_()


def test_long_tables_show_head_and_tail(counts):
    lines = repr(counts).splitlines()
    assert lines[0] == "ConfusionCounts at 101 thresholds, positive iff score >= threshold"
    assert len(lines) == 1 + 1 + 6 + 1 + 6
    assert set(lines[8].split()) == {"…"}
    assert len({len(line) for line in lines[1:]}) == 1
    assert lines[-1].split()[0] == "1"
    assert len(repr(counts[:3]).splitlines()) == 5


def test_scalar_counts_show_one_line(counts):
    one = counts[50]
    assert repr(one).startswith("ConfusionCounts(score >= 0.5: true_positives=")
    assert f"true_positives={one.true_positives:,}" in repr(one)


def test_counts_are_indexed_by_threshold_position(counts):
    assert len(counts) == 101
    assert isinstance(counts[0].true_positives, int)
    assert counts[-1].thresholds == 1.0
    assert counts[2:5].thresholds.tolist() == counts.thresholds[2:5].tolist()
    mask = counts.precision > 0.5
    assert len(counts[mask]) == mask.sum()
    assert counts[[3, 1]].true_positives.tolist() == counts.true_positives[[3, 1]].tolist()
    assert [each.false_positives for each in counts] == counts.false_positives.tolist()
    with pytest.raises(IndexError):
        counts[101]
    for scalar in (lambda: len(counts[0]), lambda: counts[0][0], lambda: list(counts[0])):
        with pytest.raises(TypeError, match="scalar threshold"):
            scalar()
    assert counts[0]
    assert counts[:0]


def test_counts_are_frozen_and_equal_by_value(rows, counts):
    assert counts == th.confusion_at(*rows, np.linspace(0, 1, 101))
    assert counts != counts[:5]
    assert counts != th.confusion_at(*rows, np.linspace(0, 1, 101), comparison=">")
    assert counts != 3
    with pytest.raises(AttributeError):
        counts.comparison = ">"
    with pytest.raises(ValueError, match="read-only"):
        counts.true_positives[0] = 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(counts)
    for twin in copy.copy(counts), copy.deepcopy(counts), pickle.loads(pickle.dumps(counts)):
        assert twin == counts


def test_counts_may_be_built_by_hand():
    mine = th.ConfusionCounts([0.5, 0.7], [3, 1], [1, 0], [0, 2], np.array([4, 5], np.int32))
    assert mine.precision.tolist() == [0.75, 1.0]
    assert mine.true_negatives.dtype == np.int64
    sums = th.ConfusionCounts(0.5, 3, 1.5, 0, 4)
    assert sums.true_positives == 3.0
    assert isinstance(sums.false_positives, float)
    assert sums.specificity == 4 / 5.5
    values = np.array([1, 2])
    th.ConfusionCounts([0.1, 0.2], values, values, values, values)
    values[0] = 5  # the caller's own array stays writable


def test_every_rate_has_a_name_and_an_attribute(counts):
    from thresher._rates import RATES

    for name in RATES:
        value = counts.f_score() if name in ("f1", "f_score") else getattr(counts, name)
        np.testing.assert_array_equal(counts.rate(name), value)
        assert value.dtype == np.float64
        assert isinstance(counts[3].rate(name), float)


def test_counts_become_dicts_frames_and_arrow_tables(counts):
    plain = counts.to_dict()
    assert plain["thresholds"] == counts.thresholds.tolist()
    assert plain["true_positives"] == counts.true_positives.tolist()
    assert plain["comparison"] == ">="
    assert counts[4].to_dict()["recall"] == counts.recall[4]
    frame = counts.to_pandas()
    assert list(frame.columns[:5]) == [
        "thresholds", "true_positives", "false_positives", "false_negatives", "true_negatives",
    ]  # fmt: skip
    assert frame["true_positives"].dtype == np.int64
    np.testing.assert_array_equal(frame["precision"], counts.precision)
    assert len(counts[4].to_pandas()) == 1
    assert pyarrow.table(counts).to_pandas().equals(frame)
    assert polars.DataFrame(counts).height == 101


@pytest.mark.parametrize("name", ["roc_curve", "precision_recall_curve", "det_curve"])
def test_curves_become_frames_and_arrow_tables(name, rows):
    curve = getattr(th, name)(*rows)
    first, second, thresholds = curve
    frame = curve.to_pandas()
    assert frame.columns[-1] == "thresholds"
    np.testing.assert_array_equal(frame.iloc[:, 0], first)
    np.testing.assert_array_equal(frame.iloc[:, 1], second)
    table = pyarrow.table(curve)
    missing = len(first) - len(thresholds)
    assert missing == (name == "precision_recall_curve")
    assert table["thresholds"].null_count == missing
    assert table["thresholds"].to_pylist()[-1] == (None if missing else thresholds[-1])
    assert frame["thresholds"].isna().sum() == missing
    assert polars.DataFrame(curve).height == len(first)
    assert table.column_names == list(frame.columns)


@pytest.mark.parametrize("name", ["roc_curve", "precision_recall_curve", "det_curve"])
def test_curves_are_frozen_equal_by_value_and_short_to_print(name, rows):
    curve = getattr(th, name)(*rows)
    assert curve == getattr(th, name)(*rows)
    assert curve != curve.thin(0.2)
    assert repr(curve).startswith(
        f"<{type(curve).__name__} with {len(curve.fpr if name != 'precision_recall_curve' else curve.recall):,} points"
    )
    with pytest.raises(AttributeError):
        curve.thresholds = 1
    with pytest.raises(ValueError, match="read-only"):
        curve.thresholds[0] = 1
    assert pickle.loads(pickle.dumps(curve)) == curve
    one_class = getattr(th, name)([0, 0], [0.1, 0.2])
    assert one_class == copy.deepcopy(one_class)


def test_without_a_package_the_method_says_what_to_install(counts, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"to_pandas\(\) needs pandas: pip install 'pandas'"):
        counts.to_pandas()
    with pytest.raises(ImportError, match="needs pyarrow"):
        counts.__arrow_c_stream__()
    with pytest.raises(ImportError, match=r"plot.. needs matplotlib: pip install 'thresher\[plots\]'"):
        counts.plot()
