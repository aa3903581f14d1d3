//! `agora` of the release after this one: what a network's programs are replaced by at an upgrade.

use std::process::ExitCode;

fn main() -> ExitCode {
    agora_tests::next::release().install();
    agora_cli::program::main()
}
