//! The alerts of many artists at once.

use std::collections::{BTreeMap, HashMap};

use super::{Alert, AlertFigures, AlertInput, AlertSettings, Fired, Rule, evaluate};
use crate::{Error, Instant, Result};

/// What the alerts of many artists are raised from.
#[derive(Debug, Clone, Default)]
pub struct AlertBatch {
    /// The artists' analyses, each artist once.
    pub current: Vec<AlertFigures>,
    /// Those before them, each artist at most once; artists that are not in `current` play no part.
    pub previous: Vec<AlertFigures>,
    /// Of whom it is known: the share of the artist's superfans that are at risk, 0–1.
    pub superfan_churn: BTreeMap<String, f64>,
}

/// Raises the alerts of many artists that have not been raised before: in the order of the artists, each artist's
/// sorted by key, as [`evaluate`] gives them.
///
/// # Errors
/// `invalid` for settings or a rule out of bounds, naming the rule, the field, its value and the bound; for an artist
/// that stands twice, a previous analysis of a later day, and a share outside 0 to 1 or of nobody in `current`, naming
/// the artist.
pub fn evaluate_all(settings: &AlertSettings, rules: &[Rule], batch: AlertBatch, fired: &Fired, now: Instant) -> Result<Vec<Alert>> {
    settings.validate()?;
    for (i, rule) in rules.iter().enumerate() {
        rule.validate().map_err(|e| Error::invalid(format!("rules {i}: {}", e.message())))?;
    }
    let AlertBatch { current, previous, superfan_churn } = batch;
    let places = by_artist(&current, "current")?;
    if let Some((artist, _)) = superfan_churn.iter().find(|(artist, _)| !places.contains_key(artist.as_str())) {
        return Err(Error::invalid(format!("superfan_churn: there is no artist `{artist}` in current")));
    }
    by_artist(&previous, "previous")?;
    let mut before: HashMap<String, AlertFigures> = previous.into_iter().map(|p| (p.artist_id.clone(), p)).collect();
    let mut alerts = Vec::new();
    for (i, figures) in current.into_iter().enumerate() {
        let artist = figures.artist_id.clone();
        let about = |e: Error| Error::invalid(format!("current {i} `{artist}`: {}", e.message()));
        let mut input = AlertInput::of_figures(figures, before.remove(&artist)).map_err(about)?;
        if let Some(&share) = superfan_churn.get(&artist) {
            input = input.with_superfan_churn(share).map_err(about)?;
        }
        alerts.extend(evaluate(settings, rules, &input, fired, now));
    }
    Ok(alerts)
}

/// Where each artist stands.
fn by_artist<'a>(figures: &'a [AlertFigures], what: &str) -> Result<HashMap<&'a str, usize>> {
    let mut places = HashMap::with_capacity(figures.len());
    for (i, f) in figures.iter().enumerate() {
        if let Some(first) = places.insert(f.artist_id.as_str(), i) {
            return Err(Error::invalid(format!("{what} {i}: the artist `{}` stands also at {first}", f.artist_id)));
        }
    }
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CALM, Values, analysis, day, empty, hour};
    use super::*;
    use crate::Analysis;
    use crate::alerts::{Operator, RuleKind};

    fn named(artist: &str, analysis: Analysis) -> AlertFigures {
        AlertFigures::from(&Analysis { artist_id: artist.into(), ..analysis })
    }

    fn run(batch: AlertBatch, rules: &[Rule], fired: &Fired) -> Result<Vec<Alert>> {
        evaluate_all(&AlertSettings::default(), rules, batch, fired, hour(0))
    }

    #[test]
    fn each_artist_is_compared_with_its_own_past() {
        let high = Values { index: 9.5, ..CALM };
        let batch = AlertBatch {
            current: ["b", "a", "new"].map(|id| named(id, analysis(day(1), &high))).into(),
            previous: vec![named("a", analysis(day(0), &high)), named("gone", empty(day(9))), named("b", analysis(day(0), &CALM))],
            superfan_churn: BTreeMap::from([("a".to_owned(), 0.5)]),
        };
        let rules = [Rule::try_new("leaving", RuleKind::SuperfanChurn, Operator::AtLeast, 0.2, 24).unwrap()];
        let alerts = run(batch.clone(), &rules, &Fired::default()).unwrap();
        let keys: Vec<&str> = alerts.iter().map(|a| a.key.as_str()).collect();
        let expected = ["builtin/viral_momentum/b/2026-03-02", "rule/leaving/a/2026-03-02", "builtin/viral_momentum/new/2026-03-02"];
        assert_eq!(keys, expected);
        let mut fired = Fired::default();
        fired.record(&alerts);
        assert!(run(batch, &rules, &fired).unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let one = || named("a", analysis(day(1), &CALM));
        let batch = |current: Vec<AlertFigures>, previous: Vec<AlertFigures>, churn: &[(&str, f64)]| AlertBatch {
            current,
            previous,
            superfan_churn: churn.iter().map(|&(artist, share)| (artist.to_owned(), share)).collect(),
        };
        let message = |batch| run(batch, &[], &Fired::default()).unwrap_err().to_string();
        assert_eq!(message(batch(vec![one(), one()], vec![], &[])), "current 1: the artist `a` stands also at 0");
        assert_eq!(message(batch(vec![one()], vec![one(), one()], &[])), "previous 1: the artist `a` stands also at 0");
        let later = named("a", empty(day(2)));
        assert_eq!(message(batch(vec![one()], vec![later], &[])), "current 0 `a`: previous is as of 2026-03-03, after 2026-03-02");
        assert_eq!(message(batch(vec![one()], vec![], &[("b", 0.5)])), "superfan_churn: there is no artist `b` in current");
        assert_eq!(message(batch(vec![one()], vec![], &[("a", 2.0)])), "current 0 `a`: superfan_churn is 2, outside 0 to 1");
        let rule = Rule { threshold: 101.0, ..Rule::try_new("a", RuleKind::FvsThreshold, Operator::AtLeast, 1.0, 24).unwrap() };
        let refused = run(batch(vec![one()], vec![], &[]), &[rule], &Fired::default()).unwrap_err();
        assert_eq!(refused.to_string(), "rules 0: threshold is 101, outside 0 to 100");
    }
}
