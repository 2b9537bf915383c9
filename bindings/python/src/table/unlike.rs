//! Whether texts are all different, found out by numbers that different texts rarely share.

use fanpulse_core::ingest::mark_of;
use rayon::prelude::*;

use super::PIECE;
use super::text::Texts;

/// The first 16 bytes of a text as a number that orders as they do; equal for some texts that differ behind them, or by zeros.
#[inline]
fn head(text: &str) -> u128 {
    let bytes = text.as_bytes();
    if let Some(all) = bytes.first_chunk() {
        return u128::from_be_bytes(*all);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let rest = u64::from_be_bytes(*last).checked_shl(8 * (16 - bytes.len() as u32)).unwrap_or(0);
        return u128::from(u64::from_be_bytes(*first)) << 64 | u128::from(rest);
    }
    bytes.iter().zip((0..16).rev()).fold(0, |word, (&byte, place)| word | u128::from(byte) << (8 * place))
}

/// Whether the first `n` texts are in ascending order, and so no two of them the same.
pub(super) fn ascending(texts: &Texts<'_>, n: usize) -> bool {
    (0..n.div_ceil(PIECE)).into_par_iter().all(|piece| {
        // Each piece begins with the last of the one before.
        let rows = (piece * PIECE).saturating_sub(1)..((piece + 1) * PIECE).min(n);
        let mut before = None;
        for i in rows {
            let text = texts.get(i);
            let now = (head(text), text);
            if before.is_some_and(|before| before >= now) {
                return false;
            }
            before = Some(now);
        }
        true
    })
}

/// Whether the first `n` texts all have marks of their own; where not, two of them may be the same.
pub(super) fn all(texts: &Texts<'_>, n: usize) -> bool {
    let mut marks = vec![0_u64; n];
    marks.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
        out.iter_mut().enumerate().for_each(|(i, mark)| *mark = mark_of(texts.get(piece * PIECE + i), 0));
    });
    let places = (2 * n).next_power_of_two().max(2);
    let shift = u64::BITS - places.trailing_zeros();
    // Positions from 1; each mark stands at its place or, where that is taken, at the next that is free.
    let mut table = vec![0_u32; places];
    for (position, &mark) in (1_u32..).zip(&marks) {
        let mut place = (mark >> shift) as usize;
        while table[place] != 0 {
            if marks[table[place] as usize - 1] == mark {
                return false;
            }
            place = (place + 1) % places;
        }
        table[place] = position;
    }
    true
}
