//! The `agora` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    agora_cli::program::main()
}
