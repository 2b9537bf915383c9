//! FanPulse's command line: `fanpulse score`, `train`, `backtest`, `demo`, the commands on the database, `completions`.
//!
//! Data goes to standard output, everything else to standard error. Exit code 0 is success, 1 a failure,
//! 2 wrong usage. This crate is the outermost layer: only here are a clock, a terminal and the environment looked at.

mod cli;
mod clock;
mod error;
mod progress;
mod terminal;

mod score;

mod output;

mod train;

mod backtest;

mod demo;

mod database;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::cli::{Cli, Command};
use crate::error::Failure;

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help that goes into a closed pipe is no failure of ours.
            let _closed = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    let result = match cli.command {
        Command::Score(args) => score::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Backtest(args) => backtest::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Migrate(args) => database::migrate(&args),
        Command::Backup(args) => database::backup(&args),
        Command::Restore(args) => database::restore(&args),
        Command::Keys(args) => database::keys(&args),
        Command::Doctor(args) => database::doctor(&args),
        Command::Completions { shell } => completions(shell),
    };
    match result {
        // Who reads our output has seen enough.
        Ok(()) | Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => {
            terminal::error(&format!("{message}\n\nFor more information, try '--help'."));
            ExitCode::from(2)
        }
        Err(Failure::Failed(message)) => {
            terminal::error(&message);
            ExitCode::FAILURE
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "fanpulse", &mut script);
    output::write(&output::Target::Stdout, |out| out.write_all(&script))
}
