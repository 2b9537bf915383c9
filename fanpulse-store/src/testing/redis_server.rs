//! A Redis that tests may stop, start and break.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A Redis server of a test's own, on a free port of 127.0.0.1, which keeps nothing on disk. It goes with the value and
/// with the process, however that ends: a shell waits for the end of a pipe that the process holds open.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    /// Its standard input is what the shell waits on; the server's own number is on its standard output.
    running: Option<(Child, u32)>,
}

impl RedisServer {
    /// Starts one.
    ///
    /// # Panics
    /// Where there is none, naming the command that installs it, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        // Another process may take the port between this and the server's start.
        for _ in 0..5 {
            let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
            let mut server = Self { port, running: None };
            if server.try_restart() {
                return server;
            }
        }
        panic!(
            "redis-server does not start: {}",
            Command::new("redis-server").arg("--version").output().map_or_else(
                |_| "it is missing, apt-get install -y redis-server".to_owned(),
                |version| String::from_utf8_lossy(&version.stdout).into_owned()
            )
        );
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it, as a crash would; what was in it is gone.
    pub fn kill(&mut self) {
        if let Some((mut guard, _)) = self.running.take() {
            drop(guard.stdin.take());
            let _ended = guard.wait();
        }
    }

    /// Starts it again, empty, on the same port.
    ///
    /// # Panics
    /// Where it does not start.
    pub fn restart(&mut self) {
        self.kill();
        assert!(self.try_restart(), "redis-server does not start again on port {}", self.port);
    }

    /// Makes it hang: it takes connections and answers nothing.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    /// What it answers to a command of `redis-cli`.
    ///
    /// # Panics
    /// Where it does not answer.
    #[expect(clippy::must_use_candidate, reason = "a command may be given for what it does")]
    pub fn cli(&self, args: &[&str]) -> String {
        let out = Command::new("redis-cli").args(["-p", &self.port.to_string()]).args(args).output().expect("redis-cli");
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    fn signal(&self, signal: &str) {
        let (_, server) = self.running.as_ref().expect("a running server");
        let status = Command::new("kill").args([signal, &server.to_string()]).status().expect("kill");
        assert!(status.success(), "kill {signal} {server}");
    }

    fn try_restart(&mut self) -> bool {
        let script = "redis-server --port \"$1\" --bind 127.0.0.1 --save '' --appendonly no --dir \"$2\" >/dev/null 2>&1 & echo $!
            cat >/dev/null; kill -9 $!";
        let mut guard = Command::new("/bin/sh")
            .args(["-c", script, "guard", &self.port.to_string()])
            .arg(Path::new(&std::env::temp_dir()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let mut number = String::new();
        let mut said = std::io::BufReader::new(guard.stdout.take().expect("its output"));
        std::io::BufRead::read_line(&mut said, &mut number).expect("its output is read");
        let server: u32 = number.trim().parse().expect("a number");
        for _ in 0..500 {
            if self.answers() {
                self.running = Some((guard, server));
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(guard.stdin.take());
        let _ended = guard.wait();
        false
    }

    fn answers(&self) -> bool {
        use std::io::{Read, Write};
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(b"PING\r\n")?;
            let mut answer = [0; 7];
            stream.read_exact(&mut answer)?;
            Ok(&answer == b"+PONG\r\n")
        };
        ask().unwrap_or_default()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
