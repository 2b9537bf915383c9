//! Simulated inputs of the benches, the same for a seed on every machine.

use fanpulse_core::Day;
use fanpulse_core::ingest::{Component, GridColumns, GridComponent, Metric, ObservationColumns, PostColumns, Times};
use ndarray::{Array2, Axis};

/// Days of history, twice the window.
pub const DAYS: usize = 60;
/// Posts per artist.
pub const POSTS: usize = 20;
/// Components: two follower counts and the monthly listeners, all of which every score reads.
pub const COMPONENTS: usize = 3;

/// The last day of the data.
pub fn as_of() -> Day {
    Day::from_ymd(2026, 2, 28).expect("a day")
}

/// Long columns and a dense grid of the same values, and posts.
pub struct Shape {
    pub components: Vec<Component>,
    pub artist: Vec<u32>,
    pub component: Vec<u16>,
    pub day: Vec<i32>,
    pub value: Vec<f64>,
    pub grid: Vec<Array2<f64>>,
    pub platforms: Vec<String>,
    pub post_artist: Vec<u32>,
    pub post_platform: Vec<u16>,
    pub post_day: Vec<i32>,
    pub counts: [Vec<f64>; 5],
}

/// SplitMix64 (Steele, Lea & Flood 2014).
pub struct Random(pub u64);

impl Random {
    /// A number in [0, 1).
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Row order of the long columns.
#[derive(Clone, Copy, PartialEq)]
pub enum Order {
    /// Artist, component, day.
    ComponentThenDay,
    /// Artist, day, component.
    DayThenComponent,
}

impl Shape {
    /// `artists` artists with random walks and posts.
    pub fn new(artists: usize, order: Order) -> Self {
        let mut random = Random(42);
        let components = vec![
            Component::new("spotify", Metric::Followers),
            Component::new("spotify", Metric::MonthlyListeners),
            Component::new("tiktok", Metric::Followers),
        ];
        let mut grid = vec![Array2::zeros((artists, DAYS)); COMPONENTS];
        let last = as_of().days();
        let first = last - DAYS as i32 + 1;
        for a in 0..artists {
            let growth = 0.02 * random.next() - 0.005;
            for component in &mut grid {
                let mut value: f64 = 1000.0 * 1000_f64.powf(random.next());
                for d in 0..DAYS {
                    value *= 1.0 + growth + 0.004 * (random.next() - 0.5);
                    component[[a, d]] = value.round();
                }
            }
        }
        let rows = artists * COMPONENTS * DAYS;
        let (mut artist, mut component) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let (mut day, mut value) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        let (outer, inner) = if order == Order::ComponentThenDay { (COMPONENTS, DAYS) } else { (DAYS, COMPONENTS) };
        for a in 0..artists {
            for o in 0..outer {
                for i in 0..inner {
                    let (c, d) = if order == Order::ComponentThenDay { (o, i) } else { (i, o) };
                    artist.push(a as u32);
                    component.push(c as u16);
                    day.push(first + d as i32);
                    value.push(grid[c].index_axis(Axis(0), a)[d]);
                }
            }
        }
        let posts = artists * POSTS;
        let mut counts: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::with_capacity(posts));
        let (mut post_artist, mut post_day) = (Vec::with_capacity(posts), Vec::with_capacity(posts));
        for a in 0..artists {
            let base = 200.0 * 100_f64.powf(random.next());
            for p in 0..POSTS {
                post_artist.push(a as u32);
                post_day.push(last - (p * DAYS / POSTS) as i32);
                let hit = if random.next() < 0.03 { 6.0 } else { 1.0 };
                for (column, share) in counts.iter_mut().zip([1.0, 0.1, 0.05, 0.08, 20.0]) {
                    column.push((base * share * hit * (0.6 + 0.8 * random.next())).round());
                }
            }
        }
        Self {
            components,
            artist,
            component,
            day,
            value,
            grid,
            platforms: vec!["tiktok".to_owned()],
            post_artist,
            post_platform: vec![0; posts],
            post_day,
            counts,
        }
    }

    /// The observations in long format.
    pub fn observations(&self) -> ObservationColumns<'_> {
        ObservationColumns {
            components: &self.components,
            artist: &self.artist,
            component: &self.component,
            time: Times::Days(&self.day),
            value: &self.value,
        }
    }

    /// The same values as a dense grid.
    pub fn grid(&self) -> GridColumns<'_> {
        let components = self.components.iter().zip(&self.grid);
        GridColumns {
            first_day: as_of().plus(1 - DAYS as i32),
            components: components.map(|(c, v)| GridComponent { component: c.clone(), values: v.view() }).collect(),
        }
    }

    /// The posts.
    pub fn posts(&self) -> PostColumns<'_> {
        let [likes, comments, shares, saves, views] = &self.counts;
        PostColumns {
            platforms: &self.platforms,
            artist: &self.post_artist,
            platform: &self.post_platform,
            published: Times::Days(&self.post_day),
            likes,
            comments,
            shares,
            saves,
            views,
        }
    }
}
