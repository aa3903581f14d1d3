//! What must hold after every block.

use agora_framework::Invariant;
use agora_state::{StateRead, every};

use crate::state::{self, INFOS, MISSED};
use crate::window;

pub(crate) fn all() -> Vec<Invariant> {
    vec![Invariant {
        name: "missed blocks are counted right, and only where measured",
        check: missed_are_counted,
    }]
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn missed_are_counted(state: &dyn StateRead) -> Result<(), String> {
    let window = state::params(state).map_err(text)?.window;
    for (address, info) in every(|from, limit| INFOS.page(state, &[], from, false, limit)).map_err(text)? {
        let places = window::places(state, &address).map_err(text)?;
        if places.len() as u64 != info.missed || places.last().is_some_and(|place| *place >= window) {
            return Err(format!("{address} missed {} blocks, its bits are {places:?}", info.missed));
        }
    }
    for ((address, _), _) in every(|from, limit| MISSED.page(state, &[], from, false, limit)).map_err(text)? {
        if INFOS.get(state, &address).map_err(text)?.is_none() {
            return Err(format!("{address} missed blocks and is not known"));
        }
    }
    Ok(())
}
