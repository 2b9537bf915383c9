//! What a person wants to know of a run beside its result, on standard error.

use std::collections::BTreeMap;

use fanpulse_platforms::{Sources, TableKind};

use super::Scored;
use crate::output::table::{counted, thousands};
use crate::terminal::{self, DIM, harmless, styled};

/// Says what was read, what was dropped and why, and how long it took.
pub(super) fn say(scored: &Scored, as_of_is_latest: bool) {
    for line in lines(scored, as_of_is_latest) {
        terminal::say(&styled(&line, DIM));
    }
}

fn lines(scored: &Scored, as_of_is_latest: bool) -> Vec<String> {
    let Scored { loaded, scores, .. } = scored;
    let files = loaded.sources.files();
    let rows: u64 = files.iter().map(|f| f.rows).sum();
    let mut lines = vec![format!(
        "read {} of {} from {} in {}, scored in {}",
        counted(rows, "row"),
        counted(scores.artists() as u64, "artist"),
        counted(files.len() as u64, "file"),
        took(loaded.took.as_secs_f64()),
        took(scored.seconds),
    )];
    lines.extend(dropped(&loaded.sources, loaded.repeated_posts + scores.dropped_rows, loaded.lenient));
    for file in files.iter().filter(|f| !f.skipped_columns.is_empty()) {
        let columns: Vec<String> = file.skipped_columns.iter().map(|c| format!("`{}`", harmless(c))).collect();
        lines.push(format!("{}: not read, as no score uses them: {}", harmless(&file.name), columns.join(", ")));
    }
    for file in files {
        if let Some(artist) = &file.artist {
            let table = match file.table {
                TableKind::SpotifySongTimeline => "song timeline of Spotify for Artists",
                TableKind::SpotifyAudienceTimeline => "audience timeline of Spotify for Artists",
                TableKind::FanEvents => "fan events",
                TableKind::Posts => "posts",
                _ => "observations",
            };
            lines.push(format!("{}: {table}, taken for `{}`", harmless(&file.name), harmless(artist)));
        }
    }
    let later = scored.fans.table().later_events();
    if later > 0 {
        lines.push(format!("left out {} after {}", counted(later, "fan event"), scores.as_of()));
    }
    if as_of_is_latest {
        lines.push(format!("as of {}, the latest day in the data; --as-of sets another", scores.as_of()));
    }
    lines
}

/// How many rows were dropped, by reason.
fn dropped(sources: &Sources, again: u64, lenient: bool) -> Option<String> {
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    for file in sources.files() {
        for (reason, n) in &file.dropped {
            *reasons.entry(reason.as_str().replace('_', " ")).or_default() += n;
        }
    }
    if again > 0 {
        *reasons.entry(if lenient { "repeated or conflicting" } else { "repeated" }.to_owned()).or_default() += again;
    }
    let total: u64 = reasons.values().sum();
    let parts: Vec<String> = reasons.iter().map(|(reason, n)| format!("{} {reason}", thousands(*n))).collect();
    (total > 0).then(|| format!("dropped {}: {}", counted(total, "row"), parts.join(", ")))
}

fn took(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", 1000.0 * seconds) } else { format!("{seconds:.1} s") }
}
