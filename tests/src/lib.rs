#![doc = include_str!("../README.md")]

pub mod demo;
pub mod faults;
pub mod harness;
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
    let test = std::env::current_exe().expect("the path of this test");
    let release = test.parent().and_then(std::path::Path::parent).expect("a folder above that of the tests");
    let path = release.join("agora");
    assert!(path.exists(), "{} is missing: cargo build --release --package agora", path.display());
    path
}
