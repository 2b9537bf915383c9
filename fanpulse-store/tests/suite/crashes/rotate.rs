//! Keys change and every secret is sealed again, while tokens are replaced.

use std::collections::BTreeMap;
use std::path::Path;

use fanpulse_core::Instant;
use fanpulse_store::{Account, AccountId, AccountStore, Connection, ConnectionId, ConnectionStore, Keyring, Store, Tier, Tokens};
use secrecy::{ExposeSecret, SecretString};

use super::super::processes::{Dice, say};
use super::super::raw::Raw;
use super::{Kills, let_work, start};

const CONNECTIONS: u8 = 40;
const KILLS: u32 = 45;

fn now() -> Instant {
    "2026-03-01".parse().unwrap()
}

fn account() -> AccountId {
    AccountId::new(now(), [9; 10])
}

fn id(number: u8) -> ConnectionId {
    ConnectionId::new(now(), [number; 10])
}

fn tokens(number: u8, version: u32) -> Tokens {
    let token = |kind: &str| SecretString::from(format!("{kind} token {version} of {number}"));
    Tokens { access: token("access"), refresh: Some(token("refresh")), expires_at: None }
}

/// `said` are the versions of the tokens, by connection.
pub async fn work(url: &str, keys: &str, said: &str) {
    let mut versions: Vec<u32> = said.split(',').map(|v| v.parse().unwrap()).collect();
    let path = Path::new(keys);
    let store = Store::connect(url).await.unwrap();
    say("ready");
    let rotate = async {
        loop {
            say("begin rotate");
            Keyring::add_key_to_file(path).unwrap();
            let rotating = store.clone().with_key_file(path).unwrap();
            say(&format!("key {}", Keyring::from_file(path).unwrap().current()));
            while rotating.reseal().await.unwrap() > 0 {}
            say("done rotate");
        }
    };
    let replace = async {
        let running = store.clone().with_key_file(path).unwrap();
        loop {
            for number in 0..CONNECTIONS {
                let version = &mut versions[usize::from(number)];
                say(&format!("replace {number} {version}"));
                *version = running.replace_tokens(id(number), *version, &tokens(number, *version + 1)).await.unwrap();
                say(&format!("replaced {number} {version}"));
            }
        }
    };
    tokio::join!(rotate, replace);
}

pub async fn killed(url: &str, dice: &mut Dice) -> Kills {
    let mut kills = Kills::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let keys = path.display().to_string();
    let store = Store::open(url).await.unwrap().with_keys(Keyring::from_file_or_new(&path).unwrap());
    store.add_account(&Account { id: account(), name: "label".to_owned(), tier: Tier::Label, created_at: now() }).await.unwrap();
    for number in 0..CONNECTIONS {
        let (platform, external_account, scopes) = ("youtube".to_owned(), format!("channel {number}"), ["read".to_owned()].into());
        let (id, account, tokens, created_at) = (id(number), account(), tokens(number, 1), now());
        let connection = Connection { id, account, platform, external_account, scopes, tokens, created_at, version: 1 };
        store.add_connection(&connection).await.unwrap();
    }
    store.close().await;
    let (mut versions, mut newest) = (vec![1_u32; usize::from(CONNECTIONS)], 1);
    for _ in 0..KILLS {
        let said: Vec<String> = versions.iter().map(u32::to_string).collect();
        let mut child = start(&["rotate", url, &keys, &said.join(",")]);
        let_work(&mut child, dice, 60);
        let said = child.kill();
        kills.all += 1;
        let (mut replacing, mut rotating) = (BTreeMap::new(), false);
        for line in &said {
            match line.split(' ').collect::<Vec<_>>().as_slice() {
                ["begin", _] => rotating = true,
                ["done", _] => rotating = false,
                ["key", id] => newest = id.parse().unwrap(),
                ["replace", number, version] => {
                    replacing.insert(number.parse::<u8>().unwrap(), version.parse::<u32>().unwrap() + 1);
                }
                ["replaced", number, version] => {
                    let number: u8 = number.parse().unwrap();
                    versions[usize::from(number)] = version.parse().unwrap();
                    replacing.remove(&number);
                }
                _ => {}
            }
        }
        kills.within += u32::from(rotating || !replacing.is_empty());
        let mut raw = Raw::open(url).await;
        raw.alone().await;
        assert_eq!(raw.number("select count(*) from connections").await, i64::from(CONNECTIONS));
        raw.close().await;

        let read = Keyring::from_file(&path).unwrap();
        assert!(read.current() == newest || (rotating && read.current() == newest + 1), "{read:?}, {newest} was said");
        newest = read.current();
        let store = Store::open(url).await.unwrap().with_key_file(&path).unwrap();
        for (number, version) in (0..CONNECTIONS).zip(&mut versions) {
            let connection = store.connection(account(), id(number)).await.unwrap().unwrap();
            assert!(connection.version == *version || replacing.get(&number) == Some(&connection.version), "{connection:?}");
            *version = connection.version;
            let right = tokens(number, *version);
            assert_eq!(connection.tokens.access.expose_secret(), right.access.expose_secret());
            assert_eq!(connection.tokens.refresh.unwrap().expose_secret(), right.refresh.unwrap().expose_secret());
        }
        store.close().await;
    }
    // What killed processes had begun to write beside the keys does not pile up.
    Keyring::add_key_to_file(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let store = Store::open(url).await.unwrap().with_key_file(&path).unwrap();
    store.reseal().await.unwrap();
    assert_eq!(store.reseal().await.unwrap(), 0);
    store.close().await;
    kills
}
