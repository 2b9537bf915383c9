//! One CSV row per artist, with every column; empty = none.

use std::io::{self, Write};

use fanpulse_core::settings::ALGORITHM;

use super::Selection;
use super::columns::{COUNTS, FAN_COUNTS, FAN_FIGURES, FIGURES, TEXTS, breakout_level};

pub(crate) fn write(out: &mut (dyn Write + Send), selection: Selection<'_>) -> io::Result<()> {
    let scores = selection.scores;
    let mut csv = csv::Writer::from_writer(out);
    let names = TEXTS.iter().copied().chain(FIGURES.iter().map(|c| c.0)).chain(COUNTS.iter().map(|c| c.0));
    let names = names.chain(FAN_COUNTS.iter().map(|c| c.0)).chain(FAN_FIGURES.iter().map(|c| c.0));
    csv.write_record(names).map_err(plain)?;
    let as_of = scores.as_of().to_string();
    let window = scores.settings().window_days.to_string();
    let mut row = csv::StringRecord::new();
    for &artist in selection.artists {
        row.clear();
        row.push_field(&without_formula(&scores.artist_id(artist)));
        for text in [&as_of, &window, ALGORITHM, scores.settings_hash()] {
            row.push_field(text);
        }
        row.push_field(scores.status(artist).map_or("", |s| s.as_str()));
        row.push_field(breakout_level(scores, artist).unwrap_or_default());
        for (_, column) in FIGURES {
            let value = column(scores)[artist];
            if value.is_nan() {
                row.push_field("");
            } else {
                row.push_field(&value.to_string());
            }
        }
        for (_, column) in COUNTS {
            row.push_field(&column(scores)[artist].to_string());
        }
        let fans = selection.fans.insights(artist);
        for (_, count) in FAN_COUNTS {
            row.push_field(&fans.map_or_else(String::new, |of| count(of).to_string()));
        }
        for (_, figure) in FAN_FIGURES {
            row.push_field(&fans.and_then(figure).map_or_else(String::new, |x| x.to_string()));
        }
        csv.write_record(&row).map_err(plain)?;
    }
    csv.flush()
}

/// The text, behind an apostrophe where a spreadsheet would take it for a formula.
fn without_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn plain(e: csv::Error) -> io::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => e,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_start_a_formula_are_escaped() {
        for text in ["=1+1", "+x", "-x", "@x", "\tx", "\rx"] {
            assert_eq!(without_formula(text), format!("'{text}"));
        }
        assert_eq!(without_formula("a=1"), "a=1");
    }
}
