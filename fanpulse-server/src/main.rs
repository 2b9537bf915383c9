//! The binary `fanpulse`.

use std::process::ExitCode;

fn main() -> ExitCode {
    fanpulse_server::run()
}
