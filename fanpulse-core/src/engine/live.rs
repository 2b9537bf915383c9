//! One artist that takes observations one at a time and can be analysed at any moment.

use std::collections::BTreeMap;

use super::batch::{apply_models, collect, context};
use super::kernel::{Input, Task, Worker, run};
use super::rows::RowIndex;
use super::scores::Custom;
use super::{Engine, Scores};
use crate::ingest::{Component, Dataset, MetricKind, Observation, Post, check_value};
use crate::report::Analysis;
use crate::series::{Frame, Layout};
use crate::settings::Settings;
use crate::{Day, Error, Instant, Result};

/// A component of a [`LiveArtist`], by which observations reach it without a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentId(usize);

/// One artist kept up to date observation by observation.
///
/// An observation costs O(1) amortised; an analysis costs one pass over the two windows and gives the bits
/// that a batch of the same rows gives.
///
/// # Example: observe, analyse
/// ```
/// use fanpulse_core::ingest::{Component, Metric};
/// use fanpulse_core::{Day, Engine, Instant};
/// let mut artist = Engine::default().live("low-tide");
/// let followers = artist.component(Component::new("spotify", Metric::Followers));
/// let first = Day::from_ymd(2026, 1, 1)?;
/// for day in 0..60 {
///     artist.observe(followers, Instant::from(first.plus(day)), 1000.0)?;
/// }
/// let analysis = artist.analyze(first.plus(59))?;
/// assert_eq!(analysis.momentum.expect("sixty days").status.as_str(), "stable");
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
pub struct LiveArtist {
    engine: Engine,
    artist_id: String,
    components: Vec<Component>,
    series: Vec<LiveSeries>,
    layout: Layout,
    /// The posts, as a data set of this one artist.
    posts: Dataset,
    post_rows: BTreeMap<(u16, String), usize>,
    dropped: u64,
}

/// The daily readings of one component.
#[derive(Default)]
struct LiveSeries {
    first_day: i32,
    /// The day's value by the metric's kind; counters keep their last reading.
    days: Vec<f64>,
    /// When the day's latest observation was made.
    latest: Vec<i64>,
    /// All observations of the days that have more than one, in the order of time.
    several: BTreeMap<i32, Vec<(i64, f64)>>,
}

impl LiveArtist {
    pub(super) fn new(engine: Engine, artist_id: String) -> Self {
        Self {
            engine,
            artist_id,
            components: Vec::new(),
            series: Vec::new(),
            layout: Layout::new(&[], &[]),
            posts: Dataset::default(),
            post_rows: BTreeMap::new(),
            dropped: 0,
        }
    }

