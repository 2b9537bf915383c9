//! The schema's steps up and down, and which of them a database has.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::sql::{Database, Dialect, Transaction, args};
use crate::{Error, Result};

/// One step of the schema, in both dialects.
struct Step {
    version: u32,
    name: &'static str,
    sqlite: Scripts,
    postgres: Scripts,
}

struct Scripts {
    up: &'static str,
    down: &'static str,
}

macro_rules! step {
    ($version:literal, $name:literal) => {
        Step {
            version: $version,
            name: $name,
            sqlite: Scripts {
                up: include_str!(concat!("../migrations/sqlite/", $name, ".up.sql")),
                down: include_str!(concat!("../migrations/sqlite/", $name, ".down.sql")),
            },
            postgres: Scripts {
                up: include_str!(concat!("../migrations/postgres/", $name, ".up.sql")),
                down: include_str!(concat!("../migrations/postgres/", $name, ".down.sql")),
            },
        }
    };
}

/// In ascending order; a step that was released is never edited, its fingerprint is stored.
const STEPS: &[Step] = &[
    step!(1, "0001_observations"),
    step!(2, "0002_catalog"),
    step!(3, "0003_connections"),
    step!(4, "0004_posts"),
    step!(5, "0005_fan_events"),
    step!(6, "0006_alerts"),
    step!(7, "0007_releases"),
    step!(8, "0008_imports"),
    step!(9, "0009_audit"),
    step!(10, "0010_jobs"),
    step!(11, "0011_webhooks"),
    step!(12, "0012_summaries"),
    step!(20, "0020_limits"),
    step!(21, "0021_events"),
];

/// One step of the schema as [`Store::schema`](crate::Store::schema) reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaStep {
    /// Its number.
    pub version: u32,
    /// Its name, for instance `0001_observations`.
    pub name: String,
    /// Whether the database has it.
    pub applied: bool,
}

/// How far to migrate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Every step that this binary knows.
    Latest,
    /// All steps up to this number, and none above it; 0 = an empty database. Steps that go are undone, with their data.
    Version(u32),
    /// One step back.
    Previous,
}

/// What migrating did, in the order in which it was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Migrated {
    /// Names of the steps that were taken.
    pub applied: Vec<String>,
    /// Names of the steps that were undone.
    pub undone: Vec<String>,
}

/// Any number, the same in every FanPulse: whoever holds it migrates.
const LOCK: i64 = 0x46_61_6e_50_75_6c_73_65;

impl Step {
    const fn scripts(&self, dialect: Dialect) -> &Scripts {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }

    fn fingerprint(&self, dialect: Dialect) -> Vec<u8> {
        // A checkout may have changed the ends of lines.
        Sha256::digest(self.scripts(dialect).up.replace('\r', "")).to_vec()
    }
}

/// Brings the schema to the target: all steps or, where one fails, none.
pub(crate) async fn migrate(database: &Database, target: Target) -> Result<Migrated> {
    let mut tx = database.begin().await?;
    if tx.dialect() == Dialect::Postgres {
        tx.run("select pg_advisory_xact_lock($1)", args![LOCK]).await?;
    }
    let applied = applied(database, &mut tx).await?;
    if applied.is_empty() {
        tx.script(CREATE[usize::from(tx.dialect() == Dialect::Postgres)]).await?;
    }
    let last = match target {
        Target::Latest => u32::MAX,
        Target::Version(version) => known(version)?,
        Target::Previous => applied.keys().rev().nth(1).copied().unwrap_or_default(),
    };
    let mut done = Migrated::default();
    for step in STEPS.iter().rev().filter(|s| s.version > last && applied.contains_key(&s.version)) {
        tx.script(step.scripts(tx.dialect()).down).await?;
        tx.run("delete from fanpulse_migrations where version = $1", args![step.version]).await?;
        done.undone.push(step.name.to_owned());
    }
    for step in STEPS.iter().filter(|s| s.version <= last && !applied.contains_key(&s.version)) {
        let dialect = tx.dialect();
        tx.script(step.scripts(dialect).up).await?;
        let row = args![step.version, step.name, step.fingerprint(dialect)];
        tx.run("insert into fanpulse_migrations (version, name, fingerprint) values ($1, $2, $3)", row).await?;
        done.applied.push(step.name.to_owned());
    }
    tx.commit().await?;
    Ok(done)
}

/// Every step that this binary knows, and whether the database has it.
pub(crate) async fn schema(database: &Database) -> Result<Vec<SchemaStep>> {
    let mut tx = database.begin_reading().await?;
    let applied = applied(database, &mut tx).await?;
    let step = |s: &Step| SchemaStep { version: s.version, name: s.name.to_owned(), applied: applied.contains_key(&s.version) };
    Ok(STEPS.iter().map(step).collect())
}

/// Refuses a database that lacks a step.
pub(crate) async fn check(database: &Database) -> Result<()> {
    let missing: Vec<String> = schema(database).await?.into_iter().filter(|s| !s.applied).map(|s| s.name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (place, missing) = (database.place().as_str(), missing.join(", "));
    Err(Error::conflict(format!("database {place}: lacks the schema's {missing}; run `fanpulse migrate up`")))
}

const CREATE: [&str; 2] = [
    "create table if not exists fanpulse_migrations (version integer primary key, name text not null, fingerprint blob not null)",
    "create table if not exists fanpulse_migrations (version bigint primary key, name text not null, fingerprint bytea not null)",
];

fn known(version: u32) -> Result<u32> {
    if version == 0 || STEPS.iter().any(|s| s.version == version) {
        return Ok(version);
    }
    let known: Vec<String> = STEPS.iter().map(|s| s.version.to_string()).collect();
    Err(Error::invalid(format!("there is no schema {version}; the known ones are 0, {}", known.join(", "))))
}

/// The steps that the database has, all of which this binary must know.
async fn applied(database: &Database, tx: &mut Transaction) -> Result<BTreeMap<u32, String>> {
    let place = database.place().as_str();
    let tables = match tx.dialect() {
        Dialect::Sqlite => "select name from sqlite_schema where type = 'table' and name not like 'sqlite\\_%' escape '\\'",
        Dialect::Postgres => "select cast(to_regclass('fanpulse_migrations') as text) where to_regclass('fanpulse_migrations') is not null",
    };
    let tables: Vec<String> = tx.rows(tables, args![]).await?.iter().map(|r| r.get(0)).collect::<Result<_>>()?;
    if !tables.iter().any(|t| t == "fanpulse_migrations") {
        return match tables.first() {
            // A PostgreSQL database may be shared, a file is not.
            Some(other) => Err(Error::invalid(format!(
                "database {place}: belongs to another program, it has a table `{other}` and no `fanpulse_migrations`"
            ))),
            None => Ok(BTreeMap::new()),
        };
    }
    let mut applied = BTreeMap::new();
    for row in tx.rows("select version, name, fingerprint from fanpulse_migrations order by version", args![]).await? {
        let (version, name, fingerprint): (i64, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let step = STEPS.iter().find(|s| i64::from(s.version) == version);
        let Some(step) = step else {
            return Err(Error::conflict(format!(
                "database {place}: its schema has `{name}`, which this fanpulse does not know; use the newer fanpulse that made it"
            )));
        };
        if step.fingerprint(tx.dialect()) != fingerprint {
            return Err(Error::conflict(format!("database {place}: its schema's `{name}` was made by another text than this fanpulse's")));
        }
        applied.insert(step.version, name);
    }
    Ok(applied)
}
