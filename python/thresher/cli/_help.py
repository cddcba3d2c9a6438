"""What `--help` says: each command by its examples."""

from __future__ import annotations

__all__ = ["DIFF", "EVALUATE", "HELP", "MERGE", "SHOW"]

HELP = """Evaluate binary classifiers from files, exactly and in one pass.

\b
  How good is a model?
    thresher evaluate scores/*.parquet --label clicked --score p
\b
  By country, at thresholds, as a page to send on:
    thresher evaluate scores/ --label clicked --score p --group country \\
        --thresholds 0.05:0.95:0.05 --report report.html
\b
  In a pipeline: fail below a figure, keep the counts:
    thresher evaluate day.parquet --label clicked --score p \\
        --fail-if 'roc_auc<0.75' --min-rows 10000 --save day.thr
\b
  A week out of seven days, and against the week before:
    thresher merge day-*.thr -o week.thr
    thresher diff last-week.thr week.thr
    thresher show week.thr

Exit codes: 0 done, 1 bad data or file, 2 wrong call, 3 a limit was broken. All of it: docs/cli.md
"""

MERGE = """Add up state files, as if their rows had been counted in one run.

\b
    thresher merge monday.thr tuesday.thr -o two-days.thr
    thresher merge shards/*.thr -o all.thr --strict

Two files counted from the same source are named on stderr, since a job that ran twice would count twice; with --strict
nothing is written then.
"""

DIFF = """Compare two state files: new less old, with intervals, as a whole and slice by slice.

\b
    thresher diff last-week.thr this-week.thr
    thresher diff old.thr new.thr --thresholds 0.3,0.5 --json

Intervals take the two for independent samples, as two periods or two groups of users are.
"""

SHOW = """Show what a state file holds: rows, figures, slices, metadata.

\b
    thresher show day.thr
    thresher show day.thr --thresholds 0.1:0.9:0.1
    thresher show day.thr --json | jq .figures.roc_auc.value
"""

EVALUATE = """Count files of labels and scores in one pass, and tell how good the scores are.

FILES are paths, globs, directories (hive partitions too) or URIs of Parquet, Arrow, CSV, ORC or JSON; only the columns
that are named are read.

\b
    thresher evaluate scores/*.parquet --label clicked --score p
    thresher evaluate scores/ --label y --score p --score q --group country
    thresher evaluate day.parquet --label y --score p --where 'country in (AT, DE)' --where 'age >= 18'
    thresher evaluate day.csv --label answer --pos-label yes --score p --thresholds 0.05:0.95:0.05
    thresher evaluate day.parquet --label y --score p --json | jq '.scores[0].figures.roc_auc'
    thresher evaluate day.parquet --label y --score p --fail-if 'roc_auc<0.75' --fail-if 'recall@0.5<0.6'

Counts are kept at 261,506 fixed intervals (compact): areas come with sure bounds, and thresholds are read at the
nearest edge, which is named. --into exact keeps every distinct score, --into thresholds counts at --thresholds alone.
"""