    /// The settings behind its analyses.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.engine.settings
    }

    /// The handle of a component, made now if it is new.
    pub fn component(&mut self, component: Component) -> ComponentId {
        let known = self.components.iter().position(|c| *c == component);
        ComponentId(known.unwrap_or_else(|| {
            self.components.push(component);
            self.series.push(LiveSeries::default());
            self.layout = Layout::new(&self.components, &self.posts.platforms);
            self.components.len() - 1
        }))
    }

    /// Takes an observation.
    ///
    /// # Errors
    /// `invalid` where the value is not finite and at least 0, or where another value stands for the same instant;
    /// the artist is then as before.
    #[inline]
    pub fn observe(&mut self, component: ComponentId, at: Instant, value: f64) -> Result<()> {
        check_value(value)?;
        let kind = self.layout.codes[component.0].kind;
        let series = &mut self.series[component.0];
        let day = at.day().days();
        if series.days.is_empty() {
            series.first_day = day;
        }
        if day < series.first_day {
            series.extend_back(day);
        }
        let i = (day - series.first_day) as usize;
        if i >= series.days.len() {
            series.days.resize(i + 1, f64::NAN);
            series.latest.resize(i + 1, 0);
        }
        if series.days[i].is_nan() {
            series.days[i] = value;
            series.latest[i] = at.micros();
            return Ok(());
        }
        let repeated = series.again(i, day, at, value, kind == MetricKind::Flow);
        match repeated {
            None => Ok(()),
            Some(before) if before == value || !self.engine.strict => {
                self.dropped += 1;
                Ok(())
            }
            Some(before) => Err(Error::invalid(format!("two values for {} at {at}: {before} and {value}", self.components[component.0]))),
        }
    }

    /// Takes an observation by its names; the artist's id is not looked at.
    ///
    /// # Errors
    /// Those of [`LiveArtist::observe`].
    pub fn observe_row<S: AsRef<str>>(&mut self, o: &Observation<S>) -> Result<()> {
        let known = self.components.iter().position(|c| c.metric == o.metric && c.platform == o.platform.as_ref());
        let id = known.map_or_else(|| self.component(Component::new(o.platform.as_ref(), o.metric)), ComponentId);
        self.observe(id, o.observed_at, o.value)
    }

    /// Takes a post, or the newer counts of one that it has.
    ///
    /// # Errors
    /// `invalid` where a count is above 2⁵³.
    pub fn observe_post<S: AsRef<str>>(&mut self, post: &Post<S>) -> Result<()> {
        let mut one = Dataset::default();
        one.push_post(post)?;
        let platform = self.posts.platform_code(post.platform.as_ref())?;
        let key = (platform, post.post_id.as_ref().to_owned());
        match self.post_rows.get(&key) {
            Some(&row) => {
                let (mine, new) = (&mut self.posts.posts, &one.posts);
                mine.at[row] = new.at[0];
                mine.likes[row] = new.likes[0];
                mine.comments[row] = new.comments[0];
                mine.shares[row] = new.shares[0];
                mine.saves[row] = new.saves[0];
                mine.views[row] = new.views[0];
            }
            None => {
                self.posts.push_post(&Post {
                    artist_id: self.artist_id.as_str(),
                    platform: post.platform.as_ref(),
                    post_id: post.post_id.as_ref(),
                    published_at: post.published_at,
                    likes: post.likes,
                    comments: post.comments,
                    shares: post.shares,
                    saves: post.saves,
                    views: post.views,
                })?;
                self.post_rows.insert(key, self.posts.posts.len() - 1);
                self.layout = Layout::new(&self.components, &self.posts.platforms);
            }
        }
        Ok(())
    }

    /// Observations that repeated another exactly, or contradicted it and were allowed to be dropped.
    #[must_use]
    pub const fn dropped_rows(&self) -> u64 {
        self.dropped
    }

    /// The analysis as of a day; what is dated after it plays no part.
    ///
    /// # Errors
    /// `invalid` where a post's count is out of bounds.
    pub fn analyze(&self, as_of: Day) -> Result<Analysis> {
        let posts = self.posts.posts();
        let settings = &*self.engine.settings;
        let frame = Frame::new(settings, as_of, self.engine.strict);
        let context = context(&self.engine, as_of, posts.platforms);
        let mut scores = match Worker::with(|worker| worker.one.take()) {
            Some(mut kept) => {
                kept.dropped_rows = 0;
                kept.custom = Custom::default();
                kept.context = context;
                kept
            }
            None => Box::new(Scores::new(1, context)),
        };
        let index = RowIndex::Sorted(posts.artist);
        let found = Worker::with(|worker| {
            worker.gather.begin_grid();
            // Levels older than this are out of every window and of reach.
            let needed = (2 * settings.window() + settings.max_fill_days as usize).max(settings.max_level_age_days as usize + 1);
            for (code, series) in self.series.iter().enumerate() {
                let end = usize::try_from(as_of.days() - series.first_day + 1).unwrap_or(0);
                if series.days.is_empty() || end == 0 {
                    continue;
                }
                let counter = self.layout.codes[code].kind == MetricKind::Counter;
                let start = if counter { 0 } else { end.saturating_sub(needed).min(series.days.len()) };
                let known = &series.days[start..end.min(series.days.len())];
                worker.gather.push_grid_tail(&self.layout, code, known, end - start, frame);
            }
            worker.gather.finish();
            let mut task = Task {
                settings,
                momentum_model: self.engine.models.momentum.as_deref(),
                layout: &self.layout,
                frame,
                first_artist: 0,
                input: Input::Ready,
                sources: Vec::new(),
                posts: &posts,
                post_cursor: index.cursor(0, u32::MAX),
            };
            let mut out = scores.tasks(1);
            match out.first_mut() {
                Some(out) => run(worker, &mut task, out),
                None => Err(Error::new(crate::ErrorKind::Internal, "a batch of one artist has no task")),
            }
        });
        collect(&mut scores, vec![found])?;
        apply_models(&mut scores, &self.engine.models);
        scores.label_spikes(&self.posts);
        let mut analysis = scores.analysis(0);
        analysis.artist_id.clone_from(&self.artist_id);
        Worker::with(|worker| worker.one = Some(scores));
        Ok(analysis)
    }
}

impl LiveSeries {
    fn extend_back(&mut self, day: i32) {
        let more = (self.first_day - day) as usize;
        self.days.splice(0..0, std::iter::repeat_n(f64::NAN, more));
        self.latest.splice(0..0, std::iter::repeat_n(0, more));
        self.first_day = day;
    }

    /// Adds a further observation of a day. Returns the value that already stands for the same instant, if one does.
    fn again(&mut self, i: usize, day: i32, at: Instant, value: f64, flow: bool) -> Option<f64> {
        let (latest, first) = (self.latest[i], self.days[i]);
        let all = self.several.entry(day).or_insert_with(|| vec![(latest, first)]);
        match all.binary_search_by_key(&at.micros(), |o| o.0) {
            Ok(found) => return Some(all[found].1),
            Err(place) => all.insert(place, (at.micros(), value)),
        }
        // In the order of time, so that the sum has the bits that a batch gives it.
        self.days[i] = if flow { all.iter().map(|o| o.1).sum() } else { all.last().map_or(value, |o| o.1) };
        self.latest[i] = all.last().map_or(at.micros(), |o| o.0);
        None
    }
}
