"""Types of the columns of files, before these are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thresher._files import File, files_of
from thresher._formats import format_of
from thresher._optional import needed
from thresher._places import reading

__all__ = ["schema_of"]


def schema_of(paths: Sequence[str]) -> Any:
    """Return the pyarrow schema of the first file, with the columns that its directories give it.

    Raises
    ------
    Error, OSError
        As `thresher.scan` raises them, naming the file.
    """
    pyarrow = needed("pyarrow", "evaluate", "thresher[cli]")
    file = files_of(list(paths), None)[0]
    schema = _own(file)
    for name, value in file.partition.items():
        if name not in schema.names:
            schema = schema.append(pyarrow.field(name, pyarrow.int64() if isinstance(value, int) else pyarrow.string()))
    return schema


def _own(file: File) -> Any:
    """Return the schema that the file itself has."""
    form = format_of(file)
    with reading(file.name):
        if form == "parquet":
            parquet = needed("pyarrow.parquet", "evaluate", "thresher[cli]")
            with file.filesystem.open_input_file(file.path) as opened:
                return parquet.read_schema(opened)
        datasets = needed("pyarrow.dataset", "evaluate", "thresher[cli]")
        return datasets.dataset(file.path, format=form, filesystem=file.filesystem).schema
