//! [`Screen`]: merits as plain float64, some hundred cuts at a time, so that few need to be worked out exactly.

use super::super::rate::Rate;
use super::super::sum::Mass;
use super::cuts::{Cell, Cuts, Sums};
use super::figure::{Figure, Limit, Objective};

/// Cuts looked at together.
pub(super) const BLOCK: usize = 256;

/// How far an estimate may be off, in units of the larger of 1 and the merit (of the largest cost, for costs).
const MARGIN: f64 = 1e-12;

/// Consecutive cuts, with an estimate of the merit of each; NaN where it is undefined.
pub(super) struct Block<M: Mass> {
    /// The first of the cuts.
    pub first: usize,
    /// What lies above it.
    sums: Sums<M>,
    pub cells: Vec<[M; 4]>,
    pub estimates: Vec<f64>,
}

impl<M: Cell> Block<M> {
    /// The highest estimate, −∞ where none is defined.
    pub(super) fn most(&self) -> f64 {
        self.estimates.iter().fold(f64::NEG_INFINITY, |most, &merit| if merit > most { merit } else { most })
    }
}

/// Where a block begins, and the highest estimate in it.
pub(super) struct Mark<M: Mass> {
    pub first: usize,
    pub most: f64,
    sums: Sums<M>,
}

impl<M: Cell> Mark<M> {
    pub(super) fn of(block: &Block<M>) -> Self {
        Self { first: block.first, most: block.most(), sums: block.sums }
    }
}

/// Tables, and room for an estimate of each.
struct Tables<'b, M> {
    /// The cut of the first.
    first: usize,
    cells: &'b [[M; 4]],
    estimates: &'b mut [f64],
}

/// How merits are estimated.
pub(super) struct Screen<'f, 'o> {
    pub figure: &'f Figure<'o>,
    /// The last cut: candidates ascend, cuts descend.
    last: usize,
    /// False for weights so large or small that products of them may leave float64's range.
    plain: bool,
    margin: f64,
    /// True where an estimate is the merit itself: one division of integers that float64 holds.
    sharp: bool,
}

impl<'f, 'o> Screen<'f, 'o> {
    pub(super) fn new<M: Cell>(figure: &'f Figure<'o>, cuts: &Cuts<'_, M>) -> Self {
        let margin = match figure.objective {
            Objective::Cost(costs) => MARGIN * costs.largest(),
            _ => MARGIN,
        };
        let (mass, sharp) = (cuts.mass(), figure.divides_once());
        Self { figure, last: cuts.ends.1, plain: (1e-70..1e70).contains(&mass), margin, sharp: sharp && mass < 9e15 }
    }

    /// True when the merit of cut `k` is at least `least` (more, when `strictly`); `around` is that of `least`.
    #[inline(always)]
    pub(super) fn reaches<M: Cell>(
        &self,
        estimate: f64,
        (k, cells): (usize, [M; 4]),
        (below, above): (f64, f64),
        least: impl Fn() -> f64,
        strictly: bool,
    ) -> bool {
        if self.sharp || !(estimate >= below && estimate <= above) {
            return if strictly { estimate > above } else { estimate >= above };
        }
        let (merit, least) = (self.exact(k, cells), least());
        if strictly { merit > least } else { merit >= least }
    }

    /// The value of cut `k`.
    pub(super) fn value<M: Cell>(&self, estimate: f64, k: usize, cells: [M; 4]) -> f64 {
        if self.sharp { self.figure.signed(estimate) } else { self.figure.value(self.last - k, cells) }
    }

    /// The merit of cut `k` itself.
    pub(super) fn exact<M: Cell>(&self, k: usize, cells: [M; 4]) -> f64 {
        self.figure.merit(self.last - k, cells)
    }

    /// Above this an estimate is certainly of a higher merit than `merit`, below the other of a lower one.
    pub(super) fn around(&self, merit: f64) -> (f64, f64) {
        let off = match self.figure.objective {
            _ if self.sharp => 0.0,
            Objective::Cost(_) => self.margin,
            _ => self.margin * merit.abs().max(1.0),
        };
        if merit.is_finite() { (merit - off, merit + off) } else { (merit, merit) }
    }

    /// Whether values between these two estimates, the least and the most, can lie within the limit; None where that is not
    /// clear.
    pub(super) fn within(&self, limit: Limit, [least, most]: [f64; 2]) -> Option<bool> {
        let [least, most] = [least, most].map(|estimate| self.figure.signed(estimate));
        let (low, high) = (self.around(limit.low), self.around(limit.high));
        if most < low.0 || least > high.1 {
            Some(false)
        } else if most > low.1 && least < high.0 {
            Some(true)
        } else {
            None
        }
    }

    /// Every cut from the highest threshold down, in blocks, as long as `look` says so.
    pub(super) fn blocks<M: Cell>(&self, cuts: &Cuts<'_, M>, mut look: impl FnMut(&Block<M>) -> bool) {
        let (mut sums, (first, last)) = (Sums::new(cuts), cuts.ends);
        cuts.positives[..first].iter().zip(cuts.negatives).for_each(|(&p, &n)| sums.add(p, n));
        let mut mark = Mark { first, most: f64::NAN, sums };
        let mut block = Block { first, sums, cells: vec![], estimates: vec![] };
        while mark.first <= last {
            self.fill_block(cuts, &mut mark, &mut block);
            if !look(&block) {
                return;
            }
        }
    }

