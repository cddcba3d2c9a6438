"""Every container of one column gives what its NumPy array gives, and is read without a copy of it."""

import array
import signal
import subprocess
import sys
import types
from fractions import Fraction

import numpy as np
import pytest

import thresher as th
from thresher._arrays import column, columns
from thresher._labels import label_columns

jax = pytest.importorskip("jax")
ml_dtypes = pytest.importorskip("ml_dtypes")
pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")

LABELS = np.array([0, 1, 1, 0, 1, 0, 1])
SCORES = np.array([0.125, 0.75, 0.5, 0.5, 0.25, 0.375, 1.0], np.float32)
AREA = th.roc_auc(LABELS, SCORES)


def address(source):
    """Where a source begins: the same as its input's if nothing was copied."""
    return np.asarray(source[0] if isinstance(source, tuple) else source).__array_interface__["data"][0]


def chunked(values):
    return pyarrow.chunked_array([pyarrow.array(values[:3]), pyarrow.array(values[3:3]), pyarrow.array(values[3:])])


def tabled(values):
    return pyarrow.table({"column": values})


CONTAINERS = {
    "list": lambda values: values.tolist(),
    "tuple": lambda values: tuple(values.tolist()),
    "array.array": lambda values: array.array("d", values.tolist()),
    "memoryview": lambda values: memoryview(values),
    "column": lambda values: values[:, None],
    "list of rows": lambda values: values[:, None].tolist(),
    "matrix": lambda values: values[:, None].view(np.matrix),
    "unmasked": lambda values: np.ma.array(values),
    "subclass": lambda values: values.view(np.recarray),
    "read-only": lambda values: np.frombuffer(values.tobytes(), values.dtype),
    "strided": lambda values: np.repeat(values, 3)[::3],
    "reversed": lambda values: values[::-1].copy()[::-1],
    "swapped": lambda values: values.astype(values.dtype.newbyteorder()),
    "unaligned": lambda values: np.frombuffer(b"\0" + values.tobytes(), values.dtype, offset=1),
    "pandas": pandas.Series,
    "pandas frame": lambda values: pandas.DataFrame({"column": values}),
    "pandas index": pandas.Index,
    "pandas nullable": lambda values: pandas.Series(values).convert_dtypes(),
    "pandas Arrow": lambda values: pandas.Series(values).convert_dtypes(dtype_backend="pyarrow"),
    "pandas reindexed": lambda values: pandas.Series(values, index=range(7, 0, -1)),
    "polars": lambda values: polars.Series(values),
    "polars frame": lambda values: polars.DataFrame({"column": values}),
    "polars chunks": lambda values: polars.concat(
        [polars.Series(values[:2]), polars.Series(values[2:])], rechunk=False
    ),
    "pyarrow": pyarrow.array,
    "pyarrow sliced": lambda values: pyarrow.array(np.r_[values, values])[3:10].take(
        pyarrow.array([4, 5, 6, 0, 1, 2, 3])
    ),
    "pyarrow chunked": chunked,
    "pyarrow table": tabled,
    "pyarrow batch": lambda values: pyarrow.record_batch({"column": values}),
    "pyarrow reader": lambda values: tabled(values).to_reader(max_chunksize=2),
    "jax": jax.numpy.asarray,
    "jax column": lambda values: jax.numpy.asarray(values)[:, None],
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_counts_as_its_array_does(container):
    wrap = CONTAINERS[container]
    assert th.roc_auc(LABELS, wrap(SCORES)) == AREA
    assert th.roc_auc(wrap(LABELS), SCORES) == AREA
    assert th.roc_auc(wrap(LABELS.astype(np.int8)), wrap(SCORES)) == AREA
    counts, expected = th.ExactCounts(), th.ExactCounts()
    counts.update(wrap(LABELS.astype(np.float64)), wrap(SCORES.astype(np.float64)), weights=wrap(SCORES))
    expected.update(LABELS, SCORES, weights=SCORES)
    assert counts == expected


@pytest.mark.parametrize("container", sorted(set(CONTAINERS) - {"array.array", "swapped", "memoryview", "unaligned"}))
def test_booleans_are_labels_and_scores_in_every_container(container):
    wrap = CONTAINERS[container]
    truth = LABELS.astype(bool)
    assert th.roc_auc(wrap(truth), SCORES) == AREA
    assert th.roc_auc(LABELS, wrap(truth)) == 1.0


SHARED = {
    "column": lambda values: values[:, None],
    "matrix": lambda values: values[:, None].view(np.matrix),
    "strided": lambda values: values[::2],
    "pandas": lambda values: pandas.Series(values, copy=False),
    "pandas nullable": lambda values: pandas.Series(
        pandas.arrays.FloatingArray(values, np.zeros(len(values), bool)), copy=False
    ),
    "polars": lambda values: polars.Series(values, dtype=polars.Float32),
    "pyarrow": lambda values: pyarrow.array(values),
}


@pytest.mark.parametrize("container", SHARED)
def test_nothing_is_copied(container):
    wrapped = SHARED[container](SCORES)
    first, second = column(wrapped, "scores"), column(wrapped, "scores")
    assert address(first) == address(second)
    if container.startswith(("column", "matrix", "strided", "pandas", "pyarrow")):
        assert np.shares_memory(first, SCORES)


def test_plain_arrays_pass_as_they_are():
    for values in SCORES, SCORES[::-1], SCORES.astype(">f4"), np.broadcast_to(np.float16(0.5), 10**9):
        assert column(values, "scores") is values


def test_arrow_booleans_stay_packed():
    truth = pyarrow.chunked_array([[True, False, True], [False]])
    (first, second) = column(truth[1:], "labels")
    assert first[1:] == ("bits", 1, 2)
    assert second[1:] == ("bits", 0, 1)


@pytest.mark.parametrize("make", [lambda x: x.astype(ml_dtypes.bfloat16), lambda x: jax.numpy.asarray(x, "bfloat16")])
def test_bfloat16_is_read_as_its_bits(make):
    scores = make(SCORES)
    bits, name = column(scores, "scores")
    assert (bits.dtype, name) == (np.uint16, "bfloat16")
    assert th.roc_auc(LABELS, scores) == AREA
    counts = th.ThresholdCounts([0.1])
    counts.update(LABELS, scores)
    assert counts.dtype == "bfloat16"
    matrix = make(np.stack([SCORES, -SCORES], axis=1))
    np.testing.assert_allclose(th.roc_auc(LABELS, matrix), [AREA, 1 - AREA], rtol=1e-15)


def test_bfloat16_of_jax_and_ml_dtypes_is_not_copied():
    scores = SCORES.astype(ml_dtypes.bfloat16)
    assert np.shares_memory(column(scores, "scores")[0], scores)
    tensor = jax.numpy.asarray(scores)
    assert address(column(tensor, "scores")) == address(column(tensor, "scores"))


def test_bfloat16_labels_and_pos_label():
    labels = (LABELS * 2.0).astype(ml_dtypes.bfloat16)
    assert th.roc_auc(labels, SCORES, pos_label=2) == AREA
    with pytest.raises(TypeError, match="no label can equal"):
        th.roc_auc(labels, SCORES, pos_label="2")


class Tensor:
    """As torch's: DLPack, a device, perhaps a gradient."""

    def __init__(self, values, *, requires_grad=False, device=(1, 0), dtype=None):
        self.values, self.requires_grad, self.device, self.dtype = values, requires_grad, device, dtype

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.device

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("a tensor must not be converted silently")

    def view(self, dtype):
        return Tensor(self.values.view(dtype))


def test_a_cpu_tensor_is_read_by_dlpack_without_a_copy():
    assert np.shares_memory(column(Tensor(SCORES), "scores"), SCORES)
    assert th.roc_auc(Tensor(LABELS), Tensor(SCORES[:, None])) == AREA


def test_a_bfloat16_tensor_of_torch_is_read_as_its_bits(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(int16=np.int16))
    bits = SCORES.astype(ml_dtypes.bfloat16).view(np.int16)
    tensor = Tensor(bits, dtype="torch.bfloat16")
    source, name = column(tensor, "scores")
    assert name == "bfloat16"
    assert np.shares_memory(source, bits)
    assert th.roc_auc(LABELS, tensor) == AREA


def test_a_tensor_that_requires_grad_or_sits_on_a_gpu_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match=r"`scores` is a Tensor that requires grad; pass `scores\.detach\(\)`"):
        th.roc_auc(LABELS, Tensor(SCORES, requires_grad=True))
    with pytest.raises(TypeError, match=r"`labels` is a Tensor on .*`labels\.cpu\(\)`"):
        th.roc_auc(Tensor(LABELS, device=(2, 0)), SCORES)


