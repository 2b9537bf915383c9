//! Of [`AlertStore`].

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use fanpulse_core::Day;
use fanpulse_core::alerts::{AlertKind, Fired, Operator, Rule, RuleKind};

use super::{account, all_pages, artist, day, random, two_labels};
use crate::{
    Account, AccountStore, AlertFilter, AlertId, AlertRule, AlertRuleFilter, AlertRuleId, AlertStore, Artist, ArtistStore, ErrorKind,
    PageRequest, RaisedAlert,
};

/// Checks an adapter of [`AlertStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn alerts<S: AccountStore + ArtistStore + AlertStore>(open: impl AsyncFn() -> S) {
    a_rule_belongs_to_its_account(&open().await).await;
    rules_are_found_by_what_they_hold_for(&open().await).await;
    an_event_is_told_once(&open().await).await;
    a_refused_call_tells_nothing(&open().await).await;
    alerts_are_filtered_and_paged(&open().await).await;
    what_is_read_first_counts(&open().await).await;
    what_expires_goes_and_stays_told(&open().await).await;
    alerts_go_with_their_artist_and_account(&open().await).await;
}

fn rule(number: u8, of: &Account, artist: Option<&Artist>) -> AlertRule {
    let id = AlertRuleId::new(day(1), random(number));
    let rule = Rule::try_new(id.to_string(), RuleKind::FvsThreshold, Operator::AtLeast, 70.5, 48).expect("a rule");
    AlertRule { id, account: of.id, artist: artist.map(|a| a.id), rule, is_active: true, created_at: day(1), version: 1 }
}

fn alert(number: u8, of: &Artist, key: &str, on: u32) -> RaisedAlert {
    RaisedAlert {
        id: AlertId::new(day(on), random(number)),
        account: of.account,
        artist: of.id,
        key: key.to_owned(),
        rule: None,
        kind: AlertKind::Breakout,
        as_of: Day::from_ymd(2026, 1, on).expect("a day"),
        raised_at: day(on),
        title: "a breakout is likely".to_owned(),
        message: "The breakout probability is 0.9.".to_owned(),
        evidence: serde_json::json!({"measure": "breakout probability, 0-1", "value": 0.9, "baseline": null}),
        expires_at: None,
        read_at: None,
        resolved_at: None,
    }
}

async fn all(store: &impl AlertStore, filter: &AlertFilter) -> Vec<RaisedAlert> {
    all_pages(3, async |page| store.alerts(filter, &page).await).await
}

async fn a_rule_belongs_to_its_account<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let first = rule(1, &a, Some(&x));
    store.add_alert_rule(&first).await.expect("a rule");
    assert_eq!(store.alert_rule(a.id, first.id).await.expect("a query"), Some(first.clone()));
    assert_eq!(store.alert_rule(b.id, first.id).await.expect("a query"), None);
    for refused in [first.clone(), rule(2, &account(9), None), rule(3, &a, Some(&y))] {
        assert_eq!(store.add_alert_rule(&refused).await.expect_err("a conflict").kind(), ErrorKind::Conflict);
    }
    let mut bad = rule(4, &a, None);
    bad.rule.threshold = 101.0;
    let e = store.add_alert_rule(&bad).await.expect_err("out of bounds");
    assert!(e.kind() == ErrorKind::Invalid && e.message().contains("threshold is 101"), "{e}");
    let renamed = AlertRule { rule: Rule { id: "other".to_owned(), ..first.rule.clone() }, ..first.clone() };
    assert_eq!(store.update_alert_rule(&renamed).await.expect_err("not its id").kind(), ErrorKind::Invalid);

    let changed = AlertRule { artist: None, is_active: false, rule: Rule { threshold: 80.0, ..first.rule.clone() }, ..first.clone() };
    assert_eq!(store.update_alert_rule(&changed).await.expect("an update"), 2);
    assert_eq!(store.update_alert_rule(&first).await.expect_err("stale").kind(), ErrorKind::Conflict);
    let changed = AlertRule { version: 2, ..changed };
    assert_eq!(store.alert_rule(a.id, first.id).await.expect("a query"), Some(changed.clone()));
    let stolen = AlertRule { account: b.id, ..changed.clone() };
    assert_eq!(store.update_alert_rule(&stolen).await.expect_err("another account's").kind(), ErrorKind::NotFound);
    let elsewhere = AlertRule { artist: Some(y.id), ..changed.clone() };
    assert_eq!(store.update_alert_rule(&elsewhere).await.expect_err("another account's artist").kind(), ErrorKind::Conflict);
    assert_eq!(store.alert_rule(a.id, first.id).await.expect("a query"), Some(changed));
    assert!(!store.remove_alert_rule(b.id, first.id).await.expect("a removal"));
    assert!(store.remove_alert_rule(a.id, first.id).await.expect("a removal"));
    assert!(!store.remove_alert_rule(a.id, first.id).await.expect("a removal"));
}

