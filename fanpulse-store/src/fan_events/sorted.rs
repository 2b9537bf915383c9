//! Fan events in the one order that depends on what they say alone.

use fanpulse_core::ingest::{Dataset, FanEventRow, FanEventTable};
use sha2::{Digest, Sha256};

use uuid::Uuid;

use crate::ArtistId;

/// Stands for an artist without rows.
const NOBODY: ArtistId = ArtistId(Uuid::nil());

/// Fan events by artist, fan, day, kind, currency and numbers, names by their bytes.
pub(crate) struct Sorted<'a> {
    pub(super) artists: Vec<ArtistId>,
    pub(super) fans: Vec<&'a str>,
    pub(super) currencies: Vec<&'a str>,
    /// Their codes are positions in the lists above.
    pub(super) rows: Vec<FanEventRow>,
}

impl<'a> Sorted<'a> {
    /// Sorts the fan events of a table, which was checked; `artists` are its artists' ids by code.
    pub(crate) fn new(data: &'a Dataset, artists: &[Option<ArtistId>]) -> Self {
        let (ids, artist_rank) = ranked(artists.iter().copied().map(|id| id.unwrap_or(NOBODY)));
        let (fans, fan_rank) = ranked(data.fans.iter());
        let (currencies, currency_rank) = ranked(data.currencies.iter().map(String::as_str));
        let mut rows: Vec<FanEventRow> = (0..data.fan_events.len())
            .map(|i| {
                let row = row(&data.fan_events, i);
                let currency = currency_rank.get(usize::from(row.currency)).map_or(FanEventTable::NO_CURRENCY, |rank| *rank as u16);
                let amount = if row.amount.is_nan() { f64::NAN } else { row.amount };
                let seconds = if row.seconds.is_nan() { f64::NAN } else { row.seconds };
                FanEventRow { artist: artist_rank[row.artist as usize], fan: fan_rank[row.fan as usize], currency, amount, seconds, ..row }
            })
            .collect();
        rows.sort_unstable_by_key(|r| (r.artist, r.fan, r.day, r.kind, r.currency, r.count, r.amount.to_bits(), r.seconds.to_bits()));
        Self { artists: ids, fans, currencies, rows }
    }

    /// What the batch is known by: the same for the same rows in whatever order, under whatever codes.
    pub(crate) fn hash(&self) -> [u8; 32] {
        const PART: usize = 1 << 16;
        let (mut hash, mut part) = (Sha256::new(), Vec::with_capacity(PART + 256));
        let text = |part: &mut Vec<u8>, text: &str| {
            part.extend_from_slice(&(text.len() as u64).to_le_bytes());
            part.extend_from_slice(text.as_bytes());
        };
        let mut before = None;
        for r in &self.rows {
            if before.replace((r.artist, r.fan)) != Some((r.artist, r.fan)) {
                part.push(0xff);
                part.extend_from_slice(self.artists[r.artist as usize].0.as_bytes());
                text(&mut part, self.fans[r.fan as usize]);
            }
            part.push(r.kind);
            part.extend_from_slice(&r.day.to_le_bytes());
            part.extend_from_slice(&r.count.to_le_bytes());
            part.extend_from_slice(&r.amount.to_bits().to_le_bytes());
            part.extend_from_slice(&r.seconds.to_bits().to_le_bytes());
            text(&mut part, self.currencies.get(usize::from(r.currency)).copied().unwrap_or_default());
            if part.len() >= PART {
                hash.update(&part);
                part.clear();
            }
        }
        hash.update(&part);
        hash.finalize().into()
    }
}

/// Names in their order, and by code the place of each in it.
fn ranked<T: Ord + Clone>(names: impl Iterator<Item = T>) -> (Vec<T>, Vec<u32>) {
    let mut places: Vec<(T, u32)> = names.zip(0..).collect();
    places.sort_unstable();
    let mut sorted: Vec<T> = Vec::with_capacity(places.len());
    let mut rank = vec![0; places.len()];
    for (name, code) in places {
        if sorted.last() != Some(&name) {
            sorted.push(name);
        }
        rank[code as usize] = sorted.len() as u32 - 1;
    }
    (sorted, rank)
}

/// A row in codes; what a column does not say is as usual.
pub(super) fn row(t: &FanEventTable, i: usize) -> FanEventRow {
    FanEventRow {
        artist: t.artist[i],
        fan: t.fan[i],
        day: t.day[i],
        kind: t.kind[i],
        count: t.count.get(i).copied().unwrap_or(1),
        amount: t.amount.get(i).copied().unwrap_or(f64::NAN),
        seconds: t.seconds.get(i).copied().unwrap_or(f64::NAN),
        currency: t.currency.get(i).copied().unwrap_or(FanEventTable::NO_CURRENCY),
    }
}
