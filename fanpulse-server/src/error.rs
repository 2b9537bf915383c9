//! How a command can end other than well.

use std::io;

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of standard output went away; nobody needs to be told.
    ClosedPipe,
    /// The command cannot be meant this way; exit code 2.
    Usage(String),
    /// It was tried and failed; exit code 1. Lower case, with file, row and value where there are such.
    Failed(String),
}

impl Failure {
    /// It was tried and failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// The output named `name` could not be written.
    pub(crate) fn writing(name: &str, e: &io::Error) -> Self {
        if e.kind() == io::ErrorKind::BrokenPipe { Self::ClosedPipe } else { Self::Failed(format!("cannot write {name}: {}", said(e))) }
    }
}

impl From<fanpulse_platforms::Error> for Failure {
    fn from(e: fanpulse_platforms::Error) -> Self {
        Self::Failed(e.message().to_owned())
    }
}

/// What the system says, in its own words and without its error number: `No space left on device`.
pub(crate) fn said(e: &io::Error) -> String {
    let text = e.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The command's result.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;
