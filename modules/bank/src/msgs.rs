//! Messages, valid once constructed.

use agora_framework::errors::sdk;
use agora_framework::wire::{account, payment};
use agora_framework::{AccessHint, AppError, Message, message};
use agora_primitives::{Address, Coins, Denom};
use agora_proto::cosmos::bank::v1beta1 as wire;

use crate::api::hint_balances;
use crate::error;
use crate::state::Params;

/// The most outputs of a multi-send.
pub(crate) const MAX_OUTPUTS: usize = 1000;

/// Coins from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// Who pays.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// What; not empty.
    pub coins: Coins,
}

/// Coins from one account to many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultiSend {
    /// Who pays.
    pub from: Address,
    /// The sum of the outputs.
    pub coins: Coins,
    /// Who is paid what; 1 to 1000.
    pub outputs: Vec<(Address, Coins)>,
}

/// New parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateParams {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    pub(crate) params: Params,
}

/// Switches the sending of denoms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetSendEnabled {
    /// Who asks; must be the chain's authority.
    pub authority: String,
    /// Denoms and their switches.
    pub switches: Vec<(Denom, bool)>,
    /// Denoms that go back to the default.
    pub use_default_for: Vec<Denom>,
}

impl Message for Send {
    message!(wire::MsgSend, wire::MsgSendResponse, from_address);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self {
            from: account("from", &wire.from_address)?,
            to: account("to", &wire.to_address)?,
            coins: payment(&wire.amount)?,
        })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        hint_balances(&wire.from_address, &wire.amount, hint);
        hint_balances(&wire.to_address, &wire.amount, hint);
    }
}

impl Message for MultiSend {
    type Wire = wire::MsgMultiSend;
    type Response = wire::MsgMultiSendResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        wire.inputs.iter().map(|input| input.address.as_str()).collect()
    }

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let input = match wire.inputs.as_slice() {
            [] => return Err(error::NO_INPUTS.bare()),
            [input] => input,
            _ => return Err(error::MULTIPLE_SENDERS.bare()),
        };
        if wire.outputs.is_empty() {
            return Err(error::NO_OUTPUTS.bare());
        }
        if wire.outputs.len() > MAX_OUTPUTS {
            return Err(sdk::INVALID_REQUEST
                .wrap(format_args!("{} outputs, at most {MAX_OUTPUTS} are allowed", wire.outputs.len())));
        }
        let from = account("input", &input.address)?;
        let coins = payment(&input.coins)?;
        let mut total = Coins::default();
        let mut outputs = Vec::with_capacity(wire.outputs.len());
        for output in &wire.outputs {
            let to = account("output", &output.address)?;
            let paid = payment(&output.coins)?;
            for coin in &paid {
                total.add(coin).map_err(|e| sdk::INVALID_COINS.wrap(e))?;
            }
            outputs.push((to, paid));
        }
        if total != coins {
            return Err(error::INPUT_OUTPUT_MISMATCH.bare());
        }
        Ok(Self { from, coins, outputs })
    }

    fn access(wire: &Self::Wire, hint: &mut AccessHint) {
        for input in &wire.inputs {
            hint_balances(&input.address, &input.coins, hint);
        }
        for output in wire.outputs.iter().take(agora_framework::MAX_HINTS) {
            hint_balances(&output.address, &output.coins, hint);
        }
    }
}

impl Message for UpdateParams {
    message!(wire::MsgUpdateParams, wire::MsgUpdateParamsResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let params = wire.params.clone().unwrap_or_default();
        #[allow(deprecated)] // Still on the wire, and refused.
        let switches = &params.send_enabled;
        if !switches.is_empty() {
            return Err(sdk::INVALID_REQUEST.wrap("params.send_enabled is deprecated; use MsgSetSendEnabled"));
        }
        Ok(Self {
            authority: wire.authority.clone(),
            params: Params { default_send_enabled: params.default_send_enabled },
        })
    }
}

impl Message for SetSendEnabled {
    message!(wire::MsgSetSendEnabled, wire::MsgSetSendEnabledResponse, authority);

    fn parse(wire: &Self::Wire) -> Result<Self, AppError> {
        let denom = |text: &str| text.parse::<Denom>().map_err(|e| sdk::INVALID_REQUEST.wrap(e));
        let mut seen = std::collections::BTreeSet::new();
        let mut once = |denom: Denom| {
            if seen.insert(denom.clone()) { Ok(denom) } else { Err(error::DUPLICATE_ENTRY.wrap(denom)) }
        };
        let switches = wire
            .send_enabled
            .iter()
            .map(|s| Ok((once(denom(&s.denom)?)?, s.enabled)))
            .collect::<Result<_, AppError>>()?;
        let use_default_for =
            wire.use_default_for.iter().map(|d| once(denom(d)?)).collect::<Result<_, AppError>>()?;
        Ok(Self { authority: wire.authority.clone(), switches, use_default_for })
    }
}

#[cfg(test)]
mod tests {
    use agora_proto::cosmos::base::v1beta1::Coin as WireCoin;

    use super::*;

    fn coin(amount: &str, denom: &str) -> WireCoin {
        WireCoin { denom: denom.into(), amount: amount.into() }
    }

    #[test]
    fn a_multi_send_needs_one_sender_and_equal_sums() {
        let a = Address::from_20([1; 20]).to_string();
        let io = |amount: &str| wire::Input { address: a.clone(), coins: vec![coin(amount, "stake")] };
        let out = |amount: &str| wire::Output { address: a.clone(), coins: vec![coin(amount, "stake")] };
        let code =
            |inputs, outputs| MultiSend::parse(&wire::MsgMultiSend { inputs, outputs }).unwrap_err().code;
        assert_eq!(code(vec![], vec![out("1")]), 2);
        assert_eq!(code(vec![io("1")], vec![]), 3);
        assert_eq!(code(vec![io("1"), io("1")], vec![out("2")]), 9);
        assert_eq!(code(vec![io("3")], vec![out("1"), out("1")]), 4);
        let good = wire::MsgMultiSend { inputs: vec![io("2")], outputs: vec![out("1"), out("1")] };
        assert_eq!(MultiSend::parse(&good).unwrap().outputs.len(), 2);
    }
}
