//! Imports: each appends days of which some correct what earlier ones said.

use std::collections::BTreeMap;

use fanpulse_core::ingest::Dataset;
use fanpulse_store::{Filter, ObservationStore, Store, load};

use super::super::observations::{always, day_of, moment};
use super::super::processes::{Dice, say};
use super::super::raw::Raw;
use super::{Kills, let_work, start};

const ARTISTS: u32 = 150;
const KILLS: u32 = 60;

/// The days of an import: of two or three months, and met again by a later one.
fn days(import: i32) -> [i32; 3] {
    [0, 31, 62].map(|later| (import * 7).rem_euclid(200) + later)
}

fn value(import: i32, artist: u32) -> f64 {
    f64::from(import) * 1000.0 + f64::from(artist) / 4.0
}

fn rows(import: i32) -> Dataset {
    let mut data = Dataset::default();
    for day in days(import) {
        let more = day_of(ARTISTS, day, |artist| value(import, artist));
        let component = data.component_code("spotify", more.components[0].metric).unwrap();
        for (i, artist) in more.observations.artist.iter().enumerate() {
            data.observations.artist.push(data.artists.intern(more.artists.get(*artist).unwrap()));
            data.observations.component.push(component);
            data.observations.at.push(more.observations.at[i]);
            data.observations.value.push(more.observations.value[i]);
        }
    }
    data
}

pub async fn work(url: &str, from: i32) {
    let store = Store::open(url).await.unwrap();
    say("ready");
    for import in from.. {
        let data = rows(import);
        say(&format!("begin {import}"));
        let done = store.append(&"file".into(), moment(1000 + import, 0), &data).await.unwrap();
        say(&format!("done {import} {} {}", done.stored, done.repeated));
        if import % 9 == 8 {
            say("begin joining");
            store.compact().await.unwrap();
            say("done joining");
        }
    }
}

pub async fn killed(url: &str, dice: &mut Dice) -> Kills {
    let mut kills = Kills::default();
    // Imports that are there: all below `next`. Whether the last of them was never said to be done.
    let (mut next, mut unsaid) = (0, false);
    for _ in 0..KILLS {
        let mut child = start(&["import", url, &(next - i32::from(unsaid)).to_string()]);
        let_work(&mut child, dice, 60);
        let said = child.kill();
        kills.all += 1;
        kills.within += u32::from(said.last().is_some_and(|line| line.starts_with("begin")));
        for line in said.iter().filter(|line| !line.ends_with("joining")) {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["done", import, stored, repeated] => {
                    let rows = (ARTISTS * 3).to_string();
                    // One that was there although nobody said so is not stored again.
                    let expected = if unsaid { ["0", &rows] } else { [&rows, "0"] };
                    assert_eq!([*stored, *repeated], expected, "import {import}");
                    next = import.parse::<i32>().unwrap() + 1;
                    unsaid = false;
                }
                ["begin", import] => assert_eq!(import.parse::<i32>().unwrap(), next - i32::from(unsaid)),
                _ => {}
            }
        }
        (next, unsaid) = check(url, next, unsaid).await;
    }
    kills
}

/// How many imports are there, of which one may be more than was said.
async fn check(url: &str, said: i32, unsaid: bool) -> (i32, bool) {
    let mut raw = Raw::open(url).await;
    raw.alone().await;
    let points = raw.number("select coalesce(sum(points), 0) from observation_blocks").await;
    raw.close().await;
    let of_import = i64::from(ARTISTS) * 3;
    assert_eq!(points % of_import, 0, "an import that is torn");
    let there = i32::try_from(points / of_import).unwrap();
    assert!(there == said || (there == said + 1 && !unsaid), "{there} imports are there, {said} were said to be");

    let store = Store::open(url).await.unwrap();
    let mut data = Dataset::default();
    load(&store, &Filter::default(), always(), &mut data).await.unwrap();
    let latest: BTreeMap<i64, i32> = (0..there).flat_map(|n| days(n).map(|day| (moment(day, 0).micros(), n))).collect();
    assert_eq!(data.observations.len(), latest.len() * ARTISTS as usize);
    for (i, at) in data.observations.at.iter().enumerate() {
        let artist = data.artists.get(data.observations.artist[i]).unwrap();
        let artist: u32 = artist.strip_prefix("artist ").unwrap().parse().unwrap();
        assert_eq!(data.observations.value[i], value(latest[at], artist), "{artist} at {at}");
    }
    let findings = store.examine().await.unwrap();
    assert!(findings.iter().all(|f| f.problem.is_none() || f.what == "secrets"), "{findings:?}");
    store.close().await;
    (there, unsaid || there > said)
}
