//! An explanation on a terminal.

use anstyle::{AnsiColor, Style};

use crate::terminal::{DIM, HEADING, SIMULATED, styled as style};

/// A sign that is met.
const MET: Style = AnsiColor::Green.on_default();

/// The banner over everything that no real artist stands behind.
pub(crate) fn banner(simulated: bool) -> String {
    if simulated { format!("{}\n", style(" SIMULATED DATA ", SIMULATED)) } else { String::new() }
}

/// Colours the headings and marks of an explanation, whose headings are the lines that do not begin with a space.
pub(crate) fn styled(text: &str, simulated: bool) -> String {
    let mut out = banner(simulated);
    for line in text.lines() {
        let styled = if line.is_empty() {
            String::new()
        } else if !line.starts_with(' ') {
            style(line, HEADING)
        } else if line.starts_with("  ✓") {
            style(line, MET)
        } else if line.trim_start().starts_with("measured ") {
            style(line, DIM)
        } else {
            line.to_owned()
        };
        out.push_str(&styled);
        out.push('\n');
    }
    out
}
