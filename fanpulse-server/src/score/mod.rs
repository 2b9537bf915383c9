//! `fanpulse score`: files in, scores out, no database.

mod breakout;
pub(crate) mod input;
mod lookup;
pub(crate) mod rank;
pub(crate) mod settings;
mod sparkline;
mod summary;

use std::fs;
use std::io::IsTerminal;
use std::path::Path;

use fanpulse_core::fans::KMeansSegments;
use fanpulse_core::ingest::Dataset;
use fanpulse_core::report::{FanReport, ViralSeries, explain};
use fanpulse_core::settings::Settings;
use fanpulse_core::{Day, Engine, Scores};

use crate::cli::{Format, ScoreArgs, Segments, Sort};
use crate::clock::Stopwatch;
use crate::error::{Failure, Result};
use crate::output::{self, Selection, Target, fans, table};
use crate::{progress, terminal};

pub(crate) use input::{Inputs, Loaded};
pub(crate) use sparkline::audience;

/// Artists that a table on a terminal shows unless told otherwise.
const SHOWN: usize = 25;

/// Files named like this hold data that no real artist stands behind.
pub(crate) const SIMULATED: &str = "simulated-";

pub(crate) fn run(args: &ScoreArgs) -> Result<()> {
    let target = args.out.as_ref().map_or(Target::Stdout, |path| Target::File(path.clone()));
    check_usage(args)?;
    output::check(&target)?;
    if let Some(n) = args.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(n))
            .build_global()
            .map_err(|e| Failure::failed(format!("cannot start {n} threads: {e}")))?;
    }
    let settings = settings::load(args.settings.as_deref(), args.window)?;
    let model = args.breakout_model.as_ref().map(|path| breakout::Learned::open(path, &args.chart)).transpose()?;
    let inputs = Inputs { files: &args.files, lenient: args.lenient, map: args.map.clone(), artist: args.artist.clone() };
    let scored = read_and_score_by(&inputs, settings, args.as_of, args.segments, model.as_ref())?;
    scored.summarise(args.as_of.is_none());
    if let Some(model) = &model {
        model.summarise(&scored.scores);
    }
    let scores = &scored.scores;

    if let Some(wanted) = &args.explain {
        let artist = lookup::find(&scored.loaded.data.artists, wanted)?;
        return output::write_text(&target, &scored.explanation(artist)?);
    }
    let only_fans = scored.has_only_fans();
    let sort = args.sort.unwrap_or(match args.format {
        Format::Table if only_fans => Sort::Superfans,
        Format::Table => Sort::Momentum,
        _ => Sort::Input,
    });
    let mut artists = rank::order(scores, &scored.fans, sort);
    let on_terminal = matches!(target, Target::Stdout) && std::io::stdout().is_terminal();
    let top = args.top.unwrap_or(if args.format == Format::Table && on_terminal { SHOWN } else { 0 });
    let all = artists.len();
    if top > 0 {
        artists.truncate(top);
    }
    let selection = scored.selection(&artists);
    match args.format {
        Format::Table => {
            let width = if on_terminal { terminal::width() } else { None };
            let lines = audience(&scored.loaded.data, &artists, scores.as_of(), scores.settings());
            let (simulated, rest) = (scored.simulated(), "--top 0 shows all");
            let hidden = all - artists.len();
            let more = (only_fans && hidden > 0).then(|| table::more(hidden, rest));
            let fans =
                fans::render(&fans::Fans { selection, width, simulated: only_fans && simulated, rest: "--format json lists all", more });
            if only_fans {
                return output::write_text(&target, &fans);
            }
            let text = table::render(&table::Table { selection, all, lines: &lines, width, simulated, rest });
            output::write_text(&target, &joined(text, &fans))
        }
        Format::Json => {
            let spikes = scored.spikes(&artists)?;
            output::write(&target, |out| output::json::write(out, selection, spikes))
        }
        Format::Csv => output::write(&target, |out| output::csv::write(out, selection)),
        Format::Parquet => output::write(&target, |out| output::parquet::write(out, selection)),
    }
}

/// One text after the other, a blank line between them.
pub(crate) fn joined(mut text: String, more: &str) -> String {
    if !more.is_empty() {
        text.push('\n');
        text.push_str(more);
    }
    text
}

