//! Throw-away databases for tests, here and in the crates above: a PostgreSQL cluster of this process's own, and
//! one database in it for each test; a Redis for each test that asks for one.
//!
//! The cluster is made by `initdb` in a temporary folder, listens on a socket in there and on a free port of
//! 127.0.0.1, and goes when the process goes, however it ends: a shell waits for the end of a pipe that the process
//! holds open, stops the server and removes the folder.

#![expect(clippy::expect_used, clippy::panic, reason = "without its database a test has failed")]

mod redis_server;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

pub use redis_server::RedisServer;

use crate::sql::Database;

/// Names a server whose databases tests may create and use, instead of a cluster of their own.
pub const SERVER_VARIABLE: &str = "FANPULSE_TEST_PG_URL";

/// A running cluster, which goes with this.
#[derive(Debug)]
pub struct Cluster {
    /// Without a database's name.
    url: String,
    programs: PathBuf,
    folder: PathBuf,
    user: Option<(u32, u32)>,
    /// Its standard input is what the guard waits on.
    _guard: Child,
}

/// How a server is ended before it starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Whoever is connected is disconnected, and what was under way is undone.
    Fast,
    /// As a crash: what was written is recovered at the next start.
    Immediate,
}

static CLUSTER: Mutex<Option<Cluster>> = Mutex::new(None);

/// The URL of a new, empty PostgreSQL database.
///
/// # Panics
/// Where there is no PostgreSQL, naming the command that installs it, or it does not start.
pub async fn postgres() -> String {
    database(&server()).await
}

async fn database(server: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("fanpulse_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let maintenance = Database::postgres(&format!("{server}/postgres")).await.expect("the cluster is reached");
    let create = sqlx::AssertSqlSafe(format!("create database {name}"));
    maintenance.run(create, Vec::new()).await.expect("the database is created");
    maintenance.close().await;
    format!("{server}/{name}")
}

fn server() -> String {
    if let Ok(url) = std::env::var(SERVER_VARIABLE) {
        return url.trim_end_matches('/').to_owned();
    }
    let mut cluster = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    cluster.get_or_insert_with(Cluster::start).url.clone()
}

impl Cluster {
    /// Makes a cluster of its own for a test that ends or restarts it; other tests share one behind [`postgres`].
    ///
    /// # Panics
    /// As [`postgres`].
    #[must_use]
    pub fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let programs = programs();
        let name = format!("fanpulse-postgres-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        // What a killed process of the same number left behind.
        let _absent = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a temporary folder");
        let user = unprivileged_user();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).expect("the folder is given away");
        }
        let data = folder.join("data");
        let made = command(&programs.join("initdb"), &folder, user)
            .args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale", "--pgdata"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}{}", String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
        // The guard stands before the server starts, so that nothing is left behind whenever this process dies.
        let guard = command(Path::new("/bin/sh"), &folder, user)
            .args(["-c", "cat >/dev/null; \"$1/pg_ctl\" stop -D \"$2/data\" -m immediate >/dev/null 2>&1; rm -rf \"$2\""])
            .args(["guard".as_ref(), programs.as_os_str(), folder.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
        let options = format!("-p {port} -c listen_addresses=127.0.0.1 -k {} -c fsync=off -c full_page_writes=off", folder.display());
        let cluster = Self { url: format!("postgres://postgres@127.0.0.1:{port}"), programs, folder, user, _guard: guard };
        cluster.control(&["start", "--options", &options]);
        cluster
    }

    /// The URL of a new, empty database.
    ///
    /// # Panics
    /// Where the server does not make one.
    pub async fn database(&self) -> String {
        database(&self.url).await
    }

    /// Gives a folder to the user that the server runs as.
    ///
    /// # Panics
    /// Where that may not be done.
    pub fn give(&self, folder: &Path) {
        if let Some((uid, gid)) = self.user {
            std::os::unix::fs::chown(folder, Some(uid), Some(gid)).expect("the folder is given away");
        }
    }

    /// Ends the server and starts it again; returns once it answers.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&self, how: Shutdown) {
        let mode = match how {
            Shutdown::Fast => "fast",
            Shutdown::Immediate => "immediate",
        };
        self.control(&["restart", "--mode", mode]);
    }

    fn control(&self, what: &[&str]) {
        let log = self.folder.join("log");
        let mut control = command(&self.programs.join("pg_ctl"), &self.folder, self.user);
        control.args(what).args(["--wait", "--silent", "--log"]).arg(&log).arg("--pgdata").arg(self.folder.join("data"));
        // The server would hold a pipe of ours open for ever.
        let status = control.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl runs");
        assert!(status.success(), "PostgreSQL did not {}: {}", what[0], std::fs::read_to_string(log).unwrap_or_default());
    }
}

fn command(program: &Path, folder: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    // PostgreSQL does not run as root. The standard library drops root's groups as it changes the user.
    if let Some((uid, gid)) = user {
        std::os::unix::process::CommandExt::uid(&mut command, uid);
        std::os::unix::process::CommandExt::gid(&mut command, gid);
    }
    command
}

/// The folder of initdb and pg_ctl, on the path or where Debian's packages put the newest.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut packaged: Vec<PathBuf> = packaged.map(|version| version.path().join("bin")).collect();
    packaged.sort_by_key(|bin| std::cmp::Reverse(bin.parent().and_then(|v| v.file_name()?.to_str()?.parse::<u32>().ok())));
    std::env::split_paths(&path)
        .chain(packaged)
        .find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists())
        .unwrap_or_else(|| {
            panic!(
                "there is no initdb on the path or in /usr/lib/postgresql/*/bin: apt-get install -y postgresql, or set {SERVER_VARIABLE}"
            )
        })
}

/// Whom to run the server as: somebody else where this is root.
fn unprivileged_user() -> Option<(u32, u32)> {
    let id = |args: &[&str]| -> Option<u32> {
        let out = Command::new("id").args(args).output().ok().filter(|out| out.status.success())?;
        String::from_utf8(out.stdout).ok()?.trim().parse().ok()
    };
    let of = |user: &str| Some((id(&["-u", user])?, id(&["-g", user])?));
    (id(&["-u"]) == Some(0)).then(|| of("postgres").or_else(|| of("nobody")).expect("an unprivileged user to run PostgreSQL as"))
}
