//! Lines from a stream in constant memory.

use std::io::{self, Read};

use memchr::memchr;

use super::LONGEST;

/// How many bytes are asked for at a time.
const CHUNK: usize = 1 << 18;

/// What is wrong with the bytes themselves.
#[derive(Debug)]
pub(super) enum TextFault {
    TooLong,
    OpenQuote,
    Io(io::Error),
}

impl From<io::Error> for TextFault {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

/// A stream's bytes, of which a window is in memory.
pub(super) struct Lines<R> {
    inner: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    /// The number of the line that begins at `start`, from 1.
    line: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, buffer: vec![0; CHUNK], start: 0, end: 0, at_end: false, line: 1 }
    }

    /// The number of the next line, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// What is in memory of the next lines.
    pub(super) fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The next bytes, as far as they are in memory.
    pub(super) fn peek(&self, n: usize) -> &[u8] {
        let window = self.window();
        &window[..n.min(window.len())]
    }

    /// The first byte that is not white space, `None` where there is none. White space before it is passed over.
    pub(super) fn first_byte(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.window().iter().position(|b| !b.is_ascii_whitespace()) {
                Some(i) => {
                    // Spaces and tabs on the first line itself belong to it: a first column's name may be empty.
                    let head = &self.buffer[self.start..self.start + i];
                    let blank = memchr::memrchr2(b'\n', b'\r', head).map_or(0, |p| p + 1);
                    let first = self.buffer[self.start + i];
                    self.consume(blank);
                    return Ok(Some(first));
                }
                None => {
                    self.complete_pair()?;
                    let blank = self.window().iter().take_while(|b| b.is_ascii_whitespace()).count();
                    self.consume(blank);
                    if self.start == self.end && !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads more into the window; `false` at the end of the stream.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.inner.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.at_end = true;
                    return Ok(false);
                }
                Ok(n) => {
                    self.end += n;
                    return Ok(true);
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// The next line's length without its line feed, and with it; `None` at the end.
    #[inline]
    pub(super) fn find_line(&mut self) -> Result<Option<(usize, usize)>, TextFault> {
        let mut searched = 0;
        loop {
            if let Some(i) = memchr(b'\n', &self.buffer[self.start + searched..self.end]) {
                let length = searched + i;
                if length > LONGEST {
                    return Err(TextFault::TooLong);
                }
                return Ok(Some((length, length + 1)));
            }
            searched = self.end - self.start;
            if searched > LONGEST {
                return Err(TextFault::TooLong);
            }
            if !self.fill()? {
                return Ok((searched > 0).then_some((searched, searched)));
            }
        }
    }

    /// Reads more where the window ends with what may be the first half of CR LF, so that it is counted once.
    pub(super) fn complete_pair(&mut self) -> io::Result<()> {
        if self.window().last() == Some(&b'\r') {
            self.fill()?;
        }
        Ok(())
    }

    /// Passes over a line of `bytes` bytes that holds no line end but its own.
    #[inline]
    pub(super) const fn consume_line(&mut self, bytes: usize) {
        self.start += bytes;
        self.line += 1;
    }

    /// Passes over `bytes` bytes, counting the line ends in them: LF, CR LF and lone CR.
    pub(super) fn consume(&mut self, bytes: usize) {
        let passed = &self.buffer[self.start..self.start + bytes];
        let next = self.buffer[..self.end].get(self.start + bytes);
        let ends = passed.iter().enumerate().filter(|&(i, &b)| match b {
            b'\n' => true,
            // The pair is counted at its LF.
            b'\r' => passed.get(i + 1).or(next) != Some(&b'\n'),
            _ => false,
        });
        self.line += ends.count() as u64;
        self.start += bytes;
    }

    /// The bytes of the window up to `length`.
    #[inline]
    pub(super) fn ahead(&self, length: usize) -> &[u8] {
        &self.buffer[self.start..self.start + length]
    }

    /// The bytes that were passed over last, as long as nothing was read since.
    #[inline]
    pub(super) fn behind(&self, bytes: usize) -> &[u8] {
        &self.buffer[self.start - bytes..self.start]
    }
}
