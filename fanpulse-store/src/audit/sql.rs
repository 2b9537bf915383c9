//! The audit log on both databases.

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{AuditEntry, AuditFilter, AuditStore, check, exists};
use crate::sql::{Row, Transaction, args};
use crate::{AccountId, AuditId, Cursor, Error, ErrorKind, Page, PageRequest, Result, Store};

#[async_trait]
impl AuditStore for Store {
    async fn record_audit(&self, entries: &[AuditEntry]) -> Result<()> {
        let mut tx = self.begin().await?;
        tx.record_audit(entries).await?;
        tx.commit().await
    }

    async fn audit_log(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>> {
        let before: Option<AuditId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let select = "select id, account, at, actor, action, subject, address, details from audit_log
            where account = $1 and ($2 is null or actor = $2) and ($3 is null or action = $3) and ($4 is null or subject = $4)
            and ($5 is null or at >= $5) and ($6 is null or at <= $6) and ($7 is null or id < $7) order by id desc limit $8";
        let AuditFilter { account, actor, action, subject, from, until } = filter.clone();
        let (actor, before) = (actor.map(|actor| actor.to_string()), before.map(|id| id.0));
        let rows = self.database().rows(select, args![account, actor, action, subject, from, until, before, page.one_more()]).await?;
        Page::of(rows.iter().map(read).collect::<Result<_>>()?, page.limit, |entry| entry.id)
    }

    async fn trim_audit(&self, before: Instant, limit: u32) -> Result<u64> {
        let delete = "delete from audit_log where id in (select id from audit_log where at < $1 order by at limit $2)";
        self.database().run(delete, args![before, limit]).await
    }
}

impl Transaction {
    /// As [`AuditStore::record_audit`], with what was done in this unit of work: the entry is there if, and only if, it
    /// was done.
    ///
    /// # Errors
    /// Those of [`AuditStore::record_audit`].
    pub async fn record_audit(&mut self, entries: &[AuditEntry]) -> Result<()> {
        check(entries)?;
        for entry in entries {
            let insert = "insert into audit_log (id, account, at, actor, action, subject, address, details)
                values ($1, $2, $3, $4, $5, $6, $7, $8)";
            let AuditEntry { id, account, at, actor, action, subject, address, details } = entry;
            let row = args![*id, *account, *at, actor.to_string(), action, subject.clone(), address.clone(), details.to_string()];
            self.run(insert, row).await.map_err(|e| if e.kind() == ErrorKind::Conflict { exists(entry).caused_by(e) } else { e })?;
        }
        Ok(())
    }
}

fn read(row: &Row) -> Result<AuditEntry> {
    let id = AuditId(row.get(0)?);
    let stored = |e: &dyn std::fmt::Display| Error::internal(format!("the stored audit entry {id}: {e}"));
    let (actor, details): (String, String) = (row.get(3)?, row.get(7)?);
    Ok(AuditEntry {
        id,
        account: AccountId(row.get(1)?),
        at: row.instant(2)?,
        actor: actor.parse().map_err(|e: Error| stored(&e))?,
        action: row.get(4)?,
        subject: row.get(5)?,
        address: row.get(6)?,
        details: serde_json::from_str(&details).map_err(|e| stored(&e))?,
    })
}
