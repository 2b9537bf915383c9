//! What someone wants to be told of, once.

use fanpulse_core::alerts::{AlertBatch, AlertFigures, AlertSettings, Fired, Rule, evaluate_all};
use fanpulse_core::{Error, ErrorKind};
use napi::Env;
use napi_derive::napi;

use crate::error::{Outcome, guarded, thrown};
use crate::live::instant;
use crate::pack::{Pack, packs};

/// What alerts are raised from; analyses, rules and settings as JSON, times in microseconds since 1970-01-01T00:00:00Z.
#[napi(object, object_to_js = false)]
pub struct AlertQuestion {
    /// The artists' analyses.
    pub current: Vec<String>,
    /// Those before them.
    pub previous: Vec<String>,
    /// The caller's rules.
    pub rules: Vec<String>,
    /// Thresholds of what is built in.
    pub settings: String,
    /// Artists of whom the share of superfans at risk is known.
    pub churn_artists: Vec<String>,
    /// The shares, 0–1.
    pub churn_shares: Vec<f64>,
    /// The keys of what was told.
    pub fired_keys: Vec<String>,
    /// When it was.
    pub fired_micros: Vec<f64>,
    /// The time of the alerts.
    pub now: f64,
}

/// Alerts, and what has then been told.
#[napi(object, object_from_js = false)]
pub struct AlertAnswer {
    /// The alerts.
    pub alerts: Vec<Pack>,
    /// Times by key, as JSON.
    pub fired: String,
}

/// Raises the alerts that have not been raised before.
#[napi]
pub fn alerts(env: Env, input: AlertQuestion) -> napi::Result<AlertAnswer> {
    guarded(|| raise(input)).map_err(|e| thrown(&env, &e))
}

fn raise(input: AlertQuestion) -> Outcome<AlertAnswer> {
    let settings: AlertSettings = serde_json::from_str(&input.settings).map_err(|e| Error::invalid(format!("settings: {e}")))?;
    let rules = read(&input.rules, "rules", Rule::from_json)?;
    let batch = AlertBatch {
        current: read(&input.current, "current", AlertFigures::from_json)?,
        previous: read(&input.previous, "previous", AlertFigures::from_json)?,
        superfan_churn: input.churn_artists.into_iter().zip(input.churn_shares).collect(),
    };
    let mut fired = Fired::default();
    for (key, at) in input.fired_keys.into_iter().zip(input.fired_micros) {
        fired.insert(key, instant(at)?);
    }
    let alerts = evaluate_all(&settings, &rules, batch, &fired, instant(input.now)?)?;
    fired.record(&alerts);
    let fired = serde_json::to_string(&fired)
        .map_err(|e| Error::new(ErrorKind::Internal, "what was told cannot be written as JSON").caused_by(e))?;
    Ok(AlertAnswer { alerts: packs(alerts.len(), |i| &alerts[i])?, fired })
}

fn read<T>(all: &[String], name: &str, one: impl Fn(&str) -> Result<T, Error>) -> Result<Vec<T>, Error> {
    let about = |i: usize, e: Error| Error::invalid(format!("{name} {i}: {}", e.message()));
    all.iter().enumerate().map(|(i, json)| one(json).map_err(|e| about(i, e))).collect()
}
