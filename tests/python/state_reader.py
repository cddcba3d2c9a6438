"""Files and states read from docs/format.md with the standard library alone, as a reader in any language would."""

import hashlib
import json
import struct
import zlib


class Source:
    """A cursor over little-endian numbers, coded as in `struct`."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def some(self, code, count):
        values = struct.unpack_from(f"<{count}{code}", self.data, self.at)
        self.at += struct.calcsize(f"<{count}{code}")
        return list(values)

    def one(self, code):
        return self.some(code, 1)[0]

    def text(self, code):
        return bytes(self.some("B", self.one(code))).decode()

    def pairs(self, code, count):
        return [tuple(self.some(code, 2)) for _ in range(count)]


def read_file(data):
    """Return the header and the state of a file that `save` wrote."""
    assert data[:22] == b"thresher state file 1\n"
    length, checksum = struct.unpack_from("<Q32s", data, 22)
    header = data[62 : 62 + length]
    assert hashlib.sha256(header).digest() == checksum
    return json.loads(header), data[62 + length :]


def read_state(data):
    """Return the fields of a state under the names of docs/format.md."""
    magic, version, kind, zero, length = struct.unpack_from("<8sHBBQ", data)
    assert (magic, zero, length) == (b"THRESHER", 0, len(data) - 24)
    assert version in (1, 2)
    assert struct.pack("<I", zlib.crc32(data[:-4])) == data[-4:]
    source = Source(data[20:-4])
    readers = {1: read_thresholds, 2: read_exact, 3: read_compact, 4: read_paired, 5: read_grouped}
    state = readers[kind](source, version == 2)
    assert source.at == length
    return {"kind": kind} | state


def read_rows(source):
    return {"weighted": source.one("?")} | {name: source.one("Q") for name in ("negatives", "positives", "dropped")}


def read_thresholds(source, sums):
    settings, rows = {"comparison": source.one("B"), "dtypes": source.some("B", 2)}, read_rows(source)
    return read_gaps(source, sums, settings | rows | {"thresholds": source.some("d", source.one("Q"))})


def read_gaps(source, sums, state):
    gaps = len({threshold + 0.0 for threshold in state["thresholds"]}) + 1
    state["counts"] = source.pairs("Q", gaps)
    state["weights"] = source.pairs("d", gaps) if state["weighted"] else []
    return state | (read_moments(source, state, gaps) if sums else {})


def read_exact(source, sums):
    state = read_rows(source)
    score, count, entries = source.one("B"), source.one("B"), source.one("Q")
    state["scores"] = source.some("f" if score == 4 else "d", entries)
    state["counts"] = source.pairs("I" if count == 4 else "Q", entries)
    state["weights"] = source.pairs("d", entries if state["weighted"] else 0)
    state["squared_weights"] = source.pairs("d", entries if state["weighted"] and sums else 0)
    return state


def read_compact(source, sums):
    state = read_rows(source) | {"exact": source.one("?")}
    state["counts"] = {source.one("I"): tuple(source.some("Q", 2)) for _ in range(source.one("Q"))}
    held = source.one("Q") if state["weighted"] else 0
    state["weights"] = {source.one("I"): tuple(source.some("d", 2)) for _ in range(held)}
    return state | (read_moments(source, state, len(state["counts"] | state["weights"])) if sums else {})


def read_moments(source, state, cells):
    rows = state["negatives"] + state["positives"]
    return {"range": source.some("d", 2 if rows else 0), "moments": [source.some("d", 4) for _ in range(2 * cells)]}


def read_paired(source, _):
    state = {"max_cells": source.one("Q"), "models": [read_compact(source, False), read_compact(source, False)]}
    state["level"], cells = source.one("B"), source.one("Q")
    state["keys"], state["counts"] = source.some("Q", cells), source.pairs("Q", cells)
    state["weights"] = [source.some("d", 4) for _ in range(cells if state["models"][0]["weighted"] else 0)]
    return state


def read_grouped(source, sums):
    state = {"of": source.one("B"), "groups": {}}
    settings = {}
    if state["of"] == 1:
        settings = {"comparison": source.one("B"), "dtypes": source.some("B", 2)}
        settings["thresholds"] = source.some("d", source.one("Q"))
    columns, named = source.one("I"), source.one("?")
    state["names"] = [source.text("I") for _ in range(columns)] if named else None
    for _ in range(source.one("Q")):
        key = tuple(read_value(source) for _ in range(columns))
        if state["of"] == 1:
            state["groups"][key] = read_gaps(source, sums, settings | read_rows(source))
        else:
            state["groups"][key] = {2: read_exact, 3: read_compact}[state["of"]](source, sums)
    return state


def read_value(source):
    tag = source.one("B")
    if tag >= 16:
        text = source.text("Q")
        return text if tag == 16 else text.encode()
    number = source.one("q")
    return {0: None, 1: bool(number), 2: number, 3: number + 2**63}.get(tag, (tag, number))
