"""The page around the figures: one HTML file that asks nothing of any host."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np

from thresher._optional import needed
from thresher._report._drawing import look
from thresher._report._figures import CLASSES, DRAWN_RATES, figures_of, script
from thresher._report._models import Model
from thresher._report._printed import LEVEL
from thresher._report._slices import MOST_SLICES, SliceTable
from thresher._report._steps import MOST_STEPS

__all__ = ["RATES", "page_of"]

RATES = {
    "recall": ("Recall (TPR)", "Recall", "TP / P"),
    "precision": ("Precision (PPV)", "Precision", "TP / (TP + FP)"),
    "f1": ("F1", "F1", "2 TP / (2 TP + FN + FP)"),
    "false_positive_rate": ("False positive rate", "FPR", "FP / N"),
    "specificity": ("Specificity (TNR)", "Specificity", "TN / N"),
    "negative_predictive_value": ("Negative predictive value", "NPV", "TN / (TN + FN)"),
    "accuracy": ("Accuracy", "Accuracy", "(TP + TN) / n"),
    "balanced_accuracy": ("Balanced accuracy", "Balanced", "(TPR + TNR) / 2"),
    "matthews_correlation": ("Matthews correlation", "MCC", "−1 to 1"),
    "youden_j": ("Youden’s J", "Youden’s J", "TPR − FPR"),
    "predicted_positive_rate": ("Share flagged", "Flagged", "(TP + FP) / n"),
    "lift": ("Lift", "Lift", "precision / prevalence"),
}
"""What the page tells at a threshold: by name of the rate its title, a short one, and its formula."""

_CELLS = ("true_positives", "false_positives", "false_negatives", "true_negatives")
_DIGITS = 6


def page_of(
    title: str,
    models: Sequence[Model],
    slices: SliceTable | None,
    notes: Sequence[tuple[str, list[str]]],
    chosen: bool,
) -> str:
    """Return the page as HTML; `chosen` tells whether the caller chose the slider's stops."""
    jinja2 = needed("jinja2", "report()", "thresher[report]")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    figures = figures_of(models)
    trusted = {name: jinja2.utils.markupsafe.Markup(text) for name, text in _own_texts().items()}
    page: str = environment.from_string(_text("page.html")).render(
        **trusted,
        title=title,
        models=models,
        legends=_legends(models),
        slices=slices,
        most_slices=MOST_SLICES,
        most_steps=MOST_STEPS,
        notes=notes,
        chosen=chosen,
        rates=RATES,
        level=f"{LEVEL:.0%}".replace("%", " %"),
        drawn_rates={RATES[name][0]: color for name, color in DRAWN_RATES.items()},
        classes=CLASSES,
        figures=figures,
        tolerances=_tolerances(models),
        page={
            "models": [_told(model, look(index)[0]) for index, model in enumerate(models)],
            "common": len({np.asarray(model.steps.thresholds).tobytes() for model in models}) == 1,
            "rates": list(RATES),
            "rate_colors": DRAWN_RATES,
            "figures": figures,
        },
    )
    return page


def _own_texts() -> dict[str, str]:
    """Return what is put into the page as it is: Bokeh's script and ours."""
    return {"bokeh": script(), "script": _text("page.js"), "style": _text("page.css")}


def _text(name: str) -> str:
    return files("thresher._report").joinpath(name).read_text(encoding="utf-8")


def _told(model: Model, color: str) -> dict[str, Any]:
    """Return the numbers of a model's steps; thresholds as texts with every digit, None for an undefined rate."""
    steps = model.steps
    f1 = np.nan_to_num(np.asarray(steps.rate("f1")), nan=-1)
    return {
        "name": model.name,
        "color": color,
        "comparison": steps.comparison,
        "weighted": model.counts.weighted,
        "thresholds": [_shown(value) for value in np.asarray(steps.thresholds).tolist()],
        "start": int(np.argmax(f1)) if len(steps) else 0,
        **{name: np.asarray(getattr(steps, name)).tolist() for name in _CELLS},
        "rates": {name: [_rounded(value) for value in np.asarray(steps.rate(name)).tolist()] for name in RATES},
    }


def _shown(threshold: float) -> str:
    """Return the threshold as JavaScript reads it, and as short as it stays itself."""
    text = repr(threshold).removesuffix(".0")
    return text.replace("inf", "Infinity")


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{_DIGITS}g}")


def _legends(models: Sequence[Model]) -> list[dict[str, str]]:
    return [
        {
            "name": model.name,
            "color": look(index)[0],
            "dash": look(index)[1],
            "roc_auc": model.figures[2].text,
            "average_precision": model.figures[3].text,
        }
        for index, model in enumerate(models)
    ]


def _tolerances(models: Sequence[Model]) -> dict[str, str]:
    """Return the largest error that thinning brought into each kind of curve."""
    return {
        name: f"{max((line.tolerance for model in models if (line := getattr(model, name))), default=0):g}"
        for name in ("roc", "precision_recall")
    }
