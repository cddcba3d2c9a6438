"""Fill README's comparison from the newest record: ``make readme-bench``. No figure in README is written by hand."""

import sys
from typing import Any

import record
from run import span

README = record.REPOSITORY / "README.md"
BEGIN = "<!-- bench: filled by `make readme-bench` -->"
END = "<!-- bench: end -->"


def main() -> int:
    """Replace what stands between the marks."""
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"README.md lacks the marks {BEGIN} and {END}")
    README.write_text(f"{before}{BEGIN}\n{block(record.newest())}\n{END}{after}")
    return 0


def block(run: dict[str, Any]) -> str:
    """The table of a record, in Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    lines = [
        "| | samples | thresher | peer | | ratio |",
        "| --- | ---: | ---: | --- | ---: | ---: |",
    ]
    for row in run["rows"]:
        peer = (row["peer"], span(row["peer_seconds"]), f"{row['ratio']:.1f}") if row["ratio"] else ("", "", "")
        lines.append(f"| {row['what']} | {row['samples']:,} | {span(row['seconds'])} | {' | '.join(peer)} |")
    return "\n".join(
        [
            *lines,
            "",
            f"Medians of {min(row['repeats'] for row in run['rows'])} or more, {run['date'][:10]}: {run['cpu']},"
            f" {run['threads']} threads; {versions}; Python {run['python']}.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
