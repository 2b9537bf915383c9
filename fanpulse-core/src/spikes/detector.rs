//! The detector over a whole series.

use serde::Serialize;

use super::event::SeriesSpike;
use super::series::Series;
use super::stream::SpikeStream;
use crate::error::Insufficient;
use crate::scores::SpikeDetector;
use crate::settings::SpikeSettings;
use crate::time::Instant;
use crate::{Error, Result};

/// The built-in detector of spikes in series: robust, seasonal, causal.
///
/// A series without spikes raises [`SpikeSettings::false_alarms_per_year`] alarms in a year of readings,
/// whether its noise is Poisson, negative binomial, log-normal or normal, independent or autocorrelated.
///
/// # Formula
/// y = ln(sum over the span + offset) − season; r = y − median of the trailing window; the score is r in units of
/// 1.4826 MAD of the past residuals, bent by a Box–Cox transform whose exponent makes them symmetric. Low counts are
/// judged by the tail of a negative binomial instead. Season: additive profiles of the hour, the weekday and the hour of
/// the week, each moved by clipped residuals. Threshold: the level that noise as rough as the score crosses that often.
#[derive(Debug, Clone, Default)]
pub struct SeasonalRobust {
    settings: SpikeSettings,
}

/// What a series showed.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesReport {
    /// The spikes, in the order of time; the last one may go on.
    pub spikes: Vec<SeriesSpike>,
    /// Whether the series could be judged.
    pub status: SeriesStatus,
    /// How many readings were judged.
    pub judged: u64,
}

/// Whether a series could be judged.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum SeriesStatus {
    /// It could.
    Judged,
    /// There is too little history, in days; an empty or wholly missing series has none.
    InsufficientData(Insufficient),
}

impl Serialize for SeriesStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Judged => "judged",
            Self::InsufficientData(_) => "insufficient_data",
        })
    }
}

impl SeasonalRobust {
    /// The detector with settings of one's own.
    ///
    /// # Errors
    /// `invalid`, naming the setting that is out of its range.
    pub fn try_new(settings: SpikeSettings) -> Result<Self> {
        settings.validate()?;
        Ok(Self { settings })
    }

    /// The streaming form, for a series whose first step begins at `start`.
    ///
    /// # Errors
    /// `invalid` where the step is not 1 second to 7 days.
    pub fn stream(&self, start: Instant, step_micros: i64) -> Result<SpikeStream> {
        SpikeStream::new(self.settings.clone(), start, step_micros)
    }

    /// The spikes of a series, and whether it could be judged.
    ///
    /// # Errors
    /// `invalid` where a value is negative, infinite or above 10¹⁵, a column has another length than the values,
    /// or the step is out of its range.
    pub fn report(&self, series: &Series<'_>) -> Result<SeriesReport> {
        series.check_lengths()?;
        let mut stream = self.stream(series.start, series.step_micros)?;
        let mut spikes = Vec::new();
        let mut judged = 0;
        for i in 0..series.values.len() {
            let verdict = stream.push(series.reading(i))?;
            judged += u64::from(verdict.z.is_some());
            spikes.extend(verdict.ended.map(|spike| *spike));
        }
        spikes.extend(stream.open().cloned());
        let status = if judged > 0 {
            SeriesStatus::Judged
        } else {
            let (have, need) = stream.history_days();
            SeriesStatus::InsufficientData(Insufficient { have, need })
        };
        Ok(SeriesReport { spikes, status, judged })
    }
}

impl<'a> SpikeDetector<Series<'a>> for SeasonalRobust {
    type Spike = SeriesSpike;

    /// The spikes of a series.
    ///
    /// # Errors
    /// Those of [`SeasonalRobust::report`], and `insufficient_data` where nothing could be judged.
    fn detect(&self, series: &Series<'a>) -> Result<Vec<SeriesSpike>> {
        let report = self.report(series)?;
        match report.status {
            SeriesStatus::Judged => Ok(report.spikes),
            SeriesStatus::InsufficientData(short) => Err(Error::new(
                crate::ErrorKind::InsufficientData,
                format!("series has {:.1} days of history, {:.1} are needed", short.have, short.need),
            )),
        }
    }
}
