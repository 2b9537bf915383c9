//! What holds for any events.

use fanpulse_core::Day;
use fanpulse_core::fans::*;
use fanpulse_core::settings::FanSettings;
use proptest::prelude::*;

use crate::events::{Events, as_of, assert_same, plain, two_artists};

fn any_events() -> impl Strategy<Value = Events> {
    let amount = prop_oneof![3 => Just(f64::NAN), 1 => Just(0.0), 2 => (1_u32..5_000).prop_map(|cents| f64::from(cents) / 100.0)];
    let seconds = prop_oneof![1 => Just(f64::NAN), 2 => (0_u32..900).prop_map(f64::from)];
    let row = (0_u32..3, 0_u32..5, -4_i32..400, 0_u8..9, 0_u32..4, amount, seconds);
    prop::collection::vec(row, 1..200).prop_map(|rows| {
        let mut events = Events::default();
        for (artist, fan, back, kind, count, amount, seconds) in rows {
            events.push_all(artist * 1000, fan * 77, as_of().days() - back, kind, count, amount, seconds);
        }
        events
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_table_is_that_of_a_plain_computation(events in any_events()) {
        assert_same(events.table(as_of()).rows(), &plain(&events, as_of()));
    }

    #[test]
    fn order_and_later_events_change_no_bit(events in any_events(), step in prop::sample::select(vec![211_usize, 307, 401])) {
        let table = events.table(as_of());
        let shuffled = events.shuffled(step).table(as_of());
        prop_assert_eq!(shuffled.rows(), table.rows());
        let mut more = events.clone();
        more.push_all(0, 0, as_of().days() + 1, 200, 1, -5.0, f64::NAN);
        let more = more.table(as_of());
        prop_assert_eq!(more.rows(), table.rows());
        prop_assert_eq!(more.later_events(), table.later_events() + 1);
    }

    #[test]
    fn every_score_is_in_its_range_and_every_fan_in_one_segment(events in any_events()) {
        let table = events.table(as_of());
        let scores = EngagementTiers::default().score(&table).unwrap();
        for fan in &scores.fans {
            prop_assert!((0.0..=10.0).contains(&fan.engagement) && (0.0..=10.0).contains(&fan.engagement_at_last));
            prop_assert!((0.0..=100.0).contains(&fan.value) && (0.0..=100.0).contains(&fan.hours_percentile));
            prop_assert!(fan.engagement >= 2.0 || fan.tier == Tier::Bronze);
            if let Some(f) = fan.forecast {
                prop_assert!((0.0..=1.0).contains(&f.p_alive) && f.active_days.iter().all(|d| (0.0..=90.0).contains(d) || d.is_finite()));
                prop_assert!(f.value.is_none_or(|v| v.is_finite() && v >= 0.0));
            }
        }
        for artist in insights(&table, &scores, None, &FanSettings::default()).unwrap() {
            prop_assert_eq!(artist.by_tier.iter().sum::<usize>(), artist.fans);
            prop_assert_eq!(artist.by_segment.iter().sum::<usize>(), artist.fans);
            prop_assert_eq!(artist.months.last().unwrap().fans as usize, artist.fans);
            prop_assert_eq!(artist.churn.len(), artist.by_segment[FanSegment::AtRisk as usize]);
        }
    }
}

#[test]
fn two_centuries_of_ten_thousand_fans_fit() {
    // So many days leave room for few fans in a partition: it starts again with more of them.
    let mut events = Events::default();
    for fan in 0..10_000_u32 {
        events.push(0, fan, (fan * 7 % 84_006) as i32, FanEventKind::Like);
        events.push(0, fan, 84_005, FanEventKind::Stream);
    }
    let table = events.table(Day::MAX);
    assert_same(table.rows(), &plain(&events, Day::MAX));
    assert_eq!((table.len(), table.rows()[0].first_day, table.rows()[0].active_days), (10_000, Day::MIN, 2));
}

#[test]
fn threads_change_no_bit() {
    let events = two_artists();
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let table = events.table(as_of());
            let scores = EngagementTiers::default().score(&table).unwrap();
            (table, scores)
        })
    };
    let (table, scores) = run(1);
    assert!(run(2) == (table.clone(), scores.clone()) && run(5) == (table, scores));
}
