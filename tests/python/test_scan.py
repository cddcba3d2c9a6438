"""The same rows by every route give the same bytes, whatever the files, their order, batches and threads."""

import datetime
import io
import os
import sys
import time

import numpy as np
import pytest

import thresher as th

pyarrow = pytest.importorskip("pyarrow")
csv = pytest.importorskip("pyarrow.csv")
dataset = pytest.importorskip("pyarrow.dataset")
feather = pytest.importorskip("pyarrow.feather")
fs = pytest.importorskip("pyarrow.fs")
orc = pytest.importorskip("pyarrow.orc")
parquet = pytest.importorskip("pyarrow.parquet")
compute = pytest.importorskip("pyarrow.compute")

ROWS = 20_000
RNG = np.random.default_rng(3)
LABELS = RNG.random(ROWS) < 0.2
SCORES = np.round(RNG.random(ROWS), 4).astype(np.float32)
WEIGHTS = RNG.random(ROWS)
TABLE = pyarrow.table(
    {
        "y": LABELS.astype(np.int8),
        "p": SCORES,
        "q": 1 - SCORES,
        "w": WEIGHTS,
        "word": np.where(LABELS, "yes", "no"),
        "unread": np.arange(ROWS),
    }
)
COLUMNS = {"label": "y", "score": "p", "progress": False}
PROTOTYPES = {
    "thresholds": lambda: th.ThresholdCounts([0.2, 0.5, 0.7]),
    "compact": th.CompactCounts,
    "exact": th.ExactCounts,
}


def updated(make=th.CompactCounts, **options):
    counts = make()
    counts.update(LABELS, SCORES, **options)
    return counts.to_bytes()


@pytest.fixture
def folder(tmp_path):
    """The rows in forty files of partitions, and in one."""
    for part in range(40):
        path = tmp_path / "parts" / f"day={part % 3}" / f"{part:02}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(TABLE.slice(part * 500, 500), path, row_group_size=137)
    parquet.write_table(TABLE, tmp_path / "one.parquet", row_group_size=3_000)
    (tmp_path / "parts" / "_SUCCESS").touch()
    return tmp_path


def lazy(folder):
    return pytest.importorskip("polars").scan_parquet(folder / "one.parquet")


ROUTES = {
    "path": lambda folder: folder / "one.parquet",
    "directory": lambda folder: str(folder / "parts"),
    "glob": lambda folder: f"{folder}/parts/day=*/*.parquet",
    "glob of any depth": lambda folder: f"{folder}/**/[0-9]*.parquet",
    "list": lambda folder: sorted((folder / "parts").rglob("*.parquet"), reverse=True),
    "URI": lambda folder: (folder / "one.parquet").as_uri(),
    "dataset": lambda folder: dataset.dataset(folder / "parts", partitioning="hive", exclude_invalid_files=True),
    "table": lambda folder: TABLE,
    "chunked": lambda folder: pyarrow.concat_tables([TABLE.slice(0, 7), TABLE.slice(7)]),
    "batch": lambda folder: TABLE.combine_chunks().to_batches()[0],
    "reader": lambda folder: TABLE.to_reader(333),
    "batches": lambda folder: TABLE.to_batches(777),
    "generator": lambda folder: (part for part in (TABLE.slice(0, 5), TABLE.slice(5).to_pandas())),
    "pandas": lambda folder: TABLE.to_pandas(),
    "polars": lambda folder: pytest.importorskip("polars").from_arrow(TABLE),
    "polars lazily": lazy,
    "duckdb": lambda folder: pytest.importorskip("duckdb").sql(f"from '{folder}/one.parquet'"),
}


@pytest.mark.parametrize("kind", PROTOTYPES)
@pytest.mark.parametrize("route", ROUTES)
def test_every_route_gives_the_bytes_of_one_update(folder, route, kind):
    into = PROTOTYPES[kind]()
    counts = th.scan(ROUTES[route](folder), **COLUMNS, into=into)
    assert counts.to_bytes() == updated(PROTOTYPES[kind])
    assert counts.metadata["rows"] == ROWS
    assert into.n_samples == 0


