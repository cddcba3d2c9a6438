"""The report's page: what stands on it, where each number comes from, and what it can never do to a reader."""

import json
import os
import re
import sys

import numpy as np
import pytest

import thresher as th
from report_page import CELLS, Page, accumulators
from thresher._report._models import models_of
from thresher._report._slices import MOST_SLICES
from thresher._report._steps import MOST_STEPS

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> $$x$$ {{ 7 * 7 }}"


def test_the_page_tells_rows_prevalence_and_areas_with_their_intervals(page, counts, rows):
    text = page(counts, title="Late flights").text
    assert "Late flights" in text
    assert "1,000" in text
    assert f"{100 * np.mean(rows[0]):.4g} %" in text
    for estimate in (counts.roc_auc_interval(), counts.average_precision_interval()):
        value, _, ends = str(estimate).partition(" (")
        assert value in text
        assert ends.partition(",")[0] in text


def test_an_inexact_area_never_stands_without_its_bounds(page, rows):
    for binned in accumulators(*rows)[1:]:
        for estimate in (binned.roc_auc_interval(), binned.average_precision_interval()):
            value, _, bounds = str(estimate).partition(" (")[0].partition(" in ")
            assert bounds
            text = page({"one": binned, "two": binned}).text
            assert text.count(f"{value} in {bounds}") >= 4  # of each model: in the table and in the legend
            alone = page(binned).text
            assert f"{value} certainly in {bounds}" in alone
            assert f"= {value} in {bounds}" in alone


