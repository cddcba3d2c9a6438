"""Files as tasks of reading: Parquet by row groups, every other format of pyarrow.dataset file by file.

Each file is read with its own types: two files need not agree whether a score is float32 or float64.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import accumulate
from typing import Any

from thresher._errors import Error
from thresher._files import File
from thresher._optional import needed
from thresher._places import Piece, Place, missing_columns, reading
from thresher._readahead import Task

__all__ = ["BATCH_ROWS", "format_of", "row_total", "tasks_of_files"]

# Rows decoded at a time: of more, memory grows and time does not shrink. docs/dev/scan.md has the measurement.
BATCH_ROWS = 1 << 17
# Rows of row groups that are read as one task, so that tiny row groups cost no file opening each, and no two of a usual
# size are one: at the end one thread would read both.
_TASK_ROWS = 1 << 19
# A local column chunk is read in such pieces, so that a row group of any size is read in bounded memory.
_BUFFER = 1 << 20
# Batches that pyarrow may read ahead of a file that is not read by row groups.
_AHEAD = 4

_FORMATS = {
    "parquet": ("parquet", "pq", "parq"),
    "ipc": ("arrow", "feather", "ipc"),
    "csv": ("csv",),
    "orc": ("orc",),
    "json": ("json", "jsonl", "ndjson"),
}
_BY_EXTENSION = {extension: name for name, extensions in _FORMATS.items() for extension in extensions}
_BY_MAGIC = {b"PAR1": "parquet", b"ARRO": "ipc", b"ORC": "orc"}
_COMPRESSED = ("gz", "bz2", "zst", "lz4")
# Beyond so many files their footers are not read for a total of rows.
_FEW_FILES = 64


def format_of(file: File) -> str:
    """Return the format that pyarrow.dataset knows a file by: from its extension, or else from its first bytes."""
    parts = file.path.rpartition("/")[2].lower().split(".")[1:]
    for part in reversed(parts[-2:] if parts and parts[-1] in _COMPRESSED else parts[-1:]):
        if part in _BY_EXTENSION:
            return _BY_EXTENSION[part]
    with reading(file.name), file.filesystem.open_input_file(file.path) as opened:
        beginning = opened.read(4)
    for magic, name in _BY_MAGIC.items():
        if beginning.startswith(magic):
            return name
    raise Error(
        f"{file.name} is of an unknown format; extensions {', '.join(sorted(_BY_EXTENSION))} are read; "
        "for others pass a pyarrow.dataset.dataset(..., format=...)"
    )


def tasks_of_files(files: Iterable[File], columns: list[str], where: Any) -> Iterator[Task[Piece]]:
    """Yield what reads the files, in their order: footers are read when their turn comes."""
    for file in files:
        form = format_of(file)
        if form == "parquet" and where is None:
            yield from _row_groups(file, columns)
        else:
            yield partial(_scanned, file, form, columns, where)


def row_total(files: list[File]) -> int | None:
    """Return the rows of local Parquet files by their footers; None where that would cost much."""
    if len(files) > _FEW_FILES or any(each.filesystem.type_name != "local" for each in files):
        return None
    if any(format_of(each) != "parquet" for each in files):
        return None
    return sum(int(_footer(each).num_rows) for each in files)


def _footer(file: File) -> Any:
    parquet = needed("pyarrow.parquet", "scan", "thresher[scan]")
    with reading(file.name), file.filesystem.open_input_file(file.path) as opened:
        return parquet.read_metadata(opened)


def _row_groups(file: File, columns: list[str]) -> Iterator[Task[Piece]]:
    """Yield tasks of neighbouring row groups."""
    footer = _footer(file)
    with reading(file.name):
        schema = footer.schema.to_arrow_schema()
    own = _own_columns(file, schema.names, columns)
    texts = [name for name in own if str(schema.field(name).type) in ("string", "large_string")]
    sizes = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
    firsts = (0, *accumulate(sizes))
    groups: list[int] = []
    for group in range(len(sizes)):
        groups.append(group)
        if firsts[group + 1] - firsts[groups[0]] >= _TASK_ROWS or group + 1 == len(sizes):
            place = Place(file.name, firsts[groups[0]], firsts[:-1])
            yield partial(_decoded, file, footer, groups, own, texts, columns, place)
            groups = []


def _decoded(
    file: File, footer: Any, groups: list[int], own: list[str], texts: list[str], columns: list[str], place: Place
) -> Iterator[Piece]:
    """Read row groups batch by batch; texts stay the dictionary they are stored as."""
    parquet = needed("pyarrow.parquet", "scan", "thresher[scan]")
    local = file.filesystem.type_name == "local"
    first = place.first
    with reading(file.name), file.filesystem.open_input_file(file.path) as opened:
        # Far away, a row group's columns are fetched at once: a round trip for each piece would cost more.
        reader = parquet.ParquetFile(
            opened,
            metadata=footer,
            read_dictionary=texts,
            buffer_size=_BUFFER if local else 0,
            pre_buffer=not local,
            page_checksum_verification=True,
        )
        for rows in reader.iter_batches(BATCH_ROWS, row_groups=groups, columns=own, use_threads=False):
            yield Piece(_with_partition(rows, file, columns), Place(place.file, first, place.groups))
            first += rows.num_rows


def _scanned(file: File, form: str, columns: list[str], where: Any) -> Iterator[Piece]:
    """Read a file by pyarrow's scanner, which also filters and skips row groups by their statistics."""
    pyarrow = needed("pyarrow", "scan", "thresher[scan]")
    datasets = needed("pyarrow.dataset", "scan", "thresher[scan]")
    fields = {name: _partition_type(value) for name, value in file.partition.items()}
    guarantee = None
    for name, value in file.partition.items():
        field = datasets.field(name)
        equal = field.is_null() if value is None else field == value
        guarantee = equal if guarantee is None else guarantee & equal
    first = 0
    with reading(file.name):
        fragment = _dataset_format(form).make_fragment(file.path, file.filesystem, partition_expression=guarantee)
        schema = fragment.physical_schema
        for name, kind in fields.items():
            schema = schema if name in schema.names else schema.append(pyarrow.field(name, kind))
        missing_columns(schema.names, columns, file.name)
        scanner = fragment.scanner(
            schema=schema, columns=columns, filter=where, batch_size=BATCH_ROWS, batch_readahead=_AHEAD
        )
        for rows in scanner.to_batches():
            yield Piece(rows, Place(file.name, first, kept=where is not None))
            first += rows.num_rows


