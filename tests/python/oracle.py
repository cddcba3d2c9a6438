"""The definitions, written as plainly as they can be: what the fast paths are compared with."""

from fractions import Fraction

import numpy as np


def confusion(labels, scores, thresholds, strict=False, weights=None):
    """Compare every score with every threshold, rounded to the scores' dtype first."""
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    with np.errstate(over="ignore"):
        cuts = np.asarray(thresholds, np.float64).astype(scores.dtype)
    truth = labels == 1
    columns = []
    for cut in cuts:
        flagged = scores > cut if strict else scores >= cut
        cells = flagged & truth, flagged & ~truth, ~flagged & truth, ~flagged & ~truth
        columns.append([np.count_nonzero(cell) if weights is None else weights[cell].sum() for cell in cells])
    return np.array(columns).T


def roc_auc(labels, scores):
    """Mean over all pairs of 1 where the positive is above, 1/2 where tied."""
    above = scores[labels == 1][:, None], scores[labels == 0][None, :]
    pairs = above[0].shape[0] * above[1].shape[1]
    if pairs == 0:
        return float("nan")
    return float(Fraction(2 * int((above[0] > above[1]).sum()) + int((above[0] == above[1]).sum()), 2 * pairs))


def average_precision(labels, scores):
    """Sum over distinct scores from the highest of (recall gained) times precision."""
    positives = int((labels == 1).sum())
    if positives == 0:
        return float("nan")
    total, found = Fraction(0), 0
    for score in sorted(set(scores.tolist()), reverse=True):
        flagged = scores >= score
        hits = int((labels[flagged] == 1).sum())
        total += Fraction(hits - found, positives) * Fraction(hits, int(flagged.sum()))
        found = hits
    return float(total)


def same(ours, theirs):
    """Equal as numbers, NaN equal to NaN."""
    return np.array_equal(np.asarray(ours), np.asarray(theirs), equal_nan=True)
