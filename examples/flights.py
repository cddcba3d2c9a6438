"""Will this flight arrive late? A model evaluated batch by batch, beside scikit-learn.

Run it with ``make demo``. It trains scikit-learn's HistGradientBoostingClassifier on New York's flights of January to
September 2013, streams the scores of October to December through thresher's three accumulators, prints what every
threshold would do and how good the model is as a whole, and sets scikit-learn's answers and time beside them: for the
82,609 flights, then for the same scores repeated to ten million. It ends with 1 when any answer differs.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

import flights_peer as peer
import thresher as th
from flights_data import FLIGHTS, WITHOUT_ARRIVAL_DELAY, Flights, trained, training_and_evaluation
from flights_peer import Checks, Labels, Scores, timed
from flights_screen import Screen, rate, size, span

BATCH_ROWS = 4_096
THRESHOLDS = np.arange(1, 20) / 20
RUNS = 2  # of which the faster counts, on either side


class Streams:
    """The three accumulators, fed the same batches, and the seconds that each spent on them."""

    def __init__(self) -> None:
        self.exact = th.ExactCounts()
        self.compact = th.CompactCounts()
        self.thresholds = th.ThresholdCounts(THRESHOLDS)
        self.seconds = [0.0, 0.0, 0.0]

    def __iter__(self) -> Iterator[th.ExactCounts | th.CompactCounts | th.ThresholdCounts]:
        return iter((self.exact, self.compact, self.thresholds))

    def update(self, labels: Labels, scores: Scores) -> None:
        """Count one batch in each; nothing of it is kept but the counts."""
        for position, counts in enumerate(self):
            began = time.perf_counter()
            counts.update(labels, scores)
            self.seconds[position] += time.perf_counter() - began


def main() -> int:
    """Read, train, stream, compare; 0 when every answer agrees."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--output", type=Path, default=Path("demo"), help="folder of the pictures (default: demo)")
    options.add_argument("--trees", type=int, default=100, help="size of the model (default: 100)")
    options.add_argument("--repeated", type=int, default=10_000_000, help="scores of the last part (default: 10000000)")
    given = options.parse_args()

    screen, checks = Screen(), Checks()
    screen.title("thresher on real flights", "Every departure from New York in 2013: will it arrive 15 minutes late?")
    training, evaluation = training_and_evaluation()
    # scikit-learn's threads wait for each other by spinning: on a busy machine, twenty times slower than one thread.
    with threadpool_limits(1, user_api="openmp"):
        model = train(screen, training, given.trees)
        streams, labels, scores = stream(screen, model, evaluation)

    show_thresholds(screen, checks, streams, labels, scores)
    show_areas(screen, checks, streams, labels, scores)
    show_repeated(screen, checks, np.resize(labels, given.repeated), np.resize(scores, given.repeated))
    draw(screen, streams, given.output)
    for difference in checks.failed:
        screen.say(f"DIFFERENT  {difference}")
    return 1 if checks.failed else 0


def train(screen: Screen, flights: Flights, trees: int) -> HistGradientBoostingClassifier:
    """The model that thresher will evaluate."""
    with screen.working(f"training {trees} trees"):
        model, took = timed(lambda: trained(flights, trees))
    screen.listed(
        [
            ("flights", f"{FLIGHTS:,}; {WITHOUT_ARRIVAL_DELAY:,} without an arrival delay are left out"),
            ("training", f"{len(flights):,} of January to September: {trees} trees of scikit-learn, {span(took)}"),
        ]
    )
    return model


