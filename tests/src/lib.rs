#![doc = include_str!("../README.md")]

pub mod demo;
pub mod faults;
pub mod flood;
pub mod harness;
pub mod next;
pub mod process;
pub mod txs;

pub use harness::TestChain;
pub use txs::Account;

/// The folder of this crate. Asked when a test runs and not when it is built, because built tests are kept between clones.
#[must_use]
pub fn folder() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), Into::into)
}

/// The `agora` program: named in `AGORA_BIN`, else the one of this build.
///
/// # Panics
/// It has not been built.
#[must_use]
pub fn program() -> std::path::PathBuf {
    if let Some(path) = std::env::var_os("AGORA_BIN").filter(|path| !path.is_empty()) {
        return path.into();
    }
    let this = std::env::current_exe().expect("the path of this program");
    // Tests lie one folder below the programs, benchmarks beside them.
    let found =
        this.ancestors().skip(1).take(2).map(|folder| folder.join("agora")).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("there is no agora near {}: cargo build --release --package agora", this.display())
    })
}
