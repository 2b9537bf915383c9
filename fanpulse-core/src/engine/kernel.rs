//! One task of a batch: artists in blocks, features first, then the scores of the whole block at once.
//!
//! The function is compiled for several instruction sets and chosen at run time. All sums have a fixed lane
//! order and nothing is fused, so that each of them gives the same bits.

use std::cell::RefCell;

use multiversion::multiversion;

use super::ahead;
use super::rows::RowCursor;
use super::scores::{OutBlock, Scores, ScoresMut};
use crate::error::{Insufficient, Location};
use crate::features::{BLOCK, Block, Extractor, PostRows, PostSpike};
use crate::ingest::{GridColumns, GridComponent, MetricKind, ObservationColumns, PostColumns, Times};
use crate::math::{LANES, prefetch};
use crate::scores::{Momentum, MomentumModel, fan_value, momentum, probability};
use crate::series::{Frame, Gather, Layout, Rows, all_valid_or_missing};
use crate::settings::Settings;
use crate::{Day, Error, Instant, Result};

/// Where the daily values of a task come from.
pub(super) enum Input<'a, 'g> {
    Long {
        columns: &'a ObservationColumns<'a>,
        cursor: RowCursor<'a>,
    },
    Grid {
        grid: &'a GridColumns<'g>,
        days: usize,
    },
    /// The series stand in the worker already.
    Ready,
}

/// Everything a task needs besides its worker.
pub(super) struct Task<'a, 'g> {
    pub(super) settings: &'a Settings,
    /// The caller's model in place of the built-in one.
    pub(super) momentum_model: Option<&'a dyn MomentumModel>,
    pub(super) layout: &'a Layout,
    pub(super) frame: Frame,
    pub(super) first_artist: u32,
    pub(super) input: Input<'a, 'g>,
    /// Values that are read in place: the column, or the components of the grid that lie row by row.
    pub(super) sources: Vec<&'a [f64]>,
    pub(super) posts: &'a PostColumns<'a>,
    pub(super) post_cursor: RowCursor<'a>,
}

/// What a task leaves besides its columns.
#[derive(Default)]
pub(super) struct Found {
    pub(super) spikes: Vec<PostSpike>,
    pub(super) dropped: u64,
    /// Rows or posts were left over, so their column is not sorted.
    pub(super) lost_rows: bool,
    pub(super) lost_posts: bool,
    /// What the caller's model said.
    pub(super) momentum: Vec<std::result::Result<Momentum, Insufficient>>,
}

/// Scratch space of a thread, kept from call to call.
pub(super) struct Worker {
    pub(super) gather: Gather,
    extractor: Extractor,
    features: Box<Block>,
    out: Box<OutBlock>,
    row: Vec<f64>,
    posts: PostScratch,
    /// The result of one artist, kept so that a live analysis allocates no columns.
    pub(super) one: Option<Box<Scores>>,
}

/// Posts that do not lie side by side, gathered.
#[derive(Default)]
struct PostScratch {
    platform: Vec<u16>,
    at: Vec<i64>,
    day: Vec<i32>,
    counts: [Vec<f64>; 5],
}

impl Worker {
    fn new() -> Self {
        Self {
            gather: Gather::default(),
            extractor: Extractor::default(),
            features: Block::new(),
            out: OutBlock::new(),
            row: Vec::new(),
            posts: PostScratch::default(),
            one: None,
        }
    }

    /// Lends this thread's worker.
    pub(super) fn with<R>(f: impl FnOnce(&mut Self) -> R) -> R {
        thread_local!(static WORKER: RefCell<Worker> = RefCell::new(Worker::new()));
        WORKER.with_borrow_mut(f)
    }
}

/// Runs a task: writes its columns, returns its spikes.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
pub(super) fn run(worker: &mut Worker, task: &mut Task<'_, '_>, out: &mut ScoresMut<'_>) -> Result<Found> {
    run_task(worker, task, out)
}

