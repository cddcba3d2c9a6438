//! Rows by pair of labels: the plain loop over a map, for every dtype, width, size and number of threads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;

use thresher::count::{LabelColumn, LabelPairs, label_pairs};
use thresher::input::{BLOCK_ROWS, Column};
use thresher::{Control, Error};

static NEVER: AtomicBool = AtomicBool::new(false);

const SIZES: [usize; 9] = [1, 2, 3, 7, 64, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 200_003];

fn control(threads: usize) -> Control<'static> {
    Control::new(&NEVER).with_threads(threads)
}

/// Numbers without order, the same in every run.
fn drawn(row: usize) -> usize {
    (row.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) ^ row
}

fn whole<'a>(actual: &'a [i64], predicted: &'a [i64]) -> [LabelColumn<'a>; 2] {
    [actual, predicted].map(|labels| LabelColumn::Whole(Column::from_slice(labels)))
}

/// The definition.
fn assert_counted<L: Ord + Copy>(pairs: &LabelPairs, actual: &[L], predicted: &[L], label_of: impl Fn(&L) -> i64) {
    let labels: BTreeSet<L> = actual.iter().chain(predicted).copied().collect();
    let of_true: BTreeSet<L> = actual.iter().copied().collect();
    let mut cells = BTreeMap::new();
    for pair in actual.iter().copied().zip(predicted.iter().copied()) {
        *cells.entry(pair).or_insert(0) += 1;
    }
    assert_eq!(pairs.labels, labels.iter().map(label_of).collect::<Vec<_>>());
    assert_eq!(pairs.among_true, labels.iter().map(|label| of_true.contains(label)).collect::<Vec<_>>());
    let every = labels.iter().flat_map(|&a| labels.iter().map(move |&b| (a, b)));
    assert_eq!(pairs.counts, every.map(|pair| cells.get(&pair).copied().unwrap_or(0)).collect::<Vec<u64>>());
}

#[test]
fn whole_numbers_are_counted_by_pair() {
    let near: fn(usize) -> i64 = |draw| (draw % 5) as i64;
    let late: fn(usize) -> i64 = |draw| if draw % 4099 == 0 { -((draw % 300) as i64) } else { 3 };
    let far: fn(usize) -> i64 = |draw| (draw % 7) as i64 * 1_000_000_007 - 3_000_000_000;
    let farthest: fn(usize) -> i64 = |draw| [i64::MIN, i64::MAX, 0][draw % 3];
    let many: fn(usize) -> i64 = |draw| (draw % 300) as i64;
    for label in [near, late, far, farthest, many] {
        for rows in SIZES {
            let actual: Vec<i64> = (0..rows).map(|row| label(drawn(row))).collect();
            let predicted: Vec<i64> = (0..rows).map(|row| label(drawn(row + 17 - row % 2))).collect();
            for threads in 1..=4 {
                let pairs = label_pairs(&whole(&actual, &predicted), None, &control(threads)).unwrap();
                assert_counted(&pairs, &actual, &predicted, |&label| label);
            }
        }
    }
}

#[test]
fn dtypes_of_the_columns_may_differ() {
    let (actual, predicted) = ([1_u8, 0, 1], [2.0_f32, 0.0, 1.0]);
    let columns = [LabelColumn::Whole(Column::from_slice(&actual)), LabelColumn::Whole(Column::from_slice(&predicted))];
    let pairs = label_pairs(&columns, None, &control(1)).unwrap();
    assert_counted(&pairs, &[1, 0, 1], &[2, 0, 1], |&label| label);
}

#[test]
fn text_is_counted_by_pair_whatever_the_width() {
    let names = ["", "a", "ab", "b", "mouse", "cat", "catt", "\u{1F408}"];
    for rows in SIZES {
        let actual: Vec<&str> = (0..rows).map(|row| names[drawn(row) % 7]).collect();
        let predicted: Vec<&str> = (0..rows).map(|row| names[drawn(row + 3) % 8]).collect();
        let points = |texts: &[&str], width: usize| -> Vec<u32> {
            let padded = texts.iter().map(|text| text.chars().map(u32::from).chain(std::iter::repeat(0)).take(width));
            padded.flatten().collect()
        };
        let row_of = |label: &&str| {
            let among = |texts: &[&str]| texts.iter().position(|text| text == label);
            among(&actual).unwrap_or_else(|| rows + among(&predicted).unwrap()) as i64
        };
        for (first, second) in [(5, 5), (6, 5), (5, 9)] {
            let (left, right) = (points(&actual, first), points(&predicted, second));
            let columns = [(&left, first), (&right, second)]
                .map(|(points, width)| LabelColumn::Text { points: Column::from_slice(points), width });
            for threads in 1..=4 {
                let pairs = label_pairs(&columns, None, &control(threads)).unwrap();
                assert_counted(&pairs, &actual, &predicted, row_of);
            }
        }
    }
}

