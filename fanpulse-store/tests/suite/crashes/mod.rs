//! Processes that are killed, by `kill -9`, at random points of their work. What a process said that it had done must
//! be there; what it was at must be there whole or not at all; nothing else may be.
//!
//! Delays come from a seed; where they hit does not, as the machine is never the same.

mod fans;
mod import;
mod jobs;
mod migrate;
mod restore;
mod rotate;

use std::time::{Duration, Instant};

use super::databases::{Temporary, empty};
use super::processes::{Dice, Process, task};

/// Does nothing in an ordinary run.
#[tokio::test]
async fn a_child_works_until_it_is_killed() {
    let Some(task) = task() else { return };
    let words: Vec<&str> = task.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["fans", url, from] => fans::work(url, from.parse().unwrap()).await,
        ["import", url, from] => import::work(url, from.parse().unwrap()).await,
        ["migrate", url, seed] => migrate::work(url, seed.parse().unwrap()).await,
        ["jobs", url, worker, round] => jobs::work(url, worker.parse().unwrap(), round.parse().unwrap()).await,
        ["restore", folder] => restore::work(std::path::Path::new(folder)).await,
        ["rotate", url, keys, said] => rotate::work(url, keys, said).await,
        other => panic!("{other:?}"),
    }
}

fn start(task: &[&str]) -> Process {
    Process::start("suite::crashes::a_child_works_until_it_is_killed", task)
}

/// Lets it begin, most of the time, and then work for up to so many milliseconds.
fn let_work(process: &mut Process, dice: &mut Dice, most: u64) {
    if dice.below(8) > 0 {
        process.until("ready");
    }
    std::thread::sleep(Duration::from_micros(dice.below(most * 1000)));
}

/// How often each kind of work was interrupted.
#[derive(Debug, Default)]
struct Kills {
    all: u32,
    /// While something was begun and its end not said.
    within: u32,
}

async fn two_hundred_kills(database: &Temporary) {
    let begun = Instant::now();
    let seed = 20_261_130;
    let mut all = 0;
    let mut count = |what: &str, kills: Kills| {
        println!("{what}: {} killed, {} of them at it, by {:.0?}", kills.all, kills.within, begun.elapsed());
        assert!(kills.within * 4 > kills.all, "{what}: {kills:?}, too few of them at it");
        all += kills.all;
    };
    count("migrate", migrate::killed(&database.url, &mut Dice(seed)).await);
    count("import", import::killed(&database.url, &mut Dice(seed + 1)).await);
    count("fans", fans::killed(&database.url, &mut Dice(seed + 5)).await);
    count("claim, complete and enqueue", jobs::killed(&database.url, &mut Dice(seed + 2)).await);
    count("rotate", rotate::killed(&database.url, &mut Dice(seed + 3)).await);
    if !database.url.contains("://") {
        count("backup and restore", restore::killed(&mut Dice(seed + 4)).await);
    }
    println!("{all} processes killed");
    assert!(all >= 200, "{all}");
}

#[tokio::test]
async fn sqlite() {
    let [database, _] = empty().await;
    two_hundred_kills(&database).await;
}

#[tokio::test]
async fn postgres() {
    let [_, database] = empty().await;
    two_hundred_kills(&database).await;
}
