//! Masses as rows wherever they are as good as rows, for measures that compare products of counts exactly.

use std::borrow::Cow;

use super::area::are_rows;
use crate::tally::Masses;

/// `[positives, negatives]` of the groups.
pub(crate) enum Held<'t> {
    /// Rows, or integer weights whose totals float64 holds: they give the very bits that repeating the row would.
    Rows([Cow<'t, [u64]>; 2]),
    /// Other weights.
    Weights([&'t [f64]; 2]),
}

impl<'t> Held<'t> {
    pub(crate) fn of(masses: &'t Masses) -> Self {
        match masses {
            Masses::Counts { positives, negatives } => Self::Rows([Cow::from(positives), Cow::from(negatives)]),
            Masses::Weights { positives, negatives } if are_rows(positives) && are_rows(negatives) => {
                Self::Rows([positives, negatives].map(|sums| sums.iter().map(|&sum| sum as u64).collect()))
            }
            Masses::Weights { positives, negatives } => Self::Weights([positives, negatives]),
        }
    }
}

/// The product, which no two counts of rows overflow.
pub(crate) fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_weights_are_rows_and_others_are_not() {
        let weights = |first: f64| Masses::Weights { positives: vec![first, 2.0], negatives: vec![0.0, 3.0] };
        let (whole, broken) = (weights(1.0), weights(0.5));
        assert!(matches!(Held::of(&whole), Held::Rows([p, n]) if p[..] == [1, 2] && n[..] == [0, 3]));
        assert!(matches!(Held::of(&broken), Held::Weights(_)));
    }
}
