//! Definitions in rational arithmetic: slow, short, and exact. Everything fast is compared with these.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use num_bigint::BigInt;
use num_rational::Ratio;
use num_traits::{One, Signed, Zero};
use thresher::tally::{Masses, Tally};

/// A fraction of arbitrary size.
pub type Rational = Ratio<BigInt>;

/// A group's positives and negatives.
pub type Group = (Rational, Rational);

/// An integer as a fraction.
pub fn whole(value: impl Into<BigInt>) -> Rational {
    Rational::from_integer(value.into())
}

/// The exact value of a finite float64.
pub fn exactly(value: f64) -> Rational {
    assert!(value.is_finite(), "{value} is no number");
    let bits = value.to_bits();
    let (biased, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    let (mantissa, power) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    let size = whole(mantissa) * power_of_two(power);
    if value.is_sign_negative() { -size } else { size }
}

/// The float64 nearest to a fraction, ties to even.
pub fn nearest(value: &Rational) -> f64 {
    if value.is_zero() {
        return 0.0;
    }
    let size = value.abs();
    // size / 2^power has 53 bits before the point, or fewer below float64's normal range
    let bits = size.numer().bits() as i32 - size.denom().bits() as i32;
    let mut power = (bits - 53).max(-1074);
    while size >= whole(1_u64 << 53) * power_of_two(power) {
        power += 1;
    }
    let scaled = size / power_of_two(power);
    let (floor, rest) = (scaled.to_integer(), scaled.fract());
    let half = Rational::new(BigInt::one(), BigInt::from(2));
    let odd = (&floor % BigInt::from(2)).is_one();
    let mantissa = if rest > half || (rest == half && odd) { floor + 1 } else { floor };
    let mantissa: u64 = mantissa.try_into().expect("below 2^54");
    let (first, second) = (power / 2, power - power / 2);
    (mantissa as f64 * 2.0_f64.powi(first) * 2.0_f64.powi(second)).copysign(if value.is_negative() {
        -1.0
    } else {
        1.0
    })
}

fn power_of_two(power: i32) -> Rational {
    let size = whole(BigInt::one() << power.unsigned_abs());
    if power < 0 { size.recip() } else { size }
}

/// The groups of a tally, from the highest score down.
pub fn groups(tally: &Tally) -> Vec<Group> {
    match tally.masses() {
        Masses::Counts { positives, negatives } => {
            positives.iter().zip(negatives).map(|(&p, &n)| (whole(p), whole(n))).collect()
        }
        Masses::Weights { positives, negatives } => {
            positives.iter().zip(negatives).map(|(&p, &n)| (exactly(p), exactly(n))).collect()
        }
    }
}

/// Positives and negatives in all.
pub fn totals(groups: &[Group]) -> Group {
    groups.iter().fold((Rational::zero(), Rational::zero()), |(p, n), group| (p + &group.0, n + &group.1))
}

/// `Σ p (N_below + inner·n) / (P·N)`: the AUC with `inner = ½`, its bounds with 0 and 1. `None` without either class.
pub fn roc_auc_with(groups: &[Group], inner: &Rational) -> Option<Rational> {
    let (positives, negatives) = totals(groups);
    let (mut below, mut pairs) = (negatives.clone(), Rational::zero());
    for (p, n) in groups {
        below -= n;
        pairs += p * (&below + inner * n);
    }
    let every = positives * negatives;
    (!every.is_zero()).then(|| pairs / every)
}

/// The ROC AUC, ties counting half.
pub fn roc_auc(groups: &[Group]) -> Option<Rational> {
    roc_auc_with(groups, &Rational::new(BigInt::one(), BigInt::from(2)))
}

/// `Σ p · precision`: what groups behind `before` add to `P · (average precision)`.
pub fn precision_sum(groups: &[Group], before: &Group) -> Rational {
    let ((mut tp, mut fp), mut sum) = (before.clone(), Rational::zero());
    for (p, n) in groups {
        tp += p;
        fp += n;
        if !p.is_zero() {
            sum += p * &tp / (&tp + &fp);
        }
    }
    sum
}

/// The average precision. `None` without positives.
pub fn average_precision(groups: &[Group]) -> Option<Rational> {
    let (positives, _) = totals(groups);
    let sum = precision_sum(groups, &(Rational::zero(), Rational::zero()));
    (!positives.is_zero()).then(|| sum / positives)
}

/// The area under the ROC curve up to `max_fpr`, cut by linear interpolation, then standardised after McClish.
pub fn partial_roc_auc(groups: &[Group], max_fpr: &Rational) -> Option<Rational> {
    let (positives, negatives) = totals(groups);
    if positives.is_zero() || negatives.is_zero() {
        return None;
    }
    let (mut x, mut y, mut area) = (Rational::zero(), Rational::zero(), Rational::zero());
    for (p, n) in groups {
        let (wide, high) = (n / &negatives, p / &positives);
        let width = wide.clone().min(max_fpr - &x);
        let rise = if wide.is_zero() { high.clone() } else { &high * &width / &wide };
        area += &width * (&y + rise / whole(2));
        x += &wide;
        y += high;
        if x > *max_fpr {
            break;
        }
    }
    let chance = max_fpr * max_fpr / whole(2);
    Some((whole(1) + (area - &chance) / (max_fpr - chance)) / whole(2))
}

/// PR AUC by Davis and Goadrich, `Σ slope (p + (T − slope (T + F)) ln((T + F + p + n) / (T + F))) / P`, to 60 digits.
pub fn davis_goadrich(gaps: &[(u64, u64)]) -> Rational {
    let ((mut tp, mut fp), mut sum) = ((0, 0), Rational::zero());
    for &(p, n) in gaps.iter().filter(|&&gap| gap != (0, 0)) {
        let slope = Rational::new(p.into(), (p + n).into());
        let before = tp + fp;
        let growth = if before == 0 { Rational::zero() } else { logarithm(before + p + n) - logarithm(before) };
        sum += &slope * (whole(p) + (whole(tp) - &slope * whole(before)) * growth);
        (tp, fp) = (tp + p, fp + n);
    }
    sum / whole(tp)
}

/// Every way to rank `p` positives and `n` negatives, ties allowed: sequences of tied blocks.
pub fn orderings(p: u64, n: u64) -> Vec<Vec<Group>> {
    if p == 0 && n == 0 {
        return vec![vec![]];
    }
    let mut all = vec![];
    for first in (0..=p).flat_map(|a| (0..=n).map(move |b| (a, b))).filter(|&first| first != (0, 0)) {
        for rest in orderings(p - first.0, n - first.1) {
            all.push([vec![(whole(first.0), whole(first.1))], rest].concat());
        }
    }
    all
}

/// The least and the greatest `P · (average precision)` over every ordering inside every group.
pub fn precision_extremes(gaps: &[(u64, u64)]) -> (Rational, Rational) {
    let mut before = (Rational::zero(), Rational::zero());
    let (mut least, mut greatest) = (Rational::zero(), Rational::zero());
    for &(p, n) in gaps {
        // What a group adds depends on the sums before it, not on the order there: groups can be searched one by one.
        let sums: Vec<Rational> = orderings(p, n).iter().map(|ordering| precision_sum(ordering, &before)).collect();
        least += sums.iter().min().expect("at least one ordering");
        greatest += sums.iter().max().expect("at least one ordering");
        before = (before.0 + whole(p), before.1 + whole(n));
    }
    (least, greatest)
}

/// `Σ_{j=1..p} (T + j) / (T + j + B)` to 60 digits, for any size: `p − B·(H(A + p) − H(A))` with `A = T + B`.
pub fn rising_sum(before: u64, ahead: u64, p: u64) -> Rational {
    let start = before + ahead;
    whole(p) - whole(ahead) * (harmonic(start + p) - harmonic(start))
}

/// `H(m) = 1 + 1/2 + … + 1/m` less a constant, to 60 digits: directly below 1,000, by its asymptotic series above.
fn harmonic(m: u64) -> Rational {
    const ANCHOR: u64 = 1_000;
    if m < ANCHOR {
        let missing = (m + 1..=ANCHOR).map(|j| Rational::new(BigInt::one(), j.into()));
        return missing.fold(harmonic(ANCHOR), |sum, term| rounded(&(sum - term)));
    }
    let over_square = whole(u128::from(m) * u128::from(m)).recip();
    // Bernoulli numbers over 2k: the terms −B_2k / (2k m^2k)
    let series = [(-1, 12), (1, 120), (-1, 252), (1, 240), (-1, 132), (691, 32_760), (-1, 12), (3_617, 8_160)];
    let mut power = Rational::one();
    let tail = series.iter().fold(Rational::zero(), |sum, &(top, bottom): &(i64, i64)| {
        power = &power * &over_square;
        sum + Rational::new(top.into(), bottom.into()) * &power
    });
    rounded(&(logarithm(m) + whole(2 * u128::from(m)).recip() + tail))
}

/// The natural logarithm of an integer, to 60 digits: `log(m / 2^k) + k log 2`, in units of 2^-256.
fn logarithm(m: u64) -> Rational {
    // log(top / bottom) = 2 (z + z³/3 + z⁵/5 + …) with z = (top − bottom) / (top + bottom), here at most 1/3
    let of = |top: BigInt, bottom: BigInt| {
        let z: BigInt = ((&top - &bottom) << PLACES) / (top + bottom);
        let square: BigInt = (&z * &z) >> PLACES;
        let mut power = z;
        let mut sum = BigInt::zero();
        for k in 0..90 {
            sum += &power / (2 * k + 1);
            power = (power * &square) >> PLACES;
        }
        2 * sum
    };
    let doublings = m.ilog2();
    let units = of(m.into(), BigInt::one() << doublings) + of(2.into(), 1.into()) * doublings;
    Rational::new(units, BigInt::one() << PLACES)
}

const PLACES: u32 = 256;

/// Cut to 256 binary places, so that fractions stay short.
fn rounded(value: &Rational) -> Rational {
    let places: BigInt = BigInt::one() << PLACES;
    Rational::new((value * &places).to_integer(), places)
}

#[test]
fn the_oracle_agrees_with_sums_done_by_hand() {
    let groups: Vec<Group> = [(1, 0), (0, 1), (1, 0), (0, 1)].map(|(p, n): (u64, u64)| (whole(p), whole(n))).to_vec();
    assert_eq!(roc_auc(&groups), Some(Rational::new(3.into(), 4.into())));
    assert_eq!(average_precision(&groups), Some(Rational::new(5.into(), 6.into())));
    assert_eq!(orderings(1, 1).len(), 3);
    assert_eq!(orderings(2, 2).len(), 26);
}

#[test]
fn the_oracle_rounds_as_the_machine_does() {
    for value in [0.1, -1.5, 5e-324, 1.7e308, f64::MIN_POSITIVE, 3.0] {
        assert_eq!(nearest(&exactly(value)), value);
    }
    for (top, bottom) in [(1_u32, 3_u32), (2, 7), (1_000_001, 999_999), (4_000_000_000, 7)] {
        assert_eq!(nearest(&Rational::new(top.into(), bottom.into())), f64::from(top) / f64::from(bottom));
    }
}

#[test]
fn the_oracle_continues_the_direct_sum() {
    for (before, ahead, p) in [(0, 3, 5), (10, 990, 40), (999, 1_500, 700)] {
        let direct = (1..=p)
            .fold(Rational::zero(), |sum, j| sum + Rational::new((before + j).into(), (before + j + ahead).into()));
        let error = (rising_sum(before, ahead, p) - direct).abs();
        assert!(error < Rational::new(BigInt::one(), BigInt::from(10).pow(50)), "{before} {ahead} {p}: {error}");
    }
}
