"""Warnings of Keras and its backends that are not ours to answer."""

import pytest

OF_KERAS = [
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
    "ignore:(invalid value|divide by zero) encountered in divide:RuntimeWarning:keras",
    "ignore:Explicitly requested dtype int64:UserWarning",  # of Keras's own overlaps, on jax
    "ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning",  # of torch, where it compiles a step
    "ignore:Dynamo detected a call to a `functools.lru_cache`:UserWarning",  # of torch, at dtypes of Keras's own
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "with_keras" in str(item.path):
            for each in OF_KERAS:
                item.add_marker(pytest.mark.filterwarnings(each))
