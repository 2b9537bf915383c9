use std::process::Command;

use fanpulse_store::{ErrorKind, Store, Target};

use super::databases::{empty, stores};

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

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_take_turns() {
    for database in empty().await {
        let starts = (0..8).map(|_| {
            let url = database.url.clone();
            tokio::spawn(async move {
                let store = Store::open(&url).await?;
                store.check_schema().await?;
                store.close().await;
                Ok::<_, fanpulse_store::Error>(())
            })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    for (store, database) in stores().await {
        let insert = "insert into fanpulse_migrations (version, name, fingerprint) values (9000, '9000_future', '')";
        if database.url.contains("://") {
            run("psql", &[&database.url, "-c", insert]);
        } else {
            run(
                "python3",
                &["-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()", &database.url, insert],
            );
        }
        for e in [store.check_schema().await.unwrap_err(), Store::open(&database.url).await.unwrap_err()] {
            assert!(e.kind() == ErrorKind::Conflict && e.message().contains("9000_future") && e.message().contains("newer"), "{e}");
        }
        store.close().await;
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
