//! Writes the generated types and descriptors: `agora-proto-generate` for this crate,
//! `agora-proto-generate <proto folder> <output folder>` for a module's own definitions.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    match arguments.as_slice() {
        [] => {
            let root = std::env::var_os("CARGO_MANIFEST_DIR").context("start it with `cargo run`")?;
            let root = PathBuf::from(root);
            agora_proto::codegen::generate_standard(&root.join("proto"))?.write(&root.join("src/gen"))
        }
        [proto, out] => agora_proto::codegen::generate(std::slice::from_ref(proto), &[], &[])?.write(out),
        _ => bail!("give no argument, or a folder of .proto files and an output folder"),
    }
}
