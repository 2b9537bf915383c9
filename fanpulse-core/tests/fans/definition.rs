//! Fits, tiers, segments and insights as they are defined.

use fanpulse_core::fans::*;
use fanpulse_core::settings::FanSettings;

use crate::events::{Events, as_of, two_artists};

#[test]
fn artists_have_their_own_fit_and_small_ones_the_pooled() {
    let mut events = two_artists();
    for fan in 0..40 {
        events.push(9, fan, as_of().days() - 3 * fan as i32, FanEventKind::Stream);
    }
    let table = events.table(as_of());
    let scores = EngagementTiers::default().score(&table).unwrap();
    let sources: Vec<FitSource> = scores.artists.iter().map(|a| a.activity_source).collect();
    assert_eq!(sources, [FitSource::Own, FitSource::Own, FitSource::Pooled]);
    assert_eq!(scores.artists[2].amount_source, FitSource::None);
    assert_eq!(scores.artists[0].activity.status, FitStatus::Converged);
    assert!(scores.fans[..1_500].iter().all(|f| f.forecast.is_some_and(|f| f.value.is_some())));
    assert!(scores.fans[1_500..].iter().all(|f| f.forecast.is_some_and(|f| f.value.is_none())));
    let all = insights(&table, &scores, None, &FanSettings::default()).unwrap();
    assert_eq!((all[0].value_unit, all[2].value_unit), (ValueUnit::Money, ValueUnit::Points));
    let churn = &all[0].churn;
    assert!(churn.len() > 3 && churn.windows(2).all(|w| w[0].value_lost >= w[1].value_lost));
    assert!(churn.iter().all(|c| table.rows()[c.row].fan == c.fan));
    let top = all[0].fan_value.top.unwrap();
    assert!(top[0] < top[1] && top[1] < top[2] && top[2] < 1.0, "{top:?}");
}

#[test]
fn tiers_and_segments_follow_the_definition() {
    let mut events = Events::default();
    let today = as_of().days();
    // Fan f is active on f days of the window; 100 fans, so that one, four and ten make the upper tiers.
    for fan in 0..100_u32 {
        events.push(1, fan, today - 400, FanEventKind::Stream);
        for d in 0..fan.min(88) {
            events.push(1, fan, today - d as i32, if fan > 90 { FanEventKind::Share } else { FanEventKind::Comment });
        }
    }
    // Engaged when last seen 40 days ago, and an engaged newcomer.
    for d in 0..60 {
        events.push(1, 200, today - 40 - d, FanEventKind::Comment);
        events.push(1, 201, today - d, FanEventKind::Comment);
    }
    let table = events.table(as_of());
    let scores = EngagementTiers::default().score(&table).unwrap();
    let mut ranked: Vec<f64> = scores.fans.iter().map(|f| f.engagement).collect();
    ranked.sort_by(|a, b| b.total_cmp(a));
    for fan in &scores.fans {
        let rank = ranked.iter().filter(|&&e| e > fan.engagement).count() + 1;
        let want = match rank as f64 / ranked.len() as f64 {
            _ if fan.engagement < 2.0 => Tier::Bronze,
            // ⌈share · 102⌉ fans.
            _ if rank <= 2 => Tier::Platinum,
            _ if rank <= 6 => Tier::Gold,
            _ if rank <= 16 => Tier::Silver,
            _ => Tier::Bronze,
        };
        assert_eq!(fan.tier, want, "rank {rank}, engagement {}", fan.engagement);
    }
    assert_eq!(scores.fans[100].segment, FanSegment::AtRisk);
    assert_eq!(scores.fans[0].segment, FanSegment::NeedNurturing);
    assert!(scores.fans[100].engagement < scores.fans[100].engagement_at_last);
    assert!([FanSegment::NewPromising, FanSegment::Champions].contains(&scores.fans[101].segment));
    assert_eq!(scores.segmentation().sizes().iter().sum::<usize>(), 102);
    assert_eq!(scores.segmentation().name_of(100), Some("at_risk"));
}

#[test]
fn months_and_locations_are_counted() {
    let mut events = Events::default();
    for (fan, back) in [(0, 70), (1, 69), (2, 5), (3, 4), (4, 3)] {
        events.push(0, fan, as_of().days() - back, FanEventKind::Stream);
    }
    let table = events.table(as_of());
    let scores = EngagementTiers::default().score(&table).unwrap();
    let names = ["Oslo".to_owned(), "Lima".to_owned()];
    let locations = FanLocations { names: &names, of_fan: &[1, 9, 0, 1] };
    let of = &insights(&table, &scores, Some(locations), &FanSettings::default()).unwrap()[0];
    let months: Vec<_> = of.months.iter().map(|m| (m.year, m.month, m.new_fans, m.fans, m.growth)).collect();
    assert_eq!(months, [(2026, 1, 2, 2, None), (2026, 2, 0, 2, Some(0.0)), (2026, 3, 3, 5, Some(150.0))]);
    assert_eq!(of.locations, [("Lima".to_owned(), 2), ("Oslo".to_owned(), 1)]);
    assert_eq!((of.active, of.spend.is_none(), of.expected_value.is_none()), (3, true, true));
}

#[test]
fn k_means_segments_a_table() {
    let table = two_artists().table(as_of());
    let found = KMeansSegments::elbow(3).segment(&table).unwrap();
    assert_eq!(found.sizes().iter().sum::<usize>(), table.len());
    assert!((2..=8).contains(&found.names.len()), "{:?}", found.names);
}
