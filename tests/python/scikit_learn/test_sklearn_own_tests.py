"""scikit-learn's own tests of its ranking metrics pass with thresher patched in, and their calls do reach thresher."""

import json
import subprocess
import sys

from thresher.sklearn._originals import VERSION

# How many calls thresher must have answered, at least; most others are calls that fail, as the tests expect.
ANSWERED = {
    "roc_auc_score": 100,
    "average_precision_score": 70,
    "auc": 20,
    "roc_curve": 40,
    "precision_recall_curve": 40,
    "det_curve": 50,
    "confusion_matrix_at_thresholds": 8,
    "metric_at_thresholds": 14,
}

CODE = """
import json, sys
import pytest, thresher.sklearn
thresher.sklearn.patch()
own = "sklearn.metrics.tests.test_ranking"
code = pytest.main(["-q", "-p", "no:cacheprovider", "-c", sys.argv[1], "--rootdir", sys.argv[2], "--pyargs", own])
assert type(sys.modules[own].roc_auc_score).__name__ == "DropIn"
print(json.dumps({name: [each.thresher, each.scikit_learn] for name, each in thresher.sklearn.calls().items()}))
sys.exit(code)
"""


def test_scikit_learn_s_own_tests_pass_under_patch(tmp_path):
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n")
    command = [sys.executable, "-c", CODE, str(settings), str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    counts = json.loads(run.stdout.splitlines()[-1])
    if VERSION < (1, 7):
        del counts["det_curve"]  # scikit-learn's, in that version
    assert {name: counts[name] for name, least in ANSWERED.items() if name in counts and counts[name][0] < least} == {}
