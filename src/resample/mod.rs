//! **Resample**: what other samples of the same kind would have given, drawn from the counts in O(groups).
//!
//! A sum of `c` independent Poisson(1) numbers is Poisson(c). So the Poisson bootstrap, which gives each row a
//! multiplicity drawn from Poisson(1), draws one number a class and group from a table, exactly as if the rows were
//! still there.
//!
//! | file | holds |
//! |---|---|
//! | `random.rs` | words of a counter-based generator, a function of (seed, shard, replicate) |
//! | `poisson.rs` | exact Poisson draws from them |
//! | `wide.rs` | tables of larger means, for these draws |
//! | `laws.rs` | the Poisson laws of some cells, drawn one after the other |
//! | `cells.rs` | what a shard holds, as laws to draw from |
//! | `bootstrap.rs` | replicates of shards, on several threads |
//! | `paired.rs`, `paired_cells.rs` | replicates of several models on the same samples |
//! | `statistic.rs` | what is read off each replicate |

mod bootstrap;
mod cells;
mod laws;
mod paired;
mod paired_cells;
mod poisson;
mod random;
mod statistic;
mod wide;

pub use bootstrap::{Bootstrap, Shard, Unit};
pub use paired::PairedBootstrap;
pub use statistic::Statistic;
