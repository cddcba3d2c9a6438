"""The compiled part: columns in, counts and measures out. `_arrays` makes its sources; nothing else may."""

from typing import Any, TypeAlias, final

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

__all__ = [
    "Accumulator",
    "Bootstrap",
    "PairedBootstrap",
    "Tally",
    "average_precision",
    "average_precision_variance",
    "best_threshold",
    "brier_parts",
    "brier_score",
    "calibration_ratio",
    "candidates",
    "curve_ends",
    "curve_heights",
    "default_threads",
    "equal_error_rate",
    "expected_cost",
    "fixed_width_roc_band",
    "gain_curve",
    "h_measure",
    "hanley_mcneil_variance",
    "isotonic",
    "kolmogorov_smirnov",
    "lift_curve",
    "log_loss",
    "log_roc_auc",
    "mean_score",
    "net_benefit",
    "normalized_entropy",
    "partial_roc_auc",
    "precision_and_recall_at",
    "precision_recall_gain_curve",
    "probabilities_only",
    "rate",
    "rate_interval",
    "reliability",
    "roc_auc",
    "roc_auc_covariance",
    "roc_auc_variance",
    "roc_auc_variance_of_rows",
    "roc_convex_hull",
    "simd_level",
    "thin",
    "threshold_at",
    "thresholds_from",
]

# One column of rows, read where it lies: a 1-D array of any real dtype; (uint16 array, "bfloat16");
# (uint8 array, "bits", first bit, rows) for Arrow's packed booleans; or a list of such, the chunks of one column.
_Piece: TypeAlias = NDArray[Any] | tuple[NDArray[np.uint16], str] | tuple[NDArray[np.uint8], str, int, int]
_Source: TypeAlias = _Piece | list[_Piece]
_Floats: TypeAlias = NDArray[np.float64]
_Pair: TypeAlias = tuple[_Floats, _Floats]  # of negatives, of positives
_Masses: TypeAlias = NDArray[np.int64] | NDArray[np.float64]
_Spread: TypeAlias = tuple[float, float, float, float, float, float, float]
_Area: TypeAlias = tuple[float, float, float]  # with its lower and upper bound
_Positive: TypeAlias = bool | int | float | None

@final
class Accumulator:
    @staticmethod
    def thresholds_counts(thresholds: _Floats | int, comparison: str, dtype: str | None, sums: bool) -> Accumulator: ...
    @staticmethod
    def exact_counts(max_bytes: int | None, sums: bool) -> Accumulator: ...
    @staticmethod
    def counted(
        labels: _Source,
        scores: _Source,
        weights: _Source | None,
        positive: _Positive,
        drop_nan: bool,
        n_threads: int | None,
        sums: bool,
    ) -> Accumulator: ...
    @staticmethod
    def compact_counts(sums: bool) -> Accumulator: ...
    @staticmethod
    def from_bytes(data: Buffer) -> Accumulator: ...
    def to_bytes(self) -> bytes: ...
    def update(
        self,
        labels: _Source,
        scores: _Source,
        weights: _Source | None,
        positive: _Positive,
        drop_nan: bool,
        n_threads: int | None,
    ) -> None: ...
    def merge(self, other: Accumulator) -> None: ...
    def reset(self) -> None: ...
    def copy(self) -> Accumulator: ...
    @property
    def kind(self) -> str: ...
    @property
    def n_positives(self) -> int: ...
    @property
    def n_negatives(self) -> int: ...
    @property
    def n_dropped(self) -> int: ...
    @property
    def weight_positives(self) -> float: ...
    @property
    def weight_negatives(self) -> float: ...
    @property
    def nbytes(self) -> int: ...
    @property
    def weighted(self) -> bool: ...
    @property
    def sums(self) -> bool: ...
    @property
    def exact(self) -> bool: ...
    @property
    def plan(self) -> str: ...
    @property
    def comparison(self) -> str: ...
    @property
    def dtype(self) -> str | None: ...
    @property
    def max_bytes(self) -> int | None: ...
    def thresholds(self) -> _Floats: ...
    def tally(self) -> Tally: ...
    def roc_auc(self, max_fpr: float | None) -> tuple[float, float, float]: ...
    def average_precision(self) -> tuple[float, float, float]: ...
    def pr_auc(self, method: str) -> tuple[float, float, float]: ...
    def roc_curve(self, drop_intermediate: bool) -> tuple[_Floats, _Floats, _Floats, float]: ...
    def precision_recall_curve(self, drop_intermediate: bool) -> tuple[_Floats, _Floats, _Floats, float]: ...
    def det_curve(self, drop_intermediate: bool) -> tuple[_Floats, _Floats, _Floats]: ...
    def confusion(
        self, at: _Floats | None, comparison: str, nearest: bool
    ) -> tuple[_Floats, _Masses, _Masses, _Masses, _Masses]: ...
    def __eq__(self, other: object, /) -> bool: ...

