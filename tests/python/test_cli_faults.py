"""What goes wrong, as a shell sees it: a line that names file and remedy, an exit code, old results intact."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import thresher as th
from commands import COMMAND, failure, rows, thresher, write
from thresher.cli._failures import Failure
from thresher.cli._merging import writable

ALL = ("--label", "y", "--score", "p")


@pytest.fixture
def folder(tmp_path):
    """A good file, and a state that must survive."""
    write(rows(), tmp_path / "good.parquet")
    old = th.ExactCounts()
    old.update([0, 1], [0.25, 0.75])
    old.save(tmp_path / "old.thr")
    return tmp_path


def evaluate(folder, *arguments, **environment):
    return thresher("evaluate", *arguments, folder=folder, **environment)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("good.parquet", "--score", "p"), "Missing option '--label'"),
        (("good.parquet", "--label", "y"), "Missing option '--score'"),
        (ALL, "Missing argument"),
        (("good.parquet", *ALL, "--thresholds", "0.1:0.9"), "must be a value, or a range first:last:step"),
        (("good.parquet", *ALL, "--into", "bins"), "--into: 'bins' must be compact or exact or thresholds"),
        (("good.parquet", *ALL, "--into", "thresholds"), "--into thresholds needs --thresholds"),
        (("good.parquet", *ALL, "--nan", "keep"), "--nan: 'keep' must be raise or drop"),
        (("good.parquet", *ALL, "--nulls", "keep"), "--nulls: 'keep' must be raise or drop"),
        (("good.parquet", *ALL, "--level", "95"), "--level: 95.0 must lie between 0 and 1"),
        (("good.parquet", *ALL, "--threads", "0"), "--threads"),
        (("good.parquet", *ALL, "--min-rows", "many"), "--min-rows"),
        (("good.parquet", *ALL, "--fail-if", "roc_acu<1"), "did you mean roc_auc?"),
        (("good.parquet", *ALL, "--fail-if-any-slice", "roc_auc<1"), "--fail-if-any-slice needs --group"),
        (("good.parquet", *ALL, "--where", "age"), "--where: 'age' must be COLUMN OP VALUE"),
        (("good.parquet", *ALL, "--where", "age > old"), "'old' is no value of a column of type int8"),
        (("good.parquet", *ALL, "--pos-label", "yes"), "--pos-label: 'yes' is no value of a column of type int8"),
        (("good.parquet", *ALL, "--metadata", "model"), "--metadata: 'model' must be NAME=VALUE"),
        (("good.parquet", *ALL, "--metadata", "sources=x"), "'sources' is written by thresher itself"),
        (("good.parquet", *ALL, "--score", "q", "--save", "x.thr"), "several scores need {score} in the name"),
        (("good.parquet", *ALL, "--weight", "w", "--weight-meaning", "x"), "must be frequency or sampling"),
        (
            ("good.parquet", *ALL, "--into", "thresholds", "--thresholds", "0.1", "--fail-if", "recall@0.5<1"),
            "reads at 0.5, which --thresholds lacks",
        ),
        (("good.parquet", *ALL, "--frobnicate"), "No such option"),
    ],
)
def test_a_wrong_call_ends_with_2_and_names_the_option(folder, arguments, words):
    assert words in failure(evaluate(folder, *arguments), 2)


@pytest.mark.parametrize(
    "arguments", [("evalute",), ("merge", "old.thr", "-o", "x.thr"), ("merge", "old.thr", "old.thr")]
)
def test_a_wrong_command_ends_with_2_and_points_to_help(folder, arguments):
    assert "--help shows examples" in failure(thresher(*arguments, folder=folder), 2)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-100])


def corrupted(path):
    data = bytearray(path.read_bytes())
    data[200:400] = bytes(200)
    path.write_bytes(data)


def emptied(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [truncated, corrupted, emptied])
def test_a_damaged_data_file_ends_with_1_and_is_named(folder, damage):
    damage(write(rows(), folder / "bad.parquet"))
    line = failure(evaluate(folder, "good.parquet", "bad.parquet", *ALL, "--save", "old.thr"), 1)
    assert "bad.parquet" in line
    assert th.load(folder / "old.thr").n_samples == 2


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["none.parquet"], "none.parquet"),
        (["none-*.parquet"], "none-*.parquet"),
        (["empty"], "empty is a directory without files"),
        (["good.parquet", "old.txt"], "old.txt"),
    ],
)
def test_files_that_are_not_there_or_of_no_known_format_are_named(folder, files, words):
    (folder / "empty").mkdir()
    (folder / "old.txt").write_text("hello")
    assert words in failure(evaluate(folder, *files, *ALL), 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--label", "y", "--score", "prob"), "no column 'prob'"),
        (("--label", "anser", "--score", "p"), "did you mean 'answer'?"),
        (("--label", "y", "--score", "p", "--where", "contry == AT"), "did you mean country?"),
        (("--label", "age", "--score", "p"), "must be 0 or 1"),
        (("--label", "y", "--score", "answer"), "answer"),
        (("--label", "answer", "--score", "p"), "pos_label"),
    ],
)
def test_a_wrong_column_ends_with_1_and_is_named(folder, options, words):
    line = failure(evaluate(folder, "good.parquet", *options), 1)
    assert words in line


def test_a_null_and_a_nan_are_placed(tmp_path):
    labels, scores = [0, 1, 1], pa.array([0.5, None, 0.25])
    write(pa.table({"y": labels, "p": scores}), tmp_path / "null.parquet")
    write(pa.table({"y": labels, "p": [0.5, float("nan"), 0.25]}), tmp_path / "nan.parquet")
    for name, option in (("null", "nulls"), ("nan", "nan")):
        line = failure(evaluate(tmp_path, f"{name}.parquet", *ALL), 1)
        assert f"{name}.parquet" in line
        assert "row 1" in line
        assert evaluate(tmp_path, f"{name}.parquet", *ALL, f"--{option}", "drop").returncode == 0


@pytest.mark.parametrize("command", ["show", "diff", "merge"])
@pytest.mark.parametrize("damage", [truncated, corrupted, emptied, None])
def test_a_damaged_or_foreign_state_file_ends_with_1_and_is_named(folder, command, damage):
    counts = th.CompactCounts()
    counts.update(np.tile([0, 1], 500), np.linspace(0, 1, 1000))
    path = folder / "bad.thr"
    counts.save(path)
    if damage is None:
        shutil.copy(folder / "good.parquet", path)
    else:
        damage(path)
    arguments = {"show": ("bad.thr",), "diff": ("old.thr", "bad.thr"), "merge": ("old.thr", "bad.thr", "-o", "old.thr")}
    line = failure(thresher(command, *arguments[command], folder=folder), 1)
    assert line.startswith("bad.thr")
    assert th.load(folder / "old.thr").n_samples == 2


def test_a_directory_is_no_state_file(folder):
    (folder / "states").mkdir()
    assert failure(thresher("show", "states", folder=folder), 1).startswith("states: is a directory")


@pytest.mark.parametrize("target", ["none/x.thr", "states"])
def test_a_target_that_cannot_be_written_is_found_before_anything_is_read(folder, target):
    (folder / "states").mkdir()
    for option in ("--save", "--report"):
        assert target in failure(evaluate(folder, "none.parquet", *ALL, option, target), 1)


def test_a_directory_without_the_right_to_write_is_named(tmp_path, monkeypatch):
    """`os.access` is asked, since the tests may run as root, who may write everywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (str(tmp_path), os.W_OK))
    with pytest.raises(Failure, match=f"x.thr: the directory {tmp_path} is not writable; choose another one"):
        writable(str(tmp_path / "x.thr"))


