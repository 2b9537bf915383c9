//! One JSON object per artist and line.

use std::io::{self, Write};

use super::Selection;

pub(crate) fn write(out: &mut (dyn Write + Send), selection: Selection<'_>) -> io::Result<()> {
    for &artist in selection.artists {
        serde_json::to_writer(&mut *out, &selection.scores.analysis(artist))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
