use super::*;
use crate::count::edges::{EdgeDType, cutoffs};
use crate::count::thresholds::{Comparison, Thresholds};
use crate::input::Score;
use proptest::prelude::*;

/// The definition.
fn gap<S: Score>(cutoffs: &[S], score: S) -> u32 {
    cutoffs.iter().filter(|&&cutoff| score >= cutoff).count() as u32
}

fn levels() -> Vec<Level> {
    ["scalar", "avx2", "avx512"].into_iter().filter_map(Level::named).collect()
}

/// Every plan that can be made for `cutoffs`.
fn plans<S: Arithmetic>(cutoffs: &[S]) -> Vec<Plan<S>> {
    let mut plans = vec![Plan::new(cutoffs.to_vec()), Plan::Cells(Cells::new(cutoffs.to_vec()))];
    plans.push(Plan::Few(Few::new(cutoffs.to_vec())));
    plans.extend(Near::prove(cutoffs.to_vec()).ok().map(Plan::Near));
    plans.extend(Even::prove(cutoffs, Among::Singles).map(Plan::Even));
    plans
}

/// The cells of rows, as a plan hands them on.
fn cells<S: Arithmetic>(plan: &Plan<S>, gaps: usize, level: Level, scores: &[S], labels: &[u8]) -> Vec<u32> {
    struct Listed(Vec<u32>);
    impl Sink for Listed {
        fn take(&mut self, len: usize, place: impl Fn(usize) -> u32) {
            self.0.extend((0..len).map(place));
        }
    }
    let mut listed = Listed(Vec::new());
    let block = Block::of(scores, labels);
    let seen = plan.place(level, block, &mut listed);
    assert_eq!(seen.clean(), scores.iter().all(|score| !score.is_nan()) && labels.iter().all(|&label| label < 2));
    let gaps = gaps as u32;
    listed.0.into_iter().map(|place| if place < gaps { 2 * place } else { 2 * (place - gaps) + 1 }).collect()
}

fn assert_exact<S: Arithmetic>(cutoffs: &[S], scores: &[S]) {
    let labels: Vec<u8> = (0..scores.len()).map(|i| (i % 3 == 0).into()).collect();
    let expected: Vec<u32> =
        scores.iter().zip(&labels).map(|(&score, &label)| 2 * gap(cutoffs, score) + u32::from(label)).collect();
    for plan in plans(cutoffs) {
        for level in levels() {
            let cells = cells(&plan, cutoffs.len() + 1, level, scores, &labels);
            assert_eq!(cells.len(), scores.len());
            for i in 0..scores.len() {
                let words = plan.words();
                assert_eq!(cells[i], expected[i], "{words} on {}: score {:?}", level.name(), scores[i]);
            }
        }
    }
}

/// Each cutoff, its neighbours, the ends of the line, and points between.
fn probes<S: Score>(cutoffs: &[S]) -> Vec<S> {
    let fixed = [f64::NEG_INFINITY, f64::INFINITY, 0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, -1e-45, 3e38, -3e38, 5e-324];
    let mut probes: Vec<S> = fixed.into_iter().map(S::nearest).collect();
    for &cutoff in cutoffs.iter().filter(|cutoff| !cutoff.is_nan()) {
        probes.extend([cutoff, cutoff.next_down(), cutoff.next_up(), cutoff.next_down().next_down()]);
    }
    probes.extend((0..997).map(|i| S::nearest(f64::from(i) / 900.0 - 0.05)));
    probes
}

fn check<S: Arithmetic>(list: Vec<f64>, comparison: Comparison, dtype: EdgeDType) {
    let cutoffs: Vec<S> = cutoffs(&Thresholds::new(list, comparison).unwrap(), dtype);
    assert_exact(&cutoffs, &probes(&cutoffs));
}

fn lists() -> Vec<Vec<f64>> {
    let linspace =
        |low: f64, high: f64, k: u32| (0..k).map(move |i| low + (high - low) * f64::from(i) / f64::from(k - 1));
    let mut lists: Vec<Vec<f64>> = [2, 9, 10, 19, 200, 1000, 1025]
        .into_iter()
        .flat_map(|k| {
            [linspace(0.0, 1.0, k).collect(), linspace(-5.0, 5.0, k).collect(), linspace(0.3, 0.300_1, k).collect()]
        })
        .collect();
    lists.push((1..20).map(|i| f64::from(i) * 0.05).collect());
    lists.push((0..300).map(|i| 1.0 / (1.0 + (-(f64::from(i) - 150.0) / 10.0).exp())).collect()); // logit-spaced
    lists.push((0..200).map(|i| 0.5 + (f64::from(i) - 100.0) * 1e-5).collect());
    lists.push((0..50).map(|i| f64::from(i) * f64::from(i) * 0.01).collect());
    lists.push(vec![0.0, 1.0, 1.000_000_1, 3.0]);
    lists.push((0..12).map(|i| [0.0, 1.0, 1.000_000_1, 3.0][i % 4] + (i / 4) as f64 * 1e-7).collect());
    lists.push(
        [f64::NEG_INFINITY, -1e300, -1.0, -1e-300, 0.0, 1e-300, 1e-40, 0.5, 1.0, 1e30, 1e300, f64::INFINITY].to_vec(),
    );
    lists.push(vec![f64::INFINITY; 3]);
    lists.push(vec![f64::NEG_INFINITY]);
    lists
}

