//! Many fan events of an artist packed into one value of the database.
//!
//! # Layout
//! Version (1 byte), number of events, number of fans; each fan's id by how many bytes it shares with the one before and
//! what follows, and its number of events less one; number of currencies and their names; then one column after the
//! other, then the checksum, as [`packing`](crate::packing) writes them. Days are differences to the row before, the
//! other columns are runs.

use std::ops::RangeInclusive;

use fanpulse_core::ingest::{Dataset, FanEventRow, FanEventTable};

use super::{Sorted, currency};
use crate::packing::{Reals, Runs, bytes, damaged, integer, opened, put, put_reals, put_runs, put_text, sealed, text, unzigzag, zigzag};
use crate::{ArtistId, Error, Result};

const VERSION: u8 = 1;
/// The most events of a block.
pub(super) const FULL: usize = 1 << 15;

/// Packed fan events of one artist, and what they are asked for by.
pub(super) struct Block<'a> {
    pub(super) artist: ArtistId,
    pub(super) fans: (&'a str, &'a str),
    pub(super) days: (i32, i32),
    pub(super) events: i32,
    pub(super) data: Vec<u8>,
}

impl Sorted<'_> {
    /// The blocks of all rows, by artist and fan.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block<'_>> {
        let of_artists = self.rows.chunk_by(|a, b| a.artist == b.artist);
        of_artists.flat_map(|rows| rows.chunks(FULL)).filter_map(|rows| {
            let (first, last) = (rows.first()?, rows.last()?);
            let days = || rows.iter().map(|r| r.day);
            Some(Block {
                artist: self.artists[first.artist as usize],
                fans: (self.fans[first.fan as usize], self.fans[last.fan as usize]),
                days: (days().min()?, days().max()?),
                events: rows.len() as i32,
                data: self.pack(rows),
            })
        })
    }

    fn pack(&self, rows: &[FanEventRow]) -> Vec<u8> {
        let of_fans = || rows.chunk_by(|a, b| a.fan == b.fan);
        let mut out = Vec::with_capacity(rows.len() * 6 + 64);
        out.push(VERSION);
        put(&mut out, rows.len() as u64);
        put(&mut out, of_fans().count() as u64);
        let mut before = "";
        for of_fan in of_fans() {
            let id = self.fans[of_fan[0].fan as usize];
            let shared = before.bytes().zip(id.bytes()).take_while(|(a, b)| a == b).count();
            put(&mut out, shared as u64);
            put(&mut out, (id.len() - shared) as u64);
            out.extend_from_slice(&id.as_bytes()[shared..]);
            put(&mut out, of_fan.len() as u64 - 1);
            before = id;
        }
        let mut used: Vec<u16> = rows.iter().map(|r| r.currency).filter(|c| *c != FanEventTable::NO_CURRENCY).collect();
        used.sort_unstable();
        used.dedup();
        put(&mut out, used.len() as u64);
        used.iter().for_each(|c| put_text(&mut out, self.currencies[usize::from(*c)]));
        let mut day = 0;
        for r in rows {
            put(&mut out, zigzag(i64::from(r.day) - std::mem::replace(&mut day, i64::from(r.day))));
        }
        put_runs(&mut out, rows.iter().map(|r| i64::from(r.kind)));
        put_runs(&mut out, rows.iter().map(|r| i64::from(r.count)));
        put_reals(&mut out, rows.iter().map(|r| r.amount));
        put_reals(&mut out, rows.iter().map(|r| r.seconds));
        put_runs(&mut out, rows.iter().map(|r| used.binary_search(&r.currency).map_or(-1, |place| place as i64)));
        sealed(out)
    }
}

/// Appends the packed events of these days to a table, as those of the artist with this code.
///
/// # Errors
/// `internal` where the bytes are not what was packed.
pub(super) fn unpack(packed: &[u8], artist: u32, days: &RangeInclusive<i32>, data: &mut Dataset) -> Result<()> {
    let mut rest = opened(packed, VERSION)?;
    let (len, fans) = (integer(&mut rest)?, integer(&mut rest)?);
    let mut fan_ids = rest;
    for _ in 0..fans {
        let (_shared, own) = (integer(&mut rest)?, integer(&mut rest)?);
        bytes(&mut rest, own)?;
        integer(&mut rest)?;
    }
    let mut codes = Vec::new();
    for _ in 0..integer(&mut rest)? {
        codes.push(currency(data, text(&mut rest)?)?);
    }
    let mut day_steps = rest;
    for _ in 0..len {
        integer(&mut rest)?;
    }
    let mut kinds = Runs::skip(&mut rest, len)?;
    let mut counts = Runs::skip(&mut rest, len)?;
    let mut amounts = Reals::skip(&mut rest, len)?;
    let mut seconds = Reals::skip(&mut rest, len)?;
    let mut currencies = Runs::skip(&mut rest, len)?;
    let (mut id, mut day, mut seen) = (Vec::new(), 0_i64, 0);
    for _ in 0..fans {
        let (shared, own) = (integer(&mut fan_ids)?, integer(&mut fan_ids)?);
        id.truncate(usize::try_from(shared).map_err(|_| damaged())?);
        id.extend_from_slice(bytes(&mut fan_ids, own)?);
        let events = integer(&mut fan_ids)?.saturating_add(1);
        seen += events;
        if seen > len {
            return Err(damaged());
        }
        // A fan who did nothing on these days gets no code.
        let mut fan = None;
        for _ in 0..events {
            day = day.wrapping_add(unzigzag(integer(&mut day_steps)?));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "packed from these types")]
            let (on, kind, count) = (day as i32, kinds.next()? as u8, counts.next()? as u32);
            let (amount, seconds, currency) = (amounts.next()?, seconds.next()?, currencies.next()?);
            if !days.contains(&on) {
                continue;
            }
            let fan = match fan {
                Some(fan) => fan,
                None => *fan.insert(data.fans.intern(std::str::from_utf8(&id).map_err(|_| damaged())?)),
            };
            let currency = match usize::try_from(currency) {
                Ok(place) => *codes.get(place).ok_or_else(damaged)?,
                Err(_) => FanEventTable::NO_CURRENCY,
            };
            data.fan_events.push(FanEventRow { artist, fan, day: on, kind, count, amount, seconds, currency });
        }
    }
    if rest.is_empty() && seen == len { Ok(()) } else { Err(damaged()) }
}

