//! [`Figure`]: what a threshold is judged by, at the share of positives that it is judged at.

use super::super::cost::Costs;
use super::super::rate::Rate;
use super::cuts::{Cell, Cuts};

/// What is to be best.
#[derive(Debug, Clone, PartialEq)]
pub enum Objective {
    /// A rate: the highest, or the lowest of those where less is better (false positive, false negative, false
    /// discovery and error rates, and the negative likelihood ratio).
    Rate(Rate),
    /// Expected cost of a row: the lowest.
    Cost(Costs),
    /// The highest of these values, one a candidate, in the order of [`candidates`](super::candidates).
    Values(Vec<f64>),
}

/// A rate and where it must lie, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// The rate; undefined, it satisfies nothing.
    pub rate: Rate,
    /// Least value; −∞: any.
    pub low: f64,
    /// Largest value; ∞: any.
    pub high: f64,
}

/// Values closer than this, in units of the largest there can be (of the value, where there is no such), are ties where
/// they are not exact quotients. A few times what rounding does to a rate of sums of weights.
const TIED: f64 = 1e-14;

/// Up to this many rows products of two counts are exact in float64, so that exact rates cost no more than others.
const EXACT_ROWS: f64 = 67_108_864.0; // 2^26

/// Rates and costs of the cuts of one tally.
pub(super) struct Figure<'o> {
    pub objective: &'o Objective,
    /// What positives and negatives are multiplied by to reach the prevalence asked for.
    pub mix: Option<[f64; 2]>,
    exact: bool,
    many: bool,
    rows: bool,
}

impl<'o> Figure<'o> {
    pub(super) fn new<M: Cell>(
        objective: &'o Objective,
        prevalence: Option<f64>,
        cuts: &Cuts<'_, M>,
        rows: bool,
    ) -> Self {
        let mix = prevalence.map(|share| {
            let [positives, negatives] = cuts.totals();
            [factor(share, positives + negatives, positives), factor(1.0 - share, positives + negatives, negatives)]
        });
        Self::judged(objective, mix, rows, rows && cuts.mass() > EXACT_ROWS)
    }

    /// Another objective for the same cuts.
    pub(super) fn with<'p>(&self, objective: &'p Objective) -> Figure<'p> {
        Figure::judged(objective, self.mix, self.rows, self.many)
    }

    fn judged(objective: &'o Objective, mix: Option<[f64; 2]>, rows: bool, many: bool) -> Self {
        let quotient = match objective {
            Objective::Rate(Rate::MatthewsCorrelation) => false,
            Objective::Rate(Rate::FScore { beta }) => *beta == 1.0,
            Objective::Rate(rate) => !(many && multiplies(*rate)),
            Objective::Cost(costs) => costs.whole(),
            Objective::Values(_) => true,
        };
        let exact = matches!(objective, Objective::Values(_)) || (rows && mix.is_none() && quotient);
        Self { objective, mix, exact, many, rows }
    }

    /// The value at the `i`-th candidate: what is reported.
    pub(super) fn value<M: Cell>(&self, i: usize, cells: [M; 4]) -> f64 {
        match self.objective {
            Objective::Rate(rate) => self.rate(*rate, cells),
            Objective::Cost(costs) => match self.mixed(cells) {
                Some([tp, fp, fn_, tn]) => costs.of(tp, fp, fn_, tn),
                None => M::cost(cells, *costs),
            },
            Objective::Values(values) => values[i],
        }
    }

    /// The value, negated where less is better: what is compared.
    pub(super) fn merit<M: Cell>(&self, i: usize, cells: [M; 4]) -> f64 {
        match self.objective {
            Objective::Rate(rate) if self.many && self.mix.is_none() && multiplies(*rate) => {
                self.signed(f64::rate(cells.map(M::real), *rate))
            }
            _ => self.signed(self.value(i, cells)),
        }
    }

    /// The value of a merit, and the other way round.
    pub(super) fn signed(&self, value: f64) -> f64 {
        if self.minimises() { -value } else { value }
    }

    pub(super) fn minimises(&self) -> bool {
        match self.objective {
            Objective::Rate(rate) => less_is_better(*rate),
            Objective::Cost(_) => true,
            Objective::Values(_) => false,
        }
    }

    /// True when the value is one quotient of sums of rows, each an integer or half of one.
    pub(super) fn divides_once(&self) -> bool {
        let objective = matches!(self.objective, Objective::Rate(rate) if !multiplies(*rate));
        self.exact && objective
    }

    /// How far below the best merit a tie may lie.
    pub(super) fn slack(&self, best: f64) -> f64 {
        match self.objective {
            _ if self.exact => 0.0,
            Objective::Cost(costs) => TIED * costs.largest(),
            _ => TIED * best.abs().max(1.0),
        }
    }

    /// A rate at the prevalence asked for.
    pub(super) fn rate<M: Cell>(&self, rate: Rate, cells: [M; 4]) -> f64 {
        match self.mixed(cells) {
            Some(cells) => f64::rate(cells, rate),
            None => M::rate(cells, rate),
        }
    }

    fn mixed<M: Cell>(&self, cells: [M; 4]) -> Option<[f64; 4]> {
        let [positives, negatives] = self.mix?;
        let [tp, fp, fn_, tn] = cells;
        let (tp, fn_) = (tp.real() * positives, fn_.real() * positives);
        Some([tp, fp.real() * negatives, fn_, tn.real() * negatives])
    }

    /// How far the worst rate lies outside its limit: 0 when all are satisfied, ∞ for an undefined one.
    pub(super) fn shortfall<M: Cell>(&self, limits: &[Limit], cells: [M; 4]) -> f64 {
        limits.iter().fold(0.0, |worst, limit| {
            let rate = self.rate(limit.rate, cells);
            let off = (limit.low - rate).max(rate - limit.high).max(0.0);
            if rate.is_nan() { f64::INFINITY } else { worst.max(off) }
        })
    }
}

/// What a class is multiplied by to hold `share` of the total; NaN for none of something.
fn factor(share: f64, total: f64, held: f64) -> f64 {
    if held > 0.0 {
        share * (total / held)
    } else if share == 0.0 {
        0.0
    } else {
        f64::NAN
    }
}

/// True for rates of which a classifier wants less.
fn less_is_better(rate: Rate) -> bool {
    matches!(
        rate,
        Rate::FalsePositiveRate
            | Rate::FalseNegativeRate
            | Rate::FalseDiscoveryRate
            | Rate::ErrorRate
            | Rate::NegativeLikelihoodRatio
    )
}

/// True for rates whose exact quotient is of products of counts.
fn multiplies(rate: Rate) -> bool {
    matches!(
        rate,
        Rate::BalancedAccuracy
            | Rate::MatthewsCorrelation
            | Rate::CohenKappa
            | Rate::YoudenJ
            | Rate::Markedness
            | Rate::Lift
            | Rate::PositiveLikelihoodRatio
            | Rate::NegativeLikelihoodRatio
    )
}
