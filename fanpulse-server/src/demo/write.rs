//! The simulated label as files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use fanpulse_core::ingest::{FanEvent, Metric};

use super::fans;
use super::simulate::{Artist, Plan};
use crate::error::{Failure, Result, said};
use crate::output::{self, Target};
use crate::score::SIMULATED;

/// The artist whose Spotify figures come as an export, as a label would download them.
const EXPORTED: u32 = 1;

/// Where the files are.
pub(super) struct Files {
    pub(super) observations: PathBuf,
    pub(super) posts: PathBuf,
    pub(super) fan_events: PathBuf,
    pub(super) export: PathBuf,
    /// Whose the export is.
    pub(super) exported: String,
}

impl Files {
    pub(super) fn all(&self) -> Vec<PathBuf> {
        vec![self.observations.clone(), self.posts.clone(), self.fan_events.clone(), self.export.clone()]
    }
}

/// Writes the label to a directory, over nothing but files of the same names from an earlier demo.
pub(super) fn write(plan: Plan, directory: &Path) -> Result<Files> {
    fs::create_dir_all(directory)
        .map_err(|e| Failure::failed(format!("cannot make the directory {}: {}", directory.display(), said(&e))))?;
    let at = |name: &str| directory.join(format!("{SIMULATED}{name}"));
    let exported = EXPORTED.min(plan.artists - 1);
    let mut files = Files {
        observations: at("observations.csv"),
        posts: at("posts.ndjson"),
        fan_events: at("fan-events.csv"),
        export: at("spotify-audience.csv"),
        exported: String::new(),
    };

    output::write(&Target::File(files.observations.clone()), |out| {
        writeln!(out, "artist_id,platform,metric,observed_at,value")?;
        for (i, artist) in (0..).zip(plan.artists()) {
            observations(out, plan, &artist, i == exported)?;
        }
        Ok(())
    })?;
    output::write(&Target::File(files.posts.clone()), |out| {
        for post in plan.artists().flat_map(|a| a.posts) {
            serde_json::to_writer(&mut *out, &post)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    output::write(&Target::File(files.fan_events.clone()), |out| {
        writeln!(out, "artist_id,fan_id,occurred_at,kind,count,amount,seconds,currency")?;
        (0..plan.artists).flat_map(|number| fans::events(plan, number)).try_for_each(|event| fan_event(out, &event))
    })?;
    if let Some(artist) = plan.artists().nth(exported as usize) {
        output::write(&Target::File(files.export.clone()), |out| export(out, plan, &artist))?;
        files.exported = artist.id;
    }
    Ok(files)
}

fn observations(out: &mut dyn Write, plan: Plan, artist: &Artist, exported: bool) -> io::Result<()> {
    for series in artist.series.iter().filter(|s| !exported || s.platform != "spotify") {
        for (day, value) in (0..).zip(&series.values) {
            if let Some(value) = value {
                writeln!(out, "{},{},{},{},{value}", artist.id, series.platform, series.metric, plan.day(day))?;
            }
        }
    }
    Ok(())
}

fn fan_event(out: &mut dyn Write, e: &FanEvent) -> io::Result<()> {
    let number = |x: Option<f64>| x.map_or_else(String::new, |x| x.to_string());
    let count = e.count.map_or_else(String::new, |n| n.to_string());
    let (amount, seconds, currency) = (number(e.amount), number(e.seconds), e.currency.as_deref().unwrap_or_default());
    writeln!(out, "{},{},{},{},{count},{amount},{seconds},{currency}", e.artist_id, e.fan_id, e.occurred_at.day(), e.kind)
}

/// An audience timeline of Spotify for Artists, with its own header and byte order mark.
fn export(out: &mut dyn Write, plan: Plan, artist: &Artist) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    writeln!(out, "date,listeners,monthly listeners,monthly active listeners,super listeners,streams,playlist adds,saves,followers")?;
    let of = |metric: Metric, day: u32| {
        let series = artist.series.iter().find(|s| s.platform == "spotify" && s.metric == metric)?;
        series.values[day as usize]
    };
    for day in 0..plan.days {
        let all = [Metric::MonthlyListeners, Metric::Streams, Metric::PlaylistAdds, Metric::Saves, Metric::Followers].map(|m| of(m, day));
        if let [Some(monthly), Some(streams), Some(adds), Some(saves), Some(followers)] = all {
            let (listeners, active, fans) = ((streams * 0.7).round(), (monthly * 0.4).round(), (monthly * 0.02).round());
            writeln!(out, "{},{listeners},{monthly},{active},{fans},{streams},{adds},{saves},{followers}", plan.day(day))?;
        }
    }
    Ok(())
}