#[inline(always)]
fn run_task(worker: &mut Worker, task: &mut Task<'_, '_>, out: &mut ScoresMut<'_>) -> Result<Found> {
    let mut found = Found::default();
    worker.gather.dropped = 0;
    let artists = out.fvs.len();
    let mut start = 0;
    while start < artists {
        let n = BLOCK.min(artists - start);
        for i in 0..n {
            extract(worker, task, start, i, out, &mut found)?;
        }
        score_block(&worker.features, &mut worker.out, n, task.settings);
        worker.out.store(out, start, n);
        if let Some(model) = task.momentum_model {
            ask_model(model, worker, task.settings, out, (start, n), &mut found);
        }
        start += n;
    }
    found.dropped = worker.gather.dropped;
    found.lost_rows = match &task.input {
        Input::Long { cursor, .. } => !cursor.is_finished(),
        Input::Grid { .. } | Input::Ready => false,
    };
    found.lost_posts = !task.post_cursor.is_finished();
    Ok(found)
}

/// The features of artist `start + i` of the task.
#[inline(always)]
fn extract(worker: &mut Worker, task: &mut Task<'_, '_>, start: usize, i: usize, out: &mut ScoresMut<'_>, found: &mut Found) -> Result<()> {
    #[expect(clippy::cast_possible_truncation, reason = "artist numbers are 32-bit")]
    let artist = task.first_artist + (start + i) as u32;
    let series = match &mut task.input {
        Input::Long { columns, cursor } => {
            let rows = cursor.rows(artist);
            worker.gather.rows(task.layout, columns, rows, task.frame)?;
            ahead::keys(columns, rows);
            rows
        }
        Input::Grid { grid, days } => {
            gather_grid(worker, task.layout, grid, (&task.sources, *days), artist as usize, task.frame)?;
            Rows::Range(0, 0)
        }
        Input::Ready => Rows::Range(0, 0),
    };
    // What was gathered again has been looked at, so that it is not refused a second time.
    let features = loop {
        match worker.extractor.series(task.settings, &worker.gather, &task.sources) {
            Some(features) => break features,
            None => gather_again(&mut worker.gather, task, artist, series)?,
        }
    };
    if let Input::Long { columns, .. } = &task.input {
        ahead::values(columns, series);
    }
    let rows = task.post_cursor.rows(artist);
    let posts = post_rows(&mut worker.posts, task.posts, &task.layout.post_platforms, task.frame.as_of, rows);
    let before = found.spikes.len();
    if let Err(post) = worker.extractor.posts(task.settings, features, &posts, (&mut worker.features, i), &mut found.spikes) {
        return Err(bad_post(task.posts, rows.get(post)));
    }
    ahead::posts(task.posts, rows);
    let at = start + i;
    #[expect(clippy::cast_possible_truncation, reason = "posts of one artist")]
    {
        out.viral_posts[at] = (found.spikes.len() - before) as u32;
    }
    out.counter_resets[at] = worker.gather.counter_resets;
    out.filled_days[at] = worker.extractor.filled_days;
    out.missing_days[at] = worker.extractor.missing_days;
    Ok(())
}

/// Finds the wrong value among an artist's series and refuses it; long rows, where −0 is not wrong, are copied.
#[cold]
fn gather_again(gather: &mut Gather, task: &Task<'_, '_>, artist: u32, rows: Rows<'_>) -> Result<()> {
    match &task.input {
        Input::Long { columns, .. } => gather.copied_rows(task.layout, columns, rows, task.frame),
        Input::Grid { grid, .. } => Err(bad_grid_value(grid, artist as usize)),
        Input::Ready => Ok(()),
    }
}

#[inline(always)]
fn gather_grid(
    worker: &mut Worker,
    layout: &Layout,
    grid: &GridColumns<'_>,
    (sources, days): (&[&[f64]], usize),
    row: usize,
    frame: Frame,
) -> Result<()> {
    let Worker { gather, row: copy, .. } = worker;
    gather.begin_grid();
    for &code in &layout.by_rank {
        let component = &grid.components[code];
        // Counters are differenced in place, and a transposed grid has no rows to borrow: these two are copied.
        let ok = if sources[code].is_empty() || layout.codes[code].kind == MetricKind::Counter {
            copy.clear();
            copy.extend(component.values.row(row).iter().take(days));
            gather.push_grid_row(layout, code, copy, frame)
        } else {
            let columns = component.values.ncols();
            prefetch(sources[code], (row + ahead::GRID_ROWS) * columns, days);
            gather.borrow_grid_row(layout, code, sources, (row * columns, days), frame)
        };
        if !ok {
            return Err(bad_grid_value(grid, row));
        }
    }
    gather.finish();
    Ok(())
}

