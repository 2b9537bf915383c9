//! What every adapter promises, as one suite for each port: an adapter's test opens empty stores and calls it.
//!
//! # Example
//! ```
//! use fanpulse_store::{MemoryObservations, conformance};
//! pollster::block_on(conformance::observations(async || MemoryObservations::default()));
//! ```

#![expect(clippy::expect_used, clippy::panic, reason = "a promise that is not kept ends the adapter's test")]

mod accounts;
mod alerts;
mod artists;
mod audit;
mod cache;
mod connections;
mod events;
mod fan_events;
mod imports;
mod jobs;
mod limits;
mod observations;
mod posts;
mod releases;
mod restatements;
mod scores;
mod signals;
mod summaries;
mod sync;
mod webhooks;

use std::num::NonZeroUsize;

use fanpulse_core::{Day, Instant};

pub use accounts::accounts;
pub use alerts::alerts;
pub use artists::artists;
pub use audit::audit;
pub use cache::score_cache;
pub use connections::connections;
pub use events::events;
pub use fan_events::fan_events;
pub use imports::imports;
pub use jobs::jobs;
pub use limits::limits;
pub use observations::observations;
pub use posts::posts;
pub use releases::releases;
pub use scores::scores;
pub use signals::signals;
pub use summaries::summaries;
pub use sync::sync_cursors;
pub use webhooks::webhooks;

use crate::{Account, AccountId, AccountStore, Artist, ArtistId, ArtistStore, Cursor, Page, PageRequest, Result, Tier};

/// Midnight of a day of January 2026.
fn day(day: u32) -> Instant {
    Instant::from(Day::from_ymd(2026, 1, day).expect("a day of January"))
}

fn random(number: u8) -> [u8; 10] {
    [number; 10]
}

fn account(number: u8) -> Account {
    Account { id: AccountId::new(day(1), random(number)), name: format!("label {number}"), tier: Tier::Label, created_at: day(1) }
}

fn artist(number: u8, of: &Account, name: &str) -> Artist {
    let id = ArtistId::new(day(2), random(number));
    Artist { id, account: of.id, name: name.to_owned(), external_ids: std::collections::BTreeSet::new(), created_at: day(2), version: 1 }
}

/// Two accounts, and an artist of each.
async fn two_labels<S: AccountStore + ArtistStore>(store: &S) -> [(Account, Artist); 2] {
    let accounts = [account(1), account(2)];
    for account in &accounts {
        store.add_account(account).await.expect("an account");
    }
    let [a, b] = accounts;
    let artists = [artist(1, &a, "Low Tide"), artist(2, &b, "Low Tide")];
    for artist in &artists {
        store.add_artist(artist).await.expect("an artist");
    }
    let [x, y] = artists;
    [(a, x), (b, y)]
}

/// All items of a paged call, in pages of `limit`.
async fn all_pages<T>(limit: usize, call: impl AsyncFn(PageRequest) -> Result<Page<T>>) -> Vec<T> {
    let limit = NonZeroUsize::new(limit).expect("a limit above 0");
    let (mut items, mut after): (Vec<T>, Option<Cursor>) = (Vec::new(), None);
    loop {
        let page = call(PageRequest { limit, after }).await.expect("a page");
        assert!(page.items.len() <= limit.get(), "a page longer than {limit}");
        assert!(page.next.is_none() || page.items.len() == limit.get(), "a short page that is not the last");
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return items,
        }
    }
}
