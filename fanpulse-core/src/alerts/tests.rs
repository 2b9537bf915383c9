use super::*;
use crate::error::Insufficient;
use crate::report::{Analysis, Quality, ViralPost};
use crate::scores::{Breakout, ComponentScore, FanValue, Level, Momentum, Status};
use crate::settings::ALGORITHM;
use crate::{Day, Instant};

const LACK: Insufficient = Insufficient { have: 0.0, need: 3.0 };

pub(super) fn day(n: i32) -> Day {
    Day::from_ymd(2026, 3, 1).unwrap().plus(n)
}

pub(super) fn hour(n: i64) -> Instant {
    Instant::try_new(Instant::from(day(0)).micros() + n * 3_600_000_000).unwrap()
}

fn component(name: &'static str, raw: f64) -> ComponentScore {
    ComponentScore { name, raw, score: 5.0, weight: 0.5, contribution: 2.5 }
}

/// An analysis without any data.
pub(super) fn empty(as_of: Day) -> Analysis {
    Analysis {
        artist_id: "low-tide".into(),
        as_of,
        window_days: 30,
        algorithm: ALGORITHM,
        settings_hash: String::new(),
        fvs: Err(LACK),
        momentum: Err(LACK),
        viral_posts: Vec::new(),
        viral_series: None,
        superfans: None,
        breakout: Err(LACK),
        quality: Quality::default(),
    }
}

/// What an analysis is made of here.
pub(super) struct Values {
    pub(super) index: f64,
    pub(super) velocity: f64,
    pub(super) probability: f64,
    pub(super) fvs: f64,
    pub(super) reach: f64,
    pub(super) engagement: f64,
}

pub(super) const CALM: Values = Values { index: 5.0, velocity: 0.1, probability: 0.25, fvs: 40.0, reach: 9_000.0, engagement: 2.0 };

pub(super) fn analysis(as_of: Day, f: &Values) -> Analysis {
    let components = vec![component("engagement", f.engagement), component("reach", f.reach)];
    Analysis {
        fvs: Ok(FanValue { score: f.fvs, coverage: 0.6, components }),
        momentum: Ok(Momentum {
            neutral_contribution: 0.0,
            index: f.index,
            status: Status::Growing,
            coverage: 0.85,
            interval90: Some((f.index - 0.5, f.index + 0.5)),
            velocity_se: None,
            components: vec![component("velocity", f.velocity)],
        }),
        breakout: Ok(Breakout {
            probability: f.probability,
            level: Level::Low,
            model: "indicators",
            drivers: Vec::new(),
            contributions: Vec::new(),
        }),
        ..empty(as_of)
    }
}

fn viral(id: &str, published: Day, mean: f64) -> ViralPost {
    ViralPost {
        platform: "tiktok".into(),
        post_id: id.into(),
        published_at: published.into(),
        engagement: 400.0,
        mean,
        sd: 10.0,
        z: Some(30.0),
        lift: (mean > 0.0).then(|| 400.0 / mean),
        others: 7,
    }
}

fn rule(kind: RuleKind, operator: Operator, threshold: f64) -> Rule {
    Rule::try_new("mine", kind, operator, threshold, 24).unwrap()
}

fn run(rules: &[Rule], now: &Analysis, before: Option<&Analysis>, fired: &Fired, at: Instant) -> Vec<Alert> {
    evaluate(&AlertSettings::default(), rules, &AlertInput::try_new(now, before).unwrap(), fired, at)
}

/// What one rule raises, without the built-in alerts.
fn by_rule(rule: Rule, now: &Analysis, before: Option<&Analysis>) -> Vec<Alert> {
    let mut alerts = run(&[rule], now, before, &Fired::default(), hour(0));
    alerts.retain(|a| a.rule.is_some());
    alerts
}

fn fires(rule: Rule, now: Values, before: Option<Values>) -> bool {
    !by_rule(rule, &analysis(day(1), &now), before.map(|f| analysis(day(0), &f)).as_ref()).is_empty()
}

