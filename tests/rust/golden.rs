//! The cases of `tests/golden/cases.json`, which `make.py` there answers exactly: read here, and asked of `measure`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use crate::oracle::{Rational, exactly, nearest};
use num_traits::{Signed, Zero};
use serde_json::Value;
use std::sync::atomic::AtomicBool;
use thresher::Control;
use thresher::count::{
    Accumulator, CompactCounts, Comparison, EdgeDType, ExactCounts, ThresholdCounts, Thresholds, roc_auc_pairs,
};
use thresher::input::{Batch, Column};
use thresher::measure::{
    Bounds, ConfusionMasses, average_precision, average_precision_bounds, confusion_at, confusion_of_groups, roc_auc,
    roc_auc_bounds, roc_auc_from_pairs,
};
use thresher::state::AnyCounts;
use thresher::tally::{Masses, Tally};

/// A case: rows, the question, the exact answers.
pub struct Case {
    /// What it shows.
    pub name: String,
    /// 0 or 1.
    pub labels: Vec<u8>,
    /// In the case's dtype.
    pub scores: Scores,
    /// Absent when no row has one.
    pub weights: Option<Vec<f64>>,
    /// As a caller gives them, not yet rounded to the dtype of the scores.
    pub thresholds: Vec<f64>,
    /// True for `>`, false for `>=`.
    pub strict: bool,
    /// The answers.
    pub expected: Expected,
}

/// Scores of one dtype.
pub enum Scores {
    /// float32
    Single(Vec<f32>),
    /// float64
    Double(Vec<f64>),
}

/// Exact answers; tables are aligned with the thresholds.
pub struct Expected {
    /// True positives, false positives, false negatives, true negatives.
    pub tables: [Vec<Rational>; 4],
    /// `None` where undefined.
    pub roc_auc: Option<Rational>,
    /// `None` where undefined.
    pub average_precision: Option<Rational>,
    /// Rows whose weight is not 0.
    pub n_positives: u64,
    /// Rows whose weight is not 0.
    pub n_negatives: u64,
}

impl Scores {
    /// As float64, exactly.
    pub fn widened(&self) -> Vec<f64> {
        match self {
            Self::Single(scores) => scores.iter().copied().map(f64::from).collect(),
            Self::Double(scores) => scores.clone(),
        }
    }

    /// A threshold as it is compared: rounded to the dtype.
    pub fn round(&self, threshold: f64) -> f64 {
        match self {
            Self::Single(_) => f64::from(threshold as f32),
            Self::Double(_) => threshold,
        }
    }
}

/// Every case, in the file's order.
pub fn cases() -> Vec<Case> {
    let document: Value = serde_json::from_str(include_str!("../golden/cases.json")).expect("valid JSON");
    list(&document).iter().map(case).collect()
}

