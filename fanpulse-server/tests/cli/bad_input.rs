//! Bad input: exit code 1, a message with file, row and value, and no output.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::run::{HEADER, Ran, binary, fanpulse, observations, put, text};

/// Scores the file into another, which must not appear.
#[track_caller]
fn refused(dir: &Path, file: &Path, more: &[&str]) -> Ran {
    let out = dir.join("out.csv");
    let before = fs::read_dir(dir).unwrap().count();
    let (file, out_text) = (text(file), text(&out));
    let args: Vec<&str> = ["score", &file, "--format", "csv", "--out", &out_text].iter().chain(more).copied().collect();
    let ran = fanpulse(&args);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
    assert!(!out.exists());
    assert_eq!(fs::read_dir(dir).unwrap().count(), before, "something was left behind");
    ran
}

#[test]
fn every_fault_is_told_with_its_place_and_value() {
    let row = |artist: &str, metric: &str, at: &str, value: &str| format!("{artist},spotify,{metric},{at},{value}\n");
    let good = row("a", "followers", "2026-03-30", "10");
    let with = |bad: String| format!("{HEADER}{good}{bad}");
    let cases: Vec<(&str, String, &[&str])> = vec![
        ("empty file", String::new(), &["empty"]),
        ("header only", HEADER.to_owned(), &["no"]),
        ("unknown header", "a,b,c\n1,2,3\n".to_owned(), &["`a`"]),
        ("not a number", with(row("a", "followers", "2026-03-31", "12x")), &["line 3", "12x"]),
        ("negative", with(row("a", "followers", "2026-03-31", "-5")), &["line 3", "-5"]),
        ("not finite", with(row("a", "followers", "2026-03-31", "NaN")), &["line 3", "NaN"]),
        ("infinite", with(row("a", "followers", "2026-03-31", "inf")), &["line 3", "inf"]),
        ("no date", with(row("a", "followers", "31/03/2026", "5")), &["line 3", "31/03/2026"]),
        ("no such day", with(row("a", "followers", "2026-02-30", "5")), &["line 3", "2026-02-30"]),
        ("out of time", with(row("a", "followers", "1901-01-01", "5")), &["line 3", "1901-01-01"]),
        ("unknown metric", with(row("a", "folowers", "2026-03-31", "5")), &["line 3", "folowers"]),
        ("too few fields", with("a,spotify\n".to_owned()), &["line 3"]),
        ("no artist", with(row("", "followers", "2026-03-31", "5")), &["line 3", "artist_id"]),
        ("two values", with(row("a", "followers", "2026-03-30", "11")), &["line", "10", "11"]),
        ("bad json", "{\"artist_id\":\"a\",\"platform\":\"x\",\n".to_owned(), &["line 1"]),
    ];
    for (name, content, parts) in cases {
        let dir = tempfile::tempdir().unwrap();
        let file = put(dir.path(), "bad.csv", content);
        let ran = refused(dir.path(), &file, &[]);
        let error = ran.error();
        assert!(error.contains("bad.csv"), "{name}: {error}");
        for part in parts {
            assert!(error.contains(part), "{name}: no `{part}` in: {error}");
        }
    }
}

