use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::Memory;
use crate::imports::{absent, check, check_outcome, unknown};
use crate::{
    AccountId, BegunImport, Cursor, Import, ImportFilter, ImportId, ImportOutcome, ImportStore, NewImport, Page, PageRequest, Result,
};

#[async_trait]
impl ImportStore for Memory {
    async fn begin_import(&self, import: &NewImport, now: Instant, patience: Duration) -> Result<BegunImport> {
        check(import)?;
        let mut tables = self.tables();
        tables.has_artist(import.account, import.artist)?;
        let content = |i: &NewImport| (i.account, i.artist, i.hash);
        if let Some(found) = tables.imports.values_mut().find(|i| content(&i.new) == content(import)) {
            let is_new = found.begin_again(import, now, patience);
            return Ok(BegunImport { import: found.clone(), is_new });
        }
        if tables.imports.contains_key(&import.id) || !tables.accounts.contains_key(&import.account) {
            return Err(unknown(import));
        }
        let begun = Import::begun(import, now);
        tables.imports.insert(import.id, begun.clone());
        Ok(BegunImport { import: begun, is_new: true })
    }

    async fn end_import(&self, account: AccountId, id: ImportId, attempt: u32, outcome: &ImportOutcome, now: Instant) -> Result<()> {
        check_outcome(outcome)?;
        let mut tables = self.tables();
        let import = tables.imports.get_mut(&id).filter(|i| i.new.account == account).ok_or_else(|| absent(id))?;
        import.end(attempt, outcome, now)
    }

    async fn import(&self, account: AccountId, id: ImportId) -> Result<Option<Import>> {
        Ok(self.tables().imports.get(&id).filter(|i| i.new.account == account).cloned())
    }

    async fn imports(&self, filter: &ImportFilter, page: &PageRequest) -> Result<Page<Import>> {
        let before: Option<ImportId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let fits = tables.imports.values().rev().filter(|i| filter.takes(i) && before.is_none_or(|before| i.new.id < before));
        Page::of(fits.cloned().collect(), page.limit, |import| import.new.id)
    }
}
