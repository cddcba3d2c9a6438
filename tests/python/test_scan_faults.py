"""What is wrong with a source is said once, with its file and row; no thread is left, and nothing has changed."""

import os
import subprocess
import sys
import threading
from decimal import Decimal

import numpy as np
import pytest

import thresher as th

pyarrow = pytest.importorskip("pyarrow")
dataset = pytest.importorskip("pyarrow.dataset")
parquet = pytest.importorskip("pyarrow.parquet")

ROWS = 1_000
COLUMNS = {"label": "y", "score": "p", "progress": False}


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("thresher")] == []


def rows(**columns):
    plain = {"y": np.zeros(ROWS, np.int8), "p": np.linspace(0, 1, ROWS, dtype=np.float32), "w": np.ones(ROWS)}
    return pyarrow.table({**plain, **columns})


def spoiled(name, value):
    """The rows with one value replaced, number 537: row 137 of row group 2."""
    values = rows()[name].to_pylist()
    values[537] = value
    return rows(**{name: values})


@pytest.fixture
def file(tmp_path):
    """Writes a table beside a good file, in row groups of 200."""

    def write(table, name="b.parquet"):
        parquet.write_table(rows(), tmp_path / "a.parquet")
        parquet.write_table(table, tmp_path / name, row_group_size=200)
        return tmp_path / name

    return write


BAD = {
    "null label": ("y", None, r"`labels` must not be null, but column 'y' in {} is null; pass `nulls"),
    "null score": ("p", None, r"`scores` must not be null, but column 'p' in {} is null"),
    "null weight": ("w", None, r"`weights` must not be null, but column 'w' in {} is null"),
    "NaN": ("p", float("nan"), r"`scores` must not be NaN, but column 'p' in {} is NaN"),
    "label": ("y", 2, r"`labels` must be 0 or 1 \(or bool\), but column 'y' in {} is 2"),
    "weight": ("w", -1.0, r"`weights` must be finite and >= 0, but column 'w' in {} is -1"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_refused_value_is_named_by_file_row_group_and_row(file, case):
    name, value, message = BAD[case]
    path = file(spoiled(name, value))
    place = rf"row 137 of row group 2 of {path}"
    with pytest.raises(th.Error, match=message.format(place)):
        th.scan(path.parent, **COLUMNS, weight="w")
    with pytest.raises(th.Error, match=message.format("row 537")):
        th.scan(spoiled(name, value), **COLUMNS, weight="w")
    with pytest.raises(th.Error, match=message.format(rf"row 537 of \S*{path.name}")):
        th.scan(dataset.dataset(path), **COLUMNS, weight="w")


def test_a_row_is_counted_before_nulls_are_dropped(file):
    table = spoiled("p", float("nan"))
    labels = [None] * 30 + table["y"].to_pylist()[30:]
    path = file(table.set_column(0, "y", pyarrow.array(labels)))
    with pytest.raises(th.Error, match=rf"row 137 of row group 2 of {path} is NaN"):
        th.scan(path, **COLUMNS, nulls="drop")


def test_a_row_under_a_filter_is_said_to_be_of_the_rows_kept(file):
    where = dataset.field("w") == 1
    with pytest.raises(th.Error, match=r"row 537 of those of .*b\.parquet that `where` keeps is NaN"):
        th.scan(file(spoiled("p", float("nan"))), **COLUMNS, where=where)


def test_near_names_of_a_missing_column_are_suggested(file):
    table = rows(weight=np.ones(ROWS))
    path = file(table)
    for source in (path, table, table.to_reader(), table.to_pandas(), dataset.dataset(path)):
        with pytest.raises(th.Error, match=r"no column 'wieght'; did you mean 'weight'\? It has 'y', 'p', 'w'"):
            th.scan(source, **COLUMNS, weight="wieght")


def test_the_file_that_lacks_a_column_is_named(file):
    path = file(rows().drop_columns(["p"]))
    with pytest.raises(th.Error, match=rf"{path} has no column 'p'"):
        th.scan(path.parent, **COLUMNS)


@pytest.mark.parametrize("where", [None, dataset.field("w") == 1], ids=["all", "filtered"])
@pytest.mark.parametrize("damage", ["cut short", "empty", "no Parquet", "pages overwritten"])
def test_a_damaged_file_is_named(file, damage, where):
    path = file(rows(p=np.random.default_rng(1).random(ROWS)))
    data = bytearray(path.read_bytes())
    if damage == "pages overwritten":
        data[4:3_000] = b"\xff" * 2_996
    path.write_bytes({"cut short": data[:-100], "empty": b"", "no Parquet": b"x" * 500}.get(damage, data))
    with pytest.raises((th.Error, OSError), match=rf"{path} cannot be read"):
        th.scan(path.parent, **COLUMNS, where=where)


def test_a_file_removed_while_reading_is_named(tmp_path):
    for number in range(20):
        parquet.write_table(rows(), tmp_path / f"{number:02}.parquet")
    last = tmp_path / "19.parquet"

    def remove(done, total):
        last.unlink(missing_ok=True)

    with pytest.raises(FileNotFoundError, match=f"{last}"):
        th.scan(tmp_path, label="y", score="p", n_threads=1, progress=remove)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.parquet"):
        th.scan(tmp_path / "missing.parquet", **COLUMNS)
    with pytest.raises(FileNotFoundError, match="no file matches"):
        th.scan(f"{tmp_path}/*.parquet", **COLUMNS)
    with pytest.raises(th.Error, match="a directory without files"):
        th.scan(tmp_path, **COLUMNS)
    (tmp_path / "notes.xyz").write_text("hello")
    with pytest.raises(th.Error, match=r"notes\.xyz is of an unknown format"):
        th.scan(tmp_path, **COLUMNS)


def test_files_without_rows_count_nothing(file, tmp_path):
    path = file(rows().slice(0, 0), "none.parquet")
    assert th.scan(path, **COLUMNS).n_samples == 0
    assert th.scan(tmp_path, **COLUMNS).n_samples == ROWS


def test_types_that_are_no_numbers_are_refused_with_their_column(file):
    path = file(rows(p=[Decimal("0.5")] * ROWS))
    with pytest.raises(TypeError, match=r"Arrow type decimal128.*column 'p' of .*b\.parquet"):
        th.scan(path, **COLUMNS)
    with pytest.raises(TypeError, match=r"`labels` has Arrow type .*pass `pos_label`.*column 'y'"):
        th.scan(rows(y=["yes"] * ROWS), **COLUMNS)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"score": []}, th.Error),
        ({"score": ["p", "p"]}, th.Error),
        ({"score": 3}, TypeError),
        ({"label": None}, TypeError),
        ({"nulls": "keep"}, th.Error),
        ({"nan": "keep"}, th.Error),
        ({"into": th.PairedCounts()}, TypeError),
        ({"into": th.CompactCounts}, TypeError),
        ({"n_threads": 0}, th.Error),
        ({"progress": "yes"}, TypeError),
        ({"filesystem": object()}, th.Error),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(options, error):
    (argument,) = options
    with pytest.raises(error, match=f"`{argument}`"):
        th.scan(rows(), **COLUMNS | options)


