"""Keys of values at thresholds: short, apart, and fit for file names and trackers."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import thresher as th
from thresher.keras._keys import threshold_keys


def test_digits_are_those_that_were_written():
    keys = threshold_keys("recall", np.arange(0.05, 1, 0.05))
    assert keys[:4] == ["recall_0_05", "recall_0_1", "recall_0_15", "recall_0_2"]
    assert keys[-1] == "recall_0_95"


def test_more_digits_only_where_they_tell_thresholds_apart():
    assert threshold_keys("r", [1 / 3]) == ["r_0_3333"]
    assert threshold_keys("r", [1 / 3, 0.33334]) == ["r_0_33333", "r_0_33334"]
    assert threshold_keys("r", [0.99999]) == ["r_0_99999"]
    assert threshold_keys("r", [0, 0.5, 1]) == ["r_0", "r_0_5", "r_1"]


def test_tiny_thresholds_are_written_with_an_exponent_and_logits_with_their_sign():
    assert threshold_keys("r", [1e-5, 1e-9]) == ["r_0_00001", "r_1e-09"]
    assert threshold_keys("r", [-1.5, float("inf")]) == ["r_-1_5", "r_inf"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_keys_differ_where_thresholds_do_and_only_there(thresholds):
    keys = threshold_keys("recall", thresholds)
    assert len(set(keys)) == len(set(thresholds))
    assert all(re.fullmatch(r"recall_[0-9e_-]+", key) for key in keys)


def test_a_format_of_one_s_own():
    assert threshold_keys("recall", [0.25], "{name}@{threshold:.2f}") == ["recall@0.25"]


@pytest.mark.parametrize("key_format", ["{name}_{cut}", "{name}_{}", "{name"])
def test_a_format_that_cannot_be_filled_is_refused(key_format):
    with pytest.raises(th.Error, match=r"`key_format` may hold \{name\} and \{threshold\}"):
        threshold_keys("recall", [0.25], key_format)


def test_a_format_that_gives_two_thresholds_one_key_is_refused():
    with pytest.raises(th.Error, match=r"'recall_0.3' to both 0.26 and 0.34"):
        threshold_keys("recall", [0.26, 0.34], "{name}_{threshold:.1f}")
