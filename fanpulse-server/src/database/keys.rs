//! `fanpulse keys`, and where keys come from.

use std::path::PathBuf;

use fanpulse_store::{ErrorKind, Keyring, Store};

use super::args::{KeyArgs, Keys, KeysArgs};
use super::{existing, file, print, wait};
use crate::error::Result;

/// Keys as text, in place of a file.
const VARIABLE: &str = "FANPULSE_KEYS";

/// Where the keys are.
pub(super) enum Source {
    Given(Keyring),
    File(PathBuf),
    /// PostgreSQL, and nothing said.
    Unknown,
}

pub(super) fn source(keys: &KeyArgs, url: &str) -> fanpulse_store::Result<Source> {
    if let Ok(text) = std::env::var(VARIABLE) {
        let named = |e: fanpulse_store::Error| fanpulse_store::Error::invalid(format!("{VARIABLE}: {e}"));
        return Keyring::from_text(&text).map(Source::Given).map_err(named);
    }
    let beside = file(url).map(|path| {
        let mut name = path.as_os_str().to_owned();
        name.push(".keys");
        PathBuf::from(name)
    });
    Ok(keys.file.clone().or(beside).map_or(Source::Unknown, Source::File))
}

pub(crate) fn keys(args: &KeysArgs) -> Result<()> {
    match args.action {
        Keys::Rotate => rotate(args),
    }
}

fn rotate(args: &KeysArgs) -> Result<()> {
    let lines = wait(async {
        let store = existing(&args.database.url).await?;
        store.check_schema().await?;
        let (store, newest, place) = match source(&args.keys, &args.database.url)? {
            Source::Given(keys) => (store.clone().with_keys(keys.clone()), keys.current(), VARIABLE.to_owned()),
            Source::File(path) => {
                // In the file before the first secret needs it, so that no crash leaves a secret without its key.
                let keys = match Keyring::add_key_to_file(&path) {
                    Err(e) if e.kind() == ErrorKind::NotFound => {
                        nothing_is_sealed(&store).await.map_err(|_| e)?;
                        Keyring::from_file_or_new(&path)?
                    }
                    keys => keys?,
                };
                (store.with_key_file(&path)?, keys.current(), path.display().to_string())
            }
            Source::Unknown => {
                return Err(fanpulse_store::Error::invalid(format!("no keys: name their file by --keys, or set {VARIABLE}")));
            }
        };
        let count = store.reseal().await?;
        store.close().await;
        let mut lines = vec![format!("key {newest} of {place} seals from now on; {count} secrets were sealed again")];
        if newest > 1 {
            lines.push("older keys may go when a second run seals 0".to_owned());
        }
        Ok(lines)
    })?;
    print(&lines)
}

/// Refuses to make a first key where a lost one has sealed secrets.
async fn nothing_is_sealed(store: &Store) -> fanpulse_store::Result<()> {
    store.clone().with_keys(Keyring::generate()).reseal().await.map(drop)
}
