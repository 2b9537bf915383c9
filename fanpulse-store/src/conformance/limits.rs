//! Of [`LimitStore`].

use std::time::Duration;

use fanpulse_core::Instant;

use super::day;
use crate::{Allowance, ErrorKind, Limit, LimitStore};

/// Checks an adapter of [`LimitStore`] that goes by the callers' time; `open` gives an empty one each time.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn limits<S: LimitStore>(open: impl AsyncFn() -> S) {
    a_burst_and_then_one_by_one(&open().await).await;
    keys_have_limits_of_their_own(&open().await).await;
    several_are_taken_or_none(&open().await).await;
    it_agrees_with_a_bucket_of_tokens(&open().await).await;
    other_limits_and_clocks_do_not_lock_out(&open().await).await;
    what_is_out_of_range_is_refused(&open().await).await;
}

fn limit(requests: u32, seconds: u64, burst: u32) -> Limit {
    Limit::try_new(requests, Duration::from_secs(seconds), burst).expect("a limit")
}

/// So many milliseconds after noon of a day.
fn at_ms(millis: i64) -> Instant {
    Instant::try_new(day(10).micros() + 43_200_000_000 + millis * 1000).expect("a time")
}

async fn take(store: &impl LimitStore, key: &str, limit: Limit, count: u32, millis: i64) -> Allowance {
    store.take(key, limit, count, at_ms(millis)).await.expect("an answer")
}

async fn a_burst_and_then_one_by_one(store: &impl LimitStore) {
    // One every ten seconds.
    let limit = limit(6, 60, 3);
    for remaining in (0..3).rev() {
        let reset_after = Duration::from_secs(10 * u64::from(3 - remaining));
        let expected = Allowance { limit: 3, remaining, reset_after, retry_after: None };
        assert_eq!(take(store, "a", limit, 1, 0).await, expected);
    }
    let refused = take(store, "a", limit, 1, 2_500).await;
    let (reset_after, retry_after) = (Duration::from_millis(27_500), Some(Duration::from_millis(7_500)));
    assert_eq!(refused, Allowance { limit: 3, remaining: 0, reset_after, retry_after });
    assert!(!refused.is_granted());
    assert_eq!(take(store, "a", limit, 1, 9_999).await.retry_after, Some(Duration::from_millis(1)), "a refusal costs nothing");
    assert!(take(store, "a", limit, 1, 10_000).await.is_granted());
    assert!(!take(store, "a", limit, 1, 19_999).await.is_granted());
    // At rest it gives as many as its burst and no more.
    assert_eq!(take(store, "a", limit, 3, 3_600_000).await.remaining, 0);
    assert!(!take(store, "a", limit, 1, 3_600_000).await.is_granted());
}

async fn keys_have_limits_of_their_own(store: &impl LimitStore) {
    let limit = limit(1, 60, 1);
    for key in ["ip 203.0.113.7", "ip 203.0.113.70", "account é \u{1f3b5} '\"", " ", &"k".repeat(200)] {
        assert!(take(store, key, limit, 1, 0).await.is_granted(), "{key}");
        assert!(!take(store, key, limit, 1, 0).await.is_granted(), "{key}");
    }
}

async fn several_are_taken_or_none(store: &impl LimitStore) {
    let limit = limit(10, 10, 10);
    assert_eq!(take(store, "a", limit, 0, 0).await.remaining, 10);
    assert_eq!(take(store, "a", limit, 7, 0).await.remaining, 3);
    let refused = take(store, "a", limit, 5, 0).await;
    assert_eq!((refused.remaining, refused.retry_after), (3, Some(Duration::from_secs(2))));
    assert_eq!(take(store, "a", limit, 0, 0).await.remaining, 3, "asking takes nothing");
    assert_eq!(take(store, "a", limit, 3, 0).await.remaining, 0);
    assert!(take(store, "a", limit, 0, 0).await.is_granted(), "nothing is always granted");
    assert_eq!(take(store, "a", limit, 5, 5_000).await.remaining, 0);
}

/// A bucket of tokens, counted in millionths, which is filled as time passes: another way to the same answers.
async fn it_agrees_with_a_bucket_of_tokens(store: &impl LimitStore) {
    // 4 a second: one takes 250 ms.
    let limit = limit(4, 1, 5);
    let (mut tokens, mut last, mut seed, mut granted) = (5_000_000_i64, 0_i64, 20_260_301_u64, 0);
    for _ in 0..400 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (pause, count) = ((seed >> 33) % 700, (seed >> 50) as u32 % 4);
        let now = last + pause.cast_signed();
        // 4 tokens a second are 4,000 millionths a millisecond.
        tokens = (tokens + (now - last) * 4_000).min(5_000_000);
        last = now;
        let enough = tokens >= i64::from(count) * 1_000_000;
        tokens -= if enough { i64::from(count) * 1_000_000 } else { 0 };
        let answer = take(store, "a", limit, count, now).await;
        assert_eq!((answer.is_granted(), i64::from(answer.remaining)), (enough, tokens / 1_000_000), "{count} at {now} ms");
        granted += u32::from(enough);
    }
    assert!((100..400).contains(&granted), "{granted} of 400: both ways are met");
}

async fn other_limits_and_clocks_do_not_lock_out(store: &impl LimitStore) {
    let large = limit(1000, 3600, 1000);
    assert!(take(store, "a", large, 1000, 0).await.is_granted());
    // The account went to a smaller tier: an hour's worth is spent, of which a minute counts.
    let small = limit(60, 60, 60);
    assert_eq!(take(store, "a", small, 1, 0).await.retry_after, Some(Duration::from_secs(1)));
    assert!(take(store, "a", small, 1, 1_000).await.is_granted());
    // A clock that was an hour ahead is put right.
    assert!(take(store, "b", small, 60, 3_600_000).await.is_granted());
    let refused = take(store, "b", small, 1, 0).await;
    assert!(refused.retry_after.is_some_and(|wait| wait <= Duration::from_secs(1)), "{refused:?}");
    assert!(take(store, "b", small, 60, 60_000).await.is_granted());
    // One that is a little behind is given nothing twice.
    assert!(take(store, "c", small, 60, 1_000).await.is_granted());
    for _ in 0..3 {
        assert!(!take(store, "c", small, 1, 500).await.is_granted());
    }
    assert!(!take(store, "c", small, 1, 1_999).await.is_granted());
    assert!(take(store, "c", small, 1, 2_000).await.is_granted());
}

async fn what_is_out_of_range_is_refused(store: &impl LimitStore) {
    let limit = limit(1, 60, 5);
    for (key, count, says) in [("", 1, "0 bytes"), (&*"k".repeat(201), 1, "201 bytes"), ("a", 6, "6 at once")] {
        let e = store.take(key, limit, count, at_ms(0)).await.expect_err("out of range");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains(says), "{e}");
    }
    let cases = [(0, 60, 1), (1, 60, 0), (1, 0, 1), (1, 367 * 86_400, 1), (1, 86_400, 400)];
    for (requests, seconds, burst) in cases {
        let e = Limit::try_new(requests, Duration::from_secs(seconds), burst).expect_err("no limit");
        assert!(e.kind() == ErrorKind::Invalid && e.message().contains(&format!("{requests} requests in")), "{e}");
    }
    // 3 in 10 µs would be one each 3⅓ µs: never more than was said.
    let odd = Limit::try_new(3, Duration::from_micros(10), 3).expect("a limit");
    assert_eq!(store.take("odd", odd, 3, at_ms(0)).await.expect("an answer").reset_after, Duration::from_micros(12));
}
