//! The jobs' results put together: the first fault, or the rows without the dropped ones and one set of codes.

use std::collections::BTreeMap;
use std::ops::Range;

use fanpulse_core::ingest::{Dataset, FanEventTable, Names, Strings};
use rayon::prelude::*;

use super::Failure;
use super::chunk::Group;
use super::names::Code;
use super::table::{Done, Learned};
use crate::codes::{component_code, platform_code};
use crate::fan_event::currency_code;
use crate::fault::Fault;
use crate::row_map::RowMap;
use crate::{DropReason, Error, TableKind};

/// Where the rows of a file stand in the dataset.
pub(super) struct Table<'a> {
    pub(super) kind: TableKind,
    pub(super) groups: &'a [Group],
    /// The dataset's row of the file's first.
    pub(super) start: usize,
    /// What all rows share, where no column says it.
    pub(super) artist: Option<&'a str>,
    pub(super) platform: Option<&'a str>,
}

/// Puts together what the jobs found out; gives what was dropped.
pub(super) fn merge(
    table: &Table<'_>,
    done: Vec<Result<Done, Failure>>,
    data: &mut Dataset,
    row_map: &mut RowMap,
) -> Result<BTreeMap<DropReason, u64>, Failure> {
    let mut done = done.into_iter().collect::<Result<Vec<_>, _>>()?;
    first_fault(table, &mut done)?;
    let (bad, dropped) = bad_rows(table, &done);
    let kept = kept_rows(table, &bad);
    let mut origin = 1;
    for (group, bad) in table.groups.iter().zip(&bad) {
        for rows in runs(group.rows, bad) {
            row_map.push_consecutive(origin + rows.start as u64, rows.len());
        }
        origin += group.rows as u64;
    }
    if dropped.is_empty() {
        recode(table, &kept, done, data, true)?;
    } else {
        compact(table, &bad, data);
        keep_ids(&mut done, &bad);
        recode(table, &kept, done, data, false)?;
    }
    Ok(dropped)
}

/// Fails with the fault of the earliest row; of one row's faults, with the first column's.
fn first_fault(table: &Table<'_>, done: &mut [Done]) -> Result<(), Failure> {
    let mut first: Option<(u64, Box<Fault>)> = None;
    for job in done {
        if let Some((row, fault)) = job.bad.first.take() {
            let row = table.groups[job.group].first + row as u64;
            if first.as_ref().is_none_or(|(earliest, _)| row < *earliest) {
                first = Some((row, fault));
            }
        }
    }
    first.map_or(Ok(()), |(row, fault)| Err(Failure::Row(row, fault)))
}

/// The rows to drop of each group, ascending, and how many for which reason.
fn bad_rows(table: &Table<'_>, done: &[Done]) -> (Vec<Vec<usize>>, BTreeMap<DropReason, u64>) {
    let mut dropped = BTreeMap::new();
    let mut bad = vec![Vec::new(); table.groups.len()];
    for (group, bad) in bad.iter_mut().enumerate() {
        let mut rows: Vec<(usize, DropReason)> = Vec::new();
        for job in done.iter().filter(|job| job.group == group) {
            rows.extend(&job.bad.rows);
        }
        // Stable: of one row's faults the first column's is counted.
        rows.sort_by_key(|(row, _)| *row);
        rows.dedup_by_key(|(row, _)| *row);
        for (row, reason) in rows {
            bad.push(row);
            *dropped.entry(reason).or_default() += 1;
        }
    }
    (bad, dropped)
}

/// The dataset's rows of each group once the bad ones are gone.
fn kept_rows(table: &Table<'_>, bad: &[Vec<usize>]) -> Vec<Range<usize>> {
    let mut next = table.start;
    let kept = table.groups.iter().zip(bad).map(|(group, bad)| {
        let rows = next..next + group.rows - bad.len();
        next = rows.end;
        rows
    });
    kept.collect()
}

/// The runs of rows between the bad ones.
fn runs(rows: usize, bad: &[usize]) -> impl Iterator<Item = Range<usize>> {
    let starts = std::iter::once(0).chain(bad.iter().map(|row| row + 1));
    let ends = bad.iter().copied().chain(std::iter::once(rows));
    starts.zip(ends).map(|(start, end)| start..end).filter(|run| !run.is_empty())
}

/// Moves the good rows of every column together.
fn compact(table: &Table<'_>, bad: &[Vec<usize>], data: &mut Dataset) {
    compact_column(table, bad, artists_of(data, table.kind));
    if table.kind == TableKind::FanEvents {
        let t = &mut data.fan_events;
        compact_column(table, bad, &mut t.fan);
        compact_column(table, bad, &mut t.day);
        compact_column(table, bad, &mut t.kind);
        compact_column(table, bad, &mut t.count);
        compact_column(table, bad, &mut t.amount);
        compact_column(table, bad, &mut t.seconds);
        compact_column(table, bad, &mut t.currency);
    } else if table.kind == TableKind::Posts {
        let t = &mut data.posts;
        compact_column(table, bad, &mut t.platform);
        compact_column(table, bad, &mut t.at);
        for column in [&mut t.likes, &mut t.comments, &mut t.shares, &mut t.saves, &mut t.views] {
            compact_column(table, bad, column);
        }
    } else {
        let t = &mut data.observations;
        compact_column(table, bad, &mut t.component);
        compact_column(table, bad, &mut t.at);
        compact_column(table, bad, &mut t.value);
    }
}

