//! The crate's one error type: few kinds that say what to do.

use std::fmt;

/// What a caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input is wrong: the message names the row, the value and the bound.
    Invalid,
    /// The input is valid but too little for the answer.
    InsufficientData,
    /// Nothing goes by that name.
    NotFound,
    /// A bug in FanPulse or damaged data.
    Internal,
}

impl ErrorKind {
    /// The kind's name on every wire, for instance `invalid`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::InsufficientData => "insufficient_data",
            Self::NotFound => "not_found",
            Self::Internal => "internal",
        }
    }
}

/// The part of the input that an error is about, so that a caller who knows where
/// the rows came from can name the file and the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location {
    /// A row of the observations, counted from 0.
    Observation(usize),
    /// A row of the posts, counted from 0.
    Post(usize),
    /// A row of the fan events, counted from 0.
    FanEvent(usize),
}

/// A failed call.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    location: Option<Location>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is lower case, without a full stop, and names the value and its bound.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), location: None, source: None }
    }

    /// The input is wrong.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// The same error, about one row of the input.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
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

    /// The row it is about, where it is about one.
    #[must_use]
    pub const fn location(&self) -> Option<Location> {
        self.location
    }

    /// The message without the row.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.location {
            Some(Location::Observation(row)) => write!(f, "observation row {row}: {}", self.message),
            Some(Location::Post(row)) => write!(f, "post row {row}: {}", self.message),
            Some(Location::FanEvent(row)) => write!(f, "fan event row {row}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn std::error::Error + 'static))
    }
}

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a valid input gave no answer: there was too little of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Insufficient {
    /// What there was, in the unit of `need`.
    pub have: f64,
    /// The least that is needed.
    pub need: f64,
}

impl fmt::Display for Insufficient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "insufficient data: have {}, need {}", self.have, self.need)
    }
}

impl std::error::Error for Insufficient {}
