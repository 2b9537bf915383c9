//! Of [`ScoreStore`].

use fanpulse_core::Day;
use serde_json::json;

use super::{day, two_labels};
use crate::{AccountStore, ArtistId, ArtistStore, ErrorKind, Score, ScoreKey, ScoreStore};

/// Checks an adapter of [`ScoreStore`]; `open` gives an empty store each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn scores<S: AccountStore + ArtistStore + ScoreStore>(open: impl AsyncFn() -> S) {
    the_latest_up_to_a_day_is_found(&open().await).await;
    later_computations_win(&open().await).await;
    a_refused_put_leaves_nothing(&open().await).await;
}

fn score(artist: ArtistId, kind: &str, as_of: u32, value: f64) -> Score {
    Score {
        key: ScoreKey { artist, kind: kind.to_owned(), as_of: day(as_of).day() },
        value: Some(value),
        document: json!({"components": {"growth": {"raw": 0.1, "score": value}}, "name": "é \u{1f3b5} \"'"}),
        algorithm: "fanpulse-1".to_owned(),
        settings_hash: "a1b2".to_owned(),
        computed_at: day(as_of + 1),
    }
}

async fn the_latest_up_to_a_day_is_found(store: &(impl AccountStore + ArtistStore + ScoreStore)) {
    let [(a, x), (_, y)] = two_labels(store).await;
    // Values that a detour through decimal text would bend.
    let all = [score(x.id, "fvs", 3, 0.1 + 0.2), score(x.id, "fvs", 9, 61.234_567_890_123_45), score(x.id, "fvs", 5, f64::MIN_POSITIVE)];
    let others = [score(x.id, "momentum", 8, 7.0), score(y.id, "fvs", 7, 1.0 / 3.0), Score { value: None, ..score(y.id, "fvs", 8, 0.0) }];
    assert_eq!(store.put_scores(&[all.as_slice(), &others].concat()).await.expect("scores"), 6);
    let latest = async |artist, until: u32| store.latest_score(artist, "fvs", day(until).day()).await.expect("a query");
    assert_eq!(latest(x.id, 2).await, None);
    for (until, expected) in [(3, 0), (4, 0), (5, 2), (8, 2), (9, 1), (31, 1)] {
        assert_eq!(latest(x.id, until).await.as_ref(), Some(&all[expected]), "until {until}");
    }
    assert_eq!(latest(y.id, 31).await.as_ref(), Some(&others[2]));
    let trend = store.score_trend(x.id, "fvs", day(4).day(), day(9).day()).await.expect("a query");
    assert_eq!(trend, [all[2].clone(), all[1].clone()]);
    assert_eq!(store.score_trend(x.id, "fvs", day(9).day(), day(4).day()).await.expect("a query"), []);
    assert!(store.remove_artist(a.id, x.id).await.expect("a removal"));
    assert_eq!(latest(x.id, 31).await, None);
}

async fn later_computations_win(store: &(impl AccountStore + ArtistStore + ScoreStore)) {
    let [(_, x), _] = two_labels(store).await;
    let first = score(x.id, "fvs", 3, 10.0);
    let second = Score { value: Some(11.0), computed_at: day(20), settings_hash: "c3".to_owned(), ..first.clone() };
    for (put, count) in [(&first, 1), (&second, 1), (&first, 0), (&second, 1)] {
        assert_eq!(store.put_scores(std::slice::from_ref(put)).await.expect("a score"), count);
    }
    assert_eq!(store.latest_score(x.id, "fvs", Day::MAX).await.expect("a query"), Some(second));
}

async fn a_refused_put_leaves_nothing(store: &(impl AccountStore + ArtistStore + ScoreStore)) {
    let [(_, x), _] = two_labels(store).await;
    let good = score(x.id, "fvs", 3, 10.0);
    let nobody = ArtistId::new(day(1), [77; 10]);
    let cases = [
        (score(x.id, "fvs", 4, f64::NAN), ErrorKind::Invalid),
        (score(x.id, "", 4, 1.0), ErrorKind::Invalid),
        (score(x.id, &"k".repeat(41), 4, 1.0), ErrorKind::Invalid),
        (good.clone(), ErrorKind::Invalid),
        (score(nobody, "fvs", 4, 1.0), ErrorKind::Conflict),
    ];
    for (bad, kind) in cases {
        let e = store.put_scores(&[good.clone(), bad]).await.expect_err("a bad score");
        assert_eq!(e.kind(), kind, "{e}");
    }
    assert_eq!(store.latest_score(x.id, "fvs", Day::MAX).await.expect("a query"), None);
}
