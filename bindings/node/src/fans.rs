//! Fans: who the best are, who is leaving.

use std::borrow::Cow;
use std::sync::Arc;

use fanpulse_core::fans::{FanRow, FanScore, FanSegment, FanTable, Tier};
use fanpulse_core::ingest::{CurrencyColumn, Dataset, FanEventColumns, FanEventKind, FanEventTable, Names};
use fanpulse_core::report::{FanReport, Superfans};
use fanpulse_core::{Day, Engine, Error};
use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint32Array};
use napi_derive::napi;
use serde::Serialize;

use crate::arrow_rows;
use crate::columns::Codes;
use crate::error::{Failure, Outcome};
use crate::pack::{Pack, packs};
use crate::score::Form;
use crate::table::{Column, NamedColumn, Table};
use crate::text::Text;
use crate::times::TimeColumn;

pub(crate) const FAN_EVENTS: &str = "fanEvents";

/// Fan events in columns.
#[napi(object, object_to_js = false)]
pub struct FanColumns {
    /// Whose.
    pub artist: Codes,
    /// What the codes of `fan` stand for.
    pub fans: Text,
    /// Who.
    pub fan: Codes,
    /// When.
    pub time: TimeColumn,
    /// What the codes of `kind` stand for.
    pub kinds: Vec<String>,
    /// What.
    pub kind: Codes,
    /// How many events a row stands for.
    pub count: Option<Uint32Array>,
    /// What was paid for the row; NaN = nothing was sold.
    pub amount: Option<Float64Array>,
    /// How long the row's streams lasted, seconds; NaN = unknown.
    pub seconds: Option<Float64Array>,
    /// What the codes of `currency` stand for; an empty text is none that is known.
    pub currencies: Vec<String>,
    /// The amounts' currency.
    pub currency: Option<Codes>,
}

/// All that a call needs.
#[napi(object, object_to_js = false)]
pub struct FanInput {
    /// What the codes of the artists stand for.
    pub artists: Option<Text>,
    /// Events in columns.
    pub columns: Option<FanColumns>,
    /// Events as Arrow IPC.
    pub arrow: Option<Uint8Array>,
    /// The last day that counts.
    pub as_of: String,
    /// The form of the results.
    pub form: Form,
}

/// What a call gives.
#[napi(object, object_from_js = false)]
pub struct FanOutput {
    /// One object per artist.
    pub artists: Vec<Pack>,
    /// One object per artist and fan.
    pub packs: Vec<Pack>,
    /// One row per artist and fan.
    pub columns: Vec<NamedColumn>,
    /// One row per artist and fan, as an Arrow IPC stream.
    pub arrow: Option<Uint8Array>,
    /// Rows of events after the last day that counts.
    pub later_events: f64,
}

/// Fan events that the engine can borrow, and the fans' names.
#[derive(Default)]
pub(crate) struct EventsRead<'a> {
    pub(crate) fans: Names,
    pub(crate) artist: Cow<'a, [u32]>,
    pub(crate) fan: Cow<'a, [u32]>,
    pub(crate) day: Cow<'a, [i32]>,
    pub(crate) kind: Vec<u8>,
    pub(crate) count: Option<Cow<'a, [u32]>>,
    pub(crate) amount: Option<Cow<'a, [f64]>>,
    pub(crate) seconds: Option<Cow<'a, [f64]>>,
    pub(crate) currency: Option<(Vec<String>, Vec<u16>)>,
}

impl FanColumns {
    /// Events among `artists` artists.
    pub(crate) fn read(&self, artists: usize) -> Outcome<EventsRead<'_>> {
        let (artist, fan) = (self.artist.wide(), self.fan.wide());
        below(&artist, artists, "artistId")?;
        below(&fan, self.fans.len(), "fanId")?;
        let kinds: Vec<u8> = self
            .kinds
            .iter()
            .map(|k| kind(k))
            .collect::<Result<_, _>>()
            .map_err(|e| Failure::of(FAN_EVENTS, None, "kind", e.message(), None))?;
        let codes = self.kind.wide();
        below(&codes, kinds.len(), "kind")?;
        let time = self.time.read(FAN_EVENTS, if self.time.days.is_some() { "day" } else { "occurredAt" })?;
        Ok(EventsRead {
            fans: names(&self.fans, "fanId")?,
            artist,
            fan,
            day: time.into_days(),
            kind: codes.iter().map(|&k| kinds[k as usize]).collect(),
            count: self.count.as_deref().map(Cow::Borrowed),
            amount: self.amount.as_deref().map(Cow::Borrowed),
            seconds: self.seconds.as_deref().map(Cow::Borrowed),
            currency: self.currency.as_ref().map(|codes| self.currencies(codes)).transpose()?,
        })
    }

    fn currencies(&self, codes: &Codes) -> Outcome<(Vec<String>, Vec<u16>)> {
        let mut known = Currencies::default();
        let each: Vec<u16> = self.currencies.iter().map(|name| known.code(name)).collect::<Result<_, _>>()?;
        let all = codes.wide();
        below(&all, each.len(), "currency")?;
        Ok((known.0.currencies, all.iter().map(|&code| each[code as usize]).collect()))
    }
}

