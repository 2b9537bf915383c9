//! The readers as a caller sees them.

mod bad_input;
mod corpus;
mod damage;
mod fan_events;
mod formats;
mod lenient;
mod mapped;
mod parquet_files;
mod places;
mod round_trip;
mod spotify;
mod writers;

use std::fs;

use fanpulse_core::ingest::Dataset;

use crate::{Error, FileReport, ReadOptions, read, read_from};

const OBSERVATIONS: &str = "artist_id,platform,metric,observed_at,value\n";
const POSTS: &str = "artist_id,platform,post_id,published_at,likes,comments,shares,saves,views\n";

const FAN_EVENTS: &str = "artist_id,fan_id,occurred_at,kind,count,amount,seconds,currency\n";

/// Reads bytes as a stream.
fn read_bytes(name: &str, bytes: &[u8], options: &ReadOptions<'_>) -> Result<(Dataset, FileReport), Error> {
    let mut data = Dataset::default();
    let report = read_from(name, bytes, options, &mut data)?;
    Ok((data, report))
}

/// Reads bytes as a file of that name; the folder is taken out of messages.
fn read_file(name: &str, bytes: &[u8], options: &ReadOptions<'_>) -> Result<(Dataset, FileReport), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let mut data = Dataset::default();
    match read(&path, options, &mut data) {
        Ok(mut report) => {
            report.name = name.to_owned();
            Ok((data, report))
        }
        Err(e) => Err(e.to_string().replace(&format!("{}/", folder.path().display()), "")),
    }
}

/// The observations as lines of text.
fn observations(data: &Dataset) -> Vec<String> {
    let t = &data.observations;
    (0..t.len())
        .map(|i| {
            let at = fanpulse_core::Instant::try_new(t.at[i]).unwrap();
            let component = &data.components[usize::from(t.component[i])];
            format!("{} {component} {at} {}", data.artists.get(t.artist[i]).unwrap(), t.value[i])
        })
        .collect()
}

/// The posts as lines of text.
fn posts(data: &Dataset) -> Vec<String> {
    let t = &data.posts;
    (0..t.len())
        .map(|i| {
            let at = fanpulse_core::Instant::try_new(t.at[i]).unwrap();
            let counts = [&t.likes, &t.comments, &t.shares, &t.saves, &t.views].map(|c| c[i].to_string()).join("/");
            let (artist, platform) = (data.artists.get(t.artist[i]).unwrap(), &data.platforms[usize::from(t.platform[i])]);
            format!("{artist} {platform} {} {at} {counts}", t.id.get(i).unwrap())
        })
        .collect()
}
