"""What `thresher evaluate` writes where: pages, terminals, pipes; and what it imports for it."""

import json
import re
import subprocess
import sys

import pytest

from commands import COMMAND, on_a_terminal, rows, thresher, write

ALL = ("--label", "y", "--score", "p")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A file of rows."""
    path = tmp_path_factory.mktemp("scores")
    write(rows(), path / "all.parquet")
    return path


@pytest.mark.parametrize("scores", [["p"], ["p", "q"]])
def test_a_report_is_written_beside_the_figures(folder, tmp_path, scores):
    options = [part for score in scores for part in ("--score", score)]
    path = tmp_path / "page.html"
    run = thresher(
        "evaluate", "all.parquet", "--label", "y", *options, "--report", path, "--where", "age < 50", folder=folder
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == f"thresher: {path}: written\n"
    page = path.read_text(encoding="utf-8")
    assert f"{', '.join(scores)} against y" in page
    assert "age &lt; 50" in page


def test_without_a_terminal_output_is_plain_and_never_cut(folder):
    run = thresher("evaluate", "all.parquet", *ALL, "--thresholds", "0.1:0.9:0.1", folder=folder)
    assert run.stderr == ""
    assert "\x1b" not in run.stdout
    assert "predicted_positive_rate" in run.stdout
    assert "TN" in run.stdout
    assert "not shown" not in run.stdout


@pytest.mark.parametrize("columns", [60, 90, 200])
def test_a_table_is_as_wide_as_the_terminal_and_says_what_it_leaves_out(folder, columns):
    seen = on_a_terminal("evaluate", "all.parquet", *ALL, "--thresholds", "0.1:0.9:0.1", folder=folder, columns=columns)
    assert seen.returncode == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.text)
    assert max(map(len, plain.splitlines())) <= columns
    assert "\x1b[1m" in seen.text
    assert ("not shown at this width" in plain) is (columns < 200)
    assert "recall" in plain


def test_json_on_a_terminal_is_json(folder):
    seen = on_a_terminal("evaluate", "all.parquet", *ALL, "--json", "--no-progress", folder=folder)
    assert json.loads(seen.text)["command"] == "evaluate"


def test_a_cut_short_pipe_ends_quietly(folder):
    command = [*COMMAND, "evaluate", "all.parquet", *ALL, "--json", "--thresholds", "0:1:0.0005"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def modules_of(arguments, folder):
    """The modules that a command has imported when it ends."""
    code = (
        "import sys; from thresher.cli import main\n"
        f"try: main({list(map(str, arguments))!r})\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return set(run.stderr.split())


def test_help_and_a_small_file_start_fast_since_they_import_little(folder):
    """Measured idle: 0.24 s and 0.41 s. pandas alone would take 0.4 s more, pyarrow.dataset and pydantic 0.1 s each."""
    wanted = modules_of(["--help"], folder)
    assert wanted.isdisjoint(
        {"rich.console", "pyarrow", "pydantic", "pandas", "matplotlib", "thresher.cli._evaluating"}
    )
    wanted = modules_of(["evaluate", "all.parquet", *ALL], folder)
    assert wanted.isdisjoint({"pandas", "pyarrow.dataset", "matplotlib", "jinja2", "bokeh"})
