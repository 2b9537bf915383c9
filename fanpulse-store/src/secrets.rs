//! All that is stored sealed, and sealing it again under another key.

use uuid::Uuid;

use crate::sql::args;
use crate::{ConnectionId, Result, Store, WebhookId, keys};

/// A table with a sealed column.
struct Sealed {
    select: &'static str,
    replace: &'static str,
    row_name: fn(Uuid) -> String,
}

const SEALED: [Sealed; 2] = [
    Sealed {
        select: "select id, tokens from connections where id > $1 order by id limit 500",
        replace: "update connections set tokens = $1 where id = $2 and tokens = $3",
        row_name: |id| tokens(ConnectionId(id)),
    },
    Sealed {
        select: "select id, secret from webhooks where id > $1 order by id limit 500",
        replace: "update webhooks set secret = $1 where id = $2 and secret = $3",
        row_name: |id| webhook_secret(WebhookId(id)),
    },
];

/// What the sealed tokens of a connection are bound to.
pub(crate) fn tokens(id: ConnectionId) -> String {
    format!("connection {id}")
}

/// What the sealed secret of a webhook is bound to.
pub(crate) fn webhook_secret(id: WebhookId) -> String {
    format!("webhook {id}")
}

impl Store {
    /// Whether every secret opens.
    pub(crate) async fn secrets(&self) -> Result<()> {
        for Sealed { select, row_name, .. } in SEALED {
            let mut after = Uuid::nil();
            loop {
                let rows = self.database().rows(select, args![after]).await?;
                for row in &rows {
                    after = row.get(0)?;
                    self.keys()?.open(&row.get::<Vec<u8>>(1)?, &row_name(after))?;
                }
                if rows.is_empty() {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Seals every secret with the newest key, while the store is in use. Returns how many were sealed with an older
    /// one; those keys may go once this returns 0 and every process has the new keys.
    ///
    /// # Errors
    /// `unavailable` where a secret's key is not given; those before it are sealed again then.
    pub async fn reseal(&self) -> Result<u64> {
        let keys = self.keys()?;
        let newest = keys.keys();
        let mut count = 0;
        for Sealed { select, replace, row_name } in SEALED {
            let mut after = Uuid::nil();
            loop {
                let rows = self.database().rows(select, args![after]).await?;
                for row in &rows {
                    let (id, sealed): (Uuid, Vec<u8>) = (row.get(0)?, row.get(1)?);
                    after = id;
                    if keys::key_id(&sealed) == Some(newest.current()) {
                        continue;
                    }
                    let name = row_name(id);
                    let again = newest.seal(&keys.open(&sealed, &name)?, &name)?;
                    // Where the secret was replaced meanwhile, the new one stays.
                    count += self.database().run(replace, args![again, id, sealed]).await?;
                }
                if rows.is_empty() {
                    break;
                }
            }
        }
        Ok(count)
    }
}