def test_a_traced_array_is_refused():
    with pytest.raises(TypeError):
        jax.jit(lambda scores: th.roc_auc(LABELS, scores))(jax.numpy.asarray(SCORES))


NULLS = {
    "pandas nullable": lambda: pandas.Series([0.1, 0.2, None, 0.3], dtype="Float64"),
    "pandas boolean": lambda: pandas.Series([True, False, None, True], dtype="boolean"),
    "pandas Arrow": lambda: pandas.Series([0.1, 0.2, None, 0.3], dtype="double[pyarrow]"),
    "polars": lambda: polars.Series([0.1, 0.2, None, 0.3]),
    "pyarrow": lambda: pyarrow.array([0.1, 0.2, None, 0.3]),
    "pyarrow chunked": lambda: pyarrow.chunked_array([[0.1, 0.2], [None, 0.3]]),
    "pyarrow booleans": lambda: pyarrow.chunked_array([[True, False], [None, True]]),
    "pyarrow table": lambda: pyarrow.table({"x": [1, 0, None, 1]}),
}


@pytest.mark.parametrize("nan", ["raise", "drop"])
@pytest.mark.parametrize("container", NULLS)
def test_a_null_is_refused_with_its_index_and_never_dropped(container, nan):
    with pytest.raises(th.Error, match=r"`scores` must not be (null|missing), but scores\[2\] is"):
        th.roc_auc([0, 1, 1, 0], NULLS[container](), nan=nan)
    with pytest.raises(th.Error, match=r"`labels` must not be (null|missing), but labels\[2\] is"):
        th.roc_auc(NULLS[container](), [0.1, 0.2, 0.3, 0.4], nan=nan)


