//! Files that appear whole or not at all: written beside their place, then renamed.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Failure, Result};

/// What stands at the place.
enum Place {
    /// Nothing, or a file that may be replaced; the path is the file's own where a link led to it.
    File { path: PathBuf, directory: PathBuf, permissions: Option<Permissions> },
    /// A device or a pipe, which can only be written into.
    Stream,
}

/// Checks that the file could be written, as far as that can be said beforehand.
pub(super) fn check(path: &Path) -> Result<()> {
    place(path).map(|_| ())
}

/// Writes the file.
pub(super) fn write(path: &Path, content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<()> {
    let place = place(path)?;
    let written = match place {
        Place::Stream => OpenOptions::new().write(true).open(path).and_then(|file| fill(&file, content)),
        Place::File { path, directory, permissions } => replace(&path, &directory, permissions, content),
    };
    written.map_err(|e| Failure::writing(&path.display().to_string(), &e))
}

fn place(path: &Path) -> Result<Place> {
    let failed = |what: &str| Err(Failure::failed(format!("cannot write {}: {what}", path.display())));
    let permissions = match fs::metadata(path) {
        Ok(at) if at.is_dir() => return failed("it is a directory"),
        Ok(at) if !at.is_file() => return Ok(Place::Stream),
        Ok(at) if at.permissions().readonly() => return failed("it is read-only"),
        Ok(at) => Some(at.permissions()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(Failure::writing(&path.display().to_string(), &e)),
    };
    // A link stays a link: what it points to is replaced.
    let path = if permissions.is_some() { fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() };
    let directory = match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) => parent.to_owned(),
        None => return failed("it is a directory"),
    };
    if !directory.is_dir() {
        return failed(&format!("there is no directory {}", directory.display()));
    }
    Ok(Place::File { path, directory, permissions })
}

fn replace(
    path: &Path,
    directory: &Path,
    permissions: Option<Permissions>,
    content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".fanpulse-").suffix(".part");
    #[cfg(unix)]
    {
        // The mode of any new file; the process's mask takes its part away.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(Permissions::from_mode(0o666));
    }
    let part = builder.tempfile_in(directory)?;
    fill(part.as_file(), content)?;
    if let Some(permissions) = permissions {
        part.as_file().set_permissions(permissions)?;
    }
    // A disk that is full may say so only now.
    part.as_file().sync_all()?;
    part.persist(path).map_err(|e| e.error)?;
    Ok(())
}

fn fill(file: &File, content: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    content(&mut out)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(result: Result<()>) -> String {
        match result {
            Err(Failure::Failed(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_only_once_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        write(&path, |out| out.write_all(b"one")).unwrap();
        let broken = write(&path, |out| {
            out.write_all(b"two")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(message(broken).starts_with(&format!("cannot write {}: ", path.display())));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(dir.path()), ["a.csv"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_modes_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("real"), dir.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        write(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        // A new file has the mode that any program's new file has.
        let (ours, usual) = (dir.path().join("ours"), dir.path().join("usual"));
        write(&ours, |_| Ok(())).unwrap();
        File::create(&usual).unwrap();
        assert_eq!(fs::metadata(ours).unwrap().permissions(), fs::metadata(usual).unwrap().permissions());
    }

    #[cfg(unix)]
    #[test]
    fn places_that_cannot_be_written_are_told_beforehand() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        assert!(message(check(dir.path())).ends_with("it is a directory"));
        assert!(message(check(&dir.path().join("no/such.csv"))).contains("there is no directory"));
        let locked = dir.path().join("locked");
        fs::write(&locked, "").unwrap();
        fs::set_permissions(&locked, Permissions::from_mode(0o444)).unwrap();
        assert!(message(check(&locked)).ends_with("it is read-only"));
        check(Path::new("/dev/null")).unwrap();
    }
}
