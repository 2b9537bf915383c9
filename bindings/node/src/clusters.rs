//! Fans in groups that are found rather than defined.

use fanpulse_core::fans::KMeansSegments;
use fanpulse_core::{Day, Engine, Error};
use napi::bindgen_prelude::Uint16Array;
use napi_derive::napi;
use serde::Serialize;

use crate::error::Outcome;
use crate::fans::{FanInput, read};
use crate::pack::{Pack, packs};

/// Fan events, and how their fans are grouped.
#[napi(object, object_to_js = false)]
pub struct ClusterInput {
    /// The events.
    pub events: FanInput,
    /// How many groups; none = as many as the data show.
    pub clusters: Option<u32>,
    /// The same seed gives the same groups; a whole number.
    pub seed: f64,
}

/// Groups of fans.
#[napi(object, object_from_js = false)]
pub struct ClusterOutput {
    /// The groups.
    pub clusters: Vec<Pack>,
    /// Each fan's group, fans in the order in which they are judged.
    pub of_fan: Uint16Array,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    silent_days: f64,
    active_days: f64,
    spend: f64,
    fans: usize,
}

pub(crate) fn run(engine: &Engine, input: &ClusterInput, stopped: &dyn Fn() -> Outcome<()>) -> Outcome<ClusterOutput> {
    let as_of: Day = input.events.as_of.parse().map_err(|e: Error| Error::invalid(format!("asOf: {}", e.message())))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "JavaScript gives whole numbers from 0 to 2^53")]
    let seed = input.seed as u64;
    let model = match input.clusters {
        Some(k) => KMeansSegments::with_clusters(k as usize, seed)?,
        None => KMeansSegments::elbow(seed),
    };
    let (_, events) = read(&input.events)?;
    stopped()?;
    let table = events.table(engine, as_of)?;
    stopped()?;
    let found = model.cluster_fans(table.rows(), as_of)?;
    let group = |i: usize| {
        let c = &found.clusters[i];
        Group { name: &c.name, silent_days: c.centre[0], active_days: c.centre[1], spend: c.centre[2], fans: c.fans }
    };
    Ok(ClusterOutput { clusters: packs(found.clusters.len(), group)?, of_fan: Uint16Array::new(found.of_fan) })
}
