//! One artist's rows, grouped by component into daily series that end at `as_of`.
//!
//! Three ways, each only where the one before does not fit: rows that already lie as daily runs are
//! borrowed; rows in another order, one a day, are laid into a grid; the rest is sorted and aggregated.

use super::runs::{all_valid, all_valid_or_missing, has_any, run_length};
use super::{Class, CodeInfo, Layout};
use crate::error::Location;
use crate::ingest::{MetricKind, ObservationColumns, Times};
use crate::settings::Settings;
use crate::{Day, Error, Result};

/// An artist's rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// They lie side by side.
    Range(usize, usize),
    /// They lie anywhere; ascending.
    List(&'a [u32]),
}

impl Rows<'_> {
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Range(start, end) => end - start,
            Self::List(list) => list.len(),
        }
    }

    #[inline(always)]
    pub(crate) fn get(&self, i: usize) -> usize {
        match self {
            Self::Range(start, _) => start + i,
            Self::List(list) => list[i] as usize,
        }
    }
}

/// A daily series, NaN = missing, whose last day is `as_of`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeriesRef {
    pub(crate) class: Class,
    pub(crate) platform: u32,
    rank: u32,
    /// 0 = the scratch grid, otherwise one more than the position among the borrowed sources.
    source: usize,
    start: usize,
    len: usize,
}

/// What is known of the values of borrowed audience series in the last two windows: the features read all of them
/// anyway, and say so where one is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Unchecked {
    /// All have been looked at.
    #[default]
    None,
    /// They must be there, finite and not negative.
    Values,
    /// They may also be missing.
    ValuesOrMissing,
}

/// What a batch asks of every artist's series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) as_of: i32,
    pub(crate) window: usize,
    /// Two values for one key are an error; otherwise the first is kept.
    pub(crate) strict: bool,
}

/// Scratch space of one worker, and the series of the artist at hand.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    series: Vec<SeriesRef>,
    grid: Vec<f64>,
    slots: Vec<(u16, usize)>,
    order: Vec<u32>,
    run_guess: usize,
    /// Values of borrowed audience series that nobody has looked at yet, and whether they may be missing.
    unchecked: Unchecked,
    /// Counters that fell within the window.
    pub(crate) counter_resets: u32,
    /// Rows that repeat another exactly, or, where that is allowed, contradict it.
    pub(crate) dropped: u64,
}

impl Frame {
    pub(crate) fn new(settings: &Settings, as_of: Day, strict: bool) -> Self {
        Self { as_of: as_of.days(), window: settings.window(), strict }
    }
}

impl Gather {
    /// The series of the artist at hand, in canonical order.
    #[inline(always)]
    pub(crate) fn series(&self) -> &[SeriesRef] {
        &self.series
    }

