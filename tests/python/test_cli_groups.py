"""Slices on the command line: counted, told, limited, saved, merged and compared."""

import json

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import thresher as th
from commands import on_a_terminal, rows, thresher, write

ALL = ("--label", "y", "--score", "p")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two files, and a grouped state of each and of both."""
    path = tmp_path_factory.mktemp("groups")
    for day in range(2):
        write(rows(day), path / f"day-{day}.parquet")
    for name, files in {"0": ["day-0"], "1": ["day-1"], "both": ["day-1", "day-0"]}.items():
        paths = [f"{each}.parquet" for each in files]
        run = thresher("evaluate", *paths, *ALL, "--group", "country", "--save", f"{name}.thr", folder=path)
        assert run.returncode == 0, run.stderr
    return path


def told(folder, *arguments):
    """The document that `--json` writes."""
    run = thresher(*arguments, "--json", folder=folder)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize(("into", "kind"), [("compact", th.CompactCounts), ("exact", th.ExactCounts)])
def test_each_slice_has_the_figures_of_its_rows(folder, into, kind):
    found = told(folder, "evaluate", "day-0.parquet", *ALL, "--group", "country", "--into", into)["scores"][0]
    table = rows(0)
    assert [each["key"] for each in found["slices"]] == [{"country": name} for name in ("AT", "CH", "DE")]
    for each in found["slices"]:
        part = table.filter(pc.field("country") == each["key"]["country"])
        counts = kind()
        counts.update(part["y"].to_numpy(), part["p"].to_numpy())
        assert each["n_samples"] == counts.n_samples
        assert each["figures"]["roc_auc"]["value"] == counts.roc_auc()
    assert found["n_samples"] == sum(each["n_samples"] for each in found["slices"])


def test_the_whole_is_that_of_no_groups(folder):
    grouped, plain = (
        told(folder, "evaluate", "day-0.parquet", *ALL, *more)["scores"][0] for more in (("--group", "country"), ())
    )
    assert grouped["figures"] == plain["figures"]


def test_several_columns_make_a_slice_of_every_combination(folder):
    options = ("--group", "country", "--group", "day", "--into", "exact")
    found = told(folder, "evaluate", "day-0.parquet", *ALL, *options)
    assert found["group"] == ["country", "day"]
    slices = found["scores"][0]["slices"]
    assert len(slices) == 21
    assert slices[0]["key"] == {"country": "AT", "day": "2026-01-01"}


def test_a_null_is_a_slice_of_its_own(tmp_path):
    write(pa.table({"y": [0, 1, 1], "p": [0.1, 0.2, 0.3], "g": ["a", None, "a"]}), tmp_path / "x.parquet")
    found = told(tmp_path, "evaluate", "x.parquet", *ALL, "--group", "g")["scores"][0]["slices"]
    assert {each["key"]["g"]: each["n_samples"] for each in found} == {"a": 2, None: 1}
    assert "null" in thresher("evaluate", "x.parquet", *ALL, "--group", "g", folder=tmp_path).stdout


def test_limits_of_slices_name_the_slice(folder):
    slices = told(folder, "show", "0.thr")["slices"]
    areas = {each["key"]["country"]: each["figures"]["roc_auc"]["value"] for each in slices}
    between = sorted(areas.values())[0] + 1e-9
    worst = min(areas, key=areas.get)
    arguments = ("evaluate", "day-0.parquet", *ALL, "--group", "country")
    run = thresher(*arguments, "--fail-if-any-slice", f"roc_auc<{between:.12f}", folder=folder)
    assert run.returncode == 3
    assert f"broken (p, country={worst}): roc_auc is" in run.stderr
    assert thresher(*arguments, "--fail-if", f"roc_auc<{between:.12f}", folder=folder).returncode == 0


def test_too_few_rows_in_a_slice_end_with_3(folder):
    least = min(each["n_samples"] for each in told(folder, "show", "0.thr")["slices"])
    arguments = ("evaluate", "day-0.parquet", *ALL, "--group", "country", "--min-rows")
    assert thresher(*arguments, least, folder=folder).returncode == 0
    assert thresher(*arguments, least + 1, folder=folder).returncode == 3


def test_shards_merge_into_the_state_of_one_run(folder):
    run = thresher("merge", "0.thr", "1.thr", "-o", "merged.thr", folder=folder)
    assert run.returncode == 0, run.stderr
    assert th.load(folder / "merged.thr").to_bytes() == th.load(folder / "both.thr").to_bytes()


def test_show_tells_slices(folder):
    found = told(folder, "show", "both.thr")
    assert found["n_samples"] == 4000
    assert [each["key"]["country"] for each in found["slices"]] == ["AT", "CH", "DE"]
    seen = on_a_terminal("show", "both.thr", folder=folder, columns=100)
    assert "By country: 3 slices" in seen.text


def test_diff_compares_slices_and_names_those_that_one_state_lacks(folder):
    arguments = ("evaluate", "day-1.parquet", *ALL, "--group", "country", "--where", "country != CH")
    assert thresher(*arguments, "--save", "new.thr", folder=folder).returncode == 0
    found = told(folder, "diff", "0.thr", "new.thr")
    assert [each["key"]["country"] for each in found["slices"]] == ["AT", "DE"]
    assert found["only_in"] == {"old": [{"country": "CH"}], "new": []}
    old, new = th.load(folder / "0.thr"), th.load(folder / "new.thr")
    comparison = th.compare_roc_auc_unpaired(new["AT"], old["AT"])
    area = next(each for each in found["slices"][0]["differences"] if each["name"] == "roc_auc")
    assert area["difference"] == comparison.difference.value
    table = thresher("diff", "0.thr", "new.thr", folder=folder).stdout
    assert "only in old: CH" in table


def test_states_by_other_columns_are_not_compared_by_slice(folder):
    arguments = ("evaluate", "day-1.parquet", *ALL, "--group", "answer", "--save", "other.thr")
    assert thresher(*arguments, folder=folder).returncode == 0
    run = thresher("diff", "0.thr", "other.thr", folder=folder)
    assert run.returncode == 1
    assert "slices by country and by answer" in run.stderr


def test_a_report_has_the_slices(folder, tmp_path):
    arguments = (
        "evaluate",
        "day-0.parquet",
        *ALL,
        "--score",
        "q",
        "--group",
        "country",
        "--report",
        tmp_path / "x.html",
    )
    run = thresher(*arguments, folder=folder)
    assert run.returncode == 0, run.stderr
    assert "country" in (tmp_path / "x.html").read_text(encoding="utf-8")
