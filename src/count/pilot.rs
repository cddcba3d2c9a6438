//! [`thresholds_from`]: thresholds placed by a pilot sample, for the tightest bounds in fixed memory.

use std::ops::Range;

use super::workers;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{BLOCK_ROWS, Batch, BlockReader, ByteOrder, Column, DType, Positive, Readable, Score, Working};

/// Up to `k` distinct thresholds between which a sample's scores spread evenly.
///
/// Without `labels`, thresholds are quantiles of the sample. With them, labels tell how much each score interval adds to
/// the uncertainty of ROC AUC, which is the product of its positives and negatives: the density of thresholds then follows
/// √(f⁺·f⁻) (each class's share by rank), which makes the certified width the least for `k` (Cauchy–Schwarz), mixed with
/// the plain quantiles so that no stretch is left bare.
///
/// The lowest score of the sample is among them; scores outside the sample's range are counted below or above all.
///
/// # Errors
/// Those of reading the columns; [`Error::OutOfRange`] for `k = 0`; [`Error::EmptyThresholds`] for a sample without scores.
pub fn thresholds_from(
    scores: &Column<'_>,
    labels: Option<(&Column<'_>, Positive)>,
    k: usize,
    control: &Control<'_>,
) -> Result<Vec<f64>> {
    let unlabelled = Column::strided(DType::U8, ByteOrder::Native, &[0], 0, 0, scores.len(), "labels")?;
    let (column, positive) = labels.unwrap_or((&unlabelled, Positive::One));
    let batch = &Batch::new(column.clone(), scores.clone())?.with_positive(positive);
    if k == 0 {
        return Err(Error::OutOfRange { argument: "k", value: 0.0, accepted: "at least 1" });
    }
    let mut rows = match batch.working() {
        Working::F32 => read::<f32>(batch, control)?,
        Working::F64 => read::<f64>(batch, control)?,
    };
    if rows.is_empty() {
        return Err(Error::EmptyThresholds);
    }
    control.check()?;
    rows.sort_unstable_by_key(|&(key, _)| key);
    control.check()?;
    let density = if labels.is_some() { mixed_density(&rows) } else { vec![1.0; rows.len()] };
    Ok(place(&rows, &density, k))
}

/// A score's key and whether its row is positive.
type Row = (u64, bool);

fn read<S: Readable>(batch: &Batch<'_>, control: &Control<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let make = |reader: &mut BlockReader<S>, range: Range<usize>| {
        let block = reader.read(batch, range.start, range.len())?;
        let rows = block.scores.iter().zip(block.labels);
        Ok(rows.map(|(score, &label)| (score.to_f64().key(), label & 1 == 1)).collect::<Vec<Row>>())
    };
    let start = || Ok(BlockReader::new(control.level));
    workers::in_order(batch.len(), BLOCK_ROWS, control, start, make, |block| rows.extend(block))?;
    Ok(rows)
}

/// Rows over whose neighbourhood the density of each class is estimated: the square root of the sample balances noise
/// against sharpness.
fn window(rows: usize) -> usize {
    (rows as f64).sqrt() as usize + 1
}

/// Per row, √(f⁺·f⁻) relative to the density of all rows, plus a floor.
fn mixed_density(rows: &[Row]) -> Vec<f64> {
    let mut positives = vec![0_u32; rows.len() + 1];
    for (i, &(_, positive)) in rows.iter().enumerate() {
        positives[i + 1] = positives[i] + u32::from(positive);
    }
    let half = window(rows.len());
    (0..rows.len())
        .map(|i| {
            let (from, to) = (i.saturating_sub(half), (i + half + 1).min(rows.len()));
            let share = f64::from(positives[to] - positives[from]) / (to - from) as f64;
            (share * (1.0 - share)).sqrt()
        })
        .collect()
}

/// Thresholds at equal steps of accumulated density.
fn place(rows: &[Row], density: &[f64], k: usize) -> Vec<f64> {
    let mean = density.iter().sum::<f64>() / density.len() as f64;
    // A tenth is spread evenly: in a stretch where the sample has one class the data may still have both.
    let floor = if mean > 0.0 { mean / 9.0 } else { 1.0 };
    let total: f64 = density.iter().map(|density| density + floor).sum();
    let mut thresholds = vec![f64::from_key(rows[0].0)];
    let mut passed = 0.0;
    for (&(key, _), density) in rows.iter().zip(density) {
        let before = (passed / total * k as f64) as u64;
        passed += density + floor;
        let score = f64::from_key(key);
        if (passed / total * k as f64) as u64 > before && thresholds.last() != Some(&score) && thresholds.len() < k {
            thresholds.push(score);
        }
    }
    thresholds
}
