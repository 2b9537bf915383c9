//! Breakouts by a model of `fanpulse train`, in place of the indicators.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fanpulse_core::learned::{ComponentBreakout, Conflicts, Inputs, LogisticBreakout};
use fanpulse_core::{Day, EngineBuilder, Scores};

use super::Loaded;
use crate::error::{Failure, Result, said};
use crate::output::table::counted;
use crate::terminal::{self, DIM, styled};
use crate::train::examples::{Places, read_chart};

/// A model, and what it reads beside the observations.
pub(crate) struct Learned {
    name: String,
    model: LogisticBreakout,
    chart: Vec<PathBuf>,
}

impl Learned {
    /// Reads a model, and checks that it will find what it reads.
    pub(super) fn open(path: &Path, chart: &[PathBuf]) -> Result<Self> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|e| Failure::failed(format!("cannot read the model {name}: {}", said(&e))))?;
        let model = LogisticBreakout::from_json(&text).map_err(|e| Failure::failed(format!("{name}: {}", e.message())))?;
        match model.inputs() {
            Inputs::Chart(_) if chart.is_empty() => Err(Failure::Usage(format!(
                "{name} was trained on a chart and predicts from one, which observations and posts do not hold; name it with --chart FILE"
            ))),
            Inputs::Chart(_) => Ok(()),
            reads if !chart.is_empty() => Err(Failure::Usage(format!("{name} reads {reads}, so there is no use for --chart"))),
            Inputs::Daily(_) => Ok(()),
            // Says what it would need.
            _ => ComponentBreakout::try_new(model.clone()).map(drop).map_err(|e| Failure::failed(format!("{name}: {}", e.message()))),
        }?;
        Ok(Self { name, model, chart: chart.to_vec() })
    }

    /// Puts a model that reads what the engine scores into it.
    pub(super) fn put_into(&self, builder: EngineBuilder) -> EngineBuilder {
        match ComponentBreakout::try_new(self.model.clone()) {
            Ok(model) => builder.breakout_model(Arc::new(model)),
            Err(_) => builder,
        }
    }

    /// Replaces the breakouts by those of a model that reads something else.
    pub(super) fn predict(&self, loaded: &Loaded, scores: Scores, as_of: Day) -> Result<Scores> {
        let conflicts = if loaded.lenient { Conflicts::KeepFirst } else { Conflicts::Refuse };
        let breakouts = match self.model.inputs() {
            Inputs::Daily(_) => self.model.daily_breakouts(&loaded.data, as_of, scores.settings(), conflicts),
            Inputs::Chart(settings) => {
                let (chart, _) = read_chart(&self.chart, settings, Places::Known { until: as_of })?;
                self.model.chart_breakouts(&loaded.data, &chart.index)
            }
            _ => return Ok(scores),
        };
        let breakouts = breakouts.map_err(|e| loaded.sources.explain(e))?;
        scores.with_breakouts(breakouts).map_err(|e| Failure::failed(e.message()))
    }

    /// Says on standard error what the model is and for how many artists it has an answer.
    pub(super) fn summarise(&self, scores: &Scores) {
        let card = self.model.card();
        let known = scores.breakout.iter().filter(|p| !p.is_nan()).count();
        let mut lines = vec![format!(
            "breakout by {}, over {}: {}; {} of {} predicted",
            self.name,
            card.task.horizon,
            card.task.label,
            known,
            counted(scores.artists() as u64, "artist"),
        )];
        if matches!(self.model.inputs(), Inputs::Chart(_)) {
            lines.push("predicted are artists new to the chart, by their name on it; the others have no breakout".to_owned());
        }
        if let Inputs::Components { settings_hash } = self.model.inputs()
            && settings_hash != scores.settings_hash()
        {
            lines.push("note: the model was trained on scores under other settings".to_owned());
        }
        for line in lines {
            terminal::say(&styled(&terminal::harmless(&line), DIM));
        }
    }
}
