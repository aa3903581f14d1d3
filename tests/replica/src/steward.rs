//! Parameters that change, as governance will change them.

use agora_auth::Params;
use agora_framework::{AppError, BlockCtx, Module, Registry};
use agora_state::{Item, Space, StoreId};

/// Blocks from one change to the next.
const TERM: u64 = 40;

/// The parameters of auth.
const AUTH_PARAMS: Item<Params> = Item::new(StoreId::new("auth"), 2, Space::Tree, "PARAMS");

/// Changes what transactions cost and how long memos may be, every so many blocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steward;

impl Module for Steward {
    fn name(&self) -> &'static str {
        "steward"
    }

    fn register(&self, _: &mut Registry) {}

    fn begin_block(&self, ctx: &mut BlockCtx<'_>) -> Result<(), AppError> {
        let height = ctx.block().height;
        if !height.is_multiple_of(TERM) {
            return Ok(());
        }
        let term = height / TERM;
        let params = Params {
            max_memo_characters: 200 + term % 3 * 28,
            tx_size_cost_per_byte: 10 + term % 4,
            sig_verify_cost_secp256k1: 1000 + term % 2 * 17,
            ..Params::default()
        };
        Ok(AUTH_PARAMS.set(ctx, &params)?)
    }
}
