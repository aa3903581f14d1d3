//! Programs of other people, unmodified, against the `agora` program: a devnet, and a node under a real CometBFT.
//!
//! JavaScript clients need Node.js and the packages in `tests/clients`, the node needs CometBFT. Where one is missing the
//! tests say so and are skipped; with `CI=true` that is a failure.

#[path = "clients/explorer.rs"]
mod explorer;
#[path = "clients/javascript.rs"]
mod javascript;
#[path = "clients/light.rs"]
mod light;
#[path = "clients/operation.rs"]
mod operation;
#[path = "clients/rust.rs"]
mod rust;
#[path = "clients/supervised.rs"]
mod supervised;
