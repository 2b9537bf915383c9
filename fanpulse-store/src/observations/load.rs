//! From a store into the engine's table.

use fanpulse_core::ingest::Dataset;

use super::{AsOf, Filter, ObservationStore};
use crate::{Error, Result};

/// Appends what was known to the engine's table, batch by batch and in an order that the engine scores in place.
/// Returns how many rows came.
///
/// # Errors
/// What [`ObservationStore::batch`] fails with; the rows of the batches before are in `data` then.
pub async fn load(store: &dyn ObservationStore, filter: &Filter, as_of: AsOf, data: &mut Dataset) -> Result<u64> {
    let (mut rows, mut after) = (0, None);
    loop {
        let batch = store.batch(filter, as_of, after.as_ref()).await?;
        rows += batch.data.observations.len() as u64;
        append(data, &batch.data)?;
        match batch.next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}

fn append(data: &mut Dataset, batch: &Dataset) -> Result<()> {
    let invalid = |e: fanpulse_core::Error| Error::invalid(e.to_string()).caused_by(e);
    let codes: Result<Vec<u16>> = batch.components.iter().map(|c| data.component_code(&c.platform, c.metric).map_err(invalid)).collect();
    let codes = codes?;
    let artists: Vec<u32> = batch.artists.iter().map(|id| data.artists.intern(id)).collect();
    let (from, to) = (&batch.observations, &mut data.observations);
    to.artist.extend(from.artist.iter().map(|a| artists[*a as usize]));
    to.component.extend(from.component.iter().map(|c| codes[usize::from(*c)]));
    to.at.extend_from_slice(&from.at);
    to.value.extend_from_slice(&from.value);
    Ok(())
}
