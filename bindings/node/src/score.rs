//! Scoring: what comes in, and the form in which the results go out.

use fanpulse_core::error::Location;
use fanpulse_core::ingest::{Dataset, Names, ObservationColumns, PostColumns};
use fanpulse_core::report::{FanReport, ViralSeries, explain};
use fanpulse_core::scores::{Spike, Status};
use fanpulse_core::settings::ALGORITHM;
use fanpulse_core::{Analysis, Day, Engine, Error, ErrorKind, Scores};
use napi::bindgen_prelude::{Uint8Array, Uint32Array};
use napi_derive::napi;
use rayon::prelude::*;

use crate::analysis::Analyses;
use crate::arrow_rows;
use crate::columns::{ObservationInput, ObservationsRead, PostInput, PostsRead};
use crate::error::{Failure, Outcome};
use crate::fans::{EventsRead, FanColumns};
use crate::pack::{Pack, packs_by};
use crate::pieces;
use crate::table::{Column, NamedColumn, Table};
use crate::text::Text;

/// The form of the results.
#[napi(string_enum)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One object each.
    Objects,
    /// Columns of typed arrays.
    Columns,
    /// An Arrow IPC stream.
    Arrow,
    /// One artist in words.
    Words,
}

/// All that a call needs.
#[napi(object, object_to_js = false)]
pub struct ScoreInput {
    /// How many artists the codes of the columns stand for.
    pub artists: u32,
    /// Their ids, where the form of the results needs them.
    pub names: Option<Text>,
    /// Observations in columns.
    pub observations: Option<ObservationInput>,
    /// Observations as Arrow IPC.
    pub observations_arrow: Option<Uint8Array>,
    /// Posts in columns.
    pub posts: Option<PostInput>,
    /// Posts as Arrow IPC.
    pub posts_arrow: Option<Uint8Array>,
    /// Fan events in columns.
    pub fans: Option<FanColumns>,
    /// Fan events as Arrow IPC.
    pub fans_arrow: Option<Uint8Array>,
    /// The last day that counts.
    pub as_of: String,
    /// The form of the results.
    pub form: Form,
    /// Whom to tell of in words.
    pub artist: Option<String>,
}

/// What a call gives.
#[napi(object, object_from_js = false)]
pub struct ScoreOutput {
    /// How many artists.
    pub artists: u32,
    /// Their ids, where they came as Arrow.
    pub names: Option<Text>,
    /// The last day that counted.
    pub as_of: String,
    /// Length of the window, days.
    pub window_days: u32,
    /// Name and version of the definition of the scores.
    pub algorithm: &'static str,
    /// Hash of the settings.
    pub settings_hash: String,
    /// Rows that repeated another exactly.
    pub dropped_rows: f64,
    /// One analysis per artist.
    pub packs: Vec<Pack>,
    /// The rows of the viral posts of all analyses, where the artists were given without names.
    pub viral_rows: Uint32Array,
    /// One row per artist.
    pub columns: Vec<NamedColumn>,
    /// One row per viral post.
    pub viral: Vec<NamedColumn>,
    /// One row per artist, as an Arrow IPC stream.
    pub arrow: Option<Uint8Array>,
    /// One artist in words.
    pub words: Option<String>,
}

/// Rows of one call: what was given in columns is borrowed, the rest is in `data`.
struct Rows<'a> {
    data: Dataset,
    artists: usize,
    observations: Option<ObservationsRead<'a>>,
    posts: Option<PostsRead<'a>>,
    /// Rows of exact repeats that are no longer in `data.posts`, ascending.
    dropped: Vec<usize>,
    events: Option<EventsRead<'a>>,
    /// The ids of posts that are borrowed.
    ids: Option<&'a Text>,
}

/// What only a whole analysis says: the fans, and the spikes in series.
struct Whole<'a> {
    fans: FanReport,
    fan_ids: &'a Names,
    spikes: Vec<Vec<ViralSeries>>,
}

