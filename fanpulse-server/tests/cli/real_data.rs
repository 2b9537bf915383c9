//! A real file, where there is one beside the project.

use std::path::Path;
use std::time::{Duration, Instant};

use super::run::{fanpulse, text};

#[test]
fn a_wide_file_of_real_streams_is_ranked_in_time() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/artist_streams/global_daily_2018_2020q1.csv.gz");
    if !file.exists() {
        eprintln!("skipped: there is no {}", file.display());
        return;
    }
    let map = "date=observed_at,artist=artist_id,streams=value:streams";
    let file = text(&file);
    let args = ["score", &file, "--map", map, "--as-of", "2020-03-31"];
    let start = Instant::now();
    let ran = fanpulse(&args).ok();
    // A release build is meant to keep two seconds; an unoptimised one shares its cores with the other tests.
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 2 });
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
    let first = ran.out.lines().find(|l| l.trim_start().starts_with("1  ")).unwrap();
    assert!(first.contains("SAINt JHN"), "{first}");
    assert!(ran.err.contains("read 96,472 rows"), "{}", ran.err);
    // The comma of a name does not break its row.
    let explained = fanpulse(&[&args[..], &["--explain", "Tyler, The Creator"]].concat()).ok();
    assert!(explained.out.starts_with("Tyler, The Creator\n"), "{}", explained.out);
}
