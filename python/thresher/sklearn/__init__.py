"""scikit-learn's metrics, faster: the names, signatures, answers, warnings and errors of `sklearn.metrics`.

>>> from thresher.sklearn import roc_auc_score
>>> roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
0.75
"""

from thresher.sklearn._ranking import roc_auc_score, auc, average_precision_score
from thresher.sklearn._answers import calls, verbose
