//! What alerts look at in an analysis.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::rule::within;
use crate::report::{Analysis, ViralPost};
use crate::scores::ComponentScore;
use crate::{Day, Error, Result};

/// What alerts look at in an analysis; an analysis that was written as JSON can be read as this.
///
/// # Example: a stored analysis
/// ```
/// use fanpulse_core::alerts::{AlertFigures, AlertInput, AlertSettings, Fired, evaluate};
/// use fanpulse_core::{Day, Engine, Instant};
///
/// let as_of = Day::from_ymd(2026, 3, 31)?;
/// let stored = serde_json::to_string(&Engine::default().live("low-tide").analyze(as_of)?)?;
/// let input = AlertInput::of_figures(AlertFigures::from_json(&stored)?, None)?;
/// assert!(evaluate(&AlertSettings::default(), &[], &input, &Fired::default(), Instant::from(as_of)).is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Written")]
pub struct AlertFigures {
    pub(super) artist_id: String,
    pub(super) as_of: Day,
    pub(super) window_days: u32,
    pub(super) fvs: Option<FanValueFigures>,
    pub(super) momentum: Option<MomentumFigures>,
    pub(super) viral_posts: Vec<ViralPost>,
    /// Probability, 0–1.
    pub(super) breakout: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct FanValueFigures {
    pub(super) score: f64,
    #[serde(deserialize_with = "components")]
    pub(super) components: Vec<Measured>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct MomentumFigures {
    pub(super) index: f64,
    #[serde(deserialize_with = "Option::deserialize")]
    pub(super) interval90: Option<(f64, f64)>,
    #[serde(deserialize_with = "components")]
    pub(super) components: Vec<Measured>,
}

/// A component's raw value and score.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub(super) name: Cow<'static, str>,
    pub(super) raw: f64,
    pub(super) score: f64,
}

impl From<&ComponentScore> for Measured {
    fn from(c: &ComponentScore) -> Self {
        Self { name: c.name.into(), raw: c.raw, score: c.score }
    }
}

impl From<&Analysis> for AlertFigures {
    fn from(a: &Analysis) -> Self {
        let measured = |components: &[ComponentScore]| components.iter().map(Measured::from).collect();
        Self {
            artist_id: a.artist_id.clone(),
            as_of: a.as_of,
            window_days: a.window_days,
            fvs: a.fvs.as_ref().ok().map(|f| FanValueFigures { score: f.score, components: measured(&f.components) }),
            momentum: a.momentum.as_ref().ok().map(|m| MomentumFigures {
                index: m.index,
                interval90: m.interval90,
                components: measured(&m.components),
            }),
            viral_posts: a.viral_posts.clone(),
            breakout: a.breakout.as_ref().ok().map(|b| b.probability),
        }
    }
}

impl AlertFigures {
    /// Reads the JSON of an analysis; what alerts do not look at is not read.
    ///
    /// # Errors
    /// `invalid`, naming the field, for a part that is absent, of another type or out of its bounds. A part that
    /// could not be computed is null.
    pub fn from_json(json: &str) -> Result<Self> {
        let figures: Self = read(json).map_err(Error::invalid)?;
        figures.validate()?;
        Ok(figures)
    }

    /// Whose analysis it is.
    #[must_use]
    pub fn artist_id(&self) -> &str {
        &self.artist_id
    }

    fn validate(&self) -> Result<()> {
        within("window_days", f64::from(self.window_days), 14.0, 366.0)?;
        self.fvs.as_ref().map_or(Ok(()), |f| within("fvs.score", f.score, 0.0, 100.0))?;
        self.momentum.as_ref().map_or(Ok(()), |m| within("momentum.index", m.index, 0.0, 10.0))?;
        self.breakout.map_or(Ok(()), |b| within("breakout.probability", b, 0.0, 1.0))
    }
}

/// Reads JSON; what is wrong names the field.
pub(super) fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|e| match e.path().to_string().as_str() {
        "." => plain(e.inner()),
        path => format!("{path}: {}", plain(e.inner())),
    })?;
    reader.end().map_err(|e| plain(&e))?;
    Ok(value)
}

/// What was wrong, without the line and the column: the text is of one line that the caller never saw.
fn plain(e: &serde_json::Error) -> String {
    let message = e.to_string();
    let place = format!(" at line {} column {}", e.line(), e.column());
    message.strip_suffix(&place).unwrap_or(&message).to_owned()
}

/// An analysis as it is written. A part may be null but not absent: what is no analysis must not look like one without data.
#[derive(Deserialize)]
#[serde(expecting = "an analysis")]
struct Written {
    artist_id: String,
    as_of: Day,
    window_days: u32,
    #[serde(deserialize_with = "Option::deserialize")]
    fvs: Option<FanValueFigures>,
    #[serde(deserialize_with = "Option::deserialize")]
    momentum: Option<MomentumFigures>,
    viral: WrittenViral,
    #[serde(deserialize_with = "Option::deserialize")]
    breakout: Option<WrittenBreakout>,
}

#[derive(Deserialize)]
struct WrittenViral {
    posts: Vec<ViralPost>,
}

#[derive(Deserialize)]
struct WrittenBreakout {
    probability: f64,
}

impl From<Written> for AlertFigures {
    fn from(w: Written) -> Self {
        let Written { artist_id, as_of, window_days, fvs, momentum, viral, breakout } = w;
        Self { artist_id, as_of, window_days, fvs, momentum, viral_posts: viral.posts, breakout: breakout.map(|b| b.probability) }
    }
}

/// Components by name, in the order in which they are written.
fn components<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Measured>, D::Error> {
    #[derive(Deserialize)]
    struct Scored {
        raw: f64,
        score: f64,
    }

    struct Components;

    impl<'de> Visitor<'de> for Components {
        type Value = Vec<Measured>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("components by name")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut components = Vec::new();
            while let Some((name, Scored { raw, score })) = map.next_entry::<String, Scored>()? {
                components.push(Measured { name: name.into(), raw, score });
            }
            Ok(components)
        }
    }

    deserializer.deserialize_map(Components)
}