#[test]
fn built_in_thresholds_fire_when_they_are_passed_and_not_while_they_hold() {
    let check = |now: &Values, before: Option<&Values>, kinds: &[AlertKind]| {
        let before = before.map(|f| analysis(day(0), f));
        let alerts = run(&[], &analysis(day(1), now), before.as_ref(), &Fired::default(), hour(0));
        assert_eq!(alerts.iter().map(|a| a.kind).collect::<Vec<_>>(), kinds);
    };
    let high = Values { index: 9.0, probability: 0.8, ..CALM };
    check(&CALM, None, &[]);
    check(&high, None, &[AlertKind::Breakout, AlertKind::ViralMomentum]);
    check(&high, Some(&CALM), &[AlertKind::Breakout, AlertKind::ViralMomentum]);
    check(&high, Some(&high), &[]);
    check(&Values { index: 8.999, ..CALM }, None, &[]);
    check(&Values { probability: 0.799, ..CALM }, None, &[]);
    // A previous analysis that knew nothing did not hold.
    let alerts = run(&[], &analysis(day(1), &high), Some(&empty(day(0))), &Fired::default(), hour(0));
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[1].evidence.baseline, None);
}

#[test]
fn a_viral_post_is_told_once() {
    let with = |posts: Vec<ViralPost>, as_of| Analysis { viral_posts: posts, ..empty(as_of) };
    let (before, now) =
        (with(vec![viral("a", day(0), 50.0)], day(0)), with(vec![viral("a", day(0), 50.0), viral("b", day(1), 50.0)], day(1)));
    let alerts = run(&[], &now, Some(&before), &Fired::default(), hour(0));
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].key, "builtin/viral_post/low-tide/tiktok/b");
    assert_eq!((alerts[0].evidence.first_day, alerts[0].evidence.baseline), (day(1), Some(50.0)));
    assert_eq!(alerts[0].message, "The post b of 2026-03-02 has 400 likes, comments and shares; the mean of 7 other posts is 50.");
    // A post among others without any reaction has no lift, but is viral all the same.
    assert_eq!(run(&[], &with(vec![viral("c", day(1), 0.0)], day(1)), None, &Fired::default(), hour(0)).len(), 1);
    // A first import does not tell of a post from before the window, a later one does.
    let old = with(vec![viral("old", day(-29), 50.0)], day(1));
    assert!(run(&[], &old, None, &Fired::default(), hour(0)).is_empty());
    assert_eq!(run(&[], &old, Some(&empty(day(0))), &Fired::default(), hour(0)).len(), 1);
    // Posts without an id are told apart by their times; one that stands twice is one.
    let unnamed = with(vec![viral("", day(0), 50.0), viral("", day(1), 50.0), viral("", day(1), 50.0)], day(1));
    assert_eq!(run(&[], &unnamed, None, &Fired::default(), hour(0)).len(), 2);
}

#[test]
fn momentum_spike_and_drop_need_a_change_since_the_previous_analysis() {
    let at = |index| Values { index, ..CALM };
    let spike = || rule(RuleKind::MomentumSpike, Operator::AtLeast, 1.5);
    assert!(fires(spike(), at(6.5), Some(at(5.0))));
    assert!(!fires(spike(), at(6.4), Some(at(5.0))));
    assert!(!fires(spike(), at(5.0), Some(at(6.5))));
    assert!(!fires(spike(), at(6.5), None));
    let drop = || rule(RuleKind::MomentumDrop, Operator::Above, 1.5);
    assert!(fires(drop(), at(3.0), Some(at(5.0))));
    assert!(!fires(drop(), at(3.5), Some(at(5.0))));
    assert!(!fires(drop(), at(3.0), None));
    let alerts = by_rule(drop(), &analysis(day(1), &at(3.0)), Some(&analysis(day(0), &at(5.0))));
    assert_eq!(alerts[0].message, "The momentum index fell by 2 to 3 as of 2026-03-02; as of 2026-03-01 it was 5.");
}

#[test]
fn fan_value_and_velocity_are_compared_as_they_are() {
    let fvs = |operator, threshold| rule(RuleKind::FvsThreshold, operator, threshold);
    assert!(fires(fvs(Operator::AtLeast, 40.0), CALM, None));
    assert!(!fires(fvs(Operator::Above, 40.0), CALM, None));
    assert!(fires(fvs(Operator::AtMost, 40.0), CALM, None));
    assert!(!fires(fvs(Operator::Below, 40.0), CALM, None));
    let stall = || rule(RuleKind::GrowthStall, Operator::AtMost, 0.02);
    assert!(fires(stall(), Values { velocity: 0.02, ..CALM }, None));
    assert!(!fires(stall(), Values { velocity: 0.03, ..CALM }, None));
}

