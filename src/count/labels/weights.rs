//! [`Sums`]: weights of rows added by a pair of codes, in the order of the rows.

use super::LabelWeights;
use super::table::Shape;
use super::union::Place;
use crate::error::Result;
use crate::simd;

/// Sums by pair of codes, and by code of either column. Each is the float that adding row by row gives; what rounding left
/// out of a cell stands beside it.
#[derive(Debug)]
pub(super) struct Sums {
    shape: Shape,
    cells: Vec<f64>,
    left_out: Vec<f64>,
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl Sums {
    pub(super) fn new(shape: Shape) -> Result<Self> {
        let zeros = |len| simd::zeros(len, "a table of pairs of labels");
        let [rows, columns] = shape.spans();
        let (cells, left_out) = (zeros(shape.cells())?, zeros(shape.cells())?);
        Ok(Self { shape, cells, left_out, rows: zeros(rows)?, columns: zeros(columns)? })
    }

    /// Lays the sums out for `shape`, in which codes are larger by `moved`.
    pub(super) fn grow(&mut self, shape: Shape, moved: [usize; 2]) -> Result<()> {
        let mut grown = Self::new(shape)?;
        grown.cells = shape.spread(&self.cells, self.shape, moved)?;
        grown.left_out = shape.spread(&self.left_out, self.shape, moved)?;
        for (old, sums, moved) in
            [(&self.rows, &mut grown.rows, moved[0]), (&self.columns, &mut grown.columns, moved[1])]
        {
            sums.iter_mut().skip(moved).zip(old).for_each(|(sum, &old)| *sum = old);
        }
        *self = grown;
        Ok(())
    }

    /// Adds each weight at the cell of its pair; a cell beyond the table takes none.
    pub(super) fn add(&mut self, first: &[u32], second: &[u32], weights: &[f64]) {
        for ((&first, &second), &weight) in first.iter().zip(second).zip(weights) {
            let cell = self.shape.cell(first, second);
            if let (Some(sum), Some(left_out), Some(row), Some(column)) = (
                self.cells.get_mut(cell),
                self.left_out.get_mut(cell),
                self.rows.get_mut(first as usize),
                self.columns.get_mut(second as usize),
            ) {
                *left_out += left_out_by_adding(*sum, weight);
                *sum += weight;
                *row += weight;
                *column += weight;
            }
        }
    }

    /// The sums over `classes` labels, where codes that occur have these places.
    pub(super) fn renamed(&self, places: &[Vec<Place>; 2], classes: usize) -> LabelWeights {
        let square = |sums: &[f64]| {
            let mut cells = vec![0.0; classes * classes];
            for row in &places[0] {
                for column in &places[1] {
                    cells[row.place * classes + column.place] = sums[row.code << self.shape.shift | column.code];
                }
            }
            cells
        };
        let line = |places: &[Place], sums: &[f64]| {
            let mut line = vec![0.0; classes];
            places.iter().for_each(|each| line[each.place] = sums[each.code]);
            line
        };
        LabelWeights {
            cells: square(&self.cells),
            left_out: square(&self.left_out),
            of_true: line(&places[0], &self.rows),
            of_predicted: line(&places[1], &self.columns),
        }
    }
}

/// `sum + more` less its float: exact. Source: Knuth, The Art of Computer Programming, vol. 2, section 4.2.2, theorem B.
#[inline(always)]
fn left_out_by_adding(sum: f64, more: f64) -> f64 {
    let total = sum + more;
    let rounded = total - sum;
    (sum - (total - rounded)) + (more - rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rounding_left_out_stands_beside_the_sum() {
        let shape = Shape::new([1, 1]).unwrap();
        let mut sums = Sums::new(shape).unwrap();
        sums.add(&[0; 1000], &[0; 1000], &[0.1; 1000]);
        assert_eq!(sums.cells[0], (0..1000).fold(0.0, |sum, _| sum + 0.1));
        assert_ne!(sums.cells[0], 100.0);
        assert_eq!(sums.cells[0] + sums.left_out[0], 100.0);
    }
}
