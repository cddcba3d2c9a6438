"""Whatever holds rows as tasks of reading, told by its module so that no library is imported for another's object."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from thresher import _core
from thresher._errors import Error
from thresher._files import files_of
from thresher._formats import BATCH_ROWS, row_total, tasks_of_files
from thresher._loaded import load_pyarrow
from thresher._optional import needed
from thresher._places import Piece, Place, missing_columns, reading
from thresher._readahead import Task, read_ahead

__all__ = ["Source", "batches_of_files", "source_of"]

# Threads that decode Parquet beside the one that counts: that one keeps pace with about as many.
_MOST_READERS = 4
# Rows in memory counted at a time: enough for every thread, and progress still moves.
_TABLE_ROWS = 1 << 22


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to be read: by so many threads of their own, or (0) by the caller's."""

    tasks: Iterator[Task[Piece]]
    readers: int
    files: list[dict[str, Any]] | None = None
    total: Callable[[], int | None] = field(default=lambda: None)

    def pieces(self) -> Generator[Piece, None, None]:
        """Yield all rows in order; to be closed."""
        if self.readers:
            return read_ahead(self.tasks, self.readers)
        return (piece for task in self.tasks for piece in task())


def source_of(source: Any, columns: list[str], where: Any, filesystem: Any, n_threads: int) -> Source:
    """Return whatever `scan` accepts as a `Source` of the named columns."""
    if filesystem is not None and not _names_files(source):
        raise Error("`filesystem` is where paths are looked up, but `source` names no paths")
    if _names_files(source):
        return _of_files(source, columns, where, filesystem, n_threads)
    roots = {base.__module__.partition(".")[0] for base in type(source).__mro__}
    known = {"pandas": _of_pandas, "polars": _of_polars, "duckdb": _of_duckdb, "_duckdb": _of_duckdb}
    for root in roots & known.keys():
        return known[root](source, columns, where)
    load_pyarrow("pyarrow.dataset")
    datasets = needed("pyarrow.dataset", "scan", "thresher[scan]")
    if isinstance(source, datasets.Dataset):
        return _of_dataset(source, columns, where)
    return _of_arrow(source, columns, where)


def batches_of_files(files: Any, columns: Iterable[str], n_threads: int | None = None) -> Iterator[Any]:
    """Yield the record batches that `scan` would count."""
    threads = n_threads or _core.default_threads()
    for piece in source_of(files, list(columns), None, None, threads).pieces():
        yield piece.rows


def _names_files(source: Any) -> bool:
    if isinstance(source, str | os.PathLike):
        return True
    if not isinstance(source, list | tuple | set | frozenset):
        return False
    if not source:
        raise Error("`source` is empty; at least one file or batch is needed")
    return all(isinstance(each, str | os.PathLike) for each in source)


def _of_files(source: Any, columns: list[str], where: Any, filesystem: Any, n_threads: int) -> Source:
    files = files_of(source, filesystem)
    readers = min(n_threads, _MOST_READERS) if where is None else 1
    tasks = tasks_of_files(files, columns, where)
    total = (lambda: None) if where is not None else partial(row_total, files)
    return Source(tasks, readers, [each.described() for each in files], total)


def _of_table(table: Any, columns: list[str], where: Any) -> Source:
    """Rows in memory are counted where they lie, on the caller's thread."""
    missing_columns(table.schema.names, columns, "`source`")
    if where is not None:
        with reading("`source`"):
            table = _kept(table, where)
    table = table.select(columns)
    firsts = range(0, table.num_rows, _TABLE_ROWS)
    tasks = (partial(_slice, table, first, where is not None) for first in firsts)
    return Source(tasks, 0, total=lambda: int(table.num_rows))


def _slice(table: Any, first: int, kept: bool) -> Iterator[Piece]:
    yield Piece(table.slice(first, _TABLE_ROWS), Place(None, first, kept=kept))


def _of_pandas(frame: Any, columns: list[str], where: Any) -> Source:
    """A NaN of a NumPy column stays NaN: there it is a number, and `nan` says what becomes of it."""
    pyarrow = needed("pyarrow", "scan", "thresher[scan]")
    if getattr(frame, "ndim", 0) != 2:
        raise TypeError(f"`source` must be a data frame, but is a {type(frame).__name__}")
    missing_columns(map(str, frame.columns), columns, "`source`")
    names = [name for name in frame.columns if where is not None or str(name) in columns]
    arrays = []
    for name in names:
        values = frame[name]
        plain = isinstance(values.dtype, np.dtype) and values.dtype.kind in "fbiu"
        with reading(f"column {name!r} of `source`"):
            arrays.append(pyarrow.array(values.to_numpy() if plain else values, from_pandas=not plain))
    return _of_table(pyarrow.table(arrays, names=[str(name) for name in names]), columns, where)


def _of_polars(frame: Any, columns: list[str], where: Any) -> Source:
    """A lazy frame is streamed; a filter may be an expression of polars too."""
    pyarrow = needed("pyarrow", "scan", "thresher[scan]")
    if not hasattr(frame, "select"):
        raise TypeError(f"`source` must be a frame or lazy frame of polars, but is a {type(frame).__name__}")
    lazy = hasattr(frame, "collect")
    missing_columns(frame.collect_schema().names() if lazy else frame.columns, columns, "`source`")
    if where is not None and type(where).__module__.partition(".")[0] == "polars":
        frame, where = frame.filter(where), None
    if not lazy:
        needs = _needed_columns(pyarrow.table(frame.head(0)), columns, where)
        return _of_table(pyarrow.table(frame.select(needs)), columns, where)
    needs = columns if where is None else _needed_columns(pyarrow.table(frame.head(0).collect()), columns, where)
    frame = frame.select(needs)
    if hasattr(frame, "collect_batches"):
        batches: Iterator[Any] = map(pyarrow.table, frame.collect_batches(chunk_size=BATCH_ROWS))
    else:
        batches = iter([pyarrow.table(frame.collect())])
    return Source(iter([partial(_streamed, batches, columns, where)]), 1)