def _dataset_format(form: str) -> Any:
    datasets = needed("pyarrow.dataset", "scan", "thresher[scan]")
    if form == "parquet":
        return datasets.ParquetFileFormat(page_checksum_verification=True, pre_buffer=False)
    classes = {"ipc": "IpcFileFormat", "csv": "CsvFileFormat", "orc": "OrcFileFormat", "json": "JsonFileFormat"}
    return getattr(datasets, classes[form])()


def _own_columns(file: File, names: list[str], columns: list[str]) -> list[str]:
    """Return the columns that a file holds itself; the others must be those of its directories."""
    missing_columns([*names, *(name for name in file.partition if name not in names)], columns, file.name)
    return [name for name in columns if name in names]


def _with_partition(rows: Any, file: File, columns: list[str]) -> Any:
    """Append the columns that the names of directories give, as a dictionary of one value."""
    pyarrow = needed("pyarrow", "scan", "thresher[scan]")
    for name in columns:
        if name not in rows.schema.names:
            value = file.partition[name]
            values = pyarrow.array([value], _partition_type(value))
            indices = pyarrow.repeat(pyarrow.scalar(0, "int8"), rows.num_rows)
            rows = rows.append_column(name, pyarrow.DictionaryArray.from_arrays(indices, values))
    return rows


def _partition_type(value: object) -> Any:
    pyarrow = needed("pyarrow", "scan", "thresher[scan]")
    return pyarrow.int64() if isinstance(value, int) else pyarrow.string()
