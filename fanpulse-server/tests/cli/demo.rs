//! The demo: reproducible, marked, and gentle with other people's files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::run::{fanpulse, put, text};

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entry = |e: fs::DirEntry| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap());
    fs::read_dir(dir).unwrap().map(|e| entry(e.unwrap())).collect()
}

fn demo(dir: &Path, more: &[&str]) -> String {
    let dir = text(dir);
    let args: Vec<&str> = ["demo", "--artists", "30", "--days", "120", "--dir", &dir].iter().chain(more).copied().collect();
    fanpulse(&args).ok().out.replace(&dir, "DIR")
}

#[test]
fn a_seed_gives_the_same_label_every_time() {
    let (a, b, c) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (first, again) = (demo(a.path(), &[]), demo(b.path(), &[]));
    assert_eq!(first, again);
    assert!(files(a.path()) == files(b.path()));
    demo(c.path(), &["--seed", "8"]);
    assert!(files(a.path()) != files(c.path()));
}

#[test]
fn everything_simulated_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mine = put(dir.path(), "mine.csv", "keep");
    let out = demo(dir.path(), &[]);
    assert!(out.starts_with(" SIMULATED DATA \n"), "{out}");
    assert!(out.contains("MOMENTUM") && out.contains("fanpulse score DIR/simulated-observations.csv"), "{out}");
    let written = files(dir.path());
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["mine.csv", "simulated-fan-events.csv", "simulated-observations.csv", "simulated-posts.ndjson", "simulated-spotify-audience.csv"]
    );
    assert!(out.contains("Superfans as of 2026-03-31") && out.contains("SUPERFANS  "), "{out}");
    let events = String::from_utf8(written["simulated-fan-events.csv"].clone()).unwrap();
    assert!(events.lines().skip(1).all(|l| l.starts_with("sim-") && l.contains(",sim-fan-")));
    let observations = String::from_utf8(written["simulated-observations.csv"].clone()).unwrap();
    assert!(observations.lines().skip(1).all(|l| l.starts_with("sim-")));
    assert!(written["simulated-spotify-audience.csv"].starts_with("\u{feff}date,listeners,".as_bytes()));
    assert_eq!(fs::read_to_string(mine).unwrap(), "keep");

    // The command it names works, and its result is marked too.
    let command = out.lines().find(|l| l.trim_start().starts_with("fanpulse score DIR/")).unwrap().replace("DIR", &text(dir.path()));
    let args: Vec<&str> = command.split_whitespace().skip(1).collect();
    let table = fanpulse(&args).ok().out;
    assert!(table.starts_with(" SIMULATED DATA \nMomentum as of 2026-03-31, 30 days, 30 artists\n"), "{table}");
    let explained = fanpulse(&[&args[..], &["--explain", args[args.len() - 1]]].concat()).ok().out;
    assert!(explained.starts_with(" SIMULATED DATA \nsim-"), "{explained}");
}

#[test]
fn odd_sizes_work_and_impossible_ones_are_refused() {
    for sizes in [["1", "30"], ["3", "400"]] {
        let dir = tempfile::tempdir().unwrap();
        demo(dir.path(), &["--seed", "3"]);
        let args = ["demo", "--artists", sizes[0], "--days", sizes[1], "--dir", &text(dir.path())].map(str::to_owned);
        fanpulse(&args).ok();
    }
    let ran = fanpulse(&["demo", "--as-of", "1970-01-05"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.error().contains("would begin before 1970"), "{}", ran.err);
    let dir = tempfile::tempdir().unwrap();
    let file = put(dir.path(), "file", "");
    let ran = fanpulse(&["demo", "--dir", &text(&file)]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.error().starts_with("cannot make the directory"), "{}", ran.err);
}
