//! Progress on standard error, for what takes longer than a moment and only on a terminal.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::clock::Stopwatch;

/// Below this nobody wants to see a bar.
const PATIENCE: Duration = Duration::from_millis(700);

/// The progress of one file being read.
pub(crate) struct Reading {
    bar: ProgressBar,
    watch: Stopwatch,
    terminal: bool,
}

impl Reading {
    /// Begins with the file `name`.
    pub(crate) fn start(name: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_message(name.to_owned());
        Self { bar, watch: Stopwatch::start(), terminal: std::io::stderr().is_terminal() }
    }

    /// So many bytes of so many are read; called from any thread.
    pub(crate) fn at(&self, bytes: u64, size: Option<u64>) {
        if !self.terminal {
            return;
        }
        if self.bar.is_hidden() {
            if self.watch.elapsed() < PATIENCE {
                return;
            }
            let template = match size {
                Some(size) => {
                    self.bar.set_length(size);
                    "reading {msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}"
                }
                None => "reading {msg} {spinner} {bytes} {bytes_per_sec}",
            };
            // A template that cannot be read leaves the plain bar.
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style.progress_chars("━╸ "));
            }
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(bytes);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A spinner with a clock, for a stage that takes seconds and does not say how far it is.
pub(crate) fn stage(message: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(message.to_owned());
    // A template that cannot be read leaves the plain spinner.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// A spinner for a step that does not say how far it is; `rows` is how much it has to do.
pub(crate) fn step(message: &str, rows: usize) -> ProgressBar {
    /// About what takes a second.
    const MANY: usize = 5_000_000;
    if rows < MANY || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(message.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
