"""Compare callgrind's counts with ``benches/instructions.json``: ``make instructions``; ``--record`` rewrites it."""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

REPOSITORY = Path(__file__).parents[2]
FIGURES = REPOSITORY / "benches" / "instructions.json"
TOLERANCE = 0.05

# valgrind counts `rep stosb` once a byte, so that clearing a table would outweigh a kernel; glibc's vector loops count
# as they are. Which of them glibc takes does not follow the CPU: valgrind shows every program a Haswell of its own.
SURROUNDINGS = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-ERMS"}

Counts = dict[str, dict[str, float]]  # kernel -> level -> instructions a sample


def main() -> int:
    """Count, then compare or record; 1 when a figure is off."""
    options = argparse.ArgumentParser(description="Instructions a sample of the main kernels, by callgrind.")
    options.add_argument("--record", action="store_true", help=f"rewrite {FIGURES.relative_to(REPOSITORY)}")
    record = options.parse_args().record
    console = Console(highlight=False, soft_wrap=True)
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        console.print(f"not checked: the figures are those of Linux x86_64, this is {platform.platform()}")
        return int(record)

    recorded = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    known: Counts = recorded.get("instructions_per_sample", {})
    found = counted(built(), known)
    show(known, found, console)
    if lacking := sorted({level for figures in known.values() for level in figures} - {*levels(found)}):
        console.print(f"NOT CHECKED: {', '.join(lacking)}, which this CPU lacks")
    if not record:
        return verdict(recorded, found, console)
    if lacking:
        console.print("not recorded: the file would lose them")
        return 1
    FIGURES.write_text(json.dumps(as_recorded(found), indent=2) + "\n")
    console.print(f"recorded in {FIGURES.relative_to(REPOSITORY)}")
    return 0


def built() -> Path:
    """The benchmark's program, built when a source has changed."""
    command = ["cargo", "bench", "--quiet", "--locked", "--no-run", "--bench", "instructions"]
    run = subprocess.run([*command, "--message-format=json-render-diagnostics"], cwd=REPOSITORY, stdout=subprocess.PIPE)
    if run.returncode:
        sys.exit(run.returncode)
    artifacts = (json.loads(line) for line in run.stdout.splitlines())
    return next(Path(one["executable"]) for one in artifacts if one.get("executable"))


def counted(program: Path, known: Counts) -> Counts:
    """Every kernel at every level of this CPU, as many at a time as there are CPUs, the longest first."""
    listing = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    listed = {name: words.split() for name, words in (line.split(" ", 1) for line in listing.splitlines())}
    samples = int(listed["samples"][0])
    jobs = [(kernel, level) for kernel in listed["kernels"] for level in listed["levels"]]
    jobs.sort(key=lambda job: -known.get(job[0], {}).get(job[1], float("inf")))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        figures = dict(zip(jobs, pool.map(lambda job: collected(program, *job) / samples, jobs), strict=True))
    return {
        kernel: {level: round(figures[kernel, level], 3) for level in listed["levels"]} for kernel in listed["kernels"]
    }


def collected(program: Path, kernel: str, level: str) -> int:
    """Instructions inside the program's function `collected`; callgrind's profile stays beside the build."""
    folder = program.parents[2] / "instructions"
    folder.mkdir(exist_ok=True)
    profile = folder / f"{kernel}-{level}.out"
    profile.unlink(missing_ok=True)
    only = "--toggle-collect=instructions::collected"
    command = ["valgrind", "--quiet", "--tool=callgrind", only, f"--callgrind-out-file={profile}"]
    run = subprocess.run(
        [*command, str(program), kernel, level],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **SURROUNDINGS},
        capture_output=True,
        text=True,
    )
    total = re.search(r"^totals: ([1-9]\d*)$", profile.read_text(), re.MULTILINE) if profile.exists() else None
    if run.returncode or not total:
        raise SystemExit(f"{kernel}, {level}: callgrind counted nothing (status {run.returncode})\n{run.stderr}")
    return int(total[1])


def levels(counts: Counts) -> list[str]:
    """The instruction sets counted."""
    return list(next(iter(counts.values())))


def show(known: Counts, found: Counts, console: Console) -> None:
    """The figures now, and how far they are from the recorded ones."""
    table = Table("instructions a sample", box=box.SIMPLE_HEAD)
    for level in levels(found):
        table.add_column(level, justify="right")
        table.add_column("recorded", justify="right", style="dim")
    for kernel, figures in found.items():
        then = known.get(kernel, {})
        cells = [(f"{now:.2f}", change(then.get(level), now)) for level, now in figures.items()]
        table.add_row(kernel, *(text for pair in cells for text in pair))
    console.print(table)


def change(then: float | None, now: float) -> str:
    """How far a figure has moved."""
    return "none" if then is None else f"{then:.2f} ({now / then - 1:+.1%})"


def verdict(recorded: dict[str, Any], found: Counts, console: Console) -> int:
    """What is off and what to do about it; 1 when anything is."""
    known: Counts = recorded.get("instructions_per_sample", {})
    wrong = list(deviations(known, found))
    if not wrong:
        return 0
    console.print(*wrong, sep="\n")
    console.print(f"\nEach must lie within {TOLERANCE:.0%} of {FIGURES.relative_to(REPOSITORY)}, fewer or more.")
    if (then := recorded.get("rustc")) != (now := rustc()):
        console.print(f"They were recorded with {then}, this is {now}: the compiler may be the reason.")
    console.print("If the change is meant: `make instructions-record`, and commit the file.")
    console.print("Where the instructions are: callgrind_annotate target/instructions/KERNEL-LEVEL.out")
    return 1


def deviations(known: Counts, found: Counts) -> Iterator[str]:
    """A line for every figure that moved too far, is new, or whose kernel is gone."""
    for kernel, figures in found.items():
        for level, now in figures.items():
            then = known.get(kernel, {}).get(level)
            if then is None:
                yield f"{kernel}, {level}: {now:.2f} instructions a sample, none recorded"
            elif abs(now / then - 1) > TOLERANCE:
                yield f"{kernel}, {level}: {now:.2f} instructions a sample, recorded {change(then, now)}"
    yield from (f"{kernel}: recorded, but no longer there" for kernel in known if kernel not in found)


def as_recorded(found: Counts) -> dict[str, Any]:
    """The file's content; the versions are there for whoever meets a deviation."""
    valgrind = subprocess.run(["valgrind", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return {"date": today, "rustc": rustc(), "valgrind": valgrind, "instructions_per_sample": found}


def rustc() -> str:
    """The compiler's name and version."""
    return subprocess.run(["rustc", "--version"], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
