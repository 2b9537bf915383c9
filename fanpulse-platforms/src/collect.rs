//! From rows of any format to the columns of a dataset.

use fanpulse_core::ingest::{Dataset, FanEventRow};
use fanpulse_core::time::MICROS_PER_DAY;

use crate::cell::{Row, count, name, time, value};
use crate::codes::{ArtistCodes, ComponentCodes, PairColumns, PlatformCodes, component_code};
use crate::fan_event::FanEventCodes;
use crate::fault::{Fault, Tally};
use crate::layout::{Body, Layout, Origin, WideValue};
use crate::report::Read;
use crate::row_map::RowMap;
use crate::song::Song;
use crate::{Compression, FileReport, Format};

/// Reads rows by a layout and appends what they say to a dataset.
pub(crate) struct Collector<'d> {
    layout: Layout,
    data: &'d mut Dataset,
    tally: Tally,
    row_map: RowMap,
    rows: u64,
    codes: Codes,
}

/// What the rows so far have taught.
#[derive(Default)]
struct Codes {
    artists: ArtistCodes,
    components: ComponentCodes,
    platforms: PlatformCodes,
    events: FanEventCodes,
    /// The components of wide columns, once one was seen.
    wide: Vec<Option<u16>>,
    song: Song,
}

impl<'d> Collector<'d> {
    pub(crate) fn new(layout: Layout, data: &'d mut Dataset, lenient: bool) -> Self {
        let start = layout.kind.rows_of(data);
        let mut codes = Codes::default();
        match &layout.body {
            Body::Wide { values, .. } => codes.wide = vec![None; values.len()],
            Body::Song { title, .. } => codes.song = Song::new(title),
            Body::Long { .. } | Body::Post { .. } | Body::FanEvent(_) => {}
        }
        Self { layout, data, tally: Tally::new(lenient), row_map: RowMap::starting_at(start), rows: 0, codes }
    }

    /// Appends what a row says; `origin` is its number in the file.
    ///
    /// # Errors
    /// The row's first fault, in a strict read.
    #[inline]
    pub(crate) fn push<R: Row>(&mut self, row: &R, origin: u64) -> Result<(), Box<Fault>> {
        self.rows += 1;
        let appended = match &self.layout.body {
            Body::Long { .. } => self.long(row),
            Body::Wide { .. } => self.wide(row),
            Body::Song { .. } => self.song(row, origin),
            Body::Post { .. } => self.post(row),
            Body::FanEvent(_) => self.fan_event(row),
        };
        let count = match appended {
            Ok(count) => count,
            Err(fault) => return self.tally.meet(fault),
        };
        self.row_map.push(origin, count);
        Ok(())
    }

    /// Counts a row that could not even be split into cells.
    pub(crate) fn refuse(&mut self, fault: Box<Fault>) -> Result<(), Box<Fault>> {
        self.rows += 1;
        self.tally.meet(fault)
    }

    #[inline]
    fn long<R: Row>(&mut self, row: &R) -> Result<usize, Box<Fault>> {
        let Self { layout: Layout { names, artist, time: at, body, .. }, data, codes, .. } = self;
        let Body::Long { platform, metric, value: v } = body else { return Ok(0) };
        let (artist_name, artist_column) = text(row, artist, names)?;
        let (platform_name, platform_column) = text(row, platform, names)?;
        let metric_name = name(row.cell(*metric), &names[*metric])?;
        let micros = time(row.cell(*at), &names[*at])?;
        let number = value(row.cell(*v), &names[*v])?.ok_or_else(|| Fault::missing(&names[*v]))?;
        let columns = PairColumns { platform: platform_column, metric: &names[*metric] };
        let component = codes.components.code(data, platform_name, metric_name, columns)?;
        let artist = codes.artists.code(data, artist_name, artist_column)?;
        append(data, artist, component, micros, number);
        Ok(1)
    }

    fn wide<R: Row>(&mut self, row: &R) -> Result<usize, Box<Fault>> {
        let Self { layout: Layout { names, artist, time: at, body, .. }, data, codes, tally, .. } = self;
        let Body::Wide { platform, values } = body else { return Ok(0) };
        let (artist_name, artist_column) = text(row, artist, names)?;
        let micros = time(row.cell(*at), &names[*at])?;
        let mut appended = 0;
        for (i, wide) in values.iter().enumerate() {
            let column = &names[wide.column];
            let number = match value(row.cell(wide.column), column) {
                Ok(Some(number)) => number,
                Ok(None) => continue,
                Err(fault) => {
                    tally.meet(fault)?;
                    continue;
                }
            };
            let component = match codes.wide[i] {
                Some(code) => code,
                None => match wide_component(row, names, *platform, wide, data, codes, i) {
                    Ok(code) => code,
                    Err(fault) => {
                        tally.meet(fault)?;
                        continue;
                    }
                },
            };
            let artist = codes.artists.code(data, artist_name, artist_column)?;
            append(data, artist, component, micros, number);
            appended += 1;
        }
        Ok(appended)
    }

