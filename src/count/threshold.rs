//! [`ThresholdCounts`]: positives and negatives between the caller's own thresholds, in memory that does not grow.

use std::sync::{Arc, OnceLock};

use super::accumulator::{Accumulator, Committed, Ledger, Rows, SMALL_BATCH};
use super::edges::{EdgeDType, cutoffs};
use super::group_table::{self, Counted};
use super::moments::{self, Kept, Moments, Summed};
use super::plan::{Among, Arithmetic, Plan, Seen, Sink};
use super::table::{self, Cells, Map, Table};
use super::thresholds::Thresholds;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::{Batch, Block, DType, Working};
use crate::simd::{self, DefaultFloatMode, Level};
use crate::tally::{self, Masses, Tally};

/// Counts at `k` thresholds: `k + 1` gaps, fixed memory, exact at each threshold.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use thresher::count::{Accumulator, Comparison, ThresholdCounts, Thresholds};
/// use thresher::input::{Batch, Column};
/// use thresher::{Control, measure};
///
/// let mut counts = ThresholdCounts::new(Thresholds::new(vec![0.7], Comparison::GreaterEqual)?, None)?;
/// let batch = Batch::new(Column::from_slice(&[true, true]), Column::from_slice(&[0.7_f32, 0.699_999_9]))?;
/// let cancel = AtomicBool::new(false);
/// let control = Control::new(&cancel);
/// counts.update(&batch, &control)?;
/// let tally = counts.tally(&control)?;
/// let table = measure::confusion_of_groups(&tally, vec![0.7], &counts.groups_admitted());
/// // The threshold was rounded to float32, the dtype of the scores, so the float32 0.7 reaches it.
/// assert_eq!(table.rate(measure::Rate::Recall), [0.5]);
/// # Ok::<(), thresher::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ThresholdCounts {
    thresholds: Thresholds,
    /// What `dtype` was given as; `None`: the first rows decide.
    given_dtype: Option<EdgeDType>,
    edges: Option<Arc<Edges>>,
    /// Rows without a weight, per cell `2 * gap + label`.
    counts: Arc<Vec<u64>>,
    /// Sums of the weights of rows with one, per cell; empty until the first such row.
    sums: Arc<Vec<f64>>,
    /// Further sums per cell, where they are kept.
    moments: Option<Kept<Arc<Vec<Moments>>>>,
    ledger: Ledger,
}

/// The rounded thresholds and their plans, each made when first needed.
#[derive(Debug)]
struct Edges {
    dtype: EdgeDType,
    narrow: OnceLock<Plan<f32>>,
    /// For scores of the very dtype that the thresholds are rounded to, where that is narrower than float32.
    own: OnceLock<Option<Plan<f32>>>,
    wide: OnceLock<Plan<f64>>,
}

impl Edges {
    fn new(dtype: EdgeDType) -> Arc<Self> {
        Arc::new(Self { dtype, narrow: OnceLock::new(), own: OnceLock::new(), wide: OnceLock::new() })
    }
}

/// A batch counted at thresholds rounded to a dtype.
#[derive(Debug)]
pub struct ThresholdPart {
    edges: Arc<Edges>,
    table: Table,
}

struct PlanGaps<'p, S: Arithmetic> {
    plan: &'p Plan<S>,
    gaps: usize,
}

impl<S: Arithmetic> Map<S> for PlanGaps<'_, S> {
    fn len(&self) -> usize {
        self.gaps
    }
    fn place(&self, level: Level, block: Block<'_, S>, sink: &mut impl Sink) -> Seen {
        self.plan.place(level, block, sink)
    }
}

