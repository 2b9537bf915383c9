//! This test binary once more, as processes that do a task, say how far they are, and may be killed.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

/// What a child says begins with this; the rest of its output is the test harness's.
const MARK: &str = "> ";
/// Where a child finds its task: words, the first of which names it.
const TASK: &str = "FANPULSE_TEST_TASK";

/// Says a line to the parent, which has it even where this process dies next.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // In one piece: less than a pipe takes at once.
    out.write_all(format!("{MARK}{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The task of this process, which ends with its parent; `None` in an ordinary run.
pub fn task() -> Option<Vec<String>> {
    let task = std::env::var(TASK).ok()?;
    std::thread::spawn(|| {
        let _end_of_input = std::io::stdin().read(&mut [0]);
        std::process::exit(1);
    });
    Some(task.split('\n').map(str::to_owned).collect())
}

/// The command that runs one test of this binary with a task.
pub fn command(test: &str, task: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(TASK, task.join("\n"));
    command
}

/// A running child.
pub struct Process {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(test: &str, task: &[&str]) -> Self {
        Self::of(command(test, task))
    }

    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        Self { child, said }
    }

    /// Waits until the child says this.
    pub fn until(&mut self, line: &str) {
        let mut read = String::new();
        while !read.trim_end().ends_with(&format!("{MARK}{line}")) {
            read.clear();
            assert!(self.said.read_line(&mut read).unwrap() > 0, "the child ended before it said `{line}`");
        }
    }

    /// `kill -9`, and everything that it said since it was last listened to.
    pub fn kill(mut self) -> Vec<String> {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "the child ended by itself: {ended:?}");
        self.child.kill().unwrap();
        // It has died once nothing more comes from it.
        let rest = self.rest();
        self.child.wait().unwrap();
        rest
    }

    /// Waits for its end, which must be a good one.
    pub fn succeeds(mut self) -> Vec<String> {
        let rest = self.rest();
        // Not `wait`, which closes the input first.
        while self.child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(self.child.wait().unwrap().success(), "{rest:?}");
        rest
    }

    fn rest(&mut self) -> Vec<String> {
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        rest.lines().filter_map(|line| line.split_once(MARK)).map(|(_, said)| said.to_owned()).collect()
    }
}

/// Random numbers that a seed fixes: the multiplier of PCG and Knuth's increment.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}
