"""TensorBoardLogger's event files, read by TensorBoard."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.context import RequestContext
from tensorboard.data.provider import RunTagFilter
from tensorboard.plugins.pr_curve import metadata
from tensorboard.util.tensor_util import make_ndarray

import thresher as th
from thresher.keras import TensorBoardLogger


def read(folder):
    held = EventAccumulator(str(folder), size_guidance={"images": 0, "tensors": 0, "scalars": 0})
    return held.Reload()


def test_scalars_come_back_at_their_steps(tmp_path, epochs):
    with TensorBoardLogger(tmp_path / "run") as logger:
        epochs.go(logger)
    held = read(tmp_path / "run")
    assert sorted(held.Tags()["scalars"]) == ["loss", "val_auc"]
    told = [(event.step, event.value) for event in held.Scalars("val_auc")]
    assert told == [(epoch, np.float32(logs["val_auc"])) for epoch, logs in enumerate(epochs.logs)]


def test_pictures_come_back_as_they_were_written_to_the_folder(tmp_path, epochs):
    with TensorBoardLogger(tmp_path / "run") as logger:
        epochs.go(logger)
    held = read(tmp_path / "run")
    assert sorted(held.Tags()["images"]) == ["confusion", "precision_recall", "roc"]
    for name in held.Tags()["images"]:
        events = held.Images(name)
        assert [event.step for event in events] == [0, 1]
        assert [event.encoded_image_string for event in events] == [epochs.picture(name, epoch) for epoch in (1, 2)]
        assert events[0].width > events[0].height / 2 > 50


def test_curves_are_those_of_the_plugin_and_hold_the_exact_counts(tmp_path, epochs):
    with TensorBoardLogger(tmp_path / "run") as logger:
        epochs.go(logger)
    held = read(tmp_path / "run")
    tag = "precision_recall/pr_curves"
    assert held.Tags()["tensors"] == [tag]
    summary = held.SummaryMetadata(tag)
    assert summary.plugin_data.plugin_name == metadata.PLUGIN_NAME
    assert metadata.parse_plugin_metadata(summary.plugin_data.content).num_thresholds == 201
    for event, counts in zip(held.Tensors(tag), epochs.counts, strict=True):
        at = counts.confusion(np.linspace(0, 1, 201), ">")
        data = make_ndarray(event.tensor_proto)
        np.testing.assert_array_equal(data[metadata.TRUE_POSITIVES_INDEX], at.true_positives)
        np.testing.assert_array_equal(data[metadata.FALSE_POSITIVES_INDEX], at.false_positives)
        np.testing.assert_array_equal(data[metadata.TRUE_NEGATIVES_INDEX], at.true_negatives)
        np.testing.assert_array_equal(data[metadata.FALSE_NEGATIVES_INDEX], at.false_negatives)
        np.testing.assert_allclose(data[metadata.PRECISION_INDEX], np.nan_to_num(at.precision), rtol=1e-6)
        np.testing.assert_allclose(data[metadata.RECALL_INDEX], at.recall, rtol=1e-6)


def test_tensorboard_s_own_page_of_curves_finds_them(tmp_path, epochs):
    with TensorBoardLogger(tmp_path / "logs" / "run") as logger:
        epochs.go(logger)
    multiplexer = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"pr_curves": 10})
    multiplexer.AddRunsFromDirectory(str(tmp_path / "logs")).Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(tmp_path / "logs"))
    found = provider.read_tensors(
        RequestContext(), experiment_id="", plugin_name="pr_curves", downsample=10, run_tag_filter=RunTagFilter()
    )
    assert [point.step for point in found["run"]["precision_recall/pr_curves"]] == [0, 1]


def test_a_file_can_be_read_before_it_is_closed(tmp_path):
    logger = TensorBoardLogger(tmp_path)
    logger.scalars(0, {"val_auc": 0.5})
    assert read(tmp_path).Scalars("val_auc")[0].value == 0.5
    logger.close()


def test_thresholds_that_are_not_even_need_no_curves(tmp_path):
    uneven, even = th.ThresholdCounts([0.3, 0.5]), th.ThresholdCounts(5)
    with TensorBoardLogger(tmp_path / "a") as logger, pytest.raises(th.Error, match="ThresholdCounts holds others"):
        logger.curve(0, "curve", uneven)
    with TensorBoardLogger(tmp_path / "b", thresholds=0) as logger:
        logger.curve(0, "curve", uneven)
    with TensorBoardLogger(tmp_path / "c", thresholds=5) as logger:
        logger.curve(0, "curve", even)
    assert [len(read(tmp_path / name).Tags()["tensors"]) for name in "abc"] == [0, 0, 1]


def test_figures_and_grey_pixels_are_pictures_too(tmp_path):
    from matplotlib.figure import Figure

    with TensorBoardLogger(tmp_path) as logger:
        logger.image(3, "figure", Figure((2, 1), dpi=50))
        logger.image(3, "grey", np.zeros((4, 6), np.uint8))
    held = read(tmp_path)
    [figure], [grey] = held.Images("figure"), held.Images("grey")
    assert (figure.width, figure.height, figure.step) == (100, 50, 3)
    assert (grey.width, grey.height) == (6, 4)


def test_tensorflow_is_not_needed(tmp_path):
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from thresher.keras import TensorBoardLogger\n"
        f"TensorBoardLogger({str(tmp_path)!r}).scalars(0, {{'val_auc': 0.5}})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert read(tmp_path).Scalars("val_auc")[0].value == 0.5


def test_the_example_writes_event_files_on_request(tmp_path):
    script = Path(__file__).parents[2] / "examples" / "keras_training.py"
    folders = ["--output", str(tmp_path / "pictures"), "--tensorboard", str(tmp_path / "run")]
    command = [sys.executable, "-W", "error", str(script), "--rows", "6000", "--epochs", "2", *folders]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    held = read(tmp_path / "run")
    assert sorted(held.Tags()["images"]) == ["confusion", "precision_recall", "roc"]
    assert held.Tags()["tensors"] == ["precision_recall/pr_curves"]
    for key in "val_auc", "val_recall_0_05", "true_positives_0_95":
        assert [event.step for event in held.Scalars(key)] == [0, 1]
