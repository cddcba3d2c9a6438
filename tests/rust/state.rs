//! States as bytes: canonical, checksummed, and never trusted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests stand outside test functions

use std::sync::atomic::AtomicBool;

use thresher::count::{Accumulator, CompactCounts, Comparison, EdgeDType, ExactCounts, ThresholdCounts, Thresholds};
use thresher::input::{Batch, Column};
use thresher::state::AnyCounts;
use thresher::{Control, Error};

static NEVER: AtomicBool = AtomicBool::new(false);

fn bytes(counts: &AnyCounts) -> Vec<u8> {
    counts.to_bytes(&Control::new(&NEVER)).unwrap()
}

/// Each kind, empty, counted, weighted, and counted both ways.
fn states() -> Vec<AnyCounts> {
    let scores = [0.1_f64, 0.35, 0.35, 0.8, -2.0, 7.0, 0.0, 1.0];
    let narrow = scores.map(|score| score as f32);
    let labels = [true, false, true, true, false, false, true, false];
    let weights = [1.0, 2.5, 0.0, 0.1, 1e-300, 3.0, 1e10, 1.0];
    let wide = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
    let single = Batch::new(Column::from_slice(&labels), Column::from_slice(&narrow)).unwrap();
    let weighted = single.clone().with_weights(Column::from_slice(&weights)).unwrap();
    let control = Control::new(&NEVER);
    let mut states = Vec::new();
    for batches in [vec![], vec![&wide], vec![&single], vec![&weighted], vec![&single, &weighted]] {
        let thresholds = Thresholds::new(vec![0.5, 0.1, 0.5, f64::INFINITY], Comparison::Greater).unwrap();
        let mut at = ThresholdCounts::new(thresholds.clone(), None).unwrap();
        let mut rounded = ThresholdCounts::new(thresholds, Some(EdgeDType::F16)).unwrap();
        let mut exact = ExactCounts::new(None);
        let mut compact = CompactCounts::new();
        for batch in batches {
            at.update(batch, &control).unwrap();
            rounded.update(batch, &control).unwrap();
            exact.update(batch, &control).unwrap();
            compact.update(batch, &control).unwrap();
        }
        let mut large = exact.clone();
        (0..40).for_each(|_| large.merge(&large.clone()).unwrap()); // counts of 64 bits
        states.extend([AnyCounts::Thresholds(at), AnyCounts::Thresholds(rounded)]);
        states.extend([AnyCounts::Exact(exact), AnyCounts::Exact(large), AnyCounts::Compact(compact)]);
    }
    states
}

/// The same of those that keep further sums.
fn states_with_sums() -> Vec<AnyCounts> {
    let (labels, scores) = ([true, false, true, false, true], [0.0, 0.25, 0.75, 1.0, -3.5]);
    let plain = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
    let weighted = plain.clone().with_weights(Column::from_slice(&[0.5, 0.0, 1e-200, 2.0, 3.0])).unwrap();
    let control = Control::new(&NEVER);
    let mut states = Vec::new();
    for batches in [vec![], vec![&plain], vec![&weighted], vec![&plain, &weighted]] {
        let thresholds = Thresholds::new(vec![0.5, 0.1, 0.5], Comparison::Greater).unwrap();
        let mut at = ThresholdCounts::new(thresholds, None).unwrap().with_sums().unwrap();
        let (mut exact, mut compact) = (ExactCounts::new(None).with_sums(), CompactCounts::new().with_sums());
        for batch in batches {
            at.update(batch, &control).unwrap();
            exact.update(batch, &control).unwrap();
            compact.update(batch, &control).unwrap();
        }
        states.extend([AnyCounts::Thresholds(at), AnyCounts::Exact(exact), AnyCounts::Compact(compact)]);
    }
    states
}

fn all_states() -> Vec<AnyCounts> {
    [states(), states_with_sums()].concat()
}

#[test]
fn every_state_comes_back_with_the_same_bytes() {
    for state in all_states() {
        let written = bytes(&state);
        let back = AnyCounts::from_bytes(&written).unwrap_or_else(|error| panic!("{error}: {}", state.kind()));
        assert!(back == state, "{}", state.kind());
        assert_eq!(bytes(&back), written);
    }
}

#[test]
fn every_truncation_and_every_changed_byte_is_refused() {
    for state in all_states() {
        let written = bytes(&state);
        for len in 0..written.len() {
            assert!(matches!(AnyCounts::from_bytes(&written[..len]), Err(Error::InvalidState { .. })), "{len} bytes");
        }
        for at in 0..written.len() {
            for change in [1, 0x80, 0xff] {
                let mut damaged = written.clone();
                damaged[at] ^= change;
                assert!(matches!(AnyCounts::from_bytes(&damaged), Err(Error::InvalidState { .. })), "byte {at}");
            }
        }
        let mut longer = written.clone();
        longer.push(0);
        assert!(AnyCounts::from_bytes(&longer).is_err());
    }
}