fn case(value: &Value) -> Case {
    let bits = list(&value["scores"]).iter().map(bits);
    let scores = match text(&value["dtype"]) {
        "float32" => Scores::Single(bits.map(|bits| f32::from_bits(u32::try_from(bits).unwrap())).collect()),
        "float64" => Scores::Double(bits.map(f64::from_bits).collect()),
        other => panic!("unknown dtype {other}"),
    };
    let expected = &value["expected"];
    let table = |name: &str| list(&expected[name]).iter().map(|value| fraction(value).unwrap()).collect();
    Case {
        name: text(&value["name"]).to_owned(),
        labels: list(&value["labels"]).iter().map(|label| u8::try_from(label.as_u64().unwrap()).unwrap()).collect(),
        scores,
        weights: (!value["weights"].is_null()).then(|| doubles(&value["weights"])),
        thresholds: doubles(&value["thresholds"]),
        strict: match text(&value["comparison"]) {
            ">=" => false,
            ">" => true,
            other => panic!("unknown comparison {other}"),
        },
        expected: Expected {
            tables: ["tp", "fp", "fn", "tn"].map(table),
            roc_auc: fraction(&expected["roc_auc"]),
            average_precision: fraction(&expected["average_precision"]),
            n_positives: expected["n_positives"].as_u64().unwrap(),
            n_negatives: expected["n_negatives"].as_u64().unwrap(),
        },
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn bits(value: &Value) -> u64 {
    u64::from_str_radix(text(&value["bits"]), 16).expect("hexadecimal digits")
}

fn doubles(value: &Value) -> Vec<f64> {
    list(value).iter().map(|value| f64::from_bits(bits(value))).collect()
}

/// `"a/b"`, or `None` for `"nan"`.
fn fraction(value: &Value) -> Option<Rational> {
    let value = text(value);
    (value != "nan").then(|| value.parse().expect("a fraction"))
}

/// The tally of a case by the definition: one group per distinct score, its rows found by comparing with each.
fn tally(case: &Case) -> Tally {
    let weight = |row: usize| case.weights.as_ref().map_or(1.0, |weights| weights[row]);
    let scores = case.scores.widened();
    let rows: Vec<usize> = (0..scores.len()).filter(|&row| weight(row) > 0.0).collect();
    let mut distinct: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
    distinct.sort_by(|a, b| b.partial_cmp(a).expect("no NaN"));
    distinct.dedup();
    let of = |label: u8, score: f64| {
        rows.iter()
            .filter(move |&&row| case.labels[row] == label)
            .filter(move |&&row| scores_equal(&case.scores, row, score))
    };
    let masses = if case.weights.is_none() {
        let count = |label: u8| distinct.iter().map(|&score| of(label, score).count() as u64).collect();
        Masses::Counts { positives: count(1), negatives: count(0) }
    } else {
        let sum = |label: u8| distinct.iter().map(|&score| of(label, score).map(|&row| weight(row)).sum()).collect();
        Masses::Weights { positives: sum(1), negatives: sum(0) }
    };
    Tally::new(distinct, masses, true)
}

fn scores_equal(scores: &Scores, row: usize, score: f64) -> bool {
    match scores {
        Scores::Single(scores) => f64::from(scores[row]) == score,
        Scores::Double(scores) => scores[row] == score,
    }
}

/// Rows: the correctly rounded value. Weights: within 1e-15 relative. Undefined: NaN.
fn assert_is(found: f64, exact: Option<&Rational>, to_the_bit: bool, what: &str) {
    match exact {
        None => assert!(found.is_nan(), "{what}: {found} instead of NaN"),
        Some(exact) if to_the_bit => assert_eq!(found, nearest(exact), "{what}"),
        Some(exact) => {
            let error = (exactly(found) - exact).abs();
            assert!(error.is_zero() || error <= exact * exactly(1e-15), "{what}: {found} instead of {exact}");
        }
    }
}

/// True positives, false positives, false negatives, true negatives.
fn columns(masses: ConfusionMasses) -> [Vec<f64>; 4] {
    match masses {
        ConfusionMasses::Counts { true_positives, false_positives, false_negatives, true_negatives } => {
            [true_positives, false_positives, false_negatives, true_negatives]
                .map(|column| column.into_iter().map(|count| count as f64).collect())
        }
        ConfusionMasses::Weights { true_positives, false_positives, false_negatives, true_negatives } => {
            [true_positives, false_positives, false_negatives, true_negatives]
        }
    }
}

#[test]
fn tables_of_every_case_are_exact() {
    for case in cases() {
        let at: Vec<f64> = case.thresholds.iter().map(|&threshold| case.scores.round(threshold)).collect();
        let columns = columns(confusion_at(&tally(&case), &at, case.strict).unwrap().masses);
        for (column, expected) in columns.iter().zip(&case.expected.tables) {
            assert_eq!(column.len(), expected.len(), "{}", case.name);
            for (&found, exact) in column.iter().zip(expected) {
                assert_is(found, Some(exact), case.weights.is_none(), &case.name);
            }
        }
    }
}

#[test]
fn areas_of_every_case_are_exact() {
    for case in cases() {
        let tally = tally(&case);
        let unweighted = case.weights.is_none();
        assert_is(roc_auc(&tally), case.expected.roc_auc.as_ref(), unweighted, &case.name);
        assert_is(average_precision(&tally), case.expected.average_precision.as_ref(), false, &case.name);
        let (area, precision) = (roc_auc_bounds(&tally), average_precision_bounds(&tally));
        assert_eq!(area.lower.to_bits(), roc_auc(&tally).to_bits(), "{}", case.name);
        assert_eq!(precision.upper.to_bits(), average_precision(&tally).to_bits(), "{}", case.name);
    }
}

/// The case as a batch, handed to `ask`.
fn with_batch<T>(case: &Case, ask: impl FnOnce(&Batch<'_>) -> T) -> T {
    let labels = Column::from_slice(&case.labels);
    let scores = match &case.scores {
        Scores::Single(scores) => Column::from_slice(scores),
        Scores::Double(scores) => Column::from_slice(scores),
    };
    let batch = Batch::new(labels, scores).unwrap();
    match &case.weights {
        Some(weights) => ask(&batch.with_weights(Column::from_slice(weights)).unwrap()),
        None => ask(&batch),
    }
}

fn counted<A: Accumulator>(mut counts: A, case: &Case, control: &Control<'_>) -> A {
    with_batch(case, |batch| counts.update(batch, control)).unwrap();
    assert_eq!(counts.rows().positives, case.expected.n_positives, "{}", case.name);
    assert_eq!(counts.rows().negatives, case.expected.n_negatives, "{}", case.name);
    counts
}

#[test]
fn accumulators_give_the_answers_of_every_case() {
    let cancel = AtomicBool::new(false);
    let control = Control::new(&cancel);
    for case in cases() {
        let comparison = if case.strict { Comparison::Greater } else { Comparison::GreaterEqual };
        let thresholds = Thresholds::new(case.thresholds.clone(), comparison).unwrap();
        let counts = counted(ThresholdCounts::new(thresholds, None).unwrap(), &case, &control);
        let binned = counts.tally(&control).unwrap();
        let table = confusion_of_groups(&binned, case.thresholds.clone(), &counts.groups_admitted());
        let expected_rows = case.weights.is_none() || case.labels.is_empty();
        let columns = columns(table.masses);
        for (column, expected) in columns.iter().zip(&case.expected.tables) {
            for (&found, exact) in column.iter().zip(expected) {
                assert_is(found, Some(exact), expected_rows, &case.name);
            }
        }
        let exact = counted(ExactCounts::new(None), &case, &control).tally(&control).unwrap();
        let compact = counted(CompactCounts::new(), &case, &control).tally(&control).unwrap();
        assert_is(roc_auc(&exact), case.expected.roc_auc.as_ref(), case.weights.is_none(), &case.name);
        assert_is(average_precision(&exact), case.expected.average_precision.as_ref(), false, &case.name);
        for tally in [&binned, &compact] {
            holds(roc_auc_bounds(tally), case.expected.roc_auc.as_ref(), &case.name);
            holds(average_precision_bounds(tally), case.expected.average_precision.as_ref(), &case.name);
        }
        if case.weights.is_none() {
            let pairs = with_batch(&case, |batch| roc_auc_pairs(batch, &control)).unwrap();
            let area = roc_auc_from_pairs(pairs.twice_u, pairs.positives, pairs.negatives);
            assert_is(area, case.expected.roc_auc.as_ref(), true, &case.name);
        }
    }
}

fn holds(bounds: Bounds, exact: Option<&Rational>, what: &str) {
    match exact {
        None => assert!(bounds.lower.is_nan() && bounds.upper.is_nan(), "{what}"),
        Some(exact) if bounds.is_exact() => assert_is(bounds.lower, Some(exact), false, what),
        Some(exact) => {
            assert!(exactly(bounds.lower) <= *exact && *exact <= exactly(bounds.upper), "{what}: {bounds:?} {exact}");
        }
    }
}

/// A caller may have set flush-to-zero, in which denormal scores and cutoffs would read as 0.
#[cfg(target_arch = "x86_64")]
#[test]
fn answers_do_not_depend_on_the_callers_floating_point_mode() {
    let mode = |mode: u32| {
        // SAFETY: sets this thread's own rounding mode, back to the default before the test ends.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const mode) };
    };
    let cancel = AtomicBool::new(false);
    let control = Control::new(&cancel);
    let (labels, scores) = ([true, false, true, false], [1e-45_f32, -1e-45, 0.0, 3e-45]);
    let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
    let list: Vec<f64> = [1e-45_f32, 3e-45, 0.0, -1e-45].map(f64::from).to_vec();
    let bytes = || {
        let thresholds = Thresholds::new(list.clone(), Comparison::GreaterEqual).unwrap();
        let mut at = ThresholdCounts::new(thresholds, Some(EdgeDType::F64)).unwrap();
        let (mut exact, mut compact) = (ExactCounts::new(None), CompactCounts::new());
        at.update(&batch, &control).unwrap();
        exact.update(&batch, &control).unwrap();
        compact.update(&batch, &control).unwrap();
        [AnyCounts::Thresholds(at), AnyCounts::Exact(exact), AnyCounts::Compact(compact)]
    };
    let expected = bytes();
    mode(0x1f80 | 0x8040); // flush-to-zero, denormals-are-zero
    let found = bytes();
    mode(0x1f80);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.to_bytes(&control).unwrap(), expected.to_bytes(&control).unwrap(), "{}", found.kind());
    }
}

#[test]
fn the_cases_are_all_there_and_whole() {
    let cases = cases();
    assert!(cases.len() >= 100, "{}", cases.len());
    for case in &cases {
        let weight = |row: usize| case.weights.as_ref().map_or(1.0, |weights| weights[row]);
        let counted = |label: u8| {
            (0..case.labels.len()).filter(|&row| case.labels[row] == label && weight(row) > 0.0).count() as u64
        };
        assert_eq!(case.scores.widened().len(), case.labels.len(), "{}", case.name);
        assert_eq!((case.expected.n_positives, case.expected.n_negatives), (counted(1), counted(0)), "{}", case.name);
    }
}