    /// Some of these blocks once more, as long as `look` says so, which is asked of each first whether it wants it.
    pub(super) fn again<M: Cell>(
        &self,
        cuts: &Cuts<'_, M>,
        marks: &[Mark<M>],
        mut look: impl FnMut(&Mark<M>, &mut dyn FnMut() -> Block<M>) -> bool,
    ) {
        for mark in marks {
            let mut made = || {
                let mut next = Mark { ..*mark };
                let mut block = Block { first: mark.first, sums: mark.sums, cells: vec![], estimates: vec![] };
                self.fill_block(cuts, &mut next, &mut block);
                block
            };
            if !look(mark, &mut made) {
                return;
            }
        }
    }

    /// The block at the mark, which then moves to the next.
    fn fill_block<M: Cell>(&self, cuts: &Cuts<'_, M>, mark: &mut Mark<M>, block: &mut Block<M>) {
        let (start, end) = (mark.first, cuts.ends.1.min(mark.first + BLOCK - 1));
        (block.first, block.sums) = (start, mark.sums);
        block.cells.resize(end + 1 - start, [M::ZERO; 4]);
        let groups = cuts.positives[start..].iter().zip(&cuts.negatives[start..]);
        let mut sums = mark.sums;
        for (cells, (&p, &n)) in block.cells.iter_mut().zip(groups) {
            *cells = sums.cells();
            sums.add(p, n);
        }
        if end == cuts.positives.len() {
            block.cells[end - start] = sums.cells(); // the last cut has no group below it
        }
        self.estimates(start, &block.cells, &mut block.estimates);
        (mark.first, mark.sums) = (end + 1, sums);
    }

    /// Estimates of these tables, of which the first belongs to cut `first`.
    pub(super) fn estimates<M: Cell>(&self, first: usize, cells: &[[M; 4]], estimates: &mut Vec<f64>) {
        estimates.resize(cells.len(), 0.0);
        let tables = Tables { first, cells, estimates };
        match self.figure.objective {
            Objective::Rate(rate) if self.plain => self.rates(*rate, tables),
            Objective::Cost(costs) if self.plain => {
                let [a, b, c, d] = costs.cells();
                self.fill(tables, |tp, fp, fn_, tn| (a * tp + b * fp + c * fn_ + d * tn) / (tp + fp + fn_ + tn));
            }
            _ => self.fill(tables, |_, _, _, _| f64::NAN),
        }
    }

    /// Estimates by `of`; what is not finite is worked out.
    fn fill<M: Cell>(&self, tables: Tables<'_, M>, of: impl Fn(f64, f64, f64, f64) -> f64) {
        let [positives, negatives] = self.figure.mix.unwrap_or([1.0; 2]);
        let sign = self.figure.signed(1.0);
        let mut finite = true;
        for (estimate, &[tp, fp, fn_, tn]) in tables.estimates.iter_mut().zip(tables.cells) {
            let (tp, fn_) = (tp.real() * positives, fn_.real() * positives);
            *estimate = sign * of(tp, fp.real() * negatives, fn_, tn.real() * negatives);
            finite &= estimate.is_finite();
        }
        if finite {
            return;
        }
        for (i, estimate) in tables.estimates.iter_mut().enumerate().filter(|(_, estimate)| !estimate.is_finite()) {
            *estimate = self.exact(tables.first + i, tables.cells[i]);
        }
    }