#[test]
fn damage_to_a_large_state_is_refused_wherever_it_is() {
    let scores: Vec<f32> = (0..3000_u16).map(|i| f32::from(i).sqrt()).collect();
    let labels: Vec<bool> = (0..3000).map(|i| i % 3 == 0).collect();
    let batch = Batch::new(Column::from_slice(&labels), Column::from_slice(&scores)).unwrap();
    let control = Control::new(&NEVER);
    let (mut exact, mut compact) = (ExactCounts::new(None), CompactCounts::new());
    let mut at = ThresholdCounts::new(Thresholds::even(1000, Comparison::GreaterEqual).unwrap(), None).unwrap();
    exact.update(&batch, &control).unwrap();
    compact.update(&batch, &control).unwrap();
    at.update(&batch, &control).unwrap();
    for state in [AnyCounts::Exact(exact), AnyCounts::Compact(compact), AnyCounts::Thresholds(at)] {
        let written = bytes(&state);
        assert!(written.len() > 4096 && AnyCounts::from_bytes(&written).unwrap() == state);
        for place in (0..written.len()).step_by(61) {
            assert!(AnyCounts::from_bytes(&written[..place]).is_err(), "{place} bytes of a {}", state.kind());
            let mut damaged = written.clone();
            damaged[place] ^= 1 << (place % 8);
            assert!(AnyCounts::from_bytes(&damaged).is_err(), "byte {place} of a {}", state.kind());
        }
    }
}

/// The bytes with a checksum that fits them: damage that was made on purpose.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 4;
    let checksum = crc32fast::hash(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn forged_states_are_refused_or_come_back_as_they_are() {
    for state in all_states() {
        let written = bytes(&state);
        for at in 0..written.len() - 4 {
            for change in [1, 2, 0x40, 0x80, 0xff] {
                let mut forged = written.clone();
                forged[at] ^= change;
                let forged = signed(forged);
                if let Ok(back) = AnyCounts::from_bytes(&forged) {
                    assert_eq!(
                        bytes(&back),
                        forged,
                        "byte {at} of {} is not canonical, and was accepted",
                        state.kind()
                    );
                }
            }
        }
    }
}

#[test]
fn a_newer_version_and_lengths_that_lie_are_refused_before_memory_is_taken() {
    let mut newer = bytes(&AnyCounts::Compact(CompactCounts::new()));
    newer[8] = 3;
    let error = AnyCounts::from_bytes(&signed(newer)).unwrap_err();
    assert!(error.to_string().contains("format version 3"), "{error}");
    for state in all_states() {
        let written = bytes(&state);
        for at in 20..written.len().saturating_sub(12) {
            let mut lying = written.clone();
            lying[at..at + 8].copy_from_slice(&(u64::MAX / 3).to_le_bytes());
            if let Ok(back) = AnyCounts::from_bytes(&signed(lying.clone())) {
                assert_eq!(bytes(&back), signed(lying));
            }
        }
    }
}

#[test]
fn states_written_by_earlier_versions_are_still_read() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/states/");
    for (i, state) in states().iter().enumerate() {
        let path = format!("{folder}v1-{i:02}.thr");
        if std::env::var_os("THRESHER_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(&path, bytes(state)).unwrap();
        }
        let kept = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(AnyCounts::from_bytes(&kept).unwrap() == *state, "{path}");
        assert_eq!(kept, bytes(state), "{path}: version 1 is written differently now");
    }
}

#[test]
fn damaged_sums_are_refused() {
    for (i, state) in states_with_sums().iter().enumerate().filter(|(i, _)| i / 3 == 1 && i % 3 != 1) {
        let written = bytes(state);
        // The last cell holds a positive of score 0.75, or a negative of score 1.
        let places = (written.len() - 4 - 64..written.len() - 4).step_by(8);
        for at in places {
            for bad in [f64::NAN, -1e-300, f64::NEG_INFINITY] {
                let mut damaged = written.clone();
                damaged[at..at + 8].copy_from_slice(&bad.to_le_bytes());
                match AnyCounts::from_bytes(&signed(damaged.clone())) {
                    Ok(back) => assert!(bad == -1e-300 && bytes(&back) == signed(damaged), "state {i}: {bad} at {at}"),
                    Err(error) => assert!(error.to_string().contains("sum"), "{error}"),
                }
            }
        }
    }
}
