use std::collections::BTreeMap;

use async_trait::async_trait;
use fanpulse_core::Day;

use super::Memory;
use crate::releases::{CompetingKey, absent, check, check_competing, key, spelt, stale};
use crate::{
    AccountId, ArtistId, CompetingFilter, CompetingRelease, Cursor, Error, Page, PageRequest, Release, ReleaseFilter, ReleaseId,
    ReleaseStore, Result,
};

/// Releases, and those of others by account, source and its id.
#[derive(Debug, Default)]
pub(super) struct Releases {
    releases: BTreeMap<ReleaseId, Release>,
    competing: BTreeMap<(AccountId, String, String), CompetingRelease>,
}

impl Releases {
    pub(super) fn forget_artist(&mut self, id: ArtistId) {
        self.releases.retain(|_, release| release.artist != id);
    }

    pub(super) fn forget_account(&mut self, id: AccountId) {
        self.competing.retain(|(account, _, _), _| *account != id);
    }
}

#[async_trait]
impl ReleaseStore for Memory {
    async fn add_release(&self, release: &Release) -> Result<()> {
        check(release)?;
        let mut tables = self.tables();
        tables.has_artist(release.account, Some(release.artist))?;
        if tables.releases.releases.contains_key(&release.id) {
            return Err(Error::conflict(format!("release {} exists already", release.id)));
        }
        tables.releases.releases.insert(release.id, Release { genre: spelt(&release.genre), ..release.clone() });
        Ok(())
    }

    async fn release(&self, account: AccountId, id: ReleaseId) -> Result<Option<Release>> {
        Ok(self.tables().releases.releases.get(&id).filter(|r| r.account == account).cloned())
    }

    async fn update_release(&self, release: &Release) -> Result<u32> {
        check(release)?;
        let mut tables = self.tables();
        let old = tables.releases.releases.get(&release.id).filter(|r| r.account == release.account);
        let old = old.ok_or_else(|| absent(release.id))?;
        if old.version != release.version {
            return Err(stale(release));
        }
        let (genre, created_at, version) = (spelt(&release.genre), old.created_at, release.version + 1);
        tables.has_artist(release.account, Some(release.artist))?;
        tables.releases.releases.insert(release.id, Release { genre, created_at, version, ..release.clone() });
        Ok(version)
    }

    async fn remove_release(&self, account: AccountId, id: ReleaseId) -> Result<bool> {
        let mut tables = self.tables();
        let there = tables.releases.releases.get(&id).is_some_and(|r| r.account == account);
        Ok(there && tables.releases.releases.remove(&id).is_some())
    }

    async fn releases(&self, filter: &ReleaseFilter, page: &PageRequest) -> Result<Page<Release>> {
        let after: Option<(i32, ReleaseId)> = page.after.as_ref().map(Cursor::place).transpose()?;
        let place = |r: &Release| (r.day.days(), r.id);
        let mut found: Vec<Release> = self.tables().releases.releases.values().filter(|r| filter.takes(r)).cloned().collect();
        found.retain(|r| after.is_none_or(|after| place(r) > after));
        found.sort_by_key(place);
        Page::of(found, page.limit, place)
    }

    async fn put_competing_releases(&self, account: AccountId, releases: &[CompetingRelease]) -> Result<u64> {
        let releases = check_competing(releases)?;
        let mut tables = self.tables();
        if !releases.is_empty() && !tables.accounts.contains_key(&account) {
            return Err(Error::conflict(format!("there is no account {account}")));
        }
        let mut put = 0;
        for release in releases {
            let key = (account, release.source.clone(), release.external_id.clone());
            if tables.releases.competing.get(&key).is_none_or(|old| old.recorded_at <= release.recorded_at) {
                tables.releases.competing.insert(key, release);
                put += 1;
            }
        }
        Ok(put)
    }

    async fn competing_releases(&self, filter: &CompetingFilter, page: &PageRequest) -> Result<Page<CompetingRelease>> {
        let after: Option<CompetingKey> = page.after.as_ref().map(Cursor::place).transpose()?;
        let tables = self.tables();
        let of_account = tables.releases.competing.iter().filter(|((account, _, _), _)| *account == filter.account);
        let mut found: Vec<CompetingRelease> = of_account.map(|(_, r)| r).filter(|r| filter.takes(r)).cloned().collect();
        found.retain(|r| after.as_ref().is_none_or(|after| key(r) > *after));
        found.sort_by_key(key);
        Page::of(found, page.limit, key)
    }

    async fn forget_competing_releases(&self, before: Day, limit: u32) -> Result<u64> {
        let mut tables = self.tables();
        let old = tables.releases.competing.iter().filter(|(_, r)| r.day < before);
        let mut old: Vec<_> = old.map(|(key, r)| (r.day, key.clone())).collect();
        old.sort_unstable();
        old.truncate(limit as usize);
        for (_, key) in &old {
            tables.releases.competing.remove(key);
        }
        Ok(old.len() as u64)
    }
}
