//! A module whose messages go wrong: one panics after it has written, one never ends.

use agora_bank::api as bank;
use agora_framework::{AppError, ExecCtx, Message, Module, Registry};
use agora_primitives::{Coin, Coins, Denom};
use agora_proto::cosmos::mint::v1beta1 as mint;
use agora_proto::cosmos::slashing::v1beta1 as slashing;
use prost_types::Any;

use super::{account, authority, pack};

/// The module.
pub(crate) struct Trouble;

/// The type of a message that nobody handles here.
pub(crate) struct Panics;
/// As above.
pub(crate) struct Endless;

/// A message that panics.
pub(crate) fn panics() -> Any {
    pack(&slashing::MsgUpdateParams { authority: authority().to_string(), params: None })
}

/// A message that uses all gas there is.
pub(crate) fn endless() -> Any {
    pack(&mint::MsgUpdateParams { authority: authority().to_string(), params: None })
}

impl Message for Panics {
    type Wire = slashing::MsgUpdateParams;
    type Response = slashing::MsgUpdateParamsResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.authority]
    }

    fn parse(_: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self)
    }
}

impl Message for Endless {
    type Wire = mint::MsgUpdateParams;
    type Response = mint::MsgUpdateParamsResponse;

    fn signers(wire: &Self::Wire) -> Vec<&str> {
        vec![&wire.authority]
    }

    fn parse(_: &Self::Wire) -> Result<Self, AppError> {
        Ok(Self)
    }
}

fn one() -> Coins {
    Coins::one(Coin::new(1, Denom::native()))
}

fn panic(ctx: &mut ExecCtx<'_>, _: Panics) -> Result<slashing::MsgUpdateParamsResponse, AppError> {
    bank::send(ctx, &account(1), &account(2), &one())?;
    ctx.nested(|_| panic!("a bug"))
}

fn run_on(ctx: &mut ExecCtx<'_>, _: Endless) -> Result<mint::MsgUpdateParamsResponse, AppError> {
    loop {
        bank::send(ctx, &account(1), &account(2), &one())?;
        // Its events would use up memory before it has used up the gas.
        drop(ctx.take_events());
    }
}

impl Module for Trouble {
    fn name(&self) -> &'static str {
        "trouble"
    }

    fn register(&self, registry: &mut Registry) {
        registry.message::<Panics>(panic);
        registry.message::<Endless>(run_on);
    }
}