/// What the options mean only together.
fn check_usage(args: &ScoreArgs) -> Result<()> {
    if args.format == Format::Parquet && args.out.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::Usage("Parquet is not for the eye; name a file with --out, or redirect standard output".to_owned()));
    }
    if args.files.iter().filter(|f| is_stdin(f)).count() > 1 {
        return Err(Failure::Usage("`-` is given twice, but standard input can be read only once".to_owned()));
    }
    if let Some(out) = args.out.as_ref().and_then(|out| fs::canonicalize(out).ok())
        && let Some(file) = args.files.iter().find(|f| fs::canonicalize(f).is_ok_and(|f| f == out && f.is_file()))
    {
        return Err(Failure::Usage(format!("{} is read, so it cannot be the output too", file.display())));
    }
    Ok(())
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Files read and scored.
pub(crate) struct Scored {
    pub(crate) loaded: Loaded,
    pub(crate) scores: Scores,
    pub(crate) fans: FanReport,
    engine: Engine,
    seconds: f64,
}

/// Reads the files and scores what they hold, as of the given day or the latest in the data.
pub(crate) fn read_and_score(inputs: &Inputs<'_>, settings: Settings, as_of: Option<Day>, segments: Segments) -> Result<Scored> {
    read_and_score_by(inputs, settings, as_of, segments, None)
}

/// The same, breakouts by the model where there is one.
fn read_and_score_by(
    inputs: &Inputs<'_>,
    settings: Settings,
    as_of: Option<Day>,
    segments: Segments,
    model: Option<&breakout::Learned>,
) -> Result<Scored> {
    let loaded = input::load(inputs)?;
    let watch = Stopwatch::start();
    let mut builder = Engine::builder().settings(settings);
    if inputs.lenient {
        builder = builder.keep_first_of_conflicts();
    }
    if let Some(model) = model {
        builder = model.put_into(builder);
    }
    let engine = builder.build().map_err(|e| Failure::failed(e.message()))?;
    let as_of = match as_of {
        Some(day) => day,
        None => loaded.latest_day()?,
    };
    let data = &loaded.data;
    let spinner = progress::step("scoring", data.observations.len() + data.posts.len() + data.fan_events.len());
    let scored = engine.score(data, as_of).and_then(|scores| Ok((scores, fans_of(data, as_of, &engine, segments)?)));
    spinner.finish_and_clear();
    let (mut scores, fans) = scored.map_err(|e| loaded.sources.explain(e))?;
    if let Some(model) = model {
        scores = model.predict(&loaded, scores, as_of)?;
    }
    Ok(Scored { loaded, scores, fans, engine, seconds: watch.elapsed().as_secs_f64() })
}

/// k-means starts from random fans; this makes them the same ones every time.
const SEED: u64 = 1;

fn fans_of(data: &Dataset, as_of: Day, engine: &Engine, segments: Segments) -> fanpulse_core::Result<FanReport> {
    let fans = FanReport::of(data, as_of, &engine.settings().fans)?;
    match segments {
        Segments::Engagement => Ok(fans),
        Segments::Kmeans => fans.with_clusters(KMeansSegments::elbow(SEED)),
    }
}

impl Scored {
    /// What is written of these artists.
    pub(crate) fn selection<'a>(&'a self, artists: &'a [usize]) -> Selection<'a> {
        Selection { scores: &self.scores, fans: &self.fans, fan_ids: &self.loaded.data.fans, artists }
    }

    /// The spikes in these artists' series.
    fn spikes(&self, artists: &[usize]) -> Result<Vec<Vec<ViralSeries>>> {
        let data = &self.loaded.data;
        let spinner = progress::step("looking for spikes", data.observations.len());
        let spikes = self.engine.series_spikes(&data.observations(), artists, self.scores.as_of());
        spinner.finish_and_clear();
        Ok(spikes.map_err(|e| self.loaded.sources.explain(e))?)
    }

    /// Whether there is nothing but fan events.
    fn has_only_fans(&self) -> bool {
        let data = &self.loaded.data;
        data.observations.is_empty() && data.posts.is_empty() && !self.fans.table().is_empty()
    }

    /// Says on standard error what was read, dropped and scored.
    pub(crate) fn summarise(&self, as_of_is_latest: bool) {
        summary::say(self, as_of_is_latest);
    }

    /// Whether a file's name says that its data are simulated.
    pub(crate) fn simulated(&self) -> bool {
        self.loaded
            .sources
            .files()
            .iter()
            .any(|f| Path::new(&f.name).file_name().is_some_and(|n| n.to_string_lossy().starts_with(SIMULATED)))
    }

    /// One artist's numbers in words, styled.
    pub(crate) fn explanation(&self, artist: usize) -> Result<String> {
        let spikes = self.spikes(&[artist])?.pop().unwrap_or_default();
        let analysis = self.selection(&[artist]).analysis(artist, spikes);
        Ok(output::explanation::styled(&explain(&analysis, self.scores.settings()), self.simulated()))
    }
}
