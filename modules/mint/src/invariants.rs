//! What must hold after every block.

use agora_bank::api as bank;
use agora_framework::Invariant;
use agora_primitives::module_address;
use agora_state::StateRead;

use crate::provision::{ACCOUNT, EPOCH};
use crate::state;

pub(crate) fn all() -> Vec<Invariant> {
    vec![
        Invariant { name: "no more was made than the curve gives", check: within_the_curve },
        Invariant { name: "what is made is passed on", check: passed_on },
    ]
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn within_the_curve(state: &dyn StateRead) -> Result<(), String> {
    let minter = state::minter(state).map_err(text)?;
    let most = agora_primitives::math::mul_div_floor(minter.annual, EPOCH.into(), crate::curve::YEAR.into());
    if most.is_none_or(|most| minter.made > most) {
        return Err(format!("{} were made in an hour at {} a year", minter.made, minter.annual));
    }
    Ok(())
}

fn passed_on(state: &dyn StateRead) -> Result<(), String> {
    let denom = state::params(state).map_err(text)?.denom;
    match bank::balance(state, &module_address(ACCOUNT), &denom).map_err(text)? {
        0 => Ok(()),
        left => Err(format!("{left}{denom} are left in the account")),
    }
}
