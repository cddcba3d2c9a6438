//! What can go wrong, in words a caller can act on: the argument, the place, what was found, what is accepted.

/// The result of every fallible call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Everything that can be wrong with an input, a state, or a call.
///
/// Indices count rows of the batch as the caller passed it, before any row is dropped.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A column differs in length from the labels.
    #[error("`{argument}` has {found} rows but `labels` has {expected}; they must have the same length")]
    LengthMismatch {
        /// The column at fault.
        argument: &'static str,
        /// Its length.
        found: usize,
        /// The length of the labels.
        expected: usize,
    },
    /// A column's stride and length reach outside the memory it borrows.
    #[error(
        "`{argument}`: {len} elements of {size} bytes at stride {stride} from offset {offset} do not fit {bytes} bytes"
    )]
    OutOfBounds {
        /// The column at fault.
        argument: &'static str,
        /// Its length in elements.
        len: usize,
        /// Bytes of one element.
        size: usize,
        /// Bytes from one element to the next.
        stride: isize,
        /// Byte position of the first element.
        offset: usize,
        /// Bytes that were lent.
        bytes: usize,
    },
    /// The column's dtype cannot serve as this argument.
    #[error("`{argument}` has dtype {dtype}, which is not accepted here; {accepted}")]
    UnsupportedDType {
        /// The column at fault.
        argument: &'static str,
        /// What was found.
        dtype: &'static str,
        /// What would be accepted.
        accepted: &'static str,
    },
    /// A label is neither 0 nor 1, and no positive label was named.
    #[error(
        "`labels` must be 0 or 1 (or bool), but labels[{index}] is {value}; pass `pos_label` to say which label is positive"
    )]
    InvalidLabel {
        /// Row of the first offender.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// A label is NaN although a positive label was named.
    #[error("`labels` must not be NaN, but labels[{index}] is NaN")]
    NanLabel {
        /// Row of the first offender.
        index: usize,
    },
    /// A score is NaN and the caller did not ask to drop such rows.
    #[error("`{argument}` must not be NaN, but {argument}[{index}] is NaN; pass `nan=\"drop\"` to leave such rows out")]
    NanScore {
        /// The column at fault.
        argument: &'static str,
        /// Row of the first offender.
        index: usize,
    },
    /// A score is infinite where only finite ones are accepted.
    #[error("`{argument}` must be finite, but {argument}[{index}] is {value}")]
    InfiniteScore {
        /// The column at fault.
        argument: &'static str,
        /// Row of the first offender.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// A score cannot be held by float64 without rounding.
    #[error("`{argument}` must be exact in float64, but {argument}[{index}] is {value}, which is not")]
    InexactScore {
        /// The column at fault.
        argument: &'static str,
        /// Row of the first offender.
        index: usize,
        /// Its value, in decimal.
        value: String,
    },
    /// A label is no whole number, or one beyond int64.
    #[error("`{argument}` must be whole numbers that int64 holds, but {argument}[{index}] is {value}")]
    NotWhole {
        /// The column at fault.
        argument: &'static str,
        /// Row of the first offender.
        index: usize,
        /// Its value, in decimal.
        value: String,
    },
    /// Two columns of labels have more classes than a table of their pairs may.
    #[error("there are more classes than a table of at most {limit} pairs of them holds")]
    TooManyClasses {
        /// The most cells.
        limit: usize,
    },
    /// Two GroupedCounts, or a batch and one, are grouped by other columns.
    #[error("groups are by {ours} here, and by {theirs} in what was to be added")]
    OtherKeys {
        /// The key columns of the state.
        ours: String,
        /// The key columns of the other one, or of the batch.
        theirs: String,
    },
    /// A row's code lies outside its dictionary.
    #[error("`groups` holds code {code}, but its dictionary has {len} entries")]
    UnknownCode {
        /// The code.
        code: i64,
        /// How many entries there are.
        len: usize,
    },
    /// The parts of a key column do not fit together.
    #[error("`groups` must be text that lies together, with offsets inside it")]
    ScatteredKeys,
    /// There are more groups, or values of a key column, than can be numbered.
    #[error("`groups` has more keys than the {limit} that are accepted")]
    TooManyGroups {
        /// The most.
        limit: usize,
    },
    /// Rows of text do not follow one another, or are not of this width.
    #[error("`labels` must be text of one width that lies together")]
    ScatteredText,
    /// Arrays that are read twice were not the same the second time.
    #[error("`labels`, `scores` or `weights` changed during the call; pass arrays that nothing else writes to")]
    Changed,
    /// A weight is negative, NaN or infinite.
    #[error("`weights` must be finite and >= 0, but weights[{index}] is {value}")]
    InvalidWeight {
        /// Row of the first offender.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// No threshold was given.
    #[error("`thresholds` is empty; at least one is needed")]
    EmptyThresholds,
    /// More thresholds than this build can index.
    #[error("`thresholds` has {found} values; at most {limit} are accepted")]
    TooManyThresholds {
        /// How many were given.
        found: usize,
        /// The most that are accepted.
        limit: usize,
    },
    /// A threshold is NaN.
    #[error("`thresholds` must not be NaN, but thresholds[{index}] is NaN")]
    NanThreshold {
        /// Position of the first offender.
        index: usize,
    },
    /// Two accumulators count at different thresholds.
    #[error("cannot merge: thresholds differ, first at position {index}: {ours} here, {theirs} in `other`")]
    ThresholdMismatch {
        /// Position of the first difference.
        index: usize,
        /// The threshold of the accumulator merged into, in words.
        ours: String,
        /// The threshold of the accumulator merged, in words.
        theirs: String,
    },
    /// Two accumulators compare differently, or round their thresholds to different dtypes.
    #[error("cannot merge: `{setting}` is {ours} here and {theirs} in `other`")]
    SettingMismatch {
        /// `comparison` or `dtype`.
        setting: &'static str,
        /// The setting of the accumulator merged into.
        ours: String,
        /// The setting of the accumulator merged.
        theirs: String,
    },
    /// One of two accumulators keeps further sums, the other does not.
    #[error(
        "cannot merge: `sums` is {ours} here and {theirs} in `other`; what was counted without them has none to add"
    )]
    SumsMismatch {
        /// The setting of the accumulator merged into.
        ours: bool,
        /// The setting of the accumulator merged.
        theirs: bool,
    },
    /// Two PairedCounts hold joint tables of different sizes.
    #[error("cannot merge: `max_cells` is {ours} here and {theirs} in `other`")]
    MaxCellsMismatch {
        /// The setting of the accumulator merged into.
        ours: usize,
        /// The setting of the accumulator merged.
        theirs: usize,
    },
    /// Two accumulators are of different kinds.
    #[error("cannot merge {theirs} into {ours}")]
    KindMismatch {
        /// The accumulator merged into.
        ours: &'static str,
        /// The accumulator merged.
        theirs: &'static str,
    },
    /// A confusion table was asked for at a value that is no interval edge.
    #[error(
        "`at`[{index}] is {value}, which is no interval edge of CompactCounts; the nearest are {below} and {above} (pass `nearest=True` to take the nearest)"
    )]
    NotAnEdge {
        /// Position of the first offender.
        index: usize,
        /// Its value.
        value: f64,
        /// The largest edge below it.
        below: f64,
        /// The smallest edge above it.
        above: f64,
    },
    /// A parameter is outside its range.
    #[error("`{argument}` must be {accepted}, but is {value}")]
    OutOfRange {
        /// The parameter.
        argument: &'static str,
        /// Its value.
        value: f64,
        /// The accepted range in words.
        accepted: &'static str,
    },
    /// Scores that are to be read as probabilities are none.
    #[error("`scores` must lie in [0, 1] to be read as probabilities, but reach from {low} to {high}")]
    NotProbabilities {
        /// The lowest score, as far as it is known.
        low: f64,
        /// The highest.
        high: f64,
    },
    /// A score that is to be read as a probability is none.
    #[error("`scores` must lie in [0, 1] to be read as probabilities, but scores[{index}] is {value}")]
    NotAProbability {
        /// Row of the first offender.
        index: usize,
        /// Its value.
        value: f64,
    },
    /// Counts keep neither scores nor sums of them.
    #[error("these counts keep no sums of scores; make them with `sums=True`, or count with ExactCounts()")]
    NoSums,
    /// Bytes that are no state of this version of thresher.
    #[error("not a valid thresher state: {reason}")]
    InvalidState {
        /// What is wrong with them.
        reason: String,
    },
    /// A count would pass 2^63 − 1.
    #[error("counts would exceed 2^63 - 1: {ours} rows here and {theirs} more")]
    CountOverflow {
        /// Rows counted so far.
        ours: u64,
        /// Rows that were to be added.
        theirs: u64,
    },
    /// The variance of a figure of sampling weights was asked for, and nobody kept their squares.
    #[error(
        "`weight_meaning` is \"sampling\", which needs the sums of squared weights; make the counts with sums=True to keep them"
    )]
    NoSquaredWeights,
    /// A sum of weights would pass the largest float64.
    #[error("the sum of `weights` would exceed the largest float64 (1.8e308)")]
    WeightOverflow,
    /// A sum that an accumulator keeps beside its counts would pass the largest float64.
    #[error("{sum} of `weights` w and `scores` s would exceed the largest float64 (1.8e308), and these counts keep it")]
    SumOverflow {
        /// The sum.
        sum: &'static str,
    },
    /// Memory was refused by the system.
    #[error("out of memory: {bytes} bytes for {purpose}")]
    OutOfMemory {
        /// What it was for.
        purpose: &'static str,
        /// How much was asked for.
        bytes: usize,
    },
    /// An ExactCounts would pass the limit its owner set.
    #[error(
        "ExactCounts would hold {bytes} bytes, more than max_bytes={limit}; CompactCounts() needs at most 8 MiB, whatever the data"
    )]
    MaxBytes {
        /// Bytes it would hold.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The caller asked for the call to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// The argument and the row of the first value that was refused, where the error is about a row.
    #[must_use]
    pub fn row(&self) -> Option<(&'static str, usize)> {
        match *self {
            Self::InvalidLabel { index, .. } | Self::NanLabel { index } => Some(("labels", index)),
            Self::InvalidWeight { index, .. } => Some(("weights", index)),
            Self::NotAProbability { index, .. } => Some(("scores", index)),
            Self::NanScore { argument, index }
            | Self::InfiniteScore { argument, index, .. }
            | Self::InexactScore { argument, index, .. }
            | Self::NotWhole { argument, index, .. } => Some((argument, index)),
            _ => None,
        }
    }
}
