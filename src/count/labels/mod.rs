//! Rows counted by their pair of labels, a true and a predicted one: the confusion matrix of any number of classes.

mod codes;
mod dictionary;
mod table;
mod union;
mod weights;

use std::ops::Range;

use self::codes::{Coded, Reader};
use self::table::{Shape, Table};
use self::union::union;
use self::weights::Sums;
use super::workers;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{self, BLOCK_ROWS, Column};

/// Rows a thread takes at a time.
const CHUNK: usize = 16 * BLOCK_ROWS;

/// A column of labels.
#[derive(Debug, Clone)]
pub enum LabelColumn<'a> {
    /// Whole numbers of any dtype.
    Whole(Column<'a>),
    /// Text: `width` code points a row, uint32, filled up with zeros.
    Text {
        /// The code points of all rows, one after another.
        points: Column<'a>,
        /// Code points a row.
        width: usize,
    },
}

/// Rows by pair of labels, over the labels that occur in either column.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelPairs {
    /// The distinct labels, ascending: numbers as they are. Of a text, a row where it stands: a true one, or the number of
    /// rows plus a predicted one.
    pub labels: Vec<i64>,
    /// Whether a label is a true one in any row.
    pub among_true: Vec<bool>,
    /// `counts[i * labels.len() + j]`: rows whose true label is the `i`-th and whose predicted label is the `j`-th.
    pub counts: Vec<u64>,
    /// Their weights, if rows have any.
    pub weights: Option<LabelWeights>,
}

/// Weights of the rows of [`LabelPairs`], added row by row in float64: the very floats of a plain loop.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelWeights {
    /// The weight of each cell.
    pub cells: Vec<f64>,
    /// What rounding left out of each: the exact weight is their sum, but for a last rounding.
    pub left_out: Vec<f64>,
    /// The weight of each true label.
    pub of_true: Vec<f64>,
    /// The weight of each predicted label.
    pub of_predicted: Vec<f64>,
}

impl LabelColumn<'_> {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Whole(column) => column.len(),
            Self::Text { points, width } => points.len() / (*width).max(1),
        }
    }

    /// True when there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Counts rows by their pair of labels; both columns are numbers, or both are text. The same for any number of threads;
/// with weights, on one thread, in the order of the rows.
///
/// # Errors
/// [`Error::LengthMismatch`], [`Error::NotWhole`], [`Error::InvalidWeight`], [`Error::ScatteredText`];
/// [`Error::TooManyClasses`] beyond some thousand classes; [`Error::UnsupportedDType`] for text beside numbers.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::Control;
/// use thresher::count::{LabelColumn, label_pairs};
/// use thresher::input::Column;
/// let (actual, predicted) = ([0_u8, 1, 1], [0_i64, 7, 1]);
/// let columns = [Column::from_slice(&actual), Column::from_slice(&predicted)].map(LabelColumn::Whole);
/// let cancel = AtomicBool::new(false);
/// let pairs = label_pairs(&columns, None, &Control::new(&cancel))?;
/// assert_eq!(pairs.labels, [0, 1, 7]);
/// assert_eq!(pairs.counts, [1, 0, 0, 0, 1, 1, 0, 0, 0]);
/// # Ok::<(), thresher::Error>(())
/// ```
pub fn label_pairs(
    columns: &[LabelColumn<'_>; 2],
    weights: Option<&Column<'_>>,
    control: &Control<'_>,
) -> Result<LabelPairs> {
    let expected = columns[0].len();
    for (argument, found) in [("predicted", columns[1].len()), ("weights", weights.map_or(expected, Column::len))] {
        if found != expected {
            return Err(Error::LengthMismatch { argument, found, expected });
        }
    }
    match columns {
        [LabelColumn::Whole(_), LabelColumn::Whole(_)] | [LabelColumn::Text { .. }, LabelColumn::Text { .. }] => {}
        _ => return Err(Error::UnsupportedDType { argument: "labels", dtype: "text", accepted: "one kind is" }),
    }
    let parts = counted(columns, weights, true, control)?;
    if parts.iter().any(|part| part.wide) {
        return union(&counted(columns, weights, false, control)?, expected);
    }
    union(&parts, expected)
}

fn counted<'a>(
    columns: &'a [LabelColumn<'a>; 2],
    weights: Option<&Column<'_>>,
    near: bool,
    control: &Control<'_>,
) -> Result<Vec<Part<'a>>> {
    let rows = columns[0].len();
    let Some(weights) = weights else {
        let start = || Part::new(columns, near, false);
        return workers::fold(rows, CHUNK, control, start, |part, range| part.count(range, None, control));
    };
    let mut part = Part::new(columns, near, true)?;
    for first in (0..rows).step_by(CHUNK) {
        control.check()?;
        part.count(first..rows.min(first + CHUNK), Some(weights), control)?;
    }
    Ok(vec![part])
}

/// What one thread has counted.
struct Part<'a> {
    readers: [Reader<'a>; 2],
    near: bool,
    /// True when numbers are too far from one another to be counted near.
    wide: bool,
    table: Table,
    sums: Option<Sums>,
    weights: Vec<f64>,
}

impl<'a> Part<'a> {
    fn new(columns: &'a [LabelColumn<'a>; 2], near: bool, weighted: bool) -> Result<Self> {
        let [first, second] = columns;
        let shape = Shape::new([1, 1])?;
        Ok(Self {
            readers: [Reader::new(first, near)?, Reader::new(second, near)?],
            near,
            wide: false,
            table: Table::new(shape)?,
            sums: if weighted { Some(Sums::new(shape)?) } else { None },
            weights: Vec::new(),
        })
    }

    fn count(&mut self, range: Range<usize>, weights: Option<&Column<'_>>, control: &Control<'_>) -> Result<()> {
        for start in range.clone().step_by(BLOCK_ROWS) {
            let len = BLOCK_ROWS.min(range.end - start);
            if !self.read(start, len, control)? {
                return Ok(());
            }
            let [first, second] = &self.readers;
            self.table.add(&first.codes, &second.codes);
            if let (Some(sums), Some(column)) = (&mut self.sums, weights) {
                let weights = input::weights(column, start, len, &mut self.weights, control.level)?;
                sums.add(&first.codes, &second.codes, weights);
            }
        }
        Ok(())
    }

    /// Reads the codes of a block, and makes room for them; false when there is none.
    fn read(&mut self, start: usize, len: usize, control: &Control<'_>) -> Result<bool> {
        if self.wide {
            return Ok(false);
        }
        let [first, second] = &mut self.readers;
        let (Coded::Within { span: rows, moved: down }, Coded::Within { span: columns, moved: right }) =
            (first.read(start, len, control)?, second.read(start, len, control)?)
        else {
            self.wide = true;
            return Ok(false);
        };
        let (spans, moved) = ([rows, columns], [down, right]);
        if spans == self.table.shape.spans() && moved == [0, 0] {
            return Ok(true);
        }
        let shape = match Shape::new(spans) {
            Err(_) if self.near => {
                self.wide = true;
                return Ok(false);
            }
            shape => shape?,
        };
        self.table.grow(shape, moved)?;
        if let Some(sums) = &mut self.sums {
            sums.grow(shape, moved)?;
        }
        Ok(true)
    }
}
