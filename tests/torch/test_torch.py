"""PyTorch tensors as labels, scores and weights, read through DLPack: `make test-torch` (torch is 5 GB installed)."""

import os

os.environ["SCIPY_ARRAY_API"] = "1"  # else scikit-learn refuses to serve the array API; read when scipy is loaded

import numpy as np
import pytest
import sklearn
import sklearn.metrics
import torch

import thresher as th
import thresher.sklearn

LABELS = np.array([0, 1, 1, 0, 1, 0, 1, 0])
SCORES = np.array([0.1, 0.8, 0.35, 0.4, 0.9, 0.35, 0.7, 0.2])
CUTS = [0.35, 0.5]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_tensor_of_scores_counts_as_the_numbers_it_holds(dtype):
    scores = torch.tensor(SCORES).to(dtype)
    counts = th.ExactCounts()
    counts.update(LABELS, scores)
    assert counts.thresholds.tolist() == sorted(set(scores.double().tolist()))
    assert counts.roc_auc() == th.roc_auc(LABELS, scores.double().numpy())


@pytest.mark.parametrize("dtype", [torch.bool, torch.int8, torch.uint8, torch.int32, torch.int64, torch.float32])
def test_a_tensor_of_labels_counts_as_the_array(dtype):
    counts = th.confusion_at(torch.tensor(LABELS).to(dtype), torch.tensor(SCORES), CUTS)
    assert counts == th.confusion_at(LABELS, SCORES, CUTS)


def test_a_strided_tensor_is_read_where_it_lies():
    tensor = torch.tensor(np.stack([SCORES, -SCORES], axis=1))
    assert th.roc_auc(LABELS, tensor[:, 0]) == th.roc_auc(LABELS, SCORES)
    assert th.roc_auc(torch.tensor(LABELS)[::2], tensor[::2, 0]) == th.roc_auc(LABELS[::2], SCORES[::2])


def test_one_trailing_axis_of_length_one_is_dropped():
    scores = torch.tensor(SCORES, dtype=torch.float32)[:, None]
    assert th.confusion_at(torch.tensor(LABELS)[:, None], scores, CUTS).true_positives.tolist() == [4, 3]


def test_weights_may_be_a_tensor():
    weights = np.arange(1.0, 9.0)
    ours = th.average_precision(LABELS, SCORES, weights=torch.tensor(weights))
    assert ours == th.average_precision(LABELS, SCORES, weights=weights)


def test_a_tensor_with_a_gradient_is_refused_with_the_remedy():
    logits = torch.tensor(SCORES, requires_grad=True)
    with pytest.raises(TypeError, match=r"`scores\.detach\(\)`"):
        th.roc_auc(LABELS, logits)
    assert th.roc_auc(LABELS, logits.detach()) == th.roc_auc(LABELS, SCORES)


def test_a_tensor_that_is_on_no_cpu_is_refused():
    with pytest.raises(ValueError, match="meta"):
        th.roc_auc(LABELS, torch.empty(8, device="meta"))


def test_the_drop_in_answers_a_tensor_as_scikit_learn_does():
    for name in ("roc_auc_score", "average_precision_score"):
        theirs = getattr(sklearn.metrics, name)(torch.tensor(LABELS), torch.tensor(SCORES))
        assert getattr(thresher.sklearn, name)(torch.tensor(LABELS), torch.tensor(SCORES)) == pytest.approx(theirs)


def test_the_drop_in_leaves_tensors_to_scikit_learn_where_the_array_api_is_on():
    before = thresher.sklearn.calls()["average_precision_score"].scikit_learn
    with sklearn.config_context(array_api_dispatch=True):
        thresher.sklearn.average_precision_score(torch.tensor(LABELS), torch.tensor(SCORES))
    assert thresher.sklearn.calls()["average_precision_score"].scikit_learn == before + 1
