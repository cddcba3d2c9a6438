"""The benchmarks say what was measured: pages from the record, ratios the right way round, answers compared."""
# ruff: noqa: E402 -- the benchmarks are no package: their folder joins the path first

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]
sys.path.append(str(REPOSITORY / "benches" / "python"))

import machine
import measure
import memory
import picture
import readme
import record
import run
import timing
import words
from headlines import JOBS
from row import Limit, MemoryRow, Row, Side, faster, within
from rows import ROWS

NAMES = [row.name for row in ROWS]
TIMED = [row for row in ROWS if isinstance(row, Row)]
SAMPLES = 3_000
STRAWS = {"name": "x", "group": "g", "what": "w", "samples": 10, "repeats": 7, "must": 6.0, "aim": 10.0}


class Clock:
    """A clock that only the calls move."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def side(self, name, seconds, result=None, shared="", samples=10):
        def call():
            self.now += seconds
            return result

        return Side(name, samples, lambda _: call, shared)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def session():
    return measure.Session(repeats=3)


# ---- pages -----------------------------------------------------------------------------------------------------------


def test_readme_s_comparison_is_the_newest_record_s():
    text = readme.README.read_text()
    assert readme.filled(text, record.newest()) == text, "`make readme-bench` writes it"


def test_the_page_is_the_newest_record_s():
    assert readme.PAGE.read_text() == readme.page(record.newest()), "`make readme-bench` writes it"


def test_the_picture_shows_the_newest_record():
    newest, text = record.newest(), readme.PICTURE.read_text()
    bars = [bar for job in JOBS for bar in picture.bars_of(job.found(newest))]
    assert len(bars) >= 8
    for who, nanoseconds in bars:
        assert f"{words.figures(nanoseconds)}  {who}</text>" in text, "`make readme-bench` draws it"
    assert text.count("font-weight") + text.count("bold") > 0


def test_headlines_name_rows_that_exist():
    assert {name for job in JOBS for name in job.rows} <= set(NAMES)


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_a_row_s_name_is_its_own():
    assert len(set(NAMES)) == len(NAMES) > 60


@pytest.mark.parametrize("row", TIMED, ids=lambda row: row.name)
def test_both_sides_of_a_row_run_and_agree(row):
    sides = [side for side in (row.ours, row.against) if isinstance(side, Side)]
    results = [side.prepare(min(side.samples, SAMPLES))() for side in sides]
    if row.agree:
        assert row.agree(*results)


@pytest.mark.skipif(not memory.measurable(), reason="Linux tells a process its peak")
@pytest.mark.parametrize("row", [row for row in ROWS if isinstance(row, MemoryRow)], ids=lambda row: row.name)
def test_the_memory_of_a_row_is_weighed(row):
    assert 0 <= row.weigh(100_000) < 2**28


@pytest.mark.skipif(not memory.measurable(), reason="Linux tells a process its peak")
def test_memory_that_a_call_gives_back_counts():
    assert 49e6 <= memory.peak_above_now(lambda: np.ones(50_000_000, np.uint8).sum()) < 60e6


def test_rows_are_asked_for_by_name():
    assert [row.name for row in run.rows_asked_for(["roc_auc"])] == ["roc_auc"]
    assert "roc_auc_1e9" not in {row.name for row in run.rows_asked_for([])}
    with pytest.raises(SystemExit, match="no such row: roc_aux"):
        run.rows_asked_for(["roc_aux"])


def test_the_largest_rows_are_asked_for_apart_and_need_their_memory(monkeypatch):
    monkeypatch.setattr(machine, "memory_bytes", lambda: run.LARGE_BYTES)
    assert {row.name for row in run.rows_asked_for([], billion=True)} == set(NAMES)
    monkeypatch.setattr(machine, "memory_bytes", lambda: run.LARGE_BYTES - 1)
    with pytest.raises(SystemExit, match="need 14 GiB"):
        run.rows_asked_for(["roc_auc_1e9"])


# ---- ratios ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("promise", "expected"), [(faster(2), 4), (within(2), 0.25)])
def test_a_ratio_reads_as_its_promise(clock, promise, expected):
    row = Row("x", "g", "w", clock.side("ours", 0.001), clock.side("theirs", 0.004), promise)
    found = session().measured(row)
    assert found["ratio"] == pytest.approx(expected)
    assert (found["seconds"], found["peer_seconds"]) == pytest.approx((0.001, 0.004))
    assert (found["repeats"], found["peer_repeats"]) == (3, 3)


def test_sides_of_other_sizes_are_compared_by_the_sample(clock):
    row = Row("x", "g", "w", clock.side("ours", 0.02), clock.side("theirs", 0.06, samples=20))
    assert session().measured(row)["ratio"] == pytest.approx(1.5)


def test_a_duration_is_a_limit(clock):
    row = Row("x", "g", "w", clock.side("ours", 0.03), Limit("20 ms", 0.02), within(1))
    found = session().measured(row)
    assert (found["peer"], found["peer_seconds"]) == ("20 ms", 0.02)
    assert found["ratio"] == pytest.approx(1.5)
    assert measure.holds(found, "must") is False
    assert words.a_sample(found, "peer_") == "2,000,000 ns"


def test_memory_is_compared_with_its_size():
    row = MemoryRow("x", "g", "w", 100, lambda n: 3 * n, "the scores", lambda n: 4.0 * n, within(0.6))
    found = session().measured(row)
    assert (found["bytes"], found["peer_bytes"], found["ratio"]) == (300, 400, 0.75)
    assert measure.holds(found, "must") is False
    assert measure.holds(found, "aim") is None


@pytest.mark.parametrize(
    ("sense", "ratio", "verdict"),
    [(">=", 5.9, "missed"), (">=", 6.0, "must"), (">=", 10.0, "aim"), ("<=", 10.1, "missed"), ("<=", 6.0, "aim")],
)
def test_a_promise_holds_at_its_limit(sense, ratio, verdict):
    must, aim = (6.0, 10.0) if sense == ">=" else (10.0, 6.0)
    assert words.verdict({**STRAWS, "sense": sense, "ratio": ratio, "must": must, "aim": aim}) == verdict


def test_a_shared_call_is_timed_once(clock):
    rows = session()
    first = rows.measured(Row("first", "g", "w", clock.side("ours", 0.1), clock.side("theirs", 3, shared="slow")))
    before = clock.now
    second = rows.measured(Row("second", "g", "w", clock.side("ours", 0.1), clock.side("theirs", 3, shared="slow")))
    assert clock.now - before < 3
    assert first["peer_timed_in"] == second["peer_timed_in"] == "first"
    assert (first["ratio"], second["ratio"]) == pytest.approx((30, 30))


def test_sides_that_disagree_are_not_compared(clock):
    sides = clock.side("ours", 0.1, 1), clock.side("theirs", 0.1, 2)
    with pytest.raises(AssertionError, match="x: thresher and theirs disagree"):
        session().measured(Row("x", "g", "w", *sides, agree=lambda ours, theirs: ours == theirs))


def test_a_long_call_counts_from_its_first_and_a_short_one_is_repeated(clock):
    calls = [clock.side("", seconds).prepare(10) for seconds in (2.0, 0.001)]
    long, short = timing.in_turn(*calls, repeats=3)
    assert (long.measured, long.loops) == ([2.0, 2.0, 2.0], 1)
    assert short.seconds == pytest.approx(0.001)
    assert short.loops == 64
    assert clock.now == pytest.approx(3 * 2.0 + 0.001 * (1 + (1 + 4 + 16 + 64) + 3 * 64))


def test_an_endless_call_is_made_once(clock):
    calls = [clock.side("", seconds).prepare(10) for seconds in (40.0, 2.0)]
    endless, long = timing.in_turn(*calls, repeats=3)
    assert (endless.measured, long.measured) == ([40.0], [2.0, 2.0, 2.0])


def test_the_page_of_the_drop_in_shows_its_record():
    page = (REPOSITORY / "docs" / "scikit-learn.md").read_text()
    link = re.search(r"\(\.\./(benches/records/drop-in/.*\.json)\)", page)
    assert link is not None
    rows = json.loads((REPOSITORY / link[1]).read_text())["rows"]
    shown = re.findall(r"^\| (.*) \| ([\d,]+) \| ([\d,]+) \|$", page, re.MULTILINE)
    assert shown == [(row["what"], f"{row['samples']:,}", f"{row['ratio']:,.0f}") for row in rows]


# ---- records ---------------------------------------------------------------------------------------------------------


def test_a_row_measured_again_replaces_itself_in_the_day_s_record(tmp_path):
    around = {"date": "2026-01-02T03:04:05", "cpu": "A CPU (R)"}
    first = [{"name": name, "seconds": np.float64(1)} for name in ("b", "gone", "a")]
    record.write(first, around, ["a", "b", "c"], tmp_path)
    path = record.write([{"name": "b", "seconds": 2.0}], around, ["a", "b", "c"], tmp_path)
    assert path.name == "2026-01-02-a-cpu-r.json"
    assert json.loads(path.read_text())["rows"] == [{"name": "a", "seconds": 1.0}, {"name": "b", "seconds": 2.0}]
    assert record.newest(tmp_path)["cpu"] == "A CPU (R)"


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (110.0, "110"), (3.2082, "3.21"), (0.00049, "0.00049"), (6.0, "6")]
)
def test_figures_keep_three_digits(value, text):
    assert words.figures(value) == text


def test_the_rows_of_the_drop_in_for_keras_run():
    script = REPOSITORY / "benches" / "python" / "keras_drop_in.py"
    command = [sys.executable, str(script), "--backend", "jax", "--repeats", "1", "--shrink", "100"]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    rows = json.loads(run.stdout.splitlines()[-1])
    assert len(rows) == 18
    assert all(row["figure"] > 0 for row in rows)
