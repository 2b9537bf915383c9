//! Predictions for the artists of a data set, in place of the engine's own.

use hashbrown::HashMap;

use super::chart::{Chart, Newcomer, newcomers, split_credit};
use super::daily::{Conflicts, daily_series};
use super::inputs::Inputs;
use super::model::LogisticBreakout;
use super::series::latest_features;
use crate::error::Insufficient;
use crate::ingest::Dataset;
use crate::scores::Breakout;
use crate::settings::Settings;
use crate::{Day, Error, Result};

/// One prediction per artist, or what it lacks.
pub type Breakouts = Vec<Result<Breakout, Insufficient>>;

impl LogisticBreakout {
    /// The breakout of every artist of a data set from its daily audience or streams; `settings` are the engine's.
    /// Where the last two weeks have too few days, it says how many there are.
    ///
    /// # Errors
    /// `invalid` where the model was trained on something else, or a row is out of bounds or contradicts another.
    pub fn daily_breakouts(&self, data: &Dataset, as_of: Day, settings: &Settings, conflicts: Conflicts) -> Result<Breakouts> {
        let Inputs::Daily(growth) = self.inputs() else {
            return Err(Error::invalid(format!("the model reads {}, not daily audience or streams", self.inputs())));
        };
        let series = daily_series(data, as_of, settings, conflicts)?;
        let one = |s| latest_features(s, as_of, growth).map(|values| self.breakout_of_named(&values));
        Ok(series.iter().map(one).collect())
    }

    /// The breakout of every artist of a data set who is new to a chart, found there by the artist's name. A prediction
    /// is made when the first weeks are over and holds until its horizon is; any other artist lacks those weeks.
    ///
    /// The chart must end at the day of the prediction: cut what lies after it off before it is indexed.
    ///
    /// # Errors
    /// `invalid` where the model was trained on something else, or the chart has another number of places.
    pub fn chart_breakouts(&self, data: &Dataset, chart: &Chart) -> Result<Breakouts> {
        let Inputs::Chart(settings) = self.inputs() else {
            return Err(Error::invalid(format!("the model reads {}, not a chart", self.inputs())));
        };
        let newcomers = newcomers(chart, settings)?;
        let by_name: HashMap<&str, &Newcomer> = newcomers.iter().map(|n| (n.name.as_str(), n)).collect();
        let need = f64::from(settings.observe_weeks);
        let one = |id: &str| {
            let name = split_credit(id).into_iter().next().unwrap_or_default();
            match by_name.get(name.as_str()).map(|n| &n.features) {
                Some(Ok(values)) => Ok(self.breakout_of_named(values)),
                Some(Err(weeks)) => Err(Insufficient { have: f64::from(*weeks), need }),
                None => Err(Insufficient { have: 0.0, need }),
            }
        };
        Ok(data.artists.iter().map(one).collect())
    }

    /// A feature that is not named is missing.
    fn breakout_of_named(&self, named: &[(&str, f64)]) -> Breakout {
        let value = |name: &str| named.iter().find(|n| n.0 == name).map_or(f64::NAN, |n| n.1);
        self.breakout(&self.features().iter().map(|f| value(&f.name)).collect::<Vec<f64>>())
    }
}
