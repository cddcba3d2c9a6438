//! The only `unsafe` of the core: which instructions this CPU has, the floating-point mode, huge pages, prefetching and
//! where a new thread starts; and the increments that all counting comes down to. It sees slices and numbers, never a metric.
//!
//! A kernel is written once, in plain Rust, as a [`Kernel`]; [`Level::run`] compiles it for each instruction set and
//! runs the one whose proof the caller holds. All levels run the same operations on the same values (no contraction to
//! fused multiply-add, no reassociation), so they give the same bytes.

mod count;
mod float_mode;
mod level;
mod logarithm;
mod lookup;
mod pages;
mod prefetch;
mod threads;

pub(crate) use count::{Aligned, Counters, STRIP, Totals, add_weights};
pub use float_mode::DefaultFloatMode;
pub(crate) use level::Kernel;
pub use level::Level;
pub(crate) use logarithm::ln;
pub(crate) use lookup::{Entry, Lookup};
pub(crate) use pages::{room, touch, zeros};
pub(crate) use prefetch::{prefetch_read, prefetch_write};
pub(crate) use threads::beside;
