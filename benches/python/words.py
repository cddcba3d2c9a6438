"""Figures as a reader meets them, on the screen and on the page."""

from typing import Any

from measure import holds

SIGNS = {">=": "≥", "<=": "≤"}


def took(result: dict[str, Any], prefix: str = "") -> str:
    """What one call took: time or memory; `prefix` is "peer_" for the other side."""
    if f"{prefix}bytes" in result:
        return size(result[f"{prefix}bytes"])
    return span(result[f"{prefix}seconds"]) if f"{prefix}seconds" in result else ""


def a_sample(result: dict[str, Any], prefix: str = "") -> str:
    """Nanoseconds a sample; of memory, all of it."""
    if f"{prefix}seconds" not in result:
        return took(result, prefix)
    samples = result.get(f"{prefix}samples", result["samples"])
    return f"{figures(result[f'{prefix}seconds'] / samples * 1e9)} ns"


def ratio(result: dict[str, Any]) -> str:
    """How many times as fast, or as much."""
    return f"{figures(result['ratio'])}×" if "ratio" in result else ""


def limit(result: dict[str, Any], promise: str) -> str:
    """The "must" or "aim" of a row."""
    value = result[promise]
    return "" if value is None else f"{SIGNS[result['sense']]} {figures(value)}×"


def verdict(result: dict[str, Any]) -> str:
    """Which of its promises a row keeps."""
    if holds(result, "must") is False:
        return "missed"
    if holds(result, "aim"):
        return "aim"
    return "must" if holds(result, "must") else ""


def figures(value: float) -> str:
    """A number with three figures, or all of a larger whole part."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def span(seconds: float) -> str:
    """A duration with three figures."""
    for unit, length in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def size(amount: float) -> str:
    """A number of bytes with three figures."""
    for unit, length in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if amount >= length:
            return f"{amount / length:.3g} {unit}"
    return f"{amount:.0f} B"
