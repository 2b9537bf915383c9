use std::path::Path;

use fanpulse_store::{AsOf, ErrorKind, Filter, ObservationStore, Origin, Replace, Store};

use super::observations::{always, day_of, everything, moment};

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// Copies made while somebody writes hold whole appends, and come back as they were.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_beside_a_writer_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("fanpulse.db"), folder.path().join("copy.db"));
    let store = Store::open(&text(&path)).await.unwrap();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for day in 0..40 {
                store.append(&Origin::from("api"), moment(day, 1), &day_of(500, day, f64::from)).await.unwrap();
            }
        }
    });
    while everything(&store, always()).await.is_empty() {}
    store.backup(&copy).await.unwrap();
    writer.await.unwrap();
    let e = store.backup(&copy).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("copy.db"), "{e}");

    let other = Store::connect(&text(&copy)).await.unwrap();
    let days = everything(&other, always()).await.len() / 500;
    assert!(everything(&other, always()).await.len() == days * 500 && days > 0);
    let then = AsOf { recorded: moment(i32::try_from(days).unwrap() - 1, 1), ..always() };
    let kept = everything(&store, then).await;
    assert_eq!(everything(&other, always()).await, kept);
    other.close().await;

    let e = Store::restore(&copy, &path, Replace::Never).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("--force"), "{e}");
    let e = Store::restore(&copy, &path, Replace::Existing).await.unwrap_err();
    assert!(e.kind() == ErrorKind::Conflict && e.message().contains("fanpulse.db: is in use"), "{e}");
    assert_eq!(everything(&store, always()).await.len(), 40 * 500);
    store.close().await;
    Store::restore(&copy, &path, Replace::Existing).await.unwrap();
    let store = Store::open(&text(&path)).await.unwrap();
    assert_eq!(everything(&store, always()).await, kept);
    assert!(store.examine().await.unwrap().iter().all(|f| f.problem.is_none()));
    store.close().await;
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["copy.db", "fanpulse.db"]);
}

#[tokio::test]
async fn what_is_no_good_backup_replaces_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("fanpulse.db"), folder.path().join("copy.db"));
    let store = Store::open(&text(&path)).await.unwrap();
    store.append(&Origin::from("api"), moment(1, 1), &day_of(5000, 1, |a| f64::from(a) + 0.25)).await.unwrap();
    store.backup(&copy).await.unwrap();
    store.close().await;
    let good = std::fs::read(&copy).unwrap();
    let before = std::fs::read(&path).unwrap();
    let (mut middle, mut head) = (good.clone(), good.clone());
    middle[good.len() / 4..][..9000].fill(0x5a);
    head[..100].fill(0);
    for bad in [&middle, &head, &good[..good.len() / 2].to_vec(), &b"hello".to_vec()] {
        std::fs::write(&copy, bad).unwrap();
        let e = Store::restore(&copy, &path, Replace::Existing).await.unwrap_err();
        assert!(e.message().contains("copy.db") && !e.message().contains("part"), "{e}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
    let e = Store::restore(&folder.path().join("none.db"), &path, Replace::Existing).await.unwrap_err();
    assert!(e.kind() == ErrorKind::NotFound && e.message().contains("none.db"), "{e}");
}

/// Damage anywhere in the file is said with the file's name; what it says is never a wrong number.
#[tokio::test]
async fn a_damaged_file_is_named_and_the_findings_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fanpulse.db");
    let store = Store::open(&text(&path)).await.unwrap();
    store.append(&Origin::from("api"), moment(1, 1), &day_of(20_000, 1, |a| f64::from(a) + 0.25)).await.unwrap();
    let right = everything(&store, always()).await;
    store.close().await;
    let good = std::fs::read(&path).unwrap();
    let (mut noticed, mut total) = (0, 0);
    for place in (0..good.len()).step_by(good.len() / 40) {
        let mut bad = good.clone();
        bad[place..].iter_mut().take(64).for_each(|b| *b ^= 0xa5);
        std::fs::write(&path, &bad).unwrap();
        for suffix in ["-wal", "-shm"] {
            let _absent = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
        let opened = Store::open(&text(&path)).await;
        let findings = match &opened {
            Ok(store) => {
                let page = fanpulse_store::PageRequest::first(std::num::NonZeroUsize::MAX);
                match store.series(&Filter::default(), always(), &page).await {
                    Ok(said) => assert!(said.items == right || said.items.len() < right.len(), "a wrong number from byte {place} on"),
                    Err(e) => assert!(e.kind() == ErrorKind::Internal, "{e}"),
                }
                let found = store.examine().await.unwrap();
                store.close().await;
                found.into_iter().filter_map(|f| Some((f.problem?, f.remedy.unwrap()))).collect()
            }
            Err(e) => {
                assert!(e.message().contains(&text(&path)), "{e}");
                vec![(e.to_string(), "fanpulse doctor restore")]
            }
        };
        total += 1;
        noticed += usize::from(!findings.is_empty());
        assert!(findings.iter().all(|(_, remedy)| remedy.contains("restore") || remedy.contains("migrate")), "{findings:?}");
    }
    // Some bytes belong to nothing: free room within pages.
    assert!(noticed * 2 > total, "{noticed} of {total} damages were noticed");
}