    /// The table of [`Rate`], once more, without care for range and the last bits.
    fn rates<M: Cell>(&self, rate: Rate, tables: Tables<'_, M>) {
        match rate {
            Rate::Recall => self.fill(tables, |tp, _, fn_, _| tp / (tp + fn_)),
            Rate::FalsePositiveRate => self.fill(tables, |_, fp, _, tn| fp / (fp + tn)),
            Rate::FalseNegativeRate => self.fill(tables, |tp, _, fn_, _| fn_ / (tp + fn_)),
            Rate::Specificity => self.fill(tables, |_, fp, _, tn| tn / (fp + tn)),
            Rate::Precision => self.fill(tables, |tp, fp, _, _| tp / (tp + fp)),
            Rate::NegativePredictiveValue => self.fill(tables, |_, _, fn_, tn| tn / (fn_ + tn)),
            Rate::FalseDiscoveryRate => self.fill(tables, |tp, fp, _, _| fp / (tp + fp)),
            Rate::Accuracy => self.fill(tables, |tp, fp, fn_, tn| (tp + tn) / (tp + tn + fp + fn_)),
            Rate::ErrorRate => self.fill(tables, |tp, fp, fn_, tn| (fp + fn_) / (tp + tn + fp + fn_)),
            Rate::BalancedAccuracy => self.fill(tables, |tp, fp, fn_, tn| 0.5 * (tp / (tp + fn_) + tn / (fp + tn))),
            Rate::FScore { beta } => {
                let (recall_share, precision_share) = Rate::f_shares(beta);
                self.fill(tables, |tp, fp, fn_, _| tp / (tp + recall_share * fn_ + precision_share * fp));
            }
            Rate::Jaccard => self.fill(tables, |tp, fp, fn_, _| tp / (tp + fp + fn_)),
            Rate::MatthewsCorrelation => self.fill(tables, |tp, fp, fn_, tn| {
                (tp * tn - fp * fn_) / ((tp + fp) * (tp + fn_) * (fp + tn) * (fn_ + tn)).sqrt()
            }),
            Rate::CohenKappa => self.fill(tables, |tp, fp, fn_, tn| {
                2.0 * (tp * tn - fp * fn_) / ((tp + fp) * (fp + tn) + (tp + fn_) * (fn_ + tn))
            }),
            Rate::YoudenJ => self.fill(tables, |tp, fp, fn_, tn| tp / (tp + fn_) - fp / (fp + tn)),
            Rate::Markedness => self.fill(tables, |tp, fp, fn_, tn| tp / (tp + fp) - fn_ / (fn_ + tn)),
            Rate::Prevalence => self.fill(tables, |tp, fp, fn_, tn| (tp + fn_) / (tp + fn_ + fp + tn)),
            Rate::PredictedPositiveRate => self.fill(tables, |tp, fp, fn_, tn| (tp + fp) / (tp + fp + fn_ + tn)),
            Rate::Lift => self.fill(tables, |tp, fp, fn_, tn| tp / (tp + fp) * ((tp + fn_ + fp + tn) / (tp + fn_))),
            Rate::PositiveLikelihoodRatio => self.fill(tables, |tp, fp, fn_, tn| tp * (fp + tn) / (fp * (tp + fn_))),
            Rate::NegativeLikelihoodRatio => self.fill(tables, |tp, fp, fn_, tn| fn_ * (fp + tn) / (tn * (tp + fn_))),
        }
    }
}

/// Limits, judged by estimates where these are clear.
pub(super) struct Limits<'f, 'o> {
    figure: &'f Figure<'o>,
    limits: &'f [Limit],
    screens: &'f [Screen<'f, 'f>],
    /// Estimates of every rate, of the block that begins at this cut.
    block: Option<usize>,
    estimates: Vec<Vec<f64>>,
}

impl<'f, 'o> Limits<'f, 'o> {
    /// One screen a limit.
    pub(super) fn new(figure: &'f Figure<'o>, limits: &'f [Limit], screens: &'f [Screen<'f, 'f>]) -> Self {
        Self { figure, limits, screens, block: None, estimates: vec![vec![]; limits.len()] }
    }

    /// True when the `i`-th cut of the block is within every limit.
    pub(super) fn hold<M: Cell>(&mut self, block: &Block<M>, i: usize) -> bool {
        if self.limits.is_empty() {
            return true;
        }
        if self.block != Some(block.first) {
            for (screen, estimates) in self.screens.iter().zip(&mut self.estimates) {
                screen.estimates(block.first, &block.cells, estimates);
            }
            self.block = Some(block.first);
        }
        let mut unclear = false;
        for ((limit, screen), estimates) in self.limits.iter().zip(self.screens).zip(&self.estimates) {
            match screen.within(*limit, [estimates[i]; 2]) {
                Some(false) => return false,
                Some(true) => {}
                None => unclear = true,
            }
        }
        !unclear || self.figure.shortfall(self.limits, block.cells[i]) == 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_as_close_as_is_said() {
        let names = ["recall", "false_positive_rate", "false_negative_rate", "specificity", "precision"];
        let more = ["negative_predictive_value", "false_discovery_rate", "accuracy", "error_rate", "balanced_accuracy"];
        let rest = ["f_score", "f1", "jaccard", "matthews_correlation", "cohen_kappa", "youden_j", "markedness"];
        let last = ["prevalence", "predicted_positive_rate", "lift", "positive_likelihood_ratio"];
        let thresholds: Vec<f64> = (0..1000).rev().map(f64::from).collect();
        let masses = |a: u64| (0..1000_u64).map(|i| (i * i * a) % 7_919).collect::<Vec<_>>();
        let (positives, negatives) = (masses(31), masses(17));
        let cuts = Cuts::new(&thresholds, &positives, &negatives);
        for name in [&names[..], &more, &rest, &last, &["negative_likelihood_ratio"]].concat() {
            let objective = Objective::Rate(Rate::named(name, 2.0).unwrap().unwrap());
            let figure = Figure::new(&objective, None, &cuts, true);
            let screen = Screen::new(&figure, &cuts);
            let mut seen = 0;
            screen.blocks(&cuts, |block| {
                for (i, &estimate) in block.estimates.iter().enumerate() {
                    let exact = screen.exact(block.first + i, block.cells[i]);
                    let (low, high) = screen.around(exact);
                    assert!((low <= estimate && estimate <= high) || exact.is_nan() && estimate.is_nan(), "{name}");
                    seen += 1;
                }
                true
            });
            assert_eq!(seen, 1001);
        }
    }
}