TEXT = np.array(["spam", "ham"])[1 - LABELS]
OTHERS = {
    "list": (TEXT.tolist(), "spam"),
    "NumPy text": (TEXT, "spam"),
    "NumPy bytes": (TEXT.astype("S"), b"spam"),
    "NumPy StringDType": (TEXT.astype(np.dtypes.StringDType()), "spam"),
    "NumPy objects": (TEXT.astype(object), "spam"),
    "mixed objects": ([1 if label else "no" for label in LABELS], 1),
    "enumeration": ([signal.Signals.SIGINT if label else signal.Signals.SIGTERM for label in LABELS], signal.SIGINT),
    "fractions": ([Fraction(1, 3) if label else Fraction(2, 3) for label in LABELS], Fraction(1, 3)),
    "pandas text": (pandas.Series(TEXT), "spam"),
    "pandas categories": (pandas.Series(TEXT, dtype="category"), "spam"),
    "pandas Arrow text": (pandas.Series(TEXT, dtype="string[pyarrow]"), "spam"),
    "polars text": (polars.Series(TEXT), "spam"),
    "polars categories": (polars.Series(TEXT, dtype=polars.Categorical), "spam"),
    "pyarrow text": (pyarrow.chunked_array([TEXT[:3].tolist(), TEXT[3:].tolist()]), "spam"),
    "pyarrow dictionary": (pyarrow.array(TEXT.tolist()).dictionary_encode(), "spam"),
    "dates": (np.array(["2024-01-01", "2025-01-01"], "M8[D]")[1 - LABELS], np.datetime64("2024-01-01")),
    "minus one": (2 * LABELS - 1, 1),
    "floats": (LABELS * 2.5, 2.5),
    "NumPy scalar": (LABELS * 3, np.int8(3)),
    "zero is positive": (1 - LABELS, 0),
    "False is positive": (LABELS == 0, False),
    "Arrow booleans": (pyarrow.array(LABELS == 1), True),
    "polars floats": (polars.Series(LABELS * 0.5), 0.5),
}


@pytest.mark.parametrize("case", OTHERS)
def test_pos_label_names_the_positive_label(case):
    labels, pos_label = OTHERS[case]
    assert th.roc_auc(labels, SCORES, pos_label=pos_label) == AREA


@pytest.mark.parametrize("labels", [TEXT, pandas.Series(TEXT), polars.Series(TEXT), pyarrow.array(TEXT.tolist())])
def test_an_absent_pos_label_means_all_negative(labels):
    counts = th.ExactCounts()
    counts.update(labels, SCORES, pos_label="eggs")
    assert (counts.n_positives, counts.n_negatives) == (0, 7)


@pytest.mark.parametrize("labels", [TEXT.tolist(), TEXT, pandas.Series(TEXT), polars.Series(TEXT), pyarrow.array(TEXT)])
def test_text_labels_need_pos_label(labels):
    with pytest.raises(TypeError, match=r"`labels`.*'ham'.*pos_label"):
        th.roc_auc(labels, SCORES)