    /// The days of a series, oldest first.
    #[inline(always)]
    pub(crate) fn days<'a>(&'a self, series: &SeriesRef, sources: &'a [&'a [f64]]) -> &'a [f64] {
        let source = if series.source == 0 { &self.grid } else { sources[series.source - 1] };
        &source[series.start..series.start + series.len]
    }

    /// Groups one artist's rows.
    #[inline(always)]
    pub(crate) fn rows(&mut self, layout: &Layout, c: &ObservationColumns<'_>, rows: Rows<'_>, frame: Frame) -> Result<()> {
        self.series.clear();
        self.counter_resets = 0;
        self.unchecked = Unchecked::Values;
        let borrowed = match rows {
            Rows::Range(start, end) => self.borrow_runs(layout, c, start, end, frame),
            Rows::List(_) => false,
        };
        if !borrowed {
            return self.copied_rows(layout, c, rows, frame);
        }
        self.finish();
        Ok(())
    }

    /// Groups one artist's rows by copying them, and looks at each value.
    pub(crate) fn copied_rows(&mut self, layout: &Layout, c: &ObservationColumns<'_>, rows: Rows<'_>, frame: Frame) -> Result<()> {
        self.series.clear();
        self.counter_resets = 0;
        self.unchecked = Unchecked::None;
        self.copy(layout, c, rows, frame)?;
        self.finish();
        Ok(())
    }

    /// Whether all values are what they may be, those included that were left to the features to look at.
    #[inline(never)]
    pub(crate) fn is_valid(&self, sources: &[&[f64]]) -> bool {
        let borrowed = self.series.iter().filter(|s| s.source > 0);
        match self.unchecked {
            Unchecked::None => true,
            Unchecked::Values => borrowed.into_iter().all(|s| all_valid(self.days(s, sources))),
            Unchecked::ValuesOrMissing => borrowed.into_iter().all(|s| all_valid_or_missing(self.days(s, sources))),
        }
    }

    /// Begins an artist whose daily values are pushed one component after the other.
    pub(crate) fn begin_grid(&mut self) {
        self.series.clear();
        self.grid.clear();
        self.counter_resets = 0;
        self.unchecked = Unchecked::ValuesOrMissing;
    }

    /// Takes the daily values of a component, NaN = missing, the last of them `as_of`'s. Says no where one is
    /// infinite or negative.
    #[inline(always)]
    pub(crate) fn push_grid_row(&mut self, layout: &Layout, code: usize, days: &[f64], frame: Frame) -> bool {
        if has_any(days) {
            self.push_grid_tail(layout, code, days, days.len(), frame);
        }
        all_valid_or_missing(days)
    }

    /// Borrows a component's daily values, NaN = missing, from the sources, the last of them `as_of`'s. Says no
    /// where one is infinite or negative, as far as it looks: see [`Gather::is_valid`].
    #[inline(always)]
    pub(crate) fn borrow_grid_row(
        &mut self,
        layout: &Layout,
        code: usize,
        sources: &[&[f64]],
        (start, len): (usize, usize),
        frame: Frame,
    ) -> bool {
        let days = &sources[code][start..start + len];
        let info = layout.codes[code];
        if has_any(days) {
            self.push(info, code + 1, start, len);
        }
        let unread = unread(info.class, len, frame);
        unread == 0 || all_valid_or_missing(&days[..unread])
    }

    /// Takes the first `known` of `len` daily values that end at `as_of`; those after them are missing.
    pub(crate) fn push_grid_tail(&mut self, layout: &Layout, code: usize, known: &[f64], len: usize, frame: Frame) {
        let info = layout.codes[code];
        let start = self.grid.len();
        self.grid.extend_from_slice(known);
        self.grid.resize(start + len, f64::NAN);
        if info.kind == MetricKind::Counter {
            self.counter_resets += difference(&mut self.grid[start..], frame.window);
        }
        self.push(info, 0, start, len);
    }

    /// Borrows rows that lie as one run of consecutive days per component. Says no where they do not.
    #[inline(always)]
    fn borrow_runs(&mut self, layout: &Layout, c: &ObservationColumns<'_>, start: usize, end: usize, frame: Frame) -> bool {
        let mut at = start;
        while at < end {
            let run = run_length(c, at, end, self.run_guess);
            self.run_guess = run;
            let code = c.component[at];
            let Some(&info) = layout.codes.get(usize::from(code)) else { return false };
            let first = c.time.day(at);
            let last = first.saturating_add(i32::try_from(run).unwrap_or(i32::MAX)) - 1;
            let usable = info.kind != MetricKind::Counter
                && last >= frame.as_of
                && first >= Day::MIN.days()
                && last <= Day::MAX.days()
                && !self.has(info.rank);
            if !usable {
                return false;
            }
            // Rows after as_of do not exist, and a component that begins with them does not either.
            let after = (last - frame.as_of) as usize;
            let len = run.saturating_sub(after);
            if !all_valid(&c.value[at..at + unread(info.class, len, frame)]) || !all_valid(&c.value[at + len..at + run]) {
                return false;
            }
            if len > 0 {
                self.push(info, 1, at, len);
            }
            at += run;
        }
        true
    }

    #[inline(always)]
    fn has(&self, rank: u32) -> bool {
        for s in &self.series {
            if s.rank == rank {
                return true;
            }
        }
        false
    }

    /// Lays one row a day into a grid; where a day has several, sorts and aggregates.
    #[inline(never)]
    fn copy(&mut self, layout: &Layout, c: &ObservationColumns<'_>, rows: Rows<'_>, frame: Frame) -> Result<()> {
        let mut first_day = frame.as_of;
        self.slots.clear();
        for i in 0..rows.len() {
            let row = rows.get(i);
            let code = c.component[row];
            let day = c.time.day(row);
            check_row(layout, c, row, day)?;
            if day <= frame.as_of {
                first_day = first_day.min(day);
                if !self.slots.iter().any(|s| s.0 == code) {
                    self.slots.push((code, 0));
                }
            }
        }
        let len = (frame.as_of - first_day) as usize + 1;
        for (i, slot) in self.slots.iter_mut().enumerate() {
            slot.1 = i * len;
        }
        self.grid.clear();
        self.grid.resize(len * self.slots.len(), f64::NAN);

        let mut last = (u16::MAX, 0);
        for i in 0..rows.len() {
            let row = rows.get(i);
            let day = c.time.day(row);
            if day > frame.as_of {
                continue;
            }
            let code = c.component[row];
            if code != last.0 {
                last = self.slots.iter().copied().find(|s| s.0 == code).unwrap_or(last);
            }
            let cell = &mut self.grid[last.1 + (day - first_day) as usize];
            if !cell.is_nan() {
                self.grid.fill(f64::NAN);
                self.aggregate(layout, c, rows, frame, first_day)?;
                break;
            }
            *cell = c.value[row];
        }
        for i in 0..self.slots.len() {
            let (code, start) = self.slots[i];
            let info = layout.codes[usize::from(code)];
            if info.kind == MetricKind::Counter {
                self.counter_resets += difference(&mut self.grid[start..start + len], frame.window);
            }
            self.push(info, 0, start, len);
        }
        Ok(())
    }

    /// Aggregates a day's rows by the metric's kind, in the order of their times.
    fn aggregate(&mut self, layout: &Layout, c: &ObservationColumns<'_>, rows: Rows<'_>, frame: Frame, first_day: i32) -> Result<()> {
        self.order.clear();
        #[expect(clippy::cast_possible_truncation, reason = "row lists hold 32-bit rows, which the batch checks")]
        self.order.extend((0..rows.len()).map(|i| rows.get(i) as u32));
        self.order.sort_unstable_by_key(|&row| (c.component[row as usize], c.time.key(row as usize), row));
        let mut kept = None;
        for &row in &self.order {
            let row = row as usize;
            let (code, key, day) = (c.component[row], c.time.key(row), c.time.day(row));
            if day > frame.as_of {
                continue;
            }
            if let Some((k_code, k_key, k_row)) = kept
                && (k_code, k_key) == (code, key)
            {
                let first: usize = k_row;
                if c.value[first] != c.value[row] && frame.strict {
                    return Err(conflict(c, first, row));
                }
                self.dropped += 1;
                continue;
            }
            kept = Some((code, key, row));
            let start = self.slots.iter().find(|s| s.0 == code).map_or(0, |s| s.1);
            let cell = &mut self.grid[start + (day - first_day) as usize];
            let flow = layout.codes[usize::from(code)].kind == MetricKind::Flow;
            *cell = if flow && !cell.is_nan() { *cell + c.value[row] } else { c.value[row] };
        }
        Ok(())
    }

    #[inline(always)]
    fn push(&mut self, info: CodeInfo, source: usize, start: usize, len: usize) {
        self.series.push(SeriesRef { class: info.class, platform: info.platform, rank: info.rank, source, start, len });
    }

    /// Puts the series in canonical order; reported streams win over those derived from a counter.
    #[inline(always)]
    pub(crate) fn finish(&mut self) {
        if !self.series.is_sorted_by_key(|s| s.rank) {
            self.series.sort_unstable_by_key(|s| s.rank);
        }
        if self.series.iter().any(|s| s.class == Class::DerivedStreams) {
            self.prefer_reported_streams();
        }
    }

    #[inline(never)]
    fn prefer_reported_streams(&mut self) {
        let reported: Vec<u32> = self.series.iter().filter(|s| s.class == Class::Streams).map(|s| s.platform).collect();
        self.series.retain(|s| s.class != Class::DerivedStreams || !reported.contains(&s.platform));
        for s in &mut self.series {
            if s.class == Class::DerivedStreams {
                s.class = Class::Streams;
            }
        }
    }
}

