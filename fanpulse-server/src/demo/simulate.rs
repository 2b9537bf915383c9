//! One simulated artist: daily series of several platforms, with what real ones suffer from, and posts.

use fanpulse_core::ingest::{Metric, Post};
use fanpulse_core::time::MICROS_PER_DAY;
use fanpulse_core::{Day, Instant};

use super::archetype::{Archetype, Life};
use super::dice::Dice;
use super::names;

/// What to simulate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) artists: u32,
    pub(super) days: u32,
    pub(super) seed: u64,
    pub(super) as_of: Day,
}

/// A daily series that ends at `as_of`; `None` = the day is missing.
pub(super) struct Series {
    pub(super) platform: &'static str,
    pub(super) metric: Metric,
    pub(super) values: Vec<Option<f64>>,
}

/// One simulated artist.
pub(super) struct Artist {
    pub(super) id: String,
    pub(super) series: Vec<Series>,
    pub(super) posts: Vec<Post>,
}

/// Followers at the beginning: from a handful of friends to arenas.
const SIZES: [f64; 9] = [400.0, 1500.0, 5000.0, 12_000.0, 30_000.0, 80_000.0, 250_000.0, 900_000.0, 3_000_000.0];
/// Streams from Monday to Sunday, of the mean.
const WEEK: [f64; 7] = [0.96, 0.97, 0.99, 1.01, 1.12, 1.03, 0.92];
/// Share of days that a series misses.
const MISSING: f64 = 0.008;

impl Plan {
    /// The artists, one after the other; each depends on the seed and its own number only.
    pub(super) fn artists(self) -> impl Iterator<Item = Artist> {
        (0..self.artists).map(move |i| Simulation::new(self, i).run())
    }

    /// The day that lies `day` days after the first.
    pub(super) fn day(self, day: u32) -> Day {
        self.as_of.plus(i32::try_from(day + 1).unwrap_or(0) - i32::try_from(self.days).unwrap_or(0))
    }
}

/// Platforms on which an artist posts.
#[derive(Clone, Copy)]
struct Channel {
    platform: &'static str,
    prefix: &'static str,
    metric: Metric,
    /// Followers, as a multiple of those on Spotify.
    size: f64,
    /// First day of data.
    from: u32,
    /// Engagement of a post per follower.
    rate: f64,
}

struct Simulation {
    plan: Plan,
    dice: Dice,
    number: u32,
    life: Life,
    /// The audience that the life makes, of each day, beginning with 1.
    path: Vec<f64>,
    size: f64,
}

impl Simulation {
    fn new(plan: Plan, number: u32) -> Self {
        let mut dice = Dice::new(plan.seed, u64::from(number));
        let life = Life::draw(&mut dice, plan.days, number == 0);
        let size = dice.pick(&SIZES).unwrap_or(400.0) * dice.between(0.7, 1.6);
        let mut level = 1.0;
        let path = (0..plan.days)
            .map(|day| {
                // No two days are alike, whatever the life.
                level *= 1.0 + life.growth(day) + 0.001 * dice.normal();
                level
            })
            .collect();
        Self { plan, dice, number, life, path, size }
    }

    fn run(mut self) -> Artist {
        let id = names::id(self.plan.seed, self.number);
        let mut series = self.spotify();
        let channels = self.channels();
        let mut posts = Vec::new();
        for channel in channels {
            series.push(self.followers(channel));
            if channel.platform == "youtube" {
                series.push(self.views(channel));
            }
            self.posts(channel, &id, &mut posts);
        }
        let known = self.plan.days - self.life.days.min(self.plan.days);
        for s in &mut series {
            s.values[..known as usize].fill(None);
            self.lose(&mut s.values);
        }
        posts.retain(|p| p.published_at.day() >= self.plan.day(known));
        Artist { id, series, posts }
    }

    /// A series of whole numbers, one for each day.
    fn series(&mut self, platform: &'static str, metric: Metric, mut value: impl FnMut(&mut Self, u32) -> f64) -> Series {
        let values = (0..self.plan.days).map(|day| Some(value(self, day).max(0.0).round())).collect();
        Series { platform, metric, values }
    }

    fn spotify(&mut self) -> Vec<Series> {
        let size = self.size;
        let listeners = size * self.dice.between(0.6, 2.5);
        let per_listener = self.dice.between(0.06, 0.14);
        let (saves, adds) = (self.dice.between(0.006, 0.03), self.dice.between(0.002, 0.01));
        let heard = move |s: &Self, day: u32| listeners * s.path[day as usize] * s.life.bump(day);
        let followers = self.series("spotify", Metric::Followers, |s, day| s.noisy(size * s.path[day as usize], 0.0008));
        let monthly = self.series("spotify", Metric::MonthlyListeners, |s, day| s.noisy(heard(s, day), 0.006));
        let streams = self.series("spotify", Metric::Streams, |s, day| {
            let weekday = WEEK[s.plan.day(day).weekday().num_days_from_monday() as usize];
            s.noisy(heard(s, day) * per_listener * weekday, 0.05)
        });
        let part = |s: &mut Self, metric, share: f64| {
            s.series("spotify", metric, |s, day| s.noisy(streams.values[day as usize].unwrap_or(0.0) * share, 0.1))
        };
        let (saves, adds) = (part(self, Metric::Saves, saves), part(self, Metric::PlaylistAdds, adds));
        vec![followers, monthly, streams, saves, adds]
    }

