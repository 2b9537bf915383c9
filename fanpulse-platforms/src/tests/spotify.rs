//! The exports of Spotify for Artists, with the headers that they have.

use fanpulse_core::ingest::Dataset;

use super::{observations, read_bytes};
use crate::{DropReason, ReadOptions, Sources, TableKind, read_from};

fn of(artist: &str) -> ReadOptions<'static> {
    ReadOptions { artist: Some(artist.to_owned()), ..ReadOptions::default() }
}

#[test]
fn the_audience_timeline_in_its_three_variants() {
    let check = |header: &str, row: &str, expected: &[&str], skipped: &[&str]| {
        let text = format!("\u{feff}{header}\r\n{row}\r\n");
        let name = "/downloads/4Z8W4fKeB5YxbusRsdQVPb-audience-timeline.csv";
        let (data, report) = read_bytes(name, text.as_bytes(), &ReadOptions::default()).unwrap();
        let expected: Vec<String> = expected.iter().map(|e| format!("4Z8W4fKeB5YxbusRsdQVPb spotify {e}")).collect();
        assert_eq!(observations(&data), expected);
        assert_eq!(
            (report.table, report.skipped_columns),
            (TableKind::SpotifyAudienceTimeline, skipped.iter().map(|&s| s.to_owned()).collect())
        );
        assert_eq!(report.artist.as_deref(), Some("4Z8W4fKeB5YxbusRsdQVPb"));
    };
    let all = [
        "monthly_listeners 2026-09-05T00:00:00Z 2000",
        "streams 2026-09-05T00:00:00Z 300",
        "playlist_adds 2026-09-05T00:00:00Z 4",
        "saves 2026-09-05T00:00:00Z 5",
        "followers 2026-09-05T00:00:00Z 600",
    ];
    check(
        "date,listeners,monthly listeners,monthly active listeners,super listeners,streams,playlist adds,saves,followers",
        "2026-09-05,100,2000,700,80,300,4,5,600",
        &all,
        &["listeners", "monthly active listeners", "super listeners"],
    );
    check(
        "date,listeners,monthly listeners,monthly active listeners,streams,playlist adds,saves,followers",
        "2026-09-05,100,2000,700,300,4,5,600",
        &all,
        &["listeners", "monthly active listeners"],
    );
    check("date,listeners,streams,followers", "2026-09-05,100,300,600", &[all[1], all[4]], &["listeners"]);
    check("date,listeners,streams,followers", "2026-09-05,100,,600", &[all[4]], &["listeners"]);
}

#[test]
fn whose_an_audience_timeline_is() {
    let text = b"date,listeners,streams,followers\n2026-09-05,1,2,3\n";
    let (data, _) = read_bytes("a1-audience-timeline.csv", text, &of("a2")).unwrap();
    assert_eq!(data.artists.get(0), Some("a2"));
    let e = read_bytes("stdin", text, &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
    assert_eq!(
        e.to_string(),
        "stdin: line 1: an audience timeline of Spotify for Artists does not say whose it is; name the artist with --artist, or \
         keep the file's name <artistId>-audience-timeline.csv"
    );
}

#[test]
fn songs_of_one_artist_add_up() {
    let text = "\u{feff}date,streams\r\n2026-09-05,10\r\n2026-09-06,20\r\n";
    let mut data = Dataset::default();
    for name in ["x/Low Tide-timeline.csv", "High Tide-timeline.csv"] {
        let report = read_from(name, text.as_bytes(), &of("a1"), &mut data).unwrap();
        assert_eq!((report.table, report.observations), (TableKind::SpotifySongTimeline, 2));
    }
    let t = &data.observations;
    let day = |i: usize| t.at[i].div_euclid(fanpulse_core::time::MICROS_PER_DAY);
    assert_eq!((day(0), day(1)), (day(2), day(3)));
    // Different instants: two values for one key they would be otherwise.
    assert_ne!((t.at[0], t.at[1]), (t.at[2], t.at[3]));
    // A song that is read twice repeats its rows exactly.
    read_from("Low Tide-timeline (1).csv", text.as_bytes(), &of("a1"), &mut data).unwrap();
    assert_eq!(data.observations.at[..2], data.observations.at[4..]);
    let e = read_bytes("Low Tide-timeline.csv", text.as_bytes(), &ReadOptions::default()).map(|(_, r)| r).unwrap_err();
    assert_eq!(
        e.to_string(),
        "Low Tide-timeline.csv: line 1: a song's timeline of Spotify for Artists does not say whose it is; name the artist with --artist"
    );
}

#[test]
fn days_that_come_twice() {
    let text = "date,streams\n2026-09-05,10\n2026-09-06,20\n2026-09-05,10\n";
    let (data, report) = read_bytes("a-timeline.csv", text.as_bytes(), &of("a1")).unwrap();
    assert_eq!(data.observations.value, [10.0, 20.0]);
    assert_eq!(report.dropped, [(DropReason::Repeated, 1)].into());
    let text = "date,streams\n2026-09-05,10\n2026-09-05,11\n";
    let e = read_bytes("a-timeline.csv", text.as_bytes(), &of("a1")).map(|(_, r)| r).unwrap_err();
    assert_eq!(e.to_string(), "a-timeline.csv: line 3: date: the day has 11 here and 10 in line 2");
    let lenient = ReadOptions { lenient: true, ..of("a1") };
    let (data, report) = read_bytes("a-timeline.csv", text.as_bytes(), &lenient).unwrap();
    assert_eq!(data.observations.value, [10.0]);
    assert_eq!(report.dropped, [(DropReason::Conflicting, 1)].into());
}

#[test]
fn streams_that_would_count_twice() {
    let (mut data, mut sources) = (Dataset::default(), Sources::default());
    let mut add = |name: &str, text: &str, artist: &str| sources.push(read_from(name, text.as_bytes(), &of(artist), &mut data).unwrap());
    add("audience.csv", "date,listeners,streams,followers\n2026-09-05,1,2,3\n", "a1").unwrap();
    add("other-timeline.csv", "date,streams\n2026-09-05,1\n", "a2").unwrap();
    let e = add("song-timeline.csv", "date,streams\n2026-09-05,1\n", "a1").unwrap_err();
    assert_eq!(
        e.to_string(),
        "song-timeline.csv: the streams of a song are part of the audience timeline's, and audience.csv holds the other of the same \
         artist \"a1\"; give one of them"
    );
}

#[test]
fn totals_are_refused() {
    let check = |header: &str, table: &str| {
        let e = read_bytes("a.csv", format!("\u{feff}{header}\n").as_bytes(), &of("a1")).map(|(_, r)| r).unwrap_err();
        let expected = format!(
            "a.csv: line 1: {table} of Spotify for Artists holds totals of a period, which cannot be scored by day; export the \
             audience timeline or a song's timeline instead"
        );
        assert_eq!(e.to_string(), expected);
    };
    check("song,listeners,streams,saves,release_date", "the songs table");
    check("title,author,listeners,streams,date_added", "the playlists table");
    check("song,title,author,listeners,streams,date_added", "the playlists table");
}
