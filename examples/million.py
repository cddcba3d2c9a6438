"""A million samples, a logistic regression, nineteen thresholds: every count equal to NumPy's comparison.

Run it with ``python examples/million.py``; it needs scikit-learn. It counts the held-out scores twice, streamed in
batches and in one go, compares both with ``scores >= threshold`` threshold by threshold, and exits 1 on any difference.
"""

import sys

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import thresher as th

BATCH_ROWS = 1_024
THRESHOLDS = np.arange(0.05, 1, 0.05)


def million_samples(rows: int = 1_000_000) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Ten features, four of which tell, and labels, a fifth of them positive."""
    samples, labels = make_classification(
        n_samples=rows,
        n_features=10,
        n_redundant=0,
        n_informative=4,
        n_clusters_per_class=1,
        weights=[0.8, 0.2],
        random_state=42,
    )
    return samples, labels


def held_out_scores() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Labels and scores of a third of a million samples, by a model trained on the rest."""
    train, test, train_labels, test_labels = train_test_split(*million_samples(), test_size=1 / 3, random_state=42)
    model = LogisticRegression().fit(train, train_labels)
    return test_labels, model.predict_proba(test)[:, 1]


def streamed(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> th.ConfusionCounts:
    """Counts of the batches as a training or scoring loop would see them, one after the other."""
    counts = th.ThresholdCounts(THRESHOLDS)
    for start in range(0, len(scores), BATCH_ROWS):
        batch = slice(start, start + BATCH_ROWS)
        counts.update(labels[batch], scores[batch])
    return counts.confusion()


def compared(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """True positives and recall by the definition: every score compared with every threshold."""
    positives = scores[labels == 1]
    true_positives = np.array([np.count_nonzero(positives >= threshold) for threshold in THRESHOLDS])
    return true_positives, true_positives / len(positives)


def main() -> int:
    """Print the table; 0 when all three agree in every row."""
    labels, scores = held_out_scores()
    print(f"{len(scores):,} held-out scores, {np.count_nonzero(labels):,} of them positive\n")

    by_batch = streamed(labels, scores)
    in_one_go = th.confusion_at(labels, scores, THRESHOLDS)
    true_positives, recall = compared(labels, scores)
    same = np.ones(len(THRESHOLDS), bool)
    for counts in (by_batch, in_one_go):
        same &= (counts.true_positives == true_positives) & (counts.recall == recall)

    print("            true positives                     recall")
    print("score >=   streamed   at once     NumPy       streamed   at once     NumPy")
    for threshold, batches, once, tp, share, equal in zip(
        THRESHOLDS, by_batch, in_one_go, true_positives, recall, same, strict=True
    ):
        print(
            f"{threshold:8.2f} {batches.true_positives:10,}{once.true_positives:10,}{tp:10,}"
            f"     {batches.recall:10.6f}{once.recall:10.6f}{share:10.6f}{'' if equal else '  DIFFERENT'}"
        )
    print("\nequal at every threshold" if same.all() else "\nDIFFERENT: see the rows marked above")
    return 0 if same.all() else 1


if __name__ == "__main__":
    sys.exit(main())
