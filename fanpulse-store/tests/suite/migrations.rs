use std::collections::BTreeSet;
use std::process::Command;

use fanpulse_store::{ErrorKind, JobStore, ObservationStore, Store, Target};

use super::databases::{empty, stores};
use super::observations::{always, day_of, everything, moment};
use super::processes::{Process, say, task};
use super::raw::{Content, Raw};

#[tokio::test]
async fn up_down_and_up_again() {
    for database in empty().await {
        let store = Store::connect(&database.url).await.unwrap();
        let all: Vec<String> = store.schema().await.unwrap().into_iter().map(|s| s.name).collect();
        assert!(store.schema().await.unwrap().iter().all(|s| !s.applied));
        let e = store.check_schema().await.unwrap_err();
        assert!(e.kind() == ErrorKind::Conflict && e.message().contains("fanpulse migrate up"), "{e}");

        assert_eq!(store.migrate(Target::Latest).await.unwrap().applied, all);
        store.check_schema().await.unwrap();
        assert_eq!(store.migrate(Target::Latest).await.unwrap(), fanpulse_store::Migrated::default());

        assert_eq!(store.migrate(Target::Previous).await.unwrap().undone, all[all.len() - 1..]);
        let mut rest = all[..all.len() - 1].to_vec();
        rest.reverse();
        assert_eq!(store.migrate(Target::Version(0)).await.unwrap().undone, rest);
        assert_eq!(store.migrate(Target::Version(1)).await.unwrap().applied, all[..1]);
        assert_eq!(store.migrate(Target::Latest).await.unwrap().applied, all[1..]);
        let e = store.migrate(Target::Version(9999)).await.unwrap_err();
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains("9999"), "{e}");
        store.close().await;
    }
}

/// Rows in every table of the latest schema: observations as they are appended, in the others whatever their columns
/// take.
async fn fill(store: &Store, raw: &mut Raw) {
    if raw.number("select count(*) from observation_blocks").await == 0 {
        for day in [1, 40] {
            store.append(&"api".into(), moment(100, day.into()), &day_of(200, day, |a| f64::from(a) + 0.25)).await.unwrap();
        }
    }
    raw.fill().await;
}

/// What was there is there still, to the last value, as far as its table and column are.
pub fn is_kept(before: &Content, after: &Content) {
    for (table, rows) in after {
        let Some(old) = before.get(table) else { continue };
        let columns = |rows: &[serde_json::Value]| -> BTreeSet<String> {
            rows.iter().flat_map(|row| row.as_object().unwrap().keys().cloned()).collect()
        };
        let shared: BTreeSet<String> = columns(rows).intersection(&columns(old)).cloned().collect();
        let narrow = |rows: &[serde_json::Value]| {
            let narrow = |row: &serde_json::Value| shared.iter().map(|c| row[c].to_string()).collect::<Vec<_>>();
            let mut rows: Vec<Vec<String>> = rows.iter().map(narrow).collect();
            rows.sort();
            rows
        };
        assert!(old.is_empty() || !shared.is_empty(), "{table} lost all its columns or rows");
        assert_eq!(narrow(rows), narrow(old), "rows of {table}");
    }
}

/// Each step is undone and taken again over full tables: what is in the tables of the others stays, the shape of the
/// schema comes back to the last index, and so does work.
#[tokio::test]
async fn rows_stay_through_every_step_down_and_up() {
    for database in empty().await {
        let store = Store::connect(&database.url).await.unwrap();
        let mut raw = Raw::open(&database.url).await;
        let versions: Vec<u32> = store.schema().await.unwrap().iter().map(|s| s.version).collect();
        let mut shapes = Vec::new();
        for version in &versions {
            store.migrate(Target::Version(*version)).await.unwrap();
            shapes.push((raw.tables().await, raw.shape().await));
        }
        fill(&store, &mut raw).await;
        let full = raw.content().await;
        let shallow: Vec<&String> = full.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
        assert!(full.len() >= 16 && shallow.is_empty(), "tables without rows: {shallow:?}");
        let observations = everything(&store, always()).await;
        assert_eq!(observations.len(), 400);

        for (step, version) in versions.iter().enumerate().rev() {
            let before = raw.content().await;
            store.migrate(Target::Version(*version)).await.unwrap();
            assert_eq!((raw.tables().await, raw.shape().await), shapes[step], "down to {version}");
            is_kept(&before, &raw.content().await);
            store.migrate(Target::Latest).await.unwrap();
            assert_eq!(Some((raw.tables().await, raw.shape().await)).as_ref(), shapes.last(), "up from {version}");
            let again = raw.content().await;
            is_kept(&raw_tables(&before, &shapes[step].0), &raw_tables(&again, &shapes[step].0));
            fill(&store, &mut raw).await;
            assert_eq!(everything(&store, always()).await, observations);
            let told = store.append(&"api".into(), moment(100, 50), &day_of(200, 1, |a| f64::from(a) + 0.25)).await.unwrap();
            assert_eq!((told.stored, told.repeated), (0, 200));
        }
        store.migrate(Target::Version(0)).await.unwrap();
        assert_eq!(raw.tables().await, [""; 0]);
        store.close().await;
        raw.close().await;
    }
}

