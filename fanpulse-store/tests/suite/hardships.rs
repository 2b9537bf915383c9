//! A full disk, a file that may only be read, and many processes at once.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fanpulse_core::ingest::Dataset;
use fanpulse_store::{
    Error, ErrorKind, Filter, JobId, JobStore, Keyring, NewJob, ObservationStore, Origin, Replace, Store, Target, Wanted, testing,
};
use serde_json::json;

use super::databases::{empty, own_cluster};
use super::observations::{always, day_of, everything, moment};
use super::processes::{self, Process, say, task};
use super::raw::Raw;

const TEST: &str = "suite::hardships::a_child_does_its_task";

/// Figures that do not pack well, so that the end of a disk comes soon.
fn figure(day: i32, artist: u32) -> f64 {
    f64::from(artist).sqrt() + 0.1 * f64::from(day)
}

fn figures(day: i32) -> Dataset {
    day_of(2000, day, |artist| figure(day, artist))
}

async fn append(store: &Store, day: i32) -> Result<(), Error> {
    store.append(&Origin::from("api"), moment(day, 1), &figures(day)).await.map(drop)
}

/// Whole days only, with the figures that were appended; how many days.
async fn days(store: &Store) -> usize {
    let known = everything(store, always()).await;
    for s in &known {
        let day = i32::try_from((s.observation.observed_at.micros() - moment(0, 0).micros()) / 86_400_000_000).unwrap();
        let artist: u32 = s.observation.artist_id.strip_prefix("artist ").unwrap().parse().unwrap();
        assert_eq!(s.observation.value, figure(day, artist), "{s:?}");
    }
    assert!(known.len().is_multiple_of(2000), "{}", known.len());
    known.len() / 2000
}

/// Does nothing in an ordinary run.
#[tokio::test]
async fn a_child_does_its_task() {
    let Some(task) = task() else { return };
    let [what, file] = task.as_slice() else { panic!("{task:?}") };
    match what.as_str() {
        "read" => {
            let store = Store::connect(file).await.unwrap();
            say("ready");
            let mut seen = 0;
            while seen < 60_000 {
                let batch = store.batch(&Filter::default(), always(), None).await.unwrap();
                assert!(batch.data.observations.len() % 2000 == 0, "half an append was seen");
                seen = batch.data.observations.len();
            }
        }
        "write" => {
            let e = match Store::open(file).await {
                Ok(store) => {
                    assert_eq!(days(&store).await, 1, "what is there can be read");
                    append(&store, 2).await.unwrap_err()
                }
                Err(e) => e,
            };
            assert!(e.kind() == ErrorKind::Unavailable && e.message().contains(file) && e.message().contains("permissions"), "{e}");
        }
        "fill" => {
            let store = Store::connect(file).await.unwrap();
            let mut day = 2;
            let e = loop {
                if let Err(e) = append(&store, day).await {
                    break e;
                }
                day += 1;
            };
            assert!(e.kind() == ErrorKind::Unavailable && e.message().contains(file) && e.message().contains("nothing was changed"), "{e}");
            assert_eq!(days(&store).await, usize::try_from(day - 1).unwrap());
        }
        other => panic!("{other}"),
    }
}

async fn with_one_append(path: &Path) {
    let store = Store::open(&path.display().to_string()).await.unwrap();
    append(&store, 1).await.unwrap();
    store.close().await;
}

async fn is_whole(store: &Store) {
    let findings = store.examine().await.unwrap();
    assert!(findings.iter().all(|f| f.problem.is_none()), "{findings:?}");
    let before = days(store).await;
    assert!(before > 0);
    append(store, 900).await.unwrap();
    assert_eq!(days(store).await, before + 1);
}

async fn file_is_whole(path: &Path) {
    let store = Store::open(&path.display().to_string()).await.unwrap();
    is_whole(&store).await;
    store.close().await;
}

