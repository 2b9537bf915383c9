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
        let part = Part::of(target)?;
        let name = part.path.to_str().ok_or_else(|| Error::invalid(format!("{}: is no name in UTF-8", part.path.display())))?;
        // It checks pages as it reads them, and leaves no free ones behind.
        self.database().vacuum_into(name).await?;
        sync_and_rename(&part.path, target)
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
        let part = Part::of(target)?;
        std::fs::copy(backup, &part.path).map_err(|e| unwritten(target, e))?;
        let looked_over = match Self::connect(&part.path.display().to_string()).await {
            Ok(copy) => {
                let findings = copy.examine_restored().await;
                copy.close().await;
                findings
            }
            Err(e) => Err(e),
        };
        looked_over.map_err(|e| named(&e, &part.path, backup))?;
        // The journal of a damaged file that goes belongs to no other.
        for journal in journals(target) {
            match std::fs::remove_file(&journal) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(unwritten(target, e)),
                _ => {}
            }
        }
        sync_and_rename(&part.path, target)
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
fn journals(path: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|suffix| {
        let mut journal = path.as_os_str().to_owned();
        journal.push(suffix);
        PathBuf::from(journal)
    })
}

/// A file beside a target, which takes its place once it is whole. Its process holds it until then, so that the next
/// one can tell what a killed one left.
struct Part {
    path: PathBuf,
    _held: std::fs::File,
}

impl Part {
    fn of(target: &Path) -> Result<Self> {
        Self::make(target).map_err(|e| unwritten(target, e))
    }

    fn make(target: &Path) -> std::io::Result<Self> {
        let (folder, name) = (folder(target), target.file_name().unwrap_or_default().to_string_lossy());
        for entry in std::fs::read_dir(folder)?.flatten() {
            let other = entry.file_name();
            let process = other.to_str().and_then(|other| other.strip_prefix(&*name)?.strip_prefix('.')?.strip_suffix(".part"));
            let is_part = process.is_some_and(|process| process.parse::<u32>().is_ok());
            if is_part && std::fs::File::open(entry.path()).is_ok_and(|left| left.try_lock().is_ok()) {
                remove(&entry.path());
            }
        }
        let path = folder.join(format!("{name}.{}.part", std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let held = options.open(&path)?;
        // Where files cannot be held, nobody removes them either.
        let _unheld = held.try_lock();
        Ok(Self { path, _held: held })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes a part with its journals, where it did not take its place.
fn remove(part: &Path) {
    for path in journals(part).into_iter().chain([part.to_owned()]) {
        let _gone = std::fs::remove_file(path);
    }
}

fn folder(of: &Path) -> &Path {
    of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

fn unwritten(target: &Path, e: std::io::Error) -> Error {
    Error::unavailable(format!("{}: cannot be written: {e}", target.display())).caused_by(e)
}

/// The file appears whole, for its owner alone, and stays through a power cut.
fn sync_and_rename(from: &Path, to: &Path) -> Result<()> {
    let failed = |e| unwritten(to, e);
    #[cfg(unix)]
    std::fs::set_permissions(from, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    std::fs::File::open(from).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(from, to).map_err(failed)?;
    std::fs::File::open(folder(to)).and_then(|folder| folder.sync_all()).map_err(failed)
}

/// The same error about the file that the caller named.
fn named(e: &Error, part: &Path, backup: &Path) -> Error {
    Error::new(e.kind(), e.message().replace(&part.display().to_string(), &backup.display().to_string()))
}