/// The column of artists that the table fills.
fn artists_of(data: &mut Dataset, kind: TableKind) -> &mut Vec<u32> {
    match kind {
        TableKind::Posts => &mut data.posts.artist,
        TableKind::FanEvents => &mut data.fan_events.artist,
        _ => &mut data.observations.artist,
    }
}

fn compact_column<T: Copy>(table: &Table<'_>, bad: &[Vec<usize>], column: &mut Vec<T>) {
    if column.is_empty() {
        return;
    }
    let (mut from, mut to) = (table.start, table.start);
    for (group, bad) in table.groups.iter().zip(bad) {
        for run in runs(group.rows, bad) {
            column.copy_within(from + run.start..from + run.end, to);
            to += run.len();
        }
        from += group.rows;
    }
    column.truncate(to);
}

/// Takes the ids of the bad rows out.
fn keep_ids(done: &mut [Done], bad: &[Vec<usize>]) {
    for job in done {
        if let Learned::Ids(ids) = &mut job.learned {
            let bad = &bad[job.group];
            let mut kept = Strings::default();
            for run in runs(ids.len(), bad) {
                run.for_each(|row| {
                    kept.push(ids.get(row).unwrap_or_default());
                });
            }
            *ids = kept;
        }
    }
}

/// Turns each group's codes into the dataset's. `all` says that every name that a group learnt is used.
fn recode(table: &Table<'_>, kept: &[Range<usize>], done: Vec<Done>, data: &mut Dataset, all: bool) -> Result<(), Failure> {
    let whole = table.start..kept.last().map_or(table.start, |rows| rows.end);
    let too_many = |fault: Box<Fault>| Failure::Whole(Error::invalid(fault.message));
    // The columns are taken out, so that the dataset can give codes meanwhile.
    let mut artist = std::mem::take(artists_of(data, table.kind));
    let mut fan = std::mem::take(&mut data.fan_events.fan);
    let mut currency = std::mem::take(&mut data.fan_events.currency);
    let mut component = std::mem::take(&mut data.observations.component);
    let mut platform = std::mem::take(&mut data.posts.platform);
    let mut outcome = Ok(());
    for job in done {
        let rows = kept[job.group].clone();
        let recoded = match job.learned {
            Learned::Nothing => Ok(()),
            Learned::Artists(names) => relabel(&mut artist[rows], names.len(), all, |code| Ok(data.artists.intern(name(&names, code)))),
            Learned::Fans(names) => relabel(&mut fan[rows], names.len(), all, |code| Ok(data.fans.intern(name(&names, code)))),
            Learned::Currencies(names) => relabel(&mut currency[rows], names.len(), all, |code| match name(&names, code) {
                "" => Ok(FanEventTable::NO_CURRENCY),
                currency => currency_code(data, currency),
            }),
            Learned::Components(list) => {
                relabel(&mut component[rows], list.len(), all, |code| component_code(data, &list[code].platform, list[code].metric))
            }
            Learned::Platforms(names) => relabel(&mut platform[rows], names.len(), all, |code| platform_code(data, name(&names, code))),
            Learned::Ids(ids) => {
                data.posts.id.append(&ids);
                Ok(())
            }
        };
        outcome = outcome.and(recoded);
    }
    if !whole.is_empty() {
        if let Some(id) = table.artist {
            artist[whole.clone()].fill(data.artists.intern(id));
        }
        if let Some(name) = table.platform {
            platform[whole].fill(platform_code(data, name).map_err(too_many)?);
        }
    }
    *artists_of(data, table.kind) = artist;
    data.fan_events.fan = fan;
    data.fan_events.currency = currency;
    data.observations.component = component;
    data.posts.platform = platform;
    outcome.map_err(too_many)
}

/// The name that a group's code stands for.
fn name(names: &Names, code: usize) -> &str {
    u32::try_from(code).ok().and_then(|c| names.get(c)).unwrap_or_default()
}

/// Rows recoded at a time by one thread.
const RECODED: usize = 1 << 16;

/// Replaces a group's codes by the dataset's, which `new` gives for each code in the order of first sight.
fn relabel<C: Code>(
    column: &mut [C],
    known: usize,
    all: bool,
    mut new: impl FnMut(usize) -> Result<C, Box<Fault>>,
) -> Result<(), Box<Fault>> {
    let mut codes: Vec<Option<C>> = vec![None; known];
    if all {
        for (old, code) in codes.iter_mut().enumerate() {
            *code = Some(new(old)?);
        }
    } else {
        // Names that stood in dropped rows only get no code.
        for old in column.iter() {
            let slot = &mut codes[old.position()];
            if slot.is_none() {
                *slot = Some(new(old.position())?);
            }
        }
    }
    let codes: Vec<C> = codes.into_iter().map(Option::unwrap_or_default).collect();
    if codes.iter().enumerate().any(|(old, new)| old != new.position()) {
        column.par_chunks_mut(RECODED).for_each(|part| {
            for code in part {
                *code = codes[code.position()];
            }
        });
    }
    Ok(())
}
