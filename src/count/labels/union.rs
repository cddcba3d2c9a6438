//! The tables of all threads as one, over the labels that occur.

use super::codes::Label;
use super::table::MOST_CELLS;
use super::{LabelPairs, Part};
use crate::error::{Error, Result};

/// The most cells of the table over all labels.
const MOST: usize = 4 * MOST_CELLS;

/// A code of a column that occurs in a part, and its place among the labels of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) code: usize,
    pub(super) place: usize,
}

/// A label of one column of one part.
struct Occurrence {
    label: Label,
    predicted: bool,
    row: usize,
    code: usize,
}

/// One table over the labels that occur, of all parts of `rows` rows.
pub(super) fn union(parts: &[Part<'_>], rows: usize) -> Result<LabelPairs> {
    let counted: Vec<_> = parts.iter().map(|part| part.table.counts()).collect();
    let found: Vec<_> = parts.iter().zip(&counted).map(|(part, counts)| occurring(part, counts)).collect();
    let mut labels: Vec<&Occurrence> = found.iter().flatten().collect();
    // Of one label, a true one comes first, and of those the first row.
    labels.sort_unstable_by(|a, b| (&a.label, a.predicted, a.row).cmp(&(&b.label, b.predicted, b.row)));
    labels.dedup_by(|later, kept| later.label == kept.label);
    let classes = labels.len();
    if classes.saturating_mul(classes) > MOST {
        return Err(Error::TooManyClasses { limit: MOST });
    }
    let mut pairs = LabelPairs {
        labels: labels.iter().map(|each| each.number(rows)).collect(),
        among_true: labels.iter().map(|each| !each.predicted).collect(),
        counts: vec![0; classes * classes],
        weights: None,
    };
    for ((part, counts), found) in parts.iter().zip(&counted).zip(&found) {
        let places = [false, true].map(|predicted| {
            let side = found.iter().filter(|each| each.predicted == predicted);
            let place = |label| labels.binary_search_by(|known| known.label.cmp(label)).unwrap_or_default();
            side.map(|each| Place { code: each.code, place: place(&each.label) }).collect::<Vec<_>>()
        });
        let width = part.table.shape.spans()[1];
        for row in &places[0] {
            for column in &places[1] {
                pairs.counts[row.place * classes + column.place] += counts[row.code * width + column.code];
            }
        }
        if let Some(sums) = &part.sums {
            pairs.weights = Some(sums.renamed(&places, classes));
        }
    }
    Ok(pairs)
}

/// The labels of both columns that rows of a part have.
fn occurring(part: &Part<'_>, counts: &[u64]) -> Vec<Occurrence> {
    let [rows, width] = part.table.shape.spans();
    let mut occurs = [vec![false; rows], vec![false; width]];
    for (row, counts) in counts.chunks_exact(width).enumerate() {
        for (column, &count) in counts.iter().enumerate() {
            occurs[0][row] |= count > 0;
            occurs[1][column] |= count > 0;
        }
    }
    let side = |predicted: bool| {
        let labels = part.readers[usize::from(predicted)].labels().into_iter().enumerate();
        labels.map(move |(code, (label, row))| Occurrence { label, predicted, row, code })
    };
    let occurs = |each: &Occurrence| occurs[usize::from(each.predicted)].get(each.code) == Some(&true);
    side(false).chain(side(true)).filter(occurs).collect()
}

impl Occurrence {
    fn number(&self, rows: usize) -> i64 {
        match self.label {
            Label::Number(number) => number,
            Label::Text(_) => (self.row + usize::from(self.predicted) * rows) as i64,
        }
    }
}
