//! The crate's one error type: few kinds that say what to do.

use std::{fmt, io};

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is wrong: the message names the file, the row, the column and the value.
    Invalid,
    /// There is no such file.
    NotFound,
    /// The file may not be read.
    Forbidden,
    /// The file could not be read this time.
    Unavailable,
    /// A bug in FanPulse.
    Internal,
}

impl ErrorKind {
    /// The kind's name on every wire, for instance `invalid`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

/// A failed call.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is lower case, without a full stop, and names the file, the row and the value.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The input is wrong.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// The same error, with what caused it.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// What can be done about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What is wrong, and where.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the system said of the file `name`.
    pub(crate) fn from_io(name: &str, e: io::Error) -> Self {
        let (kind, what) = match e.kind() {
            io::ErrorKind::NotFound => (ErrorKind::NotFound, "there is no such file".to_owned()),
            io::ErrorKind::PermissionDenied => (ErrorKind::Forbidden, "no permission to read it".to_owned()),
            io::ErrorKind::IsADirectory => (ErrorKind::Invalid, DIRECTORY.to_owned()),
            _ => (ErrorKind::Unavailable, format!("it cannot be read: {e}")),
        };
        Self::new(kind, format!("{name}: {what}")).caused_by(e)
    }
}

pub(crate) const DIRECTORY: &str = "this is a directory; name the files in it";

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many characters of a value an error message shows.
const SHOWN: usize = 48;

/// A value as an error message shows it: in quotes, control characters escaped, shortened.
pub(crate) fn quoted(value: &[u8]) -> String {
    // Four bytes a character at most, so the cut never shows fewer characters than it may.
    let head = &value[..value.len().min(4 * (SHOWN + 1))];
    let text = String::from_utf8_lossy(head);
    let mut chars = text.chars();
    let shown: String = chars.by_ref().take(SHOWN).map(printable).collect();
    if chars.next().is_none() && head.len() == value.len() {
        format!("\"{shown}\"")
    } else {
        format!("\"{shown}…\" ({} bytes)", value.len())
    }
}

/// The character, or a space where a terminal would act on it.
fn printable(c: char) -> char {
    if c.is_control() { '\u{fffd}' } else { c }
}

/// Column names as an error message lists them.
pub(crate) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const MOST: usize = 20;
    let mut shown: Vec<String> = names
        .iter()
        .take(MOST)
        .map(|n| {
            let q = quoted(n.as_ref().as_bytes());
            format!("`{}`", q.trim_matches('"'))
        })
        .collect();
    if names.len() > MOST {
        shown.push(format!("and {} more", names.len() - MOST));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_shortened() {
        assert_eq!(quoted(b"12x"), "\"12x\"");
        assert_eq!(quoted(&[b'a'; 100]), format!("\"{}…\" (100 bytes)", "a".repeat(48)));
        assert_eq!(quoted(b"a\x1b[0m"), "\"a\u{fffd}[0m\"");
    }

    #[test]
    fn system_errors_have_a_kind_that_says_what_to_do() {
        let check = |kind: io::ErrorKind, expected: ErrorKind, message: &str| {
            let e = Error::from_io("a.csv", kind.into());
            assert_eq!((e.kind(), e.message()), (expected, message));
        };
        check(io::ErrorKind::NotFound, ErrorKind::NotFound, "a.csv: there is no such file");
        check(io::ErrorKind::PermissionDenied, ErrorKind::Forbidden, "a.csv: no permission to read it");
        check(io::ErrorKind::TimedOut, ErrorKind::Unavailable, "a.csv: it cannot be read: timed out");
    }
}
