"""The command as a process: what a shell sees of it, with and without a terminal."""

import os
import pty
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COMMAND = (sys.executable, "-W", "error", "-m", "thresher")


def thresher(*arguments, folder=None, **environment):
    """Run `thresher` with its streams in pipes."""
    settings = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=settings | environment, capture_output=True, text=True, check=False, timeout=120
    )


@dataclass(frozen=True)
class Seen:
    """What a terminal of some width has shown, and the exit code."""

    text: str
    returncode: int


def on_a_terminal(*arguments, folder=None, columns=120):
    """Run `thresher` on a pseudo-terminal."""
    leader, follower = pty.openpty()
    settings = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    settings |= {"TERM": "xterm-256color", "COLUMNS": str(columns)}
    streams = {"stdin": follower, "stdout": follower, "stderr": follower}
    with subprocess.Popen([*COMMAND, *map(str, arguments)], cwd=folder, env=settings, **streams) as process:
        os.close(follower)
        seen = b""
        while select.select([leader], [], [], 120)[0]:
            try:
                part = os.read(leader, 65_536)
            except OSError:  # Linux: nobody writes any more
                break
            if not part:
                break
            seen += part
    os.close(leader)
    return Seen(seen.decode(), process.returncode)


def failure(run, code):
    """The one line that a command has left on stderr, with this exit code and nothing on stdout."""
    assert run.returncode == code, run.stderr
    assert run.stdout == ""
    [line] = run.stderr.splitlines()
    assert line.startswith("thresher: ")
    assert "Traceback" not in line
    return line.removeprefix("thresher: ")


def rows(seed=0, n=2000):
    """Labels, two columns of scores and slices."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, n)
    return pa.table(
        {
            "y": labels.astype(np.int8),
            "p": np.clip(0.3 * labels + 0.7 * random.random(n), 0, 1).astype(np.float32),
            "q": random.random(n),
            "w": random.integers(1, 4, n).astype(np.float64),
            "country": random.choice(["AT", "CH", "DE"], n),
            "age": random.integers(0, 90, n).astype(np.int8),
            "answer": np.where(labels, "yes", "no"),
            "day": pa.array(np.datetime64("2026-01-01") + random.integers(0, 7, n)),
        }
    )


def write(table, path):
    """Write a table as Parquet and return its path."""
    pq.write_table(table, path)
    return Path(path)


def missing_keys(value, text):
    """Keys of a document that a page does not name; rates and figures are listed by what they are."""
    if isinstance(value, list):
        return set().union(*(missing_keys(each, text) for each in value))
    if not isinstance(value, dict):
        return set()
    own = {key for key in value if f"`{key}`" not in text}
    return own.union(*(missing_keys(each, text) for each in value.values()))
