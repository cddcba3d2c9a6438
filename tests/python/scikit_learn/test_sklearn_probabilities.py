"""Losses and accuracies of probabilities are scikit-learn's: values, dtypes, exceptions and warnings."""

import inspect

import numpy as np
import pytest
import sklearn.calibration
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as theirs

import thresher as th
import thresher.sklearn as ours
from both import assert_same
from problems import contained, label_columns, sizes, weight_columns
from thresher.sklearn._originals import VERSION

LOSSES = ["log_loss", "brier_score_loss"]
POS_LABELS = [None, None, 1, 0, 2, -1, True, 1.0, "yes", "z"]
PROBABILITIES = ["float64", "float64", "float64", "float32", "float16", "longdouble", "int8", "bool", ">f8", ">f4"]
FLOAT32 = 2e-6  # scikit-learn computes there with as few digits

HOMES = {"calibration_curve": sklearn.calibration}


@pytest.mark.parametrize("name", [*LOSSES, "top_k_accuracy_score", "calibration_curve"])
def test_a_function_has_the_documentation_and_signature_of_the_original(name):
    mine, reference = getattr(ours, name), getattr(HOMES.get(name, theirs), name)
    assert (mine.__doc__, mine.__name__, mine.__module__) == (reference.__doc__, name, reference.__module__)
    parameters = dict(inspect.signature(mine).parameters)
    if name == "calibration_curve":
        assert parameters.pop("sample_weight").default is None
    assert parameters == dict(inspect.signature(reference).parameters)