#[test]
fn a_milestone_fires_when_it_is_passed_upwards_and_once() {
    let at = |reach| Values { reach, ..CALM };
    let milestone = || rule(RuleKind::FollowerMilestone, Operator::AtLeast, 10_000.0);
    assert!(fires(milestone(), at(10_000.0), Some(at(9_999.0))));
    assert!(!fires(milestone(), at(9_999.0), Some(at(9_998.0))));
    assert!(!fires(milestone(), at(10_001.0), Some(at(10_000.0))));
    assert!(!fires(milestone(), at(9_000.0), Some(at(11_000.0))));
    assert!(!fires(milestone(), at(11_000.0), None));

    let (low, high) = (analysis(day(0), &at(9_000.0)), analysis(day(1), &at(11_000.0)));
    let mut fired = Fired::default();
    let alerts = run(&[milestone()], &high, Some(&low), &fired, hour(0));
    assert_eq!(alerts[0].key, "rule/mine/low-tide/10000");
    assert_eq!(alerts[0].message, "Reach passed 10,000 and is 11,000 as of 2026-03-02; as of 2026-03-01 it was 9,000.");
    fired.record(&alerts);
    // It fell below and passed again, long after: the same milestone.
    let (low, high) = (analysis(day(40), &at(9_000.0)), analysis(day(41), &at(11_000.0)));
    assert!(run(&[milestone()], &high, Some(&low), &fired, hour(1000)).is_empty());
    // The next milestone is another event, which the cool-down does not swallow.
    let next = rule(RuleKind::FollowerMilestone, Operator::AtLeast, 10_500.0);
    assert_eq!(run(&[next], &high, Some(&low), &fired, hour(1)).len(), 1);
}

#[test]
fn engagement_drop_is_relative_to_what_it_was() {
    let at = |engagement| Values { engagement, ..CALM };
    let drop = || rule(RuleKind::EngagementDrop, Operator::AtLeast, 25.0);
    assert!(fires(drop(), at(1.5), Some(at(2.0))));
    assert!(!fires(drop(), at(1.6), Some(at(2.0))));
    assert!(!fires(drop(), at(0.0), Some(at(0.0))));
    assert!(!fires(drop(), at(1.0), None));
}

#[test]
fn a_viral_post_rule_compares_the_lift() {
    let posts = vec![viral("a", day(0), 100.0), viral("b", day(0), 200.0), viral("c", day(0), 0.0)];
    let now = Analysis { viral_posts: posts, ..empty(day(1)) };
    let alerts = by_rule(rule(RuleKind::ViralPost, Operator::AtLeast, 3.0), &now, None);
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].key.as_str(), alerts[0].evidence.value), ("rule/mine/low-tide/tiktok/a", 4.0));
}

#[test]
fn superfan_churn_fires_only_where_the_share_is_known() {
    let now = empty(day(1));
    let churn = [rule(RuleKind::SuperfanChurn, Operator::AtLeast, 0.2)];
    let input = AlertInput::try_new(&now, None).unwrap();
    let raised = |input: &AlertInput| evaluate(&AlertSettings::default(), &churn, input, &Fired::default(), hour(0)).len();
    assert_eq!(raised(&input), 0);
    assert_eq!(raised(&input.clone().with_superfan_churn(0.19).unwrap()), 0);
    assert_eq!(raised(&input.clone().with_superfan_churn(0.2).unwrap()), 1);
    assert!(input.clone().with_superfan_churn(1.1).is_err());
    assert!(input.clone().with_superfan_churn(f64::NAN).is_err());
}

#[test]
fn what_is_insufficient_never_fires() {
    for &kind in RuleKind::ALL {
        let (operator, threshold) = match kind {
            RuleKind::GrowthStall => (Operator::AtMost, 100.0),
            RuleKind::FvsThreshold => (Operator::AtLeast, 0.0),
            _ => (Operator::AtLeast, 1.0),
        };
        let calm = analysis(day(1), &CALM);
        for (now, before) in [(&empty(day(1)), &empty(day(0))), (&empty(day(1)), &analysis(day(0), &CALM))] {
            assert!(by_rule(rule(kind, operator, threshold), now, Some(before)).is_empty(), "{kind}");
        }
        let changes = matches!(kind, RuleKind::FvsThreshold | RuleKind::GrowthStall);
        assert_eq!(!by_rule(rule(kind, operator, threshold), &calm, Some(&empty(day(0)))).is_empty(), changes, "{kind}");
    }
}

