"""Bytes and files: damage is found, another class or version is named, and a file is whole at any moment."""

import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import thresher as th

CLASSES = {"thresholds": lambda: th.ThresholdCounts([0.5, 0.2]), "compact": th.CompactCounts, "exact": th.ExactCounts}


@pytest.fixture(params=CLASSES)
def counts(request):
    made = CLASSES[request.param]()
    rng = np.random.default_rng(0)
    made.update(rng.random(500) < 0.3, rng.random(500).astype(np.float32))
    made.update(rng.random(500) < 0.3, rng.random(500).astype(np.float32), weights=rng.random(500))
    return made


def test_a_saved_accumulator_is_loaded_with_its_metadata(counts, tmp_path):
    path = tmp_path / "state.thr"
    for target in path, str(path):
        counts.save(target, metadata={"model": "a", "auc": [0.5, None]})
        loaded = th.load(target)
        assert type(loaded) is type(counts)
        assert loaded == counts
        assert loaded.metadata["model"] == "a"
        assert loaded.metadata["auc"] == [0.5, None]
        assert loaded.metadata["thresher_version"] == th.__version__
        assert loaded.metadata["saved_at"].endswith("+00:00")
    assert os.listdir(tmp_path) == ["state.thr"]
    assert counts.metadata is None


def test_settings_and_metadata_survive_files_copies_and_pickles(tmp_path):
    limited = th.ExactCounts(max_bytes=10**8)
    limited.update([0, 1], [0.1, 0.2])
    limited.save(tmp_path / "a", metadata={"k": 1})
    loaded = th.load(tmp_path / "a")
    assert loaded.max_bytes == 10**8
    for twin in loaded.copy(), pickle.loads(pickle.dumps(loaded)):
        assert twin.max_bytes == 10**8
        assert twin.metadata == loaded.metadata
        assert twin == limited


def test_the_path_decides_nothing_about_the_bytes(counts, tmp_path):
    counts.save(tmp_path / "a")
    counts.save(tmp_path / "b", metadata={"x": 1})
    assert th.load(tmp_path / "a").to_bytes() == th.load(tmp_path / "b").to_bytes() == counts.to_bytes()


def test_damage_anywhere_is_found(counts, tmp_path):
    path = tmp_path / "state.thr"
    counts.save(path, metadata={"model": "a"})
    whole = path.read_bytes()
    state = counts.to_bytes()
    rng = random.Random(0)
    places = [*range(0, 400, 7), *(rng.randrange(len(whole)) for _ in range(200))]
    for place in places:
        if place < len(whole):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << rng.randrange(8))]) + whole[place + 1 :])
            with pytest.raises(th.InvalidStateError):
                th.load(path)
            path.write_bytes(whole[:place])
            with pytest.raises(th.InvalidStateError):
                th.load(path)
        if place < len(state):
            with pytest.raises(th.InvalidStateError):
                type(counts).from_bytes(state[:place])
            with pytest.raises(th.InvalidStateError):
                type(counts).from_bytes(state[:place] + bytes([state[place] ^ 1]) + state[place + 1 :])
    path.write_bytes(whole + b"x")
    with pytest.raises(th.InvalidStateError, match=r"but .* follow"):
        th.load(path)


def test_other_files_are_refused_with_a_reason(counts, tmp_path):
    path = tmp_path / "state.thr"
    path.write_bytes(b"")
    with pytest.raises(th.InvalidStateError, match="does not begin"):
        th.load(path)
    path.write_bytes(counts.to_bytes())
    with pytest.raises(th.InvalidStateError, match=r"from_bytes\(\)"):
        th.load(path)
    counts.save(path)
    path.write_bytes(path.read_bytes().replace(b"thresher state file 1\n", b"thresher state file 2\n"))
    with pytest.raises(th.InvalidStateError, match="newer thresher"):
        th.load(path)
    with pytest.raises(FileNotFoundError):
        th.load(tmp_path / "missing")


