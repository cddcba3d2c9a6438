//! Arguments that are words and numbers: checked here, with an error that names them.

use numpy::PyUntypedArray;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat};
use thresher::count::{Comparison, EdgeDType, Thresholds};
use thresher::input::{Number, Positive};
use thresher::measure::{Binning, PrAucMethod};

use crate::arrays;
use crate::errors::{Failure, Result, type_error};

/// An int, at least `least`.
pub(crate) fn int(argument: &str, value: &Bound<'_, PyAny>, least: usize) -> Result<usize> {
    match value.extract::<usize>() {
        Ok(number) if number >= least => Ok(number),
        Err(error) if !error.is_instance_of::<PyOverflowError>(value.py()) => {
            let found = value.get_type().name()?;
            Err(type_error(format!("`{argument}` must be an int >= {least}, but is a {found}")))
        }
        _ => Err(Failure::Value(format!("`{argument}` must be an int >= {least}, but is {value}"))),
    }
}

/// `>=` or `>`.
pub(crate) fn comparison(symbol: &str) -> Result<Comparison> {
    Comparison::named(symbol).ok_or_else(|| unknown("comparison", "\">=\" or \">\"", symbol))
}

/// The dtype thresholds are rounded to.
pub(crate) fn edge_dtype(name: &str) -> Result<EdgeDType> {
    EdgeDType::named(name).ok_or_else(|| unknown("dtype", "float16, bfloat16, float32 or float64", name))
}

/// How a precision-recall curve runs between its points.
pub(crate) fn pr_auc_method(name: &str) -> Result<PrAucMethod> {
    let accepted = "\"step\", \"davis-goadrich\" or \"trapezoid\"";
    PrAucMethod::named(name).ok_or_else(|| unknown("method", accepted, name))
}

/// How scores are put into bins.
pub(crate) fn binning(name: &str) -> Result<Binning> {
    Binning::named(name).ok_or_else(|| unknown("strategy", "\"uniform\" or \"quantile\"", name))
}

/// Thresholds as they were asked for.
pub(crate) enum Given {
    /// These.
    List(Vec<f64>),
    /// So many, in even steps over [0, 1].
    Even(usize),
}

impl Given {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(list) => list.len(),
            Self::Even(k) => *k,
        }
    }

    pub(crate) fn thresholds(&self, comparison: Comparison) -> thresher::Result<Thresholds> {
        match self {
            Self::List(list) => Thresholds::new(list.clone(), comparison),
            Self::Even(k) => Thresholds::even(*k, comparison),
        }
    }
}

/// A float64 array, or an int.
pub(crate) fn thresholds(value: &Bound<'_, PyAny>) -> Result<Given> {
    if value.is_instance_of::<PyUntypedArray>() {
        return Ok(Given::List(arrays::floats("thresholds", value)?));
    }
    Ok(Given::Even(int("thresholds", value, 1)?))
}

/// Which label is positive: None, a bool, an int or a float. Errors call it `pos_label`, as the public functions do.
pub(crate) fn positive(value: Option<&Bound<'_, PyAny>>) -> Result<Positive> {
    let Some(value) = value else { return Ok(Positive::One) };
    if let Ok(label) = value.cast::<PyFloat>() {
        let label = label.extract::<f64>()?;
        if label.is_nan() {
            return Err(Failure::Value("`pos_label` is NaN, which no label equals".to_owned()));
        }
        return Ok(Positive::EqualTo(Number::Float(label)));
    }
    if let Ok(label) = value.cast::<PyBool>() {
        return Ok(Positive::EqualTo(Number::Int(label.is_true().into())));
    }
    match value.extract::<i128>() {
        Ok(label) => Ok(Positive::EqualTo(Number::Int(label))),
        Err(error) if error.is_instance_of::<PyOverflowError>(value.py()) => {
            Err(Failure::Value(format!("`pos_label` must lie within ±2^127, but is {value}")))
        }
        Err(_) => {
            let found = value.get_type().name()?;
            Err(type_error(format!("`pos_label` must be None, a bool, an int or a float, but is a {found}")))
        }
    }
}

/// The refusal of an unknown word.
pub(crate) fn unknown(argument: &str, accepted: &str, found: &str) -> Failure {
    Failure::Value(format!("`{argument}` must be {accepted}, but is {found:?}"))
}