    fn noisy(&mut self, value: f64, share: f64) -> f64 {
        value * (1.0 + share * self.dice.normal())
    }

    fn channels(&mut self) -> Vec<Channel> {
        let joins_late = self.life.archetype == Archetype::NewPlatform;
        let offers = [
            ("instagram", "ig", Metric::Followers, 0.9, (0.3, 1.4), (0.012, 0.045)),
            ("tiktok", "tt", Metric::Followers, 0.7, (0.1, 2.5), (0.02, 0.08)),
            ("youtube", "yt", Metric::Subscribers, 0.6, (0.05, 0.5), (0.015, 0.05)),
        ];
        let mut channels = Vec::new();
        for (platform, prefix, metric, share, size, rate) in offers {
            let late = joins_late && platform == "tiktok";
            if self.dice.chance(share) || late {
                channels.push(Channel {
                    platform,
                    prefix,
                    metric,
                    size: self.dice.between(size.0, size.1),
                    from: if late { self.life.turn } else { 0 },
                    rate: self.dice.between(rate.0, rate.1),
                });
            }
        }
        channels
    }

    fn followers(&mut self, channel: Channel) -> Series {
        let size = self.size * channel.size;
        let mut series = self.series(channel.platform, channel.metric, |s, day| {
            let bump = 1.0 + 0.1 * (s.life.bump(day) - 1.0);
            s.noisy(size * s.path[day as usize] * bump, 0.0015)
        });
        series.values[..channel.from as usize].fill(None);
        series
    }

    /// The running total of a channel's views, which the platform sometimes corrects downwards.
    fn views(&mut self, channel: Channel) -> Series {
        let daily = self.size * channel.size * self.dice.between(0.05, 0.3);
        let mut total = daily * self.dice.between(300.0, 2000.0);
        let purge = self.dice.chance(0.15).then(|| self.plan.days.saturating_sub(self.dice.whole(2, 40)));
        self.series(channel.platform, Metric::TotalViews, |s, day| {
            total += s.noisy(daily * s.path[day as usize] * s.life.bump(day), 0.08).max(0.0).round();
            if purge == Some(day) {
                total *= 0.97;
            }
            total
        })
    }

    /// Takes days away: single ones, and now and then a few in a row, as when a connection has expired.
    fn lose(&mut self, values: &mut [Option<f64>]) {
        for value in values.iter_mut() {
            if self.dice.chance(MISSING) {
                *value = None;
            }
        }
        if self.dice.chance(0.05) {
            let length = self.dice.whole(2, 6) as usize;
            let back = self.dice.whole(0, 50) as usize + length;
            let start = values.len().saturating_sub(back);
            let end = (start + length).min(values.len());
            values[start..end].fill(None);
        }
    }

    fn posts(&mut self, channel: Channel, id: &str, posts: &mut Vec<Post>) {
        let mut day = channel.from + self.dice.whole(0, 4);
        let mut number = 0;
        while day < self.plan.days {
            number += 1;
            let followers = self.size * channel.size * self.path[day as usize];
            let mut engagement = followers * channel.rate * self.dice.between(0.65, 1.35) * self.dice.between(0.75, 1.25);
            if self.dice.chance(self.life.viral_chance(day)) {
                engagement *= self.dice.between(4.0, 14.0);
            }
            let at = Instant::from(self.plan.day(day)).micros() + i64::from(self.dice.whole(7 * 60, 22 * 60)) * (MICROS_PER_DAY / 1440);
            let reach = self.dice.between(8.0, 14.0);
            let youtube = channel.platform == "youtube";
            posts.push(Post {
                artist_id: id.to_owned(),
                platform: channel.platform.to_owned(),
                post_id: format!("sim-{}-{number:04}", channel.prefix),
                published_at: Instant::try_new(at).unwrap_or(Instant::from(self.plan.day(day))),
                likes: Some(whole(engagement * 0.91)),
                comments: Some(whole(engagement * 0.05)),
                // What a platform does not say is unknown, not zero.
                shares: (!youtube).then(|| whole(engagement * 0.04)),
                saves: (channel.platform == "instagram").then(|| whole(engagement * 0.06)),
                views: (channel.platform != "instagram").then(|| whole(engagement * reach)),
            });
            day += self.dice.whole(2, 6);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts of a simulation: positive and small")]
fn whole(x: f64) -> u64 {
    x.round() as u64
}
