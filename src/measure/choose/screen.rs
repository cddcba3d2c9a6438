//! [`Screen`]: merits as plain float64, some hundred cuts at a time, so that few need to be worked out exactly.

use super::super::rate::Rate;
use super::cuts::{Cell, Cuts};
use super::figure::{Figure, Limit, Objective};

/// How far an estimate may be off, in units of the larger of 1 and the merit (of the largest cost, for costs).
const MARGIN: f64 = 1e-12;

/// Where values must lie, with what is too close to an end to be told by an estimate.
#[derive(Clone, Copy)]
pub(super) struct Band {
    minimises: bool,
    low: (f64, f64),
    high: (f64, f64),
}

impl Band {
    /// Whether values between these two estimates, the least and the most, lie inside; None where that is not clear.
    #[inline(always)]
    pub(super) fn holds(&self, ends: [f64; 2]) -> Option<bool> {
        let [least, most] = if self.minimises { ends.map(|estimate| -estimate) } else { ends };
        if most < self.low.0 || least > self.high.1 {
            Some(false)
        } else if most > self.low.1 && least < self.high.0 {
            Some(true)
        } else {
            None
        }
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

    /// What a limit of the figure asks of estimates.
    pub(super) fn band(&self, limit: Limit) -> Band {
        Band { minimises: self.figure.minimises(), low: self.around(limit.low), high: self.around(limit.high) }
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

#[cfg(test)]
mod tests {
    use super::super::blocks::{Block, Blocks};
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
            let (blocks, mut block) = (Blocks::new(&cuts), Block::default());
            for number in 0..blocks.len() {
                blocks.fill(number, &screen, &mut block);
                for (i, &estimate) in block.estimates.iter().enumerate() {
                    let exact = screen.exact(block.first + i, block.cells[i]);
                    let (low, high) = screen.around(exact);
                    assert!((low <= estimate && estimate <= high) || exact.is_nan() && estimate.is_nan(), "{name}");
                    seen += 1;
                }
            }
            assert_eq!(seen, 1001);
        }
    }
}