@pytest.mark.parametrize("labels", [pyarrow.array(["a", None, "b"]), pandas.Series(["a", None, "b"]), ["a", None, "b"]])
def test_a_missing_text_label_is_refused(labels):
    with pytest.raises(th.Error, match=r"`labels` must not be (null|missing), but labels\[1\] is"):
        th.roc_auc(labels, SCORES[:3], pos_label="a")


def test_missing_dates_are_refused():
    with pytest.raises(th.Error, match=r"labels\[1\] is NaT"):
        th.roc_auc(np.array(["2024", "NaT"], "M8[Y]"), [0.1, 0.2], pos_label=np.datetime64("2024"))


def test_label_matrices_may_be_text():
    pairs, positive = label_columns(np.stack([TEXT, TEXT[::-1]], axis=1), "spam")
    assert positive is None
    assert [pair.tolist() for pair in pairs] == [(LABELS == 1).tolist(), (LABELS[::-1] == 1).tolist()]


MATRICES = {
    "NumPy": lambda values: values,
    "Fortran order": np.asfortranarray,
    "list": lambda values: values.tolist(),
    "pandas": lambda values: pandas.DataFrame(values, columns=list("abc")),
    "pandas nullable": lambda values: pandas.DataFrame(values, columns=list("abc")).astype("Float64"),
    "polars": lambda values: polars.DataFrame(values, schema=list("abc")),
    "pyarrow": lambda values: pyarrow.table(dict(zip("abc", values.T, strict=True))),
    "jax": jax.numpy.asarray,
}


@pytest.mark.parametrize("container", MATRICES)
def test_columns_of_scores_are_models_side_by_side(container):
    rng = np.random.default_rng(3)
    labels, scores = rng.integers(0, 2, 50), rng.integers(0, 20, (50, 3)) / 32
    wrapped = MATRICES[container](scores)
    areas = th.roc_auc(labels, wrapped)
    assert areas.dtype == np.float64
    assert areas.tolist() == [th.roc_auc(labels, scores[:, j]) for j in range(3)]
    assert th.average_precision(labels[:, None], wrapped).shape == (3,)
    assert [curve.auc for curve in th.roc_curve(labels, wrapped)] == areas.tolist()
    counts = th.confusion_at(labels, wrapped, 0.25, weights=np.ones(50))
    assert [each.true_positives for each in counts] == ((scores >= 0.25) & (labels == 1)[:, None]).sum(0).tolist()


def test_columns_of_labels_go_with_columns_of_scores():
    rng = np.random.default_rng(3)
    labels, scores = rng.integers(0, 2, (50, 3)), rng.random((50, 3))
    assert th.roc_auc(labels, scores).tolist() == [th.roc_auc(labels[:, j], scores[:, j]) for j in range(3)]


def test_columns_of_a_matrix_are_views():
    scores = np.zeros((5, 2))
    assert all(np.shares_memory(each, scores) for each in columns(scores, "scores"))


def test_empty_columns_count_nothing():
    for empty in [], np.zeros(0, np.float32), pandas.Series([], dtype=float), polars.Series([]), pyarrow.array([]):
        counts = th.ThresholdCounts([0.5])
        counts.update(empty, empty)
        assert (counts.n_samples, counts.dtype) == (0, None)
    assert np.isnan(th.roc_auc([], []))
    assert th.confusion_at([], [], [0.5]).true_positives.tolist() == [0]


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None  # as if it were not installed
import numpy as np, pandas, polars, thresher as th
labels, scores = [0, 1, 1], [0.25, 0.5, 0.125]
assert th.roc_auc(pandas.Series(labels), pandas.Series(scores)) == 0.5
assert th.roc_auc(polars.Series(labels), polars.Series(scores)) == 0.5
assert th.roc_auc(labels, polars.DataFrame({"a": scores, "b": scores})).tolist() == [0.5, 0.5]
try:
    th.roc_auc(labels, polars.Series([0.25, None, 0.5]))
except th.Error as error:
    assert "scores[1] is null" in str(error)

class Stream:
    def __arrow_c_stream__(self, requested_schema=None):
        raise AssertionError
try:
    th.roc_auc(labels, Stream())
except TypeError as error:
    assert "pip install pyarrow" in str(error)
print("done")
"""


def test_pandas_and_polars_are_read_without_pyarrow():
    result = subprocess.run([sys.executable, "-c", WITHOUT_PYARROW], capture_output=True, text=True, check=False)
    assert result.stdout == "done\n", result.stderr