pub(crate) fn run(engine: &Engine, input: &ScoreInput, stopped: &dyn Fn() -> Outcome<()>) -> Outcome<ScoreOutput> {
    let as_of: Day = input.as_of.parse().map_err(|e: Error| Error::invalid(format!("asOf: {}", e.message())))?;
    let scored = pieces::score(engine, input, as_of);
    stopped()?;
    let rows = if scored.is_some() { Rows::named(input)? } else { Rows::read(input)? };
    stopped()?;
    let scores = scored.map_or_else(|| rows.score(engine, as_of), Ok)?;
    stopped()?;
    let whole = rows.whole(engine, as_of, input.form)?;
    stopped()?;
    let mut out = ScoreOutput {
        artists: u32::try_from(rows.artists).unwrap_or(u32::MAX),
        names: None,
        as_of: as_of.to_string(),
        window_days: engine.settings().window_days,
        algorithm: ALGORITHM,
        settings_hash: engine.settings_hash().to_owned(),
        #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
        dropped_rows: scores.dropped_rows as f64 + rows.dropped.len() as f64,
        packs: Vec::new(),
        viral_rows: Uint32Array::new(Vec::new()),
        columns: Vec::new(),
        viral: Vec::new(),
        arrow: None,
        words: None,
    };
    match input.form {
        Form::Objects => {
            out.packs = packs_by(rows.artists, |packer, analyses: &mut Analyses, artist| {
                analyses.write(packer, &rows.analysis(&scores, whole.as_ref(), artist))
            })?;
            if input.names.is_none() {
                let row = |spike: Spike| rows.given_row(spike.position);
                out.viral_rows = (0..rows.artists).flat_map(|artist| scores.viral_rows(artist)).map(row).collect::<Vec<u32>>().into();
            }
        }
        Form::Columns => {
            if input.observations_arrow.is_some() || input.posts_arrow.is_some() || input.fans_arrow.is_some() {
                out.names = Some(Text::of(rows.data.artists.iter()));
            }
            out.viral = rows.viral(&scores).into_columns();
            out.columns = Table(figures(scores)).into_columns();
        }
        Form::Arrow => out.arrow = Some(rows.table(scores).into_arrow()?.into()),
        Form::Words => {
            let artist = rows.artist(input.artist.as_deref())?;
            out.words = Some(explain(&rows.analysis(&scores, whole.as_ref(), artist), engine.settings()));
        }
    }
    Ok(out)
}

/// A data set of names without rows.
fn names(input: &ScoreInput) -> Outcome<Dataset> {
    let mut data = Dataset::default();
    for i in 0..input.names.as_ref().map_or(0, Text::len) {
        let name = input.names.as_ref().and_then(|names| names.get(i)).unwrap_or_default();
        if data.artists.intern(name) as usize != i {
            let message = format!("`{name}` stands twice among the names");
            return Err(Failure::of("observations", None, "artistId", &message, Some(name.to_owned())));
        }
    }
    Ok(data)
}

impl<'a> Rows<'a> {
    /// The names alone: the rows have been scored already.
    fn named(input: &'a ScoreInput) -> Outcome<Self> {
        let data = names(input)?;
        let ids = input.posts.as_ref().and_then(|p| p.ids.as_ref());
        let artists = input.artists as usize;
        Ok(Self { data, artists, observations: None, posts: None, dropped: Vec::new(), events: None, ids })
    }

    fn read(input: &'a ScoreInput) -> Outcome<Self> {
        let mut data = names(input)?;
        if let Some(bytes) = &input.observations_arrow {
            arrow_rows::observations(bytes, &mut data)?;
        }
        if let Some(bytes) = &input.posts_arrow {
            arrow_rows::posts(bytes, &mut data)?;
        }
        let observations = input.observations.as_ref().map(ObservationInput::read).transpose()?;
        let mut posts = input.posts.as_ref().map(PostInput::read).transpose()?;
        if let (Some(ids), Some(read)) = (input.posts.as_ref().and_then(|p| p.ids.as_ref()), &posts)
            && read.may_repeat(ids)
        {
            read.copy_to(&mut data, ids)?;
            posts = None;
        }
        let events = match (&input.fans, &input.fans_arrow) {
            (_, Some(bytes)) => Some(arrow_rows::fan_events(bytes, &mut data.artists)?),
            (Some(columns), None) => Some(columns.read(input.artists as usize)?),
            (None, None) => None,
        };
        let repeats = data.repeated_posts();
        if let Some((row, ..)) = repeats.iter().find(|(.., exact)| !exact) {
            let id = data.posts.id.get(*row).unwrap_or_default().to_owned();
            return Err(Failure::from(data.conflicting_post(*row)).named("posts", |_| ("postId", id)));
        }
        let dropped: Vec<usize> = repeats.into_iter().map(|(row, ..)| row).collect();
        data.drop_posts(&dropped);
        let ids = posts.as_ref().and(input.posts.as_ref()).and_then(|p| p.ids.as_ref());
        Ok(Self { artists: data.artists.len().max(input.artists as usize), data, observations, posts, dropped, events, ids })
    }

