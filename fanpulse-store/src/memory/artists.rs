use async_trait::async_trait;

use super::{Memory, Tables};
use crate::artists::{absent, check, foreign, stale, taken};
use crate::{AccountId, Artist, ArtistFilter, ArtistId, ArtistStore, Cursor, Error, Page, PageRequest, Result};

impl Tables {
    /// Removes an artist with everything that belongs to it.
    pub(super) fn forget_artist(&mut self, id: ArtistId) {
        self.artists.remove(&id);
        self.alerts.forget_artist(id);
        self.fan_events.events.retain(|(_, artist), _| *artist != id);
        self.imports.retain(|_, import| import.new.artist != Some(id));
        self.releases.forget_artist(id);
        self.scores.retain(|key, _| key.artist != id);
    }

    /// Refuses an artist that the account does not have.
    pub(super) fn has_artist(&self, account: AccountId, artist: Option<ArtistId>) -> Result<()> {
        match artist.filter(|id| self.artists.get(id).is_none_or(|a| a.account != account)) {
            Some(artist) => Err(foreign(account, artist)),
            None => Ok(()),
        }
    }

    fn check_external_ids(&self, artist: &Artist) -> Result<()> {
        let others = || self.artists.values().filter(|a| a.account == artist.account && a.id != artist.id);
        match artist.external_ids.iter().find(|id| others().any(|a| a.external_ids.contains(*id))) {
            Some(id) => Err(taken(id)),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl ArtistStore for Memory {
    async fn add_artist(&self, artist: &Artist) -> Result<()> {
        check(artist)?;
        let mut tables = self.tables();
        if tables.artists.contains_key(&artist.id) || !tables.accounts.contains_key(&artist.account) {
            return Err(Error::conflict(format!("artist {} exists already, or account {} does not", artist.id, artist.account)));
        }
        tables.check_external_ids(artist)?;
        tables.artists.insert(artist.id, artist.clone());
        Ok(())
    }

    async fn artist(&self, account: AccountId, id: ArtistId) -> Result<Option<Artist>> {
        Ok(self.tables().artists.get(&id).filter(|a| a.account == account).cloned())
    }

    async fn update_artist(&self, artist: &Artist) -> Result<u32> {
        check(artist)?;
        let mut tables = self.tables();
        let old = tables.artists.get(&artist.id).filter(|a| a.account == artist.account).ok_or_else(|| absent(artist.id))?;
        if old.version != artist.version {
            return Err(stale(artist));
        }
        let new = Artist { version: artist.version + 1, created_at: old.created_at, ..artist.clone() };
        tables.check_external_ids(artist)?;
        tables.artists.insert(artist.id, new);
        Ok(artist.version + 1)
    }

    async fn remove_artist(&self, account: AccountId, id: ArtistId) -> Result<bool> {
        let mut tables = self.tables();
        if tables.artists.get(&id).is_none_or(|a| a.account != account) {
            return Ok(false);
        }
        tables.forget_artist(id);
        Ok(true)
    }

    async fn artists(&self, filter: &ArtistFilter, page: &PageRequest) -> Result<Page<Artist>> {
        let after: Option<(String, ArtistId)> = page.after.as_ref().map(Cursor::place).transpose()?;
        let part = filter.name_contains.as_ref().map(|part| part.to_lowercase());
        let mut found: Vec<Artist> = self.tables().artists.values().filter(|a| a.account == filter.account).cloned().collect();
        found.retain(|a| part.as_ref().is_none_or(|part| a.name.to_lowercase().contains(part)));
        found.retain(|a| filter.external_id.as_ref().is_none_or(|id| a.external_ids.contains(id)));
        found.retain(|a| after.as_ref().is_none_or(|(name, id)| (&a.name, a.id) > (name, *id)));
        found.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        Page::of(found, page.limit, |a| (a.name.clone(), a.id))
    }
}
