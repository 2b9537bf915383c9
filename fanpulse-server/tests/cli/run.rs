//! Runs the binary and holds what came of it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn binary() -> &'static str {
    env!("CARGO_BIN_EXE_fanpulse")
}

pub(crate) fn fanpulse<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Ran {
    fanpulse_with(args, b"")
}

/// Runs with this on standard input.
pub(crate) fn fanpulse_with<S: AsRef<std::ffi::OsStr>>(args: &[S], input: &[u8]) -> Ran {
    let mut child = Command::new(binary()).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A run that fails early does not read its input.
    let _closed = child.stdin.take().unwrap().write_all(input);
    let done = child.wait_with_output().unwrap();
    Ran {
        code: done.status.code(),
        out: String::from_utf8_lossy(&done.stdout).into_owned(),
        err: String::from_utf8_lossy(&done.stderr).into_owned(),
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.err);
        self
    }

    /// The one line that begins with `error: `.
    #[track_caller]
    pub(crate) fn error(&self) -> &str {
        let lines: Vec<&str> = self.err.lines().filter_map(|l| l.strip_prefix("error: ")).collect();
        assert_eq!(lines.len(), 1, "{}", self.err);
        lines[0]
    }
}

pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}

pub(crate) fn put(dir: &Path, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

pub(crate) const HEADER: &str = "artist_id,platform,metric,observed_at,value\n";

/// Observations of three artists up to 2026-03-31: one that grows, one that shrinks, one with two days only.
pub(crate) fn observations() -> String {
    let mut csv = HEADER.to_owned();
    for (artist, pace, days) in [("grows", 1.008_f64, 70), ("shrinks", 0.997, 70), ("=new", 1.0, 2)] {
        for back in 0..days {
            let day = day(back);
            let level = 20_000.0 * pace.powi(-back) * (1.0 + 0.001 * f64::from(back * 7 % 5));
            writeln!(csv, "{artist},spotify,followers,{day},{level:.0}").unwrap();
            writeln!(csv, "{artist},spotify,streams,{day},{}", 900 + back * 37 % 100).unwrap();
            writeln!(csv, "{artist},spotify,saves,{day},{}", 20 + back % 3).unwrap();
        }
    }
    csv
}

/// Posts of the one that grows, the last of them viral.
pub(crate) fn posts() -> String {
    let mut lines = String::new();
    for i in 0..8 {
        let likes = if i == 7 { 9000 } else { 400 + 10 * i };
        writeln!(
            lines,
            r#"{{"artist_id":"grows","platform":"spotify","post_id":"p{i}","published_at":"{}T10:00:00Z","likes":{likes},"comments":5,"shares":null}}"#,
            day(16 - 2 * i)
        )
        .unwrap();
    }
    lines
}

/// The day so many before 2026-03-31, for up to 89 days.
pub(crate) fn day(back: i32) -> String {
    let (month, day) = match back {
        0..=30 => (3, 31 - back),
        31..=58 => (2, 59 - back),
        _ => (1, 90 - back),
    };
    format!("2026-{month:02}-{day:02}")
}
