//! Writes the generated types and descriptors: `agora-proto-generate` for this crate,
//! `agora-proto-generate <proto folder> <output folder>` for a module's own definitions,
//! `agora-proto-generate --javascript <output folder> <proto folder>...` for the client package.

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
        [flag, out, protos @ ..] if flag.as_os_str() == "--javascript" => {
            agora_proto::codegen::generate_javascript(protos)?.write(out)
        }
        [proto, out] => agora_proto::codegen::generate(std::slice::from_ref(proto), &[], &[])?.write(out),
        _ => bail!(
            "give no argument; a folder of .proto files and an output folder; or --javascript, an output folder and folders"
        ),
    }
}
