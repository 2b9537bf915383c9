//! The exports of Spotify for Artists: UTF-8 with a byte-order mark, comma, ISO dates, UTC days.

use fanpulse_core::ingest::Metric;

use super::header::Header;
use super::{Body, Layout, Origin, WideValue};
use crate::{Error, ReadOptions, Result, TableKind};

/// The columns of an audience timeline that a metric takes. The others (listeners of the day, monthly active
/// listeners, super listeners) have no metric, and the report names them as skipped.
const AUDIENCE: [(&str, Metric); 5] = [
    ("monthly listeners", Metric::MonthlyListeners),
    ("streams", Metric::Streams),
    ("playlist adds", Metric::PlaylistAdds),
    ("saves", Metric::Saves),
    ("followers", Metric::Followers),
];

const SONGS: [&str; 5] = ["song", "listeners", "streams", "saves", "release_date"];
const PLAYLISTS: [&str; 5] = ["title", "author", "listeners", "streams", "date_added"];

/// Recognises an export by its header; `file` is the file's path, which may hint at the artist and the song.
pub(super) fn recognise(header: &Header, file: &str, options: &ReadOptions<'_>) -> Result<Option<Layout>> {
    if header.has("date") && header.has("listeners") && header.has("streams") && header.has("followers") {
        return audience(header, file, options).map(Some);
    }
    if header.is_exactly(&["date", "streams"]) {
        return song(header, file, options).map(Some);
    }
    let totals = if SONGS.iter().all(|c| header.has(c)) {
        "the songs table"
    } else if PLAYLISTS.iter().all(|c| header.has(c)) {
        "the playlists table"
    } else {
        return Ok(None);
    };
    Err(Error::invalid(format!(
        "{totals} of Spotify for Artists holds totals of a period, which cannot be scored by day; export the audience \
         timeline or a song's timeline instead"
    )))
}

fn audience(header: &Header, file: &str, options: &ReadOptions<'_>) -> Result<Layout> {
    let artist = options.artist.clone().or_else(|| hint(file, "-audience-timeline").map(str::to_owned)).ok_or_else(|| {
        Error::invalid(
            "an audience timeline of Spotify for Artists does not say whose it is; name the artist with --artist, or keep \
             the file's name <artistId>-audience-timeline.csv",
        )
    })?;
    let mut values = Vec::new();
    for (name, metric) in AUDIENCE {
        if let Some(column) = header.find(name)? {
            values.push(WideValue { column, platform: Some("spotify".to_owned()), metric });
        }
    }
    let [time] = header.require("an audience timeline", ["date"])?;
    Ok(Layout {
        kind: TableKind::SpotifyAudienceTimeline,
        names: header.shown.clone(),
        artist: Origin::Constant(artist),
        time,
        body: Body::Wide { platform: None, values },
    })
}

fn song(header: &Header, file: &str, options: &ReadOptions<'_>) -> Result<Layout> {
    let artist = options.artist.clone().ok_or_else(|| {
        Error::invalid("a song's timeline of Spotify for Artists does not say whose it is; name the artist with --artist")
    })?;
    let [time, value] = header.require("a song's timeline", ["date", "streams"])?;
    let title = hint(file, "-timeline").unwrap_or_else(|| stem(file)).to_owned();
    Ok(Layout {
        kind: TableKind::SpotifySongTimeline,
        names: header.shown.clone(),
        artist: Origin::Constant(artist),
        time,
        body: Body::Song { value, title },
    })
}

/// What stands before `marker` in the file's name.
fn hint<'a>(file: &'a str, marker: &str) -> Option<&'a str> {
    let name = base(file);
    let at = name.rfind(marker)?;
    (at > 0).then(|| &name[..at])
}

/// The file's name without its folder.
fn base(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file)
}

/// The file's name without its folder and extensions.
fn stem(file: &str) -> &str {
    let name = base(file);
    let name = [".gz", ".zst"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    name.strip_suffix(".csv").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hint_at_artist_and_song() {
        assert_eq!(hint("/x/4Z8W4fKeB5YxbusRsdQVPb-audience-timeline (1).csv.gz", "-audience-timeline"), Some("4Z8W4fKeB5YxbusRsdQVPb"));
        assert_eq!(hint("C:\\x\\Low-timeline Tide-timeline.csv", "-timeline"), Some("Low-timeline Tide"));
        assert_eq!(hint("-timeline.csv", "-timeline"), None);
        assert_eq!(stem("/a.b/Song.csv.zst"), "Song");
    }
}
