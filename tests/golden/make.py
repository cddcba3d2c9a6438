"""Small cases with exact answers, for both languages: writes ``cases.json`` beside this file.

Everything is counted by comparing every score with every threshold as real numbers (``fractions.Fraction``), so nothing
here shares an idea, or a fault, with the code under test. Run ``python tests/golden/make.py`` after changing a case;
``--check`` only compares.

A case::

    name         what it shows
    dtype        "float32" or "float64": the dtype of the scores; thresholds are rounded to it before they are compared
    labels       0 or 1
    scores       each {"bits": hexadecimal bit pattern in that dtype, "decimal": the same, to read}
    weights      the same in float64, or null
    thresholds   the same in float64, as a caller gives them: any order, duplicates, ±inf
    comparison   ">=" or ">"
    expected     tp, fp, fn, tn: fractions "a/b" per threshold, in the caller's order
                 roc_auc, average_precision: a fraction, or "nan" where undefined
                 n_positives, n_negatives: rows (those of weight 0 are left out)
"""

from __future__ import annotations

import json
import math
import struct
import sys
from fractions import Fraction
from itertools import product
from pathlib import Path

PATH = Path(__file__).with_name("cases.json")
FORMATS = {"float32": (">f", ">I", 8), "float64": (">d", ">Q", 16)}
INFINITY = math.inf


def rounded(value: float, dtype: str) -> float:
    """The value in that dtype, as a float64; what is too large for it becomes infinite."""
    form = FORMATS[dtype][0]
    try:
        return struct.unpack(form, struct.pack(form, value))[0]
    except OverflowError:
        return math.copysign(INFINITY, value)


def next_up(value: float, dtype: str) -> float:
    """The next larger number of that dtype, for a positive finite value."""
    form, integer, _ = FORMATS[dtype]
    bits = struct.unpack(integer, struct.pack(form, value))[0]
    return struct.unpack(form, struct.pack(integer, bits + 1))[0]


def next_down(value: float, dtype: str) -> float:
    """The next smaller number of that dtype, for a positive finite value."""
    form, integer, _ = FORMATS[dtype]
    bits = struct.unpack(integer, struct.pack(form, value))[0]
    return struct.unpack(form, struct.pack(integer, bits - 1))[0]


def admits(score: float, threshold: float, comparison: str) -> bool:
    """Compare two real numbers; infinities order as they should, and -0.0 equals 0.0."""
    if math.isinf(score) or math.isinf(threshold):
        return score >= threshold if comparison == ">=" else score > threshold
    exact = Fraction(score), Fraction(threshold)
    return exact[0] >= exact[1] if comparison == ">=" else exact[0] > exact[1]


def roc_auc(rows: list[tuple[int, float, Fraction]]) -> str:
    """Share of weighted (positive, negative) pairs that are ranked right, ties counting half: over all pairs."""
    positives = [(score, weight) for label, score, weight in rows if label]
    negatives = [(score, weight) for label, score, weight in rows if not label]
    won = pairs = Fraction(0)
    for (high, p), (low, n) in product(positives, negatives):
        pairs += p * n
        won += p * n * (Fraction(1) if high > low else Fraction(1, 2) if high == low else Fraction(0))
    return text(won / pairs) if pairs else "nan"


def average_precision(rows: list[tuple[int, float, Fraction]]) -> str:
    """Weighted mean, over the positives, of the precision at each one's own score."""
    all_positives = sum((weight for label, _, weight in rows if label), Fraction(0))
    total = Fraction(0)
    for label, score, weight in rows:
        if label:
            called = [(other, w) for other, s, w in rows if s >= score]
            right = sum((w for other, w in called if other), Fraction(0))
            total += weight * right / sum((w for _, w in called), Fraction(0))
    return text(total / all_positives) if all_positives else "nan"


def text(value: Fraction) -> str:
    """A fraction as "a/b"."""
    return f"{value.numerator}/{value.denominator}"


def number(value: float, dtype: str = "float64") -> dict[str, str]:
    """A number by its bits and, to read, in decimal."""
    form, integer, digits = FORMATS[dtype]
    bits = struct.unpack(integer, struct.pack(form, value))[0]
    return {"bits": f"{bits:0{digits}x}", "decimal": repr(value)}


def case(
    name: str,
    labels: list[int],
    scores: list[float],
    thresholds: list[float],
    *,
    weights: list[float] | None = None,
    dtype: str = "float64",
    comparison: str = ">=",
) -> dict[str, object]:
    """One case with its exact answers."""
    scores = [rounded(score, dtype) for score in scores]
    given = [1.0] * len(labels) if weights is None else weights
    rows = [(y, s, Fraction(w)) for y, s, w in zip(labels, scores, given, strict=True) if w > 0]
    expected: dict[str, object] = {"tp": [], "fp": [], "fn": [], "tn": []}
    for threshold in (rounded(t, dtype) for t in thresholds):
        cells = dict.fromkeys(("tp", "fp", "fn", "tn"), Fraction(0))
        for label, score, weight in rows:
            called = admits(score, threshold, comparison)
            cells[("tp" if label else "fp") if called else ("fn" if label else "tn")] += weight
        for cell, value in cells.items():
            expected[cell].append(text(value))  # type: ignore[attr-defined]
    expected["roc_auc"] = roc_auc(rows)
    expected["average_precision"] = average_precision(rows)
    expected["n_positives"] = sum(label for label, _, _ in rows)
    expected["n_negatives"] = sum(1 - label for label, _, _ in rows)
    return {
        "name": name,
        "dtype": dtype,
        "labels": labels,
        "scores": [number(score, dtype) for score in scores],
        "weights": None if weights is None else [number(weight) for weight in weights],
        "thresholds": [number(threshold) for threshold in thresholds],
        "comparison": comparison,
        "expected": expected,
    }


