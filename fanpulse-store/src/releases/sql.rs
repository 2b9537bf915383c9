//! Releases on both databases.

use async_trait::async_trait;
use fanpulse_core::Day;
use serde_json::{Value, json};

use super::{
    CompetingFilter, CompetingKey, CompetingRelease, Release, ReleaseFilter, ReleaseStore, absent, check, check_competing, key, spelt,
    stale,
};
use crate::sql::{Dialect, Row, args, narrow};
use crate::{AccountId, ArtistId, Cursor, Error, Page, PageRequest, ReleaseId, Result, Store};

/// How many releases go into one statement.
const PART: usize = 5000;

macro_rules! select {
    ($which:literal) => {
        concat!("select id, account, artist, title, genre, cast(day as bigint), created_at, version from releases where ", $which)
    };
}

macro_rules! insert {
    ($rows:literal) => {
        concat!(
            "insert into competing_releases (account, source, external_id, title, artist_name, genre, day, followers, recorded_at) ",
            $rows,
            " on conflict (account, source, external_id) do update set title = excluded.title, artist_name = excluded.artist_name,
                genre = excluded.genre, day = excluded.day, followers = excluded.followers, recorded_at = excluded.recorded_at
              where competing_releases.recorded_at <= excluded.recorded_at"
        )
    };
}

/// Within SQLite a statement for each row costs no round trip.
const INSERT: &str = insert!("values ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
const INSERT_MANY: &str = insert!(
    "select $2, new.* from json_to_recordset(cast($1 as json)) as new (source text, external_id text, title text, artist_name text,
        genre text, day int, followers bigint, recorded_at bigint)"
);

#[async_trait]
impl ReleaseStore for Store {
    async fn add_release(&self, release: &Release) -> Result<()> {
        check(release)?;
        let mut tx = self.begin().await?;
        tx.has_artist(release.account, Some(release.artist)).await?;
        let insert = "insert into releases (id, account, artist, title, genre, day, created_at, version)
            values ($1, $2, $3, $4, $5, $6, $7, $8)";
        let Release { id, account, artist, title, genre, day, created_at, version } = release;
        tx.run(insert, args![*id, *account, *artist, title, spelt(genre), *day, *created_at, *version]).await?;
        tx.commit().await
    }

    async fn release(&self, account: AccountId, id: ReleaseId) -> Result<Option<Release>> {
        self.database().row(select!("account = $1 and id = $2"), args![account, id]).await?.as_ref().map(read).transpose()
    }

    async fn update_release(&self, release: &Release) -> Result<u32> {
        check(release)?;
        let mut tx = self.begin().await?;
        let update = "update releases set artist = $1, title = $2, genre = $3, day = $4, version = version + 1
            where account = $5 and id = $6 and version = $7";
        let Release { id, account, artist, title, genre, day, created_at: _, version } = release;
        if tx.run(update, args![*artist, title, spelt(genre), *day, *account, *id, *version]).await? == 0 {
            let there = tx.row("select version from releases where account = $1 and id = $2", args![*account, *id]).await?;
            return Err(if there.is_some() { stale(release) } else { absent(*id) });
        }
        tx.has_artist(*account, Some(*artist)).await?;
        tx.commit().await?;
        Ok(version + 1)
    }

    async fn remove_release(&self, account: AccountId, id: ReleaseId) -> Result<bool> {
        Ok(self.database().run("delete from releases where account = $1 and id = $2", args![account, id]).await? > 0)
    }

    async fn releases(&self, filter: &ReleaseFilter, page: &PageRequest) -> Result<Page<Release>> {
        let after: Option<(i32, ReleaseId)> = page.after.as_ref().map(Cursor::place).transpose()?;
        let (day, id) = after.map_or((None, None), |(day, id)| (Some(day), Some(id.0)));
        let select = select!(
            "account = $1 and ($2 is null or artist = $2) and ($3 is null or day >= $3) and ($4 is null or day <= $4)
             and ($5 is null or day > $5 or (day = $5 and id > $6)) order by day, id limit $7"
        );
        let ReleaseFilter { account, artist, from, until } = filter;
        let rows = self.database().rows(select, args![*account, artist.map(|id| id.0), *from, *until, day, id, page.one_more()]).await?;
        Page::of(rows.iter().map(read).collect::<Result<_>>()?, page.limit, |r| (r.day.days(), r.id))
    }

