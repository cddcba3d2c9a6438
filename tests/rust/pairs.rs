//! Two models on the same rows: the joint table against its definition, the laws, and bytes that are never trusted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use thresher::count::{Accumulator, CompactCounts, PairedCounts, Repeats};
use thresher::input::{Batch, Column, NanPolicy};
use thresher::state::AnyCounts;
use thresher::{Control, Error};

static NEVER: AtomicBool = AtomicBool::new(false);
static EDGES: LazyLock<Vec<f64>> = LazyLock::new(CompactCounts::edges);

fn control() -> Control<'static> {
    Control::new(&NEVER)
}

/// A row: its label, both scores, its weight.
type Row = (bool, f32, f64, f64);

fn counted(mut counts: PairedCounts, rows: &[Row], weighted: bool, control: &Control<'_>) -> PairedCounts {
    let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
    let (first, second): (Vec<f32>, Vec<f64>) = rows.iter().map(|row| (row.1, row.2)).unzip();
    let weights: Vec<f64> = rows.iter().map(|row| row.3).collect();
    let batch = |scores| {
        let batch = Batch::new(Column::from_slice(&labels), scores).unwrap().with_nan(NanPolicy::Drop);
        if weighted { batch.with_weights(Column::from_slice(&weights)).unwrap() } else { batch }
    };
    let (first, second) = (batch(Column::from_slice(&first)), batch(Column::from_slice(&second)));
    counts.update([&first, &second], control).unwrap();
    counts
}

fn fresh(max_cells: usize) -> PairedCounts {
    PairedCounts::new(max_cells).unwrap()
}

fn bytes(counts: &PairedCounts) -> Vec<u8> {
    counts.to_bytes(&control()).unwrap()
}

fn interval(score: f64) -> usize {
    EDGES.partition_point(|&edge| edge <= score) - 1
}

/// The definition: the least level of at most so many cells, and the rows of each cell by label.
fn definition(rows: &[Row], max_cells: usize) -> (u32, BTreeMap<(usize, usize), [u64; 2]>) {
    let places: Vec<(usize, usize, bool)> = rows
        .iter()
        .filter(|row| !row.1.is_nan() && !row.2.is_nan())
        .map(|row| (interval(row.1.into()), interval(row.2), row.0))
        .collect();
    let cell = |place: &(usize, usize, bool), level: u32| (place.0 >> level, place.1 >> level);
    let many = |level| places.iter().map(|place| cell(place, level)).collect::<BTreeSet<_>>().len();
    let level = (0..=18).find(|&level| many(level) <= max_cells).unwrap();
    let mut cells = BTreeMap::new();
    places.iter().for_each(|place| cells.entry(cell(place, level)).or_insert([0; 2])[usize::from(place.2)] += 1);
    (level, cells)
}

/// What is read off the joint table, in the form of the definition.
fn read(counts: &PairedCounts) -> (u32, BTreeMap<(usize, usize), [u64; 2]>) {
    let (groups, level) = (counts.groups(&control()).unwrap(), counts.level(&control()).unwrap());
    let Repeats::Rows(repeats) = groups.repeats else { panic!("unweighted") };
    let mut cells = BTreeMap::new();
    for (sample, rows) in repeats.into_iter().enumerate() {
        let [a, b] = groups
            .columns
            .each_ref()
            .map(|column| interval(column.tally.thresholds()[column.groups[sample] as usize]) >> level);
        cells.entry((a, b)).or_insert([0; 2])[usize::from(sample < groups.positives)] += rows;
    }
    (level, cells)
}

fn random_rows(n: usize, seed: u64) -> Vec<Row> {
    let mut state = seed;
    let mut unit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..n).map(|_| (unit() < 0.3, unit() as f32, unit() * 8.0 - 4.0, (unit() * 5.0).floor())).collect()
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let single = prop_oneof![-1.0..2.0_f32, (0..5_u8).prop_map(|i| f32::from(i) / 4.0), Just(f32::NAN), Just(-0.0)];
    let double = prop_oneof![-9.0..9.0_f64, (0..5_u8).prop_map(|i| f64::from(i) / 4.0), Just(f64::NAN), Just(1e300)];
    prop::collection::vec((any::<bool>(), single, double, (0..4_u8).prop_map(f64::from)), 0..120)
}