def beside(value: float, dtype: str) -> list[float]:
    """A score, and its neighbours on both sides."""
    value = rounded(value, dtype)
    return [next_down(value, dtype), value, next_up(value, dtype)]


def plain_cases(dtype: str, comparison: str) -> list[dict[str, object]]:
    """Cases that are worth asking in every dtype with either comparison."""
    smallest = next_up(0.0, dtype)
    largest_denormal = next_down(2.0**-126 if dtype == "float32" else 2.0**-1022, dtype)
    tenths = [i / 10 for i in range(11)]

    decimals = [0.7, 0.1, 0.3, 0.6, 0.9, 0.2]
    tiny = [smallest, -smallest, 0.0, largest_denormal, -largest_denormal, 2 * smallest]
    neighbours = [score for threshold in [*tenths[1:], 0.35] for score in beside(threshold, dtype)]

    def make(
        name: str, labels: list[int], scores: list[float], at: list[float], w: list[float] | None = None
    ) -> dict[str, object]:
        full = f"{name}, {dtype}, {comparison}"
        return case(full, labels, scores, at, weights=w, dtype=dtype, comparison=comparison)

    # fmt: off
    return [
        make("four scores of the scikit-learn docs", [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.0, 0.35, 0.4, 0.5, 0.8]),
        make("ties across the classes",
             [1, 0, 1, 0, 1, 0, 0, 1], [0.5, 0.5, 0.25, 0.25, 0.25, 0.75, 0.5, 0.75], tenths),
        make("all tied", [1, 0, 0, 1, 0], [0.3] * 5, [0.2, 0.3, 0.4]),
        make("only negatives", [0, 0, 0], [0.1, 0.2, 0.3], [0.2]),
        make("only positives", [1, 1, 1], [0.1, 0.2, 0.3], [0.2]),
        make("no rows", [], [], [0.0, 0.5]),
        make("one positive", [1], [0.5], [0.5]),
        make("one negative", [0], [0.5], [0.5]),
        make("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9], [0.5]),
        make("perfectly wrong", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9], [0.5]),
        make("one float beside decimal thresholds", [1, 0, 1] * 11, neighbours, [*tenths, 0.35]),
        make("decimals between thresholds that round", [0, 1, 1, 0, 1, 0], decimals, decimals),
        make("infinite scores and thresholds",
             [1, 0, 1, 0, 1], [INFINITY, INFINITY, -INFINITY, -INFINITY, 0.0], [-INFINITY, 0.0, INFINITY]),
        make("negative zero", [1, 0, 1, 0], [-0.0, 0.0, 0.0, -0.0], [0.0, -0.0]),
        make("denormals", [1, 0, 1, 0, 1, 0], tiny, [0.0, smallest, 2 * smallest, -smallest, largest_denormal]),
        make("logits", [1, 0, 1, 0, 1, 0], [3.5, -2.25, -1e30, 1e30, 0.5, 0.5], [0.0, 0.5, 1e30, -1e30]),
        make("unsorted thresholds with duplicates",
             [1, 0, 1, 0], [0.2, 0.4, 0.6, 0.8], [0.6, 0.2, 0.9, 0.6, 0.2, -1.0]),
        make("thresholds that meet in a smaller dtype",
             [1, 0, 1], [0.1, 0.2, 0.3], [0.2, 0.2 + 2.0**-50, 0.2 - 2.0**-50]),
        make("thresholds beyond the dtype's range", [1, 0], [1.0, -1.0], [1e300, -1e300, 1.7e308]),
        make("weights of zero", [1, 0, 1, 0], [0.2, 0.4, 0.6, 0.8], [0.4, 0.7], [1.0, 0.0, 2.0, 3.0]),
        make("only weights of zero", [1, 0], [0.2, 0.4], [0.3], [0.0, 0.0]),
        make("zero weights remove a class", [1, 0, 1], [0.2, 0.4, 0.6], [0.3], [1.0, 0.0, 2.0]),
        make("fractional weights",
             [1, 0, 1, 0, 1, 0], [0.2, 0.4, 0.4, 0.8, 0.9, 0.1], [0.4, 0.5], [0.1, 0.2, 0.3, 0.7, 1e-3, 2.5]),
        make("integer weights", [1, 0, 1, 0], [0.5, 0.5, 0.25, 0.75], [0.5], [3.0, 2.0, 7.0, 1.0]),
        make("weights of very different size",
             [1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1], [0.5], [1e200, 1e-200, 1.0, 1e100]),
    ]
    # fmt: on


def document() -> str:
    """The file's whole text."""
    cases = [c for dtype in FORMATS for comparison in (">=", ">") for c in plain_cases(dtype, comparison)]
    lines = ",\n".join(json.dumps(c) for c in cases)
    return f"[\n{lines}\n]\n"


def main() -> int:
    """Write the file, or with --check say whether it is what this script writes."""
    if "--check" in sys.argv[1:]:
        current = PATH.read_text(encoding="utf-8") == document()
        print("cases.json is current" if current else "cases.json differs from what make.py writes")
        return 0 if current else 1
    PATH.write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
