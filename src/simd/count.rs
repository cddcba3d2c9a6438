//! Table increments whose index is in range by construction.

/// Sub-tables that a block's rows rotate over, so that equal neighbours do not wait for each other's store.
pub(crate) const SUB_TABLES: usize = 4;

/// For each `cell` of `cells`: one more in that cell of a table of `width` counters.
///
/// `tables` holds [`SUB_TABLES`] such tables one after another, and row `i` goes to table `i % SUB_TABLES`; their sum is
/// the count. Cells must be `< width`: a greater one counts in the last cell instead of writing elsewhere.
pub(crate) fn increment(cells: &[u32], tables: &mut [u32], width: usize) {
    assert!(width > 0 && tables.len() == SUB_TABLES * width);
    let last = width - 1;
    let (quads, rest) = cells.as_chunks::<SUB_TABLES>();
    let (a, bcd) = tables.split_at_mut(width);
    let (b, cd) = bcd.split_at_mut(width);
    let (c, d) = cd.split_at_mut(width);
    for quad in quads {
        // SAFETY: each of the four tables has `width` cells, and an index is clamped to `width - 1`. The clamp is one
        // instruction beside a store; the check it replaces cost 15–30 % of the loop.
        unsafe {
            *a.get_unchecked_mut((quad[0] as usize).min(last)) += 1;
            *b.get_unchecked_mut((quad[1] as usize).min(last)) += 1;
            *c.get_unchecked_mut((quad[2] as usize).min(last)) += 1;
            *d.get_unchecked_mut((quad[3] as usize).min(last)) += 1;
        }
    }
    for &cell in rest {
        a[(cell as usize).min(last)] += 1;
    }
}

/// One table instead of [`SUB_TABLES`]: for tables so wide that neighbouring rows seldom share a cell.
pub(crate) fn increment_one(cells: &[u32], table: &mut [u32]) {
    for &cell in cells {
        if let Some(count) = table.get_mut(cell as usize) {
            *count += 1;
        }
    }
}

/// `total[i] += part[i]`, widening.
pub(crate) fn add_widened(total: &mut [u64], part: &[u32]) {
    for (total, &part) in total.iter_mut().zip(part) {
        *total += u64::from(part);
    }
}