impl ThresholdCounts {
    /// An empty table; thresholds are rounded to `dtype`, or to that of the first rows that are counted.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(thresholds: Thresholds, dtype: Option<EdgeDType>) -> Result<Self> {
        let counts = simd::zeros(2 * (thresholds.distinct().len() + 1), "counts at thresholds")?;
        Ok(Self {
            thresholds,
            given_dtype: dtype,
            edges: dtype.map(Edges::new),
            counts: Arc::new(counts),
            sums: Arc::default(),
            moments: None,
            ledger: Ledger::default(),
        })
    }

    /// An empty table with these settings that keeps further sums: 64 bytes a gap more.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn with_sums(mut self) -> Result<Self> {
        self.reset();
        let mut cells = simd::room(self.counts.len(), "sums at thresholds")?;
        cells.resize(self.counts.len(), Moments::default());
        self.moments = Some(Kept::new(Arc::new(cells), None, std::iter::empty()));
        Ok(self)
    }

    /// The thresholds.
    #[must_use]
    pub fn thresholds(&self) -> &Thresholds {
        &self.thresholds
    }

    /// The dtype the thresholds are rounded to, once it is known.
    #[must_use]
    pub fn dtype(&self) -> Option<EdgeDType> {
        self.edges.as_ref().map(|edges| edges.dtype)
    }

    /// For each threshold as given, the number of groups of the tally, from the highest down, that it admits.
    #[must_use]
    pub fn groups_admitted(&self) -> Vec<usize> {
        let distinct = self.thresholds.distinct().len();
        self.thresholds.places().iter().map(|&place| distinct - place as usize).collect()
    }

    /// What lies in each gap, ascending.
    fn masses_by_gap(&self) -> Masses {
        let gaps = self.counts.len() / 2;
        if !self.ledger.weighted {
            let label = |label: usize| filled(gaps, |gap| self.counts[2 * gap + label]);
            return Masses::Counts { positives: label(1), negatives: label(0) };
        }
        let mass = |cell: usize| self.counts[cell] as f64 + self.sums.get(cell).copied().unwrap_or(0.0);
        let label = |label: usize| filled(gaps, |gap| mass(2 * gap + label));
        Masses::Weights { positives: label(1), negatives: label(0) }
    }

    fn edges_for(&self, batch: &Batch<'_>) -> Arc<Edges> {
        self.edges.clone().unwrap_or_else(|| Edges::new(EdgeDType::of_scores(batch.score_dtype())))
    }

    fn narrow_plan<'e>(&self, edges: &'e Edges) -> &'e Plan<f32> {
        edges.narrow.get_or_init(|| Plan::new(cutoffs(&self.thresholds, edges.dtype)))
    }

    /// The plan for scores of the dtype that the thresholds are rounded to.
    fn own_plan<'e>(&self, edges: &'e Edges) -> &'e Plan<f32> {
        let among = match edges.dtype {
            EdgeDType::F16 => Some(Among::Halves),
            EdgeDType::Bf16 => Some(Among::Bfloats),
            EdgeDType::F32 | EdgeDType::F64 => None,
        };
        let own = edges.own.get_or_init(|| Plan::among(&cutoffs(&self.thresholds, edges.dtype), among?));
        own.as_ref().unwrap_or_else(|| self.narrow_plan(edges))
    }

    /// The plan for a batch read as float32.
    fn plan_for<'e>(&self, edges: &'e Edges, batch: &Batch<'_>) -> &'e Plan<f32> {
        let own = EdgeDType::of_scores(batch.score_dtype()) == edges.dtype;
        if own { self.own_plan(edges) } else { self.narrow_plan(edges) }
    }

    fn wide_plan<'e>(&self, edges: &'e Edges) -> &'e Plan<f64> {
        edges.wide.get_or_init(|| Plan::new(cutoffs(&self.thresholds, edges.dtype)))
    }

    /// The same with thresholds rounded as the first rows, of scores of this dtype, would have it.
    pub(super) fn fixed_by(mut self, scores: DType) -> Self {
        self.edges.get_or_insert_with(|| Edges::new(EdgeDType::of_scores(scores)));
        self
    }

    /// The rows of an unweighted batch by group and cell; none where further sums are kept or the batch is too small for a
    /// table of so many groups.
    pub(super) fn table_by_group(
        &self,
        batch: &Batch<'_>,
        of_rows: &[u32],
        groups: usize,
        control: &Control<'_>,
    ) -> Result<Option<Counted>> {
        if self.moments.is_some()
            || batch.weighted()
            || !group_table::worthwhile(batch.len(), groups, self.counts.len())
        {
            return Ok(None);
        }
        let _mode = DefaultFloatMode::set();
        let (edges, gaps) = (self.edges_for(batch), self.counts.len() / 2);
        let counted = match batch.working() {
            Working::F32 => {
                let plan = self.plan_for(&edges, batch);
                group_table::count::<f32>(batch, &PlanGaps { plan, gaps }, of_rows, groups, control)?
            }
            Working::F64 => {
                let plan = self.wide_plan(&edges);
                group_table::count::<f64>(batch, &PlanGaps { plan, gaps }, of_rows, groups, control)?
            }
        };
        Ok(Some(counted))
    }

    /// Adds so many rows to each cell.
    pub(super) fn add_rows(&mut self, more: &[u32]) -> Result<()> {
        let label = |label: usize| more.iter().skip(label).step_by(2).map(|&rows| u64::from(rows)).sum();
        self.ledger = self.ledger.plus(Ledger { rows: [label(0), label(1)], ..Ledger::default() })?;
        let counts = Arc::make_mut(&mut self.counts);
        counts.iter_mut().zip(more).for_each(|(count, &more)| *count += u64::from(more));
        Ok(())
    }

    /// Takes note of rows that were dropped elsewhere.
    pub(super) fn drop_rows(&mut self, dropped: u64) -> Result<()> {
        self.ledger = self.ledger.plus(Ledger { dropped, ..Ledger::default() })?;
        Ok(())
    }

    /// Upper bounds of `Σ w²` and `Σ w s²`, where they are kept.
    pub(super) fn square_bounds(&self) -> [f64; 2] {
        self.moments.as_ref().map_or([0.0; 2], Kept::bound)
    }

    /// The parts of the state, for its bytes.
    pub(crate) fn parts(&self) -> (Option<EdgeDType>, &[u64], &[f64], Ledger) {
        (self.given_dtype, &self.counts, &self.sums, self.ledger)
    }

    /// The further sums per cell and the range of the scores, where they are kept; for its bytes.
    pub(crate) fn moments(&self) -> Option<(&[Moments], Option<[f64; 2]>)> {
        self.moments.as_ref().map(|kept| (&kept.cells[..], kept.range))
    }

    /// The same state with these further sums, which the caller has checked.
    pub(crate) fn with_moments(self, cells: Vec<Moments>, range: Option<[f64; 2]>) -> Self {
        let all = cells.clone().into_iter();
        Self { moments: Some(Kept::new(Arc::new(cells), range, all)), ..self }
    }

    /// The state with these parts; the caller has checked that they fit together.
    pub(crate) fn from_parts(
        thresholds: Thresholds,
        given_dtype: Option<EdgeDType>,
        dtype: Option<EdgeDType>,
        counts: Vec<u64>,
        sums: Vec<f64>,
        ledger: Ledger,
    ) -> Self {
        let edges = dtype.map(Edges::new);
        let (counts, sums) = (Arc::new(counts), Arc::new(sums));
        Self { thresholds, given_dtype, edges, counts, sums, moments: None, ledger }
    }

    /// Adds sums, refusing those that would overflow.
    fn add_sums(&mut self, sums: impl Iterator<Item = (usize, f64)> + Clone) -> Result<()> {
        let total = self.sums.iter().sum::<f64>() + sums.clone().map(|(_, sum)| sum).sum::<f64>();
        if !total.is_finite() {
            return Err(Error::WeightOverflow);
        }
        let own = Arc::make_mut(&mut self.sums);
        own.resize(self.counts.len(), 0.0);
        for (cell, sum) in sums {
            own[cell] += sum;
        }
        Ok(())
    }

    /// Adds rows or sums of weights, with their further sums; on error nothing has changed.
    fn add_summed(&mut self, more: &Summed, weighted: bool) -> Result<()> {
        let cells = || more.cells.iter().map(|&(cell, held)| (cell as usize, held));
        let beside = self.moments.as_ref().map(|kept| kept.with(more.range, more.bound())).transpose()?;
        if weighted {
            self.add_sums(cells().map(|(cell, held)| (cell, held.mass)))?;
        } else {
            let counts = Arc::make_mut(&mut self.counts);
            cells().for_each(|(cell, held)| counts[cell] += held.mass as u64);
        }
        if let (Some(kept), Some(beside)) = (&mut self.moments, beside) {
            let own = Arc::make_mut(&mut kept.cells);
            cells().for_each(|(cell, held)| own[cell] += held.moments);
            kept.set(beside);
        }
        Ok(())
    }
}

