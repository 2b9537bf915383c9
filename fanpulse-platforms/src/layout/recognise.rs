//! Which table a header is the header of.

use super::header::Header;
use super::{Body, COUNTS, EVENT_OPTIONS, FanEventColumns, Layout, Origin, spotify};
use crate::error::listed;
use crate::{Error, ReadOptions, Result, TableKind};

/// The platform of observations whose file names none.
const NO_PLATFORM: &str = "all";

/// Tells by its column names which table a file holds and where its columns stand; `file` is the file's path,
/// which may hint at whose it is. Messages do not name the file.
pub(crate) fn recognise(names: &[String], file: &str, options: &ReadOptions<'_>) -> Result<Layout> {
    let mut header = Header::new(names);
    if let Some(map) = &options.map {
        header = header.apply(map)?;
    }
    if header.has("fan_id") || header.has("occurred_at") {
        return fan_events(&header, options);
    }
    if header.has("post_id") || header.has("published_at") {
        return posts(&header, options);
    }
    let observed = ["observed_at", "metric", "value"].iter().any(|c| header.has(c));
    if observed || !header.wide.is_empty() {
        return observations(header, options);
    }
    if let Some(layout) = spotify::recognise(&header, file, options)? {
        return Ok(layout);
    }
    if let Some(map) = options.map.as_ref().filter(|_| !header.mapped) {
        let wanted: Vec<&str> = map.pairs().iter().map(|(c, _)| c.as_str()).collect();
        return Err(Error::invalid(format!("the column map names {}, but the columns are {}", listed(&wanted), listed(&header.shown))));
    }
    Err(Error::invalid(format!(
        "the columns {} are no table that FanPulse knows: observations have artist_id, platform, metric, observed_at, \
         value; posts have artist_id, platform, post_id, published_at and their counts; fan events have artist_id, fan_id, \
         occurred_at, kind; what other columns mean can be said with --map, for instance date=observed_at,artist=artist_id,plays=value:streams",
        listed(&header.shown)
    )))
}

/// The column that says whose a row is, or the artist that the caller named.
fn artist(header: &Header, options: &ReadOptions<'_>, absent: &mut Vec<&str>) -> Result<Origin> {
    Ok(match (header.find("artist_id")?, &options.artist) {
        (Some(column), _) => Origin::Column(column),
        (None, Some(id)) => Origin::Constant(id.clone()),
        (None, None) => {
            absent.push("artist_id");
            Origin::Constant(String::new())
        }
    })
}

fn observations(header: Header, options: &ReadOptions<'_>) -> Result<Layout> {
    const TABLE: &str = "observations";
    let mut absent = Vec::new();
    let artist = artist(&header, options, &mut absent)?;
    let platform = header.find("platform")?;
    let long = header.wide.is_empty();
    if platform.is_none() && !header.mapped {
        absent.push("platform");
    }
    let wanted: &[&str] = if long { &["metric", "observed_at", "value"] } else { &["observed_at"] };
    let mut places = Vec::new();
    for &column in wanted {
        match header.find(column)? {
            Some(place) => places.push(place),
            None => absent.push(column),
        }
    }
    let (time, body) = match (&places[..], absent.is_empty()) {
        (&[metric, time, value], true) => {
            let platform = platform.map_or_else(|| Origin::Constant(NO_PLATFORM.to_owned()), Origin::Column);
            (time, Body::Long { platform, metric, value })
        }
        (&[time], true) => {
            let mut values = header.wide.clone();
            if platform.is_none() {
                for value in &mut values {
                    value.platform.get_or_insert_with(|| NO_PLATFORM.to_owned());
                }
            }
            (time, Body::Wide { platform, values })
        }
        _ => return Err(header.missing(TABLE, &absent)),
    };
    Ok(Layout { kind: TableKind::Observations, names: header.shown, artist, time, body })
}

fn posts(header: &Header, options: &ReadOptions<'_>) -> Result<Layout> {
    const TABLE: &str = "posts";
    let mut absent = Vec::new();
    let artist = artist(header, options, &mut absent)?;
    let mut counts = [None; 5];
    for (count, name) in counts.iter_mut().zip(COUNTS) {
        *count = header.find(name)?;
    }
    let platform = header.find("platform")?;
    if platform.is_none() && !header.mapped {
        absent.push("platform");
    }
    absent.extend(["post_id", "published_at"].iter().filter(|c| !header.has(c)));
    if counts.iter().all(Option::is_none) {
        absent.push("likes");
    }
    if !absent.is_empty() {
        return Err(header.missing(TABLE, &absent));
    }
    let [id, time] = header.require(TABLE, ["post_id", "published_at"])?;
    let platform = platform.map_or_else(|| Origin::Constant(NO_PLATFORM.to_owned()), Origin::Column);
    let body = Body::Post { platform, id, counts };
    Ok(Layout { kind: TableKind::Posts, names: header.shown.clone(), artist, time, body })
}

fn fan_events(header: &Header, options: &ReadOptions<'_>) -> Result<Layout> {
    const TABLE: &str = "fan events";
    let mut absent = Vec::new();
    let artist = artist(header, options, &mut absent)?;
    absent.extend(["fan_id", "occurred_at", "kind"].iter().filter(|c| !header.has(c)));
    if !absent.is_empty() {
        return Err(header.missing(TABLE, &absent));
    }
    let [fan, time, kind] = header.require(TABLE, ["fan_id", "occurred_at", "kind"])?;
    let mut optional = [None; EVENT_OPTIONS.len()];
    for (column, name) in optional.iter_mut().zip(EVENT_OPTIONS) {
        *column = header.find(name)?;
    }
    let [count, amount, seconds, currency] = optional;
    let body = Body::FanEvent(FanEventColumns { fan, kind, count, amount, seconds, currency });
    Ok(Layout { kind: TableKind::FanEvents, names: header.shown.clone(), artist, time, body })
}