@pytest.mark.parametrize("source", [3, b"path", {"y": [1]}, None])
def test_a_source_of_another_kind_is_refused(source):
    with pytest.raises(TypeError, match="`source`"):
        th.scan(source, **COLUMNS)
    with pytest.raises(th.Error, match="`source` is empty"):
        th.scan([], **COLUMNS)


def test_an_error_of_the_caller_s_loop_or_callback_ends_the_scan(file):
    def batches():
        yield rows()
        raise RuntimeError("theirs")

    with pytest.raises(RuntimeError, match="theirs"):
        th.scan(batches(), **COLUMNS)

    def refuse(done, total):
        raise RuntimeError("theirs")

    with pytest.raises(RuntimeError, match="theirs"):
        th.scan(file(rows()), **COLUMNS | {"progress": refuse})


def test_without_pyarrow_the_extra_is_named():
    code = "import sys; sys.modules['pyarrow'] = None; import thresher as th; th.scan('a', label='y', score='p')"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "scan needs pyarrow: pip install 'thresher[scan]'" in run.stderr


INTERRUPTED = """
import os, signal, sys, threading, time
import thresher as th
if sys.argv[3] == "loaded":
    import pyarrow.dataset, pyarrow.fs, pyarrow.parquet
sent, prototype = [], th.CompactCounts()
def interrupt():
    time.sleep(float(sys.argv[2]))
    sent.append(time.perf_counter())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    th.scan([sys.argv[1]] * 5_000, label="y", score="p", into=prototype)
except KeyboardInterrupt:
    took = time.perf_counter() - sent[0]
    print(took, threading.active_count(), prototype.n_samples)
"""


def interrupted(folder, delay, loaded):
    """Return the seconds from Ctrl-C to the end of a scan that would take a minute; nothing is left of it."""
    rng = np.random.default_rng(0)
    table = pyarrow.table({"y": rng.random(2_000_000) < 0.5, "p": rng.random(2_000_000)})
    parquet.write_table(table, folder / "a.parquet")
    command = [sys.executable, "-c", INTERRUPTED, folder / "a.parquet", str(delay), loaded]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    seconds, threads, samples = run.stdout.split()
    assert (threads, samples) == ("1", "0")
    return float(seconds)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_ctrl_c_stops_within_a_tenth_of_a_second_and_leaves_no_thread(tmp_path):
    assert min(interrupted(tmp_path, 0.4, "loaded") for _ in range(3)) < 0.1


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize("delay", [0.01, 0.1, 0.2, 0.3])
def test_ctrl_c_while_pyarrow_is_imported_is_not_lost(tmp_path, delay):
    interrupted(tmp_path, delay, "unloaded")
