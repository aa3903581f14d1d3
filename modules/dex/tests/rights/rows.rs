//! Every message, and who may send it.

use agora_dex::proto::agora::dex::v1 as wire;
use agora_framework::{AppError, GasMeter};
use agora_primitives::Address;

use super::common::{account, coin, coins, figures, millionths, route};
use super::scene::Scene;

/// Whether a message with an address in some field succeeds within some gas.
pub(super) type Attempt = Box<dyn Fn(&mut Scene, &Address, &GasMeter) -> Result<(), AppError>>;

/// Enough for every message.
pub(super) fn plenty() -> GasMeter {
    GasMeter::new(50_000_000)
}

macro_rules! attempt {
    (|$scene:ident, $sender:ident| $message:expr) => {
        Box::new(|$scene: &mut Scene, $sender: &Address, meter: &GasMeter| {
            let $sender = $sender.to_string();
            let message = $message;
            $scene.world.run_watched(meter, &message, &mut |_| {}).map(|_| ())
        })
    };
}

/// Every message, and who of owner, stranger without coins, module and governance may send it. A stranger without coins fails
/// where coins are needed: with code 5, not for a lack of rights.
pub(super) fn rows() -> Vec<(&'static str, Attempt, [bool; 4])> {
    let coins_needed = [true, false, false, false];
    let owner_only = [true, false, false, false];
    let authority_only = [false, false, false, true];
    vec![
        (
            "CreatePool",
            attempt!(|_s, sender| wire::MsgCreatePool {
                sender,
                coins: coins("5000aaa,5000bbb"),
                swap_fee: "0".into()
            }),
            coins_needed,
        ),
        (
            "CreateWeightedPool",
            attempt!(|_s, sender| wire::MsgCreateWeightedPool {
                sender,
                coins: coins("5000000aaa,5000000bbb"),
                weights: figures(&[("aaa", 500_000), ("bbb", 500_000)]),
                swap_fee: "0".into(),
            }),
            coins_needed,
        ),
        (
            "CreateStablePool",
            attempt!(|_s, sender| wire::MsgCreateStablePool {
                sender,
                coins: coins("5000aaa,5000bbb"),
                amplification: 10,
                swap_fee: "0".into(),
                rates: vec![],
                rate_provider: String::new(),
            }),
            coins_needed,
        ),
        (
            // It begins empty and its fee is nothing here: anybody may.
            "CreateConcentratedPool",
            attempt!(|_s, sender| wire::MsgCreateConcentratedPool {
                sender,
                denom_0: "aaa".into(),
                denom_1: "bbb".into(),
                swap_fee: millionths(3000),
                price: millionths(1_000_000),
                sqrt_price: String::new(),
            }),
            [true; 4],
        ),
        (
            "Join",
            attempt!(|s, sender| wire::MsgJoin {
                sender,
                pool_id: s.product.clone(),
                coins_max: coins("1000aaa,1000bbb"),
                shares_min: String::new(),
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "JoinExactShares",
            attempt!(|s, sender| wire::MsgJoinExactShares {
                sender,
                shares: coin(&format!("1000lp/{}", s.product)),
                coins_max: coins("2000aaa,2000bbb"),
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "JoinSingle",
            attempt!(|s, sender| wire::MsgJoinSingle {
                sender,
                pool_id: s.product.clone(),
                coin_in: coin("1000aaa"),
                shares_min: String::new(),
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "Exit",
            attempt!(|s, sender| wire::MsgExit {
                sender,
                shares: coin(&format!("1000lp/{}", s.product)),
                coins_min: vec![],
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "ExitSingle",
            attempt!(|s, sender| wire::MsgExitSingle {
                sender,
                shares: coin(&format!("1000lp/{}", s.product)),
                coin_out_min: coin("1aaa"),
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "JoinSingleExactShares",
            attempt!(|s, sender| wire::MsgJoinSingleExactShares {
                sender,
                shares: coin(&format!("1000lp/{}", s.product)),
                coin_in_max: coin("3000aaa"),
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "ExitSingleExactOut",
            attempt!(|s, sender| wire::MsgExitSingleExactOut {
                sender,
                coin_out: coin("1000aaa"),
                shares_max: coin(&format!("3000lp/{}", s.product)),
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "OpenPosition",
            attempt!(|s, sender| wire::MsgOpenPosition {
                sender,
                pool_id: s.concentrated.clone(),
                tick_lower: -60,
                tick_upper: 60,
                coins_max: coins("1000aaa,1000bbb"),
                liquidity_min: String::new(),
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "IncreasePosition",
            attempt!(|s, sender| wire::MsgIncreasePosition {
                sender,
                position_id: s.position.clone(),
                coins_max: coins("1000aaa,1000bbb"),
                liquidity_min: String::new(),
                deadline: None,
            }),
            owner_only,
        ),
        (
            "DecreasePosition",
            attempt!(|s, sender| wire::MsgDecreasePosition {
                sender,
                position_id: s.position.clone(),
                liquidity: "1000".into(),
                coins_min: vec![],
                deadline: None,
            }),
            owner_only,
        ),
        (
            "CollectFees",
            attempt!(|s, sender| wire::MsgCollectFees { sender, position_id: s.position.clone() }),
            owner_only,
        ),
        (
            "TransferPosition",
            attempt!(|s, sender| wire::MsgTransferPosition {
                sender,
                position_id: s.position.clone(),
                recipient: account(9).to_string(),
            }),
            owner_only,
        ),
        (
            "SwapExactIn",
            attempt!(|s, sender| wire::MsgSwapExactIn {
                sender,
                token_in: coin("1000aaa"),
                token_out_min: coin("1bbb"),
                routes: vec![route(&[(&s.product, "bbb")])],
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "SwapExactOut",
            attempt!(|s, sender| wire::MsgSwapExactOut {
                sender,
                token_in_max: coin("2000aaa"),
                token_out: coin("1000bbb"),
                routes: vec![route(&[(&s.product, "bbb")])],
                deadline: None,
            }),
            coins_needed,
        ),
        (
            "RampAmplification",
            attempt!(|s, authority| wire::MsgRampAmplification {
                authority,
                pool_id: s.stable.clone(),
                amplification: 200,
                until: Some(prost_types::Timestamp { seconds: 10_000_000, nanos: 0 }),
            }),
            authority_only,
        ),
        (
            "SetRates",
            attempt!(|s, sender| wire::MsgSetRates {
                sender,
                pool_id: s.stable.clone(),
                rates: figures(&[("aaa", 1_001_000)]),
            }),
            owner_only,
        ),
        (
            "SetPoolBreaker",
            attempt!(|s, authority| wire::MsgSetPoolBreaker {
                authority,
                pool_id: s.product.clone(),
                halted: true,
            }),
            authority_only,
        ),
        (
            "UpdateParams",
            attempt!(|_s, authority| wire::MsgUpdateParams {
                authority,
                params: Some(wire::Params { pool_creation_fee: coin("5aaa"), ..wire::Params::default() }),
            }),
            authority_only,
        ),
    ]
}

/// Every other field that holds an address: message, field, and whether the message of account 1 succeeds with the owner, a
/// stranger, the module and governance in it.
pub(super) fn fields() -> Vec<(&'static str, &'static str, Attempt, [bool; 4])> {
    vec![
        (
            "TransferPosition",
            "recipient",
            attempt!(|s, recipient| wire::MsgTransferPosition {
                sender: account(1).to_string(),
                position_id: s.position.clone(),
                recipient,
            }),
            // Module accounts receive nothing unless they say so. Governance's is an account like any other on this chain of
            // two modules.
            [true, true, false, true],
        ),
        (
            "CreateStablePool",
            "rate_provider",
            attempt!(|_s, rate_provider| wire::MsgCreateStablePool {
                sender: account(1).to_string(),
                coins: coins("5000aaa,5000bbb"),
                amplification: 10,
                swap_fee: "0".into(),
                rates: vec![],
                rate_provider,
            }),
            // Whoever it is may move the rates, by 1 % a block, and nobody else.
            [true; 4],
        ),
    ]
}
