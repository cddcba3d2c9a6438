"""scikit-learn's own tests of what thresher answers pass with thresher patched in, and their calls reach thresher."""

import json
import subprocess
import sys

import pytest

from thresher.sklearn._originals import VERSION

# Modules of tests, which of their tests, and how many calls thresher must have answered, at least; most others are
# calls that fail, as the tests expect.
OWN = {
    "sklearn.metrics.tests.test_ranking": (
        "",
        {
            "roc_auc_score": 100,
            "average_precision_score": 70,
            "auc": 20,
            "roc_curve": 40,
            "precision_recall_curve": 40,
            "det_curve": 50,
            "confusion_matrix_at_thresholds": 8,
            "metric_at_thresholds": 14,
            "top_k_accuracy_score": 20,
        },
    ),
    "sklearn.metrics.tests.test_classification": (
        "",
        {"log_loss": 18, "brier_score_loss": 10, "precision_recall_fscore_support": 60, "confusion_matrix": 30},
    ),
    "sklearn.tests.test_calibration": ("curve or display", {"calibration_curve": 25}),
    "sklearn.metrics._plot.tests": (
        "not prediction_error",
        {
            "roc_curve": 50,
            "precision_recall_curve": 40,
            "det_curve": 10,
            "calibration_curve": 2,
        },
    ),
}

CODE = """
import json, sys
import matplotlib, pytest, thresher.sklearn
matplotlib.use("Agg")
thresher.sklearn.patch()
settings, root, own, some = sys.argv[1:]
code = pytest.main(["-q", "-p", "no:cacheprovider", "-c", settings, "--rootdir", root, "-k", some, "--pyargs", own])
print(json.dumps({name: [each.thresher, each.scikit_learn] for name, each in thresher.sklearn.calls().items()}))
sys.exit(code)
"""


@pytest.mark.parametrize("own", OWN)
def test_scikit_learn_s_own_tests_pass_under_patch(own, tmp_path):
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n")
    some, answered = OWN[own]
    command = [sys.executable, "-c", CODE, str(settings), str(tmp_path), own, some]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    counts = json.loads(run.stdout.splitlines()[-1])
    if VERSION < (1, 7):
        del counts["det_curve"]  # scikit-learn's, in that version
    assert {name: counts[name] for name, least in answered.items() if name in counts and counts[name][0] < least} == {}
