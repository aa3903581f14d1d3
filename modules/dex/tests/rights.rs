//! Who may do what: every message with every kind of sender. And gas: wherever it runs out, nothing is left behind.

mod common;

use agora_dex::proto::agora::dex::v1 as wire;
use agora_primitives::{Address, module_address};
use common::{World, account, authority, coin, coins, figures, millionths, route};

const EACH: &str = "1000000000000aaa,1000000000000bbb,1000000000000ccc";

/// Pools of every kind made by account 1, which has shares of each and a position.
struct Scene {
    world: World,
    product: String,
    stable: String,
    concentrated: String,
    position: String,
}

fn scene() -> Scene {
    let mut world = World::new(2, EACH);
    let product = world.constant_product(1, "1000000000aaa,1000000000bbb", 3000);
    let stable = world.stable(1, "1000000000aaa,1000000000bbb", 100, 400);
    let concentrated = world.concentrated(1, 3000);
    let position = world.open(1, &concentrated, (-600, 600), "1000000aaa,1000000bbb").position_id;
    world.advance(10);
    Scene { world, product, stable, concentrated, position }
}

/// Whether a message of `sender` succeeds.
type Attempt = Box<dyn Fn(&mut Scene, &Address) -> Result<(), agora_framework::AppError>>;

macro_rules! attempt {
    (|$scene:ident, $sender:ident| $message:expr) => {
        Box::new(|$scene: &mut Scene, $sender: &Address| {
            let $sender = $sender.to_string();
            let message = $message;
            $scene.world.run(&message).map(|_| ())
        })
    };
}

/// Every message, and who of owner, stranger without coins, module and governance may send it. A stranger without coins fails
/// where coins are needed: with code 5, not for a lack of rights.
fn rows() -> Vec<(&'static str, Attempt, [bool; 4])> {
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

#[test]
fn every_message_does_what_its_sender_may_and_no_more() {
    let registered = scene().world.registry.message_types().filter(|(_, module)| *module == "dex").count();
    assert_eq!(rows().len(), registered, "every message has a row");
    let senders = [account(1), account(7), module_address("dex"), authority()];
    for (name, attempt, allowed) in rows() {
        for (sender, allowed) in senders.iter().zip(allowed) {
            let mut scene = scene();
            let before = scene.world.export();
            let outcome = attempt(&mut scene, sender);
            assert_eq!(outcome.is_ok(), allowed, "{name} of {sender}: {outcome:?}");
            match outcome {
                Ok(()) => scene.world.check(),
                Err(error) => {
                    // A lack of rights, of coins, or of shares.
                    assert!(matches!((error.codespace, error.code), ("sdk", 4 | 5)), "{name}: {error}");
                    assert_eq!(scene.world.export(), before, "{name}: a refused message changes nothing");
                }
            }
        }
    }
}

#[test]
fn an_address_of_another_chain_is_refused_wherever_it_stands() {
    let bad = account(1).to_bech32("cosmos");
    let scene = &mut scene();
    let recipient = wire::MsgTransferPosition {
        sender: account(1).to_string(),
        position_id: scene.position.clone(),
        recipient: bad.clone(),
    };
    assert!(scene.world.refused("sdk", 7, &recipient).contains("recipient"));
    let provider = wire::MsgCreateStablePool {
        sender: account(1).to_string(),
        coins: coins("5000aaa,5000bbb"),
        amplification: 10,
        swap_fee: "0".into(),
        rates: vec![],
        rate_provider: bad,
    };
    assert!(scene.world.refused("sdk", 7, &provider).contains("rate provider"));
}

#[test]
fn out_of_gas_anywhere_leaves_nothing_behind_and_is_never_passed_over() {
    let mut scene = scene();
    let message = wire::MsgSwapExactIn {
        sender: account(1).to_string(),
        token_in: coin("100000aaa"),
        token_out_min: coin("1bbb"),
        routes: vec![
            route(&[(&scene.product, "bbb"), (&scene.stable, "aaa"), (&scene.concentrated, "bbb")]),
            route(&[(&scene.stable, "bbb")]),
        ],
        deadline: None,
    };
    let before = scene.world.export();
    let used = {
        // On a copy, to learn what it takes.
        let (bank, dex) = scene.world.export();
        let mut copy = World::from_genesis(&bank, &dex);
        copy.block = scene.world.block.clone();
        copy.run(&message).unwrap().gas
    };
    for limit in (0..used).step_by(97) {
        let error = scene
            .world
            .run_within(limit, &message)
            .err()
            .unwrap_or_else(|| panic!("{limit} of {used} sufficed"));
        assert_eq!((error.codespace, error.code), ("sdk", 11), "{error}");
    }
    assert_eq!(scene.world.export(), before);
    assert!(scene.world.run_within(used, &message).is_ok());
    scene.world.check();
}

#[test]
fn what_is_late_is_refused() {
    let mut scene = scene();
    let late = Some(prost_types::Timestamp { seconds: 999_999, nanos: 0 });
    let now = Some(prost_types::Timestamp { seconds: 1_000_010, nanos: 0 });
    let join = |deadline| wire::MsgJoin {
        sender: account(1).to_string(),
        pool_id: scene.product.clone(),
        coins_max: coins("1000aaa,1000bbb"),
        shares_min: String::new(),
        deadline,
    };
    let (late, now) = (join(late), join(now));
    scene.world.refused("dex", 4, &late);
    let _: wire::MsgJoinResponse = scene.world.ok(&now);
}
