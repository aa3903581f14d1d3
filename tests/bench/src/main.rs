//! The program behind `make bench`.

use clap::Parser;

/// As in the node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<()> {
    agora_bench::run(&agora_bench::Args::parse())
}
