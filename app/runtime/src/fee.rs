//! The fee of a transaction: whether it is enough, and who pays it.

use agora_bank::api as bank;
use agora_feegrant::api as feegrant;
use agora_framework::errors::sdk;
use agora_framework::{AppError, Event, ExecCtx, GasSchedule, StateCtx};

use crate::ante::{Ante, Purpose};
use crate::tx::Tx;

impl Ante<'_> {
    /// Takes the fee from the payer, or from the granter that the transaction names and that allows it.
    pub(crate) fn take_fee(&self, ctx: &mut ExecCtx<'_>, tx: &Tx) -> Result<(), AppError> {
        let simulated = self.purpose == Purpose::Simulate && tx.fee_coins.is_empty();
        if !simulated {
            let required = self.price.fee(tx.gas_wanted()).unwrap_or(u128::MAX);
            let only_fee_denom = tx.fee_coins.iter().all(|c| c.denom == self.price.denom);
            if !only_fee_denom || tx.fee_coins.amount_of(&self.price.denom) < required {
                return Err(sdk::INSUFFICIENT_FEE.wrap(format_args!(
                    "insufficient fees; got: {} required: {required}{}",
                    tx.fee_coins, self.price.denom
                )));
            }
        }
        let source = tx.fee_source();
        if source != tx.fee_payer {
            let messages: Vec<&str> = tx.messages.iter().map(|m| m.message.type_url()).collect();
            feegrant::use_allowance(ctx, &source, &tx.fee_payer, &tx.fee_coins, &messages)?;
        }
        if simulated {
            // The fee that will be paid costs a debit and a credit.
            ctx.gas().charge(GasSchedule::CURRENT.add_flat.saturating_mul(2), "AddFlat")?;
        } else if !tx.fee_coins.is_empty() {
            bank::send(ctx, &source, self.runtime.fee_collector(), &tx.fee_coins).map_err(|e| {
                if (e.codespace, e.code) == ("sdk", sdk::INSUFFICIENT_FUNDS.code) {
                    sdk::INSUFFICIENT_FUNDS.wrap(e)
                } else {
                    e
                }
            })?;
        }
        ctx.emit(Event::new("tx").with("fee", &tx.fee_coins).with("fee_payer", source));
        Ok(())
    }
}
