//! What has already been told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Alert;
use crate::Instant;

const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// The alerts that were raised before: their keys, and when.
///
/// A key lists its parts from the general to the particular (`rule/<id>/<artist>/<event>`), each part with its
/// slashes escaped, so that all that one rule said of one artist lies side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fired {
    keys: BTreeMap<String, Instant>,
}

impl Fired {
    /// Adds alerts that are being sent.
    pub fn record(&mut self, alerts: &[Alert]) {
        for alert in alerts {
            self.insert(alert.key.clone(), alert.raised_at);
        }
    }

    /// Adds one key, for instance from a table of alerts. Where it is known, the later time stands.
    pub fn insert(&mut self, key: String, at: Instant) {
        let last = self.keys.entry(key).or_insert(at);
        *last = at.max(*last);
    }

    /// Whether the event with this key was told.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// How many alerts it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether an alert whose key begins with `scope` is younger than the cool-down. One that is exactly as old
    /// is over; one that lies after `now`, as when a clock was set back, is not.
    pub(super) fn cools_down(&self, scope: &str, hours: u32, now: Instant) -> bool {
        let cool_down = i64::from(hours) * MICROS_PER_HOUR;
        self.keys
            .range(scope.to_owned()..)
            .take_while(|(key, _)| key.starts_with(scope))
            .any(|(_, at)| now.micros() - at.micros() < cool_down)
    }
}

/// A key of its parts.
pub(super) fn key(parts: &[&str]) -> String {
    let escaped: Vec<String> = parts.iter().map(|p| p.replace('%', "%25").replace('/', "%2F")).collect();
    escaped.join("/")
}
