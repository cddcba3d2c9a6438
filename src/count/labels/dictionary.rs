//! [`Dictionary`]: distinct rows of a fixed number of words, numbered as they appear.

/// Distinct rows of `width` words, each with the number of its appearance and the row where it first stood.
#[derive(Debug)]
pub(super) struct Dictionary {
    width: usize,
    /// Open addressing by hash: a code plus one, or zero.
    slots: Vec<u32>,
    /// The words of each code, one after another.
    keys: Vec<u32>,
    first_rows: Vec<usize>,
}

impl Dictionary {
    pub(super) fn new(width: usize) -> Self {
        Self { width, slots: vec![0; 64], keys: Vec::new(), first_rows: Vec::new() }
    }

    /// How many distinct rows there are.
    pub(super) fn len(&self) -> usize {
        self.first_rows.len()
    }

    /// The words of each distinct row, and the row where it first stood; by code.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&[u32], usize)> {
        self.keys.chunks_exact(self.width).zip(self.first_rows.iter().copied())
    }

    /// Writes the codes of `rows`, the first of which is row `start`, as long as there are at most `most`; true if so.
    pub(super) fn code_all(&mut self, rows: &[u32], start: usize, most: usize, codes: &mut [u32]) -> bool {
        for (i, (row, code)) in rows.chunks_exact(self.width).zip(codes).enumerate() {
            *code = self.code(row, start + i);
            if self.len() > most {
                return false;
            }
        }
        true
    }

    #[inline]
    fn code(&mut self, row: &[u32], index: usize) -> u32 {
        let mask = self.slots.len() - 1;
        let mut slot = hash(row) & mask;
        loop {
            match self.slots[slot].checked_sub(1) {
                None => return self.insert(row, index, slot),
                Some(code) if self.key(code) == row => return code,
                Some(_) => slot = (slot + 1) & mask,
            }
        }
    }

    fn key(&self, code: u32) -> &[u32] {
        &self.keys[code as usize * self.width..][..self.width]
    }

    #[cold]
    fn insert(&mut self, row: &[u32], index: usize, slot: usize) -> u32 {
        let code = self.len() as u32;
        self.keys.extend_from_slice(row);
        self.first_rows.push(index);
        self.slots[slot] = code + 1;
        if 2 * self.len() > self.slots.len() {
            self.spread();
        }
        code
    }

    /// Twice as many slots.
    fn spread(&mut self) {
        let mask = 2 * self.slots.len() - 1;
        let mut slots = vec![0; mask + 1];
        for (code, key) in (1..).zip(self.keys.chunks_exact(self.width)) {
            let mut slot = hash(key) & mask;
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = code;
        }
        self.slots = slots;
    }
}

/// Of the words, two at a time; the high bits, which depend on all of them, folded into the low ones.
#[inline(always)]
fn hash(row: &[u32]) -> usize {
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15; // 2^64 / golden ratio
    let (pairs, last) = row.as_chunks::<2>();
    let mut hash = last.first().copied().map_or(0, u64::from);
    for &[low, high] in pairs {
        hash = (hash.rotate_left(29) ^ (u64::from(low) | u64::from(high) << 32)).wrapping_mul(ODD);
    }
    let hash = hash.wrapping_mul(ODD);
    (hash ^ hash >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_number_distinct_rows_by_appearance() {
        for width in 1..=5 {
            let of = |label: usize| (0..width).map(move |word| (label * 7 + word * label) as u32);
            let labels: Vec<usize> = (0..3000).map(|row| row * row % 701).collect();
            let rows: Vec<u32> = labels.iter().flat_map(|&label| of(label)).collect();
            let mut dictionary = Dictionary::new(width);
            let mut codes = vec![0; labels.len()];
            assert!(dictionary.code_all(&rows, 10, 701, &mut codes));
            let mut seen = Vec::new();
            for (row, (&label, &code)) in labels.iter().zip(&codes).enumerate() {
                if !seen.contains(&label) {
                    let entry = dictionary.entries().nth(seen.len()).unwrap();
                    assert_eq!(entry, (&of(label).collect::<Vec<_>>()[..], row + 10));
                    seen.push(label);
                }
                assert_eq!(seen[code as usize], label);
            }
            assert_eq!(dictionary.len(), seen.len());
            assert!(!Dictionary::new(width).code_all(&rows, 0, seen.len() - 1, &mut codes));
        }
    }
}
