//! Messages and pools in few words.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_proto::cosmos::base::v1beta1::{Coin, DecCoin};

use ruint::aliases::U256;

use super::{World, account};

/// `MsgOpenPosition`.
pub(crate) fn open(
    who: u8,
    pool: &str,
    (tick_lower, tick_upper): (i32, i32),
    most: &str,
) -> wire::MsgOpenPosition {
    wire::MsgOpenPosition {
        sender: account(who).to_string(),
        pool_id: pool.to_owned(),
        tick_lower,
        tick_upper,
        coins_max: coins(most),
        liquidity_min: "0".into(),
        deadline: None,
    }
}

/// `MsgSwapExactIn` without a limit.
pub(crate) fn swap_in(
    who: u8,
    token_in: &str,
    denom_out: &str,
    routes: &[wire::Route],
) -> wire::MsgSwapExactIn {
    wire::MsgSwapExactIn {
        sender: account(who).to_string(),
        token_in: coin(token_in),
        token_out_min: coin(&format!("0{denom_out}")),
        routes: routes.to_vec(),
        deadline: None,
    }
}

/// `MsgSwapExactOut` with a limit.
pub(crate) fn swap_out(
    who: u8,
    most: &str,
    token_out: &str,
    routes: &[wire::Route],
) -> wire::MsgSwapExactOut {
    wire::MsgSwapExactOut {
        sender: account(who).to_string(),
        token_in_max: coin(most),
        token_out: coin(token_out),
        routes: routes.to_vec(),
        deadline: None,
    }
}

/// A route.
pub(crate) fn route(hops: &[(&str, &str)]) -> wire::Route {
    let hop = |(pool, denom): &(&str, &str)| wire::Hop {
        pool_id: (*pool).to_owned(),
        denom_out: (*denom).to_owned(),
        limit: String::new(),
    };
    wire::Route { hops: hops.iter().map(hop).collect(), weight: 1 }
}

/// Coins as people write them: `5uago,1uusdc`.
pub(crate) fn coins(text: &str) -> Vec<Coin> {
    let coin = |text: &str| {
        let (amount, denom) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap());
        Coin { denom: denom.to_owned(), amount: amount.to_owned() }
    };
    text.split(',').filter(|text| !text.is_empty()).map(coin).collect()
}

/// One coin.
pub(crate) fn coin(text: &str) -> Option<Coin> {
    coins(text).pop()
}

/// A figure with 18 decimals on the wire, from millionths.
pub(crate) fn millionths(n: u128) -> String {
    (n * 10u128.pow(12)).to_string()
}

/// Figures by denom, in millionths.
pub(crate) fn figures(list: &[(&str, u128)]) -> Vec<DecCoin> {
    list.iter().map(|(denom, n)| DecCoin { denom: (*denom).to_owned(), amount: millionths(*n) }).collect()
}

impl World {
    /// Makes a constant-product pool with a fee in millionths.
    pub(crate) fn constant_product(&mut self, who: u8, reserves: &str, fee: u128) -> String {
        let message = wire::MsgCreatePool {
            sender: account(who).to_string(),
            coins: coins(reserves),
            swap_fee: millionths(fee),
        };
        self.ok::<wire::MsgCreatePoolResponse>(&message).pool_id
    }

    /// Makes a weighted pool.
    pub(crate) fn weighted(
        &mut self,
        who: u8,
        reserves: &str,
        weights: &[(&str, u128)],
        fee: u128,
    ) -> String {
        let message = wire::MsgCreateWeightedPool {
            sender: account(who).to_string(),
            coins: coins(reserves),
            weights: figures(weights),
            swap_fee: millionths(fee),
        };
        self.ok::<wire::MsgCreatePoolResponse>(&message).pool_id
    }

    /// Makes a stable pool whose rate provider is the maker.
    pub(crate) fn stable(&mut self, who: u8, reserves: &str, amplification: u64, fee: u128) -> String {
        let message = wire::MsgCreateStablePool {
            sender: account(who).to_string(),
            coins: coins(reserves),
            amplification,
            swap_fee: millionths(fee),
            rates: vec![],
            rate_provider: account(who).to_string(),
        };
        self.ok::<wire::MsgCreatePoolResponse>(&message).pool_id
    }

    /// Makes a concentrated pool of `aaa` and `bbb` at a price of one.
    pub(crate) fn concentrated(&mut self, who: u8, fee: u128) -> String {
        let message = wire::MsgCreateConcentratedPool {
            sender: account(who).to_string(),
            denom_0: "aaa".into(),
            denom_1: "bbb".into(),
            swap_fee: millionths(fee),
            price: millionths(1_000_000),
            sqrt_price: String::new(),
        };
        self.ok::<wire::MsgCreateConcentratedPoolResponse>(&message).pool_id
    }

    /// Opens a position.
    pub(crate) fn open(
        &mut self,
        who: u8,
        pool: &str,
        range: (i32, i32),
        most: &str,
    ) -> wire::MsgOpenPositionResponse {
        self.ok(&open(who, pool, range, most))
    }

    /// Swaps an exact amount in one pool; returns what comes out.
    #[track_caller]
    pub(crate) fn swap(&mut self, who: u8, pool: &str, token_in: &str, denom_out: &str) -> u128 {
        let message = swap_in(who, token_in, denom_out, &[route(&[(pool, denom_out)])]);
        let response: wire::MsgSwapExactInResponse = self.ok(&message);
        response.token_out.unwrap().amount.parse().unwrap()
    }
}

/// One pool of each kind that has shares.
pub(crate) fn kinds(world: &mut World, fee: u128) -> Vec<(&'static str, String)> {
    vec![
        ("constant product", world.constant_product(1, "4000000000aaa,9000000000bbb", fee)),
        (
            "weighted",
            world.weighted(
                1,
                "4000000000aaa,9000000000bbb,7000000000ccc",
                &[("aaa", 500_000), ("bbb", 300_000), ("ccc", 200_000)],
                fee,
            ),
        ),
        ("stable", world.stable(1, "4000000000aaa,9000000000bbb,7000000000ccc", 100, fee)),
    ]
}

/// The amount of a coin in a response.
pub(crate) fn amount(coin: Option<agora_proto::cosmos::base::v1beta1::Coin>) -> u128 {
    coin.unwrap().amount.parse().unwrap()
}

/// 256 bits.
pub(crate) fn n(n: u128) -> U256 {
    U256::from(n)
}

/// What a concentrated pool keeps.
pub(crate) fn curve(world: &World, id: &str) -> wire::Concentrated {
    match world.pool(id).curve.unwrap() {
        wire::pool::Curve::Concentrated(curve) => curve,
        other => panic!("{other:?}"),
    }
}
