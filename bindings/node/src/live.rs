//! One artist that takes observations one at a time, release windows, learned breakouts, and what JavaScript asks of the engine's names.

use fanpulse_core::ingest::{Metric, Observation, Post};
use fanpulse_core::learned::LogisticBreakout;
use fanpulse_core::report::explain;
use fanpulse_core::scores::{Competition, ReleaseInput, release_windows};
use fanpulse_core::{Day, Error, Instant, LiveArtist as Live, fans::FanEventKind};
use napi::Env;
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;

use crate::columns::COUNTS;
use crate::engine::NativeEngine;
use crate::error::{Failure, Outcome, guarded, thrown};
use crate::pack::{Pack, packs};

/// An artist behind the `LiveArtist` of JavaScript.
#[napi(js_name = "NativeLive")]
pub struct NativeLive(Live);

#[napi]
impl NativeLive {
    /// An artist without observations.
    #[napi(constructor)]
    #[must_use]
    pub fn new(engine: &NativeEngine, artist_id: String) -> Self {
        Self(engine.0.live(artist_id))
    }

    /// Takes an observation; its time is in microseconds since 1970-01-01T00:00:00Z.
    #[napi]
    pub fn observe(&mut self, env: Env, platform: String, metric: String, micros: f64, value: f64) -> napi::Result<()> {
        let take = || -> Outcome<()> {
            let metric: Metric = metric.parse().map_err(|e| field("metric", &metric, &e))?;
            let observed_at = instant(micros).map_err(|e| field("observedAt", micros / 1000.0, &e))?;
            let row = Observation { artist_id: "", platform: &platform, metric, observed_at, value };
            self.0.observe_row(&row).map_err(|e| field("value", value, &e))
        };
        guarded(take).map_err(|e| thrown(&env, &e))
    }

    /// Takes a post, or newer counts of one that it has.
    #[napi]
    pub fn observe_post(&mut self, env: Env, platform: String, post_id: String, micros: f64, counts: Vec<f64>) -> napi::Result<()> {
        let take = || -> Outcome<()> {
            let count = |i: usize| match counts.get(i).copied() {
                None => Ok(None),
                Some(c) if c.is_nan() => Ok(None),
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "JavaScript gives whole numbers from 0 to 2^53"
                )]
                Some(c) if c >= 0.0 => Ok(Some(c as u64)),
                Some(c) => Err(field(COUNTS[i], c, &Error::invalid("not a whole number of at least 0"))),
            };
            let published_at = instant(micros).map_err(|e| field("publishedAt", micros / 1000.0, &e))?;
            let post = Post {
                artist_id: "",
                platform: platform.as_str(),
                post_id: &post_id,
                published_at,
                likes: count(0)?,
                comments: count(1)?,
                shares: count(2)?,
                saves: count(3)?,
                views: count(4)?,
            };
            Ok(self.0.observe_post(&post)?)
        };
        guarded(take).map_err(|e| thrown(&env, &e))
    }

    /// Observations that repeated another exactly.
    #[napi(getter)]
    #[must_use]
    pub fn dropped_rows(&self) -> f64 {
        self.0.dropped_rows() as f64
    }

    /// The analysis as of a day.
    #[napi]
    pub fn analyze(&self, env: Env, as_of: String) -> napi::Result<Vec<Pack>> {
        let analyze = || -> Outcome<Vec<Pack>> {
            let analysis = self.0.analyze(day("asOf", &as_of)?)?;
            packs(1, |_| &analysis)
        };
        guarded(analyze).map_err(|e| thrown(&env, &e))
    }

    /// How each number of the analysis came about, in words.
    #[napi]
    pub fn explain(&self, env: Env, as_of: String) -> napi::Result<String> {
        let words = || -> Outcome<String> { Ok(explain(&self.0.analyze(day("asOf", &as_of)?)?, self.0.settings())) };
        guarded(words).map_err(|e| thrown(&env, &e))
    }
}

fn field(column: &str, value: impl ToString, e: &Error) -> Failure {
    let own = e.message().starts_with(column);
    let message = if own { e.message().to_owned() } else { format!("{column}: {}", e.message()) };
    Failure::plain(column, value.to_string(), message)
}

pub(crate) fn instant(micros: f64) -> Result<Instant, Error> {
    #[expect(clippy::cast_possible_truncation, reason = "out of range saturates, which is refused")]
    Instant::try_new(micros as i64)
}

fn day(name: &str, text: &str) -> Outcome<Day> {
    text.parse().map_err(|e| field(name, text, &e))
}

