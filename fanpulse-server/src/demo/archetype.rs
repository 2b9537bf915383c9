//! The lives that simulated artists lead.

use super::dice::Dice;

/// A kind of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Archetype {
    /// Next to nothing happens.
    Steady,
    /// Slow and sure.
    Growing,
    /// Nothing for long, then more every day.
    Breakout,
    /// Loses people.
    Declining,
    /// One song, and back to before.
    OneHit,
    /// Joins a platform half-way, which is no growth of the others.
    NewPlatform,
    /// Has a few days of history only.
    Newcomer,
}

/// One artist's life: the archetype with its dates and paces.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) archetype: Archetype,
    /// Days of history.
    pub(super) days: u32,
    /// The day on which it turns.
    pub(super) turn: u32,
    /// Growth before the turn, share per day.
    before: f64,
    /// Growth at its fullest after it.
    after: f64,
    /// Height of a hit: how many times the listeners multiply.
    hit: f64,
}

impl Life {
    /// A life; the first artist of a label always breaks out, so that there is something to see.
    pub(super) fn draw(dice: &mut Dice, days: u32, first: bool) -> Self {
        use Archetype::{Breakout, Declining, Growing, NewPlatform, Newcomer, OneHit, Steady};
        let u = dice.unit();
        let shares = [(0.35, Steady), (0.60, Growing), (0.64, Breakout), (0.80, Declining), (0.88, OneHit), (0.96, NewPlatform)];
        let drawn = shares.iter().find(|(upto, _)| u < *upto).map_or(Newcomer, |s| s.1);
        let archetype = if first { Breakout } else { drawn };
        let back = match archetype {
            Breakout => dice.whole(12, 26),
            OneHit => dice.whole(10, 60),
            NewPlatform => days / 2,
            _ => 0,
        };
        let (before, after) = match archetype {
            Growing => (dice.between(0.0015, 0.007), 0.0),
            Breakout => (dice.between(0.0005, 0.0015), dice.between(0.006, 0.018)),
            Declining => (-dice.between(0.001, 0.0045), 0.0),
            _ => (dice.between(-0.0002, 0.0008), 0.0),
        };
        let history = if archetype == Newcomer { dice.whole(4, 13) } else { days };
        Self { archetype, days: history, turn: days.saturating_sub(back), before, after, hit: dice.between(0.5, 2.5) }
    }

    /// Growth of the audience on a day, share.
    pub(super) fn growth(&self, day: u32) -> f64 {
        match self.archetype {
            Archetype::Breakout if day >= self.turn => {
                // It takes two weeks to come to its fullest.
                let ramp = f64::from(day - self.turn + 1) / 14.0;
                self.before + self.after * ramp.min(1.0)
            }
            _ => self.before,
        }
    }

    /// How many times the listeners multiply on a day, beside all growth.
    pub(super) fn bump(&self, day: u32) -> f64 {
        if self.archetype != Archetype::OneHit || day < self.turn {
            return 1.0;
        }
        let since = day - self.turn;
        if since < 8 {
            return 1.0 + self.hit * f64::from(since + 1) / 8.0;
        }
        let decay = (8..=since).fold(1.0, |left, _| left * 0.955);
        1.0 + self.hit * decay
    }

    /// How likely a post of that day goes viral.
    pub(super) fn viral_chance(&self, day: u32) -> f64 {
        match self.archetype {
            Archetype::Breakout if day >= self.turn => 0.12,
            Archetype::OneHit if day.abs_diff(self.turn) < 4 => 0.5,
            _ => 0.012,
        }
    }
}
