"""The everyday page of scikit-learn's metrics, twice: as it is, and under ``thresher.sklearn.patch()``.

Run it with ``python examples/cross_validation.py``; it needs scikit-learn and Keras. The same code is run twice: models
cross-validated by name of the score, precision, recall and F1 of each class, confusion matrix, classification report,
ROC with micro and macro averages, and a Keras model in ``cross_val_score``. Both runs are timed and compared, figure by
figure; it exits 1 when one differs.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.datasets import load_breast_cancer, load_iris, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, label_binarize

import thresher.sklearn
from flights_screen import Screen, span

FOLDS = StratifiedKFold(5, shuffle=True, random_state=0)
SCORINGS = ["roc_auc", "average_precision", "f1", "precision", "recall", "accuracy", "neg_log_loss"]
SAME = 1e-12
EVEN = np.linspace(0, 1, 1_001)

Curve: TypeAlias = tuple[NDArray[Any], NDArray[Any]]  # false positive rates, true positive rates


@dataclass
class Problem:
    """Labels, and what a model that was cross-validated says of each row."""

    name: str
    samples: NDArray[Any]
    labels: NDArray[Any]
    probabilities: NDArray[Any]

    @property
    def classes(self) -> NDArray[Any]:
        """Every class, in order."""
        return np.unique(self.labels)

    @property
    def predicted(self) -> NDArray[Any]:
        """The likeliest class of each row."""
        likeliest: NDArray[Any] = self.classes[self.probabilities.argmax(axis=1)]
        return likeliest


@dataclass
class Page:
    """Every figure of one run, its curves by problem and name, and how long each part took."""

    figures: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, dict[str, Curve]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Time a part."""
        start = perf_counter()
        yield
        self.seconds[part] = perf_counter() - start


def main() -> int:
    """Run the page twice; 0 when both give the same figures."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--output", type=Path, default=Path("demo"), help="folder of the picture (default: demo)")
    options.add_argument("--rows", type=int, default=200_000, help="rows of the larger problems (default: 200,000)")
    given = options.parse_args()

    screen = Screen()
    screen.title("The same code, with and without patch()", "scikit-learn's metrics in cross-validation")
    with screen.working("training"):
        binary, three, iris = problems(given.rows)
    pages = {}
    for name, patched in (("scikit-learn", nullcontext()), ("thresher", thresher.sklearn.patched())):
        with screen.working(f"the page, answered by {name}"), patched:
            pages[name] = everyday_page(binary, three, iris)
    show(screen, pages["thresher"])
    screen.headline("A Keras model, which answers with two columns")
    screen.say(
        f"ROC AUC by fold: {listed(pages['thresher'].figures['Keras, ROC AUC by fold'])}; without patch(), "
        f"scikit-learn refuses the two columns: {listed(pages['scikit-learn'].figures['Keras, ROC AUC by fold'])}"
    )
    draw(screen, pages["thresher"], given.output)
    return compare(screen, pages["scikit-learn"], pages["thresher"])


def problems(rows: int) -> tuple[Problem, Problem, Problem]:
    """Two classes, three classes, and iris, each with probabilities from cross-validation."""
    found = []
    data = {
        "two classes": make_classification(rows, 12, flip_y=0.05, weights=[0.8], random_state=0),
        "three classes": make_classification(rows, 12, n_informative=6, n_classes=3, random_state=0),
        "iris": load_iris(return_X_y=True),
    }
    for name, (samples, labels) in data.items():
        if name == "iris":
            labels = load_iris().target_names[labels]
        model = make_pipeline(StandardScaler(), LogisticRegression())
        probabilities = cross_val_predict(model, samples, labels, cv=FOLDS, method="predict_proba")
        found.append(Problem(name, samples, labels, probabilities))
    binary, three, iris = found
    return binary, three, iris


def everyday_page(binary: Problem, three: Problem, iris: Problem) -> Page:
    """What a user of scikit-learn writes; nothing in it knows of thresher."""
    page = Page()
    cross_validated(page, binary)
    for problem in (three, iris):
        by_class_and_fold(page, problem)
        with page.timed(f"confusion matrix, {problem.name}"):
            page.figures[f"confusion matrix, {problem.name}"] = metrics.confusion_matrix(
                problem.labels, problem.predicted
            )
        with page.timed(f"classification report, {problem.name}"):
            page.figures[f"classification report, {problem.name}"] = metrics.classification_report(
                problem.labels, problem.predicted, digits=5
            )
        averaged_roc(page, problem)
    page.figures["Keras, ROC AUC by fold"] = of_a_keras_model()
    return page


def cross_validated(page: Page, binary: Problem) -> None:
    """Scores by name; timed is what scikit-learn calls the time of scoring, predictions included."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    found = cross_validate(model, binary.samples, binary.labels, scoring=SCORINGS, cv=FOLDS)
    page.seconds[f"cross_validate, {len(SCORINGS)} scores"] = found["score_time"].sum()
    for scoring in SCORINGS:
        page.figures[f"{scoring} by fold"] = found[f"test_{scoring}"]


def by_class_and_fold(page: Page, problem: Problem) -> None:
    """Precision, recall and F1 of each class, in each fold."""
    predicted = problem.predicted
    with page.timed(f"precision, recall, F1 by class and fold, {problem.name}"):
        table = [
            metrics.precision_recall_fscore_support(problem.labels[rows], predicted[rows])[:3]
            for _, rows in FOLDS.split(problem.samples, problem.labels)
        ]
    page.figures[f"precision, recall, F1 by class and fold, {problem.name}"] = np.array(table)