    async fn put_competing_releases(&self, account: AccountId, releases: &[CompetingRelease]) -> Result<u64> {
        let releases = check_competing(releases)?;
        let mut tx = self.begin().await?;
        let mut put = 0;
        for part in releases.chunks(PART) {
            match tx.dialect() {
                Dialect::Sqlite => {
                    for r in part {
                        let CompetingRelease { source, external_id, title, artist_name, genre, day, followers, recorded_at } = r;
                        let followers = followers.map(u64::cast_signed);
                        let row = args![account, source, external_id, title, artist_name, genre, *day, followers, *recorded_at];
                        put += tx.run(INSERT, row).await?;
                    }
                }
                Dialect::Postgres => put += tx.run(INSERT_MANY, args![Value::from_iter(part.iter().map(row)).to_string(), account]).await?,
            }
        }
        tx.commit().await?;
        Ok(put)
    }

    async fn competing_releases(&self, filter: &CompetingFilter, page: &PageRequest) -> Result<Page<CompetingRelease>> {
        let after: Option<CompetingKey> = page.after.as_ref().map(Cursor::place).transpose()?;
        // No source is empty, so that every release lies behind this.
        let (day, source, external_id) = after.unwrap_or((i32::MIN, String::new(), String::new()));
        let select = "select source, external_id, title, artist_name, genre, cast(day as bigint), followers, recorded_at
            from competing_releases where account = $1 and genre = $2 and day >= $3 and day <= $4
            and (day, source, external_id) > ($5, $6, $7) order by day, source, external_id limit $8";
        let CompetingFilter { account, genre, from, until } = filter;
        let args = args![*account, spelt(genre), *from, *until, day, source, external_id, page.one_more()];
        let rows = self.database().rows(select, args).await?;
        Page::of(rows.iter().map(read_competing).collect::<Result<_>>()?, page.limit, key)
    }

    async fn forget_competing_releases(&self, before: Day, limit: u32) -> Result<u64> {
        let delete = "delete from competing_releases where (account, source, external_id) in
            (select account, source, external_id from competing_releases where day < $1 order by day limit $2)";
        self.database().run(delete, args![before, limit]).await
    }
}

fn row(r: &CompetingRelease) -> Value {
    json!({
        "source": r.source,
        "external_id": r.external_id,
        "title": r.title,
        "artist_name": r.artist_name,
        "genre": r.genre,
        "day": r.day.days(),
        "followers": r.followers,
        "recorded_at": r.recorded_at.micros(),
    })
}

fn stored_day(number: i64) -> Result<Day> {
    Day::try_new(narrow(number, "day")?).map_err(|e| Error::internal(format!("a stored {e}")).caused_by(e))
}

fn read(row: &Row) -> Result<Release> {
    Ok(Release {
        id: ReleaseId(row.get(0)?),
        account: AccountId(row.get(1)?),
        artist: ArtistId(row.get(2)?),
        title: row.get(3)?,
        genre: row.get(4)?,
        day: stored_day(row.get(5)?)?,
        created_at: row.instant(6)?,
        version: narrow(row.get(7)?, "version")?,
    })
}

fn read_competing(row: &Row) -> Result<CompetingRelease> {
    Ok(CompetingRelease {
        source: row.get(0)?,
        external_id: row.get(1)?,
        title: row.get(2)?,
        artist_name: row.get(3)?,
        genre: row.get(4)?,
        day: stored_day(row.get(5)?)?,
        followers: row.get::<Option<i64>>(6)?.map(|count| narrow(count, "count")).transpose()?,
        recorded_at: row.instant(7)?,
    })
}
