//! Of [`Signals`].

use crate::{AccountId, ArtistId, Listener, Signal, Signals};

use super::{day, random};

/// Checks an adapter of [`Signals`]; `open` gives two replicas each time, within a Tokio runtime.
///
/// # Panics
/// Where the adapter breaks a promise.
pub async fn signals<S: Signals>(open: impl AsyncFn() -> [S; 2]) {
    let [a, b] = open().await;
    let (mut at_a, mut at_b) = (a.listen(), b.listen());
    for listener in [&mut at_a, &mut at_b] {
        assert_eq!(listener.next().await, Signal::Lost, "comes first once it listens");
    }
    let told = |number: u8| Signal::Events { account: AccountId::new(day(1), random(number)), last: u64::from(number) };
    let scores = Signal::Scores((1..=200).map(|n| ArtistId::new(day(1), random(n))).collect());
    a.send(&[told(1), scores.clone(), told(2)]).await.expect("it is told");
    for listener in [&mut at_a, &mut at_b] {
        hears(listener, &[told(1), scores.clone(), told(2)]).await;
    }
    b.send(&[]).await.expect("nothing is told");
    b.send(&[Signal::Lost]).await.expect("it is told");
    for listener in [&mut at_a, &mut at_b] {
        hears(listener, &[Signal::Lost]).await;
    }
    // Many artists take several messages.
    let many: Vec<ArtistId> =
        (0..=1000_u16).map(|n| ArtistId::new(day(1), [n.to_be_bytes(); 5].concat().try_into().expect("ten"))).collect();
    b.send(&[Signal::Scores(many.clone())]).await.expect("it is told");
    let mut heard = Vec::new();
    while heard.len() < many.len() {
        match at_a.next().await {
            Signal::Scores(artists) => heard.extend(artists),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(heard, many);
    // Each listener hears for itself.
    let mut late = a.listen();
    assert_eq!(late.next().await, Signal::Lost);
    b.send(&[told(3)]).await.expect("it is told");
    hears(&mut late, &[told(3)]).await;
}

async fn hears(listener: &mut Box<dyn Listener>, expected: &[Signal]) {
    for signal in expected {
        assert_eq!(listener.next().await, *signal);
    }
}
