//! Artists on both databases.

use async_trait::async_trait;

use super::{Artist, ArtistFilter, ArtistStore, ExternalId, absent, check, foreign, stale, taken};
use crate::sql::{Row, Transaction, args};
use crate::{AccountId, ArtistId, Cursor, Error, ErrorKind, Page, PageRequest, Result, Store};

#[async_trait]
impl ArtistStore for Store {
    async fn add_artist(&self, artist: &Artist) -> Result<()> {
        check(artist)?;
        let mut tx = self.begin().await?;
        let insert = "insert into artists (id, account, name, folded_name, created_at, version) values ($1, $2, $3, $4, $5, $6)";
        let row = args![artist.id, artist.account, &artist.name, artist.name.to_lowercase(), artist.created_at, artist.version];
        tx.run(insert, row).await.map_err(|e| match e.kind() {
            ErrorKind::Conflict => {
                Error::conflict(format!("artist {} exists already, or account {} does not", artist.id, artist.account)).caused_by(e)
            }
            _ => e,
        })?;
        put_external_ids(&mut tx, artist).await?;
        tx.commit().await
    }

    async fn artist(&self, account: AccountId, id: ArtistId) -> Result<Option<Artist>> {
        let select = "select a.id, a.account, a.name, a.created_at, a.version, x.scheme, x.value
            from artists a left join external_ids x on x.artist = a.id where a.account = $1 and a.id = $2 order by x.scheme, x.value";
        Ok(joined(&self.database().rows(select, args![account, id]).await?)?.pop())
    }

    async fn update_artist(&self, artist: &Artist) -> Result<u32> {
        check(artist)?;
        let mut tx = self.begin().await?;
        let update =
            "update artists set name = $1, folded_name = $2, version = version + 1 where account = $3 and id = $4 and version = $5";
        let row = args![&artist.name, artist.name.to_lowercase(), artist.account, artist.id, artist.version];
        if tx.run(update, row).await? == 0 {
            let there = tx.row("select version from artists where account = $1 and id = $2", args![artist.account, artist.id]).await?;
            return Err(if there.is_some() { stale(artist) } else { absent(artist.id) });
        }
        tx.run("delete from external_ids where artist = $1", args![artist.id]).await?;
        put_external_ids(&mut tx, artist).await?;
        tx.commit().await?;
        Ok(artist.version + 1)
    }

    async fn remove_artist(&self, account: AccountId, id: ArtistId) -> Result<bool> {
        Ok(self.database().run("delete from artists where account = $1 and id = $2", args![account, id]).await? > 0)
    }

    async fn artists(&self, filter: &ArtistFilter, page: &PageRequest) -> Result<Page<Artist>> {
        let after: Option<(String, ArtistId)> = page.after.as_ref().map(Cursor::place).transpose()?;
        let (name, id) = after.map_or((None, None), |(name, id)| (Some(name), Some(id.0)));
        let pattern = filter.name_contains.as_ref().map(|part| {
            let escaped = part.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            format!("%{escaped}%")
        });
        let (scheme, value) = filter.external_id.as_ref().map_or((None, None), |x| (Some(x.scheme().as_str()), Some(x.value())));
        let limit = page.one_more();
        let select = "select a.id, a.account, a.name, a.created_at, a.version, x.scheme, x.value from (
                select * from artists where account = $1
                and ($2 is null or name > $2 or (name = $2 and id > $3))
                and ($4 is null or folded_name like $4 escape '\\')
                and ($5 is null or exists (select 1 from external_ids e where e.artist = artists.id and e.scheme = $5 and e.value = $6))
                order by name, id limit $7
            ) a left join external_ids x on x.artist = a.id order by a.name, a.id, x.scheme, x.value";
        let rows = self.database().rows(select, args![filter.account, name, id, pattern, scheme, value, limit]).await?;
        Page::of(joined(&rows)?, page.limit, |a| (a.name.clone(), a.id))
    }
}

impl Transaction {
    /// Refuses an artist that the account does not have.
    pub(crate) async fn has_artist(&mut self, account: AccountId, artist: Option<ArtistId>) -> Result<()> {
        let Some(artist) = artist else { return Ok(()) };
        match self.row("select version from artists where account = $1 and id = $2", args![account, artist]).await? {
            Some(_) => Ok(()),
            None => Err(foreign(account, artist)),
        }
    }
}

async fn put_external_ids(tx: &mut Transaction, artist: &Artist) -> Result<()> {
    for id in &artist.external_ids {
        let insert = "insert into external_ids (account, scheme, value, artist) values ($1, $2, $3, $4)";
        let done = tx.run(insert, args![artist.account, id.scheme().as_str(), id.value(), artist.id]).await;
        done.map_err(|e| if e.kind() == ErrorKind::Conflict { taken(id).caused_by(e) } else { e })?;
    }
    Ok(())
}

/// Artists from rows with one external id each.
fn joined(rows: &[Row]) -> Result<Vec<Artist>> {
    let mut artists: Vec<Artist> = Vec::new();
    for row in rows {
        let id = ArtistId(row.get(0)?);
        if artists.last().is_none_or(|a| a.id != id) {
            artists.push(Artist {
                id,
                account: AccountId(row.get(1)?),
                name: row.get(2)?,
                external_ids: std::collections::BTreeSet::new(),
                created_at: row.instant(3)?,
                version: crate::sql::narrow(row.get(4)?, "version")?,
            });
        }
        if let (Some(scheme), Some(value), Some(artist)) =
            (row.get::<Option<String>>(5)?, row.get::<Option<String>>(6)?, artists.last_mut())
        {
            let stored = |e: Error| Error::internal(format!("stored {e}")).caused_by(e);
            let scheme = scheme.parse().map_err(stored)?;
            artist.external_ids.insert(ExternalId::try_new(scheme, &value).map_err(stored)?);
        }
    }
    Ok(artists)
}