/// How many of a series' first days no feature of an audience reads; all of them where it is no audience.
#[inline(always)]
fn unread(class: Class, len: usize, frame: Frame) -> usize {
    if class.is_audience() { len.checked_sub(2 * frame.window).unwrap_or(len) } else { len }
}

fn check_row(layout: &Layout, c: &ObservationColumns<'_>, row: usize, day: i32) -> Result<()> {
    let at = |e: Error| e.at(Location::Observation(row));
    let code = usize::from(c.component[row]);
    if code >= layout.codes.len() {
        return Err(at(Error::invalid(format!("component code {code} is outside 0 to {}", layout.codes.len().saturating_sub(1)))));
    }
    Day::try_new(day).map_err(at)?;
    crate::ingest::check_value(c.value[row]).map_err(at)
}

#[cold]
fn conflict(c: &ObservationColumns<'_>, first: usize, row: usize) -> Error {
    let when = match c.time {
        Times::Days(_) => Day::try_new(c.time.day(row)).map(|d| d.to_string()),
        Times::Micros(m) => crate::Instant::try_new(m[row]).map(|t| t.to_string()),
    };
    let component = &c.components[usize::from(c.component[row])];
    Error::invalid(format!(
        "two values for {component} at {}: {} and {}",
        when.unwrap_or_default(),
        c.value[first.min(row)],
        c.value[first.max(row)]
    ))
    .at(Location::Observation(first.max(row)))
}

/// Turns a counter's last readings into daily flows, in place: the difference between two observed days is
/// spread evenly over the days between. A fall is a reset: those days stay missing.
///
/// # Returns
/// The resets within the last `window` days.
fn difference(days: &mut [f64], window: usize) -> u32 {
    let mut resets = 0;
    let mut previous: Option<(usize, f64)> = None;
    for day in 0..days.len() {
        let reading = days[day];
        if reading.is_nan() {
            continue;
        }
        days[day] = f64::NAN;
        if let Some((from, before)) = previous {
            if reading >= before {
                let share = (reading - before) / (day - from) as f64;
                days[from + 1..=day].fill(share);
            } else if day + window >= days.len() {
                resets += 1;
            }
        }
        previous = Some((day, reading));
    }
    resets
}
