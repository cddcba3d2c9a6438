//! What is read off a [`PairedCounts`]; rows that wait are folded in first, on a copy.

use std::sync::Arc;

use super::PairedCounts;
use super::cells::Cells;
use super::groups::PairedGroups;
use super::joint::Joint;
use crate::control::Control;
use crate::count::{Accumulator, CompactCounts, Rows};
use crate::error::Result;

impl PairedCounts {
    /// Rows and weights counted so far.
    #[must_use]
    pub fn rows(&self) -> Rows {
        self.marginals[0].rows()
    }

    /// True once a row with a weight has been counted.
    #[must_use]
    pub fn weighted(&self) -> bool {
        self.marginals[0].weighted()
    }

    /// What was counted of the first model (0) or the second (any other number), the other left aside.
    #[must_use]
    pub fn marginal(&self, model: usize) -> &CompactCounts {
        &self.marginals[usize::from(model != 0)]
    }

    /// The most cells of the joint table.
    #[must_use]
    pub fn max_cells(&self) -> usize {
        self.joint.max_cells
    }

    /// Bytes held.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.marginals.iter().map(CompactCounts::nbytes).sum::<usize>() + self.joint.nbytes()
    }

    /// Cells of the joint table that hold rows.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Interrupted`].
    pub fn cells(&self, control: &Control<'_>) -> Result<usize> {
        Ok(self.folded(control)?.cells.len())
    }

    /// The level `L` of the joint table: `2^L` neighbouring intervals of a model are the side of a cell.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Interrupted`].
    pub fn level(&self, control: &Control<'_>) -> Result<u32> {
        Ok(self.folded(control)?.level)
    }

    /// The joint table as samples that both models share.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Interrupted`].
    pub fn groups(&self, control: &Control<'_>) -> Result<PairedGroups> {
        let joint = self.folded(control)?;
        Ok(PairedGroups::of(&joint.cells, joint.level, self.marginals.each_ref().map(CompactCounts::exact)))
    }

    /// The joint table with all rows folded in.
    pub(super) fn folded(&self, control: &Control<'_>) -> Result<Joint> {
        let mut joint = self.joint.clone();
        joint.fold(control)?;
        Ok(joint)
    }

    /// The joint table's level and cells, for its bytes.
    pub(crate) fn joint(&self, control: &Control<'_>) -> Result<(u32, Arc<Cells>)> {
        let joint = self.folded(control)?;
        Ok((joint.level, joint.cells))
    }

    /// True when both have counted the same, with the same `max_cells`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Interrupted`].
    pub fn equals(&self, other: &Self, control: &Control<'_>) -> Result<bool> {
        Ok(self.marginals == other.marginals && self.folded(control)? == other.folded(control)?)
    }
}