def stream(screen: Screen, model: HistGradientBoostingClassifier, flights: Flights) -> tuple[Streams, Labels, Scores]:
    """Score and count one batch after the other; scikit-learn alone needs the labels and scores once more."""
    streams = Streams()
    scores = []
    batches = -(-len(flights) // BATCH_ROWS)
    for batch in screen.progress(flights.batches(BATCH_ROWS), total=batches, what="scoring and counting batches"):
        scores.append(model.predict_proba(batch.features)[:, 1])
        streams.update(batch.late, scores[-1])
    screen.listed(
        [("evaluation", f"{len(flights):,} of October to December, {np.mean(flights.late):.1%} of them late")]
    )
    return streams, flights.late, np.concatenate(scores)


def show_thresholds(screen: Screen, checks: Checks, streams: Streams, labels: Labels, scores: Scores) -> None:
    """TP, FP, FN, TN, recall, precision and F1 at every threshold, and scikit-learn's."""
    theirs, theirs_took = timed(lambda: [peer.at_threshold(threshold, labels, scores) for threshold in THRESHOLDS])
    counts, took = timed(streams.thresholds.confusion)
    rows = []
    for at, (their_cells, their_rates) in zip(counts, theirs, strict=True):
        cells = (at.true_positives, at.false_positives, at.false_negatives, at.true_negatives)
        rates = (at.recall, at.precision, at.f_score())
        checks.same(f"TP, FP, FN, TN at {at.thresholds}", cells, their_cells)
        checks.same(f"recall, precision, F1 at {at.thresholds}", rates, their_rates, tolerance=1e-12)
        numbers = [f"{cell:,}" for cell in cells] + [rate(share) for share in (*rates, *their_rates)]
        rows.append([f"{at.thresholds:.2f}", *numbers])

    screen.headline("1. What each threshold would do: exact counts, one pass, fixed memory")
    screen.say(
        "A flight is called late when its score is at or above a threshold (first column). "
        f"Scores come in batches of {BATCH_ROWS:,} and are dropped once counted.\n"
    )
    shares = ("recall", "precision", "F1")
    heads = ("at", "TP", "FP", "FN", "TN", *shares, *shares)
    screen.table(heads, rows, groups=(("", 1), ("thresher", 7), ("scikit-learn", 3)))
    kept = size(streams.thresholds.nbytes)
    screen.say("")
    screen.listed(
        [
            ("thresher", f"{span(streams.seconds[2] + took):>7}   {kept} kept, however many flights come"),
            ("scikit-learn", f"{span(theirs_took):>7}   all {len(scores):,} scores kept; the same counts"),
        ]
    )


def show_areas(screen: Screen, checks: Checks, streams: Streams, labels: Labels, scores: Scores) -> None:
    """ROC AUC and average precision of each accumulator, with what it is sure of, and scikit-learn's."""
    roc_auc, roc_took = peer.roc_auc(labels, scores)
    precision, precision_took = peer.average_precision(labels, scores)
    columns = [[f"{roc_auc:.9f}", "", "", f"{precision:.9f}", "", "", "all scores", span(roc_took + precision_took)]]
    for counts, took in zip(streams, streams.seconds, strict=True):
        # tolerance=1: the bounds stand below the figure, so the warning that they are wide would only repeat them.
        ours_roc, roc_took = timed(partial(counts.roc_auc, tolerance=1))
        ours_precision, precision_took = timed(partial(counts.average_precision, tolerance=1))
        roc_bounds, precision_bounds = counts.roc_auc_bounds(), counts.average_precision_bounds()
        checks.within(f"ROC AUC of {type(counts).__name__}", roc_bounds, roc_auc)
        checks.within(f"average precision of {type(counts).__name__}", precision_bounds, precision)
        columns.append([f"{ours_roc:.9f}", *surely(roc_bounds), f"{ours_precision:.9f}", *surely(precision_bounds)])
        columns[-1] += [size(counts.nbytes), span(took + roc_took + precision_took)]

    screen.headline("2. How good the model is: exact, or with bounds that are certain")
    screen.say("From the same pass. An accumulator that keeps intervals of scores says how far off it can be.\n")
    names = ["ROC AUC", "  at least", "  at most", "average precision", "  at least", "  at most", "kept", "time"]
    heads = ("", "scikit-learn", *(type(counts).__name__ for counts in streams))
    screen.table(heads, zip(names, *columns, strict=True))
    screen.say("")
    screen.listed(
        [
            ("ExactCounts", "one entry a distinct score: scikit-learn's answers, rows not kept"),
            ("CompactCounts", "at most 4 MiB, for scores of any scale, and close enough for most"),
            ("ThresholdCounts", f"exact at its {len(THRESHOLDS)} thresholds; too few for an area, and it says so"),
        ]
    )


def surely(bounds: tuple[float, float]) -> tuple[str, str]:
    """Both bounds, or that there is nothing between them."""
    lower, upper = bounds
    return ("exact", "exact") if lower == upper else (f"{lower:.9f}", f"{upper:.9f}")


def show_repeated(screen: Screen, checks: Checks, labels: Labels, scores: Scores) -> None:
    """The same work on as many rows as a busy service scores in an hour, both timed."""
    rows = []
    for name, ours, theirs in (
        ("exact ROC AUC", th.roc_auc, peer.roc_auc),
        ("exact average precision", th.average_precision, peer.average_precision),
    ):
        with screen.working(f"{name} of {len(scores):,} rows, thresher and scikit-learn"):
            our_answer, our_seconds = timed(partial(ours, labels, scores), RUNS)
            their_answer, their_seconds = theirs(labels, scores, RUNS)
        checks.same(name, our_answer, their_answer, tolerance=1e-9)
        times = f"{their_seconds / our_seconds:.0f} × faster"
        rows.append([name, f"{our_answer:.9f}", span(our_seconds), f"{their_answer:.9f}", span(their_seconds), times])

    streams = Streams()
    starts = range(0, len(scores), BATCH_ROWS)
    for start in screen.progress(starts, total=len(starts), what=f"{len(scores):,} rows in batches of {BATCH_ROWS:,}"):
        streams.update(labels[start : start + BATCH_ROWS], scores[start : start + BATCH_ROWS])

    screen.headline(f"3. The same scores repeated to {len(scores):,} rows")
    screen.table((f"at once, best of {RUNS}", "thresher", "time", "scikit-learn", "time", "thresher is"), rows)
    streamed = [
        [type(counts).__name__, size(counts.nbytes), span(took), f"{took / len(scores) * 1e9:.1f} ns"]
        for counts, took in zip(streams, streams.seconds, strict=True)
    ]
    screen.say("")
    screen.table((f"in batches of {BATCH_ROWS:,}", "kept", "time", "a row"), streamed)


def draw(screen: Screen, streams: Streams, folder: Path) -> None:
    """The three pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = streams.thresholds.confusion()
    best = counts[int(np.argmax(counts.f_score()))]

    roc = Figure(figsize=(6, 5), layout="constrained")
    streams.exact.roc_curve().plot(roc.subplots(), plot_chance_level=True)
    precision_recall = Figure(figsize=(6, 5), layout="constrained")
    streams.exact.precision_recall_curve().plot(precision_recall.subplots(), plot_chance_level=True)
    confusion = Figure(figsize=(11, 5), layout="constrained")
    every_threshold, best_threshold = confusion.subplots(1, 2)
    counts.plot(every_threshold)
    best.plot(best_threshold)

    pictures = {"roc.png": roc, "precision_recall.png": precision_recall, "confusion.png": confusion}
    for name, figure in pictures.items():
        figure.savefig(folder / name, dpi=150)
    screen.say(f"\nPictures: {', '.join(str(folder / name) for name in pictures)}")


if __name__ == "__main__":
    sys.exit(main())