impl Accumulator for ThresholdCounts {
    type Part = ThresholdPart;

    fn count(&self, batch: &Batch<'_>, control: &Control<'_>) -> Result<ThresholdPart> {
        let _mode = DefaultFloatMode::set();
        let edges = self.edges_for(batch);
        let (gaps, further) = (self.counts.len() / 2, self.moments.is_some());
        let table = match batch.working() {
            Working::F32 => {
                let plan = self.plan_for(&edges, batch);
                table::count::<f32>(batch, &PlanGaps { plan, gaps }, small_batch(gaps), further, control)?
            }
            Working::F64 => {
                let plan = self.wide_plan(&edges);
                table::count::<f64>(batch, &PlanGaps { plan, gaps }, small_batch(gaps), further, control)?
            }
        };
        Ok(ThresholdPart { edges, table })
    }

    fn commit(&mut self, part: ThresholdPart) -> Result<Committed> {
        let ThresholdPart { edges, table } = part;
        if self.edges.as_ref().is_some_and(|ours| ours.dtype != edges.dtype) {
            return Ok(Committed::Recount);
        }
        let ledger = self.ledger.plus(table.ledger)?;
        match table.cells {
            Cells::Rows(rows) => {
                let counts = Arc::make_mut(&mut self.counts);
                for cell in rows {
                    counts[cell as usize] += 1;
                }
            }
            Cells::Counts(more) => {
                Arc::make_mut(&mut self.counts).iter_mut().zip(more.cells()).for_each(|(count, more)| *count += more);
            }
            Cells::Sums(sums) if table.ledger.weighted => self.add_sums(sums.iter().copied().enumerate())?,
            Cells::SomeSums(sums) if table.ledger.weighted => {
                self.add_sums(sums.iter().map(|&(cell, sum)| (cell as usize, sum)))?;
            }
            Cells::Summed(more) => self.add_summed(&more, table.ledger.weighted)?,
            Cells::Sums(_) | Cells::SomeSums(_) => {} // every weight was zero
        }
        if table.ledger.rows != [0, 0] {
            self.edges.get_or_insert(edges);
        }
        self.ledger = ledger;
        Ok(Committed::Done)
    }

