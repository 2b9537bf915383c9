//! The table of posts as the engine reads it.

use arrow::array::{Array, ArrayRef};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::DataType;
use fanpulse_core::Error;
use fanpulse_core::error::Location;
use fanpulse_core::ingest::{PostColumns, Strings, mark_of};
use rayon::prelude::*;

use super::text::{Coded, Ids, Texts, coded};
use super::time::{TimeColumn, times};
use super::{PIECE, Table, number, observations, pieces, scan};

/// The platforms' ids of the posts.
pub(crate) enum PostIds {
    Owned(Strings),
    /// Chunks, each with its first row.
    Shared(Vec<(usize, ArrayRef)>),
    Coded(Vec<Coded>),
}

impl PostIds {
    pub(crate) fn get(&self, row: usize) -> &str {
        match self {
            Self::Owned(ids) => ids.get(row).unwrap_or_default(),
            Self::Shared(chunks) => {
                let i = chunks.partition_point(|c| c.0 <= row).saturating_sub(1);
                chunks.get(i).and_then(|(first, chunk)| Texts::of(chunk.as_ref()).map(|t| t.get(row - first))).unwrap_or_default()
            }
            Self::Coded(chunks) => {
                let i = chunks.partition_point(|c| c.first_row <= row).saturating_sub(1);
                let of = |c: &Coded| -> Option<usize> { Some(c.keys.get(row - c.first_row)).filter(|k| *k < c.values.len()) };
                chunks.get(i).and_then(|c| Some(c.texts()?.get(of(c)?))).unwrap_or_default()
            }
        }
    }
}

/// Posts, borrowed from whoever made them; NaN = unknown.
pub(crate) struct Posts {
    pub(crate) platforms: Vec<String>,
    pub(crate) artist: ScalarBuffer<u32>,
    pub(crate) platform: ScalarBuffer<u16>,
    pub(crate) published: TimeColumn,
    /// Likes, comments, shares, saves, views.
    pub(crate) counts: [ScalarBuffer<f64>; 5],
    pub(crate) id: PostIds,
}

impl Posts {
    pub(crate) fn none() -> Self {
        let empty = || ScalarBuffer::from(Vec::<f64>::new());
        Self {
            platforms: Vec::new(),
            artist: Vec::new().into(),
            platform: Vec::new().into(),
            published: TimeColumn::Days(Vec::new().into()),
            counts: [empty(), empty(), empty(), empty(), empty()],
            id: PostIds::Owned(Strings::default()),
        }
    }

