"""Files that hold an accumulator: a header with time, version and the caller's metadata, then the state's own bytes.

Layout: the magic line, the header's length as 8 bytes (little-endian), its SHA-256, the header (JSON, UTF-8), the
state. The state carries its own checksum; the header holds its length.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from thresher._errors import InvalidStateError
from thresher._version import __version__

__all__ = ["read", "replace_file", "write"]

_MAGIC = b"thresher state file 1\n"
_FAMILY = b"thresher state file "
_PREFIX = len(_MAGIC) + 8 + 32


def write(path: str | os.PathLike[str], kind: str, settings: dict[str, Any], metadata: Any, state: bytes) -> None:
    """Replace the file at `path` as a whole: whenever this is cut short, the old or the new file is there."""
    if metadata is not None and not isinstance(metadata, dict):
        raise TypeError(f"`metadata` must be a dict or None, but is a {type(metadata).__name__}")
    header = {
        "kind": kind,
        "settings": settings,
        "thresher_version": __version__,
        "saved_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "state_bytes": len(state),
        "metadata": metadata or {},
    }
    try:
        text = json.dumps(header).encode()
    except (TypeError, ValueError) as error:
        raise TypeError(f"`metadata` must be JSON: {error}") from error
    prefix = _MAGIC + len(text).to_bytes(8, "little") + hashlib.sha256(text).digest()
    replace_file(path, [prefix, text, state])


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], bytes]:
    """Return the header and the state's bytes; damage is found before the state is read."""
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        prefix = file.read(_PREFIX)
        length = _header_length(path, prefix, size)
        text = file.read(length)
        if hashlib.sha256(text).digest() != prefix[-32:]:
            raise _damaged(path, "the header does not match its checksum")
        header: dict[str, Any] = json.loads(text)
        expected, found = header["state_bytes"], size - _PREFIX - length
        if found != expected:
            raise _damaged(path, f"the state should have {expected} bytes, but {found} follow")
        return header, file.read()


def replace_file(path: str | os.PathLike[str], parts: list[bytes]) -> None:
    """Write beside the target, make it durable, then rename over it: the old or the whole new file is there."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    temporary = f"{target}.{os.getpid()}-{secrets.token_hex(4)}.tmp"
    try:
        with open(temporary, "xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    if hasattr(os, "O_DIRECTORY"):  # a directory cannot be opened on Windows
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _header_length(path: object, prefix: bytes, size: int) -> int:
    if not prefix.startswith(_MAGIC):
        if prefix.startswith(_FAMILY):
            line = prefix.partition(b"\n")[0].decode(errors="replace")
            raise InvalidStateError(f"{path}: {line!r} is of a newer thresher than {__version__}; upgrade to read it")
        raise _damaged(path, "it does not begin as save() begins (from_bytes() reads the bytes of to_bytes())")
    length = int.from_bytes(prefix[len(_MAGIC) : len(_MAGIC) + 8], "little")
    if len(prefix) < _PREFIX or length > size - _PREFIX:
        raise _damaged(path, "it is cut short")
    return length


def _damaged(path: object, reason: str) -> InvalidStateError:
    return InvalidStateError(f"{path} is no valid thresher file: {reason}")
