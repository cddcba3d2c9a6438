"""The command `thresher`: evaluate files of labels and scores, merge, compare and show what was counted.

It needs the extra `[cli]`; docs/cli.md describes it. Nothing here is imported by `import thresher`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from thresher._optional import needed

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and leave the process with its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Raises
    ------
    SystemExit
        Always: 0 done, 1 bad data or a file that cannot be read or written, 2 a wrong call, 3 a limit was broken,
        130 interrupted, 141 nobody reads the output any more.

    Examples
    --------
    >>> from thresher.cli import main
    >>> main(["--version"])
    Traceback (most recent call last):
    ...
    SystemExit: 0
    """
    from thresher.cli._failures import guarded

    sys.exit(guarded(lambda: _run(sys.argv[1:] if arguments is None else list(arguments))))


def _run(arguments: list[str]) -> int:
    """Return the exit code of a command, once its packages are known to be there."""
    for package in ("typer", "rich"):
        needed(package, "the command `thresher`", "thresher[cli]")
    from thresher.cli._app import run

    return run(arguments)
