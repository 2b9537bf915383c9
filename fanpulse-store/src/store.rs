//! The entrance: a database by its URL or path.

use std::path::Path;
use std::sync::Arc;

use crate::keys::KeysInUse;
use crate::migrate::{self, Migrated, SchemaStep, Target};
use crate::sql::{Database, Dialect, Transaction};
use crate::{Error, Keyring, Result};

/// FanPulse's database: SQLite in a file, or PostgreSQL from version 15 on. Clones share its connections.
///
/// It is used within a Tokio runtime.
///
/// # Example: a file
/// ```
/// use fanpulse_store::Store;
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("fanpulse.db");
/// let store = Store::open(&path.display().to_string()).await?;
/// assert!(store.schema().await?.iter().all(|step| step.applied));
/// store.close().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    keys: Option<Arc<KeysInUse>>,
}

impl Store {
    /// Connects to `postgres://…`, `sqlite://PATH` or a plain path, and leaves the schema as it is. A file is made
    /// where there is none, for its owner alone to read.
    ///
    /// # Errors
    /// * `invalid` where the URL has no such form.
    /// * `unavailable` where the database cannot be reached, opened or made.
    /// * `internal` where the file is no SQLite database, or damaged.
    pub async fn connect(url: &str) -> Result<Self> {
        let database = match url.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Database::postgres(url).await?,
            Some(("sqlite", path)) => Database::sqlite(Path::new(path)).await?,
            Some((scheme, _)) => return Err(Error::invalid(format!("database scheme `{scheme}` is neither `postgres` nor `sqlite`"))),
            None if url.is_empty() => return Err(Error::invalid("the database URL is empty")),
            None => Database::sqlite(Path::new(url.strip_prefix("sqlite:").unwrap_or(url))).await?,
        };
        Ok(Self { database, keys: None })
    }

    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// Those of [`Store::connect`] and [`Store::migrate`].
    pub async fn open(url: &str) -> Result<Self> {
        let store = Self::connect(url).await?;
        store.migrate(Target::Latest).await?;
        Ok(store)
    }

    /// The same store with keys for its secrets, without which connections can be neither read nor written.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys: Some(Arc::new(KeysInUse::new(keys, None))), ..self }
    }

    /// The same store with the keys of a file, which is read again when a secret needs a key that came later.
    ///
    /// # Errors
    /// Those of [`Keyring::from_file`].
    pub fn with_key_file(self, path: &Path) -> Result<Self> {
        let keys = KeysInUse::new(Keyring::from_file(path)?, Some(path.to_owned()));
        Ok(Self { keys: Some(Arc::new(keys)), ..self })
    }

    /// Brings the schema to the target: all steps or, where one fails, none. Processes that start together take turns.
    ///
    /// # Errors
    /// * `invalid` where there is no such target, or the file belongs to another program.
    /// * `conflict` where the database has a step that this binary does not know: it was made by a newer one.
    pub async fn migrate(&self, target: Target) -> Result<Migrated> {
        migrate::migrate(&self.database, target).await
    }

    /// The steps of the schema in ascending order, and which of them the database has.
    ///
    /// # Errors
    /// As [`Store::migrate`].
    pub async fn schema(&self) -> Result<Vec<SchemaStep>> {
        migrate::schema(&self.database).await
    }

    /// Refuses a database whose schema is not that of this binary, and says what to do.
    ///
    /// # Errors
    /// `conflict` where it is older or newer.
    pub async fn check_schema(&self) -> Result<()> {
        migrate::check(&self.database).await
    }

    /// The database's name in messages: a path, or database and host; never a password.
    #[must_use]
    pub fn place(&self) -> &str {
        self.database.place().as_str()
    }

    /// How many bytes the database takes, indexes and free room included.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn bytes(&self) -> Result<u64> {
        let select = match self.database.dialect() {
            Dialect::Sqlite => "select page_count * page_size from pragma_page_count(), pragma_page_size()",
            Dialect::Postgres => "select pg_database_size(current_database())",
        };
        let row = self.database.row(select, Vec::new()).await?;
        Ok(row.map_or(Ok(0), |row| row.get::<i64>(0))?.cast_unsigned())
    }

    /// Begins a unit of work over several ports.
    ///
    /// # Errors
    /// `unavailable` where no connection is free, or another process holds SQLite's write lock for 5 s.
    pub async fn begin(&self) -> Result<Transaction> {
        self.database.begin().await
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        self.database.close().await;
    }

    pub(crate) fn keys(&self) -> Result<&KeysInUse> {
        self.keys.as_deref().ok_or_else(|| Error::unavailable("no key is given to open and seal secrets"))
    }

    pub(crate) const fn database(&self) -> &Database {
        &self.database
    }
}
