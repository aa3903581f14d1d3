//! The exchange, driven through transactions.

mod swaps;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_tests::txs::wire_coins;
use agora_tests::{Account, TestChain};
use prost::Message as _;

/// A route through pools, each with what it pays out.
pub(crate) fn route(hops: &[(&str, &str)]) -> wire::Route {
    let hop = |(pool, denom): &(&str, &str)| wire::Hop {
        pool_id: (*pool).to_owned(),
        denom_out: (*denom).to_owned(),
        limit: String::new(),
    };
    wire::Route { hops: hops.iter().map(hop).collect(), weight: 1 }
}

/// `MsgSwapExactIn` for at least one unit.
pub(crate) fn swap(
    who: &Account,
    token_in: &str,
    least: &str,
    routes: &[wire::Route],
) -> wire::MsgSwapExactIn {
    wire::MsgSwapExactIn {
        sender: who.address.to_string(),
        token_in: wire_coins(token_in).pop(),
        token_out_min: wire_coins(least).pop(),
        routes: routes.to_vec(),
        deadline: None,
    }
}

/// `MsgCreatePool` with a fee of 0.3 %.
pub(crate) fn create(who: &Account, coins: &str) -> wire::MsgCreatePool {
    wire::MsgCreatePool {
        sender: who.address.to_string(),
        coins: wire_coins(coins),
        swap_fee: "3000000000000000".to_owned(),
    }
}

/// Makes a pool; returns its id.
pub(crate) fn make_pool(chain: &mut TestChain, who: &Account, coins: &str) -> String {
    let message = create(who, coins);
    let done = chain.tx(who).msg(&message).gas_and_fee(400_000).run().expect_ok();
    wire::MsgCreatePoolResponse::decode(done.responses()[0].value.as_slice()).unwrap().pool_id
}

/// The pool as clients see it.
pub(crate) fn pool(chain: &TestChain, id: &str) -> wire::Pool {
    let request = wire::QueryPoolRequest { pool_id: id.to_owned() };
    let answer: wire::QueryPoolResponse = chain.query("/agora.dex.v1.Query/Pool", &request).unwrap();
    answer.pool.unwrap()
}

/// What a swap would give.
pub(crate) fn quote(chain: &TestChain, token_in: &str, routes: &[wire::Route]) -> String {
    let request =
        wire::QueryQuoteSwapExactInRequest { token_in: wire_coins(token_in).pop(), routes: routes.to_vec() };
    let answer: wire::QueryQuoteSwapExactInResponse =
        chain.query("/agora.dex.v1.Query/QuoteSwapExactIn", &request).unwrap();
    let coin = answer.token_out.unwrap();
    format!("{}{}", coin.amount, coin.denom)
}
