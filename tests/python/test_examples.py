"""README and examples/ do what they say."""

import contextlib
import importlib
import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
README = REPOSITORY / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def run_example(name: str, *options: str) -> str:
    script = REPOSITORY / "examples" / name
    command = [sys.executable, "-W", "error", str(script), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, f"{name} ended with {run.returncode}:\n{run.stdout}\n{run.stderr}"
    return run.stdout


def test_every_python_block_of_the_readme_prints_the_text_below_it():
    blocks = BLOCK.findall(README.read_text())
    assert len(blocks) >= 5
    names: dict[str, object] = {}
    for code, printed in blocks:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(code, "README.md", "exec"), names)
        assert output.getvalue() == printed, f"README.md shows other output than this block prints:\n{code}"


def test_a_million_samples_are_counted_as_numpy_counts_them():
    lines = run_example("million.py").splitlines()
    assert lines[-1] == "equal at every threshold"
    assert lines[0].startswith("333,334 held-out scores")
    assert sum(line.strip()[:4] in {f"{step / 20:.2f}" for step in range(1, 20)} for line in lines) == 19


def test_the_flights_demo_agrees_with_scikit_learn_and_draws_its_pictures(tmp_path):
    screen = run_example("flights.py", "--output", str(tmp_path), "--trees", "10", "--repeated", "200000")
    assert "82,609 of October to December" in screen
    assert "DIFFERENT" not in screen
    assert [line[:4] for line in screen.splitlines() if re.match(r"0\.\d\d ", line)] == [
        f"{step / 20:.2f}" for step in range(1, 20)
    ]
    for accumulator in ("ExactCounts", "CompactCounts", "ThresholdCounts"):
        assert accumulator in screen
    for picture in ("roc.png", "precision_recall.png", "confusion.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_the_choice_of_a_threshold_agrees_with_scikit_learn_and_draws_its_pictures(tmp_path):
    screen = run_example("choose_a_threshold.py", "--output", str(tmp_path), "--trees", "10")
    assert "DIFFERENT" not in screen
    assert [line[:3] for line in screen.splitlines() if re.match(r"\d\. ", line)] == ["1. ", "2. ", "3. ", "4. ", "5. "]
    merged, at_once = (re.search(rf"^{name} +(82,609 .*)$", screen, re.MULTILINE) for name in ("merged", "at once"))
    assert merged is not None
    assert at_once is not None
    assert merged[1] == at_once[1]
    for picture in ("models.png", "thresholds.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")


def test_the_everyday_page_gives_the_same_figures_under_patch(tmp_path):
    screen = run_example("cross_validation.py", "--output", str(tmp_path), "--rows", "3000")
    assert "DIFFERENT" not in screen
    same = re.search(r"^(\d+) of (\d+) figures are the same; (\d+) calls answered$", screen, re.MULTILINE)
    assert same is not None
    assert same[1] == same[2]
    assert int(same[3]) > 0
    one_line = " ".join(screen.split())
    by_fold = re.search(r"ROC AUC by fold: ([\d., ]+); without patch\(\), .*: nan, nan, nan", one_line)
    assert by_fold is not None
    assert min(map(float, by_fold[1].split(", "))) > 0.9
    assert (tmp_path / "cross_validation.png").read_bytes().startswith(b"\x89PNG")


def test_training_with_keras_logs_each_threshold_and_draws_each_epoch(tmp_path):
    screen = run_example("keras_training.py", "--output", str(tmp_path), "--rows", "20000", "--epochs", "2")
    assert screen.splitlines()[-1] == "equal at every threshold"
    assert re.search(r"^val_recall_0_05 +[01]\.\d{4} +[01]\.\d{4}$", screen, re.MULTILINE)
    assert [line[:4] for line in screen.splitlines() if re.match(r"0\.\d\d ", line)] == [
        f"{step / 20:.2f}" for step in range(1, 20)
    ]
    names = {f"{kind}_epoch_00{epoch}.png" for kind in ("roc", "precision_recall", "confusion") for epoch in (1, 2)}
    assert {path.name for path in tmp_path.iterdir()} == names | {"log.csv"}
    keys, *epochs = (tmp_path / "log.csv").read_text().splitlines()
    assert len(epochs) == 2
    assert sum("true_positives_0_" in key for key in keys.split(",")) == 2 * 19


def test_training_with_keras_says_what_event_files_need(tmp_path):
    """Where TensorBoard is installed they are read back: tests/trackers."""
    if importlib.util.find_spec("tensorboard"):
        pytest.skip("TensorBoard is installed")
    folders = ["--output", str(tmp_path / "pictures"), "--tensorboard", str(tmp_path / "run")]
    script = REPOSITORY / "examples" / "keras_training.py"
    command = [sys.executable, str(script), "--rows", "6000", *folders]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 1
    assert "TensorBoardLogger needs tensorboard: pip install 'tensorboard'" in run.stderr


def test_a_keras_model_in_folds_has_scikit_learns_figures():
    screen = run_example("keras_folds.py", "--rows", "3000", "--epochs", "2")
    assert "DIFFERENT" not in screen
    rows = {line.split()[0]: line.split()[1:] for line in screen.splitlines() if re.match(r"(\d|mean|spread) ", line)}
    assert {"1", "2", "3", "4", "5", "mean", "spread"} <= set(rows)
    areas = [float(rows[str(fold)][0]) for fold in range(1, 6)]
    assert float(rows["mean"][0]) == pytest.approx(sum(areas) / 5, abs=1e-4)


def test_eighteen_labels_have_scikit_learns_figures():
    screen = run_example("keras_labels.py", "--rows", "3000", "--epochs", "2")
    assert "62 of 62 figures are scikit-learn's" in screen
    assert len(re.findall(r"^topic \d\d ", screen, re.MULTILINE)) == 18


def test_a_label_with_another_figure_is_noticed(monkeypatch):
    monkeypatch.syspath_prepend(REPOSITORY / "examples")
    labels = importlib.import_module("keras_labels")
    assert labels.compare(labels.Screen(), {"AUC": 0.75, "F1": 0.5}, {"AUC": 0.75, "F1": 0.5}) == 0
    assert labels.compare(labels.Screen(), {"AUC": 0.75, "F1": 0.5}, {"AUC": 0.75, "F1": 0.50001}) == 1


def test_digits_have_scikit_learns_figures_and_a_picture_of_each_epoch(tmp_path):
    screen = run_example("keras_digits.py", "--output", str(tmp_path), "--epochs", "2")
    assert "15 of 15 figures are scikit-learn's" in screen
    names = {f"{kind}_epoch_00{epoch}.png" for kind in ("roc", "confusion") for epoch in (1, 2)}
    assert {path.name for path in tmp_path.iterdir()} == names | {"history.png"}


def test_a_disagreement_with_scikit_learn_is_noticed():
    spec = importlib.util.spec_from_file_location("flights_peer", REPOSITORY / "examples" / "flights_peer.py")
    assert spec is not None
    assert spec.loader is not None
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    checks = peer.Checks()
    checks.same("equal", (1, float("nan")), (1, float("nan")))
    checks.within("inside", (0.5, 0.5), 0.5)
    assert checks.failed == []
    checks.same("one more", 1, 2)
    checks.within("outside", (0.5, 0.6), 0.61)
    assert len(checks.failed) == 2


def test_a_week_of_files_is_evaluated_as_duckdb_and_polars_do(tmp_path):
    screen = run_example("offline.py", "--output", str(tmp_path), "--rows", "300000")
    assert "DIFFERENT" not in screen
    assert "300,000 rows, 12," in screen
    assert "36 slices of 300,000 rows" in screen
    assert "merged: 300,000 rows" in screen
    for peer in ("thresher", "DuckDB", "Polars"):
        assert re.search(rf"^{peer} +\S+ m?s", screen, re.MULTILINE)
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert len(list(tmp_path.glob("*.thr"))) == 8
