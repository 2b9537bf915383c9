//! A new database of each kind for a test.

use fanpulse_store::testing::{self, Cluster};
use fanpulse_store::{Keyring, Store};

/// A database that goes with its test.
pub struct Temporary {
    pub url: String,
    _folder: tempfile::TempDir,
}

/// One of each kind, without a schema.
pub async fn empty() -> [Temporary; 2] {
    let folder = || tempfile::tempdir().unwrap();
    let file = folder();
    let path = file.path().join("fanpulse.db").display().to_string();
    [Temporary { url: path, _folder: file }, Temporary { url: testing::postgres().await, _folder: folder() }]
}

/// A cluster that a test may end or fill; `None` where tests are told to use somebody's server.
pub fn own_cluster() -> Option<Cluster> {
    if std::env::var_os(testing::SERVER_VARIABLE).is_some() {
        eprintln!("not run: it needs a server of its own, and {} names another", testing::SERVER_VARIABLE);
        return None;
    }
    Some(Cluster::start())
}

/// A store on each kind, with the schema.
pub async fn stores() -> [(Store, Temporary); 2] {
    let [sqlite, postgres] = empty().await;
    [(Store::open(&sqlite.url).await.unwrap(), sqlite), (Store::open(&postgres.url).await.unwrap(), postgres)]
}

/// New stores for a conformance suite: the files go with this.
pub struct Fresh {
    folder: tempfile::TempDir,
    opened: std::cell::Cell<u32>,
}

impl Fresh {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), opened: std::cell::Cell::new(0) }
    }

    pub async fn sqlite(&self) -> Store {
        self.opened.set(self.opened.get() + 1);
        let path = self.folder.path().join(format!("{}.db", self.opened.get()));
        Store::open(&path.display().to_string()).await.unwrap().with_keys(Keyring::generate())
    }

    pub async fn postgres() -> Store {
        Store::open(&testing::postgres().await).await.unwrap().with_keys(Keyring::generate())
    }
}
