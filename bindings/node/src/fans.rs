//! Fans: who the best are, who is leaving.

use std::collections::BTreeMap;
use std::sync::Arc;

use fanpulse_core::fans::{
    ArtistForecast, EngagementTiers, FanEventColumns, FanEventKind, FanInsights, FanRow, FanScore, FanScores, FanSegment, FanTable,
    FitSource, MonthlyGrowth, Tier, ValueSpread, ValueUnit, insights,
};
use fanpulse_core::ingest::Names;
use fanpulse_core::{Day, Engine, Error};
use napi::bindgen_prelude::{Float64Array, Uint8Array, Uint32Array};
use napi_derive::napi;
use serde::Serialize;

use crate::arrow_rows;
use crate::columns::{Codes, TimeColumn};
use crate::error::{Failure, Outcome};
use crate::pack::{Pack, packs};
use crate::score::Form;
use crate::table::{Column, NamedColumn, Table};
use crate::text::Text;

pub(crate) const FAN_EVENTS: &str = "fanEvents";

/// Fan events in columns.
#[napi(object, object_to_js = false)]
pub struct FanColumns {
    /// What the codes of `artist` stand for.
    pub artists: Text,
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
}

/// All that a call needs.
#[napi(object, object_to_js = false)]
pub struct FanInput {
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

/// Fan events with the names of artists and fans, owned where they had to be read.
#[derive(Default)]
pub(crate) struct Events {
    pub(crate) artists: Names,
    pub(crate) fans: Names,
    pub(crate) artist: Vec<u32>,
    pub(crate) fan: Vec<u32>,
    pub(crate) day: Vec<i32>,
    pub(crate) kind: Vec<u8>,
    pub(crate) count: Option<Vec<u32>>,
    pub(crate) amount: Option<Vec<f64>>,
    pub(crate) seconds: Option<Vec<f64>>,
}

pub(crate) fn run(engine: &Engine, input: &FanInput, stopped: &dyn Fn() -> Outcome<()>) -> Outcome<FanOutput> {
    let as_of: Day = input.as_of.parse().map_err(|e: Error| Error::invalid(format!("asOf: {}", e.message())))?;
    let settings = &engine.settings().fans;
    let score = |names: &Events, columns: &FanEventColumns<'_>| -> Outcome<FanOutput> {
        stopped()?;
        let table = FanTable::from_events(columns, as_of, settings).map_err(|e| named(e, columns))?;
        stopped()?;
        let scores = EngagementTiers::try_new(settings.clone())?.score(&table)?;
        stopped()?;
        let insights = insights(&table, &scores, None, settings)?;
        Found { names, table: &table, scores: &scores, insights: &insights }.output(input.form)
    };
    if let Some(bytes) = &input.arrow {
        let events = arrow_rows::fan_events(bytes)?;
        let columns = FanEventColumns {
            artist: &events.artist,
            fan: &events.fan,
            day: &events.day,
            kind: &events.kind,
            count: events.count.as_deref(),
            amount: events.amount.as_deref(),
            seconds: events.seconds.as_deref(),
            currency: None,
        };
        return score(&events, &columns);
    }
    let Some(c) = &input.columns else { return score(&Events::default(), &FanEventColumns::EMPTY) };
    let names = Events { artists: names(&c.artists, "artistId")?, fans: names(&c.fans, "fanId")?, ..Events::default() };
    let (artist, fan) = (c.artist.wide(), c.fan.wide());
    below(&artist, c.artists.len(), "artistId")?;
    below(&fan, c.fans.len(), "fanId")?;
    let time = c.time.read(FAN_EVENTS, if c.time.days.is_some() { "day" } else { "occurredAt" })?;
    let days = time.days();
    let kinds: Vec<u8> =
        c.kinds.iter().map(|k| kind(k)).collect::<Result<_, _>>().map_err(|e| Failure::of(FAN_EVENTS, None, "kind", e.message(), None))?;
    let codes = c.kind.wide();
    below(&codes, kinds.len(), "kind")?;
    let kind: Vec<u8> = codes.iter().map(|&k| kinds[k as usize]).collect();
    let columns = FanEventColumns {
        artist: &artist,
        fan: &fan,
        day: &days,
        kind: &kind,
        count: c.count.as_deref(),
        amount: c.amount.as_deref(),
        seconds: c.seconds.as_deref(),
        currency: None,
    };
    score(&names, &columns)
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
    names: &'a Events,
    table: &'a FanTable,
    scores: &'a FanScores,
    insights: &'a [FanInsights],
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
    fans: usize,
    active: usize,
    by_tier: BTreeMap<&'static str, usize>,
    by_segment: BTreeMap<&'static str, usize>,
    fan_value: &'a ValueSpread,
    spend: &'a Option<ValueSpread>,
    expected_value: &'a Option<ValueSpread>,
    months: &'a [MonthlyGrowth],
    value_unit: ValueUnit,
    churn: Vec<Churn<'a>>,
    activity_source: FitSource,
    amount_source: FitSource,
}