#[cold]
fn bad_grid_value(grid: &GridColumns<'_>, row: usize) -> Error {
    for GridComponent { component, values } in &grid.components {
        if let Some(bad) = values.row(row).iter().find(|&&v| !all_valid_or_missing(&[v])) {
            return Error::invalid(format!("value {bad} of {component} of artist {row} is not a finite number of at least 0"));
        }
    }
    Error::new(crate::ErrorKind::Internal, format!("no value of artist {row} is out of bounds after all"))
}

/// The artist's posts as slices: in place where they lie side by side, gathered where not, or where whole lanes
/// would reach beyond the columns.
#[inline(always)]
fn post_rows<'a>(scratch: &'a mut PostScratch, c: &'a PostColumns<'a>, numbers: &'a [u32], as_of: i32, rows: Rows<'a>) -> PostRows<'a> {
    let len = rows.len();
    let padded = len.next_multiple_of(LANES);
    if let Rows::Range(start, _) = rows
        && start + padded <= c.len()
    {
        let end = start + padded;
        return PostRows {
            len,
            numbers,
            as_of,
            platform: &c.platform[start..end],
            published: match c.published {
                Times::Days(days) => Times::Days(&days[start..end]),
                Times::Micros(micros) => Times::Micros(&micros[start..end]),
            },
            likes: &c.likes[start..end],
            comments: &c.comments[start..end],
            shares: &c.shares[start..end],
            saves: &c.saves[start..end],
            views: &c.views[start..end],
            rows,
        };
    }
    scratch.gather(c, numbers, as_of, rows, padded)
}

impl PostScratch {
    #[inline(never)]
    fn gather<'a>(&'a mut self, c: &'a PostColumns<'a>, numbers: &'a [u32], as_of: i32, rows: Rows<'a>, padded: usize) -> PostRows<'a> {
        fn take<T: Copy + Default>(out: &mut Vec<T>, from: &[T], rows: Rows<'_>, padded: usize) {
            out.clear();
            out.extend((0..rows.len()).map(|i| from[rows.get(i)]));
            out.resize(padded, T::default());
        }
        take(&mut self.platform, c.platform, rows, padded);
        for (out, from) in self.counts.iter_mut().zip([c.likes, c.comments, c.shares, c.saves, c.views]) {
            take(out, from, rows, padded);
        }
        let published = match c.published {
            Times::Days(days) => {
                take(&mut self.day, days, rows, padded);
                Times::Days(&self.day)
            }
            Times::Micros(micros) => {
                take(&mut self.at, micros, rows, padded);
                Times::Micros(&self.at)
            }
        };
        let [likes, comments, shares, saves, views] = &self.counts;
        PostRows { len: rows.len(), numbers, as_of, platform: &self.platform, published, likes, comments, shares, saves, views, rows }
    }
}

#[cold]
fn bad_post(c: &PostColumns<'_>, row: usize) -> Error {
    let platform = usize::from(c.platform[row]);
    if platform >= c.platforms.len() {
        return Error::invalid(format!("platform code {platform} is outside 0 to {}", c.platforms.len().saturating_sub(1)))
            .at(Location::Post(row));
    }
    let time = match c.published {
        Times::Days(days) => Day::try_new(days[row]).err(),
        Times::Micros(micros) => Instant::try_new(micros[row]).err(),
    };
    if let Some(e) = time {
        return e.at(Location::Post(row));
    }
    let counts = [("likes", c.likes), ("comments", c.comments), ("shares", c.shares), ("saves", c.saves), ("views", c.views)];
    let bad = counts.iter().find(|(_, column)| !all_valid_or_missing(&[column[row]]));
    let (name, value) = bad.map_or(("count", f64::NAN), |(name, column)| (*name, column[row]));
    Error::invalid(format!("{name} {value} is not a finite number of at least 0")).at(Location::Post(row))
}

