//! A batch: columns in, columns out, on all threads of the current rayon pool.

use rayon::prelude::*;

use super::kernel::{Found, Input, Task, Worker, run};
use super::rows::RowIndex;
use super::scores::{Context, Scores, ScoresMut};
use super::{Engine, Models};
use crate::error::Location;
use crate::ingest::{Component, GridColumns, ObservationColumns, PostColumns, Times};
use crate::series::{Frame, Layout};
use crate::time::MICROS_PER_DAY;
use crate::{Day, Error, Instant, Result};

/// Artists per task: few enough to share out evenly, many enough to make a task's overhead vanish.
const TASK: usize = 1024;

/// Where the daily values come from.
pub(super) enum Source<'a, 'g> {
    Long(&'a ObservationColumns<'a>),
    Grid(&'a GridColumns<'g>),
}

pub(super) fn score(engine: &Engine, artists: usize, source: Source<'_, '_>, posts: &PostColumns<'_>, as_of: Day) -> Result<Scores> {
    if u32::try_from(artists).is_err() {
        return Err(Error::invalid(format!("{artists} artists; 4,294,967,295 at most")));
    }
    posts.check_lengths()?;
    let post_index = RowIndex::new(posts.artist, artists, Location::Post)?;
    let components: Vec<Component> = match &source {
        Source::Long(columns) => {
            columns.check_lengths()?;
            columns.components.to_vec()
        }
        Source::Grid(grid) => {
            grid.check_shapes()?;
            grid.components.iter().map(|c| c.component.clone()).collect()
        }
    };
    let index = match &source {
        Source::Long(columns) => RowIndex::new(columns.artist, artists, Location::Observation)?,
        Source::Grid(_) => RowIndex::Sorted(&[]),
    };
    let days = match &source {
        Source::Long(_) => 0,
        Source::Grid(grid) => grid_days(grid, as_of)?,
    };
    let layout = Layout::new(&components, posts.platforms);
    let settings = &*engine.settings;
    let frame = Frame::new(settings, as_of, engine.strict);
    let mut scores = Scores::new(artists, context(engine, as_of, posts));

    let tasks = scores.tasks(TASK);
    let found: Vec<Result<Found>> = tasks
        .into_par_iter()
        .enumerate()
        .map(|(t, mut out): (usize, ScoresMut<'_>)| {
            #[expect(clippy::cast_possible_truncation, reason = "checked above")]
            let first_artist = (t * TASK) as u32;
            let (input, sources) = match &source {
                Source::Long(columns) => (Input::Long { columns, cursor: index.cursor(first_artist) }, vec![columns.value]),
                Source::Grid(grid) => {
                    (Input::Grid { grid, days }, grid.components.iter().map(|c| c.values.to_slice().unwrap_or_default()).collect())
                }
            };
            let post_cursor = post_index.cursor(first_artist);
            let mut task = Task {
                settings,
                momentum_model: engine.models.momentum.as_deref(),
                layout: &layout,
                frame,
                first_artist,
                input,
                sources,
                posts,
                post_cursor,
            };
            Worker::with(|worker| run(worker, &mut task, &mut out))
        })
        .collect();
    collect(&mut scores, found, posts)?;
    apply_models(&mut scores, &engine.models);
    Ok(scores)
}

/// What all rows of a result have in common.
pub(super) fn context(engine: &Engine, as_of: Day, posts: &PostColumns<'_>) -> Context {
    Context {
        settings: engine.settings.clone(),
        hash: engine.hash.clone(),
        as_of,
        artist_ids: None,
        platforms: posts.platforms.to_vec(),
        spike_posts: Vec::new(),
        spike_ids: None,
    }
}

/// Joins what the tasks found, in the order of the artists. The first error in that order wins.
pub(super) fn collect(scores: &mut Scores, found: Vec<Result<Found>>, posts: &PostColumns<'_>) -> Result<()> {
    let mut spikes = Vec::new();
    let mut momentum = Vec::new();
    for task in found {
        let task = task?;
        scores.dropped_rows += task.dropped;
        spikes.extend(task.spikes);
        momentum.extend(task.momentum);
    }
    scores.custom.momentum = (!momentum.is_empty()).then_some(momentum);
    let mut start = 0;
    scores.spike_starts = std::iter::once(0)
        .chain(scores.viral_posts.iter().map(|&n| {
            start += n as usize;
            start
        }))
        .collect();
    scores.context.spike_posts = spikes
        .iter()
        .map(|s| {
            let micros = match posts.published {
                Times::Days(days) => i64::from(days[s.row]) * MICROS_PER_DAY,
                Times::Micros(micros) => micros[s.row],
            };
            Instant::try_new(micros).map(|at| (posts.platform[s.row], at)).map_err(|e| e.at(Location::Post(s.row)))
        })
        .collect::<Result<_>>()?;
    scores.spikes = spikes;
    Ok(())
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
            .map(|i| (!scores.momentum[i].is_nan()).then(|| model.breakout(&scores.breakout_features(i))))
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
