"""`thresher show`, `merge` and `diff` as processes: state files in, tables, JSON or a state file out."""

import json

import numpy as np
import pytest

import thresher as th
from commands import failure, missing_keys, on_a_terminal, thresher
from house import REPOSITORY


def counted(seed, kind=th.CompactCounts, shift=0.3, n=3000, **options):
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n)
    counts = kind(**options)
    counts.update(labels, np.clip(shift * labels + (1 - shift) * random.random(n), 0, 1).astype(np.float32))
    return counts


def source(name, modified="2026-01-01T00:00:00+00:00"):
    return {"path": f"/data/{name}", "size": 7, "modified": modified}


@pytest.fixture
def folder(tmp_path):
    """Three days of counts, and a state of each other class."""
    for day in range(3):
        metadata = {"sources": [source(f"day-{day}.parquet")], "rows": 3000, "seconds": 0.5, "model": "a", "day": day}
        counted(day).save(tmp_path / f"day-{day}.thr", metadata=metadata)
    counted(0, th.ExactCounts).save(tmp_path / "exact.thr")
    counted(0, th.ThresholdCounts, thresholds=[0.2, 0.5]).save(tmp_path / "cuts.thr")
    counted(0, th.ThresholdCounts, thresholds=[0.2, 0.6]).save(tmp_path / "other.thr")
    paired = th.PairedCounts()
    paired.update([0, 1], [0.1, 0.2], [0.3, 0.4])
    paired.save(tmp_path / "paired.thr")
    return tmp_path


def told(folder, *arguments):
    """The document that `--json` writes."""
    run = thresher(*arguments, "--json", folder=folder)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("options", [{}, {"sums": True}])
@pytest.mark.parametrize("kind", [th.CompactCounts, th.ExactCounts])
def test_show_tells_the_figures_of_any_class(tmp_path, kind, options):
    counts = counted(1, kind, **options)
    counts.save(tmp_path / "x.thr", metadata={"model": "a"})
    found = told(tmp_path, "show", "x.thr", "--thresholds", "0.5")
    assert found["state"]["class"] == kind.__name__
    assert found["metadata"] == {"model": "a"}
    assert found["figures"]["roc_auc"]["value"] == counts.roc_auc()
    assert found["thresholds"][0]["true_positives"] == counts.confusion(0.5).true_positives
    assert ("log_loss" in found["figures"]) is (counts.sums or counts.exact)


def test_show_has_a_table_for_people(folder):
    run = thresher("show", "day-1.thr", folder=folder)
    assert run.returncode == 0
    assert "3,000 rows" in run.stdout
    assert f"sources: path {source('day-1.parquet')['path']}" in run.stdout
    assert "in [0." in run.stdout
    seen = on_a_terminal("show", "exact.thr", folder=folder, columns=80)
    assert "exact" in seen.text


def test_show_reads_counts_at_their_own_thresholds_alone(folder):
    assert told(folder, "show", "cuts.thr", "--thresholds", "0.5")["thresholds"][0]["exact"] is True
    run = thresher("show", "cuts.thr", "--thresholds", "0.3", folder=folder)
    assert "0.3 is none of them; the nearest is 0.2" in failure(run, 1)


def test_shards_merge_into_the_state_of_one_run(folder):
    run = thresher("merge", "day-2.thr", "day-0.thr", "day-1.thr", "-o", "all.thr", folder=folder)
    assert (run.returncode, run.stderr) == (0, "thresher: all.thr: 3 states, 9,000 rows\n")
    whole = th.load(folder / "all.thr")
    assert whole.to_bytes() == sum(counted(day) for day in range(3)).to_bytes()
    assert whole.metadata["model"] == "a"
    assert "day" not in whole.metadata
    assert [each["path"] for each in whole.metadata["sources"]] == [f"/data/day-{day}.parquet" for day in (2, 0, 1)]
    assert (whole.metadata["rows"], whole.metadata["seconds"]) == (9000, 1.5)


def test_a_merge_may_replace_one_of_its_files_and_add_metadata(folder):
    run = thresher("merge", "day-0.thr", "day-1.thr", "-o", "day-0.thr", "--metadata", "week=1", folder=folder)
    assert run.returncode == 0
    assert th.load(folder / "day-0.thr").n_samples == 6000
    assert th.load(folder / "day-0.thr").metadata["week"] == "1"