@final
class Tally:
    def __len__(self) -> int: ...
    @property
    def tied(self) -> bool: ...
    def columns(self) -> tuple[_Floats, _Masses, _Masses]: ...
    def sums(self) -> tuple[_Pair, _Pair, _Pair, _Pair, tuple[float, float] | None] | None: ...

# Columns of one confusion table; value; feasible; lowest and highest threshold; what is unresolved; what is reachable.
_Chosen: TypeAlias = tuple[
    tuple[_Floats, _Masses, _Masses, _Masses, _Masses],
    float,
    bool,
    tuple[float, float],
    tuple[float, float] | None,
    float,
]

def candidates(tally: Tally) -> tuple[_Floats, _Masses, _Masses, _Masses, _Masses]: ...
def best_threshold(
    tally: Tally,
    rate: str | None,
    beta: float,
    costs: tuple[float, float, float, float] | None,
    values: _Floats | None,
    limits: list[tuple[str, float, float]],
    prevalence: float | None,
    tolerance: float,
) -> _Chosen: ...
def threshold_at(tally: Tally, name: str, low: float, high: float, highest: bool) -> _Chosen: ...
def roc_auc(
    labels: _Source,
    scores: _Source,
    weights: _Source | None,
    positive: _Positive,
    drop_nan: bool,
    n_threads: int | None,
    max_fpr: float | None,
) -> float: ...
def average_precision(
    labels: _Source,
    scores: _Source,
    weights: _Source | None,
    positive: _Positive,
    drop_nan: bool,
    n_threads: int | None,
) -> float: ...
def roc_auc_covariance(
    labels: _Source,
    scores: list[_Source],
    notes: list[str],
    weights: _Source | None,
    meaning: str | None,
    clusters: NDArray[np.int64] | None,
    positive: _Positive,
    drop_nan: bool,
    n_threads: int | None,
) -> tuple[list[_Spread], _Floats, _Floats, _Floats]: ...
def mean_score(tally: Tally) -> float: ...
def calibration_ratio(tally: Tally) -> float: ...
def log_loss(tally: Tally) -> float: ...
def normalized_entropy(tally: Tally) -> float: ...
def brier_score(tally: Tally) -> float: ...
def brier_parts(tally: Tally, n_bins: int | None, strategy: str) -> tuple[float, float, float, float, float, float]: ...
def reliability(
    tally: Tally, n_bins: int, strategy: str, z: float
) -> tuple[_Floats, _Floats, _Floats, _Floats, _Floats, _Floats, _Floats]: ...
def isotonic(tally: Tally) -> tuple[_Floats, _Floats]: ...
def roc_convex_hull(tally: Tally) -> tuple[_Floats, _Floats, _Floats, float]: ...
def h_measure(tally: Tally, severity: tuple[float, float] | None) -> float: ...
def thresholds_from(
    scores: _Source, labels: _Source | None, k: int, positive: _Positive, n_threads: int | None
) -> _Floats: ...
def rate(name: str, tp: _Masses, fp: _Masses, fn: _Masses, tn: _Masses, beta: float) -> _Floats: ...
def expected_cost(
    costs: tuple[float, float, float, float], tp: _Masses, fp: _Masses, fn: _Masses, tn: _Masses
) -> _Floats: ...
def rate_interval(
    name: str, tp: _Floats, fp: _Floats, fn: _Floats, tn: _Floats, beta: float, z: float
) -> tuple[_Floats, _Floats, str]: ...
def kolmogorov_smirnov(tally: Tally) -> tuple[float, float, float, float, float]: ...
def equal_error_rate(tally: Tally) -> tuple[float, float, float, float]: ...
def gain_curve(tally: Tally) -> tuple[_Floats, _Floats, _Floats]: ...
def lift_curve(tally: Tally) -> tuple[_Floats, _Floats, _Floats]: ...
def precision_recall_gain_curve(tally: Tally) -> tuple[tuple[_Floats, _Floats, _Floats], _Area]: ...
def partial_roc_auc(tally: Tally, of_tpr: bool, lower: float, upper: float, standardized: bool) -> _Area: ...
def log_roc_auc(tally: Tally, min_fpr: float) -> _Area: ...
def precision_and_recall_at(tally: Tally, amount: float, share: bool) -> tuple[_Area, _Area]: ...
def probabilities_only(tally: Tally, strict: bool) -> None: ...
def net_benefit(
    thresholds: _Floats,
    tp: NDArray[Any],
    fp: NDArray[Any],
    fn: NDArray[Any],
    tn: NDArray[Any],
    prevalence: float | None,
) -> tuple[_Floats, _Floats]: ...
def thin(x: _Floats, y: _Floats, tolerance: float) -> NDArray[np.intp]: ...
def default_threads() -> int: ...
def simd_level() -> str: ...
def roc_auc_variance(tally: Tally, weight_meaning: str) -> _Spread: ...
def average_precision_variance(tally: Tally, weight_meaning: str) -> _Spread: ...
def hanley_mcneil_variance(area: float, negatives: float, positives: float) -> float: ...
def roc_auc_variance_of_rows(
    labels: _Source, scores: _Source, positive: _Positive, drop_nan: bool, n_threads: int | None
) -> _Spread | None: ...
def curve_ends(tally: Tally, curve: str, x: _Floats) -> tuple[_Floats, _Floats]: ...
def curve_heights(tally: Tally, curve: str, x: _Floats) -> _Floats: ...
def fixed_width_roc_band(tally: Tally, x: _Floats, level: float) -> tuple[_Floats, _Floats]: ...

