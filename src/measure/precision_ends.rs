//! Both ends of the average precision of binned groups, before they are widened for rounding: the sums behind its bounds.

use super::integral::{SHORT_BELOW, rising, short_tail};
use super::precision_area::precision_sum;
use super::scale::Scale;
use super::stretch::{Stretch, Terms, summed};
use super::sum::{Compensated, Mass, Step};

/// Both ends of the average precision.
pub(super) fn ends_of_rows(positives: &[u64], negatives: &[u64]) -> [f64; 2] {
    let together = |s: &Stretch, [lower, upper]: &mut [Terms; 2]| {
        // Two loops, since the compiler makes no vectors of both in one.
        s.groups().for_each(|i| lower[i] = s.p[i] * mean_least_of_rows(s.tp[i], s.fp[i + 1], s.p[i]));
        s.groups().for_each(|i| upper[i] = s.p[i] * (s.tp[i + 1] / (s.tp[i + 1] + s.fp[i])));
        are_small(s)
    };
    let single = |step: &Step<u64>| {
        let least = least_of_rows(step.tp_before as f64, step.fp as f64, step.p as f64);
        [least, precision_sum(step, step.fp_before, Scale::NONE)]
    };
    let (sums, [all_positives, _]) = summed(positives, negatives, together, single);
    sums.map(|sum| (sum.total() / all_positives.real()).min(1.0))
}

/// Both ends, and between them the average precision itself, to the bit as [`average_precision`](super::average_precision) has it.
pub(super) fn ends_of_weights(positives: &[f64], negatives: &[f64]) -> [f64; 3] {
    let scale = f64::scale(positives);
    let together = |s: &Stretch, [lower, value, upper]: &mut [Terms; 3]| {
        for i in s.groups() {
            let (p, tp, fp) = (scale.apply(s.p[i]), s.tp[i + 1], s.fp[i + 1]);
            lower[i] = p * mean_least_of_weights(s.tp[i], fp, s.p[i]);
            value[i] = p * (tp / (tp + fp));
            upper[i] = p * (tp / (tp + s.fp[i]));
        }
        are_small(s)
    };
    let single = |step: &Step<f64>| {
        let [before, ahead, p] = [step.tp_before, step.fp, step.p].map(|mass| scale.apply(mass));
        let least = if p == 0.0 { 0.0 } else { least_of_weights(before, ahead, p) };
        [least, precision_sum(step, step.fp, scale), precision_sum(step, step.fp_before, scale)]
    };
    let (sums, [all_positives, _]) = summed(positives, negatives, together, single);
    let all_positives = scale.apply(all_positives);
    let mean = |sum: Compensated| (sum.total() / all_positives).min(1.0);
    if all_positives > 0.0 { sums.map(mean) } else { [f64::NAN; 3] }
}

/// True when the positives of every group are few beside all that lies above it.
fn are_small(s: &Stretch) -> bool {
    s.plain && s.most(&s.p) < SHORT_BELOW * (s.tp[0] + s.fp[0])
}

/// `Σ_{j=1..p} (T + j) / (T + j + B)` with `B = F + n`, within 2e-15 relative, in constant time.
///
/// It is `p − B·(ψ(C + 1) − ψ(A + 1))` with `A = T + B`, `C = A + p`, which cancels; so the first terms are added
/// directly, and the rest is the integral plus the corrections of Euler and Maclaurin, each with its factor `p` taken
/// out before subtracting.
fn least_of_rows(mut before: f64, ahead: f64, mut p: f64) -> f64 {
    const DIRECT_BELOW: f64 = 64.0; // from A = 64 the first omitted correction, A⁻⁸/240, is below 2^-55
    const DIRECT_TERMS: f64 = 16.0;
    if p == 0.0 || ahead == 0.0 {
        return p;
    }
    let mut head = 0.0;
    while p > 0.0 && (before + ahead < DIRECT_BELOW || p <= DIRECT_TERMS) {
        before += 1.0;
        p -= 1.0;
        head += before / (before + ahead);
    }
    if p == 0.0 {
        return head;
    }
    let (a, c) = (before + ahead, before + ahead + p);
    let (over_a, over_c) = (1.0 / (a * a), 1.0 / (c * c));
    let second = p * (a + c) * over_a * over_c; // A⁻² − C⁻²
    let fourth = second * (over_a + over_c); // A⁻⁴ − C⁻⁴
    let sixth = second * (over_a * over_a + over_a * over_c + over_c * over_c); // A⁻⁶ − C⁻⁶
    let corrections = p / (2.0 * a * c) - second / 12.0 + fourth / 120.0 - sixth / 252.0;
    head + rising(before, a, p) + ahead * corrections
}

/// `least_of_rows / p` where `p < SHORT_BELOW · A`: there the next correction is below 2^-60.
#[inline(always)]
fn mean_least_of_rows(before: f64, ahead: f64, p: f64) -> f64 {
    let a = before + ahead;
    let (over_a, over_c) = (1.0 / a, 1.0 / (a + p));
    let second = over_c * (over_a + over_c);
    let fourth = second * (over_a * over_a + over_c * over_c);
    let corrections = 0.5 * over_c - second * (1.0 / 12.0) + fourth * (1.0 / 120.0);
    let x = p * over_a;
    (before + ahead * (x * short_tail(x) + corrections)) * over_a
}

/// `∫₀ᵖ (T + x) / (T + x + B) dx`.
fn least_of_weights(before: f64, ahead: f64, p: f64) -> f64 {
    if ahead == 0.0 { p } else { rising(before, before + ahead, p) }
}

/// `least_of_weights / p` where `p < SHORT_BELOW · A`.
#[inline(always)]
fn mean_least_of_weights(before: f64, ahead: f64, p: f64) -> f64 {
    let a = before + ahead;
    let x = p / a;
    (before + ahead * (x * short_tail(x))) / a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_form_continues_the_direct_sum() {
        for (before, ahead, p) in [(0.0, 1.0, 100.0), (0.0, 64.0, 17.0), (50.0, 13.0, 1000.0), (1e6, 1e3, 5000.0)] {
            let direct: f64 = (1..=p as u64).map(|j| (before + j as f64) / (before + j as f64 + ahead)).sum();
            let closed = least_of_rows(before, ahead, p);
            assert!((closed / direct - 1.0).abs() < 1e-13, "{before} {ahead} {p}: {closed} {direct}");
        }
    }

    #[test]
    fn small_groups_have_the_mean_of_their_closed_form() {
        for (before, ahead) in
            [(0.0_f64, 1e3), (1e3, 1.0), (700.0, 301.0), (0.0, 1e9), (1e9, 2.0), (1e5, 4e5), (1e15, 1e15)]
        {
            for share in [1e-12, 1e-6, 1e-4, 0.999_999e-3] {
                let p: f64 = (share * (before + ahead)).ceil();
                let p = if p < SHORT_BELOW * (before + ahead) { p } else { p - 1.0 };
                let close = |mean: f64, least: f64| (p * mean / least - 1.0).abs() < 3e-15;
                assert!(p < 1.0 || close(mean_least_of_rows(before, ahead, p), least_of_rows(before, ahead, p)));
                let part = 0.37 * p.max(1e-3);
                let [mean, least] = [mean_least_of_weights, least_of_weights].map(|of| of(before, ahead, part));
                assert!((part * mean / least - 1.0).abs() < 3e-15, "{before} {ahead} {part}");
            }
        }
    }
}
