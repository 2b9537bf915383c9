//! The command line as it is typed.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use fanpulse_core::Day;
use fanpulse_platforms::ColumnMap;

use crate::database::{BackupArgs, DoctorArgs, KeysArgs, MigrateArgs, RestoreArgs};
use crate::train::Label;

/// Scores artists from their platform data: fan value, momentum, what went viral, superfans, breakout.
#[derive(Debug, Parser)]
#[command(name = "fanpulse", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Score artists from files, without a database
    Score(ScoreArgs),
    /// Learn who breaks out from labelled history: a model file and its card
    Train(Box<TrainArgs>),
    /// Judge such a model walking forward in time, or the momentum index
    Backtest(Box<BacktestArgs>),
    /// See it work: a simulated label, written as files, scored from them
    Demo(DemoArgs),
    /// Bring the database's schema up to date, or back
    Migrate(MigrateArgs),
    /// Copy a SQLite database to a file, while it is in use
    Backup(BackupArgs),
    /// Put a backup in the place of a SQLite database
    Restore(RestoreArgs),
    /// Change the keys that seal secrets
    Keys(KeysArgs),
    /// Say what is wrong with the database, and what to do about it
    Doctor(DoctorArgs),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

const SCORE_HELP: &str = "\
The tables are recognised by their header, the format and its compression (gzip, zstd) by their first bytes:
  observations  artist_id, platform, metric, observed_at, value
  posts         artist_id, platform, post_id, published_at, likes, comments, shares, saves, views (empty = unknown)
  fan events    artist_id, fan_id, occurred_at, kind, count, amount, seconds, currency (the last four may be absent)
  exports       audience and song timelines of Spotify for Artists

Examples:
  fanpulse score observations.csv posts.ndjson
  fanpulse score fan-events.parquet --segments kmeans
  fanpulse score streams.csv.gz --map date=observed_at,artist=artist_id,streams=value:streams --as-of 2020-03-31
  fanpulse score audience-timeline.csv --artist \"Low Tide\" --explain \"Low Tide\"
  fanpulse score observations.csv --format parquet --out scores.parquet

Exit codes: 0 ok, 1 failed, 2 wrong usage.";

#[derive(Debug, Args)]
#[command(after_help = SCORE_HELP)]
pub(crate) struct ScoreArgs {
    /// Tables and exports: CSV, NDJSON or Parquet, any number, mixed; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Last day of the window, YYYY-MM-DD; nothing after it counts [default: the latest day in the data]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<Day>,

    /// Length of the window in days, 14–366 [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(14..=366))]
    pub(crate) window: Option<u32>,

    /// What to write; JSON has everything, CSV and Parquet every figure but no lists (posts, spikes, fans)
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// Where to write, instead of standard output; a file appears whole or not at all
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Drop bad rows and count them by reason, instead of failing at the first
    #[arg(long)]
    pub(crate) lenient: bool,

    /// What foreign columns mean: COLUMN=CANONICAL or COLUMN=value:METRIC or COLUMN=value:PLATFORM/METRIC, by commas
    #[arg(long, value_name = "MAP")]
    pub(crate) map: Option<ColumnMap>,

    /// Whose the data are, for exports that do not say so
    #[arg(long, value_name = "NAME")]
    pub(crate) artist: Option<String>,

    /// Tell in words how each number of this artist came about, instead of the list
    #[arg(long, value_name = "ARTIST", conflicts_with_all = ["format", "sort", "top"])]
    pub(crate) explain: Option<String>,

    /// Order: best first, without a figure last, ties by name [default: momentum in the table, else input]
    #[arg(long, value_enum)]
    pub(crate) sort: Option<Sort>,

    /// How many artists to write, 0 = all [default: 25 in a table on a terminal, else all]
    #[arg(long, value_name = "N")]
    pub(crate) top: Option<usize>,

    /// How fans are segmented beside their tiers: by engagement, or also by k-means, whose clusters are found
    #[arg(long, value_enum, default_value_t)]
    pub(crate) segments: Segments,

    /// Thresholds, weights and curves as JSON; what it leaves out keeps its default
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// Predict breakouts by a model of `fanpulse train` instead of the indicators
    #[arg(long, value_name = "FILE")]
    pub(crate) breakout_model: Option<PathBuf>,

    /// The chart that a model trained on a chart reads, CSV: date, position, song, artist; may be given several times
    #[arg(long, value_name = "FILE", requires = "breakout_model")]
    pub(crate) chart: Vec<PathBuf>,

    /// Threads to use [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// A ranking for people
    #[default]
    Table,
    /// One object per artist and line
    Json,
    /// One row per artist, empty = none
    Csv,
    /// The columns of the CSV, typed
    Parquet,
}

/// How fans are segmented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Segments {
    /// Champions, at risk, new and promising, loyal, the rest
    #[default]
    Engagement,
    /// These, and clusters by silent days, active days and spend
    Kmeans,
}

/// What artists are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// Momentum index
    Momentum,
    /// Fan Value Score
    Fvs,
    /// Breakout probability, then momentum
    Breakout,
    /// Viral posts, then momentum
    Viral,
    /// Growth over the window before
    Growth,
    /// Followers and half of the monthly listeners
    Reach,
    /// Fans above bronze, then fans
    Superfans,
    /// Growth per day of the last week
    Velocity,
    /// Change of that growth
    Acceleration,
    /// Name
    Artist,
    /// First appearance in the input
    Input,
}

const TRAIN_HELP: &str = "\
What --label says decides what the files are:
  top=10            a chart (date, position, song, artist): of the artists new to it, who reaches the top 10?
  growth=1.5        observations, as `fanpulse score` reads them: whose next days are 1.5 times the last 14?
  column=broke_out  a table of your own: artist_id, date, known (when the label was known), the label as 0 or 1; every
                    other column is a feature, empty = missing

