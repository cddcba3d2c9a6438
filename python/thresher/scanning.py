"""Accumulators from whatever holds rows: files, frames, tables and queries, in bounded memory."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

from thresher import _core
from thresher._arrays import whole
from thresher._counting import Counting, Roles
from thresher._errors import Error, one_of
from thresher._loaded import load_pyarrow
from thresher._places import joined
from thresher._progress import progress_of
from thresher._sources import Source, source_of
from thresher.accumulators import CompactCounts, ExactCounts, ThresholdCounts

__all__ = ["scan"]

_POLICIES = ("raise", "drop")


def scan(
    source: Any,
    *,
    label: str,
    score: str | list[str],
    weight: str | None = None,
    group: str | list[str] | None = None,
    into: Any = None,
    where: Any = None,
    filesystem: Any = None,
    nulls: str = "raise",
    nan: str = "raise",
    pos_label: Any = None,
    n_threads: int | None = None,
    progress: Any = None,
) -> Any:
    """Return accumulators filled with the rows of files, frames, tables or queries, read once and in bounded memory.

    Parameters
    ----------
    source : path, URI, glob, directory, list of these, data set, table, frame, relation, reader or iterable
        Files of Parquet, Arrow, CSV, ORC or JSON, by extension; directories named day=3 give columns. A pyarrow
        dataset, table, record batch or reader; a frame or lazy frame of polars; a frame of pandas; a relation of
        DuckDB; any object with `__arrow_c_stream__`; an iterable of such batches, advanced on the calling thread.
    label : str
        The column of labels: 0 and 1 (bool, integers or floats); anything, when `pos_label` is given.
    score : str or list of str
        The column of scores; with several, labels are read once for all.
    weight : str, optional
        The column of weights, finite and >= 0.
    group : str or list of str, optional
        Columns of keys: the result is a `GroupedCounts`, an accumulator for each key. Null is a key.
    into : ThresholdCounts, CompactCounts or ExactCounts, default CompactCounts()
        A prototype: an empty copy of it is filled. It is never changed.
    where : pyarrow.dataset.Expression, optional
        Only rows for which it is true are counted. Files skip what their statistics exclude. For frames of polars an
        expression of polars will do.
    filesystem : pyarrow.fs.FileSystem or fsspec file system, optional
        Where paths are looked up.
    nulls : {"raise", "drop"}, default "raise"
        Rows whose label, score or weight is null are an error, or left out and counted in `n_dropped`.
    nan : {"raise", "drop"}, default "raise"
        The same for rows whose score is NaN. In pandas, a NaN of a NumPy column is NaN, and not null.
    pos_label : optional
        A row is positive iff its label equals this.
    n_threads : int, optional
        Threads that read and count, at least one of each; by default `THRESHER_NUM_THREADS`, `OMP_NUM_THREADS`, or
        the CPUs this process may use.
    progress : None, False or callable, optional
        None shows progress on a terminal, False nowhere; a callable is given (rows done, rows in all or None).

    Returns
    -------
    accumulator, GroupedCounts, or dict of str to these
        Of the class of `into`; a dict by name if `score` is a list. Its `metadata` holds "sources" (the files: path,
        size and time of modification), "rows" (rows read) and "seconds". The counts are those of one `update` with
        all rows, whatever the files, their order, batches and threads; sums of weights agree within
        `n · 2^-53` relative. A ThresholdCounts without a `dtype` takes that of the first rows.

    Raises
    ------
    Error
        For a value that is not accepted (with its file, row group and row where known), a missing column (with near
        names), and a file that cannot be decoded.
    OSError
        For a file that cannot be read; the message names it.
    TypeError
        For a source, or a column of a type, that is not accepted.
    ImportError
        Without pyarrow: pip install 'thresher[scan]'.

    Notes
    -----
    After any error, or Ctrl-C, nothing has changed and no thread is left.

    Examples
    --------
    >>> import pyarrow as pa, pyarrow.parquet as pq, tempfile, thresher as th
    >>> rows = pa.table({"clicked": [0, 1, 0, 1], "p": [0.1, 0.4, 0.35, 0.8]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pq.write_table(rows, f"{folder}/day.parquet")
    ...     counts = th.scan(f"{folder}/*.parquet", label="clicked", score="p", into=th.ExactCounts())
    >>> counts.roc_auc(), counts.n_samples, counts.metadata["rows"]
    (1.0, 4, 4)
    """
    began = time.perf_counter()
    load_pyarrow()
    roles = _roles(label, score, weight, group)
    one_of("nulls", nulls, _POLICIES)
    one_of("nan", nan, _POLICIES)
    threads = _core.default_threads() if n_threads is None else whole("n_threads", n_threads, 1)
    counts = {name: _empty(into, roles) for name in roles.scores}
    found = source_of(source, roles.columns(), where, filesystem, threads)
    counting = Counting(roles, counts, pos_label, nan, nulls == "drop", max(1, threads - found.readers))
    rows = _filled(found, counting, progress)
    for each in counts.values():
        each.metadata = {"sources": found.files or [], "rows": rows, "seconds": time.perf_counter() - began}
    return counts[score] if isinstance(score, str) else counts


def _filled(found: Source, counting: Counting, progress: Any) -> int:
    """Count all pieces and return how many rows they had."""
    rows = 0
    with progress_of(progress, found.total) as told, closing(found.pieces()) as pieces:
        some = (piece for piece in pieces if piece.rows.num_rows)
        # Batches of someone's own loop are counted before the next is asked for: it may use their memory again.
        for piece in joined(some, counting.rows_at_a_time) if found.readers else some:
            counting.add(piece)
            rows += piece.rows.num_rows
            told(rows)
    return rows


def _roles(label: Any, score: Any, weight: Any, group: Any) -> Roles:
    """Return the columns by role, or refuse what names none."""
    scores = [score] if isinstance(score, str) else score
    groups = [] if group is None else [group] if isinstance(group, str) else group
    for argument, names in {"label": [label], "score": scores, "weight": [weight], "group": groups}.items():
        if not isinstance(names, list | tuple):
            raise TypeError(f"`{argument}` must be a column's name or a list of them, but is {names!r}")
        for name in names:
            if not isinstance(name, str) and not (argument == "weight" and name is None):
                raise TypeError(f"`{argument}` must be a column's name, but is {name!r}")
        if len(set(names)) < len(names):
            raise Error(f"`{argument}` names a column twice: {', '.join(map(repr, names))}")
    if not scores:
        raise Error("`score` is an empty list; at least one column is needed")
    return Roles(label, tuple(scores), weight, tuple(groups))


def _empty(into: Any, roles: Roles) -> Any:
    """Return an empty copy of the prototype, or a GroupedCounts of such."""
    if into is not None and not isinstance(into, ThresholdCounts | CompactCounts | ExactCounts):
        raise TypeError(
            f"`into` must be a ThresholdCounts, CompactCounts or ExactCounts, but is a {type(into).__name__}"
        )
    empty = CompactCounts() if into is None else into.copy()
    empty.reset()
    empty.metadata = None
    if not roles.groups:
        return empty
    from thresher.grouped import GroupedCounts

    return GroupedCounts(empty)
