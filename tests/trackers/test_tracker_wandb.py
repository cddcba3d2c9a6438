"""WandbLogger's runs offline: the files that W&B would send."""

import json
import struct
import time

import numpy as np
import pytest
import wandb
from wandb.proto import wandb_internal_pb2

from thresher.keras import WandbLogger

HEADER, BLOCK = 7, 32_768
FULL, FIRST, LAST = 1, 2, 4


@pytest.fixture
def settings(tmp_path):
    return {"mode": "offline", "dir": str(tmp_path), "project": "thresher", "settings": wandb.Settings(silent=True)}


def payloads(data):
    """Records of a file of W&B's: LevelDB's log format behind a header of its own."""
    position, parts = HEADER, []
    while position + 7 <= len(data):
        left = BLOCK - position % BLOCK
        if left < 7:
            position += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, position)
        parts = [] if kind in (FULL, FIRST) else parts
        parts.append(data[position + 7 : position + 7 + length])
        if kind in (FULL, LAST):
            yield b"".join(parts)
        position += 7 + length


def records(folder):
    """Records of the only run, once its last is written: W&B's service writes on after `finish` has returned."""
    [path] = folder.glob("wandb/offline-run-*/run-*.wandb")
    for _ in range(300):
        held = [wandb_internal_pb2.Record.FromString(payload) for payload in payloads(path.read_bytes())]
        if held and held[-1].WhichOneof("record_type") == "exit":
            return held
        time.sleep(0.1)
    raise AssertionError(f"{path} does not end after {len(held)} records")


def history(folder):
    """Rows of the run's history, as W&B keeps them."""
    for record in records(folder):
        if record.WhichOneof("record_type") == "history":
            items = record.history.item
            yield {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def test_numbers_stand_against_the_epoch(tmp_path, epochs, settings):
    with WandbLogger(**settings) as logger:
        epochs.go(logger)
    told = [(row["epoch"], row["loss"], row["val_auc"]) for row in history(tmp_path) if "val_auc" in row]
    assert told == [(epoch, logs["loss"], logs["val_auc"]) for epoch, logs in enumerate(epochs.logs)]
    axes = {record.metric.name: record.metric.step_metric for record in records(tmp_path) if record.metric.name}
    assert axes["val_auc"] == axes["roc"] == "epoch"


def test_pictures_and_tables_are_files_of_the_run(tmp_path, epochs, settings):
    with WandbLogger(**settings) as logger:
        epochs.go(logger)
    [media] = tmp_path.glob("wandb/offline-run-*/files/media")
    assert len(list(media.glob("images/roc_*.png"))) == 2
    assert len(list(media.glob("images/*.png"))) == 6
    tables = [json.loads(path.read_text()) for path in sorted(media.glob("table/*.json"))]
    assert len(tables) == 2
    expected = [counts.confusion(np.linspace(0, 1, 201), ">").true_positives.tolist() for counts in epochs.counts]
    place = tables[0]["columns"].index("true_positives")
    assert sorted([row[place] for row in table["data"]] for table in tables) == sorted(expected)


def test_the_active_run_is_taken_and_stays_open(tmp_path, settings):
    run = wandb.init(**settings)
    with WandbLogger() as logger:
        assert logger.run is run
        run.log({"other": 1.0}, step=7)
        logger.scalars(0, {"val_auc": 0.5})
    assert wandb.run is run
    run.finish()
    assert [row["val_auc"] for row in history(tmp_path) if "val_auc" in row] == [0.5]
