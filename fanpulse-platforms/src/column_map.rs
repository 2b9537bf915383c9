//! What the columns of a foreign table mean.

use std::str::FromStr;

use fanpulse_core::ingest::Metric;

use crate::error::listed;
use crate::{Error, Result};

/// The columns that a map can name.
pub(crate) const TARGETS: &[&str] = &[
    "artist_id",
    "platform",
    "metric",
    "observed_at",
    "value",
    "post_id",
    "published_at",
    "likes",
    "comments",
    "shares",
    "saves",
    "views",
    "fan_id",
    "occurred_at",
    "kind",
    "count",
    "amount",
    "seconds",
    "currency",
];

/// What a file's column is taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A canonical column.
    Column(&'static str),
    /// Values of one metric, on a platform where the map says which.
    Value(Option<String>, Metric),
}

/// What the columns of a foreign table mean, for instance
/// `date=observed_at,artist=artist_id,streams=value:streams`.
///
/// Each pair is `FILE_COLUMN=CANONICAL`, where the canonical columns are those of observations, posts and fan events,
/// or `FILE_COLUMN=value:METRIC` or `FILE_COLUMN=value:PLATFORM/METRIC`. Several value columns make a wide table:
/// each filled cell is an observation. Without a platform in the pair or a `platform` column the
/// observations stand under the platform `all`. Columns that the map does not name keep their own meaning,
/// unless the map gives that meaning to another column. A column name with `=` or `,` cannot be mapped.
///
/// ```
/// use fanpulse_platforms::ColumnMap;
///
/// let map = ColumnMap::parse("day=observed_at,yt=value:youtube/total_views,sp=value:spotify/streams")?;
/// assert!(ColumnMap::parse("day=when").is_err());
/// # Ok::<(), fanpulse_platforms::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnMap {
    pairs: Vec<(String, Target)>,
}

impl ColumnMap {
    /// Reads comma-separated pairs.
    ///
    /// # Errors
    /// `invalid` where a pair is malformed, names an unknown column or metric, or says something twice.
    pub fn parse(text: &str) -> Result<Self> {
        let mut pairs: Vec<(String, Target)> = Vec::new();
        for pair in text.split(',') {
            let (column, target) = pair.split_once('=').filter(|(c, t)| !c.trim().is_empty() && !t.contains('=')).ok_or_else(|| {
                Error::invalid(format!(
                    "column map: `{pair}` is not FILE_COLUMN=CANONICAL (a column name with `=` or `,` cannot be mapped)"
                ))
            })?;
            let column = column.trim().to_lowercase();
            let target = parse_target(target.trim())?;
            if pairs.iter().any(|(c, _)| *c == column) {
                return Err(Error::invalid(format!("column map: `{column}` is mapped twice")));
            }
            if let Some((other, _)) = pairs.iter().find(|(_, t)| *t == target) {
                return Err(Error::invalid(format!("column map: `{other}` and `{column}` are mapped to the same")));
            }
            pairs.push((column, target));
        }
        let wide = pairs.iter().any(|(_, t)| matches!(t, Target::Value(..)));
        let long = |t: &Target| matches!(t, Target::Column("metric" | "value"));
        if let Some((column, _)) = pairs.iter().find(|(_, t)| wide && long(t)) {
            return Err(Error::invalid(format!(
                "column map: `{column}` is mapped to `metric` or `value`, which does not go with `value:METRIC`"
            )));
        }
        Ok(Self { pairs })
    }

    /// The file's columns, in lower case, and what each is taken for.
    pub(crate) fn pairs(&self) -> &[(String, Target)] {
        &self.pairs
    }
}

impl FromStr for ColumnMap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

fn parse_target(text: &str) -> Result<Target> {
    if let Some(spec) = text.strip_prefix("value:") {
        let (platform, metric) = match spec.rsplit_once('/') {
            Some((platform, metric)) => (Some(platform.trim()), metric.trim()),
            None => (None, spec.trim()),
        };
        if platform == Some("") {
            return Err(Error::invalid(format!("column map: `{text}` names no platform before `/`")));
        }
        let metric = metric.parse().map_err(|e: fanpulse_core::Error| Error::invalid(format!("column map: {}", e.message())))?;
        return Ok(Target::Value(platform.map(str::to_owned), metric));
    }
    TARGETS.iter().find(|t| **t == text).map(|t| Target::Column(t)).ok_or_else(|| {
        Error::invalid(format!(
            "column map: `{text}` is no canonical column; those are {}, and value:METRIC or value:PLATFORM/METRIC",
            listed(TARGETS)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read() {
        let map = ColumnMap::parse("Date=observed_at, plays = value:deezer/streams").unwrap();
        let expected = [
            ("date".to_owned(), Target::Column("observed_at")),
            ("plays".to_owned(), Target::Value(Some("deezer".to_owned()), Metric::Streams)),
        ];
        assert_eq!(map.pairs(), expected);
    }

    #[test]
    fn bad_pairs_are_refused() {
        let check = |text: &str, expected: &str| {
            let e = ColumnMap::parse(text).unwrap_err();
            assert!(e.message().starts_with(expected), "{e}");
        };
        check("", "column map: `` is not FILE_COLUMN=CANONICAL");
        check("a", "column map: `a` is not FILE_COLUMN=CANONICAL");
        check("a=b=value", "column map: `a=b=value` is not FILE_COLUMN=CANONICAL");
        check("a=when", "column map: `when` is no canonical column; those are `artist_id`");
        check("a=value:plays", "column map: unknown metric `plays`; the known ones are followers");
        check("a=value:/streams", "column map: `value:/streams` names no platform");
        check("a=value,a=metric", "column map: `a` is mapped twice");
        check("a=value,b=value", "column map: `a` and `b` are mapped to the same");
        check("a=value:streams,b=metric", "column map: `b` is mapped to `metric` or `value`");
    }
}