/// The same, of some tables.
fn raw_tables(content: &Content, tables: &[String]) -> Content {
    content.iter().filter(|(table, _)| tables.contains(table)).map(|(table, rows)| (table.clone(), rows.clone())).collect()
}

/// Does nothing in an ordinary run.
#[tokio::test]
async fn a_child_starts() {
    let Some(task) = task() else { return };
    say("ready");
    // All of them a moment after the last came up, and at the same time.
    let at = std::time::Duration::from_micros(task[1].parse().unwrap());
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    tokio::time::sleep(at.saturating_sub(now)).await;
    let store = Store::open(&task[0]).await.unwrap();
    store.check_schema().await.unwrap();
    store.append(&"api".into(), moment(2, 0), &day_of(50, 1, f64::from)).await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn processes_that_start_together_take_turns() {
    for database in empty().await {
        let at = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap() + std::time::Duration::from_millis(800);
        let at = at.as_micros().to_string();
        let start = || Process::start("suite::migrations::a_child_starts", &[&database.url, &at]);
        let starts: Vec<Process> = (0..8).map(|_| start()).collect();
        starts.into_iter().for_each(|process| drop(process.succeeds()));
        let store = Store::connect(&database.url).await.unwrap();
        store.check_schema().await.unwrap();
        assert_eq!(everything(&store, always()).await.len(), 50);
        store.close().await;
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    for (store, database) in stores().await {
        let mut raw = Raw::open(&database.url).await;
        raw.run("insert into fanpulse_migrations (version, name, fingerprint) values (9000, '9000_future', '')").await;
        let down = store.migrate(Target::Previous).await.unwrap_err();
        for e in [store.check_schema().await.unwrap_err(), Store::open(&database.url).await.unwrap_err(), down] {
            assert!(e.kind() == ErrorKind::Conflict && e.message().contains("9000_future") && e.message().contains("newer"), "{e}");
        }
        store.close().await;
    }
}

/// A process that runs on while another undoes steps hears of it, and goes on once they are taken again.
#[tokio::test]
async fn steps_that_are_undone_beside_a_running_process_are_named() {
    for (store, database) in stores().await {
        assert_eq!(store.job_counts().await.unwrap(), []);
        let other = Store::connect(&database.url).await.unwrap();
        other.migrate(Target::Version(1)).await.unwrap();
        for _ in 0..3 {
            let e = store.job_counts().await.unwrap_err();
            assert!(e.kind() == ErrorKind::Conflict && e.message().contains("jobs") && e.message().contains("fanpulse migrate up"), "{e}");
        }
        other.migrate(Target::Latest).await.unwrap();
        assert_eq!(store.job_counts().await.unwrap(), []);
        store.close().await;
        other.close().await;
    }
}

#[tokio::test]
async fn files_of_others_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let other = path("other.db");
    run("python3", &["-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('create table songs (id)')", &other]);
    let e = Store::open(&other).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Invalid && e.message().contains("songs") && e.message().contains(&other), "{e}");

    let text = path("notes.txt");
    std::fs::write(&text, "these are notes, and long enough to look like a header of a database file\n".repeat(9)).unwrap();
    let before = std::fs::read(&text).unwrap();
    let e = Store::open(&text).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Internal && e.message().contains(&text) && e.message().contains("fanpulse doctor"), "{e}");
    assert_eq!(std::fs::read(&text).unwrap(), before);
}

#[tokio::test]
async fn what_cannot_be_reached_says_so() {
    let cases = [
        ("/nowhere/fanpulse.db", ErrorKind::Unavailable, "/nowhere/fanpulse.db"),
        ("mysql://root@localhost/fans", ErrorKind::Invalid, "`mysql`"),
        ("", ErrorKind::Invalid, "empty"),
        ("postgres://fan:pulse@127.0.0.1:1/fans", ErrorKind::Unavailable, "fans on 127.0.0.1"),
        ("postgres://fan:pulse@:x:/", ErrorKind::Invalid, "postgres://user:password@host:port/database"),
    ];
    for (url, kind, says) in cases {
        let e = Store::connect(url).await.unwrap_err();
        assert!(e.kind() == kind && e.message().contains(says) && !format!("{e:?}").contains("pulse@"), "{url}: {e:?}");
    }
}

fn run(program: &str, args: &[&str]) {
    let out = Command::new(program).args(args).output().unwrap();
    assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
}
