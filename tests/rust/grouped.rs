//! One accumulator a key: against a map of accumulators, the laws, and bytes that are never trusted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use thresher::count::{
    CompactCounts, Comparison, ExactCounts, Groupable, GroupedCounts, KeyChunk, KeyColumn, KeyValue, ThresholdCounts,
    Thresholds,
};
use thresher::input::{Batch, Column, NanPolicy};
use thresher::state::{AnyCounts, AnyGrouped};
use thresher::{Control, Error, measure};

static NEVER: AtomicBool = AtomicBool::new(false);

fn control() -> Control<'static> {
    Control::new(&NEVER)
}

/// A row: its key, label, score and weight.
type Row = ((i64, u8), bool, f32, f64);

const TEXTS: [&[u8]; 3] = [b"", b"at", "ü".as_bytes()];

fn batch_of<T>(rows: &[Row], weighted: bool, work: impl FnOnce(&[KeyColumn<'_>], &Batch<'_>) -> T) -> T {
    let (whole, text): (Vec<i64>, Vec<u8>) = rows.iter().map(|row| row.0).unzip();
    let bytes: Vec<u8> = text.iter().flat_map(|&text| TEXTS[usize::from(text)].to_vec()).collect();
    let mut offsets = vec![0_i32];
    text.iter().for_each(|&text| offsets.push(offsets[offsets.len() - 1] + TEXTS[usize::from(text)].len() as i32));
    let keys = [
        KeyColumn(vec![KeyChunk::Whole { tag: 2, values: Column::from_slice(&whole), valid: None }]),
        KeyColumn(vec![KeyChunk::Text {
            tag: 16,
            offsets: Column::from_slice(&offsets),
            bytes: Column::from_slice(&bytes),
            valid: None,
        }]),
    ];
    let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
    let scores: Vec<f32> = rows.iter().map(|row| row.2).collect();
    let weights: Vec<f64> = rows.iter().map(|row| row.3).collect();
    let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
    let batch = batch.with_nan(NanPolicy::Drop);
    let batch = if weighted { batch.with_weights(Column::from_slice(&weights)).unwrap() } else { batch };
    work(&keys, &batch)
}

fn grouped<A: Groupable>(
    prototype: &A,
    batches: &[Vec<Row>],
    weighted: bool,
    control: &Control<'_>,
) -> GroupedCounts<A> {
    let mut counts = GroupedCounts::new(prototype.clone());
    for rows in batches {
        batch_of(rows, weighted, |keys, batch| counts.update(None, keys, batch, control)).unwrap();
    }
    counts
}

fn by_hand<A: Groupable>(prototype: &A, batches: &[Vec<Row>], weighted: bool) -> BTreeMap<(i64, u8), A> {
    let mut map = BTreeMap::new();
    for rows in batches {
        let mut of_key: BTreeMap<(i64, u8), Vec<Row>> = BTreeMap::new();
        rows.iter().for_each(|row| of_key.entry(row.0).or_default().push(*row));
        for (key, rows) in of_key {
            let counts = map.entry(key).or_insert_with(|| prototype.clone());
            batch_of(&rows, weighted, |_, batch| counts.update(batch, &control())).unwrap();
        }
    }
    map
}

fn check<A: Groupable + std::fmt::Debug>(prototype: &A, batches: &[Vec<Row>], weighted: bool) {
    let counts = grouped(prototype, batches, weighted, &control());
    let expected = by_hand(prototype, batches, weighted);
    let keys: Vec<(i64, u8)> = expected.keys().copied().collect();
    let key = |&(whole, text): &(i64, u8)| {
        let bytes = TEXTS[usize::from(text)];
        [KeyValue::Whole { tag: 2, value: whole }, KeyValue::Text { tag: 16, bytes }]
    };
    let order: Vec<Vec<KeyValue<'_>>> = counts.ordered().into_iter().map(|group| counts.key(group)).collect();
    assert_eq!(order, keys.iter().map(|each| key(each).to_vec()).collect::<Vec<_>>());
    let tallies = counts.tallies(&control(), |tally| Ok(tally.clone())).unwrap();
    let accumulators = counts.accumulators(&control(), Ok).unwrap();
    for (each, wanted) in &expected {
        let group = counts.find(&key(each)).unwrap();
        assert_eq!(&counts.accumulator(group, &control()).unwrap(), wanted);
        assert_eq!(&accumulators[group as usize], wanted);
        let (ours, theirs) = (&tallies[group as usize], wanted.tally(&control()).unwrap());
        assert_eq!(measure::roc_auc(ours).to_bits(), measure::roc_auc(&theirs).to_bits());
        assert_eq!(ours, &theirs);
    }
    assert_eq!(counts.find(&[KeyValue::NONE, KeyValue::NONE]), None);
}

fn thresholds() -> ThresholdCounts {
    ThresholdCounts::new(Thresholds::new(vec![0.5, 0.25], Comparison::GreaterEqual).unwrap(), None).unwrap()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let score = prop_oneof![Just(0.25_f32), Just(0.5), Just(f32::NAN), 0.0..1.0_f32];
    let row = ((-3..4_i64, 0..3_u8), any::<bool>(), score, (0..4_u32).prop_map(f64::from));
    prop::collection::vec(row, 0..200)
}

proptest! {
    #[test]
    fn each_group_is_the_accumulator_of_its_rows(batches in prop::collection::vec(rows(), 0..4), weighted: bool) {
        check(&thresholds().for_scores(thresher::input::DType::F32), &batches, weighted);
        check(&CompactCounts::new(), &batches, weighted);
        check(&ExactCounts::new(None), &batches, weighted);
        check(&ExactCounts::new(None).with_sums(), &batches, weighted);
    }

    #[test]
    fn a_state_whose_bytes_were_changed_is_refused_or_another_state(
        rows in rows(), weighted: bool, sums: bool, at: prop::sample::Index, bit in 0..8_u32
    ) {
        let kinds = [
            AnyCounts::Thresholds(if sums { thresholds().with_sums().unwrap() } else { thresholds() }),
            AnyCounts::Compact(if sums { CompactCounts::new().with_sums() } else { CompactCounts::new() }),
            AnyCounts::Exact(if sums { ExactCounts::new(None).with_sums() } else { ExactCounts::new(None) }),
        ];
        for prototype in kinds {
            let mut counts = AnyGrouped::new(prototype);
            batch_of(&rows, weighted, |keys, batch| match &mut counts {
                AnyGrouped::Thresholds(counts) => counts.update(None, keys, batch, &control()),
                AnyGrouped::Compact(counts) => counts.update(None, keys, batch, &control()),
                AnyGrouped::Exact(counts) => counts.update(None, keys, batch, &control()),
            })
            .unwrap();
            let bytes = counts.to_bytes(&control()).unwrap();
            prop_assert_eq!(&AnyGrouped::from_bytes(&bytes).unwrap().to_bytes(&control()).unwrap(), &bytes);
            let mut changed = bytes[..bytes.len() - 4].to_vec();
            let at = 20 + at.index(changed.len() - 20);
            changed[at] ^= 1 << bit;
            let checksum = crc32(&changed);
            changed.extend_from_slice(&checksum.to_le_bytes());
            if let Ok(read) = AnyGrouped::from_bytes(&changed) {
                prop_assert_eq!(read.to_bytes(&control()).unwrap(), changed);
            }
        }
    }
}

/// CRC-32 (IEEE), bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
}

