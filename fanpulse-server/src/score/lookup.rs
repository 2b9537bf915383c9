//! Finds an artist by what was typed.

use fanpulse_core::ingest::Names;

use crate::error::{Failure, Result};
use crate::terminal::harmless;

/// How many near names are told.
const TOLD: usize = 3;

/// The artist of that name, in whatever case if only one fits.
pub(super) fn find(artists: &Names, wanted: &str) -> Result<usize> {
    if let Some(code) = artists.code(wanted) {
        return Ok(code as usize);
    }
    let folded = wanted.to_lowercase();
    let mut same = artists.iter().enumerate().filter(|(_, name)| name.to_lowercase() == folded);
    if let (Some((i, _)), None) = (same.next(), same.next()) {
        return Ok(i);
    }
    let near = near(artists, &folded);
    let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) };
    Err(Failure::failed(format!("no artist `{}` in the data{hint}", harmless(wanted))))
}

/// The names that come nearest, the nearest first.
fn near(artists: &Names, folded: &str) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = artists
        .iter()
        .map(|name| {
            let other = name.to_lowercase();
            let part = folded.len() >= 3 && (other.contains(folded) || folded.contains(&other));
            (strsim::jaro_winkler(folded, &other).max(if part { 0.9 } else { 0.0 }), name)
        })
        .filter(|(likeness, _)| *likeness >= 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.iter().take(TOLD).map(|(_, name)| format!("`{}`", harmless(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_or_the_near_ones_told() {
        let mut artists = Names::default();
        for name in ["Low Tide", "High Tide", "Östra"] {
            artists.intern(name);
        }
        assert_eq!(find(&artists, "High Tide").unwrap(), 1);
        assert_eq!(find(&artists, "östra").unwrap(), 2);
        let said = |wanted| match find(&artists, wanted) {
            Err(Failure::Failed(message)) => message,
            other => panic!("{other:?}"),
        };
        assert_eq!(said("low tdie"), "no artist `low tdie` in the data; did you mean `Low Tide`?");
        assert_eq!(said("tide"), "no artist `tide` in the data; did you mean `High Tide` or `Low Tide`?");
        assert_eq!(said("zzz"), "no artist `zzz` in the data");
    }
}
