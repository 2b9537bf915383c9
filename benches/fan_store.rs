//! Fan events into and out of both databases: rows per second, bytes per event, and how long a fan's erasure takes.

use std::time::{Duration, Instant as Watch};

use fanpulse_core::ingest::{Dataset, FanEventKind, FanEventRow, FanEventTable};
use fanpulse_core::{Day, Instant};
use fanpulse_store::{
    Account, AccountId, AccountStore, Artist, ArtistId, ArtistStore, FanEventFilter, FanEventStore, Store, Tier, load_fan_events, testing,
};

const FIRST_DAY: i32 = 20_454; // 2026-01-01

fn day(day: i32) -> Instant {
    Instant::from(Day::try_new(FIRST_DAY + day).expect("a day"))
}

struct Sizes {
    artists: u8,
    fans: u32,
    events: u32,
    rounds: usize,
}

fn artist(number: u8) -> ArtistId {
    ArtistId::new(day(0), [number; 10])
}

/// What fans did within 90 days: mostly streams of some length, now and then a purchase.
fn events(sizes: &Sizes) -> Dataset {
    let mut data = Dataset::default();
    let mut random = 7_u64;
    let mut below = |n: u32| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(random >> 33).expect("31 bits") % n
    };
    let artists: Vec<u32> = (0..sizes.artists).map(|number| data.artists.intern(&artist(number).to_string())).collect();
    let fans: Vec<u32> =
        (0..sizes.fans).map(|fan| data.fans.intern(&format!("fan-{:016x}", u64::from(fan).wrapping_mul(0x9e37_79b9_7f4a_7c15)))).collect();
    let euro = data.currency_code("EUR").expect("a currency");
    for _ in 0..sizes.events {
        let kind = match below(100) {
            0 => FanEventKind::Purchase,
            1..10 => FanEventKind::ALL[1 + below(5) as usize],
            _ => FanEventKind::Stream,
        };
        let sold = kind == FanEventKind::Purchase;
        data.fan_events.push(FanEventRow {
            artist: artists[below(artists.len() as u32) as usize],
            fan: fans[below(sizes.fans) as usize],
            day: FIRST_DAY + below(90).cast_signed(),
            kind: kind.code(),
            count: 1,
            amount: if sold { f64::from(below(5000)) / 100.0 } else { f64::NAN },
            seconds: if kind == FanEventKind::Stream { f64::from(30 + below(240)) } else { f64::NAN },
            currency: if sold { euro } else { FanEventTable::NO_CURRENCY },
        });
    }
    data
}

fn rate(rows: usize, took: Duration) -> String {
    format!("{:.2} M rows/s", rows as f64 / took.as_secs_f64() / 1e6)
}

async fn measure(name: &str, url: impl AsyncFn() -> String, sizes: &Sizes) {
    let data = events(sizes);
    let rows = data.fan_events.len();
    for round in 0..sizes.rounds {
        let store = Store::open(&url().await).await.expect("a store");
        let account = AccountId::new(day(0), [0; 10]);
        let created_at = day(0);
        store.add_account(&Account { id: account, name: "label".to_owned(), tier: Tier::Label, created_at }).await.expect("an account");
        for number in 0..sizes.artists {
            let external_ids = std::collections::BTreeSet::new();
            let new = Artist { id: artist(number), account, name: format!("artist {number}"), external_ids, created_at, version: 1 };
            store.add_artist(&new).await.expect("an artist");
        }
        let empty = store.bytes().await.expect("a size");
        let watch = Watch::now();
        let appended = store.append_fan_events(account, day(90), &data).await.expect("rows are appended");
        let insert = watch.elapsed();
        assert_eq!(appended.stored, rows as u64);
        let bytes = (store.bytes().await.expect("a size") - empty) as f64 / rows as f64;
        let mut back = Dataset::default();
        let watch = Watch::now();
        load_fan_events(&store, &FanEventFilter::of(account), &mut back).await.expect("rows are read");
        let read = watch.elapsed();
        assert_eq!(back.fan_events.len(), rows);
        let watch = Watch::now();
        let gone = store.erase_fan(account, data.fans.get(sizes.fans / 2).expect("a fan")).await.expect("a fan is erased");
        println!(
            "{name} fans {round}: insert {} | read {} | {bytes:.1} bytes/event | a fan of {gone} events erased in {:.0?}",
            rate(rows, insert),
            rate(rows, read),
            watch.elapsed()
        );
        store.close().await;
    }
}

fn main() {
    // Without `--bench` every path is run once, in small.
    let full = std::env::args().any(|a| a == "--bench");
    let sizes = if full {
        Sizes { artists: 100, fans: 100_000, events: 2_000_000, rounds: 3 }
    } else {
        Sizes { artists: 3, fans: 300, events: 5000, rounds: 1 }
    };
    let folder = tempfile::tempdir().expect("a folder");
    let number = std::cell::Cell::new(0);
    let file = async || {
        number.set(number.get() + 1);
        folder.path().join(format!("{}.db", number.get())).display().to_string()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        measure("sqlite", &file, &sizes).await;
        measure("postgres", testing::postgres, &sizes).await;
    });
}
