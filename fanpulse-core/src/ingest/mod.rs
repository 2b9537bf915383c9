//! What comes in: metrics, components, and the three tables of rows, owned or borrowed.

mod columns;
mod fan_events;
mod names;
mod repeats;
mod table;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

pub(crate) use columns::check_each_once;
pub use columns::{GridColumns, GridComponent, ObservationColumns, PostColumns, Times};
pub use fan_events::{CurrencyColumn, FanEvent, FanEventColumns, FanEventKind, FanEventRow, FanEventTable, MAX_AMOUNT, MAX_SECONDS};
pub use names::{Names, Strings};
pub use repeats::{Repeats, mark_of};
pub(crate) use table::check_value;
pub use table::{Dataset, Observation, ObservationTable, Post, PostTable};

/// How a metric's observations become a daily value (`scoring.md` §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// A standing amount: the last observation of the day counts.
    Level,
    /// An amount per day: the day's observations add up.
    Flow,
    /// A running total: the difference to the previous observed day counts.
    Counter,
}

macro_rules! metrics {
    ($($variant:ident $name:literal $kind:ident $doc:literal;)*) => {
        /// What an observation measures.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Metric { $(#[doc = $doc] $variant,)* }

        impl Metric {
            /// Every metric, in a fixed order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The metric's name in files and APIs, for instance `monthly_listeners`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How its observations become a daily value.
            #[must_use]
            pub const fn kind(self) -> MetricKind {
                match self { $(Self::$variant => MetricKind::$kind,)* }
            }
        }
    };
}

metrics! {
    Followers "followers" Level "Followers of the artist on the platform.";
    MonthlyListeners "monthly_listeners" Level "Distinct listeners of the last 28 days.";
    Subscribers "subscribers" Level "Subscribers of the artist's channel.";
    Popularity "popularity" Level "The platform's own popularity figure.";
    Streams "streams" Flow "Streams of the day.";
    Saves "saves" Flow "Saves of the day.";
    PlaylistAdds "playlist_adds" Flow "Playlist adds of the day.";
    Likes "likes" Flow "Likes of the day.";
    Comments "comments" Flow "Comments of the day.";
    Shares "shares" Flow "Shares of the day.";
    TotalStreams "total_streams" Counter "Streams since the beginning.";
    TotalViews "total_views" Counter "Views since the beginning.";
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|m| m.as_str() == s).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|m| m.as_str()).collect();
            Error::invalid(format!("unknown metric `{s}`; the known ones are {}", known.join(", ")))
        })
    }
}

/// One series of an artist: a metric on a platform.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Component {
    /// The platform's name, for instance `spotify`.
    pub platform: String,
    /// What is measured there.
    pub metric: Metric,
}

impl Component {
    /// The component of `metric` on `platform`.
    #[must_use]
    pub fn new(platform: impl Into<String>, metric: Metric) -> Self {
        Self { platform: platform.into(), metric }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.platform, self.metric)
    }
}
