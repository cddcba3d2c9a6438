"""What the command is made of: ranges, conditions, limits, counts at thresholds, differences."""

import datetime
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th
from thresher.cli._conditions import condition, expression
from thresher.cli._cuts import SHOWN_RATES, cuts
from thresher.cli._differences import differences, rate_differences
from thresher.cli._failures import Failure, UsageFailure
from thresher.cli._figures import METRICS, summary
from thresher.cli._limits import Part, limit, verdict
from thresher.cli._ranges import thresholds

TABLE = pa.table(
    {
        "country": pa.array(["AT", "DE", None, "CH"]),
        "kind": pa.array(["a", "b", "a", None]).dictionary_encode(),
        "age": pa.array([17, 18, None, 40], pa.int8()),
        "p": pa.array([0.7, 0.2, 0.5, math.nan], pa.float32()),
        "ok": pa.array([True, False, None, True]),
        "day": pa.array([datetime.date(2026, 1, day) for day in (1, 2, 3, 4)]),
        "at": pa.array([datetime.datetime(2026, 1, 1, hour) for hour in (0, 6, 12, 18)], pa.timestamp("us")),
        "price": pa.array([Decimal(i) for i in (1, 2, 3, 4)], pa.decimal128(10, 2)),
        "a b": pa.array([1, 2, 3, 4]),
    }
)


def kept(*texts):
    """The rows that conditions keep."""
    numbered = TABLE.append_column("row", pa.array(range(4)))
    where = expression([condition(text) for text in texts], TABLE.schema)
    return ds.dataset(numbered).to_table(filter=where)["row"].to_pylist()


def test_a_range_is_exact_decimals_and_holds_its_end():
    assert thresholds("0.05:0.95:0.05") == [float(f"{5 * i / 100:.2f}") for i in range(1, 20)]
    assert thresholds("0.1:0.3:0.1") == [0.1, 0.2, 0.3]  # floats would give 0.30000000000000004
    assert thresholds("1e-3:3e-3:1e-3") == [0.001, 0.002, 0.003]
    assert thresholds("0:1:0.3") == [0.0, 0.3, 0.6, 0.9]
    assert thresholds("0.9:0.1:-0.4, 7") == [0.9, 0.5, 0.1, 7.0]
    assert thresholds(None) == []


@given(st.integers(-500, 500), st.integers(0, 300), st.integers(1, 40), st.integers(0, 6))
def test_every_value_of_a_range_is_the_float_of_the_decimal_that_is_typed(first, steps, step, digits):
    scale = 10**digits
    typed = [f"{(first + step * i) * 10**-digits:.{digits}f}" for i in range(steps + 1)]
    found = thresholds(
        f"{first / scale:.{digits}f}:{(first + step * steps) / scale:.{digits}f}:{step / scale:.{digits}f}"
    )
    assert found == [float(text) for text in typed]


@pytest.mark.parametrize(
    "text", ["", "a", "0.1,", "0.1:0.9", "0.1:0.9:0", "0.1:0.9:-0.1", "nan", "inf", "0:1:1e-9", "1:2:3:4"]
)
def test_what_is_no_list_of_thresholds_is_refused(text):
    with pytest.raises(UsageFailure, match="--thresholds"):
        thresholds(text)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('country == "AT"', [0]),
        ("country == AT", [0]),
        ("country=='AT'", [0]),
        ("country != AT", [1, 3]),
        ("country == null", [2]),
        ("country != null", [0, 1, 3]),
        ("country in (AT, 'DE')", [0, 1]),
        ("country in AT,null", [0, 2]),
        ("country in [null]", [2]),
        ("kind == a", [0, 2]),
        ("kind in (b, null)", [1, 3]),
        ("age >= 18", [1, 3]),
        ("age < 17.5", [0]),
        ("age < 1000", [0, 1, 3]),
        ("age in (17, 40)", [0, 3]),
        ("p >= 0.7", [0]),  # rounded to float32, as a threshold is
        ("p < 0.5", [1]),
        ("ok == true", [0, 3]),
        ("ok != True", [1]),
        ("day <= 2026-01-02", [0, 1]),
        ('day == "2026-01-03"', [2]),
        ("at > 2026-01-01T06:00", [2, 3]),
        ("price >= 2.50", [2, 3]),
        ("`a b` > 2", [2, 3]),
        ('"a b" > 2', [2, 3]),
    ],
)
def test_a_condition_compares_as_the_type_of_its_column(text, rows):
    assert kept(text) == rows


def test_conditions_are_all_to_hold():
    assert kept("age >= 18", "ok == true") == [3]
    assert expression([], TABLE.schema) is None


@pytest.mark.parametrize(
    "text",
    ["country", "country =", "country = AT", "== 3", "country == AT, DE", "age < null", "age not in (1)", 'x == "a'],
)
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(UsageFailure, match="--where"):
        condition(text)


@pytest.mark.parametrize("text", ["age == old", 'age == "18"', "ok == maybe", "day == 1.5", "at == noon", "p == x"])
def test_a_value_of_another_type_is_refused(text):
    with pytest.raises(UsageFailure, match="is no value of a column of type"):
        kept(text)


def test_an_unknown_column_is_named_with_near_ones():
    with pytest.raises(Failure, match="no column 'contry'; did you mean country"):
        kept("contry == AT")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("roc_auc", "must be METRIC"),
        ("roc_auc=1", "must be METRIC"),
        ("roc_auc<x", "no number"),
        ("roc_auc<nan", "not finite"),
        ("roc_acu<1", "did you mean roc_auc"),
        ("recall<1", "needs a threshold, as recall@0.5<1"),
        ("roc_auc@0.5<1", "takes no threshold"),
        ("recall@x<1", "no number"),
    ],
)
def test_what_is_no_limit_is_refused(text, message):
    with pytest.raises(UsageFailure, match=message):
        limit(text)


