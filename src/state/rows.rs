//! What every payload begins with, the rows counted, and the check that the rest agrees with them.

use super::reader::{Reader, invalid};
use crate::count::Ledger;
use crate::error::Result;

/// Rows: weighted (1 byte), negatives, positives, dropped (8 bytes each).
pub(super) fn write_ledger(ledger: Ledger, out: &mut Vec<u8>) {
    out.push(ledger.weighted.into());
    for rows in [ledger.rows[0], ledger.rows[1], ledger.dropped] {
        out.extend_from_slice(&rows.to_le_bytes());
    }
}

pub(super) fn read_ledger(reader: &mut Reader<'_>) -> Result<Ledger> {
    let weighted = reader.flag("`weighted`")?;
    let ledger = Ledger { weighted, rows: [reader.u64()?, reader.u64()?], dropped: reader.u64()? };
    if weighted && ledger.rows == [0, 0] {
        return invalid("weights without rows");
    }
    // Adding nothing checks that the rows together are a number that counts may reach.
    ledger.plus(Ledger::default()).or_else(|error| invalid(error.to_string()))
}

/// Checks that counts and sums of weights agree with the rows they are said to come from.
pub(super) fn check_totals(
    ledger: Ledger,
    counts: impl Iterator<Item = [u64; 2]>,
    sums: impl Iterator<Item = [f64; 2]>,
) -> Result<()> {
    let mut rows = [0_u64; 2];
    for pair in counts {
        for label in 0..2 {
            match rows[label].checked_add(pair[label]) {
                Some(sum) => rows[label] = sum,
                None => return invalid("counts overflow"),
            }
        }
    }
    let mut total = 0.0;
    for sum in sums.flatten() {
        if !(sum.is_sign_positive() && sum.is_finite()) {
            return invalid(format!("a sum of weights is {sum}"));
        }
        total += sum;
    }
    let fits = |label: usize| {
        if ledger.weighted { rows[label] <= ledger.rows[label] } else { rows[label] == ledger.rows[label] }
    };
    if !(fits(0) && fits(1)) {
        return invalid(format!("counts of {rows:?} rows where {:?} are stated", ledger.rows));
    }
    // Weighted rows are those that no count holds: sums are there exactly if such rows are.
    if (rows != ledger.rows) != (total > 0.0) || ledger.weighted != (total > 0.0) {
        return invalid(format!("sums of weights {total} where rows say otherwise"));
    }
    Ok(())
}
