//! A batch: columns in, columns out, on all threads of the current rayon pool.

use rayon::prelude::*;

use super::kernel::{Found, Input, Task, Worker, run};
use super::rows::RowIndex;
use super::scores::{Context, Scores, ScoresMut};
use super::{Engine, Models};
use crate::error::Location;
use crate::ingest::{Component, GridColumns, ObservationColumns, PostColumns, check_each_once};
use crate::series::{Frame, Layout};
use crate::{Day, Error, Result};

/// Artists per task: few enough to share out evenly, many enough to make a task's overhead vanish.
pub(super) const TASK: usize = 1024;

/// Where the daily values come from.
pub(super) enum Source<'a, 'g> {
    Long(&'a ObservationColumns<'a>),
    Grid(&'a GridColumns<'g>),
}

pub(super) fn score(engine: &Engine, artists: usize, source: Source<'_, '_>, posts: &PostColumns<'_>, as_of: Day) -> Result<Scores> {
    check_number(artists)?;
    posts.check_lengths()?;
    check_each_once("platform", posts.platforms)?;
    let components: Vec<Component> = match &source {
        Source::Long(columns) => {
            columns.check_lengths()?;
            check_each_once("component", columns.components)?;
            columns.components.to_vec()
        }
        Source::Grid(grid) => {
            grid.check_shapes()?;
            grid.components.iter().map(|c| c.component.clone()).collect()
        }
    };
    let days = match &source {
        Source::Long(_) => 0,
        Source::Grid(grid) => grid_days(grid, as_of)?,
    };
    let rows: &[u32] = match &source {
        Source::Long(columns) => columns.artist,
        Source::Grid(_) => &[],
    };
    let batch = Batch {
        engine,
        source,
        days,
        posts,
        layout: Layout::new(&components, posts.platforms),
        frame: Frame::new(&engine.settings, as_of, engine.strict),
    };
    // Columns that begin sorted are taken to be sorted, which the walk itself finds out at no cost; if they are not,
    // their rows are grouped first and walked again.
    let mut index = RowIndex::new(rows, artists, Location::Observation)?;
    let mut post_index = RowIndex::new(posts.artist, artists, Location::Post)?;
    loop {
        let mut scores = Scores::new(artists, context(engine, as_of, posts.platforms));
        let found = batch.run(&mut scores, &index, &post_index);
        let lost = |f: fn(&Found) -> bool| found.iter().any(|task| task.as_ref().is_ok_and(f));
        let unsorted = artists == 0 && !rows.is_empty() || lost(|f| f.lost_rows);
        let unsorted_posts = artists == 0 && !posts.is_empty() || lost(|f| f.lost_posts);
        if !unsorted && !unsorted_posts {
            collect(&mut scores, found)?;
            apply_models(&mut scores, &engine.models);
            return Ok(scores);
        }
        if unsorted {
            index = RowIndex::listed(rows, artists, Location::Observation)?;
        }
        if unsorted_posts {
            post_index = RowIndex::listed(posts.artist, artists, Location::Post)?;
        }
    }
}

/// Checks that artists can be told apart by 32 bits.
pub(super) fn check_number(artists: usize) -> Result<()> {
    match u32::try_from(artists) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::invalid(format!("{artists} artists; 4,294,967,295 at most"))),
    }
}

/// What all tasks of a batch share.
struct Batch<'a, 'g> {
    engine: &'a Engine,
    source: Source<'a, 'g>,
    days: usize,
    posts: &'a PostColumns<'a>,
    layout: Layout,
    frame: Frame,
}

