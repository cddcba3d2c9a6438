"""`patch` reaches every module and scorer, can be undone to the last attribute, and leaves pickles that load alone."""

import os
import pickle
import subprocess
import sys
import types

import joblib
import numpy as np
import pytest
import sklearn.metrics
from sklearn import datasets, linear_model, model_selection

import thresher as th
import thresher.sklearn as ours

METRICS = sklearn.metrics
SCORING = sys.modules["sklearn.metrics._scorer"]
ORIGINAL = METRICS.roc_auc_score


@pytest.fixture(autouse=True)
def unpatched():
    yield
    ours.unpatch()


@pytest.fixture(scope="module")
def problem():
    return datasets.make_classification(300, random_state=0)


def attributes():
    """Every attribute of every module of scikit-learn, and of the classes that are patched."""
    modules = {name: module for name, module in sys.modules.items() if name.split(".")[0] == "sklearn"}
    found = {(name, key): value for name, module in modules.items() for key, value in list(vars(module).items())}
    found |= {("_CurveScorer", key): value for key, value in vars(SCORING._CurveScorer).items()}
    found |= {(name, "_score_func"): scorer._score_func for name, scorer in SCORING._SCORERS.items()}
    return found | {("qualname", name): getattr(METRICS, name).__qualname__ for name in ("roc_auc_score", "roc_curve")}


def test_patching_is_undone_to_the_last_attribute():
    before = attributes()
    ours.patch()
    assert METRICS.roc_auc_score is SCORING.roc_auc_score is sys.modules["sklearn.metrics._ranking"].roc_auc_score
    assert METRICS.roc_auc_score is ours.roc_auc_score
    ours.patch()
    ours.unpatch()
    after = attributes()
    assert {key for key in before if after[key] is not before[key] and after[key] != before[key]} == set()
    assert set(after) - set(before) == set()


def test_it_tells_what_it_did_and_does_nothing_twice():
    report = ours.patch()
    assert "roc_auc_score" in report.functions
    assert "sklearn.metrics._scorer.roc_auc_score" in report.rebound
    assert f"{__name__}.ORIGINAL" in report.left
    assert "imported before and left as they are" in str(report)
    again = ours.patch()
    assert (again.rebound, again.scorers, again.functions) == ((), 0, report.functions)
    assert ours.unpatch().functions == ()
    assert ours.unpatch().rebound == ()


def test_some_names_can_be_patched_alone():
    ours.patch(["roc_curve"])
    assert METRICS.roc_auc_score is ORIGINAL
    assert METRICS.roc_curve is ours.roc_curve
    with ours.patched(["roc_auc_score"]):
        assert METRICS.roc_auc_score is ours.roc_auc_score
    assert METRICS.roc_auc_score is ORIGINAL
    with ours.patched():
        assert METRICS.roc_auc_score is ours.roc_auc_score
    assert METRICS.roc_curve is ours.roc_curve
    with pytest.raises(th.Error, match="no_such_metric"):
        ours.patch(["no_such_metric"])


def test_an_error_in_the_block_unpatches():
    with pytest.raises(KeyError), ours.patched():
        raise KeyError
    assert METRICS.roc_auc_score is ORIGINAL


def test_scorers_made_before_are_repointed_and_those_of_ours_left_alone():
    made, got = METRICS.make_scorer(ORIGINAL), METRICS.get_scorer("roc_auc")
    mine = METRICS.make_scorer(ours.roc_auc_score)
    ours.patch()
    assert made._score_func is got._score_func is ours.roc_auc_score
    assert METRICS.get_scorer("roc_auc")._score_func is ours.roc_auc_score
    later = METRICS.get_scorer("roc_auc_ovr")
    ours.unpatch()
    assert made._score_func is got._score_func is later._score_func is ORIGINAL
    assert mine._score_func is ours.roc_auc_score
    assert SCORING._SCORERS["roc_auc"]._score_func is ORIGINAL


