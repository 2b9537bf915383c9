//! Observations into and out of both databases: rows per second, bytes per point, and memory while millions of rows
//! stream. With `FANPULSE_PEER_PYTHON` set to a Python that has psycopg, `peers/store.py` does the same in turn with rows
//! of a plain table, and `peers/fill_scores.py` makes a million artists, whose latest scores are asked for.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant as Watch};

use fanpulse_core::ingest::{Dataset, Metric};
use fanpulse_core::{Day, Instant};
use fanpulse_store::{ArtistId, AsOf, Filter, ObservationStore, Origin, ScoreStore, Store, load, testing};

const COMPONENTS: [(&str, Metric); 3] =
    [("spotify", Metric::Followers), ("spotify", Metric::MonthlyListeners), ("youtube", Metric::Subscribers)];
const FIRST_DAY: i32 = 20_454; // 2026-01-01

/// Counts of `artists` artists over `days` days from the given one, by artist, component and day.
fn counts(artists: std::ops::Range<u32>, days: std::ops::Range<i32>) -> Dataset {
    let mut data = Dataset::default();
    let codes = COMPONENTS.map(|(platform, metric)| data.component_code(platform, metric).expect("few components"));
    for artist in artists {
        let number = data.artists.intern(&format!("artist-{artist:07}"));
        for code in codes {
            let mut random = u64::from(artist) * 3 + u64::from(code);
            let mut value = 1000.0 + f64::from(artist % 4096) * 97.0;
            for day in 0..days.end {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                value += f64::from(u32::try_from(random >> 54).expect("10 bits"));
                if days.contains(&day) {
                    let t = &mut data.observations;
                    t.artist.push(number);
                    t.component.push(code);
                    t.at.push(Instant::from(Day::try_new(FIRST_DAY + day).expect("a day")).micros());
                    t.value.push(value);
                }
            }
        }
    }
    data
}

fn recorded(day: i32) -> Instant {
    Instant::from(Day::try_new(FIRST_DAY + day + 1).expect("a day"))
}

fn always() -> AsOf {
    AsOf { valid: recorded(4000), recorded: recorded(4000) }
}

fn rate(rows: usize, took: Duration) -> String {
    format!("{:.2} M rows/s", rows as f64 / took.as_secs_f64() / 1e6)
}

/// Peak resident memory in MB, where the system tells.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

struct Sizes {
    artists: u32,
    days: i32,
    rounds: usize,
    /// Artists that stream, with 60 days of 3 components each.
    streamed: u32,
}

/// `peers/store.py`, which does a round when it is asked.
struct Peer {
    process: Child,
    asked: ChildStdin,
    said: BufReader<ChildStdout>,
}

impl Peer {
    fn start(python: &OsStr, sizes: &Sizes) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/store.py");
        let mut peer = Command::new(python);
        peer.args([script, &sizes.artists.to_string(), &sizes.days.to_string()]);
        let mut process = peer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the peer starts");
        let (asked, said) = (process.stdin.take().expect("its input"), process.stdout.take().expect("its output"));
        Self { process, asked, said: BufReader::new(said) }
    }

    /// Seconds to insert, seconds to read, bytes a point.
    fn round(&mut self, place: &str) -> [f64; 3] {
        writeln!(self.asked, "{place}").expect("the peer listens");
        let mut line = String::new();
        self.said.read_line(&mut line).expect("the peer answers");
        let numbers: Vec<f64> = line.split_whitespace().map(|n| n.parse().expect("a number")).collect();
        numbers.try_into().expect("three numbers")
    }

    fn end(self) {
        let Self { mut process, asked, .. } = self;
        drop(asked);
        assert!(process.wait().expect("the peer ends").success());
    }
}

/// The median of ratios, and between which they lie.
fn ratios(of: &mut [f64]) -> String {
    of.sort_by(f64::total_cmp);
    format!("{:.1} ({:.1}-{:.1})", of[of.len() / 2], of[0], of[of.len() - 1])
}