proptest! {
    #[test]
    fn the_joint_table_is_its_definition(rows in any_rows(), max_cells in 1..100_usize) {
        let counts = counted(fresh(max_cells), &rows, false, &control());
        prop_assert_eq!(read(&counts), definition(&rows, max_cells));
        let cells = definition(&rows, max_cells).1;
        prop_assert_eq!(counts.cells(&control()).unwrap(), cells.len());
        let kept = rows.iter().filter(|row| !row.1.is_nan() && !row.2.is_nan()).count() as u64;
        let found = counts.rows();
        prop_assert_eq!((found.positives + found.negatives, found.dropped), (kept, rows.len() as u64 - kept));
    }

    #[test]
    fn batches_order_and_shards_leave_the_same_bytes(
        rows in any_rows(), cuts in prop::collection::vec(0..1000_usize, 0..5), max_cells in 1..60_usize, weighted: bool,
    ) {
        let whole = bytes(&counted(fresh(max_cells), &rows, weighted, &control()));
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (rows.len() + 1)).chain([0, rows.len()]).collect();
        cuts.sort_unstable();
        let slices: Vec<&[Row]> = cuts.windows(2).map(|pair| &rows[pair[0]..pair[1]]).collect();
        let mut updated = fresh(max_cells);
        for (i, slice) in slices.iter().enumerate() {
            updated = counted(updated, slice, weighted, &control());
            if i % 2 == 0 {
                updated.compact(&control()).unwrap();
            }
        }
        prop_assert_eq!(&bytes(&updated), &whole);
        let mut shards: Vec<PairedCounts> =
            slices.iter().map(|slice| counted(fresh(max_cells), slice, weighted, &control())).collect();
        shards.push(fresh(max_cells));
        for _ in 0..2 {
            shards.reverse();
            let mut merged = fresh(max_cells);
            shards.iter().for_each(|shard| merged.merge(shard, &control()).unwrap());
            prop_assert_eq!(&bytes(&merged), &whole);
        }
        let mut turned = rows;
        turned.reverse();
        prop_assert_eq!(&bytes(&counted(fresh(max_cells), &turned, weighted, &control())), &whole);
        let back = PairedCounts::from_bytes(&whole).unwrap();
        prop_assert!(back.equals(&updated, &control()).unwrap());
        prop_assert_eq!(&bytes(&back), &whole);
    }

    #[test]
    fn integer_weights_are_repeated_rows(rows in any_rows(), max_cells in 1..60_usize) {
        let weighted = counted(fresh(max_cells), &rows, true, &control());
        let repeated: Vec<Row> = rows.iter().flat_map(|row| vec![*row; row.3 as usize]).collect();
        let plain = counted(fresh(max_cells), &repeated, false, &control());
        prop_assert_eq!(weighted.level(&control()).unwrap(), plain.level(&control()).unwrap());
        let (weighted, plain) = (weighted.groups(&control()).unwrap(), plain.groups(&control()).unwrap());
        prop_assert_eq!(&weighted.columns[0].groups, &plain.columns[0].groups);
        prop_assert_eq!(&weighted.columns[1].groups, &plain.columns[1].groups);
        let Repeats::Rows(repeats) = plain.repeats else { panic!("unweighted") };
        if let Repeats::Weights { sums, .. } = weighted.repeats {
            prop_assert_eq!(sums, repeats.iter().map(|&rows| rows as f64).collect::<Vec<_>>());
        } else {
            prop_assert!(repeats.is_empty());
        }
    }

    #[test]
    fn forged_bytes_are_refused_or_come_back_as_they_are(
        rows in any_rows(), max_cells in 1..40_usize, weighted: bool, forged in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let written = bytes(&counted(fresh(max_cells), &rows, weighted, &control()));
        let mut changed = written.clone();
        for (place, change) in forged {
            *place.get_mut(&mut changed[20..written.len() - 4]) ^= change;
        }
        if let Ok(back) = PairedCounts::from_bytes(&signed(changed.clone())) {
            prop_assert_eq!(bytes(&back), signed(changed));
        }
    }
}

/// The same bytes with a checksum that fits.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn states() -> Vec<PairedCounts> {
    let rows = random_rows(12, 5);
    let plain = counted(fresh(8), &rows, false, &control());
    let weighted = counted(fresh(1 << 20), &rows, true, &control());
    vec![fresh(3), plain, weighted.clone(), counted(weighted, &rows, false, &control())]
}

#[test]
fn damaged_bytes_and_those_of_another_kind_are_refused() {
    for state in states() {
        let written = bytes(&state);
        for at in 0..written.len() {
            assert!(matches!(PairedCounts::from_bytes(&written[..at]), Err(Error::InvalidState { .. })), "{at} bytes");
            for change in [1, 2, 0x40, 0x80, 0xff] {
                let mut damaged = written.clone();
                damaged[at] ^= change;
                assert!(PairedCounts::from_bytes(&damaged).is_err(), "byte {at}");
                let forged = if at < written.len() - 4 { signed(damaged) } else { damaged };
                if let Ok(back) = PairedCounts::from_bytes(&forged) {
                    assert_eq!(bytes(&back), forged, "byte {at} is not canonical, and was accepted");
                }
            }
            if (20..written.len() - 12).contains(&at) {
                let mut lying = written.clone();
                lying[at..at + 8].copy_from_slice(&(u64::MAX / 3).to_le_bytes());
                if let Ok(back) = PairedCounts::from_bytes(&signed(lying.clone())) {
                    assert_eq!(bytes(&back), signed(lying));
                }
            }
        }
        let error = AnyCounts::from_bytes(&written).unwrap_err();
        assert!(error.to_string().contains("hold PairedCounts"), "{error}");
    }
    let other = AnyCounts::Compact(CompactCounts::new()).to_bytes(&control()).unwrap();
    let error = PairedCounts::from_bytes(&other).unwrap_err();
    assert!(error.to_string().contains("hold CompactCounts, but PairedCounts"), "{error}");
}

