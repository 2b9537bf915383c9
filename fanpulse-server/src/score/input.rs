//! From files to a data set.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use fanpulse_core::ingest::Dataset;
use fanpulse_core::{Day, Instant};
use fanpulse_platforms::{ColumnMap, ReadOptions, Sources, read, read_from};

use super::is_stdin;
use crate::clock::Stopwatch;
use crate::error::{Failure, Result};
use crate::progress::Reading;

/// What to read and how.
pub(crate) struct Inputs<'a> {
    pub(crate) files: &'a [PathBuf],
    pub(crate) lenient: bool,
    pub(crate) map: Option<ColumnMap>,
    pub(crate) artist: Option<String>,
}

/// What was read.
pub(crate) struct Loaded {
    pub(crate) data: Dataset,
    pub(crate) sources: Sources,
    /// Posts that repeated another, dropped after the reads.
    pub(crate) repeated_posts: u64,
    /// Whether bad rows were dropped rather than refused.
    pub(crate) lenient: bool,
    pub(crate) took: Duration,
}

/// Reads all files into one data set.
pub(crate) fn load(inputs: &Inputs<'_>) -> Result<Loaded> {
    let watch = Stopwatch::start();
    let mut data = Dataset::default();
    let mut sources = Sources::default();
    let mut fan_files: Vec<PathBuf> = Vec::new();
    for path in inputs.files {
        let name = if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() };
        let reading = Reading::start(&name);
        // The bar goes with the closure that owns it.
        let progress = move |bytes: u64, size: Option<u64>| reading.at(bytes, size);
        let options =
            ReadOptions { lenient: inputs.lenient, artist: inputs.artist.clone(), map: inputs.map.clone(), progress: Some(&progress) };
        let report =
            if is_stdin(path) { read_from(&name, io::stdin().lock(), &options, &mut data) } else { read(path, &options, &mut data) };
        let report = report?;
        if report.fan_events > 0
            && let Ok(place) = fs::canonicalize(path)
        {
            if fan_files.contains(&place) {
                // Fan events have no id by which a repeat could be told.
                return Err(Failure::Usage(format!("{name} is given twice, so that its fan events would count twice")));
            }
            fan_files.push(place);
        }
        sources.push(report)?;
    }
    let repeated_posts = sources.drop_repeated_posts(&mut data, inputs.lenient)?;
    if data.artists.is_empty() {
        let names: Vec<&str> = sources.files().iter().map(|f| f.name.as_str()).collect();
        return Err(Failure::failed(format!("{}: no usable row, nothing to score", names.join(", "))));
    }
    Ok(Loaded { data, sources, repeated_posts, lenient: inputs.lenient, took: watch.elapsed() })
}

impl Loaded {
    /// The latest day of the observations, or of the posts where there are none, or else of the fan events.
    pub(crate) fn latest_day(&self) -> Result<Day> {
        let (observed, published) = (&self.data.observations.at, &self.data.posts.at);
        let latest = observed.iter().max().or_else(|| published.iter().max()).copied();
        let day = match latest {
            Some(latest) => Instant::try_new(latest).map(Instant::day),
            None => Day::try_new(self.data.fan_events.day.iter().max().copied().unwrap_or_default()),
        };
        day.map_err(|e| Failure::failed(e.message()))
    }
}
