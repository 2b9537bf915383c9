//! Fan events as tests make them, and the table by the plainest means.

use std::collections::{BTreeMap, BTreeSet};

use fanpulse_core::Day;
use fanpulse_core::fans::*;
use fanpulse_core::settings::FanSettings;

/// Owned columns of fan events.
#[derive(Debug, Clone, Default)]
pub(crate) struct Events {
    pub(crate) artist: Vec<u32>,
    pub(crate) fan: Vec<u32>,
    pub(crate) day: Vec<i32>,
    pub(crate) kind: Vec<u8>,
    pub(crate) count: Vec<u32>,
    pub(crate) amount: Vec<f64>,
    pub(crate) seconds: Vec<f64>,
}

impl Events {
    pub(crate) fn push(&mut self, artist: u32, fan: u32, day: i32, kind: FanEventKind) {
        self.push_all(artist, fan, day, kind.code(), 1, f64::NAN, f64::NAN);
    }

    #[expect(clippy::too_many_arguments, reason = "one per column")]
    pub(crate) fn push_all(&mut self, artist: u32, fan: u32, day: i32, kind: u8, count: u32, amount: f64, seconds: f64) {
        self.artist.push(artist);
        self.fan.push(fan);
        self.day.push(day);
        self.kind.push(kind);
        self.count.push(count);
        self.amount.push(amount);
        self.seconds.push(seconds);
    }

    pub(crate) fn columns(&self) -> FanEventColumns<'_> {
        FanEventColumns {
            artist: &self.artist,
            fan: &self.fan,
            day: &self.day,
            kind: &self.kind,
            count: Some(&self.count),
            amount: Some(&self.amount),
            seconds: Some(&self.seconds),
            currency: None,
        }
    }

    pub(crate) fn table(&self, as_of: Day) -> FanTable {
        FanTable::from_events(&self.columns(), as_of, &FanSettings::default()).unwrap()
    }

    /// The same rows in another order.
    pub(crate) fn shuffled(&self, step: usize) -> Self {
        let n = self.artist.len();
        let mut other = Self::default();
        for i in (0..n).map(|i| i * step % n) {
            let at = (self.kind[i], self.count[i], self.amount[i], self.seconds[i]);
            other.push_all(self.artist[i], self.fan[i], self.day[i], at.0, at.1, at.2, at.3);
        }
        other
    }
}

pub(crate) fn as_of() -> Day {
    Day::from_ymd(2026, 3, 31).unwrap()
}

/// The table by the plainest means: all events of a fan at once.
pub(crate) fn plain(events: &Events, as_of: Day) -> Vec<FanRow> {
    let mut by_fan: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for i in 0..events.artist.len() {
        if events.day[i] <= as_of.days() && events.count[i] > 0 {
            by_fan.entry((events.artist[i], events.fan[i])).or_default().push(i);
        }
    }
    let weights = [0.0, 1.0, 3.0, 0.0, 2.0, 2.0, 5.0, 5.0, 0.0];
    let rows_of = |((artist, fan), rows): ((u32, u32), Vec<usize>)| {
        let days: BTreeSet<i32> = rows.iter().map(|&i| events.day[i]).collect();
        let (first, last) = (*days.first().unwrap(), *days.last().unwrap());
        let within = |end: i32| move |i: &&usize| (end - 89..=end).contains(&events.day[**i]);
        let activity = |end: i32| WindowActivity {
            active_days: days.range(end - 89..=end).count() as u32,
            quality: rows.iter().filter(within(end)).map(|&i| weights[events.kind[i] as usize] * f64::from(events.count[i])).sum(),
            shares: rows.iter().filter(within(end)).filter(|&&i| events.kind[i] == 3).map(|&i| f64::from(events.count[i])).sum(),
        };
        let now = as_of.days();
        let paid = |i: &&usize| events.amount[**i] > 0.0;
        let hours = |i: &usize| match events.seconds[*i] {
            _ if events.kind[*i] != 0 => 0.0,
            s if s.is_nan() => f64::from(events.count[*i]) * 3.5 / 60.0,
            s => s / 3600.0,
        };
        FanRow {
            artist,
            fan,
            first_day: Day::try_new(first).unwrap(),
            last_day: Day::try_new(last).unwrap(),
            active_days: days.len() as u32,
            paid_days: rows.iter().filter(paid).map(|&i| events.day[i]).collect::<BTreeSet<_>>().len() as u32,
            spend: rows.iter().filter(paid).map(|&i| events.amount[i]).sum(),
            window_spend: rows.iter().filter(within(now)).filter(paid).map(|&i| events.amount[i]).sum(),
            window_hours: rows.iter().filter(within(now)).map(hours).sum(),
            window_social: rows
                .iter()
                .filter(within(now))
                .filter(|&&i| (1..=3).contains(&events.kind[i]))
                .map(|&i| f64::from(events.count[i]))
                .sum(),
            window: activity(now),
            at_last: activity(last),
        }
    };
    by_fan.into_iter().map(rows_of).collect()
}

pub(crate) fn assert_same(got: &[FanRow], want: &[FanRow]) {
    assert_eq!(got.len(), want.len());
    for (g, w) in got.iter().zip(want) {
        for (a, b) in [(g.spend, w.spend), (g.window_spend, w.window_spend), (g.window_hours, w.window_hours)] {
            assert!((a - b).abs() <= 1e-6 * b.max(1.0), "{g:?} is not {w:?}");
        }
        let exact = FanRow { spend: w.spend, window_spend: w.window_spend, window_hours: w.window_hours, ..*g };
        assert_eq!(exact, *w);
    }
}

/// Some 20,000 events of two artists' fans, who come back and drop out each at a rate of their own.
pub(crate) fn two_artists() -> Events {
    let mut events = Events::default();
    let mut state = 1_u64;
    let mut draw = |n: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(n)) as u32
    };
    for fan in 0..1_500_u32 {
        let (mut back, gap) = (5 + draw(600), [3, 9, 30, 120][draw(4) as usize]);
        let drops = [1, 5, 20, 60][draw(4) as usize];
        loop {
            let kind = FanEventKind::ALL[[0, 0, 0, 0, 1, 2, 3, 6, 8][draw(9) as usize]];
            let amount = if kind == FanEventKind::Purchase { f64::from(500 + draw(4_000) * (1 + fan % 3)) / 100.0 } else { f64::NAN };
            events.push_all(fan % 3 / 2, fan, as_of().days() - back as i32, kind.code(), 1 + draw(3), amount, f64::NAN);
            let next = 1 + draw(2 * gap);
            if next > back || draw(100) < drops {
                break;
            }
            back -= next;
        }
    }
    events
}
