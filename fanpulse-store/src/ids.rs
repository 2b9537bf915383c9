//! Typed ids: UUIDs of version 7, which sort by the time they were made (RFC 9562 §5.7).

use std::fmt;
use std::str::FromStr;

use fanpulse_core::Instant;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::{Error, Result};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) Uuid);

        impl $name {
            /// The id made at `now` from ten random bytes.
            #[must_use]
            pub fn new(now: Instant, random: [u8; 10]) -> Self {
                let millis = now.micros().cast_unsigned() / 1000;
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(s: &str) -> Result<Self> {
                s.parse().map(Self).map_err(|e| Error::invalid(format!(concat!("`{}` is not the id of ", $what), s)).caused_by(e))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl From<$name> for crate::sql::Arg {
            fn from(id: $name) -> Self {
                Self::Uuid(Some(id.0))
            }
        }
    )*};
}

ids! {
    /// Whose a row is.
    AccountId "an account";
    /// A person who signs in.
    UserId "a user";
    /// An artist of an account.
    ArtistId "an artist";
    /// An alert that was raised.
    AlertId "an alert";
    /// A rule that raises alerts.
    AlertRuleId "an alert rule";
    /// An entry of the audit log.
    AuditId "an audit entry";
    /// A key to the API.
    ApiKeyId "an API key";
    /// A grant to read a platform.
    ConnectionId "a connection";
    /// An event on its way to a webhook.
    DeliveryId "a delivery";
    /// A content that an account imports.
    ImportId "an import";
    /// A unit of work for later.
    JobId "a job";
    /// A release that an account has scheduled.
    ReleaseId "a release";
    /// A subscription to an account's events.
    WebhookId "a webhook";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let at = |time: &str| ArtistId::new(time.parse().unwrap(), [0xff; 10]);
        assert!(at("2026-03-01T10:00:00.001Z") < at("2026-03-01T10:00:00.002Z"));
        let id = at("2026-03-01");
        assert_eq!(id.to_string().parse::<ArtistId>().unwrap(), id);
        assert_eq!(id.0.get_version_num(), 7);
        let e = "low-tide".parse::<ArtistId>().unwrap_err();
        assert_eq!(e.message(), "`low-tide` is not the id of an artist");
    }
}
