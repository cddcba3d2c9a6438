//! [`Index`]: a hash table of numbers, whose keys lie elsewhere.

/// Numbers by the hash of what they stand for: open addressing, at most half full, four bytes a slot.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    /// 0: free; else a number plus one. A power of two of them, or none.
    slots: Vec<u32>,
    held: usize,
}

impl Index {
    /// The number of this hash for which `same` holds.
    #[inline]
    pub(super) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                0 => return None,
                slot if same(slot - 1) => return Some(slot - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Adds a number that is not there; `hash_of` is asked for those of the others when the table grows.
    pub(super) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        self.make_room(1, hash_of);
        self.put(hash, number + 1);
        self.held += 1;
    }

    /// Adds the numbers from [`Index::held`] to `end`, none of which is there.
    pub(super) fn extend(&mut self, end: u32, hash_of: impl Fn(u32) -> u64) {
        let first = self.held as u32;
        self.make_room((end - first) as usize, &hash_of);
        (first..end).for_each(|number| self.put(hash_of(number), number + 1));
        self.held = end as usize;
    }

    /// How many numbers it holds.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    fn make_room(&mut self, more: usize, hash_of: impl Fn(u32) -> u64) {
        let least = 2 * (self.held + more);
        if least > self.slots.len() {
            let old = std::mem::replace(&mut self.slots, vec![0; least.next_power_of_two().max(16)]);
            old.into_iter().filter(|&slot| slot != 0).for_each(|slot| self.put(hash_of(slot - 1), slot));
        }
    }

    pub(super) fn nbytes(&self) -> usize {
        size_of_val(&self.slots[..])
    }

    fn put(&mut self, hash: u64, slot: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            at = (at + 1) & mask;
        }
        self.slots[at] = slot;
    }
}

/// The hash of a number: the finaliser of SplitMix64, in which every bit of the number moves every bit of the hash.
#[inline]
pub(super) fn of_number(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// The hash of some bytes, eight at a time.
pub(super) fn of_bytes(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]).map(|&word| u64::from_le_bytes(word));
    of_number(words.fold(bytes.len() as u64, |hash, word| (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_found_and_nothing_else_even_where_all_hashes_are_one() {
        for hash in [of_number as fn(u64) -> u64, |_| 7] {
            let mut index = Index::default();
            assert_eq!(index.find(hash(0), |_| true), None);
            for number in 0..1000 {
                index.insert(hash(number.into()), number, |other| hash(other.into()));
            }
            for number in 0..1000 {
                assert_eq!(index.find(hash(number.into()), |other| other == number), Some(number));
            }
            assert_eq!(index.find(hash(1000), |other| other == 1000), None);
        }
    }

    #[test]
    fn bytes_that_differ_in_zeros_alone_have_other_hashes() {
        assert_ne!(of_bytes(b"a"), of_bytes(b"a\0"));
        assert_ne!(of_bytes(b""), of_bytes(b"\0\0\0\0\0\0\0\0"));
    }
}
