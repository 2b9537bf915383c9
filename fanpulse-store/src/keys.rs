//! Keys for what is stored secret, and sealing with them.
//!
//! A secret is sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under a random nonce of 24 bytes, bound to its
//! row: moved to another row it does not open. The sealed bytes begin with the id of the key, so that keys can be
//! changed while old secrets still open.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};

use crate::{Error, ErrorKind, Result};

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// Keys by their ids. The one with the highest id seals; all of them open.
///
/// # Example
/// ```
/// use fanpulse_store::Keyring;
///
/// let old = Keyring::generate();
/// let sealed = old.seal(b"a token", "connections 7")?;
/// let new = old.with_another_key();
/// assert_eq!(new.open(&sealed, "connections 7")?, b"a token");
/// assert!(new.open(&sealed, "connections 8").is_err());
/// # Ok::<(), fanpulse_store::Error>(())
/// ```
#[derive(Clone)]
pub struct Keyring {
    keys: BTreeMap<u32, Key>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring(ids {:?})", self.keys.keys().collect::<Vec<_>>())
    }
}

impl Keyring {
    /// One new key, from the system's randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self { keys: BTreeMap::from([(1, Key::generate())]) }
    }

    /// These keys and a new one, which seals from now on.
    #[must_use]
    pub fn with_another_key(&self) -> Self {
        let mut keys = self.keys.clone();
        keys.insert(self.current().saturating_add(1), Key::generate());
        Self { keys }
    }

    /// Reads `ID:BASE64` keys of 32 bytes, separated by commas or blanks, as [`Keyring::to_text`] writes them.
    ///
    /// # Errors
    /// `invalid` where there is none, or one has another form; the message repeats no key.
    pub fn from_text(text: &str) -> Result<Self> {
        let mut keys = BTreeMap::new();
        for (i, part) in text.split([',', ' ', '\n', '\r', '\t']).filter(|p| !p.is_empty()).enumerate() {
            let form = || Error::invalid(format!("key {}: it is not of the form ID:BASE64 with 32 bytes", i + 1));
            let (id, key) = part.split_once(':').ok_or_else(form)?;
            let bytes: [u8; 32] = STANDARD.decode(key).ok().and_then(|k| k.try_into().ok()).ok_or_else(form)?;
            if keys.insert(id.parse().map_err(|_| form())?, Key::from(bytes)).is_some() {
                return Err(Error::invalid(format!("key {}: its id {id} comes twice", i + 1)));
            }
        }
        if keys.is_empty() { Err(Error::invalid("there is no key")) } else { Ok(Self { keys }) }
    }

    /// The keys as text, one a line. It is what has to be kept secret.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.keys.iter().map(|(id, key)| format!("{id}:{}\n", STANDARD.encode(key))).collect()
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// * `not_found` where there is none.
    /// * `invalid` where others than its owner may read it, or it does not hold keys.
    pub fn from_file(path: &Path) -> Result<Self> {
        let said = |e: &std::io::Error| format!("key file {}: {e}", path.display());
        let metadata = std::fs::metadata(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => Error::not_found(said(&e)).caused_by(e),
            _ => Error::unavailable(said(&e)).caused_by(e),
        })?;
        #[cfg(unix)]
        if std::os::unix::fs::MetadataExt::mode(&metadata) & 0o077 != 0 {
            return Err(Error::invalid(format!("key file {}: others than its owner may read it; run `chmod 600` on it", path.display())));
        }
        let text = std::fs::read_to_string(path).map_err(|e| Error::unavailable(said(&e)).caused_by(e))?;
        Self::from_text(&text).map_err(|e| Error::invalid(format!("key file {}: {e}", path.display())))
    }

    /// Writes a key file for its owner alone; it appears whole or not at all, and replaces one that is there.
    ///
    /// # Errors
    /// `unavailable` where it cannot be written.
    pub fn to_file(&self, path: &Path) -> Result<()> {
        lock(path).and_then(|_held| self.put(path, |beside| std::fs::rename(beside, path))).map_err(|e| unwritten(path, e))
    }

    /// Adds a new key to a key file, which seals from now on. Processes that do this together take turns, so that no
    /// key goes that one of them seals with.
    ///
    /// # Errors
    /// Those of [`Keyring::from_file`] and [`Keyring::to_file`].
    pub fn add_key_to_file(path: &Path) -> Result<Self> {
        let held = lock(path);
        let keys = Self::from_file(path)?.with_another_key();
        held.and_then(|_held| keys.put(path, |beside| std::fs::rename(beside, path))).map_err(|e| unwritten(path, e))?;
        Ok(keys)
    }

    /// Reads a key file, or makes one with a new key where there is none. Of processes that start together, one makes it.
    ///
    /// # Errors
    /// Those of [`Keyring::from_file`] and [`Keyring::to_file`].
    pub fn from_file_or_new(path: &Path) -> Result<Self> {
        match Self::from_file(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let new = Self::generate();
                let _held = lock(path).map_err(|e| unwritten(path, e))?;
                match new.put(path, |beside| std::fs::hard_link(beside, path).and_then(|()| std::fs::remove_file(beside))) {
                    Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Self::from_file(path),
                    done => done.map(|()| new).map_err(|e| unwritten(path, e)),
                }
            }
            read => read,
        }
    }

    /// Writes the keys beside `path` and moves them there by `place`.
    fn put(&self, path: &Path, place: impl FnOnce(&Path) -> std::io::Result<()>) -> std::io::Result<()> {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{}.{}{PART}", std::process::id(), STANDARD.encode(Key::generate()).replace('/', "-")));
        let beside = Path::new(&name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(beside)?;
        let placed = file.write_all(self.to_text().as_bytes()).and_then(|()| file.sync_all()).and_then(|()| place(beside));
        if placed.is_err() {
            // What is left of it holds a key.
            let _gone = std::fs::remove_file(beside);
        }
        placed
    }

    /// The id of the key that seals.
    #[must_use]
    pub fn current(&self) -> u32 {
        self.keys.last_key_value().map_or(0, |(id, _)| *id)
    }

    /// Seals a secret for a row.
    ///
    /// # Errors
    /// `internal` for a secret beyond 256 GB.
    pub fn seal(&self, secret: &[u8], row: &str) -> Result<Vec<u8>> {
        let (id, key) = self.keys.last_key_value().ok_or_else(|| Error::invalid("there is no key"))?;
        let nonce = XNonce::generate();
        let payload = Payload { msg: secret, aad: row.as_bytes() };
        let sealed =
            XChaCha20Poly1305::new(key).encrypt(&nonce, payload).map_err(|_| Error::internal("a secret is too long to be sealed"))?;
        Ok([&[VERSION], id.to_be_bytes().as_slice(), nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for this row.
    ///
    /// # Errors
    /// * `unavailable` where the key is not among these.
    /// * `internal` where the bytes were changed, or belong to another row.
    pub fn open(&self, sealed: &[u8], row: &str) -> Result<Vec<u8>> {
        let damaged = || Error::internal(format!("the secret of {row} does not open: it was changed, or belongs to another row"));
        let id = key_id(sealed).ok_or_else(damaged)?;
        let key = self.keys.get(&id).ok_or_else(|| {
            Error::unavailable(format!(
                "the secret of {row} was sealed with key {id}, which is not among the given {:?}",
                self.keys.keys().collect::<Vec<_>>()
            ))
        })?;
        let (nonce, sealed) = sealed[5..].split_first_chunk::<NONCE>().ok_or_else(damaged)?;
        let payload = Payload { msg: sealed, aad: row.as_bytes() };
        XChaCha20Poly1305::new(key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())
    }
}

/// The end of the name of a file that is not yet a key file.
const PART: &str = ".part";

/// Waits until nobody else writes this key file, or another one in its folder, and removes what processes that were
/// killed left of theirs. It lasts as long as what is returned.
#[cfg(unix)]
fn lock(path: &Path) -> std::io::Result<std::fs::File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let held = std::fs::File::open(folder)?;
    held.lock()?;
    let (Some(name), entries) = (path.file_name().and_then(|name| name.to_str()), std::fs::read_dir(folder)?) else { return Ok(held) };
    for entry in entries {
        let entry = entry?;
        let other = entry.file_name();
        let rest = other.to_str().and_then(|other| other.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(PART));
        // What is left of it holds a key.
        if rest.and_then(|rest| rest.split_once('.')).is_some_and(|(process, _)| process.parse::<u32>().is_ok()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(held)
}

#[cfg(not(unix))]
fn lock(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn unwritten(path: &Path, e: std::io::Error) -> Error {
    Error::unavailable(format!("key file {}: cannot be written: {e}", path.display())).caused_by(e)
}

/// The id of the key that sealed this.
pub(crate) fn key_id(sealed: &[u8]) -> Option<u32> {
    let (version, rest) = sealed.split_first()?;
    (*version == VERSION).then_some(u32::from_be_bytes(*rest.first_chunk()?))
}

/// The keys that a store works with. Those of a file are read again when a secret needs one that came later, so that
/// keys may be changed beside running processes.
#[derive(Debug)]
pub(crate) struct KeysInUse {
    keys: RwLock<Keyring>,
    file: Option<PathBuf>,
}

impl KeysInUse {
    pub(crate) const fn new(keys: Keyring, file: Option<PathBuf>) -> Self {
        Self { keys: RwLock::new(keys), file }
    }

    pub(crate) fn keys(&self) -> Keyring {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn open(&self, sealed: &[u8], row: &str) -> Result<Vec<u8>> {
        match (self.keys().open(sealed, row), &self.file) {
            (Err(e), Some(file)) if e.kind() == ErrorKind::Unavailable => {
                let read = Keyring::from_file(file)?;
                let opened = read.open(sealed, row)?;
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = read;
                Ok(opened)
            }
            (opened, _) => opened,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_row_and_unchanged() {
        let keys = Keyring::generate();
        let sealed = keys.seal(b"token", "connections 1").unwrap();
        assert!(!sealed.windows(5).any(|w| w == b"token"));
        assert_ne!(sealed, keys.seal(b"token", "connections 1").unwrap(), "a nonce is used once");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(keys.open(&changed, "connections 1").is_err(), "bit {bit}");
        }
        assert!(keys.open(&sealed[..20], "connections 1").is_err());
        let e = keys.open(&sealed, "connections 2").unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Internal);
        // The same id, another key.
        assert!(Keyring::generate().open(&sealed, "connections 1").is_err());
        let newer = keys.with_another_key().seal(b"token", "connections 1").unwrap();
        let e = keys.open(&newer, "connections 1").unwrap_err();
        assert!(e.kind() == ErrorKind::Unavailable && e.message().contains("key 2"), "{e}");
    }

    /// Draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_published_vector_opens() {
        let hex = |s: &str| -> Vec<u8> { (0..s.len()).step_by(2).map(|i| u8::from_str_radix(&s[i..i + 2], 16).unwrap()).collect() };
        let key: [u8; 32] = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").try_into().unwrap();
        let keys = Keyring { keys: BTreeMap::from([(7, Key::from(key))]) };
        let sealed = [
            vec![VERSION, 0, 0, 0, 7],
            hex("404142434445464748494a4b4c4d4e4f5051525354555657"),
            hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"),
            hex("c0875924c1c7987947deafd8780acf49"),
        ]
        .concat();
        let aad = hex("50515253c0c1c2c3c4c5c6c7");
        // The vector's associated data are no text, so it is opened a level below.
        let nonce: [u8; NONCE] = sealed[5..29].try_into().unwrap();
        let plain =
            XChaCha20Poly1305::new(&keys.keys[&7]).decrypt(&XNonce::from(nonce), Payload { msg: &sealed[29..], aad: &aad }).unwrap();
        assert!(plain.starts_with(b"Ladies and Gentlemen of the class of '99"));
        assert_eq!(key_id(&sealed), Some(7));
    }

    #[test]
    fn keys_that_are_added_together_all_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        Keyring::from_file_or_new(&path).unwrap();
        let added: Vec<Keyring> = std::thread::scope(|scope| {
            let adds: Vec<_> = (0..8).map(|_| scope.spawn(|| Keyring::add_key_to_file(&path).unwrap())).collect();
            adds.into_iter().map(|add| add.join().unwrap()).collect()
        });
        let keys = Keyring::from_file(&path).unwrap();
        assert_eq!(keys.current(), 9);
        for one in added {
            keys.open(&one.seal(b"token", "connections 1").unwrap(), "connections 1").unwrap();
        }
    }

    #[test]
    fn keys_go_through_text_and_files_and_are_not_printed() {
        let keys = Keyring::generate().with_another_key();
        let text = keys.to_text();
        assert_eq!(Keyring::from_text(&text).unwrap().to_text(), text);
        assert_eq!(Keyring::from_text(&text.replace('\n', ",")).unwrap().current(), 2);
        assert_eq!(format!("{keys:?}"), "Keyring(ids [1, 2])");
        for bad in ["", "1", "1:", "x:AAAA", "1:AAAA", &format!("{text}{text}")] {
            let e = Keyring::from_text(bad).unwrap_err();
            assert!(e.kind() == ErrorKind::Invalid && !e.message().contains("AAAA"), "{e}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert_eq!(Keyring::from_file(&path).unwrap_err().kind(), ErrorKind::NotFound);
        let made: Vec<String> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| Keyring::from_file_or_new(&path).unwrap().to_text())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(made.iter().all(|text| *text == made[0]), "one key for all");
        // Of a process that was killed, and of somebody else.
        std::fs::write(folder.path().join("keys.4711.AAAA.part"), "1:").unwrap();
        std::fs::write(folder.path().join("keys.copy.part"), "mine").unwrap();
        keys.to_file(&path).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(Keyring::from_file(&path).unwrap().to_text(), text);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        let e = Keyring::from_file(&path).unwrap_err();
        assert!(e.message().contains("chmod 600") && e.message().contains(&path.display().to_string()), "{e}");
    }
}