    fn merge(&mut self, other: &Self) -> Result<()> {
        self.thresholds.same_as(&other.thresholds)?;
        if let (Some(ours), Some(theirs)) = (self.dtype(), other.dtype())
            && ours != theirs
        {
            let (ours, theirs) = (ours.name().to_owned(), theirs.name().to_owned());
            return Err(Error::SettingMismatch { setting: "dtype", ours, theirs });
        }
        moments::same_setting(self.sums(), other.sums())?;
        let ledger = self.ledger.plus(other.ledger)?;
        let both = self.moments.as_ref().zip(other.moments.as_ref());
        let beside = both.map(|(ours, theirs)| ours.with_all(theirs)).transpose()?;
        if !other.sums.is_empty() {
            let theirs = Arc::clone(&other.sums);
            self.add_sums(theirs.iter().copied().enumerate())?;
        }
        let theirs = Arc::clone(&other.counts);
        Arc::make_mut(&mut self.counts).iter_mut().zip(&*theirs).for_each(|(count, more)| *count += more);
        if let (Some(ours), Some(theirs), Some(beside)) = (&mut self.moments, &other.moments, beside) {
            let theirs = Arc::clone(&theirs.cells); // perhaps our own
            Arc::make_mut(&mut ours.cells).iter_mut().zip(&*theirs).for_each(|(own, &more)| *own += more);
            ours.set(beside);
        }
        if self.edges.is_none() {
            self.edges.clone_from(&other.edges);
        }
        self.ledger = ledger;
        Ok(())
    }

    fn reset(&mut self) {
        Arc::make_mut(&mut self.counts).fill(0);
        self.sums = Arc::default();
        if let Some(kept) = &mut self.moments {
            let cells = vec![Moments::default(); self.counts.len()];
            *kept = Kept::new(Arc::new(cells), None, std::iter::empty());
        }
        self.ledger = Ledger::default();
        if self.given_dtype.is_none() {
            self.edges = None;
        }
    }