/// How many events are packed here.
///
/// # Errors
/// `internal` where the bytes are not what was packed.
pub(super) fn examine(packed: &[u8]) -> Result<i64> {
    let mut data = Dataset::default();
    unpack(packed, 0, &(i32::MIN..=i32::MAX), &mut data)?;
    i64::try_from(data.fan_events.len()).map_err(|e| Error::internal(e.to_string()))
}

#[cfg(test)]
mod tests {
    use fanpulse_core::ingest::{FanEvent, FanEventKind};
    use fanpulse_core::{Day, Instant};

    use super::*;

    const ARTIST: ArtistId = ArtistId(uuid::Uuid::max());

    fn event(fan: &str, day: i32, kind: FanEventKind) -> FanEvent<String> {
        let occurred_at = Instant::from(Day::try_new(20_000 + day).unwrap());
        let artist_id = ARTIST.to_string();
        FanEvent { artist_id, fan_id: fan.to_owned(), occurred_at, kind, count: None, amount: None, seconds: None, currency: None }
    }

    fn table(events: &[FanEvent]) -> Dataset {
        let mut data = Dataset::default();
        events.iter().for_each(|e| data.push_fan_event(e).unwrap());
        data
    }

    fn packed(data: &Dataset) -> Vec<Vec<u8>> {
        Sorted::new(data, &[Some(ARTIST)]).blocks().map(|b| b.data).collect()
    }

    fn events() -> Vec<FanEvent> {
        let sold = FanEvent { amount: Some(9.99), currency: Some("EUR".to_owned()), ..event("fan é", 3, FanEventKind::Purchase) };
        let dear = FanEvent { amount: Some(0.1 + 0.2), currency: Some("USD".to_owned()), ..sold.clone() };
        let heard = FanEvent { seconds: Some(187.25), count: Some(u32::MAX), ..event("fan 10", -3, FanEventKind::Stream) };
        vec![sold, event("fan 10", 90, FanEventKind::Follow), heard, dear, event("fan 1", 4, FanEventKind::Like)]
    }

    #[test]
    fn what_is_packed_comes_back_to_the_bit() {
        let data = table(&events());
        let blocks = packed(&data);
        let mut back = Dataset::default();
        back.artists.intern(&ARTIST.to_string());
        unpack(&blocks[0], 0, &(i32::MIN..=i32::MAX), &mut back).unwrap();
        assert_eq!(back.fan_events.len(), 5);
        let ids = [Some(ARTIST)];
        assert_eq!(Sorted::new(&back, &ids).hash(), Sorted::new(&data, &ids).hash());
        assert_eq!(packed(&back), blocks);

        let mut some = Dataset::default();
        unpack(&blocks[0], 0, &(20_003..=20_004), &mut some).unwrap();
        assert_eq!(some.fans.iter().collect::<Vec<_>>(), ["fan 1", "fan é"], "others were not there on these days");
        assert_eq!(some.fan_events.day, [20_004, 20_003, 20_003]);
    }

    #[test]
    fn a_batch_is_known_by_its_rows_alone() {
        let ids = [Some(ARTIST)];
        let hash = |events: &[FanEvent]| Sorted::new(&table(events), &ids).hash();
        let mut turned = events();
        turned.reverse();
        assert_eq!(hash(&turned), hash(&events()));
        for i in 0..5 {
            let mut other = events();
            other[i].fan_id.push('x');
            assert_ne!(hash(&other), hash(&events()));
            let mut other = events();
            other[i].count = Some(7);
            assert_ne!(hash(&other), hash(&events()));
        }
        assert_ne!(hash(&events()[1..]), hash(&events()));
        assert_ne!(hash(&[events(), events()].concat()), hash(&events()));
    }

    #[test]
    fn a_stream_takes_few_bytes() {
        let streams =
            (0..500).flat_map(|fan| (0..40).map(move |i| event(&format!("fan-{fan:012}"), i * 2 + fan % 2, FanEventKind::Stream)));
        let data = table(&streams.collect::<Vec<_>>());
        let bytes: usize = packed(&data).iter().map(Vec::len).sum();
        assert!(bytes < data.fan_events.len() * 2, "{bytes} bytes for {} events", data.fan_events.len());
    }

    #[test]
    fn every_damaged_bit_is_noticed() {
        let bytes = &packed(&table(&events()))[0];
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(examine(&damaged).is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(examine(&bytes[..len]).is_err(), "cut to {len} bytes");
        }
        assert_eq!(examine(bytes).unwrap(), 5);
    }
}