    fn observations(&self) -> ObservationColumns<'_> {
        self.observations.as_ref().map_or_else(|| self.data.observations(), ObservationsRead::columns)
    }

    fn posts(&self) -> PostColumns<'_> {
        self.posts.as_ref().map_or_else(|| self.data.posts(), PostsRead::columns)
    }

    fn score(&self, engine: &Engine, as_of: Day) -> Outcome<Scores> {
        let scored = engine.score_batch(self.artists, &self.observations(), &self.posts(), as_of);
        scored.map_err(|e| {
            let of_posts = self.posts.as_ref().filter(|_| matches!(e.location(), Some(Location::Post(_))));
            if let Some(wrong) = of_posts.and_then(PostsRead::wrong_count) {
                return wrong;
            }
            let failure = Failure::from(e);
            let failure = match &self.observations {
                Some(read) => failure.named("observations", |row| read.blame(row, self.artists)),
                None => failure.named("observations", |row| ("value", self.data.observations.value[row].to_string())),
            };
            match &self.posts {
                Some(read) => failure.named("posts", |row| read.blame(row, self.artists)),
                None => failure,
            }
        })
    }

    /// What goes beyond the scores, where fan events were given and the form of the results has room for it.
    fn whole(&self, engine: &Engine, as_of: Day, form: Form) -> Outcome<Option<Whole<'_>>> {
        let Some(events) = self.events.as_ref().filter(|_| matches!(form, Form::Objects | Form::Words)) else { return Ok(None) };
        let artists: Vec<usize> = (0..self.artists).collect();
        Ok(Some(Whole {
            fans: events.report(engine, as_of)?,
            fan_ids: &events.fans,
            spikes: engine.series_spikes(&self.observations(), &artists, as_of)?,
        }))
    }

    /// The artist of an id; without one, the only artist.
    fn artist(&self, id: Option<&str>) -> Outcome<usize> {
        match id {
            None if self.artists == 1 => Ok(0),
            None => {
                let message = format!("artistId: missing, and the rows are of {} artists", self.artists);
                Err(Failure::plain("artistId", String::new(), message))
            }
            Some(id) => {
                let unknown = || Error::new(ErrorKind::NotFound, format!("no row is of an artist `{id}`"));
                Ok(self.data.artists.code(id).ok_or_else(unknown)? as usize)
            }
        }
    }

    fn analysis(&self, scores: &Scores, whole: Option<&Whole<'_>>, artist: usize) -> Analysis {
        let mut analysis = scores.analysis(artist);
        let name = u32::try_from(artist).ok().and_then(|code| self.data.artists.get(code));
        name.unwrap_or_default().clone_into(&mut analysis.artist_id);
        for (post, spike) in analysis.viral_posts.iter_mut().zip(scores.viral_rows(artist)) {
            let id = self.ids.map_or_else(|| self.data.posts.id.get(spike.position), |ids| ids.get(spike.position));
            id.unwrap_or_default().clone_into(&mut post.post_id);
        }
        if let Some(whole) = whole {
            analysis.superfans = Some(whole.fans.superfans(artist, whole.fan_ids));
            analysis.viral_series = Some(whole.spikes[artist].clone());
        }
        analysis
    }

    /// Where a post stood before repeats were dropped.
    fn given_row(&self, row: usize) -> u32 {
        let mut given = row;
        for &dropped in &self.dropped {
            if dropped > given {
                break;
            }
            given += 1;
        }
        u32::try_from(given).unwrap_or(u32::MAX)
    }

    /// The viral posts, one row each.
    fn viral(&self, scores: &Scores) -> Table {
        let of = |artist: usize| scores.viral_rows(artist).map(move |spike| (artist, spike));
        let found: Vec<(usize, Spike)> = match self.artists {
            few @ ..SOME => (0..few).flat_map(of).collect(),
            many => (0..many).into_par_iter().with_min_len(SOME).flat_map_iter(of).collect(),
        };
        let figures = |of: fn(&Spike) -> f64| Column::Figures(found.iter().map(|(_, s)| of(s)).collect());
        let columns: [(&str, &(dyn Fn() -> Column + Sync)); 8] = [
            ("artist", &|| Column::Counts(found.iter().map(|(artist, _)| u32::try_from(*artist).unwrap_or(u32::MAX)).collect())),
            ("row", &|| Column::Counts(found.iter().map(|(_, s)| self.given_row(s.position)).collect())),
            ("engagement", &|| figures(|s| s.value)),
            ("mean", &|| figures(|s| s.mean)),
            ("sd", &|| figures(|s| s.sd)),
            ("z", &|| figures(|s| s.z.unwrap_or(f64::NAN))),
            ("lift", &|| figures(|s| s.lift.unwrap_or(f64::NAN))),
            ("others", &|| Column::Counts(found.iter().map(|(_, s)| s.others).collect())),
        ];
        Table(match found.len() {
            ..SOME => columns.into_iter().map(|(name, column)| (name, column())).collect(),
            _ => columns.into_par_iter().map(|(name, column)| (name, column())).collect(),
        })
    }

    /// The columns of `fanpulse score`.
    fn table(&self, scores: Scores) -> Table {
        let n = self.artists;
        let same = |name: &str| Column::Labels(vec![0; n], vec![name.to_owned()]);
        let mut columns = vec![
            ("artist_id", Column::Texts(self.data.artists.iter().map(str::to_owned).collect())),
            ("as_of", Column::Days(vec![scores.as_of().days(); n])),
            ("window_days", Column::Counts(vec![scores.settings().window_days; n])),
            ("algorithm", same(ALGORITHM)),
            ("settings_hash", same(scores.settings_hash())),
        ];
        columns.extend(figures(scores));
        Table(columns)
    }
}

