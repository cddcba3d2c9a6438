"""The module itself: what importing it loads, its names, its types, and what a small call costs."""

import ast
import inspect
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import thresher as th

FRAMEWORKS = {"pandas", "polars", "pyarrow", "matplotlib", "sklearn", "scipy", "torch", "jax", "ml_dtypes", "keras"}
PACKAGE = Path(th.__file__).parent
REPOSITORY = Path(__file__).parents[2]


def test_importing_loads_numpy_and_nothing_heavier():
    code = "import sys, thresher; print(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    assert "numpy" in loaded
    assert not loaded & FRAMEWORKS


def test_frameworks_are_imported_on_use_only():
    for file in PACKAGE.glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & FRAMEWORKS, file


def test_every_public_name_is_there_and_documented_with_an_example():
    for name in th.__all__:
        thing = getattr(th, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, name
            assert ">>>" in thing.__doc__, name


def test_public_methods_and_properties_are_documented():
    for cls in th.ThresholdCounts, th.CompactCounts, th.ExactCounts, th.ConfusionCounts, th.RocCurve:
        for name in dir(cls):
            if not name.startswith("_") and name != "metadata":
                attribute = inspect.getattr_static(cls, name)
                if callable(attribute) or isinstance(attribute, property | classmethod):
                    assert inspect.getdoc(getattr(cls, name) if not isinstance(attribute, property) else attribute), (
                        name
                    )


def test_the_version_is_that_of_the_build():
    from importlib.metadata import version

    assert th.__version__ == version("thresher")


def test_a_missing_compiled_part_is_explained(tmp_path):
    for file in PACKAGE.glob("*.py"):
        (tmp_path / "thresher").mkdir(exist_ok=True)
        (tmp_path / "thresher" / file.name).write_text(file.read_text())
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import thresher"
    result = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=False)
    assert "ImportError: thresher's compiled part, thresher._core, could not be loaded" in result.stderr


def test_the_stub_describes_the_compiled_part():
    pytest.importorskip("mypy.stubtest")
    command = [sys.executable, "-m", "mypy.stubtest", "thresher._core"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("make", [lambda: th.ThresholdCounts(200), th.CompactCounts, th.ExactCounts])
def test_a_small_update_costs_microseconds(make):
    counts = make()
    rng = np.random.default_rng(0)
    labels, scores = rng.random(64) < 0.5, rng.random(64).astype(np.float32)
    best = min(timed(lambda: counts.update(labels, scores), 2_000) for _ in range(5))
    assert best < 10e-6  # Keras takes 480 µs and up; ours is about 1


def timed(call, times):
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times
