//! Copies of the embedded database, made while it is in use, and put back.

use std::path::{Path, PathBuf};

use crate::sql::{Dialect, args};
use crate::{Error, Result, Store};

impl Store {
    /// Copies a SQLite database, while it is used, to a new file: a consistent state as of one moment.
    ///
    /// # Errors
    /// * `invalid` for PostgreSQL, naming the command for it.
    /// * `conflict` where the target exists.
    /// * `unavailable` where it cannot be written, `internal` where the database is damaged; no target appears then.
    pub async fn backup(&self, target: &Path) -> Result<()> {
        if self.database().dialect() == Dialect::Postgres {
            return Err(Error::invalid("PostgreSQL brings its own: pg_dump --format=custom --file=BACKUP \"$DATABASE_URL\""));
        }
        if target.exists() {
            return Err(Error::conflict(format!("{}: exists already", target.display())));
        }
        let beside = beside(target);
        let name = beside.to_str().ok_or_else(|| Error::invalid(format!("{}: is no name in UTF-8", beside.display())))?;
        // It checks pages as it reads them, and leaves no free ones behind.
        let copied = self.database().vacuum_into(name).await;
        let put = copied.and_then(|()| sync_and_rename(&beside, target));
        if put.is_err() {
            let _gone = std::fs::remove_file(&beside);
        }
        put
    }

    /// Puts a backup in the place of the SQLite file `target`, after looking it over. `replace` = also where the target
    /// exists. A process that dies in the middle leaves the one or the other.
    ///
    /// # Errors
    /// * `not_found` where there is no such backup, `internal` where it is damaged.
    /// * `conflict` where the target exists and is not to be replaced, or somebody uses it, or the backup is of a newer
    ///   FanPulse.
    /// * `unavailable` where it cannot be written; the target is as it was then.
    pub async fn restore(backup: &Path, target: &Path, replace: Replace) -> Result<()> {
        if !backup.exists() {
            return Err(Error::not_found(format!("{}: there is no such file", backup.display())));
        }
        if target.exists() && replace == Replace::Never {
            return Err(Error::conflict(format!("{}: exists already; --force replaces it", target.display())));
        }
        Self::nobody_uses(target).await?;
        let beside = beside(target);
        let failed = |e: std::io::Error| Error::unavailable(format!("{}: cannot be written: {e}", target.display())).caused_by(e);
        std::fs::copy(backup, &beside).map_err(|e| {
            // As far as it came.
            let _gone = std::fs::remove_file(&beside);
            failed(e)
        })?;
        let looked_over = match Self::connect(&beside.display().to_string()).await {
            Ok(copy) => {
                let findings = copy.examine_restored().await;
                copy.close().await;
                findings
            }
            Err(e) => Err(e),
        };
        let put = looked_over.map_err(|e| named(&e, &beside, backup)).and_then(|()| {
            // The journal of a damaged file that goes belongs to no other.
            for journal in journals(target) {
                match std::fs::remove_file(&journal) {
                    Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
                    _ => {}
                }
            }
            sync_and_rename(&beside, target)
        });
        for left in journals(&beside).into_iter().chain([beside]) {
            let _gone = std::fs::remove_file(left);
        }
        put
    }

    /// Refuses a file that somebody uses. One that nobody uses is brought in order, so that its journal goes; a damaged
    /// one is left as it is.
    async fn nobody_uses(path: &Path) -> Result<()> {
        if !path.exists() {
            return Ok(());
        }
        let Ok(store) = Self::connect(&path.display().to_string()).await else { return Ok(()) };
        let readable = store.schema().await.is_ok();
        store.close().await;
        // Whoever closes a database as the last one takes its journal into the file and removes it.
        if readable && journals(path).iter().any(|journal| journal.exists()) {
            return Err(Error::conflict(format!("{}: is in use; stop every fanpulse that uses it", path.display())));
        }
        Ok(())
    }

    /// A backup may be of an older schema, which is brought up to date afterwards, but not of a newer one.
    async fn examine_restored(&self) -> Result<()> {
        self.schema().await?;
        let wrong = self.database().rows("pragma integrity_check(1)", args![]).await?;
        match wrong.first().map(|row| row.get::<String>(0)).transpose()? {
            Some(said) if said != "ok" => Err(Error::internal(format!("database {}: is damaged: {said}", self.place()))),
            _ => Ok(()),
        }
    }
}

/// Whether a file that is there may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replace {
    /// It stays.
    Never,
    /// It goes.
    Existing,
}

/// What SQLite keeps beside a file that is in use.
fn journals(path: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|suffix| {
        let mut journal = path.as_os_str().to_owned();
        journal.push(suffix);
        PathBuf::from(journal)
    })
}

fn beside(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    PathBuf::from(name)
}

/// The file appears whole, for its owner alone, and stays through a power cut.
fn sync_and_rename(from: &Path, to: &Path) -> Result<()> {
    let failed = |e: std::io::Error| Error::unavailable(format!("{}: cannot be written: {e}", to.display())).caused_by(e);
    #[cfg(unix)]
    std::fs::set_permissions(from, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    std::fs::File::open(from).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(from, to).map_err(failed)?;
    let folder = to.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// The same error about the file that the caller named.
fn named(e: &Error, part: &Path, backup: &Path) -> Error {
    Error::new(e.kind(), e.message().replace(&part.display().to_string(), &backup.display().to_string()))
}
