//! Who said something, and what that is worth.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum $type { $($(#[$variant_doc])* $variant,)* }

        impl $type {
            /// The name in the database and on every wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(s: &str) -> Result<Self> {
                match s {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(Error::invalid(format!("`{s}` is none of {}", [$($name),*].join(", ")))),
                }
            }
        }
    };
}

names! {
    /// How exactly a source says its figures.
    Precision {
        /// To the last digit.
        #[default]
        Exact "exact",
        /// To three significant figures, as YouTube says subscribers: such a counter stands still and then jumps.
        #[serde(rename = "rounded_3sf")]
        Rounded3 "rounded_3sf",
        /// Worked out by somebody, not counted.
        Estimated "estimated",
    }
}

names! {
    /// How far a source stands by its figures.
    Quality {
        /// As good as they get.
        #[default]
        Final "final",
        /// The source says that it may still change them.
        Provisional "provisional",
        /// Something about them is wrong: an outage, an incomplete file.
        Suspect "suspect",
    }
}

/// Who said something, and what that is worth.
///
/// # Example
/// ```
/// use fanpulse_store::{Origin, Precision};
///
/// let origin = Origin { precision: Precision::Rounded3, definition: 2, ..Origin::from("youtube-data-api") };
/// assert_eq!(origin.to_string(), "youtube-data-api (rounded_3sf, definition 2)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Who, for instance `spotify-export`.
    pub source: String,
    /// How exactly.
    pub precision: Precision,
    /// Which meaning of the metric, from 1: it rises where the platform changes what it counts.
    pub definition: u16,
    /// How far the source stands by it.
    pub quality: Quality,
}

impl From<&str> for Origin {
    /// Exact and final figures of `source`, by the first definition.
    fn from(source: &str) -> Self {
        Self { source: source.to_owned(), precision: Precision::default(), definition: 1, quality: Quality::default() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = Vec::new();
        if self.precision != Precision::Exact {
            said.push(self.precision.to_string());
        }
        if self.definition != 1 {
            said.push(format!("definition {}", self.definition));
        }
        if self.quality != Quality::Final {
            said.push(self.quality.to_string());
        }
        let source = &self.source;
        if said.is_empty() { f.write_str(source) } else { write!(f, "{source} ({})", said.join(", ")) }
    }
}
