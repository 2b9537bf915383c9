//! `fanpulse train`: labelled history in, a model file and its card out.

pub(crate) mod examples;
mod label;
pub(crate) mod slices;

use std::path::{Path, PathBuf};

use fanpulse_core::learned::{LogisticBreakout, table, train};

use crate::cli::TrainArgs;
use crate::error::{Failure, Result};
use crate::output::{self, Target};
use crate::terminal::{self, DIM, styled};
use crate::{clock::Stopwatch, progress};

pub(crate) use label::Label;

pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    let card = args.card.clone().unwrap_or_else(|| args.out.with_extension("md"));
    check_usage(args, &card)?;
    let (model_target, card_target) = (Target::File(args.out.clone()), Target::File(card.clone()));
    output::check(&model_target)?;
    output::check(&card_target)?;
    let settings = examples::settings(&args.examples)?;
    let watch = Stopwatch::start();
    let examples = examples::read(&args.examples, &settings)?;
    let slices = slices::cut(&examples, args)?;
    let spinner = progress::stage(&format!("training on {} examples", examples.set.examples().len()));
    let model = train(&examples.set, &slices, &settings.learned);
    spinner.finish_and_clear();
    let model = model.map_err(|e| Failure::failed(format!("{}: {}", names(&args.examples.data), e.message())))?;

    let json = model.to_json().map_err(|e| Failure::failed(e.message()))?;
    output::write(&model_target, |out| out.write_all(json.as_bytes()).and_then(|()| out.write_all(b"\n")))?;
    let text = model.card().to_markdown(&title(args));
    output::write(&card_target, |out| out.write_all(text.as_bytes()))?;
    say(&model, args, &card, watch.elapsed().as_secs_f64());
    let result = if model.card().comparison.is_empty() {
        "The test slice is empty: nothing was judged.\n".to_owned()
    } else {
        table(&model.card().comparison)
    };
    output::write_text(&Target::Stdout, &result)
}

fn check_usage(args: &TrainArgs, card: &Path) -> Result<()> {
    examples::check_usage(&args.examples)?;
    if *card == args.out {
        return Err(Failure::Usage(format!("{} cannot be both the model and its card", card.display())));
    }
    let same = |a: &Path, b: &Path| std::fs::canonicalize(a).is_ok_and(|a| std::fs::canonicalize(b).is_ok_and(|b| a == b && a.is_file()));
    for out in [args.out.as_path(), card] {
        if let Some(file) = args.examples.data.iter().find(|f| same(f, out)) {
            return Err(Failure::Usage(format!("{} is read, so it cannot be the output too", file.display())));
        }
    }
    Ok(())
}

/// The files' names, for a message about all of them.
pub(crate) fn names(files: &[PathBuf]) -> String {
    files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn title(args: &TrainArgs) -> String {
    let stem = args.out.file_stem().unwrap_or(args.out.as_os_str());
    crate::terminal::harmless(&stem.to_string_lossy())
}

/// Says on standard error what the model was made from.
fn say(model: &LogisticBreakout, args: &TrainArgs, card: &Path, seconds: f64) {
    let c = model.card();
    let slice = |name: &str, s: &fanpulse_core::learned::SliceCard| {
        let span = if s.rows == 0 { String::new() } else { format!(", {} to {}", s.first, s.last) };
        format!("{name} {} examples ({} positive{span})", s.rows, s.positives)
    };
    let calibrated = format!("{}; calibration: {}", slice("calibrated on", &c.calibrate), c.calibration);
    let mut lines = vec![slice("trained on", &c.train), calibrated, slice("tested on", &c.test)];
    if c.purged > 0 {
        lines.push(format!("left out {} examples whose outcome was not known when the next slice began", c.purged));
    }
    if !c.unused.is_empty() {
        lines.push(format!("not used, because they never vary: {}", c.unused.join(", ")));
    }
    lines.extend(c.notes.iter().map(|n| format!("note: {n}")));
    lines.push(format!(
        "wrote {} and {} in {seconds:.1} s; `fanpulse score … --breakout-model {}` uses it",
        args.out.display(),
        card.display(),
        args.out.display()
    ));
    for line in lines {
        terminal::say(&styled(&crate::terminal::harmless(&line), DIM));
    }
}