    fn rows(&self) -> Rows {
        if !self.ledger.weighted {
            return self.ledger.rows([0.0; 2]);
        }
        let weight = |label: usize| {
            let cells = (label..self.counts.len()).step_by(2);
            cells.map(|cell| self.counts[cell] as f64 + self.sums.get(cell).copied().unwrap_or(0.0)).sum()
        };
        self.ledger.rows([weight(0), weight(1)])
    }

    fn weighted(&self) -> bool {
        self.ledger.weighted
    }

    fn sums(&self) -> bool {
        self.moments.is_some()
    }

    fn exact(&self) -> bool {
        false
    }

    fn nbytes(&self) -> usize {
        let moments = self.moments.as_ref().map_or(0, |kept| size_of_val(&kept.cells[..]));
        size_of_val(&self.counts[..]) + size_of_val(&self.sums[..]) + moments + self.thresholds.nbytes()
    }

    fn plan(&self) -> String {
        let Some(edges) = &self.edges else { return "undecided until the first rows fix the dtype".to_owned() };
        let name = edges.dtype.name();
        match edges.dtype {
            EdgeDType::F64 => format!("thresholds as {name}; {}", self.wide_plan(edges).words()),
            _ => format!("thresholds as {name}; {}", self.own_plan(edges).words()),
        }
    }

    fn tally(&self, _control: &Control<'_>) -> Result<Tally> {
        // Rows below the lowest threshold form a group of their own, if there are any.
        let (masses, none_below) = self.masses_by_gap().descending();
        let below = (!none_below).then_some(f64::NEG_INFINITY);
        let mut thresholds = tally::column(self.thresholds.distinct().len() + 1);
        thresholds.extend(self.thresholds.distinct().iter().rev().copied().chain(below));
        let tally = Tally::new(thresholds, masses, false);
        Ok(match &self.moments {
            Some(kept) => {
                let groups = kept.cells.as_chunks::<2>().0.iter().rev().take(tally.len()).copied();
                let sums = moments::columns(groups, kept.range);
                tally.with_sums(sums)
            }
            None => tally,
        })
    }

    fn with_tally(&self, tally: &Tally) -> Result<Self> {
        let ledger = Ledger::of(tally.masses())?;
        let dtype = if ledger.rows == [0, 0] { self.given_dtype } else { self.dtype() };
        // The tally lists gaps from the highest down, and may leave out the lowest.
        let highest = self.counts.len() / 2 - 1;
        let cells = move |group: usize, label: usize| 2 * (highest - group) + label;
        let mut counts = simd::zeros(self.counts.len(), "counts at thresholds")?;
        let mut sums = Vec::new();
        match tally.masses() {
            Masses::Counts { positives, negatives } => {
                for (group, (&p, &n)) in positives.iter().zip(negatives).enumerate() {
                    (counts[cells(group, 1)], counts[cells(group, 0)]) = (p, n);
                }
            }
            Masses::Weights { .. } if !ledger.weighted => {}
            Masses::Weights { positives, negatives } => {
                sums = simd::zeros(self.counts.len(), "counts at thresholds")?;
                for (group, (&p, &n)) in positives.iter().zip(negatives).enumerate() {
                    (sums[cells(group, 1)], sums[cells(group, 0)]) = (p, n);
                }
            }
        }
        Ok(Self::from_parts(self.thresholds.clone(), self.given_dtype, dtype, counts, sums, ledger))
    }
}

/// Rows up to which a batch is kept as one cell a row until it commits; more have private tables. At 16 rows a gap a batch takes,
/// kept and in tables: 4.1 and 4.7 µs at 19 thresholds, 16 and 12 at 200, 46 and 41 at 1,000.
fn small_batch(gaps: usize) -> usize {
    (16 * gaps).min(SMALL_BATCH)
}

/// A column of what each gap holds.
fn filled<T>(gaps: usize, of: impl Fn(usize) -> T) -> Vec<T> {
    let mut column = tally::column(gaps);
    column.extend((0..gaps).map(of));
    column
}

impl PartialEq for ThresholdCounts {
    /// Same settings, same counts.
    fn eq(&self, other: &Self) -> bool {
        self.thresholds.same_as(&other.thresholds).is_ok()
            && (self.given_dtype, self.dtype(), self.ledger) == (other.given_dtype, other.dtype(), other.ledger)
            && self.counts == other.counts
            && self.sums == other.sums
            && self.moments == other.moments
    }
}
