//! Of [`ObservationStore`]: corrections without end, told in any order.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use fanpulse_core::Instant;
use fanpulse_core::ingest::{Dataset, Metric, Observation};

use super::day;
use crate::{Appended, AsOf, Filter, Key, ObservationStore, Origin, PageRequest, Precision, Quality, Statement, load};

const RESTATEMENTS: usize = 1000;
const QUESTIONS: usize = 120;
/// A month in microseconds.
const MONTH: u64 = 30 * 86_400_000_000;

/// Random numbers that a seed fixes: the multiplier of PCG and Knuth's increment.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 16) % n
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).expect("an index")]
    }

    /// A moment of the months from January 2026 on.
    fn moment(&mut self, months: u64) -> Instant {
        later(day(1), self.below(months * MONTH))
    }

    /// A key of few, so that it comes again; its time is of 14 months.
    fn key(&mut self) -> Key {
        let artist_id = self.one_of(&["low tide", "b", "B", "ä", "artist 77"]).to_owned();
        let platform = self.one_of(&["spotify", "youtube"]).to_owned();
        let metric = self.one_of(&[Metric::Followers, Metric::Streams]);
        let observed_at = later(day(1), self.below(14) * MONTH + self.below(2));
        Key { artist_id, platform, metric, observed_at }
    }

    fn origin(&mut self) -> Origin {
        let quality = self.one_of(&[Quality::Provisional, Origin::from("api").quality]);
        let precision = self.one_of(&[Precision::Rounded3, Origin::from("api").precision]);
        Origin { quality, precision, ..Origin::from(self.one_of(&["api", "file", "partner"])) }
    }
}

fn later(time: Instant, micros: u64) -> Instant {
    Instant::try_new(time.micros() + i64::try_from(micros).expect("some years")).expect("in range")
}

/// Everything that was said, and what it answers: of each key what was recorded last by then, of statements of one
/// moment that of the source whose name sorts last.
#[derive(Default)]
struct Ledger(Vec<Statement>);

impl Ledger {
    fn known(&self, as_of: AsOf) -> Vec<Statement> {
        let mut known: BTreeMap<Key, &Statement> = BTreeMap::new();
        for said in self.0.iter().filter(|s| s.observation.observed_at <= as_of.valid && s.recorded_at <= as_of.recorded) {
            let holds = known.entry(Key::from(&said.observation)).or_insert(said);
            if (holds.recorded_at, &holds.origin.source) < (said.recorded_at, &said.origin.source) {
                *holds = said;
            }
        }
        known.into_values().cloned().collect()
    }

    /// The last that a source said of a key.
    fn last(&self, source: &str, key: &Key) -> Option<&Statement> {
        let of_source = self.0.iter().filter(|s| s.origin.source == source && Key::from(&s.observation) == *key);
        of_source.max_by_key(|s| s.recorded_at)
    }
}

/// Tells a thousand corrections of few figures, by three sources, whose times of observing and recording come in any
/// order, and asks at many moments what was known then.
pub(super) async fn a_thousand_restatements_answer_like_a_replayed_ledger(store: &dyn ObservationStore) {
    let (mut dice, mut ledger, mut restated) = (Dice(11), Ledger::default(), 0);
    while restated < RESTATEMENTS {
        let origin = dice.origin();
        let mut rows: Vec<(Key, f64)> = Vec::new();
        for _ in 0..=dice.below(5) {
            let key = dice.key();
            if rows.iter().all(|(other, _)| *other != key) {
                rows.push((key, dice.below(1_000_000) as f64 / 8.0));
            }
        }
        // After what the source said of these keys, which may be long before what was told in the last call.
        let last = rows.iter().filter_map(|(key, _)| ledger.last(&origin.source, key)).map(|s| s.recorded_at).max();
        let recorded_at = match last {
            Some(last) => later(last, 1 + dice.below(MONTH / 2)),
            None => dice.moment(2),
        };
        let mut data = Dataset::default();
        for (key, value) in &rows {
            let Key { artist_id, platform, metric, observed_at } = key.clone();
            let observation = Observation { artist_id, platform, metric, observed_at, value: *value };
            data.push_observation(&observation).expect("a row");
            restated += usize::from(ledger.0.iter().any(|s| Key::from(&s.observation) == *key));
            ledger.0.push(Statement { observation, origin: origin.clone(), recorded_at });
        }
        let stored = rows.len() as u64;
        assert_eq!(store.append(&origin, recorded_at, &data).await.expect("rows are appended"), Appended { stored, repeated: 0 });
    }
    let told_out_of_order = ledger.0.windows(2).filter(|pair| pair[1].recorded_at < pair[0].recorded_at).count();
    assert!(told_out_of_order > RESTATEMENTS / 4, "{told_out_of_order}");

    let times: Vec<Instant> = ledger.0.iter().map(|s| s.recorded_at).collect();
    for question in 0..QUESTIONS {
        // At random, and to the microsecond at, before and after something was told.
        let recorded = match question % 4 {
            0 => dice.moment(20),
            near => Instant::try_new(dice.one_of(&times).micros() + [-1, 0, 1][near - 1]).expect("in range"),
        };
        let as_of = AsOf { valid: dice.moment(15), recorded };
        let expected = ledger.known(as_of);
        let limit = NonZeroUsize::new(if question % 10 == 0 { 7 } else { 10_000 }).expect("above 0");
        let mut request = PageRequest { limit, after: None };
        let mut got = Vec::new();
        loop {
            let page = store.series(&Filter::default(), as_of, &request).await.expect("a page");
            got.extend(page.items);
            match page.next {
                Some(next) => request.after = Some(next),
                None => break,
            }
        }
        assert_eq!(got, expected, "{as_of:?}");
        let mut data = Dataset::default();
        load(store, &Filter::default(), as_of, &mut data).await.expect("the rows");
        assert_eq!(columns(&data), columns(&table(&expected)), "{as_of:?}");
    }
}

fn table(statements: &[Statement]) -> Dataset {
    let mut data = Dataset::default();
    for s in statements {
        data.push_observation(&s.observation).expect("a row");
    }
    data
}

/// What the engine's columns say, whatever their codes and order.
fn columns(data: &Dataset) -> Vec<(Key, u64)> {
    let t = &data.observations;
    let row = |i: usize| {
        let component = &data.components[usize::from(t.component[i])];
        let artist_id = data.artists.get(t.artist[i]).expect("a name").to_owned();
        let observed_at = Instant::try_new(t.at[i]).expect("in range");
        (Key { artist_id, platform: component.platform.clone(), metric: component.metric, observed_at }, t.value[i].to_bits())
    };
    let mut rows: Vec<(Key, u64)> = (0..t.len()).map(row).collect();
    rows.sort();
    rows
}