def test_nothing_on_the_page_is_loaded_from_any_host(page, counts):
    written = page(counts, notes={"source": "https://example.org/data"})
    loaded = [
        each for _, tag in written.tags for name, each in tag.items() if name in {"src", "href", "action", "data"}
    ]
    assert loaded == []
    policy = next(tag["content"] for _, tag in written.tags if tag.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "http" not in policy
    style = re.search(r"<style>(.*?)</style>", written.html, re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style


def test_what_a_caller_names_is_text_wherever_it_stands(page, counts):
    class Named(dict):
        names = (HOSTILE, "day")

    one = page(counts, slices=Named({(HOSTILE, 1): counts}), title=HOSTILE, notes={HOSTILE: HOSTILE})
    two = page({HOSTILE: counts, "b": counts})
    for written in (one, two):
        assert {tag for tag, _ in written.tags} & {"img", "iframe", "object", "link"} == set()
        assert [tag for tag, _ in written.tags].count("script") == 3
        assert not any(name.startswith("on") for _, tag in written.tags for name in tag)
        assert "alert(1)</script>" not in written.html
        assert " ".join(HOSTILE.split()) in written.text
    assert two.data["models"][0]["name"] == HOSTILE


def test_the_histogram_holds_every_row_in_the_bin_that_it_names(rows):
    labels, scores = np.asarray(rows[0]), np.asarray(rows[1], dtype=np.float64)
    for counts in accumulators(labels, scores):
        histogram = models_of({"": counts}, None)[0].histogram
        assert histogram.positives.sum() == labels.sum()
        assert histogram.negatives.sum() == (~labels).sum()
        edges = histogram.right[:-1]
        np.testing.assert_array_equal(
            histogram.positives,
            np.bincount(np.searchsorted(edges, scores[labels], side="right"), minlength=len(edges) + 1),
        )


def test_calibration_is_shown_where_scores_are_known_to_be_probabilities(page, rows):
    exact, compact, sums, own = accumulators(*rows)
    for known in (exact, sums):
        written = page(known)
        assert "reliability" in written.data["figures"]
        assert f"{known.brier_score():.4g}" in written.text
    for unknown in (compact, own):
        written = page(unknown)
        assert "reliability" not in written.data["figures"]
        assert "make them with `sums=True`" in written.text
    logits = th.ExactCounts()
    logits.update(rows[0], np.asarray(rows[1]) * 10 - 5)
    written = page(logits)
    assert "reliability" not in written.data["figures"]
    assert "[0, 1]" in written.text


def test_notes_tell_how_the_rows_were_counted_and_whence_they_came(page, rows):
    compact = th.CompactCounts()
    compact.update(*rows)
    compact.update([1], [np.nan], nan="drop")
    sources = [{"path": f"part-{i}.parquet", "size": 12_345, "modified": None} for i in range(25)]
    compact.metadata = {"sources": sources, "rows": 1_001, "seconds": 1.25, "model": "trees"}
    text = page(compact, notes={"run": "nightly", "seed": 7}).text
    for told in ("run nightly", "seed 7", "CompactCounts: 261,506 fixed intervals", "1 rows whose score is NaN"):
        assert told in text
    for told in ("part-19.parquet, 12,345 bytes", "and 5 more", "rows 1,001", "counted in 1.25 s", "model trees"):
        assert told in text
    assert "part-20" not in text
    assert f"thresher {th.__version__}" in text


@pytest.mark.parametrize(
    ("labels", "scores"),
    [
        ([], []),
        ([0, 0], [0.25, 0.5]),
        ([1], [0.25]),
        ([0, 1], [0.5, 0.5]),
        ([0, 1], [-np.inf, np.inf]),
        ([0, 1, 1], [-np.inf, 3.0, np.inf]),
        ([0, 1], [-1.7e308, 1.7e308]),
        ([0, 1], [5e-324, 1e-323]),
        ([1, 0], [0.0, -0.0]),
    ],
    ids=["no rows", "negatives", "a positive", "a tie", "infinite", "some infinite", "huge", "tiny", "zeros"],
)
def test_any_rows_make_a_page(page, labels, scores):
    for counts in (
        th.ExactCounts(),
        th.CompactCounts(),
        th.CompactCounts(sums=True),
        th.ThresholdCounts([0.5, np.inf]),
    ):
        if counts.sums and not all(0 <= score <= 1 for score in scores):
            continue
        counts.update(labels, scores)
        written = page(counts, slices={"all": counts})
        assert len(written.data["models"][0]["thresholds"]) <= MOST_STEPS
        assert "nan" not in written.text.lower().replace("is nan", "")


def test_weighted_rows_have_sums_and_no_intervals(page, rows):
    weighted = th.ExactCounts()
    weighted.update(*rows, weights=np.linspace(0.5, 2, 1_000))
    written = page(weighted, slices={"all": weighted})
    assert "no interval: what the weights mean is not known" in written.text
    assert "95 % interval" not in written.text
    assert "Interval" not in json.dumps(written.data["figures"]["reliability"])
    assert sum(written.data["models"][0][name][0] for name in CELLS) == pytest.approx(np.linspace(0.5, 2, 1_000).sum())


def test_a_page_stays_below_five_megabytes_whatever_was_counted(tmp_path):
    rng = np.random.default_rng(11)
    models = {}
    for number in range(10):
        rows = 1_000_000 if number == 0 else 50_000  # a million distinct scores
        labels = rng.random(rows) < 0.4
        models[f"model {number}"] = th.ExactCounts()
        models[f"model {number}"].update(labels, rng.normal(labels * 1.0, 1.0))
    key = "a long key " * 20
    slices = {f"{key}{number}": counts_of_two() for number in range(MOST_SLICES)}
    path = th.report(models, tmp_path / "report.html", slices={"model 0": slices})
    assert 3_000_000 < path.stat().st_size < 5_000_000
    assert len(Page(path).data["models"][9]["thresholds"]) > 900


def counts_of_two():
    two = th.ExactCounts()
    two.update([0, 1], [0.3, 0.6])
    return two


def test_what_is_no_accumulator_is_refused_by_name(page, counts):
    with pytest.raises(
        TypeError, match="`counts` must be ThresholdCounts, CompactCounts or ExactCounts, but is a list"
    ):
        page([counts])
    with pytest.raises(TypeError, match=r"`counts\['b'\]` must be .* but is a PairedCounts"):
        page({"a": counts, "b": th.PairedCounts()})
    for several in ({}, {str(number): counts for number in range(11)}):
        with pytest.raises(th.Error, match="must hold 1 to 10 models"):
            page(several)
    with pytest.raises(TypeError, match="`counts` must be named by str, but has 1"):
        page({1: counts})
    with pytest.raises(TypeError, match="`slices` must be a mapping"):
        page(counts, slices=[counts])
    with pytest.raises(TypeError, match=r"`slices\['AT'\]` must be .* but is a float"):
        page(counts, slices={"AT": 0.5})


def test_a_page_that_cannot_be_written_leaves_the_old_one(counts, tmp_path):
    target = tmp_path / "report.html"
    target.mkdir()
    with pytest.raises(OSError, match=r"report\.html"):
        th.report(counts, target)
    assert os.listdir(tmp_path) == ["report.html"]
    with pytest.raises(FileNotFoundError):
        th.report(counts, tmp_path / "nowhere" / "report.html")


@pytest.mark.parametrize("package", ["jinja2", "bokeh"])
def test_without_its_libraries_the_report_says_what_to_install(counts, tmp_path, monkeypatch, package):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"report\(\) needs {package}: pip install 'thresher\[report\]'"):
        th.report(counts, tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []
