//! The engine: composes the scores and offers the same analysis for one artist, for a batch of columns and
//! incrementally, bit for bit equal.

mod ahead;
mod batch;
mod complete;
mod kernel;
mod live;
mod pieces;
mod rows;
mod scores;
mod series_spikes;
mod viral_rows;

use std::sync::Arc;

use crate::ingest::{Dataset, GridColumns, Observation, ObservationColumns, Post, PostColumns};
use crate::report::Analysis;
use crate::scores::{BreakoutModel, FanValueModel, MomentumModel};
use crate::settings::Settings;
use crate::{Day, Error, Result};

pub use live::{ComponentId, LiveArtist};
pub use pieces::{Piece, Pieces};
pub use scores::Scores;

/// Computes every score. Cheap to clone; immutable; any number of threads may use one.
///
/// # Example: a window of two weeks
/// ```
/// use fanpulse_core::{Engine, settings::Settings};
/// let engine = Engine::builder().settings(Settings { window_days: 14, ..Settings::default() }).build()?;
/// assert_eq!(engine.settings().window_days, 14);
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Engine {
    settings: Arc<Settings>,
    hash: Arc<str>,
    models: Models,
    strict: bool,
}

/// The models that a caller put in place of the built-in ones.
#[derive(Clone, Default)]
struct Models {
    fan_value: Option<Arc<dyn FanValueModel>>,
    momentum: Option<Arc<dyn MomentumModel>>,
    breakout: Option<Arc<dyn BreakoutModel>>,
}

/// Collects what an [`Engine`] is made of.
#[derive(Clone, Default)]
#[must_use]
pub struct EngineBuilder {
    settings: Settings,
    models: Models,
    keep_first: bool,
}

impl EngineBuilder {
    /// All thresholds, weights and curves; the defaults are FanPulse's published ones.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    /// A fan value model in place of [`crate::scores::WeightedFanValue`].
    pub fn fan_value_model(mut self, model: Arc<dyn FanValueModel>) -> Self {
        self.models.fan_value = Some(model);
        self
    }

    /// A momentum model in place of [`crate::scores::WeightedMomentum`].
    pub fn momentum_model(mut self, model: Arc<dyn MomentumModel>) -> Self {
        self.models.momentum = Some(model);
        self
    }

    /// A breakout model in place of [`crate::scores::Indicators`].
    pub fn breakout_model(mut self, model: Arc<dyn BreakoutModel>) -> Self {
        self.models.breakout = Some(model);
        self
    }

    /// Keeps the first of two different values for one artist, component and time, and counts the other as
    /// dropped, where the default is to refuse the input.
    pub fn keep_first_of_conflicts(mut self) -> Self {
        self.keep_first = true;
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// `invalid` where a setting is outside its bound.
    pub fn build(self) -> Result<Engine> {
        self.settings.validate()?;
        Ok(Engine { hash: self.settings.hash().into(), settings: Arc::new(self.settings), models: self.models, strict: !self.keep_first })
    }
}

impl Default for Engine {
    fn default() -> Self {
        let settings = Settings::default();
        Self { hash: settings.hash().into(), settings: Arc::new(settings), models: Models::default(), strict: true }
    }
}

impl Engine {
    /// A builder with the default settings and models.
    pub fn builder() -> EngineBuilder {
        EngineBuilder::default()
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The hash of the settings, which stands on every result.
    #[must_use]
    pub fn settings_hash(&self) -> &str {
        &self.hash
    }

    /// Analyses one artist from rows in any order.
    ///
    /// # Errors
    /// `invalid` where a row is out of bounds, where rows contradict each other, or where they are not all of one artist.
    pub fn analyze<S: AsRef<str>>(&self, observations: &[Observation<S>], posts: &[Post<S>], as_of: Day) -> Result<Analysis> {
        let mut data = Dataset::default();
        for o in observations {
            data.push_observation(o)?;
        }
        for p in posts {
            data.push_post(p)?;
        }
        if data.artists.len() != 1 {
            return Err(Error::invalid(format!("analyze takes the rows of one artist, these are of {}", data.artists.len())));
        }
        Ok(self.score(&data, as_of)?.analysis(0))
    }

    /// Scores all artists of a data set; the artist numbers are those of [`Dataset::artists`].
    ///
    /// # Errors
    /// `invalid` where a row is out of bounds or two rows contradict each other; the error names the row.
    pub fn score(&self, data: &Dataset, as_of: Day) -> Result<Scores> {
        let mut scores = self.score_batch(data.artists.len(), &data.observations(), &data.posts(), as_of)?;
        scores.label(data);
        Ok(scores)
    }

    /// Scores `artists` artists from long columns. Rows sorted by artist, then component, then time are read in
    /// place, without being moved; any other order is grouped first.
    ///
    /// # Errors
    /// `invalid` where columns differ in length, a code or a value is out of bounds, or two rows contradict each
    /// other; the error names the row.
    pub fn score_batch(
        &self,
        artists: usize,
        observations: &ObservationColumns<'_>,
        posts: &PostColumns<'_>,
        as_of: Day,
    ) -> Result<Scores> {
        batch::score(self, artists, batch::Source::Long(observations), posts, as_of)
    }

    /// Scores the artists of a dense grid of daily values, NaN = missing.
    ///
    /// # Errors
    /// `invalid` where shapes differ, a value is infinite or negative, or `as_of` lies outside the grid's days.
    pub fn score_grid(&self, grid: &GridColumns<'_>, posts: &PostColumns<'_>, as_of: Day) -> Result<Scores> {
        batch::score(self, grid.artists(), batch::Source::Grid(grid), posts, as_of)
    }

    /// An artist that takes observations one at a time.
    #[must_use]
    pub fn live(&self, artist_id: impl Into<String>) -> LiveArtist {
        LiveArtist::new(self.clone(), artist_id.into())
    }
}
