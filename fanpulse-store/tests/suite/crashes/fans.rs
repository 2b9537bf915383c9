//! Batches of fan events, a day each.

use std::collections::BTreeMap;

use fanpulse_store::{AccountId, ArtistId, FanEventStore, Store};

use super::super::fan_events::{day_of, everything, label};
use super::super::observations::moment;
use super::super::processes::{Dice, say};
use super::super::raw::Raw;
use super::{Kills, let_work, start};

const FANS: u32 = 250;
const KILLS: u32 = 30;

/// Those that [`label`] makes.
fn ids() -> (AccountId, ArtistId) {
    (AccountId::new(moment(0, 0), [1; 10]), ArtistId::new(moment(0, 0), [2; 10]))
}

pub async fn work(url: &str, from: i32) {
    let store = Store::open(url).await.unwrap();
    let (account, artist) = ids();
    say("ready");
    for day in from.. {
        let data = day_of(artist, FANS, day);
        say(&format!("begin {day}"));
        let done = store.append_fan_events(account, moment(day, 0), &data).await.unwrap();
        say(&format!("done {day} {} {}", done.stored, done.repeated));
        if day % 9 == 8 {
            say("begin joining");
            store.compact_fan_events().await.unwrap();
            say("done joining");
        }
    }
}

pub async fn killed(url: &str, dice: &mut Dice) -> Kills {
    let store = Store::open(url).await.unwrap();
    assert_eq!(label(&store).await, ids());
    store.close().await;
    let mut kills = Kills::default();
    // Days that are there: all below `next`. Whether the last of them was never said to be done.
    let (mut next, mut unsaid) = (0, false);
    for _ in 0..KILLS {
        let mut child = start(&["fans", url, &(next - i32::from(unsaid)).to_string()]);
        let_work(&mut child, dice, 60);
        let said = child.kill();
        kills.all += 1;
        kills.within += u32::from(said.last().is_some_and(|line| line.starts_with("begin")));
        for line in said.iter().filter(|line| !line.ends_with("joining")) {
            if let ["done", day, stored, repeated] = line.split(' ').collect::<Vec<_>>().as_slice() {
                let fans = FANS.to_string();
                assert_eq!([*stored, *repeated], if unsaid { ["0", &fans] } else { [&fans, "0"] }, "day {day}");
                next = day.parse::<i32>().unwrap() + 1;
                unsaid = false;
            }
        }
        let there = days(url).await;
        assert!(there == next || (there == next + 1 && !unsaid), "{there} days are there, {next} were said to be");
        (next, unsaid) = (there, unsaid || there > next);
    }
    kills
}

/// How many days are there, each of them whole and told of once.
async fn days(url: &str) -> i32 {
    let mut raw = Raw::open(url).await;
    raw.alone().await;
    let told = raw.number("select coalesce(sum(events), 0) from fan_batches").await;
    assert_eq!(raw.number("select coalesce(sum(events), 0) from fan_event_blocks").await, told);
    raw.close().await;
    let store = Store::open(url).await.unwrap();
    let mut by_day: BTreeMap<String, u32> = BTreeMap::new();
    for event in everything(&store, ids().0).await {
        *by_day.entry(event.split(' ').nth(2).unwrap().to_owned()).or_default() += 1;
    }
    assert!(by_day.values().all(|events| *events == FANS), "{by_day:?}");
    let findings = store.examine().await.unwrap();
    assert!(findings.iter().all(|f| f.problem.is_none() || f.what == "secrets"), "{findings:?}");
    store.close().await;
    i32::try_from(by_day.len()).unwrap()
}
