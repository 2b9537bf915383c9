//! A file is backed up, and one of two backups put in its place.

use std::collections::BTreeSet;
use std::path::Path;

use fanpulse_store::{ObservationStore, Replace, Store};

use super::super::observations::{always, day_of, everything, moment};
use super::super::processes::{Dice, say};
use super::{Kills, let_work, start};

const KILLS: u32 = 30;

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// How many artists each backup has.
const BACKUPS: [(&str, u32); 2] = [("small.db", 300), ("large.db", 900)];

pub async fn work(folder: &Path) {
    let target = folder.join("fanpulse.db");
    say("ready");
    for round in 0.. {
        let (backup, _) = BACKUPS[round % 2];
        say("begin restore");
        Store::restore(&folder.join(backup), &target, Replace::Existing).await.unwrap();
        say("done");
        // Something in the journal, and the file open as it dies.
        let store = Store::open(&text(&target)).await.unwrap();
        store.append(&"api".into(), moment(99, 1), &day_of(10, 1, |a| f64::from(a) + 0.5)).await.unwrap();
        let copy = folder.join(format!("copy {} of {round}.db", std::process::id()));
        say("begin backup");
        store.backup(&copy).await.unwrap();
        say(&format!("wrote {}", text(&copy)));
        store.close().await;
    }
}

/// What is in the file is one of the backups, perhaps with what was appended to it.
async fn is_one_of_them(path: &Path) {
    let store = Store::open(&text(path)).await.unwrap();
    let known = everything(&store, always()).await;
    let restated = known.iter().filter(|s| s.observation.value.fract() == 0.5).count();
    assert!(BACKUPS.iter().any(|(_, artists)| known.len() == *artists as usize), "{}", known.len());
    assert!(restated == 0 || restated == 10, "{restated}");
    let findings = store.examine().await.unwrap();
    assert!(findings.iter().all(|f| f.problem.is_none()), "{findings:?}");
    store.close().await;
}

pub async fn killed(dice: &mut Dice) -> Kills {
    let mut kills = Kills::default();
    let folder = tempfile::tempdir().unwrap();
    for (name, artists) in BACKUPS {
        let store = Store::open(&text(&folder.path().join("made.db"))).await.unwrap();
        store.append(&"api".into(), moment(2, 1), &day_of(artists, 1, f64::from)).await.unwrap();
        store.backup(&folder.path().join(name)).await.unwrap();
        store.close().await;
    }
    std::fs::rename(folder.path().join("made.db"), folder.path().join("fanpulse.db")).unwrap();
    for _ in 0..KILLS {
        let mut child = start(&["restore", &text(folder.path())]);
        let_work(&mut child, dice, 120);
        let said = child.kill();
        kills.all += 1;
        kills.within += u32::from(said.last().is_some_and(|line| line.starts_with("begin")));
        is_one_of_them(&folder.path().join("fanpulse.db")).await;
        // Copies that have their name are whole, whether their end was said or not.
        let mut copies = BTreeSet::new();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if text(&path).ends_with(".db") && text(&path).contains("copy ") {
                is_one_of_them(&path).await;
                std::fs::remove_file(&path).unwrap();
                copies.insert(text(&path));
            }
        }
        assert!(said.iter().filter_map(|line| line.strip_prefix("wrote ")).all(|copy| copies.contains(copy)), "{said:?}: {copies:?}");
    }
    // What killed processes had begun to write goes with the next one that writes there.
    Store::restore(&folder.path().join("small.db"), &folder.path().join("fanpulse.db"), Replace::Existing).await.unwrap();
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.starts_with("fanpulse.db.") && name.contains(".part")).collect();
    assert_eq!(left, [""; 0]);
    kills
}
