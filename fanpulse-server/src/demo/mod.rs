//! `fanpulse demo`: a simulated label, written as files, read back and scored like anybody's.

mod archetype;
mod dice;
mod fans;
mod names;
mod simulate;
mod write;

use std::path::Path;

use fanpulse_core::settings::Settings;

use self::simulate::Plan;
use self::write::Files;
use crate::cli::{DemoArgs, Segments, Sort};
use crate::error::{Failure, Result};
use crate::output::explanation::banner;
use crate::output::{self, Target, fans as fans_table, table};
use crate::score::{Inputs, audience, joined, rank, read_and_score};
use crate::terminal::{self, DIM, HEADING, styled};

/// Artists of the leaderboard.
const SHOWN: usize = 15;

pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    if i64::from(args.as_of.days()) + 1 < i64::from(args.days) {
        return Err(Failure::Usage(format!("{} days up to {} would begin before 1970", args.days, args.as_of)));
    }
    let plan = Plan { artists: args.artists, days: args.days, seed: args.seed, as_of: args.as_of };
    let files = write::write(plan, &args.dir)?;
    let inputs = Inputs { files: &files.all(), lenient: false, map: None, artist: Some(files.exported.clone()) };
    let scored = read_and_score(&inputs, Settings::default(), Some(args.as_of), Segments::Engagement)?;
    scored.summarise(false);

    let scores = &scored.scores;
    let mut artists = rank::order(scores, &scored.fans, Sort::Momentum);
    let all = artists.len();
    artists.truncate(SHOWN);
    let lines = audience(&scored.loaded.data, &artists, scores.as_of(), scores.settings());
    let board = table::Table {
        selection: scored.selection(&artists),
        all,
        lines: &lines,
        width: terminal::width(),
        simulated: true,
        rest: "the command below shows them",
    };
    let superfans = fans_table::render(&fans_table::Fans {
        selection: board.selection,
        width: board.width,
        simulated: false,
        rest: "the command below lists all with --format json",
        more: None,
    });
    let mut text = joined(table::render(&board), &superfans);
    if let Some(&best) = artists.first() {
        text.push('\n');
        text.push_str(&scored.explanation(best)?);
    }
    text.push_str(&onward(args, &files, scores.artist_id(artists.first().copied().unwrap_or(0)).as_str()));
    output::write_text(&Target::Stdout, &text)
}

/// How to go on by oneself.
fn onward(args: &DemoArgs, files: &Files, best: &str) -> String {
    let mut text = format!("\n{}{}\n", banner(true), styled("Go on", HEADING));
    let simulated = format!(
        "The artists, their numbers, their posts and their fans are made up (seed {}); they are in {}.\n",
        args.seed,
        args.dir.display()
    );
    text.push_str(&styled(&simulated, DIM));
    let paths: Vec<String> = files.all().iter().map(|p| quoted(p)).collect();
    let score = format!("fanpulse score {} --artist {}", paths.join(" "), files.exported);
    text.push_str(&format!("  {score}\n"));
    for (option, what) in [
        ("--top 0".to_owned(), "every artist"),
        (format!("--explain {best}"), "one artist in words"),
        ("--sort breakout".to_owned(), "another order"),
        ("--format json".to_owned(), "everything, one object per line"),
        (format!("--as-of {}", args.as_of.plus(-30)), "what it would have said then"),
    ] {
        text.push_str(&format!("    … {option:<32} {}\n", styled(what, DIM)));
    }
    text
}

/// The path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_alphanumeric() || "/._-+".contains(c));
    if plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
