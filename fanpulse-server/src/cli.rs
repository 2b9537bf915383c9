//! The command line as it is typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fanpulse_core::Day;
use fanpulse_platforms::ColumnMap;

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
    /// See it work: a simulated label, written as files, scored from them
    Demo(DemoArgs),
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
