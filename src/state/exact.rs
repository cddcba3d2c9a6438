//! The payload of an ExactCounts.
//!
//! | bytes | content |
//! |---|---|
//! | 25 | rows (`rows.rs`) |
//! | 1 | bytes of a score: 4 if every score is a float32, else 8 |
//! | 1 | bytes of a count: 4 if every count is below 2^32, else 8 |
//! | 8 | number of distinct scores d |
//! | 4·d or 8·d | scores, strictly ascending; no −0.0 |
//! | 8·d or 16·d | per score: negatives, positives without a weight |
//! | 16·d | if weighted: sums of weights, likewise |
//! | 16·d | if weighted, in version 2: sums of squared weights, likewise; the other further sums follow from the rest |

use super::reader::{Reader, invalid};
use super::rows::{check_totals, read_ledger, write_ledger};
use super::sums::check_squares;
use crate::control::Control;
use crate::count::{Accumulator, ExactCounts, Group, Ledger, RunBuilder};
use crate::error::Result;
use crate::input::Score;

pub(super) fn write(counts: &ExactCounts, out: &mut Vec<u8>, control: &Control<'_>) -> Result<()> {
    let run = counts.folded(control)?;
    let ledger = counts.ledger();
    let all = || 0..run.len();
    let narrow_counts = all().all(|i| run.counts(i).iter().all(|&count| u32::try_from(count).is_ok()));
    let (score_size, count_size) = (if run.is_narrow() { 4 } else { 8 }, if narrow_counts { 4 } else { 8 });
    write_ledger(ledger, out);
    out.extend_from_slice(&[score_size, count_size]);
    out.extend_from_slice(&(run.len() as u64).to_le_bytes());
    for i in all() {
        match score_size {
            4 => out.extend_from_slice(&f32::nearest(run.score(i)).to_le_bytes()),
            _ => out.extend_from_slice(&run.score(i).to_le_bytes()),
        }
    }
    for count in all().flat_map(|i| run.counts(i)) {
        out.extend_from_slice(&count.to_le_bytes()[..usize::from(count_size)]);
    }
    if ledger.weighted {
        all().flat_map(|i| run.sums(i)).for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
    }
    if ledger.weighted && counts.sums() {
        all().flat_map(|i| run.squares(i)).for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
    }
    Ok(())
}

pub(super) fn read(reader: &mut Reader<'_>, further: bool) -> Result<ExactCounts> {
    read_entries(reader, further)?.counts(further)
}

/// One of many groups: its rows, where they have no weights and are at most `most`.
pub(super) fn read_group(reader: &mut Reader<'_>, further: bool, most: usize) -> Result<Group<ExactCounts>> {
    let entries = read_entries(reader, further)?;
    if entries.ledger.weighted || entries.ledger.total() > most as u64 {
        return Ok(Group::Counts(entries.counts(further)?));
    }
    let of = |(&score, &pair): (&f64, &[u64; 2])| {
        let rows = |label: u8| std::iter::repeat_n((score, label), pair[usize::from(label)] as usize);
        rows(0).chain(rows(1))
    };
    let rows = entries.scores.iter().zip(entries.counts.as_chunks().0).flat_map(of).collect();
    Ok(Group::Rows(rows, entries.ledger.dropped))
}

/// What has been read and checked.
struct Entries {
    ledger: Ledger,
    scores: Vec<f64>,
    narrow: bool,
    /// Two a score, as of `sums` and `squares`, which are there of weighted rows alone.
    counts: Vec<u64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Entries {
    fn counts(&self, further: bool) -> Result<ExactCounts> {
        let Self { ledger, scores, narrow, counts, sums, squares } = self;
        let sums = sums.as_chunks().0;
        let mut builder = RunBuilder::new(*narrow, ledger.total(), ledger.weighted, scores.len())?;
        for (i, (&score, &pair)) in scores.iter().zip(counts.as_chunks().0).enumerate() {
            builder.push(score.key(), pair, sums.get(i).copied());
        }
        let run = builder.finish().with_squares(squares.as_chunks().0.to_vec());
        Ok(ExactCounts::from_parts(run, *ledger, further))
    }
}

fn read_entries(reader: &mut Reader<'_>, further: bool) -> Result<Entries> {
    let ledger = read_ledger(reader)?;
    let (score_size, count_size) = (reader.u8()?, reader.u8()?);
    if ![4, 8].contains(&score_size) || ![4, 8].contains(&count_size) {
        return invalid(format!("{score_size} bytes a score and {count_size} a count; each is 4 or 8"));
    }
    let entry = usize::from(score_size) + 2 * usize::from(count_size) + if ledger.weighted { 16 } else { 0 };
    let len = reader.len(entry)?;
    let scores: Vec<f64> = match score_size {
        4 => reader.bytes(4 * len)?.as_chunks().0.iter().map(|&bytes| f64::from(f32::from_le_bytes(bytes))).collect(),
        _ => reader.f64s(len)?,
    };
    let counts: Vec<u64> = match count_size {
        4 => reader.bytes(8 * len)?.as_chunks().0.iter().map(|&bytes| u32::from_le_bytes(bytes).into()).collect(),
        _ => reader.u64s(2 * len)?,
    };
    let sums = if ledger.weighted { reader.f64s(2 * len)? } else { Vec::new() };
    let squares = if ledger.weighted && further { reader.f64s(2 * len)? } else { Vec::new() };
    check_squares(&squares, sums.iter().map(|&sum| sum > 0.0))?;
    check_scores(&scores, score_size == 4)?;
    if count_size == 8 && counts.iter().all(|&count| u32::try_from(count).is_ok()) {
        return invalid("counts take 8 bytes where 4 would do");
    }
    let (pairs, pairs_of_sums) = (counts.as_chunks().0, sums.as_chunks().0);
    check_totals(ledger, pairs.iter().copied(), pairs_of_sums.iter().copied())?;
    let nothing = |i: usize| pairs[i] == [0, 0] && pairs_of_sums.get(i).is_none_or(|sum| *sum == [0.0, 0.0]);
    if let Some(i) = (0..len).find(|&i| nothing(i)) {
        return invalid(format!("nothing was counted at score {}", scores[i]));
    }
    Ok(Entries { ledger, scores, narrow: score_size == 4, counts, sums, squares })
}

fn check_scores(scores: &[f64], narrow: bool) -> Result<()> {
    if let Some(bad) = scores.iter().find(|score| score.is_nan() || (**score == 0.0 && score.is_sign_negative())) {
        return invalid(format!("a score is {bad:?}"));
    }
    if let Some(pair) = scores.windows(2).find(|pair| pair[0] >= pair[1]) {
        return invalid(format!("scores do not ascend: {} before {}", pair[0], pair[1]));
    }
    if !narrow && scores.iter().all(|&score| f32::nearest(score).to_f64() == score) {
        return invalid("scores take 8 bytes where 4 would do");
    }
    Ok(())
}
