"""The jobs that README tells of: a title, and the rows that set thresher and its peers beside each other."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """Rows of one job; thresher's time is that of the first."""

    title: str
    rows: tuple[str, ...]

    def found(self, run: dict[str, Any]) -> list[dict[str, Any]]:
        """The job's rows that a record has, with their peers' times."""
        by_name = {row["name"]: row for row in run["rows"]}
        return [by_name[name] for name in self.rows if "peer_seconds" in by_name.get(name, {})]


JOBS = (
    Job("counts at 200 thresholds, 1 thread", ("update_200_1t",)),
    Job("counts at 200 thresholds, 2 threads", ("update_200", "counts")),
    Job("ROC AUC, 1 thread", ("roc_auc_1t", "roc_auc_1t_scors")),
    Job("ROC AUC, 2 threads", ("roc_auc", "roc_auc_scors", "roc_auc_sort")),
    Job("ROC AUC of float64 scores", ("roc_auc_float64",)),
    Job("ROC AUC of 16-bit scores", ("roc_auc_float16",)),
    Job("weighted ROC AUC", ("weighted_roc_auc",)),
    Job("average precision", ("average_precision_sklearn",)),
    Job("ROC curve, every point", ("roc_curve",)),
    Job("precision-recall curve, every point", ("precision_recall_curve",)),
    Job("ROC AUC of a stream, batches of 1e6", ("exact_stream",)),
    Job("update with 64 rows, 200 thresholds", ("small_update",)),
    Job("ROC AUC of 100 rows", ("small_roc_auc",)),
)
