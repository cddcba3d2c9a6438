//! Rows counted by their pair of labels.

use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use thresher::count::{self, LabelColumn, LabelPairs};

use crate::batches::Source;
use crate::calls;
use crate::errors::Result;
use crate::settings::{self, Settings};

type Line<'py, T> = Bound<'py, PyArray1<T>>;
type Square<'py, T> = Bound<'py, PyArray2<T>>;
/// Labels, whether all are true ones, counts, weights.
type Pairs<'py> = (Line<'py, i64>, bool, Square<'py, i64>, Option<Weights<'py>>);
type Weights<'py> = (Square<'py, f64>, Square<'py, f64>, Line<'py, f64>, Line<'py, f64>);

/// The labels (of text, rows where they stand), whether all are true ones, rows by pair of labels, and their weights.
/// `widths` says that columns are text, of so many code points a row.
#[pyfunction]
pub(crate) fn label_pairs<'py>(
    py: Python<'py>,
    actual: &Bound<'py, PyAny>,
    predicted: &Bound<'py, PyAny>,
    widths: Option<(usize, usize)>,
    weights: Option<&Bound<'py, PyAny>>,
    n_threads: Option<&Bound<'py, PyAny>>,
) -> Result<Pairs<'py>> {
    let n_threads = settings::n_threads(n_threads)?;
    let sources = (Source::new("actual", actual)?, Source::new("predicted", predicted)?);
    let weights = weights.map(|weights| Source::new("weights", weights)).transpose()?;
    let weights = weights.as_ref().map(Source::column).transpose()?;
    let columns = (sources.0.column()?, sources.1.column()?);
    let columns = match widths {
        None => [columns.0, columns.1].map(LabelColumn::Whole),
        Some((first, second)) => [
            LabelColumn::Text { points: columns.0, width: first },
            LabelColumn::Text { points: columns.1, width: second },
        ],
    };
    let rows = columns[0].len();
    let settings = Settings::new(py, rows, n_threads)?;
    let pairs = calls::run(py, rows, settings, |control| count::label_pairs(&columns, weights.as_ref(), control))?;
    let LabelPairs { labels, among_true, counts, weights } = pairs;
    let classes = labels.len();
    let weights = weights.map(|weights| -> Result<Weights<'py>> {
        let line = |sums| PyArray1::from_vec(py, sums);
        Ok((
            line(weights.cells).reshape([classes; 2])?,
            line(weights.left_out).reshape([classes; 2])?,
            line(weights.of_true),
            line(weights.of_predicted),
        ))
    });
    let counts: Vec<i64> = counts.into_iter().map(u64::cast_signed).collect();
    let counts = PyArray1::from_vec(py, counts).reshape([classes; 2])?;
    Ok((PyArray1::from_vec(py, labels), among_true.iter().all(|&among| among), counts, weights.transpose()?))
}