/// Puts the word of the caller's momentum model in place of the built-in one's.
#[inline(never)]
fn ask_model(
    model: &dyn MomentumModel,
    worker: &Worker,
    settings: &Settings,
    out: &mut ScoresMut<'_>,
    (start, n): (usize, usize),
    found: &mut Found,
) {
    for i in 0..n {
        let said = model.momentum(&worker.features.momentum(i));
        let m = said.as_ref().ok();
        let at = start + i;
        let number = |x: Option<f64>| x.unwrap_or(f64::NAN);
        let part = |name: &str| m.and_then(|m| m.components.iter().find(|c| c.name == name));
        out.momentum[at] = number(m.map(|m| m.index));
        out.momentum_coverage[at] = number(m.map(|m| m.coverage));
        out.momentum_low[at] = number(m.and_then(|m| m.interval90).map(|i| i.0));
        out.momentum_high[at] = number(m.and_then(|m| m.interval90).map(|i| i.1));
        out.velocity_se[at] = number(m.and_then(|m| m.velocity_se));
        for (name, raw, score) in [
            ("velocity", &mut out.velocity[at], &mut out.velocity_score[at]),
            ("acceleration", &mut out.acceleration[at], &mut out.acceleration_score[at]),
            ("consistency", &mut out.consistency[at], &mut out.consistency_score[at]),
            ("viral_potential", &mut out.viral_excess[at], &mut out.viral_potential_score[at]),
        ] {
            *raw = number(part(name).map(|c| c.raw));
            *score = number(part(name).map(|c| c.score));
        }
        let p = probability(
            out.acceleration_score[at],
            out.viral_potential_score[at],
            out.velocity_score[at],
            out.consistency_score[at],
            &settings.breakout,
        );
        out.breakout[at] = if m.is_some() { p } else { f64::NAN };
        found.momentum.push(said);
    }
}

/// The scores of the block's first `n` artists; the loops vectorise over artists. A function of its own, so that
/// the compiler knows its two arguments to be apart.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl+avx2+bmi1+bmi2+popcnt+lzcnt", "x86_64+avx2+bmi1+bmi2+popcnt+lzcnt"))]
fn score_block(features: &Block, out: &mut OutBlock, n: usize, settings: &Settings) {
    let n = n.min(BLOCK);
    for i in 0..n {
        let f = features.fan_value(i);
        let s = fan_value(&f, &settings.fan_value);
        out.fvs[i] = s.score;
        out.fvs_coverage[i] = s.coverage;
        out.engagement[i] = f.engagement;
        out.engagement_score[i] = s.engagement;
        out.growth[i] = f.growth;
        out.growth_score[i] = s.growth;
        out.reach[i] = f.reach;
        out.reach_score[i] = s.reach;
        out.conversion[i] = f.conversion;
        out.conversion_score[i] = s.conversion;
    }
    let window = f64::from(settings.window_days);
    for i in 0..n {
        let f = features.momentum(i);
        let s = momentum(&f, &settings.momentum, window);
        out.momentum[i] = s.index;
        out.momentum_coverage[i] = s.coverage;
        out.momentum_low[i] = s.low;
        out.momentum_high[i] = s.high;
        out.velocity[i] = s.velocity;
        out.velocity_score[i] = s.velocity_score;
        out.velocity_se[i] = s.velocity_se;
        out.acceleration[i] = s.acceleration;
        out.acceleration_score[i] = s.acceleration_score;
        out.consistency[i] = f.risen;
        out.consistency_score[i] = s.consistency_score;
        out.viral_excess[i] = f.excess;
        out.viral_share[i] = f.viral_share;
        out.viral_potential_score[i] = s.viral_potential_score;
        out.week_days[i] = if f.days_1 < f.days_2 { f.days_1 } else { f.days_2 };
        let p = probability(s.acceleration_score, s.viral_potential_score, s.velocity_score, s.consistency_score, &settings.breakout);
        out.breakout[i] = if s.index.is_nan() { f64::NAN } else { p };
    }
}