#[test]
fn weights_add_up_row_by_row() {
    for rows in SIZES {
        for (classes, far) in [(3, 1), (200, 1), (5, 1 << 40)] {
            let actual: Vec<i64> = (0..rows).map(|row| (drawn(row) % classes) as i64 * far).collect();
            let predicted: Vec<i64> = (0..rows).map(|row| (drawn(row + 5) % classes) as i64 * far - 1).collect();
            let weights: Vec<f64> = (0..rows).map(|row| (drawn(row) % 11) as f64 / 10.0).collect();
            let (mut cells, mut of_true, mut of_predicted) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
            for ((&a, &b), &weight) in actual.iter().zip(&predicted).zip(&weights) {
                *cells.entry((a, b)).or_insert(0.0) += weight;
                *of_true.entry(a).or_insert(0.0) += weight;
                *of_predicted.entry(b).or_insert(0.0) += weight;
            }
            let column = Column::from_slice(&weights);
            let pairs = label_pairs(&whole(&actual, &predicted), Some(&column), &control(3)).unwrap();
            assert_counted(&pairs, &actual, &predicted, |&label| label);
            let (found, labels) = (pairs.weights.unwrap(), pairs.labels);
            let every = labels.iter().flat_map(|&a| labels.iter().map(move |&b| (a, b)));
            assert_eq!(found.cells, every.map(|pair| cells.get(&pair).copied().unwrap_or(0.0)).collect::<Vec<_>>());
            let line = |sums: &BTreeMap<i64, f64>| {
                labels.iter().map(|label| sums.get(label).copied().unwrap_or(0.0)).collect::<Vec<_>>()
            };
            assert_eq!((found.of_true, found.of_predicted), (line(&of_true), line(&of_predicted)));
        }
    }
}

#[test]
fn no_rows_have_no_labels() {
    let pairs = label_pairs(&whole(&[], &[]), None, &control(2)).unwrap();
    assert_eq!(pairs, LabelPairs { labels: vec![], among_true: vec![], counts: vec![], weights: None });
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let refused = |columns: &[LabelColumn<'_>; 2], weights: Option<&Column<'_>>| {
        label_pairs(columns, weights, &control(2)).unwrap_err()
    };
    let text = |width| LabelColumn::Text { points: Column::from_slice(&[1_u32, 2, 3]), width };
    assert!(matches!(refused(&whole(&[1], &[]), None), Error::LengthMismatch { argument: "predicted", .. }));
    let (three, none) = ([1.0, 2.0, 3.0], [1.0, -1.0]);
    let weights = [Column::from_slice(&three), Column::from_slice(&none)];
    assert!(matches!(
        refused(&whole(&[1], &[1]), Some(&weights[0])),
        Error::LengthMismatch { argument: "weights", .. }
    ));
    assert!(matches!(refused(&whole(&[1, 1], &[1, 1]), Some(&weights[1])), Error::InvalidWeight { index: 1, .. }));
    assert_eq!(refused(&[text(2), text(2)], None), Error::ScatteredText);
    assert_eq!(refused(&[text(0), text(0)], None), Error::ScatteredText);
}

#[test]
fn more_classes_than_a_table_holds_are_refused() {
    let labels: Vec<i64> = (0..5000).collect();
    let far: Vec<i64> = labels.iter().map(|label| label << 40).collect();
    for labels in [&labels, &far] {
        assert!(matches!(label_pairs(&whole(labels, labels), None, &control(2)), Err(Error::TooManyClasses { .. })));
    }
    let few: Vec<i64> = labels.iter().map(|label| label % 3).collect();
    let pairs = label_pairs(
        &whole(&few, &labels[..5000].iter().map(|label| label % 2000).collect::<Vec<_>>()),
        None,
        &control(2),
    );
    assert_eq!(pairs.unwrap().labels.len(), 2000);
}
