//! From analyses to alerts.

use std::borrow::Cow;

use super::figures::Measured;
use super::fired::key;
use super::rule::within;
use super::{Alert, AlertFigures, AlertKind, AlertSettings, Evidence, Fired, Operator, Rule, RuleKind};
use crate::report::{Analysis, ViralPost};
use crate::{Day, Error, Instant, Result};

/// What alerts are raised from: an artist's analysis and what stood before.
#[derive(Debug, Clone)]
pub struct AlertInput {
    current: AlertFigures,
    previous: Option<AlertFigures>,
    superfan_churn: Option<f64>,
}

impl AlertInput {
    /// An artist's analysis, and the one before it where there is one.
    ///
    /// # Errors
    /// `invalid` where the previous analysis is of another artist or of a later day.
    pub fn try_new(current: &Analysis, previous: Option<&Analysis>) -> Result<Self> {
        Self::of_figures(current.into(), previous.map(Into::into))
    }

    /// The same from what alerts look at, for instance of analyses that were stored.
    ///
    /// # Errors
    /// Those of [`AlertInput::try_new`].
    pub fn of_figures(current: AlertFigures, previous: Option<AlertFigures>) -> Result<Self> {
        if let Some(p) = &previous {
            if p.artist_id != current.artist_id {
                return Err(Error::invalid(format!("previous is of the artist `{}`, not of `{}`", p.artist_id, current.artist_id)));
            }
            if p.as_of > current.as_of {
                return Err(Error::invalid(format!("previous is as of {}, after {}", p.as_of, current.as_of)));
            }
        }
        Ok(Self { current, previous, superfan_churn: None })
    }

    /// The same with the share of the artist's superfans that are at risk, 0–1.
    ///
    /// # Errors
    /// `invalid` outside 0 to 1.
    pub fn with_superfan_churn(mut self, share: f64) -> Result<Self> {
        within("superfan_churn", share, 0.0, 1.0)?;
        self.superfan_churn = Some(share);
        Ok(self)
    }
}

/// A figure now and, where it is a change, before.
struct Reading {
    measure: &'static str,
    value: f64,
    baseline: Option<f64>,
    numbers: Numbers,
}