#[test]
fn a_call_that_is_stopped_leaves_what_was() {
    let rows: Vec<Row> = (0..50_000).map(|i| ((i % 900, 1), i % 3 == 0, i as f32, 1.0)).collect();
    let mut counts = grouped(&ExactCounts::new(None), std::slice::from_ref(&rows), false, &control());
    let before = AnyGrouped::Exact(counts.clone()).to_bytes(&control()).unwrap();
    let (cancel, looks) = (AtomicBool::new(false), std::sync::atomic::AtomicUsize::new(0));
    for most in [0, 1, 5, 20, 30] {
        looks.store(0, Ordering::Relaxed);
        cancel.store(false, Ordering::Relaxed);
        let watch = || {
            if looks.fetch_add(1, Ordering::Relaxed) >= most {
                cancel.store(true, Ordering::Relaxed);
            }
        };
        let stopping = Control::new(&cancel).with_watch(&watch);
        let stopped = batch_of(&rows, false, |keys, batch| counts.update(None, keys, batch, &stopping));
        assert_eq!(stopped.unwrap_err(), Error::Interrupted);
        let other = counts.clone();
        assert_eq!(counts.merge(&other, &stopping).unwrap_err(), Error::Interrupted);
        assert_eq!(AnyGrouped::Exact(counts.clone()).to_bytes(&control()).unwrap(), before);
    }
}

#[test]
fn codes_outside_their_dictionary_and_texts_outside_their_bytes_are_refused() {
    let (labels, scores) = ([true, false], [0.5_f32, 0.25]);
    let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
    let mut counts = GroupedCounts::new(CompactCounts::new());
    let entries = [7_i64];
    for (codes, fine) in [([0_i64, -1], true), ([0, 1], false)] {
        let dictionary = KeyChunk::Whole { tag: 2, values: Column::from_slice(&entries), valid: None };
        let codes =
            KeyChunk::Coded { codes: Column::from_slice(&codes), valid: None, dictionary: Box::new(dictionary) };
        let found = counts.update(None, &[KeyColumn(vec![codes])], &batch, &control());
        assert_eq!(found, if fine { Ok(()) } else { Err(Error::UnknownCode { code: 1, len: 1 }) });
    }
    for offsets in [[0_i32, 1, 4], [0, 2, 1], [-1, 1, 2]] {
        let (offsets, bytes) = (Column::from_slice(&offsets), Column::from_slice(b"abc"));
        let text = KeyChunk::Text { tag: 16, offsets, bytes, valid: None };
        assert_eq!(counts.update(None, &[KeyColumn(vec![text])], &batch, &control()), Err(Error::ScatteredKeys));
    }
    assert_eq!(counts.len(), 2);
}
