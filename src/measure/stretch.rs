//! Groups a stretch at a time, in columns of float64: short loops that the compiler turns into vectors.

use std::ops::Range;

use super::sum::{Compensated, Mass, Step, steps_from};

/// Groups handled at a time.
pub(crate) const STRETCH: usize = 256;

/// A column of terms, a group each.
pub(crate) type Terms = [f64; STRETCH];

/// Neighbouring groups, with what lies above them.
pub(crate) struct Stretch {
    len: usize,
    /// Positives and negatives of each.
    pub p: Terms,
    pub n: Terms,
    /// `[i]`: what lies above group `i`; `[i + 1]`: what is admitted with it.
    pub tp: [f64; STRETCH + 1],
    pub fp: [f64; STRETCH + 1],
    /// Every `tp / (tp + fp)` is as [`Mass::share`] gives it.
    pub plain: bool,
}

impl Stretch {
    fn new() -> Self {
        let above = [0.0; STRETCH + 1];
        Self { len: 0, p: [0.0; STRETCH], n: [0.0; STRETCH], tp: above, fp: above, plain: false }
    }

    /// Reads the next groups; `above` is what lies above them, and then what is admitted with them.
    fn read<M: Mass>(&mut self, above: &mut [M::Sum; 2], positives: &[M], negatives: &[M]) {
        self.len = positives.len();
        self.p.iter_mut().zip(positives).for_each(|(p, mass)| *p = mass.real());
        self.n.iter_mut().zip(negatives).for_each(|(n, mass)| *n = mass.real());
        let [mut true_sum, mut false_sum] = *above;
        (self.tp[0], self.fp[0]) = (M::total(true_sum).real(), M::total(false_sum).real());
        let admitted = self.tp[1..].iter_mut().zip(&mut self.fp[1..]);
        for ((tp, fp), (&p, &n)) in admitted.zip(positives.iter().zip(negatives)) {
            M::add(&mut true_sum, p);
            M::add(&mut false_sum, n);
            (*tp, *fp) = (M::total(true_sum).real(), M::total(false_sum).real());
        }
        *above = [true_sum, false_sum];
        self.plain = M::total(true_sum).plain(M::total(false_sum)); // the largest of them
    }

    /// Places of the groups; none that the compiler would have to check.
    #[inline(always)]
    pub(crate) fn groups(&self) -> Range<usize> {
        0..self.len.min(STRETCH)
    }

    /// The largest of a column.
    pub(crate) fn most(&self, column: &Terms) -> f64 {
        column[self.groups()].iter().fold(0.0, |most, &value| if value > most { value } else { most })
    }
}

/// The sums over all groups, from the highest score down, of the terms that `single` makes of each; and the totals of
/// positives and negatives.
///
/// `together` writes the terms of a stretch, or declines those that it would not get right.
#[inline(always)]
pub(crate) fn summed<M: Mass, const N: usize>(
    positives: &[M],
    negatives: &[M],
    together: impl Fn(&Stretch, &mut [Terms; N]) -> bool,
    single: impl Fn(&Step<M>) -> [f64; N],
) -> ([Compensated; N], [M; 2]) {
    let (mut stretch, mut terms) = (Stretch::new(), [[0.0; STRETCH]; N]);
    let (mut sums, mut above) = ([Compensated::default(); N], [M::Sum::default(); 2]);
    for (positives, negatives) in positives.chunks(STRETCH).zip(negatives.chunks(STRETCH)) {
        let before = above;
        stretch.read(&mut above, positives, negatives);
        if !together(&stretch, &mut terms) {
            for (i, step) in steps_from(before, positives, negatives).enumerate() {
                let own = single(&step);
                terms.iter_mut().zip(own).for_each(|(terms, term)| terms[i] = term);
            }
        }
        for i in stretch.groups() {
            sums.iter_mut().zip(&terms).for_each(|(sum, terms)| sum.add(terms[i]));
        }
    }
    (sums, above.map(M::total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_says_what_steps_say() {
        let column = |factor: u64| (0..600_u64).map(|i| i * factor % 7).collect::<Vec<u64>>();
        let (positives, negatives) = (column(5), column(3));
        let together = |s: &Stretch, [terms]: &mut [Terms; 1]| {
            s.groups().for_each(|i| terms[i] = s.p[i] * s.fp[i] + s.n[i] * s.tp[i + 1] - s.tp[i] + s.fp[i + 1]);
            s.plain
        };
        let single = |step: &Step<u64>| {
            [(step.p * step.fp_before + step.n * step.tp) as f64 - step.tp_before as f64 + step.fp as f64]
        };
        let (sums, totals) = summed(&positives, &negatives, together, single);
        let ours = sums[0].total();
        assert_eq!(totals, [positives.iter().sum::<u64>(), negatives.iter().sum()]);
        assert_eq!(ours, summed(&positives, &negatives, |_, _| false, single).0[0].total());
        let real = |column: &[u64]| column.iter().map(|&mass| mass as f64).collect::<Vec<f64>>();
        let of_weights = summed(&real(&positives), &real(&negatives), together, |_| unreachable!());
        assert_eq!(ours, of_weights.0[0].total());
    }

    #[test]
    fn masses_too_large_for_float64_are_no_plain_ones() {
        let plain = |s: &Stretch, [terms]: &mut [Terms; 1]| {
            terms[0] = f64::from(u8::from(s.plain));
            true
        };
        let of = |p: u64| summed(&[p], &[3], plain, |_| [f64::NAN]).0[0].total();
        assert_eq!([of(1 << 51), of(1 << 53)], [1.0, 0.0]);
        assert_eq!(summed(&[1e308], &[1e308], plain, |_| [f64::NAN]).0[0].total(), 0.0);
    }
}
