"""`python -m thresher`: the command line."""

from __future__ import annotations


def _run() -> None:
    from thresher.cli import main

    main()


if __name__ == "__main__":
    _run()
