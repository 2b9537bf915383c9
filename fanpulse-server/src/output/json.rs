//! One JSON object per artist and line.

use std::io::{self, Write};

use fanpulse_core::report::ViralSeries;

use super::Selection;

/// Writes the selected artists; `spikes` are those in their series, in the same order.
pub(crate) fn write(out: &mut (dyn Write + Send), selection: Selection<'_>, spikes: Vec<Vec<ViralSeries>>) -> io::Result<()> {
    for (&artist, spikes) in selection.artists.iter().zip(spikes) {
        serde_json::to_writer(&mut *out, &selection.analysis(artist, spikes))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
