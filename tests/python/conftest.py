"""Settings of Hypothesis, and what several tests need."""

import os

import matplotlib
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import thresher as th
from report_page import Page

matplotlib.use("Agg")
os.environ.setdefault("KERAS_BACKEND", "jax")  # `make test-keras` names others
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# The same examples every time, so that a red run is a change's and not a draw's; "thorough" draws others.
settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", parent=settings.get_profile("default"), derandomize=False, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture
def rows():
    """A thousand rows with ties and both classes."""
    rng = np.random.default_rng(7)
    labels = rng.random(1_000) < 0.3
    scores = np.round(rng.random(1_000) * 0.7 + labels * 0.2, 2)
    return labels, scores


@pytest.fixture
def counts(rows):
    exact = th.ExactCounts()
    exact.update(*rows)
    return exact


@pytest.fixture
def page(tmp_path):
    """Write a report and read it."""

    def written(counts, **options):
        return Page(th.report(counts, tmp_path / "report.html", **options))

    return written