@st.composite
def probability_columns(draw, n):
    """Probabilities with ties, 0 and 1 among them, some next to these."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    dtype = np.dtype(draw(st.sampled_from(PROBABILITIES)))
    drawn = rng.integers(0, draw(st.sampled_from([2, 5, 1_000])), n)
    if dtype.kind != "f":
        return (drawn % 2).astype(dtype)
    found = drawn / max(drawn.max(), 1)
    return np.where(rng.random(n) < 0.1, 10.0 ** -rng.integers(1, 300, n), found).astype(dtype)


@st.composite
def binary(draw):
    """Labels, probabilities and weights of one length, in some container."""
    n = draw(sizes())
    columns = draw(label_columns(n)), draw(probability_columns(n)), draw(weight_columns(n))
    return tuple(draw(contained(column)) for column in columns)


def tolerance(probabilities):
    return FLOAT32 if getattr(probabilities, "dtype", None) == np.float32 else 1e-12


@given(binary(), st.booleans(), st.sampled_from([None, None, "both", "three", "one", "turned"]))
def test_the_log_loss_of_two_classes_is_scikit_learn_s(problem, normalize, named):
    truth, probabilities, weights = problem
    low, high = {"U": ("no", "yes"), "O": ("no", "yes")}.get(np.asarray(truth).dtype.kind, (0, 1))
    named = {"both": [low, high], "three": [low, high, high * 2], "one": [high], "turned": [high, low]}.get(named)
    options = {"normalize": normalize, "sample_weight": weights, "labels": named}
    assert_same("log_loss", truth, probabilities, rtol=tolerance(probabilities), **options)


@given(binary(), st.sampled_from(POS_LABELS), st.sampled_from(["auto", True, False]))
def test_the_brier_score_of_two_classes_is_scikit_learn_s(problem, pos_label, scale_by_half):
    truth, probabilities, weights = problem
    options = {"sample_weight": weights, "pos_label": pos_label}
    if VERSION >= (1, 7):
        options["scale_by_half"] = scale_by_half
    assert_same("brier_score_loss", truth, probabilities, rtol=tolerance(probabilities), **options)


@st.composite
def tables(draw):
    """Classes or indicators, rows of probabilities that mostly sum to one, weights and perhaps the classes."""
    n, width = draw(st.sampled_from([1, 2, 5, 30])), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    table = rng.integers(0, draw(st.sampled_from([3, 1_000])), (n, width)) + 1e-3
    table /= table.sum(axis=1, keepdims=True)
    if draw(st.sampled_from([False, False, True])):
        table *= 0.5
    table = table.astype(draw(st.sampled_from(["float64", "float64", "float32", "float16"])))
    table = np.asfortranarray(table) if draw(st.booleans()) else table
    codes, weights = rng.integers(0, width - (rng.random() < 0.2), n), draw(weight_columns(n))
    if draw(st.booleans()):
        truth = (rng.random((n, width)) < 0.4) if draw(st.booleans()) else codes[:, np.newaxis] == np.arange(width)
        return truth.astype(draw(st.sampled_from(["bool", "int8", "int64", "float64"]))), table, weights, None
    names = draw(st.sampled_from([np.arange(width), np.arange(width) * 3 - 1, np.arange(width) * 1_000.0]))
    names = np.array(list("abcde"[:width])) if draw(st.booleans()) else names
    return names[codes], table, weights, draw(st.sampled_from([None, names, names.tolist(), names[:-1], names[::-1]]))


@given(tables(), st.booleans())
def test_the_log_loss_of_several_columns_is_scikit_learn_s(problem, normalize):
    truth, table, weights, named = problem
    options = {"sample_weight": weights, "labels": named, "normalize": normalize}
    assert_same("log_loss", truth, table, rtol=tolerance(table), **options)


@given(tables(), st.sampled_from(["auto", True, False]))
def test_the_brier_score_of_several_columns_is_scikit_learn_s(problem, scale_by_half):
    truth, table, weights, named = problem
    options = {"sample_weight": weights}
    if VERSION >= (1, 7):
        options |= {"labels": named, "scale_by_half": scale_by_half}
    assert_same("brier_score_loss", truth, table, rtol=tolerance(table), **options)


@given(tables(), st.integers(1, 6), st.booleans())
def test_the_top_k_accuracy_of_several_classes_is_scikit_learn_s(problem, k, normalize):
    truth, table, weights, named = problem
    options = {"k": k, "sample_weight": weights, "labels": named, "normalize": normalize}
    assert_same("top_k_accuracy_score", truth, np.round(table.astype("f8"), 1), **options)


@given(binary(), st.sampled_from([1, 1, 2, 3]), st.booleans(), st.sampled_from([0.0, 0.25]))
def test_the_top_k_accuracy_of_two_classes_is_scikit_learn_s(problem, k, normalize, shift):
    truth, probabilities, weights = problem
    if shift:
        probabilities = np.asarray(probabilities, np.float64) - shift
    assert_same("top_k_accuracy_score", truth, probabilities, k=k, normalize=normalize, sample_weight=weights)


@given(
    binary(),
    st.sampled_from(POS_LABELS),
    st.sampled_from([1, 2, 5, 10, 30]),
    st.sampled_from(["uniform", "quantile"]),
)
def test_calibration_curves_are_scikit_learn_s(problem, pos_label, n_bins, strategy):
    truth, probabilities, _ = problem
    assert_same("calibration_curve", truth, probabilities, pos_label=pos_label, n_bins=n_bins, strategy=strategy)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_a_probability_on_an_edge_belongs_to_the_bin_below(strategy):
    probabilities = np.repeat(np.linspace(0, 1, 11), 3)
    truth = np.arange(33) % 3 == 0
    for n_bins in (2, 5, 10):
        assert_same("calibration_curve", truth, probabilities, n_bins=n_bins, strategy=strategy)


def test_many_rows_give_what_scikit_learn_gives():
    rng = np.random.default_rng(0)
    probabilities = rng.random(100_001)
    truth, weights = (rng.random(100_001) < probabilities).astype(int), rng.random(100_001)
    for name in LOSSES:
        assert_same(name, truth, probabilities, sample_weight=weights)
        assert_same(name, truth, np.stack([1 - probabilities, probabilities], axis=1), sample_weight=weights)
    assert_same("calibration_curve", truth, probabilities, n_bins=17, strategy="quantile")


@given(st.integers(0, 2**32), st.sampled_from(["int64", "float32"]), st.sampled_from([1, 5, 20]))
def test_a_weighted_calibration_curve_is_that_of_repeated_rows(seed, dtype, n_bins):
    rng = np.random.default_rng(seed)
    probabilities, truth, weights = rng.integers(0, 21, 40) / 20, rng.random(40) < 0.5, rng.integers(0, 4, 40)
    weights[0] = 1
    before = ours.calls()["calibration_curve"].thresher
    weighted = ours.calibration_curve(truth, probabilities, n_bins=n_bins, sample_weight=weights.astype(dtype))
    repeated = sklearn.calibration.calibration_curve(
        truth.repeat(weights), probabilities.repeat(weights), n_bins=n_bins
    )
    assert ours.calls()["calibration_curve"].thresher == before + 1
    np.testing.assert_allclose(weighted, repeated, rtol=1e-12)
    halved = ours.calibration_curve(truth, probabilities, n_bins=n_bins, sample_weight=weights / 2)
    np.testing.assert_allclose(halved, weighted, rtol=1e-12)


def test_weighted_quantiles_hold_equal_weight_and_do_not_depend_on_its_unit():
    rng = np.random.default_rng(0)
    probabilities, weights = rng.random(1_000), rng.integers(0, 5, 1_000)
    truth = rng.random(1_000) < probabilities
    options = {"n_bins": 4, "strategy": "quantile"}
    found = ours.calibration_curve(truth, probabilities, sample_weight=weights, **options)
    rows, outcomes = probabilities.repeat(weights), truth.repeat(weights)
    edges = np.percentile(rows, [25, 50, 75], method="inverted_cdf")
    bins = np.searchsorted(edges, rows)
    np.testing.assert_allclose(found[0], [outcomes[bins == index].mean() for index in range(4)], rtol=1e-12)
    np.testing.assert_allclose(found[1], [rows[bins == index].mean() for index in range(4)], rtol=1e-12)
    assert np.ptp(np.bincount(bins)) <= 5
    scaled = ours.calibration_curve(truth, probabilities, sample_weight=weights * 0.1, **options)
    np.testing.assert_allclose(scaled, found, rtol=1e-12)


@pytest.mark.parametrize("weights", [[1, -1, 1], [0, 0, 0], [1, np.nan, 1], [1, 1], ["a", "b", "c"], [1, np.inf, 1]])
def test_weights_that_cannot_be_used_are_an_error_of_ours_where_scikit_learn_knows_none(weights):
    with pytest.raises(th.Error, match="calibration_curve with `sample_weight`, which scikit-learn does not know"):
        ours.calibration_curve([0, 1, 1], [0.1, 0.5, 0.9], sample_weight=weights)


def test_no_weights_named_are_handed_on_as_none():
    with pytest.raises(ValueError, match="outside"):
        ours.calibration_curve([0, 1], [0.1, 1.5], sample_weight=None)
    with pytest.raises(TypeError, match="sample_weight"):
        sklearn.calibration.calibration_curve([0, 1], [0.1, 0.5], sample_weight=None)


SPOILT = [
    ([0, 1, 1], [0.1, 0.2, np.nan]),
    ([0, 1, 1], [0.1, 0.2, np.inf]),
    ([0, 1, 1], [0.1, 0.2, 1.5]),
    ([0, 1, 1], [0.1, -0.2, 0.5]),
    ([0, 1, 1], [0.1, 0.2]),
    ([0, 1, 2], [0.1, 0.2, 0.3]),
    ([0, 1, 2], [[0.1, 0.2], [0.3, 0.4], [0.5, 0.5]]),
    ([0, 1, np.nan], [0.1, 0.2, 0.3]),
    ([0.5, 1, 2], [0.1, 0.2, 0.3]),
    ([1, 1, 1], [0.1, 0.2, 0.3]),
    ([], []),
    ([None, 1, 0], [0.1, 0.2, 0.3]),
    ([0, 1, 1], ["a", "b", "c"]),
    ([0, 1, 1], 0.5),
    ([[0, 1], [1, 1], [1, 0]], [[0.1, 0.9], [1.4, -0.4], [0.5, 0.5]]),
    ([[0, 2], [1, 1], [1, 0]], [[0.1, 0.9], [0.4, 0.6], [0.5, 0.5]]),
    ([0, 1, 2], [[0.1, 0.2, 0.7], [0.3, np.nan, 0.4], [0.5, 0.5, 0.0]]),
]


@pytest.mark.parametrize("name", [*LOSSES, "top_k_accuracy_score", "calibration_curve"])
@pytest.mark.parametrize("problem", SPOILT, ids=str)
def test_what_is_not_valid_fails_as_it_does_there(name, problem):
    assert_same(name, *problem)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *(("log_loss", {"normalize": value}) for value in (1, None, np.True_)),
        *(("log_loss", {"labels": value}) for value in (3, [0], [0, 0, 1], [[0, 1]], [0.5, 1.5])),
        ("log_loss", {"y_pred": [0.1, 0.2, 0.3]}),
        ("log_loss", {"y_proba": [0.1, 0.2, 0.3]}),
        *(("brier_score_loss", {"scale_by_half": value}) for value in (1, "all", None)),
        *(("brier_score_loss", {"pos_label": value}) for value in ([1], "a", float("nan"), np.int8(1))),
        *(("brier_score_loss", {"labels": value}) for value in (3, [0])),
        *(("top_k_accuracy_score", {"k": value}) for value in (0, -1, 1.5, True, np.int64(1))),
        *(("calibration_curve", {"n_bins": value}) for value in (0, 2.5, np.int64(3), True)),
        *(("calibration_curve", {"strategy": value}) for value in ("other", None)),
        *((name, {"sample_weight": value}) for name in LOSSES for value in ([1, -1, 1], [[1]] * 3, [0, 0, 0], 2, [1])),
        *(("top_k_accuracy_score", {"k": 1, "sample_weight": value}) for value in ([1, -1, 1], [[1]] * 3, [0, 0, 0])),
        *((name, {"unknown": 1}) for name in (*LOSSES, "top_k_accuracy_score", "calibration_curve")),
    ],
    ids=str,
)
def test_odd_arguments_do_what_they_do_there(name, options):
    assert_same(name, [0, 1, 1], [0.1, 0.8, 0.4], **options)


def test_everyday_input_is_answered_by_thresher():
    before = ours.calls()
    scores, weights = np.array([0.1, 0.8, 0.3, 0.3]), [1.0, 0.5, 2.0, 0.0]
    table = np.array([[0.1, 0.6, 0.3], [0.2, 0.3, 0.5], [1, 0, 0], [0, 0.5, 0.5]], np.float32)
    for names in (["a", "b", "c"], [0, 1, 2], [1.0, 2.0, 3.0]):
        two, three = np.array(names)[[0, 1, 1, 0]], np.array(names)[[0, 1, 2, 1]]
        ours.log_loss(two, scores, sample_weight=weights, labels=names[:2])
        ours.log_loss(three, table, sample_weight=weights)
        ours.brier_score_loss(two, scores, sample_weight=weights, pos_label=names[1])
        ours.top_k_accuracy_score(two, scores, k=1, sample_weight=weights)
        ours.top_k_accuracy_score(three, table, labels=names)
        ours.calibration_curve(two, scores, pos_label=names[1], strategy="quantile")
    three_of = {"log_loss": 6, "brier_score_loss": 3, "top_k_accuracy_score": 6, "calibration_curve": 3}
    for name, count in three_of.items():
        assert ours.calls()[name].thresher == before[name].thresher + count
        assert ours.calls()[name].scikit_learn == before[name].scikit_learn


def test_calibration_curve_is_patched_in_sklearn_calibration():
    original = sklearn.calibration.calibration_curve
    with ours.patched():
        assert sklearn.calibration.calibration_curve is ours.calibration_curve
        assert sklearn.calibration.calibration_curve([0, 1], [0.1, 0.9], sample_weight=[1, 2])[0].tolist() == [0, 1]
    assert sklearn.calibration.calibration_curve is original
