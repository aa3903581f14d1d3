//! The program behind `make bench`.

use clap::Parser;
use tikv_jemallocator::Jemalloc;

/// That of the node.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> anyhow::Result<()> {
    agora_bench::run(&agora_bench::Args::parse())
}