    fn song<R: Row>(&mut self, row: &R, origin: u64) -> Result<usize, Box<Fault>> {
        let Self { layout: Layout { names, artist, time: at, body, .. }, data, codes, tally, .. } = self;
        let Body::Song { value: v, .. } = body else { return Ok(0) };
        let (artist_name, artist_column) = text(row, artist, names)?;
        let day = time(row.cell(*at), &names[*at])?.div_euclid(MICROS_PER_DAY);
        let Some(number) = value(row.cell(*v), &names[*v])? else { return Ok(0) };
        if codes.song.repeats(day, number, origin, &names[*at])? {
            tally.count(crate::DropReason::Repeated, 1);
            return Ok(0);
        }
        let component = component_code(data, "spotify", fanpulse_core::ingest::Metric::Streams)?;
        let artist = codes.artists.code(data, artist_name, artist_column)?;
        append(data, artist, component, codes.song.instant(day), number);
        Ok(1)
    }

    #[inline]
    fn post<R: Row>(&mut self, row: &R) -> Result<usize, Box<Fault>> {
        let Self { layout: Layout { names, artist, time: at, body, .. }, data, codes, .. } = self;
        let Body::Post { platform, id, counts } = body else { return Ok(0) };
        let (artist_name, artist_column) = text(row, artist, names)?;
        let (platform_name, platform_column) = text(row, platform, names)?;
        let id = crate::cell::utf8(name(row.cell(*id), &names[*id])?, &names[*id])?;
        let micros = time(row.cell(*at), &names[*at])?;
        let mut numbers = [f64::NAN; 5];
        for (number, column) in numbers.iter_mut().zip(counts) {
            if let Some(column) = column {
                *number = count(row.cell(*column), &names[*column])?;
            }
        }
        let platform = codes.platforms.code(data, platform_name, platform_column)?;
        let artist = codes.artists.code(data, artist_name, artist_column)?;
        let t = &mut data.posts;
        t.artist.push(artist);
        t.platform.push(platform);
        t.id.push(id);
        t.at.push(micros);
        let columns = [&mut t.likes, &mut t.comments, &mut t.shares, &mut t.saves, &mut t.views];
        for (column, number) in columns.into_iter().zip(numbers) {
            column.push(number);
        }
        Ok(1)
    }

    #[inline]
    fn fan_event<R: Row>(&mut self, row: &R) -> Result<usize, Box<Fault>> {
        let Self { layout: Layout { names, artist, time: at, body, .. }, data, codes, .. } = self;
        let Body::FanEvent(columns) = body else { return Ok(0) };
        let (artist_name, artist_column) = text(row, artist, names)?;
        let event = codes.events.read(data, row, names, columns, *at)?;
        let artist = codes.artists.code(data, artist_name, artist_column)?;
        data.fan_events.push(FanEventRow { artist, ..event });
        Ok(1)
    }

    /// What came of it.
    pub(crate) fn report(self, name: &str, format: Format, compression: Option<Compression>) -> FileReport {
        FileReport::new(Read { name, format, compression, layout: &self.layout, rows: self.rows }, self.tally.dropped, self.row_map)
    }

    /// How many rows there were.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }
}

/// The row's text, and the column to name where it is not UTF-8.
#[inline]
fn text<'a, R: Row>(row: &'a R, origin: &'a Origin, names: &'a [String]) -> Result<(&'a [u8], &'a str), Box<Fault>> {
    match origin {
        Origin::Column(i) => Ok((name(row.cell(*i), &names[*i])?, &names[*i])),
        Origin::Constant(text) => Ok((text.as_bytes(), "")),
    }
}

/// The component of a filled cell of a wide table.
fn wide_component<R: Row>(
    row: &R,
    names: &[String],
    platform: Option<usize>,
    wide: &WideValue,
    data: &mut Dataset,
    codes: &mut Codes,
    i: usize,
) -> Result<u16, Box<Fault>> {
    match (&wide.platform, platform) {
        (None, Some(column)) => {
            let platform = name(row.cell(column), &names[column])?;
            let columns = PairColumns { platform: &names[column], metric: &names[wide.column] };
            codes.components.code(data, platform, wide.metric.as_str().as_bytes(), columns)
        }
        (fixed, _) => {
            let code = component_code(data, fixed.as_deref().unwrap_or_default(), wide.metric)?;
            codes.wide[i] = Some(code);
            Ok(code)
        }
    }
}

#[inline]
fn append(data: &mut Dataset, artist: u32, component: u16, micros: i64, value: f64) {
    let t = &mut data.observations;
    t.artist.push(artist);
    t.component.push(component);
    t.at.push(micros);
    t.value.push(value);
}
