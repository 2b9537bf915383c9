//! `fanpulse backtest`: what a model trained anew at each step would have predicted, and how good that was.

mod momentum;

use std::fmt::Write as _;

use chrono::{Months, NaiveDate};
use fanpulse_core::learned::{Backtest, WalkForward, backtest, table};

use crate::cli::{BacktestArgs, BacktestCommand, BacktestFormat};
use crate::error::{Failure, Result};
use crate::output::{self, Target};
use crate::terminal::{self, DIM, styled};
use crate::train::{Label, examples, names};
use crate::{clock::Stopwatch, progress};

pub(crate) fn run(args: &BacktestArgs) -> Result<()> {
    if let Some(BacktestCommand::Momentum(args)) = &args.command {
        return momentum::run(args);
    }
    let Some(asked) = &args.examples else {
        return Err(Failure::Usage("--data and --label are needed".to_owned()));
    };
    examples::check_usage(asked)?;
    let target = args.out.as_ref().map_or(Target::Stdout, |path| Target::File(path.clone()));
    output::check(&target)?;
    let settings = examples::settings(asked)?;
    let watch = Stopwatch::start();
    let read = examples::read(asked, &settings)?;
    let set = match args.train_from.or(read.train_from) {
        Some(from) => read.set.filtered(|e| e.date >= from),
        None => read.set,
    };
    let dates: Vec<NaiveDate> = set.examples().iter().map(|e| e.date).collect();
    let (Some(&middle), Some(last)) = (dates.get(dates.len() / 2), dates.last().and_then(|d| d.succ_opt())) else {
        return Err(Failure::failed(format!("{}: there is no example to test", names(&asked.data))));
    };
    // A chart has few debuts a year, daily series have examples every week.
    let (step, calibrate) = if matches!(asked.label, Label::Top(_)) { (12, 60) } else { (1, 6) };
    let plan = WalkForward {
        test_from: args.test_from.unwrap_or(middle),
        test_until: args.test_until.unwrap_or(last),
        step_months: args.step.unwrap_or(step),
        calibrate_months: args.calibrate.unwrap_or(calibrate),
    };
    let spinner = progress::stage(&format!("walking forward from {} to {}", plan.test_from, plan.test_until));
    let result = backtest(&set, &plan, &settings.learned);
    spinner.finish_and_clear();
    let result = result.map_err(|e| Failure::failed(format!("{}: {}", names(&asked.data), e.message())))?;
    say(&plan, result.steps.len(), watch.elapsed().as_secs_f64());
    match args.format {
        BacktestFormat::Table => output::write_text(&target, &text(&result)),
        BacktestFormat::Json => output::write(&target, |out| {
            serde_json::to_writer_pretty(&mut *out, &result)?;
            out.write_all(b"\n")
        }),
    }
}

fn say(plan: &WalkForward, steps: usize, seconds: f64) {
    let last = plan.test_from.checked_sub_months(Months::new(plan.calibrate_months)).unwrap_or(plan.test_from);
    let line = format!(
        "trained anew {steps} times in {seconds:.1} s: each step of {} months is predicted from what was known when it began, \
         the last {} months of it for calibration (the first time from {last})",
        plan.step_months, plan.calibrate_months
    );
    terminal::say(&styled(&line, DIM));
}

fn text(result: &Backtest) -> String {
    let mut text = table(&result.comparison);
    text.push_str("\n| from | examples | positive | trained on | calibration | AUC |\n|---|---|---|---|---|---|\n");
    for s in &result.steps {
        let auc = s.auc.map_or_else(|| "–".to_owned(), |a| format!("{a:.3}"));
        let _ =
            writeln!(text, "| {} | {} | {} | {} | {} | {auc} |", s.test.first, s.test.rows, s.test.positives, s.train.rows, s.calibration);
    }
    text
}