Examples are cut in time, never at random: the model learns from the first slice, its probabilities are calibrated on the
second, and the table shows how good it is on the third.

Examples:
  fanpulse train --data hot100_*.csv.gz --label top=10 --calibrate-from 2005-01-01 --test-from 2010-01-01 --out breakout.json
  fanpulse train --data streams.csv.gz --map date=observed_at,artist=artist_id,streams=value:streams --label growth=1.5 --out growth.json
  fanpulse score observations.csv --breakout-model growth.json

Exit codes: 0 ok, 1 failed, 2 wrong usage.";

/// What a model learns from.
#[derive(Debug, Args)]
pub(crate) struct ExampleArgs {
    /// Labelled history, any number of files
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub(crate) data: Vec<PathBuf>,

    /// What is to be predicted: top=PLACE, growth=FACTOR or column=NAME
    #[arg(long)]
    pub(crate) label: Label,

    /// Weeks of a debut that are seen before the prediction, 4–26, with top=PLACE [default: 4]
    #[arg(long, value_name = "WEEKS", value_parser = clap::value_parser!(u32).range(4..=26))]
    pub(crate) observe: Option<u32>,

    /// How far ahead: weeks with top=PLACE [default: 27], days with growth=FACTOR [default: 14] and column=NAME
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(crate) horizon: Option<u32>,

    /// What the model reads, with growth=FACTOR
    #[arg(long, value_enum, default_value_t)]
    pub(crate) inputs: ModelInputs,

    /// Use these features only, by commas [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) features: Vec<String>,

    /// What foreign columns mean, as in `fanpulse score`
    #[arg(long, value_name = "MAP")]
    pub(crate) map: Option<ColumnMap>,

    /// Drop bad rows of observations, instead of failing at the first
    #[arg(long)]
    pub(crate) lenient: bool,

    /// Settings as JSON: penalty, class weights, calibration under `learned`, others as in `fanpulse score`
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
}

/// What a model of growth reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ModelInputs {
    /// Nine measures of the daily audience or streams
    #[default]
    Daily,
    /// The four component scores of momentum, as the indicators do
    Components,
}

#[derive(Debug, Args)]
#[command(after_help = TRAIN_HELP)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    pub(crate) examples: ExampleArgs,

    /// First day of the training slice [default: the first example; of a chart, its second calendar year]
    #[arg(long, value_name = "DATE")]
    pub(crate) train_from: Option<NaiveDate>,

    /// First day of the calibration slice [default: after 60 % of the examples]
    #[arg(long, value_name = "DATE")]
    pub(crate) calibrate_from: Option<NaiveDate>,

    /// First day of the test slice [default: after 80 % of the examples]
    #[arg(long, value_name = "DATE")]
    pub(crate) test_from: Option<NaiveDate>,

    /// Examples from this day on are left out
    #[arg(long, value_name = "DATE")]
    pub(crate) test_until: Option<NaiveDate>,

    /// Where the model goes, as JSON
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Where its card goes, as Markdown [default: beside the model, ending in .md]
    #[arg(long, value_name = "FILE")]
    pub(crate) card: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BacktestArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BacktestCommand>,

    #[command(flatten)]
    pub(crate) examples: Option<ExampleArgs>,

    /// First day that trains [default: the first example; of a chart, its second calendar year]
    #[arg(long, value_name = "DATE")]
    pub(crate) train_from: Option<NaiveDate>,

    /// First day that is predicted [default: after half of the examples]
    #[arg(long, value_name = "DATE")]
    pub(crate) test_from: Option<NaiveDate>,

    /// Examples from this day on are left out
    #[arg(long, value_name = "DATE")]
    pub(crate) test_until: Option<NaiveDate>,

    /// The model is trained anew every so many months [default: 12 with top=PLACE, else 1]
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=1200))]
    pub(crate) step: Option<u32>,

    /// Months before each step that calibrate [default: 60 with top=PLACE, else 6]
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=1200))]
    pub(crate) calibrate: Option<u32>,

    /// What to write
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: BacktestFormat,

    /// Where to write, instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BacktestCommand {
    /// How well the momentum index of a day ranks the growth that follows
    Momentum(MomentumArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MomentumArgs {
    /// Observations, any number of files
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    pub(crate) data: Vec<PathBuf>,

    /// Days ahead
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(7..=366))]
    pub(crate) horizon: u32,

    /// Length of the window in days, 14–366 [default: 30]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(14..=366))]
    pub(crate) window: Option<u32>,

    /// What foreign columns mean, as in `fanpulse score`
    #[arg(long, value_name = "MAP")]
    pub(crate) map: Option<ColumnMap>,

    /// Drop bad rows, instead of failing at the first
    #[arg(long)]
    pub(crate) lenient: bool,

    /// Settings as JSON, as in `fanpulse score`
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,

    /// What to write
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: BacktestFormat,
}

/// What a back-test writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum BacktestFormat {
    /// Tables for people, as Markdown
    #[default]
    Table,
    /// One object with every figure
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How many artists to simulate
    #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) artists: u32,

    /// How many days of history
    #[arg(long, default_value_t = 180, value_name = "N", value_parser = clap::value_parser!(u32).range(30..=1500))]
    pub(crate) days: u32,

    /// Another seed, another label; the same seed, the same files on every machine
    #[arg(long, default_value_t = 7, value_name = "N")]
    pub(crate) seed: u64,

    /// Where the files go
    #[arg(long, default_value = "fanpulse-demo", value_name = "DIR")]
    pub(crate) dir: PathBuf,

    /// Last day of the history, YYYY-MM-DD
    #[arg(long, default_value = "2026-03-31", value_name = "DATE")]
    pub(crate) as_of: Day,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