/// Eight processes read while one writes, joins blocks and works on jobs; none meets a lock, none sees half an append.
#[tokio::test]
async fn eight_processes_read_beside_a_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fanpulse.db");
    with_one_append(&path).await;
    let file = path.display().to_string();
    let mut readers: Vec<Process> = (0..8).map(|_| Process::start(TEST, &["read", &file])).collect();
    readers.iter_mut().for_each(|reader| reader.until("ready"));
    let store = Store::open(&file).await.unwrap();
    let wanted = Wanted { queue: "sync", worker: "writer", limit: 1, lease: std::time::Duration::from_secs(30) };
    for day in 2..=30_u8 {
        append(&store, day.into()).await.unwrap();
        let now = moment(day.into(), 2);
        store.enqueue(&[NewJob::new(JobId::new(now, [day; 10]), "sync", "count", json!(day), now)], now).await.unwrap();
        assert_eq!(store.claim(&wanted, now).await.unwrap().len(), 1);
        if day % 10 == 0 {
            store.compact().await.unwrap();
        }
    }
    readers.into_iter().for_each(|reader| drop(reader.succeeds()));
}

/// The system refuses to let any file grow beyond 1 MB, as a full disk would.
#[tokio::test]
async fn no_room_leaves_the_database_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fanpulse.db");
    with_one_append(&path).await;
    let task = processes::command(TEST, &["fill", &path.display().to_string()]);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"]).arg(task.get_program()).args(task.get_args());
    for (name, value) in task.get_envs() {
        limited.env(name, value.unwrap());
    }
    Process::of(limited).succeeds();
    file_is_whole(&path).await;
}

/// A small disk of its own, which goes with this.
struct Disk {
    folder: PathBuf,
    _parent: tempfile::TempDir,
}

impl Disk {
    /// `None` where this user may not mount one; the limit on files above stands for it there.
    fn of(size: &str) -> Option<Self> {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("disk");
        std::fs::create_dir(&folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&folder).stderr(Stdio::null());
        if mount.status().is_ok_and(|status| status.success()) {
            // Whoever runs a server on it must get there.
            std::fs::set_permissions(parent.path(), PermissionsExt::from_mode(0o755)).unwrap();
            return Some(Self { folder, _parent: parent });
        }
        eprintln!("no disk of its own: this user may not mount one");
        None
    }

    /// Takes so many pages of it, or what is left.
    fn fill(&self, pages: usize) {
        let mut ballast = std::fs::File::options().create(true).append(true).open(self.folder.join("ballast")).unwrap();
        for _ in 0..pages {
            if std::io::Write::write_all(&mut ballast, &[7; 4096]).is_err() {
                return;
            }
        }
    }

    /// Gives back what [`Disk::fill`] took.
    fn make_room(&self) {
        std::fs::remove_file(self.folder.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _unmounted = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}

fn is_full(e: &Error) -> bool {
    e.kind() == ErrorKind::Unavailable && e.message().contains("the disk is full, nothing was changed")
}

/// Appends until there is no room, and once more with room again.
async fn fills_up(store: &Store) {
    let (mut day, mut said) = (2, None);
    while said.is_none() {
        said = append(store, day).await.err();
        day += 1;
    }
    let e = said.unwrap();
    assert!(is_full(&e) && e.message().contains(store.place()), "{e}");
    assert_eq!(days(store).await, usize::try_from(day - 2).unwrap());
}

#[tokio::test]
async fn a_full_disk_is_called_so() {
    let Some(disk) = Disk::of("3m") else { return };
    let path = disk.folder.join("fanpulse.db");
    with_one_append(&path).await;
    let keys = disk.folder.join("keys");
    let old = Keyring::from_file_or_new(&keys).unwrap().to_text();
    let store = Store::connect(&path.display().to_string()).await.unwrap();
    disk.fill(256);
    fills_up(&store).await;
    disk.fill(usize::MAX);

    let now = moment(1, 0);
    let jobs: Vec<NewJob> = (0..200).map(|n| NewJob::new(JobId::new(now, [n; 10]), "sync", "count", json!("x".repeat(900)), now)).collect();
    let e = store.enqueue(&jobs, now).await.unwrap_err();
    assert!(is_full(&e), "{e}");
    assert_eq!(store.job_counts().await.unwrap(), []);
    // Written beside and moved there, so that the place is never seen half filled.
    let copy = disk.folder.join("copy.db");
    let e = store.backup(&copy).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("full"), "{e}");
    let e = Keyring::add_key_to_file(&keys).unwrap_err();
    assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("keys: cannot be written"), "{e}");
    assert_eq!(Keyring::from_file(&keys).unwrap().to_text(), old);
    let outside = disk._parent.path().join("copy.db");
    store.backup(&outside).await.unwrap();
    let e = Store::restore(&outside, &copy, Replace::Never).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("copy.db: cannot be written"), "{e}");
    let e = Store::open(&copy.display().to_string()).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("copy.db"), "{e}");
    let e = store.migrate(Target::Version(1)).await.err();
    assert!(e.as_ref().is_none_or(is_full), "{e:?}");
    let names = std::fs::read_dir(&disk.folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = names.filter(|name| name.contains(".part")).collect();
    assert_eq!(left, [""; 0]);

    disk.make_room();
    store.migrate(Target::Latest).await.unwrap();
    is_whole(&store).await;
    store.close().await;
}

