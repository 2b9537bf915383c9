//! Filled levels and the chain-linked audience index.

use crate::settings::Settings;

/// The two windows' filled daily values of the audience components, side by side.
#[derive(Debug, Default)]
pub(crate) struct Filled {
    values: Vec<f64>,
    weights: Vec<f64>,
    days: usize,
    /// Component-days of the window that were carried forward.
    pub(crate) filled_days: u32,
}

impl Filled {
    pub(crate) fn reset(&mut self, days: usize) {
        self.values.clear();
        self.weights.clear();
        self.days = days;
        self.filled_days = 0;
    }

    /// Appends a component: its last `days` days, a level carried over at most `max_fill` missing days (0 for a flow).
    pub(crate) fn push(&mut self, series: &[f64], weight: f64, max_fill: usize, window: usize) {
        let start = self.values.len();
        self.values.resize(start + self.days, f64::NAN);
        let out = &mut self.values[start..];
        // What lies before the two windows can still be carried into them.
        let from = series.len().saturating_sub(self.days + max_fill);
        let mut carried = f64::NAN;
        let mut age = usize::MAX;
        for (i, &value) in series.iter().enumerate().skip(from) {
            let missing = value.is_nan();
            if missing {
                age = age.saturating_add(1);
            } else {
                (carried, age) = (value, 0);
            }
            let back = series.len() - i;
            if age <= max_fill && back <= self.days {
                out[self.days - back] = carried;
                self.filled_days += u32::from(missing && back <= window);
            }
        }
        self.weights.push(weight);
    }

    /// The filled days of a component.
    pub(crate) fn days(&self, component: usize) -> &[f64] {
        &self.values[component * self.days..(component + 1) * self.days]
    }

    /// How many components.
    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }
}

/// The audience index over the window, NaN = missing, free up to a constant factor.
#[derive(Debug, Default)]
pub(crate) struct AudienceIndex {
    /// One value per day of the window.
    pub(crate) values: Vec<f64>,
}

impl AudienceIndex {
    /// Links the components from day to day over those present on both days, so that a platform that is
    /// connected, lost or late never fakes growth (`scoring.md` §1).
    ///
    /// # Formula
    /// X_t = X_s · Σ w v_t / Σ w v_s over the components present on t and on the last day s that has an X.
    pub(crate) fn link(&mut self, filled: &Filled, settings: &Settings) {
        let window = settings.window();
        let offset = filled.days - window;
        self.values.clear();
        self.values.resize(window, f64::NAN);
        let mut last: Option<usize> = None;
        for t in 0..window {
            let (mut now, mut then, mut present) = (0.0, 0.0, false);
            for c in 0..filled.len() {
                let days = &filled.days(c)[offset..];
                let before = last.map_or(0.0, |s| days[s]);
                if !days[t].is_nan() && !before.is_nan() {
                    now += filled.weights[c] * days[t];
                    then += filled.weights[c] * before;
                    present = true;
                }
            }
            if !present || now <= 0.0 {
                continue;
            }
            match last {
                None => self.values[t] = 1.0,
                Some(s) if then > 0.0 => self.values[t] = self.values[s] * (now / then),
                Some(_) => continue,
            }
            last = Some(t);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const M: f64 = f64::NAN;

    fn index(components: &[(&[f64], f64)]) -> Vec<f64> {
        let settings = Settings { window_days: u32::try_from(components[0].0.len()).unwrap(), ..Settings::default() };
        let mut filled = Filled::default();
        filled.reset(settings.window());
        for (series, weight) in components {
            filled.push(series, *weight, 0, settings.window());
        }
        let mut index = AudienceIndex::default();
        index.link(&filled, &settings);
        index.values
    }

    #[test]
    fn a_platform_connected_late_adds_no_growth() {
        let x = index(&[(&[100.0, 101.0, 102.0, 103.0], 1.0), (&[M, M, 1e6, 1e6], 1.0)]);
        assert!((x[2] - 1.02).abs() < 1e-12);
        assert!((x[3] - 1.02 * (1_000_103.0 / 1_000_102.0)).abs() < 1e-12);
    }

    #[test]
    fn a_gap_is_linked_over() {
        let x = index(&[(&[100.0, M, M, 110.0], 1.0)]);
        assert_eq!(x[0], 1.0);
        assert!(x[1].is_nan() && x[2].is_nan());
        assert!((x[3] - 1.1).abs() < 1e-12);
    }

    #[test]
    fn a_level_is_carried_over_three_days_and_no_more() {
        let mut filled = Filled::default();
        filled.reset(6);
        filled.push(&[7.0, M, M, M, M, 9.0], 1.0, 3, 6);
        assert_eq!(filled.days(0)[..4], [7.0; 4]);
        assert!(filled.days(0)[4].is_nan());
        assert_eq!((filled.days(0)[5], filled.filled_days), (9.0, 3));
        // A value from before the two windows is carried into them.
        filled.reset(2);
        filled.push(&[5.0, M, M], 1.0, 3, 2);
        assert_eq!(filled.days(0), [5.0, 5.0]);
    }
}
