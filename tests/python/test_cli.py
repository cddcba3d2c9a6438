"""`thresher evaluate` as a process: real files in, tables or JSON and an exit code out."""

import json
import math
import re
import tomllib

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.dataset as ds
import pytest

import thresher as th
from commands import missing_keys, rows, thresher, write
from house import REPOSITORY

ALL = ("--label", "y", "--score", "p")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three files of the same columns, and the whole as one."""
    path = tmp_path_factory.mktemp("scores")
    parts = [rows(seed) for seed in range(3)]
    for index, part in enumerate(parts):
        write(part, path / f"part-{index}.parquet")
    write(pa.concat_tables(parts), path / "all.parquet")
    return path


def evaluated(folder, *arguments, code=0):
    """The document that `--json` writes."""
    run = thresher("evaluate", *arguments, "--json", folder=folder)
    assert run.returncode == code, run.stderr
    return json.loads(run.stdout)


def truth(folder, kind=th.CompactCounts, *, column="p", keep=None, weights=None, **options):
    """What NumPy arrays of the same rows give."""
    table = pa.parquet.read_table(folder / "all.parquet")
    table = table if keep is None else table.filter(keep)
    counts = kind(**options)
    weight = None if weights is None else table[weights].to_numpy()
    counts.update(table["y"].to_numpy(), table[column].to_numpy(), weights=weight)
    return counts


def test_the_command_is_installed_under_its_name():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"thresher": "thresher.cli:main"}
    assert {"thresher[scan]", "typer", "rich"} <= {
        re.split(r"[><=]", one)[0] for one in project["optional-dependencies"]["cli"]
    }


def test_the_version_is_that_of_the_package():
    run = thresher("--version")
    assert (run.returncode, run.stdout) == (0, f"thresher {th.__version__}\n")


@pytest.mark.parametrize("command", [(), ("evaluate",), ("merge",), ("diff",), ("show",)])
def test_help_teaches_by_examples(command):
    run = thresher(*command, "--help")
    assert run.returncode == 0
    assert run.stdout.startswith("Usage: thresher")
    assert f"\n    thresher {command[0] if command else 'evaluate'} " in run.stdout.replace(
        "      thresher", "    thresher"
    )


def test_without_arguments_help_is_shown():
    assert thresher().stdout == thresher("--help").stdout


@pytest.mark.parametrize("files", [["all.parquet"], ["part-0.parquet", "part-1.parquet", "part-2.parquet"], ["part-*"]])
@pytest.mark.parametrize(("into", "kind"), [("compact", th.CompactCounts), ("exact", th.ExactCounts)])
def test_figures_are_those_of_arrays_whatever_the_files(folder, files, into, kind):
    [score] = evaluated(folder, *files, *ALL, "--into", into)["scores"]
    counts = truth(folder, kind)
    assert score["n_samples"] == 6000
    assert score["state"]["class"] == kind.__name__
    for name in ("roc_auc", "average_precision"):
        figure = score["figures"][name]
        assert figure["value"] == getattr(counts, name)()
        bounds = getattr(counts, f"{name}_bounds")()
        assert figure["exact"] is (bounds[0] == bounds[1])
        assert figure["bounds"] == (None if figure["exact"] else list(bounds))
        interval = getattr(counts, f"{name}_interval")()
        assert figure["interval"] == {
            "lower": interval.lower,
            "upper": interval.upper,
            "level": 0.95,
            "method": interval.method,
        }


def test_the_document_has_the_keys_that_docs_cli_lists(folder):
    arguments = ("all.parquet", *ALL, "--thresholds", "0.3", "--fail-if", "roc_auc<0.1")
    found = evaluated(folder, *arguments)
    text = (REPOSITORY / "docs" / "cli.md").read_text()
    assert found["schema"] == 1
    assert missing_keys(found, text) == set()


def test_the_keys_of_a_document_are_those_of_schema_1(folder):
    """A key that goes, or means something else, raises `schema`."""
    arguments = ("all.parquet", *ALL, "--thresholds", "0.3", "--fail-if", "roc_auc<0.1")
    found = evaluated(folder, *arguments)
    assert set(found) == {
        *("schema", "command", "thresher_version", "files", "sources", "rows", "seconds", "label", "weight", "group"),
        *("where", "scores", "limits", "passed", "report"),
    }
    [score] = found["scores"]
    assert set(score) == {
        *("score", "state", "n_samples", "n_positives", "n_negatives", "n_dropped", "weight_positives"),
        *("weight_negatives", "prevalence", "figures", "thresholds", "slices", "saved"),
    }
    assert set(score["figures"]["roc_auc"]) == {"value", "exact", "bounds", "interval", "reason"}
    assert set(score["figures"]["roc_auc"]["interval"]) == {"lower", "upper", "level", "method"}
    assert set(score["thresholds"][0]) == {
        *("asked", "threshold", "comparison", "exact", "true_positives", "false_positives", "false_negatives"),
        *("true_negatives", "rates", "bounds"),
    }
    assert set(found["limits"][0]) == {
        *("limit", "score", "key", "value", "bounds", "broken", "certain", "reason"),
    }


def test_a_file_that_is_named_twice_is_told(folder):
    run = thresher("evaluate", "part-0.parquet", "part-*.parquet", *ALL, folder=folder)
    assert run.returncode == 0
    assert run.stderr.startswith("thresher: warning: ")
    assert run.stderr.endswith("part-0.parquet is named 2 times, so its rows count 2 times\n")


def test_several_scores_are_read_in_one_pass(folder):
    found = evaluated(folder, "all.parquet", *ALL, "--score", "q")["scores"]
    assert [each["score"] for each in found] == ["p", "q"]
    assert found[1]["figures"]["roc_auc"]["value"] == truth(folder, column="q").roc_auc()


def test_weights_are_summed_and_have_intervals_once_their_meaning_is_given(folder):
    [without] = evaluated(folder, "all.parquet", *ALL, "--weight", "w")["scores"]
    assert without["figures"]["roc_auc"]["interval"] is None
    options = ("--weight", "w", "--weight-meaning", "frequency")
    [score] = evaluated(folder, "all.parquet", *ALL, *options)["scores"]
    counts = truth(folder, weights="w")
    assert score["weight_positives"] == counts.weight_positives
    assert score["figures"]["roc_auc"]["interval"]["lower"] == counts.roc_auc_interval(weight_meaning="frequency").lower


@pytest.mark.parametrize(
    ("texts", "keep"),
    [
        (["country == AT"], ds.field("country") == "AT"),
        (["country in (AT, DE)", "age >= 18"], ds.field("country").isin(["AT", "DE"]) & (ds.field("age") >= 18)),
        (["day < 2026-01-03"], ds.field("day") < np.datetime64("2026-01-03").item()),
        (["answer != 'no'"], ds.field("answer") == "yes"),
    ],
)
def test_rows_are_chosen_by_conditions_and_by_files(folder, texts, keep):
    conditions = [part for text in texts for part in ("--where", text)]
    found = evaluated(folder, "part-*", *ALL, *conditions)
    counts = truth(folder, keep=keep)
    assert found["where"] == texts
    assert found["scores"][0]["n_positives"] == counts.n_positives
    assert found["scores"][0]["n_negatives"] == counts.n_negatives


def test_a_positive_label_is_read_as_the_type_of_its_column(folder):
    by_text = evaluated(folder, "all.parquet", "--label", "answer", "--pos-label", "yes", "--score", "p")
    by_number = evaluated(folder, "all.parquet", *ALL, "--pos-label", "1")
    assert by_text["scores"][0]["figures"] == by_number["scores"][0]["figures"]


def test_hive_partitions_and_other_formats_are_read(tmp_path):
    whole = rows(5)
    for country in ("AT", "DE", "CH"):
        part = whole.filter(ds.field("country") == country).drop_columns("country")
        (tmp_path / "hive" / f"country={country}").mkdir(parents=True)
        write(part, tmp_path / "hive" / f"country={country}" / "x.parquet")
    pyarrow.csv.write_csv(whole, tmp_path / "all.csv")
    chosen = ("--where", "country == AT", "--into", "exact")
    from_hive = evaluated(tmp_path, "hive", *ALL, *chosen)["scores"][0]
    from_csv = evaluated(tmp_path, "all.csv", *ALL, *chosen)["scores"][0]
    assert (
        from_hive["n_samples"]
        == from_csv["n_samples"]
        == pa.compute.sum(pa.compute.equal(whole["country"], "AT")).as_py()
    )


def test_thresholds_of_compact_counts_are_read_at_the_nearest_edges_which_are_printed(folder):
    found = evaluated(folder, "all.parquet", *ALL, "--thresholds", "0.3:0.5:0.1")["scores"][0]["thresholds"]
    counts = truth(folder)
    nearest = counts.confusion([0.3, 0.4, 0.5], nearest=True)
    assert [each["asked"] for each in found] == [0.3, 0.4, 0.5]
    assert [each["threshold"] for each in found] == nearest.thresholds.tolist()
    assert [each["exact"] for each in found] == [False, False, True]
    assert [each["rates"]["recall"] for each in found] == nearest.recall.tolist()
    exact = truth(folder, th.ExactCounts).confusion(0.3).recall
    assert found[0]["bounds"]["recall"][0] <= exact <= found[0]["bounds"]["recall"][1]
    assert found[2]["bounds"] is None
    table = thresher("evaluate", "all.parquet", *ALL, "--thresholds", "0.3", folder=folder).stdout
    assert f"{nearest.thresholds[0]:.9g}" in table


@pytest.mark.parametrize("into", ["thresholds", "exact"])
def test_other_states_count_at_the_thresholds_themselves(folder, into):
    found = evaluated(folder, "all.parquet", *ALL, "--into", into, "--thresholds", "0.7,0.3")["scores"][0]["thresholds"]
    table = pa.parquet.read_table(folder / "all.parquet")
    direct = th.confusion_at(table["y"].to_numpy(), table["p"].to_numpy(), [0.7, 0.3])
    assert [each["true_positives"] for each in found] == direct.true_positives.tolist()
    assert [each["exact"] for each in found] == [True, True]


def test_sums_tell_log_loss_and_calibration(folder):
    figures = evaluated(folder, "all.parquet", *ALL, "--sums")["scores"][0]["figures"]
    counts = truth(folder, sums=True)
    for name in ("mean_score", "calibration_ratio", "log_loss", "normalized_entropy", "brier_score"):
        assert figures[name]["value"] == pytest.approx(getattr(counts, name)(), rel=1e-12)
        assert figures[name]["exact"] is True


@pytest.mark.parametrize(("option", "kind"), [("--nan", math.nan), ("--nulls", None)])
def test_dropped_rows_are_counted(tmp_path, option, kind):
    scores = pa.array([0.1, kind, 0.9, 0.4], pa.float64())
    write(pa.table({"y": [0, 1, 1, 0], "p": scores}), tmp_path / "x.parquet")
    [score] = evaluated(tmp_path, "x.parquet", *ALL, option, "drop")["scores"]
    assert (score["n_samples"], score["n_dropped"]) == (3, 1)


def test_an_undefined_figure_is_null_in_json_and_a_dash_in_a_table(tmp_path):
    write(pa.table({"y": [1, 1], "p": [0.1, 0.2]}), tmp_path / "x.parquet")
    figure = evaluated(tmp_path, "x.parquet", *ALL)["scores"][0]["figures"]["roc_auc"]
    assert figure["value"] is None
    assert figure["reason"] == "there is no negative row"
    line = next(
        line
        for line in thresher("evaluate", "x.parquet", *ALL, folder=tmp_path).stdout.splitlines()
        if "roc_auc" in line
    )
    assert line.split() == ["roc_auc", "–", "–", "there", "is", "no", "negative", "row"]


def test_an_infinite_figure_is_a_string(tmp_path):
    write(pa.table({"y": [1, 0], "p": [0.0, 0.2]}), tmp_path / "x.parquet")
    figures = evaluated(tmp_path, "x.parquet", *ALL, "--into", "exact")["scores"][0]["figures"]
    assert figures["log_loss"]["value"] == "inf"


@pytest.mark.parametrize(
    "limit", ["roc_auc<0.75", "roc_auc>0.99", "recall@0.5<0.5", "prevalence>0.9", "n_samples<6000"]
)
def test_a_limit_that_does_not_hold_passes(folder, limit):
    found = evaluated(folder, "all.parquet", *ALL, "--fail-if", limit)
    assert found["passed"] is True
    assert found["limits"][0]["broken"] is False


@pytest.mark.parametrize(
    "limit", ["roc_auc<0.999", "recall@0.5>0.1", "n_samples>=6000", "log_loss<9", "precision@1.1<0"]
)
def test_a_limit_that_holds_or_cannot_be_told_ends_with_3_and_a_line(folder, limit):
    run = thresher("evaluate", "all.parquet", *ALL, "--fail-if", limit, "--fail-if", "roc_auc<0", folder=folder)
    assert run.returncode == 3
    assert "roc_auc" in run.stdout  # the figures are told all the same
    [line] = run.stderr.splitlines()
    assert line.startswith(f"thresher: {limit}: broken (p): ")


def test_too_few_rows_end_with_3(folder):
    assert thresher("evaluate", "all.parquet", *ALL, "--min-rows", 6000, folder=folder).returncode == 0
    run = thresher("evaluate", "all.parquet", *ALL, "--min-rows", 6001, folder=folder)
    assert (run.returncode, run.stderr) == (3, "thresher: n_samples<6001: broken (p): 6,000 rows\n")


def test_a_saved_state_is_that_of_arrays_and_knows_its_sources(folder, tmp_path):
    path = tmp_path / "day.thr"
    run = thresher(
        "evaluate", "part-0.parquet", "part-1.parquet", *ALL, "--save", path, "--metadata", "model=a", folder=folder
    )
    assert run.returncode == 0, run.stderr
    state = th.load(path)
    assert state.metadata["model"] == "a"
    assert state.metadata["score"] == "p"
    assert [source["path"].rpartition("/")[2] for source in state.metadata["sources"]] == [
        "part-0.parquet",
        "part-1.parquet",
    ]
    assert {"path", "size", "modified"} <= set(state.metadata["sources"][0])


def test_several_scores_are_saved_by_name(folder, tmp_path):
    run = thresher("evaluate", "all.parquet", *ALL, "--score", "q", "--save", tmp_path / "{score}.thr", folder=folder)
    assert run.returncode == 0, run.stderr
    assert th.load(tmp_path / "q.thr") == truth(folder, column="q")