#[test]
fn every_plan_agrees_with_comparison_at_and_beside_every_cutoff() {
    for list in lists() {
        for comparison in [Comparison::GreaterEqual, Comparison::Greater] {
            for dtype in [EdgeDType::F16, EdgeDType::Bf16, EdgeDType::F32, EdgeDType::F64] {
                check::<f32>(list.clone(), comparison, dtype);
                check::<f64>(list.clone(), comparison, dtype);
            }
        }
    }
}

#[test]
fn even_grids_are_proved_as_kept_and_as_rounded() {
    for (dtype, least) in [(EdgeDType::F32, 0.95), (EdgeDType::F64, 0.95)] {
        let sizes: Vec<usize> = (10..400).chain([1000, 1001, 10_000]).collect();
        let proved = sizes.iter().filter(|&&k| {
            let thresholds = Thresholds::even(k, Comparison::GreaterEqual).unwrap();
            Even::prove(&cutoffs::<f32>(&thresholds, dtype), Among::Singles).is_some()
        });
        assert!(proved.count() as f64 >= least * sizes.len() as f64, "{dtype:?}");
    }
}

#[test]
fn every_16_bit_score_finds_its_gap_by_the_plan_for_its_dtype() {
    let halves = (0..=u16::MAX).map(|bits| half::f16::from_bits(bits).to_f32());
    let bfloats = (0..=u16::MAX).map(|bits| half::bf16::from_bits(bits).to_f32());
    let values: [(_, _, Vec<f32>); 2] =
        [(EdgeDType::F16, Among::Halves, halves.collect()), (EdgeDType::Bf16, Among::Bfloats, bfloats.collect())];
    for (dtype, among, values) in values {
        let scores: Vec<f32> = values.into_iter().filter(|score| !score.is_nan()).collect();
        let labels: Vec<u8> = (0..scores.len()).map(|i| (i % 2) as u8).collect();
        let mut proved = 0;
        for k in [2, 3, 10, 19, 50, 51, 99, 100, 101] {
            for comparison in [Comparison::GreaterEqual, Comparison::Greater] {
                let cutoffs: Vec<f32> = cutoffs(&Thresholds::even(k, comparison).unwrap(), dtype);
                let Some(plan) = Plan::among(&cutoffs, among) else { continue };
                proved += 1;
                for level in levels() {
                    let found = cells(&plan, k + 1, level, &scores, &labels);
                    for ((&score, &label), cell) in scores.iter().zip(&labels).zip(found) {
                        assert_eq!(cell, 2 * gap(&cutoffs, score) + u32::from(label), "{dtype:?}, {k}: {score}");
                    }
                }
            }
        }
        assert!(proved >= 6, "{dtype:?}: {proved}");
    }
}

#[test]
fn even_float64_thresholds_are_computed_again() {
    for k in [20, 100, 200, 1000] {
        for comparison in [Comparison::GreaterEqual, Comparison::Greater] {
            let list: Vec<f64> = cutoffs(&Thresholds::even(k, comparison).unwrap(), EdgeDType::F64);
            assert!(Plan::new(list).words().ends_with("computed"), "{k}");
        }
    }
}

#[test]
fn a_grid_that_only_looks_even_is_not_proved() {
    assert!(Even::prove(&[0.0_f32, 1.0, 1.000_000_1, 3.0], Among::Singles).is_none());
    assert!(Near::prove(vec![0.0_f32, 1.0, 1.000_000_1, 3.0]).is_err());
}

#[test]
#[ignore = "exhaustive: every float32 in [0, 1], about a minute a grid; run by `make exhaustive`"]
fn every_float32_in_the_unit_interval_finds_its_gap() {
    for k in [10, 19, 200, 1000] {
        for dtype in [EdgeDType::F32, EdgeDType::F64] {
            let cutoffs: Vec<f32> = cutoffs(&Thresholds::even(k, Comparison::GreaterEqual).unwrap(), dtype);
            for plan in plans(&cutoffs) {
                let (mut next, mut bits) = (0, 0_u32);
                let labels = [0; 4096];
                while bits <= 1.0_f32.to_bits() {
                    let scores: Vec<f32> = (bits..bits + 4096).map(f32::from_bits).collect();
                    let cells = cells(&plan, cutoffs.len() + 1, Level::detect(), &scores, &labels);
                    for (score, cell) in scores.iter().zip(cells) {
                        while cutoffs.get(next).is_some_and(|cutoff| cutoff <= score) {
                            next += 1;
                        }
                        assert_eq!(cell, 2 * next as u32, "k = {k}, {score}, {}", plan.words());
                    }
                    bits += 4096;
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn random_thresholds_and_scores_agree_with_comparison(
        list in prop::collection::vec(prop_oneof![any::<f32>().prop_map(f64::from), 0.0..1.0_f64, -9.0..9.0_f64], 1..60),
        scores in prop::collection::vec(prop_oneof![any::<f32>(), 0.0..1.0_f32], 0..100),
        greater: bool,
    ) {
        let list: Vec<f64> = list.into_iter().filter(|threshold| !threshold.is_nan()).collect();
        prop_assume!(!list.is_empty());
        let scores: Vec<f32> = scores.into_iter().filter(|score| !score.is_nan()).collect();
        let wide: Vec<f64> = scores.iter().map(|&score| f64::from(score)).chain(list.iter().copied()).collect();
        let comparison = if greater { Comparison::Greater } else { Comparison::GreaterEqual };
        let thresholds = Thresholds::new(list, comparison).unwrap();
        assert_exact(&cutoffs::<f32>(&thresholds, EdgeDType::F32), &scores);
        assert_exact(&cutoffs::<f64>(&thresholds, EdgeDType::F64), &wide);
    }
}