impl Batch<'_, '_> {
    fn run(&self, scores: &mut Scores, index: &RowIndex<'_>, post_index: &RowIndex<'_>) -> Vec<Result<Found>> {
        let settings = &*self.engine.settings;
        let tasks = scores.tasks(TASK);
        let last = tasks.len().saturating_sub(1);
        tasks
            .into_par_iter()
            .enumerate()
            .map(|(t, mut out): (usize, ScoresMut<'_>)| {
                #[expect(clippy::cast_possible_truncation, reason = "checked above")]
                let (first_artist, next) = ((t * TASK) as u32, if t == last { u32::MAX } else { ((t + 1) * TASK) as u32 });
                let (input, sources) = match &self.source {
                    Source::Long(columns) => (Input::Long { columns, cursor: index.cursor(first_artist, next) }, vec![columns.value]),
                    Source::Grid(grid) => {
                        let rows = grid.components.iter().map(|c| c.values.to_slice().unwrap_or_default());
                        (Input::Grid { grid, days: self.days }, rows.collect())
                    }
                };
                let mut task = Task {
                    settings,
                    momentum_model: self.engine.models.momentum.as_deref(),
                    layout: &self.layout,
                    frame: self.frame,
                    first_artist,
                    input,
                    sources,
                    posts: self.posts,
                    post_cursor: post_index.cursor(first_artist, next),
                };
                Worker::with(|worker| run(worker, &mut task, &mut out))
            })
            .collect()
    }
}

/// What all rows of a result have in common.
pub(super) fn context(engine: &Engine, as_of: Day, platforms: &[String]) -> Context {
    Context {
        settings: engine.settings.clone(),
        hash: engine.hash.clone(),
        as_of,
        artist_ids: None,
        platforms: platforms.to_vec(),
        spike_ids: None,
    }
}

/// Joins what the tasks found, in the order of the artists. The first error in that order wins.
pub(super) fn collect(scores: &mut Scores, found: Vec<Result<Found>>) -> Result<()> {
    let mut all = Found::default();
    for task in found {
        add(&mut all, task?);
    }
    finish(scores, all);
    Ok(())
}

/// Adds what a task found to what those before it found.
pub(super) fn add(all: &mut Found, task: Found) {
    all.dropped += task.dropped;
    all.spikes.extend(task.spikes);
    all.momentum.extend(task.momentum);
}

/// Puts what all tasks found beside the columns.
pub(super) fn finish(scores: &mut Scores, found: Found) {
    scores.dropped_rows += found.dropped;
    scores.custom.momentum = (!found.momentum.is_empty()).then_some(found.momentum);
    let mut start = 0;
    scores.spike_starts = std::iter::once(0)
        .chain(scores.viral_posts.iter().map(|&n| {
            start += n as usize;
            start
        }))
        .collect();
    scores.spikes = found.spikes;
}

/// Lets the caller's models speak where there are such.
pub(super) fn apply_models(scores: &mut Scores, models: &Models) {
    let artists = scores.artists();
    if let Some(model) = &models.fan_value {
        let features = |i: usize| crate::features::FanValueFeatures {
            engagement: scores.engagement[i],
            growth: scores.growth[i],
            reach: scores.reach[i],
            conversion: scores.conversion[i],
        };
        let said: Vec<_> = (0..artists).into_par_iter().map(|i| model.fan_value(&features(i))).collect();
        for (i, v) in said.iter().enumerate() {
            scores.fvs[i] = v.as_ref().map_or(f64::NAN, |v| v.score);
            scores.fvs_coverage[i] = v.as_ref().map_or(f64::NAN, |v| v.coverage);
        }
        scores.custom.fan_value = Some(said);
    }
    if let Some(model) = &models.breakout {
        let said = (0..artists)
            .into_par_iter()
            .map(|i| scores.momentum_of(i).map(|_| model.breakout(&scores.breakout_features(i))))
            .collect::<Vec<_>>();
        for (i, b) in said.iter().enumerate() {
            scores.breakout[i] = b.as_ref().map_or(f64::NAN, |b| b.probability);
        }
        scores.custom.breakout = Some(said);
    }
}

/// How many columns of the grid lie up to `as_of`.
fn grid_days(grid: &GridColumns<'_>, as_of: Day) -> Result<usize> {
    let columns = grid.components.first().map_or(0, |c| c.values.ncols());
    let wanted = as_of.days() - grid.first_day.days() + 1;
    match usize::try_from(wanted) {
        Ok(days) if days <= columns || columns == 0 => Ok(days.min(columns)),
        _ => Err(Error::invalid(format!("as_of {as_of} is outside the grid's {columns} days from {}", grid.first_day))),
    }
}
