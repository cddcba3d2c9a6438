"""Write README's comparison, docs/benchmarks.md and its picture from the newest record: ``make readme-bench``.

No figure in them is written by hand; tests/python/test_benchmarks.py holds them against the record.
"""

import sys
from itertools import groupby
from typing import Any

import picture
import record
import words
from headlines import JOBS
from measure import holds

README = record.REPOSITORY / "README.md"
PAGE = record.REPOSITORY / "docs" / "benchmarks.md"
PICTURE = record.REPOSITORY / "docs" / "benchmarks.svg"
BEGIN = "<!-- bench: filled by `make readme-bench` -->"
END = "<!-- bench: end -->"
ABOUT_PICTURE = "nanoseconds a sample of thresher and its peers, job by job"

INTRODUCTION = """\
# Benchmarks

Written by `make readme-bench` from the newest run in [benches/records](../benches/records); nothing here is typed by
hand. `make bench` times all of it again (about twelve minutes, 4 GiB), `make bench ROWS="roc_auc update_200"` some
rows, `make bench ROWS=--billion` those of 1e9 samples too (14 GiB).

Ten million rows unless said: float32 scores, bool labels, 20 % positive, two threads. A figure is the median of seven
or more calls, thresher's and the peer's in turn, on the same arrays, in the same run; where both return an answer, the
answers are compared first. scikit-learn and NumPy use one thread; boost-histogram and scors as many as thresher. A call
of scikit-learn that several rows compare with is timed once a run, and made once if it takes half a minute. Rows
against a duration are held to it. `must` is what has to hold, `aim` what we are after: `≥ 6×` is *at least six times as
fast*, `≤ 1.6×` is *at most 1.6 times the time* (or the bytes).
"""


def main() -> int:
    """Write all three."""
    run = record.newest()
    README.write_text(filled(README.read_text(), run))
    PAGE.write_text(page(run))
    PICTURE.write_text(picture.drawn(run))
    return 0


def filled(text: str, run: dict[str, Any]) -> str:
    """README with the block of a record between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"README.md lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{block(run)}\n{END}{after}"


def block(run: dict[str, Any]) -> str:
    """The picture and the headlines of a record, in Markdown."""
    lines = [
        f"[![{ABOUT_PICTURE}](docs/benchmarks.svg)](docs/benchmarks.md)",
        "",
        "| | samples | thresher | a sample | peer | a sample | times as fast |",
        "| --- | ---: | ---: | ---: | --- | ---: | ---: |",
    ]
    for job in JOBS:
        for row in job.found(run):
            ours = f"{row['samples']:,} | {words.took(row)} | {words.a_sample(row)}"
            theirs = f"{row['peer']} | {words.a_sample(row, 'peer_')} | {words.figures(row['ratio'])}"
            lines.append(f"| {job.title} | {ours} | {theirs} |")
    return "\n".join([*lines, "", f"{where(run)} [All rows](docs/benchmarks.md)."])


def page(run: dict[str, Any]) -> str:
    """Every row of a record, group by group."""
    parts = [INTRODUCTION, where(run), "", f"![{ABOUT_PICTURE}](benchmarks.svg)", "", tally(run)]
    for group, rows in groupby(run["rows"], key=lambda row: row["group"]):
        parts += ["", f"## {group}", "", *table(list(rows))]
    return "\n".join(parts) + "\n"


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The rows of one group."""
    lines = [
        "| row | | samples | thresher | a sample | against | a sample | ratio | must | aim | reached |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        cells = [f"`{row['name']}`", row["what"], f"{row['samples']:,}", words.took(row), words.a_sample(row)]
        cells += [row.get("peer", ""), words.a_sample(row, "peer_"), words.ratio(row)]
        cells += [words.limit(row, "must"), words.limit(row, "aim"), words.verdict(row)]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def tally(run: dict[str, Any]) -> str:
    """How many promises are kept, and which are not."""
    musts, aims = ([row for row in run["rows"] if row[promise] is not None] for promise in ("must", "aim"))
    missed = [f"`{row['name']}`" for row in musts if not holds(row, "must")]
    reached = sum(bool(holds(row, "aim")) for row in aims)
    text = f"Reached: {len(musts) - len(missed)} of {len(musts)} musts, {reached} of {len(aims)} aims."
    return f"{text} Missed musts: {', '.join(missed)}." if missed else text


def where(run: dict[str, Any]) -> str:
    """The machine, the day, the versions."""
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    repeats = min(row["repeats"] for row in run["rows"] if "seconds" in row)
    return (
        f"Medians of {repeats} or more, {run['date'][:10]}: {run['cpu']} ({run['simd']}), {run['threads']} threads;"
        f" {versions}; Python {run['python']}."
    )


if __name__ == "__main__":
    sys.exit(main())