def test_a_source_in_two_files_is_named_since_its_rows_count_twice(folder):
    counted(0).save(folder / "rerun.thr", metadata={"sources": [source("x.parquet"), source("day-0.parquet")]})
    arguments = ("merge", "day-0.thr", "rerun.thr", "-o", "all.thr")
    run = thresher(*arguments, folder=folder)
    line = "day-0.thr and rerun.thr were both counted from /data/day-0.parquet, so its rows count twice"
    assert run.returncode == 0
    assert run.stderr.splitlines()[0] == f"thresher: warning: {line}"
    (folder / "all.thr").unlink()
    run = thresher(*arguments, "--strict", folder=folder)
    assert run.returncode == 1
    assert run.stderr.splitlines()[0] == f"thresher: error: {line}"
    assert not (folder / "all.thr").exists()


def test_a_file_that_was_written_anew_is_another_source(folder):
    counted(0).save(folder / "new.thr", metadata={"sources": [source("day-0.parquet", "2026-01-02T00:00:00+00:00")]})
    assert "warning" not in thresher("merge", "day-0.thr", "new.thr", "-o", "all.thr", folder=folder).stderr


def test_a_file_that_is_given_twice_is_named(folder):
    run = thresher("merge", "exact.thr", "./exact.thr", "-o", "all.thr", folder=folder)
    assert "given 2 times" in run.stderr
    assert th.load(folder / "all.thr").n_samples == 6000


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (("day-0.thr", "exact.thr"), "exact.thr: holds ExactCounts, but day-0.thr holds CompactCounts"),
        (("cuts.thr", "other.thr"), "other.thr: cannot merge: thresholds differ"),
        (("day-0.thr", "none.thr"), "none.thr: No such file"),
    ],
)
def test_what_does_not_merge_is_named_and_nothing_is_written(folder, files, words):
    run = thresher("merge", *files, "-o", "all.thr", folder=folder)
    assert words in failure(run, 1)
    assert not (folder / "all.thr").exists()


def test_diff_tells_new_less_old_with_intervals(folder):
    counted(7, shift=0.45).save(folder / "new.thr")
    found = told(folder, "diff", "day-0.thr", "new.thr", "--thresholds", "0.5", "--level", "0.9")
    by_name = {each["name"]: each for each in found["differences"]}
    comparison = th.compare_roc_auc_unpaired(counted(7, shift=0.45), counted(0), level=0.9)
    area = by_name["roc_auc"]
    assert area["difference"] == comparison.difference.value > 0
    assert (area["interval"]["lower"], area["interval"]["upper"]) == (
        comparison.difference.lower,
        comparison.difference.upper,
    )
    assert area["p_value"] == comparison.p_value
    assert by_name["recall"]["threshold"] == 0.5
    assert by_name["recall"]["interval"]["level"] == 0.9
    assert found["shares_sources"] is False
    table = thresher("diff", "day-0.thr", "new.thr", folder=folder).stdout
    assert "differs" in table
    assert "independent samples" in table


def test_diff_notices_a_common_source(folder):
    assert told(folder, "diff", "day-0.thr", "day-0.thr")["shares_sources"] is True
    assert "They share sources" in thresher("diff", "day-0.thr", "day-0.thr", folder=folder).stdout


def test_diff_compares_states_of_two_classes(folder):
    names = {each["name"] for each in told(folder, "diff", "exact.thr", "day-1.thr")["differences"]}
    assert names == {"prevalence", "roc_auc", "average_precision"}


def test_the_documents_have_the_keys_that_docs_cli_lists(folder):
    text = (REPOSITORY / "docs" / "cli.md").read_text()
    found = told(folder, "show", "cuts.thr", "--thresholds", "0.2")
    found.pop("metadata")
    assert missing_keys(found, text) == set()
    assert missing_keys(told(folder, "diff", "exact.thr", "day-1.thr", "--thresholds", "0.2"), text) == set()


@pytest.mark.parametrize("command", ["show", "diff"])
def test_a_state_of_two_models_is_left_to_python(folder, command):
    run = thresher(command, *["paired.thr"] * (2 if command == "diff" else 1), folder=folder)
    assert failure(run, 1) == "paired.thr: holds PairedCounts, which this command does not read; load it in Python"