async fn rules_are_found_by_what_they_hold_for<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), (b, _)] = two_labels(store).await;
    let second = artist(3, &a, "Spring Tide");
    store.add_artist(&second).await.expect("an artist");
    let off = AlertRule { is_active: false, ..rule(3, &a, None) };
    for r in [&rule(1, &a, Some(&x)), &rule(2, &a, None), &off, &rule(4, &a, Some(&second)), &rule(5, &b, None)] {
        store.add_alert_rule(r).await.expect("a rule");
    }
    let of = AlertRuleFilter::of(a.id);
    let cases = [
        (of.clone(), vec![1, 2, 3, 4]),
        (AlertRuleFilter { artist: Some(x.id), ..of.clone() }, vec![1, 2, 3]),
        (AlertRuleFilter { artist: Some(second.id), active: Some(true), ..of.clone() }, vec![2, 4]),
        (AlertRuleFilter { active: Some(false), ..of }, vec![3]),
    ];
    for (filter, expected) in cases {
        let found = all_pages(2, async |page| store.alert_rules(&filter, &page).await).await;
        let expected: Vec<AlertRuleId> = expected.into_iter().map(|n| AlertRuleId::new(day(1), random(n))).collect();
        assert_eq!(found.iter().map(|r| r.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

async fn an_event_is_told_once<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    let first = alert(1, &x, "builtin/breakout/x/1", 3);
    assert_eq!(store.raise_alerts(std::slice::from_ref(&first)).await.expect("alerts"), [first.id]);
    // Found again, later and beside another one, and twice in one call.
    let again = alert(2, &x, &first.key, 4);
    let other = RaisedAlert { rule: Some(AlertRuleId::new(day(1), random(7))), ..alert(3, &x, "rule/7/x/1", 4) };
    let twice = alert(4, &x, &other.key, 4);
    assert_eq!(store.raise_alerts(&[again, other.clone(), twice]).await.expect("alerts"), [other.id]);
    assert_eq!(all(store, &AlertFilter::of(a.id)).await, [other.clone(), first.clone()]);
    // Another account is told of it too.
    let theirs = alert(5, &y, &first.key, 3);
    assert_eq!(store.raise_alerts(std::slice::from_ref(&theirs)).await.expect("alerts"), [theirs.id]);
    assert_eq!(store.alert(a.id, first.id).await.expect("a query"), Some(first.clone()));
    assert_eq!(store.alert(b.id, first.id).await.expect("a query"), None);

    let mut fired = Fired::default();
    fired.insert(first.key, day(3));
    fired.insert(other.key, day(4));
    assert_eq!(store.fired(a.id, x.id).await.expect("a query"), fired);
    assert_eq!(store.fired(b.id, x.id).await.expect("a query"), Fired::default());
}

async fn a_refused_call_tells_nothing<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), (_, y)] = two_labels(store).await;
    let good = alert(1, &x, "k/1", 3);
    let foreign = RaisedAlert { account: a.id, ..alert(2, &y, "k/2", 3) };
    let twin = alert(1, &x, "k/3", 3);
    for bad in [foreign, twin] {
        let e = store.raise_alerts(&[good.clone(), bad]).await.expect_err("a bad alert");
        assert_eq!(e.kind(), ErrorKind::Conflict, "{e}");
        assert_eq!(store.fired(a.id, x.id).await.expect("a query"), Fired::default());
    }
    assert_eq!(store.raise_alerts(std::slice::from_ref(&good)).await.expect("alerts"), [good.id]);
}

