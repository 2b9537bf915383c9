//! Scores on both databases.

use async_trait::async_trait;
use fanpulse_core::Day;
use serde_json::{Value, json};

use super::{Score, ScoreKey, ScoreStore, check};
use crate::sql::{Dialect, Row, args};
use crate::{ArtistId, Error, Result, Store};

/// How many scores go into one statement.
const PART: usize = 5000;

macro_rules! insert {
    ($rows:literal) => {
        concat!(
            "insert into scores (artist, kind, as_of, value, document, algorithm, settings_hash, computed_at) ",
            $rows,
            " on conflict (artist, kind, as_of) do update set value = excluded.value, document = excluded.document,
                algorithm = excluded.algorithm, settings_hash = excluded.settings_hash, computed_at = excluded.computed_at
              where scores.computed_at <= excluded.computed_at"
        )
    };
}

/// Within SQLite a statement for each row costs no round trip.
const INSERT: &str = insert!("values ($1, $2, $3, $4, $5, $6, $7, $8)");
const INSERT_MANY: &str = insert!(
    "select * from json_to_recordset(cast($1 as json)) as new (artist uuid, kind text, as_of int, value double precision,
        document text, algorithm text, settings_hash text, computed_at bigint)"
);

#[async_trait]
impl ScoreStore for Store {
    async fn put_scores(&self, scores: &[Score]) -> Result<u64> {
        check(scores)?;
        let mut tx = self.begin().await?;
        let mut put = 0;
        for part in scores.chunks(PART) {
            match tx.dialect() {
                Dialect::Sqlite => {
                    for s in part {
                        let row = args![
                            s.key.artist,
                            &s.key.kind,
                            s.key.as_of,
                            s.value,
                            s.document.to_string(),
                            &s.algorithm,
                            &s.settings_hash,
                            s.computed_at
                        ];
                        put += tx.run(INSERT, row).await?;
                    }
                }
                Dialect::Postgres => put += tx.run(INSERT_MANY, args![Value::from_iter(part.iter().map(row)).to_string()]).await?,
            }
        }
        tx.commit().await?;
        Ok(put)
    }

    async fn latest_score(&self, artist: ArtistId, kind: &str, until: Day) -> Result<Option<Score>> {
        let select = "select kind, cast(as_of as bigint), value, document, algorithm, settings_hash, computed_at from scores
            where artist = $1 and kind = $2 and as_of <= $3 order by as_of desc limit 1";
        self.database().row(select, args![artist, kind, until]).await?.map(|row| score(artist, &row)).transpose()
    }

    async fn score_trend(&self, artist: ArtistId, kind: &str, from: Day, until: Day) -> Result<Vec<Score>> {
        let select = "select kind, cast(as_of as bigint), value, document, algorithm, settings_hash, computed_at from scores
            where artist = $1 and kind = $2 and as_of between $3 and $4 order by as_of";
        let rows = self.database().rows(select, args![artist, kind, from, until]).await?;
        rows.iter().map(|row| score(artist, row)).collect()
    }
}

fn row(score: &Score) -> Value {
    json!({
        "artist": score.key.artist,
        "kind": score.key.kind,
        "as_of": score.key.as_of.days(),
        "value": score.value,
        "document": score.document.to_string(),
        "algorithm": score.algorithm,
        "settings_hash": score.settings_hash,
        "computed_at": score.computed_at.micros(),
    })
}

fn score(artist: ArtistId, row: &Row) -> Result<Score> {
    let stored = |e: &dyn std::fmt::Display| Error::internal(format!("a stored score of artist {artist}: {e}"));
    let document: String = row.get(3)?;
    let as_of = Day::try_new(crate::sql::narrow(row.get(1)?, "day")?).map_err(|e| stored(&e))?;
    Ok(Score {
        key: ScoreKey { artist, kind: row.get(0)?, as_of },
        value: row.get(2)?,
        document: serde_json::from_str(&document).map_err(|e| stored(&e))?,
        algorithm: row.get(4)?,
        settings_hash: row.get(5)?,
        computed_at: row.instant(6)?,
    })
}
