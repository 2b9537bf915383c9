//! What others call an artist, a recording or a release.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Who gives ids of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scheme {
    /// International Standard Recording Code (ISO 3901): one of the artist's recordings.
    Isrc,
    /// Universal Product Code or EAN (GS1): one of the artist's releases.
    Upc,
    /// MusicBrainz artist.
    Musicbrainz,
    /// Spotify artist.
    Spotify,
    /// Apple Music artist.
    AppleMusic,
    /// YouTube channel.
    Youtube,
    /// Instagram account.
    Instagram,
    /// TikTok account.
    Tiktok,
}

impl Scheme {
    const ALL: [Self; 8] =
        [Self::Isrc, Self::Upc, Self::Musicbrainz, Self::Spotify, Self::AppleMusic, Self::Youtube, Self::Instagram, Self::Tiktok];

    /// The name in the database and on every wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Isrc => "isrc",
            Self::Upc => "upc",
            Self::Musicbrainz => "musicbrainz",
            Self::Spotify => "spotify",
            Self::AppleMusic => "apple_music",
            Self::Youtube => "youtube",
            Self::Instagram => "instagram",
            Self::Tiktok => "tiktok",
        }
    }
}

impl FromStr for Scheme {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == s).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|scheme| scheme.as_str()).collect();
            Error::invalid(format!("`{s}` is no kind of external id; the known ones are {}", known.join(", ")))
        })
    }
}

/// An id by somebody else, in its one spelling.
///
/// # Example
/// ```
/// use fanpulse_store::{ExternalId, Scheme};
///
/// let id = ExternalId::try_new(Scheme::Isrc, "us-rc1-76-07839")?;
/// assert_eq!(id.to_string(), "isrc USRC17607839");
/// assert!(ExternalId::try_new(Scheme::Upc, "036000291453").is_err()); // its check digit is 2
/// # Ok::<(), fanpulse_store::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId {
    scheme: Scheme,
    value: String,
}

impl ExternalId {
    /// The id in its one spelling: ISRCs without hyphens and in capitals, UPCs as EAN-13, MusicBrainz ids in small letters.
    ///
    /// # Errors
    /// `invalid` where it has not the form of its scheme, or a wrong check digit.
    pub fn try_new(scheme: Scheme, value: &str) -> Result<Self> {
        let plain: String = value.trim().to_owned();
        let packed: String = plain.chars().filter(|c| *c != '-' && *c != ' ').collect();
        let spelt = match scheme {
            Scheme::Isrc => Some(packed.to_ascii_uppercase()).filter(|v| isrc(v.as_bytes())),
            Scheme::Upc => Some(format!("{packed:0>13}")).filter(|v| packed.len() >= 12 && ean13(v.as_bytes())),
            Scheme::Musicbrainz => uuid::Uuid::parse_str(&plain).ok().map(|id| id.to_string()),
            _ => Some(plain).filter(|v| !v.is_empty() && v.len() <= 200 && !v.contains(char::is_whitespace)),
        };
        let value = spelt.ok_or_else(|| Error::invalid(format!("`{value}` is no {} id", scheme.as_str())))?;
        Ok(Self { scheme, value })
    }

    /// Who gave it.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The id.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.scheme.as_str(), self.value)
    }
}

/// ISO 3901: two letters, three letters or digits, seven digits.
fn isrc(v: &[u8]) -> bool {
    let form = |(i, b): (usize, &u8)| match i {
        0..2 => b.is_ascii_uppercase(),
        2..5 => b.is_ascii_uppercase() || b.is_ascii_digit(),
        _ => b.is_ascii_digit(),
    };
    v.len() == 12 && v.iter().enumerate().all(form)
}

/// GS1 General Specifications §7.9: digits weigh 1 and 3 in turn, and the sum is a multiple of ten.
fn ean13(v: &[u8]) -> bool {
    let weighted = |(i, b): (usize, &u8)| u32::from(b - b'0') * if i % 2 == 0 { 1 } else { 3 };
    v.len() == 13 && v.iter().all(u8::is_ascii_digit) && v.iter().enumerate().map(weighted).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        let cases = [
            (Scheme::Isrc, "US-RC1-76-07839", Some("USRC17607839")),
            (Scheme::Isrc, "USRC1760783", None),
            (Scheme::Isrc, "1SRC17607839", None),
            // The example of Wikipedia's article on the UPC, and that of the EAN-13.
            (Scheme::Upc, "036000291452", Some("0036000291452")),
            (Scheme::Upc, "4006381333931", Some("4006381333931")),
            (Scheme::Upc, "4006381333932", None),
            (Scheme::Upc, "12345", None),
            (Scheme::Musicbrainz, "B10BBBFC-CF9E-42E0-BE17-E2C3E1D2600D", Some("b10bbbfc-cf9e-42e0-be17-e2c3e1d2600d")),
            (Scheme::Musicbrainz, "b10bbbfc", None),
            (Scheme::Spotify, "3WrFJ7ztbogyGnTHbHJFl2", Some("3WrFJ7ztbogyGnTHbHJFl2")),
            (Scheme::Youtube, "  ", None),
        ];
        for (scheme, text, expected) in cases {
            let id = ExternalId::try_new(scheme, text);
            assert_eq!(id.as_ref().ok().map(ExternalId::value), expected, "{text}");
            assert!(id.is_ok() || id.unwrap_err().message().contains(&format!("`{text}`")));
        }
    }
}
