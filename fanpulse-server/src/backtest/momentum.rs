//! `fanpulse backtest momentum`: how well the momentum index of a day ranks the growth that follows.

use fanpulse_core::learned::{Conflicts, daily_series, momentum};
use fanpulse_core::{Day, Engine};

use crate::cli::{BacktestFormat, MomentumArgs};
use crate::error::{Failure, Result};
use crate::output::{self, Target};
use crate::progress;
use crate::score::{Inputs, input, settings};

pub(super) fn run(args: &MomentumArgs) -> Result<()> {
    let settings = settings::load(args.settings.as_deref(), args.window)?;
    let window = i32::try_from(settings.window_days).unwrap_or(i32::MAX);
    let horizon = i32::try_from(args.horizon).unwrap_or(i32::MAX);
    let loaded = input::load(&Inputs { files: &args.data, lenient: args.lenient, map: args.map.clone(), artist: None })?;
    let conflicts = if args.lenient { Conflicts::KeepFirst } else { Conflicts::Refuse };
    let engine = Engine::builder().settings(settings).build().map_err(|e| Failure::failed(e.message()))?;
    let last = loaded.latest_day()?;
    let spinner = progress::stage("scoring every week");
    let series = daily_series(&loaded.data, last, engine.settings(), conflicts).map_err(|e| loaded.sources.explain(e))?;
    let first = series.iter().filter(|s| !s.values.is_empty()).map(|s| s.start).min().unwrap_or(last);
    // The first day has a whole window behind it, the last a whole horizon before it.
    let days: Vec<Day> =
        (0..).map(|k| first.plus(window - 1 + 7 * k)).take_while(|d| *d < Day::MAX && d.days() + horizon <= last.days()).collect();
    if days.is_empty() {
        return Err(Failure::failed(format!(
            "the data run from {first} to {last}: no day has {window} days before and {horizon} after it"
        )));
    }
    let result = momentum::backtest(&engine, &series, &days, args.horizon);
    spinner.finish_and_clear();
    let result = result.map_err(|e| Failure::failed(e.message()))?;
    match args.format {
        BacktestFormat::Table => {
            let number = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.3}"));
            let artists: usize = result.days.iter().map(|d| d.artists).sum();
            let text = format!(
                "Momentum index against the growth of the next {} days\n\n  mean Spearman correlation  {}\n  standard error             {}, as if the days were independent\n  days                       {}, from {} to {}\n  artists per day            {:.0}\n",
                result.horizon_days,
                number(result.mean_spearman),
                number(result.standard_error),
                result.days.len(),
                days[0],
                days[days.len() - 1],
                artists as f64 / result.days.len() as f64,
            );
            output::write_text(&Target::Stdout, &text)
        }
        BacktestFormat::Json => output::write(&Target::Stdout, |out| {
            serde_json::to_writer_pretty(&mut *out, &result)?;
            out.write_all(b"\n")
        }),
    }
}
