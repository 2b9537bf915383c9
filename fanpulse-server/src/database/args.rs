//! The commands on the database as they are typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which database.
#[derive(Debug, Args)]
pub(crate) struct DatabaseArgs {
    /// postgres://user:password@host:port/database, or the path of a SQLite file
    #[arg(
        long = "database",
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "fanpulse.db",
        value_name = "URL",
        global = true
    )]
    pub(crate) url: String,
}

#[derive(Debug, Args)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(subcommand)]
    pub(crate) to: Migrate,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Migrate {
    /// Take every step that is missing
    Up,
    /// Undo the last step, with the data in its tables
    Down,
    /// Take or undo steps until this one is the last; 0 undoes all, with all data
    To {
        /// The step's number
        version: u32,
    },
    /// List the steps, and which of them the database has
    Status,
}

#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// The file to make; it must not exist yet
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// The backup
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Replace the database that is there; nobody may be using it
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    #[command(subcommand)]
    pub(crate) action: Keys,
}

/// Where the keys are that seal secrets.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// File of the keys, for its owner alone [default: the SQLite file with `.keys` at its end]
    #[arg(long = "keys", env = "FANPULSE_KEY_FILE", value_name = "FILE", global = true)]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a new key in the key file and seal every secret with it, while the server runs.
    /// With FANPULSE_KEYS set, seal with the highest of its keys
    Rotate,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) keys: KeyArgs,
    /// The Redis that replicas share: redis://user:password@host:port/number [default: none, which is fine]
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub(crate) redis: Option<String>,
}
