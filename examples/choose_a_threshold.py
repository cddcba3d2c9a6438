"""Two models, which one is better, how sure that is, and from which score the better one should warn.

Run it with ``python examples/choose_a_threshold.py`` after ``make demo``. Two models score New York's flights of
October to December 2013. Their areas are compared, with intervals. The scores of one are counted month by month; read
off these counts are thresholds, what they do in a December with twice as many late flights, and calibration. It ends
with 1 when a figure differs from scikit-learn's, or merged months from the whole.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits

import thresher as th
from flights_data import Flights, trained, trained_linear, training_and_evaluation
from flights_peer import Checks, Scores
from flights_screen import Screen, interval, rate, size

TREES, LINEAR = "trees", "regression"
COSTS = {"false_positive": 1, "false_negative": 4}
COST = "a needless warning costs 1, a late flight without one 4"
GRID = np.arange(1, 160) / 200

Months = Mapping[int, th.ExactCounts]


def main() -> int:
    """Read, train, count, decide; 0 when every check holds."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--output", type=Path, default=Path("demo"), help="folder of the pictures (default: demo)")
    options.add_argument("--trees", type=int, default=100, help="size of the first model (default: 100)")
    given = options.parse_args()

    screen, checks = Screen(), Checks()
    screen.title("Which model, and which threshold?", "Whom to warn that a flight will arrive 15 minutes late or more")
    # scikit-learn's threads wait for each other by spinning: on a busy machine, twenty times slower than one thread.
    with threadpool_limits(1, user_api="openmp"):
        flights, scores = scored(screen, given.trees)
    show_models(screen, checks, flights, scores)
    months = counted(flights, scores[TREES])
    show_months(screen, checks, months, flights, scores[TREES])
    autumn, december = months[10] + months[11], months[12]
    show_choices(screen, checks, autumn, flights, scores[TREES])
    show_december(screen, autumn, december)
    show_calibration(screen, checks, months, flights, scores[TREES])
    draw(screen, flights, scores, autumn, december, given.output)
    for difference in checks.failed:
        screen.say(f"DIFFERENT  {difference}")
    return 1 if checks.failed else 0


def scored(screen: Screen, trees: int) -> tuple[Flights, dict[str, Scores]]:
    """The flights of October to December, and what either model makes of them."""
    training, flights = training_and_evaluation()
    with screen.working(f"training {trees} trees and a logistic regression"):
        models = {TREES: trained(training, trees), LINEAR: trained_linear(training)}
    scores = {name: model.predict_proba(flights.features)[:, 1] for name, model in models.items()}
    late = f"{np.mean(flights.late):.1%}"
    screen.listed(
        [
            (
                "models",
                f"{trees} trees and a logistic regression, of {len(training):,} flights of January to September",
            ),
            ("evaluation", f"{len(flights):,} flights of October to December, {late} of them late"),
        ]
    )
    return flights, scores


def counted(flights: Flights, scores: Scores) -> dict[int, th.ExactCounts]:
    """Each month counted by itself, as a job that runs once a month would leave it."""
    months = {}
    for month in (10, 11, 12):
        rows = flights.in_months(month)
        months[month] = th.ExactCounts()
        months[month].update(flights.late[rows], scores[rows])
    return months


def show_models(screen: Screen, checks: Checks, flights: Flights, scores: Mapping[str, Scores]) -> None:
    """Both models' areas and their difference, with intervals that believe flights independent, or do not."""
    days = flights.shared["month"] * 100 + flights.shared["day"]
    clusters = {"flights": None, "planes": flights.shared["tailnum"], "days": days}
    pair = (flights.late, scores[TREES], scores[LINEAR])
    found = [th.compare_roc_auc(*pair, clusters=each) for each in clusters.values()]
    precision = {name: th.average_precision_interval(flights.late, each) for name, each in scores.items()}
    for name, area in ((TREES, found[0].a), (LINEAR, found[0].b)):
        checks.same(f"ROC AUC of {name}", area.value, metrics.roc_auc_score(flights.late, scores[name]), 1e-12)
        theirs = metrics.average_precision_score(flights.late, scores[name])
        checks.same(f"average precision of {name}", precision[name].value, theirs, 1e-12)

    screen.headline("1. Is the better model better?")
    screen.say(
        "ROC AUC: how often a late flight scores higher than a punctual one; 95 % intervals. Flights of one day share "
        f"its weather: what is certain of {len(days):,} separate flights may not be of {days.nunique()} days.\n"
    )
    rows = [
        [TREES, *(interval(each.a) for each in found)],
        [LINEAR, *(interval(each.b) for each in found)],
        ["difference", *(interval(each.difference) for each in found)],
        ["p of no difference", *(f"{each.p_value:.2g}" for each in found)],
    ]
    screen.table(("ROC AUC", *clusters), rows, groups=(("", 1), ("independent of each other are", 3)))
    named = "; ".join(f"{name} {interval(each)}" for name, each in precision.items())
    screen.say(f"\nAverage precision (mean precision over the late flights found): {named}")


