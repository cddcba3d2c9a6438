"""The picture of a record: nanoseconds a sample, on a log scale, job by job; readable on white and on black."""

import io
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import words
from headlines import JOBS

OURS, THEIRS, INK = "#14907a", "#8f979f", "#757d85"
BAR, GAP = 0.72, 0.9  # of a line's height: a bar, and what parts two jobs
TOP = 1.4  # lines above the first bar, for the scale
LINE_INCHES = 0.21
WIDTH_INCHES = 8.2
LEFT = 0.32  # of the width, for the titles
STYLE: Any = {"svg.hashsalt": "thresher", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}


def drawn(run: dict[str, Any]) -> str:
    """The picture as SVG, the same bytes for the same record."""
    groups = [(job.title, bars) for job in JOBS if (bars := bars_of(job.found(run)))]
    height = TOP + sum(len(bars) + GAP for _, bars in groups)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_INCHES, height * LINE_INCHES))
        axes = figure.add_axes((LEFT, 0, 1 - LEFT, 1))
        draw(axes, groups, height)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def bars_of(rows: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Who, and nanoseconds a sample: thresher first, then the fastest peer."""
    if not rows:
        return []
    ours = rows[0]["seconds"] / rows[0]["samples"] * 1e9
    peers = [(row["peer"], row["peer_seconds"] / row["peer_samples"] * 1e9) for row in rows]
    return [("thresher", ours), *sorted(peers, key=lambda bar: bar[1])]


def draw(axes: Axes, groups: list[tuple[str, list[tuple[str, float]]]], height: float) -> None:
    """Bars from one common start, each with its figure and its owner at its end."""
    every = [nanoseconds for _, bars in groups for _, nanoseconds in bars]
    start = min(every) / 2.5
    axes.set_xscale("log")
    axes.set_xlim(start, max(every) * 40)
    axes.set_ylim(height, 0)
    axes.axis("off")
    line = TOP
    axes.text(start, TOP / 2, "nanoseconds a sample, log scale", color=INK, va="center", fontsize=8)
    for title, bars in groups:
        axes.text(start * 0.88, line + 0.5, title, ha="right", va="center", color=INK)
        for who, nanoseconds in bars:
            color = OURS if who == "thresher" else THEIRS
            axes.barh(line + 0.5, nanoseconds - start, BAR, left=start, color=color, linewidth=0)
            label = f" {words.figures(nanoseconds)}  {who}"
            weight = "bold" if who == "thresher" else "normal"
            axes.text(
                nanoseconds, line + 0.5, label, va="center", color=OURS if who == "thresher" else INK, weight=weight
            )
            line += 1
        line += GAP