/// The currencies of amounts.
#[derive(Default)]
pub(crate) struct Currencies(pub(crate) Dataset);

impl Currencies {
    /// The code of a currency; an empty text is none that is known.
    pub(crate) fn code(&mut self, name: &str) -> Result<u16, Error> {
        if name.is_empty() { Ok(FanEventTable::NO_CURRENCY) } else { self.0.currency_code(name) }
    }
}

impl EventsRead<'_> {
    pub(crate) fn columns(&self) -> FanEventColumns<'_> {
        FanEventColumns {
            artist: &self.artist,
            fan: &self.fan,
            day: &self.day,
            kind: &self.kind,
            count: self.count.as_deref(),
            amount: self.amount.as_deref(),
            seconds: self.seconds.as_deref(),
            currency: self.currency.as_ref().map(|(names, code)| CurrencyColumn { names, code }),
        }
    }

    /// The fans, not yet judged.
    pub(crate) fn table(&self, engine: &Engine, as_of: Day) -> Outcome<FanTable> {
        let columns = self.columns();
        FanTable::from_events(&columns, as_of, &engine.settings().fans).map_err(|e| named(e, &columns))
    }

    /// What there is to say of the fans.
    pub(crate) fn report(&self, engine: &Engine, as_of: Day) -> Outcome<FanReport> {
        let columns = self.columns();
        FanReport::of_events(&columns, as_of, &engine.settings().fans).map_err(|e| named(e, &columns))
    }
}

pub(crate) fn run(engine: &Engine, input: &FanInput, stopped: &dyn Fn() -> Outcome<()>) -> Outcome<FanOutput> {
    let as_of: Day = input.as_of.parse().map_err(|e: Error| Error::invalid(format!("asOf: {}", e.message())))?;
    let (artists, events) = read(input)?;
    stopped()?;
    let report = events.report(engine, as_of)?;
    stopped()?;
    Found { artists: &artists, fans: &events.fans, report: &report }.output(input.form)
}

/// The events that were given, and the artists' names.
pub(crate) fn read(input: &FanInput) -> Outcome<(Names, EventsRead<'_>)> {
    let mut artists = input.artists.as_ref().map_or_else(|| Ok(Names::default()), |texts| names(texts, "artistId"))?;
    let events = match (&input.columns, &input.arrow) {
        (_, Some(bytes)) => arrow_rows::fan_events(bytes, &mut artists)?,
        (Some(columns), None) => columns.read(artists.len())?,
        (None, None) => EventsRead::default(),
    };
    Ok((artists, events))
}

/// The code of an event's kind.
pub(crate) fn kind(name: &str) -> Result<u8, Error> {
    name.parse::<FanEventKind>().map(FanEventKind::code)
}

fn names(texts: &Text, column: &str) -> Outcome<Names> {
    let mut names = Names::default();
    for i in 0..texts.len() {
        let name = texts.get(i).unwrap_or_default();
        if names.intern(name) as usize != i {
            return Err(Failure::of(FAN_EVENTS, None, column, &format!("`{name}` stands twice among the names"), Some(name.to_owned())));
        }
    }
    Ok(names)
}

fn below(codes: &[u32], names: usize, column: &str) -> Outcome<()> {
    match codes.iter().position(|&code| code as usize >= names) {
        None => Ok(()),
        Some(row) => {
            let reason = Error::invalid(format!("code {} is not below the {names} names", codes[row]));
            Err(Failure::at(FAN_EVENTS, row, column, codes[row], &reason))
        }
    }
}

/// The column and the value that an error of the engine about fan events means.
fn named(e: Error, c: &FanEventColumns<'_>) -> Failure {
    let bad = |column: Option<&[f64]>, most: f64| column.and_then(|c| c.iter().position(|x| !(x.is_nan() || (0.0..=most).contains(x))));
    let found = [("amount", c.amount, 1e12), ("seconds", c.seconds, 1e9)];
    let found =
        found.into_iter().find_map(|(name, column, most)| bad(column, most).map(|row| (name, row, column.map_or(f64::NAN, |c| c[row]))));
    match found {
        Some((column, row, value)) => Failure::of(FAN_EVENTS, Some(row), column, e.message(), Some(value.to_string())),
        None => match c.day.iter().position(|&day| Day::try_new(day).is_err()) {
            Some(row) => Failure::at(FAN_EVENTS, row, "day", c.day[row], &e),
            None => e.into(),
        },
    }
}

