"""The rules of ARCHITECTURE.md: who may know whom, what each part depends on, and that its picture is the real tree."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib

import pytest

import thresher as th
from house import (
    CORE,
    FACE,
    REPOSITORY,
    core_room,
    core_rooms,
    heads,
    imported_when_loaded,
    python_modules,
    rooms_used,
    rust_code,
    rust_sources,
)

# Each may use those before it.
CORE_ORDER = ["error", "simd", "control", "input", "tally", "count", "resample", "state"]
CORE_DEPENDENCIES = {"bytemuck", "crc32fast", "half", "libc", "libm", "special", "thiserror"}
BINDINGS_DEPENDENCIES = {"thresher-core", "pyo3", "numpy"}

# Each may import those before it; a new module finds its place here.
FACE_ORDER = [
    "_core",
    "_version",
    "_errors",
    "_html",
    "_distributions",
    "estimates",
    "_intervals",
    "_optional",
    "_rates",
    "_table",
    "rate_intervals",
    "_envelope",
    "_arrow",
    "_containers",
    "_arrays",
    "_labels",
    "_bootstrap",
    "curves",
    "bands",
    "confusion",
    "choices",
    "_decision_queries",
    "calibration",
    "_calibration_queries",
    "_rows",
    "_queries",
    "_interval_queries",
    "comparison",
    "bootstrap_comparison",
    "ranking",
    "_net_benefit",
    "_ranking_queries",
    "_band_queries",
    "_problem",
    "intervals",
    "metrics",
    "_mergeable",
    "_accumulator",
    "resampling",
    "accumulators",
    "_keys",
    "_group_figures",
    "grouped",
    "paired",
    "loading",
    "_loaded",
    "_places",
    "_readahead",
    "_files",
    "_formats",
    "_sources",
    "_counting",
    "_progress",
    "scanning",
    "_plot_axes",
    "_plot_curves",
    "_plot_decisions",
    "_plot_calibration",
    "_plot_estimates",
    "_plot_matrix",
    "_plot_history",
    "plots",
    "reporting",
    "__init__",
    "__main__",
]

# The drop-in for scikit-learn: each may import those before it, scikit-learn, and what anyone may import of thresher.
SKLEARN_ORDER = [
    "_originals",
    "_answers",
    "_inputs",
    "_columns",
    "_ranking",
    "_counted",
    "_curves",
    "_shares",
    "_pairs",
    "_indicators",
    "_labels",
    "_by_class",
    "_report",
    "_decisions",
    "_thresholds",
    "_scorers",
    "_probabilities",
    "_calibration",
    "_displays",
    "_patching",
    "__init__",
    "__main__",
]

# The drop-in for Keras, read in the same way.
KERAS_ORDER = [
    "_framework",
    "_keys",
    "_limbs",
    "_variables",
    "_state",
    "_cuts",
    "_rows",
    "_areas",
    "_rates",
    "_tables",
    "_thresholded",
    "_confusion",
    "_precision_recall",
    "_at_rates",
    "_auc",
    "_four_counts",
    "_mean_values",
    "_means",
    "_fscores",
    "_ious",
    "_further_rates",
    "_confusion_metrics",
    "_exact",
    "_identifiers",
    "_patching",
    "_batches",
    "_steps",
    "_heads",
    "_layouts",
    "_outputs",
    "_report",
    "_monitors",
    "_validation",
    "_images",
    "_loggers",
    "_tensorboard",
    "_mlflow",
    "_neptune",
    "_wandb",
    "_overlay",
    "_epoch_figures",
    "_epoch_curves",
    "__init__",
]

DROP_INS = {
    "sklearn": (SKLEARN_ORDER, {"numpy", "sklearn", "joblib"}),
    "keras": (KERAS_ORDER, {"numpy", "keras", "jax", "tensorflow", "torch"}),
}

# The page and the command: each module may import those before it, the face, and the libraries named.
REPORT_ORDER = [
    "_steps",
    "_printed",
    "_histograms",
    "_models",
    "_slices",
    "_notes",
    "_drawing",
    "_figures",
    "_page",
    "__init__",
]
CLI_ORDER = [
    "__init__",
    "_failures",
    "_ranges",
    "_cuts",
    "_figures",
    "_differences",
    "_documents",
    "_tables",
    "_states",
    "_slices",
    "_shown",
    "_difference_tables",
    "_literals",
    "_conditions",
    "_limits",
    "_merging",
    "_schemas",
    "_requests",
    "_evaluating",
    "_evaluation_document",
    "_evaluation_tables",
    "_showing",
    "_differing",
    "_help",
    "_options",
    "_app",
]
ROOMS = {"_report": (REPORT_ORDER, {"numpy"}), "cli": (CLI_ORDER, {"numpy", "typer", "click", "rich"})}

PUBLIC = {
    *("roc_auc", "average_precision", "pr_auc", "roc_curve", "precision_recall_curve", "det_curve", "confusion_at"),
    *("ThresholdCounts", "CompactCounts", "ExactCounts", "thresholds_from", "load", "scan", "ConfusionCounts"),
    "PairedCounts",
    *("GroupedCounts", "GroupedAuc"),
    *("RateIntervals", "Choice"),
    *("RocCurve", "PrecisionRecallCurve", "DetCurve", "Band", "plots", "report"),
    *("bootstrap", "bootstrap_replicates"),
    *("Estimate", "roc_auc_interval", "average_precision_interval"),
    *("Comparison", "compare_average_precision", "compare_rate"),
    *("compare_roc_auc", "compare_roc_auc_unpaired", "roc_auc_covariance", "RocAucComparison"),
    *("BrierDecomposition", "IsotonicCalibration", "ReliabilityCurve"),
    *("KolmogorovSmirnov", "EqualErrorRate", "GainCurve", "LiftCurve", "PrecisionRecallGainCurve", "DecisionCurve"),
    *("Error", "ThresholdMismatchError", "InvalidStateError", "InexactWarning"),
}
ACCUMULATOR = {
    *("update", "merge", "reset", "copy", "to_bytes", "from_bytes", "save", "thresholds", "confusion"),
    *("n_samples", "n_positives", "n_negatives", "weight_positives", "weight_negatives", "n_dropped"),
    *("nbytes", "weighted", "sums", "exact", "plan", "roc_curve", "precision_recall_curve", "det_curve"),
    *("roc_auc", "average_precision", "pr_auc", "roc_auc_bounds", "average_precision_bounds"),
    *("roc_auc_interval", "average_precision_interval"),
    *("best_threshold", "threshold_at"),
    *("mean_score", "calibration_ratio", "log_loss", "normalized_entropy", "brier_score", "brier_decomposition"),
    *("reliability_curve", "expected_calibration_error", "maximum_calibration_error", "isotonic_calibration"),
    *("roc_convex_hull", "h_measure"),
    *("kolmogorov_smirnov", "gini", "equal_error_rate", "gain_curve", "lift_curve", "precision_recall_gain_curve"),
    *("partial_roc_auc", "log_roc_auc", "net_benefit", "decision_curve", "precision_at", "recall_at"),
    *("precision_at_bounds", "recall_at_bounds"),
    *("roc_band", "precision_recall_band"),
}


@pytest.mark.parametrize("path", rust_sources(CORE), ids=lambda path: str(path.relative_to(CORE)))
def test_a_core_module_uses_only_those_before_it(path):
    room = core_room(path)
    if room == "lib":
        return
    allowed = {"error", "tally"} if room == "measure" else set(CORE_ORDER[: CORE_ORDER.index(room)])
    if room == "resample":
        allowed |= {"measure"}  # what it makes replicates of
    assert rooms_used(path) <= allowed


def test_the_core_s_order_names_every_module():
    assert core_rooms() == {*CORE_ORDER, "measure"}


def test_paths_are_read_from_every_way_to_write_them(tmp_path):
    assert heads("error::{Error, Result};") == {"error"}
    assert heads("{error::{Error, Result}, input, tally::Tally as T};") == {"error", "input", "tally"}
    assert "control" in rooms_used(CORE / "count" / "threshold.rs")


def test_the_core_s_unsafe_code_is_all_in_simd():
    assert [path.name for path in rust_sources(CORE) if "unsafe" in rust_code(path) and core_room(path) != "simd"] == []


def test_the_bindings_unsafe_code_is_all_in_arrays():
    sources = rust_sources(REPOSITORY / "bindings" / "src")
    assert {path.name for path in sources if re.search(r"\bunsafe\b", rust_code(path))} <= {"arrays.rs"}


def test_the_core_reads_no_file_no_clock_and_prints_nothing():
    forbidden = re.compile(
        r"std::(fs|net|env|process|io)\b|\b(Instant|SystemTime)\b|\bstatic mut\b|\be?println!|\bdbg!"
    )
    assert {path.name: found for path in rust_sources(CORE) if (found := forbidden.findall(rust_code(path)))} == {}


@pytest.mark.parametrize(
    ("package", "allowed"),
    [("thresher-core", CORE_DEPENDENCIES), ("thresher-python", BINDINGS_DEPENDENCIES)],
    ids=["core", "bindings"],
)
def test_a_crate_depends_on_no_more_than_the_rules_allow(package, allowed):
    used = cargo_tree(package, "--depth", "1")
    assert package in used
    assert used <= {package, *allowed}


def test_nothing_below_the_core_brings_threads_or_python():
    assert cargo_tree("thresher-core").isdisjoint({"rayon", "rayon-core", "tokio", "crossbeam", "pyo3", "numpy"})


def cargo_tree(package: str, *options: str) -> set[str]:
    command = ["cargo", "tree", "--locked", "--package", package, "--edges", "normal", "--prefix", "none", *options]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {line.split()[0] for line in run.stdout.splitlines() if line}


@pytest.mark.parametrize("module", [name for name in python_modules() if "." not in name])
def test_a_python_module_imports_only_those_before_it_and_numpy(module):
    allowed = {f"thresher.{name}" for name in FACE_ORDER[: FACE_ORDER.index(module)]} | {"numpy"}
    for name in imported_when_loaded(python_modules()[module]):
        if name.split(".")[0] in sys.stdlib_module_names:
            continue
        assert name in allowed or name.split(".")[0] == "numpy", f"{module} imports {name} when it is loaded"


@pytest.mark.parametrize("module", [name for name in python_modules() if name.partition(".")[0] in DROP_INS])
def test_a_module_of_a_drop_in_imports_only_those_before_it_the_public_face_and_its_framework(module):
    package, _, own = module.partition(".")
    order, libraries = DROP_INS[package]
    before = {f"thresher.{package}.{name}".removesuffix(".__init__") for name in order[: order.index(own)]}
    for name in imported_when_loaded(python_modules()[module]):
        public = name.startswith("thresher.") and name.removeprefix("thresher.") in th.__all__
        foreign = name.split(".")[0] in sys.stdlib_module_names | libraries
        allowed = before | {"thresher._core", "thresher._optional"}
        assert foreign or public or name in allowed, f"{module} imports {name} when it is loaded"


@pytest.mark.parametrize("module", [name for name in python_modules() if name.partition(".")[0] in ROOMS])
def test_a_module_of_a_room_imports_only_those_before_it_the_face_and_its_libraries(module):
    room, _, own = module.partition(".")
    order, libraries = ROOMS[room]
    before = {f"thresher.{room}.{name}".removesuffix(".__init__") for name in order[: order.index(own)]}
    face = {f"thresher.{name}" for name in FACE_ORDER} | {f"thresher.{name}" for name in th.__all__}
    for name in imported_when_loaded(python_modules()[module]):
        foreign = name.split(".")[0] in sys.stdlib_module_names | libraries
        assert foreign or name in before | face, f"{module} imports {name} when it is loaded"


def test_imports_are_found_wherever_they_run_on_loading():
    tree = ast.parse(
        "import a\nif TYPE_CHECKING:\n    import b\nelse:\n    import c\n"
        "try:\n    from thresher import d\nexcept ImportError:\n    pass\n"
        "class E:\n    import e\n    def f(self):\n        import f\n"
    )
    assert set(imported_when_loaded(tree)) == {"a", "c", "thresher.d", "e"}


def test_importing_thresher_loads_numpy_and_nothing_heavier():
    code = "import sys, numpy; before = set(sys.modules); import thresher; print(*set(sys.modules) - before)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert loaded - set(sys.stdlib_module_names) <= {"thresher", "numpy"}


def test_every_public_name_exists():
    assert set(th.__all__) >= PUBLIC
    assert all(hasattr(th, name) for name in th.__all__)


@pytest.mark.parametrize("accumulator", [th.ThresholdCounts, th.CompactCounts, th.ExactCounts])
def test_every_accumulator_has_every_method_and_attribute(accumulator):
    assert {name for name in ACCUMULATOR if not hasattr(accumulator, name)} == set()


def test_the_version_is_the_workspace_s():
    manifest = tomllib.loads((REPOSITORY / "Cargo.toml").read_text())
    version = manifest["workspace"]["package"]["version"]
    assert th.__version__ == version
    assert importlib.metadata.version("thresher") == version
    assert f"## {version}" in (REPOSITORY / "CHANGELOG.md").read_text()


def test_every_requirement_is_pinned():
    folder = REPOSITORY / "requirements"
    pinned = {line.split("==")[0] for line in (folder / "constraints.txt").read_text().splitlines() if "==" in line}
    asked = {
        line
        for path in folder.glob("*.txt")
        if path.name != "constraints.txt"
        for line in path.read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }
    assert {line for line in asked if "==" not in line} - pinned == set()


def test_architecture_is_short_and_its_tree_is_the_real_one():
    text = (REPOSITORY / "ARCHITECTURE.md").read_text()
    assert len(text.splitlines()) <= 120
    tree = re.search(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert tree is not None
    drawn = {path for line in tree[1].splitlines() if line[:1].strip() for path in line.split("  ")[0].split()}
    assert {path for path in drawn if not (REPOSITORY / path).exists()} == set()
    for folder, suffix in ((CORE, "*"), (FACE, "*.py"), (FACE / "sklearn", "*.py"), (FACE / "keras", "*.py")):
        names = {path.name for path in folder.glob(suffix) if path.name not in {"__pycache__", "__init__.py"}}
        assert {name for name in names if name not in tree[1]} == set()


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_a_document_names_only_files_and_commands_that_exist(document):
    text = (REPOSITORY / document).read_text()
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) <= targets
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert [link for link in links if not (REPOSITORY / link).exists()] == []


def test_ci_runs_what_a_developer_runs():
    assert (REPOSITORY / ".ci" / "run").read_text().rstrip().endswith("exec make test")
