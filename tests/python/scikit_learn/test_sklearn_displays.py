"""Displays of scikit-learn fed from our curves: the same lines and words from fewer points, also under `patch`."""

import contextlib
import inspect
import pickle
import subprocess
import sys

import numpy as np
import pytest
import sklearn.calibration
from matplotlib import pyplot
from scipy.stats import norm
from sklearn import datasets, linear_model, metrics, model_selection

import thresher.sklearn as ours
from thresher.sklearn._originals import VERSION

CURVES = {
    "RocCurveDisplay": ("fpr", "tpr"),
    "PrecisionRecallDisplay": ("recall", "precision"),
    "DetCurveDisplay": ("fpr", "fnr"),
}
OTHERS = ["ConfusionMatrixDisplay", "CalibrationDisplay"]
DROPS = [name for name in CURVES if name != "DetCurveDisplay" or VERSION >= (1, 7)]  # that take drop_intermediate
FOLDS = [name for name in CURVES if hasattr(getattr(metrics, name), "from_cv_results")]  # from 1.7 on, and 1.9
TOLERANCE = 1e-4
END = np.finfo(float).eps  # where scikit-learn draws a rate of 0
FEWER = {"RocCurveDisplay": 20, "PrecisionRecallDisplay": 4, "DetCurveDisplay": 10}  # so many times


def theirs(name):
    return getattr(sklearn.calibration if name == "CalibrationDisplay" else metrics, name)


@pytest.fixture(autouse=True)
def tidy():
    yield
    ours.unpatch()
    pyplot.close("all")


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(0)
    truth = rng.random(100_000) < 0.3
    return truth.astype(int), 1 / (1 + np.exp(-rng.normal(truth * 1.5 - 1, 1.0)))


@pytest.fixture(scope="module")
def fitted():
    X, y = datasets.make_classification(5_000, flip_y=0.3, random_state=0)
    return linear_model.LogisticRegression(solver="liblinear").fit(X, y), X, y


def words(display):
    """All that is written on the Axes."""
    ax = display.ax_
    legend = ax.get_legend()
    written = [ax.get_xlabel(), ax.get_ylabel(), ax.get_title(), ax.get_xlim(), ax.get_ylim()]
    return written, [text.get_text() for text in legend.get_texts()] if legend else None, style(display)


def style(display):
    line = getattr(display, "line_", None)
    if isinstance(line, list):
        line = line[0]
    return line and (line.get_color(), line.get_linestyle(), line.get_drawstyle(), line.get_label())


def path(display, name):
    """The corners of the line as it is drawn: steps have one more between two points."""
    x, y = (np.asarray(getattr(display, attribute)) for attribute in CURVES[name])
    if name == "DetCurveDisplay":
        return norm.ppf(np.clip(x, END, 1 - END)), norm.ppf(np.clip(y, END, 1 - END))
    if name == "PrecisionRecallDisplay":
        return np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]
    return x, y


def distance(points, line):
    """How far the points are from a line, in the larger coordinate; the points follow the line."""
    x, y = line
    largest, at = 0.0, 0
    for a, b in zip(*points, strict=True):
        ahead = slice(at, at + 400)
        low, high = np.minimum(x[:-1], x[1:])[ahead], np.maximum(x[:-1], x[1:])[ahead]
        lowest, highest = np.minimum(y[:-1], y[1:])[ahead], np.maximum(y[:-1], y[1:])[ahead]
        boxed = np.maximum.reduce([low - a, a - high, lowest - b, b - highest, np.zeros(len(low))])
        at += int(np.argmin(boxed))
        dx, dy = x[at + 1] - x[at], y[at + 1] - y[at]
        share = np.clip(((a - x[at]) * dx + (b - y[at]) * dy) / ((dx * dx + dy * dy) or 1.0), 0.0, 1.0)
        largest = max(largest, abs(x[at] + share * dx - a), abs(y[at] + share * dy - b))
    return largest