def test_the_bytes_of_another_class_are_refused_naming_both():
    for ours, theirs in [(th.ExactCounts, th.CompactCounts()), (th.CompactCounts, th.ThresholdCounts(3))]:
        with pytest.raises(th.InvalidStateError, match=f"{type(theirs).__name__}.*{ours.__name__}"):
            ours.from_bytes(theirs.to_bytes())


def test_what_is_no_bytes_is_refused():
    with pytest.raises(TypeError):
        th.ExactCounts.from_bytes("text")


def test_metadata_must_be_a_json_dict(counts, tmp_path):
    counts.save(tmp_path / "state.thr")
    before = (tmp_path / "state.thr").read_bytes()
    for bad in [1, 2], "text", {"x": object()}, {"x": {1, 2}}:
        with pytest.raises(TypeError, match="`metadata` must be"):
            counts.save(tmp_path / "state.thr", metadata=bad)
    assert (tmp_path / "state.thr").read_bytes() == before


def test_a_failed_save_leaves_the_old_file_and_nothing_else(counts, tmp_path, monkeypatch):
    path = tmp_path / "state.thr"
    counts.save(path)
    before = path.read_bytes()

    def fails(*_):
        raise OSError("disk full")

    for step in "fsync", "replace":
        with monkeypatch.context() as patch:
            patch.setattr(os, step, fails)
            with pytest.raises(OSError, match="disk full"):
                counts.save(path, metadata={"new": True})
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["state.thr"]
    with pytest.raises(FileNotFoundError):
        counts.save(tmp_path / "missing" / "state.thr")


def test_a_link_is_followed_and_permissions_are_the_usual_ones(counts, tmp_path):
    target = tmp_path / "target.thr"
    (tmp_path / "link.thr").symlink_to(target)
    counts.save(tmp_path / "link.thr")
    assert (tmp_path / "link.thr").is_symlink()
    assert th.load(target) == counts
    (tmp_path / "plain").touch()
    assert target.stat().st_mode == (tmp_path / "plain").stat().st_mode


SAVE_FOREVER = """
import sys, thresher as th
counts = th.ExactCounts()
while True:
    counts.update([0, 1] * 500, range(counts.n_samples, counts.n_samples + 1000))
    counts.save(sys.argv[1], metadata={"rows": counts.n_samples})
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_process_killed_while_saving_leaves_a_whole_file(tmp_path):
    path = tmp_path / "state.thr"
    th.ExactCounts().save(path, metadata={"rows": 0})
    seen = set()
    for attempt in range(12):
        child = subprocess.Popen([sys.executable, "-c", SAVE_FOREVER, str(path)])
        start = path.stat().st_mtime_ns
        while path.stat().st_mtime_ns == start:
            assert child.poll() is None
            time.sleep(0.001)
        time.sleep(0.003 * attempt)
        child.kill()
        child.wait()
        loaded = th.load(path)
        assert loaded.n_samples == loaded.metadata["rows"]
        seen.add(loaded.n_samples)
    assert max(seen) > 0


def test_the_header_is_readable_without_thresher(counts, tmp_path):
    counts.save(tmp_path / "state.thr", metadata={"model": "a"})
    content = (tmp_path / "state.thr").read_bytes()
    length = int.from_bytes(content[22:30], "little")
    header = json.loads(content[62 : 62 + length])
    assert header["metadata"] == {"model": "a"}
    assert content[62 + length :] == counts.to_bytes()


def test_states_written_by_earlier_versions_are_read():
    folder = Path(__file__).parent / "states"
    expected = {"thresholds": th.ThresholdCounts, "compact": th.CompactCounts, "exact": th.ExactCounts}
    files = sorted(folder.glob("*.thr"))
    assert {file.stem.split("-")[1] for file in files} == set(expected)
    for file in files:
        loaded = th.load(file)
        assert type(loaded) is expected[file.stem.split("-")[1]]
        assert (loaded.n_samples, loaded.n_positives, loaded.n_dropped) == (8, 4, 1)
        assert (loaded.weight_positives, loaded.weight_negatives) == (5.5, 4.5)
        assert loaded.roc_auc(tolerance=1) == loaded.metadata["roc_auc"]
