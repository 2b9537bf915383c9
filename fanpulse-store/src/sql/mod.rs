//! One way to speak to both databases: the SQL is written once where they agree (`$1`, `on conflict`, `returning`,
//! times as microseconds in `bigint`), and twice where they do not. Nothing of sqlx leaves this module's functions.

mod args;
mod fault;
mod notifications;
mod postgres;
mod sqlite;

use std::sync::Arc;

use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlSafeStr, Sqlite};

pub(crate) use args::{Arg, Row, args, narrow};
pub(crate) use fault::Place;
pub(crate) use notifications::Notifications;
pub(crate) use sqlite::Pools;

use crate::Result;

/// A database that is connected to; clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pool: Pool,
    place: Place,
}

#[derive(Debug, Clone)]
enum Pool {
    Sqlite(Arc<Pools>),
    Postgres(PgPool),
}

/// Which of the two a database is, where the SQL differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A unit of work: all of it happens at [`Transaction::commit`], and nothing where it is dropped before.
#[derive(Debug)]
pub struct Transaction {
    open: Open,
    place: Place,
}

#[derive(Debug)]
pub(crate) enum Open {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Database {
    pub(crate) async fn sqlite(path: &std::path::Path) -> Result<Self> {
        let place = Place::new(path.display().to_string());
        let pools = sqlite::connect(path, &place).await?;
        Ok(Self { pool: Pool::Sqlite(Arc::new(pools)), place })
    }

    pub(crate) async fn postgres(url: &str) -> Result<Self> {
        let (pool, place) = postgres::connect(url).await?;
        Ok(Self { pool: Pool::Postgres(pool), place })
    }