def test_modules_of_scikit_learn_loaded_later_get_ours_and_lose_them():
    late = types.ModuleType("sklearn.late")
    with ours.patched():
        exec("from sklearn.metrics import roc_auc_score", vars(late))
        sys.modules["sklearn.late"] = late
    del sys.modules["sklearn.late"]
    assert late.roc_auc_score is ORIGINAL


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_made_under_patch_load_where_thresher_is_absent(protocol, problem, tmp_path):
    before = METRICS.make_scorer(ORIGINAL, response_method="predict_proba")
    ours.patch()
    search = model_selection.GridSearchCV(linear_model.LogisticRegression(), {"C": [0.1, 1]}, scoring="roc_auc")
    dumped = [ORIGINAL, METRICS.roc_auc_score, before, METRICS.get_scorer("average_precision"), search.fit(*problem)]
    (tmp_path / "dump").write_bytes(pickle.dumps(dumped, protocol))
    code = (
        "import pickle, sys\n"
        "sys.modules['thresher'] = None\n"
        f"original, ours, before, scorer, search = pickle.load(open({str(tmp_path / 'dump')!r}, 'rb'))\n"
        "from sklearn.metrics import roc_auc_score\n"
        "assert ours is roc_auc_score and before._score_func is roc_auc_score and search.scorer_._score_func is ours\n"
        "assert original([0, 1], [0.1, 0.2]) == 1.0 and original.__name__ == 'roc_auc_score'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    loaded = pickle.loads((tmp_path / "dump").read_bytes())
    assert loaded[:2] == [ORIGINAL, ours.roc_auc_score]
    ours.unpatch()
    assert pickle.loads(pickle.dumps([ORIGINAL, ours.roc_auc_score], protocol)) == [ORIGINAL, ours.roc_auc_score]


def worker_s_function(scorer):
    return type(scorer._score_func).__module__, joblib.parallel.mp.current_process().name


@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision"])
def test_cross_validation_gives_the_same_scores_also_in_workers(problem, scoring):
    def scores(n_jobs):
        folds = model_selection.StratifiedKFold(4, shuffle=True, random_state=0)
        model = linear_model.LogisticRegression()
        return model_selection.cross_val_score(model, *problem, scoring=scoring, cv=folds, n_jobs=n_jobs)

    reference = scores(None)
    name = f"{scoring}_score" if scoring == "average_precision" else "roc_auc_score"
    before = ours.calls()[name].thresher
    with ours.patched():
        np.testing.assert_allclose(scores(None), reference, rtol=1e-12)
        assert ours.calls()[name].thresher == before + 4
        np.testing.assert_allclose(scores(2), reference, rtol=1e-12)
        scorer = METRICS.get_scorer(scoring)
        [(where, _)] = joblib.Parallel(2, backend="loky")([joblib.delayed(worker_s_function)(scorer)])
    assert where == "thresher.sklearn._answers"


BINARY = [
    *(
        "accuracy",
        "balanced_accuracy",
        "average_precision",
        "neg_brier_score",
        "f1",
        "f1_micro",
        "f1_macro",
        "f1_weighted",
    ),
    *("neg_log_loss", "precision", "recall", "jaccard", "roc_auc", "matthews_corrcoef"),
    *("positive_likelihood_ratio", "neg_negative_likelihood_ratio", "roc_auc_ovr", "roc_auc_ovo"),
]
SEVERAL = [
    *("accuracy", "balanced_accuracy", "f1_micro", "f1_macro", "f1_weighted", "neg_log_loss", "precision_macro"),
    *("recall_weighted", "jaccard_macro", "matthews_corrcoef", "roc_auc_ovr", "roc_auc_ovo"),
    *("roc_auc_ovr_weighted", "roc_auc_ovo_weighted"),
]


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize(("classes", "scoring"), [(2, BINARY), (3, SEVERAL)])
def test_scores_by_name_are_scikit_learn_s_in_cross_validation_and_searches(classes, scoring, n_jobs):
    samples, labels = datasets.make_classification(240, n_informative=4, n_classes=classes, random_state=1)
    labels = np.array(["no", "perhaps", "yes"])[labels] if classes == 3 else labels
    folds = model_selection.StratifiedKFold(3, shuffle=True, random_state=0)
    model = linear_model.LogisticRegression()

    def found():
        scores = model_selection.cross_validate(model, samples, labels, scoring=scoring, cv=folds, n_jobs=n_jobs)
        search = model_selection.GridSearchCV(
            model, {"C": [0.1, 1.0]}, scoring=scoring, refit=scoring[0], cv=folds, n_jobs=n_jobs
        )
        results = search.fit(samples, labels).cv_results_
        tested = {key: value for key, value in scores.items() if key.startswith("test_")}
        return tested | {key: value for key, value in results.items() if key.startswith("mean_test_")}

    reference = found()
    with ours.patched():
        patched = found()
    assert patched.keys() == reference.keys()
    for name in reference:
        np.testing.assert_allclose(patched[name], reference[name], rtol=1e-12, atol=1e-13, err_msg=name)


class TwoColumns(linear_model.LogisticRegression):
    """Decides as Keras's SKLearnClassifier does: a column for each class, also if there are two."""

    def decision_function(self, X):
        found = super().decision_function(X)
        return np.stack([-found, found], axis=1)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("scoring", ["roc_auc", "average_precision"])
def test_of_a_binary_classifier_s_two_columns_the_right_one_is_taken(problem, scoring, n_jobs):
    samples, labels = problem
    with pytest.warns(UserWarning, match="Scoring failed"):
        theirs = model_selection.cross_val_score(TwoColumns(), samples, labels, scoring=scoring, cv=3)
    assert np.isnan(theirs).all()
    one = model_selection.cross_val_score(linear_model.LogisticRegression(), samples, labels, scoring=scoring, cv=3)
    with ours.patched():
        two = model_selection.cross_val_score(TwoColumns(), samples, labels, scoring=scoring, cv=3, n_jobs=n_jobs)
    np.testing.assert_allclose(two, one, rtol=1e-12)


def test_the_column_is_right_where_the_smaller_class_is_positive(problem):
    samples, labels = problem
    model = TwoColumns().fit(samples, labels)
    scorer = METRICS.make_scorer(METRICS.average_precision_score, response_method="decision_function", pos_label=0)
    with ours.patched():
        found = scorer(model, samples, labels)
    scores = -linear_model.LogisticRegression().fit(samples, labels).decision_function(samples)
    assert found == pytest.approx(METRICS.average_precision_score(labels, scores, pos_label=0), rel=1e-12)


def threads_of_a_worker():
    return os.environ["OMP_NUM_THREADS"], os.environ.get("THRESHER_NUM_THREADS")


def test_workers_are_told_how_many_threads_they_may_start():
    found = joblib.Parallel(joblib.cpu_count(), backend="loky")([joblib.delayed(threads_of_a_worker)()])
    assert found == [("1", None)]  # which thresher heeds


def test_a_script_runs_under_patch(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nfrom sklearn.metrics import roc_auc_score\n"
        "area = roc_auc_score([0, 1, 1], [1, 2, 3], sample_weight=[1, 1, -1])\n"
        "print(type(roc_auc_score).__name__, sys.argv[1:], __name__, area)\n"
    )
    command = [sys.executable, "-m", "thresher.sklearn", "--verbose", str(script), "--flag", "x"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.startswith("DropIn ['--flag', 'x'] __main__")
    assert "functions stand patched" in run.stderr
    assert "roc_auc_score is answered by scikit-learn" in run.stderr


def test_importing_thresher_does_not_import_scikit_learn():
    code = "import sys, thresher; assert 'sklearn' not in sys.modules and 'thresher.sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
