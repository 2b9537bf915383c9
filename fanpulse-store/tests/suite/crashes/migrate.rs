//! The schema goes up and down between random steps, over tables with rows.

use std::collections::{BTreeMap, BTreeSet};

use fanpulse_store::{ObservationStore, Store, Target};

use super::super::migrations::is_kept;
use super::super::observations::{day_of, moment};
use super::super::processes::{Dice, say};
use super::super::raw::Raw;
use super::{Kills, let_work, start};

const KILLS: u32 = 45;

pub async fn work(url: &str, seed: u64) {
    let store = Store::connect(url).await.unwrap();
    let versions: Vec<u32> = store.schema().await.unwrap().iter().map(|s| s.version).collect();
    let mut dice = Dice(seed);
    say("ready");
    loop {
        let to = versions[usize::try_from(dice.below(versions.len() as u64)).unwrap()];
        say(&format!("begin {to}"));
        store.migrate(Target::Version(to)).await.unwrap();
        say(&format!("done {to}"));
    }
}

pub async fn killed(url: &str, dice: &mut Dice) -> Kills {
    let mut kills = Kills::default();
    let store = Store::connect(url).await.unwrap();
    let mut raw = Raw::open(url).await;
    // What each version looks like where nobody was killed.
    let mut shapes: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for step in store.schema().await.unwrap() {
        store.migrate(Target::Version(step.version)).await.unwrap();
        shapes.insert(step.version, raw.shape().await);
    }
    let told = day_of(300, 1, |a| f64::from(a).sqrt());
    store.append(&"api".into(), moment(9, 0), &told).await.unwrap();
    store.close().await;
    let mut at = *shapes.keys().next_back().unwrap();
    for _ in 0..KILLS {
        raw.fill().await;
        let before = raw.content().await;
        raw.close().await;
        let mut child = start(&["migrate", url, &dice.below(1 << 30).to_string()]);
        let_work(&mut child, dice, 60);
        let said = child.kill();
        kills.all += 1;
        raw = Raw::open(url).await;
        raw.alone().await;

        let mut lowest = at;
        let mut may_be = vec![at];
        for line in &said {
            let Some((what, to)) = line.split_once(' ') else { continue };
            let to = to.parse().unwrap();
            if what == "begin" {
                may_be.push(to)
            } else {
                may_be = vec![to]
            }
            lowest = lowest.min(to);
        }
        kills.within += u32::from(may_be.len() > 1);
        let shape = raw.shape().await;
        let is = may_be.iter().rev().find(|version| shapes[version] == shape);
        at = *is.unwrap_or_else(|| panic!("the schema is none of {may_be:?}: {shape:?}"));

        let store = Store::connect(url).await.unwrap();
        let applied: Vec<u32> = store.schema().await.unwrap().iter().filter(|s| s.applied).map(|s| s.version).collect();
        assert_eq!(applied.last(), Some(&at), "what is written down of the schema is what it is");
        store.close().await;
        // Tables that no step dropped have what they had.
        let kept: BTreeSet<&str> = shapes[&lowest].iter().filter_map(|line| line.split(' ').next()).collect();
        let after = raw.content().await;
        is_kept(&before, &after.into_iter().filter(|(table, _)| kept.contains(table.as_str())).collect());
    }
    raw.close().await;
    let store = Store::open(url).await.unwrap();
    assert!(store.schema().await.unwrap().iter().all(|s| s.applied));
    // Empty for what comes next.
    store.migrate(Target::Version(0)).await.unwrap();
    store.migrate(Target::Latest).await.unwrap();
    store.close().await;
    kills
}
