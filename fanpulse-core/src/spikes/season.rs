//! Daily and weekly seasonality, learned one reading at a time.

use crate::time::MICROS_PER_DAY;

const HOUR: i64 = MICROS_PER_DAY / 24;
/// 1970-01-01 was a Thursday.
const FIRST_WEEKDAY: i64 = 3;

/// Where in the day and the week an instant lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    hour: usize,
    weekday: usize,
    /// How far into the hour, 0–1.
    into: f64,
    /// Counts the profile's steps (hours or days) since 1970.
    pub(super) step: i64,
}

/// Which profiles a cadence can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cycle {
    /// Finer than a day: hour of the day, weekday, hour of the week.
    DayAndWeek,
    /// Daily: the weekday.
    Week,
    /// Coarser than a day.
    None,
}

/// Additive profiles on the log scale.
#[derive(Debug, Clone)]
pub(super) struct Season {
    cycle: Cycle,
    /// Readings finer than an hour move smoothly from one hour's value to the next.
    smooth: bool,
    hours: Box<[Slot; 24]>,
    weekdays: Box<[Slot; 7]>,
    week_hours: Box<[Slot; 168]>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    value: f64,
    seen: f64,
}

impl Slot {
    /// Moves towards the residual; the `prior` steps that count as seen hold a young slot back.
    fn learn(&mut self, residual: f64, share: f64, prior: f64) {
        self.seen += share;
        self.value += share * residual * (1.0 / (self.seen + prior)).max(LEAST_GAIN);
    }
}

/// A slot forgets over about this many of its occurrences (their inverse).
const LEAST_GAIN: f64 = 0.03;

impl Season {
    pub(super) fn new(cycle: Cycle, step_micros: i64) -> Self {
        Self {
            cycle,
            smooth: step_micros < HOUR,
            hours: Box::new([Slot::default(); 24]),
            weekdays: Box::new([Slot::default(); 7]),
            week_hours: Box::new([Slot::default(); 168]),
        }
    }

    /// Where a reading at `micros` ≥ 0 lies.
    #[inline]
    pub(super) fn place(&self, micros: i64) -> Place {
        let hours = micros / HOUR;
        let days = hours / 24;
        let into = if self.smooth { (micros - hours * HOUR) as f64 / HOUR as f64 } else { 0.0 };
        let step = if self.cycle == Cycle::DayAndWeek { hours } else { days };
        Place { hour: (hours - days * 24) as usize, weekday: ((days + FIRST_WEEKDAY) % 7) as usize, into, step }
    }

    /// The seasonal part of the logarithm.
    #[inline]
    pub(super) fn at(&self, place: Place) -> f64 {
        match self.cycle {
            Cycle::None => 0.0,
            Cycle::Week => self.weekdays[place.weekday].value,
            Cycle::DayAndWeek => {
                let week_hour = place.weekday * 24 + place.hour;
                let next = if place.hour == 23 { 0 } else { place.hour + 1 };
                let next_week_hour = if week_hour == 167 { 0 } else { week_hour + 1 };
                let now = self.hours[place.hour].value + self.week_hours[week_hour].value;
                let then = self.hours[next].value + self.week_hours[next_week_hour].value;
                self.weekdays[place.weekday].value + now + place.into * (then - now)
            }
        }
    }

    /// Takes a residual, clipped by the caller, once per step of the profile.
    pub(super) fn learn(&mut self, place: Place, residual: f64) {
        match self.cycle {
            Cycle::None => {}
            Cycle::Week => self.weekdays[place.weekday].learn(residual, 1.0, 3.0),
            Cycle::DayAndWeek => {
                // The hour of the week says what hour and weekday leave over, and needs weeks to say it.
                self.week_hours[place.weekday * 24 + place.hour].learn(residual, 1.0, 15.0);
                self.hours[place.hour].learn(residual, 1.0, 3.0);
                self.weekdays[place.weekday].learn(residual, 1.0 / 24.0, 3.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Day, Instant};

    #[test]
    fn places_follow_the_calendar() {
        let season = Season::new(Cycle::DayAndWeek, HOUR / 12);
        // 2015-02-26 was a Thursday.
        let at: Instant = "2015-02-26T21:45:00Z".parse().unwrap();
        let place = season.place(at.micros());
        assert_eq!((place.hour, place.weekday, place.into), (21, 3, 0.75));
    }

    #[test]
    fn a_weekday_pattern_is_learned() {
        let mut season = Season::new(Cycle::Week, MICROS_PER_DAY);
        let start = Day::from_ymd(2026, 1, 5).unwrap();
        let truth = |i: i32| if i % 7 == 4 { 0.12 } else { -0.02 };
        for i in 0..7 * 20 {
            let place = season.place(Instant::from(start.plus(i)).micros());
            let residual = truth(i) - season.at(place);
            season.learn(place, residual);
        }
        let friday = season.place(Instant::from(start.plus(4)).micros());
        assert!((season.at(friday) - 0.12).abs() < 0.02, "{}", season.at(friday));
    }
}
