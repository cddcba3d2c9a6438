"""Files by path, URI, glob or directory, on any file system that pyarrow knows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from thresher._errors import Error
from thresher._optional import needed
from thresher._places import reading

__all__ = ["File", "files_of"]

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class File:
    """A file, and the columns that the names of its directories give it (day=3)."""

    path: str
    filesystem: Any
    name: str  # as a person would write it: an absolute path or a URI
    size: int | None
    modified: str | None
    partition: dict[str, str | int | None]

    def described(self) -> dict[str, Any]:
        """Return what `metadata` keeps of it."""
        return {"path": self.name, "size": self.size, "modified": self.modified}


def files_of(source: Any, filesystem: Any) -> list[File]:
    """Return the files of a path, a URI, a glob, a directory or a list of them, those of a directory by name."""
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    found: list[tuple[Any, Any, str]] = []
    for each in given:
        text = os.fspath(each)
        if not isinstance(text, str):
            raise TypeError(f"`source` must name files as str or path-like, but names {each!r}")
        system, path, prefix = _located(text, filesystem)
        with reading(text):
            found += [(info, system, prefix) for info in _infos(text, system, path)]
    partitions = _partitions([info.path for info, _, _ in found])
    return [_file(*each, partition) for each, partition in zip(found, partitions, strict=True)]


def _located(text: str, filesystem: Any) -> tuple[Any, str, str]:
    """Return the file system, the path on it, and what stands before a path to make it a name again."""
    fs = needed("pyarrow.fs", "scan", "thresher[scan]")
    if filesystem is not None:
        if not isinstance(filesystem, fs.FileSystem):
            filesystem = fs.PyFileSystem(fs.FSSpecHandler(filesystem))
        return filesystem, text, ""
    if "://" not in text:
        return fs.LocalFileSystem(), os.path.abspath(os.path.expanduser(text)).replace(os.sep, "/"), ""
    steady, magic = _split_at_magic(text, "*[")
    with reading(text):
        system, path = fs.FileSystem.from_uri(steady)
    return system, f"{path.rstrip('/')}/{magic}" if magic else path, text.partition("://")[0] + "://"


def _infos(text: str, system: Any, path: str) -> list[Any]:
    fs = needed("pyarrow.fs", "scan", "thresher[scan]")
    info = system.get_file_info(path)
    if info.type == fs.FileType.Directory:
        found = [each for each in _under(system, path, recursive=True) if _shown(each.path[len(path) :])]
        if not found:
            raise Error(f"{text} is a directory without files; at least one is needed")
        return found
    if info.type != fs.FileType.NotFound:
        return [info]
    base, magic = _split_at_magic(path, "*?[")
    if not magic:
        raise FileNotFoundError(2, "there is no such file or directory")
    matches = re.compile(_expression(magic)).fullmatch
    offset = len(base.rstrip("/")) + 1
    recursive = "/" in magic or "**" in magic
    found = [each for each in _under(system, base, recursive) if matches(each.path[offset:])]
    if not found:
        raise FileNotFoundError(2, "no file matches")
    return found


def _under(system: Any, folder: str, recursive: bool) -> list[Any]:
    """Return the files in a folder by name."""
    fs = needed("pyarrow.fs", "scan", "thresher[scan]")
    infos = system.get_file_info(fs.FileSelector(folder or "/", recursive=recursive, allow_not_found=True))
    return sorted((info for info in infos if info.type == fs.FileType.File), key=lambda info: info.path)


def _shown(path: str) -> bool:
    """Whether a path inside of a directory is one of its data: Spark, Hive and others mark what is not."""
    return not any(part.startswith((".", "_")) for part in path.split("/") if part and "=" not in part)


def _split_at_magic(path: str, signs: str) -> tuple[str, str]:
    """Split a pattern into the folder before its first wildcard and the rest."""
    parts = path.split("/")
    for place, part in enumerate(parts):
        if any(sign in part for sign in signs):
            return "/".join(parts[:place]), "/".join(parts[place:])
    return path, ""


def _expression(pattern: str) -> str:
    """Return the regular expression of a glob, in which only ** crosses a slash."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]+\])", pattern)
    return "".join(
        words.get(piece) or (piece.replace("[!", "[^", 1) if piece.startswith("[") else re.escape(piece))
        for piece in pieces
    )


def _partitions(paths: list[str]) -> list[dict[str, str | int | None]]:
    """Return the columns that directories named key=value give; whole numbers where every file has one."""
    found = [dict(_pairs(path)) for path in paths]
    whole = {
        key
        for key in {key for each in found for key in each}
        if all(value is None or re.fullmatch(r"-?\d{1,18}", value) for each in found for value in [each.get(key)])
    }
    return [
        {key: int(value) if key in whole and value is not None else value for key, value in each.items()}
        for each in found
    ]


def _pairs(path: str) -> Iterator[tuple[str, str | None]]:
    for part in path.split("/")[:-1]:
        key, equals, value = part.partition("=")
        if key and equals:
            yield unquote(key), None if value == _HIVE_NULL else unquote(value)


def _file(info: Any, system: Any, prefix: str, partition: dict[str, str | int | None]) -> File:
    modified = info.mtime.isoformat(timespec="seconds") if info.mtime is not None else None
    return File(info.path, system, prefix + info.path, info.size, modified, partition)