@pytest.mark.parametrize("name", CURVES)
def test_a_long_curve_is_the_same_line_of_far_fewer_points(name, many):
    mine = getattr(ours, name).from_predictions(*many)
    full = theirs(name).from_predictions(*many, **({"drop_intermediate": False} if name in DROPS else {}))
    x, _ = CURVES[name]
    assert len(getattr(mine, x)) < len(getattr(full, x)) / FEWER[name]
    whole = path(full, name)
    step = max(1, len(whole[0]) // 3_000)
    some = np.unique(np.r_[: len(whole[0]) : step, len(whole[0]) - 1])
    near = distance((whole[0][some], whole[1][some]), path(mine, name))
    unit = np.sqrt(2 * np.pi) if name == "DetCurveDisplay" else 1.0  # of the normal deviates on its axes
    assert near <= TOLERANCE * unit * np.sqrt(2) + 1e-9  # found to the nearest point of the line by another measure
    assert words(mine) == words(full)
    assert type(mine) is getattr(ours, name)
    assert isinstance(mine, theirs(name))


@pytest.mark.parametrize("name", DROPS)
def test_every_point_is_kept_where_it_is_asked_for(name, many):
    mine = getattr(ours, name).from_predictions(*many, drop_intermediate=False)
    full = theirs(name).from_predictions(*many, drop_intermediate=False)
    for attribute in CURVES[name]:
        np.testing.assert_allclose(getattr(mine, attribute), getattr(full, attribute), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [*CURVES, *OTHERS])
def test_a_short_curve_is_scikit_learn_s_to_the_last_point(name):
    truth, scores = [0, 0, 1, 1, 0, 1], [0.1, 0.4, 0.35, 0.8, 0.5, 0.8]
    scores = [score > 0.4 for score in scores] if name == "ConfusionMatrixDisplay" else scores
    mine, full = (each.from_predictions(truth, scores) for each in (getattr(ours, name), theirs(name)))
    assert words(mine) == words(full)
    for attribute, value in vars(full).items():
        if isinstance(value, np.ndarray) and value.dtype.kind in "fi":
            np.testing.assert_allclose(getattr(mine, attribute), value, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [*CURVES, *OTHERS])
def test_a_model_s_display_is_the_same(name, fitted):
    model, X, y = fitted
    mine, full = (each.from_estimator(model, X, y) for each in (getattr(ours, name), theirs(name)))
    assert words(mine) == words(full)
    if name in CURVES:
        x, _ = CURVES[name]
        assert len(getattr(mine, x)) < len(getattr(full, x))


@pytest.mark.parametrize("patched", [False, True])
def test_curves_of_folds_are_the_same(fitted, patched):
    model, X, y = fitted
    found = model_selection.cross_validate(model, X, y, cv=3, return_estimator=True, return_indices=True)
    for name in FOLDS:
        reference = theirs(name).from_cv_results(found, X, y, drop_intermediate=False)
        with ours.patched() if patched else contextlib.nullcontext():
            display = theirs(name) if patched else getattr(ours, name)
            mine, every = (
                display.from_cv_results(found, X, y, **given) for given in ({}, {"drop_intermediate": False})
            )
        x, _ = CURVES[name]
        for fold in range(3):
            assert 2 < len(getattr(mine, x)[fold]) < len(getattr(every, x)[fold])
            np.testing.assert_allclose(getattr(every, x)[fold], getattr(reference, x)[fold], rtol=1e-12)
        assert words(mine) == words(reference)


def test_our_functions_are_what_displays_call(many):
    expected = {
        "RocCurveDisplay": ["roc_curve", "auc"],
        "PrecisionRecallDisplay": ["precision_recall_curve", "average_precision_score"],
        "DetCurveDisplay": ["det_curve"],
        "CalibrationDisplay": ["calibration_curve"],
    }
    for patched in (False, True):
        if patched:
            ours.patch()
        for name, functions in expected.items():
            before = ours.calls()
            (theirs(name) if patched else getattr(ours, name)).from_predictions(*many)
            after = ours.calls()
            for function in functions:
                if function != "det_curve" or VERSION >= (1, 7):
                    assert after[function].thresher == before[function].thresher + 1


def test_a_confusion_matrix_is_counted_by_the_function_of_that_name(monkeypatch):
    from thresher.sklearn import _answers

    asked = []

    def confusion_matrix(*args, **kwargs):
        asked.append(args)
        return metrics.confusion_matrix(*args, **kwargs)

    monkeypatch.setitem(_answers.DROP_INS, "confusion_matrix", confusion_matrix)
    display = ours.ConfusionMatrixDisplay.from_predictions([0, 1, 1], [0, 1, 0])
    assert display.confusion_matrix.tolist() == [[1, 0], [1, 1]]
    assert len(asked) == 1


@pytest.mark.parametrize("name", CURVES)
def test_under_patch_scikit_learn_s_own_classes_draw_fewer_points_until_it_is_undone(name, many):
    display, (x, _) = theirs(name), CURVES[name]
    before, full = dict(vars(display)), display.from_predictions(*many)
    with ours.patched([name]):
        thinned = display.from_predictions(*many)
        assert type(thinned) is display
        assert len(getattr(thinned, x)) < len(getattr(full, x)) / 2
        assert words(thinned) == words(full)
    assert dict(vars(display)) == before
    assert len(getattr(display.from_predictions(*many), x)) == len(getattr(full, x))


def test_a_display_made_by_hand_keeps_its_points(many):
    fpr, tpr, _ = metrics.roc_curve(*many)
    for display in (ours.RocCurveDisplay, metrics.RocCurveDisplay):
        with ours.patched():
            assert len(display(fpr=fpr, tpr=tpr).plot(name="by hand").line_.get_xdata()) == len(fpr)


@pytest.mark.parametrize("name", [*CURVES, *OTHERS])
def test_a_display_has_the_name_documentation_and_signatures_of_the_original(name):
    mine, reference = getattr(ours, name), theirs(name)
    assert (mine.__name__, mine.__doc__) == (name, reference.__doc__)
    assert issubclass(mine, reference)
    for method in ("from_predictions", "from_estimator", "from_cv_results"):
        if hasattr(reference, method):
            one, other = getattr(mine, method), getattr(reference, method)
            assert inspect.signature(one) == inspect.signature(other)
            assert (one.__doc__, one.__qualname__) == (other.__doc__, other.__qualname__)


def test_displays_pickle_and_those_made_under_patch_load_where_thresher_is_absent(many, tmp_path):
    mine = ours.DetCurveDisplay(fpr=np.array([0.1]), fnr=np.array([0.2]))
    loaded = pickle.loads(pickle.dumps(mine))
    assert type(loaded) is ours.DetCurveDisplay is pickle.loads(pickle.dumps(ours.DetCurveDisplay))
    with ours.patched():
        dumped = pickle.dumps([metrics.RocCurveDisplay, metrics.RocCurveDisplay.from_predictions(*many)])
    (tmp_path / "dump").write_bytes(dumped)
    code = (
        "import pickle, sys; sys.modules['thresher'] = None\n"
        f"kind, display = pickle.load(open({str(tmp_path / 'dump')!r}, 'rb'))\n"
        "assert type(display) is kind and len(display.fpr) > 2\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", [*CURVES, "CalibrationDisplay"])
@pytest.mark.parametrize(
    ("args", "options"),
    [
        (([0, 1, 2], [0.1, 0.2, 0.3]), {}),
        (([0, 1], [0.1, 0.2, 0.3]), {}),
        ((["a", "b"], [0.1, 0.2]), {}),
        (([0, 1], [0.1, float("nan")]), {}),
        (([0, 1],), {}),
        (([0, 1], [0.1, 0.2]), {"unknown_keyword": 1}),
    ],
    ids=str,
)
def test_what_is_not_valid_fails_as_it_does_there(name, args, options):
    outcomes = []
    for display in (getattr(ours, name), theirs(name)):
        try:
            display.from_predictions(*args, **options)
            outcomes.append(None)
        except Exception as error:
            outcomes.append((type(error), str(error)))
    assert outcomes[0] == outcomes[1]