def counted(kind=th.CompactCounts, n=4000, shift=0.3, seed=0, dtype=np.float64, **options):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n)
    counts = kind(**options)
    counts.update(labels, np.clip(shift * labels + (1 - shift) * random.random(n), 0, 1).astype(dtype))
    return counts


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
@pytest.mark.parametrize("number", [0.5, 0.7, 0.75, 1.0])
def test_a_limit_is_broken_where_its_comparison_holds(sign, number):
    counts = th.ExactCounts()
    counts.update([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    truth = {"<": number > 0.75, "<=": number >= 0.75, ">": number < 0.75, ">=": number <= 0.75}[sign]
    assert verdict(limit(f"roc_auc {sign} {number}"), Part("p"), counts).broken is truth


@pytest.mark.parametrize("metric", [*METRICS, "recall@0.5", "lift@0.9"])
def test_every_metric_of_a_limit_is_that_of_the_accumulator(metric):
    counts = counted(th.ExactCounts)
    name, _, at = metric.partition("@")
    if at:
        truth = counts.confusion(float(at)).rate(name)
    elif name == "prevalence":
        truth = counts.n_positives / counts.n_samples
    else:
        value = getattr(counts, name)
        truth = value() if callable(value) else value
    assert verdict(limit(f"{metric}<0"), Part("p"), counts).value == truth


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("roc_auc<0", "no negative row"),
        ("precision@0.95<0", "denominator is 0"),
        ("log_loss>100", "--sums"),
    ],
)
def test_an_undefined_figure_breaks_its_limit_and_says_why(text, reason):
    counts = th.CompactCounts()
    counts.update([1, 1], [0.3, 0.7000001])
    found = verdict(limit(text), Part("p"), counts)
    assert found.broken
    assert reason in found.reason


def test_a_limit_between_the_bounds_of_a_figure_is_not_certain():
    counts = counted()
    low, high = counts.roc_auc_bounds()
    assert not verdict(limit(f"roc_auc<{(low + high) / 2}"), Part("p"), counts).certain
    assert verdict(limit(f"roc_auc<{high + 1e-9}"), Part("p"), counts).certain


@given(st.integers(0, 10_000), st.lists(st.floats(-0.1, 1.1), min_size=1, max_size=5))
def test_rates_between_edges_are_bounded_by_what_exact_counts_say(seed, asked):
    compact, exact = (counted(kind, 60, seed=seed) for kind in (th.CompactCounts, th.ExactCounts))
    truth = exact.confusion(np.array(asked))
    for index, cut in enumerate(cuts(compact, asked)):
        assert cut.exact == (cut.threshold == asked[index])
        at_edge = exact.confusion(cut.threshold)
        assert cut.counts.true_positives == at_edge.true_positives
        assert cut.counts.false_positives == at_edge.false_positives
        for name in SHOWN_RATES if cut.bounds else ():
            low, high = cut.bounds[name]
            value = float(truth[index].rate(name))
            assert math.isnan(value) or low - 1e-12 <= value <= high + 1e-12


def test_thresholds_are_read_in_the_order_asked_for_and_only_where_counts_are_kept():
    counts = counted(th.ThresholdCounts, thresholds=[0.7, 0.2, 0.5])
    assert [cut.threshold for cut in cuts(counts, [0.5, 0.7])] == [0.5, 0.7]
    assert [int(cut.counts.true_positives) for cut in cuts(counts, [0.5, 0.7])] == [
        int(counts.confusion()[place].true_positives) for place in (2, 0)
    ]
    with pytest.raises(th.Error, match=r"0\.4 is none of them; the nearest is 0\.5"):
        cuts(counts, [0.4])


def test_differences_are_those_of_the_figures_and_their_intervals_hold_none_for_equal_states():
    old, new = summary(counted(), [0.5]), summary(counted(seed=1), [0.5])
    found = [*differences(old, new, 0.95, None), *rate_differences(old.cuts, new.cuts, 0.95, None)]
    assert [each.name for each in found] == [
        *("prevalence", "roc_auc", "average_precision", "recall", "precision", "false_positive_rate", "f1")
    ]
    for each in found:
        assert each.difference.value == pytest.approx(each.new - each.old)
        assert each.difference.lower < 0 < each.difference.upper


@pytest.mark.parametrize("name", ["prevalence", "roc_auc", "average_precision", "recall"])
def test_intervals_of_differences_hold_the_true_one_about_as_often_as_they_say(name):
    truth = (
        summary(counted(th.ExactCounts, 400_000, seed=99), [0.5]),
        summary(counted(th.ExactCounts, 400_000, 0.35, seed=98), [0.5]),
    )
    true = next(each for each in compared(*truth) if each.name == name).difference.value
    held = 0
    for seed in range(200):
        pair = (counted(th.ExactCounts, 400, shift, seed=2 * seed + i) for i, shift in enumerate((0.3, 0.35)))
        found = next(each for each in compared(*(summary(each, [0.5]) for each in pair)) if each.name == name)
        held += found.difference.lower <= true <= found.difference.upper
    assert 182 <= held <= 198  # 190 expected, with a standard deviation of 3.1


def compared(old, new):
    return [*differences(old, new, 0.95, None), *rate_differences(old.cuts, new.cuts, 0.95, None)]