async fn measure(name: &str, url: impl AsyncFn() -> String, sizes: &Sizes, mut peer: Option<&mut Peer>) {
    let (mut inserts, mut reads) = (Vec::new(), Vec::new());
    let data = counts(0..sizes.artists, 0..sizes.days);
    let rows = data.observations.len();
    let origin = Origin::from("bench");
    for round in 0..sizes.rounds {
        let store = Store::open(&url().await).await.expect("a store");
        let empty = store.bytes().await.expect("a size");
        let watch = Watch::now();
        let appended = store.append(&origin, recorded(sizes.days), &data).await.expect("rows are appended");
        let insert = watch.elapsed();
        assert_eq!(appended.stored, rows as u64);
        let bytes = (store.bytes().await.expect("a size") - empty) as f64 / rows as f64;
        let watch = Watch::now();
        let again = store.append(&origin, recorded(sizes.days + 1), &data).await.expect("rows are appended");
        let repeat = watch.elapsed();
        assert_eq!(again.repeated, rows as u64);
        let mut back = Dataset::default();
        let watch = Watch::now();
        load(&store, &Filter::default(), always(), &mut back).await.expect("rows are read");
        let read = watch.elapsed();
        assert!(back.observations.value == data.observations.value && back.observations.at == data.observations.at);
        println!(
            "{name} bulk {round}: insert {} | repeat {} | read {} | {bytes:.1} bytes/point",
            rate(rows, insert),
            rate(rows, repeat),
            rate(rows, read)
        );
        store.close().await;
        if let Some(peer) = &mut peer {
            let [peer_insert, peer_read, peer_bytes] = peer.round(&url().await);
            let rate = |seconds: f64| rate(rows, Duration::from_secs_f64(seconds));
            println!("{name} peer {round}: insert {} | read {} | {peer_bytes:.1} bytes/point", rate(peer_insert), rate(peer_read));
            inserts.push(peer_insert / insert.as_secs_f64());
            reads.push(peer_read / read.as_secs_f64());
        }
    }
    if peer.is_some() {
        println!("{name} times as fast as its peer, in turn: insert {} | read {}", ratios(&mut inserts), ratios(&mut reads));
    }
    let store = Store::open(&url().await).await.expect("a store");
    let empty = store.bytes().await.expect("a size");
    let (mut insert, mut slowest) = (Duration::ZERO, Duration::ZERO);
    for day in 0..sizes.days {
        let data = counts(0..sizes.artists, day..day + 1);
        let watch = Watch::now();
        store.append(&origin, recorded(day), &data).await.expect("rows are appended");
        insert += watch.elapsed();
        slowest = slowest.max(watch.elapsed());
    }
    let bytes = (store.bytes().await.expect("a size") - empty) as f64 / rows as f64;
    let read = async || {
        let mut back = Dataset::default();
        let watch = Watch::now();
        load(&store, &Filter::default(), always(), &mut back).await.expect("rows are read");
        assert!(back.observations.value == data.observations.value);
        rate(rows, watch.elapsed())
    };
    let one = async || {
        let only = Filter { artist_id: Some(format!("artist-{:07}", sizes.artists / 2)), ..Filter::default() };
        let watch = Watch::now();
        let batch = store.batch(&only, always(), None).await.expect("rows are read");
        assert_eq!(batch.data.observations.len(), usize::try_from(sizes.days).expect("few") * COMPONENTS.len());
        watch.elapsed()
    };
    let (all, single) = (read().await, one().await);
    println!(
        "{name} daily: insert {}, slowest day {slowest:.0?} | read {all}, one artist {single:.1?} | {bytes:.1} bytes/point",
        rate(rows, insert)
    );
    let watch = Watch::now();
    store.compact().await.expect("blocks are joined");
    println!("{name} daily, joined in {:.1?}: read {}, one artist {:.1?}", watch.elapsed(), read().await, one().await);
    store.close().await;
}

/// Rows in and out by the part; the process never holds them all.
async fn stream(name: &str, url: String, sizes: &Sizes) {
    let store = Store::open(&url).await.expect("a store");
    let before = peak();
    let (mut rows, part, watch) = (0, 2500, Watch::now());
    for first in (0..sizes.streamed).step_by(part as usize) {
        let data = counts(first..(first + part).min(sizes.streamed), 0..60);
        rows += store.append(&Origin::from("bench"), recorded(60), &data).await.expect("rows are appended").stored;
    }
    let (insert, watch) = (watch.elapsed(), Watch::now());
    let (mut seen, mut after) = (0, None);
    loop {
        let batch = store.batch(&Filter::default(), always(), after.as_ref()).await.expect("a batch");
        seen += batch.data.observations.len();
        match batch.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen as u64, rows);
    let memory = before.zip(peak()).map_or(String::new(), |(before, after)| format!(" | peak memory {before:.0} -> {after:.0} MB"));
    println!("{name} stream of {seen} rows: in {:.1?}, making the data included | out {}{memory}", insert, rate(seen, watch.elapsed()));
    store.close().await;
}

/// The latest score of random ones among a million artists.
async fn latest_scores(name: &str, url: String, python: &OsStr) {
    let store = Store::open(&url).await.expect("a store");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/fill_scores.py");
    assert!(Command::new(python).args([script, &url]).status().expect("the script runs").success());
    let (mut random, mut took) = (7_u64, Vec::new());
    for _ in 0..5000 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let number = u32::try_from(random >> 33).expect("31 bits") % 1_000_000 + 1;
        let mut bytes = [0; 10];
        bytes[6..].copy_from_slice(&number.to_be_bytes());
        let artist = ArtistId::new(Instant::from(Day::try_new(FIRST_DAY).expect("a day")), bytes);
        let watch = Watch::now();
        let score = store.latest_score(artist, "fvs", Day::MAX).await.expect("a query").expect("a score");
        took.push(watch.elapsed());
        assert_eq!(score.value, Some(f64::from(number) / 1e4));
    }
    took.sort_unstable();
    println!("{name} latest score of one in a million artists: median {:.0?}, 95 % within {:.0?}", took[2500], took[4750]);
    store.close().await;
}

fn main() {
    // Without `--bench` every path is run once, in small.
    let full = std::env::args().any(|a| a == "--bench");
    let sizes = if full {
        Sizes { artists: 10_000, days: 60, rounds: 5, streamed: 55_600 }
    } else {
        Sizes { artists: 300, days: 60, rounds: 1, streamed: 6000 }
    };
    let folder = tempfile::tempdir().expect("a folder");
    let number = std::cell::Cell::new(0);
    let file = async || {
        number.set(number.get() + 1);
        folder.path().join(format!("{}.db", number.get())).display().to_string()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        // First, while the peak is still that of the process alone.
        stream("sqlite", file().await, &sizes).await;
        stream("postgres", testing::postgres().await, &sizes).await;
        let python = std::env::var_os("FANPULSE_PEER_PYTHON");
        let mut peer = python.as_ref().map(|python| Peer::start(python, &sizes));
        measure("sqlite", &file, &sizes, peer.as_mut()).await;
        measure("postgres", testing::postgres, &sizes, peer.as_mut()).await;
        if let Some(peer) = peer {
            peer.end();
        }
        if let Some(python) = python {
            latest_scores("sqlite", file().await, &python).await;
            latest_scores("postgres", testing::postgres().await, &python).await;
        }
    });
}