def _of_duckdb(relation: Any, columns: list[str], where: Any) -> Source:
    """DuckDB selects the columns and hands out record batches as they come."""
    missing_columns(relation.columns, columns, "`source`")
    needs = columns
    if where is not None:
        empty = relation.limit(0)
        needs = _needed_columns(needed("pyarrow", "scan", "thresher[scan]").table(empty), columns, where)
    quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in needs)
    chosen = relation.project(quoted)
    readers = (getattr(chosen, name, None) for name in ("to_arrow_reader", "fetch_record_batch"))
    reader = next(filter(None, readers))(BATCH_ROWS)
    return Source(iter([partial(_streamed, reader, columns, where)]), 1)


def _of_dataset(dataset: Any, columns: list[str], where: Any) -> Source:
    """A data set is read with the schema and the format its owner gave it."""
    missing_columns(dataset.schema.names, columns, "`source`")
    files = getattr(dataset, "files", None)
    described = None
    if files is not None:
        described = [each.described() for each in files_of(files, dataset.filesystem)] if files else []
    total = (lambda: None) if where is not None or files is None or len(files) > 64 else dataset.count_rows
    return Source(iter([partial(_tagged, dataset, columns, where)]), 1, described, total)


def _tagged(dataset: Any, columns: list[str], where: Any) -> Iterator[Piece]:
    """Read a data set; the file of each batch comes with it."""
    with reading("`source`"):
        scanner = dataset.scanner(
            columns=columns, filter=where, batch_size=BATCH_ROWS, batch_readahead=4, fragment_readahead=2
        )
        firsts: dict[str | None, int] = {}
        for tagged in scanner.scan_batches():
            file = getattr(tagged.fragment, "path", None)
            place = Place(file, firsts.get(file, 0), kept=where is not None)
            firsts[file] = place.first + tagged.record_batch.num_rows
            yield Piece(tagged.record_batch, place)


def _of_arrow(source: Any, columns: list[str], where: Any) -> Source:
    """Tables, readers, whatever streams Arrow data, and iterables of such."""
    pyarrow = needed("pyarrow", "scan", "thresher[scan]")
    if isinstance(source, pyarrow.RecordBatch):
        source = pyarrow.Table.from_batches([source])
    if isinstance(source, pyarrow.Table):
        return _of_table(source, columns, where)
    if isinstance(source, pyarrow.RecordBatchReader) or hasattr(source, "__arrow_c_stream__"):
        with reading("`source`"):
            reader = pyarrow.RecordBatchReader.from_stream(source)
        missing_columns(reader.schema.names, columns, "`source`")
        return Source(iter([partial(_streamed, reader, columns, where)]), 1)
    if hasattr(source, "__arrow_c_array__"):
        return _of_table(pyarrow.Table.from_batches([pyarrow.record_batch(source)]), columns, where)
    if isinstance(source, bytes | dict) or not hasattr(source, "__iter__"):
        raise TypeError(
            f"`source` is a {type(source).__name__}; a path, URI, glob or list of them, a pyarrow dataset, table or "
            "reader, a frame of polars or pandas, a duckdb relation, an object with __arrow_c_stream__ or an iterable "
            "of such batches is accepted"
        )
    # Someone's own loop runs on the thread that called: it may hold what belongs to that thread, and Ctrl-C ends it.
    return Source(iter([partial(_iterated, source, columns, where)]), 0)


def _streamed(batches: Iterable[Any], columns: list[str], where: Any) -> Iterator[Piece]:
    first = 0
    with reading("`source`"):
        for rows in batches:
            kept = rows if where is None else _kept(needed("pyarrow", "scan", "thresher[scan]").table(rows), where)
            yield Piece(kept.select(columns), Place(None, first, kept=where is not None))
            first += kept.num_rows


def _iterated(batches: Iterable[Any], columns: list[str], where: Any) -> Iterator[Piece]:
    """Each item is a source of its own: a batch, a table, a frame."""
    first = 0
    for each in batches:
        if _names_files(each):
            raise TypeError("`source` is an iterable of batches; pass paths as a list")
        for piece in source_of(each, columns, where, None, 1).pieces():
            yield Piece(piece.rows, Place(None, first, kept=where is not None))
            first += piece.rows.num_rows


def _needed_columns(empty: Any, columns: list[str], where: Any) -> list[str]:
    """Return the named columns and those that `where` reads: without these it cannot be bound to a table."""
    if where is None:
        return columns
    needs = list(columns)
    with reading("`where`"):
        _kept(empty, where)
    for name in empty.schema.names:
        if name not in needs:
            try:
                _kept(empty.drop_columns([name]), where)
            except (ValueError, KeyError):
                needs.append(name)
    return needs


def _kept(table: Any, where: Any) -> Any:
    """Return the rows for which `where` is true; pyarrow compares no text in the layout of polars."""
    for place, column in enumerate(table.schema):
        if str(column.type) == "string_view":
            table = table.set_column(place, column.name, table.column(place).cast("large_string"))
    return table.filter(where)
