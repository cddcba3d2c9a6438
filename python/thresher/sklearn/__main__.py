"""`python -m thresher.sklearn script.py`: a program as it is, with scikit-learn patched before it starts."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path

from thresher.sklearn import patch, verbose

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    """Run a script or a module as `python` would, under `patch()`."""
    parser = argparse.ArgumentParser(prog="python -m thresher.sklearn", description=__doc__)
    parser.add_argument(
        "--verbose", action="store_true", help="tell what is patched, and calls that scikit-learn answers"
    )
    parser.add_argument("-m", dest="module", action="store_true", help="`program` is a module, not a file")
    parser.add_argument("program")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="arguments of the program")
    given = parser.parse_args(arguments)
    verbose(given.verbose)
    patch()
    sys.argv = [given.program, *given.rest]
    if given.module:
        sys.path[0] = ""
        runpy.run_module(given.program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(given.program).resolve().parent)
        runpy.run_path(given.program, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
