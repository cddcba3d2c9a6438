//! The p-value of the two-sample Kolmogorov–Smirnov statistic.

use super::ratio::ratio;

/// Lattice points up to which the distribution is worked out exactly: some 20 ms.
const MOST_POINTS: u128 = 5_000_000;

/// Below it nobody needs the digits, and most of the lattice would have to be worked out for them.
const NEGLIGIBLE: f64 = 1e-290;

/// P(D >= d) for two samples of `m` and `n` rows from one continuous distribution, `d = gap / (m·n)`; 1 for a gap of 0.
///
/// Exact (relative error about `(m + n) 2^-52`) up to 5·10^6 pairs; beyond, and below 1e-290, Kolmogorov's limit after Hodges'
/// correction.
/// NaN when a sample is empty.
pub(crate) fn p_value(gap: u128, m: u64, n: u64) -> f64 {
    let pairs = u128::from(m) * u128::from(n);
    if pairs == 0 || gap == 0 {
        return if pairs == 0 { f64::NAN } else { 1.0 };
    }
    let (more, fewer) = (m.max(n), m.min(n));
    let limit = asymptotic(gap, more, fewer);
    // Where it is exact both samples have at most 5·10^6 rows, and the gap is no larger than their product.
    if pairs <= MOST_POINTS && limit > NEGLIGIBLE { exact(gap as u64, more, fewer) } else { limit }
}

/// The share of lattice paths from (0, 0) to (more, fewer) that touch a point (i, j) with `|i·fewer − j·more| >= gap`.
///
/// `o(i, j)`, the share of the paths to (i, j) that did, is 1 at such a point, else
/// `(i·o(i − 1, j) + j·o(i, j − 1)) / (i + j)`: sums of positives, so small p-values keep their digits.
fn exact(gap: u64, more: u64, fewer: u64) -> f64 {
    let mut outside: Vec<f64> = (0..=fewer).map(|j| if j * more < gap { 0.0 } else { 1.0 }).collect();
    for i in 1..=more {
        // Points first ..= last are not that far out; both ends move up with i, and those above were never inside.
        let middle = i * fewer;
        let first = if middle < gap { 0 } else { (middle - gap) / more + 1 };
        let last = ((middle + gap).div_ceil(more) - 1).min(fewer);
        let mut before = if first == 0 { 0.0 } else { 1.0 };
        if first > 0 {
            outside[first as usize - 1] = 1.0;
        }
        for j in first..=last {
            let own = &mut outside[j as usize];
            let scale = 1.0 / (i + j) as f64;
            *own = (i as f64 * scale) * *own + (j as f64 * scale) * before;
            before = *own;
        }
    }
    outside[fewer as usize].min(1.0)
}

/// Kolmogorov's limit at `√e (d − 1/(2 l)) + (more + 2·fewer) / (6 (more + fewer) √e)`, `e = more·fewer / (more + fewer)`, `l`
/// the least common multiple: half a step of the lattice back, then Hodges' correction for finite samples.
fn asymptotic(gap: u128, more: u64, fewer: u64) -> f64 {
    let pairs = u128::from(more) * u128::from(fewer);
    let (long, short) = (more as f64, fewer as f64);
    let root = (long / (long + short) * short).sqrt();
    let half_step = 0.5 * ratio(greatest_common_divisor(more, fewer).into(), pairs);
    kolmogorov(root * (ratio(gap, pairs) - half_step) + (long + 2.0 * short) / (6.0 * (long + short) * root))
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// P(K >= x) for Kolmogorov's limiting distribution: `2 Σ (−1)^(k−1) exp(−2 k² x²)`, or its theta transform for small x.
fn kolmogorov(x: f64) -> f64 {
    use std::f64::consts::{PI, TAU};
    const EVEN: f64 = 1.18; // both series need four terms there
    if x <= 0.1 {
        return 1.0;
    }
    if x < EVEN {
        let terms = [1.0, 3.0, 5.0, 7.0].map(|odd: f64| (-(odd * PI / x).powi(2) / 8.0).exp());
        return 1.0 - TAU.sqrt() / x * terms.iter().sum::<f64>();
    }
    let term = |k: f64| (-2.0 * (k * x).powi(2)).exp();
    2.0 * (term(1.0) - term(2.0) + term(3.0) - term(4.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every order of the rows, one by one: (as far apart as the gap, all).
    fn walks(gap: u64, [m, n]: [u64; 2], [i, j]: [u64; 2], touched: bool) -> (u64, u64) {
        let touched = touched || (i * n).abs_diff(j * m) >= gap;
        if (i, j) == (m, n) {
            return (u64::from(touched), 1);
        }
        let on = |more: bool, next| if more { walks(gap, [m, n], next, touched) } else { (0, 0) };
        let ((a, b), (c, d)) = (on(i < m, [i + 1, j]), on(j < n, [i, j + 1]));
        (a + c, b + d)
    }

    #[test]
    fn the_exact_p_value_is_the_share_of_all_orders() {
        for (m, n) in [(1, 1), (1, 4), (3, 3), (5, 3), (4, 6)] {
            for gap in 0..=m * n {
                let (far, all) = walks(gap, [m, n], [0, 0], false);
                let (found, expected) = (p_value(gap.into(), m, n), far as f64 / all as f64);
                assert!((found / expected - 1.0).abs() < 1e-14, "{gap} {m} {n}: {found} {expected}");
            }
        }
    }

    #[test]
    fn the_limit_is_near_the_exact_p_value() {
        for (more, fewer) in [(3000, 3000), (3000, 2999), (100_000, 30), (20_000, 200), (6000, 1500)] {
            let root = (more as f64 * fewer as f64 / (more + fewer) as f64).sqrt();
            for at in [0.5, 0.8, 1.2, 1.6, 2.2] {
                let step = greatest_common_divisor(more, fewer); // distances are multiples of it
                let gap = (at / root * (more * fewer / step) as f64).round() as u64 * step;
                let (limit, exact) = (asymptotic(gap.into(), more, fewer), exact(gap, more, fewer));
                let (tolerance, least) = if fewer < 200 { (0.15, 1e-3) } else { (0.05, 1e-4) };
                assert!(
                    exact < least || (limit / exact - 1.0).abs() < tolerance,
                    "{more} {fewer} {at}: {limit} {exact}"
                );
            }
        }
    }

    #[test]
    fn both_series_meet() {
        let (below, above) = (kolmogorov(1.18 - 1e-12), kolmogorov(1.18));
        assert!((below - above).abs() < 1e-11);
        assert_eq!((kolmogorov(0.0), kolmogorov(40.0)), (1.0, 0.0));
    }
}
