//! What may come in, checked once: columns of borrowed bytes in any dtype, stride and byte order, read as validated
//! blocks of one of two working types.

mod batch;
mod block;
mod column;
mod dtype;
mod gather;
mod halves;
mod packed;
mod scalar;
mod score;
mod whole;

pub use batch::{Batch, NanPolicy, Number, Positive};
pub use block::BLOCK_ROWS;
pub(crate) use block::{Block, BlockReader, Readable};
pub use column::{Column, Element};
pub use dtype::{ByteOrder, DType, Working};
pub(crate) use halves::Half;
pub use score::Score;
pub(crate) use whole::{bytes_of, int32s, weights, whole, words};