/// What a release window is scored from.
#[napi(object, object_to_js = false)]
pub struct ReleaseQuestion {
    /// The last day with data.
    pub as_of: String,
    /// Momentum index.
    pub momentum: Option<f64>,
    /// Daily streams up to that day; NaN = missing.
    pub streams: Float64Array,
    /// Days of the competing releases.
    pub days: Vec<String>,
    /// Followers of their artists.
    pub followers: Vec<f64>,
}

/// The next Fridays, scored.
#[napi]
pub fn releases(env: Env, engine: &NativeEngine, input: ReleaseQuestion) -> napi::Result<Vec<Pack>> {
    let score = || -> Outcome<Vec<Pack>> {
        let rival = |(text, &followers): (&String, &f64)| Ok(Competition { day: day("competition day", text)?, followers });
        let competition: Vec<Competition> = input.days.iter().zip(&input.followers).map(rival).collect::<Outcome<_>>()?;
        let question = ReleaseInput {
            as_of: day("asOf", &input.as_of)?,
            momentum: input.momentum,
            streams: &input.streams,
            window_days: engine.0.settings().window_days,
            competition: &competition,
        };
        let windows = release_windows(&engine.0.settings().release, &question)?;
        packs(windows.len(), |i| &windows[i])
    };
    guarded(score).map_err(|e| thrown(&env, &e))
}

/// A learned model of breakouts.
#[napi(js_name = "NativeModel")]
pub struct NativeModel(LogisticBreakout);

#[napi]
impl NativeModel {
    /// The model of a model file.
    #[napi(constructor)]
    pub fn new(env: Env, json: String) -> napi::Result<Self> {
        guarded(|| Ok(LogisticBreakout::from_json(&json)?)).map(Self).map_err(|e| thrown(&env, &e))
    }

    /// The names of the features, in their order.
    #[napi(getter)]
    #[must_use]
    pub fn features(&self) -> Vec<String> {
        self.0.features().iter().map(|f| f.name.clone()).collect()
    }

    /// The model's card, as JSON.
    #[napi(getter)]
    #[must_use]
    pub fn card(&self) -> String {
        serde_json::to_string(self.0.card()).unwrap_or_default()
    }

    /// The model file.
    #[napi]
    pub fn to_json(&self, env: Env) -> napi::Result<String> {
        guarded(|| Ok(self.0.to_json()?)).map_err(|e| thrown(&env, &e))
    }

    /// The model's card, as Markdown.
    #[napi]
    #[must_use]
    pub fn card_markdown(&self, title: String) -> String {
        self.0.card().to_markdown(&title)
    }

    /// Predictions for rows of features, one row after the other; NaN = missing.
    #[napi]
    pub fn predict(&self, env: Env, values: Float64Array) -> napi::Result<Vec<Pack>> {
        let predict = || -> Outcome<Vec<Pack>> {
            let rows = values.chunks(self.0.features().len().max(1));
            let said = rows.map(|row| self.0.predict(row)).collect::<Result<Vec<_>, _>>()?;
            packs(said.len(), |i| &said[i])
        };
        guarded(predict).map_err(|e| thrown(&env, &e))
    }
}

/// The known metrics.
#[napi]
#[must_use]
pub fn metrics() -> Vec<String> {
    Metric::ALL.iter().map(|m| m.as_str().to_owned()).collect()
}

/// The known kinds of fan events.
#[napi]
#[must_use]
pub fn kinds() -> Vec<String> {
    FanEventKind::ALL.iter().map(|k| k.as_str().to_owned()).collect()
}

/// Microseconds since 1970-01-01T00:00:00Z of RFC 3339 or a date; text where it is neither, which says why.
#[napi]
#[must_use]
pub fn parse_time(text: String) -> napi::Either<f64, String> {
    match text.parse::<Instant>() {
        #[expect(clippy::cast_precision_loss, reason = "exact up to the year 2255")]
        Ok(at) => napi::Either::A(at.micros() as f64),
        Err(e) => napi::Either::B(e.message().to_owned()),
    }
}

/// Why a metric is not known.
#[napi]
#[must_use]
pub fn unknown_metric(name: String) -> Option<String> {
    name.parse::<Metric>().err().map(|e| e.message().to_owned())
}

/// Why a kind of fan events is not known.
#[napi]
#[must_use]
pub fn unknown_kind(name: String) -> Option<String> {
    name.parse::<FanEventKind>().err().map(|e| e.message().to_owned())
}