def show_months(screen: Screen, checks: Checks, months: Months, flights: Flights, scores: Scores) -> None:
    """Three tables that know nothing of each other, and their sum."""
    merged, whole = months[10] + months[11] + months[12], th.ExactCounts()
    whole.update(flights.late, scores)
    checks.same("merged months equal the whole", merged == whole, True)
    kept = sum(len(each.to_bytes()) for each in months.values())

    screen.headline("2. Counted month by month, merged: the same answer")
    screen.say("Each month leaves a table of late and punctual flights by score; the rows may go.\n")
    named = {"October": months[10], "November": months[11], "December": months[12], "merged": merged, "at once": whole}
    rows = [
        [name, f"{each.n_samples:,}", f"{share_late(each):.1%}", interval(each.roc_auc_interval(), 6)]
        for name, each in named.items()
    ]
    screen.table(("", "flights", "late", f"ROC AUC, {TREES}"), rows)
    screen.say(f"\nThe three tables take {size(kept)}; thresholds and areas below are read off them.")


def show_choices(screen: Screen, checks: Checks, autumn: th.ExactCounts, flights: Flights, scores: Scores) -> None:
    """What could be asked of a threshold at the end of November, and what each answer does."""
    least = {"precision": (0.4, None)}
    choices = {
        "best F1": autumn.best_threshold("f1"),
        "most recall with precision >= 40 %": autumn.best_threshold("recall", subject_to=least),
        "recall >= 80 %": autumn.threshold_at(recall=0.8),
        "at most 5 % warned": autumn.threshold_at(predicted_positive_rate=0.05),
        "lowest cost": autumn.best_threshold(costs=COSTS),
    }
    rows = flights.in_months(10, 11)
    for name, choice in choices.items():
        cells = (choice.counts.true_positives, choice.counts.false_positives)
        flagged = flights.late[rows & (scores >= choice.threshold)]
        checks.same(f"counts of {name}", cells, (np.sum(flagged), np.sum(~flagged)))
    share = share_late(autumn)
    fpr, tpr, _ = metrics.roc_curve(flights.late[rows], scores[rows], drop_intermediate=False)
    least_cost = np.min(COSTS["false_positive"] * (1 - share) * fpr + COSTS["false_negative"] * share * (1 - tpr))
    checks.same("lowest cost", choices["lowest cost"].value, least_cost, 1e-12)
    precision, recall, _ = metrics.precision_recall_curve(flights.late[rows], scores[rows])
    best = choices["most recall with precision >= 40 %"].value
    checks.same("most recall with precision >= 40 %", best, recall[precision >= 0.4].max(), 1e-12)

    screen.headline("3. Where to cut, of all scores of October and November, by what is asked for")
    screen.say(
        f"Cost: {COST}; mean of a flight, {COSTS['false_negative'] * share:.3f} if nobody is warned. "
        "Recall: share of the late that are warned; precision: share of the warned that are late; "
        "their intervals take flights as independent, and the threshold as given.\n"
    )
    table = []
    for name, choice in choices.items():
        rates = [interval(choice.interval(metric)) for metric in ("recall", "precision")]
        others = [rate(choice.rate("predicted_positive_rate")), rate(choice.counts.expected_cost(COSTS))]
        table.append([name, f"{choice.threshold:.4f}", *rates, *others])
    screen.table(("asked for", "warn from", "recall", "precision", "warned", "cost"), table)


