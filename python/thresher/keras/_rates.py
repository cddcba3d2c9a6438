"""Rates of the four counts by name, 0 where a denominator is 0 as in Keras; written once for arrays and for tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from thresher.keras._cuts import Counts

__all__ = ["RATES"]

Rate = Callable[[Any, Counts], Any]


def _share(first: Callable[[Counts], Any], second: Callable[[Counts], Any]) -> Rate:
    return lambda library, counts: library.divide_no_nan(first(counts), first(counts) + second(counts))


recall = _share(lambda c: c.true_positives, lambda c: c.false_negatives)
specificity = _share(lambda c: c.true_negatives, lambda c: c.false_positives)
precision = _share(lambda c: c.true_positives, lambda c: c.false_positives)
negative_predictive_value = _share(lambda c: c.true_negatives, lambda c: c.false_negatives)
false_positive_rate = _share(lambda c: c.false_positives, lambda c: c.true_negatives)
false_negative_rate = _share(lambda c: c.false_negatives, lambda c: c.true_positives)
false_discovery_rate = _share(lambda c: c.false_positives, lambda c: c.true_positives)
false_omission_rate = _share(lambda c: c.false_negatives, lambda c: c.true_negatives)
accuracy = _share(lambda c: c.true_positives + c.true_negatives, lambda c: c.false_positives + c.false_negatives)
prevalence = _share(lambda c: c.true_positives + c.false_negatives, lambda c: c.true_negatives + c.false_positives)
predicted_positive_rate = _share(
    lambda c: c.true_positives + c.false_positives, lambda c: c.true_negatives + c.false_negatives
)
f1 = _share(lambda c: 2 * c.true_positives, lambda c: c.false_positives + c.false_negatives)
jaccard = _share(lambda c: c.true_positives, lambda c: c.false_positives + c.false_negatives)


def balanced_accuracy(library: Any, counts: Counts) -> Any:
    """Return the mean of recall and specificity."""
    return (recall(library, counts) + specificity(library, counts)) / 2


def youden_j(library: Any, counts: Counts) -> Any:
    """Return recall + specificity - 1; 0 before anything was counted of either class."""
    both = (counts.true_positives + counts.false_negatives > 0) & (counts.true_negatives + counts.false_positives > 0)
    value = recall(library, counts) - false_positive_rate(library, counts)
    return library.where(both, value, library.zeros_like(value))


def matthews_correlation(library: Any, counts: Counts) -> Any:
    """Return Matthews's correlation from rates, whose products stay in float32's range whatever the counts."""
    agreeing = precision(library, counts) * recall(library, counts)
    agreeing = agreeing * specificity(library, counts) * negative_predictive_value(library, counts)
    opposed = false_discovery_rate(library, counts) * false_negative_rate(library, counts)
    opposed = opposed * false_positive_rate(library, counts) * false_omission_rate(library, counts)
    return library.sqrt(agreeing) - library.sqrt(opposed)


def cohen_kappa(library: Any, counts: Counts) -> Any:
    """Return Cohen's kappa: how far accuracy exceeds that of independent labels of the same shares."""
    p, q = prevalence(library, counts), predicted_positive_rate(library, counts)
    by_chance = p * (1 - q) + q * (1 - p)  # of disagreement
    found = 1 - accuracy(library, counts)
    return library.where(by_chance > 0, 1 - library.divide_no_nan(found, by_chance), library.zeros_like(by_chance))


RATES: dict[str, Rate] = {
    "recall": recall,
    "sensitivity": recall,
    "true_positive_rate": recall,
    "specificity": specificity,
    "true_negative_rate": specificity,
    "precision": precision,
    "negative_predictive_value": negative_predictive_value,
    "false_positive_rate": false_positive_rate,
    "false_negative_rate": false_negative_rate,
    "false_discovery_rate": false_discovery_rate,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "jaccard": jaccard,
    "matthews_correlation": matthews_correlation,
    "cohen_kappa": cohen_kappa,
    "youden_j": youden_j,
    "prevalence": prevalence,
    "predicted_positive_rate": predicted_positive_rate,
}