def averaged_roc(page: Page, problem: Problem) -> None:
    """ROC of each class against the rest, their macro average, and the micro average over all of them at once."""
    truth, scores = label_binarize(problem.labels, classes=problem.classes), problem.probabilities
    with page.timed(f"ROC with micro and macro averages, {problem.name}"):
        curves = {
            str(name): metrics.roc_curve(truth[:, column], scores[:, column])[:2]
            for column, name in enumerate(problem.classes)
        }
        macro = mean_of(curves.values())
        curves["micro average"] = metrics.roc_curve(truth.ravel(), scores.ravel())[:2]
        areas = {name: metrics.auc(fpr, tpr) for name, (fpr, tpr) in curves.items()}
        areas["macro average"] = metrics.roc_auc_score(problem.labels, scores, multi_class="ovr", average="macro")
    page.curves[problem.name] = {**curves, "macro average": macro}
    for name, area in areas.items():
        page.figures[f"area, {name}, {problem.name}"] = area
    for name, (fpr, tpr) in page.curves[problem.name].items():
        page.figures[f"ROC, {name}, {problem.name}"] = np.interp(EVEN, fpr, tpr)


def mean_of(curves: Iterable[Curve]) -> Curve:
    """The mean of the curves' true positive rates at even false positive rates; it starts in the origin."""
    mean = np.mean([np.interp(EVEN, fpr, tpr) for fpr, tpr in curves], axis=0)
    return np.r_[0.0, EVEN], np.r_[0.0, mean]


def of_a_keras_model() -> NDArray[Any]:
    """ROC AUC of a small network by fold; its response has a column for each of the two classes."""
    samples, labels = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), keras.wrappers.SKLearnClassifier(small_network))
    keras.utils.set_random_seed(0)
    keras.utils.disable_interactive_logging()
    epochs = {"sklearnclassifier__epochs": 15}  # `fit_kwargs` is lost when scikit-learn clones Keras's wrapper
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Scoring failed")
        found: NDArray[Any] = cross_val_score(
            model, samples, labels, scoring="roc_auc", cv=StratifiedKFold(3), params=epochs
        )
    return found


def small_network(X: NDArray[Any], y: NDArray[Any]) -> keras.Model:
    """One hidden layer; `y` has a column for each class."""
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input(X.shape[1:]),
            layers.Dense(16, activation="relu"),
            layers.Dense(y.shape[1], activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model


def show(screen: Screen, page: Page) -> None:
    """The figures as a user prints them."""
    screen.headline("Two classes, by fold")
    screen.table(
        ["score", *(f"fold {fold + 1}" for fold in range(5))],
        [[scoring, *(f"{value:.4f}" for value in page.figures[f"{scoring} by fold"])] for scoring in SCORINGS],
    )
    for name in ("three classes", "iris"):
        screen.headline(f"{name.capitalize()}: confusion matrix, classification report, areas")
        screen.say(str(page.figures[f"confusion matrix, {name}"]))
        screen.say(page.figures[f"classification report, {name}"])
        areas = {key: value for key, value in page.figures.items() if key.startswith("area") and key.endswith(name)}
        screen.listed((key.split(", ")[1], f"{value:.5f}") for key, value in areas.items())


def listed(values: NDArray[Any]) -> str:
    """Figures of folds in one line."""
    return ", ".join(f"{value:.4f}" for value in values)


def compare(screen: Screen, theirs: Page, ours: Page) -> int:
    """Times side by side; 1 when a figure differs."""
    screen.headline("Both runs")
    screen.table(
        ["part", "scikit-learn", "thresher", "times as fast"],
        [
            [part, span(seconds), span(ours.seconds[part]), f"{seconds / ours.seconds[part]:.1f}"]
            for part, seconds in theirs.seconds.items()
        ],
    )
    compared = [name for name in theirs.figures if not name.startswith("Keras")]
    different = [name for name in compared if not same(theirs.figures[name], ours.figures[name])]
    for name in different:
        screen.say(f"DIFFERENT  {name}")
    answered = sum(calls.thresher for calls in thresher.sklearn.calls().values())
    screen.say(f"\n{len(compared) - len(different)} of {len(compared)} figures are the same; {answered} calls answered")
    return 1 if different or not answered or np.isnan(ours.figures["Keras, ROC AUC by fold"]).any() else 0


def same(one: Any, other: Any) -> bool:
    """Whether text is equal, and numbers are to 12 digits."""
    return one == other if isinstance(one, str) else bool(np.allclose(one, other, rtol=SAME, atol=0))


def draw(screen: Screen, page: Page, folder: Path) -> None:
    """ROC of iris's classes and their averages."""
    folder.mkdir(parents=True, exist_ok=True)
    axes = (figure := Figure(figsize=(5, 5), layout="constrained")).subplots()
    for name, (fpr, tpr) in page.curves["iris"].items():
        style = ":" if name == "macro average" else "-"
        axes.plot(fpr, tpr, style, label=f"{name}, {page.figures[f'area, {name}, iris']:.4f}")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", title="Iris, one class against the rest")
    axes.legend(title="area under ROC", loc="lower right")
    path = folder / "cross_validation.png"
    figure.savefig(path, dpi=150)
    screen.headline("Picture")
    screen.say(str(path))


if __name__ == "__main__":
    sys.exit(main())