@pytest.mark.parametrize("n_threads", [1, 2, 7])
def test_threads_do_not_change_the_bytes(folder, n_threads):
    assert th.scan(folder / "parts", **COLUMNS, n_threads=n_threads).to_bytes() == updated()


@pytest.mark.parametrize("route", ["path", "directory", "pandas", "polars lazily", "duckdb"])
def test_weights_agree_within_the_bound(folder, route):
    counts = th.scan(ROUTES[route](folder), **COLUMNS, weight="w")
    assert counts.weight_positives == pytest.approx(WEIGHTS[LABELS].sum(), rel=ROWS * 2.0**-53)
    assert counts.n_samples == ROWS


def written_csv(table, path):
    csv.write_csv(table, path)


def written_json(table, path):
    path.write_text("\n".join(f'{{"y": {row["y"]}, "p": {row["p"]}}}' for row in table.to_pylist()))


def written_csv_gz(table, path):
    with pyarrow.CompressedOutputStream(str(path), "gzip") as out:
        csv.write_csv(table, out)


FORMATS = {
    "a.parquet": parquet.write_table,
    "no_extension": parquet.write_table,
    "a.arrow": feather.write_feather,
    "a.feather": feather.write_feather,
    "a.orc": orc.write_table,
    "a.csv": written_csv,
    "a.csv.gz": written_csv_gz,
    "a.jsonl": written_json,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read(tmp_path, name):
    exact = TABLE.select(["y"]).append_column("p", pyarrow.array(SCORES.astype(np.float64)))
    FORMATS[name](exact, tmp_path / name)
    counts = th.ExactCounts()
    counts.update(LABELS, SCORES.astype(np.float64))
    assert th.scan(tmp_path / name, **COLUMNS, into=th.ExactCounts()) == counts


def test_a_file_system_is_where_paths_are_looked_up(folder):
    inner = fs.SubTreeFileSystem(str(folder), fs.LocalFileSystem())
    for path in ("one.parquet", "parts", "parts/day=*/*.parquet"):
        assert th.scan(path, **COLUMNS, filesystem=inner).to_bytes() == updated()


def test_several_scores_are_those_of_several_scans(folder):
    both = th.scan(folder / "parts", label="y", score=["p", "q"], progress=False)
    for name in ("p", "q"):
        assert both[name] == th.scan(folder / "parts", label="y", score=name, progress=False)


ENCODINGS = {
    "bool": lambda values: pyarrow.array(values.astype(bool)),
    "sliced bool": lambda values: pyarrow.array(np.r_[False, False, False, values.astype(bool)])[3:],
    "dictionary": lambda values: pyarrow.array(values).dictionary_encode(),
    "float": lambda values: pyarrow.array(values.astype(float)),
    "runs": lambda values: compute.run_end_encode(pyarrow.array(values)),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_of_labels_is_read(encoding):
    table = pyarrow.table({"y": ENCODINGS[encoding](LABELS.astype(np.int8)), "p": SCORES})
    assert th.scan(table, **COLUMNS).to_bytes() == updated()


@pytest.mark.parametrize("kind", ["string", "large_string", "string_view", "dictionary"])
def test_a_positive_label_is_found_in_texts(tmp_path, kind):
    words = TABLE["word"].dictionary_encode() if kind == "dictionary" else TABLE["word"].cast(kind)
    table = pyarrow.table({"y": words, "p": SCORES})
    assert th.scan(table, **COLUMNS, pos_label="yes").to_bytes() == updated()
    if kind != "string_view":
        parquet.write_table(table, tmp_path / "a.parquet", row_group_size=777)
        assert th.scan(tmp_path / "a.parquet", **COLUMNS, pos_label="yes").to_bytes() == updated()


FILTERED = ["path", "directory", "dataset", "table", "reader", "pandas", "polars", "polars lazily", "duckdb", "batches"]


@pytest.mark.parametrize("route", FILTERED)
def test_only_rows_that_where_keeps_are_counted(folder, route):
    where = (compute.field("unread") >= 150) & (compute.field("word") == "yes")
    kept = LABELS & (np.arange(ROWS) >= 150)
    counts = th.CompactCounts()
    counts.update(LABELS[kept], SCORES[kept])
    assert th.scan(ROUTES[route](folder), **COLUMNS, where=where) == counts


def test_a_lazy_frame_takes_a_filter_of_polars(folder):
    polars = pytest.importorskip("polars")
    assert th.scan(lazy(folder), **COLUMNS, where=polars.col("unread") < 10).n_samples == 10


def test_a_directory_s_name_is_a_column(folder):
    where = compute.field("day") == 1
    days = np.arange(ROWS) // 500 % 3
    assert th.scan(folder / "parts", **COLUMNS, where=where).n_samples == np.count_nonzero(days == 1)
    weighted = th.scan(folder / "parts", **COLUMNS, weight="day")
    assert weighted.weight_positives == days[LABELS].sum()


@pytest.mark.parametrize("route", ["table", "file", "polars"])
def test_dropped_nulls_are_counted_and_nan_is_still_refused(tmp_path, route):
    rows = pyarrow.table(
        {"y": pyarrow.array([0, None, 1, 1]), "p": pyarrow.array([0.1, 0.2, None, 0.9], "float32"), "w": [1.0] * 4}
    )

    def by_route(table):
        if route == "polars":
            return pytest.importorskip("polars").from_arrow(table)
        parquet.write_table(table, tmp_path / "a.parquet")
        return table if route == "table" else tmp_path / "a.parquet"

    for weight in (None, "w"):
        counts = th.scan(by_route(rows), **COLUMNS, weight=weight, nulls="drop")
        assert (counts.n_samples, counts.n_positives, counts.n_dropped) == (2, 1, 2)
    bad = rows.set_column(1, "p", pyarrow.array([0.1, 0.2, None, float("nan")], "float32"))
    with pytest.raises(th.Error, match=r"column 'p' in row 3\b.* is NaN"):
        th.scan(by_route(bad), **COLUMNS, nulls="drop")
    assert th.scan(by_route(bad), **COLUMNS, nulls="drop", nan="drop").n_dropped == 3


def test_a_column_of_nulls_alone_is_dropped_whole():
    rows = pyarrow.table({"y": [0, 1], "p": pyarrow.nulls(2)})
    assert th.scan(rows, **COLUMNS, nulls="drop").n_dropped == 2


def test_the_prototype_keeps_its_counts_and_gives_its_settings():
    prototype = th.ThresholdCounts([0.5], comparison=">")
    prototype.update([1], [0.9])
    before = prototype.to_bytes()
    counts = th.scan(TABLE, **COLUMNS, into=prototype)
    assert prototype.to_bytes() == before
    assert (counts.comparison, counts.n_samples) == (">", ROWS)


def test_metadata_names_the_files_in_a_form_that_can_be_saved(folder, tmp_path):
    counts = th.scan(folder / "one.parquet", **COLUMNS)
    (source,) = counts.metadata["sources"]
    assert source["path"] == str(folder / "one.parquet")
    assert source["size"] == (folder / "one.parquet").stat().st_size
    assert datetime.datetime.fromisoformat(source["modified"]).tzinfo is not None
    counts.save(tmp_path / "state.thr", metadata=counts.metadata)
    assert th.load(tmp_path / "state.thr").metadata["sources"] == [source]


def test_files_of_different_types_are_read_as_they_are(tmp_path):
    parquet.write_table(TABLE.select(["y", "p"]), tmp_path / "a.parquet")
    other = pyarrow.table({"y": LABELS, "p": SCORES.astype(np.float64) + 1e-12})
    parquet.write_table(other, tmp_path / "b.parquet")
    counts = th.ExactCounts()
    counts.update(LABELS, SCORES)
    counts.update(LABELS, SCORES.astype(np.float64) + 1e-12)
    for files in (tmp_path, [tmp_path / "b.parquet", tmp_path / "a.parquet"]):
        assert th.scan(files, **COLUMNS, into=th.ExactCounts()).to_bytes() == counts.to_bytes()


def test_only_the_named_columns_are_asked_of_a_stream():
    polars = pytest.importorskip("polars")

    def refuse(_):
        raise AssertionError("a column that nobody named was read")

    frame = polars.from_arrow(TABLE).lazy().with_columns(polars.col("unread").map_batches(refuse, polars.Int64))
    assert th.scan(frame, **COLUMNS).to_bytes() == updated()


def test_a_callable_is_told_rows_done_and_in_all(folder):
    told = []
    th.scan(folder / "parts", **COLUMNS | {"progress": lambda done, total: told.append((done, total))})
    assert told[-1] == (ROWS, ROWS)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("with_rich", [True, False])
def test_a_terminal_shows_progress_and_a_pipe_does_not(monkeypatch, with_rich):
    from thresher import _progress

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(_progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(_progress, "_LINE_SECONDS", 0.0)
    if not with_rich:
        monkeypatch.setattr(_progress, "wanted", lambda module: None)
    monkeypatch.setattr(sys, "stderr", Terminal())
    th.scan(TABLE, label="y", score="p")
    assert "rows" in sys.stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    th.scan(TABLE, label="y", score="p")
    assert sys.stderr.getvalue() == ""


def test_an_order_of_reading_does_not_depend_on_the_pace_of_tasks():
    from thresher._readahead import read_ahead

    def task(number):
        for item in range(20):
            time.sleep(0.001 * (number % 3 == 0))
            yield number, item

    tasks = ((lambda number=number: task(number)) for number in range(9))
    assert list(read_ahead(tasks, 4)) == [(number, item) for number in range(9) for item in range(20)]


@pytest.mark.skipif(os.name != "posix", reason="counts descriptors")
def test_files_are_closed(folder):
    th.scan(folder / "parts", **COLUMNS)
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    th.scan(folder / "parts", **COLUMNS)
    after = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    assert after == before


@pytest.mark.parametrize("route", ["path", "directory", "table", "polars", "pandas", "duckdb"])
@pytest.mark.parametrize("group", ["word", ["word", "y"]], ids=["one", "two"])
def test_groups_are_those_of_one_update(folder, route, group):
    names = [group] if isinstance(group, str) else group
    want = th.GroupedCounts(th.CompactCounts())
    want.update({name: TABLE[name] for name in names}, LABELS, SCORES)
    counts = th.scan(ROUTES[route](folder), **COLUMNS, group=group)
    assert counts.to_bytes() == want.to_bytes()
    assert counts.total().to_bytes() == updated()
    assert counts.metadata["rows"] == ROWS


def test_groups_may_be_directories_and_their_dropped_rows_are_counted(folder):
    days = np.arange(ROWS) // 500 % 3
    by_day = th.scan(folder / "parts", **COLUMNS, group="day")
    assert {int(day): by_day[day].n_samples for day in by_day} == dict(enumerate(np.bincount(days).tolist()))
    rows = pyarrow.table({"y": [0, None, 1], "p": [0.1, 0.2, None], "g": ["a", "a", None]})
    counts = th.scan(rows, **COLUMNS, group="g", nulls="drop")
    assert (counts["a"].n_samples, counts["a"].n_dropped, counts[None].n_dropped) == (1, 1, 1)


def test_a_loop_that_uses_its_memory_again_is_counted_batch_by_batch():
    labels, scores = np.zeros(100, np.int8), np.zeros(100, np.float32)

    def batches():
        for batch in range(30):
            labels[:], scores[:] = batch % 2, batch / 32
            shared = pyarrow.Array.from_buffers(pyarrow.float32(), 100, [None, pyarrow.py_buffer(scores)])
            yield pyarrow.record_batch({"y": labels.copy(), "p": shared})

    counts = th.scan(batches(), label="y", score="p", into=th.ExactCounts())
    assert counts.thresholds.tolist() == [batch / 32 for batch in range(30)]


def test_a_row_of_joined_batches_is_named_by_its_row_group(tmp_path):
    labels = np.zeros(600_000, np.int8)
    labels[450_003] = 2
    path = tmp_path / "a.parquet"
    parquet.write_table(pyarrow.table({"y": labels, "p": np.zeros(600_000, np.float32)}), path, row_group_size=150_000)
    with pytest.raises(th.Error, match="row 3 of row group 3"):
        th.scan(path, label="y", score="p")