def show_december(screen: Screen, autumn: th.ExactCounts, december: th.ExactCounts) -> None:
    """Thresholds of autumn, for its own share of late flights and for December's, and what December made of them."""
    share = share_late(december)
    least = {"precision": (0.4, None)}
    choices = {
        "precision >= 40 %, autumn's share": autumn.best_threshold("recall", subject_to=least),
        "precision >= 40 %, December's": autumn.best_threshold("recall", subject_to=least, prevalence=share),
        "lowest cost, autumn's share": autumn.best_threshold(costs=COSTS),
        "lowest cost, December's": autumn.best_threshold(costs=COSTS, prevalence=share),
        "lowest cost, in hindsight": december.best_threshold(costs=COSTS),
    }
    screen.headline(f"4. December: {share:.1%} late instead of {share_late(autumn):.1%}")
    screen.say(
        "Foretold: autumn's counts at December's share of late flights. It holds as far as late and punctual flights "
        "still score as they did; found: what December's counts say.\n"
    )
    rows = []
    for name, choice in choices.items():
        foretold, found = (each.confusion(choice.threshold) for each in (autumn, december))
        foretold = foretold.at_prevalence(share)
        pairs = [(each.precision, each.recall, each.expected_cost(COSTS)) for each in (foretold, found)]
        rows.append(
            [name, f"{choice.threshold:.4f}", *(rate(value) for pair in zip(*pairs, strict=True) for value in pair)]
        )
    heads = ("threshold for", "warn from", *("foretold", "found") * 3)
    screen.table(heads, rows, groups=(("", 2), ("precision", 2), ("recall", 2), ("cost", 2)))


def show_calibration(screen: Screen, checks: Checks, months: Months, flights: Flights, scores: Scores) -> None:
    """How far scores are probabilities, before and after a recalibration that saw October alone."""
    october, november = flights.in_months(10), flights.in_months(11)
    calibration = months[10].isotonic_calibration()
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores[october], flights.late[october])
    checks.same("isotonic calibration", calibration(scores), theirs.predict(scores), 1e-12)
    checks.same("log loss", months[11].log_loss(), metrics.log_loss(flights.late[november], scores[november]), 1e-12)
    calibrated = counted(flights, calibration(scores))
    columns = (months[11], calibrated[11], months[12], calibrated[12])

    screen.headline("5. Are scores probabilities? Isotonic calibration, fitted to October")
    screen.say("Both losses: lower is better. Brier score = miscalibration - resolution + uncertainty.\n")
    parts = [each.brier_decomposition() for each in columns]
    named = {
        "mean score / share of late": [each.calibration_ratio() for each in columns],
        "expected calibration error": [each.expected_calibration_error() for each in columns],
        "log loss": [each.log_loss() for each in columns],
        "Brier score": [each.brier_score for each in parts],
        "  miscalibration": [each.reliability for each in parts],
        "  resolution": [each.resolution for each in parts],
        "  uncertainty": [each.uncertainty for each in parts],
    }
    table = [[name, *(f"{value:.4f}" for value in values)] for name, values in named.items()]
    heads = ("", *("as scored", "calibrated") * 2)
    screen.table(heads, table, groups=(("", 1), ("November", 2), ("December", 2)))
    screen.say(
        "\nA calibration keeps the share of late flights it was fitted to: October's suits November, not December."
    )


def draw(
    screen: Screen,
    flights: Flights,
    scores: Mapping[str, Scores],
    autumn: th.ExactCounts,
    december: th.ExactCounts,
    folder: Path,
) -> None:
    """Both models' curves; and the rates at every threshold, before and in December."""
    folder.mkdir(parents=True, exist_ok=True)
    models = Figure(figsize=(11, 5), layout="constrained")
    roc, precision_recall = models.subplots(1, 2)
    th.plots.compare({name: th.roc_curve(flights.late, each) for name, each in scores.items()}, roc)
    curves = {name: th.precision_recall_curve(flights.late, each) for name, each in scores.items()}
    th.plots.compare(curves, precision_recall, plot_chance_level=True)

    thresholds = Figure(figsize=(11, 5), layout="constrained")
    chosen = autumn.best_threshold(costs=COSTS).threshold
    foretold = autumn.best_threshold(costs=COSTS, prevalence=share_late(december)).threshold
    periods = {"October, November": autumn, "December": december}
    before, later = thresholds.subplots(1, 2, sharey=True)
    for ax, (when, counts) in zip((before, later), periods.items(), strict=True):
        counts.confusion(GRID).plot(ax)
        ax.axvline(chosen, color="k", linestyle="--", label="lowest cost")
        ax.axvline(foretold, color="k", linestyle=":", label="foretold for December")
        ax.set_title(f"{when}: {share_late(counts):.1%} late")
    before.legend(loc="upper right")
    later.get_legend().remove()

    pictures = {"models.png": models, "thresholds.png": thresholds}
    for name, figure in pictures.items():
        figure.savefig(folder / name, dpi=150)
    screen.say(f"\nPictures: {', '.join(str(folder / name) for name in pictures)}")


def share_late(counts: th.ExactCounts) -> float:
    """The prevalence."""
    return counts.n_positives / counts.n_samples


if __name__ == "__main__":
    sys.exit(main())