/// What was found, and whom the numbers stand for.
struct Found<'a> {
    artists: &'a Names,
    fans: &'a Names,
    report: &'a FanReport,
}

#[derive(Serialize)]
struct Fan<'a> {
    artist_id: &'a str,
    fan_id: &'a str,
    #[serde(flatten)]
    score: &'a FanScore,
}

/// An artist's fans as a whole.
#[derive(Serialize)]
struct ArtistFans<'a> {
    artist_id: &'a str,
    #[serde(flatten)]
    superfans: Option<Superfans>,
}

impl Found<'_> {
    fn output(&self, form: Form) -> Outcome<FanOutput> {
        let table = self.report.table();
        let artists = packs(table.artists().len(), |i| self.artist(table.artists()[i].artist))?;
        #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
        let later_events = table.later_events() as f64;
        let mut out = FanOutput { artists, packs: Vec::new(), columns: Vec::new(), arrow: None, later_events };
        match form {
            Form::Columns => out.columns = self.columns().into_columns(),
            Form::Arrow => out.arrow = Some(self.columns().into_arrow()?.into()),
            Form::Objects | Form::Words => out.packs = packs(table.len(), |i| self.fan(i))?,
        }
        Ok(out)
    }

    fn fan(&self, i: usize) -> Fan<'_> {
        let row = &self.report.table().rows()[i];
        Fan {
            artist_id: self.artists.get(row.artist).unwrap_or_default(),
            fan_id: self.fans.get(row.fan).unwrap_or_default(),
            score: &self.report.scores().fans[i],
        }
    }

    fn artist(&self, artist: u32) -> ArtistFans<'_> {
        ArtistFans {
            artist_id: self.artists.get(artist).unwrap_or_default(),
            superfans: self.report.superfans(artist as usize, self.fans).ok(),
        }
    }

    fn columns(&self) -> Table {
        let names = |names: &Names| -> Arc<[String]> { names.iter().map(str::to_owned).collect() };
        let (rows, fans) = (self.report.table().rows(), &self.report.scores().fans);
        let counts = |of: &dyn Fn(&FanRow) -> u32| Column::Counts(rows.iter().map(of).collect());
        let days = |of: &dyn Fn(&FanRow) -> Day| Column::Days(rows.iter().map(|row| of(row).days()).collect());
        let figures = |of: &dyn Fn(&FanScore) -> f64| Column::Figures(fans.iter().map(of).collect());
        let expected = |of: &dyn Fn(&fanpulse_core::fans::FanForecast) -> Option<f64>| {
            Column::Figures(fans.iter().map(|f| f.forecast.as_ref().and_then(of).unwrap_or(f64::NAN)).collect())
        };
        let tier = fans.iter().map(|f| f.tier as u8).collect();
        let segment = fans.iter().map(|f| f.segment as u8).collect();
        Table(vec![
            ("artist_id", Column::Codes(rows.iter().map(|row| row.artist).collect(), names(self.artists))),
            ("fan_id", Column::Codes(rows.iter().map(|row| row.fan).collect(), names(self.fans))),
            ("tier", Column::Labels(tier, Tier::ALL.iter().map(|t| t.as_str().to_owned()).collect())),
            ("segment", Column::Labels(segment, FanSegment::ALL.iter().map(|s| s.as_str().to_owned()).collect())),
            ("engagement", figures(&|f| f.engagement)),
            ("engagement_at_last", figures(&|f| f.engagement_at_last)),
            ("value", figures(&|f| f.value)),
            ("hours_percentile", figures(&|f| f.hours_percentile)),
            ("p_alive", expected(&|f| Some(f.p_alive))),
            ("active_days_short", expected(&|f| Some(f.active_days[0]))),
            ("active_days_long", expected(&|f| Some(f.active_days[1]))),
            ("expected_value", expected(&|f| f.value)),
            ("value_lost", expected(&|f| f.value_lost)),
            ("first_day", days(&|row| row.first_day)),
            ("last_day", days(&|row| row.last_day)),
            ("active_days", counts(&|row| row.active_days)),
            ("paid_days", counts(&|row| row.paid_days)),
            ("spend", Column::Figures(rows.iter().map(|row| row.spend).collect())),
        ])
    }
}
