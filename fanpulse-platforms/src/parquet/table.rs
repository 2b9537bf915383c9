//! Tables with one dataset row per file row: every column chunk is a job of its own.

use fanpulse_core::ingest::{Component, Dataset, FanEventTable, Names, Strings};
use rayon::prelude::*;

use super::chunk::{Bad, Chunk, Group};
use super::merge::{self, Table};
use super::names::{self, ComponentChunk, PlatformChunk};
use super::numbers;
use super::{Failure, Source};
use crate::fan_event::{AMOUNT, Bound, SECONDS};
use crate::layout::{Body, Layout, Origin};
use crate::report::Read;
use crate::row_map::RowMap;
use crate::{Error, FileReport, Format};

/// A column chunk and where its rows go.
struct Job<'a> {
    chunk: Chunk<'a>,
    work: Work<'a>,
}

enum Work<'a> {
    Artists(&'a mut [u32]),
    Components(ComponentChunk<'a>, &'a mut [u16]),
    Platforms(&'a mut [u16]),
    Times(&'a mut [i64]),
    Values(&'a mut [f64]),
    Counts(&'a mut [f64]),
    Ids,
    Fans(&'a mut [u32]),
    Days(&'a mut [i32]),
    Kinds(&'a mut [u8]),
    EventCounts(&'a mut [u32]),
    Bounded(&'a mut [f64], Bound),
    Currencies(&'a mut [u16]),
}

/// What a job found out beside the codes and numbers that it wrote.
pub(super) struct Done {
    /// Position among the row groups.
    pub(super) group: usize,
    pub(super) learned: Learned,
    pub(super) bad: Bad,
}

pub(super) enum Learned {
    Nothing,
    Artists(Names),
    Components(Vec<Component>),
    Platforms(Names),
    Ids(Strings),
    Fans(Names),
    /// The first name, which is empty, stands for none.
    Currencies(Names),
}

pub(super) fn read(
    source: &Source<'_>,
    groups: &[Group],
    layout: Layout,
    lenient: bool,
    data: &mut Dataset,
) -> Result<FileReport, Failure> {
    let rows: usize = groups.iter().map(|g| g.rows).sum();
    let start = layout.kind.rows_of(data);
    grow(source, data, &layout, rows)?;
    let jobs = jobs(source, groups, &layout, data, start);
    let done: Vec<Result<Done, Failure>> = jobs
        .into_par_iter()
        .map(|job| {
            let (group, column) = (job.chunk.group.index, job.chunk.column);
            let done = job.run(lenient);
            source.meter.add(chunk_bytes(source, group, column));
            done
        })
        .collect();
    let mut row_map = RowMap::starting_at(start);
    let table = Table { kind: layout.kind, groups, start, artist: layout.fixed_artist(), platform: fixed_platform(&layout) };
    let dropped = merge::merge(&table, done, data, &mut row_map)?;
    let read = Read { name: source.name, format: Format::Parquet, compression: None, layout: &layout, rows: rows as u64 };
    Ok(FileReport::new(read, dropped, row_map))
}

/// The platform of all posts, where no column says it.
fn fixed_platform(layout: &Layout) -> Option<&str> {
    match &layout.body {
        Body::Post { platform: Origin::Constant(name), .. } => Some(name),
        _ => None,
    }
}

/// The size of a column chunk in the file.
fn chunk_bytes(source: &Source<'_>, group: usize, column: usize) -> u64 {
    let metadata = source.metadata.metadata();
    let leaves = metadata.row_group(group).columns().iter();
    let root = |leaf: usize| metadata.file_metadata().schema_descr().get_column_root_idx(leaf);
    leaves.enumerate().filter(|(leaf, _)| root(*leaf) == column).map(|(_, c)| u64::try_from(c.compressed_size()).unwrap_or(0)).sum()
}

/// Makes room for the rows that the file says it has.
fn grow(source: &Source<'_>, data: &mut Dataset, layout: &Layout, rows: usize) -> Result<(), Failure> {
    let too_many = || Failure::Whole(Error::invalid(format!("{}: it claims {rows} rows, which do not fit the memory", source.name)));
    if let Body::FanEvent(columns) = &layout.body {
        let t = &mut data.fan_events;
        let start = t.len();
        extend(&mut t.artist, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.fan, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.day, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.kind, rows, 0).ok_or_else(too_many)?;
        extend_used(&mut t.count, columns.count, start, rows, 1).ok_or_else(too_many)?;
        extend_used(&mut t.amount, columns.amount, start, rows, f64::NAN).ok_or_else(too_many)?;
        extend_used(&mut t.seconds, columns.seconds, start, rows, f64::NAN).ok_or_else(too_many)?;
        extend_used(&mut t.currency, columns.currency, start, rows, FanEventTable::NO_CURRENCY).ok_or_else(too_many)?;
    } else if let Body::Post { counts, .. } = &layout.body {
        let t = &mut data.posts;
        extend(&mut t.artist, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.platform, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.at, rows, 0).ok_or_else(too_many)?;
        let columns = [&mut t.likes, &mut t.comments, &mut t.shares, &mut t.saves, &mut t.views];
        for (column, found) in columns.into_iter().zip(counts) {
            extend(column, rows, if found.is_some() { 0.0 } else { f64::NAN }).ok_or_else(too_many)?;
        }
    } else {
        let t = &mut data.observations;
        extend(&mut t.artist, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.component, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.at, rows, 0).ok_or_else(too_many)?;
        extend(&mut t.value, rows, 0.0).ok_or_else(too_many)?;
    }
    Ok(())
}

/// Appends `rows` times `fill`; `None` where the memory does not hold them.
fn extend<T: Clone>(column: &mut Vec<T>, rows: usize, fill: T) -> Option<()> {
    column.try_reserve_exact(rows).ok()?;
    if column.is_empty() {
        // Zeros that the system gives when they are first touched, which the jobs do in parallel.
        *column = vec![fill; rows];
    } else {
        column.resize(column.len() + rows, fill);
    }
    Some(())
}

/// Appends `rows` times `usual` to a column that is empty as long as no row has another value, where one may come.
fn extend_used<T: Clone>(column: &mut Vec<T>, found: Option<usize>, start: usize, rows: usize, usual: T) -> Option<()> {
    if found.is_none() && column.is_empty() {
        return Some(());
    }
    column.try_reserve_exact(start + rows - column.len()).ok()?;
    column.resize(start + rows, usual);
    Some(())
}

/// The jobs, the larger columns of each group first.
fn jobs<'a>(source: &'a Source<'a>, groups: &[Group], layout: &'a Layout, data: &'a mut Dataset, start: usize) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    let chunk = |group: &Group, column: usize| Chunk { source, group: *group, column, name: &layout.names[column] };
    let mut add = |column: usize, works: Vec<Work<'a>>| {
        jobs.extend(groups.iter().zip(works).map(|(group, work)| Job { chunk: chunk(group, column), work }));
    };
    match &layout.body {
        Body::Long { platform, metric, value } => {
            let t = &mut data.observations;
            if let Origin::Column(artist) = layout.artist {
                add(artist, parts(&mut t.artist[start..], groups).map(Work::Artists).collect());
            }
            let component = |group: &Group| ComponentChunk {
                metric: chunk(group, *metric),
                platform: match platform {
                    Origin::Column(i) => PlatformChunk::Column(chunk(group, *i)),
                    Origin::Constant(name) => PlatformChunk::Constant(name),
                },
            };
            let codes = parts(&mut t.component[start..], groups);
            add(*metric, groups.iter().zip(codes).map(|(g, out)| Work::Components(component(g), out)).collect());
            add(layout.time, parts(&mut t.at[start..], groups).map(Work::Times).collect());
            add(*value, parts(&mut t.value[start..], groups).map(Work::Values).collect());
        }
        Body::Post { platform, id, counts } => {
            let t = &mut data.posts;
            if let Origin::Column(artist) = layout.artist {
                add(artist, parts(&mut t.artist[start..], groups).map(Work::Artists).collect());
            }
            if let Origin::Column(platform) = platform {
                add(*platform, parts(&mut t.platform[start..], groups).map(Work::Platforms).collect());
            }
            add(*id, groups.iter().map(|_| Work::Ids).collect());
            add(layout.time, parts(&mut t.at[start..], groups).map(Work::Times).collect());
            let columns = [&mut t.likes, &mut t.comments, &mut t.shares, &mut t.saves, &mut t.views];
            for (out, column) in columns.into_iter().zip(counts) {
                if let Some(column) = column {
                    add(*column, parts(&mut out[start..], groups).map(Work::Counts).collect());
                }
            }
        }
        Body::FanEvent(columns) => {
            let t = &mut data.fan_events;
            // The largest first: fans are many, and each name has to be looked up.
            add(columns.fan, parts(&mut t.fan[start..], groups).map(Work::Fans).collect());
            if let Origin::Column(artist) = layout.artist {
                add(artist, parts(&mut t.artist[start..], groups).map(Work::Artists).collect());
            }
            add(layout.time, parts(&mut t.day[start..], groups).map(Work::Days).collect());
            add(columns.kind, parts(&mut t.kind[start..], groups).map(Work::Kinds).collect());
            if let Some(column) = columns.count {
                add(column, parts(&mut t.count[start..], groups).map(Work::EventCounts).collect());
            }
            for (out, column, bound) in [(&mut t.amount, columns.amount, AMOUNT), (&mut t.seconds, columns.seconds, SECONDS)] {
                if let Some(column) = column {
                    add(column, parts(&mut out[start..], groups).map(|part| Work::Bounded(part, bound)).collect());
                }
            }
            if let Some(column) = columns.currency {
                add(column, parts(&mut t.currency[start..], groups).map(Work::Currencies).collect());
            }
        }
        Body::Wide { .. } | Body::Song { .. } => {}
    }
    jobs
}

/// The column's part of each group.
fn parts<'a, T>(column: &'a mut [T], groups: &[Group]) -> impl Iterator<Item = &'a mut [T]> {
    let mut rest = column;
    groups.iter().map(move |group| rest.split_off_mut(..group.rows).unwrap_or_default())
}

impl Job<'_> {
    fn run(self, lenient: bool) -> Result<Done, Failure> {
        let mut bad = Bad::new(lenient);
        let learned = match self.work {
            Work::Artists(out) => Learned::Artists(names::names(self.chunk, out, &mut bad)?),
            Work::Platforms(out) => Learned::Platforms(names::names(self.chunk, out, &mut bad)?),
            Work::Components(chunk, out) => Learned::Components(names::components(chunk, out, &mut bad)?),
            Work::Ids => Learned::Ids(names::ids(self.chunk, &mut bad)?),
            Work::Fans(out) => Learned::Fans(names::names(self.chunk, out, &mut bad)?),
            Work::Currencies(out) => Learned::Currencies(names::currencies(self.chunk, out, &mut bad)?),
            Work::Kinds(out) => names::kinds(self.chunk, out, &mut bad).map(|()| Learned::Nothing)?,
            Work::Days(out) => numbers::days(self.chunk, out, &mut bad).map(|()| Learned::Nothing)?,
            Work::EventCounts(out) => numbers::event_counts(self.chunk, out, &mut bad).map(|()| Learned::Nothing)?,
            Work::Bounded(out, bound) => numbers::bounded(self.chunk, out, bound, &mut bad).map(|()| Learned::Nothing)?,
            Work::Times(out) => numbers::times(self.chunk, out, &mut bad).map(|()| Learned::Nothing)?,
            Work::Values(out) => numbers::values(self.chunk, out, &mut bad).map(|()| Learned::Nothing)?,
            Work::Counts(out) => numbers::counts(self.chunk, out, &mut bad).map(|()| Learned::Nothing)?,
        };
        Ok(Done { group: self.chunk.group.index, learned, bad })
    }
}