def test_figures_are_told_even_if_they_cannot_be_saved_and_the_old_file_stays(folder):
    """A limit on the size of files stands for a full disk: `write` fails in the middle."""
    before = (folder / "old.thr").read_bytes()
    arguments = ["evaluate", "good.parquet", *ALL, "--into", "exact", "--save", "old.thr"]
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); sys.dont_write_bytecode = True; "
        f"from thresher.cli import main; main({arguments!r})"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith("thresher: old.thr: File too large")
    assert "roc_auc" in run.stdout
    assert (folder / "old.thr").read_bytes() == before
    assert [path.name for path in folder.iterdir() if path.suffix == ".tmp"] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_output_that_cannot_be_written_ends_with_1(folder, form):
    command = [*COMMAND, "show", "old.thr", *form]
    with open("/dev/full", "w") as full:
        run = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == "thresher: standard output: No space left on device; free some space and run again\n"


def test_killed_at_any_moment_of_a_save_the_old_or_the_new_state_is_there(folder):
    counts = th.ExactCounts()
    counts.update(np.tile([0, 1], 400_000), np.random.default_rng(0).random(800_000))
    counts.save(folder / "a.thr")
    (folder / "target.thr").write_bytes((folder / "old.thr").read_bytes())
    seen, left = set(), 0
    for attempt in range(12):
        command = [*COMMAND, "merge", "a.thr", "old.thr", "-o", "target.thr"]
        with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
            _wait_for_save(process, folder)
            time.sleep(attempt * 1e-3)
            process.kill()
        assert process.returncode in (-signal.SIGKILL, 0)
        seen.add(th.load(folder / "target.thr").n_samples)
        for path in folder.glob("*.tmp"):
            path.unlink()
            left += 1
    assert seen <= {2, 800_002}
    assert left  # some were killed in the middle


def _wait_for_save(process, folder):
    while process.poll() is None and not any(folder.glob("*.tmp")):
        time.sleep(2e-4)


def test_ctrl_c_ends_with_130_and_one_line(folder):
    random = np.random.default_rng(0)
    n = 4_000_000
    write(pa.table({"y": random.integers(0, 2, n).astype(np.int8), "p": random.random(n)}), folder / "large.parquet")
    command = [*COMMAND, "evaluate", *["large.parquet"] * 60, *ALL, "--into", "exact", "--save", "old.thr"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        time.sleep(2)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "thresher: interrupted\n")
    assert th.load(folder / "old.thr").n_samples == 2


def test_a_traceback_is_shown_only_where_it_is_asked_for(folder):
    run = thresher("show", "none.thr", folder=folder, THRESHER_TRACEBACK="1")
    assert "Traceback" in run.stderr
    assert run.stderr.splitlines()[-1] == "thresher: none.thr: No such file or directory; check the path"
    assert "Traceback" not in thresher("show", "none.thr", folder=folder, THRESHER_TRACEBACK="0").stderr


@pytest.mark.parametrize("package", ["typer", "rich", "pyarrow"])
def test_without_its_extra_the_command_says_what_to_install(folder, package):
    code = f"import sys; sys.modules[{package!r}] = None; from thresher.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "evaluate", "good.parquet", *ALL]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    line = failure(run, 2)
    assert re.search(rf"needs {package}: pip install 'thresher\[(cli|scan)\]'$", line)


def test_text_that_an_encoding_lacks_is_written_all_the_same(tmp_path):
    write(pa.table({"y": [0, 1], "größe ✓": [0.1, 0.2]}), tmp_path / "x.parquet")
    arguments = ("evaluate", "x.parquet", "--label", "y", "--score", "größe ✓")
    run = thresher(*arguments, folder=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert run.returncode == 0, run.stderr
    assert "gr\\xf6\\xdfe \\u2713" in run.stdout