    pub(crate) const fn dialect(&self) -> Dialect {
        match self.pool {
            Pool::Sqlite(_) => Dialect::Sqlite,
            Pool::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The database's name in messages: a path, or host and database; never a password.
    pub(crate) const fn place(&self) -> &Place {
        &self.place
    }

    /// What a query that changes nothing finds.
    pub(crate) async fn rows(&self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>> {
        match &self.pool {
            Pool::Sqlite(pools) => sqlite::rows(&pools.readers, sql, args).await,
            Pool::Postgres(pool) => postgres::rows(pool, sql, args).await,
        }
        .map_err(|e| self.place.fault(e))
    }

    /// The first row that a query that changes nothing finds.
    pub(crate) async fn row(&self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs one statement as a transaction of its own; returns how many rows it changed.
    pub(crate) async fn run(&self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64> {
        match &self.pool {
            Pool::Sqlite(pools) => sqlite::run(&pools.writer, sql, args).await,
            Pool::Postgres(pool) => postgres::run(pool, sql, args).await,
        }
        .map_err(|e| self.place.fault(e))
    }

    /// What one statement changed and returns, as a transaction of its own.
    pub(crate) async fn changed(&self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>> {
        match &self.pool {
            Pool::Sqlite(pools) => sqlite::rows(&pools.writer, sql, args).await,
            Pool::Postgres(pool) => postgres::rows(pool, sql, args).await,
        }
        .map_err(|e| self.place.fault(e))
    }

    /// Listens to a channel of PostgreSQL's, on a connection of its own.
    pub(crate) async fn listen(&self, channel: &str) -> Result<Notifications> {
        match &self.pool {
            Pool::Postgres(pool) => Notifications::of(pool, channel).await.map_err(|e| self.place.fault(e)),
            Pool::Sqlite(_) => Err(crate::Error::internal("LISTEN is PostgreSQL's")),
        }
    }

    /// Begins a transaction that may write. SQLite takes its write lock here, so that it cannot be refused later.
    pub(crate) async fn begin(&self) -> Result<Transaction> {
        let open = match &self.pool {
            Pool::Sqlite(pools) => pools.writer.begin_with("begin immediate").await.map(Open::Sqlite),
            Pool::Postgres(pool) => pool.begin().await.map(Open::Postgres),
        };
        Ok(Transaction { open: open.map_err(|e| self.place.fault(e))?, place: self.place.clone() })
    }

    /// Begins a transaction whose statements all see the same state, and which changes nothing.
    pub(crate) async fn begin_reading(&self) -> Result<Transaction> {
        let open = match &self.pool {
            Pool::Sqlite(pools) => pools.readers.begin().await.map(Open::Sqlite),
            Pool::Postgres(pool) => pool.begin_with("begin isolation level repeatable read, read only").await.map(Open::Postgres),
        };
        Ok(Transaction { open: open.map_err(|e| self.place.fault(e))?, place: self.place.clone() })
    }

    /// Copies a SQLite database to a new file, beside its other uses.
    pub(crate) async fn vacuum_into(&self, path: &str) -> Result<()> {
        match &self.pool {
            // Not on a reader, whose connection refuses to write any file.
            Pool::Sqlite(pools) => {
                sqlite::run(&pools.writer, "vacuum into $1", args![path]).await.map(drop).map_err(|e| self.place.fault(e))
            }
            Pool::Postgres(_) => Err(crate::Error::internal("VACUUM INTO is SQLite's")),
        }
    }

    pub(crate) async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pools) => {
                pools.readers.close().await;
                pools.writer.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl Transaction {
    pub(crate) const fn dialect(&self) -> Dialect {
        match self.open {
            Open::Sqlite(_) => Dialect::Sqlite,
            Open::Postgres(_) => Dialect::Postgres,
        }
    }

    /// What a statement finds or, with `returning`, changed.
    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>> {
        match &mut self.open {
            Open::Sqlite(tx) => sqlite::rows(&mut **tx, sql, args).await,
            Open::Postgres(tx) => postgres::rows(&mut **tx, sql, args).await,
        }
        .map_err(|e| self.place.fault(e))
    }

    /// The first row that a statement finds.
    pub(crate) async fn row(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs one statement; returns how many rows it changed.
    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64> {
        match &mut self.open {
            Open::Sqlite(tx) => sqlite::run(&mut **tx, sql, args).await,
            Open::Postgres(tx) => postgres::run(&mut **tx, sql, args).await,
        }
        .map_err(|e| self.place.fault(e))
    }

    /// Runs a script of statements without arguments.
    pub(crate) async fn script(&mut self, script: &str) -> Result<()> {
        // Only FanPulse's own scripts come here.
        let script = sqlx::raw_sql(AssertSqlSafe(script));
        match &mut self.open {
            Open::Sqlite(tx) => script.execute(&mut **tx).await.map(drop),
            Open::Postgres(tx) => script.execute(&mut **tx).await.map(drop),
        }
        .map_err(|e| self.place.fault(e))
    }

    /// Sends rows in PostgreSQL's binary COPY format.
    pub(crate) async fn copy_in(&mut self, statement: &str, chunks: impl Iterator<Item = Vec<u8>> + Send) -> Result<u64> {
        match &mut self.open {
            Open::Postgres(tx) => postgres::copy_in(tx, statement, chunks).await.map_err(|e| self.place.fault(e)),
            Open::Sqlite(_) => Err(crate::Error::internal("COPY is PostgreSQL's")),
        }
    }

    /// Makes everything that was done in it happen at once.
    ///
    /// # Errors
    /// What the database fails with; nothing has happened then. Only where the connection broke before the answer came,
    /// which is `unavailable`, it may have happened: whoever tries again must bear that.
    pub async fn commit(self) -> Result<()> {
        match self.open {
            Open::Sqlite(tx) => tx.commit().await,
            Open::Postgres(tx) => tx.commit().await,
        }
        .map_err(|e| self.place.fault(e))
    }

    /// Undoes what was done in it and lets go of its rows before it returns. Dropping it does so too, but some time
    /// later, until when whoever skips locked rows passes over them.
    ///
    /// # Errors
    /// What the database fails with; nothing has happened then either.
    pub async fn rollback(self) -> Result<()> {
        match self.open {
            Open::Sqlite(tx) => tx.rollback().await,
            Open::Postgres(tx) => tx.rollback().await,
        }
        .map_err(|e| self.place.fault(e))
    }
}
