"""NeptuneLogger's runs offline: the files that Neptune would send."""

import json

import numpy as np
import pytest

from thresher.keras import NeptuneLogger

# Neptune 1.14 beside jsonschema 4.26.
pytestmark = pytest.mark.filterwarnings("ignore:jsonschema.RefResolver is deprecated")

QUIET = {
    "mode": "offline",
    "source_files": [],
    "git_ref": False,
    "capture_hardware_metrics": False,
    "capture_stdout": False,
    "capture_stderr": False,
    "capture_traceback": False,
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # Neptune writes to .neptune there
    return tmp_path


def operations(folder, kind):
    """Operations of a kind that wait in the only run below `folder`, by dotted path."""
    [log] = (folder / ".neptune" / "offline").glob("*/data-1.log")
    held = {}
    for line in log.read_text().splitlines():
        operation = json.loads(line)["obj"]
        if operation["type"] == kind:
            held.setdefault("/".join(operation["path"]), []).extend(operation.get("values", [operation]))
    return held


def test_numbers_wait_at_their_steps(folder, epochs):
    with NeptuneLogger(**QUIET) as logger:
        epochs.go(logger)
    series = operations(folder, "LogFloats")
    assert {name: [(entry["step"], entry["value"]) for entry in entries] for name, entries in series.items()} == {
        f"metrics/{name}": [(epoch, logs[name]) for epoch, logs in enumerate(epochs.logs)]
        for name in ("loss", "val_auc")
    }


def test_pictures_and_curves_wait(folder, epochs):
    with NeptuneLogger(**QUIET) as logger:
        epochs.go(logger)
    pictures = operations(folder, "LogImages")
    assert sorted(pictures) == ["pictures/confusion", "pictures/precision_recall", "pictures/roc"]
    assert all(len(entries) == 2 for entries in pictures.values())
    uploads = sorted((folder / ".neptune" / "offline").glob("*/upload_path/*.json"))
    assert len(uploads) == 2
    columns = [json.loads(path.read_text()) for path in uploads]
    expected = [counts.confusion(np.linspace(0, 1, 201), ">").true_positives.tolist() for counts in epochs.counts]
    assert sorted(each["true_positives"] for each in columns) == sorted(expected)


def test_numbers_that_neptune_cannot_hold_are_left_out(folder):
    with NeptuneLogger(**QUIET) as logger:
        logger.scalars(0, {"nan": float("nan"), "right": 0.5})
    assert list(operations(folder, "LogFloats")) == ["metrics/right"]


def test_a_given_run_stays_open():
    import neptune

    run = neptune.init_run(**QUIET)
    with NeptuneLogger(run) as logger:
        logger.scalars(0, {"val_auc": 0.5})
    assert run.get_state() == "started"
    run.stop()
