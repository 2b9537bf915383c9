use async_trait::async_trait;
use fanpulse_core::Instant;

use super::Memory;
use crate::audit::{check, exists};
use crate::{AuditEntry, AuditFilter, AuditId, AuditStore, Cursor, Page, PageRequest, Result};

#[async_trait]
impl AuditStore for Memory {
    async fn record_audit(&self, entries: &[AuditEntry]) -> Result<()> {
        check(entries)?;
        let mut tables = self.tables();
        if let Some(entry) = entries.iter().find(|e| tables.audit.contains_key(&e.id) || !tables.accounts.contains_key(&e.account)) {
            return Err(exists(entry));
        }
        tables.audit.extend(entries.iter().map(|entry| (entry.id, entry.clone())));
        Ok(())
    }

    async fn audit_log(&self, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditEntry>> {
        let before: Option<AuditId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let fits = tables.audit.values().rev().filter(|e| filter.takes(e) && before.is_none_or(|before| e.id < before));
        Page::of(fits.cloned().collect(), page.limit, |entry| entry.id)
    }

    async fn trim_audit(&self, before: Instant, limit: u32) -> Result<u64> {
        let mut tables = self.tables();
        let mut old: Vec<(Instant, AuditId)> = tables.audit.values().filter(|e| e.at < before).map(|e| (e.at, e.id)).collect();
        old.sort_unstable();
        old.truncate(limit as usize);
        for (_, id) in &old {
            tables.audit.remove(id);
        }
        Ok(old.len() as u64)
    }
}