#[derive(Serialize)]
struct Churn<'a> {
    fan_id: &'a str,
    silent_days: u32,
    p_alive: Option<f64>,
    value_lost: f64,
}

impl Found<'_> {
    fn fan_id(&self, fan: u32) -> &str {
        self.names.fans.get(fan).unwrap_or_default()
    }

    fn output(&self, form: Form) -> Outcome<FanOutput> {
        let artists = packs(self.insights.len(), |i| self.artist(&self.insights[i], &self.scores.artists[i]))?;
        #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
        let later_events = self.table.later_events() as f64;
        let mut out = FanOutput { artists, packs: Vec::new(), columns: Vec::new(), arrow: None, later_events };
        match form {
            Form::Columns => out.columns = self.columns().into_columns(),
            Form::Arrow => out.arrow = Some(self.columns().into_arrow()?.into()),
            Form::Objects | Form::Words => out.packs = packs(self.table.len(), |i| self.fan(i))?,
        }
        Ok(out)
    }

    fn fan(&self, i: usize) -> Fan<'_> {
        let row = &self.table.rows()[i];
        Fan { artist_id: self.names.artists.get(row.artist).unwrap_or_default(), fan_id: self.fan_id(row.fan), score: &self.scores.fans[i] }
    }

    fn artist<'a>(&'a self, i: &'a FanInsights, models: &ArtistForecast) -> ArtistFans<'a> {
        let churn = i.churn.iter();
        let churn =
            churn.map(|c| Churn { fan_id: self.fan_id(c.fan), silent_days: c.silent_days, p_alive: c.p_alive, value_lost: c.value_lost });
        ArtistFans {
            artist_id: self.names.artists.get(i.artist).unwrap_or_default(),
            fans: i.fans,
            active: i.active,
            by_tier: Tier::ALL.iter().map(|t| t.as_str()).zip(i.by_tier).collect(),
            by_segment: FanSegment::ALL.iter().map(|s| s.as_str()).zip(i.by_segment).collect(),
            fan_value: &i.fan_value,
            spend: &i.spend,
            expected_value: &i.expected_value,
            months: &i.months,
            value_unit: i.value_unit,
            churn: churn.collect(),
            activity_source: models.activity_source,
            amount_source: models.amount_source,
        }
    }

    fn columns(&self) -> Table {
        let names = |names: &Names| -> Arc<[String]> { names.iter().map(str::to_owned).collect() };
        let (rows, fans) = (self.table.rows(), &self.scores.fans);
        let counts = |of: &dyn Fn(&FanRow) -> u32| Column::Counts(rows.iter().map(of).collect());
        let days = |of: &dyn Fn(&FanRow) -> Day| Column::Days(rows.iter().map(|row| of(row).days()).collect());
        let figures = |of: &dyn Fn(&FanScore) -> f64| Column::Figures(fans.iter().map(of).collect());
        let expected = |of: &dyn Fn(&fanpulse_core::fans::FanForecast) -> Option<f64>| {
            Column::Figures(fans.iter().map(|f| f.forecast.as_ref().and_then(of).unwrap_or(f64::NAN)).collect())
        };
        let tier = fans.iter().map(|f| f.tier as u8).collect();
        let segment = fans.iter().map(|f| f.segment as u8).collect();
        Table(vec![
            ("artist_id", Column::Codes(rows.iter().map(|row| row.artist).collect(), names(&self.names.artists))),
            ("fan_id", Column::Codes(rows.iter().map(|row| row.fan).collect(), names(&self.names.fans))),
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