    pub(crate) fn columns(&self) -> PostColumns<'_> {
        let [likes, comments, shares, saves, views] = &self.counts;
        PostColumns {
            platforms: &self.platforms,
            artist: &self.artist,
            platform: &self.platform,
            published: self.published.times(),
            likes,
            comments,
            shares,
            saves,
            views,
        }
    }

    /// Reads a table; posts that repeat another exactly are counted and dropped.
    pub(crate) fn read(table: &Table, ids: &mut Ids) -> Result<(Self, u64), Error> {
        let artist = table.column("artist_id")?;
        let id = table.column("post_id")?;
        id.complete()?;
        let published = table.column("published_at")?;
        let (platforms, platform) = observations::platforms(table)?;
        let count = |name| match table.optional(name)? {
            Some(column) => number::counts(&column),
            None => Ok(vec![f64::NAN; table.rows()].into()),
        };
        let counts = [count("likes")?, count("comments")?, count("shares")?, count("saves")?, count("views")?];
        let id = match &id.data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                PostIds::Shared(id.offsets().map(|(first, chunk)| (first, chunk.clone())).collect())
            }
            _ => PostIds::Coded(coded(&id)?),
        };
        let posts = Self { platforms, artist: ids.number(&artist)?, platform, published: times(&published)?, counts, id };
        posts.once(ids)
    }

    /// The posts, each once.
    fn once(self, ids: &Ids) -> Result<(Self, u64), Error> {
        let repeats = self.repeats();
        if repeats.is_empty() {
            return Ok((self, 0));
        }
        for &(row, first) in &repeats {
            if !self.same(row, first) {
                let (id, artist) = (self.id.get(row), ids.get(self.artist[row]));
                let platform = &self.platforms[usize::from(self.platform[row])];
                let message = format!("post `{id}` of artist `{artist}` on {platform} stands twice with different values");
                return Err(Error::invalid(message).at(Location::Post(row)));
            }
        }
        let dropped: Vec<usize> = repeats.iter().map(|r| r.0).collect();
        let kept: Vec<usize> = (0..self.artist.len()).filter(|row| dropped.binary_search(row).is_err()).collect();
        let mut id = Strings::default();
        kept.iter().for_each(|&row| {
            id.push(self.id.get(row));
        });
        fn take<T: arrow::datatypes::ArrowNativeType>(of: &ScalarBuffer<T>, kept: &[usize]) -> ScalarBuffer<T> {
            kept.iter().map(|&row| of[row]).collect::<Vec<T>>().into()
        }
        let published = match &self.published {
            TimeColumn::Days(days) => TimeColumn::Days(take(days, &kept)),
            TimeColumn::Micros(micros) => TimeColumn::Micros(take(micros, &kept)),
        };
        let posts = Self {
            artist: take(&self.artist, &kept),
            platform: take(&self.platform, &kept),
            published,
            counts: self.counts.each_ref().map(|c| take(c, &kept)),
            id: PostIds::Owned(id),
            platforms: self.platforms,
        };
        Ok((posts, dropped.len() as u64))
    }

    /// Later rows with the artist, platform and id of an earlier one, and that one, in the order of the rows.
    fn repeats(&self) -> Vec<(usize, usize)> {
        let mut marks = vec![0_u64; self.artist.len()];
        marks.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| self.fingerprints(piece * PIECE, out));
        let n = self.artist.len();
        // Each piece with the first row of the next.
        let sorted = pieces(n).all(|piece| scan::ascending(&self.artist[piece.start..(piece.end + 1).min(n)]));
        if sorted { self.repeats_side_by_side(&marks) } else { self.repeats_anywhere(&marks) }
    }

    fn fingerprints(&self, start: usize, out: &mut [u64]) {
        if let PostIds::Shared(chunks) = &self.id
            && let Some((first, chunk)) = chunks.iter().rfind(|c| c.0 <= start).filter(|c| start + out.len() <= c.0 + c.1.len())
            && let Some(texts) = Texts::of(chunk.as_ref())
        {
            out.iter_mut().enumerate().for_each(|(i, mark)| *mark = mark_of(texts.get(start + i - first), self.platform[start + i]));
            return;
        }
        out.iter_mut().enumerate().for_each(|(i, mark)| *mark = mark_of(self.id.get(start + i), self.platform[start + i]));
    }

    /// Where an artist's rows lie together.
    fn repeats_side_by_side(&self, marks: &[u64]) -> Vec<(usize, usize)> {
        let n = self.artist.len();
        let mut found: Vec<(usize, usize)> = pieces(n)
            .flat_map_iter(|piece| {
                let mut found = Vec::new();
                // A piece takes the artists that begin in it.
                let mut start = piece.start;
                while start < piece.end && start > 0 && self.artist[start] == self.artist[start - 1] {
                    start += 1;
                }
                while start < piece.end {
                    let artist = self.artist[start];
                    let end = start + self.artist[start..].iter().take_while(|&&a| a == artist).count();
                    self.repeats_of_artist(start, &marks[start..end], &mut found);
                    start = end;
                }
                found
            })
            .collect();
        found.sort_unstable();
        found
    }

    fn repeats_of_artist(&self, start: usize, marks: &[u64], found: &mut Vec<(usize, usize)>) {
        /// Up to here all pairs are compared, which takes less time than sorting.
        const FEW: usize = 48;
        if marks.len() <= FEW {
            for later in 1..marks.len() {
                let mark = marks[later];
                if marks[..later].iter().fold(false, |any, &m| any | (m == mark)) {
                    let earlier = (start..start + later).find(|&row| self.one(row, start + later));
                    found.extend(earlier.map(|row| (start + later, row)));
                }
            }
            return;
        }
        let mut order: Vec<usize> = (start..start + marks.len()).collect();
        order.sort_unstable_by_key(|&row| (marks[row - start], row));
        for group in order.chunk_by(|a, b| marks[a - start] == marks[b - start]).filter(|g| g.len() > 1) {
            for (i, &row) in group.iter().enumerate() {
                found.extend(group[..i].iter().find(|&&first| self.one(first, row)).map(|&first| (row, first)));
            }
        }
    }

    fn repeats_anywhere(&self, marks: &[u64]) -> Vec<(usize, usize)> {
        let mut order: Vec<usize> = (0..marks.len()).collect();
        order.par_sort_unstable_by_key(|&row| (self.artist[row], marks[row], row));
        let alike = |a: &usize, b: &usize| self.artist[*a] == self.artist[*b] && marks[*a] == marks[*b];
        let mut found = Vec::new();
        for group in order.chunk_by(alike).filter(|g| g.len() > 1) {
            for (i, &row) in group.iter().enumerate() {
                found.extend(group[..i].iter().find(|&&first| self.one(first, row)).map(|&first| (row, first)));
            }
        }
        found.sort_unstable();
        found
    }

    /// Whether two rows are of one post.
    fn one(&self, a: usize, b: usize) -> bool {
        self.artist[a] == self.artist[b] && self.platform[a] == self.platform[b] && self.id.get(a) == self.id.get(b)
    }

    /// Whether two rows say the same.
    fn same(&self, a: usize, b: usize) -> bool {
        let published = match &self.published {
            TimeColumn::Days(days) => days[a] == days[b],
            TimeColumn::Micros(micros) => micros[a] == micros[b],
        };
        published && self.counts.iter().all(|c| c[a].to_bits() == c[b].to_bits() || (c[a].is_nan() && c[b].is_nan()))
    }
}
