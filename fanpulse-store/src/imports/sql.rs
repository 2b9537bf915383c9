//! Imports on both databases: what changes one locks its row, turns it in Rust as every adapter does, and writes it back.

use std::time::Duration;

use async_trait::async_trait;
use fanpulse_core::Instant;

use super::{
    BegunImport, Import, ImportCounts, ImportFilter, ImportOutcome, ImportState, ImportStore, NewImport, absent, check, check_outcome,
    unknown,
};
use crate::sql::{Dialect, Row, Transaction, args, narrow};
use crate::{AccountId, ArtistId, Cursor, Error, ErrorKind, ImportId, Page, PageRequest, Result, Store};

macro_rules! select {
    ($which:literal) => {
        concat!("select id, account, artist, name, hash, state, attempt, counts, error, began_at, ended_at from imports where ", $which)
    };
}

const BY_CONTENT: [&str; 2] = [
    select!("account = $1 and coalesce(artist, account) = $2 and hash = $3"),
    select!("account = $1 and coalesce(artist, account) = $2 and hash = $3 for update"),
];
const BY_ID: [&str; 2] = [select!("account = $1 and id = $2"), select!("account = $1 and id = $2 for update")];

#[async_trait]
impl ImportStore for Store {
    async fn begin_import(&self, import: &NewImport, now: Instant, patience: Duration) -> Result<BegunImport> {
        check(import)?;
        let mut tx = self.begin().await?;
        tx.has_artist(import.account, import.artist).await?;
        // Another process that begins the same content is waited for here.
        let insert = "insert into imports (id, account, artist, name, hash, state, attempt, counts, began_at)
            values ($1, $2, $3, $4, $5, 'running', 1, $6, $7) on conflict do nothing";
        let NewImport { id, account, artist, name, hash } = import;
        let row = args![*id, *account, artist.map(|id| id.0), name, hash.as_slice(), counts(&ImportCounts::default())?, now];
        let inserted = tx.run(insert, row).await;
        let inserted = inserted.map_err(|e| if e.kind() == ErrorKind::Conflict { unknown(import).caused_by(e) } else { e })?;
        let scope = artist.map_or(account.0, |artist| artist.0);
        let of_content = args![*account, scope, hash.as_slice()];
        let found = tx.row(BY_CONTENT[usize::from(tx.dialect() == Dialect::Postgres)], of_content).await?;
        let mut found = found.as_ref().map(read).transpose()?.ok_or_else(|| unknown(import))?;
        let again = inserted == 0 && found.begin_again(import, now, patience);
        if again {
            write_back(&mut tx, &found).await?;
        }
        tx.commit().await?;
        Ok(BegunImport { import: found, is_new: inserted > 0 || again })
    }

    async fn end_import(&self, account: AccountId, id: ImportId, attempt: u32, outcome: &ImportOutcome, now: Instant) -> Result<()> {
        check_outcome(outcome)?;
        let mut tx = self.begin().await?;
        let found = tx.row(BY_ID[usize::from(tx.dialect() == Dialect::Postgres)], args![account, id]).await?;
        let mut import = found.as_ref().map(read).transpose()?.ok_or_else(|| absent(id))?;
        import.end(attempt, outcome, now)?;
        write_back(&mut tx, &import).await?;
        tx.commit().await
    }

    async fn import(&self, account: AccountId, id: ImportId) -> Result<Option<Import>> {
        self.database().row(BY_ID[0], args![account, id]).await?.as_ref().map(read).transpose()
    }

    async fn imports(&self, filter: &ImportFilter, page: &PageRequest) -> Result<Page<Import>> {
        let before: Option<ImportId> = page.after.as_ref().map(Cursor::place).transpose()?;
        let select = select!(
            "account = $1 and ($2 is null or artist = $2) and ($3 is null or state = $3) and ($4 is null or id < $4)
             order by id desc limit $5"
        );
        let ImportFilter { account, artist, state } = filter;
        let (artist, before) = (artist.map(|id| id.0), before.map(|id| id.0));
        let rows = self.database().rows(select, args![*account, artist, state.map(ImportState::as_str), before, page.one_more()]).await?;
        Page::of(rows.iter().map(read).collect::<Result<_>>()?, page.limit, |import| import.new.id)
    }
}

async fn write_back(tx: &mut Transaction, import: &Import) -> Result<()> {
    let update = "update imports set state = $1, attempt = $2, counts = $3, error = $4, began_at = $5, ended_at = $6 where id = $7";
    let Import { new, state, attempt, counts: c, error, began_at, ended_at } = import;
    tx.run(update, args![state.as_str(), *attempt, counts(c)?, error.clone(), *began_at, *ended_at, new.id]).await.map(drop)
}

fn counts(counts: &ImportCounts) -> Result<String> {
    serde_json::to_string(counts).map_err(|e| Error::internal(e.to_string()).caused_by(e))
}

fn read(row: &Row) -> Result<Import> {
    let id = ImportId(row.get(0)?);
    let stored = |e: &dyn std::fmt::Display| Error::internal(format!("the stored import {id}: {e}"));
    let (hash, state, counts): (Vec<u8>, String, String) = (row.get(4)?, row.get(5)?, row.get(7)?);
    let new = NewImport {
        id,
        account: AccountId(row.get(1)?),
        artist: row.get::<Option<_>>(2)?.map(ArtistId),
        name: row.get(3)?,
        hash: hash.try_into().map_err(|h: Vec<u8>| stored(&format_args!("its hash has {} bytes", h.len())))?,
    };
    Ok(Import {
        new,
        state: state.parse().map_err(|e: Error| stored(&e))?,
        attempt: narrow(row.get(6)?, "attempt")?,
        counts: serde_json::from_str(&counts).map_err(|e| stored(&e))?,
        error: row.get(8)?,
        began_at: row.instant(9)?,
        ended_at: row.instant_or_none(10)?,
    })
}
