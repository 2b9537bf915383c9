//! What the terminal is like, and what is said on standard error.

use std::io::{IsTerminal, Write};

use anstyle::{AnsiColor, Style};

/// Names of columns and sections.
pub(crate) const HEADING: Style = Style::new().bold();
/// What explains rather than tells.
pub(crate) const DIM: Style = Style::new().dimmed();
/// The word `error`.
const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Data that no real artist stands behind.
pub(crate) const SIMULATED: Style = AnsiColor::Yellow.on_default().bold().invert();

/// The text in a style; the writer takes the style out again where it does not belong.
pub(crate) fn styled(text: &str, style: Style) -> String {
    format!("{style}{text}{style:#}")
}

/// Columns of the terminal behind standard output; none where there is no terminal.
pub(crate) fn width() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(w, _)| usize::from(w.0))
}

/// Says an error.
pub(crate) fn error(message: &str) {
    say(&format!("{}: {message}", styled("error", ERROR)));
}

/// Says something beside the data. Where standard error is closed there is nobody to say it to.
pub(crate) fn say(line: &str) {
    let _unheard = writeln!(anstream::stderr().lock(), "{line}");
}

/// Text from outside on one line, without characters that a terminal would act on.
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