#[test]
fn a_rule_is_silent_for_its_cool_down_and_the_same_day_never_speaks_twice() {
    let rules = [rule(RuleKind::FvsThreshold, Operator::AtLeast, 30.0)];
    let mut fired = Fired::default();
    let mut raised = |as_of: i32, at: Instant| {
        let alerts = run(&rules, &analysis(day(as_of), &CALM), None, &fired, at);
        fired.record(&alerts);
        alerts.len()
    };
    assert_eq!(raised(0, hour(0)), 1);
    assert_eq!(raised(0, hour(0)), 0);
    assert_eq!(raised(1, hour(23)), 0);
    // Exactly over, but for a day that was told.
    assert_eq!(raised(0, hour(24)), 0);
    assert_eq!(raised(1, hour(24)), 1);
    // Counted from the last alert; a clock that was set back changes nothing.
    assert_eq!(raised(2, hour(47)), 0);
    assert_eq!(raised(2, hour(1)), 0);
    assert_eq!(raised(2, hour(48)), 1);
}

#[test]
fn a_cool_down_is_the_rules_and_the_artists_own() {
    let one = rule(RuleKind::FvsThreshold, Operator::AtLeast, 30.0);
    let other = Rule { id: "mine-2".into(), ..one.clone() };
    let mut fired = Fired::default();
    fired.record(&run(std::slice::from_ref(&one), &analysis(day(0), &CALM), None, &fired, hour(0)));
    let later = analysis(day(1), &CALM);
    assert_eq!(run(&[other], &later, None, &fired, hour(1)).len(), 1);
    // An artist whose id begins like the first's, as a path would.
    let neighbour = Analysis { artist_id: "low-tide/2".into(), ..later };
    assert_eq!(run(&[one], &neighbour, None, &fired, hour(1))[0].key, "rule/mine/low-tide%2F2/2026-03-02");
}

#[test]
fn the_order_of_the_rules_does_not_show() {
    let rules = [
        Rule::try_new("b", RuleKind::FvsThreshold, Operator::AtLeast, 30.0, 24).unwrap(),
        Rule::try_new("a", RuleKind::GrowthStall, Operator::AtMost, 1.0, 24).unwrap(),
        Rule::try_new("c", RuleKind::MomentumSpike, Operator::AtLeast, 0.5, 0).unwrap(),
        // The id of another rule: one of the two is told, always the same.
        Rule::try_new("b", RuleKind::FvsThreshold, Operator::AtLeast, 35.0, 24).unwrap(),
    ];
    let (before, now) = (analysis(day(0), &CALM), analysis(day(1), &Values { index: 9.5, ..CALM }));
    let expected = run(&rules, &now, Some(&before), &Fired::default(), hour(0));
    assert_eq!(expected.len(), 4);
    let mut turned = rules.to_vec();
    for _ in 0..rules.len() {
        turned.rotate_left(1);
        assert_eq!(run(&turned, &now, Some(&before), &Fired::default(), hour(0)), expected);
        let reversed: Vec<Rule> = turned.iter().rev().cloned().collect();
        assert_eq!(run(&reversed, &now, Some(&before), &Fired::default(), hour(0)), expected);
    }
}

#[test]
fn a_previous_analysis_must_be_the_artists_and_earlier() {
    let (now, later) = (empty(day(1)), empty(day(2)));
    let message = |previous: &Analysis| AlertInput::try_new(&now, Some(previous)).unwrap_err().to_string();
    assert_eq!(message(&later), "previous is as of 2026-03-03, after 2026-03-02");
    assert_eq!(message(&Analysis { artist_id: "x".into(), ..empty(day(0)) }), "previous is of the artist `x`, not of `low-tide`");
    // Run again on the same day, with later data.
    assert!(AlertInput::try_new(&now, Some(&now)).is_ok());
}

#[test]
fn a_bad_rule_is_named_with_field_value_and_bound() {
    let check = |id: &str, kind, operator, threshold, hours, message: &str| {
        assert_eq!(Rule::try_new(id, kind, operator, threshold, hours).unwrap_err().to_string(), message);
    };
    use Operator::{AtLeast, AtMost};
    check("a/b", RuleKind::FvsThreshold, AtLeast, 1.0, 24, "id is `a/b`, not 1 to 64 of a-z, A-Z, 0-9, - and _");
    check("a", RuleKind::GrowthStall, AtLeast, 1.0, 24, "operator is >=, where a growth_stall rule takes <= or <");
    check("a", RuleKind::MomentumDrop, AtMost, 1.0, 24, "operator is <=, where a momentum_drop rule takes >= or >");
    check("a", RuleKind::FvsThreshold, AtLeast, 101.0, 24, "threshold is 101, outside 0 to 100");
    check("a", RuleKind::FvsThreshold, AtLeast, f64::NAN, 24, "threshold is NaN, outside 0 to 100");
    check("a", RuleKind::SuperfanChurn, AtLeast, 20.0, 24, "threshold is 20, outside 0.000001 to 1");
    check("a", RuleKind::FvsThreshold, AtLeast, 1.0, 8785, "cool_down_hours is 8785, outside 0 to 8784");
    let settings = AlertSettings { momentum_index: 11.0, ..AlertSettings::default() };
    assert_eq!(settings.validate().unwrap_err().to_string(), "momentum_index is 11, outside 0 to 10");
    AlertSettings::default().validate().unwrap();
}

