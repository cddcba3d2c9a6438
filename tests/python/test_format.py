"""docs/format.md, held to what is written: `state_reader` knows the page alone."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import thresher as th
from state_reader import read_file, read_state

MAKERS = {
    "thresholds": lambda sums: th.ThresholdCounts([0.9, 0.25, -0.0, 0.0, 0.5, np.inf], sums=sums),
    "exact": lambda sums: th.ExactCounts(sums=sums),
    "compact": lambda sums: th.CompactCounts(sums=sums),
}
N = 3_000
RNG = np.random.default_rng(5)
LABELS = RNG.integers(0, 2, N)
SCORES = {
    "probabilities": RNG.random(N, np.float32),
    "doubles": RNG.random(N),
    "halves": RNG.random(N).astype(np.float16),
    "logits": RNG.normal(0, 30, N),
}
WEIGHTS = RNG.integers(0, 5, N) / 4


def counted(kind, scores, how, sums):
    counts = MAKERS[kind](sums)
    half = N // 2
    if how != "weighted":
        counts.update(LABELS[:half], scores[:half])
    if how != "plain":
        counts.update(LABELS[half:], scores[half:], weights=WEIGHTS[half:])
    return counts


@pytest.mark.parametrize("sums", [False, True], ids=["counts", "sums"])
@pytest.mark.parametrize("how", ["plain", "weighted", "both"])
@pytest.mark.parametrize("scores", SCORES.values(), ids=SCORES)
@pytest.mark.parametrize("kind", MAKERS)
def test_a_stranger_reads_what_we_say_of_a_state(kind, scores, how, sums):
    counts = counted(kind, scores, how, sums)
    state = read_state(counts.to_bytes())
    assert state["weighted"] == counts.weighted
    assert [state[name] for name in ("negatives", "positives", "dropped")] == [
        counts.n_negatives,
        counts.n_positives,
        0,
    ]
    cells = [tuple(map(sum, zip(*held, strict=True))) for held in zip(*columns(state), strict=True)]
    assert sum(n for n, _ in cells) == counts.weight_negatives
    assert sum(p for _, p in cells) == counts.weight_positives
    lower, upper = bounds(cells)
    if counts.exact:
        lower = upper = (lower + upper) / 2
    assert counts.roc_auc_bounds() == pytest.approx((float(lower), float(upper)), rel=1e-12)
    if sums and (kind != "exact" or counts.weighted):
        assert_further_sums(counts, state, scores, how)


def columns(state):
    """Counts and weights of the cells, from the lowest score up, as fractions."""
    held, weights = state["counts"], state["weights"]
    if state["kind"] == 3:
        places = sorted(held.keys() | weights.keys())
        held, weights = ([given.get(place, (0, 0)) for place in places] for given in (held, weights))
    if not state["weighted"]:
        weights = [(0, 0)] * len(held)
    return [[tuple(map(Fraction, pair)) for pair in given] for given in (held, weights)]


def bounds(cells):
    """Bounds of ROC AUC as docs/format.md has them."""
    negatives, positives = (sum(column) for column in zip(*cells, strict=True))
    below = lower = upper = 0
    for n, p in cells:
        lower += p * below
        upper += p * (below + n)
        below += n
    return lower / (positives * negatives), upper / (positives * negatives)


def assert_further_sums(counts, state, scores, how):
    weights = np.ones(N)
    weights[N // 2 :] = WEIGHTS[N // 2 :]
    rows = {"plain": slice(0, N // 2), "weighted": slice(N // 2, N), "both": slice(0, N)}[how]
    weights, given = weights[rows], scores[rows].astype(np.float64)
    if state["kind"] == 2:
        alone = N - max(rows.start, N // 2)
        assert np.sum(state["squared_weights"]) == np.sum(weights[-alone:] ** 2)
        return
    assert state["range"] == [given[weights > 0].min(), given[weights > 0].max()]
    moments = np.array(state["moments"]).sum(0)
    assert moments[0] == np.sum(weights**2)
    assert moments[1:3] == pytest.approx([np.sum(weights * given), np.sum(weights * given**2)], rel=1e-9)
    if given.min() >= 0 and given.max() <= 1:
        assert moments[1] / weights.sum() == pytest.approx(counts.mean_score(), rel=1e-12)
        assert moments[3] / weights.sum() == pytest.approx(counts.log_loss(), rel=1e-12)


def test_the_thresholds_admit_what_the_page_says():
    counts = counted("thresholds", SCORES["doubles"], "plain", False)
    state = read_state(counts.to_bytes())
    distinct = sorted({threshold + 0.0 for threshold in state["thresholds"]})
    assert (state["comparison"], state["dtypes"]) == (0, [0, 4])
    for threshold, tp, fp in zip(
        state["thresholds"], counts.confusion().true_positives, counts.confusion().false_positives, strict=True
    ):
        above = state["counts"][distinct.index(threshold) + 1 :]
        assert (sum(n for n, _ in above), sum(p for _, p in above)) == (fp, tp)


def test_the_edges_are_those_the_page_lists():
    codes = np.arange(65_536, dtype=np.uint16)
    floats = codes.view(np.float16), (codes.astype(np.uint32) << 16).view(np.float32)
    values = [each[~np.isnan(each)].astype(np.float64) for each in floats]
    values += [codes.astype(float), codes.view(np.int16).astype(float), np.array([0.5, 1.0])]
    folded = np.arange(1024, 2048) * 2.0 ** (np.arange(-33, -1)[:, None] - 10)
    fine = np.arange(2048, 4096) * 2.0 ** (np.arange(2, 6)[:, None] - 11)
    values += [folded.ravel(), 1 - folded.ravel(), fine.ravel(), -fine.ravel()]
    assert np.array_equal(np.unique(np.concatenate(values) + 0.0), th.CompactCounts().thresholds)


def test_compact_counts_lie_in_the_intervals_of_their_index():
    scores = np.array([-np.inf, -3.7, -0.0, 0.3, 0.7, 0.999999, 5.4321, 1e30])
    counts = th.CompactCounts()
    counts.update(np.arange(8) % 2, scores)
    state = read_state(counts.to_bytes())
    places = np.searchsorted(counts.thresholds, scores, side="right") - 1
    assert state["counts"] == {int(place): (1 - row % 2, row % 2) for row, place in enumerate(places)}
    assert not state["exact"]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_joint_table_of_two_models_is_read(weighted):
    counts = th.PairedCounts()
    a, b = SCORES["halves"], SCORES["probabilities"]
    counts.update(LABELS, a, b, weights=WEIGHTS if weighted else None)
    state = read_state(counts.to_bytes())
    edges = th.CompactCounts().thresholds
    kept = WEIGHTS > 0 if weighted else np.full(N, True)
    places = [np.searchsorted(edges, scores[kept], side="right") - 1 for scores in (a, b)]
    cells = {}
    for row, (i, j) in enumerate(zip(*places, strict=True)):
        key = sum(((int(i) >> bit & 1) << 2 * bit + 1) | ((int(j) >> bit & 1) << 2 * bit) for bit in range(18))
        cell = cells.setdefault(key, [0.0, 0.0])
        cell[LABELS[kept][row]] += WEIGHTS[kept][row] if weighted else 1
    assert (state["level"], state["keys"]) == (0, sorted(cells))
    held = [pair[::2] for pair in state["weights"]] if weighted else state["counts"]
    assert [list(pair) for pair in held] == [cells[key] for key in sorted(cells)]


@pytest.mark.parametrize("sums", [False, True], ids=["counts", "sums"])
@pytest.mark.parametrize("kind", MAKERS)
def test_groups_are_read_each_as_its_accumulator(kind, sums):
    groups = {"country": RNG.choice(["at", "ch", "ö"], N).tolist(), "day": RNG.integers(-1, 2, N)}
    counts = th.GroupedCounts(MAKERS[kind](sums))
    counts.update(groups, LABELS, SCORES["doubles"], weights=WEIGHTS)
    state = read_state(counts.to_bytes())
    assert state["names"] == list(counts.names)
    assert list(state["groups"]) == list(counts)
    for key, found in state["groups"].items():
        alone = read_state(counts[key].to_bytes())
        assert {"kind": alone["kind"]} | found == alone


def test_keys_of_every_type_are_read():
    keys = [None, True, -5, 2**63 + 1, "text", 1.5, -1.5]
    counts = th.GroupedCounts(th.ExactCounts())
    for key in keys:
        counts.update([key], [1], [0.5])
    bits = int(np.float64(-1.5).view(np.int64)) ^ (2**63 - 1)
    found = [key for (key,) in read_state(counts.to_bytes())["groups"]]
    assert found == [None, True, -5, 2**63 + 1, (4, bits), (4, int(np.float64(1.5).view(np.int64))), "text"]


def test_a_file_is_read(tmp_path):
    counts = counted("exact", SCORES["doubles"], "plain", False)
    counts.save(tmp_path / "state.thr", metadata={"model": "a"})
    header, state = read_file((tmp_path / "state.thr").read_bytes())
    assert (header["kind"], header["metadata"], header["state_bytes"]) == ("exact", {"model": "a"}, len(state))
    assert set(header) == {"kind", "settings", "thresher_version", "saved_at", "state_bytes", "metadata"}
    assert state == counts.to_bytes()
    assert read_state(state)["scores"] == sorted(SCORES["doubles"][: N // 2])


def test_states_of_earlier_versions_read_the_same():
    for path in sorted((Path(__file__).parent / "states").glob("*.thr")):
        header, state = read_file(path.read_bytes())
        rows = read_state(state)
        assert (rows["positives"], rows["negatives"], rows["dropped"]) == (4, 4, 1), header["kind"]


def test_the_reader_notices_damage():
    data = bytearray(counted("compact", SCORES["doubles"], "plain", False).to_bytes())
    data[40] ^= 1
    with pytest.raises(AssertionError):
        read_state(bytes(data))
