//! Of [`ScoreCache`].

use serde_json::json;

use super::{day, random};
use crate::{ArtistId, Known, Score, ScoreCache, ScoreKey, Ticket};

/// Checks an adapter of [`ScoreCache`]; `open` gives two replicas of an empty one each time, within a Tokio runtime.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn score_cache<C: ScoreCache>(open: impl AsyncFn() -> [C; 2]) {
    what_was_kept_is_known(&open().await[0]).await;
    what_was_forgotten_is_not(&open().await[0]).await;
    a_slow_reader_puts_nothing_back(&open().await[0]).await;
    replicas_hear_of_it(&open().await).await;
}

fn artist(number: u8) -> ArtistId {
    ArtistId::new(day(1), random(number))
}

fn score(number: u8, kind: &str, value: f64) -> Score {
    Score {
        key: ScoreKey { artist: artist(number), kind: kind.to_owned(), as_of: day(3).day() },
        value: Some(value),
        document: json!({"components": {"growth": {"raw": 0.1 + 0.2, "score": value}}, "name": "é \u{1f3b5} \u{0} \"'"}),
        algorithm: "fanpulse-1".to_owned(),
        settings_hash: "a1b2".to_owned(),
        computed_at: day(4),
    }
}

async fn ticket(cache: &impl ScoreCache, number: u8, kind: &str) -> Ticket {
    match cache.latest(artist(number), kind).await {
        Known::Nothing(Some(ticket)) => ticket,
        other => panic!("a ticket is expected: {other:?}"),
    }
}

async fn keep(cache: &impl ScoreCache, score: &Score) {
    let (artist, kind) = (score.key.artist, &*score.key.kind);
    let Known::Nothing(Some(ticket)) = cache.latest(artist, kind).await else { panic!("{kind} is known already") };
    cache.keep(ticket, artist, kind, Some(score)).await;
}

async fn what_was_kept_is_known(cache: &impl ScoreCache) {
    // Values that a detour through decimal text would bend.
    let all = [score(1, "fvs", 0.1 + 0.2), score(1, "momentum", f64::MIN_POSITIVE), score(2, "fvs", 61.234_567_890_123_45)];
    for score in &all {
        keep(cache, score).await;
    }
    for score in &all {
        assert_eq!(cache.latest(score.key.artist, &score.key.kind).await, Known::Latest(Some(score.clone())));
    }
    let none = ticket(cache, 3, "fvs").await;
    cache.keep(none, artist(3), "fvs", None).await;
    assert_eq!(cache.latest(artist(3), "fvs").await, Known::Latest(None), "that there is none is known too");
    let unknown = Score { value: None, ..score(4, "fvs", 0.0) };
    keep(cache, &unknown).await;
    assert_eq!(cache.latest(artist(4), "fvs").await, Known::Latest(Some(unknown)));
}

async fn what_was_forgotten_is_not(cache: &impl ScoreCache) {
    for kept in [score(1, "fvs", 1.0), score(1, "momentum", 1.0), score(2, "fvs", 2.0)] {
        keep(cache, &kept).await;
    }
    cache.forget(&[]).await;
    cache.forget(&[artist(1), artist(9)]).await;
    for kind in ["fvs", "momentum"] {
        ticket(cache, 1, kind).await;
    }
    keep(cache, &score(1, "fvs", 3.0)).await;
    assert_eq!(cache.latest(artist(1), "fvs").await, Known::Latest(Some(score(1, "fvs", 3.0))));
    let many: Vec<ArtistId> =
        (0..=2000_u16).map(|n| ArtistId::new(day(1), [n.to_be_bytes(); 5].concat().try_into().expect("ten"))).collect();
    cache.forget(&many).await;
    cache.forget(&[artist(1), artist(1)]).await;
    ticket(cache, 1, "fvs").await;
}

async fn a_slow_reader_puts_nothing_back(cache: &impl ScoreCache) {
    let before = ticket(cache, 1, "fvs").await;
    // It reads the old score; meanwhile a new one is stored and the artist forgotten.
    cache.forget(&[artist(1)]).await;
    cache.keep(before, artist(1), "fvs", Some(&score(1, "fvs", 1.0))).await;
    let after = ticket(cache, 1, "fvs").await;
    cache.keep(after, artist(1), "fvs", Some(&score(1, "fvs", 2.0))).await;
    assert_eq!(cache.latest(artist(1), "fvs").await, Known::Latest(Some(score(1, "fvs", 2.0))));
}

async fn replicas_hear_of_it([a, b]: &[impl ScoreCache; 2]) {
    if let Known::Nothing(_) = a.latest(artist(1), "fvs").await {
        keep(a, &score(1, "fvs", 1.0)).await;
    }
    if let Known::Nothing(_) = b.latest(artist(1), "fvs").await {
        keep(b, &score(1, "fvs", 1.0)).await;
    }
    b.forget(&[artist(1)]).await;
    ticket(b, 1, "fvs").await;
    // A signal takes its time.
    while let Known::Latest(old) = a.latest(artist(1), "fvs").await {
        assert_eq!(old, Some(score(1, "fvs", 1.0)));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
