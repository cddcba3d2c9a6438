//! **Resample**: the bootstrap of groups instead of rows.
//!
//! A row that is drawn Poisson(1) times belongs to a replicate of the sample (the Poisson bootstrap), and a sum of `c`
//! independent Poisson(1) draws is a Poisson(c) one: so a replicate of a tally is an independent Poisson draw for each group
//! and label, whatever the number of rows. It is no approximation.
//!
//! | file | what it holds |
//! |---|---|
//! | `random.rs` | random words as a function of (seed, shard, replicate) |
//! | `poisson.rs` | exact Poisson draws |
//! | `draw.rs` | a replicate of the masses of one shard |
//! | `bootstrap.rs` | replicates of a figure, on several threads |
//!
//! Draws depend on the seed, the shard and the number of the replicate alone: not on threads, instructions or other shards.

mod bootstrap;
mod draw;
mod poisson;
mod random;

pub use bootstrap::{Shard, replicate, replicates};
pub use draw::{Drawn, Resampling};
