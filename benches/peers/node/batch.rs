//! The Rust side of the Node comparison: the columns that `run.mjs` wrote, scored on demand.
//!
//! `batch FOLDER ARTISTS AS_OF`, then each line on standard input is answered with the seconds of one run, by the clock and of all
//! processors together (zero where the system does not tell), and with the sum of the indices.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use fanpulse_core::ingest::{Component, Metric, ObservationColumns, PostColumns, Times};
use fanpulse_core::{Day, Engine};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn column<T, const N: usize>(folder: &Path, name: &str, read: fn([u8; N]) -> T) -> Outcome<Vec<T>> {
    let bytes = std::fs::read(folder.join(name))?;
    Ok(bytes.as_chunks().0.iter().map(|b| read(*b)).collect())
}

/// Nanoseconds for which the threads of this process have run, as Linux counts them.
fn processors() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let ran =
        |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("schedstat")).ok()?.split(' ').next()?.parse::<u64>().ok();
    threads.filter_map(ran).sum()
}

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, artists, as_of] = &args[..] else { return Err("usage: batch FOLDER ARTISTS AS_OF".into()) };
    let (folder, artists, as_of): (&Path, usize, Day) = (folder.as_ref(), artists.parse()?, as_of.parse()?);
    let components = [
        Component::new("spotify", Metric::Followers),
        Component::new("spotify", Metric::MonthlyListeners),
        Component::new("tiktok", Metric::Followers),
    ];
    let (artist, component) = (column(folder, "artist", u32::from_le_bytes)?, column(folder, "component", u16::from_le_bytes)?);
    let (day, value) = (column(folder, "day", i32::from_le_bytes)?, column(folder, "value", f64::from_le_bytes)?);
    let time = Times::Days(&day);
    let observations = ObservationColumns { components: &components, artist: &artist, component: &component, time, value: &value };
    let posts = |name: &str| column(folder, name, f64::from_le_bytes);
    let (post_artist, post_day) = (column(folder, "post-artist", u32::from_le_bytes)?, column(folder, "post-day", i32::from_le_bytes)?);
    let (likes, comments, shares) = (posts("likes")?, posts("comments")?, posts("shares")?);
    let (saves, views) = (posts("saves")?, posts("views")?);
    let posts = PostColumns {
        platforms: &["tiktok".to_owned()],
        artist: &post_artist,
        platform: &vec![0; post_artist.len()],
        published: Times::Days(&post_day),
        likes: &likes,
        comments: &comments,
        shares: &shares,
        saves: &saves,
        views: &views,
    };
    let engine = Engine::default();
    let mut out = std::io::stdout().lock();
    let mut last = None;
    for line in std::io::stdin().lock().lines() {
        line?;
        let (cpu, start) = (processors(), Instant::now());
        let scores = engine.score_batch(artists, &observations, &posts, as_of)?;
        let seconds = start.elapsed().as_secs_f64();
        let cpu = Duration::from_nanos(processors().saturating_sub(cpu)).as_secs_f64();
        writeln!(out, "{seconds} {cpu} {}", scores.momentum.iter().filter(|m| !m.is_nan()).sum::<f64>())?;
        out.flush()?;
        // A program looks at its results while the next ones are made, and so does the other side.
        last = Some(scores);
    }
    drop(last);
    Ok(())
}
