//! A full disk, a file that may only be read, and many processes at once.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use fanpulse_store::{ErrorKind, Filter, ObservationStore, Origin, Store};

use super::observations::{always, day_of, everything, moment};

/// What a child process of a test is to do, and with which file.
const TASK: &str = "FANPULSE_TEST_TASK";
const FILE: &str = "FANPULSE_TEST_FILE";

/// This test binary once more, for a task below.
fn child(task: &str, file: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "suite::hardships::a_child_does_its_task", "--nocapture"]);
    command.env(TASK, task).env(FILE, file).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn succeeds(child: std::process::Child) {
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// Does nothing in an ordinary run.
#[tokio::test]
async fn a_child_does_its_task() {
    let Ok(task) = std::env::var(TASK) else { return };
    let file = std::env::var(FILE).unwrap();
    match task.as_str() {
        "read" => {
            let store = Store::connect(&file).await.unwrap();
            let mut seen = 0;
            while seen < 60_000 {
                let batch = store.batch(&Filter::default(), always(), None).await.unwrap();
                assert!(batch.data.observations.len() % 2000 == 0, "half an append was seen");
                seen = batch.data.observations.len();
            }
        }
        "write" => {
            let e = match Store::open(&file).await {
                Ok(store) => {
                    assert_eq!(everything(&store, always()).await.len(), 2000, "what is there can be read");
                    store.append(&Origin::from("api"), moment(2, 1), &day_of(2000, 2, f64::from)).await.unwrap_err()
                }
                Err(e) => e,
            };
            assert!(e.kind() == ErrorKind::Unavailable && e.message().contains(&file) && e.message().contains("permissions"), "{e}");
        }
        "fill" => {
            let store = Store::connect(&file).await.unwrap();
            for day in 2.. {
                // Figures that do not pack well, so that the end comes soon.
                let data = day_of(2000, day, |a| f64::from(a).sqrt() + 0.1 * f64::from(day));
                if let Err(e) = store.append(&Origin::from("api"), moment(day, 1), &data).await {
                    assert!(
                        e.kind() == ErrorKind::Unavailable && e.message().contains(&file) && e.message().contains("nothing was changed"),
                        "{e}"
                    );
                    assert_eq!(everything(&store, always()).await.len() % 2000, 0);
                    return;
                }
            }
        }
        other => panic!("{other}"),
    }
}

async fn with_one_append(path: &Path) {
    let store = Store::open(&path.display().to_string()).await.unwrap();
    store.append(&Origin::from("api"), moment(1, 1), &day_of(2000, 1, f64::from)).await.unwrap();
    store.close().await;
}

async fn is_whole(path: &Path) {
    let store = Store::open(&path.display().to_string()).await.unwrap();
    let findings = store.examine().await.unwrap();
    assert!(findings.iter().all(|f| f.problem.is_none()), "{findings:?}");
    let known = everything(&store, always()).await.len();
    assert!(known >= 2000 && known.is_multiple_of(2000), "{known}");
    store.append(&Origin::from("api"), moment(900, 1), &day_of(2000, 900, f64::from)).await.unwrap();
    store.close().await;
}

/// Eight processes read while one writes; none meets a lock, none sees half an append.
#[tokio::test]
async fn eight_processes_read_beside_a_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fanpulse.db");
    with_one_append(&path).await;
    let readers: Vec<_> = (0..8).map(|_| child("read", &path).spawn().unwrap()).collect();
    let store = Store::open(&path.display().to_string()).await.unwrap();
    for day in 2..=30 {
        store.append(&Origin::from("api"), moment(day, 1), &day_of(2000, day, f64::from)).await.unwrap();
    }
    readers.into_iter().for_each(succeeds);
}

/// The system refuses to let any file grow beyond 1 MB, as a full disk would.
#[tokio::test]
async fn no_room_leaves_the_database_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fanpulse.db");
    with_one_append(&path).await;
    let task = child("fill", &path);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"]).arg(task.get_program()).args(task.get_args());
    for (name, value) in task.get_envs() {
        limited.env(name, value.unwrap());
    }
    succeeds(limited.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    is_whole(&path).await;
}

/// A disk of its own that is full, where this user may mount one; elsewhere the test above stands for it.
#[tokio::test]
async fn a_full_disk_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(&disk).stderr(Stdio::null()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("no disk of its own: this user may not mount one");
        return;
    }
    let path = disk.join("fanpulse.db");
    with_one_append(&path).await;
    let store = Store::connect(&path.display().to_string()).await.unwrap();
    let mut said = None;
    for day in 2..2000 {
        let data = day_of(2000, day, |a| f64::from(a).sqrt() + 0.1 * f64::from(day));
        if let Err(e) = store.append(&Origin::from("api"), moment(day, 1), &data).await {
            said = Some(e);
            break;
        }
    }
    let known = everything(&store, always()).await.len();
    let findings = store.examine().await.unwrap();
    store.close().await;
    let unmounted = Command::new("umount").arg(&disk).status().unwrap();
    assert!(unmounted.success());
    let e = said.unwrap();
    assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("the disk is full, nothing was changed"), "{e}");
    assert!(known.is_multiple_of(2000) && findings.iter().all(|f| f.problem.is_none()), "{known}: {findings:?}");
}

#[tokio::test]
async fn a_file_that_may_only_be_read_says_so() {
    for folder_mode in [0o777, 0o555] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fanpulse.db");
        with_one_append(&path).await;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o444)).unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(folder_mode)).unwrap();
        let mut task = child("write", &path);
        // Permissions do not bind root.
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if root {
            task.uid(65_534).gid(65_534);
        }
        succeeds(task.spawn().unwrap());
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        is_whole(&path).await;
    }
}