#[test]
fn many_rows_and_threads_leave_the_same_bytes_and_the_marginals_are_those_of_either_model() {
    let rows = random_rows(1_200_000, 9);
    for weighted in [false, true] {
        let mut expected = [CompactCounts::new(), CompactCounts::new()];
        let labels: Vec<bool> = rows.iter().map(|row| row.0).collect();
        let (first, second): (Vec<f32>, Vec<f64>) = rows.iter().map(|row| (row.1, row.2)).unzip();
        let weights: Vec<f64> = rows.iter().map(|row| row.3 / 3.0).collect();
        for (counts, scores) in expected.iter_mut().zip([Column::from_slice(&first), Column::from_slice(&second)]) {
            let batch = Batch::new(Column::from_slice(&labels), scores).unwrap();
            let batch = if weighted { batch.with_weights(Column::from_slice(&weights)).unwrap() } else { batch };
            counts.update(&batch, &control()).unwrap();
        }
        let thirds: Vec<Row> = rows.iter().map(|&(label, a, b, weight)| (label, a, b, weight / 3.0)).collect();
        let max_cells = 50_000;
        let whole = counted(fresh(max_cells), &thirds, weighted, &control());
        assert!((0..2).all(|model| *whole.marginal(model) == expected[model]));
        assert!(whole.level(&control()).unwrap() > 0 && whole.cells(&control()).unwrap() <= max_cells);
        let threads = counted(fresh(max_cells), &thirds, weighted, &control().with_threads(3));
        assert_eq!(bytes(&threads), bytes(&whole));
        if !weighted {
            let batches = thirds.chunks(65_536).fold(fresh(max_cells), |c, rows| counted(c, rows, false, &control()));
            assert_eq!(bytes(&batches), bytes(&whole));
            assert!(batches.nbytes() < 24 * max_cells + 2 * 8 * 262_144 + (8 << 20));
        }
    }
}

#[test]
fn weights_are_added_in_order_of_row_whatever_the_batches() {
    let rows: Vec<Row> = random_rows(3000, 4)
        .into_iter()
        .map(|row| (row.0, (row.1 * 9.0).floor(), row.2.floor(), row.3 / 7.0))
        .collect();
    let whole = counted(fresh(1 << 20), &rows, true, &control()).groups(&control()).unwrap();
    let Repeats::Weights { sums, squares } = whole.repeats else { panic!("weighted") };
    let mut expected = BTreeMap::new();
    for row in &rows {
        let cell = expected.entry((!row.0, interval(row.1.into()), interval(row.2))).or_insert([0.0; 2]);
        *cell = [cell[0] + row.3, cell[1] + row.3 * row.3];
    }
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    let held = |i: usize| expected.values().map(|sums| sums[i]).filter(|&sum| sum > 0.0).collect();
    assert_eq!(sorted(sums.clone()), sorted(held(0)));
    assert_eq!(sorted(squares), sorted(held(1)));
    for size in [1, 7, 600] {
        let mut batches = fresh(1 << 20);
        for (i, part) in rows.chunks(size).enumerate() {
            batches = counted(batches, part, true, &control());
            if i % 3 == 0 {
                batches.compact(&control()).unwrap();
            }
        }
        let Repeats::Weights { sums: batched, .. } = batches.groups(&control()).unwrap().repeats else { panic!() };
        assert_eq!(batched, sums);
    }
}

#[test]
fn what_is_refused_or_cancelled_changes_nothing() {
    let rows = random_rows(100_000, 2);
    let mut counts = counted(fresh(1000), &rows, false, &control());
    let before = bytes(&counts);
    let cancel = AtomicBool::new(true);
    let cancelled = Control::new(&cancel).with_threads(2);
    let scores = [0.25_f64, 0.5];
    let batch = |argument, scores: &'static [f64]| {
        Batch::named(argument, Column::from_slice(&[true, false]), Column::from_slice(scores)).unwrap()
    };
    let (a, b) = (batch("scores_a", &[0.25, 0.5]), batch("scores_b", &[0.25, f64::NAN]));
    assert_eq!(counts.update([&a, &a], &cancelled), Err(Error::Interrupted));
    assert_eq!(counts.update([&a, &b], &control()), Err(Error::NanScore { argument: "scores_b", index: 1 }));
    assert_eq!(counts.clone().compact(&cancelled), Err(Error::Interrupted));
    let other = counts.clone();
    assert_eq!(counts.merge(&other, &cancelled), Err(Error::Interrupted));
    assert_eq!(counts.merge(&fresh(7), &control()), Err(Error::MaxCellsMismatch { ours: 1000, theirs: 7 }));
    let huge = Batch::new(Column::from_slice(&[true, false]), Column::from_slice(&scores)).unwrap();
    let huge = huge.with_weights(Column::from_slice(&[1e160, 1.0])).unwrap();
    assert_eq!(counts.update([&huge, &huge], &control()), Err(Error::SumOverflow { sum: "Σ w²" }));
    assert_eq!(bytes(&counts), before);
    counts.reset();
    assert_eq!(bytes(&counts), bytes(&fresh(1000)));
    assert!(PairedCounts::new(0).is_err());
}
