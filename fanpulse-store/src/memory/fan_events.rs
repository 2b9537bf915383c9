use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use fanpulse_core::ingest::{Dataset, FanEvent, FanEventKind, FanEventTable};
use fanpulse_core::{Day, Instant};

use super::Memory;
use crate::fan_events::{Sorted, check};
use crate::{AccountId, Appended, ArtistId, Batch, Cursor, Error, FanEventFilter, FanEventStore, Result};

/// Fan events, and the hashes of the batches that they came in.
#[derive(Debug, Default)]
pub(super) struct FanEvents {
    pub(super) batches: BTreeSet<(AccountId, [u8; 32])>,
    pub(super) events: BTreeMap<(AccountId, ArtistId), Vec<FanEvent>>,
}

#[async_trait]
impl FanEventStore for Memory {
    async fn append_fan_events(&self, account: AccountId, _recorded_at: Instant, data: &Dataset) -> Result<Appended> {
        let artists = check(data)?;
        let events = (0..data.fan_events.len()).map(|i| event(data, i)).collect::<Result<Vec<_>>>()?;
        let mut tables = self.tables();
        artists.iter().try_for_each(|artist| tables.has_artist(account, *artist))?;
        let rows = events.len() as u64;
        if rows > 0 && !tables.fan_events.batches.insert((account, Sorted::new(data, &artists).hash())) {
            return Ok(Appended { stored: 0, repeated: rows });
        }
        for event in events {
            let artist = event.artist_id.parse()?;
            tables.fan_events.events.entry((account, artist)).or_default().push(event);
        }
        Ok(Appended { stored: rows, repeated: 0 })
    }

    async fn fan_events(&self, filter: &FanEventFilter, after: Option<&Cursor>) -> Result<Batch> {
        let after: Option<ArtistId> = after.map(Cursor::place).transpose()?;
        let days = filter.days();
        let tables = self.tables();
        let mut batch = Batch { data: Dataset::default(), next: None };
        let mut last = None;
        for ((account, artist), events) in &tables.fan_events.events {
            let asked = *account == filter.account && filter.artist.is_none_or(|a| a == *artist) && after.is_none_or(|a| *artist > a);
            if !asked {
                continue;
            }
            // An artist is never cut.
            if batch.data.fan_events.len() >= 1 << 18 {
                batch.next = last.map(|artist: ArtistId| Cursor::at(&artist)).transpose()?;
                break;
            }
            last = Some(*artist);
            for event in events.iter().filter(|e| days.contains(&e.occurred_at.day().days())) {
                batch.data.push_fan_event(event).map_err(|e| Error::internal(e.to_string()).caused_by(e))?;
            }
        }
        Ok(batch)
    }

    async fn erase_fan(&self, account: AccountId, fan_id: &str) -> Result<u64> {
        let mut gone = 0;
        for ((_, _), events) in self.tables().fan_events.events.iter_mut().filter(|((of, _), _)| *of == account) {
            let before = events.len();
            events.retain(|e| e.fan_id != fan_id);
            gone += (before - events.len()) as u64;
        }
        Ok(gone)
    }

    async fn erase_fan_events(&self, account: AccountId) -> Result<u64> {
        Ok(self.tables().fan_events.erase(account))
    }
}

impl FanEvents {
    pub(super) fn erase(&mut self, account: AccountId) -> u64 {
        self.batches.retain(|(of, _)| *of != account);
        let mut gone = 0;
        self.events.retain(|(of, _), events| {
            gone += if *of == account { events.len() as u64 } else { 0 };
            *of != account
        });
        gone
    }
}

fn event(data: &Dataset, i: usize) -> Result<FanEvent> {
    let t = &data.fan_events;
    let name = |name: Option<&str>| name.unwrap_or_default().to_owned();
    let day = Day::try_new(t.day[i]).map_err(|e| Error::invalid(e.to_string()).caused_by(e))?;
    let currency = t.currency.get(i).copied().filter(|c| *c != FanEventTable::NO_CURRENCY);
    Ok(FanEvent {
        artist_id: name(data.artists.get(t.artist[i])),
        fan_id: name(data.fans.get(t.fan[i])),
        occurred_at: Instant::from(day),
        kind: FanEventKind::ALL[usize::from(t.kind[i])],
        count: t.count.get(i).copied(),
        amount: t.amount.get(i).copied().filter(|v| !v.is_nan()),
        seconds: t.seconds.get(i).copied().filter(|v| !v.is_nan()),
        currency: currency.map(|c| data.currencies[usize::from(c)].clone()),
    })
}
