//! The program behind `make bench`.

use clap::Parser;

fn main() -> anyhow::Result<()> {
    agora_bench::run(&agora_bench::Args::parse())
}
