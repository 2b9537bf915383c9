//! Observations on both databases: dictionaries of names, and blocks of packed points.
//!
//! A block holds points of one bucket of artists and one calendar month. Appending adds blocks and changes none.
//! Reading takes the blocks of a bucket together, and of each key the statement that holds. [`Store::compact`]
//! joins small blocks; what they say stays the same to the last statement.

mod append;
mod blocks;
mod keep;
mod names;
mod read;
mod summaries;
mod summary_block;

use async_trait::async_trait;
use fanpulse_core::ingest::Dataset;
use fanpulse_core::{Day, Instant};

pub use keep::Compacted;
pub(crate) use keep::examine_blocks;
pub(crate) use summaries::examine_summaries;

use super::{Appended, AsOf, Batch, Filter, ObservationStore, Origin, Statement, check};
use crate::{Cursor, Page, PageRequest, Result, Store};

#[async_trait]
impl ObservationStore for Store {
    async fn append(&self, origin: &Origin, recorded_at: Instant, data: &Dataset) -> Result<Appended> {
        check(origin, data)?;
        append::append(self.database(), origin, recorded_at, data).await
    }

    async fn series(&self, filter: &Filter, as_of: AsOf, page: &PageRequest) -> Result<Page<Statement>> {
        read::series(self.database(), filter, as_of, page).await
    }

    async fn batch(&self, filter: &Filter, as_of: AsOf, after: Option<&Cursor>) -> Result<Batch> {
        read::batch(self.database(), filter, as_of, after).await
    }

    async fn forget(&self, before: Day) -> Result<u64> {
        keep::forget(self.database(), before).await
    }
}

impl Store {
    /// Joins the small blocks that daily appends leave, so that they take less room and are read faster. No answer
    /// changes. Appends and reads go on meanwhile.
    ///
    /// # Errors
    /// What the database fails with; the blocks that were joined before stay joined.
    pub async fn compact(&self) -> Result<Compacted> {
        keep::compact(self.database()).await
    }
}
