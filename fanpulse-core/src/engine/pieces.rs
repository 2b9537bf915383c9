//! A batch over columns that are handed over piece by piece.

use std::ops::Range;

use rayon::prelude::*;

use super::Engine;
use super::batch::{TASK, add, apply_models, check_number, context, finish};
use super::kernel::{Found, Input, Task, Worker, run};
use super::rows::{RowCursor, end_of};
use super::scores::{Scores, ScoresMut};
use crate::error::Location;
use crate::features::BLOCK;
use crate::ingest::{Component, ObservationColumns, PostColumns, check_each_once};
use crate::series::{Frame, Layout};
use crate::{Day, Error, ErrorKind, Result};

/// Some artists next to each other, and their rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The artists' numbers.
    pub artists: Range<usize>,
    /// Their observations.
    pub observations: Range<usize>,
    /// Their posts.
    pub posts: Range<usize>,
}

/// Columns of other types than the engine's, converted piece by piece, each just before it is scored: a piece of 128 artists lies
/// in the cache then, where columns that are converted whole go to memory and back.
pub trait Pieces: Sync {
    /// What the codes of the observations stand for; each component once.
    fn components(&self) -> &[Component];

    /// What the codes of the posts stand for; each platform once.
    fn platforms(&self) -> &[String];

    /// The artist's number of each observation.
    fn artists(&self) -> &[u32];

    /// The artist's number of each post.
    fn post_artists(&self) -> &[u32];

    /// Calls `score` once, with the rows of a piece, or says what is wrong with them. Called on many threads at once.
    ///
    /// # Errors
    /// Whatever is wrong with a row; the row is counted from the first of all.
    fn with(&self, piece: &Piece, score: &mut dyn FnMut(&ObservationColumns<'_>, &PostColumns<'_>)) -> Result<()>;
}

impl Engine {
    /// Scores `artists` artists from columns that are handed over piece by piece, with the bits of
    /// [`Engine::score_batch`]. None where observations or posts are not sorted by artist.
    ///
    /// # Errors
    /// As [`Engine::score_batch`], and those of the caller's.
    pub fn score_pieces(&self, artists: usize, pieces: &dyn Pieces, as_of: Day) -> Result<Option<Scores>> {
        check_number(artists)?;
        check_each_once("component", pieces.components())?;
        check_each_once("platform", pieces.platforms())?;
        let batch = Batch {
            engine: self,
            pieces,
            layout: Layout::new(pieces.components(), pieces.platforms()),
            frame: Frame::new(&self.settings, as_of, self.strict),
        };
        let mut scores = Scores::new(artists, context(self, as_of, pieces.platforms()));
        let tasks = artists.div_ceil(TASK).max(1);
        let bounds = |column: &[u32]| -> Vec<usize> {
            let first = |task: usize| u32::try_from(task * TASK).map_or(column.len(), |first| column.partition_point(|&a| a < first));
            match tasks {
                1 => vec![0, column.len()],
                _ => (0..tasks).into_par_iter().map(first).chain([column.len()]).collect(),
            }
        };
        let (rows, posts) = (bounds(pieces.artists()), bounds(pieces.post_artists()));
        if artists == 0 {
            return Ok((rows[1] == 0 && posts[1] == 0).then_some(scores));
        }
        let mut out = scores.tasks(BLOCK);
        let one = |(task, out): (usize, &mut [ScoresMut<'_>])| {
            batch.task(task * TASK, out, rows[task]..rows[task + 1], posts[task]..posts[task + 1])
        };
        let found: Vec<Result<Option<Found>>> = match tasks {
            // Another thread would only make this one wait.
            1 => vec![one((0, &mut out))],
            _ => out.par_chunks_mut(TASK / BLOCK).enumerate().map(one).collect(),
        };
        let mut all = Found::default();
        for task in found {
            let Some(task) = task? else { return Ok(None) };
            add(&mut all, task);
        }
        finish(&mut scores, all);
        apply_models(&mut scores, &self.models);
        Ok(Some(scores))
    }
}

/// What all tasks share.
struct Batch<'a> {
    engine: &'a Engine,
    pieces: &'a dyn Pieces,
    layout: Layout,
    frame: Frame,
}

impl Batch<'_> {
    /// Scores the artists of a task, piece by piece. None where rows are left over.
    fn task(&self, first: usize, out: &mut [ScoresMut<'_>], rows: Range<usize>, posts: Range<usize>) -> Result<Option<Found>> {
        let mut task = Found::default();
        let mut piece = Piece { artists: first..first, observations: rows.start..rows.start, posts: posts.start..posts.start };
        let pieces = out.len();
        for (i, out) in out.iter_mut().enumerate() {
            let artists = piece.artists.end..piece.artists.end + out.fvs.len();
            let end = |column: &[u32], before: &Range<usize>, task: &Range<usize>| match u32::try_from(artists.end) {
                Ok(next) if i + 1 < pieces => end_of(&column[..task.end], before.end, before.len(), next),
                _ => task.end,
            };
            let observations = piece.observations.end..end(self.pieces.artists(), &piece.observations, &rows);
            let published = piece.posts.end..end(self.pieces.post_artists(), &piece.posts, &posts);
            piece = Piece { artists, observations, posts: published };
            let mut found = None;
            self.pieces.with(&piece, &mut |observations, posts| found = Some(self.piece(&piece, out, observations, posts)))?;
            let unasked = || Error::new(ErrorKind::Internal, "a piece was not handed over");
            let found = found.ok_or_else(unasked)?.map_err(|e| moved(e, &piece))?;
            if found.lost_rows || found.lost_posts {
                return Ok(None);
            }
            add(&mut task, found);
        }
        Ok(Some(task))
    }

    fn piece(&self, piece: &Piece, out: &mut ScoresMut<'_>, columns: &ObservationColumns<'_>, posts: &PostColumns<'_>) -> Result<Found> {
        columns.check_lengths()?;
        posts.check_lengths()?;
        if (columns.len(), posts.len()) != (piece.observations.len(), piece.posts.len()) {
            return Err(Error::invalid(format!("{} observations and {} posts for {piece:?}", columns.len(), posts.len())));
        }
        let mut task = Task {
            settings: &self.engine.settings,
            momentum_model: self.engine.models.momentum.as_deref(),
            layout: &self.layout,
            frame: self.frame,
            first_artist: u32::try_from(piece.artists.start).unwrap_or(u32::MAX),
            input: Input::Long { columns, cursor: RowCursor::of_piece(columns.artist) },
            sources: vec![columns.value],
            posts,
            post_cursor: RowCursor::of_piece(posts.artist),
        };
        let mut found = Worker::with(|worker| run(worker, &mut task, out))?;
        found.spikes.iter_mut().for_each(|spike| spike.row += piece.posts.start);
        Ok(found)
    }
}

/// The error of a piece's row, about the same row of the whole.
fn moved(e: Error, piece: &Piece) -> Error {
    match e.location() {
        Some(Location::Observation(row)) => e.at(Location::Observation(piece.observations.start + row)),
        Some(Location::Post(row)) => e.at(Location::Post(piece.posts.start + row)),
        _ => e,
    }
}