/// The tables of a PostgreSQL database lie on a disk that fills up; its journal does not.
#[tokio::test]
async fn a_full_disk_of_postgresql_is_called_so() {
    let Some(disk) = Disk::of("24m") else { return };
    let Some(cluster) = own_cluster() else { return };
    let server = cluster.database().await;
    let tables = disk.folder.join("tables");
    std::fs::create_dir(&tables).unwrap();
    cluster.give(&tables);
    let mut raw = Raw::open(&server).await;
    raw.run(&format!("create tablespace small location '{}'", tables.display())).await;
    raw.run("create database full_one tablespace small").await;
    raw.close().await;
    let url = format!("{}/full_one", server.rsplit_once('/').unwrap().0);
    let store = Store::open(&url).await.unwrap();
    append(&store, 1).await.unwrap();
    disk.fill(usize::MAX);
    fills_up(&store).await;
    let now = moment(1, 0);
    let jobs: Vec<NewJob> = (0..200).map(|n| NewJob::new(JobId::new(now, [n; 10]), "sync", "count", json!("x".repeat(900)), now)).collect();
    let e = store.enqueue(&jobs, now).await.unwrap_err();
    assert!(is_full(&e), "{e}");
    assert_eq!(store.job_counts().await.unwrap(), []);
    disk.make_room();
    is_whole(&store).await;
    store.close().await;
}

#[tokio::test]
async fn a_file_that_may_only_be_read_says_so() {
    for folder_mode in [0o777, 0o555] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fanpulse.db");
        with_one_append(&path).await;
        let before = std::fs::read(&path).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(folder_mode)).unwrap();
        let mut task = processes::command(TEST, &["write", &path.display().to_string()]);
        // Permissions do not bind root.
        if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
            task.uid(65_534).gid(65_534);
        }
        Process::of(task).succeeds();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(std::fs::read(&path).unwrap() == before, "the file is as it was");
        file_is_whole(&path).await;
    }
}

/// As a standby is, or a server that somebody set so.
#[tokio::test]
async fn a_postgresql_that_may_only_be_read_says_so() {
    let [_, database] = empty().await;
    let store = Store::open(&database.url).await.unwrap();
    append(&store, 1).await.unwrap();
    store.close().await;
    let mut raw = Raw::open(&database.url).await;
    let name = database.url.rsplit_once('/').unwrap().1;
    raw.run(&format!("alter database {name} set default_transaction_read_only = on")).await;
    let store = Store::open(&database.url).await.unwrap();
    assert_eq!(days(&store).await, 1, "what is there can be read");
    for e in [append(&store, 2).await.unwrap_err(), store.migrate(Target::Previous).await.unwrap_err()] {
        assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("read-only, nothing was changed"), "{e}");
    }
    store.close().await;
    raw.run(&format!("alter database {name} set default_transaction_read_only = off")).await;
    raw.close().await;
    let store = Store::open(&database.url).await.unwrap();
    is_whole(&store).await;
    store.close().await;
}

/// Nothing of a cluster goes on after the value that stands for it.
#[test]
fn a_cluster_of_ones_own_goes_with_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(cluster) = own_cluster() else { return };
    let url = runtime.block_on(cluster.database());
    assert_ne!(url.rsplit_once('/').unwrap().0, runtime.block_on(testing::postgres()).rsplit_once('/').unwrap().0);
    drop(cluster);
    let begun = std::time::Instant::now();
    while runtime.block_on(Store::connect(&url)).is_ok() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the server goes on");
    }
}
