//! Columns of the engine's own types, handed over piece by piece.

use std::ops::Range;

use fanpulse_core::ingest::{Component, ObservationColumns, PostColumns, Times};
use fanpulse_core::{Piece, Pieces, Result};

/// Columns that are handed over piece by piece.
pub struct InPieces<'a>(pub ObservationColumns<'a>, pub PostColumns<'a>);

impl Pieces for InPieces<'_> {
    fn components(&self) -> &[Component] {
        self.0.components
    }

    fn platforms(&self) -> &[String] {
        self.1.platforms
    }

    fn artists(&self) -> &[u32] {
        self.0.artist
    }

    fn post_artists(&self) -> &[u32] {
        self.1.artist
    }

    fn with(&self, piece: &Piece, score: &mut dyn FnMut(&ObservationColumns<'_>, &PostColumns<'_>)) -> Result<()> {
        fn part<'a>(times: Times<'a>, rows: &Range<usize>) -> Times<'a> {
            match times {
                Times::Days(days) => Times::Days(&days[rows.clone()]),
                Times::Micros(micros) => Times::Micros(&micros[rows.clone()]),
            }
        }
        let (o, p, rows, posts) = (&self.0, &self.1, piece.observations.clone(), piece.posts.clone());
        let observations = ObservationColumns {
            components: o.components,
            artist: &o.artist[rows.clone()],
            component: &o.component[rows.clone()],
            time: part(o.time, &rows),
            value: &o.value[rows],
        };
        let published = PostColumns {
            platforms: p.platforms,
            artist: &p.artist[posts.clone()],
            platform: &p.platform[posts.clone()],
            published: part(p.published, &posts),
            likes: &p.likes[posts.clone()],
            comments: &p.comments[posts.clone()],
            shares: &p.shares[posts.clone()],
            saves: &p.saves[posts.clone()],
            views: &p.views[posts],
        };
        score(&observations, &published);
        Ok(())
    }
}