async fn alerts_are_filtered_and_paged<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), (_, y)] = two_labels(store).await;
    let second = artist(3, &a, "Spring Tide");
    store.add_artist(&second).await.expect("an artist");
    let mut alerts = Vec::new();
    for number in 1..=8 {
        let of = if number % 2 == 0 { &x } else { &second };
        let kind = if number < 4 { AlertKind::ViralPost } else { AlertKind::GrowthStall };
        alerts.push(RaisedAlert { kind, ..alert(number, of, &format!("k/{number}"), number.into()) });
    }
    store.raise_alerts(&alerts).await.expect("alerts");
    store.raise_alerts(&[alert(9, &y, "k/9", 9)]).await.expect("alerts");
    for (read, resolved) in [(Some(2), None), (Some(3), Some(3)), (None, Some(7))] {
        let id = |n: usize| alerts[n - 1].id;
        assert!(read.is_none() || store.read_alert(a.id, id(read.unwrap_or(1)), day(9)).await.expect("an update"));
        assert!(resolved.is_none() || store.resolve_alert(a.id, id(resolved.unwrap_or(1)), day(9)).await.expect("an update"));
    }
    let of = AlertFilter::of(a.id);
    let cases = [
        (of.clone(), vec![8, 7, 6, 5, 4, 3, 2, 1]),
        (AlertFilter { artist: Some(x.id), ..of.clone() }, vec![8, 6, 4, 2]),
        (AlertFilter { kind: Some(AlertKind::ViralPost), ..of.clone() }, vec![3, 2, 1]),
        (AlertFilter { read: Some(true), ..of.clone() }, vec![3, 2]),
        (AlertFilter { read: Some(false), resolved: Some(true), ..of.clone() }, vec![7]),
        (AlertFilter { resolved: Some(false), from: Some(day(6)), ..of.clone() }, vec![8, 6]),
        (AlertFilter { artist: Some(y.id), ..of.clone() }, vec![]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<AlertId> = expected.into_iter().map(|n: usize| alerts[n - 1].id).collect();
        assert_eq!(all(store, &filter).await.iter().map(|a| a.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    assert_eq!(store.unread_alerts(a.id).await.expect("a count"), 6);
    let request = PageRequest { limit: NonZeroUsize::MIN, after: Some("nonsense".parse().expect("any text")) };
    assert_eq!(store.alerts(&of, &request).await.expect_err("a foreign cursor").kind(), ErrorKind::Invalid);
}

async fn what_is_read_first_counts<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), (b, _)] = two_labels(store).await;
    let first = alert(1, &x, "k/1", 3);
    store.raise_alerts(std::slice::from_ref(&first)).await.expect("alerts");
    assert!(!store.read_alert(b.id, first.id, day(4)).await.expect("an update"));
    assert!(!store.resolve_alert(b.id, first.id, day(4)).await.expect("an update"));
    for on in [5, 6] {
        assert!(store.read_alert(a.id, first.id, day(on)).await.expect("an update"));
        assert!(store.resolve_alert(a.id, first.id, day(on + 1)).await.expect("an update"));
    }
    let read = RaisedAlert { read_at: Some(day(5)), resolved_at: Some(day(6)), ..first.clone() };
    assert_eq!(store.alert(a.id, first.id).await.expect("a query"), Some(read));
}

async fn what_expires_goes_and_stays_told<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), _] = two_labels(store).await;
    let alerts: Vec<RaisedAlert> =
        (1..=6).map(|n| RaisedAlert { expires_at: Some(day(10 + u32::from(n))), ..alert(n, &x, &format!("k/{n}"), n.into()) }).collect();
    store.raise_alerts(&alerts).await.expect("alerts");
    let stays = alert(7, &x, "k/7", 7);
    store.raise_alerts(std::slice::from_ref(&stays)).await.expect("alerts");
    for (now, limit, gone) in [(10, 9, 0), (13, 2, 2), (13, 9, 1), (31, 9, 3)] {
        assert_eq!(store.remove_expired_alerts(day(now), limit).await.expect("a removal"), gone, "by day {now}");
    }
    assert_eq!(all(store, &AlertFilter::of(a.id)).await, [stays]);
    assert_eq!(store.raise_alerts(&alerts).await.expect("alerts"), []);
    assert_eq!(store.fired(a.id, x.id).await.expect("a query").len(), 7);
    for (before, limit, gone) in [(1, 9, 0), (4, 2, 2), (4, 9, 1)] {
        assert_eq!(store.forget_fired(day(before), limit).await.expect("a removal"), gone, "before day {before}");
    }
    let again = store.raise_alerts(&alerts).await.expect("alerts").into_iter().collect::<BTreeSet<_>>();
    assert_eq!(again, alerts[..3].iter().map(|a| a.id).collect(), "what is forgotten can be told again");
}

async fn alerts_go_with_their_artist_and_account<S: AccountStore + ArtistStore + AlertStore>(store: &S) {
    let [(a, x), (b, y)] = two_labels(store).await;
    for (number, of, account) in [(1, &x, &a), (2, &y, &b)] {
        store.raise_alerts(&[alert(number, of, "k/1", 3)]).await.expect("alerts");
        store.add_alert_rule(&rule(number, account, Some(of))).await.expect("a rule");
        store.add_alert_rule(&rule(number + 10, account, None)).await.expect("a rule");
    }
    let rules = async |of: &Account| all_pages(9, async |page| store.alert_rules(&AlertRuleFilter::of(of.id), &page).await).await.len();
    assert!(store.remove_artist(a.id, x.id).await.expect("a removal"));
    assert_eq!((all(store, &AlertFilter::of(a.id)).await, rules(&a).await), (vec![], 1));
    assert!(store.fired(a.id, x.id).await.expect("a query").is_empty());
    assert!(store.remove_account(b.id).await.expect("a removal"));
    assert_eq!((all(store, &AlertFilter::of(b.id)).await, rules(&b).await), (vec![], 0));
    assert!(store.fired(b.id, y.id).await.expect("a query").is_empty());
}
