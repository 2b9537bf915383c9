//! The fans of one simulated artist: how often each comes, what each does, and when each stops coming.

use fanpulse_core::Instant;
use fanpulse_core::ingest::{FanEvent, FanEventKind};

use super::dice::Dice;
use super::names;
use super::simulate::Plan;

/// Streams of fans are drawn apart from those of artists, so that fans change nothing in their artist's series.
const FANS: u64 = 1 << 32;

/// A kind of fan.
struct Habit {
    /// Share of the fans up to this kind.
    upto: f64,
    /// Chance that a day is active.
    daily: (f64, f64),
    /// Chance that an active day is the last.
    leaves: (f64, f64),
    /// Chances that an active day has a like, a comment, a share, a save, a purchase.
    does: [f64; 5],
}

const HABITS: [Habit; 4] = [
    // Who lives for the artist.
    Habit { upto: 0.03, daily: (0.55, 0.9), leaves: (0.002, 0.012), does: [0.5, 0.25, 0.25, 0.15, 0.035] },
    // Who listens through the week.
    Habit { upto: 0.2, daily: (0.15, 0.45), leaves: (0.01, 0.04), does: [0.2, 0.05, 0.05, 0.08, 0.012] },
    // Who comes by now and then.
    Habit { upto: 0.6, daily: (0.02, 0.1), leaves: (0.05, 0.15), does: [0.08, 0.01, 0.01, 0.03, 0.004] },
    // Who came by once or twice.
    Habit { upto: 1.0, daily: (0.01, 0.04), leaves: (0.4, 0.9), does: [0.05, 0.0, 0.005, 0.02, 0.001] },
];
const KINDS: [FanEventKind; 5] =
    [FanEventKind::Like, FanEventKind::Comment, FanEventKind::Share, FanEventKind::Save, FanEventKind::Purchase];
/// What is sold: records, shirts, bundles.
const PRICES: [f64; 4] = [12.5, 24.0, 32.0, 59.0];

/// The events of an artist's fans, fan by fan.
pub(super) fn events(plan: Plan, number: u32) -> Vec<FanEvent> {
    let mut dice = Dice::new(plan.seed, FANS + u64::from(number));
    let artist_id = names::id(plan.seed, number);
    // Most fans of large artists never leave a trace in a label's own data.
    let fans = dice.whole(60, 260);
    let mut events = Vec::new();
    for fan in 0..fans {
        let u = dice.unit();
        let habit = HABITS.iter().find(|h| u < h.upto).unwrap_or(&HABITS[3]);
        let (daily, leaves) = (dice.between(habit.daily.0, habit.daily.1), dice.between(habit.leaves.0, habit.leaves.1));
        let fan_id = format!("sim-fan-{number:03}-{fan:03}");
        let mut day = dice.whole(0, plan.days - 1);
        let mut add = |day: u32, kind, amount: Option<f64>, streams: Option<(u32, f64)>| {
            events.push(FanEvent {
                artist_id: artist_id.clone(),
                fan_id: fan_id.clone(),
                occurred_at: Instant::from(plan.day(day)),
                kind,
                count: streams.map(|s| s.0),
                amount,
                seconds: streams.map(|s| s.1),
                currency: amount.map(|_| "EUR".to_owned()),
            });
        };
        while day < plan.days {
            let streams = dice.whole(1, 8);
            add(day, FanEventKind::Stream, None, Some((streams, (f64::from(streams) * dice.between(120.0, 230.0)).round())));
            for (kind, chance) in KINDS.into_iter().zip(habit.does) {
                if dice.chance(chance) {
                    let price = if kind == FanEventKind::Purchase { dice.pick(&PRICES) } else { None };
                    add(day, kind, price, None);
                }
            }
            if dice.chance(leaves) {
                break;
            }
            day += 1;
            while day < plan.days && !dice.chance(daily) {
                day += 1;
            }
        }
    }
    events
}
