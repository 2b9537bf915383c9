//! From a data set's fan events to what an analysis says of each artist's fans.

use rayon::prelude::*;

use super::superfans::{BestFans, Churn, Clustering, Counts, Fan, FanCluster, LeavingFan, Model, Month, Spread, Superfans};
use crate::error::Insufficient;
use crate::fans::{Clusters, EngagementTiers, FanInsights, FanScores, FanSegment, FanTable, KMeansSegments, Tier, insights};
use crate::ingest::{CurrencyColumn, Dataset, FanEventColumns, Names};
use crate::settings::FanSettings;
use crate::{Day, ErrorKind, Result};

/// How many of an artist's best fans are listed.
const BEST: usize = 100;
/// Fans that clusters need.
const CLUSTERED: f64 = 10.0;

/// The fans of all artists of a data set, scored once; what is said of each artist is put together on demand.
///
/// # Example: twelve fans, of whom one comes daily
/// ```
/// use fanpulse_core::ingest::{Dataset, FanEvent, FanEventKind};
/// use fanpulse_core::report::FanReport;
/// use fanpulse_core::settings::FanSettings;
/// use fanpulse_core::{Day, Instant};
///
/// let as_of = Day::from_ymd(2026, 3, 31)?;
/// let mut data = Dataset::default();
/// for fan in 0..12 {
///     for back in 0..if fan == 7 { 60 } else { 2 } {
///         data.push_fan_event(&FanEvent {
///             artist_id: "low-tide".to_owned(),
///             fan_id: format!("fan-{fan}"),
///             occurred_at: Instant::from(as_of.plus(-back)),
///             kind: FanEventKind::Share,
///             count: None,
///             amount: None,
///             seconds: None,
///             currency: None,
///         })?;
///     }
/// }
/// let report = FanReport::of(&data, as_of, &FanSettings::default())?;
/// let superfans = report.superfans(0, &data.fans).expect("the artist has fans");
/// assert_eq!((superfans.fans, superfans.best.fans[0].fan_id.as_str()), (12, "fan-7"));
/// assert!(report.superfans(1, &data.fans).is_err());
/// # Ok::<(), fanpulse_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FanReport {
    settings: FanSettings,
    table: FanTable,
    scores: FanScores,
    insights: Vec<FanInsights>,
    currency: Option<String>,
    clusters: Option<Vec<Option<Clusters>>>,
}

impl FanReport {
    /// Scores the fans of all artists.
    ///
    /// # Errors
    /// `invalid` for a row out of bounds, naming it, and for amounts in more than one currency, naming them.
    pub fn of(data: &Dataset, as_of: Day, settings: &FanSettings) -> Result<Self> {
        Self::of_events(&data.fan_events(), as_of, settings)
    }

    /// The same from columns.
    ///
    /// # Errors
    /// As [`FanReport::of`], and where columns differ in length.
    pub fn of_events(events: &FanEventColumns<'_>, as_of: Day, settings: &FanSettings) -> Result<Self> {
        let table = FanTable::from_events(events, as_of, settings)?;
        let scores = EngagementTiers::try_new(settings.clone())?.score(&table)?;
        let insights = insights(&table, &scores, None, settings)?;
        let named = |c: CurrencyColumn<'_>| c.code.iter().find_map(|&code| c.names.get(usize::from(code))).cloned();
        let currency = events.currency.and_then(named);
        Ok(Self { settings: settings.clone(), table, scores, insights, currency, clusters: None })
    }

    /// The same with clusters of each artist's fans; artists with fewer than 10 fans have none.
    ///
    /// # Errors
    /// `invalid` for a fan whose figures are out of bounds.
    pub fn with_clusters(mut self, segments: KMeansSegments) -> Result<Self> {
        let as_of = self.table.as_of();
        let of = |artist: &crate::fans::ArtistFans| match segments.cluster_fans(&self.table.rows()[artist.rows.clone()], as_of) {
            Ok(clusters) => Ok(Some(clusters)),
            Err(e) if e.kind() == ErrorKind::InsufficientData => Ok(None),
            Err(e) => Err(e),
        };
        self.clusters = Some(self.table.artists().par_iter().map(of).collect::<Result<_>>()?);
        Ok(self)
    }

    /// One row per artist and fan.
    #[must_use]
    pub const fn table(&self) -> &FanTable {
        &self.table
    }

    /// The scores of the table's rows, in its order.
    #[must_use]
    pub const fn scores(&self) -> &FanScores {
        &self.scores
    }

    /// The currency of the amounts, where it is known.
    #[must_use]
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// An artist's fans as a whole; none where the artist has no fans.
    #[must_use]
    pub fn insights(&self, artist: usize) -> Option<&FanInsights> {
        self.place(artist).map(|place| &self.insights[place])
    }

