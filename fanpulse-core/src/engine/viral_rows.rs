//! Where a batch's viral posts stand in its input.

use super::Scores;
use crate::scores::{Spike, spike_of};

impl Scores {
    /// An artist's viral posts as rows of the posts that were scored, with their evidence, in the order of
    /// [`crate::Analysis::viral_posts`].
    ///
    /// # Panics
    /// Where `artist` is not below [`Scores::artists`].
    pub fn viral_rows(&self, artist: usize) -> impl ExactSizeIterator<Item = Spike> {
        let range = self.spike_starts[artist]..self.spike_starts[artist + 1];
        self.spikes[range].iter().map(|spike| spike_of(spike, &self.context.settings.viral))
    }
}