const STATUSES: [Status; 5] = [Status::Declining, Status::Stable, Status::Growing, Status::RapidGrowth, Status::Viral];
/// Stands for no label.
const NONE: u8 = u8::MAX;
/// Artists from which on other threads are worth waking.
const SOME: usize = 1 << 12;

/// A label of each artist.
fn labels(artists: usize, of: impl Fn(usize) -> u8 + Sync + Send) -> Vec<u8> {
    match artists {
        few @ ..SOME => (0..few).map(of).collect(),
        many => (0..many).into_par_iter().with_min_len(SOME).map(of).collect(),
    }
}

/// Every column of the scores.
fn figures(scores: Scores) -> Vec<(&'static str, Column)> {
    let status = labels(scores.artists(), |i| scores.status(i).map_or(NONE, |s| s as u8));
    let bounds = &scores.settings().breakout;
    let level = labels(scores.artists(), |i| match scores.breakout[i] {
        p if p.is_nan() => NONE,
        p if p >= bounds.high => 2,
        p if p >= bounds.medium => 1,
        _ => 0,
    });
    let mut columns = vec![
        ("status", Column::Labels(status, STATUSES.iter().map(|s| s.as_str().to_owned()).collect())),
        ("breakout_level", Column::Labels(level, ["low", "medium", "high"].map(str::to_owned).to_vec())),
    ];
    macro_rules! all {
        ($kind:ident: $($name:ident)*) => { columns.extend([$((stringify!($name), Column::$kind(scores.$name))),*]) };
    }
    all!(Figures: fvs fvs_coverage
        engagement engagement_score growth growth_score reach reach_score conversion conversion_score
        momentum momentum_coverage momentum_low momentum_high
        velocity velocity_score velocity_se acceleration acceleration_score consistency consistency_score
        viral_excess viral_share viral_potential_score
        breakout week_days);
    all!(Counts: viral_posts counter_resets filled_days missing_days);
    columns
}