    /// What an analysis says of an artist's fans, whose ids are in `fans`.
    ///
    /// # Errors
    /// That there are none.
    pub fn superfans(&self, artist: usize, fans: &Names) -> std::result::Result<Superfans, Insufficient> {
        let place = self.place(artist).ok_or(Insufficient { have: 0.0, need: 1.0 })?;
        let (insights, models) = (&self.insights[place], &self.scores.artists[place]);
        let range = self.table.artists()[place].rows.clone();
        let shares = &self.settings.segments.top_shares;
        let one = |row: usize| self.fan(row, place, fans);
        let mut best: Vec<usize> = range.clone().collect();
        let by_rank = |&a: &usize, &b: &usize| {
            let (x, y) = (&self.scores.fans[a], &self.scores.fans[b]);
            y.engagement.total_cmp(&x.engagement).then(y.value.total_cmp(&x.value)).then(a.cmp(&b))
        };
        if best.len() > BEST {
            best.select_nth_unstable_by(BEST, by_rank);
            best.truncate(BEST);
        }
        best.sort_unstable_by(by_rank);
        let engaged = insights.fans - insights.by_segment[FanSegment::NeedNurturing as usize];
        let at_risk = insights.by_segment[FanSegment::AtRisk as usize];
        let superfans = insights.fans - insights.by_tier[Tier::Bronze as usize];
        Ok(Superfans {
            window_days: self.settings.window_days,
            fans: insights.fans,
            active_fans: insights.active,
            superfans,
            superfan_share: share(superfans, insights.fans).unwrap_or(0.0),
            tiers: Counts(Tier::ALL.map(|tier| (tier.as_str(), insights.by_tier[tier as usize]))),
            segments: Counts(FanSegment::ALL.map(|segment| (segment.as_str(), insights.by_segment[segment as usize]))),
            at_risk_share: share(at_risk, engaged),
            fan_value: Spread::new(&insights.fan_value, shares),
            spend: insights.spend.as_ref().map(|spend| Spread::new(spend, shares)),
            expected_value: insights.expected_value.as_ref().map(|value| Spread::new(value, shares)),
            currency: insights.spend.as_ref().and(self.currency.clone()),
            months: insights.months.iter().map(Month::from).collect(),
            horizon_days: self.settings.forecast.horizons,
            value_days: self.settings.forecast.value_days,
            best: BestFans { limit: BEST, fans: best.into_iter().map(one).collect() },
            churn: Churn {
                unit: insights.value_unit,
                value_lost: insights.churn.iter().map(|c| c.value_lost).sum(),
                fans: insights.churn.iter().map(|c| LeavingFan { value_lost: c.value_lost, fan: one(c.row) }).collect(),
            },
            activity: Model { source: models.activity_source, fit: models.activity },
            amounts: Model { source: models.amount_source, fit: models.amounts },
            clusters: self.clustering(place, insights.fans),
        })
    }

    /// Where the artist stands among those of the table.
    fn place(&self, artist: usize) -> Option<usize> {
        let artist = u32::try_from(artist).ok()?;
        self.table.artists().binary_search_by_key(&artist, |a| a.artist).ok()
    }

    fn fan(&self, row: usize, place: usize, fans: &Names) -> Fan {
        let (of, score) = (&self.table.rows()[row], &self.scores.fans[row]);
        let cluster = self.clusters.as_ref().and_then(|all| all[place].as_ref()).and_then(|found| {
            let at = found.of_fan.get(row - self.table.artists()[place].rows.start)?;
            found.clusters.get(usize::from(*at)).map(|c| c.name.clone())
        });
        Fan {
            fan_id: fans.get(of.fan).map_or_else(|| of.fan.to_string(), str::to_owned),
            tier: score.tier,
            segment: score.segment,
            cluster,
            engagement: score.engagement,
            engagement_at_last: score.engagement_at_last,
            value: score.value,
            silent_days: of.silent_days(self.table.as_of()),
            spend: of.spend,
            forecast: score.forecast,
        }
    }

    fn clustering(&self, place: usize, fans: usize) -> Clustering {
        match self.clusters.as_ref().map(|all| &all[place]) {
            None => Clustering::NotAsked,
            Some(None) => Clustering::TooFew(Insufficient { have: fans as f64, need: CLUSTERED }),
            Some(Some(found)) => {
                let cluster = |c: &crate::fans::Cluster| {
                    let [silent_days, active_days, spend] = c.centre;
                    FanCluster { name: c.name.clone(), fans: c.fans, silent_days, active_days, spend }
                };
                Clustering::Found(found.clusters.iter().map(cluster).collect())
            }
        }
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
