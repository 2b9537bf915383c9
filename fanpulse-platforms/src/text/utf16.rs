//! UTF-16 read as UTF-8: some platforms export nothing else.

use std::io::{self, Read};

/// Which byte of a unit comes first.
#[derive(Debug, Clone, Copy)]
pub(super) enum Endian {
    Little,
    Big,
}

/// Reads UTF-16 units from a stream and gives UTF-8 bytes.
pub(super) struct Utf16Reader<R> {
    inner: R,
    endian: Endian,
    /// The first half of a unit or of a surrogate pair, where the last read ended within one.
    bytes: Vec<u8>,
    text: Vec<u8>,
    given: usize,
}

/// How many bytes are read at a time.
const CHUNK: usize = 1 << 15;

impl<R: Read> Utf16Reader<R> {
    pub(super) const fn new(inner: R, endian: Endian) -> Self {
        Self { inner, endian, bytes: Vec::new(), text: Vec::new(), given: 0 }
    }

    /// Reads and decodes another chunk; `false` at the end.
    fn refill(&mut self) -> io::Result<bool> {
        let kept = self.bytes.len();
        self.bytes.resize(kept + CHUNK, 0);
        let read = self.inner.read(&mut self.bytes[kept..]);
        self.bytes.truncate(kept + *read.as_ref().unwrap_or(&0));
        if read? == 0 {
            return if kept == 0 { Ok(false) } else { Err(invalid("the UTF-16 text ends within a character")) };
        }
        let unit = |b: &[u8]| match self.endian {
            Endian::Little => u16::from_le_bytes([b[0], b[1]]),
            Endian::Big => u16::from_be_bytes([b[0], b[1]]),
        };
        let mut whole = self.bytes.len() & !1;
        if whole >= 2 && (0xd800..0xdc00).contains(&unit(&self.bytes[whole - 2..whole])) {
            whole -= 2;
        }
        self.text.clear();
        self.given = 0;
        for c in char::decode_utf16(self.bytes[..whole].chunks_exact(2).map(unit)) {
            let c = c.map_err(|_| invalid("not valid UTF-16"))?;
            self.text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.bytes.drain(..whole);
        Ok(true)
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: Read> Read for Utf16Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if !self.refill()? {
                return Ok(0);
            }
        }
        let n = out.len().min(self.text.len() - self.given);
        out[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a few bytes at a time.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    proptest! {
        #[test]
        fn text_survives(text in any::<String>(), step in 1_usize..9) {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut out = String::new();
            Utf16Reader::new(Dribble(&bytes, step), Endian::Little).read_to_string(&mut out).unwrap();
            prop_assert_eq!(out, text);
        }
    }
}
