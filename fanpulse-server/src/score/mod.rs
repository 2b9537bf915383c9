//! `fanpulse score`: files in, scores out, no database.

mod input;
mod lookup;
pub(crate) mod rank;
mod settings;
mod sparkline;
mod summary;

use std::fs;
use std::io::IsTerminal;
use std::path::Path;

use fanpulse_core::report::explain;
use fanpulse_core::settings::Settings;
use fanpulse_core::{Day, Engine, Scores};

use crate::cli::{Format, ScoreArgs, Sort};
use crate::clock::Stopwatch;
use crate::error::{Failure, Result};
use crate::output::{self, Selection, Target, table};
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
    let inputs = Inputs { files: &args.files, lenient: args.lenient, map: args.map.clone(), artist: args.artist.clone() };
    let scored = read_and_score(&inputs, settings, args.as_of)?;
    scored.summarise(args.as_of.is_none());
    let scores = &scored.scores;

    if let Some(wanted) = &args.explain {
        let artist = lookup::find(&scored.loaded.data.artists, wanted)?;
        return output::write_text(&target, &scored.explanation(artist));
    }
    let sort = args.sort.unwrap_or(if args.format == Format::Table { Sort::Momentum } else { Sort::Input });
    let mut artists = rank::order(scores, sort);
    let on_terminal = matches!(target, Target::Stdout) && std::io::stdout().is_terminal();
    let top = args.top.unwrap_or(if args.format == Format::Table && on_terminal { SHOWN } else { 0 });
    let all = artists.len();
    if top > 0 {
        artists.truncate(top);
    }
    let selection = Selection { scores, artists: &artists };
    match args.format {
        Format::Table => {
            let width = if on_terminal { terminal::width() } else { None };
            let lines = audience(&scored.loaded.data, &artists, scores.as_of(), scores.settings());
            let (simulated, rest) = (scored.simulated(), "--top 0 shows all");
            let text = table::render(&table::Table { selection, all, lines: &lines, width, simulated, rest });
            output::write_text(&target, &text)
        }
        Format::Json => output::write(&target, |out| output::json::write(out, selection)),
        Format::Csv => output::write(&target, |out| output::csv::write(out, selection)),
        Format::Parquet => output::write(&target, |out| output::parquet::write(out, selection)),
    }
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
    seconds: f64,
}

/// Reads the files and scores what they hold, as of the given day or the latest in the data.
pub(crate) fn read_and_score(inputs: &Inputs<'_>, settings: Settings, as_of: Option<Day>) -> Result<Scored> {
    let loaded = input::load(inputs)?;
    let watch = Stopwatch::start();
    let mut builder = Engine::builder().settings(settings);
    if inputs.lenient {
        builder = builder.keep_first_of_conflicts();
    }
    let engine = builder.build().map_err(|e| Failure::failed(e.message()))?;
    let as_of = match as_of {
        Some(day) => day,
        None => loaded.latest_day()?,
    };
    let spinner = progress::step("scoring", loaded.data.observations.len() + loaded.data.posts.len());
    let scores = engine.score(&loaded.data, as_of);
    spinner.finish_and_clear();
    let scores = scores.map_err(|e| loaded.sources.explain(e))?;
    Ok(Scored { loaded, scores, seconds: watch.elapsed().as_secs_f64() })
}

impl Scored {
    /// Says on standard error what was read, dropped and scored.
    pub(crate) fn summarise(&self, as_of_is_latest: bool) {
        summary::say(&self.loaded, &self.scores, self.seconds, as_of_is_latest);
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
    pub(crate) fn explanation(&self, artist: usize) -> String {
        output::explanation::styled(&explain(&self.scores.analysis(artist), self.scores.settings()), self.simulated())
    }
}
