//! Where results go, and in which form.

mod columns;
pub(crate) mod csv;
pub(crate) mod explanation;
pub(crate) mod fans;
mod file;
pub(crate) mod json;
pub(crate) mod parquet;
pub(crate) mod table;

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use fanpulse_core::Scores;
use fanpulse_core::ingest::Names;
use fanpulse_core::report::{Analysis, FanReport, ViralSeries};

use crate::error::{Failure, Result};

/// What is written of a result: these artists, in this order.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'a> {
    pub(crate) scores: &'a Scores,
    pub(crate) fans: &'a FanReport,
    pub(crate) fan_ids: &'a Names,
    pub(crate) artists: &'a [usize],
}

impl Selection<'_> {
    /// The whole analysis of an artist, whose spikes in series the caller has found.
    pub(crate) fn analysis(&self, artist: usize, spikes: Vec<ViralSeries>) -> Analysis {
        Analysis { viral_series: Some(spikes), superfans: Some(self.fans.superfans(artist, self.fan_ids)), ..self.scores.analysis(artist) }
    }
}

/// Where it goes.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file, which appears whole or not at all.
    File(PathBuf),
}

const STDOUT: &str = "to standard output";

/// Writes data as they are.
pub(crate) fn write(target: &Target, content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
    match target {
        Target::Stdout => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout());
            content(&mut out).and_then(|()| out.flush()).map_err(|e| Failure::writing(STDOUT, &e))
        }
        Target::File(path) => file::write(path, content),
    }
}

/// Writes text for people: its styles stay only on a terminal that has them.
pub(crate) fn write_text(target: &Target, text: &str) -> Result<()> {
    match target {
        Target::Stdout => {
            let mut out = BufWriter::new(anstream::stdout());
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| Failure::writing(STDOUT, &e))
        }
        Target::File(_) => write(target, |out| write!(out, "{}", anstream::adapter::strip_str(text))),
    }
}

/// Says early what would go wrong with the target only after all the work.
pub(crate) fn check(target: &Target) -> Result<()> {
    match target {
        Target::Stdout => Ok(()),
        Target::File(path) => file::check(path),
    }
}