type Numbers = Vec<(Cow<'static, str>, f64)>;

/// Raises the alerts of one artist that have not been raised before, sorted by key: the order of the rules
/// does not show.
///
/// Built-in alerts are raised when something holds that did not in the previous analysis. Where there is none, a
/// post must lie in the window, so that a first import does not tell of last season's posts.
/// Rules are raised while they hold; the cool-down is counted from the rule's last alert for the
/// artist, and posts found together are told together. A milestone is passed once, so no cool-down holds it back.
///
/// What the rules measure stands in the [module's table](crate::alerts).
#[must_use]
pub fn evaluate(settings: &AlertSettings, rules: &[Rule], input: &AlertInput, history: &Fired, now: Instant) -> Vec<Alert> {
    let mut alerts = built_in(settings, input, now);
    for rule in rules {
        let scope = key(&["rule", &rule.id, &input.current.artist_id, ""]);
        let lasting = rule.kind == RuleKind::FollowerMilestone;
        if lasting || !history.cools_down(&scope, rule.cool_down_hours, now) {
            of_rule(rule, input, now, &mut alerts);
        }
    }
    // Rules under one id, or a post that stands twice, name one event; which of them is told must not depend on the order.
    alerts.sort_by(|a, b| {
        let threshold = a.evidence.threshold.total_cmp(&b.evidence.threshold);
        a.key.cmp(&b.key).then(a.kind.cmp(&b.kind)).then(a.evidence.operator.cmp(&b.evidence.operator)).then(threshold)
    });
    alerts.dedup_by(|a, b| a.key == b.key);
    alerts.retain(|a| !history.contains(&a.key));
    alerts
}

fn built_in(settings: &AlertSettings, input: &AlertInput, now: Instant) -> Vec<Alert> {
    let AlertInput { current, previous, .. } = input;
    let day = current.as_of.to_string();
    let mut alerts = Vec::new();
    for post in &current.viral_posts {
        let known = match previous {
            Some(p) => p.viral_posts.iter().any(|v| same_post(v, post)),
            None => post.published_at.day() < first_day(current),
        };
        if !known {
            let key = key(&["builtin", "viral_post", &current.artist_id, &post.platform, &post_name(post)]);
            // Whether it is viral the analysis has said; a post among others without any reaction has no lift.
            let reading = Reading {
                measure: "engagement, likes + comments + shares",
                value: post.engagement,
                baseline: Some(post.mean),
                numbers: post_numbers(post),
            };
            alerts.push(post_alert(input, now, (key, None), post, reading, (Operator::Above, post.mean)));
        }
    }
    let breakout = |a: &AlertFigures| a.breakout;
    type Figure<'f> = &'f dyn Fn(&AlertFigures) -> Option<f64>;
    let edges: [(AlertKind, &str, &'static str, f64, Figure<'_>); 2] = [
        (AlertKind::ViralMomentum, "viral_momentum", "momentum index, 0-10", settings.momentum_index, &index),
        (AlertKind::Breakout, "breakout", "breakout probability, 0-1", settings.breakout_probability, &breakout),
    ];
    for (kind, name, measure, threshold, figure) in edges {
        let before = previous.as_ref().and_then(figure);
        let held = before.is_some_and(|b| b >= threshold);
        let Some(value) = figure(current).filter(|&v| v >= threshold && !held) else { continue };
        let reading = Reading { measure, value, baseline: before, numbers: momentum_numbers(current) };
        let key = key(&["builtin", name, &current.artist_id, &day]);
        alerts.push(alert(input, now, (key, None), kind, reading, (Operator::AtLeast, threshold)));
    }
    alerts
}

fn of_rule(rule: &Rule, input: &AlertInput, now: Instant, alerts: &mut Vec<Alert>) {
    let artist = input.current.artist_id.as_str();
    let comparison = (rule.operator, rule.threshold);
    if rule.kind == RuleKind::ViralPost {
        for post in &input.current.viral_posts {
            let Some(reading) = post_reading(post).filter(|r| rule.operator.holds(r.value, rule.threshold)) else { continue };
            let key = key(&["rule", &rule.id, artist, &post.platform, &post_name(post)]);
            alerts.push(post_alert(input, now, (key, Some(rule.id.clone())), post, reading, comparison));
        }
        return;
    }
    let Some(reading) = reading(rule, input) else { return };
    let event = match rule.kind {
        RuleKind::FollowerMilestone => {
            // Passed upwards: at the milestone now, and not before.
            if reading.baseline.is_none_or(|b| rule.operator.holds(b, rule.threshold)) {
                return;
            }
            rule.threshold.to_string()
        }
        _ => input.current.as_of.to_string(),
    };
    if rule.operator.holds(reading.value, rule.threshold) {
        let key = key(&["rule", &rule.id, artist, &event]);
        alerts.push(alert(input, now, (key, Some(rule.id.clone())), rule.kind.into(), reading, comparison));
    }
}

/// What a rule measures, if everything it needs is known.
fn reading(rule: &Rule, input: &AlertInput) -> Option<Reading> {
    let AlertInput { current, previous, superfan_churn } = input;
    let previous = previous.as_ref();
    let fan_value = |a: &AlertFigures, name: &str| of(&a.fvs.as_ref()?.components, name);
    match rule.kind {
        RuleKind::MomentumSpike | RuleKind::MomentumDrop => {
            let (now, before) = (index(current)?, index(previous?)?);
            let rises = rule.kind == RuleKind::MomentumSpike;
            Some(Reading {
                measure: if rises { "rise of the momentum index, points" } else { "fall of the momentum index, points" },
                value: if rises { now - before } else { before - now },
                baseline: Some(before),
                numbers: momentum_numbers(current),
            })
        }
        RuleKind::FvsThreshold => {
            let fvs = current.fvs.as_ref()?;
            Some(Reading {
                measure: "fan value score, 0-100",
                value: fvs.score,
                baseline: previous.and_then(|p| p.fvs.as_ref()).map(|f| f.score),
                numbers: scores(&fvs.components).collect(),
            })
        }
        RuleKind::FollowerMilestone => Some(Reading {
            measure: "followers + half the monthly listeners",
            value: fan_value(current, "reach")?,
            baseline: Some(fan_value(previous?, "reach")?),
            numbers: Vec::new(),
        }),
        RuleKind::EngagementDrop => {
            let (now, before) = (fan_value(current, "engagement")?, fan_value(previous?, "engagement")?);
            (before > 0.0).then(|| Reading {
                measure: "fall of the engagement rate, %",
                value: 100.0 * (1.0 - now / before),
                baseline: Some(before),
                numbers: vec![("engagement_rate".into(), now)],
            })
        }
        RuleKind::SuperfanChurn => {
            Some(Reading { measure: "share of the superfans at risk, 0-1", value: (*superfan_churn)?, baseline: None, numbers: Vec::new() })
        }
        RuleKind::GrowthStall => {
            let velocity = |a: &AlertFigures| of(&a.momentum.as_ref()?.components, "velocity");
            Some(Reading {
                measure: "growth of the audience, % per day",
                value: velocity(current)?,
                baseline: previous.and_then(velocity),
                numbers: momentum_numbers(current),
            })
        }
        RuleKind::ViralPost => None,
    }
}

/// The momentum index, where there is one.
fn index(figures: &AlertFigures) -> Option<f64> {
    figures.momentum.as_ref().map(|m| m.index)
}

/// The raw value of a component, where it is there.
fn of(components: &[Measured], name: &str) -> Option<f64> {
    components.iter().find(|c| c.name == name).map(|c| c.raw)
}

fn scores(components: &[Measured]) -> impl Iterator<Item = (Cow<'static, str>, f64)> {
    components.iter().map(|c| (c.name.clone(), c.score))
}

/// The momentum index, its interval and the scores of its components.
fn momentum_numbers(figures: &AlertFigures) -> Numbers {
    let Some(m) = &figures.momentum else { return Vec::new() };
    let mut numbers = vec![("momentum_index".into(), m.index)];
    if let Some((low, high)) = m.interval90 {
        numbers.extend([("interval90_low".into(), low), ("interval90_high".into(), high)]);
    }
    numbers.extend(scores(&m.components));
    numbers
}

/// A post's lift; `None` where the others have no engagement, of which nothing is a multiple.
fn post_reading(post: &ViralPost) -> Option<Reading> {
    let value = post.lift?;
    let measure = "engagement, multiple of the other posts' mean";
    Some(Reading { measure, value, baseline: Some(post.mean), numbers: post_numbers(post) })
}

fn post_numbers(post: &ViralPost) -> Numbers {
    let mut numbers = vec![("engagement".into(), post.engagement), ("sd".into(), post.sd), ("other_posts".into(), f64::from(post.others))];
    numbers.extend(post.lift.map(|lift| ("lift".into(), lift)));
    numbers.extend(post.z.map(|z| ("z".into(), z)));
    numbers
}

fn same_post(a: &ViralPost, b: &ViralPost) -> bool {
    a.platform == b.platform && post_name(a) == post_name(b)
}

/// The post's id, or its time where the caller gave none.
fn post_name(post: &ViralPost) -> String {
    if post.post_id.is_empty() { format!("@{}", post.published_at) } else { post.post_id.clone() }
}

fn first_day(figures: &AlertFigures) -> Day {
    figures.as_of.plus(1 - i32::try_from(figures.window_days).unwrap_or(i32::MAX))
}

type Named = (String, Option<String>);

fn post_alert(input: &AlertInput, now: Instant, named: Named, post: &ViralPost, r: Reading, c: (Operator, f64)) -> Alert {
    let artist = &input.current.artist_id;
    let title = format!("{artist}: a post on {} went viral", post.platform);
    let message = format!(
        "The post {} of {} has {} likes, comments and shares; the mean of {} other posts is {}.",
        post_name(post),
        post.published_at.day(),
        number(post.engagement),
        post.others,
        number(post.mean)
    );
    let mut alert = alert(input, now, named, AlertKind::ViralPost, r, c);
    // The baseline is the other posts' mean, not the previous analysis.
    alert.evidence.baseline_as_of = None;
    alert.evidence.first_day = post.published_at.day();
    Alert { title, message, ..alert }
}

fn alert(
    input: &AlertInput,
    now: Instant,
    (key, rule): Named,
    kind: AlertKind,
    reading: Reading,
    (operator, threshold): (Operator, f64),
) -> Alert {
    let AlertInput { current, previous, .. } = input;
    let Reading { measure, value, baseline, numbers } = reading;
    let baseline_as_of = baseline.and(previous.as_ref()).map(|p| p.as_of);
    let before = match (baseline, baseline_as_of) {
        (Some(b), Some(day)) => format!("; as of {day} it was {}", number(b)),
        _ => String::new(),
    };
    let (v, t, b) = (number(value), number(threshold), number(baseline.unwrap_or(f64::NAN)));
    let as_of = current.as_of;
    let (title, message) = match kind {
        AlertKind::ViralMomentum => ("momentum is viral", format!("The momentum index is {v} as of {as_of}{before}. Told from {t} on.")),
        AlertKind::Breakout => {
            ("a breakout is likely", format!("The breakout probability is {v} as of {as_of}{before}. Told from {t} on."))
        }
        AlertKind::MomentumSpike => (
            "momentum rose",
            format!("The momentum index rose by {v} to {} as of {as_of}{before}.", number(baseline.unwrap_or(0.0) + value)),
        ),
        AlertKind::MomentumDrop => (
            "momentum fell",
            format!("The momentum index fell by {v} to {} as of {as_of}{before}.", number(baseline.unwrap_or(0.0) - value)),
        ),
        AlertKind::FvsThreshold => {
            ("fan value passed a threshold", format!("The fan value score is {v} as of {as_of}, {operator} {t}{before}."))
        }
        AlertKind::FollowerMilestone => ("a milestone is reached", format!("Reach passed {t} and is {v} as of {as_of}{before}.")),
        AlertKind::EngagementDrop => {
            ("engagement fell", format!("The engagement rate fell by {v} % as of {as_of}, from {b} % of followers per post."))
        }
        AlertKind::SuperfanChurn => {
            ("superfans are at risk", format!("{} % of the superfans are at risk as of {as_of}.", number(100.0 * value)))
        }
        AlertKind::GrowthStall => {
            ("growth has stalled", format!("The audience grows by {v} % a day as of {as_of}, {operator} {t}{before}."))
        }
        AlertKind::ViralPost => ("a post went viral", String::new()),
    };
    Alert {
        key,
        rule,
        kind,
        artist_id: current.artist_id.clone(),
        as_of,
        raised_at: now,
        title: format!("{}: {title}", current.artist_id),
        message,
        evidence: Evidence {
            measure,
            value,
            operator,
            threshold,
            baseline,
            baseline_as_of,
            first_day: first_day(current),
            last_day: as_of,
            numbers,
        },
    }
}

/// A number as a person writes it: `1,250,000`, `8.25`, `0.3`.
fn number(value: f64) -> String {
    if value.abs() >= 1000.0 {
        let digits = format!("{:.0}", value.abs());
        let grouped: Vec<String> = digits.as_bytes().rchunks(3).rev().map(|d| String::from_utf8_lossy(d).into_owned()).collect();
        return format!("{}{}", if value < 0.0 { "-" } else { "" }, grouped.join(","));
    }
    let text = format!("{value:.2}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
