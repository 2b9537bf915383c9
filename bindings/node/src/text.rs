//! Many texts as one piece of UTF-8: one call instead of one per text.

use fanpulse_core::ingest::Strings;
use napi::bindgen_prelude::{Uint8Array, Uint32Array};
use napi_derive::napi;

use crate::error::{Failure, Outcome};

/// A list of texts.
#[napi(object)]
pub struct Text {
    /// All of them, one after the other, UTF-8.
    pub bytes: Uint8Array,
    /// Where each ends in `bytes`.
    pub ends: Uint32Array,
}

impl Text {
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            // Node's own limit for a text is a quarter of this.
            ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        }
        Self { bytes: Uint8Array::new(bytes), ends: Uint32Array::new(ends) }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn texts(&self) -> Texts<'_> {
        Texts { bytes: &self.bytes, ends: &self.ends }
    }

    /// The text at a position, where there is one.
    pub(crate) fn get(&self, i: usize) -> Option<&str> {
        self.texts().get(i)
    }

    pub(crate) fn strings(&self) -> Outcome<Strings> {
        let mut strings = Strings::default();
        for i in 0..self.len() {
            let text = self.get(i).ok_or_else(|| Failure::from(fanpulse_core::Error::invalid(format!("text {i} is not UTF-8"))))?;
            strings.push(text);
        }
        Ok(strings)
    }
}

/// A list of texts as all threads can read it.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    bytes: &'a [u8],
    ends: &'a [u32],
}

impl<'a> Texts<'a> {
    /// The text at a position, where there is one.
    pub(crate) fn get(self, i: usize) -> Option<&'a str> {
        let start = if i == 0 { 0 } else { *self.ends.get(i - 1)? as usize };
        std::str::from_utf8(self.bytes.get(start..*self.ends.get(i)? as usize)?).ok()
    }
}