@final
class Bootstrap:
    def __new__(
        cls, whole: Accumulator, shards: list[tuple[int, Accumulator]], unit: str, meaning: str, seed: int
    ) -> Bootstrap: ...
    def value(
        self, name: str, max_fpr: float | None = None, threshold: float | None = None
    ) -> tuple[float, float, float]: ...
    def values(
        self,
        name: str,
        n_replicates: int,
        n_threads: int | None,
        max_fpr: float | None = None,
        threshold: float | None = None,
    ) -> _Floats: ...
    def heights(self, curve: str, x: _Floats, n_replicates: int, n_threads: int | None) -> _Floats: ...
    def replicate(self, replicate: int) -> Accumulator: ...

@final
class PairedBootstrap:
    def __new__(
        cls,
        labels: _Source,
        scores: list[_Source],
        notes: list[str],
        weights: _Source | None,
        meaning: str | None,
        clusters: NDArray[np.int64] | None,
        positive: _Positive,
        drop_nan: bool,
        n_threads: int | None,
        seed: int,
    ) -> PairedBootstrap: ...
    def figures(self, name: str, at: tuple[str, float, float, bool] | None) -> _Floats: ...
    def values(
        self, name: str, at: tuple[str, float, float, bool] | None, n_replicates: int, n_threads: int | None
    ) -> _Floats: ...
