//! What goes wrong, as the exception a Python caller branches on. The core's messages pass unchanged.

use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use thresher::Error;

/// The result of every fallible function of this crate.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a call failed, on its way to Python.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The core refused.
    Core(Error),
    /// A value was refused that the core never sees, such as an environment variable: `thresher.Error`.
    Value(String),
    /// Python raised, or is to raise exactly this.
    Python(PyErr),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Core(error) => raised(&error),
            Failure::Value(message) => named("Error", &ERROR, message),
            Failure::Python(error) => error,
        }
    }
}

/// A `TypeError`.
pub(crate) fn type_error(message: String) -> Failure {
    Failure::Python(PyTypeError::new_err(message))
}

// The classes live in Python: the limited API cannot subclass exceptions natively before Python 3.12.
static ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static THRESHOLD_MISMATCH: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static INVALID_STATE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn raised(error: &Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::UnsupportedDType { .. } | Error::KindMismatch { .. } => PyTypeError::new_err(message),
        Error::OutOfMemory { .. } | Error::MaxBytes { .. } => PyMemoryError::new_err(message),
        Error::CountOverflow { .. } | Error::WeightOverflow | Error::SumOverflow { .. } => {
            PyOverflowError::new_err(message)
        }
        Error::ThresholdMismatch { .. } | Error::SettingMismatch { .. } => {
            named("ThresholdMismatchError", &THRESHOLD_MISMATCH, message)
        }
        Error::InvalidState { .. } => named("InvalidStateError", &INVALID_STATE, message),
        Error::Interrupted => PyKeyboardInterrupt::new_err(message),
        _ => placed(named("Error", &ERROR, message), error.row()),
    }
}

/// The exception with the argument and the row it is about as attributes, so that nobody need read them off its text.
fn placed(raised: PyErr, row: Option<(&'static str, usize)>) -> PyErr {
    let Some((argument, index)) = row else { return raised };
    Python::attach(|py| {
        let value = raised.value(py);
        match value.setattr("argument", argument).and_then(|()| value.setattr("index", index)) {
            Ok(()) => raised,
            Err(error) => error,
        }
    })
}

/// An exception of the class `thresher._errors.<name>`, imported once.
fn named(name: &str, class: &PyOnceLock<Py<PyType>>, message: String) -> PyErr {
    Python::attach(|py| match class.import(py, "thresher._errors", name) {
        Ok(class) => PyErr::from_type(class.clone(), message),
        Err(error) => error,
    })
}