#[test]
fn rules_history_and_alerts_survive_json() {
    let rule = rule(RuleKind::FollowerMilestone, Operator::AtLeast, 10_000.0);
    let json = serde_json::to_string(&rule).unwrap();
    assert_eq!(json, r#"{"id":"mine","kind":"follower_milestone","operator":">=","threshold":10000.0,"cool_down_hours":24}"#);
    assert_eq!(serde_json::from_str::<Rule>(&json).unwrap(), rule);
    // What is out of bounds or unknown is refused where it is read.
    assert!(serde_json::from_str::<Rule>(&json.replace("10000.0", "0")).is_err());
    assert!(serde_json::from_str::<Rule>(&json.replace("threshold", "treshold")).is_err());

    let now = analysis(day(1), &Values { index: 9.5, ..CALM });
    let alerts = run(&[], &now, None, &Fired::default(), hour(0));
    let json = serde_json::to_string(&alerts[0]).unwrap();
    assert!(json.contains(r#""rule":null,"kind":"viral_momentum","artist_id":"low-tide","as_of":"2026-03-02""#), "{json}");
    assert!(json.contains(r#""first_day":"2026-02-01","last_day":"2026-03-02","numbers":{"momentum_index":9.5,"#), "{json}");
    let mut fired = Fired::default();
    fired.record(&alerts);
    assert!(fired.contains("builtin/viral_momentum/low-tide/2026-03-02"));
    let back: Fired = serde_json::from_str(&serde_json::to_string(&fired).unwrap()).unwrap();
    assert_eq!(back, fired);
}

#[test]
fn what_is_read_is_named_where_it_is_wrong() {
    let rule = |json: &str, message: &str| assert_eq!(Rule::from_json(json).unwrap_err().to_string(), message);
    let big = r#"{"id": "big", "kind": "fvs_threshold", "operator": ">=", "threshold": 70}"#;
    assert_eq!(Rule::from_json(big).unwrap().cool_down_hours, 24);
    rule(&big.replace("70", "101"), "`big`: threshold is 101, outside 0 to 100");
    rule(&big.replace("70", "null"), "`big`: threshold: invalid type: null, expected f64");
    rule(&big.replace(">=", "=="), "`big`: operator: unknown variant `==`, expected one of `>=`, `>`, `<=`, `<`");
    rule(r#"{"id": "big"}"#, "`big`: missing field `kind`");
    rule("[]", "invalid length 0, expected a rule");

    let json = serde_json::to_string(&analysis(day(1), &CALM)).unwrap();
    let figures = |json: &str, message: &str| assert_eq!(AlertFigures::from_json(json).unwrap_err().to_string(), message);
    figures(&json.replace(r#""index":5.0"#, r#""index":"5""#), r#"momentum.index: invalid type: string "5", expected f64"#);
    figures(&json.replace(r#""index":5.0"#, r#""index":50"#), "momentum.index is 50, outside 0 to 10");
    figures(&json.replace(r#""probability":0.25"#, r#""probability":-1"#), "breakout.probability is -1, outside 0 to 1");
    figures(&json.replace("2026-03-02", "2026-02-30"), "as_of: `2026-02-30` is not a date of the form YYYY-MM-DD");
    figures(&json.replace(r#""window_days":30"#, r#""window_days":9"#), "window_days is 9, outside 14 to 366");
    // What is null could not be computed; what is absent is a mistake.
    figures(&json.replace(r#""breakout":"#, r#""outbreak":"#), "missing field `breakout`");
    figures(&format!("{json}x"), "trailing characters");
}

#[test]
fn kinds_have_the_names_that_json_has() {
    for kind in AlertKind::ALL {
        assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.as_str()));
        assert_eq!(kind.as_str().parse::<AlertKind>().unwrap(), *kind);
    }
    assert!("viral".parse::<AlertKind>().unwrap_err().to_string().contains("viral_post"));
}