#[test]
fn files_that_cannot_be_read_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let ran = refused(dir.path(), &dir.path().join("none.csv"), &[]);
    assert!(ran.error().ends_with("none.csv: there is no such file"), "{}", ran.err);
    let ran = refused(dir.path(), dir.path(), &[]);
    assert!(ran.error().contains("directory"), "{}", ran.err);
    let good = put(dir.path(), "o.csv", observations());
    let settings = put(dir.path(), "settings.json", r#"{"windw_days": 30}"#);
    let ran = refused(dir.path(), &good, &["--settings", &text(&settings)]);
    assert!(ran.error().contains("settings.json") && ran.error().contains("windw_days"), "{}", ran.err);
    let settings = put(dir.path(), "settings.json", r#"{"window_days": 3}"#);
    let ran = refused(dir.path(), &good, &["--settings", &text(&settings)]);
    assert!(ran.error().contains("window_days is 3, outside 14 to 366"), "{}", ran.err);
}

#[test]
fn a_lenient_read_drops_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    let bad = "a,spotify,followers,2026-03-31,-1\na,spotify,folowers,2026-03-31,1\na,spotify,followers,2026-03-30,x\n";
    let file = put(dir.path(), "o.csv", observations() + bad);
    let ran = fanpulse(&["score", &text(&file), "--lenient"]).ok();
    assert!(ran.err.contains("dropped 3 rows: 1 bad number, 1 negative, 1 unknown metric"), "{}", ran.err);
    let only_bad = put(dir.path(), "bad.csv", format!("{HEADER}{bad}"));
    let ran = refused(dir.path(), &only_bad, &["--lenient"]);
    assert!(ran.error().contains("bad.csv"), "{}", ran.err);
}

#[test]
fn output_that_cannot_be_written_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = text(&put(dir.path(), "o.csv", observations()));
    let check = |out: &str, message: &str| {
        for format in ["csv", "json", "table", "parquet"] {
            let ran = fanpulse(&["score", &file, "--format", format, "--out", out]);
            assert_eq!(ran.code, Some(1), "{format}: {}", ran.err);
            assert!(ran.error().ends_with(message), "{format}: {}", ran.err);
        }
    };
    check(&text(&dir.path().join("no/such.csv")), &format!("there is no directory {}", dir.path().join("no").display()));
    check(&text(dir.path()), "it is a directory");
    if Path::new("/dev/full").exists() {
        check("/dev/full", "cannot write /dev/full: No space left on device");
        use std::os::unix::fs::FileTypeExt;
        assert!(fs::metadata("/dev/full").unwrap().file_type().is_char_device(), "the device was replaced");
        for format in ["csv", "json", "table", "parquet"] {
            let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let done = Command::new(binary()).args(["score", &file, "--format", format]).stdout(full).output().unwrap();
            assert_eq!(done.status.code(), Some(1));
            let err = String::from_utf8(done.stderr).unwrap();
            assert!(err.contains("error: cannot write to standard output: No space left on device"), "{format}: {err}");
        }
    } else {
        eprintln!("skipped: this system has no /dev/full");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

/// Runs as a user for whom permissions count; none where that cannot be done.
#[cfg(unix)]
fn as_nobody(args: &[&str]) -> Option<Ran> {
    use std::os::unix::fs::MetadataExt;
    let root = fs::metadata("/proc/self").is_ok_and(|m| m.uid() == 0);
    if !root {
        return Some(fanpulse(args));
    }
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", binary()];
    let done = Command::new("setpriv").args(nobody).args(args).output().ok()?;
    let ran = Ran {
        code: done.status.code(),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    };
    // The binary itself may lie where nobody may go.
    (!ran.err.starts_with("setpriv")).then_some(ran)
}

#[cfg(unix)]
#[test]
fn permissions_are_respected() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let file = put(dir.path(), "o.csv", observations());
    let locked = dir.path().join("locked");
    fs::create_dir(&locked).unwrap();
    open(&locked, 0o555);
    open(dir.path(), 0o755);
    let Some(ran) = as_nobody(&["score", &text(&file), "--out", &text(&locked.join("x.csv"))]) else {
        eprintln!("skipped: this runs as root, and no other user can be become here");
        return;
    };
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.error().ends_with("x.csv: Permission denied"), "{}", ran.err);
    assert_eq!(fs::read_dir(&locked).unwrap().count(), 0);
    open(&file, 0o000);
    let ran = as_nobody(&["score", &text(&file)]).unwrap();
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{}", ran.err);
    assert!(ran.error().ends_with("o.csv: no permission to read it"), "{}", ran.err);
}
