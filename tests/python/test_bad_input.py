"""Every bad input is refused with an error that names the argument, the first offender and what is accepted."""

import datetime
import re

import numpy as np
import pytest

import thresher as th

LABELS = [0, 1, 1, 0]
SCORES = [0.1, 0.9, 0.4, 0.3]
INEXACT = 2**53 + 1

CALLS = {
    "roc_auc": th.roc_auc,
    "average_precision": th.average_precision,
    "pr_auc": th.pr_auc,
    "roc_curve": th.roc_curve,
    "precision_recall_curve": th.precision_recall_curve,
    "det_curve": th.det_curve,
    "confusion_at": lambda labels, scores, **options: th.confusion_at(labels, scores, [0.5], **options),
    "ThresholdCounts": lambda *rows, **options: th.ThresholdCounts([0.5]).update(*rows, **options),
    "CompactCounts": lambda *rows, **options: th.CompactCounts().update(*rows, **options),
    "ExactCounts": lambda *rows, **options: th.ExactCounts().update(*rows, **options),
}

# labels, scores, options, exception, message
REFUSED = {
    "a NaN score": (LABELS, [0.1, 0.9, np.nan, np.nan], {}, th.Error, r"scores\[2\] is NaN.*nan=\"drop\""),
    "a NaN weight": (LABELS, SCORES, {"weights": [1, 1, np.nan, 1]}, th.Error, r"weights\[2\] is NaN"),
    "a negative weight": (LABELS, SCORES, {"weights": [1, -0.5, 1, 1]}, th.Error, r"weights\[1\] is -0\.5"),
    "an infinite weight": (LABELS, SCORES, {"weights": [1, 1, 1, np.inf]}, th.Error, r"weights\[3\] is inf"),
    "a label 2": ([0, 1, 2, 0], SCORES, {}, th.Error, r"labels\[2\] is 2.*pos_label"),
    "a label -1": ([0, 1, -1, 0], SCORES, {}, th.Error, r"labels\[2\] is -1.*pos_label"),
    "a label 0.5": ([0, 0.5, 1, 0], SCORES, {}, th.Error, r"labels\[1\] is 0\.5.*pos_label"),
    "a NaN label": ([0, np.nan, 1, 0], SCORES, {}, th.Error, r"labels\[1\] is NaN"),
    "a label 'a'": ([0, "a", 1, 0], SCORES, {}, TypeError, r"`labels` has dtype object: labels\[1\] is 'a'.*pos_label"),
    "labels of text": (["no", "yes"] * 2, SCORES, {}, TypeError, r"labels\[0\] is 'no'.*pos_label"),
    "a label None": ([0, 1, None, 0], SCORES, {}, th.Error, r"`labels` must not be missing, but labels\[2\] is None"),
    "a NaN label with pos_label": ([2, np.nan, 2, 3], SCORES, {"pos_label": 2}, th.Error, r"labels\[1\] is NaN"),
    "a None among text": (["a", None, "b", "b"], SCORES, {"pos_label": "a"}, th.Error, r"labels\[1\] is None"),
    "a NaN among text": (["a", "b", np.nan, "b"], SCORES, {"pos_label": "a"}, th.Error, r"labels\[2\] is nan"),
    "text against a number": (["1", "0"] * 2, SCORES, {"pos_label": 1}, TypeError, r"`pos_label` is 1.*no label can"),
    "numbers against text": (LABELS, SCORES, {"pos_label": "1"}, TypeError, r"`pos_label` is '1'.*no label can"),
    "a NaN pos_label": (LABELS, SCORES, {"pos_label": np.nan}, th.Error, "`pos_label`.*NaN"),
    "fewer scores": (LABELS, SCORES[:3], {}, th.Error, "`scores` has 3 rows but `labels` has 4"),
    "one score, which NumPy would repeat": (LABELS, [0.5], {}, th.Error, "`scores` has 1 rows but `labels` has 4"),
    "one label": ([1], SCORES, {}, th.Error, "`scores` has 4 rows but `labels` has 1"),
    "one weight": (LABELS, SCORES, {"weights": [1.0]}, th.Error, "`weights` has 1 rows but `labels` has 4"),
    "a scalar score": (LABELS, np.float64(0.5), {}, th.Error, r"`scores` has shape \(\)"),
    "scalar weights": (LABELS, SCORES, {"weights": 2.0}, th.Error, r"`weights` has shape \(\)"),
    "three axes": (LABELS, np.zeros((4, 1, 1)), {}, th.Error, r"`scores` has shape \(4, 1, 1\)"),
    "no column": (LABELS, np.zeros((4, 0)), {}, th.Error, r"`scores` has shape \(4, 0\)"),
    "a row of scores": (LABELS, [SCORES], {}, th.Error, r"`scores` has shape \(1, 4\).*\.T"),
    "a row of labels": ([LABELS], SCORES, {}, th.Error, r"`labels` has shape \(1, 4\).*\.T"),
    "a row of weights": (LABELS, SCORES, {"weights": [[1, 1, 1, 1]]}, th.Error, r"`weights` has shape \(1, 4\)"),
    "ragged rows": (LABELS, [[0.1], [0.2, 0.3], [0.1], [0.2]], {}, th.Error, "`scores` cannot be read as an array"),
    "two columns of weights": (LABELS, SCORES, {"weights": np.ones((4, 2))}, th.Error, "`weights` has 2 columns"),
    "two columns of labels": (np.zeros((4, 2), int), SCORES, {}, th.Error, "`labels` has 2 columns"),
    "complex scores": (LABELS, np.array(SCORES, complex), {}, TypeError, "`scores` has dtype complex128"),
    "complex labels": (np.array(LABELS, complex), SCORES, {}, TypeError, "`labels` has dtype complex128"),
    "object scores": (LABELS, np.array(SCORES, object), {}, TypeError, "`scores` has dtype object"),
    "text scores": (LABELS, ["0.1", "0.2", "0.3", "0.4"], {}, TypeError, r"scores\[0\] is '0\.1'"),
    "a text score": (LABELS, [0.1, "0.9", 0.4, 0.3], {}, TypeError, r"scores\[1\] is '0\.9'"),
    "string array scores": (LABELS, np.array(["0.1"] * 4), {}, TypeError, "`scores` has dtype <U3"),
    "StringDType scores": (LABELS, np.array(["1"] * 4, np.dtypes.StringDType()), {}, TypeError, "StringDType"),
    "datetime scores": (LABELS, np.zeros(4, "M8[s]"), {}, TypeError, r"`scores` has dtype datetime64\[s\]"),
    "timedelta weights": (
        LABELS,
        SCORES,
        {"weights": np.ones(4, "m8[s]")},
        TypeError,
        "`weights` has dtype timedelta64",
    ),
    "structured scores": (LABELS, np.zeros(4, [("a", float)]), {}, TypeError, r"`scores` has dtype \[\('a'"),
    "a None score": (LABELS, [0.1, None, 0.4, 0.3], {}, th.Error, r"scores\[1\] is None"),
    "an inexact int64": (LABELS, np.array([0, 1, INEXACT, 1]), {}, th.Error, rf"scores\[2\] is {INEXACT}"),
    "an inexact uint64": (
        LABELS,
        np.array([0, 2**64 - 1, 0, 1], np.uint64),
        {},
        th.Error,
        rf"scores\[1\] is {2**64 - 1}",
    ),
    "an inexact longdouble": (LABELS, np.longdouble(SCORES) + np.longdouble(2) ** -60, {}, th.Error, r"scores\[0\]"),
    "an inexact int beside floats": (LABELS, [0.5, INEXACT, 0.1, 0.2], {}, th.Error, rf"scores\[1\] is {INEXACT}"),
    "an int beyond 64 bits": (LABELS, [0, 2**70, 1, 2], {}, TypeError, "`scores` has dtype object"),
    "a masked score": (LABELS, np.ma.array(SCORES, mask=[0, 0, 1, 0]), {}, th.Error, r"scores\[2\] is masked"),
    "a set": (LABELS, set(SCORES), {}, TypeError, "`scores` is a set"),
    "a generator": (LABELS, (score for score in SCORES), {}, TypeError, "`scores` is a generator"),
    "a string": (LABELS, "abcd", {}, TypeError, "`scores` is a str"),
    "no scores": (LABELS, None, {}, TypeError, "`scores` is a NoneType"),
    "an unknown nan policy": (
        LABELS,
        SCORES,
        {"nan": "omit"},
        th.Error,
        "`nan` must be 'raise' or 'drop', but is 'omit'",
    ),
    "no threads": (LABELS, SCORES, {"n_threads": 0}, th.Error, "`n_threads` must be an int >= 1, but is 0"),
    "half a thread": (LABELS, SCORES, {"n_threads": 0.5}, TypeError, "`n_threads` must be an int"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("case", REFUSED)
def test_bad_rows_are_refused_by_every_entrance(case, call):
    labels, scores, options, exception, message = REFUSED[case]
    if case == "a generator":
        scores = (score for score in SCORES)
    with pytest.raises(exception) as caught:
        CALLS[call](labels, scores, **options)
    assert re.search(message, str(caught.value)), str(caught.value)


@pytest.mark.parametrize("call", ["ThresholdCounts", "CompactCounts", "ExactCounts"])
def test_an_accumulator_takes_one_column(call):
    with pytest.raises(th.Error, match="`scores` has 2 columns; one is accepted here"):
        CALLS[call](LABELS, np.zeros((4, 2)))


def test_labels_need_one_column_or_one_for_each_of_scores():
    with pytest.raises(th.Error, match="`labels` has 2 columns but `scores` has 3"):
        th.roc_auc(np.zeros((4, 2), int), np.zeros((4, 3)))


def test_an_error_in_a_matrix_says_which_column():
    scores = np.zeros((4, 3))
    scores[1, 2] = np.nan
    with pytest.raises(th.Error, match=r"scores\[1\] is NaN") as caught:
        th.average_precision(LABELS, scores)
    assert caught.value.__notes__ == ["in column 2 of `scores`"]


@pytest.mark.parametrize("scores", [np.zeros(3, "M8[D]"), [datetime.date(2024, 1, 1)] * 3])
def test_dates_are_no_scores(scores):
    with pytest.raises(TypeError, match="`scores` has dtype"):
        th.roc_auc([0, 1, 1], scores)


def test_the_lowest_row_is_named_whatever_column_it_is_in():
    counts = th.ExactCounts()
    with pytest.raises(th.Error, match=r"scores\[1\]"):
        counts.update([0, 1, 7, 1], [0.1, np.nan, 0.3, 0.2], weights=[1, 1, 1, -1])
    with pytest.raises(th.Error, match=r"labels\[1\]"):
        counts.update([0, 7, 1, 1], [0.1, np.nan, 0.3, 0.2], weights=[1, -1, 1, 1])


def test_rows_with_a_dropped_score_are_still_validated():
    with pytest.raises(th.Error, match=r"labels\[1\] is 7"):
        th.ExactCounts().update([0, 7], [0.1, np.nan], nan="drop")
    with pytest.raises(th.Error, match=r"weights\[1\] is -1"):
        th.ExactCounts().update([0, 1], [0.1, np.nan], weights=[1, -1], nan="drop")


BAD_THRESHOLDS = {
    "none": ([], th.Error, "`thresholds` is empty"),
    "a NaN": ([0.5, np.nan], th.Error, r"thresholds\[1\] is NaN"),
    "text": (["a"], TypeError, r"thresholds\[0\] is 'a'"),
    "complex": (np.zeros(2, complex), TypeError, "`thresholds` has dtype complex128"),
    "a matrix": (np.zeros((2, 2)), th.Error, "`thresholds` has 2 columns"),
    "a row": (np.zeros((1, 2)), th.Error, r"`thresholds` has shape \(1, 2\)"),
    "an inexact integer": (np.array([INEXACT]), th.Error, rf"thresholds\[0\] is {INEXACT}"),
    "an inexact longdouble": (np.longdouble([1]) + np.longdouble(2) ** -60, th.Error, r"thresholds\[0\]"),
}


@pytest.mark.parametrize("case", BAD_THRESHOLDS)
def test_bad_thresholds_are_refused(case):
    thresholds, exception, message = BAD_THRESHOLDS[case]
    with pytest.raises(exception, match=message):
        th.ThresholdCounts(thresholds)
    with pytest.raises(exception, match=message):
        th.confusion_at(LABELS, SCORES, thresholds)


@pytest.mark.parametrize(
    ("thresholds", "exception", "message"),
    [
        (0, th.Error, "`thresholds` must be >= 1, but is 0"),
        (-3, th.Error, "`thresholds` must be >= 1, but is -3"),
        (0.5, TypeError, "pass a list for a single threshold"),
        (True, TypeError, "pass a list for a single threshold"),
        ("200", TypeError, "`thresholds` must be an integer, but is '200'"),
        (None, TypeError, "`thresholds` must be an integer, but is None"),
    ],
)
def test_a_number_of_thresholds_is_an_int_from_one_up(thresholds, exception, message):
    with pytest.raises(exception, match=message):
        th.ThresholdCounts(thresholds)


OPTIONS = {
    "comparison": (lambda: th.ThresholdCounts(3, comparison="<"), "`comparison` must be '>=' or '>', but is '<'"),
    "comparison_at": (lambda: th.confusion_at(LABELS, SCORES, 0.5, comparison=None), "`comparison` must be"),
    "comparison_exact": (lambda: th.ExactCounts().confusion(comparison="="), "`comparison` must be"),
    "dtype": (lambda: th.ThresholdCounts(3, dtype="int8"), "`dtype` must be one of .*float64, but is 'int8'"),
    "unknown dtype": (lambda: th.ThresholdCounts(3, dtype="floaty"), "`dtype` must be one of"),
    "method": (lambda: th.pr_auc(LABELS, SCORES, method="linear"), "`method` must be 'step'"),
    "method of counts": (lambda: th.ExactCounts().pr_auc("linear"), "`method` must be 'step'"),
    "max_fpr 0": (lambda: th.roc_auc(LABELS, SCORES, max_fpr=0.0), "`max_fpr` must be"),
    "max_fpr 1.5": (lambda: th.roc_auc(LABELS, SCORES, max_fpr=1.5), "`max_fpr` must be"),
    "max_fpr NaN": (lambda: th.ExactCounts().roc_auc(max_fpr=np.nan), "`max_fpr` must be"),
    "tolerance": (lambda: th.ExactCounts().roc_auc(tolerance=-1), "`tolerance` must be >= 0, but is -1"),
    "NaN tolerance": (lambda: th.ExactCounts().average_precision(tolerance=np.nan), "`tolerance` must be >= 0"),
    "max_bytes": (lambda: th.ExactCounts(max_bytes=-1), "`max_bytes` must be >= 0, but is -1"),
    "k": (lambda: th.thresholds_from(SCORES, 0), "`k` must be >= 1, but is 0"),
    "rate": (lambda: th.confusion_at(LABELS, SCORES, 0.5).rate("recal"), "`name` must be 'recall' or"),
    "beta": (lambda: th.confusion_at(LABELS, SCORES, 0.5).f_score(-1), "`beta` must be"),
    "thin": (lambda: th.roc_curve(LABELS, SCORES).thin(-1), "`tolerance` must be >= 0"),
    "curves": (lambda: th.plots.compare({}), "`curves` must hold curves of one kind"),
    "counts": (lambda: th.ConfusionCounts([0.5], [1], [1], [1], [1, 2]), "must be scalars or 1-D and of one length"),
    "curve": (lambda: th.RocCurve([0, 1], [0, 1, 1], [1, 0], 0.5), "curve columns must have one length"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_bad_options_are_refused(case):
    call, message = OPTIONS[case]
    with pytest.raises(th.Error, match=message):
        call()


def test_compact_counts_answer_at_interval_edges_only():
    counts = th.CompactCounts()
    counts.update(LABELS, np.array(SCORES) + 1e-9)
    assert not counts.exact
    with pytest.raises(th.Error, match=r"`at`\[1\] is 0\.3.*nearest are 0\.2\d+ and 0\.3\d+.*nearest=True"):
        counts.confusion([0.5, 0.3])
    near = counts.confusion([0.5, 0.3], nearest=True)
    assert near.thresholds[0] == 0.5
    assert abs(near.thresholds[1] - 0.3) < 1e-3
    assert near.thresholds[1] in counts.thresholds
    assert near.true_positives.tolist() == [1, 2]


@pytest.mark.parametrize("accumulator", [lambda: th.ThresholdCounts(11), th.CompactCounts, th.ExactCounts])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n", [1_000, 300_000])
def test_a_batch_that_fails_halfway_leaves_the_state_as_it_was(accumulator, weighted, n):
    counts = accumulator()
    counts.update(LABELS, SCORES)
    before, state = counts.copy(), counts.to_bytes()
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, n), rng.random(n)
    weights = rng.random(n) if weighted else None
    for spoiled, value in [(scores, np.nan), (labels, 2), *([(weights, -1.0)] if weighted else [])]:
        good = spoiled[-1]
        spoiled[-1] = value
        with pytest.raises(th.Error, match=rf"\[{n - 1}\] is"):
            counts.update(labels, scores, weights=weights, n_threads=2)
        spoiled[-1] = good
        assert counts == before
        assert counts.to_bytes() == state


def test_a_refused_merge_leaves_both_as_they_were():
    ours, theirs = th.ThresholdCounts([0.2, 0.5]), th.ThresholdCounts([0.2, 0.6])
    ours.update(LABELS, SCORES)
    theirs.update(LABELS, SCORES)
    before = ours.to_bytes(), theirs.to_bytes()
    with pytest.raises(th.ThresholdMismatchError, match=r"first at position 1: 0\.5 here, 0\.6 in `other`"):
        ours.merge(theirs)
    assert (ours.to_bytes(), theirs.to_bytes()) == before


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        (th.ThresholdCounts([0.5, 0.2]), th.ThresholdCounts([0.2, 0.5]), "position 0"),
        (th.ThresholdCounts([0.5]), th.ThresholdCounts([0.5, 0.5]), "position 1"),
        (th.ThresholdCounts([0.5]), th.ThresholdCounts([0.5], comparison=">"), "comparison"),
        (th.ThresholdCounts([0.5], dtype="float32"), th.ThresholdCounts([0.5], dtype="float64"), "dtype"),
    ],
)
def test_different_settings_do_not_merge(ours, theirs, message):
    with pytest.raises(th.ThresholdMismatchError, match=message):
        ours.merge(theirs)
    with pytest.raises(th.ThresholdMismatchError, match=message):
        ours + theirs


def test_different_classes_do_not_merge():
    with pytest.raises(TypeError, match="cannot merge CompactCounts into ExactCounts"):
        th.ExactCounts().merge(th.CompactCounts())
    with pytest.raises(TypeError, match="`other` must be a ExactCounts, but is a int"):
        th.ExactCounts().merge(3)
    with pytest.raises(TypeError, match="unsupported operand"):
        th.ExactCounts() + 3


def test_exact_counts_refuse_to_outgrow_their_limit():
    counts = th.ExactCounts(max_bytes=200_000)
    counts.update(LABELS, SCORES)
    before = counts.to_bytes()
    with pytest.raises(MemoryError, match=r"max_bytes=200000.*CompactCounts"):
        counts.update(np.tile([0, 1], 50_000), np.random.default_rng(0).random(100_000))
    assert counts.to_bytes() == before
